/**
 * document.c: libyaml's document (or a JSON value) to our tree.
 *
 * Aliases make a document a graph; here each use becomes a tree of its own, so the number of nodes
 * and the size of their texts are bounded as well as the depth.
 */
#include "config/node.h"

#include <string.h>
#include <yaml.h>

enum { MOST_NODES = 200000, MOST_KEYS = 10000, MOST_DEPTH = 40, MOST_TEXT = 1 << 24 };

typedef struct builder {
    cav_document *document;
    yaml_document_t *yaml;
    size_t nodes, text_size;
    cav_error *error;
} builder;

static caviar_code convert(builder *at, int yaml_index, int depth, cav_node *ret_node);

static caviar_code fail_size(const builder *at, const cav_node *node)
{
    return cav_node_fail(at->document, node, at->error, "the document is too large or too deep");
}

static caviar_code convert_scalar(builder *at, const yaml_node_t *from, cav_node *to)
{
    const char *text = (const char *)from->data.scalar.value;
    size_t size = from->data.scalar.length;
    to->kind = CAV_NODE_SCALAR;
    to->is_quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (memchr(text, '\0', size))
        return cav_node_fail(at->document, to, at->error, "a text cannot contain NUL");
    at->text_size += size;
    if (at->text_size > MOST_TEXT)
        return fail_size(at, to);
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
        return fail_size(at, ret_node);
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

// What to do about the faults that people meet, by libyaml's own words.
static const char *advice_for(const char *problem, char at)
{
    static const char token[] = "found character that cannot start any token";
    static const struct advice {
        const char *problem, *advice;
    } advices[] = {
        {"found undefined alias", "; a text that begins with * goes between quotes"},
        {"mapping values are not allowed in this context",
         "; a text with a colon in it goes between quotes, and the keys of one map begin in the "
         "same column"},
        {"did not find expected key", "; the keys of one map begin in the same column"},
        {"could not find expected ':'", "; a key ends with a colon and a blank"},
    };
    if (strcmp(problem, token) == 0)
        return at == '\t' ? "; it is a tab, where YAML takes only blanks"
                          : "; a text that begins with it goes between quotes";
    for (size_t i = 0; i < CAV_COUNT_OF(advices); i++)
        if (strcmp(problem, advices[i].problem) == 0)
            return advices[i].advice;
    return "";
}

// Bytes that are no text are told by their offset alone.
static cav_node place_of(const char *text, size_t offset)
{
    cav_node place = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset; i++) {
        place.column = text[i] == '\n' ? 1 : place.column + 1;
        place.line += text[i] == '\n';
    }
    return place;
}

static caviar_code fail_syntax(const cav_document *document, const yaml_parser_t *parser,
                               const char *text, size_t size, cav_error *error)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return cav_fail_memory(error);
    const char *problem = parser->problem ? parser->problem : "not valid YAML";
    const char *context = parser->context ? parser->context : "";
    if (parser->error == YAML_READER_ERROR) {
        size_t offset = parser->problem_offset < size ? parser->problem_offset : size;
        cav_node place = place_of(text, offset);
        return cav_node_fail(document, &place, error, "%s: a study file is UTF-8 text", problem);
    }
    const yaml_mark_t *mark = &parser->problem_mark;
    cav_node place = {.line = (int)mark->line + 1, .column = (int)mark->column + 1};
    char at = mark->index < size ? text[mark->index] : '\0'; // right for ASCII, which is enough
    return cav_node_fail(document, &place, error, "%s%s%s%s", problem, context[0] ? " " : "",
                         context, advice_for(problem, at));
}

// More documents in one file would be left out without a word.
static caviar_code expect_end(const cav_document *document, yaml_parser_t *parser, const char *text,
                              size_t size, cav_error *error)
{
    yaml_document_t yaml;
    if (!yaml_parser_load(parser, &yaml))
        return fail_syntax(document, parser, text, size, error);
    cav_node place = {.line = (int)yaml.start_mark.line + 1,
                      .column = (int)yaml.start_mark.column + 1};
    bool ended = !yaml_document_get_root_node(&yaml);
    yaml_document_delete(&yaml);
    return ended ? CAVIAR_OK
                 : cav_node_fail(document, &place, error,
                                 "a second document begins here; a study file has one");
}

static caviar_code convert_document(cav_document *document, yaml_parser_t *parser, const char *text,
                                    size_t size, cav_error *error)
{
    yaml_document_t yaml;
    if (!yaml_parser_load(parser, &yaml))
        return fail_syntax(document, parser, text, size, error);
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
        code = expect_end(document, parser, text, size, error);
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
    else if (json_is_real(json)) // 16.0 stays a real number
        cav_json_real(&(cav_json){.text = &text}, json_real_value(json));
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
    caviar_code code = convert_document(document, &parser, text, size, error);
    bool is_syntax = code == CAVIAR_INVALID && parser.error != YAML_NO_ERROR;
    yaml_parser_delete(&parser);
    return is_syntax && parse_as_json(document, text, size) ? CAVIAR_OK : code;
}
