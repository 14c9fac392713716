/**
 * verb_report.c: caviar report
 *
 * Inside a trial it speaks to the tuner through the trial's socket; elsewhere it writes to the
 * store, for a trial that `caviar ask` handed out.
 */
#include "base/number.h"
#include "cli/metrics.h"
#include "cli/open.h"
#include "cli/print.h"
#include "run/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHECKPOINTS = 1000 };

static const cav_flag flags[] = {
    {'s', "step", "N", "the step (epoch) that the values belong to; needed"},
    {0, "trial", "TRIAL", "the trial, if not this process's own, as 'caviar ask' named it"},
    {0, "can", "WORDS", "what the program does with answers: changes, or changes,restore"},
    {0, "checkpoints", "STEPS", "the steps that it can restore: 3,4,5"},
    CAV_LEASE_FLAG,
};

static const cav_example examples[] = {
    {"caviar report --step 3 val_error=0.0213 || exit 0",
     "in a shell script that 'caviar run' started: end when told to"},
    {"caviar report --trial 7 --step 3 0.0213",
     "for a trial from 'caviar ask'; the study's one metric needs no name"},
};

// "continue", "stop", "restore 5", and what changed: NAME=VALUE.
static void write_words(const caviar_trial *trial, caviar_verdict verdict, cav_text *text)
{
    if (trial->change_count == 0 || verdict != CAVIAR_VERDICT_CONTINUE)
        cav_text_append(text, caviar_verdict_name(verdict));
    if (verdict == CAVIAR_VERDICT_RESTORE)
        cav_text_appendf(text, " %lld", (long long)trial->restore_step);
    for (size_t i = 0; i < trial->change_count; i++) {
        cav_text_appendf(text, "%s%s=", text->size ? "\n" : "", trial->names[trial->changes[i]]);
        cav_value_print(&trial->values[trial->changes[i]], text);
    }
}

// The next word of a list with commas; false at its end, or for one that is too long.
static bool next_word(const char **rest, char *word, size_t size)
{
    size_t length = strcspn(*rest, ",");
    if (length == 0 || length >= size)
        return false;
    snprintf(word, size, "%.*s", (int)length, *rest);
    *rest += length + ((*rest)[length] == ',');
    return true;
}

static bool read_abilities(const char *list, unsigned *ret_can)
{
    char word[32];
    const char *rest = list;
    while (next_word(&rest, word, sizeof word)) {
        unsigned bit = 0;
#define X(name, known, number)                                                                     \
    if (strcmp(word, known) == 0)                                                                  \
        bit = number;
        CAVIAR_ABILITIES(X)
#undef X
        if (!bit)
            return false;
        *ret_can |= bit;
    }
    return !*rest;
}

static bool read_steps(const char *list, int64_t *steps, size_t *ret_count)
{
    char word[32];
    const char *rest = list;
    for (*ret_count = 0; next_word(&rest, word, sizeof word); ++*ret_count)
        if (*ret_count == MOST_CHECKPOINTS || !cav_number_parse_int(word, &steps[*ret_count]) ||
            steps[*ret_count] < 0)
            return false;
    return !*rest;
}

static void print_answer(const cav_arguments *arguments, caviar_trial *trial,
                         caviar_verdict verdict)
{
    cav_text text = {0};
    if (cav_flag_is_on(arguments, "json")) {
        cav_json json = {.text = &text};
        cav_json_begin_object(&json);
        cav_json_add_string(&json, "verdict", caviar_verdict_name(verdict));
        if (verdict == CAVIAR_VERDICT_RESTORE)
            cav_json_add_int(&json, "step", trial->restore_step);
        if (trial->change_count > 0) {
            cav_json_key(&json, "changes");
            cav_protocol_write_changes(trial, &json);
        }
        cav_json_end_object(&json);
    } else {
        write_words(trial, verdict, &text);
    }
    cav_print_json(&text, NULL);
}

static caviar_code say_what_it_can(const cav_arguments *arguments, caviar_trial *trial)
{
    const char *given = cav_flag_get(arguments, "can");
    const char *checkpoints = cav_flag_get(arguments, "checkpoints");
    unsigned can = 0;
    int64_t steps[MOST_CHECKPOINTS];
    size_t count = 0;
    if (given && !read_abilities(given, &can))
        return cav_fail(&trial->error, CAVIAR_INVALID,
                        "--can: changes, restore, or both with a comma are expected, not '%.60s'",
                        given);
    if (checkpoints && !read_steps(checkpoints, steps, &count))
        return cav_fail(&trial->error, CAVIAR_INVALID,
                        "--checkpoints: steps such as 3,4,5 are expected, not '%.60s'",
                        checkpoints);
    caviar_code code = given ? caviar_trial_can(trial, can) : CAVIAR_OK;
    return code || !checkpoints ? code : caviar_trial_keeps(trial, steps, count);
}

static cav_exit report(const cav_arguments *arguments, caviar_trial *trial, int64_t step,
                       const cav_cli_metrics *metrics)
{
    caviar_verdict verdict;
    if (say_what_it_can(arguments, trial) ||
        caviar_trial_report(trial, step, metrics->items, metrics->count, &verdict))
        return cav_complain(&trial->error);
    print_answer(arguments, trial, verdict);
    bool ends = verdict == CAVIAR_VERDICT_STOP || verdict == CAVIAR_VERDICT_PAUSE;
    return ends ? CAV_EXIT_STOP : CAV_EXIT_OK;
}

static cav_exit report_to_socket(const cav_arguments *arguments, const char *socket, int64_t step,
                                 const cav_cli_metrics *metrics)
{
    caviar_trial *trial;
    cav_exit status = CAV_EXIT_FAILURE;
    if (!caviar_trial_join(socket, &trial))
        status = report(arguments, trial, step, metrics);
    else if (trial)
        status = cav_complain(&trial->error);
    caviar_trial_free(trial);
    return status;
}

static cav_exit report_to_store(const cav_arguments *arguments, const cav_cli_trial *named,
                                int64_t step, const cav_cli_metrics *metrics)
{
    cav_error error = {0};
    cav_study *study;
    caviar_trial *trial;
    int64_t lease_ms;
    if (cav_cli_lease(arguments, &lease_ms, &error))
        return cav_complain_usage(arguments, &error);
    if (cav_cli_open_detached(arguments, lease_ms, &study, &error))
        return cav_complain(&error);
    cav_exit status = CAV_EXIT_FAILURE;
    if (cav_cli_adopt(study, named, &trial, &error)) {
        status = cav_complain(&error);
    } else {
        status = report(arguments, trial, step, metrics);
        if (!trial->is_stopped && !trial->is_paused) // else this is its end
            trial->link = NULL;                      // it stays out
        caviar_trial_free(trial);
    }
    cav_study_close(study);
    return status;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_cli_metrics metrics;
    cav_cli_trial named;
    int64_t step = -1;
    const char *given = cav_flag_get(arguments, "trial"), *socket = getenv("CAVIAR_SOCKET");
    caviar_code code = cav_flag_int(arguments, "step", 0, INT64_C(1) << 53, &step, &error);
    if (!code && step < 0)
        code = cav_fail(&error, CAVIAR_INVALID, "--step is needed: the epoch, say");
    if (!code && given)
        code = cav_cli_trial_read(given, &named, &error);
    if (!code)
        code = cav_cli_metrics_read(arguments, 0, &metrics, &error);
    if (!code && !given && !socket)
        code =
            cav_fail(&error, CAVIAR_INVALID,
                     "which trial? this process is none that 'caviar run' started; say --trial N");
    if (code)
        return cav_complain_usage(arguments, &error);
    return given ? report_to_store(arguments, &named, step, &metrics)
                 : report_to_socket(arguments, socket, step, &metrics);
}

const cav_verb cav_verb_report = {
    .name = "report",
    .group = "From other programs",
    .summary = "report a value at a step, and learn what to do next",
    .operands = "NAME=VALUE...",
    .description =
        "Reports values of a running trial, from a program that 'caviar run' started or for a "
        "trial that 'caviar ask' handed out. Prints 'continue' or 'stop', or the parameters that "
        "were changed in the meantime ('caviar nudge'), NAME=VALUE, one a line. After 'caviar "
        "rollback' the first line is 'restore STEP': go back to the checkpoint of that step. Exits "
        "with 0, or with 3 when the trial is to end now.\n\n"
        "Only a program that says so is asked to restore: with --can changes,restore in any "
        "report, "
        "and with --checkpoints where it does not keep them all.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .least = 1,
    .most = CAV_CLI_METRICS,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
