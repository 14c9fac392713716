/**
 * outcome.c: Yeo-Johnson, and half-rank with logarithm.
 *
 * Yeo and Johnson, "A new family of power transformations", Biometrika 2000; the power is the most
 * likely one, found by golden section. Half-rank and logarithm: Song et al., "The Vizier Gaussian
 * process bandit algorithm", 2024, section on output warping.
 */
#include "surrogate/outcome.h"

#include "base/normal.h"
#include "base/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Shifts and stretches to mean 0 and variance 1; all equal become 0.
static void standardize(double *values, size_t count, double *log_slopes)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        square += (values[i] - mean) * (values[i] - mean);
    double deviation = sqrt(square / (double)count);
    double inverse = deviation > 0 && isfinite(deviation) ? 1 / deviation : 0;
    for (size_t i = 0; i < count; i++)
        values[i] = (values[i] - mean) * inverse;
    for (size_t i = 0; log_slopes && i < count; i++)
        log_slopes[i] += log(inverse > 0 ? inverse : 1);
}

static double yeo_johnson(double y, double power)
{
    double base = log1p(fabs(y)), left = y >= 0 ? power : 2 - power;
    double size = fabs(left) < 1e-9 ? base : expm1(left * base) / left;
    return y >= 0 ? size : -size;
}

static double log_likelihood(const double *values, size_t count, double power)
{
    double mean = 0, square = 0, slopes = 0;
    for (size_t i = 0; i < count; i++) {
        mean += yeo_johnson(values[i], power) / (double)count;
        slopes += copysign(log1p(fabs(values[i])), values[i]);
    }
    for (size_t i = 0; i < count; i++) {
        double off = yeo_johnson(values[i], power) - mean;
        square += off * off;
    }
    return (power - 1) * slopes - 0.5 * (double)count * log(square / (double)count + 1e-300);
}

static double best_power(const double *values, size_t count)
{
    const double golden = 0.6180339887498949;
    double low = -4, high = 3;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = log_likelihood(values, count, a), at_b = log_likelihood(values, count, b);
    for (int i = 0; i < 30; i++) {
        if (at_a >= at_b) {
            high = b, b = a, at_b = at_a;
            a = high - golden * (high - low);
            at_a = log_likelihood(values, count, a);
        } else {
            low = a, a = b, at_a = at_b;
            b = low + golden * (high - low);
            at_b = log_likelihood(values, count, b);
        }
    }
    return (low + high) / 2;
}

// The spread of the middle half; of all, or 1, where that is none.
static double spread_of(const double *sorted, size_t count)
{
    double spread = sorted[count - 1 - count / 4] - sorted[count / 4];
    if (!(spread > 0))
        spread = sorted[count - 1] - sorted[0];
    return spread > 0 ? spread : 1;
}

// Centred at the median and in units of the spread, one huge loss does not make all others alike
// before the power is looked for; beyond a thousand spreads one is as bad as another.
static void warp_by_power(const double *sorted, size_t count, double *values, double *log_slopes)
{
    double median = 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
    double spread = spread_of(sorted, count);
    for (size_t i = 0; i < count; i++)
        values[i] = fmax(-1e3, fmin(1e3, (values[i] - median) / spread));
    double power = best_power(values, count);
    for (size_t i = 0; i < count; i++) {
        if (log_slopes)
            log_slopes[i] = (power - 1) * copysign(log1p(fabs(values[i])), values[i]) - log(spread);
        values[i] = yeo_johnson(values[i], power);
    }
    standardize(values, count, log_slopes);
}

// Rank among the distinct sorted values, from 0.
static size_t rank_of(const double *distinct, size_t count, double value)
{
    size_t low = 0, high = count;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (distinct[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

// Root mean square of how much better than the median the better half is.
static double good_spread(const double *distinct, size_t count, double median)
{
    double square = 0, used = 0;
    for (size_t i = 0; i < count && distinct[i] <= median; i++, used++)
        square += (distinct[i] - median) * (distinct[i] - median);
    if (square > 0)
        return sqrt(square / used);
    for (size_t i = 0; i < count; i++)
        square += (distinct[i] - median) * (distinct[i] - median);
    return sqrt(square / (double)count);
}

static void warp_by_rank(double *sorted, size_t count, double *values, double *log_slopes)
{
    const double bend = 0.5; // of the logarithm: its slope falls by a third from best to worst
    double median = 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
    size_t distinct = cav_sort_unique(sorted, count);
    double spread = good_spread(sorted, distinct, median), most = -INFINITY, least = INFINITY;
    size_t middle = rank_of(sorted, distinct, median);
    double worse = (double)(distinct - middle); // how many are not better than the median, about
    for (size_t i = 0; i < count; i++) {
        if (values[i] > median) {
            double from_worst = (double)(distinct - rank_of(sorted, distinct, values[i]));
            values[i] = median - spread * cav_normal_quantile(0.5 * (from_worst - 0.5) / worse);
        }
        most = fmax(most, values[i]);
        least = fmin(least, values[i]);
    }
    double range = most > least ? most - least : 1;
    for (size_t i = 0; i < count; i++) {
        double share = (values[i] - least) / range;
        if (log_slopes)
            log_slopes[i] = -log1p(bend * share) - log(range);
        values[i] = log1p(bend * share) / bend;
    }
    standardize(values, count, log_slopes);
}

bool cav_outcome_warp(cav_outcome outcome, const double *losses, size_t count, double *ret_outcomes,
                      double *ret_log_slopes)
{
    if (count == 0)
        return true;
    double *sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        return false;
    memcpy(sorted, losses, count * sizeof *sorted);
    memcpy(ret_outcomes, losses, count * sizeof *sorted);
    cav_sort(sorted, count);
    if (outcome == CAV_OUTCOME_POWER)
        warp_by_power(sorted, count, ret_outcomes, ret_log_slopes);
    else
        warp_by_rank(sorted, count, ret_outcomes, ret_log_slopes);
    free(sorted);
    return true;
}

typedef struct pair {
    double loss, outcome;
} pair;

static int by_loss(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    return (x->loss > y->loss) - (x->loss < y->loss);
}

static double outcome_at(const pair *sorted, size_t count, double loss)
{
    size_t low = 0, high = count - 1;
    if (!(loss > sorted[low].loss))
        return sorted[low].outcome;
    if (!(loss < sorted[high].loss))
        return sorted[high].outcome;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (sorted[middle].loss <= loss)
            low = middle;
        else
            high = middle;
    }
    double share = (loss - sorted[low].loss) / (sorted[high].loss - sorted[low].loss);
    return sorted[low].outcome + share * (sorted[high].outcome - sorted[low].outcome);
}

bool cav_outcome_spread(const double *losses, const double *deviations, const double *outcomes,
                        size_t count, double *ret_variances)
{
    memset(ret_variances, 0, count * sizeof *ret_variances);
    if (!deviations || count == 0)
        return true;
    pair *sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        return false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = (pair){losses[i], outcomes[i]};
    qsort(sorted, count, sizeof *sorted, by_loss);
    for (size_t i = 0; i < count; i++) {
        double above = outcome_at(sorted, count, losses[i] + deviations[i]);
        double below = outcome_at(sorted, count, losses[i] - deviations[i]);
        double off = fmax(above - outcomes[i], outcomes[i] - below);
        ret_variances[i] = off * off;
    }
    free(sorted);
    return true;
}
