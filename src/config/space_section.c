/**
 * space_section.c: the `space` section of a study file.
 */
#include "config/spec.h"

#include "base/names.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct section {
    const cav_document *document;
    const cav_node *node;
    cav_space *space;
    cav_arena *arena;    // for what a description points to while it is added
    unsigned char *done; // [node->count] PENDING, OPEN or ADDED
    const char *name;    // of the parameter that is being read
    char what[200];      // and what of it, for messages: "parameter 'lr': low"
    cav_error *error;
} section;

typedef caviar_code field_reader(const section *at, const cav_node *node, caviar_parameter *to);

// Reads a word of a table, such as a type's.
static caviar_code read_name(const section *at, const cav_node *node, const cav_names *names,
                             int *ret_index)
{
    const char *word;
    caviar_code code = cav_node_text(at->document, node, at->what, &word, at->error);
    if (code)
        return code;
    code = cav_names_find(names, word, ret_index, at->error);
    if (!code)
        return code;
    if (at->error)
        cav_error_prefix(at->error, "parameter '%.100s'", at->name);
    cav_node_locate(at->document, node, at->error);
    return code;
}

static caviar_code read_type(const section *at, const cav_node *node, caviar_parameter *to)
{
    int type = 0;
    caviar_code code = read_name(at, node, &cav_type_names, &type);
    to->type = (caviar_type)type;
    return code;
}

static caviar_code read_scale(const section *at, const cav_node *node, caviar_parameter *to)
{
    int scale = 0;
    caviar_code code = read_name(at, node, &cav_scale_names, &scale);
    to->scale = (caviar_scale)scale;
    return code;
}

static caviar_code read_tier(const section *at, const cav_node *node, caviar_parameter *to)
{
    int tier = 0;
    caviar_code code = read_name(at, node, &cav_tier_names, &tier);
    to->tier = (caviar_tier)tier;
    return code;
}

static caviar_code read_live(const section *at, const cav_node *node, caviar_parameter *to)
{
    const char *word;
    caviar_code code = cav_node_text(at->document, node, at->what, &word, at->error);
    if (code)
        return code;
    to->live = strcmp(word, "true") == 0 ? CAVIAR_LIVE_YES : CAVIAR_LIVE_NO;
    if (to->live == CAVIAR_LIVE_NO && strcmp(word, "false") != 0)
        return cav_node_fail(at->document, node, at->error,
                             "%s: true or false is expected, not '%.40s'", at->what, word);
    return CAVIAR_OK;
}

static caviar_code read_low(const section *at, const cav_node *node, caviar_parameter *to)
{
    return cav_node_number(at->document, node, at->what, &to->low, at->error);
}

static caviar_code read_high(const section *at, const cav_node *node, caviar_parameter *to)
{
    return cav_node_number(at->document, node, at->what, &to->high, at->error);
}

static caviar_code read_limits(const section *at, const cav_node *node, caviar_parameter *to)
{
    if (node->kind != CAV_NODE_LIST || node->count != 2)
        return cav_node_fail(at->document, node, at->error,
                             "%s: two numbers, [low, high], are expected", at->what);
    caviar_code code =
        cav_node_number(at->document, &node->items[0], at->what, &to->limit_low, at->error);
    return code ? code
                : cav_node_number(at->document, &node->items[1], at->what, &to->limit_high,
                                  at->error);
}

static caviar_code read_step(const section *at, const cav_node *node, caviar_parameter *to)
{
    const char *word;
    caviar_code code = cav_node_text(at->document, node, at->what, &word, at->error);
    if (code)
        return code;
    bool is_factor = word[0] == 'x';
    double *field = is_factor ? &to->step_factor : &to->step;
    if (!cav_number_parse(word + is_factor, strlen(word + is_factor), field) || !(*field > 0))
        return cav_node_fail(at->document, node, at->error,
                             "%s: a distance such as 0.1, or a factor such as x2, is expected, not "
                             "'%.40s'",
                             at->what, word);
    return CAVIAR_OK;
}

static caviar_code read_special(const section *at, const cav_node *node, caviar_parameter *to)
{
    bool is_list = node->kind == CAV_NODE_LIST;
    size_t count = is_list ? node->count : 1;
    double *specials = CAV_ARENA_NEW(at->arena, double, count);
    caviar_code code = specials ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < count && !code; i++)
        code = cav_node_number(at->document, is_list ? &node->items[i] : node, at->what,
                               &specials[i], at->error);
    to->specials = specials;
    to->special_count = count;
    return code;
}

static caviar_code read_value_of(const section *at, const cav_node *node, caviar_value *ret_value)
{
    const char *text; // says what is being read, where the node is no scalar
    caviar_code code = cav_node_text(at->document, node, at->what, &text, at->error);
    return code ? code : cav_node_value(at->document, node, ret_value, at->error);
}

static caviar_code read_values(const section *at, const cav_node *node,
                               const caviar_value **ret_values, size_t *ret_count)
{
    bool is_list = node->kind == CAV_NODE_LIST;
    size_t count = is_list ? node->count : 1;
    caviar_value *values = CAV_ARENA_NEW(at->arena, caviar_value, count);
    caviar_code code = values ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < count && !code; i++)
        code = read_value_of(at, is_list ? &node->items[i] : node, &values[i]);
    *ret_values = values;
    *ret_count = count;
    return code;
}

static caviar_code read_choices(const section *at, const cav_node *node, caviar_parameter *to)
{
    if (node->kind != CAV_NODE_LIST)
        return cav_node_fail(at->document, node, at->error, "%s: a list is expected, not %s",
                             at->what, cav_node_kind_name(node));
    return read_values(at, node, &to->choices, &to->choice_count);
}

// The value of a constant is its one choice.
static caviar_code read_value(const section *at, const cav_node *node, caviar_parameter *to)
{
    if (node->kind != CAV_NODE_SCALAR)
        return cav_node_fail(at->document, node, at->error,
                             "%s: a single value is expected, not %s", at->what,
                             cav_node_kind_name(node));
    return read_values(at, node, &to->choices, &to->choice_count);
}

static caviar_code read_default(const section *at, const cav_node *node, caviar_parameter *to)
{
    return read_value_of(at, node, &to->initial);
}

// A value, or {value: 0.01, confidence: high}.
static caviar_code read_prior(const section *at, const cav_node *node, caviar_parameter *to)
{
    if (node->kind != CAV_NODE_MAP)
        return read_value_of(at, node, &to->prior);
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < node->count && !code; i++) {
        int confidence = 0;
        const char *key = node->keys[i].text;
        if (strcmp(key, "value") == 0) {
            code = read_value_of(at, &node->items[i], &to->prior);
        } else if (strcmp(key, "confidence") == 0) {
            code = read_name(at, &node->items[i], &cav_confidence_names, &confidence);
            to->confidence = (caviar_confidence)confidence;
        } else {
            return cav_node_fail(at->document, &node->keys[i], at->error,
                                 "%s: a prior has a value and a confidence; not '%.40s'", at->what,
                                 key);
        }
    }
    if (!code && to->prior.kind == CAVIAR_KIND_NONE)
        return cav_node_fail(at->document, node, at->error, "%s: the value is missing", at->what);
    return code;
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
                                 "%s: a condition has values, or low and high; not '%.40s'",
                                 at->what, node->keys[i].text);
        caviar_code code = cav_node_number(at->document, &node->items[i], at->what,
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
                             "%s: {parent: value} is expected, not %s", at->what,
                             cav_node_kind_name(node));
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
                                 "%s: the list of values is empty", at->what);
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
    {"live", read_live},   {"prior", read_prior},
};

static caviar_code read_field(section *at, const cav_node *key, const cav_node *item,
                              caviar_parameter *to)
{
    const char *known[CAV_COUNT_OF(fields)];
    snprintf(at->what, sizeof at->what, "parameter '%.100s': %.60s", at->name, key->text);
    for (size_t i = 0; i < CAV_COUNT_OF(fields); i++) {
        if (strcmp(fields[i].key, key->text) == 0)
            return fields[i].read(at, item, to);
        known[i] = fields[i].key;
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(key->text, known, CAV_COUNT_OF(fields), hint);
    return cav_node_fail(at->document, key, at->error, "parameter '%.100s': unknown key '%.60s'%s",
                         at->name, key->text, hint);
}

// What a parameter of this type needs and does not have; NULL if all is there.
static const char *missing_key(const cav_node *node, const caviar_parameter *to)
{
    bool is_listed = to->type == CAVIAR_TYPE_CATEGORICAL || to->type == CAVIAR_TYPE_ORDINAL;
    if (to->type == CAVIAR_TYPE_CONSTANT)
        return cav_node_get(node, "value") ? NULL : "value";
    if (is_listed)
        return cav_node_get(node, "choices") ? NULL : "choices: a list of values";
    if (!cav_node_get(node, "low"))
        return "low";
    return cav_node_get(node, "high") ? NULL : "high";
}

static caviar_code check_keys(const section *at, const cav_node *key, const cav_node *node,
                              caviar_parameter *to)
{
    bool has_value = cav_node_get(node, "value") != NULL;
    bool has_type = cav_node_get(node, "type") != NULL;
    if (!has_type && has_value) // {value: x}
        to->type = CAVIAR_TYPE_CONSTANT;
    bool is_constant = to->type == CAVIAR_TYPE_CONSTANT;
    const char *missing = has_type || has_value
                              ? missing_key(node, to)
                              : "type: float, int, categorical, ordinal or constant";
    if (missing)
        return cav_node_fail(at->document, key, at->error, "parameter '%.100s' needs %s", key->text,
                             missing);
    if (has_value && !is_constant)
        return cav_node_fail(at->document, key, at->error,
                             "parameter '%.100s': value belongs to type: constant", key->text);
    if (is_constant && cav_node_get(node, "choices"))
        return cav_node_fail(at->document, key, at->error,
                             "parameter '%.100s': a constant has a value, and no choices",
                             key->text);
    return CAVIAR_OK;
}

// A bare scalar is a constant, a bare list a categorical.
static caviar_code read_bare(section *at, const cav_node *key, const cav_node *node,
                             caviar_parameter *to)
{
    snprintf(at->what, sizeof at->what, "parameter '%.100s'", key->text);
    to->type = node->kind == CAV_NODE_LIST ? CAVIAR_TYPE_CATEGORICAL : CAVIAR_TYPE_CONSTANT;
    return read_values(at, node, &to->choices, &to->choice_count);
}

static caviar_code read_parameter(section *at, const cav_node *key, const cav_node *node)
{
    caviar_parameter parameter = {.name = key->text};
    caviar_code code = CAVIAR_OK;
    at->name = key->text;
    if (node->kind == CAV_NODE_MAP) {
        for (size_t i = 0; i < node->count && !code; i++)
            code = read_field(at, &node->keys[i], &node->items[i], &parameter);
        if (!code)
            code = check_keys(at, key, node, &parameter);
    } else {
        code = read_bare(at, key, node, &parameter);
    }
    if (code)
        return code;
    code = cav_space_add(at->space, &parameter, at->error);
    if (code)
        cav_node_locate(at->document, key, at->error);
    return code;
}

enum { PENDING, OPEN, ADDED };
enum { MOST_NESTED = 100 }; // conditions

static caviar_code add_parents(section *at, const cav_node *node, int depth);

// Adds a parameter after its parents, wherever in the section they stand.
static caviar_code add_in_order(section *at, size_t i, int depth)
{
    const cav_node *key = &at->node->keys[i];
    if (at->done[i] == ADDED)
        return CAVIAR_OK;
    if (at->done[i] == OPEN)
        return cav_node_fail(at->document, key, at->error,
                             "parameter '%.100s': its conditions lead back to itself", key->text);
    if (depth > MOST_NESTED)
        return cav_node_fail(at->document, key, at->error,
                             "parameter '%.100s': conditions are nested more than %d deep",
                             key->text, MOST_NESTED);
    at->done[i] = OPEN;
    caviar_code code = add_parents(at, &at->node->items[i], depth);
    if (!code)
        code = read_parameter(at, key, &at->node->items[i]);
    at->done[i] = ADDED;
    return code;
}

// A parent that is not in the section is complained of when the child is added.
static caviar_code add_parents(section *at, const cav_node *node, int depth)
{
    const cav_node *when = node->kind == CAV_NODE_MAP ? cav_node_get(node, "when") : NULL;
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; when && when->kind == CAV_NODE_MAP && i < when->count && !code; i++)
        for (size_t j = 0; j < at->node->count && !code; j++)
            if (strcmp(at->node->keys[j].text, when->keys[i].text) == 0)
                code = add_in_order(at, j, depth + 1);
    return code;
}

caviar_code cav_space_parse(const cav_document *document, const cav_node *node, cav_space *space,
                            cav_error *error)
{
    if (node->kind != CAV_NODE_MAP)
        return cav_node_fail(document, node, error,
                             "space: a map of parameters is expected, not %s",
                             cav_node_kind_name(node));
    section at = {.document = document, .node = node, .space = space, .error = error};
    at.arena = cav_arena_new();
    at.done = calloc(node->count + 1, sizeof *at.done);
    caviar_code code = at.arena && at.done ? CAVIAR_OK : cav_fail_memory(error);
    for (size_t i = 0; i < node->count && !code; i++)
        code = add_in_order(&at, i, 0);
    cav_arena_free(at.arena);
    free(at.done);
    return code;
}
