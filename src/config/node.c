/**
 * node.c: libyaml's document (or a JSON value) to our tree.
 *
 * Aliases make a document a graph; here each use becomes a tree of its own, so the number of nodes
 * is bounded as well as the depth.
 */
#include "config/node.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { MOST_NODES = 200000, MOST_KEYS = 10000, MOST_DEPTH = 40 };

typedef struct builder {
    cav_document *document;
    yaml_document_t *yaml;
    size_t nodes;
    cav_error *error;
} builder;

const char *cav_node_where(const cav_document *document, const cav_node *node)
{
    if (node->line == 0)
        return "";
    char where[512];
    int length = snprintf(where, sizeof where, "%s%s%d:%d", document->name,
                          document->name[0] ? ":" : "", node->line, node->column);
    char *copy = cav_arena_text(document->arena, where,
                                length < (int)sizeof where ? (size_t)length : sizeof where - 1);
    return copy ? copy : "";
}

caviar_code cav_node_locate(const cav_document *document, const cav_node *node, cav_error *error)
{
    const char *where = cav_node_where(document, node);
    if (where[0])
        cav_error_prefix(error, "%s", where);
    return error ? error->code : CAVIAR_INVALID;
}

caviar_code cav_node_fail(const cav_document *document, const cav_node *node, cav_error *error,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    cav_fail_args(error, CAVIAR_INVALID, format, args);
    va_end(args);
    cav_node_locate(document, node, error);
    return CAVIAR_INVALID;
}

static caviar_code convert(builder *at, int yaml_index, int depth, cav_node *ret_node);

static caviar_code convert_scalar(builder *at, const yaml_node_t *from, cav_node *to)
{
    const char *text = (const char *)from->data.scalar.value;
    size_t size = from->data.scalar.length;
    to->kind = CAV_NODE_SCALAR;
    to->is_quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (memchr(text, '\0', size))
        return cav_node_fail(at->document, to, at->error, "a text cannot contain NUL");
    to->text = cav_arena_text(at->document->arena, text, size);
    return to->text ? CAVIAR_OK : cav_fail_memory(at->error);
}

static caviar_code convert_list(builder *at, const yaml_node_t *from, int depth, cav_node *to)
{
    const yaml_node_item_t *items = from->data.sequence.items.start;
    to->kind = CAV_NODE_LIST;
    to->count = (size_t)(from->data.sequence.items.top - items);
    to->items = CAV_ARENA_NEW(at->document->arena, cav_node, to->count);
    caviar_code code = to->items ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < to->count && !code; i++)
        code = convert(at, items[i], depth + 1, &to->items[i]);
    return code;
}

static caviar_code check_key(builder *at, const cav_node *map, size_t index)
{
    const cav_node *key = &map->keys[index];
    if (key->kind != CAV_NODE_SCALAR)
        return cav_node_fail(at->document, key, at->error, "a key must be a plain word");
    for (size_t i = 0; i < index; i++)
        if (strcmp(map->keys[i].text, key->text) == 0)
            return cav_node_fail(at->document, key, at->error,
                                 "the key '%.100s' stands here twice (first in line %d)", key->text,
                                 map->keys[i].line);
    return CAVIAR_OK;
}

static caviar_code convert_map(builder *at, const yaml_node_t *from, int depth, cav_node *to)
{
    const yaml_node_pair_t *pairs = from->data.mapping.pairs.start;
    to->kind = CAV_NODE_MAP;
    to->count = (size_t)(from->data.mapping.pairs.top - pairs);
    if (to->count > MOST_KEYS)
        return cav_node_fail(at->document, to, at->error, "a map of more than %d keys", MOST_KEYS);
    to->keys = CAV_ARENA_NEW(at->document->arena, cav_node, to->count);
    to->items = CAV_ARENA_NEW(at->document->arena, cav_node, to->count);
    caviar_code code = to->keys && to->items ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < to->count && !code; i++) {
        code = convert(at, pairs[i].key, depth + 1, &to->keys[i]);
        if (!code)
            code = check_key(at, to, i);
        if (!code)
            code = convert(at, pairs[i].value, depth + 1, &to->items[i]);
    }
    return code;
}

static caviar_code convert(builder *at, int yaml_index, int depth, cav_node *ret_node)
{
    const yaml_node_t *from = yaml_document_get_node(at->yaml, yaml_index);
    ret_node->line = (int)from->start_mark.line + 1;
    ret_node->column = (int)from->start_mark.column + 1;
    if (++at->nodes > MOST_NODES || depth > MOST_DEPTH)
        return cav_node_fail(at->document, ret_node, at->error,
                             "the document is too large or too deep");
    switch (from->type) {
    case YAML_SCALAR_NODE:
        return convert_scalar(at, from, ret_node);
    case YAML_SEQUENCE_NODE:
        return convert_list(at, from, depth, ret_node);
    case YAML_MAPPING_NODE:
        return convert_map(at, from, depth, ret_node);
    case YAML_NO_NODE:
        break;
    }
    return cav_node_fail(at->document, ret_node, at->error, "nothing stands here");
}

static caviar_code fail_syntax(const cav_document *document, const yaml_parser_t *parser,
                               cav_error *error)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return cav_fail_memory(error);
    bool marked = parser->error != YAML_READER_ERROR;
    cav_node place = {.line = marked ? (int)parser->problem_mark.line + 1 : 1,
                      .column = marked ? (int)parser->problem_mark.column + 1 : 1};
    const char *context = parser->context ? parser->context : "";
    return cav_node_fail(document, &place, error, "%s%s%s",
                         parser->problem ? parser->problem : "not valid YAML",
                         context[0] ? " " : "", context);
}

static caviar_code convert_document(cav_document *document, yaml_parser_t *parser, cav_error *error)
{
    yaml_document_t yaml;
    if (!yaml_parser_load(parser, &yaml))
        return fail_syntax(document, parser, error);
    builder at = {.document = document, .yaml = &yaml, .error = error};
    cav_node *root = CAV_ARENA_NEW(document->arena, cav_node, 1);
    caviar_code code;
    if (!root)
        code = cav_fail_memory(error);
    else if (!yaml_document_get_root_node(&yaml))
        code = cav_fail(error, CAVIAR_INVALID, "%s%sthe document is empty", document->name,
                        document->name[0] ? ": " : "");
    else
        code = convert(&at, 1, 0, root); // libyaml counts from 1
    yaml_document_delete(&yaml);
    if (!code)
        document->root = root;
    return code;
}

static caviar_code from_json(cav_arena *arena, const json_t *json, int depth, cav_node *ret_node,
                             cav_error *error);

static caviar_code from_container(cav_arena *arena, const json_t *json, int depth, cav_node *to,
                                  cav_error *error)
{
    bool is_map = json_is_object(json);
    to->kind = is_map ? CAV_NODE_MAP : CAV_NODE_LIST;
    to->count = is_map ? json_object_size(json) : json_array_size(json);
    to->keys = CAV_ARENA_NEW(arena, cav_node, to->count);
    to->items = CAV_ARENA_NEW(arena, cav_node, to->count);
    if (!to->keys || !to->items)
        return cav_fail_memory(error);
    void *entry = is_map ? json_object_iter((json_t *)(uintptr_t)json) : NULL;
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < to->count && !code; i++) {
        const json_t *item = is_map ? json_object_iter_value(entry) : json_array_get(json, i);
        if (is_map) {
            to->keys[i].text = cav_arena_strdup(arena, json_object_iter_key(entry));
            if (!to->keys[i].text)
                return cav_fail_memory(error);
            entry = json_object_iter_next((json_t *)(uintptr_t)json, entry);
        }
        code = from_json(arena, item, depth + 1, &to->items[i], error);
    }
    return code;
}

static caviar_code from_json(cav_arena *arena, const json_t *json, int depth, cav_node *ret_node,
                             cav_error *error)
{
    if (depth > MOST_DEPTH)
        return cav_fail(error, CAVIAR_INVALID, "the document is too deep");
    if (json_is_object(json) || json_is_array(json))
        return from_container(arena, json, depth, ret_node, error);
    cav_text text = {0};
    ret_node->is_quoted = json_is_string(json);
    if (json_is_string(json))
        cav_text_append(&text, json_string_value(json));
    else if (json_is_integer(json))
        cav_text_appendf(&text, "%lld", (long long)json_integer_value(json));
    else if (json_is_real(json))
        cav_text_append_number(&text, json_real_value(json));
    else
        cav_text_append(&text, json_is_true(json) ? "true" : json_is_false(json) ? "false" : "");
    ret_node->text = text.failed ? NULL : cav_arena_strdup(arena, cav_text_get(&text));
    cav_text_free(&text);
    return ret_node->text ? CAVIAR_OK : cav_fail_memory(error);
}

caviar_code cav_document_from_json(cav_document *document, const json_t *json, cav_error *error)
{
    cav_node *root = CAV_ARENA_NEW(document->arena, cav_node, 1);
    if (!root)
        return cav_fail_memory(error);
    caviar_code code = from_json(document->arena, json, 0, root, error);
    if (!code)
        document->root = root;
    return code;
}

// libyaml does not take all of JSON: tabs, for one, are not white space to it.
static bool parse_as_json(cav_document *document, const char *text, size_t size)
{
    size_t blank = 0;
    while (blank < size && strchr(" \t\r\n", text[blank]))
        blank++;
    json_t *json;
    if (blank == size || text[blank] != '{' || cav_json_parse(text, size, &json, NULL))
        return false;
    caviar_code code = cav_document_from_json(document, json, NULL);
    json_decref(json);
    return !code;
}

caviar_code cav_document_parse(cav_document *document, const char *text, size_t size,
                               cav_error *error)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return cav_fail_memory(error);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    caviar_code code = convert_document(document, &parser, error);
    bool is_syntax = code == CAVIAR_INVALID && parser.error != YAML_NO_ERROR;
    yaml_parser_delete(&parser);
    return is_syntax && parse_as_json(document, text, size) ? CAVIAR_OK : code;
}

cav_node *cav_node_get(const cav_node *map, const char *key)
{
    for (size_t i = 0; map->kind == CAV_NODE_MAP && i < map->count; i++)
        if (strcmp(map->keys[i].text, key) == 0)
            return &map->items[i];
    return NULL;
}

const char *cav_node_kind_name(const cav_node *node)
{
    switch (node->kind) {
    case CAV_NODE_SCALAR:
        return "a single value";
    case CAV_NODE_LIST:
        return "a list";
    case CAV_NODE_MAP:
        return "a map";
    }
    return "nothing";
}

caviar_code cav_node_text(const cav_document *document, const cav_node *node, const char *what,
                          const char **ret_text, cav_error *error)
{
    if (node->kind != CAV_NODE_SCALAR)
        return cav_node_fail(document, node, error, "%s: a single value is expected, not %s", what,
                             cav_node_kind_name(node));
    *ret_text = node->text;
    return CAVIAR_OK;
}

static bool read_number(const cav_node *node, double *ret_number)
{
    return node->kind == CAV_NODE_SCALAR && !node->is_quoted &&
           cav_number_parse(node->text, strlen(node->text), ret_number);
}

caviar_code cav_node_value(const cav_document *document, const cav_node *node,
                           caviar_value *ret_value, cav_error *error)
{
    double real;
    int64_t whole;
    if (node->kind != CAV_NODE_SCALAR)
        return cav_node_fail(document, node, error, "a single value is expected, not %s",
                             cav_node_kind_name(node));
    bool is_true = strcmp(node->text, "true") == 0, is_false = strcmp(node->text, "false") == 0;
    if (!node->is_quoted && (is_true || is_false))
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_BOOL, .truth = is_true};
    else if (!node->is_quoted && cav_number_parse_int(node->text, &whole))
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_INT, .integer = whole};
    else if (read_number(node, &real))
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = real};
    else
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = node->text};
    return CAVIAR_OK;
}

caviar_code cav_node_number(const cav_document *document, const cav_node *node, const char *what,
                            double *ret_number, cav_error *error)
{
    if (read_number(node, ret_number))
        return CAVIAR_OK;
    return cav_node_fail(document, node, error, "%s: a number is expected, not %s%.100s%s", what,
                         node->kind == CAV_NODE_SCALAR ? "'" : "",
                         node->kind == CAV_NODE_SCALAR ? node->text : cav_node_kind_name(node),
                         node->kind == CAV_NODE_SCALAR ? "'" : "");
}

caviar_code cav_node_int(const cav_document *document, const cav_node *node, const char *what,
                         int64_t low, int64_t high, int64_t *ret_number, cav_error *error)
{
    double number;
    caviar_code code = cav_node_number(document, node, what, &number, error);
    if (code)
        return code;
    if (!(number >= (double)low && number <= (double)high) || number != (double)(int64_t)number)
        return cav_node_fail(document, node, error,
                             "%s: a whole number from %lld to %lld is expected, not %s", what,
                             (long long)low, (long long)high, node->text);
    *ret_number = (int64_t)number;
    return CAVIAR_OK;
}
