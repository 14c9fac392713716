/**
 * grow.c: spaces that grow: a trial names its parameters as it runs.
 *
 * A trial of such a study is made with a value for every parameter that is known, and shows those
 * that it has named. One that is new goes into the study's definition, is drawn at random for this
 * trial, and is searched like any other from the next trial on. What the trial has not named by its
 * end, in a branch that it did not take, it lacks, as one lacks what its conditions leave out; so
 * samplers need to know nothing of this.
 *
 * A trial that is queued may have values for parameters that nobody has named yet, or outside of
 * the ranges so far. They wait with it, and it gets them as it names these parameters.
 */
#include "study/study.h"

#include "base/json.h"
#include "base/random.h"
#include "space/codec.h"
#include "study/opening.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIES = 100 }; // to change the definition, while others do

static const char *type_and_scale(const cav_parameter *parameter)
{
    bool is_number = parameter->choice_count == 0;
    return is_number ? caviar_scale_name(parameter->scale) : "";
}

static caviar_code fail_other(const cav_parameter *known, const cav_parameter *wanted,
                              const char *what, cav_error *error)
{
    return cav_fail(error, CAVIAR_INVALID,
                    "parameter '%s' was %s %s in earlier trials, and is %s %s now, with another "
                    "%s; only its range and its choices may differ: take another name",
                    known->name, caviar_type_name(known->type), type_and_scale(known),
                    caviar_type_name(wanted->type), type_and_scale(wanted), what);
}

static bool same_steps(const cav_parameter *a, const cav_parameter *b)
{
    double between = fmod(fabs(a->low - b->low), a->step > 0 ? a->step : 1);
    bool is_whole = a->type == CAVIAR_TYPE_INT && a->step > 0;
    bool aligned = a->step == 0 || a->low == b->low || (is_whole && between == 0);
    return a->step == b->step && a->step_factor == b->step_factor &&
           (a->step_factor == 0 || a->low == b->low) && aligned;
}

static bool same_specials(const cav_parameter *a, const cav_parameter *b)
{
    bool same = a->special_count == b->special_count;
    for (size_t i = 0; i < a->special_count && same; i++)
        same = a->specials[i] == b->specials[i];
    return same;
}

static caviar_code check_alike(const cav_parameter *known, const cav_parameter *wanted,
                               cav_error *error)
{
    if (known->type != wanted->type)
        return fail_other(known, wanted, "type", error);
    if (known->scale != wanted->scale)
        return fail_other(known, wanted, "scale", error);
    if (known->choice_count == 0 && !same_steps(known, wanted))
        return fail_other(known, wanted, "step, or one that begins elsewhere", error);
    if (!same_specials(known, wanted))
        return fail_other(known, wanted, "list of special values", error);
    return CAVIAR_OK;
}

static size_t find_choice(const cav_parameter *parameter, const caviar_value *choice)
{
    size_t i = 0;
    while (i < parameter->choice_count && !cav_value_equal(&parameter->choices[i], choice))
        i++;
    return i;
}

static bool covers(const cav_parameter *known, const cav_parameter *wanted)
{
    bool covered = wanted->low >= known->low && wanted->high <= known->high;
    for (size_t i = 0; i < wanted->choice_count && covered; i++)
        covered = find_choice(known, &wanted->choices[i]) < known->choice_count;
    return covered;
}

// ---- Changing the definition -------------------------------------------------------------------

// What both have: the range from the lesser low to the greater high, or all choices.
static caviar_parameter *unite(const cav_space *space, size_t index, const cav_parameter *wanted,
                               cav_arena *arena)
{
    const cav_parameter *known = &space->parameters[index];
    caviar_parameter *united = cav_space_describe(space, index, arena);
    size_t most = known->choice_count + wanted->choice_count;
    caviar_value *choices = CAV_ARENA_NEW(arena, caviar_value, most + 1);
    if (!united || !choices)
        return NULL;
    united->low = fmin(known->low, wanted->low);
    united->high = fmax(known->high, wanted->high);
    united->limit_low = united->limit_high = 0;
    for (size_t i = 0; i < known->choice_count; i++)
        choices[i] = known->choices[i];
    for (size_t i = 0; i < wanted->choice_count; i++)
        if (find_choice(known, &wanted->choices[i]) == known->choice_count)
            choices[united->choice_count++] = wanted->choices[i];
    united->choices = choices;
    return united;
}

// The study's definition, with another parameter, as a tree.
static caviar_code put_parameter(const cav_spec *spec, const caviar_parameter *parameter,
                                 json_t **ret_tree, cav_error *error)
{
    cav_text part = {0};
    json_t *tree = NULL, *item = NULL;
    cav_space *alone = caviar_space_new();
    caviar_code code = alone ? cav_space_add(alone, parameter, error) : cav_fail_memory(error);
    if (!code)
        code = cav_spec_tree(spec, &tree, error);
    if (!code) {
        cav_space_write_parameter(alone, 0, &(cav_json){.text = &part});
        code = part.failed ? cav_fail_memory(error)
                           : cav_json_parse(part.data, part.size, &item, error);
    }
    if (!code && json_object_set(json_object_get(tree, "space"), parameter->name, item))
        code = cav_fail_memory(error);
    json_decref(item);
    caviar_space_free(alone);
    cav_text_free(&part);
    if (code)
        json_decref(tree);
    else
        *ret_tree = tree;
    return code;
}

// The new definition is stored, and the study goes on under it.
static caviar_code replace(cav_study *study, const cav_spec *spec, cav_error *error)
{
    cav_control control;
    caviar_code code = cav_opening_replace(study, spec, error);
    bool was_faster = code == CAVIAR_STATE || (code == CAVIAR_BUSY && cav_study_was_cut_off(study));
    return code && !was_faster ? code : cav_study_keep_up(study, &control, error);
}

static caviar_code change(cav_study *study, const caviar_parameter *parameter, cav_error *error)
{
    json_t *tree = NULL;
    cav_spec *spec = NULL;
    caviar_code code = put_parameter(study->spec, parameter, &tree, error);
    if (!code)
        code = cav_spec_from_json(tree, NULL, &spec, error);
    json_decref(tree);
    if (!code)
        code = cav_opening_check(spec, error);
    if (!code)
        code = replace(study, spec, error);
    cav_spec_free(spec);
    return code;
}

static caviar_code widen_range(cav_study *study, size_t index, const cav_parameter *wanted,
                               cav_error *error)
{
    cav_arena *arena = cav_arena_new();
    caviar_parameter *united = arena ? unite(study->spec->space, index, wanted, arena) : NULL;
    caviar_code code = united ? change(study, united, error) : cav_fail_memory(error);
    cav_arena_free(arena);
    return code;
}

// Has the study know the parameter, in a range that covers what is wanted.
static caviar_code settle(cav_study *study, const caviar_parameter *definition,
                          const cav_parameter *wanted, size_t *ret_index, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (int tries = 0; tries < MOST_TRIES && !code; tries++) {
        const cav_space *space = study->spec->space;
        size_t i = cav_space_find(space, definition->name);
        if (i == space->count) {
            code = change(study, definition, error);
            continue;
        }
        code = check_alike(&space->parameters[i], wanted, error);
        if (!code && covers(&space->parameters[i], wanted)) {
            *ret_index = i;
            return CAVIAR_OK;
        }
        if (!code)
            code = widen_range(study, i, wanted, error);
    }
    return code ? code
                : cav_fail(error, CAVIAR_BUSY, "others changed the space %d times in a row",
                           MOST_TRIES);
}

// ---- The trial's part --------------------------------------------------------------------------

caviar_code cav_study_fail_unknown(const cav_study *study, const char *name, cav_error *error)
{
    if (!study->spec->grows)
        return cav_space_fail_unknown(study->spec->space, name, error);
    return cav_fail(error, CAVIAR_INVALID, "no trial has named a parameter '%.100s' yet", name);
}

void cav_study_write_wish(cav_json *wishes, const caviar_setting *setting)
{
    if (wishes->text->size == 0) {
        cav_json_begin_object(wishes);
        cav_json_key(wishes, "queued");
        cav_json_begin_object(wishes);
    }
    cav_json_key(wishes, setting->name);
    cav_json_value(wishes, &setting->value);
}

void cav_study_end_wishes(cav_json *wishes)
{
    cav_json_end_object(wishes);
    cav_json_end_object(wishes);
}

// What a trial was queued with for parameters that nobody had named; it is kept as its output.
static caviar_code read_wishes(const cav_study *study, caviar_trial *trial, cav_error *error)
{
    cav_text text = {0};
    if (!cav_history_is_by(study->history, (size_t)trial->number, CAV_ORIGIN_USER))
        return CAVIAR_OK;
    caviar_code code =
        study->store->type->output_read(study->store, &study->scope, trial->number, &text, error);
    json_t *all = code ? NULL : json_loads(cav_text_get(&text), 0, NULL);
    trial->wishes = json_incref(json_object_get(all, "queued"));
    json_decref(all);
    cav_text_free(&text);
    return code;
}

caviar_code cav_study_hide(const cav_study *study, caviar_trial *trial, cav_error *error)
{
    size_t count = trial->parameter_count;
    trial->drawn = CAV_ARENA_NEW(trial->arena, double, count + 1);
    if (!trial->drawn)
        return cav_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        trial->drawn[i] = study->history->raw[(size_t)trial->number * count + i];
        trial->values[i] = (caviar_value){.kind = CAVIAR_KIND_NONE};
    }
    return read_wishes(study, trial, error);
}

caviar_code cav_study_widen(const cav_study *study, caviar_trial *trial)
{
    const cav_space *space = study->spec->space;
    size_t before = trial->parameter_count;
    if (!trial->drawn || before >= space->count)
        return CAVIAR_OK;
    if (!cav_trial_widen(trial, space->count))
        return cav_fail_memory(&trial->error);
    for (size_t i = before; i < space->count; i++) {
        trial->names[i] = cav_arena_strdup(trial->arena, space->parameters[i].name);
        if (!trial->names[i]) {
            trial->parameter_count = before;
            return cav_fail_memory(&trial->error);
        }
    }
    return CAVIAR_OK;
}

void cav_study_named(const cav_study *study, const caviar_trial *trial, caviar_state state,
                     double *ret_raw)
{
    bool ends = state != CAVIAR_STATE_WAITING && state != CAVIAR_STATE_PAUSED;
    for (size_t i = 0; i < study->spec->space->count; i++) {
        bool is_known = i < trial->parameter_count;
        bool is_kept = is_known && (!ends || trial->values[i].kind != CAVIAR_KIND_NONE);
        ret_raw[i] = is_kept ? trial->drawn[i] : NAN;
    }
}

// True where what was drawn is one of the values that are wanted.
static bool fits(const cav_parameter *known, const cav_parameter *wanted, double raw)
{
    if (isnan(raw))
        return false;
    if (known->choice_count > 0)
        return find_choice(wanted, &known->choices[(size_t)raw]) < wanted->choice_count;
    return cav_parameter_check(wanted, raw, NULL) == CAVIAR_OK;
}

// A value of the wanted range, in the terms of the known one.
static double draw(const cav_study *study, const caviar_trial *trial, size_t index,
                   const cav_parameter *wanted)
{
    cav_random random = cav_random_stream(study->spec->seed, (uint64_t)trial->number,
                                          CAV_PURPOSE_NAMED, (uint32_t)index);
    double raw = wanted->axis == CAV_AXIS_NONE
                     ? wanted->initial
                     : cav_parameter_decode(wanted, cav_random_unit(&random));
    if (wanted->choice_count == 0)
        return raw;
    return (double)find_choice(&study->spec->space->parameters[index],
                               &wanted->choices[(size_t)raw]);
}

// A word that came from a command line is what the parameter makes of it.
static bool read_wish(const caviar_trial *trial, const cav_parameter *known, double *ret_raw)
{
    caviar_value wish;
    if (!cav_value_from_json(json_object_get(trial->wishes, known->name), &wish))
        return false;
    return cav_parameter_read(known, &wish, ret_raw, NULL) == CAVIAR_OK ||
           (wish.kind == CAVIAR_KIND_TEXT &&
            cav_parameter_read_text(known, wish.text, ret_raw, NULL) == CAVIAR_OK);
}

// Gives the parameter the value that the trial was queued with, if it can have that.
static void grant(const caviar_trial *trial, const cav_parameter *known,
                  const cav_parameter *wanted, double *raw)
{
    double wished;
    if (read_wish(trial, known, &wished) && fits(known, wanted, wished))
        *raw = wished;
}

static caviar_code name(cav_study *study, caviar_trial *trial, const caviar_parameter *definition,
                        const cav_parameter *wanted, caviar_value *ret_value)
{
    size_t i = 0;
    caviar_code code = settle(study, definition, wanted, &i, &trial->error);
    if (!code)
        code = cav_study_widen(study, trial);
    if (code)
        return code;
    const cav_parameter *known = &study->spec->space->parameters[i];
    bool is_named = trial->values[i].kind != CAVIAR_KIND_NONE;
    if (!is_named)
        grant(trial, known, wanted, &trial->drawn[i]);
    if (!fits(known, wanted, trial->drawn[i])) {
        trial->drawn[i] = draw(study, trial, i, wanted);
        is_named = false;
    }
    if (!is_named) { // else it may have been nudged since
        caviar_value value = cav_parameter_value(known, trial->drawn[i]);
        if (!cav_trial_set(trial, i, known->name, &value))
            return cav_fail_memory(&trial->error);
    }
    *ret_value = trial->values[i];
    return CAVIAR_OK;
}

caviar_code cav_study_suggest(caviar_trial *trial, const caviar_parameter *definition,
                              caviar_value *ret_value)
{
    cav_study *study = trial->context;
    cav_parameter wanted;
    if (definition->when_count > 0)
        return cav_fail(&trial->error, CAVIAR_INVALID,
                        "parameter '%s': conditions are the program's own; it "
                        "names a parameter "
                        "where it has one",
                        definition->name);
    caviar_code code = cav_parameter_init(&wanted, definition, &trial->error);
    if (code)
        return code;
    cav_study_lock(study);
    code = name(study, trial, definition, &wanted, ret_value);
    cav_study_unlock(study);
    cav_parameter_free(&wanted);
    return code;
}
