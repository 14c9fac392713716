/**
 * transfer.h: how well what an earlier study has shown holds in this one.
 */
#ifndef CAV_INSIGHT_TRANSFER_H
#define CAV_INSIGHT_TRANSFER_H

#include "base/error.h"
#include "base/json.h"
#include "space/space.h"
#include "trial/history.h"

/** A study to be looked at, in one metric. */
typedef struct cav_transfer_side {
    const cav_space *space;
    const cav_history *history;
    size_t metric;
} cav_transfer_side;

typedef enum cav_transfer_verdict {
    CAV_TRANSFER_HOLDS,   // the interval of the correlation lies above 0.3
    CAV_TRANSFER_PARTLY,  // above 0
    CAV_TRANSFER_UNCLEAR, // from 0 or less to 0.3 or more
    CAV_TRANSFER_FAILS,   // from 0 or less to less than 0.3
} cav_transfer_verdict;

typedef struct cav_transfer {
    size_t shared_count;    // parameters of the same name and type
    size_t here_count;      // trials of this study that were predicted
    double correlation;     // of ranks: losses here, and what the earlier study says of them
    double low, high;       // 90 % interval, by bootstrap over the trials
    double explained_there; // what the model of the earlier study explains of that one, out of bag
    double best_place;      // share of the trials here that are better than what is expected here
                            // of the earlier study's best; NaN where this study's model is too weak
    cav_transfer_verdict verdict;
} cav_transfer;

/**
 * Compares. CAVIAR_NOT_FOUND with a sentence where the studies share no parameter, either has too
 * few complete trials, or the earlier one's model explains too little to predict anything.
 */
caviar_code cav_transfer_measure(const cav_transfer_side *here, const cav_transfer_side *there,
                                 uint64_t seed, cav_transfer *ret_transfer, cav_error *error);

/** Appends it as sentences, a line each. */
void cav_transfer_describe(const cav_transfer *transfer, const char *name, cav_text *text);

/** Writes it as an object. */
void cav_transfer_write(const cav_transfer *transfer, const char *name, cav_json *json);

#endif
