/**
 * best.h: the best report of a training, the network as it was then, and when to give up.
 */
#ifndef TRAIN_BEST_H
#define TRAIN_BEST_H

#include "trainer/network.h"

/** What a report is judged by: the error first, and the loss among equals. */
typedef struct score {
    double error; // share of errors; of a quantity its loss
    double loss;
} score;

/** The reports so far. */
typedef struct gains {
    uint64_t step;      // of the best report; 0: none so far
    score score;        // of it
    score least;        // the least error and the least loss of any report
    uint64_t last_gain; // the last report with a smaller error or a smaller loss than any before
} gains;

typedef struct best {
    gains gains;
    real *parameters; // [parameter_count] of the network at the best report
    real *running;    // [running_count]
    void *memory;     // that both lie in
} best;

/** No report so far; patience begins at a step. */
gains gains_from(uint64_t step);

caviar_code best_new(const network *net, best **ret_best, train_error *error);
void best_free(best *at);

/** Takes a report into account; keeps the network where it is the best so far. */
void best_take(best *at, const network *net, uint64_t step, score report);

/** True when `patience` reports in a row, up to `step`, brought nothing better. */
bool best_is_over(const best *at, uint64_t step, uint64_t patience);

/** Gives the network the parameters of the best report, where there is one. */
void best_restore(const best *at, network *net);

#endif
