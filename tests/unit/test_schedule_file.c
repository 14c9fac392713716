/**
 * test_schedule_file.c: schedules as files: there and back, and what is wrong with one.
 */
#include "support/test.h"

#include "support/tuner.h"

#include "config/schedule.h"

#include <math.h>

static cav_spec *spec_of_test(void)
{
    return tuner_spec("{study: s, metric: loss, space: {lr: {type: float, low: 0, high: 1}, units: "
                      "{type: int, low: 1, high: 64}, act: [relu, 'x: \"y\"']}}");
}

static void test_a_schedule_comes_back_as_it_was_written(void **state)
{
    (void)state;
    cav_spec *spec = spec_of_test();
    cav_error error = {0};
    cav_schedule schedule;
    cav_text text = {0}, again = {0};
    double start[] = {0.1 + 0.2, 64, 1}, first[] = {7, NAN, NAN}, second[] = {NAN, 100, 0};
    cav_schedule_entry entries[] = {{3, first}, {12, second}}; // some beyond their ranges
    cav_schedule_write(spec->space, start, entries, 2, &text);
    assert_ok(cav_schedule_parse("f", text.data, text.size, spec->space, &schedule, &error),
              &error);
    assert_int_equal(schedule.count, 2);
    assert_true(schedule.start[0] == 0.1 + 0.2 && schedule.start[2] == 1);
    assert_int_equal(schedule.entries[1].step, 12);
    assert_true(schedule.entries[0].raw[0] == 7 && isnan(schedule.entries[0].raw[1]));
    cav_schedule_write(spec->space, schedule.start, schedule.entries, 2, &again);
    assert_string_equal(again.data, text.data);
    cav_schedule_free(&schedule);
    cav_text_free(&text);
    cav_text_free(&again);
    cav_spec_free(spec);
}

static void test_a_schedule_may_be_empty_or_without_a_start(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "schedule: {}", "schedule:\n", "start: {}"};
    cav_spec *spec = spec_of_test();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cav_error error = {0};
        cav_schedule schedule;
        assert_ok(
            cav_schedule_parse("f", texts[i], strlen(texts[i]), spec->space, &schedule, &error),
            &error);
        assert_int_equal(schedule.count, 0);
        assert_int_equal(schedule.start != NULL, i == 3);
        cav_schedule_free(&schedule);
    }
    cav_spec_free(spec);
}

static void test_what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct fault {
        const char *text, *piece;
    } faults[] = {
        {"schedule: {5: {rate: 1}}", "f:1:16: there is no parameter 'rate'"},
        {"schedule: {five: {lr: 1}}", "f:1:12: a step is expected"},
        {"schedule: {-1: {lr: 1}}", "a step is expected"},
        {"schedule: {5: 1}", "parameters are expected"},
        {"schedule: [5]", "steps are expected"},
        {"schedule: {5: {lr: fast}}", "f:1:16: "},
        {"schedule: {5: {units: 1.5}}", "not a whole number"},
        {"start: {lr: 7}", "lies outside"},
        {"begin: {lr: 0.7}", "f:1:1: unknown key 'begin'"},
        {"[1]", "a schedule has the keys start and schedule"},
        {"schedule: {5: {lr: 1}, 5: {lr: 2}}", "stands here twice"},
        {"schedule: {", "f:"},
    };
    cav_spec *spec = spec_of_test();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        cav_error error = {0};
        cav_schedule schedule;
        assert_int_equal(cav_schedule_parse("f", faults[i].text, strlen(faults[i].text),
                                            spec->space, &schedule, &error),
                         CAVIAR_INVALID);
        assert_contains(error.message, faults[i].piece);
    }
    cav_spec_free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_schedule_comes_back_as_it_was_written),
        cmocka_unit_test(test_a_schedule_may_be_empty_or_without_a_start),
        cmocka_unit_test(test_what_is_wrong_is_said_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
