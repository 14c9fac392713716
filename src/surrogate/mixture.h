/**
 * mixture.h: a density over configurations: one product kernel for each of some trials.
 *
 * The Parzen estimator of TPE (Bergstra, Bardenet, Bengio, Kégl: "Algorithms for hyper-parameter
 * optimization", NeurIPS 2011) in its multivariate form: a kernel is a product over coordinates,
 * and a further, uniform kernel stands for what is known without any trial.
 *
 * Conditions are part of the density. A kernel gives a coordinate after its parents: around the
 * trial's own value where the trial has one, uniform where the trial's coordinate is inactive. So a
 * configuration's density is the product over the coordinates that are active in *it*, the density
 * integrates to 1 over all configurations, and a trial of one branch says of another just what it
 * knows: nothing but how likely the branch is.
 *
 * A coordinate's kernel: unordered choices keep their value, or with a small probability take any;
 * so do special values and the range beside each other; within the range it is a Gaussian, cut off
 * at the ends and, for levels, gathered over the level's cell. Bandwidths are gaps to the
 * neighbours.
 */
#ifndef CAV_SURROGATE_MIXTURE_H
#define CAV_SURROGATE_MIXTURE_H

#include "base/random.h"
#include "space/space.h"
#include "trial/history.h"

typedef struct cav_mixture_options {
    double least_bandwidth; // of the range that is searched; at least CAV_MIXTURE_LEAST
    double choice_spread;   // probability of a draw from all choices instead of the trial's own
    const size_t *dims;     // [dim_count] the coordinates that it is of, read at once; NULL: all
    size_t dim_count;
} cav_mixture_options;

/** What neighbours that lie closer have no exact gap. */
#define CAV_MIXTURE_LEAST (1. / 128)

typedef struct cav_mixture cav_mixture;

/** Where a coordinate of a configuration lies. */
typedef struct cav_mixture_place {
    bool is_active;
    size_t part;      // of the choices, or of the special values and, last, the range
    size_t level;     // within the range, where that has levels
    double at;        // in the range: 0 where the search starts at the low end, 1 at the high end
    double low, high; // the level's cell, likewise; the whole range where there are no levels
} cav_mixture_place;

/** A mixture without kernels but the uniform one; `space` must outlive it. NULL: out of memory. */
cav_mixture *cav_mixture_new(const cav_space *space, const cav_mixture_options *options);
void cav_mixture_free(cav_mixture *mixture);

/**
 * Makes kernels at the trials `rows` [count] of the history, of these weights (> 0, not to be
 * normalised), and the uniform one of weight `uniform_weight`. O(count) for each coordinate.
 */
caviar_code cav_mixture_fit(cav_mixture *mixture, const cav_history *history, const size_t *rows,
                            const double *weights, size_t count, double uniform_weight,
                            cav_error *error);

/**
 * Draws its coordinates of a point [dim_count] of the unit cube, inactive ones as if they were
 * active; the others stay as they are.
 */
void cav_mixture_draw(const cav_mixture *mixture, cav_random *random, double *ret_point);

/** Where a configuration lies: its own of the places [dim_count], from the point and raw values. */
void cav_mixture_locate(const cav_mixture *mixture, const double *point, const double *raw,
                        cav_mixture_place *ret_places);

/**
 * Log of the density at a configuration; levels, choices and special values count by their mass.
 * Uses the mixture's own working memory, so that one mixture serves one thread.
 */
double cav_mixture_log_density(cav_mixture *mixture, const cav_mixture_place *places);

/** The bandwidth of kernel `kernel` in a coordinate that it is of; 0 without a value in a range. */
double cav_mixture_bandwidth(const cav_mixture *mixture, size_t kernel, size_t dim);

#endif
