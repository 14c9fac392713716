/**
 * verb_control.c: caviar pause and caviar stop, which tell whoever runs a study, or one trial of
 * it, what to do.
 */
#include "cli/launching.h"
#include "cli/nudging.h"

#include <stdio.h>

static cav_exit set_control(const cav_arguments *arguments, cav_control control)
{
    cav_error error = {0};
    cav_study *study;
    const char *name = arguments->operand_count > 0 ? arguments->operands[0] : NULL;
    if (cav_cli_open(arguments, name, false, &study, &error))
        return cav_complain(&error);
    size_t running = 0;
    for (size_t i = 0; i < study->history->open_count; i++)
        running += study->history->states[study->history->open[i]] == CAVIAR_STATE_RUNNING;
    caviar_code code =
        study->store->type->study_set(study->store, study->id, NULL, control, &error);
    if (!code && control != CAV_CONTROL_PAUSE)
        code = cav_cli_cancel_launched(arguments, study, control == CAV_CONTROL_CANCEL, &error);
    if (!code && cav_flag_is_on(arguments, "json"))
        printf("{\"study\":\"%s\",\"control\":\"%s\",\"running\":%zu}\n", study->spec->study,
               cav_control_name(control), running);
    else if (!code)
        printf("%s: %s; %zu trial%s running\n", study->spec->study, cav_control_name(control),
               running, running == 1 ? " is" : "s are");
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

static cav_exit complain_of_flag(const cav_arguments *arguments, const char *flag, bool goes)
{
    cav_error error = {0};
    cav_fail(&error, CAVIAR_INVALID, "--%s %s --trial", flag, goes ? "goes with" : "is not for");
    return cav_complain_usage(arguments, &error);
}

static cav_exit run_pause(const cav_arguments *arguments)
{
    if (cav_flag_get(arguments, "trial"))
        return cav_cli_wish_of_trial(arguments, cav_study_pause, CAV_NUDGE_PAUSE);
    if (cav_flag_get(arguments, "note"))
        return complain_of_flag(arguments, "note", true);
    return set_control(arguments, CAV_CONTROL_PAUSE);
}

static cav_exit run_stop(const cav_arguments *arguments)
{
    bool is_of_trial = cav_flag_get(arguments, "trial");
    if (is_of_trial && cav_flag_is_on(arguments, "now"))
        return complain_of_flag(arguments, "now", false);
    if (is_of_trial)
        return cav_cli_wish_of_trial(arguments, cav_study_stop, CAV_NUDGE_STOP);
    if (cav_flag_get(arguments, "note"))
        return complain_of_flag(arguments, "note", true);
    return set_control(arguments,
                       cav_flag_is_on(arguments, "now") ? CAV_CONTROL_CANCEL : CAV_CONTROL_STOP);
}

static const cav_flag pause_flags[] = {
    {0, "trial", "N", "pause this running trial, and nothing else"},
    CAV_NOTE_FLAG,
};

static const cav_example pause_examples[] = {
    {"caviar pause mnist", "start nothing new, in whatever process runs the study"},
    {"caviar resume mnist --only", "let it go on there"},
    {"caviar pause mnist --trial 7", "keep trial 7 for later, and run others meanwhile"},
    {"caviar resume mnist --trial 7", "go on with it, from where it stands"},
};

const cav_verb cav_verb_pause = {
    .name = "pause",
    .group = "Run",
    .summary = "start no new trials, until resumed",
    .operands = "[STUDY]",
    .description =
        "Tells the processes that run a study to start nothing new. Running trials go on "
        "to their end; the processes wait. 'caviar resume' ends the pause.\n\n"
        "With --trial, one running trial is paused instead: with its next report it is told to "
        "save a checkpoint and end, and others run in its place. It stays paused, whatever the "
        "scheduler thinks and also when the budget is spent, until 'caviar resume --trial' has it "
        "go on from there. Its program must hear its answers, as for 'caviar nudge'; one that "
        "keeps no checkpoints begins again.",
    .flags = pause_flags,
    .flag_count = CAV_COUNT_OF(pause_flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = pause_examples,
    .example_count = CAV_COUNT_OF(pause_examples),
    .run = run_pause,
};

static const cav_flag stop_flags[] = {
    {0, "now", NULL, "kill the running trials, and put them back to be run again"},
    {0, "trial", "N", "end this running trial, and nothing else"},
    CAV_NOTE_FLAG,
};

static const cav_example stop_examples[] = {
    {"caviar stop mnist", "let the running trials finish, then end"},
    {"caviar stop mnist --now", "end at once; what was running is put back"},
    {"caviar stop mnist --trial 7", "end trial 7 early; what it has reported is kept"},
};

const cav_verb cav_verb_stop = {
    .name = "stop",
    .group = "Run",
    .summary = "end the processes that run a study",
    .operands = "[STUDY]",
    .description =
        "Tells the processes that run a study to let the running trials finish, and then "
        "to end. The study stays in the store; 'caviar resume' goes on with it. Jobs that 'caviar "
        "run --on' submitted for it are cancelled: those that wait, and with --now those that "
        "run; no others.\n\n"
        "With --trial, one running trial ends at its next report, as if a scheduler had stopped "
        "it.",
    .flags = stop_flags,
    .flag_count = CAV_COUNT_OF(stop_flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = stop_examples,
    .example_count = CAV_COUNT_OF(stop_examples),
    .run = run_stop,
};
