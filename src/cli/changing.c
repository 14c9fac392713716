/**
 * changing.c: a definition as a document, and edits of it.
 */
#include "cli/changing.h"

#include "cli/print.h"
#include "space/constraint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static caviar_code document_of(const cav_study *study, cav_document *ret_document, cav_error *error)
{
    cav_text text = {0};
    json_t *stored = NULL;
    *ret_document = (cav_document){.name = "", .arena = cav_arena_new()};
    cav_spec_write(study->spec, &(cav_json){.text = &text});
    caviar_code code = text.failed || !ret_document->arena
                           ? cav_fail_memory(error)
                           : cav_json_parse(text.data, text.size, &stored, error);
    if (!code)
        code = cav_document_from_json(ret_document, stored, error);
    json_decref(stored);
    cav_text_free(&text);
    return code;
}

// The document is freed where it failed, and becomes the spec's otherwise.
static caviar_code finish(cav_document *document, caviar_code code, cav_spec **ret_spec,
                          cav_error *error)
{
    if (!code)
        return cav_spec_from_document(document, NULL, ret_spec, error);
    cav_arena_free(document->arena);
    return code;
}

caviar_code cav_cli_spec_override(const cav_study *study, const json_t *overrides,
                                  cav_spec **ret_spec, cav_error *error)
{
    cav_document document;
    caviar_code code = document_of(study, &document, error);
    if (!code)
        code = cav_document_override(&document, overrides, error);
    return finish(&document, code, ret_spec, error);
}

// ---- Parameters ---------------------------------------------------------------------------------

typedef struct editor {
    const cav_space *space;
    cav_document *document;
    cav_error *error;
} editor;

static caviar_code set_key(const editor *at, cav_node *map, const char *name, const cav_node *value)
{
    cav_node key = {.text = cav_arena_strdup(at->document->arena, name)};
    cav_node *present = cav_node_get(map, name);
    if (!key.text)
        return cav_fail_memory(at->error);
    if (!present)
        return cav_node_append(at->document->arena, map, &key, value, at->error);
    *present = *value;
    return CAVIAR_OK;
}

// A value as it would stand in a study file.
static caviar_code parse_value(const editor *at, const char *name, const char *text,
                               cav_node *ret_value)
{
    cav_document value = {.name = "", .arena = at->document->arena};
    if (cav_document_parse(&value, text, strlen(text), at->error))
        return cav_error_prefix(at->error, "%s=%.60s", name, text);
    cav_node_forget_places(value.root);
    *ret_value = *value.root;
    return CAVIAR_OK;
}

static caviar_code find_map(const editor *at, const char *name, cav_node **ret_map)
{
    cav_node *space = cav_node_get(at->document->root, "space");
    *ret_map = cav_node_get(space, name);
    return *ret_map ? CAVIAR_OK : cav_space_fail_unknown(at->space, name, at->error);
}

static caviar_code set_text(const editor *at, cav_node *map, const char *key, const char *text)
{
    cav_node value;
    caviar_code code = parse_value(at, key, text, &value);
    return code ? code : set_key(at, map, key, &value);
}

// lr='log 1e-6 1': another definition of it.
static caviar_code define(const editor *at, const char *name, const char *text)
{
    cav_node *map, fresh = {0};
    caviar_code code = find_map(at, name, &map);
    if (!code)
        code = cav_inline_parse(at->document, name, text, &fresh, at->error);
    if (!code)
        *map = fresh;
    return code;
}

// lr.high=1, or lr='log 1e-6 1'. A name may have points in it itself.
static caviar_code edit(const editor *at, const char *word)
{
    char name[256];
    cav_node *map;
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return cav_fail(at->error, CAVIAR_INVALID,
                        "'%.80s': NAME.KEY=VALUE is expected, such as lr.high=1, or "
                        "NAME=DEFINITION, such as 'lr=log 1e-6 1'",
                        word);
    snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
    char *point = strrchr(name, '.');
    if (cav_space_find(at->space, name) < at->space->count || !point)
        return define(at, name, equals + 1);
    *point = '\0';
    caviar_code code = find_map(at, name, &map);
    return code ? code : set_text(at, map, point + 1, equals + 1);
}

// --fix lr=0.01; --fix lr: at the default that it has.
static caviar_code fix(const editor *at, const char *word)
{
    char name[256];
    cav_node *map;
    const char *equals = strchr(word, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - word : (ptrdiff_t)strlen(word)),
             word);
    caviar_code code = find_map(at, name, &map);
    if (!code && equals)
        code = set_text(at, map, "default", equals + 1);
    return code ? code : set_text(at, map, "tier", "fixed");
}

static caviar_code constrain(const editor *at, const char *expression)
{
    cav_arena *arena = at->document->arena;
    cav_node *list = cav_node_get(at->document->root, "constraints");
    cav_node item = {.text = cav_arena_strdup(arena, expression), .is_quoted = true};
    size_t count = list ? list->count : 0;
    cav_node *items = CAV_ARENA_NEW(arena, cav_node, count + 1);
    if (!item.text || !items)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < count; i++)
        items[i] = list->items[i];
    items[count] = item;
    cav_node longer = {.kind = CAV_NODE_LIST, .items = items, .count = count + 1};
    return set_key(at, at->document->root, "constraints", &longer);
}

// --drop act=tanh: trials have it, so it stays a choice, and is excluded.
static caviar_code drop(const editor *at, const char *word)
{
    char name[256];
    double choice;
    cav_text text = {0};
    const char *equals = strchr(word, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - word : 0), word);
    size_t i = cav_space_find(at->space, name);
    if (!equals || i == at->space->count)
        return equals ? cav_space_fail_unknown(at->space, name, at->error)
                      : cav_fail(at->error, CAVIAR_INVALID,
                                 "--drop: NAME=CHOICE is expected, not '%.60s'", word);
    const cav_parameter *parameter = &at->space->parameters[i];
    if (parameter->choice_count == 0)
        return cav_fail(at->error, CAVIAR_INVALID,
                        "--drop: '%s' has no choices but a range; cut it with %s.low=, %s.high=",
                        name, name, name);
    caviar_code code = cav_parameter_read_text(parameter, equals + 1, &choice, at->error);
    if (code)
        return code;
    cav_constraint_exclude(parameter, choice, &text);
    code = text.failed ? cav_fail_memory(at->error) : constrain(at, cav_text_get(&text));
    cav_text_free(&text);
    return code;
}

typedef caviar_code edit_flag(const editor *at, const char *word);

static caviar_code edit_each(const cav_arguments *arguments, const editor *at, const char *flag,
                             edit_flag *apply)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < arguments->given_count && !code; i++)
        if (strcmp(arguments->given[i].flag->name, flag) == 0)
            code = apply(at, arguments->given[i].value);
    return code;
}

static caviar_code edit_all(const cav_arguments *arguments, size_t first, const editor *at)
{
    json_t *overrides = NULL;
    caviar_code code = cav_cli_overrides(arguments, &overrides, at->error);
    if (!code) {
        json_object_del(overrides, "study");
        code = cav_document_override(at->document, overrides, at->error);
        json_decref(overrides);
    }
    for (size_t i = first; i < arguments->operand_count && !code; i++)
        code = edit(at, arguments->operands[i]);
    if (!code)
        code = edit_each(arguments, at, "fix", fix);
    if (!code)
        code = edit_each(arguments, at, "drop", drop);
    return code ? code : edit_each(arguments, at, "constrain", constrain);
}

caviar_code cav_cli_spec_change(const cav_arguments *arguments, size_t first,
                                const cav_study *study, cav_spec **ret_spec, cav_error *error)
{
    cav_document document;
    editor at = {.space = study->spec->space, .document = &document, .error = error};
    caviar_code code = document_of(study, &document, error);
    if (!code)
        code = edit_all(arguments, first, &at);
    return finish(&document, code, ret_spec, error);
}

// ---- Telling it ---------------------------------------------------------------------------------

static void write_what(const char *what, cav_json *json)
{
    cav_json_key(json, "what");
    cav_json_begin_array(json);
    for (const char *at = what; *at;) {
        cav_text line = {0};
        size_t size = strcspn(at, "\n");
        cav_text_append_size(&line, at, size);
        cav_json_string(json, cav_text_get(&line));
        json->text->failed |= line.failed;
        cav_text_free(&line);
        at += size + (at[size] == '\n');
    }
    cav_json_end_array(json);
}

caviar_code cav_cli_print_what(const cav_arguments *arguments, const cav_study *study,
                               const cav_text *what, bool dry, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    const cav_history *history = study->history;
    if (cav_flag_is_on(arguments, "json")) {
        cav_json_begin_object(&json);
        cav_json_add_string(&json, "study", study->spec->study);
        cav_json_add_bool(&json, "changed", !dry);
        write_what(cav_text_get(what), &json);
        cav_json_add_int(&json, "trials", (int64_t)history->count);
        cav_json_add_int(&json, "outside", (int64_t)history->outside_count);
        cav_json_end_object(&json);
        return cav_print_json(&text, error);
    }
    cav_text_append(&text, cav_text_get(what));
    if (dry)
        cav_text_append(&text, "\nnothing was changed: --dry-run");
    else if (history->outside_count > 0)
        cav_text_appendf(&text,
                         "\n%zu of %zu trials lie outside of the space now; they stay, and are not "
                         "learnt from",
                         history->outside_count, history->count);
    return cav_print_json(&text, error);
}
