/**
 * optimizer.c: the scalars of a step; the loops over the parameters are kernels.
 */
#include "trainer/optimizer.h"

#include <math.h>
#include <stdlib.h>

size_t optimizer_moments(optimizer_kind kind)
{
#define X(name, word, moments) moments,
    static const size_t counts[] = {OPTIMIZERS(X)};
#undef X
    return counts[kind];
}

caviar_code optimizer_new(optimizer_kind kind, const network *net, optimizer **ret_optimizer,
                          train_error *error)
{
    optimizer *at = calloc(1, sizeof *at);
    if (!at)
        return train_fail_memory(error);
    *at = (optimizer){.kind = kind, .count = net->parameter_count, .beta1_power = 1};
    at->beta2_power = 1;
    at->moment_count = optimizer_moments(kind);
    for (size_t i = 0; i < at->moment_count; i++) {
        at->moments[i] = calloc(at->count, sizeof(real));
        if (!at->moments[i]) {
            optimizer_free(at);
            return train_fail_memory(error);
        }
    }
    *ret_optimizer = at;
    return CAVIAR_OK;
}

void optimizer_free(optimizer *at)
{
    if (!at)
        return;
    free(at->moments[0]);
    free(at->moments[1]);
    free(at);
}

static update make_update(const optimizer *at, const hyper *now, double lr)
{
    double beta1 = at->kind == OPTIMIZER_MOMENTUM ? now->momentum : now->beta1;
    bool corrected = at->kind == OPTIMIZER_ADAM;
    return (update){
        .rate = (real)(corrected ? lr / (1 - at->beta1_power) : lr),
        .beta1 = (real)beta1,
        .beta2 = (real)now->beta2,
        .new1 = (real)(1 - beta1),
        .new2 = (real)(1 - now->beta2),
        .root_scale = (real)(corrected ? 1 / sqrt(1 - at->beta2_power) : 1),
        .epsilon = (real)now->epsilon,
        .l2 = (real)now->l2,
    };
}

static real *part(real *array, size_t from)
{
    return array ? array + from : NULL;
}

void optimizer_step(optimizer *at, network *net, const hyper *now, double lr)
{
    at->beta1_power *= now->beta1;
    at->beta2_power *= now->beta2;
    update step = make_update(at, now, lr);
    size_t weights = net->weight_count;
    net->kernels->update[at->kind](&step, weights, net->parameters, net->gradients, at->moments[0],
                                   at->moments[1]);
    step.l2 = 0; // no penalty on biases, gammas and betas
    net->kernels->update[at->kind](&step, at->count - weights, net->parameters + weights,
                                   net->gradients + weights, part(at->moments[0], weights),
                                   part(at->moments[1], weights));
}

double schedule_rate(const schedule *plan, const hyper *now, double t)
{
    double rate = now->decay_rate;
    switch (plan->decay) {
    case DECAY_INVERSE:
        return now->lr / (1 + rate * t);
    case DECAY_EXPONENTIAL:
        return now->lr * pow(rate, t);
    case DECAY_STEP:
        return now->lr * pow(rate, floor(t / plan->steps));
    case DECAY_COSINE:
        return now->lr * (1 + cos(M_PI * fmin(t / plan->epochs, 1))) / 2;
    case DECAY_NONE:
    case DECAY_COUNT:
        break;
    }
    return now->lr;
}

double decay_usual_rate(decay kind)
{
#define X(name, word, rate, formula) rate,
    static const double rates[] = {DECAYS(X)};
#undef X
    return rates[kind];
}
