/**
 * define.c: the part of caviar.h that makes a parameter from words.
 */
#include "config/spec.h"

#include <string.h>

static caviar_code define(cav_space *space, const char *name, const char *definition,
                          cav_document *document)
{
    cav_node key = {.kind = CAV_NODE_SCALAR, .text = name}, item = {0};
    cav_node section = {.kind = CAV_NODE_MAP, .count = 1, .keys = &key, .items = &item};
    caviar_code code = cav_inline_parse(document, name, definition, &item, &space->error);
    return code ? code : cav_space_parse(document, &section, space, &space->error);
}

caviar_code caviar_space_define(caviar_space *space, const char *name, const char *definition)
{
    cav_document document = {.name = "", .arena = cav_arena_new()};
    if (!document.arena)
        return cav_fail_memory(&space->error);
    caviar_code code = define(space, name, definition, &document);
    cav_arena_free(document.arena);
    return code;
}
