/**
 * test_heritage.c: what earlier studies say, and how their votes turn out.
 */
#include "support/test.h"

#include "support/trials.h"

#include "surrogate/heritage.h"

#include <math.h>

enum { DIMS = 3, EARLIER = 40, SOURCES = 2 };

static double bowl(const double *x, cav_random *random)
{
    (void)random;
    return pow(x[0] - 0.3, 2) + pow(x[1] - 0.6, 2) + 0.5 * pow(x[2] - 0.5, 2);
}

// The same landscape, in other units and elsewhere by a little.
static double moved_bowl(const double *x, cav_random *random)
{
    const double moved[] = {x[0] + 0.05, x[1] - 0.05, x[2]};
    return 1000 + 70 * bowl(moved, random);
}

static double other_bowl(const double *x, cav_random *random)
{
    (void)random;
    return -pow(x[0] - 0.4, 2) - pow(x[1] - 0.5, 2) - pow(x[2] - 0.6, 2);
}

typedef struct scene {
    trials here, there[SOURCES];
    cav_earlier earlier[SOURCES];
    cav_heritage *heritage;
} scene;

// An earlier study that is related, and one whose best is the worst here.
static void set_up(scene *at)
{
    static trials_value *const functions[SOURCES] = {moved_bowl, other_bowl};
    static const char *const names[SOURCES] = {"related", "reversed"};
    cav_error error = {0};
    trials_init_floats(&at->here, DIMS, test_seed(881));
    for (size_t i = 0; i < SOURCES; i++) {
        trials_init_floats(&at->there[i], DIMS, test_seed(882) + i);
        trials_fill(&at->there[i], EARLIER, functions[i]);
        cav_earlier_source source = {.name = names[i],
                                     .space = at->there[i].space,
                                     .history = at->there[i].history,
                                     .finished = SIZE_MAX};
        assert_ok(cav_earlier_init(&at->earlier[i], at->here.space, &source, &error), &error);
    }
    at->heritage = cav_heritage_new(at->here.space, at->earlier, SOURCES);
    assert_non_null(at->heritage);
}

static void tear_down(scene *at)
{
    cav_heritage_free(at->heritage);
    for (size_t i = 0; i < SOURCES; i++) {
        cav_earlier_free(&at->earlier[i]);
        trials_free(&at->there[i]);
    }
    trials_free(&at->here);
}

static void learn(scene *at)
{
    assert_true(
        cav_heritage_learn(at->heritage, at->here.history, at->here.history->finished_count));
}

static void test_before_any_trial_all_count_alike(void **state)
{
    (void)state;
    scene at;
    set_up(&at);
    assert_true(at.heritage->any);
    for (size_t i = 0; i < SOURCES; i++)
        assert_near(at.heritage->heirs[i].weight, 0.5, 1e-12);
    tear_down(&at);
}

static void test_what_is_said_is_lowest_where_the_earlier_study_was_best(void **state)
{
    (void)state;
    const double best[DIMS] = {0.25, 0.65, 0.5}, worst[DIMS] = {1, 0, 1};
    scene at;
    set_up(&at);
    assert_true(cav_heritage_ask(at.heritage, 0, best) < -1);
    assert_true(cav_heritage_ask(at.heritage, 0, worst) > 0.8);
    tear_down(&at);
}

static void test_the_one_that_orders_the_trials_gets_the_weight_and_the_other_is_refuted(
    void **state)
{
    (void)state;
    scene at;
    set_up(&at);
    trials_fill(&at.here, 12, bowl);
    learn(&at);
    const cav_heir *related = &at.heritage->heirs[0], *reversed = &at.heritage->heirs[1];
    assert_true(related->agreement.value > 0.8 && related->agreement.low > 0.5);
    assert_int_equal(related->refuted, 0);
    assert_in_range(reversed->refuted, 8, 12);
    assert_near(related->weight, 1, 1e-12);
    assert_near(reversed->weight, 0, 0);
    tear_down(&at);
}

static void test_what_was_refuted_stays_so(void **state)
{
    (void)state;
    scene at;
    set_up(&at);
    trials_fill(&at.here, 12, bowl);
    learn(&at);
    size_t refuted = at.heritage->heirs[1].refuted;
    trials_fill(&at.here, 60, other_bowl); // as if it had been right after all
    learn(&at);
    assert_int_equal(at.heritage->heirs[1].refuted, refuted);
    assert_near(at.heritage->heirs[1].weight, 0, 0);
    tear_down(&at);
}

static void test_learning_at_once_comes_to_the_same_as_trial_by_trial(void **state)
{
    (void)state;
    scene at;
    set_up(&at);
    trials_fill(&at.here, 30, bowl);
    cav_heritage *late = cav_heritage_new(at.here.space, at.earlier, SOURCES);
    for (size_t i = 1; i <= 30; i++)
        assert_true(cav_heritage_learn(at.heritage, at.here.history, i));
    assert_true(cav_heritage_learn(late, at.here.history, 30));
    for (size_t i = 0; i < SOURCES; i++) {
        assert_near(late->heirs[i].weight, at.heritage->heirs[i].weight, 0);
        assert_int_equal(late->heirs[i].refuted, at.heritage->heirs[i].refuted);
    }
    cav_heritage_free(late);
    tear_down(&at);
}

static void test_the_gradient_of_what_is_said_is_its_derivative(void **state)
{
    (void)state;
    scene at;
    double points[8 * DIMS], gradient[DIMS], unused[DIMS], eight[8];
    set_up(&at);
    for (size_t i = 0; i < 8 * DIMS; i++)
        points[i] = 0.1 + 0.8 * cav_random_unit(&at.here.random);
    cav_heritage_say_eight(at.heritage, points, eight);
    for (size_t i = 0; i < 8; i++) {
        double *point = points + i * DIMS, step = 1e-6;
        assert_near(cav_heritage_say(at.heritage, point, gradient), eight[i], 1e-9);
        for (size_t dim = 0; dim < DIMS; dim++) {
            point[dim] += step;
            double above = cav_heritage_say(at.heritage, point, unused);
            point[dim] -= 2 * step;
            double below = cav_heritage_say(at.heritage, point, unused);
            point[dim] += step;
            assert_near(gradient[dim], (above - below) / (2 * step),
                        1e-4 * (1 + fabs(gradient[dim])));
        }
    }
    tear_down(&at);
}

// The mean and deviation of an axis' next study by sums over what its mean for all studies may be,
// each as likely as it makes what was learnt of one study that is worth `worth`.
static void sum_up(double learnt, double worth, double *ret_mean, double *ret_deviation)
{
    const double between = 1.2 * 1.2 - 0.7 * 0.7, usual = cav_gp_length_mean(DIMS);
    double total = 0, first = 0, second = 0;
    for (double mean = usual - 10; mean < usual + 10; mean += 1e-3) {
        double likely = exp(-0.5 * pow(mean - usual, 2) / between -
                            0.5 * worth * pow((learnt - mean) / 0.7, 2));
        total += likely;
        first += likely * mean;
        second += likely * (mean * mean + 0.7 * 0.7);
    }
    *ret_mean = first / total;
    *ret_deviation = sqrt(second / total - *ret_mean * *ret_mean);
}

static void test_lengths_are_presumed_as_far_as_a_study_holds_and_knows_the_parameter(void **state)
{
    (void)state;
    scene at;
    double mean, deviation;
    set_up(&at);
    cav_gp_axes *axes = cav_gp_axes_new(at.here.space);
    assert_non_null(axes);
    trials_fill(&at.here, 12, bowl);
    learn(&at);
    cav_heir *related = &at.heritage->heirs[0];
    assert_true(at.heritage->heirs[1].refuted > 0 && at.heritage->heirs[1].worth == 0);
    assert_near(related->worth, (12 * related->agreement.value + 8 * 0.5) / (12 + 8), 1e-12);
    at.earlier[0].knows[2] = false;
    cav_heritage_presume(at.heritage, axes);
    for (size_t i = 0; i < DIMS; i++) {
        sum_up(related->gp->params[i], i == 2 ? 0 : related->worth, &mean, &deviation);
        assert_near(axes->length_means[i], mean, 1e-6);
        assert_near(axes->length_deviations[i], deviation, 1e-6);
    }
    assert_near(axes->length_means[2], cav_gp_length_mean(DIMS), 1e-12);
    assert_true(axes->length_deviations[0] < 1 && axes->length_deviations[2] == 1.2);
    cav_gp_axes_free(axes);
    tear_down(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_any_trial_all_count_alike),
        cmocka_unit_test(test_what_is_said_is_lowest_where_the_earlier_study_was_best),
        cmocka_unit_test(
            test_the_one_that_orders_the_trials_gets_the_weight_and_the_other_is_refuted),
        cmocka_unit_test(test_what_was_refuted_stays_so),
        cmocka_unit_test(test_learning_at_once_comes_to_the_same_as_trial_by_trial),
        cmocka_unit_test(test_the_gradient_of_what_is_said_is_its_derivative),
        cmocka_unit_test(test_lengths_are_presumed_as_far_as_a_study_holds_and_knows_the_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
