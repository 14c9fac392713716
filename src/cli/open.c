/**
 * open.c: flags to stores, studies and overrides.
 */
#include "cli/open.h"

#include "base/file.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *cav_cli_store(const cav_arguments *arguments)
{
    const char *given = cav_flag_get(arguments, "store");
    if (!given || !given[0])
        given = getenv("CAVIAR_STORE");
    return given && given[0] ? given : "caviar.db";
}

const char *cav_cli_place(const cav_arguments *arguments, char room[CAV_CLI_PATH_SIZE])
{
    const char *given = cav_flag_get(arguments, "folder");
    if (!given || !given[0])
        given = getenv("CAVIAR_FOLDER");
    if (!given || !given[0])
        return cav_cli_store(arguments);
    snprintf(room, CAV_CLI_PATH_SIZE, "%s/", given);
    return room;
}

const char *cav_cli_study(const cav_arguments *arguments)
{
    const char *given = cav_flag_get(arguments, "study");
    if (!given || !given[0])
        given = getenv("CAVIAR_STUDY");
    return given && given[0] ? given : NULL;
}

caviar_code cav_cli_open(const cav_arguments *arguments, const char *name, bool read_only,
                         cav_study **ret_study, cav_error *error)
{
    cav_study_options options = {.location = cav_cli_store(arguments),
                                 .name = name ? name : cav_cli_study(arguments),
                                 .read_only = read_only};
    return cav_study_open(&options, ret_study, error);
}

caviar_code cav_cli_open_detached(const cav_arguments *arguments, int64_t lease_ms,
                                  cav_study **ret_study, cav_error *error)
{
    cav_study_options options = {.location = cav_cli_store(arguments),
                                 .name = cav_cli_study(arguments),
                                 .lease_ms = lease_ms,
                                 .detached = true};
    return cav_study_open(&options, ret_study, error);
}

caviar_code cav_cli_trial_read(const char *text, cav_cli_trial *ret_trial, cav_error *error)
{
    cav_cli_trial trial = {.attempt = 1};
    char number[CAV_CLI_TRIAL_SIZE];
    const char *point = strchr(text, '.');
    size_t size = point ? (size_t)(point - text) : strlen(text);
    snprintf(number, sizeof number, "%.*s", (int)(size < sizeof number ? size : 0), text);
    if (!cav_number_parse_int(number, &trial.number) || trial.number < 0 ||
        (point && (!cav_number_parse_int(point + 1, &trial.attempt) || trial.attempt < 1)))
        return cav_fail(error, CAVIAR_INVALID,
                        "'%.60s' is no trial: its number is expected, 7, or 7.2 for its second "
                        "attempt",
                        text);
    *ret_trial = trial;
    return CAVIAR_OK;
}

void cav_cli_trial_print(const caviar_trial *trial, char ret_text[CAV_CLI_TRIAL_SIZE])
{
    if (trial->attempt > 1)
        snprintf(ret_text, CAV_CLI_TRIAL_SIZE, "%lld.%lld", (long long)trial->number,
                 (long long)trial->attempt);
    else
        snprintf(ret_text, CAV_CLI_TRIAL_SIZE, "%lld", (long long)trial->number);
}

caviar_code cav_cli_adopt(cav_study *study, const cav_cli_trial *named, caviar_trial **ret_trial,
                          cav_error *error)
{
    caviar_trial *trial;
    caviar_code code = cav_study_adopt(study, named->number, &trial, error);
    if (code)
        return code;
    if (trial->state == CAVIAR_STATE_RUNNING && trial->attempt != named->attempt) {
        cav_fail(error, CAVIAR_STALE,
                 "trial %lld was handed out again (attempt %lld is over); this comes too late and "
                 "is not kept. Whoever has it now calls it %lld.%lld",
                 (long long)named->number, (long long)named->attempt, (long long)named->number,
                 (long long)trial->attempt);
        trial->link = NULL;
        caviar_trial_free(trial);
        return CAVIAR_STALE;
    }
    *ret_trial = trial;
    return CAVIAR_OK;
}

caviar_code cav_cli_lease(const cav_arguments *arguments, int64_t *ret_ms, cav_error *error)
{
    const char *lease = cav_flag_get(arguments, "lease");
    int64_t ms = 3600000;
    if (lease && (!cav_duration_parse(lease, &ms) || ms == 0))
        return cav_fail(error, CAVIAR_INVALID,
                        "--lease: a duration such as 30m is expected, not '%.40s'", lease);
    *ret_ms = ms;
    return CAVIAR_OK;
}

typedef struct writer {
    const cav_arguments *arguments;
    cav_json json;
    cav_error *error;
} writer;

static void copy_text(writer *at, const char *flag, const char *key)
{
    const char *value = cav_flag_get(at->arguments, flag);
    if (value)
        cav_json_add_string(&at->json, key, value);
}

static caviar_code copy_int(writer *at, const char *flag, const char *key, int64_t low)
{
    int64_t number = low - 1;
    caviar_code code = cav_flag_int(at->arguments, flag, low, INT64_C(1) << 53, &number, at->error);
    if (!code && number >= low)
        cav_json_add_int(&at->json, key, number);
    return code;
}

static caviar_code write_budget(writer *at)
{
    const char *trials = cav_flag_get(at->arguments, "trials");
    const char *time = cav_flag_get(at->arguments, "time");
    caviar_code code = CAVIAR_OK;
    if (!time && (!trials || trials[0] == '+')) // +N: see verb_resume.c
        return CAVIAR_OK;
    cav_json_key(&at->json, "budget");
    cav_json_begin_object(&at->json);
    if (trials && trials[0] != '+')
        code = copy_int(at, "trials", "trials", 1);
    copy_text(at, "time", "time");
    cav_json_end_object(&at->json);
    return code;
}

static caviar_code write_metric(writer *at)
{
    const char *least = cav_flag_get(at->arguments, "minimize");
    const char *most = cav_flag_get(at->arguments, "maximize");
    if (least && most)
        return cav_fail(at->error, CAVIAR_INVALID,
                        "either --minimize or --maximize; several metrics need a study file");
    if (!least && !most)
        return CAVIAR_OK;
    cav_json_key(&at->json, "metric");
    cav_json_begin_object(&at->json);
    cav_json_add_string(&at->json, "name", least ? least : most);
    cav_json_add_string(&at->json, "direction", least ? "minimize" : "maximize");
    cav_json_end_object(&at->json);
    return CAVIAR_OK;
}

// --set data=/data --set fold=3
static caviar_code write_set(writer *at)
{
    bool any = false;
    for (size_t i = 0; i < at->arguments->given_count; i++) {
        const struct cav_given *given = &at->arguments->given[i];
        const char *equals = strchr(given->value, '=');
        if (strcmp(given->flag->name, "set") != 0)
            continue;
        if (!equals)
            return cav_fail(at->error, CAVIAR_INVALID, "--set: NAME=TEXT is expected, not '%.60s'",
                            given->value);
        if (!any) {
            cav_json_key(&at->json, "set");
            cav_json_begin_object(&at->json);
        }
        any = true;
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)(equals - given->value), given->value);
        cav_json_add_string(&at->json, name, equals + 1);
    }
    if (any)
        cav_json_end_object(&at->json);
    return CAVIAR_OK;
}

// --from a --from b,c
static void write_from(writer *at)
{
    bool any = false;
    for (size_t i = 0; i < at->arguments->given_count; i++) {
        const struct cav_given *given = &at->arguments->given[i];
        if (strcmp(given->flag->name, "from") != 0)
            continue;
        if (!any)
            cav_json_key(&at->json, "from"), cav_json_begin_array(&at->json);
        any = true;
        for (const char *name = given->value; *name;) {
            char word[256];
            size_t size = strcspn(name, ",");
            snprintf(word, sizeof word, "%.*s", (int)size, name);
            cav_json_string(&at->json, word);
            name += size + (name[size] == ',');
        }
    }
    if (any)
        cav_json_end_array(&at->json);
}

static caviar_code write_all(writer *at)
{
    cav_json_begin_object(&at->json);
    const char *study = cav_cli_study(at->arguments);
    if (study)
        cav_json_add_string(&at->json, "study", study);
    caviar_code code = write_budget(at);
    if (!code)
        code = write_metric(at);
    if (!code)
        code = copy_int(at, "parallel", "parallel", 1);
    if (!code)
        code = copy_int(at, "steps", "steps", 1);
    if (!code)
        code = copy_int(at, "replicates", "replicates", 1);
    if (!code)
        code = copy_int(at, "retry", "retry", 0);
    copy_text(at, "sampler", "sampler");
    copy_text(at, "scheduler", "scheduler");
    copy_text(at, "panda", "panda");
    copy_text(at, "seed", "seed");
    copy_text(at, "timeout", "timeout");
    copy_text(at, "durability", "durability");
    write_from(at);
    if (!code)
        code = write_set(at);
    cav_json_end_object(&at->json);
    return code;
}

caviar_code cav_cli_overrides(const cav_arguments *arguments, json_t **ret_json, cav_error *error)
{
    cav_text text = {0};
    writer at = {.arguments = arguments, .json = {.text = &text}, .error = error};
    caviar_code code = write_all(&at);
    if (!code)
        code = text.failed ? cav_fail_memory(error)
                           : cav_json_parse(text.data, text.size, ret_json, error);
    cav_text_free(&text);
    return code;
}

caviar_code cav_cli_spec_read(const char *path, const json_t *overrides, cav_spec **ret_spec,
                              cav_error *error)
{
    enum { LARGEST_FILE = 16 << 20 };
    cav_text text = {0};
    cav_document document = {.name = path, .arena = NULL};
    caviar_code code = cav_file_read(path, LARGEST_FILE, &text, error);
    if (!code && !(document.arena = cav_arena_new()))
        code = cav_fail_memory(error);
    if (!code)
        code = cav_document_parse(&document, cav_text_get(&text), text.size, error);
    if (!code && overrides)
        code = cav_document_override(&document, overrides, error);
    cav_text_free(&text);
    if (code) {
        cav_arena_free(document.arena);
        return code;
    }
    return cav_spec_from_document(&document, NULL, ret_spec, error);
}

static caviar_code read_and_open(const cav_arguments *arguments, bool read_only,
                                 cav_study **ret_study, int64_t *ret_number, bool *ret_usage,
                                 cav_error *error)
{
    cav_cli_trial named = {.number = -1};
    *ret_usage = true;
    if (arguments->operand_count > 0 && cav_cli_trial_read(arguments->operands[0], &named, error))
        return CAVIAR_INVALID;
    *ret_usage = false;
    *ret_number = named.number;
    return cav_cli_open(arguments, NULL, read_only, ret_study, error);
}

cav_exit cav_cli_with_trial(const cav_arguments *arguments, bool read_only, cav_cli_work *work)
{
    cav_error error = {0};
    cav_study *study;
    int64_t number;
    bool is_usage;
    if (read_and_open(arguments, read_only, &study, &number, &is_usage, &error))
        return is_usage ? cav_complain_usage(arguments, &error) : cav_complain(&error);
    caviar_code code = work(arguments, study, number, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}
