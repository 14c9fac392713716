/**
 * heritage.h: what earlier studies say of points of this space, and how much that is worth here.
 *
 * Of each earlier study a Gaussian process learns its losses as outcomes of mean 0 and variance 1,
 * bad ones by rank, since losses of another data set are of another size. What all of them say of a
 * point is the mean of their means there, each weighed by how it has ordered this study's trials,
 * which it has not seen: by exp(8 r), where r is Spearman's correlation, with half a correlation of
 * eight trials before there are any. One whose correlation surely is less than 0.3 and may be 0, by
 * the 90 % interval after eight trials or more, is refuted: it is not asked again.
 *
 * The first trials decide (CAV_HERITAGE_VOTERS of them), so what comes of it is a function of the
 * history, the same for everybody who has read that far.
 *
 * Weighing by the order of the new trials, as in Feurer, Letham, Hutter, Bakshy: "Practical
 * transfer learning for Bayesian optimization" (RGPE), 2018; that they can be refuted for good is
 * ours: weights that only become small were kept too long there.
 */
#ifndef CAV_SURROGATE_HERITAGE_H
#define CAV_SURROGATE_HERITAGE_H

#include "base/ranks.h"
#include "surrogate/earlier.h"
#include "surrogate/gp.h"

enum { CAV_HERITAGE_VOTERS = 100 };

/** One earlier study. */
typedef struct cav_heir {
    const cav_earlier *earlier;
    cav_gp *gp;   // NULL: too few of its trials lie in this space
    double *said; // [CAV_HERITAGE_VOTERS] of the trials that vote
    cav_rank_correlation agreement;
    double worth;   // the correlation that is expected of it, at least 0
    double weight;  // its share in what all of them say
    size_t refuted; // after so many trials; 0: it is not
} cav_heir;

typedef struct cav_heritage {
    const cav_space *space;
    cav_heir *heirs; // [count]
    size_t count;
    bool any; // one is not refuted
    cav_gp_axes *axes;
    cav_gp_work *work;
    double *points;   // [8 x dim_count] room
    double *gradient; // [2 x dim_count] room
    double *losses;   // [CAV_HERITAGE_VOTERS] of the trials that vote
    size_t voter_count;
    size_t seen; // finished trials that have been looked at
} cav_heritage;

/** Learns from earlier studies, which outlive it, as the space does. NULL when out of memory. */
cav_heritage *cav_heritage_new(const cav_space *space, const cav_earlier *earlier, size_t count);
void cav_heritage_free(cav_heritage *heritage);

/** Takes in this study's trials up to the first `finished` that have ended; never fewer than
 * before. False when out of memory. */
bool cav_heritage_learn(cav_heritage *heritage, const cav_history *history, size_t finished);

/** What they say of eight points [8 x dim_count]: a loss, of mean 0 and variance 1. */
void cav_heritage_say_eight(cav_heritage *heritage, const double *points, double ret_means[8]);

/** The same of one point, with its gradient [dim_count]. */
double cav_heritage_say(cav_heritage *heritage, const double *point, double *ret_gradient);

/**
 * Has a space's axes presume length scales like those that were learnt of the earlier studies, as
 * far as these are worth something here: which parameters matter, and at what scale, is alike more
 * often than where the best values are. Such priors learnt from many studies: Wang et al.,
 * "Pre-trained Gaussian processes for Bayesian optimization", JMLR 2024.
 */
void cav_heritage_presume(const cav_heritage *heritage, cav_gp_axes *axes);

/** What one of them says of a point. */
double cav_heritage_ask(cav_heritage *heritage, size_t which, const double *point);

#endif
