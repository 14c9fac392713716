/**
 * memory.c: the store that ends with the process: its studies.
 *
 * Rows are kept by number; a log of changes, one entry each, tells a reader what is new.
 */
#include "store/memory.h"

#include "base/memory.h"
#include "store/rules.h"

#include <stdlib.h>
#include <string.h>

typedef struct memory_store {
    cav_store base;
    cav_memory_study *studies;
    int64_t next_id;
} memory_store;

static memory_store *of(cav_store *store)
{
    return (memory_store *)store;
}

static bool owns(const char *location)
{
    return strcmp(location, "memory:") == 0;
}

static caviar_code open_memory(const cav_store_options *options, cav_store **ret_store,
                               cav_error *error)
{
    memory_store *store = calloc(1, sizeof *store);
    if (!store)
        return cav_fail_memory(error);
    store->base.type = &cav_store_memory;
    store->base.clock = options->clock;
    store->base.place = "memory";
    store->next_id = 1;
    *ret_store = &store->base;
    return CAVIAR_OK;
}

void cav_memory_free_text(const char *text)
{
    if (text && text[0])
        free((char *)(uintptr_t)text);
}

bool cav_memory_set_text(const char **field, const char *text)
{
    const char *copy = text && text[0] ? strdup(text) : "";
    if (!copy)
        return false;
    cav_memory_free_text(*field);
    *field = copy;
    return true;
}

static void free_study(cav_memory_study *at)
{
    for (size_t i = 0; i < at->count; i++)
        cav_memory_free_row(&at->rows[i]);
    for (size_t i = 0; i < at->report_count; i++)
        cav_memory_free_metrics(at->reports[i].metrics, at->reports[i].metric_count);
    for (size_t i = 0; i < at->nudge_count; i++)
        cav_memory_free_nudge(&at->nudges[i].nudge);
    for (size_t i = 0; i < at->shared_count; i++)
        free(at->shared[i]);
    cav_point_index_free(&at->distinct);
    void *parts[] = {at->nudges, at->nudge_log, at->name, at->definition, at->rows,   at->raw,
                     at->values, at->open,      at->log,  at->reports,    at->shared, at};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free(parts[i]);
}

static void close_memory(cav_store *store)
{
    for (cav_memory_study *at = of(store)->studies; at;) {
        cav_memory_study *next = at->next;
        free_study(at);
        at = next;
    }
    free(store);
}

cav_memory_study *cav_memory_find(cav_store *store, int64_t id)
{
    cav_memory_study *at = of(store)->studies;
    while (at && at->id != id)
        at = at->next;
    return at;
}

caviar_code cav_memory_fail_no_study(int64_t id, cav_error *error)
{
    return cav_fail(error, CAVIAR_NOT_FOUND, "study %lld is not in the store any more",
                    (long long)id);
}

static caviar_code study_add(cav_store *store, const char *name, const char *definition,
                             int64_t *ret_id, cav_error *error)
{
    cav_memory_study **place = &of(store)->studies; // the list is in order of names
    while (*place && strcmp((*place)->name, name) < 0)
        place = &(*place)->next;
    if (*place && strcmp((*place)->name, name) == 0)
        return cav_fail(error, CAVIAR_EXISTS, "there is a study '%s' already", name);
    cav_memory_study *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return cav_fail_memory(error);
    fresh->name = strdup(name);
    fresh->definition = strdup(definition);
    if (!fresh->name || !fresh->definition) {
        free_study(fresh);
        return cav_fail_memory(error);
    }
    fresh->id = of(store)->next_id++;
    fresh->created_ms = cav_clock_wall_ms(store->clock);
    fresh->next = *place;
    *place = fresh;
    *ret_id = fresh->id;
    return CAVIAR_OK;
}

static caviar_code visit_study(const cav_memory_study *at, cav_study_visitor *visit, void *context,
                               cav_error *error)
{
    cav_study_row line = {.id = at->id,
                          .name = at->name,
                          .definition = at->definition,
                          .control = at->control,
                          .created_ms = at->created_ms};
    for (size_t i = 0; i < at->count; i++)
        line.counts[at->rows[i].state]++;
    return visit(context, &line, error);
}

static caviar_code study_read(cav_store *store, const char *name, cav_study_visitor *visit,
                              void *context, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    bool found = !name;
    for (cav_memory_study *at = of(store)->studies; at && !code; at = at->next) {
        if (name && strcmp(at->name, name) != 0)
            continue;
        found = true;
        code = visit_study(at, visit, context, error);
    }
    if (!found)
        return cav_fail(error, CAVIAR_NOT_FOUND, "there is no study '%s'", name);
    return code;
}

static caviar_code study_set(cav_store *store, int64_t id, const char *definition,
                             cav_control control, cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, id);
    if (!at)
        return cav_memory_fail_no_study(id, error);
    if (definition) {
        char *copy = strdup(definition);
        if (!copy)
            return cav_fail_memory(error);
        free(at->definition);
        at->definition = copy;
    }
    at->control = control;
    return CAVIAR_OK;
}

static caviar_code study_control(cav_store *store, int64_t id, cav_control *ret_control,
                                 uint64_t *ret_revision, cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, id);
    if (!at)
        return cav_memory_fail_no_study(id, error);
    *ret_control = at->control;
    if (ret_revision)
        *ret_revision = cav_rule_revision(at->definition);
    return CAVIAR_OK;
}

static caviar_code study_remove(cav_store *store, int64_t id, cav_error *error)
{
    for (cav_memory_study **place = &of(store)->studies; *place; place = &(*place)->next) {
        if ((*place)->id == id) {
            cav_memory_study *gone = *place;
            *place = gone->next;
            free_study(gone);
            return CAVIAR_OK;
        }
    }
    return cav_memory_fail_no_study(id, error);
}

static caviar_code nothing(cav_store *store, cav_error *error)
{
    (void)store, (void)error;
    return CAVIAR_OK;
}

static caviar_code check(cav_store *store, cav_problem_visitor *found, void *context,
                         cav_error *error)
{
    (void)store, (void)found, (void)context, (void)error;
    return CAVIAR_OK; // nothing in memory can be damaged from outside
}

const cav_store_type cav_store_memory = {
    .name = "memory",
    .summary = "kept in memory, gone with the process",
    .owns = owns,
    .open = open_memory,
    .close = close_memory,
    .study_add = study_add,
    .study_read = study_read,
    .study_set = study_set,
    .study_control = study_control,
    .study_remove = study_remove,
    .trial_add = cav_memory_trial_add,
    .trial_claim = cav_memory_trial_claim,
    .trial_move = cav_memory_trial_move,
    .report_add = cav_memory_report_add,
    .nudge_add = cav_memory_nudge_add,
    .nudge_set = cav_memory_nudge_set,
    .lease_renew = cav_memory_lease_renew,
    .trial_read = cav_memory_trial_read,
    .report_read = cav_memory_report_read,
    .nudge_read = cav_memory_nudge_read,
    .output_read = cav_memory_output_read,
    .begin = nothing,
    .commit = nothing,
    .sync = nothing,
    .check = check,
};
