/**
 * spec.c: the keys of a study file.
 */
#include "config/spec.h"

#include "config/preset.h"

#include "base/number.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TRIALS 9007199254740992 // 2^53: no limit that anybody meets

#define NAME_ADVICE "; use letters, digits, _ . and -, beginning with a letter"

typedef struct reader {
    const cav_document *document;
    cav_spec *spec;
    cav_error *error;
} reader;

typedef caviar_code key_reader(const reader *at, const char *key, const cav_node *node);

static caviar_code read_study(const reader *at, const char *key, const cav_node *node)
{
    caviar_code code = cav_node_text(at->document, node, key, &at->spec->study, at->error);
    if (!code && !cav_text_is_name(at->spec->study))
        return cav_node_fail(at->document, node, at->error,
                             "study: '%.100s' is no name" NAME_ADVICE, at->spec->study);
    return code;
}

static caviar_code read_command(const reader *at, const char *key, const cav_node *node)
{
    cav_spec *spec = at->spec;
    if (node->kind == CAV_NODE_SCALAR) {
        if (cav_words_split(spec->arena, node->text, &spec->command, &spec->command_count,
                            at->error))
            return cav_node_locate(at->document, node, at->error);
    } else if (node->kind == CAV_NODE_LIST) {
        const char **words = CAV_ARENA_NEW(spec->arena, const char *, node->count);
        if (!words)
            return cav_fail_memory(at->error);
        for (size_t i = 0; i < node->count; i++)
            if (cav_node_text(at->document, &node->items[i], key, &words[i], at->error))
                return CAVIAR_INVALID;
        spec->command = words;
        spec->command_count = node->count;
    }
    if (spec->command_count == 0 || spec->command[0][0] == '\0')
        return cav_node_fail(at->document, node, at->error,
                             "command: a program and its arguments are expected, in one line or as "
                             "a list");
    return CAVIAR_OK;
}

static caviar_code fail_key(const reader *at, const char *of, const cav_node *key,
                            const char *const *known, size_t count)
{
    char hint[CAV_HINT_SIZE];
    cav_text_hint(key->text, known, count, hint);
    return cav_node_fail(at->document, key, at->error, "%s%sunknown key '%.60s'%s", of,
                         of[0] ? ": " : "", key->text, hint);
}

static caviar_code read_direction(const reader *at, const cav_node *node, bool *ret_maximize)
{
    const char *word;
    caviar_code code = cav_node_text(at->document, node, "direction", &word, at->error);
    if (code)
        return code;
    *ret_maximize = strcmp(word, "maximize") == 0;
    if (!*ret_maximize && strcmp(word, "minimize") != 0)
        return cav_node_fail(at->document, node, at->error,
                             "direction: minimize or maximize is expected, not '%.60s'", word);
    return CAVIAR_OK;
}

static caviar_code read_metric_key(const reader *at, const cav_node *key, const cav_node *item,
                                   cav_metric_spec *metric)
{
    static const char *const known[] = {"name", "direction", "pattern"};
    if (strcmp(key->text, "name") == 0)
        return cav_node_text(at->document, item, "name", &metric->name, at->error);
    if (strcmp(key->text, "direction") == 0)
        return read_direction(at, item, &metric->maximize);
    if (strcmp(key->text, "pattern") == 0)
        return cav_node_text(at->document, item, "pattern", &metric->pattern, at->error);
    return fail_key(at, "metric", key, known, CAV_COUNT_OF(known));
}

static caviar_code check_metric(const reader *at, const cav_node *node, cav_metric_spec *metrics,
                                size_t index)
{
    const char *name = metrics[index].name;
    if (!name)
        return cav_node_fail(at->document, node, at->error,
                             "metric: a name is needed, as in {name: loss, direction: minimize}");
    if (!cav_text_is_name(name))
        return cav_node_fail(at->document, node, at->error,
                             "metric: '%.100s' is no name" NAME_ADVICE, name);
    for (size_t i = 0; i < index; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return cav_node_fail(at->document, node, at->error, "metric: '%.100s' stands twice",
                                 name);
    return CAVIAR_OK;
}

// A metric is a name alone (which is minimised) or {name, direction, pattern}.
static caviar_code read_one_metric(const reader *at, const cav_node *node, cav_metric_spec *metrics,
                                   size_t index)
{
    caviar_code code = CAVIAR_OK;
    if (node->kind == CAV_NODE_MAP)
        for (size_t i = 0; i < node->count && !code; i++)
            code = read_metric_key(at, &node->keys[i], &node->items[i], &metrics[index]);
    else
        code = cav_node_text(at->document, node, "metric", &metrics[index].name, at->error);
    return code ? code : check_metric(at, node, metrics, index);
}

static caviar_code read_metrics(const reader *at, const char *key, const cav_node *node)
{
    if (at->spec->metric_count > 0)
        return cav_node_fail(at->document, node, at->error,
                             "metric and metrics: only one of the two is expected");
    bool is_list = node->kind == CAV_NODE_LIST;
    if (is_list != (strcmp(key, "metrics") == 0) || (is_list && node->count == 0))
        return cav_node_fail(at->document, node, at->error,
                             "metric: one, such as {name: loss, direction: minimize}, is "
                             "expected; metrics: a list of them");
    size_t count = is_list ? node->count : 1;
    cav_metric_spec *metrics = CAV_ARENA_NEW(at->spec->arena, cav_metric_spec, count);
    if (!metrics)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < count; i++) {
        caviar_code code = read_one_metric(at, is_list ? &node->items[i] : node, metrics, i);
        if (code)
            return code;
    }
    at->spec->metrics = metrics;
    at->spec->metric_count = count;
    return CAVIAR_OK;
}

static caviar_code read_duration(const reader *at, const char *key, const cav_node *node,
                                 int64_t *ret_ms)
{
    const char *text;
    caviar_code code = cav_node_text(at->document, node, key, &text, at->error);
    if (code)
        return code;
    if (!cav_duration_parse(text, ret_ms))
        return cav_node_fail(at->document, node, at->error,
                             "%s: a duration such as 90s, 30m or 1h30m is expected, not '%.60s'",
                             key, text);
    return CAVIAR_OK;
}

// None at all would be no limit, which nobody means by it.
static caviar_code read_time_budget(const reader *at, const cav_node *node, int64_t *ret_ms)
{
    caviar_code code = read_duration(at, "time", node, ret_ms);
    if (!code && *ret_ms == 0)
        return cav_node_fail(at->document, node, at->error,
                             "time: more than nothing is expected, such as 30m");
    return code;
}

static caviar_code read_budget(const reader *at, const char *key, const cav_node *node)
{
    static const char *const known[] = {"trials", "time", "steps"};
    cav_budget *budget = &at->spec->budget;
    if (node->kind != CAV_NODE_MAP)
        return cav_node_fail(at->document, node, at->error,
                             "%s: {trials: 100, time: 30m, steps: 1000} is expected", key);
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < node->count && !code; i++) {
        const cav_node *name = &node->keys[i], *item = &node->items[i];
        if (strcmp(name->text, "trials") == 0)
            code = cav_node_int(at->document, item, "trials", 1, MOST_TRIALS, &budget->trials,
                                at->error);
        else if (strcmp(name->text, "time") == 0)
            code = read_time_budget(at, item, &budget->time_ms);
        else if (strcmp(name->text, "steps") == 0)
            code = cav_node_int(at->document, item, "steps", 1, MOST_TRIALS, &budget->steps,
                                at->error);
        else
            code = fail_key(at, key, name, known, CAV_COUNT_OF(known));
    }
    return code;
}

static caviar_code read_parallel(const reader *at, const char *key, const cav_node *node)
{
    return cav_node_int(at->document, node, key, 1, 100000, &at->spec->parallel, at->error);
}

static caviar_code read_seed(const reader *at, const char *key, const cav_node *node)
{
    const char *text;
    caviar_code code = cav_node_text(at->document, node, key, &text, at->error);
    if (!code && !cav_number_parse_uint(text, &at->spec->seed))
        return cav_node_fail(at->document, node, at->error,
                             "seed: a whole number from 0 to 2^64 - 1 is expected, not '%.60s'",
                             text);
    return code;
}

static caviar_code read_option(const reader *at, const cav_node *key, const cav_node *item,
                               cav_option_value *option)
{
    option->key = key->text;
    option->where = cav_node_where(at->document, key);
    return cav_node_text(at->document, item, key->text, &option->text, at->error);
}

// From a command line or from C the map comes as one text.
static caviar_code parse_text_choice(const reader *at, const cav_node **node)
{
    cav_document flow = {.name = "", .arena = at->document->arena};
    const char *text = (*node)->text;
    caviar_code code = cav_document_parse(&flow, text, strlen(text), at->error);
    if (code)
        return code;
    cav_node_forget_places(flow.root);
    *node = flow.root;
    return CAVIAR_OK;
}

// sampler: zoom, or sampler: {type: zoom, outside: 0.3}
static caviar_code read_choice(const reader *at, const char *key, const cav_node *node,
                               cav_choice *choice)
{
    choice->where = cav_node_where(at->document, node);
    if (node->kind == CAV_NODE_SCALAR && node->text[0] == '{' && parse_text_choice(at, &node))
        return cav_error_prefix(at->error, "%s", key);
    if (node->kind != CAV_NODE_MAP)
        return cav_node_text(at->document, node, key, &choice->name, at->error);
    const cav_node *type = cav_node_get(node, "type");
    if (!type)
        return cav_node_fail(at->document, node, at->error,
                             "%s: a name or {type: NAME, OPTION: ...} is expected", key);
    cav_option_value *options = CAV_ARENA_NEW(at->spec->arena, cav_option_value, node->count);
    if (!options)
        return cav_fail_memory(at->error);
    caviar_code code = cav_node_text(at->document, type, key, &choice->name, at->error);
    for (size_t i = 0; i < node->count && !code; i++)
        if (&node->items[i] != type)
            code =
                read_option(at, &node->keys[i], &node->items[i], &options[choice->option_count++]);
    choice->options = options;
    return code;
}

static caviar_code read_sampler(const reader *at, const char *key, const cav_node *node)
{
    return read_choice(at, key, node, &at->spec->sampler);
}

static caviar_code read_scheduler(const reader *at, const char *key, const cav_node *node)
{
    return read_choice(at, key, node, &at->spec->scheduler);
}

static caviar_code read_panda(const reader *at, const char *key, const cav_node *node)
{
    cav_choice *panda = &at->spec->panda;
    caviar_code code = read_choice(at, key, node, panda);
    if (code || strcmp(panda->name, "auto") == 0)
        return code;
    if (strcmp(panda->name, "off") != 0)
        return cav_node_fail(at->document, node, at->error,
                             "panda: auto or off is expected, not '%.60s'", panda->name);
    *panda = (cav_choice){.where = ""};
    return CAVIAR_OK;
}

static caviar_code read_steps(const reader *at, const char *key, const cav_node *node)
{
    static const char *const known[] = {"min", "max"};
    cav_spec *spec = at->spec;
    spec->step_min = 1;
    if (node->kind == CAV_NODE_SCALAR)
        return cav_node_int(at->document, node, key, 1, MOST_TRIALS, &spec->step_max, at->error);
    if (node->kind == CAV_NODE_LIST)
        return cav_node_fail(at->document, node, at->error,
                             "steps: 20, or {min: 1, max: 20}, is expected");
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < node->count && !code; i++) {
        const cav_node *name = &node->keys[i];
        bool is_min = strcmp(name->text, "min") == 0;
        if (is_min || strcmp(name->text, "max") == 0)
            code = cav_node_int(at->document, &node->items[i], name->text, 1, MOST_TRIALS,
                                is_min ? &spec->step_min : &spec->step_max, at->error);
        else
            code = fail_key(at, key, name, known, CAV_COUNT_OF(known));
    }
    if (!code && spec->step_max < spec->step_min)
        return cav_node_fail(at->document, node, at->error,
                             "steps: max is needed, and not less than min");
    return code;
}

static caviar_code read_replicates(const reader *at, const char *key, const cav_node *node)
{
    return cav_node_int(at->document, node, key, 1, 1000, &at->spec->replicates, at->error);
}

// lcbench_adult, or {study: lcbench_adult, trials: 100}
static caviar_code read_one_from(const reader *at, const cav_node *node, cav_from *from)
{
    static const char *const known[] = {"study", "trials"};
    const cav_node *name = node;
    caviar_code code = CAVIAR_OK;
    if (node->kind == CAV_NODE_MAP) {
        name = cav_node_get(node, known[0]);
        for (size_t i = 0; i < node->count && !code; i++) {
            if (strcmp(node->keys[i].text, known[1]) == 0)
                code = cav_node_int(at->document, &node->items[i], known[1], 1, MOST_TRIALS,
                                    &from->trials, at->error);
            else if (&node->items[i] != name)
                code = fail_key(at, "from", &node->keys[i], known, CAV_COUNT_OF(known));
        }
    }
    if (!code && !name)
        return cav_node_fail(at->document, node, at->error,
                             "from: {study: NAME, trials: 100} needs the study's name");
    if (!code)
        code = cav_node_text(at->document, name, "from", &from->study, at->error);
    if (!code && !cav_text_is_name(from->study))
        return cav_node_fail(at->document, name, at->error,
                             "from: '%.100s' is no name of a study" NAME_ADVICE, from->study);
    return code;
}

// One study, or a list.
static caviar_code read_from(const reader *at, const char *key, const cav_node *node)
{
    bool is_list = node->kind == CAV_NODE_LIST;
    size_t count = is_list ? node->count : 1;
    if (count > CAV_MOST_FROM)
        return cav_node_fail(at->document, node, at->error,
                             "%s: %zu studies; it learns from %d at most", key, count,
                             CAV_MOST_FROM);
    cav_from *from = CAV_ARENA_NEW(at->spec->arena, cav_from, count + 1);
    if (!from)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < count; i++) {
        const cav_node *item = is_list ? &node->items[i] : node;
        caviar_code code = read_one_from(at, item, &from[i]);
        if (code)
            return code;
        for (size_t k = 0; k < i; k++)
            if (strcmp(from[k].study, from[i].study) == 0)
                return cav_node_fail(at->document, item, at->error,
                                     "%s: study '%.100s' stands twice", key, from[i].study);
    }
    at->spec->from = from;
    at->spec->from_count = count;
    return CAVIAR_OK;
}

static caviar_code read_retry(const reader *at, const char *key, const cav_node *node)
{
    return cav_node_int(at->document, node, key, 0, 1000, &at->spec->retry, at->error);
}

static caviar_code read_timeout(const reader *at, const char *key, const cav_node *node)
{
    return read_duration(at, key, node, &at->spec->timeout_ms);
}

static caviar_code read_grace(const reader *at, const char *key, const cav_node *node)
{
    return read_duration(at, key, node, &at->spec->grace_ms);
}

static caviar_code read_durability(const reader *at, const char *key, const cav_node *node)
{
    const char *word;
    caviar_code code = cav_node_text(at->document, node, key, &word, at->error);
    if (code)
        return code;
    at->spec->durability_normal = strcmp(word, "normal") == 0;
    if (!at->spec->durability_normal && strcmp(word, "full") != 0)
        return cav_node_fail(at->document, node, at->error,
                             "durability: full or normal is expected, not '%.60s'", word);
    return CAVIAR_OK;
}

static caviar_code read_set(const reader *at, const char *key, const cav_node *node)
{
    if (node->kind != CAV_NODE_MAP)
        return cav_node_fail(at->document, node, at->error, "set: {name: text, ...} is expected");
    cav_pair *set = CAV_ARENA_NEW(at->spec->arena, cav_pair, node->count);
    if (!set)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < node->count; i++) {
        set[i].name = node->keys[i].text;
        if (!cav_text_is_name(set[i].name))
            return cav_node_fail(at->document, &node->keys[i], at->error,
                                 "set: '%.60s' is no name" NAME_ADVICE, set[i].name);
        caviar_code code =
            cav_node_text(at->document, &node->items[i], key, &set[i].text, at->error);
        if (code)
            return code;
    }
    at->spec->set = set;
    at->spec->set_count = node->count;
    return CAVIAR_OK;
}

static caviar_code read_resources(const reader *at, const char *key, const cav_node *node)
{
    (void)key;
    return cav_resources_read(at->document, node, &at->spec->resources, at->error);
}

static caviar_code read_changes(const reader *at, const char *key, const cav_node *node)
{
    (void)key;
    return cav_changes_read(at->document, node, &at->spec->changes, &at->spec->change_count,
                            at->error);
}

static caviar_code read_grows(const reader *at, const char *key, const cav_node *node)
{
    const char *word;
    caviar_code code = cav_node_text(at->document, node, key, &word, at->error);
    if (code)
        return code;
    at->spec->grows = at->spec->space->is_partial = strcmp(word, "true") == 0;
    if (!at->spec->grows && strcmp(word, "false") != 0)
        return cav_node_fail(at->document, node, at->error,
                             "grows: true or false is expected, not '%.40s'", word);
    return CAVIAR_OK;
}

static caviar_code read_space(const reader *at, const char *key, const cav_node *node)
{
    (void)key;
    return cav_space_parse(at->document, node, at->spec->space, at->error);
}

// Constraints name parameters, so they are read after the space, wherever they stand; a preset has
// been put into the space.
static caviar_code skip(const reader *at, const char *key, const cav_node *node)
{
    (void)at, (void)key, (void)node;
    return CAVIAR_OK;
}

static const struct key {
    const char *name;
    key_reader *read;
} keys[] = {
    {"study", read_study},         {"command", read_command},       {"metric", read_metrics},
    {"metrics", read_metrics},     {"budget", read_budget},         {"parallel", read_parallel},
    {"seed", read_seed},           {"sampler", read_sampler},       {"scheduler", read_scheduler},
    {"panda", read_panda},         {"steps", read_steps},           {"replicates", read_replicates},
    {"from", read_from},           {"retry", read_retry},           {"timeout", read_timeout},
    {"grace", read_grace},         {"durability", read_durability}, {"set", read_set},
    {"resources", read_resources}, {"space", read_space},           {"grows", read_grows},
    {"changes", read_changes},     {"constraints", skip},           {"preset", skip},
};

static caviar_code read_key(const reader *at, const cav_node *key, const cav_node *item)
{
    const char *known[CAV_COUNT_OF(keys)];
    for (size_t i = 0; i < CAV_COUNT_OF(keys); i++) {
        if (strcmp(keys[i].name, key->text) == 0)
            return keys[i].read(at, key->text, item);
        known[i] = keys[i].name;
    }
    return fail_key(at, "", key, known, CAV_COUNT_OF(keys));
}

static caviar_code read_constraints(const reader *at, const cav_node *node)
{
    bool is_list = node->kind == CAV_NODE_LIST;
    size_t count = is_list ? node->count : 1;
    for (size_t i = 0; i < count; i++) {
        const cav_node *item = is_list ? &node->items[i] : node;
        const char *text;
        caviar_code code = cav_node_text(at->document, item, "constraints", &text, at->error);
        if (code)
            return code;
        if (cav_space_constrain(at->spec->space, text, at->error))
            return cav_node_locate(at->document, item, at->error);
    }
    return CAVIAR_OK;
}

static bool is_ignored(const char *const *ignore, const char *key)
{
    for (; ignore && *ignore; ignore++)
        if (strcmp(*ignore, key) == 0)
            return true;
    return false;
}

static caviar_code set_defaults(cav_spec *spec, cav_error *error)
{
    spec->space = caviar_space_new();
    spec->study = "study";
    spec->parallel = spec->replicates = 1;
    spec->sampler = (cav_choice){.name = "auto", .where = ""};
    spec->scheduler = (cav_choice){.name = "auto", .where = ""};
    spec->panda = (cav_choice){.where = ""};
    spec->grace_ms = 10000;
    return spec->space ? CAVIAR_OK : cav_fail_memory(error);
}

// A space that grows may begin with nothing.
static caviar_code check_space(const reader *at, const cav_node *node)
{
    if (at->spec->space->count > 0 || at->spec->grows)
        return CAVIAR_OK;
    if (node)
        return cav_node_fail(at->document, node, at->error,
                             "space: at least one parameter is needed");
    return cav_node_fail(at->document, at->document->root, at->error,
                         "there is no space: nothing could be varied");
}

static caviar_code read_root(const reader *at, const char *const *ignore)
{
    static const cav_metric_spec plain = {.name = "value"};
    const cav_node *root = at->document->root;
    if (root->kind != CAV_NODE_MAP)
        return cav_node_fail(at->document, root, at->error,
                             "a study file is a map of keys such as space, metric and budget");
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < root->count && !code; i++)
        if (!is_ignored(ignore, root->keys[i].text))
            code = read_key(at, &root->keys[i], &root->items[i]);
    const cav_node *constraints = cav_node_get(root, "constraints");
    if (!code)
        code = check_space(at, cav_node_get(root, "space"));
    if (!code && constraints)
        code = read_constraints(at, constraints);
    if (!code && at->spec->metric_count == 0) {
        at->spec->metrics = &plain;
        at->spec->metric_count = 1;
    }
    cav_budget *budget = &at->spec->budget;
    if (at->spec->panda.name && budget->trials == 0 && budget->time_ms == 0 && budget->steps == 0)
        budget->trials = 1; // the one that is nursed
    return code;
}

caviar_code cav_spec_from_document(cav_document *document, const char *const *ignore,
                                   cav_spec **ret_spec, cav_error *error)
{
    cav_spec *spec = CAV_ARENA_NEW(document->arena, cav_spec, 1);
    if (!spec) {
        cav_arena_free(document->arena);
        return cav_fail_memory(error);
    }
    spec->arena = document->arena;
    reader at = {.document = document, .spec = spec, .error = error};
    caviar_code code = set_defaults(spec, error);
    if (!code)
        code = cav_preset_apply(document, error);
    if (!code)
        code = read_root(&at, ignore);
    if (code)
        cav_spec_free(spec);
    else
        *ret_spec = spec;
    return code;
}

caviar_code cav_spec_parse(const char *name, const char *text, size_t size, cav_spec **ret_spec,
                           cav_error *error)
{
    cav_document document = {.name = name, .arena = cav_arena_new()};
    if (!document.arena)
        return cav_fail_memory(error);
    caviar_code code = cav_document_parse(&document, text, size, error);
    if (code) {
        cav_arena_free(document.arena);
        return code;
    }
    return cav_spec_from_document(&document, NULL, ret_spec, error);
}

caviar_code cav_spec_from_json(const json_t *json, const char *const *ignore, cav_spec **ret_spec,
                               cav_error *error)
{
    cav_document document = {.name = "", .arena = cav_arena_new()};
    if (!document.arena)
        return cav_fail_memory(error);
    caviar_code code = cav_document_from_json(&document, json, error);
    if (code) {
        cav_arena_free(document.arena);
        return code;
    }
    return cav_spec_from_document(&document, ignore, ret_spec, error);
}

bool cav_spec_was_moved(const cav_spec *spec)
{
    for (size_t i = 0; i < spec->change_count; i++)
        if (spec->changes[i].moves_space)
            return true;
    return false;
}

void cav_spec_free(cav_spec *spec)
{
    if (!spec)
        return;
    caviar_space_free(spec->space);
    cav_arena_free(spec->arena); // the spec itself lies in it
}
