/**
 * verb_update.c: caviar update: change a study in its middle.
 */
#include "base/memory.h"
#include "cli/changing.h"
#include "cli/running.h"
#include "run/author.h"

#include <string.h>

static const cav_flag flags[] = {
    {0, "fix", "NAME=VALUE", "hold a parameter at a value; may be repeated"},
    {0, "drop", "NAME=CHOICE", "have a choice not tried any more; may be repeated"},
    {0, "constrain", "EXPRESSION", "another constraint; may be repeated"},
    {'n', "trials", "N", "how many trials in all; +N: so many more than there are"},
    {'j', "parallel", "N", "trials at a time"},
    {'t', "time", "TIME", "stop starting trials after this time: 90s, 30m, 2h"},
    {0, "sampler", "NAME", "how to search: see 'caviar help samplers'"},
    {0, "scheduler", "NAME", "what stops trials early: see 'caviar help schedulers'"},
    {0, "retry", "N", "run a failed trial so many times again"},
    {0, "timeout", "TIME", "kill a trial that runs longer"},
    {0, "durability", "WORD", "full: a result is on disk before it counts; normal"},
    {0, "note", "TEXT", "why; it is kept with the study"},
    {0, "dry-run", NULL, "only say what would be changed"},
};

static const cav_example examples[] = {
    {"caviar update lr.high=1 --note 'the best lay at the edge'", "grow a range, and say why"},
    {"caviar update mnist lr.scale=log momentum.low=0.8", "another scale, and another range"},
    {"caviar update 'lr=log 1e-6 1'", "a parameter's whole definition"},
    {"caviar update --fix momentum=0.9 --drop act=tanh", "vary one parameter less, and a choice"},
    {"caviar update -n +100 -j 8 --sampler gp", "more trials, more at a time, another sampler"},
};

static caviar_code update(const cav_arguments *arguments, cav_study *study, size_t first,
                          cav_error *error)
{
    char author[CAV_AUTHOR_SIZE];
    cav_spec *spec;
    cav_text what = {0};
    cav_update_options options = {.author = author,
                                  .note = cav_flag_get(arguments, "note"),
                                  .dry = cav_flag_is_on(arguments, "dry-run")};
    cav_author_name(author);
    caviar_code code = cav_cli_spec_change(arguments, first, study, &spec, error);
    if (code)
        return code;
    code = cav_cli_add_trials(arguments, study, spec, error);
    if (code)
        cav_spec_free(spec);
    else
        code = cav_study_update(study, spec, &options, &what, error);
    if (!code)
        code = cav_cli_print_what(arguments, study, &what, options.dry, error);
    cav_text_free(&what);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    bool is_named = arguments->operand_count > 0 && !strchr(arguments->operands[0], '=');
    const char *name = is_named ? arguments->operands[0] : NULL;
    if (cav_cli_open(arguments, name, false, &study, &error))
        return cav_complain(&error);
    caviar_code code = update(arguments, study, is_named, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_update = {
    .name = "update",
    .group = "Keep",
    .summary = "change a study in its middle: ranges, scales, budget, sampler",
    .operands = "[STUDY] [NAME.KEY=VALUE...]",
    .description =
        "Changes the definition of a study that has trials already, also while it runs: whoever "
        "runs it follows at the next trial that is started. KEY is a key of a parameter in a study "
        "file (low, high, limits, scale, step, special, choices, default, prior, tier, live), "
        "VALUE what would stand there.\n\n"
        "Trials keep their values and their results. Those that lie in the space as it is then are "
        "learnt from as before; the others stay, are shown, and may be the best, but samplers do "
        "not see them. Of a parameter that is fixed, trials with other values still count for the "
        "other parameters. What waits or runs already goes on with the values that it has.\n\n"
        "What would make the values of trials another thing is refused: another command, metric, "
        "number of steps; so is adding or removing a parameter, its type or its condition. A "
        "choice is added behind the others; --drop excludes one by a constraint.\n\n"
        "When, by whom, why and what is kept with the study: 'caviar show' lists it. 'caviar "
        "advise --apply' changes what the trials speak for.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .most = 64,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
