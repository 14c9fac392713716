/**
 * override.c: keys of a command line over those of a study file.
 */
#include "config/spec.h"

#include <string.h>

static bool is_merged(const char *key)
{
    return strcmp(key, "budget") == 0 || strcmp(key, "set") == 0;
}

static bool is_same_key(const char *a, const char *b)
{
    return strcmp(a, b) == 0 || (strncmp(a, "metric", 6) == 0 && strncmp(b, "metric", 6) == 0);
}

// Puts a key and its value into a map, in place of the same key or at the end.
static caviar_code put(cav_arena *arena, cav_node *map, const cav_node *key, const cav_node *item,
                       cav_error *error)
{
    for (size_t i = 0; i < map->count; i++) {
        if (is_same_key(map->keys[i].text, key->text)) {
            map->keys[i] = *key;
            map->items[i] = *item;
            return CAVIAR_OK;
        }
    }
    return cav_node_append(arena, map, key, item, error);
}

static caviar_code put_all(cav_arena *arena, cav_node *map, const cav_node *over, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < over->count && !code; i++) {
        cav_node *present = cav_node_get(map, over->keys[i].text);
        bool merge = present && present->kind == CAV_NODE_MAP &&
                     over->items[i].kind == CAV_NODE_MAP && is_merged(over->keys[i].text);
        code = merge ? put_all(arena, present, &over->items[i], error)
                     : put(arena, map, &over->keys[i], &over->items[i], error);
    }
    return code;
}

caviar_code cav_document_override(cav_document *document, const json_t *overrides, cav_error *error)
{
    cav_document over = {.name = "", .arena = document->arena};
    caviar_code code = cav_document_from_json(&over, overrides, error);
    if (code || document->root->kind != CAV_NODE_MAP) // cav_spec_from_document will say so
        return code;
    return put_all(document->arena, document->root, over.root, error);
}
