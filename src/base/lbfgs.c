/**
 * lbfgs.c: projected L-BFGS with backtracking.
 *
 * The two-loop recursion (Nocedal, "Updating quasi-Newton matrices with limited storage", 1980)
 * works on the variables that are free: not at a bound that the gradient pushes against (Bertsekas,
 * "Projected Newton methods", 1982). Steps are projected onto the box and halved until Armijo's
 * condition holds.
 */
#include "base/lbfgs.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MEMORY = 8, MOST_HALVINGS = 12 };

typedef struct lbfgs_state {
    const cav_lbfgs *settings;
    double *x, *gradient, *trial, *trial_gradient, *direction; // [count]
    double *steps, *changes;                                   // [MEMORY x count] rings
    double curvatures[MEMORY];                                 // 1 / (step . change)
    size_t kept, next;
} lbfgs_state;

size_t cav_lbfgs_work_size(size_t count)
{
    return (4 + 2 * MEMORY) * count;
}

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static bool is_free(const lbfgs_state *at, size_t i)
{
    return !(at->x[i] <= at->settings->low[i] && at->gradient[i] > 0) &&
           !(at->x[i] >= at->settings->high[i] && at->gradient[i] < 0);
}

static double projected_gradient_norm(const lbfgs_state *at)
{
    double most = 0;
    for (size_t i = 0; i < at->settings->count; i++)
        if (is_free(at, i))
            most = fmax(most, fabs(at->gradient[i]));
    return most;
}

// direction = -H gradient on the free variables, 0 on the others.
static void find_direction(lbfgs_state *at)
{
    size_t count = at->settings->count;
    double shares[MEMORY] = {0};
    for (size_t i = 0; i < count; i++)
        at->direction[i] = is_free(at, i) ? -at->gradient[i] : 0;
    for (size_t back = 0; back < at->kept; back++) {
        size_t k = (at->next + MEMORY - 1 - back) % MEMORY;
        shares[k] = at->curvatures[k] * dot(at->steps + k * count, at->direction, count);
        for (size_t i = 0; i < count; i++)
            at->direction[i] -= shares[k] * at->changes[k * count + i];
    }
    if (at->kept > 0) {
        const double *change = at->changes + (at->next + MEMORY - 1) % MEMORY * count;
        double scale =
            1 / (at->curvatures[(at->next + MEMORY - 1) % MEMORY] * dot(change, change, count));
        for (size_t i = 0; i < count; i++)
            at->direction[i] *= scale;
    }
    for (size_t back = at->kept; back-- > 0;) {
        size_t k = (at->next + MEMORY - 1 - back) % MEMORY;
        double share = at->curvatures[k] * dot(at->changes + k * count, at->direction, count);
        for (size_t i = 0; i < count; i++)
            at->direction[i] += (shares[k] - share) * at->steps[k * count + i];
    }
    for (size_t i = 0; i < count; i++)
        if (!is_free(at, i))
            at->direction[i] = 0;
    if (!(dot(at->direction, at->gradient, count) < 0)) { // start afresh, downhill
        at->kept = 0;
        for (size_t i = 0; i < count; i++)
            at->direction[i] = is_free(at, i) ? -at->gradient[i] : 0;
    }
}

// The first step of all is as long as a tenth of the box, at most.
static double first_length(const lbfgs_state *at)
{
    double most = 1;
    for (size_t i = 0; i < at->settings->count && at->kept == 0; i++) {
        double room = 0.1 * (at->settings->high[i] - at->settings->low[i]);
        double wanted = fabs(at->direction[i]);
        if (wanted * most > room)
            most = room / wanted;
    }
    return most;
}

static void remember(lbfgs_state *at)
{
    size_t count = at->settings->count;
    double *step = at->steps + at->next * count, *change = at->changes + at->next * count;
    for (size_t i = 0; i < count; i++) {
        step[i] = at->trial[i] - at->x[i];
        change[i] = at->trial_gradient[i] - at->gradient[i];
    }
    double curvature = dot(step, change, count);
    if (!(curvature > 1e-12 * dot(change, change, count)))
        return;
    at->curvatures[at->next] = 1 / curvature;
    at->next = (at->next + 1) % MEMORY;
    if (at->kept < MEMORY)
        at->kept++;
}

// Looks along the direction for a point that is better enough; false if there is none.
static bool search_line(lbfgs_state *at, cav_lbfgs_function *function, void *context, double *value,
                        size_t *calls)
{
    const cav_lbfgs *settings = at->settings;
    double length = first_length(at);
    for (int i = 0; i < MOST_HALVINGS && *calls < settings->most_calls; i++, length /= 2) {
        double promised = 0;
        for (size_t k = 0; k < settings->count; k++) {
            at->trial[k] =
                clamp(at->x[k] + length * at->direction[k], settings->low[k], settings->high[k]);
            promised += at->gradient[k] * (at->trial[k] - at->x[k]);
        }
        ++*calls;
        double reached = function(context, at->trial, at->trial_gradient);
        if (promised < 0 && isfinite(reached) && reached <= *value + 1e-4 * promised) {
            *value = reached;
            return true;
        }
    }
    return false;
}

double cav_lbfgs_minimize(const cav_lbfgs *settings, cav_lbfgs_function *function, void *context,
                          double *x, double *work)
{
    size_t count = settings->count, calls = 1;
    lbfgs_state at = {.settings = settings,
                      .x = x,
                      .gradient = work,
                      .trial = work + count,
                      .trial_gradient = work + 2 * count,
                      .direction = work + 3 * count,
                      .steps = work + 4 * count,
                      .changes = work + (4 + MEMORY) * count};
    for (size_t i = 0; i < count; i++)
        x[i] = clamp(x[i], settings->low[i], settings->high[i]);
    double value = function(context, x, at.gradient);
    if (!isfinite(value))
        return value;
    for (size_t step = 0; step < settings->most_steps && calls < settings->most_calls; step++) {
        if (projected_gradient_norm(&at) <= settings->gradient_tolerance)
            break;
        double before = value;
        find_direction(&at);
        if (!search_line(&at, function, context, &value, &calls)) {
            if (at.kept == 0)
                break;
            at.kept = 0; // once more, downhill
            continue;
        }
        remember(&at);
        memcpy(at.x, at.trial, count * sizeof *x);
        memcpy(at.gradient, at.trial_gradient, count * sizeof *x);
        if (before - value <= settings->value_tolerance * (1 + fabs(value)))
            break;
    }
    return value;
}
