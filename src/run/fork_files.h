/**
 * fork_files.h: the files of a trial that goes on from another one's checkpoint: copied beside the
 * folders of the trials first, and renamed to be the new trial's while it is made.
 */
#ifndef CAV_RUN_FORK_FILES_H
#define CAV_RUN_FORK_FILES_H

#include "study/study.h"

/** Where the copy is, and where it goes. All zero but the folder to begin with. */
typedef struct cav_fork_files {
    const char *study_folder; // of the trials' folders
    cav_text copy;
} cav_fork_files;

/** Copies the files of a trial; the context is a cav_fork_files. See cav_trial_files. */
caviar_code cav_fork_files_stage(void *context, int64_t parent, cav_error *error);

/** Puts the copy in place as the folder of a trial; with `back`, takes it away again. */
caviar_code cav_fork_files_place(void *context, int64_t number, bool back, cav_error *error);

/** Removes a copy that was not put in place. */
void cav_fork_files_drop(cav_fork_files *files);

#endif
