/**
 * course_guess.c: a mixture of shapes, each fitted to the curve in closed form.
 *
 * y = level + drop x s(u) + noise, with u from 1 at the first point. A shape s, an exponential
 * or a power law, is counted from the last point (0) to the first (1): so both coefficients are
 * what the points show well, and shapes differ in what lies ahead. That is held near by a third
 * observation: up to the end of the training the curve falls about as far again as it has fallen,
 * more or less. Normal priors and noise of a few sizes make a posterior and an evidence of two by
 * two.
 */
#include "insight/course_guess.h"

#include "insight/diagnosis.h"

#include <math.h>
#include <stdlib.h>

enum {
    RECENT = 3, // values that say where the curve is
    EXPONENTIALS = 32,
    POWERS = 16,
    SIZES = 5, // of the noise
    FITS = (EXPONENTIALS + POWERS) * SIZES,
};

static const double shortest = 0.5, longest = 4; // times of decay: in points, in trainings
static const double least_power = 0.1, most_power = 2;
static const double sizes[SIZES] = {0.7, 1, 1.5, 3, 6}; // of the noise by second differences
static const double exact = 1e-3;                       // of the range: the least noise
static const double wide = 2;                           // ranges: deviation of the coefficients
static const double ahead = 1;                          // ranges: deviation of what lies ahead
static const double log_above = 20; // ratio of positive losses: then their logarithm is fitted
static const double doubt = 0.3;    // of the way ahead: the shape may be another one than it seems

// Two coefficients: means and covariance; and the evidence, later the weight, of the fit.
typedef struct fit {
    double rate;   // of an exponential; a power where it is negative
    double s0, s1; // the shape at the first and the last point
    double level, drop, v00, v01, v11, weight;
} fit;

struct cav_course_guess {
    fit fits[FITS];
    size_t fit_count; // 0: the values do not differ
    int64_t first, end;
    double stride; // steps between points, on average
    bool is_log;
    double now, noise; // as losses
};

void cav_course_guess_free(cav_course_guess *guess)
{
    free(guess);
}

static double place(const cav_course_guess *guess, double step)
{
    return 1 + (step - (double)guess->first) / guess->stride;
}

static double raw_shape(const fit *at, double u)
{
    return at->rate > 0 ? exp(-at->rate * u) : pow(u, at->rate);
}

static double shape(const fit *at, double u)
{
    return (raw_shape(at, u) - at->s1) / (at->s0 - at->s1);
}

// ---- Fitting ----------------------------------------------------------------------------------

// The values that are fitted, and what is presumed of them.
typedef struct sample {
    const int64_t *steps; // [count]
    double *values;       // [count]
    size_t count;
    double range, recent, noise;
} sample;

// Adds a row (1, s) with a value and a deviation to the precision and to its product with the mean.
static void observe(double s, double value, double deviation, double precision[3],
                    double product[2])
{
    double weight = 1 / (deviation * deviation);
    precision[0] += weight;
    precision[1] += weight * s;
    precision[2] += weight * s * s;
    product[0] += weight * value;
    product[1] += weight * value * s;
}

static void fit_one(const cav_course_guess *guess, const sample *of, double noise, fit *at)
{
    double prior = 1 / (wide * of->range * wide * of->range);
    double precision[3] = {prior, 0, prior}, product[2] = {0, 0}, squares = 0;
    at->s0 = raw_shape(at, 1);
    at->s1 = raw_shape(at, place(guess, (double)of->steps[of->count - 1]));
    for (size_t i = 0; i < of->count; i++) { // values from where the curve is, so that priors are 0
        double off = of->values[i] - of->recent;
        observe(shape(at, place(guess, (double)of->steps[i])), off, noise, precision, product);
        squares += off * off / (noise * noise);
    }
    observe(shape(at, place(guess, (double)guess->end)), 0, ahead * of->range, precision, product);
    double determinant = precision[0] * precision[2] - precision[1] * precision[1];
    at->v00 = precision[2] / determinant;
    at->v01 = -precision[1] / determinant;
    at->v11 = precision[0] / determinant;
    at->level = at->v00 * product[0] + at->v01 * product[1];
    at->drop = at->v01 * product[0] + at->v11 * product[1];
    at->weight = (at->level * product[0] + at->drop * product[1] - squares - log(determinant)) / 2 -
                 (double)of->count * log(noise);
    at->level += of->recent;
}

// One of `count` numbers with equal ratios.
static double between(double low, double high, size_t index, size_t count)
{
    return low * pow(high / low, (double)index / (double)(count - 1));
}

static void fit_all(cav_course_guess *guess, const sample *of)
{
    double span = longest * fmax(place(guess, (double)guess->end), shortest);
    for (size_t k = 0; k < EXPONENTIALS + POWERS; k++) {
        double rate = k < EXPONENTIALS
                          ? 1 / between(shortest, span, k, EXPONENTIALS)
                          : -between(least_power, most_power, k - EXPONENTIALS, POWERS);
        for (size_t z = 0; z < SIZES; z++) {
            fit *at = &guess->fits[guess->fit_count++];
            at->rate = rate;
            fit_one(guess, of, sizes[z] * of->noise, at);
        }
    }
}

static void weigh(cav_course_guess *guess)
{
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < guess->fit_count; i++)
        most = fmax(most, guess->fits[i].weight);
    for (size_t i = 0; i < guess->fit_count; i++)
        sum += guess->fits[i].weight = exp(guess->fits[i].weight - most);
    for (size_t i = 0; i < guess->fit_count; i++)
        guess->fits[i].weight /= sum;
}

// ---- Predicting -------------------------------------------------------------------------------

// Mean and variance of the mixture at a step, on the scale that was fitted.
static void predict(const cav_course_guess *guess, int64_t step, double *ret_mean,
                    double *ret_variance)
{
    double mean = 0, square = 0, u = place(guess, (double)step);
    for (size_t i = 0; i < guess->fit_count; i++) {
        const fit *at = &guess->fits[i];
        double s = shape(at, u), m = at->level + at->drop * s;
        mean += at->weight * m;
        square += at->weight * (m * m + at->v00 + 2 * at->v01 * s + at->v11 * s * s);
    }
    *ret_mean = mean;
    *ret_variance = fmax(0, square - mean * mean);
}

static double predict_loss(const cav_course_guess *guess, int64_t step, double *ret_sd)
{
    double mean, variance;
    predict(guess, step, &mean, &variance);
    double loss = guess->is_log ? exp(mean) : mean;
    *ret_sd = sqrt(variance) * (guess->is_log ? loss : 1);
    return loss;
}

// ---- The whole --------------------------------------------------------------------------------

static void bound(const sample *of, double *ret_low, double *ret_high)
{
    *ret_low = INFINITY;
    *ret_high = -INFINITY;
    for (size_t i = 0; i < of->count; i++) {
        *ret_low = fmin(*ret_low, of->values[i]);
        *ret_high = fmax(*ret_high, of->values[i]);
    }
}

static void learn(cav_course_guess *guess, sample *of)
{
    double low, high, sd;
    size_t recent = of->count < RECENT ? of->count : RECENT;
    int64_t last = of->steps[of->count - 1];
    bound(of, &low, &high);
    guess->now = of->values[of->count - 1];
    guess->noise = cav_diagnosis_noise(of->values, of->count);
    if (!(high > low) || !isfinite(high - low))
        return;
    guess->is_log = low > 0 && high / low > log_above;
    for (size_t i = 0; i < of->count && guess->is_log; i++)
        of->values[i] = log(of->values[i]);
    of->range = guess->is_log ? log(high / low) : high - low;
    of->noise = guess->is_log ? cav_diagnosis_noise(of->values, of->count) : guess->noise;
    of->noise = fmax(of->noise, exact * of->range);
    for (size_t i = of->count - recent; i < of->count; i++)
        of->recent += of->values[i] / (double)recent;
    fit_all(guess, of);
    weigh(guess);
    guess->now = predict_loss(guess, last, &sd);
}

caviar_code cav_course_guess_new(const cav_curve *curve, size_t metric_count, size_t count,
                                 int64_t step_max, cav_course_guess **ret_guess, cav_error *error)
{
    cav_course_guess *guess = calloc(1, sizeof *guess);
    sample of = {.steps = curve->steps, .count = count};
    of.values = calloc(count, sizeof *of.values);
    if (!guess || !of.values) {
        free(of.values);
        free(guess);
        return cav_fail_memory(error);
    }
    for (size_t i = 0; i < count; i++)
        of.values[i] = curve->losses[i * metric_count];
    guess->first = curve->steps[0];
    guess->end = step_max > curve->steps[count - 1] ? step_max : curve->steps[count - 1];
    guess->stride = (double)(curve->steps[count - 1] - curve->steps[0]) / (double)(count - 1);
    learn(guess, &of);
    free(of.values);
    *ret_guess = guess;
    return CAVIAR_OK;
}

double cav_course_guess_now(const cav_course_guess *guess)
{
    return guess->now;
}

double cav_course_guess_noise(const cav_course_guess *guess)
{
    return guess->noise;
}

double cav_course_guess_at(const cav_course_guess *guess, int64_t step, double *ret_sd)
{
    double sd = guess->noise, expected = guess->now;
    if (guess->fit_count > 0) {
        expected = predict_loss(guess, step, &sd);
        sd = hypot(sd, doubt * (expected - guess->now));
    }
    if (ret_sd)
        *ret_sd = sd;
    return expected;
}
