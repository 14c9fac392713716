/**
 * ledger_space.c: a definition from trials.
 *
 * A define-by-run study has no space: its parameters are those that its trials asked for. One that
 * only some trials have exists under a condition. It is looked for among the others: a choice or a
 * whole number whose values tell exactly the complete trials that have the parameter from those
 * that do not; of several the one for which that is the least likely to come about by chance.
 */
#include "exchange/ledger.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct shaper {
    cav_ledger *ledger;
    cav_notes *notes;
    double *raw;   // [trial_count x parameter_count] NaN: the trial does not have it
    size_t *order; // [parameter_count] parents before their children
    cav_space *space;
    cav_error *error;
} shaper;

static double value_of(const shaper *at, size_t trial, size_t parameter)
{
    return at->raw[trial * at->ledger->parameter_count + parameter];
}

static caviar_code spread(shaper *at)
{
    const cav_ledger *ledger = at->ledger;
    size_t width = ledger->parameter_count;
    at->raw = calloc(ledger->trial_count * width + 1, sizeof *at->raw);
    at->order = calloc(width + 1, sizeof *at->order);
    if (!at->raw || !at->order)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < ledger->trial_count * width; i++)
        at->raw[i] = NAN;
    for (size_t t = 0; t < ledger->trial_count; t++)
        for (size_t s = 0; s < ledger->trials[t].setting_count; s++) {
            const cav_ledger_setting *setting = &ledger->trials[t].settings[s];
            at->raw[t * width + setting->parameter] = setting->raw;
        }
    return CAVIAR_OK;
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

// Only a complete trial has asked for all of its parameters.
static bool lacks(const shaper *at, size_t trial, size_t parameter)
{
    return at->ledger->trials[trial].state == CAVIAR_STATE_COMPLETE &&
           isnan(value_of(at, trial, parameter));
}

static bool has(const shaper *at, size_t trial, size_t parameter)
{
    return at->ledger->trials[trial].state != CAVIAR_STATE_WAITING &&
           !isnan(value_of(at, trial, parameter));
}

static bool is_always_there(const shaper *at, size_t parameter)
{
    for (size_t t = 0; t < at->ledger->trial_count; t++)
        if (lacks(at, t, parameter))
            return false;
    return true;
}

// The range of a whole number under which a parameter exists, as wide as the trials allow.
static bool find_range(const shaper *at, size_t child, size_t parent, double *ret_low,
                       double *ret_high)
{
    const cav_distribution *range = &at->ledger->parameters[parent].distribution;
    double low = INFINITY, high = -INFINITY;
    bool above = false, below = false;
    for (size_t t = 0; t < at->ledger->trial_count; t++) {
        double value = value_of(at, t, parent);
        if (!has(at, t, child))
            continue;
        if (isnan(value))
            return false;
        low = fmin(low, value);
        high = fmax(high, value);
    }
    for (size_t t = 0; t < at->ledger->trial_count; t++) {
        double value = value_of(at, t, parent);
        if (!lacks(at, t, child) || isnan(value))
            continue;
        if (value >= low && value <= high)
            return false;
        above |= value > high;
        below |= value < low;
    }
    *ret_low = below ? low : range->low;
    *ret_high = above ? high : range->high;
    return true;
}

// The choices under which a parameter exists: marked [choice_count], 1 with it, 2 without it.
static bool find_choices(const shaper *at, size_t child, size_t parent, unsigned char *marks)
{
    for (size_t t = 0; t < at->ledger->trial_count; t++) {
        double value = value_of(at, t, parent);
        if (has(at, t, child) && isnan(value))
            return false;
        if (isnan(value))
            continue;
        if (has(at, t, child))
            marks[(size_t)value] |= 1;
        else if (lacks(at, t, child))
            marks[(size_t)value] |= 2;
    }
    for (size_t i = 0; i < at->ledger->parameters[parent].distribution.choice_count; i++)
        if (marks[i] == 3)
            return false;
    return true;
}

static caviar_code put_choices(const shaper *at, const cav_distribution *parent,
                               const unsigned char *marks, caviar_condition *condition)
{
    bool any = memchr(marks, 2, parent->choice_count) != NULL;
    caviar_value *values = CAV_ARENA_NEW(at->ledger->arena, caviar_value, parent->choice_count);
    if (!values)
        return cav_fail_memory(at->error);
    condition->values = values;
    for (size_t i = 0; i < parent->choice_count; i++)
        if (marks[i] == 1 || !any) // with none against it, it exists wherever its parent does
            values[condition->value_count++] = parent->choices[i];
    return CAVIAR_OK;
}

// Does a parameter exist just where `parent` has certain values?
static caviar_code try_parent(const shaper *at, size_t child, size_t parent,
                              caviar_condition *condition, bool *ret_found)
{
    const cav_ledger_parameter *of = &at->ledger->parameters[parent];
    *condition = (caviar_condition){.parent = of->name};
    if (of->distribution.type == CAVIAR_TYPE_INT) {
        *ret_found = find_range(at, child, parent, &condition->low, &condition->high);
        return CAVIAR_OK;
    }
    unsigned char *marks = calloc(of->distribution.choice_count, 1);
    if (!marks)
        return cav_fail_memory(at->error);
    *ret_found = find_choices(at, child, parent, marks);
    caviar_code code =
        *ret_found ? put_choices(at, &of->distribution, marks, condition) : CAVIAR_OK;
    free(marks);
    return code;
}

static bool may_be_parent(const shaper *at, size_t child, size_t parent)
{
    const cav_ledger_parameter *all = at->ledger->parameters;
    const cav_distribution *of = &all[parent].distribution;
    bool varies = of->choice_count > 1 || (of->type == CAVIAR_TYPE_INT && of->low < of->high);
    return varies && all[parent].seen > all[child].seen;
}

// How many conditions a parent could make: the fewer, the less one of them fits by chance.
static double conditions_of(const cav_distribution *parent)
{
    double levels = (parent->high - parent->low) / fmax(parent->step, 1) + 1;
    return parent->type == CAVIAR_TYPE_INT ? levels * (levels + 1) / 2
                                           : exp2((double)parent->choice_count);
}

// Of several the one that explains most; of equals that with the fewest trials is nearest.
static caviar_code find_condition(const shaper *at, size_t child, caviar_condition *condition,
                                  bool *ret_found)
{
    double least = INFINITY;
    *ret_found = false;
    for (size_t p = at->ledger->parameter_count; p-- > 0;) {
        caviar_condition candidate;
        bool found = false;
        size_t parent = at->order[p];
        double cost = conditions_of(&at->ledger->parameters[parent].distribution);
        if (!may_be_parent(at, child, parent) || cost >= least)
            continue;
        caviar_code code = try_parent(at, child, parent, &candidate, &found);
        if (code)
            return code;
        if (!found)
            continue;
        least = cost;
        *condition = candidate;
        *ret_found = true;
    }
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
            *value = (caviar_value){.kind = CAVIAR_KIND_INT, .integer = (int64_t)all->low};
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
    if (!code && !is_always_there(at, index))
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
    caviar_code code = at.space ? spread(&at) : cav_fail_memory(error);
    if (!code)
        sort(&at);
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
    free(at.raw);
    free(at.order);
    return code;
}
