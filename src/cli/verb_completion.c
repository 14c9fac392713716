/**
 * verb_completion.c: caviar completion
 */
#include "cli/completion.h"
#include "cli/open.h"

#include <stdio.h>
#include <string.h>

static const cav_example examples[] = {
    {"source <(caviar completion bash)", "in this shell; in ~/.bashrc in every one"},
    {"caviar completion zsh > ~/.zfunc/_caviar", "where a folder of your fpath is"},
    {"caviar completion fish > ~/.config/fish/completions/caviar.fish", "in every fish"},
};

static caviar_code print_name(void *context, const cav_study_row *row, cav_error *error)
{
    (void)context, (void)error;
    printf("%s\n", row->name);
    return CAVIAR_OK;
}

static caviar_code print_studies(const cav_arguments *arguments, cav_error *error)
{
    cav_store *store;
    cav_store_options options = {.location = cav_cli_store(arguments), .read_only = true};
    caviar_code code = cav_store_open(&options, &store, error);
    if (code)
        return code;
    code = store->type->study_read(store, NULL, print_name, NULL, error);
    cav_store_close(store);
    return code;
}

static caviar_code print_trials(const cav_arguments *arguments, cav_error *error)
{
    cav_study *study;
    caviar_code code = cav_cli_open(arguments, NULL, true, &study, error);
    if (code)
        return code;
    for (size_t i = study->history->count; i-- > 0;)
        printf("%zu\n", i);
    cav_study_close(study);
    return CAVIAR_OK;
}

static caviar_code print_script(void (*write)(cav_text *text), cav_error *error)
{
    cav_text text = {0};
    write(&text);
    caviar_code code = text.failed ? cav_fail_memory(error) : CAVIAR_OK;
    if (!code)
        fputs(cav_text_get(&text), stdout);
    cav_text_free(&text);
    return code;
}

static const struct shell {
    const char *name;
    void (*write)(cav_text *text);
} shells[] = {
    {"bash", cav_completion_write_bash},
    {"zsh", cav_completion_write_zsh},
    {"fish", cav_completion_write_fish},
};

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    const char *name = arguments->operands[0];
    void (*write)(cav_text * text) = NULL;
    for (size_t i = 0; i < CAV_COUNT_OF(shells); i++)
        if (strcmp(shells[i].name, name) == 0)
            write = shells[i].write;
    caviar_code code;
    if (write)
        code = print_script(write, &error);
    else if (strcmp(name, "studies") == 0)
        code = print_studies(arguments, &error);
    else if (strcmp(name, "trials") == 0)
        code = print_trials(arguments, &error);
    else {
        cav_fail(&error, CAVIAR_INVALID, "bash, zsh or fish is expected, not '%.40s'", name);
        return cav_complain_usage(arguments, &error);
    }
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_completion = {
    .name = "completion",
    .group = "Help",
    .summary = "print the script that completes words in a shell",
    .operands = "bash|zsh|fish",
    .description =
        "Prints a script by which bash, zsh or fish complete verbs, flags, samplers, schedulers, "
        "formats, files, and the names of studies and numbers of trials in the store. It is made "
        "from the same tables as this help. An installed caviar has its scripts installed as "
        "well, so that there is nothing to do.\n\n"
        "The scripts call 'caviar completion studies' and 'caviar completion trials', which print "
        "what is in a store.",
    .has_store = true,
    .least = 1,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
