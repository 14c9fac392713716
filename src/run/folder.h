/**
 * folder.h: where trials keep their files.
 *
 * Beside the store caviar.db stands caviar.trials/STUDY/NUMBER/, with params.json, output.log and
 * whatever the program itself puts there (CAVIAR_DIR).
 */
#ifndef CAV_RUN_FOLDER_H
#define CAV_RUN_FOLDER_H

#include "study/study.h"

/**
 * The folder of a study's trials, as an absolute path for `free`; NULL on failure. `location` is a
 * store's, or a folder with a slash behind it, in which the study then has its own. For a store on
 * a server it is caviar.trials in the working folder.
 */
char *cav_folder_of_study(const char *location, const char *study, cav_error *error);

/** The folder of one trial, "…/STUDY/7". */
void cav_folder_of_trial(const char *study_folder, int64_t number, cav_text *path);

/** Makes a trial's folder and writes params.json into it. */
caviar_code cav_folder_prepare(const char *folder, const caviar_trial *trial, cav_error *error);

/**
 * Copies what a program keeps in a trial's folder to a new one: files and folders, but not what
 * Caviar itself puts there. Symbolic links are not followed, and left out.
 */
caviar_code cav_folder_copy(const char *from, const char *to, cav_error *error);

/** Appends a trial's parameters as a JSON object, inactive ones left out. */
void cav_trial_write_config(const caviar_trial *trial, cav_json *json);

#endif
