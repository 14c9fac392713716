/**
 * test_belief.c: what users believe helps where it is right, and is outvoted where it is wrong.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"
#include "support/trials.h"

#include "base/random.h"
#include "surrogate/belief.h"

#include <math.h>

enum { DIMS = 4, MOST_TRIALS = 50 };

typedef double loss_function(const double *x);

// A bowl with its lowest place near a corner.
static double bowl(const double *x)
{
    static const double best[DIMS] = {0.2, 0.7, 0.35, 0.85};
    double sum = 0;
    for (size_t i = 0; i < DIMS; i++)
        sum += (x[i] - best[i]) * (x[i] - best[i]) * (double)(DIMS - i);
    return sum;
}

// Waves on a slope, of which one parameter matters most.
static double waves(const double *x)
{
    static const double best[DIMS] = {0.8, 0.3, 0.6, 0.15};
    double sum = 0;
    for (size_t i = 0; i < DIMS; i++) {
        double off = x[i] - best[i];
        sum += (fabs(off) + 0.1 * (1 - cos(12 * off))) / (double)(i + 1);
    }
    return sum;
}

static const double best_of_bowl[DIMS] = {0.25, 0.65, 0.4, 0.8}; // near it, as a right belief is
static const double best_of_waves[DIMS] = {0.75, 0.35, 0.55, 0.2};
static const double worst_of_bowl[DIMS] = {0.95, 0.05, 0.95, 0.1};
static const double worst_of_waves[DIMS] = {0.1, 0.95, 0.05, 0.9};

static cav_space *make(const double *priors)
{
    static const char *const names[DIMS] = {"a", "b", "c", "d"};
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < DIMS; i++) {
        caviar_parameter parameter = {.name = names[i], .high = 1};
        if (priors)
            parameter.prior = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = priors[i]};
        assert_int_equal(caviar_space_add(space, &parameter), CAVIAR_OK);
    }
    return space;
}

// The mean over seeds of the least loss after 10 and after 50 trials.
typedef struct course {
    double at_10, at_50;
} course;

static course run(const char *sampler, const double *priors, loss_function *loss, uint64_t seed,
                  size_t most)
{
    enum { SEEDS = 6 };
    static const cav_option_value gp[] = {{"effort", "0.3", ""}, {"draws", "0", ""}};
    course mean = {0, 0};
    cav_space *space = make(priors);
    bool has_effort = strcmp(sampler, "gp") == 0;
    for (uint64_t i = 0; i < SEEDS; i++) {
        cav_error error = {0};
        driver_options how = {.space = space,
                              .sampler = sampler,
                              .seed = seed + i,
                              .budget = MOST_TRIALS,
                              .options = gp,
                              .option_count = has_effort ? CAV_COUNT_OF(gp) : 0};
        test_driver *driver = driver_new(&how, &error);
        double best = INFINITY;
        for (size_t k = 0; k < most; k++) {
            size_t number;
            assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
            best = fmin(best, loss(driver->raw));
            driver_tell_loss(driver, number, loss(driver->raw));
            mean.at_10 += k == 9 ? best / SEEDS : 0;
            mean.at_50 += k == 49 ? best / SEEDS : 0;
        }
        driver_free(driver);
    }
    caviar_space_free(space);
    return mean;
}

static void compare(const char *sampler, const char *name, loss_function *loss, const double *right,
                    const double *wrong, uint64_t seed)
{
    course without = run(sampler, NULL, loss, seed, 50);
    course helped = run(sampler, right, loss, seed, 10);
    course misled = run(sampler, wrong, loss, seed, 50);
    print_message(
        "# %s, %s: after 10 trials %.3f, with a right belief %.3f, with a wrong one %.3f; "
        "after 50 %.4f, %.4f\n",
        sampler, name, without.at_10, helped.at_10, misled.at_10, without.at_50, misled.at_50);
    if (!(helped.at_10 < 0.7 * without.at_10))
        fail_msg("a right belief helped little");
    if (!(misled.at_50 < 0.6 * without.at_10))
        fail_msg("a wrong belief is still believed after 50 trials");
}

static void test_a_right_belief_helps_at_once_and_a_wrong_one_is_overcome(void **state)
{
    (void)state;
    static const char *const samplers[] = {"gp", "tpe"};
    uint64_t seed = test_seed(871);
    for (size_t i = 0; i < CAV_COUNT_OF(samplers); i++) {
        compare(samplers[i], "bowl", bowl, best_of_bowl, worst_of_bowl, seed);
        compare(samplers[i], "waves", waves, best_of_waves, worst_of_waves, seed);
    }
}

static void put(cav_history *history, const double *point, double loss)
{
    trials_put_at(history, point, point, loss, CAVIAR_STATE_COMPLETE);
}

static void test_the_vote_is_on_each_parameter_alone(void **state)
{
    (void)state;
    static const bool minimize[] = {false};
    cav_random random = cav_random_stream(test_seed(872), 0, CAV_PURPOSE_TEST, 0);
    cav_space *space = make((const double[]){0.5, 0.5, 0.5, 0.5});
    cav_history *history = cav_history_new(DIMS, DIMS, 1, minimize);
    cav_belief belief;
    assert_true(cav_belief_init(&belief, space));
    // a is best in the middle, b at the ends; c and d do nothing, and not even by chance: what is
    // near the middle has its like, with the same loss, as far from it
    for (size_t i = 0; i < 20; i++) {
        double point[DIMS];
        for (size_t dim = 0; dim < DIMS; dim++)
            point[dim] = cav_random_unit(&random);
        for (int twin = 0; twin < 2; twin++) {
            put(history, point, fabs(point[0] - 0.5) - fabs(point[1] - 0.5));
            for (size_t dim = 2; dim < DIMS; dim++)
                point[dim] = fabs(point[dim] - 0.5);
        }
    }
    cav_belief_learn(&belief, history);
    assert_true(belief.trusts[0] == 1 && belief.trusts[1] == 0);
    assert_true(belief.trusts[2] > 0.3 && belief.trusts[3] > 0.3);
    assert_true(belief.powers[1] == 0 && belief.powers[0] > 0.2 && belief.powers[0] < 0.25);
    cav_belief_free(&belief);
    cav_history_free(history);
    caviar_space_free(space);
}

static void test_all_beliefs_are_also_voted_on_together(void **state)
{
    (void)state;
    static const bool minimize[] = {false};
    cav_random random = cav_random_stream(test_seed(873), 0, CAV_PURPOSE_TEST, 0);
    cav_space *space = make((const double[]){0.5, 0.5, 0.5, 0.5});
    cav_belief belief;
    cav_history *history = cav_history_new(DIMS, DIMS, 1, minimize);
    assert_true(cav_belief_init(&belief, space));
    for (size_t i = 0; i < 24; i++) { // each parameter is best at the ends, a little
        double point[DIMS], loss = 0;
        for (size_t dim = 0; dim < DIMS; dim++) {
            point[dim] = cav_random_unit(&random);
            loss -= fabs(point[dim] - 0.5);
        }
        put(history, point, loss);
    }
    cav_belief_learn(&belief, history);
    for (size_t dim = 0; dim < DIMS; dim++)
        assert_true(belief.trusts[dim] < 0.1);
    cav_belief_free(&belief);
    cav_history_free(history);
    caviar_space_free(space);
}

static void test_the_bonus_has_the_gradient_of_finite_differences(void **state)
{
    (void)state;
    static const bool minimize[] = {false};
    cav_space *space = make((const double[]){0.1, 0.4, 0.6, 0.95});
    cav_history *history = cav_history_new(DIMS, DIMS, 1, minimize);
    cav_belief belief;
    assert_true(cav_belief_init(&belief, space));
    cav_belief_learn(&belief, history);
    double point[DIMS] = {0.3, 0.3, NAN, 0.8}, gradient[DIMS] = {1, 1, 1, 1}, step = 1e-6;
    cav_belief_bonus(&belief, point, gradient);
    assert_true(gradient[2] == 1); // inactive
    for (size_t dim = 0; dim < DIMS; dim++) {
        double up[DIMS], down[DIMS];
        memcpy(up, point, sizeof up);
        memcpy(down, point, sizeof down);
        up[dim] += step;
        down[dim] -= step;
        double slope =
            (cav_belief_bonus(&belief, up, NULL) - cav_belief_bonus(&belief, down, NULL)) /
            (2 * step);
        if (dim != 2)
            assert_near(gradient[dim] - 1, slope, 1e-5);
    }
    cav_belief_free(&belief);
    cav_history_free(history);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_right_belief_helps_at_once_and_a_wrong_one_is_overcome),
        cmocka_unit_test(test_the_vote_is_on_each_parameter_alone),
        cmocka_unit_test(test_all_beliefs_are_also_voted_on_together),
        cmocka_unit_test(test_the_bonus_has_the_gradient_of_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
