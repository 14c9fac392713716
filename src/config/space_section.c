/**
 * space_section.c: the `space` section of a study file, both ways.
 */
#include "config/spec.h"

#include "base/names.h"
#include "base/number.h"
#include "space/constraint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct section {
    const cav_document *document;
    cav_arena *arena; // for what a description points to while it is added
    cav_error *error;
} section;

typedef caviar_code field_reader(const section *at, const cav_node *node, caviar_parameter *to);

static caviar_code read_type(const section *at, const cav_node *node, caviar_parameter *to)
{
    const char *word;
    int type;
    caviar_code code = cav_node_text(at->document, node, "type", &word, at->error);
    if (code)
        return code;
    if (cav_names_find(&cav_type_names, word, &type, at->error))
        return cav_node_locate(at->document, node, at->error);
    to->type = (caviar_type)type;
    return CAVIAR_OK;
}

static caviar_code read_scale(const section *at, const cav_node *node, caviar_parameter *to)
{
    const char *word;
    int scale;
    caviar_code code = cav_node_text(at->document, node, "scale", &word, at->error);
    if (code)
        return code;
    if (cav_names_find(&cav_scale_names, word, &scale, at->error))
        return cav_node_locate(at->document, node, at->error);
    to->scale = (caviar_scale)scale;
    return CAVIAR_OK;
}

static caviar_code read_tier(const section *at, const cav_node *node, caviar_parameter *to)
{
    const char *word;
    int tier;
    caviar_code code = cav_node_text(at->document, node, "tier", &word, at->error);
    if (code)
        return code;
    if (cav_names_find(&cav_tier_names, word, &tier, at->error))
        return cav_node_locate(at->document, node, at->error);
    to->tier = (caviar_tier)tier;
    return CAVIAR_OK;
}

static caviar_code read_low(const section *at, const cav_node *node, caviar_parameter *to)
{
    return cav_node_number(at->document, node, "low", &to->low, at->error);
}

static caviar_code read_high(const section *at, const cav_node *node, caviar_parameter *to)
{
    return cav_node_number(at->document, node, "high", &to->high, at->error);
}

static caviar_code read_limits(const section *at, const cav_node *node, caviar_parameter *to)
{
    if (node->kind != CAV_NODE_LIST || node->count != 2)
        return cav_node_fail(at->document, node, at->error, "limits: two numbers, [low, high]");
    caviar_code code =
        cav_node_number(at->document, &node->items[0], "limits", &to->limit_low, at->error);
    return code ? code
                : cav_node_number(at->document, &node->items[1], "limits", &to->limit_high,
                                  at->error);
}

static caviar_code read_step(const section *at, const cav_node *node, caviar_parameter *to)
{
    const char *word;
    caviar_code code = cav_node_text(at->document, node, "step", &word, at->error);
    if (code)
        return code;
    bool is_factor = word[0] == 'x';
    double *field = is_factor ? &to->step_factor : &to->step;
    if (!cav_number_parse(word + is_factor, strlen(word + is_factor), field) || !(*field > 0))
        return cav_node_fail(at->document, node, at->error,
                             "step: a distance such as 0.1, or a factor such as x2, not '%.40s'",
                             word);
    return CAVIAR_OK;
}

static caviar_code read_special(const section *at, const cav_node *node, caviar_parameter *to)
{
    bool is_list = node->kind == CAV_NODE_LIST;
    size_t count = is_list ? node->count : 1;
    double *specials = CAV_ARENA_NEW(at->arena, double, count);
    caviar_code code = specials ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < count && !code; i++)
        code = cav_node_number(at->document, is_list ? &node->items[i] : node, "special",
                               &specials[i], at->error);
    to->specials = specials;
    to->special_count = count;
    return code;
}

static caviar_code read_values(const section *at, const cav_node *node,
                               const caviar_value **ret_values, size_t *ret_count)
{
    bool is_list = node->kind == CAV_NODE_LIST;
    size_t count = is_list ? node->count : 1;
    caviar_value *values = CAV_ARENA_NEW(at->arena, caviar_value, count);
    caviar_code code = values ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < count && !code; i++)
        code =
            cav_node_value(at->document, is_list ? &node->items[i] : node, &values[i], at->error);
    *ret_values = values;
    *ret_count = count;
    return code;
}

static caviar_code read_choices(const section *at, const cav_node *node, caviar_parameter *to)
{
    if (node->kind != CAV_NODE_LIST)
        return cav_node_fail(at->document, node, at->error, "choices: a list is expected, not %s",
                             cav_node_kind_name(node));
    return read_values(at, node, &to->choices, &to->choice_count);
}

// The value of a constant is its one choice.
static caviar_code read_value(const section *at, const cav_node *node, caviar_parameter *to)
{
    if (node->kind != CAV_NODE_SCALAR)
        return cav_node_fail(at->document, node, at->error, "value: a single value is expected");
    return read_values(at, node, &to->choices, &to->choice_count);
}

static caviar_code read_default(const section *at, const cav_node *node, caviar_parameter *to)
{
    return cav_node_value(at->document, node, &to->initial, at->error);
}

static caviar_code read_range_condition(const section *at, const cav_node *node,
                                        caviar_condition *to)
{
    to->low = -INFINITY;
    to->high = INFINITY;
    for (size_t i = 0; i < node->count; i++) {
        bool is_low = strcmp(node->keys[i].text, "low") == 0;
        if (!is_low && strcmp(node->keys[i].text, "high") != 0)
            return cav_node_fail(at->document, &node->keys[i], at->error,
                                 "a condition has values, or low and high; not '%.40s'",
                                 node->keys[i].text);
        caviar_code code = cav_node_number(at->document, &node->items[i], node->keys[i].text,
                                           is_low ? &to->low : &to->high, at->error);
        if (code)
            return code;
    }
    return CAVIAR_OK;
}

static caviar_code read_when(const section *at, const cav_node *node, caviar_parameter *to)
{
    if (node->kind != CAV_NODE_MAP)
        return cav_node_fail(at->document, node, at->error,
                             "when: {parent: value} is expected, not %s", cav_node_kind_name(node));
    caviar_condition *when = CAV_ARENA_NEW(at->arena, caviar_condition, node->count);
    caviar_code code = when ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < node->count && !code; i++) {
        when[i].parent = node->keys[i].text;
        if (node->items[i].kind == CAV_NODE_MAP)
            code = read_range_condition(at, &node->items[i], &when[i]);
        else
            code = read_values(at, &node->items[i], &when[i].values, &when[i].value_count);
        if (!code && node->items[i].kind == CAV_NODE_LIST && node->items[i].count == 0)
            code = cav_node_fail(at->document, &node->items[i], at->error,
                                 "when: the list of values is empty");
    }
    to->when = when;
    to->when_count = node->count;
    return code;
}

static const struct field {
    const char *key;
    field_reader *read;
} fields[] = {
    {"type", read_type},   {"scale", read_scale},     {"tier", read_tier},
    {"low", read_low},     {"high", read_high},       {"limits", read_limits},
    {"step", read_step},   {"special", read_special}, {"choices", read_choices},
    {"value", read_value}, {"default", read_default}, {"when", read_when},
};

static caviar_code read_field(const section *at, const char *parameter, const cav_node *key,
                              const cav_node *item, caviar_parameter *to)
{
    const char *known[CAV_COUNT_OF(fields)];
    for (size_t i = 0; i < CAV_COUNT_OF(fields); i++) {
        if (strcmp(fields[i].key, key->text) == 0)
            return fields[i].read(at, item, to);
        known[i] = fields[i].key;
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(key->text, known, CAV_COUNT_OF(fields), hint);
    return cav_node_fail(at->document, key, at->error, "parameter '%s': unknown key '%.60s'%s",
                         parameter, key->text, hint);
}

static caviar_code check_keys(const section *at, const cav_node *key, const cav_node *node)
{
    bool has_choices = cav_node_get(node, "choices"), has_value = cav_node_get(node, "value");
    const cav_node *type = cav_node_get(node, "type");
    bool has_low = cav_node_get(node, "low"), has_high = cav_node_get(node, "high");
    bool is_listed =
        type && (strcmp(type->text, "categorical") == 0 || strcmp(type->text, "ordinal") == 0);
    bool is_constant = type && strcmp(type->text, "constant") == 0;
    const char *missing = NULL;
    if (!type)
        missing = "type: float, int, categorical, ordinal or constant";
    else if (is_listed && !has_choices)
        missing = "choices: a list of values";
    else if (is_constant && !has_value)
        missing = "value";
    else if (!is_listed && !is_constant && !has_low)
        missing = "low";
    else if (!is_listed && !is_constant && !has_high)
        missing = "high";
    if (missing)
        return cav_node_fail(at->document, key, at->error, "parameter '%.100s' needs %s", key->text,
                             missing);
    if (has_value && !is_constant)
        return cav_node_fail(at->document, key, at->error,
                             "parameter '%.100s': value belongs to type: constant", key->text);
    return CAVIAR_OK;
}

// A bare scalar is a constant, a bare list a categorical; {value: x} is a constant, too.
static void complete(const section *at, const cav_node *node, caviar_parameter *to,
                     caviar_code *code)
{
    to->type = node->kind == CAV_NODE_LIST ? CAVIAR_TYPE_CATEGORICAL : CAVIAR_TYPE_CONSTANT;
    *code = read_values(at, node, &to->choices, &to->choice_count);
}

static caviar_code read_parameter(const section *at, const cav_node *key, const cav_node *node,
                                  cav_space *space)
{
    caviar_parameter parameter = {.name = key->text};
    caviar_code code = CAVIAR_OK;
    if (node->kind == CAV_NODE_MAP) {
        for (size_t i = 0; i < node->count && !code; i++)
            code = read_field(at, key->text, &node->keys[i], &node->items[i], &parameter);
        if (!code)
            code = check_keys(at, key, node);
    } else {
        complete(at, node, &parameter, &code);
    }
    if (code)
        return code;
    code = cav_space_add(space, &parameter, at->error);
    return code ? cav_node_locate(at->document, key, at->error) : CAVIAR_OK;
}

// Are all parents of a parameter in the space already, or unknown to the whole section?
static bool is_ready(const cav_node *section_node, const cav_node *node, const cav_space *space)
{
    const cav_node *when = node->kind == CAV_NODE_MAP ? cav_node_get(node, "when") : NULL;
    for (size_t i = 0; when && when->kind == CAV_NODE_MAP && i < when->count; i++) {
        const char *parent = when->keys[i].text;
        if (cav_node_get(section_node, parent) && cav_space_find(space, parent) == space->count)
            return false;
    }
    return true;
}

// Adds the parameters in the order of the file, but each after its parents.
static caviar_code read_all(const section *at, const cav_node *node, cav_space *space, bool *done)
{
    for (size_t left = node->count; left > 0;) {
        size_t before = left;
        for (size_t i = 0; i < node->count; i++) {
            if (done[i] || !is_ready(node, &node->items[i], space))
                continue;
            caviar_code code = read_parameter(at, &node->keys[i], &node->items[i], space);
            if (code)
                return code;
            done[i] = true;
            left--;
        }
        for (size_t i = 0; left == before && i < node->count; i++)
            if (!done[i])
                return cav_node_fail(at->document, &node->keys[i], at->error,
                                     "parameter '%s': its conditions lead back to itself",
                                     node->keys[i].text);
    }
    return CAVIAR_OK;
}

caviar_code cav_space_parse(const cav_document *document, const cav_node *node, cav_space *space,
                            cav_error *error)
{
    if (node->kind != CAV_NODE_MAP)
        return cav_node_fail(document, node, error,
                             "space: a map of parameters is expected, not %s",
                             cav_node_kind_name(node));
    if (node->count == 0)
        return cav_node_fail(document, node, error, "space: at least one parameter is needed");
    section at = {.document = document, .arena = cav_arena_new(), .error = error};
    bool *done = calloc(node->count, sizeof *done);
    caviar_code code = at.arena && done ? read_all(&at, node, space, done) : cav_fail_memory(error);
    cav_arena_free(at.arena);
    free(done);
    return code;
}

static void write_values(cav_json *json, const caviar_value *values, size_t count)
{
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        cav_json_value(json, &values[i]);
    cav_json_end_array(json);
}

static void write_when(cav_json *json, const caviar_parameter *from)
{
    if (from->when_count == 0)
        return;
    cav_json_key(json, "when");
    cav_json_begin_object(json);
    for (size_t i = 0; i < from->when_count; i++) {
        const caviar_condition *condition = &from->when[i];
        cav_json_key(json, condition->parent);
        if (condition->value_count > 0) {
            write_values(json, condition->values, condition->value_count);
            continue;
        }
        cav_json_begin_object(json);
        if (isfinite(condition->low))
            cav_json_add_number(json, "low", condition->low);
        if (isfinite(condition->high))
            cav_json_add_number(json, "high", condition->high);
        cav_json_end_object(json);
    }
    cav_json_end_object(json);
}

static void write_range(cav_json *json, const caviar_parameter *from)
{
    if (from->scale != CAVIAR_SCALE_LINEAR)
        cav_json_add_string(json, "scale", caviar_scale_name(from->scale));
    cav_json_add_number(json, "low", from->low);
    cav_json_add_number(json, "high", from->high);
    if (from->limit_low != 0 || from->limit_high != 0) {
        cav_json_key(json, "limits");
        cav_json_begin_array(json);
        cav_json_number(json, from->limit_low);
        cav_json_number(json, from->limit_high);
        cav_json_end_array(json);
    }
    if (from->step != 0)
        cav_json_add_number(json, "step", from->step);
    if (from->step_factor != 0) {
        char step[CAV_NUMBER_SIZE + 1] = "x";
        cav_number_print(from->step_factor, step + 1);
        cav_json_add_string(json, "step", step);
    }
    if (from->special_count > 0) {
        cav_json_key(json, "special");
        cav_json_begin_array(json);
        for (size_t i = 0; i < from->special_count; i++)
            cav_json_number(json, from->specials[i]);
        cav_json_end_array(json);
    }
}

static void write_parameter(cav_json *json, const caviar_parameter *from)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "type", caviar_type_name(from->type));
    if (from->type == CAVIAR_TYPE_CONSTANT) {
        cav_json_key(json, "value");
        cav_json_value(json, &from->choices[0]);
    } else if (from->choice_count > 0) {
        cav_json_key(json, "choices");
        write_values(json, from->choices, from->choice_count);
    } else {
        write_range(json, from);
    }
    if (from->initial.kind != CAVIAR_KIND_NONE) {
        cav_json_key(json, "default");
        cav_json_value(json, &from->initial);
    }
    if (from->tier != CAVIAR_TIER_UNSET)
        cav_json_add_string(json, "tier", caviar_tier_name(from->tier));
    write_when(json, from);
    cav_json_end_object(json);
}

void cav_space_write_parameter(const cav_space *space, size_t parameter, cav_json *json)
{
    cav_arena *arena = cav_arena_new();
    const caviar_parameter *from = arena ? cav_space_describe(space, parameter, arena) : NULL;
    if (from)
        write_parameter(json, from);
    else
        json->text->failed = true;
    cav_arena_free(arena);
}

void cav_space_write_sections(const cav_space *space, cav_json *json)
{
    cav_json_key(json, "space");
    cav_json_begin_object(json);
    for (size_t i = 0; i < space->count; i++) {
        cav_json_key(json, space->parameters[i].name);
        cav_space_write_parameter(space, i, json);
    }
    cav_json_end_object(json);
    if (space->constraint_count == 0)
        return;
    cav_json_key(json, "constraints");
    cav_json_begin_array(json);
    for (size_t i = 0; i < space->constraint_count; i++)
        cav_json_string(json, cav_constraint_text(space->constraints[i]));
    cav_json_end_array(json);
}
