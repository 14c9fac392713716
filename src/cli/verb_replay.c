/**
 * verb_replay.c: caviar replay: run a nudged trial once more, with its nudges as a schedule.
 */
#include "base/file.h"
#include "base/json.h"
#include "cli/nudging.h"
#include "cli/print.h"
#include "config/schedule.h"
#include "study/derive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST_FILE = 16 << 20 };

static const cav_flag flags[] = {
    {0, "schedule", "FILE", "follow this schedule in place of the trial's own"},
    {0, "own-seed", NULL, "draw a new seed: does the schedule serve another run as well?"},
    CAV_NOTE_FLAG,
    {0, "force", NULL, "let values of the file leave the space"},
};

static const cav_example examples[] = {
    {"caviar replay 7 && caviar resume", "run trial 7 once more, each nudge at its step"},
    {"caviar show 7 --schedule > plan.yaml", "the schedule as a file, to be edited"},
    {"caviar replay 7 --schedule plan.yaml --own-seed", "and followed"},
};

static caviar_code read_schedule(const char *path, const cav_space *space, cav_schedule *schedule,
                                 cav_error *error)
{
    cav_text text = {0};
    caviar_code code = cav_file_read(path, LARGEST_FILE, &text, error);
    if (!code)
        code = cav_schedule_parse(path, cav_text_get(&text), text.size, space, schedule, error);
    cav_text_free(&text);
    return code;
}

// What the file does not say is as the trial had it.
static void fill_start(const cav_study *study, int64_t parent, cav_schedule *schedule)
{
    size_t count = study->spec->space->count;
    for (size_t i = 0; schedule->start && i < count; i++)
        if (isnan(schedule->start[i]))
            schedule->start[i] = study->history->raw[(size_t)parent * count + i];
}

static caviar_code make(cav_study *study, cav_derivation *how, const cav_schedule *schedule,
                        int64_t *ret_number, cav_error *error)
{
    cav_planned *plan = calloc(schedule->count + 1, sizeof *plan);
    if (!plan)
        return cav_fail_memory(error);
    for (size_t i = 0; i < schedule->count; i++)
        plan[i] = (cav_planned){.step = schedule->entries[i].step, .raw = schedule->entries[i].raw};
    how->start = schedule->start;
    how->plan = plan;
    how->plan_count = schedule->count;
    how->has_plan = schedule->arena != NULL;
    caviar_code code = cav_study_derive(study, how, ret_number, error);
    free(plan);
    return code;
}

static caviar_code print_result(const cav_arguments *arguments, int64_t parent, int64_t number,
                                cav_error *error)
{
    cav_text text = {0};
    if (cav_flag_is_on(arguments, "json"))
        cav_text_appendf(&text, "{\"id\":%lld,\"parent\":%lld}", (long long)number,
                         (long long)parent);
    else
        cav_text_appendf(&text, "trial %lld replays trial %lld; it waits to be run",
                         (long long)number, (long long)parent);
    return cav_print_json(&text, error);
}

static caviar_code replay(const cav_arguments *arguments, cav_study *study, int64_t parent,
                          cav_error *error)
{
    char author[CAV_AUTHOR_SIZE];
    const char *path = cav_flag_get(arguments, "schedule");
    cav_schedule schedule = {0};
    int64_t number;
    cav_derivation how = {.parent = parent,
                          .step = -1,
                          .has_own_seed = cav_flag_is_on(arguments, "own-seed"),
                          .force = cav_flag_is_on(arguments, "force"),
                          .author = author,
                          .note = cav_flag_get(arguments, "note")};
    cav_author_name(author);
    caviar_code code = CAVIAR_OK;
    if ((size_t)parent >= study->history->count)
        code = cav_fail(error, CAVIAR_NOT_FOUND, "study '%s' has no trial %lld (it has %zu)",
                        study->spec->study, (long long)parent, study->history->count);
    if (!code && path)
        code = read_schedule(path, study->spec->space, &schedule, error);
    if (!code) {
        fill_start(study, parent, &schedule);
        code = make(study, &how, &schedule, &number, error);
    }
    cav_schedule_free(&schedule);
    return code ? code : print_result(arguments, parent, number, error);
}

static cav_exit run(const cav_arguments *arguments)
{
    return cav_cli_with_trial(arguments, false, replay);
}

const cav_verb cav_verb_replay = {
    .name = "replay",
    .group = "Nurse one trial",
    .summary = "run a nudged trial once more, its nudges as a schedule",
    .operands = "TRIAL",
    .description =
        "Makes a new trial with the parameters and the seed of another one, which gets each of its "
        "nudges with the report of the same step: nudges that a rollback took back are left out. "
        "With caviar-train on one thread it comes out the same to the last bit. Any program that "
        "hears its answers can be replayed, however it is written. It waits, is run before "
        "anything that the sampler suggests, and no scheduler ends it.\n\n"
        "'caviar show TRIAL --schedule' prints the schedule as a file that can be edited, "
        "'start: {lr: 0.1}' and 'schedule: {5: {lr: 0.03}}'; --schedule follows it.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .least = 1,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
