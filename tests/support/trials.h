/**
 * trials.h: a space and its trials, without a study around them.
 */
#ifndef CAV_TESTS_SUPPORT_TRIALS_H
#define CAV_TESTS_SUPPORT_TRIALS_H

#include "base/random.h"
#include "space/space.h"
#include "trial/history.h"

enum { TRIALS_MOST_PARAMETERS = 12 };

typedef struct trials {
    cav_space *space;
    bool maximize[2];
    cav_history *history;
    cav_random random;
} trials;

/** The value of a configuration; may draw. */
typedef double trials_value(const double *raw, cav_random *random);

void trials_init(trials *at, const caviar_parameter *parameters, size_t count, uint64_t seed);

/** So many floats x0, x1, … in [0, 1]. */
void trials_init_floats(trials *at, size_t count, uint64_t seed);
void trials_free(trials *at);

/** Adds a trial to a history, at a point that need not belong to a space. */
void trials_put_at(cav_history *history, const double *raw, const double *point, double value,
                   caviar_state state);

/** Adds a trial. */
void trials_put(trials *at, const double *raw, double value, caviar_state state);

/** A configuration drawn evenly from the unit cube. */
void trials_draw(trials *at, double *ret_raw);

/** Adds `count` complete trials that are drawn evenly. */
void trials_fill(trials *at, size_t count, trials_value *value);

#endif
