/**
 * best.c: remembering the best network.
 */
#include "trainer/best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

gains gains_from(uint64_t step)
{
    const score none = {INFINITY, INFINITY};
    return (gains){.score = none, .least = none, .last_gain = step};
}

caviar_code best_new(const network *net, best **ret_best, train_error *error)
{
    best *at = calloc(1, sizeof *at);
    real *memory = calloc(net->parameter_count + net->running_count, sizeof *memory);
    if (!at || !memory) {
        free(at);
        free(memory);
        return train_fail_memory(error);
    }
    at->gains = gains_from(0);
    at->memory = at->parameters = memory;
    at->running = memory + net->parameter_count;
    *ret_best = at;
    return CAVIAR_OK;
}

void best_free(best *at)
{
    if (!at)
        return;
    free(at->memory);
    free(at);
}

static bool is_better(score a, score b)
{
    return a.error != b.error ? a.error < b.error : a.loss < b.loss;
}

void best_take(best *at, const network *net, uint64_t step, score report)
{
    gains *so_far = &at->gains;
    if (report.error < so_far->least.error || report.loss < so_far->least.loss)
        so_far->last_gain = step;
    so_far->least.error = fmin(so_far->least.error, report.error);
    so_far->least.loss = fmin(so_far->least.loss, report.loss);
    if (!is_better(report, so_far->score))
        return;
    so_far->score = report;
    so_far->step = step;
    memcpy(at->parameters, net->parameters, net->parameter_count * sizeof(real));
    if (net->running_count)
        memcpy(at->running, net->running, net->running_count * sizeof(real));
}

bool best_is_over(const best *at, uint64_t step, uint64_t patience)
{
    return step - at->gains.last_gain >= patience;
}

void best_restore(const best *at, network *net)
{
    if (at->gains.step == 0)
        return;
    memcpy(net->parameters, at->parameters, net->parameter_count * sizeof(real));
    if (net->running_count)
        memcpy(net->running, at->running, net->running_count * sizeof(real));
}
