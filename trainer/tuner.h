/**
 * tuner.h: whom the training reports to: the tuner that started the program, by way of caviar.h,
 * or else whoever reads the standard output.
 */
#ifndef TRAIN_TUNER_H
#define TRAIN_TUNER_H

#include "trainer/error.h"
#include "trainer/hyper.h"

typedef struct tuner {
    caviar_trial *trial; // NULL where nobody started the program
} tuner;

/** Joins the trial that this process is where the environment has CAVIAR_SOCKET. */
caviar_code tuner_join(tuner *ret_tuner, train_error *error);
void tuner_leave(tuner *at);

/** The last step that a tuner already has from this trial; UINT64_MAX without one. */
uint64_t tuner_first_step(const tuner *at);

/**
 * Reports metrics at a step: to the tuner, whose verdict is returned, or as a line on standard
 * output. Fails with CAVIAR_STALE when the trial was handed to somebody else, CAVIAR_IO.
 */
caviar_code tuner_report(tuner *at, uint64_t step, const caviar_metric *metrics, size_t count,
                         caviar_verdict *ret_verdict, train_error *error);

/** Tells the tuner that this program takes changes, and, where it has checkpoints, goes back. */
caviar_code tuner_introduce(tuner *at, bool restores, train_error *error);

/** Tells the tuner with the next report which steps have a checkpoint, in ascending order. */
caviar_code tuner_keep(tuner *at, const int64_t *steps, size_t count, train_error *error);

/**
 * Tells the result, where it is another than the last report: to the tuner, or as a line without a
 * step. CAVIAR_STALE, CAVIAR_IO as above.
 */
caviar_code tuner_tell(tuner *at, const caviar_metric *metrics, size_t count, train_error *error);

/** Takes over what the last report's answer changed, and says so on standard error. */
void tuner_take_changes(tuner *at, hyper *now);

/** Takes over what was changed at a step that the tuner has already and that is not reported. */
void tuner_pass(tuner *at, uint64_t step, hyper *now);

#endif
