/**
 * ledger_space.c: a definition from trials.
 *
 * A define-by-run study has no space: its parameters are those that its trials asked for. One that
 * only some trials have exists under the condition that they show (trial/conditions.h).
 */
#include "exchange/ledger.h"

#include "trial/conditions.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct shaper {
    cav_ledger *ledger;
    cav_notes *notes;
    double *raw;              // [trial_count x parameter_count] NaN: the trial does not have it
    unsigned char *witnesses; // [trial_count]
    size_t *seen;             // [parameter_count]
    cav_parent *parents;      // [parameter_count]
    cav_presence presence;    // made of these
    size_t *order;            // [parameter_count] parents before their children
    cav_space *space;
    cav_error *error;
} shaper;

static caviar_code allocate(shaper *at)
{
    const cav_ledger *ledger = at->ledger;
    size_t width = ledger->parameter_count;
    at->raw = calloc(ledger->trial_count * width + 1, sizeof *at->raw);
    at->witnesses = calloc(ledger->trial_count + 1, 1);
    at->seen = calloc(width + 1, sizeof *at->seen);
    at->parents = calloc(width + 1, sizeof *at->parents);
    at->order = calloc(width + 1, sizeof *at->order);
    at->presence = (cav_presence){.trial_count = ledger->trial_count,
                                  .parameter_count = width,
                                  .raw = at->raw,
                                  .witnesses = at->witnesses,
                                  .seen = at->seen,
                                  .parents = at->parents};
    bool fine = at->raw && at->witnesses && at->seen && at->parents && at->order;
    return fine ? CAVIAR_OK : cav_fail_memory(at->error);
}

// Only a complete trial has asked for all of its parameters.
static cav_witness witness_of(caviar_state state)
{
    if (state == CAVIAR_STATE_WAITING)
        return CAV_WITNESS_NONE;
    return state == CAVIAR_STATE_COMPLETE ? CAV_WITNESS_ALL : CAV_WITNESS_HAS;
}

static void spread(shaper *at)
{
    const cav_ledger *ledger = at->ledger;
    size_t width = ledger->parameter_count;
    for (size_t i = 0; i < ledger->trial_count * width; i++)
        at->raw[i] = NAN;
    for (size_t t = 0; t < ledger->trial_count; t++) {
        at->witnesses[t] = (unsigned char)witness_of(ledger->trials[t].state);
        for (size_t s = 0; s < ledger->trials[t].setting_count; s++) {
            const cav_ledger_setting *setting = &ledger->trials[t].settings[s];
            at->raw[t * width + setting->parameter] = setting->raw;
        }
    }
    for (size_t p = 0; p < width; p++) {
        const cav_distribution *of = &ledger->parameters[p].distribution;
        at->seen[p] = ledger->parameters[p].seen;
        at->parents[p] = (cav_parent){.choice_count = of->choice_count,
                                      .is_int = of->type == CAVIAR_TYPE_INT,
                                      .low = of->low,
                                      .high = of->high,
                                      .step = of->step};
    }
}

// Those that more trials have come first: a parent is among them.
static void sort(shaper *at)
{
    const cav_ledger_parameter *all = at->ledger->parameters;
    for (size_t i = 0; i < at->ledger->parameter_count; i++) {
        size_t to = i;
        for (; to > 0 && all[at->order[to - 1]].seen < all[i].seen; to--)
            at->order[to] = at->order[to - 1];
        at->order[to] = i;
    }
}

static caviar_code find_condition(const shaper *at, size_t child, caviar_condition *condition,
                                  bool *ret_found)
{
    cav_shown_condition shown;
    cav_arena *arena = at->ledger->arena;
    caviar_code code = cav_conditions_find(&at->presence, child, at->ledger->parameter_count, arena,
                                           &shown, at->error);
    *ret_found = !code && shown.parent != SIZE_MAX;
    if (!*ret_found)
        return code;
    const cav_ledger_parameter *parent = &at->ledger->parameters[shown.parent];
    caviar_value *values = CAV_ARENA_NEW(arena, caviar_value, shown.value_count + 1);
    if (!values)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < shown.value_count; i++)
        values[i] = parent->distribution.choices[(size_t)shown.values[i]];
    *condition = (caviar_condition){.parent = parent->name,
                                    .values = values,
                                    .value_count = shown.value_count,
                                    .low = shown.low,
                                    .high = shown.high};
    return CAVIAR_OK;
}

static void note_condition(const shaper *at, const char *name, const caviar_condition *condition)
{
    cav_text values = {0};
    for (size_t i = 0; i < condition->value_count; i++) {
        cav_text_append(&values, i ? " or " : "");
        cav_value_print(&condition->values[i], &values);
    }
    if (condition->value_count == 0)
        cav_text_appendf(&values, "from %g to %g", condition->low, condition->high);
    cav_note(at->notes, "%s exists where %s is %s, as far as the trials show", name,
             condition->parent, cav_text_get(&values));
    cav_text_free(&values);
}

static caviar_code name_parameter(const shaper *at, cav_ledger_parameter *parameter)
{
    const char *plain = cav_ledger_name(at->ledger->arena, parameter->their_name);
    parameter->name = plain;
    for (int i = 2; plain && cav_space_find(at->space, parameter->name) < at->space->count; i++) {
        char longer[512];
        snprintf(longer, sizeof longer, "%.480s_%d", plain, i);
        parameter->name = cav_arena_strdup(at->ledger->arena, longer);
    }
    if (!plain || !parameter->name)
        return cav_fail_memory(at->error);
    if (strcmp(parameter->name, parameter->their_name) != 0)
        cav_note(at->notes, "the parameter '%s' is called %s here", parameter->their_name,
                 parameter->name);
    return CAVIAR_OK;
}

static caviar_parameter describe(const shaper *at, const cav_ledger_parameter *from)
{
    const cav_distribution *all = &from->distribution;
    caviar_parameter to = {.name = from->name, .type = all->type};
    if (all->type == CAVIAR_TYPE_CATEGORICAL) {
        to.choices = all->choices;
        to.choice_count = all->choice_count;
        if (all->choice_count == 1)
            to.type = CAVIAR_TYPE_CONSTANT;
    } else if (all->low == all->high) {
        caviar_value *value = CAV_ARENA_NEW(at->ledger->arena, caviar_value, 1);
        if (value && all->type == CAVIAR_TYPE_INT)
            *value = cav_value_of_number(all->low);
        else if (value)
            *value = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = all->low};
        to.type = CAVIAR_TYPE_CONSTANT;
        to.choices = value;
        to.choice_count = value ? 1 : 0;
    } else {
        to.scale = all->scale;
        to.low = all->low;
        to.high = all->high;
        to.step = all->type == CAVIAR_TYPE_INT && all->step == 1 ? 0 : all->step;
    }
    return to;
}

static caviar_code add_parameter(const shaper *at, size_t index)
{
    cav_ledger_parameter *parameter = &at->ledger->parameters[index];
    caviar_condition condition;
    bool found = false;
    caviar_code code = name_parameter(at, parameter);
    if (!code && !cav_conditions_always(&at->presence, index))
        code = find_condition(at, index, &condition, &found);
    if (code)
        return code;
    caviar_parameter given = describe(at, parameter);
    if (found) {
        given.when = &condition;
        given.when_count = 1;
        note_condition(at, parameter->name, &condition);
    }
    if (parameter->is_mixed)
        cav_note(at->notes, "%s had several ranges; it has the least that holds all of them",
                 parameter->name);
    parameter->space_index = at->space->count;
    code = cav_space_add(at->space, &given, at->error);
    return code ? cav_error_prefix(at->error, "from the trials") : CAVIAR_OK;
}

static void write_definition(const shaper *at, const char *name, cav_json *json)
{
    const cav_ledger *ledger = at->ledger;
    cav_json_begin_object(json);
    cav_json_add_string(json, "study", name);
    cav_json_key(json, "metrics");
    cav_json_begin_array(json);
    for (size_t m = 0; m < ledger->metric_count; m++) {
        char plain[32] = "value";
        if (ledger->metric_count > 1)
            snprintf(plain, sizeof plain, "value_%zu", m);
        const char *called = ledger->metrics[m] ? ledger->metrics[m] : plain;
        cav_json_begin_object(json);
        cav_json_add_string(json, "name", cav_ledger_name(ledger->arena, called));
        cav_json_add_string(json, "direction", ledger->maximize[m] ? "maximize" : "minimize");
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
    cav_space_write_sections(at->space, json);
    cav_json_end_object(json);
}

static caviar_code make_spec(const shaper *at, const char *name, cav_spec **ret_spec)
{
    cav_text text = {0};
    json_t *json;
    write_definition(at, name, &(cav_json){.text = &text});
    caviar_code code = text.failed ? cav_fail_memory(at->error)
                                   : cav_json_parse(text.data, text.size, &json, at->error);
    cav_text_free(&text);
    if (code)
        return code;
    code = cav_spec_from_json(json, NULL, ret_spec, at->error);
    json_decref(json);
    return code;
}

caviar_code cav_ledger_define(cav_ledger *ledger, const char *name, cav_notes *notes,
                              cav_spec **ret_spec, cav_error *error)
{
    shaper at = {.ledger = ledger, .notes = notes, .error = error};
    at.space = caviar_space_new();
    caviar_code code = at.space ? allocate(&at) : cav_fail_memory(error);
    if (!code) {
        spread(&at);
        sort(&at);
    }
    for (size_t i = 0; i < ledger->parameter_count && !code; i++)
        code = add_parameter(&at, at.order[i]);
    if (!code && ledger->parameter_count == 0)
        code = cav_fail(error, CAVIAR_INVALID,
                        "the study '%.100s' has no trial with parameters: there is nothing to "
                        "import",
                        ledger->name);
    if (!code)
        code = make_spec(&at, name, ret_spec);
    caviar_space_free(at.space);
    void *parts[] = {at.raw, at.witnesses, at.seen, at.parents, at.order};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free(parts[i]);
    return code;
}
