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

static bool is_given(const cav_belief *belief, size_t dim)
{
    return cav_prior_is_given(&belief->space->parameters[belief->space->dims[dim]]);
}

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
        belief->trusts[dim] = is_given(belief, dim);
    return true;
}

void cav_belief_free(cav_belief *belief)
{
    free(belief->powers);
    free(belief->voters);
    *belief = (cav_belief){0};
}

// What a parameter's belief says of each voter; NaN where the parameter is inactive.
static void favour(const cav_belief *belief, const cav_history *history, size_t dim,
                   double *ret_favours)
{
    const cav_parameter *parameter = &belief->space->parameters[belief->space->dims[dim]];
    for (size_t i = 0; i < belief->voter_count; i++) {
        double u = history->points[belief->voters[i] * history->dim_count + dim];
        ret_favours[i] = isnan(u) ? NAN : cav_prior_log_density(parameter, u, NULL);
    }
}

// Of each pair of trials that a belief tells apart: is the one that it favours the better one?
// Kendall's count, in its standard deviations under no connection.
static double count_votes(const cav_belief *belief, const cav_history *history,
                          const double *favours)
{
    size_t metrics = history->metric_count, count = 0;
    double votes = 0;
    for (size_t i = 0; i < belief->voter_count; i++) {
        if (isnan(favours[i]))
            continue;
        count++;
        for (size_t k = 0; k < i; k++) { // NaN is neither more nor less
            const double *a = history->losses + belief->voters[i] * metrics;
            const double *b = history->losses + belief->voters[k] * metrics;
            double better =
                cav_pareto_dominates(a, b, metrics) - cav_pareto_dominates(b, a, metrics);
            votes += better * ((favours[i] > favours[k]) - (favours[i] < favours[k]));
        }
    }
    double n = (double)count;
    return count < 4 ? 0 : votes / sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

// Each belief has its own votes, and those against all of them together: what a wrong configuration
// does is seen by it as a whole long before it is seen by any of its parameters alone.
static void vote(cav_belief *belief, const cav_history *history)
{
    double favours[CAV_BELIEF_VOTERS], together[CAV_BELIEF_VOTERS] = {0};
    for (size_t dim = 0; dim < belief->space->dim_count; dim++) {
        if (!is_given(belief, dim))
            continue;
        favour(belief, history, dim, favours);
        belief->trusts[dim] = 1 + count_votes(belief, history, favours) / 2;
        for (size_t i = 0; i < belief->voter_count; i++)
            together[i] += isnan(favours[i]) ? 0 : favours[i];
    }
    double against = fmin(0, count_votes(belief, history, together)) / 2;
    for (size_t dim = 0; dim < belief->space->dim_count; dim++)
        if (is_given(belief, dim))
            belief->trusts[dim] = fmin(1, fmax(0, belief->trusts[dim] + against));
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
    if (before != belief->voter_count)
        vote(belief, history);
    double usual = power / ((double)belief->seen + grace);
    for (size_t dim = 0; dim < belief->space->dim_count; dim++) {
        if (is_given(belief, dim))
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
