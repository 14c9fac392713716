/**
 * test_train_gradients.c: every gradient against central finite differences, in double, for the
 * plain kernels and for each of the fast ones.
 */
#include "support/train.h"

#include "trainer/optimizer.h"

#include <math.h>

enum { SAMPLES = 9, SEED = 3 };

static const double step_size = 1e-6, tolerance = 1e-7;

static architecture small_architecture(activation kind, bool batch_norm)
{
    return (architecture){.in = 5,
                          .classes = 3,
                          .hidden_count = 2,
                          .units = {7, 6},
                          .activation = kind,
                          .batch_norm = batch_norm,
                          .norm_epsilon = 1e-5,
                          .norm_new_weight = 0.1};
}

// A network with random parameters, biases and gammas too, and a mini-batch in it.
static network *make_network(const architecture *shape, const kernels *table)
{
    train_error error;
    network *net;
    assert_fine(network_new(shape, table, SAMPLES, &net, &error), &error);
    network_init(net, INIT_XAVIER, SEED);
    rng random = {.stream = rng_stream_of(SEED, RNG_TEST, 0, 0)};
    for (size_t i = net->weight_count; i < net->parameter_count; i++)
        net->parameters[i] += 0.3 * rng_normal(&random);
    for (size_t i = 0; i < SAMPLES * shape->in; i++)
        net->x[i] = rng_normal(&random);
    for (size_t i = 0; i < SAMPLES; i++)
        net->labels[i] = (uint16_t)rng_below(&random, shape->classes);
    for (size_t i = 0; i < SAMPLES; i++)
        net->targets[i] = rng_normal(&random);
    return net;
}

static double mean_loss(network *net, double dropout)
{
    totals sum = {0};
    network_forward(net, SAMPLES, &(mask_key){SEED, 12, dropout}, &sum);
    if (!net->class_weights)
        return sum.loss / SAMPLES;
    double weighted = 0;
    for (size_t i = 0; i < SAMPLES; i++)
        weighted -= net->class_weights[net->labels[i]] *
                    log(net->p[i * net->architecture.classes + net->labels[i]]);
    return weighted / SAMPLES;
}

static double difference(network *net, real *parameter, double dropout)
{
    double before = *parameter;
    *parameter = before + step_size;
    double above = mean_loss(net, dropout);
    *parameter = before - step_size;
    double below = mean_loss(net, dropout);
    *parameter = before;
    return (above - below) / (2 * step_size);
}

static void check_network(const kernels *table, const architecture *shape, double dropout,
                          const real *class_weights)
{
    network *net = make_network(shape, table);
    net->class_weights = class_weights;
    mean_loss(net, dropout);
    network_backward(net, SAMPLES);
    real *gradients = copy_reals(net->gradients, net->parameter_count);
    double greatest = 0;
    for (size_t i = 0; i < net->parameter_count; i++) {
        double expected = difference(net, &net->parameters[i], dropout);
        greatest = fmax(greatest, fabs(expected));
        if (!(fabs(gradients[i] - expected) <= tolerance))
            fail_msg("%s, %s, %s, batch norm %d, dropout %g: gradient %zu is %.10g, by "
                     "differences %.10g (seed %d)",
                     table->name, loss_words[shape->loss], activation_words[shape->activation],
                     shape->batch_norm, dropout, i, gradients[i], expected, SEED);
    }
    assert_true(greatest > 0.01); // or the comparison would say nothing
    free(gradients);
    network_free(net);
}

static void check_activations(bool batch_norm, double dropout)
{
    for (size_t t = 0; kernels_at(t); t++) {
        for (activation kind = ACTIVATION_RELU; kind < ACTIVATION_COUNT; kind++) {
            architecture shape = small_architecture(kind, batch_norm);
            check_network(kernels_at(t), &shape, dropout, NULL);
        }
    }
}

static void test_gradients_of_a_quantity(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        architecture shape = small_architecture(ACTIVATION_TANH, t % 2 == 0);
        shape.loss = LOSS_SQUARED_ERROR;
        shape.classes = 1;
        check_network(kernels_at(t), &shape, 0, NULL);
    }
}

static void test_gradients_with_class_weights(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        architecture shape = small_architecture(ACTIVATION_GELU, t % 2 == 0);
        check_network(kernels_at(t), &shape, 0, (real[]){0.25, 3, 0});
    }
}

static void test_gradients_with_bias(void **state)
{
    (void)state;
    check_activations(false, 0);
}

static void test_gradients_with_batch_norm(void **state)
{
    (void)state;
    check_activations(true, 0);
}

static void test_gradients_with_dropout(void **state)
{
    (void)state;
    check_activations(false, 0.4);
}

static void test_gradients_with_batch_norm_and_dropout(void **state)
{
    (void)state;
    check_activations(true, 0.4);
}

static void test_gradients_without_hidden_layers(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        architecture shape = small_architecture(ACTIVATION_RELU, true);
        shape.hidden_count = 0;
        network *net = make_network(&shape, kernels_at(t));
        mean_loss(net, 0);
        network_backward(net, SAMPLES);
        for (size_t i = 0; i < net->parameter_count; i++)
            assert_near(net->gradients[i], difference(net, &net->parameters[i], 0), tolerance);
        network_free(net);
    }
}

// The gradient of a stage with respect to its input, which is what the layer before it sees.
static void test_gradient_of_batch_norm_with_respect_to_its_input(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        architecture shape = small_architecture(ACTIVATION_TANH, true);
        network *net = make_network(&shape, kernels_at(t));
        stage *at = &net->layers[0].stage;
        rng random = {.stream = rng_stream_of(SEED, RNG_TEST, 1, 0)};
        size_t count = SAMPLES * at->n;
        real *z = random_reals(&random, count, 1), *weights = random_reals(&random, count, 1);
        real *dz = copy_reals(weights, count);
        memcpy(at->z, z, count * sizeof *z);
        kernels_at(t)->stage_forward(at, SAMPLES);
        kernels_at(t)->stage_backward(at, SAMPLES, dz); // of the sum of weights * a
        for (size_t i = 0; i < count; i++) {
            double sums[2] = {0, 0};
            for (int side = 0; side < 2; side++) {
                memcpy(at->z, z, count * sizeof *z);
                at->z[i] += side ? step_size : -step_size;
                kernels_at(t)->stage_forward(at, SAMPLES);
                for (size_t k = 0; k < count; k++)
                    sums[side] += weights[k] * at->a[k];
            }
            assert_near(dz[i], (sums[1] - sums[0]) / (2 * step_size), tolerance);
        }
        free(z);
        free(weights);
        free(dz);
        network_free(net);
    }
}

// What the first step of an optimiser is, for a rate of 1, by the gradient g of the whole cost.
static double first_step(optimizer_kind kind, const hyper *now, double g)
{
    switch (kind) {
    case OPTIMIZER_SGD:
    case OPTIMIZER_MOMENTUM: // which begins at rest
        return g;
    case OPTIMIZER_RMSPROP: // whose mean of the squares begins at 0, without correction
        return g / (sqrt((1 - now->beta2) * g * g) + now->epsilon);
    case OPTIMIZER_ADAM: // whose means are corrected, to g and g^2
        return g / (fabs(g) + now->epsilon);
    case OPTIMIZER_COUNT:
        break;
    }
    return NAN;
}

// One step of an optimiser, from the loss to the parameters, against the gradient by differences.
// The weights have the penalty, the biases, gammas and betas have not; the rate is a decay's.
static void check_step(const kernels *table, optimizer_kind kind, decay falls, bool batch_norm)
{
    train_error error;
    optimizer *descent;
    const hyper now = {.lr = 1e-3,
                       .momentum = 0.9,
                       .beta1 = 0.8,
                       .beta2 = 0.9,
                       .epsilon = 0.1,
                       .l2 = 0.7,
                       .decay_rate = 0.6};
    const schedule plan = {.decay = falls, .steps = 2, .epochs = 9};
    double lr = schedule_rate(&plan, &now, 2.5);
    architecture shape = small_architecture(ACTIVATION_TANH, batch_norm);
    network *net = make_network(&shape, table);
    assert_true(falls == DECAY_NONE ? lr == now.lr : lr > 0 && lr < now.lr);
    assert_fine(optimizer_new(kind, net, &descent, &error), &error);
    real *before = copy_reals(net->parameters, net->parameter_count);
    real *expected = copy_reals(net->parameters, net->parameter_count);
    for (size_t i = 0; i < net->parameter_count; i++) {
        double g = difference(net, &net->parameters[i], 0);
        expected[i] = first_step(kind, &now, g + (i < net->weight_count ? now.l2 * before[i] : 0));
    }
    mean_loss(net, 0);
    network_backward(net, SAMPLES);
    optimizer_step(descent, net, &now, lr);
    for (size_t i = 0; i < net->parameter_count; i++)
        assert_near((before[i] - net->parameters[i]) / lr, expected[i], 20 * tolerance);
    free(before);
    free(expected);
    optimizer_free(descent);
    network_free(net);
}

static void test_every_optimizer_descends_the_cost_with_its_penalty(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++)
        for (optimizer_kind kind = OPTIMIZER_SGD; kind < OPTIMIZER_COUNT; kind++)
            for (int batch_norm = 0; batch_norm < 2; batch_norm++)
                check_step(kernels_at(t), kind, DECAY_NONE, batch_norm);
}

static void test_every_decay_shortens_the_step_of_every_optimizer(void **state)
{
    (void)state;
    for (optimizer_kind kind = OPTIMIZER_SGD; kind < OPTIMIZER_COUNT; kind++)
        for (decay falls = DECAY_NONE; falls < DECAY_COUNT; falls++)
            check_step(kernels_at(0), kind, falls, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_of_a_quantity),
        cmocka_unit_test(test_gradients_with_class_weights),
        cmocka_unit_test(test_gradients_with_bias),
        cmocka_unit_test(test_gradients_with_batch_norm),
        cmocka_unit_test(test_gradients_with_dropout),
        cmocka_unit_test(test_gradients_with_batch_norm_and_dropout),
        cmocka_unit_test(test_gradients_without_hidden_layers),
        cmocka_unit_test(test_gradient_of_batch_norm_with_respect_to_its_input),
        cmocka_unit_test(test_every_optimizer_descends_the_cost_with_its_penalty),
        cmocka_unit_test(test_every_decay_shortens_the_step_of_every_optimizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
