/**
 * heritage.c: one process for each earlier study, and their votes.
 */
#include "surrogate/heritage.h"

#include "base/memory.h"
#include "base/vector.h"
#include "surrogate/gp_fit.h"
#include "surrogate/outcome.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_LEARNT = 150, // trials of an earlier study: half of them its best
    FIT_CALLS = 30,    // of the evidence
    LEAST_LEARNT = 4,
    LEAST_REFUTING = 8, // trials
};

static const double sharpness = 8;                       // of weights, in correlations
static const double presumed = 0.5, presumed_trials = 8; // a correlation before any trial
static const double worth = 0.3;                         // a correlation that is of any use
static const double spread = 0.7;  // of a length scale's logarithm between studies
static const double unknown = 0.5; // the coordinate of what an earlier study does not know

// What a study's process is learnt from.
typedef struct lesson {
    size_t *order; // [count] its trials in this space, best first; then those that are learnt
    size_t count;
    double *points, *losses, *outcomes;
} lesson;

void cav_heritage_free(cav_heritage *heritage)
{
    if (!heritage)
        return;
    for (size_t i = 0; heritage->heirs && i < heritage->count; i++) {
        cav_gp_free(heritage->heirs[i].gp);
        free(heritage->heirs[i].said);
    }
    free(heritage->heirs);
    cav_gp_work_free(heritage->work);
    cav_gp_axes_free(heritage->axes);
    free(heritage->points);
    free(heritage->gradient);
    free(heritage->losses);
    free(heritage);
}

// A point as an earlier study would see it.
static void look_back(const cav_earlier *earlier, const double *point, double *ret_point)
{
    for (size_t dim = 0; dim < earlier->dim_count; dim++)
        ret_point[dim] = earlier->knows[dim] ? point[dim] : unknown;
}

static int by_value(const void *a, const void *b)
{
    const cav_rank_item *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

// Chooses the best half and, of the others, every so many.
static size_t choose(const cav_earlier *earlier, cav_rank_item *order, size_t *ret_chosen)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < earlier->count; i++)
        if (earlier->is_inside[i])
            order[count++] = (cav_rank_item){earlier->losses[i], i};
    qsort(order, count, sizeof *order, by_value);
    size_t best = count < MOST_LEARNT ? count : MOST_LEARNT / 2, rest = MOST_LEARNT - best;
    for (size_t i = 0; i < best; i++)
        ret_chosen[kept++] = order[i].index;
    for (size_t i = 0; count > best && i < rest; i++)
        ret_chosen[kept++] = order[best + i * (count - best) / rest].index;
    return kept;
}

static bool prepare(const cav_earlier *earlier, lesson *at)
{
    size_t dims = earlier->dim_count;
    size_t chosen[MOST_LEARNT];
    cav_rank_item *order = malloc((earlier->count + 1) * sizeof *order);
    if (!order)
        return false;
    at->count = choose(earlier, order, chosen);
    free(order);
    at->points = malloc((at->count + 1) * (dims + 2) * sizeof *at->points);
    if (!at->points)
        return false;
    at->losses = at->points + at->count * dims;
    at->outcomes = at->losses + at->count;
    for (size_t i = 0; i < at->count; i++) {
        look_back(earlier, earlier->points + chosen[i] * dims, at->points + i * dims);
        at->losses[i] = earlier->losses[chosen[i]];
    }
    return cav_outcome_warp(CAV_OUTCOME_RANK, at->losses, at->count, at->outcomes, NULL);
}

// Fits and conditions; without enough trials, or where that cannot be done, there is no process.
static bool teach(cav_heritage *heritage, cav_heir *heir, const lesson *at)
{
    double reached;
    cav_gp_data data = {.count = at->count, .points = at->points, .outcomes = at->outcomes};
    if (at->count < LEAST_LEARNT)
        return true;
    heir->gp = cav_gp_new(heritage->axes, 5, false);
    if (!heir->gp || !cav_gp_reserve(heir->gp, at->count) ||
        !cav_gp_work_reserve(heritage->work, at->count) ||
        !cav_gp_climb(heir->gp, &data, FIT_CALLS, heritage->work, &reached))
        return false;
    if (!cav_gp_condition(heir->gp, &data, heritage->work)) {
        cav_gp_free(heir->gp);
        heir->gp = NULL;
    }
    return true;
}

static bool add(cav_heritage *heritage, cav_heir *heir, const cav_earlier *earlier)
{
    lesson at = {0};
    heir->earlier = earlier;
    heir->agreement = (cav_rank_correlation){0, -1, 1};
    heir->said = calloc(CAV_HERITAGE_VOTERS, sizeof *heir->said);
    bool fine = heir->said && prepare(earlier, &at) && teach(heritage, heir, &at);
    free(at.points);
    return fine;
}

// ---- Votes --------------------------------------------------------------------------------------

static void weigh(cav_heritage *heritage)
{
    double n = (double)heritage->voter_count, most = -INFINITY, total = 0;
    for (size_t i = 0; i < heritage->count; i++) {
        cav_heir *heir = &heritage->heirs[i];
        double score = n * heir->agreement.value + presumed_trials * presumed;
        heir->weight = heir->gp && !heir->refuted ? score / (n + presumed_trials) : -INFINITY;
        heir->worth = fmax(0, heir->weight);
        most = fmax(most, heir->weight);
    }
    heritage->any = most > -INFINITY;
    for (size_t i = 0; i < heritage->count; i++) {
        cav_heir *heir = &heritage->heirs[i];
        heir->weight = heritage->any ? exp(sharpness * (heir->weight - most)) : 0;
        total += heir->weight;
    }
    for (size_t i = 0; i < heritage->count && heritage->any; i++)
        heritage->heirs[i].weight /= total;
}

cav_heritage *cav_heritage_new(const cav_space *space, const cav_earlier *earlier, size_t count)
{
    cav_heritage *heritage = calloc(1, sizeof *heritage);
    if (!heritage)
        return NULL;
    heritage->space = space;
    heritage->heirs = calloc(count + 1, sizeof *heritage->heirs);
    heritage->points = calloc(8 * space->dim_count + 1, sizeof *heritage->points);
    heritage->gradient = calloc(2 * space->dim_count + 1, sizeof *heritage->gradient);
    heritage->losses = calloc(CAV_HERITAGE_VOTERS, sizeof *heritage->losses);
    heritage->axes = cav_gp_axes_new(space);
    heritage->work = heritage->axes ? cav_gp_work_new(heritage->axes) : NULL;
    bool fine = heritage->heirs && heritage->points && heritage->gradient && heritage->losses &&
                heritage->work;
    for (; fine && heritage->count < count; heritage->count += fine)
        fine = add(heritage, &heritage->heirs[heritage->count], &earlier[heritage->count]);
    if (!fine) {
        heritage->count += heritage->heirs && heritage->count < count; // the one that failed
        cav_heritage_free(heritage);
        return NULL;
    }
    weigh(heritage);
    return heritage;
}

static bool has_vote(const cav_history *history, size_t number)
{
    return history->states[number] == CAVIAR_STATE_COMPLETE &&
           isfinite(history->losses[number * history->metric_count]);
}

static bool vote(cav_heritage *heritage, const double *point, double loss)
{
    size_t count = ++heritage->voter_count;
    heritage->losses[count - 1] = loss;
    for (size_t i = 0; i < heritage->count; i++) {
        cav_heir *heir = &heritage->heirs[i];
        if (!heir->gp)
            continue;
        heir->said[count - 1] = cav_heritage_ask(heritage, i, point);
        if (!cav_rank_correlate(heir->said, heritage->losses, count, &heir->agreement))
            return false;
        bool fails = heir->agreement.high < worth && heir->agreement.low <= 0;
        if (fails && count >= LEAST_REFUTING && !heir->refuted)
            heir->refuted = count;
    }
    return true;
}

bool cav_heritage_learn(cav_heritage *heritage, const cav_history *history, size_t finished)
{
    for (; heritage->seen < finished; heritage->seen++) {
        size_t number = history->finished[heritage->seen];
        if (heritage->voter_count == CAV_HERITAGE_VOTERS || !has_vote(history, number))
            continue;
        if (!vote(heritage, history->points + number * heritage->space->dim_count,
                  history->losses[number * history->metric_count]))
            return false;
    }
    weigh(heritage);
    return true;
}

// ---- What they say ------------------------------------------------------------------------------

void cav_heritage_say_eight(cav_heritage *heritage, const double *points, double ret_means[8])
{
    size_t dims = heritage->space->dim_count;
    memset(ret_means, 0, CAV_LANES * sizeof *ret_means);
    for (size_t i = 0; i < heritage->count; i++) {
        const cav_heir *heir = &heritage->heirs[i];
        double means[CAV_LANES];
        if (!(heir->weight > 0))
            continue;
        for (size_t lane = 0; lane < CAV_LANES; lane++)
            look_back(heir->earlier, points + lane * dims, heritage->points + lane * dims);
        cav_gp_predict_eight(heir->gp, heritage->points, heritage->work, means, NULL);
        for (size_t lane = 0; lane < CAV_LANES; lane++)
            ret_means[lane] += heir->weight * means[lane];
    }
}

double cav_heritage_say(cav_heritage *heritage, const double *point, double *ret_gradient)
{
    size_t dims = heritage->space->dim_count;
    double sum = 0, mean, variance;
    memset(ret_gradient, 0, dims * sizeof *ret_gradient);
    for (size_t i = 0; i < heritage->count; i++) {
        const cav_heir *heir = &heritage->heirs[i];
        if (!(heir->weight > 0))
            continue;
        look_back(heir->earlier, point, heritage->points);
        cav_gp_predict(heir->gp, heritage->points, heritage->work, &mean, &variance,
                       heritage->gradient, heritage->gradient + dims);
        sum += heir->weight * mean;
        for (size_t dim = 0; dim < dims; dim++)
            if (heir->earlier->knows[dim])
                ret_gradient[dim] += heir->weight * heritage->gradient[dim];
    }
    return sum;
}

// An axis has a mean for all studies, from which each differs by `spread`; both are normal, and
// together they are as wide as what is presumed without any study.
void cav_heritage_presume(const cav_heritage *heritage, cav_gp_axes *axes)
{
    const double within = spread * spread,
                 total = CAV_GP_LENGTH_DEVIATION * CAV_GP_LENGTH_DEVIATION;
    for (size_t i = 0; i < axes->count; i++) {
        double precision = 1 / (total - within), sum = precision * cav_gp_length_mean(axes->count);
        for (size_t k = 0; k < heritage->count; k++) {
            const cav_heir *heir = &heritage->heirs[k];
            double says = heir->earlier->knows[axes->axes[i].dim] ? heir->worth / within : 0;
            precision += says;
            sum += says > 0 ? says * heir->gp->params[i] : 0;
        }
        axes->length_means[i] = sum / precision;
        axes->length_deviations[i] = sqrt(1 / precision + within);
    }
}

double cav_heritage_ask(cav_heritage *heritage, size_t which, const double *point)
{
    const cav_heir *heir = &heritage->heirs[which];
    size_t dims = heritage->space->dim_count;
    double means[CAV_LANES];
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        look_back(heir->earlier, point, heritage->points + lane * dims);
    cav_gp_predict_eight(heir->gp, heritage->points, heritage->work, means, NULL);
    return means[0];
}
