/**
 * panda.h: one run, nursed by the tuner: what to do next, from its curve and what was done so far.
 *
 * It is a sequence of experiments. When the curve slows down, or falls so evenly that it could fall
 * faster, or has turned round, one live parameter is nudged. What the curve would do without that
 * is predicted by the model of learning curves (surrogate/curve_model.h), from the steps before it
 * alone. A window later the two are compared: if the curve beats its own prediction the nudge is
 * kept, which is said by giving the same value again, with the reason; if it does not, the run goes
 * back to the checkpoint before the nudge.
 *
 * All is a function of the history: what is open, what failed and what succeeded is read from the
 * trial's nudges, so another process goes on where one died.
 */
#ifndef CAV_INSIGHT_PANDA_H
#define CAV_INSIGHT_PANDA_H

#include "base/options.h"
#include "space/space.h"
#include "trial/history.h"

/** Who gives these nudges. */
#define CAV_PANDA_AUTHOR "panda"

typedef struct cav_panda cav_panda;

typedef struct cav_panda_setup {
    const cav_space *space; // outlives it
    int64_t step_max;       // how far a trial goes: must be known
} cav_panda_setup;

enum { CAV_PANDA_NOTE_SIZE = 200 };

/** What is to be done with the trial now. Pointers are valid until the next call. */
typedef struct cav_panda_advice {
    int64_t back; // to the checkpoint of this step first; -1: no
    const double
        *changes; // [space->count] then these values, NaN where nothing changes; NULL: none
    char note[CAV_PANDA_NOTE_SIZE]; // why
} cav_panda_advice;

/** The names, defaults and meanings of the options of `panda: {type: auto, …}`. */
extern const cav_option cav_panda_options[];
extern const size_t cav_panda_option_count;

/** CAVIAR_INVALID for an option out of range, or where nobody says how far a trial goes. */
caviar_code cav_panda_open(const cav_panda_setup *setup, const cav_option_value *given,
                           size_t given_count, cav_panda **ret_panda, cav_error *error);
void cav_panda_close(cav_panda *panda);

/** Looks at a trial that has just reported. Fails only for want of memory. */
caviar_code cav_panda_think(cav_panda *panda, const cav_history *history, size_t number,
                            cav_panda_advice *ret_advice, cav_error *error);

#endif
