/**
 * act.c: pausing and stopping a study; nudging, rolling back, forking, pausing and stopping a
 * trial.
 */
#include "serve/act.h"

#include "run/author.h"
#include "run/forking.h"
#include "space/codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** What is done, and by which handle. */
typedef struct deed {
    cav_study *study;
    const char *place; // of the trials' folders
    const cav_route *route;
    const cav_wish *wish;
    char author[CAV_AUTHOR_SIZE];
    cav_json *json;
    cav_error *error;
} deed;

static caviar_nudge_options options_of(const deed *at)
{
    return (caviar_nudge_options){
        .author = at->author, .note = at->wish->note, .force = at->wish->force};
}

// ---- Changes of values ------------------------------------------------------------------------

static caviar_code read_change(const deed *at, const char *name, const json_t *value,
                               const double *now, double *raw)
{
    const cav_space *space = at->study->spec->space;
    size_t i = cav_space_find(space, name);
    caviar_value given;
    if (i == space->count)
        return cav_space_fail_unknown(space, name, at->error);
    const cav_parameter *parameter = &space->parameters[i];
    if (json_is_string(value) && parameter->choice_count == 0) // "x0.5", "+0.01"
        return cav_parameter_read_change(parameter, now[i], json_string_value(value),
                                         at->wish->force, &raw[i], at->error);
    if (!cav_value_from_json(value, &given))
        return cav_fail(at->error, CAVIAR_INVALID, "'%s': a number or a word is expected, not %s",
                        name, cav_json_type_name(value));
    return cav_parameter_read_value(parameter, &given, at->wish->force, &raw[i], at->error);
}

// Reads the changes of the values `now` into raw [count], NaN where nothing changes.
static caviar_code read_changes(const deed *at, const double *now, double *raw)
{
    const cav_space *space = at->study->spec->space;
    const char *name;
    json_t *value;
    for (size_t i = 0; i < space->count; i++)
        raw[i] = (double)NAN;
    json_object_foreach ((json_t *)(uintptr_t)at->wish->changes, name, value) {
        caviar_code code = read_change(at, name, value, now, raw);
        if (code)
            return code;
    }
    return CAVIAR_OK;
}

// ---- One trial --------------------------------------------------------------------------------

static caviar_code nudge(const deed *at, double *now, double *raw)
{
    caviar_nudge_options options = options_of(at);
    caviar_code code = cav_study_values(at->study, at->route->trial, now, at->error);
    if (!code)
        code = read_changes(at, now, raw);
    if (!code)
        code = cav_study_nudge(at->study, at->route->trial, raw, &options, at->error);
    if (!code) {
        cav_json_key(at->json, "changes");
        cav_space_write(at->study->spec->space, raw, at->json);
    }
    return code;
}

static caviar_code fork_trial(const deed *at, double *now, double *raw)
{
    int64_t number;
    cav_fork fork = {.study = at->study,
                     .location = at->place,
                     .parent = at->route->trial,
                     .author = at->author,
                     .note = at->wish->note,
                     .force = at->wish->force};
    caviar_code code =
        cav_derive_step(at->study, at->route->trial, at->wish->step, &fork.step, at->error);
    if (!code)
        code = cav_derive_values(at->study, at->route->trial, fork.step, now, at->error);
    if (!code)
        code = read_changes(at, now, raw);
    fork.changes = json_object_size(at->wish->changes) > 0 ? raw : NULL;
    if (!code)
        code = cav_fork_make(&fork, &number, at->error);
    if (!code) {
        cav_json_add_int(at->json, "number", number);
        cav_json_add_int(at->json, "from", fork.step);
    }
    return code;
}

static caviar_code roll_back(const deed *at)
{
    int64_t step;
    caviar_nudge_options options = options_of(at);
    caviar_code code =
        cav_study_rollback(at->study, at->route->trial, at->wish->step, &options, &step, at->error);
    if (!code)
        cav_json_add_int(at->json, "to", step);
    return code;
}

static caviar_code wish_of_trial(const deed *at, cav_study_wish *done)
{
    caviar_nudge_options options = options_of(at);
    return done(at->study, at->route->trial, &options, at->error);
}

// ---- The study --------------------------------------------------------------------------------

static caviar_code set_control(const deed *at)
{
    int control = CAV_CONTROL_CANCEL;
    while (control >= 0 && strcmp(cav_control_name((cav_control)control), at->wish->control) != 0)
        control--;
    if (control < 0)
        return cav_fail(at->error, CAVIAR_INVALID,
                        "control: run, pause, stop or cancel is expected, not '%.40s'",
                        at->wish->control);
    caviar_code code = at->study->store->type->study_set(at->study->store, at->study->id, NULL,
                                                         (cav_control)control, at->error);
    if (!code)
        cav_json_add_string(at->json, "control", at->wish->control);
    return code;
}

static caviar_code act(const deed *at)
{
    size_t count = at->study->spec->space->count;
    double *now = calloc(2 * count + 1, sizeof *now);
    if (!now)
        return cav_fail_memory(at->error);
    caviar_code code = CAVIAR_OK;
    if (at->route->kind == CAV_ROUTE_CONTROL)
        code = set_control(at);
    else if (at->route->kind == CAV_ROUTE_NUDGE)
        code = nudge(at, now, now + count);
    else if (at->route->kind == CAV_ROUTE_FORK)
        code = fork_trial(at, now, now + count);
    else if (at->route->kind == CAV_ROUTE_ROLLBACK)
        code = roll_back(at);
    else if (at->route->kind == CAV_ROUTE_PAUSE)
        code = wish_of_trial(at, cav_study_pause);
    else if (at->route->kind == CAV_ROUTE_RESUME)
        code = wish_of_trial(at, cav_study_resume);
    else
        code = wish_of_trial(at, cav_study_stop);
    free(now);
    return code;
}

caviar_code cav_act(const cav_act_on *on, const cav_route *route, const cav_wish *wish,
                    cav_json *json, cav_error *error)
{
    deed at = {.place = on->place, .route = route, .wish = wish, .json = json, .error = error};
    cav_study_options options = {.location = on->location, .name = route->study};
    caviar_code code = cav_study_open(&options, &at.study, error);
    if (code)
        return code;
    cav_author_name(at.author);
    cav_json_begin_object(json);
    code = act(&at);
    cav_json_end_object(json);
    cav_study_close(at.study);
    return code;
}
