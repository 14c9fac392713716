/**
 * protocol.h: the trial protocol: JSON lines that ask, report and tell (docs/trial-protocol.md).
 *
 * One line in, one line out. The same messages come over a trial's socket and through
 * `caviar pipe`.
 */
#ifndef CAV_RUN_PROTOCOL_H
#define CAV_RUN_PROTOCOL_H

#include "base/json.h"
#include "trial/handle.h"
#include "trial/history.h"

enum { CAV_PROTOCOL_VERSION = 1, CAV_PROTOCOL_LINE = 1 << 20 };

/** What the tuner says about a trial to the program that runs it. */
typedef struct cav_welcome {
    const char *study, *metric, *folder;
} cav_welcome;

/** Writes {"error":"…","code":"stale"}. */
void cav_protocol_write_error(const cav_error *error, cav_text *answer);

/** Writes the answer to hello. */
void cav_protocol_write_welcome(const caviar_trial *trial, const cav_welcome *welcome,
                                cav_text *answer);

/**
 * Takes what a message says of its program: "can":["changes","restore"], and, with a report,
 * "checkpoints":[3,4,5]. CAVIAR_INVALID for anything else under these keys.
 */
caviar_code cav_protocol_take_abilities(caviar_trial *trial, const json_t *message,
                                        cav_error *error);

/**
 * Writes how a trial begins, into an object that has been begun: "from", the trial that its
 * checkpoint is of, "seed" and the schedule that it follows.
 */
void cav_protocol_write_start(const cav_history *history, const caviar_trial *trial,
                              cav_json *json);

/** Writes the changes of the last report, as an object. */
void cav_protocol_write_changes(const caviar_trial *trial, cav_json *json);

/**
 * Carries out a report or a tell, {"cmd":"report","step":3,"value":0.2}, on its trial, and writes
 * the answer. The values stand in "value" (the study's first metric), "values" (all of them, in
 * order) or "metrics" (by name); "nan", "inf" and "-inf" are words for what JSON has no number
 * for. What is wrong is in the answer, too. The verdict, which may be NULL, is CONTINUE where there
 * is none.
 */
caviar_code cav_protocol_report(caviar_trial *trial, const char *const *metric_names,
                                size_t metric_count, const json_t *message, cav_text *answer,
                                caviar_verdict *ret_verdict);
void cav_protocol_tell(caviar_trial *trial, const char *const *metric_names, size_t metric_count,
                       const json_t *message, cav_text *answer);

#endif
