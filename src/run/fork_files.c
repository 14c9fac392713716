/**
 * fork_files.c: copying aside, and putting in place by one rename.
 */
#include "run/fork_files.h"

#include "base/file.h"
#include "run/folder.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

caviar_code cav_fork_files_stage(void *context, int64_t parent, cav_error *error)
{
    cav_fork_files *files = context;
    cav_text from = {0};
    cav_text_clear(&files->copy);
    cav_folder_of_trial(files->study_folder, parent, &from);
    cav_text_appendf(&files->copy, "%s/.fork-%ld", files->study_folder, (long)getpid());
    caviar_code code = from.failed || files->copy.failed ? cav_fail_memory(error) : CAVIAR_OK;
    if (!code)
        code = cav_folder_remove(files->copy.data, error); // of a process that died
    if (!code)
        code = cav_folder_copy(from.data, files->copy.data, error);
    cav_text_free(&from);
    return code;
}

caviar_code cav_fork_files_place(void *context, int64_t number, bool back, cav_error *error)
{
    const cav_fork_files *files = context;
    cav_text folder = {0};
    cav_folder_of_trial(files->study_folder, number, &folder);
    caviar_code code = CAVIAR_OK;
    if (folder.failed)
        code = cav_fail_memory(error);
    else if (rename(back ? folder.data : files->copy.data, back ? files->copy.data : folder.data))
        code = cav_fail_errno(error, errno, "cannot put the files of trial %lld in place at %s",
                              (long long)number, folder.data);
    cav_text_free(&folder);
    return code;
}

void cav_fork_files_drop(cav_fork_files *files)
{
    if (files->copy.data)
        cav_folder_remove(files->copy.data, NULL);
    cav_text_free(&files->copy);
}
