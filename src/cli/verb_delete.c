/**
 * verb_delete.c: caviar delete
 */
#include "cli/open.h"

#include "base/file.h"
#include "run/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cav_flag flags[] = {
    {'y', "yes", NULL, "do not ask"},
    {0, "keep-files", NULL, "leave the folders of the trials"},
    {0, "force", NULL, "even if trials are running; their results will be refused"},
};

static const cav_example examples[] = {
    {"caviar delete mnist", "after a question, the study is gone, with its trials and their files"},
};

static bool confirm(const cav_study *study, const char *folder)
{
    char answer[16];
    if (!isatty(STDIN_FILENO))
        return false;
    printf("Delete study '%s' with %zu trials%s%s? [y/N] ", study->spec->study,
           study->history->count, folder ? ", and the folder " : "", folder ? folder : "");
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static size_t count_running(const cav_study *study)
{
    size_t running = 0;
    for (size_t i = 0; i < study->history->open_count; i++)
        running += study->history->states[study->history->open[i]] == CAVIAR_STATE_RUNNING;
    return running;
}

static caviar_code delete_study(const cav_arguments *arguments, cav_study *study,
                                const char *folder, cav_error *error)
{
    size_t running = count_running(study);
    if (running > 0 && !cav_flag_is_on(arguments, "force"))
        return cav_fail(error, CAVIAR_STATE,
                        "%zu trial%s of study '%s' %s running; 'caviar stop' it first, or --force",
                        running, running == 1 ? "" : "s", study->spec->study,
                        running == 1 ? "is" : "are");
    if (!cav_flag_is_on(arguments, "yes") && !confirm(study, folder))
        return cav_fail(error, CAVIAR_INTERRUPTED, "nothing was deleted; --yes does it unasked");
    caviar_code code = study->store->type->study_remove(study->store, study->id, error);
    if (!code && folder)
        code = cav_folder_remove(folder, error);
    if (!code && cav_flag_is_on(arguments, "json"))
        printf("{\"deleted\":\"%s\"}\n", study->spec->study);
    else if (!code)
        printf("deleted %s\n", study->spec->study);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    char room[CAV_CLI_PATH_SIZE];
    const char *name = arguments->operand_count > 0 ? arguments->operands[0] : NULL;
    if (cav_cli_open(arguments, name, false, &study, &error))
        return cav_complain(&error);
    char *folder = NULL;
    if (!cav_flag_is_on(arguments, "keep-files"))
        folder = cav_folder_of_study(cav_cli_place(arguments, room), study->spec->study, &error);
    caviar_code code = delete_study(arguments, study, folder, &error);
    free(folder);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_delete = {
    .name = "delete",
    .group = "Keep",
    .summary = "delete a study with all its trials",
    .operands = "[STUDY]",
    .description = "Deletes a study from the store, and the folders of its trials. There is no way "
                   "back: 'caviar export --format json' keeps a copy.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
