/**
 * gp_volume.c: each team's front, and the expected gain over it.
 */
#include "surrogate/gp_volume.h"

#include "base/normal.h"
#include "base/pareto.h"
#include "base/vector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double beyond = 0.1; // the reference, in ranges of the front

// What is expected below an edge: (edge - loss) where that is positive.
typedef struct cav_gp_edge {
    double log_gain; // -INFINITY below the lowest
    double slope, z; // of cav_normal_log_h
} edge;

// How a logarithm changes with a metric's mean and variance.
typedef struct slopes {
    double by_mean, by_variance;
} slopes;

void cav_gp_volume_free(cav_gp_volume *volume)
{
    if (!volume)
        return;
    for (size_t m = 0; m < CAV_GP_VOLUME_METRICS; m++) {
        cav_gp_ensemble_free(volume->ensembles[m]);
        free(volume->edges[m]);
    }
    for (size_t i = 0; volume->teams && i < volume->team_count; i++)
        cav_pareto_boxes_free(&volume->teams[i].boxes);
    free(volume->teams);
    free(volume->front);
    free(volume->means);
    free(volume->terms);
    free(volume->gradients);
    free(volume->gains);
    free(volume);
}

cav_gp_volume *cav_gp_volume_new(const cav_space *space, size_t metric_count,
                                 const cav_gp_ensemble_options *options)
{
    cav_gp_volume *volume = calloc(1, sizeof *volume);
    if (!volume)
        return NULL;
    volume->metric_count = metric_count;
    volume->gradients = malloc((2 * metric_count * space->dim_count + 1) * sizeof(double));
    bool fine = volume->gradients != NULL;
    for (size_t m = 0; m < metric_count && fine; m++)
        fine = (volume->ensembles[m] = cav_gp_ensemble_new(space, options)) != NULL;
    if (fine) {
        volume->team_count = volume->ensembles[0]->count;
        volume->teams = calloc(volume->team_count, sizeof *volume->teams);
    }
    if (volume->teams)
        return volume;
    cav_gp_volume_free(volume);
    return NULL;
}

bool cav_gp_volume_fit(cav_gp_volume *volume, const cav_gp_trials *trials, bool afresh,
                       cav_random *random)
{
    bool fine = true;
    for (size_t m = 0; m < volume->metric_count && fine; m++)
        fine = cav_gp_ensemble_fit(volume->ensembles[m], &trials[m], afresh, random);
    return fine;
}

// Finds the trials that no other dominates: as they came out, since what models make of trials of
// which one dominates the other may differ either way.
static bool find_front(cav_gp_volume *volume, const cav_gp_trials *trials)
{
    size_t count = trials->count, metrics = volume->metric_count;
    if (!CAV_GROW(&volume->front, &volume->front_capacity, count))
        return false;
    volume->front_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_front = !trials->failed[i];
        for (size_t k = 0; k < count && is_front; k++) {
            bool is_better = false, is_worse = trials->failed[k];
            for (size_t m = 0; m < metrics && !is_worse; m++) {
                is_better |= trials[m].losses[k] < trials[m].losses[i];
                is_worse = trials[m].losses[k] > trials[m].losses[i];
            }
            is_front = is_worse || !is_better;
        }
        if (is_front)
            volume->front[volume->front_count++] = i;
    }
    return true;
}

bool cav_gp_volume_learn(cav_gp_volume *volume, const cav_gp_trials *trials)
{
    bool fine = find_front(volume, trials);
    for (size_t m = 0; m < volume->metric_count && fine; m++)
        fine = cav_gp_ensemble_learn(volume->ensembles[m], &trials[m]);
    return fine;
}

bool cav_gp_volume_extend(cav_gp_volume *volume, const cav_gp_trials *trials)
{
    bool fine = find_front(volume, trials);
    for (size_t m = 0; m < volume->metric_count && fine; m++)
        fine = cav_gp_ensemble_extend(volume->ensembles[m], &trials[m]);
    return fine;
}

int cav_gp_volume_describe(const cav_gp_volume *volume, char *ret_text, size_t size)
{
    int length = snprintf(ret_text, size, "explains ");
    for (size_t m = 0; m < volume->metric_count; m++) {
        double skill = fmax(0, cav_gp_ensemble_skill(volume->ensembles[m]));
        size_t at = (size_t)length < size ? (size_t)length : size;
        length += snprintf(ret_text + at, size - at, m ? " and %.0f %%" : "%.0f %%", 100 * skill);
    }
    size_t at = (size_t)length < size ? (size_t)length : size;
    return length + snprintf(ret_text + at, size - at, " of losses left out");
}

static cav_gp_member *member_of(const cav_gp_volume *volume, size_t team, size_t metric)
{
    return &volume->ensembles[metric]->members[team];
}

static bool reserve(cav_gp_volume *volume, size_t count)
{
    if (count <= volume->capacity)
        return true;
    size_t capacity = count + count / 2, metrics = volume->metric_count;
    double *means = realloc(volume->means, capacity * metrics * sizeof *means);
    if (means)
        volume->means = means;
    double *terms = realloc(volume->terms, (2 * capacity + 1) * sizeof *terms);
    if (terms)
        volume->terms = terms;
    if (!means || !terms)
        return false;
    for (size_t m = 0; m < metrics; m++) {
        edge *edges = realloc(volume->edges[m], (capacity + 2) * sizeof *edges);
        if (!edges)
            return false;
        volume->edges[m] = edges;
    }
    volume->capacity = capacity;
    return true;
}

// What the team believes of the trials of the front, and of those to come at `points`: to
// volume->means. Returns how many there are.
static size_t believe(cav_gp_volume *volume, size_t team, const double *points, size_t count)
{
    size_t metrics = volume->metric_count, dims = volume->ensembles[0]->axes->space->dim_count;
    double *means = volume->means, variance;
    for (size_t i = 0; i < volume->front_count; i++)
        for (size_t m = 0; m < metrics; m++)
            *means++ = cav_gp_fitted(member_of(volume, team, m)->gp, volume->front[i]);
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < metrics; m++)
            cav_gp_predict(member_of(volume, team, m)->gp, points + i * dims,
                           volume->ensembles[m]->work, means++, &variance, NULL, NULL);
    return volume->front_count + count;
}

static void find_reference(const double *means, size_t count, size_t metrics, double *ret_reference)
{
    double least[CAV_GP_VOLUME_METRICS], worst[CAV_GP_VOLUME_METRICS];
    for (size_t m = 0; m < metrics; m++) {
        least[m] = INFINITY;
        worst[m] = -INFINITY;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_front = !cav_pareto_is_dominated(means, count, metrics, means + i * metrics);
        for (size_t m = 0; m < metrics && is_front; m++) {
            least[m] = fmin(least[m], means[i * metrics + m]);
            worst[m] = fmax(worst[m], means[i * metrics + m]);
        }
    }
    for (size_t m = 0; m < metrics; m++)
        ret_reference[m] = worst[m] + beyond * (worst[m] > least[m] ? worst[m] - least[m] : 1);
}

static bool find_boxes(cav_gp_volume *volume, size_t number, const double *points, size_t count)
{
    cav_gp_team *team = &volume->teams[number];
    double reference[CAV_GP_VOLUME_METRICS];
    size_t metrics = volume->metric_count;
    team->is_heard = true;
    team->log_weight = team->level = 0;
    for (size_t m = 0; m < metrics; m++) {
        const cav_gp_member *member = member_of(volume, number, m);
        team->is_heard &= member->is_fit;
        team->log_weight += member->log_weight / (double)metrics;
    }
    if (!team->is_heard)
        return true;
    size_t known = believe(volume, number, points, count);
    find_reference(volume->means, known, metrics, reference);
    return cav_pareto_boxes_make(&team->boxes, volume->means, known, metrics, reference);
}

bool cav_gp_volume_expect(cav_gp_volume *volume, const double *points, size_t count)
{
    if (!reserve(volume, volume->front_count + count + 1))
        return false;
    for (size_t m = 0; m < volume->metric_count; m++)
        if (!cav_gp_ensemble_expect(volume->ensembles[m], points, count))
            return false;
    for (size_t i = 0; i < volume->team_count; i++)
        if (!find_boxes(volume, i, points, count))
            return false;
    return true;
}

static void foretell(const cav_gp_volume *volume, const cav_gp_team *team, size_t metric,
                     double mean, double deviation)
{
    edge *edges = volume->edges[metric];
    const double *at = team->boxes.edges[metric];
    double log_deviation = log(deviation);
    edges[0] = (edge){.log_gain = -INFINITY};
    for (size_t i = 1; i < team->boxes.edge_counts[metric]; i++) {
        edges[i].z = (at[i] - mean) / deviation;
        edges[i].log_gain = log_deviation + cav_normal_log_h(edges[i].z, &edges[i].slope);
    }
}

// The logarithm of the length expected between two edges. Where these are too near for a difference
// it is their distance times Phi.
static double log_length(const edge *low, const edge *high, double deviation, slopes *ret)
{
    double less = low->log_gain - high->log_gain;
    if (less > -1e-9) {
        double ratio = 1 / high->slope - high->z; // phi / Phi
        if (ret)
            *ret = (slopes){-ratio / deviation, -high->z * ratio / (2 * deviation * deviation)};
        return high->log_gain + log(high->slope * (high->z - low->z));
    }
    double log_length = high->log_gain + log(-expm1(less));
    if (ret) {
        double upper = exp(high->log_gain - log_length), lower = exp(low->log_gain - log_length);
        ret->by_mean = (lower * low->slope - upper * high->slope) / deviation;
        ret->by_variance =
            (upper * (1 - high->slope * high->z) - lower * (1 - low->slope * low->z)) /
            (2 * deviation * deviation);
    }
    return log_length;
}

static double log_box(const cav_gp_volume *volume, const cav_pareto_box *box,
                      const double *deviations, slopes *ret)
{
    double sum = 0;
    for (size_t m = 0; m < volume->metric_count; m++)
        sum += log_length(&volume->edges[m][box->low[m]], &volume->edges[m][box->high[m]],
                          deviations[m], ret ? &ret[m] : NULL);
    return sum;
}

// The logarithm of what a team expects to gain where it foretells these means and variances of the
// metrics; ret [metric_count] may be NULL.
static double log_gain(const cav_gp_volume *volume, size_t number, const double *means,
                       const double *variances, slopes *ret)
{
    const cav_gp_team *team = &volume->teams[number];
    size_t metrics = volume->metric_count;
    double sum = -INFINITY, log_news = 0, by_variance, deviations[CAV_GP_VOLUME_METRICS];
    for (size_t m = 0; m < metrics; m++) {
        deviations[m] = sqrt(variances[m]);
        foretell(volume, team, m, means[m], deviations[m]);
    }
    for (size_t i = 0; i < team->boxes.count; i++) {
        volume->terms[i] = log_box(volume, &team->boxes.boxes[i], deviations, NULL);
        sum = cav_log_add(sum, volume->terms[i]);
    }
    for (size_t m = 0; m < metrics; m++) {
        const cav_gp_member *member = member_of(volume, number, m);
        log_news += cav_gp_member_log_news(member, variances[m], &by_variance) / (double)metrics;
        if (ret)
            ret[m] = (slopes){0, by_variance / (double)metrics};
    }
    for (size_t i = 0; ret && i < team->boxes.count; i++) {
        slopes box[CAV_GP_VOLUME_METRICS];
        double share = exp(volume->terms[i] - sum);
        if (!(share > 1e-12))
            continue;
        log_box(volume, &team->boxes.boxes[i], deviations, box);
        for (size_t m = 0; m < metrics; m++) {
            ret[m].by_mean += share * box[m].by_mean;
            ret[m].by_variance += share * box[m].by_variance;
        }
    }
    return sum + log_news;
}

// What a team expects at eight points [8 x dim_count]. Adds the chance of success, unless it is
// NULL.
static void gain_eight(const cav_gp_volume *volume, size_t team, const double *points,
                       double *success, double ret_gains[8])
{
    double means[CAV_GP_VOLUME_METRICS][CAV_LANES], variances[CAV_GP_VOLUME_METRICS][CAV_LANES];
    size_t metrics = volume->metric_count;
    for (size_t m = 0; m < metrics; m++)
        cav_gp_predict_eight(member_of(volume, team, m)->gp, points, volume->ensembles[m]->work,
                             means[m], variances[m]);
    if (success)
        cav_gp_ensemble_log_success(volume->ensembles[0], success);
    for (size_t lane = 0; lane < CAV_LANES; lane++) {
        double mean[CAV_GP_VOLUME_METRICS], variance[CAV_GP_VOLUME_METRICS];
        for (size_t m = 0; m < metrics; m++) {
            mean[m] = means[m][lane];
            variance[m] = variances[m][lane];
        }
        ret_gains[lane] = log_gain(volume, team, mean, variance, NULL);
    }
}

void cav_gp_volume_score_eight(cav_gp_volume *volume, const double *points, double ret_scores[8])
{
    double gains[CAV_LANES], success[CAV_LANES] = {0};
    bool counts_failures = volume->ensembles[0]->failed_count > 0;
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        ret_scores[lane] = -INFINITY;
    for (size_t i = 0; i < volume->team_count; i++) {
        const cav_gp_team *team = &volume->teams[i];
        if (!team->is_heard)
            continue;
        gain_eight(volume, i, points, counts_failures ? success : NULL, gains);
        counts_failures = false;
        for (size_t lane = 0; lane < CAV_LANES; lane++)
            ret_scores[lane] =
                cav_log_add(ret_scores[lane], team->log_weight - team->level + gains[lane]);
    }
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        ret_scores[lane] += success[lane];
}

double cav_gp_volume_score(cav_gp_volume *volume, const double *point, double *ret_gradient)
{
    size_t metrics = volume->metric_count, dims = volume->ensembles[0]->axes->space->dim_count;
    double *by_mean = volume->gradients, *by_variance = by_mean + metrics * dims;
    double sum = -INFINITY, means[CAV_GP_VOLUME_METRICS], variances[CAV_GP_VOLUME_METRICS];
    slopes change[CAV_GP_VOLUME_METRICS];
    memset(ret_gradient, 0, dims * sizeof *ret_gradient);
    for (size_t i = 0; i < volume->team_count; i++) {
        const cav_gp_team *team = &volume->teams[i];
        if (!team->is_heard)
            continue;
        for (size_t m = 0; m < metrics; m++)
            cav_gp_predict(member_of(volume, i, m)->gp, point, volume->ensembles[m]->work,
                           &means[m], &variances[m], by_mean + m * dims, by_variance + m * dims);
        double before = sum;
        double own = team->log_weight - team->level + log_gain(volume, i, means, variances, change);
        sum = cav_log_add(sum, own);
        double keep = exp(before - sum), share = exp(own - sum);
        for (size_t dim = 0; dim < dims; dim++) {
            ret_gradient[dim] *= keep;
            for (size_t m = 0; m < metrics; m++)
                ret_gradient[dim] += share * (change[m].by_mean * by_mean[m * dims + dim] +
                                              change[m].by_variance * by_variance[m * dims + dim]);
        }
    }
    return sum;
}

// Adds the team's votes to the scores, in units of the greatest of them.
static void vote(cav_gp_volume *volume, size_t number, const double *points, size_t count,
                 double *success, double *scores)
{
    cav_gp_team *team = &volume->teams[number];
    size_t dims = volume->ensembles[0]->axes->space->dim_count;
    double most = -INFINITY, *gains = volume->gains;
    for (size_t k = 0; k < count; k += CAV_LANES)
        gain_eight(volume, number, points + k * dims, success ? success + k : NULL, gains + k);
    for (size_t k = 0; k < count; k++)
        most = fmax(most, gains[k]);
    team->level = most > -INFINITY ? most : 0;
    for (size_t k = 0; k < count; k++)
        scores[k] = cav_log_add(scores[k], team->log_weight - team->level + gains[k]);
}

bool cav_gp_volume_score_all(cav_gp_volume *volume, const double *points, size_t count,
                             double *ret_scores)
{
    size_t room = 2 * count + 1; // which is there for no points, too
    if (!cav_grow((void **)&volume->gains, &volume->scored_capacity, room, sizeof(double)))
        return false;
    double *success = volume->gains + count;
    bool counts_failures = volume->ensembles[0]->failed_count > 0;
    for (size_t k = 0; k < count; k++) {
        ret_scores[k] = -INFINITY;
        success[k] = 0;
    }
    for (size_t i = 0; i < volume->team_count; i++) {
        if (!volume->teams[i].is_heard)
            continue;
        vote(volume, i, points, count, counts_failures ? success : NULL, ret_scores);
        counts_failures = false;
    }
    for (size_t k = 0; k < count; k++)
        ret_scores[k] += success[k];
    return true;
}
