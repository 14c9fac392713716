/**
 * verb_doctor.c: caviar doctor
 */
#include "cli/open.h"

#include "cli/print.h"

#include <stdio.h>

static const cav_example examples[] = {
    {"caviar doctor", "is caviar.db sound?"},
    {"caviar doctor --store /data/team.db --json", "the same of another store, as JSON"},
};

typedef struct findings {
    cav_json *json; // NULL: plain text
    int64_t count;
    char place[1024]; // of the store, without a password
} findings;

static void note_problem(void *context, const char *problem)
{
    findings *at = context;
    at->count++;
    if (at->json)
        cav_json_string(at->json, problem);
    else
        printf("%s\n", problem);
}

// Can every study be opened, and every trial of it be read?
static caviar_code open_study(void *context, const cav_study_row *row, cav_error *error)
{
    (void)error;
    void **both = context;
    cav_error found = {0};
    cav_study *study;
    if (cav_cli_open(both[0], row->name, true, &study, &found))
        note_problem(both[1], found.message);
    else
        cav_study_close(study);
    return CAVIAR_OK;
}

static caviar_code examine(const cav_arguments *arguments, findings *at, cav_error *error)
{
    cav_store *store;
    cav_store_options options = {.location = cav_cli_store(arguments), .read_only = true};
    caviar_code code = cav_store_open(&options, &store, error);
    if (code)
        return code;
    snprintf(at->place, sizeof at->place, "%s", store->place);
    void *both[] = {(void *)(uintptr_t)arguments, at};
    code = store->type->check(store, note_problem, at, error);
    if (!code)
        code = store->type->study_read(store, NULL, open_study, both, error);
    cav_store_close(store);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    bool as_json = cav_flag_is_on(arguments, "json");
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    findings at = {.json = as_json ? &json : NULL};
    cav_json_begin_object(&json);
    cav_json_key(&json, "problems");
    cav_json_begin_array(&json);
    caviar_code code = examine(arguments, &at, &error);
    if (code && code != CAVIAR_NOT_FOUND) { // what cannot be read at all is a finding, too
        note_problem(&at, error.message);
        code = CAVIAR_OK;
    }
    cav_json_end_array(&json);
    cav_json_end_object(&json);
    if (!code && as_json)
        code = cav_print_json(&text, &error);
    else if (!code && at.count == 0)
        printf("%s is sound\n", at.place);
    cav_text_free(&text);
    if (code)
        return cav_complain(&error);
    return at.count > 0 ? CAV_EXIT_FAILURE : CAV_EXIT_OK;
}

const cav_verb cav_verb_doctor = {
    .name = "doctor",
    .group = "Keep",
    .summary = "check a store for damage",
    .operands = "",
    .description = "Checks the store's file, and whether what it holds makes sense; reads every "
                   "study and every trial. Changes nothing. Prints each problem, and exits with 1 "
                   "if there is one.",
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
