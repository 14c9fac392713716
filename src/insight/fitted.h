/**
 * fitted.h: a forest that has learnt from the complete trials of a study, and how well it did.
 */
#ifndef CAV_INSIGHT_FITTED_H
#define CAV_INSIGHT_FITTED_H

#include "base/error.h"
#include "insight/cube.h"
#include "insight/importance.h"
#include "surrogate/forest.h"

typedef struct cav_fitted {
    cav_arena *arena;
    uint64_t seed;
    size_t trial_count;  // complete trials with a finite value
    cav_ranking ranking; // those of them that the forest has learnt
    cav_cube cube;
    size_t *choices;   // [cube.count]
    double *rows;      // [row_count x cube.count]
    double *targets;   // [row_count] losses, those that are far out drawn in
    double *residuals; // [row_count] what is left of each by the trees that have not seen it
    size_t row_count;
    cav_forest *forest;
    double explained; // share of the targets' variation that the forest explains, out of bag
    double least;     // of it that noise does not reach
} cav_fitted;

/** Fits a forest; fails as cav_ranking_check does. Free it in either case. */
caviar_code cav_fitted_make(const cav_space *space, const cav_history *history, size_t metric,
                            uint64_t seed, cav_fitted *ret_fitted, cav_error *error);
void cav_fitted_free(cav_fitted *fitted);

/** A forest of fewer trees on other targets [row_count] at the same points; NULL: out of memory. */
cav_forest *cav_fitted_again(const cav_fitted *fitted, const double *targets, size_t tree_count,
                             uint64_t fit);

/**
 * Mean share, and 90 % interval over the trees, of the index-th of `count` variances
 * [trees x count] in the totals [trees]; room [trees].
 */
cav_importance cav_fitted_share(const double *variances, const double *totals, size_t trees,
                                size_t count, size_t index, double *room);

/** True where the forest explains more than it would of noise: then its shares mean something. */
static inline bool cav_fitted_is_enough(const cav_fitted *fitted)
{
    return fitted->explained >= fitted->least;
}

#endif
