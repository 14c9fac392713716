/**
 * gp_ensemble.c: fitting, weighing and asking the members.
 *
 * Improvements are averaged over the members as such, not as logarithms, which integrates the
 * parameters out (Snoek, Larochelle, Adams, NIPS 2012). Weights follow from what a member says of
 * each trial of the better half from all others (leave-one-out, Rasmussen and Williams 5.4.2), as a
 * density of the loss itself, so that members with different outcomes can be compared.
 */
#include "surrogate/gp_ensemble.h"

#include "base/normal.h"
#include "base/order.h"
#include "base/vector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kind {
    int smoothness;
    bool warps, inherits;
    cav_outcome outcome;
} kinds[] = {
    {5, false, false, CAV_OUTCOME_RANK}, {5, false, false, CAV_OUTCOME_POWER},
    {5, true, false, CAV_OUTCOME_POWER}, {3, false, false, CAV_OUTCOME_POWER},
    {5, false, true, CAV_OUTCOME_RANK}, // the last one, and as the first but for what it inherits
};

enum { PLAIN_KINDS = CAV_COUNT_OF(kinds) - 1, HEIR = PLAIN_KINDS };

static const double least_share = 0.25; // of an equal weight
static const double sharpness = 8;      // of weights, in mean log densities
static const double most_trust = 1.5;   // in what earlier studies say
static const double most_inherited = 0.8;
static const double caution_each = 4; // for each coordinate, over the trials: more of the variance

static bool add_members(cav_gp_ensemble *ensemble)
{
    size_t each = 1 + ensemble->draws;
    ensemble->kind_count = ensemble->heritage ? CAV_COUNT_OF(kinds) : PLAIN_KINDS;
    ensemble->members = calloc(ensemble->kind_count * each, sizeof *ensemble->members);
    if (!ensemble->members)
        return false;
    for (size_t k = 0; k < ensemble->kind_count; k++) {
        for (size_t i = 0; i < each; i++) {
            cav_gp_member *member = &ensemble->members[ensemble->count];
            member->kind = k;
            member->outcome = kinds[k].outcome;
            member->inherits = kinds[k].inherits;
            member->is_draw = i > 0;
            member->gp = cav_gp_new(ensemble->axes, kinds[k].smoothness, kinds[k].warps);
            if (!member->gp)
                return false;
            ensemble->count++;
        }
    }
    return true;
}

cav_gp_ensemble *cav_gp_ensemble_new(const cav_space *space, const cav_gp_ensemble_options *options)
{
    cav_gp_ensemble *ensemble = calloc(1, sizeof *ensemble);
    if (!ensemble)
        return NULL;
    ensemble->draws = options->draws;
    ensemble->effort = options->effort;
    ensemble->heritage = options->heritage;
    ensemble->axes = cav_gp_axes_new(space);
    if (ensemble->axes)
        ensemble->work = cav_gp_work_new(ensemble->axes);
    ensemble->eight = calloc(8 * space->dim_count + 1, sizeof *ensemble->eight);
    ensemble->gradients = calloc(3 * space->dim_count + 1, sizeof *ensemble->gradients);
    if (ensemble->work && ensemble->eight && ensemble->gradients && add_members(ensemble))
        return ensemble;
    cav_gp_ensemble_free(ensemble);
    return NULL;
}

void cav_gp_ensemble_free(cav_gp_ensemble *ensemble)
{
    if (!ensemble)
        return;
    for (size_t i = 0; i < ensemble->count; i++)
        cav_gp_free(ensemble->members[i].gp);
    free(ensemble->members);
    cav_gp_work_free(ensemble->work);
    cav_gp_axes_free(ensemble->axes);
    for (size_t i = 0; i < CAV_COUNT_OF(ensemble->outcomes); i++) {
        free(ensemble->outcomes[i]);
        free(ensemble->log_slopes[i]);
        free(ensemble->noises[i]);
    }
    free(ensemble->said);
    free(ensemble->differences);
    free(ensemble->failed);
    free(ensemble->room);
    free(ensemble->improvements);
    free(ensemble->gradients);
    free(ensemble->eight);
    free(ensemble);
}

static bool reserve(cav_gp_ensemble *ensemble, size_t count)
{
    for (size_t i = 0; i < ensemble->count; i++)
        if (!cav_gp_reserve(ensemble->members[i].gp, count))
            return false;
    if (!cav_gp_work_reserve(ensemble->work, count))
        return false;
    if (count <= ensemble->capacity)
        return true;
    size_t capacity = count + count / 2;
    double **rooms[] = {&ensemble->outcomes[0],   &ensemble->outcomes[1], &ensemble->log_slopes[0],
                        &ensemble->log_slopes[1], &ensemble->noises[0],   &ensemble->noises[1],
                        &ensemble->said,          &ensemble->differences};
    for (size_t i = 0; i < CAV_COUNT_OF(rooms); i++) {
        double *grown = realloc(*rooms[i], capacity * sizeof *grown);
        if (!grown)
            return false;
        *rooms[i] = grown;
    }
    double *room = realloc(ensemble->room, 4 * capacity * sizeof *room);
    if (room)
        ensemble->room = room;
    bool *failed = realloc(ensemble->failed, capacity * sizeof *failed);
    if (failed)
        ensemble->failed = failed;
    if (!room || !failed)
        return false;
    ensemble->capacity = capacity;
    return true;
}

// What earlier studies say of up to eight points [count x dim_count].
static void say(cav_gp_ensemble *ensemble, const double *points, size_t count, double ret_said[8])
{
    size_t dims = ensemble->axes->space->dim_count;
    double *eight = ensemble->eight;
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        memcpy(eight + lane * dims, points + (lane < count ? lane : 0) * dims,
               dims * sizeof *eight);
    cav_heritage_say_eight(ensemble->heritage, eight, ret_said);
}

// What earlier studies say of the trials, and how much of it their outcomes show: a regression,
// drawn to a belief in most of it as if two trials had said so.
static void listen(cav_gp_ensemble *ensemble, const cav_gp_trials *trials)
{
    const double presumed = 0.7, weight = 2;
    size_t dims = ensemble->axes->space->dim_count, count = trials->count;
    const double *outcomes = ensemble->outcomes[CAV_OUTCOME_RANK];
    double means[CAV_LANES], said = 0, outcome = 0, xx = weight, xy = weight * presumed;
    for (size_t i = 0; i < count; i += CAV_LANES) {
        size_t lanes = count - i < CAV_LANES ? count - i : CAV_LANES;
        say(ensemble, trials->points + i * dims, lanes, means);
        memcpy(ensemble->said + i, means, lanes * sizeof *means);
    }
    for (size_t i = 0; i < count; i++) {
        said += ensemble->said[i] / (double)count;
        outcome += outcomes[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        xx += (ensemble->said[i] - said) * (ensemble->said[i] - said);
        xy += (ensemble->said[i] - said) * (outcomes[i] - outcome);
    }
    ensemble->trust = fmin(most_trust, fmax(0, xy / xx));
    for (size_t i = 0; i < count; i++)
        ensemble->differences[i] = outcomes[i] - ensemble->trust * ensemble->said[i];
}

static bool absorb(cav_gp_ensemble *ensemble, const cav_gp_trials *trials)
{
    if (!reserve(ensemble, trials->count + 1))
        return false;
    double dims = (double)ensemble->axes->space->dim_count;
    ensemble->trial_count = trials->count;
    ensemble->caution = sqrt(1 + caution_each * dims / fmax(1, (double)trials->count));
    ensemble->failed_count = 0;
    for (size_t i = 0; i < trials->count; i++) {
        ensemble->failed[i] = trials->failed[i];
        ensemble->failed_count += trials->failed[i];
    }
    for (size_t i = 0; i < CAV_COUNT_OF(ensemble->outcomes); i++)
        if (!cav_outcome_warp((cav_outcome)i, trials->losses, trials->count, ensemble->outcomes[i],
                              ensemble->log_slopes[i]) ||
            !cav_outcome_spread(trials->losses, trials->deviations, ensemble->outcomes[i],
                                trials->count, ensemble->noises[i]))
            return false;
    ensemble->has_noises = trials->deviations != NULL;
    if (ensemble->heritage)
        listen(ensemble, trials);
    return true;
}

static const double *outcomes_of(const cav_gp_ensemble *ensemble, const cav_gp_member *member)
{
    return member->inherits ? ensemble->differences : ensemble->outcomes[member->outcome];
}

static cav_gp_data data_of(const cav_gp_ensemble *ensemble, const cav_gp_member *member,
                           const double *points)
{
    return (cav_gp_data){.count = ensemble->trial_count,
                         .points = points,
                         .outcomes = outcomes_of(ensemble, member),
                         .noises = ensemble->has_noises ? ensemble->noises[member->outcome] : NULL};
}

static bool fit_kind(cav_gp_ensemble *ensemble, cav_gp_member *members, const double *points,
                     bool afresh, cav_random *random)
{
    cav_gp *lead = members->gp;
    cav_gp_data data = data_of(ensemble, members, points);
    size_t calls = (size_t)(ensemble->effort * (afresh ? 30 : 8)) + 1;
    double reached;
    if (afresh)
        cav_gp_reset(lead);
    if (!cav_gp_climb(lead, &data, calls, ensemble->work, &reached))
        return false;
    const cav_gp *walkers[64];
    size_t walker_count = 0;
    for (size_t i = 0; i <= ensemble->draws && walker_count < CAV_COUNT_OF(walkers); i++)
        walkers[walker_count++] = members[i].gp;
    for (size_t i = 1; i <= ensemble->draws; i++) {
        if (afresh)
            memcpy(members[i].gp->params, lead->params, lead->param_count * sizeof(double));
        size_t moves = (size_t)(ensemble->effort * (afresh ? 6 : 2)) + 1;
        if (!cav_gp_sample(members[i].gp, &data, moves, walkers, walker_count, random,
                           ensemble->work))
            return false;
    }
    return true;
}

bool cav_gp_ensemble_fit(cav_gp_ensemble *ensemble, const cav_gp_trials *trials, bool afresh,
                         cav_random *random)
{
    if (!absorb(ensemble, trials))
        return false;
    if (ensemble->heritage)
        cav_heritage_presume(ensemble->heritage, ensemble->axes);
    for (size_t i = 0; i < ensemble->count; i += 1 + ensemble->draws)
        if (!fit_kind(ensemble, ensemble->members + i, trials->points, afresh, random))
            return false;
    return true;
}

static double median_of(const double *values, size_t count, double *room)
{
    memcpy(room, values, count * sizeof *room);
    cav_sort(room, count);
    return room[(count - 1) / 2];
}

// Mean logarithm of the density that the member gives to the losses of the better half. Sets the
// member's skill, too.
static double predictive_score(cav_gp_ensemble *ensemble, cav_gp_member *member)
{
    double unexplained = 0, variation = 0;
    size_t count = ensemble->trial_count, used = 0;
    double *means = ensemble->room, *variances = means + count, sum = 0;
    const double *outcomes = ensemble->outcomes[member->outcome];
    const double *own = outcomes_of(ensemble, member);
    double median = median_of(outcomes, count, means);
    cav_gp_leave_one_out(member->gp, means, variances);
    for (size_t i = 0; i < count; i++) {
        double off = own[i] - means[i];
        unexplained += off * off;
        variation += outcomes[i] * outcomes[i];
        if (ensemble->failed[i] || outcomes[i] > median)
            continue;
        sum += -0.5 * log(variances[i]) - 0.5 * off * off / variances[i] +
               ensemble->log_slopes[member->outcome][i];
        used++;
    }
    member->skill = variation > 0 ? 1 - unexplained / variation : 0;
    return used ? sum / (double)used : 0;
}

// The least mean at a trial that came out well.
static double least_mean(const cav_gp_ensemble *ensemble, const cav_gp_member *member)
{
    double least = INFINITY;
    for (size_t i = 0; i < ensemble->trial_count; i++) {
        double said = member->inherits ? ensemble->trust * ensemble->said[i] : 0;
        if (!ensemble->failed[i])
            least = fmin(least, cav_gp_fitted(member->gp, i) + said);
    }
    return least;
}

// For each trial the share of pairs with another one that the others' means have in the wrong
// order.
static void find_misorder(const cav_gp_ensemble *ensemble, const cav_gp_member *member,
                          double *means, double *ret_wrong)
{
    size_t count = ensemble->trial_count;
    const double *outcomes = ensemble->outcomes[CAV_OUTCOME_RANK];
    double *variances = ret_wrong; // not wanted
    cav_gp_leave_one_out(member->gp, means, variances);
    for (size_t i = 0; i < count && member->inherits; i++)
        means[i] += ensemble->trust * ensemble->said[i];
    for (size_t i = 0; i < count; i++) {
        size_t wrong = 0;
        for (size_t k = 0; k < count; k++)
            wrong += (means[i] - means[k]) * (outcomes[i] - outcomes[k]) < 0;
        ret_wrong[i] = (double)wrong / (double)count;
    }
}

// The share of the kind that inherits: how surely it orders the trials better than the kind that is
// as it is but for that. To begin with four trials are presumed that it has in a better order.
static double inherit(cav_gp_ensemble *ensemble)
{
    const double presumed = 0.1, deviation = 0.15, weight = 4;
    size_t each = 1 + ensemble->draws, count = ensemble->trial_count;
    const cav_gp_member *plain = &ensemble->members[0], *heir = &ensemble->members[HEIR * each];
    double *means = ensemble->room, *without = means + count, *with = without + count;
    double sum = weight * presumed, squares = 0, n = (double)count + weight;
    if (!ensemble->heritage->any || !plain->is_fit || !heir->is_fit || ensemble->trust <= 0)
        return 0;
    find_misorder(ensemble, plain, means, without);
    find_misorder(ensemble, heir, means, with);
    for (size_t i = 0; i < count; i++)
        sum += without[i] - with[i];
    for (size_t i = 0; i < count; i++)
        squares += pow(without[i] - with[i] - sum / n, 2);
    squares += weight * (deviation * deviation + pow(presumed - sum / n, 2));
    double z = sum / n / sqrt(squares / n / n);
    return z > 0 ? most_inherited * (2 * cav_normal_cdf(z) - 1) : 0;
}

// Weights of the kinds by their mean scores, the same for all members of a kind. The kind that
// inherits has what it has earned, and the others the rest.
static void weigh(cav_gp_ensemble *ensemble, const double *scores)
{
    size_t each = 1 + ensemble->draws;
    double kind_scores[PLAIN_KINDS], most = -INFINITY, total = 0;
    for (size_t k = 0; k < PLAIN_KINDS; k++) {
        kind_scores[k] = 0;
        for (size_t i = 0; i < each; i++)
            kind_scores[k] += scores[k * each + i] / (double)each;
        most = fmax(most, kind_scores[k]);
    }
    for (size_t k = 0; k < PLAIN_KINDS; k++)
        total += kind_scores[k] = exp(sharpness * (kind_scores[k] - most));
    ensemble->inherited = ensemble->heritage ? inherit(ensemble) : 0;
    for (size_t i = 0; i < ensemble->count; i++) {
        cav_gp_member *member = &ensemble->members[i];
        double equal = 1 / (double)PLAIN_KINDS;
        double share = member->inherits ? 0 : kind_scores[member->kind] / total;
        share = least_share * equal + (1 - least_share) * share;
        share = member->inherits ? ensemble->inherited : (1 - ensemble->inherited) * share;
        member->log_weight = log(share / (double)each);
    }
}

// Appends what the member does not know of the data. False where it cannot.
static bool append_all(const cav_gp_ensemble *ensemble, cav_gp_member *member,
                       const cav_gp_data *data)
{
    size_t dims = ensemble->axes->space->dim_count;
    for (size_t i = member->gp->count; i < data->count; i++)
        if (!cav_gp_append(member->gp, data->points + i * dims, ensemble->work))
            return false;
    cav_gp_set_outcomes(member->gp, data->outcomes, ensemble->work);
    return true;
}

// Has all members know the trials of which they know the first ones.
static bool learn(cav_gp_ensemble *ensemble, const cav_gp_trials *trials, size_t known)
{
    double scores[256] = {0};
    if (!absorb(ensemble, trials))
        return false;
    for (size_t i = 0; i < ensemble->count; i++) {
        cav_gp_member *member = &ensemble->members[i];
        cav_gp_data data = data_of(ensemble, member, trials->points);
        cav_gp_truncate(member->gp, known);
        member->appends = known == 0 || (member->appends && member->is_fit);
        bool appended = known > 0 && member->appends && append_all(ensemble, member, &data);
        member->appends = known == 0 || appended;
        member->is_fit = appended || cav_gp_condition(member->gp, &data, ensemble->work);
        member->level = 0;
        if (!member->is_fit)
            continue;
        member->known = member->best = least_mean(ensemble, member);
        scores[i] = predictive_score(ensemble, member);
    }
    weigh(ensemble, scores);
    return true;
}

bool cav_gp_ensemble_learn(cav_gp_ensemble *ensemble, const cav_gp_trials *trials)
{
    return learn(ensemble, trials, 0);
}

bool cav_gp_ensemble_extend(cav_gp_ensemble *ensemble, const cav_gp_trials *trials)
{
    return learn(ensemble, trials, ensemble->trial_count);
}

double cav_gp_ensemble_inherited(const cav_gp_ensemble *ensemble)
{
    return ensemble->inherited;
}

double cav_gp_ensemble_skill(const cav_gp_ensemble *ensemble)
{
    double sum = 0;
    for (size_t i = 0; i < ensemble->count; i++)
        sum += exp(ensemble->members[i].log_weight) * ensemble->members[i].skill;
    return sum;
}

static const cav_gp_member *heaviest(const cav_gp_ensemble *ensemble)
{
    const cav_gp_member *most = ensemble->members;
    for (size_t i = 0; i < ensemble->count; i++)
        if (ensemble->members[i].log_weight > most->log_weight)
            most = &ensemble->members[i];
    return most;
}

double cav_gp_ensemble_similar(cav_gp_ensemble *ensemble, size_t trial, const double *point)
{
    const cav_gp *gp = heaviest(ensemble)->gp;
    // 0 where it could not be learnt
    return trial < gp->count ? cav_gp_similar(gp, trial, point, ensemble->work) : 0;
}

int cav_gp_ensemble_describe(const cav_gp_ensemble *ensemble, char *ret_text, size_t size)
{
    const cav_gp_member *most = heaviest(ensemble);
    const struct kind *kind = &kinds[most->kind];
    double skill = fmax(0, cav_gp_ensemble_skill(ensemble));
    double share = exp(most->log_weight) * (double)(1 + ensemble->draws);
    return snprintf(
        ret_text, size,
        "explains %.0f %% of losses left out; counts most (%.0f %%): Matern %d/2, %s%s%s",
        100 * skill, 100 * share, kind->smoothness,
        kind->outcome == CAV_OUTCOME_RANK ? "bad losses by rank" : "power of the loss",
        kind->warps ? ", warped scales" : "", kind->inherits ? ", from earlier studies on" : "");
}

static void expect(cav_gp_ensemble *ensemble, cav_gp_member *member, const double *points,
                   size_t count)
{
    size_t known = ensemble->trial_count, dims = ensemble->axes->space->dim_count;
    double *outcomes = ensemble->room;
    memcpy(outcomes, outcomes_of(ensemble, member), known * sizeof *outcomes);
    for (size_t i = 0; i < count; i++) {
        double mean, variance, said[CAV_LANES] = {0};
        cav_gp_predict(member->gp, points + i * dims, ensemble->work, &mean, &variance, NULL, NULL);
        outcomes[known + i] = mean;
        if (member->inherits)
            say(ensemble, points + i * dims, 1, said);
        member->best = fmin(member->best, mean + ensemble->trust * said[0]);
    }
    size_t kept = known;
    for (size_t i = 0; i < count; i++) {
        outcomes[kept] = outcomes[known + i];
        kept += cav_gp_append(member->gp, points + i * dims, ensemble->work);
    }
    cav_gp_set_outcomes(member->gp, outcomes, ensemble->work);
}

bool cav_gp_ensemble_expect(cav_gp_ensemble *ensemble, const double *points, size_t count)
{
    size_t known = ensemble->trial_count;
    if (!reserve(ensemble, known + count + 1))
        return false;
    for (size_t i = 0; i < ensemble->count; i++) {
        cav_gp_member *member = &ensemble->members[i];
        if (!member->is_fit)
            continue;
        member->best = member->known;
        if (member->gp->count > known) {
            cav_gp_truncate(member->gp, known);
            cav_gp_set_outcomes(member->gp, outcomes_of(ensemble, member), ensemble->work);
        }
        if (count > 0)
            expect(ensemble, member, points, count);
    }
    return true;
}

double cav_gp_member_log_news(const cav_gp_member *member, double variance, double *ret_by_variance)
{
    const cav_gp *gp = member->gp;
    double noise = gp->scale * exp(gp->params[gp->param_count - 1]);
    double news = -expm1(-0.5 * log1p(variance / noise)); // 1 - sqrt(noise / (noise + variance))
    if (ret_by_variance)
        *ret_by_variance = 0.5 * (1 - news) / ((variance + noise) * news);
    return log(news);
}

// Expected improvement with deviations times `caution`, times what measuring once more would tell.
static double log_improvement(const cav_gp_member *member, double caution, double mean,
                              double variance, double *ret_by_mean, double *ret_by_variance)
{
    double deviation = caution * sqrt(variance), z = (member->best - mean) / deviation, slope;
    double log_h = cav_normal_log_h(z, &slope);
    double log_news = cav_gp_member_log_news(member, variance, ret_by_variance);
    if (ret_by_mean) {
        *ret_by_mean = -slope / deviation;
        *ret_by_variance += (1 - slope * z) / (2 * variance);
    }
    return log(deviation) + log_h + log_news;
}

void cav_gp_ensemble_log_success(const cav_gp_ensemble *ensemble, double scores[8])
{
    for (size_t lane = 0; lane < CAV_LANES; lane++) {
        double all = 1, good = 1;
        for (size_t j = 0; j < ensemble->trial_count; j++) {
            double similar = ensemble->work->values[j * CAV_LANES + lane];
            all += similar;
            good += ensemble->failed[j] ? 0 : similar;
        }
        scores[lane] += log(good / all);
    }
}

static bool is_heard(const cav_gp_member *member)
{
    return member->is_fit && member->log_weight > -INFINITY;
}

static void predict_eight(cav_gp_ensemble *ensemble, const cav_gp_member *member,
                          const double *points, double means[8], double variances[8])
{
    double said[CAV_LANES];
    cav_gp_predict_eight(member->gp, points, ensemble->work, means, variances);
    if (!member->inherits)
        return;
    cav_heritage_say_eight(ensemble->heritage, points, said);
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        means[lane] += ensemble->trust * said[lane];
}

// What a mean has to be moved by for what earlier studies say; moves its gradient.
static double add_said(cav_gp_ensemble *ensemble, const double *point, double *gradient)
{
    size_t dims = ensemble->axes->space->dim_count;
    double *slopes = ensemble->gradients + 2 * dims;
    double said = cav_heritage_say(ensemble->heritage, point, slopes);
    for (size_t dim = 0; dim < dims; dim++)
        gradient[dim] += ensemble->trust * slopes[dim];
    return ensemble->trust * said;
}

void cav_gp_ensemble_score_eight(cav_gp_ensemble *ensemble, const double *points,
                                 double ret_scores[8])
{
    double means[CAV_LANES], variances[CAV_LANES], success[CAV_LANES] = {0};
    bool first = true;
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        ret_scores[lane] = -INFINITY;
    for (size_t i = 0; i < ensemble->count; i++) {
        const cav_gp_member *member = &ensemble->members[i];
        if (!is_heard(member))
            continue;
        predict_eight(ensemble, member, points, means, variances);
        if (first && ensemble->failed_count > 0)
            cav_gp_ensemble_log_success(ensemble, success);
        first = false;
        for (size_t lane = 0; lane < CAV_LANES; lane++)
            ret_scores[lane] = cav_log_add(
                ret_scores[lane], member->log_weight - member->level +
                                      log_improvement(member, ensemble->caution, means[lane],
                                                      variances[lane], NULL, NULL));
    }
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        ret_scores[lane] += success[lane];
}

double cav_gp_ensemble_score(cav_gp_ensemble *ensemble, const double *point, double *ret_gradient)
{
    size_t dims = ensemble->axes->space->dim_count;
    double *by_mean = ensemble->gradients, *by_variance = by_mean + dims;
    double sum = -INFINITY, mean, variance;
    memset(ret_gradient, 0, dims * sizeof *ret_gradient);
    for (size_t i = 0; i < ensemble->count; i++) {
        const cav_gp_member *member = &ensemble->members[i];
        if (!is_heard(member))
            continue;
        cav_gp_predict(member->gp, point, ensemble->work, &mean, &variance, by_mean, by_variance);
        if (member->inherits)
            mean += add_said(ensemble, point, by_mean);
        double slope_mean, slope_variance, before = sum;
        double own = member->log_weight - member->level +
                     log_improvement(member, ensemble->caution, mean, variance, &slope_mean,
                                     &slope_variance);
        sum = cav_log_add(sum, own);
        double keep = exp(before - sum), share = exp(own - sum);
        for (size_t dim = 0; dim < dims; dim++)
            ret_gradient[dim] =
                keep * ret_gradient[dim] +
                share * (slope_mean * by_mean[dim] + slope_variance * by_variance[dim]);
    }
    return sum;
}

// log_add of the member's votes to the scores, in units of the greatest of them.
static void vote(cav_gp_ensemble *ensemble, cav_gp_member *member, const double *points,
                 size_t count, double *success, double *scores)
{
    size_t dims = ensemble->axes->space->dim_count;
    double means[CAV_LANES], variances[CAV_LANES], most = -INFINITY;
    double *improvements = ensemble->improvements;
    for (size_t k = 0; k < count; k++) {
        size_t lane = k % CAV_LANES;
        if (lane == 0) {
            predict_eight(ensemble, member, points + k * dims, means, variances);
            if (success)
                cav_gp_ensemble_log_success(ensemble, success + k);
        }
        improvements[k] =
            log_improvement(member, ensemble->caution, means[lane], variances[lane], NULL, NULL);
        most = fmax(most, improvements[k]);
    }
    member->level = most > -INFINITY ? most : 0;
    for (size_t k = 0; k < count; k++)
        scores[k] = cav_log_add(scores[k], member->log_weight - member->level + improvements[k]);
}

bool cav_gp_ensemble_score_all(cav_gp_ensemble *ensemble, const double *points, size_t count,
                               double *ret_scores)
{
    size_t room = 2 * count + 1; // which is there for no points, too
    if (!cav_grow((void **)&ensemble->improvements, &ensemble->scored_capacity, room,
                  sizeof(double)))
        return false;
    double *success = ensemble->improvements + count;
    bool first = true;
    for (size_t k = 0; k < count; k++) {
        ret_scores[k] = -INFINITY;
        success[k] = 0;
    }
    for (size_t i = 0; i < ensemble->count; i++) {
        cav_gp_member *member = &ensemble->members[i];
        if (!is_heard(member))
            continue;
        bool counts_failures = first && ensemble->failed_count > 0;
        vote(ensemble, member, points, count, counts_failures ? success : NULL, ret_scores);
        first = false;
    }
    for (size_t k = 0; k < count; k++)
        ret_scores[k] += success[k];
    return true;
}
