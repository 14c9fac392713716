/**
 * gp_fit.c: L-BFGS, and slice sampling.
 *
 * Slice sampling by stepping out and shrinking: Neal, "Slice sampling", Annals of Statistics 2003;
 * for the parameters of Gaussian processes Murray and Adams, NIPS 2010. Differences of two other
 * walkers as a direction adapt to the posterior's shape: ter Braak, "A Markov chain Monte Carlo
 * version of the genetic algorithm differential evolution", 2006.
 */
#include "surrogate/gp_fit.h"

#include "base/lbfgs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OUT = 4, MOST_SHRINKS = 12 };

typedef struct fit_context {
    const cav_gp *gp;
    const cav_gp_data *data;
    cav_gp_work *work;
} fit_context;

static double negative_posterior(void *context, const double *params, double *gradient)
{
    const fit_context *at = context;
    double value = cav_gp_evidence(at->gp, at->data, params, at->work, gradient);
    for (size_t i = 0; i < at->gp->param_count; i++)
        gradient[i] = -gradient[i];
    return -value;
}

bool cav_gp_climb(cav_gp *gp, const cav_gp_data *data, size_t most_calls, cav_gp_work *work,
                  double *ret_log_posterior)
{
    size_t count = gp->param_count;
    double *room = malloc((3 * count + cav_lbfgs_work_size(count)) * sizeof *room);
    if (!room)
        return false;
    cav_gp_prior(gp, room, room + count, room + 2 * count);
    fit_context context = {gp, data, work};
    cav_lbfgs settings = {.count = count,
                          .low = room,
                          .high = room + count,
                          .most_steps = most_calls,
                          .most_calls = most_calls,
                          .gradient_tolerance = 1e-2,
                          .value_tolerance = 1e-5};
    *ret_log_posterior =
        -cav_lbfgs_minimize(&settings, negative_posterior, &context, gp->params, room + 3 * count);
    free(room);
    return true;
}

// A direction to move in, about as long as the move may be.
static void pick_direction(const cav_gp *gp, const cav_gp *const *others, size_t other_count,
                           cav_random *random, double *direction)
{
    size_t count = gp->param_count;
    memset(direction, 0, count * sizeof *direction);
    double kind = cav_random_unit(random);
    if (kind < 0.4 && other_count >= 3) {
        size_t a = (size_t)cav_random_below(random, other_count);
        size_t b = (a + 1 + (size_t)cav_random_below(random, other_count - 1)) % other_count;
        double length = 0;
        for (size_t i = 0; i < count; i++) {
            direction[i] = others[a]->params[i] - others[b]->params[i];
            length += direction[i] * direction[i];
        }
        if (length > 1e-6)
            return;
        memset(direction, 0, count * sizeof *direction);
    }
    if (kind < 0.5) { // all length scales together
        for (size_t i = 0; i < gp->axes->count; i++)
            direction[i] = 1;
        return;
    }
    direction[cav_random_below(random, count)] = 1;
}

typedef struct gp_line {
    fit_context context;
    double *start, *direction, *at; // [param_count]
    double level;
} gp_line;

static double posterior_along(gp_line *line, double distance)
{
    for (size_t i = 0; i < line->context.gp->param_count; i++)
        line->at[i] = line->start[i] + distance * line->direction[i];
    return cav_gp_evidence(line->context.gp, line->context.data, line->at, line->context.work,
                           NULL);
}

// One step; *current is the posterior at the parameters before it and after it.
static void step(gp_line *line, cav_gp *gp, cav_random *random, double *current)
{
    memcpy(line->start, gp->params, gp->param_count * sizeof *gp->params);
    line->level = *current + log1p(-cav_random_unit(random));
    double low = -cav_random_unit(random), high = low + 1;
    size_t left = (size_t)cav_random_below(random, MOST_OUT);
    for (size_t i = left; i > 0 && posterior_along(line, low) > line->level; i--)
        low -= 1;
    for (size_t i = MOST_OUT - 1 - left; i > 0 && posterior_along(line, high) > line->level; i--)
        high += 1;
    for (int i = 0; i < MOST_SHRINKS; i++) {
        double distance = low + cav_random_unit(random) * (high - low);
        double value = posterior_along(line, distance);
        if (value > line->level) {
            memcpy(gp->params, line->at, gp->param_count * sizeof *gp->params);
            *current = value;
            return;
        }
        if (distance < 0)
            low = distance;
        else
            high = distance;
    }
}

bool cav_gp_sample(cav_gp *gp, const cav_gp_data *data, size_t moves, const cav_gp *const *others,
                   size_t other_count, cav_random *random, cav_gp_work *work)
{
    size_t count = gp->param_count;
    double *room = malloc(3 * count * sizeof *room);
    if (!room)
        return false;
    gp_line line = {.context = {gp, data, work},
                    .start = room,
                    .direction = room + count,
                    .at = room + 2 * count};
    double current = cav_gp_evidence(gp, data, gp->params, work, NULL);
    for (size_t i = 0; i < moves && isfinite(current); i++) {
        pick_direction(gp, others, other_count, random, line.direction);
        step(&line, gp, random, &current);
    }
    free(room);
    return true;
}
