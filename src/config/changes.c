/**
 * changes.c: the key `changes` of a definition.
 */
#include "config/changes.h"

#include <string.h>

enum { MOST_NUMBER_BITS = 53 };

static caviar_code read_what(const cav_document *document, const cav_node *node,
                             cav_spec_change *change, cav_error *error)
{
    const char **what = CAV_ARENA_NEW(document->arena, const char *, node->count + 1);
    if (!what)
        return cav_fail_memory(error);
    if (node->kind != CAV_NODE_LIST)
        return cav_node_fail(document, node, error, "changes: what: a list of texts is expected");
    for (size_t i = 0; i < node->count; i++)
        if (cav_node_text(document, &node->items[i], "what", &what[i], error))
            return CAVIAR_INVALID;
    change->what = what;
    change->what_count = node->count;
    return CAVIAR_OK;
}

static caviar_code read_key(const cav_document *document, const cav_node *key, const cav_node *item,
                            cav_spec_change *change, cav_error *error)
{
    const int64_t most = INT64_C(1) << MOST_NUMBER_BITS;
    if (strcmp(key->text, "time") == 0)
        return cav_node_int(document, item, "time", 0, most, &change->time_ms, error);
    if (strcmp(key->text, "trials") == 0)
        return cav_node_int(document, item, "trials", 0, most, &change->trials, error);
    if (strcmp(key->text, "author") == 0)
        return cav_node_text(document, item, "author", &change->author, error);
    if (strcmp(key->text, "note") == 0)
        return cav_node_text(document, item, "note", &change->note, error);
    if (strcmp(key->text, "what") == 0)
        return read_what(document, item, change, error);
    int64_t moves = 0;
    if (strcmp(key->text, "moves_space") != 0)
        return cav_node_fail(document, key, error, "changes: unknown key '%.60s'", key->text);
    caviar_code code = cav_node_int(document, item, "moves_space", 0, 1, &moves, error);
    change->moves_space = moves == 1;
    return code;
}

caviar_code cav_changes_read(const cav_document *document, const cav_node *node,
                             const cav_spec_change **ret_changes, size_t *ret_count,
                             cav_error *error)
{
    cav_spec_change *changes = CAV_ARENA_NEW(document->arena, cav_spec_change, node->count + 1);
    if (!changes)
        return cav_fail_memory(error);
    if (node->kind != CAV_NODE_LIST)
        return cav_node_fail(document, node, error,
                             "changes: a list is expected, as 'caviar update' writes it");
    for (size_t i = 0; i < node->count; i++) {
        const cav_node *map = &node->items[i];
        changes[i] = (cav_spec_change){.author = "", .note = ""};
        if (map->kind != CAV_NODE_MAP)
            return cav_node_fail(document, map, error, "changes: a map is expected");
        for (size_t k = 0; k < map->count; k++) {
            caviar_code code =
                read_key(document, &map->keys[k], &map->items[k], &changes[i], error);
            if (code)
                return code;
        }
    }
    *ret_changes = changes;
    *ret_count = node->count;
    return CAVIAR_OK;
}

static bool copy_one(cav_arena *arena, const cav_spec_change *from, cav_spec_change *to)
{
    const char **what = CAV_ARENA_NEW(arena, const char *, from->what_count + 1);
    *to = *from;
    to->author = cav_arena_strdup(arena, from->author);
    to->note = cav_arena_strdup(arena, from->note);
    to->what = what;
    bool whole = to->author && to->note && what;
    for (size_t i = 0; i < from->what_count && whole; i++)
        whole = (what[i] = cav_arena_strdup(arena, from->what[i])) != NULL;
    return whole;
}

cav_spec_change *cav_changes_copy(cav_arena *arena, const cav_spec_change *changes, size_t count)
{
    cav_spec_change *copy = CAV_ARENA_NEW(arena, cav_spec_change, count + 1);
    for (size_t i = 0; i < count && copy; i++)
        if (!copy_one(arena, &changes[i], &copy[i]))
            return NULL;
    return copy;
}

static void write_one(const cav_spec_change *change, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_int(json, "time", change->time_ms);
    cav_json_add_int(json, "trials", change->trials);
    cav_json_add_string(json, "author", change->author);
    cav_json_add_string(json, "note", change->note);
    if (change->moves_space)
        cav_json_add_int(json, "moves_space", 1);
    cav_json_key(json, "what");
    cav_json_begin_array(json);
    for (size_t i = 0; i < change->what_count; i++)
        cav_json_string(json, change->what[i]);
    cav_json_end_array(json);
    cav_json_end_object(json);
}

void cav_changes_write(const cav_spec_change *changes, size_t count, cav_json *json)
{
    if (count == 0)
        return;
    cav_json_key(json, "changes");
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        write_one(&changes[i], json);
    cav_json_end_array(json);
}
