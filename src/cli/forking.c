/**
 * forking.c: the files of a fork are copied beside the folders of the trials, and renamed to be
 * the new trial's while it is made.
 */
#include "cli/forking.h"

#include "base/file.h"
#include "cli/nudging.h"
#include "run/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Where the copy is, and where it goes.
typedef struct files {
    char *study_folder;
    cav_text from, copy;
} files;

static caviar_code place(void *context, int64_t number, bool back, cav_error *error)
{
    files *at = context;
    cav_text folder = {0};
    cav_folder_of_trial(at->study_folder, number, &folder);
    caviar_code code = CAVIAR_OK;
    if (folder.failed)
        code = cav_fail_memory(error);
    else if (rename(back ? folder.data : at->copy.data, back ? at->copy.data : folder.data))
        code = cav_fail_errno(error, errno, "cannot put the files of trial %lld in place at %s",
                              (long long)number, folder.data);
    cav_text_free(&folder);
    return code;
}

static caviar_code copy_files(const cav_fork *fork, files *at, cav_error *error)
{
    at->study_folder = cav_folder_of_study(fork->location, fork->study->spec->study, error);
    if (!at->study_folder)
        return error ? error->code : CAVIAR_IO;
    cav_folder_of_trial(at->study_folder, fork->parent, &at->from);
    cav_text_appendf(&at->copy, "%s/.fork-%ld", at->study_folder, (long)getpid());
    if (at->from.failed || at->copy.failed)
        return cav_fail_memory(error);
    caviar_code code = cav_folder_remove(at->copy.data, error); // of a process that died
    return code ? code : cav_folder_copy(at->from.data, at->copy.data, error);
}

caviar_code cav_cli_fork(const cav_fork *fork, int64_t *ret_number, cav_error *error)
{
    files at = {0};
    char author[CAV_CLI_AUTHOR_SIZE];
    cav_cli_author(author);
    cav_derivation how = {.parent = fork->parent,
                          .step = fork->step,
                          .changes = fork->changes,
                          .force = fork->force,
                          .author = author,
                          .note = fork->note,
                          .place = place,
                          .context = &at};
    caviar_code code = copy_files(fork, &at, error);
    if (!code)
        code = cav_study_derive(fork->study, &how, ret_number, error);
    if (code && at.copy.data)
        cav_folder_remove(at.copy.data, NULL);
    free(at.study_folder);
    cav_text_free(&at.from);
    cav_text_free(&at.copy);
    return code;
}
