/**
 * cmaes_choices.c: natural gradient with the adaptive rate of ASNG.
 *
 * Akimoto, Shirakawa, Yoshinari, Uchida, Saito, Nishida: "Adaptive stochastic natural gradient
 * method for one-shot neural architecture search", ICML 2019, appendix B: a step has the length
 * 1/Delta in the Fisher metric; Delta grows while successive steps disagree.
 */
#include "search/cmaes_choices.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const double alpha = 1.5; // how much more than random the steps must agree

bool cav_choices_init(cav_choices *choices, size_t count, const size_t *sizes)
{
    *choices = (cav_choices){.count = count};
    choices->sizes = calloc(count + 1, sizeof(size_t));
    choices->starts = calloc(count + 1, sizeof(size_t));
    if (!choices->sizes || !choices->starts)
        return false;
    for (size_t i = 0; i < count; i++) {
        choices->sizes[i] = sizes[i];
        choices->starts[i + 1] = choices->starts[i] + sizes[i];
    }
    size_t total = choices->starts[count];
    choices->shares = calloc(total + 1, sizeof(double));
    choices->slope = calloc(total + 1, sizeof(double));
    choices->path = calloc(total + 1, sizeof(double));
    if (!choices->shares || !choices->slope || !choices->path)
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t k = choices->starts[i]; k < choices->starts[i + 1]; k++)
            choices->shares[k] = 1 / (double)sizes[i];
    cav_choices_start(choices);
    return true;
}

void cav_choices_free(cav_choices *choices)
{
    free(choices->sizes);
    free(choices->starts);
    free(choices->shares);
    free(choices->slope);
    free(choices->path);
    *choices = (cav_choices){0};
}

double cav_choices_margin(const cav_choices *choices, size_t i)
{
    if (choices->sizes[i] < 2)
        return 0;
    return (1 - pow(0.73, 1 / (double)choices->count)) / (double)(choices->sizes[i] - 1);
}

// Lifts what lies below the margin, at the cost of what lies above it.
static void keep_margin(const cav_choices *choices, size_t i)
{
    double least = cav_choices_margin(choices, i), sum = 0;
    double *shares = choices->shares + choices->starts[i];
    size_t size = choices->sizes[i];
    for (size_t k = 0; k < size; k++)
        sum += shares[k] = fmax(shares[k], least);
    double above = sum - least * (double)size, excess = (sum - 1) / above;
    for (size_t k = 0; k < size; k++)
        shares[k] = above > 0 ? shares[k] - excess * (shares[k] - least) : 1 / (double)size;
}

void cav_choices_start(cav_choices *choices)
{
    choices->pace = 1;
    choices->expected = 0;
    memset(choices->path, 0, choices->starts[choices->count] * sizeof(double));
    for (size_t i = 0; i < choices->count; i++)
        keep_margin(choices, i);
}

// The natural gradient of each share: the weighted mean of (picked or not) - share.
static void find_slope(cav_choices *choices, const size_t *const *picks, const double *pulls,
                       size_t member_count)
{
    memset(choices->slope, 0, choices->starts[choices->count] * sizeof(double));
    for (size_t member = 0; member < member_count; member++)
        for (size_t i = 0; i < choices->count; i++) {
            size_t start = choices->starts[i], pick = picks[member][i];
            if (pick == SIZE_MAX || pulls[member] == 0)
                continue;
            for (size_t k = 0; k < choices->sizes[i]; k++)
                choices->slope[start + k] +=
                    pulls[member] * ((k == pick ? 1 : 0) - choices->shares[start + k]);
        }
}

// Coordinate k of parameter i's slope times the root of the Fisher matrix; the last choice, which
// follows from the others, has none.
static double metric_slope(const cav_choices *choices, size_t i, size_t k)
{
    const double *shares = choices->shares + choices->starts[i];
    const double *slope = choices->slope + choices->starts[i];
    size_t last = choices->sizes[i] - 1;
    double sum = -slope[last]; // of those before the last
    return slope[k] / sqrt(shares[k]) + sqrt(shares[k]) * sum / (shares[last] + sqrt(shares[last]));
}

static double metric_length(const cav_choices *choices)
{
    double sum = 0;
    for (size_t i = 0; i < choices->count; i++)
        for (size_t k = 0; k + 1 < choices->sizes[i]; k++) {
            double slope = metric_slope(choices, i, k);
            sum += slope * slope;
        }
    return sqrt(sum);
}

// The path of directions, and from it the pace of the next generation.
static void adapt_pace(cav_choices *choices, double length)
{
    double freedom = (double)(choices->starts[choices->count] - choices->count);
    double rate = 1 / choices->pace, beta = fmin(1, rate / sqrt(freedom)), travelled = 0;
    for (size_t i = 0; i < choices->count; i++)
        for (size_t k = 0; k + 1 < choices->sizes[i]; k++) {
            double *path = &choices->path[choices->starts[i] + k];
            double direction = metric_slope(choices, i, k) / length;
            *path = (1 - beta) * *path + sqrt(beta * (2 - beta)) * direction;
            travelled += *path * *path;
        }
    choices->expected = (1 - beta) * (1 - beta) * choices->expected + beta * (2 - beta);
    choices->pace *= exp(beta * (choices->expected - travelled / alpha));
}

void cav_choices_learn(cav_choices *choices, const size_t *const *picks, const double *pulls,
                       size_t member_count)
{
    find_slope(choices, picks, pulls, member_count);
    double length = metric_length(choices);
    if (!(length > 1e-12))
        return; // the generation has no preference
    double step = 1 / choices->pace / length;
    adapt_pace(choices, length);
    for (size_t k = 0; k < choices->starts[choices->count]; k++)
        choices->shares[k] += step * choices->slope[k];
    for (size_t i = 0; i < choices->count; i++)
        keep_margin(choices, i);
}
