/**
 * course.c: reports to a curve with its branches.
 */
#include "study/course.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

bool cav_series_push(cav_series *series, int64_t step, double value)
{
    if (!CAV_GROW(&series->steps, &series->step_capacity, series->count + 1) ||
        !CAV_GROW(&series->values, &series->value_capacity, series->count + 1))
        return false;
    series->steps[series->count] = step;
    series->values[series->count++] = value;
    return true;
}

void cav_series_free(cav_series *series)
{
    free(series->steps);
    free(series->values);
}

// Moves what stands from a step on to a branch of its own.
static bool give_up(cav_course *course, int64_t step)
{
    size_t first = course->now.count;
    while (first > 0 && course->now.steps[first - 1] >= step)
        first--;
    if (first == course->now.count)
        return true;
    cav_series branch = {0};
    bool done = CAV_GROW(&course->old, &course->old_capacity, course->old_count + 1);
    for (size_t i = first; i < course->now.count && done; i++)
        done = cav_series_push(&branch, course->now.steps[i], course->now.values[i]);
    if (!done) {
        cav_series_free(&branch);
        return false;
    }
    course->old[course->old_count++] = branch;
    course->now.count = first;
    return true;
}

caviar_code cav_course_take(cav_course *course, const cav_report *report, cav_error *error)
{
    for (size_t i = 0; i < report->metric_count; i++) {
        if (strcmp(report->metrics[i].name, course->metric) != 0)
            continue;
        if (!give_up(course, report->step) ||
            !cav_series_push(&course->now, report->step, report->metrics[i].value))
            return cav_fail_memory(error);
    }
    return CAVIAR_OK;
}

static caviar_code take(void *context, const cav_report *report, cav_error *error)
{
    return cav_course_take(context, report, error);
}

caviar_code cav_course_read(cav_course *course, cav_store *store, const cav_scope *scope,
                            int64_t number, int64_t *cursor, cav_error *error)
{
    return store->type->report_read(store, scope, number, cursor, take, course, error);
}

void cav_course_free(cav_course *course)
{
    cav_series_free(&course->now);
    for (size_t i = 0; i < course->old_count; i++)
        cav_series_free(&course->old[i]);
    free(course->old);
}
