/**
 * node.c: what stands at a node, and where.
 */
#include "config/node.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>

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

void cav_node_forget_places(cav_node *node)
{
    node->line = 0;
    for (size_t i = 0; node->kind != CAV_NODE_SCALAR && i < node->count; i++) {
        cav_node_forget_places(&node->items[i]);
        if (node->kind == CAV_NODE_MAP)
            node->keys[i].line = 0;
    }
}

cav_node *cav_node_get(const cav_node *map, const char *key)
{
    for (size_t i = 0; map->kind == CAV_NODE_MAP && i < map->count; i++)
        if (strcmp(map->keys[i].text, key) == 0)
            return &map->items[i];
    return NULL;
}

static bool is_null(const cav_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < CAV_COUNT_OF(words); i++)
        if (node->kind == CAV_NODE_SCALAR && !node->is_quoted && strcmp(node->text, words[i]) == 0)
            return true;
    return false;
}

caviar_code cav_node_append(cav_arena *arena, cav_node *map, const cav_node *key,
                            const cav_node *item, cav_error *error)
{
    cav_node *keys = CAV_ARENA_NEW(arena, cav_node, map->count + 1);
    cav_node *items = CAV_ARENA_NEW(arena, cav_node, map->count + 1);
    if (!keys || !items)
        return cav_fail_memory(error);
    for (size_t i = 0; i < map->count; i++) {
        keys[i] = map->keys[i];
        items[i] = map->items[i];
    }
    keys[map->count] = *key;
    items[map->count] = *item;
    map->keys = keys;
    map->items = items;
    map->count++;
    return CAVIAR_OK;
}

const char *cav_node_kind_name(const cav_node *node)
{
    switch (node->kind) {
    case CAV_NODE_SCALAR:
        return is_null(node) ? "nothing" : "a single value";
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
    if (node->kind != CAV_NODE_SCALAR || is_null(node))
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
    if (node->kind != CAV_NODE_SCALAR || is_null(node))
        return cav_node_fail(document, node, error, "a single value is expected, not %s",
                             cav_node_kind_name(node));
    bool has_digit = strpbrk(node->text, "0123456789") != NULL; // nan and inf have none
    bool is_true = strcmp(node->text, "true") == 0, is_false = strcmp(node->text, "false") == 0;
    if (!node->is_quoted && (is_true || is_false))
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_BOOL, .truth = is_true};
    else if (!node->is_quoted && cav_number_parse_int(node->text, &whole))
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_INT, .integer = whole};
    else if (has_digit && read_number(node, &real))
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
    if (node->kind != CAV_NODE_SCALAR || is_null(node))
        return cav_node_fail(document, node, error, "%s: a number is expected, not %s", what,
                             cav_node_kind_name(node));
    return cav_node_fail(document, node, error, "%s: a number is expected, not '%.60s'%s", what,
                         node->text, node->is_quoted ? " between quotes" : "");
}

// A high end from which on nobody wants to read it.
#define NO_LIMIT ((int64_t)1 << 53)

caviar_code cav_node_int(const cav_document *document, const cav_node *node, const char *what,
                         int64_t low, int64_t high, int64_t *ret_number, cav_error *error)
{
    double number;
    caviar_code code = cav_node_number(document, node, what, &number, error);
    if (code)
        return code;
    if (!(number >= (double)low && number <= (double)high) || number != (double)(int64_t)number)
        return high < NO_LIMIT
                   ? cav_node_fail(document, node, error,
                                   "%s: a whole number from %lld to %lld is expected, not %.60s",
                                   what, (long long)low, (long long)high, node->text)
                   : cav_node_fail(document, node, error,
                                   "%s: a whole number of at least %lld is expected, not %.60s",
                                   what, (long long)low, node->text);
    *ret_number = (int64_t)number;
    return CAVIAR_OK;
}
