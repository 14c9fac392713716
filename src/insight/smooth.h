/**
 * smooth.h: a Gaussian process that has learnt from the complete trials of a study, to be asked
 * about scales and ranges.
 */
#ifndef CAV_INSIGHT_SMOOTH_H
#define CAV_INSIGHT_SMOOTH_H

#include "insight/ranking.h"
#include "surrogate/gp.h"

/** How often the evidence is asked for, for the first fit to a study. */
enum { CAV_SMOOTH_CALLS = 40 };

typedef struct cav_smooth {
    const cav_space *space;
    cav_arena *arena;
    size_t trial_count;  // complete trials with a finite value
    cav_ranking ranking; // those of them that it has learnt, best first
    double *raw;         // [count x space->count]
    double *points;      // [count x dims]
    double *outcomes;    // [count] losses as cav_outcome_warp makes them, of variance 1
    size_t count;
    double *room; // [3 x count]
    cav_gp_axes *axes;
    cav_gp_work *work;
    cav_gp *gp;
    double skill; // share of the outcomes' variation that leaving one out explains
} cav_smooth;

/**
 * Learns; fails as cav_ranking_check does. `calls` is how often the evidence may be asked for. Free
 * it in either case.
 */
caviar_code cav_smooth_make(const cav_space *space, const cav_history *history, size_t metric,
                            uint64_t seed, size_t calls, cav_smooth *ret_smooth, cav_error *error);

/**
 * The same trials with other outcomes [count], of variance 1, in another space with the same
 * parameters (on other scales, say), from the parameters of the process that the first one found.
 */
caviar_code cav_smooth_again(const cav_smooth *smooth, const cav_space *space, double *outcomes,
                             size_t calls, cav_smooth *ret_smooth, cav_error *error);
void cav_smooth_free(cav_smooth *smooth);

/**
 * The logarithm of the density that all other trials give to each one's outcome: ret [count].
 * `tolerance` is the standard deviation of an error that is added to every prediction.
 */
void cav_smooth_leave_one_out(cav_smooth *smooth, double tolerance, double *ret_log_densities);

/** Learns only some of the trials [count], with the parameters as they are. False where it cannot.
 */
bool cav_smooth_learn(cav_smooth *smooth, const size_t *places, size_t count);

/** Means at points [count x dims], count a multiple of 8. */
void cav_smooth_means(const cav_smooth *smooth, const double *points, size_t count,
                      double *ret_means);

#endif
