/**
 * smooth.c: choosing trials, and fitting the process.
 *
 * One process with Matérn 5/2 and the most likely parameters, on losses whose worse half is taken
 * by rank: what is asked is where a change of coordinates or of a bound pays, and a run that
 * diverged should not decide that. Leaving one out: Rasmussen and Williams, "Gaussian processes for
 * machine learning", 2006, 5.4.2.
 */
#include "insight/smooth.h"

#include "base/vector.h"
#include "surrogate/gp_fit.h"
#include "surrogate/outcome.h"

#include <math.h>
#include <string.h>

enum { MOST_TRIALS = 160 };

static caviar_code copy_trials(cav_smooth *at, const cav_history *history, cav_error *error)
{
    size_t params = at->space->count;
    at->count = at->ranking.count;
    at->raw = CAV_ARENA_NEW(at->arena, double, at->count *params + 1);
    at->outcomes = CAV_ARENA_NEW(at->arena, double, at->count + 1);
    if (!at->raw || !at->outcomes)
        return cav_fail_memory(error);
    for (size_t i = 0; i < at->count; i++)
        memcpy(at->raw + i * params, history->raw + at->ranking.rows[i] * params,
               params * sizeof(double));
    return cav_outcome_warp(CAV_OUTCOME_RANK, at->ranking.losses, at->count, at->outcomes, NULL)
               ? CAVIAR_OK
               : cav_fail_memory(error);
}

static bool prepare(cav_smooth *at)
{
    size_t params = at->space->count, dims = at->space->dim_count;
    at->points = CAV_ARENA_NEW(at->arena, double, at->count *dims + 1);
    at->room = CAV_ARENA_NEW(at->arena, double, at->count *(dims + 3) + 1);
    if (!at->points || !at->room)
        return false;
    for (size_t i = 0; i < at->count; i++)
        cav_space_encode(at->space, at->raw + i * params, at->points + i * dims);
    at->axes = cav_gp_axes_new(at->space);
    at->work = at->axes ? cav_gp_work_new(at->axes) : NULL;
    at->gp = at->work ? cav_gp_new(at->axes, 5, false) : NULL;
    return at->gp && cav_gp_work_reserve(at->work, at->count + CAV_LANES) &&
           cav_gp_reserve(at->gp, at->count + CAV_LANES);
}

static void find_skill(cav_smooth *at)
{
    double *means = at->room, *variances = at->room + at->count, left = 0, variation = 0;
    cav_gp_leave_one_out(at->gp, means, variances);
    for (size_t i = 0; i < at->count; i++) {
        left += (at->outcomes[i] - means[i]) * (at->outcomes[i] - means[i]);
        variation += at->outcomes[i] * at->outcomes[i];
    }
    at->skill = variation > 0 ? 1 - left / variation : 0;
}

// Climbs from where the parameters are, and from the priors' modes with next to no noise, which is
// the other valley: much noise explains much, too. Stays where the evidence is greater.
static caviar_code climb(cav_smooth *at, const cav_gp_data *data, size_t calls, cav_error *error)
{
    cav_gp *gp = at->gp;
    double reached, other;
    double *kept = CAV_ARENA_NEW(at->arena, double, gp->param_count);
    if (!kept || !cav_gp_climb(gp, data, calls, at->work, &reached))
        return cav_fail_memory(error);
    memcpy(kept, gp->params, gp->param_count * sizeof *kept);
    cav_gp_reset(gp);
    gp->params[gp->param_count - 1] = log(1e-5);
    if (!cav_gp_climb(gp, data, calls, at->work, &other))
        return cav_fail_memory(error);
    if (!(other > reached))
        memcpy(gp->params, kept, gp->param_count * sizeof *kept);
    return CAVIAR_OK;
}

static caviar_code fit(cav_smooth *at, size_t calls, cav_error *error)
{
    cav_gp_data data = {.count = at->count, .points = at->points, .outcomes = at->outcomes};
    caviar_code code = climb(at, &data, calls, error);
    if (code)
        return code;
    if (!cav_gp_condition(at->gp, &data, at->work)) {
        cav_gp_reset(at->gp); // the priors' modes have noise enough
        if (!cav_gp_condition(at->gp, &data, at->work))
            return cav_fail(error, CAVIAR_INTERNAL, "no model could be made of the trials");
    }
    find_skill(at);
    return CAVIAR_OK;
}

caviar_code cav_smooth_make(const cav_space *space, const cav_history *history, size_t metric,
                            uint64_t seed, size_t calls, cav_smooth *ret_smooth, cav_error *error)
{
    cav_smooth *at = ret_smooth;
    *at = (cav_smooth){.space = space, .arena = cav_arena_new()};
    if (!at->arena)
        return cav_fail_memory(error);
    cav_random random = cav_random_stream(seed, 4, CAV_PURPOSE_INSIGHT, 0);
    caviar_code code = cav_ranking_sample(history, metric, MOST_TRIALS, &random, at->arena,
                                          &at->ranking, &at->trial_count, error);
    if (!code)
        code = cav_ranking_check(&at->ranking, error);
    if (code)
        return code;
    code = copy_trials(at, history, error);
    if (!code && !prepare(at))
        code = cav_fail_memory(error);
    return code ? code : fit(at, calls, error);
}

caviar_code cav_smooth_again(const cav_smooth *smooth, const cav_space *space, double *outcomes,
                             size_t calls, cav_smooth *ret_smooth, cav_error *error)
{
    cav_smooth *at = ret_smooth;
    *at = (cav_smooth){.space = space,
                       .arena = cav_arena_new(),
                       .trial_count = smooth->trial_count,
                       .ranking = smooth->ranking,
                       .raw = smooth->raw,
                       .outcomes = outcomes,
                       .count = smooth->count};
    if (!at->arena || !prepare(at))
        return cav_fail_memory(error);
    memcpy(at->gp->params, smooth->gp->params, at->gp->param_count * sizeof(double));
    return fit(at, calls, error);
}

void cav_smooth_free(cav_smooth *smooth)
{
    cav_gp_free(smooth->gp);
    cav_gp_work_free(smooth->work);
    cav_gp_axes_free(smooth->axes);
    cav_arena_free(smooth->arena);
    *smooth = (cav_smooth){0};
}

void cav_smooth_leave_one_out(cav_smooth *smooth, double tolerance, double *ret_log_densities)
{
    double *means = smooth->room, *variances = smooth->room + smooth->count;
    cav_gp_leave_one_out(smooth->gp, means, variances);
    for (size_t i = 0; i < smooth->count; i++) {
        double off = smooth->outcomes[i] - means[i];
        double variance = variances[i] + tolerance * tolerance;
        ret_log_densities[i] = -0.5 * (log(2 * M_PI * variance) + off * off / variance);
    }
}

bool cav_smooth_learn(cav_smooth *smooth, const size_t *places, size_t count)
{
    size_t dims = smooth->space->dim_count;
    double *outcomes = smooth->room, *points = smooth->room + smooth->count;
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = smooth->outcomes[places[i]];
        memcpy(points + i * dims, smooth->points + places[i] * dims, dims * sizeof *points);
    }
    cav_gp_data data = {.count = count, .points = points, .outcomes = outcomes};
    return cav_gp_condition(smooth->gp, &data, smooth->work);
}

void cav_smooth_means(const cav_smooth *smooth, const double *points, size_t count,
                      double *ret_means)
{
    size_t dims = smooth->space->dim_count;
    for (size_t i = 0; i < count; i += CAV_LANES)
        cav_gp_predict_eight(smooth->gp, points + i * dims, smooth->work, ret_means + i, NULL);
}
