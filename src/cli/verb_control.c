/**
 * verb_control.c: caviar pause and caviar stop, which tell whoever runs a study what to do.
 */
#include "cli/launching.h"

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

static cav_exit run_pause(const cav_arguments *arguments)
{
    return set_control(arguments, CAV_CONTROL_PAUSE);
}

static cav_exit run_stop(const cav_arguments *arguments)
{
    return set_control(arguments,
                       cav_flag_is_on(arguments, "now") ? CAV_CONTROL_CANCEL : CAV_CONTROL_STOP);
}

static const cav_example pause_examples[] = {
    {"caviar pause mnist", "start nothing new, in whatever process runs the study"},
    {"caviar resume mnist --only", "let it go on there"},
};

const cav_verb cav_verb_pause = {
    .name = "pause",
    .group = "Run",
    .summary = "start no new trials, until resumed",
    .operands = "[STUDY]",
    .description =
        "Tells the processes that run a study to start nothing new. Running trials go on "
        "to their end; the processes wait. 'caviar resume' ends the pause.",
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = pause_examples,
    .example_count = CAV_COUNT_OF(pause_examples),
    .run = run_pause,
};

static const cav_flag stop_flags[] = {
    {0, "now", NULL, "kill the running trials, and put them back to be run again"},
};

static const cav_example stop_examples[] = {
    {"caviar stop mnist", "let the running trials finish, then end"},
    {"caviar stop mnist --now", "end at once; what was running is put back"},
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
        "run; no others.",
    .flags = stop_flags,
    .flag_count = CAV_COUNT_OF(stop_flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = stop_examples,
    .example_count = CAV_COUNT_OF(stop_examples),
    .run = run_stop,
};
