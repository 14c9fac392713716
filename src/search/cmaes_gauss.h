/**
 * cmaes_gauss.h: the normal distribution of the evolution strategy, and how a generation moves it.
 *
 * Active CMA-ES: Hansen: "The CMA evolution strategy: a tutorial", arXiv 1604.00772, with negative
 * weights. It knows nothing of bounds, trials or parameters.
 */
#ifndef CAV_SEARCH_CMAES_GAUSS_H
#define CAV_SEARCH_CMAES_GAUSS_H

#include <stdbool.h>
#include <stddef.h>

/** Rates of learning, which depend on the dimension and the size of a generation alone. */
typedef struct cav_gauss_rates {
    size_t lambda, mu; // members of a generation, and those of them that the mean goes to
    double mu_eff;     // (sum of positive weights)^2 / sum of their squares
    double c_one, c_mu, c_sigma, d_sigma, c_c, chi;
} cav_gauss_rates;

/** N(mean, sigma^2 C) with C = B D^2 B'. Matrices are [dims x dims], or [dims] if diagonal. */
typedef struct cav_gauss {
    size_t dims;
    bool is_diagonal;
    cav_gauss_rates rates;
    double *weights; // [lambda] best first; the positive ones sum to 1
    size_t weight_capacity;

    double sigma;
    double *mean;                // [dims]
    double *covariance;          // C
    double *factor;              // B D: row i gives coordinate i of a step
    double *basis;               // B', whose rows are the axes; not there if diagonal
    double *scales;              // [dims] D, ascending (if diagonal in the order of coordinates)
    double *path_sigma, *path_c; // [dims]
    size_t generation, factored; // generations since the start; the one that `factor` is of
    double *work, *pulled;       // scratch: [2 dims], [dims]
    double *pulls, *shares;      // scratch: [lambda]
} cav_gauss;

/** Makes room. False when out of memory; free it in either case. */
bool cav_gauss_init(cav_gauss *gauss, size_t dims, bool is_diagonal);
void cav_gauss_free(cav_gauss *gauss);

/** Sets the size of a generation, at least 2. False when out of memory; it is then unchanged. */
bool cav_gauss_set_lambda(cav_gauss *gauss, size_t lambda);

/**
 * Starts from `mean` and, in `covariance`, the whole covariance, both filled in by the caller:
 * sigma becomes the geometric mean of the deviations, and the paths zero.
 */
void cav_gauss_start(cav_gauss *gauss);

/** The usual size of a generation in so many dimensions: 4 + 3 ln d. */
size_t cav_gauss_usual_lambda(size_t dims);

/** |C^(-1/2) y|: how long a step y [dims] is in the distribution's own measure. */
double cav_gauss_length(cav_gauss *gauss, const double *y);

/**
 * What a step that was not drawn from this distribution is to be multiplied by, so that it is no
 * longer than drawn ones are (Hansen: "Injecting external solutions into CMA-ES", arXiv 1110.4181).
 */
double cav_gauss_clip(cav_gauss *gauss, const double *y);

/** The weights [lambda], which sum to 1, by which the mean goes to each member, best first.
 * Members with the same `ranks` [lambda], which do not fall, are equal and share their weights. */
void cav_gauss_pulls(const cav_gauss *gauss, const size_t *ranks, double *ret_pulls);

/**
 * Learns sigma and C from a generation: steps [lambda][dims] are (x - mean)/sigma of the members,
 * best first. The mean is left where it is: the caller moves it, by `pulls`.
 */
void cav_gauss_learn(cav_gauss *gauss, const double *const *steps, const size_t *ranks);

/** The ratio of the greatest to the least eigenvalue of C. */
double cav_gauss_condition(const cav_gauss *gauss);

/** The deviation sigma sqrt(C_ii) of a coordinate. */
double cav_gauss_deviation(const cav_gauss *gauss, size_t i);

#endif
