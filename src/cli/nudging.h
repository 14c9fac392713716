/**
 * nudging.h: what the verbs of one running trial share: reading changes, telling what was done.
 */
#ifndef CAV_CLI_NUDGING_H
#define CAV_CLI_NUDGING_H

#include "cli/open.h"
#include "run/author.h"

/**
 * Reads operands from `first` on, lr=0.003, lr=x0.5 or momentum=+0.01, as changes of the values
 * `now` [space->count] into ret_raw [space->count], NaN where nothing changes.
 */
caviar_code cav_cli_changes_read(const cav_arguments *arguments, size_t first,
                                 const cav_space *space, const double *now, double *ret_raw,
                                 cav_error *error);

/** Appends "lr 0.01 -> 0.003, momentum 0.9 -> 0.95". */
void cav_cli_changes_print(const cav_space *space, const double *before, const double *changes,
                           cav_text *text);

/** When a running trial will hear of it: "at its next report (the last was step 12)". */
void cav_cli_when_print(const cav_study *study, int64_t number, cav_text *text);

/** Prints the nudges of a trial, one a line; nothing where there are none. */
void cav_cli_nudges_print(const cav_study *study, int64_t number);

/** Writes them as a list, the value of a key that was written. */
void cav_cli_nudges_write(const cav_study *study, int64_t number, cav_json *json);

/** Prints the schedule of a trial as a file that `caviar replay` reads. */
caviar_code cav_cli_schedule_print(const cav_study *study, int64_t number, cav_error *error);

/**
 * The work of a verb whose flag --trial is given: wishes it of that trial of the study that the
 * first operand names, and says so; `kind` is what it is kept as.
 */
cav_exit cav_cli_wish_of_trial(const cav_arguments *arguments, cav_study_wish *wish,
                               cav_nudge_kind kind);

/** Appends a line for each of the first trials that somebody has paused: how it goes on. */
void cav_cli_held_print(const cav_study *study, cav_text *text);

/** The flag that says why; and the author with it. */
#define CAV_NOTE_FLAG                                                                              \
    {                                                                                              \
        0, "note", "TEXT", "why; it is kept with the trial"                                        \
    }

#endif
