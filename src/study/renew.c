/**
 * renew.c: going on under a definition that was changed meanwhile, or with what trials have shown.
 *
 * Handles of trials, and whoever runs them, point into the definition that they were handed out
 * under, so earlier ones are kept until the study is closed. Metrics and the list of parameters
 * are the same in all of them (update.c sees to that).
 */
#include "study/earlier.h"
#include "study/opening.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEAST_ENDS = 5,  // complete trials that speak for a last step
    LEAST_STEPS = 4, // below which it is not worth stopping a trial
};

// Everything that is made from a definition.
typedef struct methods {
    cav_earlier_list earlier;
    cav_sampler sampler;
    cav_scheduler scheduler;
    cav_panda *panda;
    double *point, *raw;
} methods;

static void free_methods(methods *at)
{
    cav_sampler_close(&at->sampler);
    cav_scheduler_close(&at->scheduler);
    cav_panda_close(at->panda);
    cav_earlier_list_free(&at->earlier);
    free(at->point);
    free(at->raw);
}

static caviar_code make_methods(const cav_study *study, const cav_spec *spec, methods *ret,
                                cav_error *error)
{
    caviar_code code =
        study->is_read_only ? CAVIAR_OK : cav_earlier_read(study, spec, &ret->earlier, error);
    if (!code)
        code = cav_opening_methods(spec, spec->step_max, &ret->earlier, &ret->sampler,
                                   &ret->scheduler, error);
    if (!code)
        code = cav_opening_panda(spec, &ret->panda, error);
    ret->point = calloc(spec->space->dim_count + 1, sizeof *ret->point);
    ret->raw = calloc(spec->space->count + spec->metric_count, sizeof *ret->raw);
    return code || (ret->point && ret->raw) ? code : cav_fail_memory(error);
}

// What the study has goes to where it will be freed from.
static void take_over(cav_study *study, cav_spec *spec, methods *fresh)
{
    methods old = {.earlier = study->earlier,
                   .sampler = study->sampler,
                   .scheduler = study->scheduler,
                   .panda = study->panda,
                   .point = study->point,
                   .raw = study->raw};
    study->earlier = fresh->earlier;
    study->sampler = fresh->sampler;
    study->scheduler = fresh->scheduler;
    study->panda = fresh->panda;
    study->point = fresh->point;
    study->raw = fresh->raw;
    *fresh = old;
    free(study->following);
    study->following = NULL;
    study->retired[study->retired_count++] = study->spec;
    study->spec = spec;
    study->scope.space = spec->space;
    study->scope.was_changed = cav_spec_was_moved(spec);
    study->is_distinct = cav_opening_is_distinct(spec, study->sampler.type);
    study->seen_step = 0;
}

static caviar_code renew(cav_study *study, cav_error *error)
{
    cav_spec *spec;
    uint64_t revision;
    methods fresh = {0};
    caviar_code code = cav_opening_read(study, &spec, &revision, error);
    if (code)
        return code;
    if (spec->budget.trials == 0)
        spec->budget.trials = study->own_trials;
    code = make_methods(study, spec, &fresh, error);
    if (!code && !CAV_GROW(&study->retired, &study->retired_capacity, study->retired_count + 1))
        code = cav_fail_memory(error);
    if (code) {
        cav_spec_free(spec);
    } else {
        take_over(study, spec, &fresh);
        study->revision = revision;
    }
    free_methods(&fresh);
    return code ? code : cav_study_begin_history(study, error);
}

static caviar_code keep_up(cav_study *study, cav_control *ret_control, cav_error *error)
{
    uint64_t revision;
    caviar_code code =
        study->store->type->study_control(study->store, study->id, ret_control, &revision, error);
    return code || revision == study->revision ? code : renew(study, error);
}

caviar_code cav_study_keep_up(cav_study *study, cav_control *ret_control, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = keep_up(study, ret_control, error);
    cav_study_unlock(study);
    return code;
}

// ---- What trials have shown ---------------------------------------------------------------------

int64_t cav_study_last_step(const cav_study *study)
{
    const cav_spec *spec = study->spec;
    if (spec->step_max > 0 || spec->panda.name || strcmp(spec->scheduler.name, "auto") != 0)
        return spec->step_max;
    int64_t seen = cav_history_common_step(study->history, LEAST_ENDS);
    return seen >= LEAST_STEPS ? seen : 0;
}

caviar_code cav_study_follow_steps(cav_study *study, cav_error *error)
{
    int64_t seen = study->spec->step_max > 0 ? 0 : cav_study_last_step(study);
    if (seen == study->seen_step)
        return CAVIAR_OK;
    cav_sampler sampler;
    cav_scheduler scheduler;
    caviar_code code =
        cav_opening_methods(study->spec, seen, &study->earlier, &sampler, &scheduler, error);
    if (code)
        return code;
    cav_sampler_close(&study->sampler);
    cav_scheduler_close(&study->scheduler);
    study->sampler = sampler;
    study->scheduler = scheduler;
    study->shape.of = NULL; // the new sampler knows nothing of it
    study->seen_step = seen;
    return cav_study_refresh(study, error); // curves that nobody needed before
}
