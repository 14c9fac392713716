/**
 * gp_volume.h: two or three metrics with an ensemble each, and by how much a trial is expected to
 * grow the hypervolume that all of them dominate together.
 *
 * The ensembles' members of the same kind and draw are a team, which foretells all metrics, each
 * independently of the others. It counts as much as the geometric mean of what its members do. A
 * team sees a front of its own: the means at the trials that no other dominates as they came out,
 * and what is expected of trials to come. The reference is a tenth of the front's range beyond its
 * worst values. What the front leaves free falls into boxes (base/pareto_boxes.h). By independence
 * the gain in a box is expected to be the product of its expected lengths, each the difference of
 * two expected improvements, so that the sum over the boxes is exact. It is formed of logarithms
 * (Ament et al., "Unexpected improvements to expected improvement", NeurIPS 2023), whose gradient
 * does not vanish far from the front.
 */
#ifndef CAV_SURROGATE_GP_VOLUME_H
#define CAV_SURROGATE_GP_VOLUME_H

#include "base/pareto_boxes.h"
#include "surrogate/gp_ensemble.h"

enum { CAV_GP_VOLUME_METRICS = CAV_PARETO_BOXES_DIMS }; // most metrics

/** Several members that foretell a metric each. */
typedef struct cav_gp_team {
    cav_pareto_boxes boxes;
    double log_weight;
    double level; // log gains are in units of this one's
    bool is_heard;
} cav_gp_team;

typedef struct cav_gp_volume {
    size_t metric_count;
    cav_gp_ensemble *ensembles[CAV_GP_VOLUME_METRICS];
    cav_gp_team *teams; // [team_count]
    size_t team_count;

    size_t *front; // [front_count] trials that no other dominates
    size_t front_count, front_capacity;

    // scratch
    double *means; // [capacity x metric_count] of the front and what is to come
    size_t capacity;
    struct cav_gp_edge *edges[CAV_GP_VOLUME_METRICS]; // [capacity + 2]
    double *terms;                                    // [2 capacity + 1] of the boxes
    double *gradients;                                // [2 x metric_count x dim_count]
    double *gains;                                    // [scored_capacity] of points scored together
    size_t scored_capacity;
} cav_gp_volume;

/** For a space that outlives it, and 2 or 3 metrics; NULL when out of memory. */
cav_gp_volume *cav_gp_volume_new(const cav_space *space, size_t metric_count,
                                 const cav_gp_ensemble_options *options);
void cav_gp_volume_free(cav_gp_volume *volume);

/** As those of an ensemble; trials [metric_count], which differ in their losses only. */
bool cav_gp_volume_fit(cav_gp_volume *volume, const cav_gp_trials *trials, bool afresh,
                       cav_random *random);
bool cav_gp_volume_learn(cav_gp_volume *volume, const cav_gp_trials *trials);
bool cav_gp_volume_extend(cav_gp_volume *volume, const cav_gp_trials *trials);

/** How well it predicts each metric, in words, as cav_gp_ensemble_describe. */
int cav_gp_volume_describe(const cav_gp_volume *volume, char *ret_text, size_t size);

/** Goes on as if trials at these points [count x dim_count] had come out as expected, and finds the
 * fronts; to be called, if with no points, before points are scored. False when out of memory. */
bool cav_gp_volume_expect(cav_gp_volume *volume, const double *points, size_t count);

/** The logarithm of the expected gain, as cav_gp_ensemble_score and its like have that of the
 * expected improvement. */
void cav_gp_volume_score_eight(cav_gp_volume *volume, const double *points, double ret_scores[8]);
double cav_gp_volume_score(cav_gp_volume *volume, const double *point, double *ret_gradient);
bool cav_gp_volume_score_all(cav_gp_volume *volume, const double *points, size_t count,
                             double *ret_scores);

#endif
