/**
 * forking.c: a fork with its files.
 */
#include "run/forking.h"

#include "run/folder.h"
#include "run/fork_files.h"

#include <stdlib.h>

caviar_code cav_fork_make(const cav_fork *fork, int64_t *ret_number, cav_error *error)
{
    char *folder = cav_folder_of_study(fork->location, fork->study->spec->study, error);
    if (!folder)
        return error ? error->code : CAVIAR_IO;
    cav_fork_files files = {.study_folder = folder};
    cav_derivation how = {.parent = fork->parent,
                          .step = fork->step,
                          .changes = fork->changes,
                          .force = fork->force,
                          .author = fork->author,
                          .note = fork->note,
                          .place = cav_fork_files_place,
                          .context = &files};
    caviar_code code = cav_fork_files_stage(&files, fork->parent, error);
    if (!code)
        code = cav_study_derive(fork->study, &how, ret_number, error);
    cav_fork_files_drop(&files);
    free(folder);
    return code;
}
