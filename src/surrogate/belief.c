/**
 * belief.c: the power of a belief, by the number of trials and by a rank test.
 */
#include "surrogate/belief.h"

#include "base/pareto.h"

#include <math.h>
#include <stdlib.h>

// πBO's power is β over the number of trials; with β = 10 and five trials' grace it is 2 before the
// first, 1 after 5, and 0.2 after 45.
static const double power = 10, grace = 5;

bool cav_belief_init(cav_belief *belief, const cav_space *space)
{
    *belief = (cav_belief){.space = space, .any = cav_prior_any(space)};
    belief->powers = calloc(2 * space->dim_count + 1, sizeof(double));
    belief->voters = calloc(CAV_BELIEF_VOTERS, sizeof *belief->voters);
    if (!belief->powers || !belief->voters) {
        cav_belief_free(belief);
        return false;
    }
    belief->trusts = belief->powers + space->dim_count;
    for (size_t dim = 0; dim < space->dim_count; dim++)
        belief->trusts[dim] = cav_prior_is_given(&space->parameters[space->dims[dim]]);
    return true;
}

void cav_belief_free(cav_belief *belief)
{
    free(belief->powers);
    free(belief->voters);
    *belief = (cav_belief){0};
}

// Of each pair of trials that a belief tells apart: is the one that it favours the better one?
// Kendall's count, in its standard deviations under no connection.
static double count_votes(const cav_belief *belief, const cav_history *history, size_t dim)
{
    const cav_parameter *parameter = &belief->space->parameters[belief->space->dims[dim]];
    double favours[CAV_BELIEF_VOTERS], votes = 0;
    size_t metrics = history->metric_count, count = 0, voters[CAV_BELIEF_VOTERS];
    for (size_t i = 0; i < belief->voter_count; i++) {
        double u = history->points[belief->voters[i] * history->dim_count + dim];
        if (isnan(u))
            continue;
        favours[count] = cav_prior_log_density(parameter, u, NULL);
        voters[count++] = belief->voters[i];
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            const double *a = history->losses + voters[i] * metrics;
            const double *b = history->losses + voters[k] * metrics;
            double better =
                cav_pareto_dominates(a, b, metrics) - cav_pareto_dominates(b, a, metrics);
            votes += better * ((favours[i] > favours[k]) - (favours[i] < favours[k]));
        }
    }
    double n = (double)count;
    return count < 4 ? 0 : votes / sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

void cav_belief_learn(cav_belief *belief, const cav_history *history)
{
    if (!belief->any || (belief->seen == history->finished_count && belief->seen > 0))
        return;
    size_t before = belief->voter_count;
    for (; belief->seen < history->finished_count; belief->seen++) {
        size_t number = history->finished[belief->seen];
        if (belief->voter_count < CAV_BELIEF_VOTERS && cav_history_has_losses(history, number))
            belief->voters[belief->voter_count++] = number;
    }
    double usual = power / ((double)belief->seen + grace);
    for (size_t dim = 0; dim < belief->space->dim_count; dim++) {
        if (!cav_prior_is_given(&belief->space->parameters[belief->space->dims[dim]]))
            continue;
        if (before != belief->voter_count)
            belief->trusts[dim] = fmin(1, fmax(0, 1 + count_votes(belief, history, dim) / 2));
        belief->powers[dim] = usual * belief->trusts[dim];
    }
}

double cav_belief_bonus(const cav_belief *belief, const double *point, double *gradient)
{
    double bonus = 0, slope;
    for (size_t dim = 0; belief->any && dim < belief->space->dim_count; dim++) {
        const cav_parameter *parameter = &belief->space->parameters[belief->space->dims[dim]];
        if (belief->powers[dim] == 0 || isnan(point[dim]))
            continue;
        bonus += belief->powers[dim] * cav_prior_log_density(parameter, point[dim], &slope);
        if (gradient)
            gradient[dim] += belief->powers[dim] * slope;
    }
    return bonus;
}
