/**
 * verb_workers.c: caviar workers
 */
#include "cli/open.h"

#include "base/json.h"
#include "base/number.h"
#include "cli/print.h"
#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cav_flag flags[] = {
    {'a', "all", NULL, "also those that run nothing now"},
};

static const cav_example examples[] = {
    {"caviar workers", "who works on the only study in caviar.db"},
    {"caviar workers --study mnist --store postgresql://me@db/caviar --all",
     "whoever has worked on a study in a database"},
};

static const cav_column columns[] = {
    {"HOST", false, false}, {"PROCESS", true, false}, {"ENDED", true, false},
    {"LEASE", true, false}, {"RUNNING", false, true},
};

typedef struct worker {
    char *owner;
    int64_t ended;    // trials that ended with it
    int64_t lease_ms; // until when it has those that it runs; 0: none
    cav_text running; // their numbers, "3 7"
} worker;

typedef struct listing {
    worker *workers; // [count] in the order in which they were met
    size_t count, capacity;
} listing;

static worker *find(listing *at, const char *owner)
{
    for (size_t i = at->count; i-- > 0;)
        if (strcmp(at->workers[i].owner, owner) == 0)
            return &at->workers[i];
    if (!CAV_GROW(&at->workers, &at->capacity, at->count + 1))
        return NULL;
    at->workers[at->count] = (worker){.owner = strdup(owner)};
    return at->workers[at->count].owner ? &at->workers[at->count++] : NULL;
}

static caviar_code note_trial(void *context, const cav_record *record, cav_error *error)
{
    if (!record->owner[0])
        return CAVIAR_OK;
    worker *at = find(context, record->owner);
    if (!at)
        return cav_fail_memory(error);
    at->ended += record->state == CAVIAR_STATE_COMPLETE || record->state == CAVIAR_STATE_PRUNED ||
                 record->state == CAVIAR_STATE_FAILED;
    if (record->state != CAVIAR_STATE_RUNNING)
        return CAVIAR_OK;
    cav_text_appendf(&at->running, "%s%lld", at->running.size ? " " : "",
                     (long long)record->number);
    at->lease_ms = record->lease_ms;
    return at->running.failed ? cav_fail_memory(error) : CAVIAR_OK;
}

static void free_listing(listing *at)
{
    for (size_t i = 0; i < at->count; i++) {
        free(at->workers[i].owner);
        cav_text_free(&at->workers[i].running);
    }
    free(at->workers);
}

enum { PART_SIZE = 72 }; // of a worker's name

static void copy_part(const char *text, char part[PART_SIZE])
{
    size_t size = strcspn(text, "/");
    size = size < PART_SIZE ? size : PART_SIZE - 1;
    memcpy(part, text, size);
    part[size] = '\0';
}

// "node7/1f0c2a/4026531836/4711/83123/1" is process 4711 on node7; see study/worker.h. One that
// asked for a trial and went away has a ~ before its name.
static void split(const char *owner, char host[PART_SIZE], char process[PART_SIZE])
{
    const char *at = owner[0] == '~' ? owner + 1 : owner;
    copy_part(at, host);
    for (int i = 0; i < 3 && *at; i++) {
        at += strcspn(at, "/");
        at += *at == '/';
    }
    copy_part(at, process);
}

static bool add_line(struct libscols_table *table, const worker *at, int64_t now)
{
    char host[PART_SIZE], process[PART_SIZE], ended[24], lease[CAV_NUMBER_SIZE] = "";
    split(at->owner, host, process);
    snprintf(ended, sizeof ended, "%lld", (long long)at->ended);
    if (at->lease_ms > now)
        cav_duration_print((at->lease_ms - now) / 1000 * 1000, lease);
    else if (at->lease_ms > 0)
        snprintf(lease, sizeof lease, "over");
    const char *cells[] = {host, process, ended, lease, cav_text_get(&at->running)};
    return cav_table_add(table, cells, CAV_COUNT_OF(cells));
}

static caviar_code print_table(const listing *at, bool all, int64_t now, cav_error *error)
{
    struct libscols_table *table = cav_table_new(columns, CAV_COUNT_OF(columns));
    bool done = table != NULL;
    for (size_t i = 0; i < at->count && done; i++)
        if (all || at->workers[i].lease_ms > 0)
            done = add_line(table, &at->workers[i], now);
    if (done)
        return cav_table_print(table, error);
    scols_unref_table(table);
    return cav_fail_memory(error);
}

static void write_worker(const worker *at, int64_t now, cav_json *json)
{
    char host[PART_SIZE], process[PART_SIZE];
    split(at->owner, host, process);
    cav_json_begin_object(json);
    cav_json_add_string(json, "worker", at->owner);
    cav_json_add_string(json, "host", host);
    cav_json_add_string(json, "process", process);
    cav_json_add_int(json, "ended", at->ended);
    cav_json_key(json, "running");
    cav_json_begin_array(json);
    for (const char *number = cav_text_get(&at->running); *number; number += strspn(number, " ")) {
        char *end;
        cav_json_int(json, strtoll(number, &end, 10));
        number = end;
    }
    cav_json_end_array(json);
    if (at->lease_ms > 0)
        cav_json_add_int(json, "lease_left_ms", at->lease_ms - now);
    cav_json_end_object(json);
}

static caviar_code print_json(const listing *at, bool all, int64_t now, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_array(&json);
    for (size_t i = 0; i < at->count; i++)
        if (all || at->workers[i].lease_ms > 0)
            write_worker(&at->workers[i], now, &json);
    cav_json_end_array(&json);
    return cav_print_json(&text, error);
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    listing at = {0};
    int64_t cursor = 0;
    const char *name = arguments->operand_count > 0 ? arguments->operands[0] : NULL;
    bool all = cav_flag_is_on(arguments, "all");
    if (cav_cli_open(arguments, name, true, &study, &error))
        return cav_complain(&error);
    caviar_code code = study->store->type->trial_read(study->store, &study->scope, &cursor,
                                                      note_trial, &at, &error);
    int64_t now = cav_clock_wall_ms(study->clock);
    if (!code)
        code = cav_flag_is_on(arguments, "json") ? print_json(&at, all, now, &error)
                                                 : print_table(&at, all, now, &error);
    free_listing(&at);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_workers = {
    .name = "workers",
    .group = "Look",
    .summary = "list who runs trials of a study",
    .operands = "[STUDY]",
    .description =
        "Lists the processes that run trials of a study, on whatever machine: which trials they "
        "run, how many have ended with them, and for how long they have their trials without a "
        "word; they say one at least every twenty seconds. A lease that is over belongs to a "
        "worker that is lost; whoever asks next takes its trials.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
