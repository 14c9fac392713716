/**
 * test_train_optimizer.c: the optimisers' steps against values worked out by hand and against the
 * papers' formulas, and the decays against their closed forms. Compiled for float and for double.
 */
#include "support/train.h"

#include "trainer/optimizer.h"

#include <math.h>

#ifdef TRAIN_DOUBLE
static const double tolerance = 1e-12;
#else
static const double tolerance = 3e-7;
#endif

static const hyper usual = {
    .lr = 0.1, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};

// A network of one weight and one bias for each of two classes; the tests set both by hand.
typedef struct bench {
    network *net;
    optimizer *optimizer;
} bench;

static bench bench_make(optimizer_kind kind)
{
    bench at;
    train_error error;
    architecture shape = {.in = 1, .classes = 2, .norm_epsilon = 1e-5, .norm_new_weight = 0.1};
    assert_fine(network_new(&shape, kernels_at(0), 1, &at.net, &error), &error);
    assert_fine(optimizer_new(kind, at.net, &at.optimizer, &error), &error);
    assert_int_equal(at.net->weight_count, 2);
    assert_int_equal(at.net->parameter_count, 4);
    return at;
}

static void bench_free(bench *at)
{
    optimizer_free(at->optimizer);
    network_free(at->net);
}

// Steps with the same gradient for all parameters.
static void step(bench *at, double gradient, const hyper *now, double lr)
{
    for (size_t i = 0; i < at->net->parameter_count; i++)
        at->net->gradients[i] = (real)gradient;
    optimizer_step(at->optimizer, at->net, now, lr);
}

static double weight(const bench *at)
{
    return (double)at->net->parameters[0];
}

static double bias(const bench *at)
{
    return (double)at->net->parameters[3];
}

static void test_sgd_subtracts_the_gradient_times_the_rate(void **state)
{
    (void)state;
    bench at = bench_make(OPTIMIZER_SGD);
    step(&at, 0.5, &usual, 0.1);
    assert_near(weight(&at), -0.05, tolerance);
    step(&at, -0.25, &usual, 0.2);
    assert_near(weight(&at), 0, tolerance);
    bench_free(&at);
}

// v: 0.5, 0.9 * 0.5 - 0.2 = 0.25, 0.9 * 0.25 + 0.1 = 0.325
static void test_momentum_has_its_first_three_steps(void **state)
{
    (void)state;
    bench at = bench_make(OPTIMIZER_MOMENTUM);
    step(&at, 0.5, &usual, 0.1);
    assert_near(weight(&at), -0.05, tolerance);
    step(&at, -0.2, &usual, 0.1);
    assert_near(weight(&at), -0.075, tolerance);
    step(&at, 0.1, &usual, 0.1);
    assert_near(weight(&at), -0.1075, tolerance);
    bench_free(&at);
}

// The first step of Adam is lr, whatever the gradient's size. The second, with gradients 0.5 and
// -0.25: m = 0.9 * 0.05 - 0.025 = 0.02, corrected by 0.19; v = 0.999 * 0.00025 + 0.0000625 =
// 0.00031225, corrected by 0.001999.
static void test_adam_has_its_first_two_steps(void **state)
{
    (void)state;
    bench at = bench_make(OPTIMIZER_ADAM);
    step(&at, 0.5, &usual, 0.001);
    double first = 0.001 * 0.5 / (0.5 + 1e-8);
    assert_near(weight(&at), -first, tolerance);
    step(&at, -0.25, &usual, 0.001);
    double second = 0.001 * (0.02 / 0.19) / (sqrt(0.00031225 / 0.001999) + 1e-8);
    assert_near(weight(&at), -first - second, tolerance);
    bench_free(&at);
}

static void test_adam_follows_the_formulas_of_its_paper(void **state)
{
    (void)state;
    bench at = bench_make(OPTIMIZER_ADAM);
    hyper now = usual;
    now.epsilon = 1e-3;
    double m = 0, v = 0, w = 0;
    for (int t = 1; t <= 50; t++) {
        double g = sin(t) + 0.2;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= 0.01 * (m / (1 - pow(0.9, t))) / (sqrt(v / (1 - pow(0.999, t))) + 1e-3);
        step(&at, g, &now, 0.01);
        assert_near(weight(&at), w, 50 * tolerance);
    }
    bench_free(&at);
}

static void test_adam_stays_corrected_when_a_beta_changes(void **state)
{
    (void)state;
    bench at = bench_make(OPTIMIZER_ADAM);
    hyper changed = usual;
    changed.beta1 = 0.5;
    changed.beta2 = 0.9;
    step(&at, 1, &usual, 0.001);
    step(&at, 1, &changed, 0.001);
    // means of a constant gradient, rightly corrected, are the gradient
    assert_near(weight(&at), -0.002, 1e-9 + tolerance);
    bench_free(&at);
}

// u: 0.001 * 0.25 = 0.00025, then 0.999 * 0.00025 + 0.001 * 0.04 = 0.00028975
static void test_rmsprop_has_its_first_two_steps(void **state)
{
    (void)state;
    bench at = bench_make(OPTIMIZER_RMSPROP);
    step(&at, 0.5, &usual, 0.001);
    double first = 0.001 * 0.5 / (sqrt(0.00025) + 1e-8);
    assert_near(weight(&at), -first, tolerance);
    step(&at, -0.2, &usual, 0.001);
    assert_near(weight(&at), -first + 0.001 * 0.2 / (sqrt(0.00028975) + 1e-8), tolerance);
    bench_free(&at);
}

static void test_the_penalty_is_on_weights_alone_and_enters_with_the_gradient(void **state)
{
    (void)state;
    hyper now = usual;
    now.l2 = 0.5;
    bench sgd = bench_make(OPTIMIZER_SGD), adam = bench_make(OPTIMIZER_ADAM);
    for (size_t i = 0; i < 4; i++)
        sgd.net->parameters[i] = adam.net->parameters[i] = 2;
    step(&sgd, 0.25, &now, 0.1);
    assert_near(weight(&sgd), 2 - 0.1 * (0.25 + 0.5 * 2), tolerance);
    assert_near(bias(&sgd), 2 - 0.1 * 0.25, tolerance);
    step(&adam, -1, &now, 0.1); // gradient and penalty cancel out
    assert_near(weight(&adam), 2, tolerance);
    assert_near(bias(&adam), 2 + 0.1 / (1 + 1e-8), 10 * tolerance);
    bench_free(&sgd);
    bench_free(&adam);
}

static void test_decays_have_their_closed_forms(void **state)
{
    (void)state;
    for (int k = 0; k <= 40; k++) {
        double t = k * 0.25;
        hyper now = {.lr = 0.2, .decay_rate = 0.7};
        schedule plan = {.steps = 2, .epochs = 8};
        plan.decay = DECAY_NONE;
        assert_near(schedule_rate(&plan, &now, t), 0.2, 0);
        plan.decay = DECAY_INVERSE;
        assert_near(schedule_rate(&plan, &now, t), 0.2 / (1 + 0.7 * t), 1e-15);
        plan.decay = DECAY_EXPONENTIAL;
        assert_near(schedule_rate(&plan, &now, t), 0.2 * exp(t * log(0.7)), 1e-15);
        plan.decay = DECAY_STEP;
        double factor = 1;
        for (int drop = 2; drop <= (int)t; drop += 2)
            factor *= 0.7;
        assert_near(schedule_rate(&plan, &now, t), 0.2 * factor, 1e-15);
        plan.decay = DECAY_COSINE;
        double half = cos(M_PI * t / 16); // (1 + cos 2x) / 2 = cos^2 x
        assert_near(schedule_rate(&plan, &now, t), t < 8 ? 0.2 * half * half : 0, 1e-15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sgd_subtracts_the_gradient_times_the_rate),
        cmocka_unit_test(test_momentum_has_its_first_three_steps),
        cmocka_unit_test(test_adam_has_its_first_two_steps),
        cmocka_unit_test(test_adam_follows_the_formulas_of_its_paper),
        cmocka_unit_test(test_adam_stays_corrected_when_a_beta_changes),
        cmocka_unit_test(test_rmsprop_has_its_first_two_steps),
        cmocka_unit_test(test_the_penalty_is_on_weights_alone_and_enters_with_the_gradient),
        cmocka_unit_test(test_decays_have_their_closed_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
