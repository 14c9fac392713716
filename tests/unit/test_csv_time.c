/**
 * test_csv_time.c: moments and durations in the cells of a table. The moments were computed by
 * `date -u -d`.
 */
#include "support/test.h"

#include "base/memory.h"
#include "exchange/csv_time.h"

#include <stdlib.h>
#include <time.h>

typedef bool reader(const char *cell, int64_t *ret_ms);

typedef struct reading {
    const char *text;
    int64_t ms;
} reading;

static void expect(reader *read, const reading *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t ms = -1;
        assert_true(read(cases[i].text, &ms));
        assert_int_equal(ms, cases[i].ms);
    }
}

static void expect_none(reader *read, const char *const *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t ms = -1;
        if (read(cases[i], &ms))
            fail_msg("'%s' was read as %lld", cases[i], (long long)ms);
        assert_int_equal(ms, -1);
    }
}

static void test_moments_are_local_time_unless_they_say_their_zone(void **state)
{
    static const reading cases[] = {{"2024-03-01 12:30:00", 1709292600000},
                                    {"2024-03-01 12:30", 1709292600000},
                                    {"2024-03-01T12:30:00.25", 1709292600250},
                                    {"2024-03-01 12:30:00,25", 1709292600250},
                                    {"01.03.2024 12:30", 1709292600000},
                                    {"1.3.2024 12:30:01", 1709292601000},
                                    {"2024-07-01 12:30:00", 1719829800000}, // of summer time
                                    {"2024-03-01T12:30:00Z", 1709296200000},
                                    {"2024-03-01T12:30:00.000+00:00", 1709296200000},
                                    {"2024-03-01 12:30:00 UTC", 1709296200000},
                                    {"2024-03-01T12:30:00+0100", 1709292600000},
                                    {"2024-03-01T12:30:00-05", 1709314200000}};
    (void)state;
    expect(cav_csv_read_moment, cases, CAV_COUNT_OF(cases));
}

static void test_what_is_no_moment_or_may_be_two_is_refused(void **state)
{
    static const char *const cases[] = {
        "",  "now", "3/1/2024 12:30", "01-03-2024 12:30",  "2024-13-01 12:30:00", "2024-03-01",
        "5", "1.5", "1.3.24 12:30",   "2024-03-01 25:00",  "2024-03-01 12:30:99", "2024-03-01 12",
        ":", "T",   "1.3.2024T",      "2024-03-01 12:30:", "2024-03-01 12:30 CET"};
    (void)state;
    expect_none(cav_csv_read_moment, cases, CAV_COUNT_OF(cases));
}

static void test_durations_are_seconds_or_name_their_units(void **state)
{
    static const reading cases[] = {{"0", 0},
                                    {"83.5", 83500},
                                    {"1e3", 1000000},
                                    {"1m23s", 83000},
                                    {"1:02:03", 3723000},
                                    {"00:01:02,5", 62500},
                                    {"100:00:00", 360000000},
                                    {"0 days 00:00:10", 10000},
                                    {"0 days 00:00:10.250000", 10250},
                                    {"1 day, 0:00:01", 86401000},
                                    {"2 days +01:00:00", 176400000}};
    static const char *const none[] = {"",      "12:30", "-5",      "nan",           "1:60:00",
                                       "1:2:x", "soon",  "1:00:61", "-1 days 0:0:1", "1 day"};
    (void)state;
    expect(cav_csv_read_duration, cases, CAV_COUNT_OF(cases));
    expect_none(cav_csv_read_duration, none, CAV_COUNT_OF(none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_are_local_time_unless_they_say_their_zone),
        cmocka_unit_test(test_what_is_no_moment_or_may_be_two_is_refused),
        cmocka_unit_test(test_durations_are_seconds_or_name_their_units),
    };
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
