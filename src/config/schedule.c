/**
 * schedule.c: schedules from files, and back.
 */
#include "config/schedule.h"

#include "base/number.h"
#include "space/codec.h"

#include <math.h>
#include <string.h>

typedef struct reader {
    cav_document document;
    const cav_space *space;
    cav_error *error;
} reader;

static caviar_code read_parameter(reader *at, const cav_node *key, const cav_node *item,
                                  bool is_free, double *raw)
{
    caviar_value value;
    size_t i = cav_space_find(at->space, key->text);
    caviar_code code =
        i < at->space->count ? cav_node_value(&at->document, item, &value, at->error) : CAVIAR_OK;
    if (code)
        return code;
    code = i < at->space->count ? cav_parameter_read_value(&at->space->parameters[i], &value,
                                                           is_free, &raw[i], at->error)
                                : cav_space_fail_unknown(at->space, key->text, at->error);
    return code ? cav_node_locate(&at->document, key, at->error) : CAVIAR_OK;
}

// A map of parameters: {lr: 0.03}.
static caviar_code read_values(reader *at, const cav_node *map, bool is_free, double **ret_raw)
{
    if (map->kind != CAV_NODE_MAP)
        return cav_node_fail(&at->document, map, at->error,
                             "parameters are expected, {lr: 0.03}, not %s",
                             cav_node_kind_name(map));
    double *raw = CAV_ARENA_NEW(at->document.arena, double, at->space->count + 1);
    caviar_code code = raw ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < at->space->count && !code; i++)
        raw[i] = NAN;
    for (size_t i = 0; i < map->count && !code; i++)
        code = read_parameter(at, &map->keys[i], &map->items[i], is_free, raw);
    *ret_raw = raw;
    return code;
}

static caviar_code read_entry(reader *at, const cav_node *key, const cav_node *item,
                              cav_schedule_entry *entry)
{
    if (!cav_number_parse_int(key->text, &entry->step) || entry->step < 0)
        return cav_node_fail(&at->document, key, at->error,
                             "a step is expected, a whole number from 0, not '%.60s'", key->text);
    return read_values(at, item, true, &entry->raw);
}

static caviar_code read_entries(reader *at, const cav_node *map, cav_schedule *schedule)
{
    bool is_empty = map->kind == CAV_NODE_SCALAR && !map->is_quoted && !map->text[0];
    if (is_empty)
        return CAVIAR_OK;
    if (map->kind != CAV_NODE_MAP)
        return cav_node_fail(&at->document, map, at->error,
                             "steps are expected, {5: {lr: 0.03}}, not %s",
                             cav_node_kind_name(map));
    schedule->entries = CAV_ARENA_NEW(at->document.arena, cav_schedule_entry, map->count + 1);
    caviar_code code = schedule->entries ? CAVIAR_OK : cav_fail_memory(at->error);
    for (size_t i = 0; i < map->count && !code; i++)
        code = read_entry(at, &map->keys[i], &map->items[i], &schedule->entries[i]);
    schedule->count = code ? 0 : map->count;
    return code;
}

static caviar_code read_file(reader *at, cav_schedule *schedule)
{
    const cav_node *root = at->document.root;
    caviar_code code = CAVIAR_OK;
    if (root->kind != CAV_NODE_MAP)
        return cav_node_fail(&at->document, root, at->error,
                             "a schedule has the keys start and schedule");
    for (size_t i = 0; i < root->count && !code; i++) {
        const char *key = root->keys[i].text;
        if (strcmp(key, "start") == 0)
            code = read_values(at, &root->items[i], false, &schedule->start);
        else if (strcmp(key, "schedule") == 0)
            code = read_entries(at, &root->items[i], schedule);
        else
            code = cav_node_fail(&at->document, &root->keys[i], at->error,
                                 "unknown key '%.60s'; known: start, schedule", key);
    }
    return code;
}

caviar_code cav_schedule_parse(const char *name, const char *text, size_t size,
                               const cav_space *space, cav_schedule *ret_schedule, cav_error *error)
{
    cav_schedule schedule = {.arena = cav_arena_new()};
    reader at = {
        .document = {.name = name, .arena = schedule.arena}, .space = space, .error = error};
    if (!schedule.arena)
        return cav_fail_memory(error);
    caviar_code code = cav_document_parse(&at.document, text, size, error);
    if (!code)
        code = read_file(&at, &schedule);
    if (code)
        cav_schedule_free(&schedule);
    else
        *ret_schedule = schedule;
    return code;
}

void cav_schedule_free(cav_schedule *schedule)
{
    cav_arena_free(schedule->arena);
    *schedule = (cav_schedule){0};
}

void cav_schedule_write(const cav_space *space, const double *start,
                        const cav_schedule_entry *entries, size_t count, cav_text *text)
{
    cav_text_append(text, "start: ");
    cav_space_write(space, start, &(cav_json){.text = text});
    cav_text_append(text, count > 0 ? "\nschedule:" : "\nschedule: {}");
    for (size_t i = 0; i < count; i++) {
        cav_text_appendf(text, "\n  %lld: ", (long long)entries[i].step);
        cav_space_write(space, entries[i].raw, &(cav_json){.text = text});
    }
    cav_text_append(text, "\n");
}
