/**
 * test_course.c: reports to a curve, with the branches that were given up.
 */
#include "support/test.h"

#include "study/course.h"

#include <stdio.h>

static void take(cav_course *course, int64_t step, double value)
{
    cav_error error = {0};
    caviar_metric metrics[] = {{"other", -1}, {"loss", value}};
    cav_report report = {.step = step, .metrics = metrics, .metric_count = 2};
    assert_ok(cav_course_take(course, &report, &error), &error);
}

static void expect(const cav_series *series, const char *words)
{
    char text[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < series->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld:%g", i ? " " : "",
                                 (long long)series->steps[i], series->values[i]);
    assert_string_equal(text, words);
}

static void test_an_earlier_step_begins_a_new_branch(void **state)
{
    (void)state;
    cav_course course = {.metric = "loss"};
    for (int step = 1; step <= 4; step++)
        take(&course, step, step);
    take(&course, 3, 30);
    take(&course, 4, 40);
    take(&course, 5, 50);
    expect(&course.now, "1:1 2:2 3:30 4:40 5:50");
    assert_int_equal(course.old_count, 1);
    expect(&course.old[0], "3:3 4:4");
    take(&course, 1, 100); // from the beginning
    expect(&course.now, "1:100");
    assert_int_equal(course.old_count, 2);
    expect(&course.old[1], "1:1 2:2 3:30 4:40 5:50");
    cav_course_free(&course);
}

static void test_a_report_without_the_metric_changes_nothing(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_course course = {.metric = "loss"};
    caviar_metric metric = {"time", 3};
    cav_report report = {.step = 1, .metrics = &metric, .metric_count = 1};
    take(&course, 2, 5);
    assert_ok(cav_course_take(&course, &report, &error), &error);
    expect(&course.now, "2:5");
    assert_int_equal(course.old_count, 0);
    cav_course_free(&course);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_earlier_step_begins_a_new_branch),
        cmocka_unit_test(test_a_report_without_the_metric_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
