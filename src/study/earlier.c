/**
 * earlier.c: opening earlier studies, to look at, and reading what they have tried.
 */
#include "study/earlier.h"

#include "study/opening.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_TRIALS = 5 }; // complete ones

static caviar_code open_earlier(const cav_study *study, const char *name, cav_study **ret_earlier,
                                cav_error *error)
{
    cav_study_options options = {
        .location = study->location, .name = name, .clock = study->clock, .read_only = true};
    if (study->store->type == &cav_store_memory)
        return cav_fail(error, CAVIAR_INVALID,
                        "from: %s: a study that is kept in memory has no earlier ones beside it; "
                        "name a store",
                        name);
    if (strcmp(name, study->spec->study) == 0)
        return cav_fail(error, CAVIAR_INVALID, "from: %s: that is this study itself", name);
    return cav_study_open(&options, ret_earlier, error);
}

// The metric that goes on: that of the same name, or the only one.
static caviar_code find_metric(const cav_spec *spec, const cav_spec *earlier, size_t *ret_metric,
                               cav_error *error)
{
    const cav_metric_spec *wanted = &spec->metrics[0];
    *ret_metric = 0;
    for (size_t m = 0; m < earlier->metric_count; m++) {
        const cav_metric_spec *metric = &earlier->metrics[m];
        if (strcmp(metric->name, wanted->name) != 0)
            continue;
        *ret_metric = m;
        if (metric->maximize != wanted->maximize)
            return cav_fail(
                error, CAVIAR_INVALID, "from: %s: there %s is to be %s, here the other way round",
                earlier->study, metric->name, metric->maximize ? "maximized" : "minimized");
        return CAVIAR_OK;
    }
    if (earlier->metric_count == 1)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_INVALID, "from: %s: of its %zu metrics none is %s",
                    earlier->study, earlier->metric_count, wanted->name);
}

static caviar_code read_one(const cav_study *study, const cav_spec *spec, const cav_from *from,
                            cav_earlier *ret, size_t *ret_finished, cav_error *error)
{
    cav_study *earlier;
    size_t metric;
    caviar_code code = open_earlier(study, from->study, &earlier, error);
    if (code)
        return code;
    code = find_metric(spec, earlier->spec, &metric, error);
    if (!code) {
        const cav_history *history = cav_study_seen(earlier);
        cav_earlier_source source = {.name = from->study,
                                     .space = earlier->spec->space,
                                     .history = history,
                                     .metric = metric,
                                     .finished = from->trials ? (size_t)from->trials : SIZE_MAX};
        *ret_finished = history->finished_count;
        code = cav_earlier_init(ret, spec->space, &source, error);
    }
    cav_study_close(earlier);
    return code;
}

static caviar_code check_use(const cav_earlier *earlier, cav_error *error)
{
    if (earlier->shared_count == 0)
        return cav_fail(error, CAVIAR_INVALID,
                        "from: %s: it varies no parameter of the same name as this study does",
                        earlier->name);
    if (earlier->count < LEAST_TRIALS)
        return cav_fail(error, CAVIAR_INVALID,
                        "from: %s: %zu complete trials there could be trials here; at least %d "
                        "are needed",
                        earlier->name, earlier->count, LEAST_TRIALS);
    return CAVIAR_OK;
}

static caviar_code settle_one(const cav_study *study, const cav_spec *spec, cav_from *from,
                              cav_error *error)
{
    cav_earlier earlier = {0};
    size_t finished = 0;
    caviar_code code = read_one(study, spec, from, &earlier, &finished, error);
    if (code == CAVIAR_NOT_FOUND)
        code = cav_fail(error, CAVIAR_INVALID, "from: there is no study '%s' in %s", from->study,
                        study->store->place);
    if (!code)
        code = check_use(&earlier, error);
    if (!code && from->trials == 0)
        from->trials = (int64_t)finished;
    cav_earlier_free(&earlier);
    return code;
}

static int64_t trials_before(const cav_spec *before, const char *name)
{
    for (size_t i = 0; before && i < before->from_count; i++)
        if (strcmp(before->from[i].study, name) == 0)
            return before->from[i].trials;
    return 0;
}

caviar_code cav_earlier_settle(const cav_study *study, cav_spec *spec, const cav_spec *before,
                               cav_error *error)
{
    if (spec->from_count == 0)
        return CAVIAR_OK;
    if (spec->metric_count > 1)
        return cav_fail(error, CAVIAR_INVALID,
                        "from: a study of several metrics does not learn from earlier ones; leave "
                        "it out");
    if (spec->grows)
        return cav_fail(error, CAVIAR_INVALID,
                        "from: the trials of this study name their parameters, so nobody knows yet "
                        "which it shares with earlier ones; give it a space, or leave one of the "
                        "two out");
    cav_from *from = CAV_ARENA_NEW(spec->arena, cav_from, spec->from_count);
    caviar_code code = from ? CAVIAR_OK : cav_fail_memory(error);
    for (size_t i = 0; i < spec->from_count && !code; i++) {
        from[i] = spec->from[i];
        int64_t settled = trials_before(before, from[i].study);
        if (settled > 0 && (from[i].trials == 0 || from[i].trials == settled))
            from[i].trials = settled;
        else
            code = settle_one(study, spec, &from[i], error);
    }
    if (!code)
        spec->from = from;
    return code;
}

caviar_code cav_earlier_read(const cav_study *study, const cav_spec *spec,
                             cav_earlier_list *ret_list, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    *ret_list = (cav_earlier_list){0};
    if (spec->from_count == 0)
        return CAVIAR_OK;
    ret_list->items = calloc(spec->from_count, sizeof *ret_list->items);
    if (!ret_list->items)
        return cav_fail_memory(error);
    for (size_t i = 0; i < spec->from_count && !code; i++) {
        cav_earlier *item = &ret_list->items[ret_list->count++];
        cav_earlier_source gone = {.name = spec->from[i].study};
        size_t finished;
        code = read_one(study, spec, &spec->from[i], item, &finished, error);
        if (code == CAVIAR_NOT_FOUND)
            code = cav_earlier_init(item, spec->space, &gone, error);
    }
    return code;
}

void cav_earlier_list_free(cav_earlier_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        cav_earlier_free(&list->items[i]);
    free(list->items);
    *list = (cav_earlier_list){0};
}

// ---- What each is worth -------------------------------------------------------------------------

static caviar_code report_all(cav_study *study, const cav_earlier_list *list,
                              cav_earlier_report *reports, cav_error *error)
{
    cav_sampler sampler = {0};
    cav_scheduler scheduler = {0};
    caviar_code code = cav_opening_methods(study->spec, cav_study_last_step(study), list, &sampler,
                                           &scheduler, error);
    if (code)
        return code;
    bool inherits = sampler.type->inherits;
    for (size_t i = 0; i < list->count && !code; i++) {
        reports[i] = (cav_earlier_report){.name = study->spec->from[i].study,
                                          .trial_count = list->items[i].count,
                                          .shared_count = list->items[i].shared_count};
        reports[i].now.best_place = NAN;
        if (inherits)
            code = sampler.type->inherited(sampler.state, cav_study_seen(study), i, &reports[i].now,
                                           error);
    }
    cav_sampler_close(&sampler);
    cav_scheduler_close(&scheduler);
    return code;
}

caviar_code cav_earlier_reports(cav_study *study, cav_earlier_report **ret_reports,
                                cav_error *error)
{
    cav_earlier_list list = {0};
    cav_earlier_report *reports = calloc(study->spec->from_count + 1, sizeof *reports);
    if (!reports)
        return cav_fail_memory(error);
    if (study->spec->from_count == 0) {
        *ret_reports = reports;
        return CAVIAR_OK;
    }
    cav_study_lock(study);
    caviar_code code = cav_earlier_read(study, study->spec, &list, error);
    if (!code)
        code = report_all(study, &list, reports, error);
    cav_study_unlock(study);
    cav_earlier_list_free(&list);
    if (code)
        free(reports);
    else
        *ret_reports = reports;
    return code;
}
