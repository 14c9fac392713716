/**
 * test_clock.c: the machine's clocks, the one that is moved by hand, and how a time is printed.
 */
#include "support/test.h"

#include "base/clock.h"
#include "base/memory.h"

#include <time.h>

static void test_the_monotonic_clock_never_goes_back(void **state)
{
    (void)state;
    int64_t before = cav_clock_monotonic_ns(&cav_clock_system);
    for (int i = 0; i < 10000; i++) {
        int64_t now = cav_clock_monotonic_ns(&cav_clock_system);
        assert_true(now >= before);
        before = now;
    }
}

static void test_the_wall_clock_is_the_systems(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL);
    int64_t now = cav_clock_wall_ms(&cav_clock_system);
    int64_t after = (int64_t)time(NULL) + 1;
    // time() may lag by a tick of the kernel
    assert_true(now / 1000 >= before - 1 && now / 1000 <= after);
}

static void test_a_manual_clock_stands_until_it_is_moved(void **state)
{
    (void)state;
    cav_manual_clock manual = cav_manual_clock_at(1000);
    const cav_clock *clock = &manual.clock;
    assert_int_equal(cav_clock_wall_ms(clock), 1000);
    assert_int_equal(cav_clock_monotonic_ns(clock), 1000 * 1000000LL);
    manual.now_ms += 250;
    assert_int_equal(cav_clock_wall_ms(clock), 1250);
    assert_int_equal(cav_clock_monotonic_ns(clock), 1250 * 1000000LL);
}

static void test_times_are_printed_in_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {-1000, "1969-12-31T23:59:59Z"},
        {951782400000, "2000-02-29T00:00:00Z"},
        {1795442627999, "2026-11-23T14:03:47Z"},
        {253402300799000, "9999-12-31T23:59:59Z"},
        {INT64_MAX, ""}, // has no room
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        char text[CAV_TIME_SIZE];
        cav_time_print(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_monotonic_clock_never_goes_back),
        cmocka_unit_test(test_the_wall_clock_is_the_systems),
        cmocka_unit_test(test_a_manual_clock_stands_until_it_is_moved),
        cmocka_unit_test(test_times_are_printed_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
