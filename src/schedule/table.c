/**
 * table.c: the table of schedulers; opening one by name.
 */
#include "schedule/scheduler.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cav_scheduler_type *const cav_schedulers[] = {
#define X(type) &type,
    CAV_SCHEDULERS(X)
#undef X
};
const size_t cav_scheduler_count = sizeof cav_schedulers / sizeof cav_schedulers[0];

static const cav_scheduler_type *find(const char *name, cav_error *error)
{
    const char *names[sizeof cav_schedulers / sizeof cav_schedulers[0]];
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        names[i] = cav_schedulers[i]->name;
        if (strcmp(names[i], name) == 0)
            return cav_schedulers[i];
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, names, cav_scheduler_count, hint);
    cav_fail(error, CAVIAR_INVALID, "unknown scheduler '%s'%s", name, hint);
    return NULL;
}

caviar_code cav_scheduler_open(cav_scheduler *scheduler, const char *name,
                               const cav_option_value *given, size_t given_count,
                               const cav_scheduler_setup *setup, cav_error *error)
{
    *scheduler = (cav_scheduler){0};
    const cav_scheduler_type *type = find(name, error);
    if (!type)
        return CAVIAR_INVALID;
    void *settings = calloc(1, type->settings_size + 1);
    if (!settings)
        return cav_fail_memory(error);
    char owner[64];
    snprintf(owner, sizeof owner, "scheduler %s", name);
    caviar_code code = cav_options_read(type->options, type->option_count, owner, given,
                                        given_count, settings, error);
    if (!code)
        code = type->create(setup, settings, &scheduler->state, error);
    if (code) {
        free(settings);
        return code;
    }
    scheduler->type = type;
    scheduler->settings = settings;
    return CAVIAR_OK;
}

void cav_scheduler_close(cav_scheduler *scheduler)
{
    if (scheduler->type)
        scheduler->type->destroy(scheduler->state);
    free(scheduler->settings);
    *scheduler = (cav_scheduler){0};
}

bool cav_scheduler_does(const void *state)
{
    (void)state;
    return true;
}

bool cav_scheduler_does_not(const void *state)
{
    (void)state;
    return false;
}

caviar_code cav_scheduler_resume_first(void *state, const cav_history *history, bool is_last,
                                       size_t *ret_number, cav_error *error)
{
    (void)state, (void)is_last, (void)error;
    *ret_number = SIZE_MAX;
    for (size_t i = 0; i < history->open_count && *ret_number == SIZE_MAX; i++)
        if (cav_history_may_resume(history, history->open[i]))
            *ret_number = history->open[i];
    return CAVIAR_OK;
}
