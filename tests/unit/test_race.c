/**
 * test_race.c: several runs of a configuration, and when one has lost.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "insight/race.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 2000 };

static const bool minimize[1];

typedef struct scene {
    cav_history *history;
    cav_race *race;
    size_t runs;
} scene;

static scene start(int64_t replicates)
{
    cav_race_setup setup = {.param_count = 1,
                            .dim_count = 1,
                            .metric_count = 1,
                            .maximize = minimize,
                            .replicates = replicates};
    return (scene){.history = cav_history_new(1, 1, 1, minimize), .race = cav_race_new(&setup)};
}

static void end(scene *at)
{
    cav_race_free(at->race);
    cav_history_free(at->history);
}

// A run that has come to an end; of another configuration where `first` is SIZE_MAX.
static size_t run(scene *at, size_t first, caviar_state state, double x, double value)
{
    cav_error error = {0};
    size_t number = at->history->count;
    bool is_new = first == SIZE_MAX;
    cav_record record = {.number = (int64_t)number,
                         .attempt = 1,
                         .state = state,
                         .raw = &x,
                         .values = &value,
                         .step = -1,
                         .origin = is_new ? "random" : CAV_REPLICATE ": run",
                         .has_parent = !is_new,
                         .parent = is_new ? 0 : (int64_t)first,
                         .parent_step = -1};
    assert_ok(cav_history_put(at->history, &record, &x, &error), &error);
    assert_ok(cav_race_look(at->race, at->history, &error), &error);
    at->runs++;
    return number;
}

static size_t complete(scene *at, size_t first, double value)
{
    return run(at, first, CAVIAR_STATE_COMPLETE, 0.5, value);
}

static void test_a_configuration_is_one_row_with_the_mean(void **state)
{
    (void)state;
    scene at = start(3);
    size_t first = complete(&at, SIZE_MAX, 1);
    const cav_history *view = cav_race_view(at.race);
    assert_int_equal(view->count, 1);
    assert_int_equal(view->states[0], CAVIAR_STATE_RUNNING); // until it is settled
    assert_int_equal(cav_race_next(at.race), first);
    complete(&at, first, 2);
    complete(&at, first, 6);
    assert_int_equal(cav_race_next(at.race), SIZE_MAX);
    assert_int_equal(view->count, 1);
    assert_int_equal(view->states[0], CAVIAR_STATE_COMPLETE);
    assert_true(view->losses[0] == 3);
    const cav_race_runs *runs = cav_race_of(at.race, first);
    assert_int_equal(runs->complete, 3);
    assert_true(runs->mean == 3 && fabs(runs->sd - sqrt(7)) < 1e-12);
    assert_true(fabs(cav_race_error(runs) - sqrt(7.0 / 3)) < 1e-12);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cav_race_first(at.race, i), first);
    end(&at);
}

static void test_what_failed_or_was_stopped_is_not_repeated(void **state)
{
    (void)state;
    scene at = start(3);
    run(&at, SIZE_MAX, CAVIAR_STATE_FAILED, 0.1, NAN);
    run(&at, SIZE_MAX, CAVIAR_STATE_PRUNED, 0.2, 7);
    assert_int_equal(cav_race_next(at.race), SIZE_MAX);
    const cav_history *view = cav_race_view(at.race);
    assert_int_equal(view->states[0], CAVIAR_STATE_FAILED);
    assert_int_equal(view->states[1], CAVIAR_STATE_PRUNED);
    assert_true(view->losses[1] == 7);
    size_t first = complete(&at, SIZE_MAX, 1);
    run(&at, first, CAVIAR_STATE_FAILED, 0.3, NAN);
    complete(&at, first, 2);
    assert_int_equal(cav_race_next(at.race), SIZE_MAX);
    assert_true(view->losses[2] == 1.5);
    assert_int_equal(cav_race_best(at.race), first);
    end(&at);
}

static void test_the_rule_is_the_one_that_is_written_down(void **state)
{
    (void)state;
    // pooled over 3 settled ones of 3 runs each: f = 6, s^2 = (2 + 2 + 2) / 6 = 1; the best has the
    // mean 10. With one run each: t = (x - 10) / sqrt(1 + 1/3) > t(0.975; 6) = 2.4469
    double bound = 10 + 2.4469 * sqrt(1 + 1.0 / 3);
    for (int side = -1; side <= 1; side += 2) {
        scene at = start(3);
        for (int i = 0; i < 3; i++) {
            size_t first = complete(&at, SIZE_MAX, 9 + i);
            complete(&at, first, 10 + i);
            complete(&at, first, 11 + i);
        }
        size_t last = complete(&at, SIZE_MAX, bound + side * 0.001);
        assert_int_equal(cav_race_of(at.race, last)->has_lost, side > 0);
        assert_int_equal(cav_race_next(at.race), side > 0 ? SIZE_MAX : last);
        assert_int_equal(cav_race_best(at.race), 0);
        end(&at);
    }
}

static void test_the_first_ones_teach_the_noise(void **state)
{
    (void)state;
    scene at = start(2);
    for (int i = 0; i < 3; i++) { // one degree of freedom each
        size_t first = complete(&at, SIZE_MAX, 1000 * i);
        assert_int_equal(cav_race_next(at.race), first);
        complete(&at, first, 1000 * i + 1);
    }
    complete(&at, SIZE_MAX, 3000);
    assert_int_equal(cav_race_next(at.race), SIZE_MAX);
    end(&at);
}

static void test_a_persons_forks_are_nobodys_runs(void **state)
{
    (void)state;
    scene at = start(2);
    cav_error error = {0};
    size_t first = complete(&at, SIZE_MAX, 1);
    double x = 0.5, value = -5;
    cav_record record = {.number = 1,
                         .attempt = 1,
                         .state = CAVIAR_STATE_COMPLETE,
                         .raw = &x,
                         .values = &value,
                         .step = -1,
                         .origin = "fork",
                         .has_parent = true,
                         .parent_step = 3};
    assert_ok(cav_history_put(at.history, &record, &x, &error), &error);
    assert_ok(cav_race_look(at.race, at.history, &error), &error);
    assert_int_equal(cav_race_first(at.race, 1), SIZE_MAX);
    assert_int_equal(cav_race_view(at.race)->count, 1);
    assert_int_equal(cav_race_next(at.race), first);
    end(&at);
}

// ---- What it saves, and what it costs -----------------------------------------------------------

typedef struct balance {
    double runs, regret, regret_once, regret_all;
} balance;

// A study of configurations whose means are known, with noise.
static void race_once(uint64_t seed, uint64_t round, size_t count, int64_t replicates, double noise,
                      balance *to)
{
    cav_random random = cav_random_stream(seed, round, CAV_PURPOSE_TEST, 0);
    scene at = start(replicates);
    double truth[MOST], least = INFINITY, once = INFINITY, all = INFINITY;
    double truth_once = 0, truth_all = 0;
    for (size_t i = 0; i < count; i++) {
        double mean = cav_random_unit(&random), sum = 0;
        for (int64_t r = 0; r < replicates; r++)
            sum += mean + noise * cav_random_normal(&random);
        double single = mean + noise * cav_random_normal(&random);
        if (sum < all)
            all = sum, truth_all = mean;
        if (single < once)
            once = single, truth_once = mean;
        least = fmin(least, mean);
        size_t first = at.history->count;
        truth[first] = mean;
        complete(&at, SIZE_MAX, mean + noise * cav_random_normal(&random));
        while (cav_race_next(at.race) == first)
            complete(&at, first, mean + noise * cav_random_normal(&random));
    }
    to->runs += (double)at.runs / (double)count;
    to->regret += truth[cav_race_best(at.race)] - least;
    to->regret_once += truth_once - least;
    to->regret_all += truth_all - least;
    end(&at);
}

static void test_it_saves_runs_and_loses_little(void **state)
{
    (void)state;
    enum { ROUNDS = 200 };
    uint64_t seed = test_seed(951);
    balance at = {0};
    for (uint64_t round = 0; round < ROUNDS; round++)
        race_once(seed, round, 40, 5, 0.1, &at);
    print_message("# runs %g, regret %g; one run each %g, five %g\n", at.runs / ROUNDS,
                  at.regret / ROUNDS, at.regret_once / ROUNDS, at.regret_all / ROUNDS);
    assert_true(at.runs < 3 * ROUNDS);
    assert_true(at.regret < 0.75 * at.regret_once);
    assert_true(at.regret < at.regret_all + 0.02 * ROUNDS);
}

// Of those that are as good as the best no more than the rule's share is dropped.
static void test_equals_are_seldom_dropped(void **state)
{
    (void)state;
    uint64_t seed = test_seed(952);
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
    size_t dropped = 0, count = 0;
    for (int round = 0; round < 400; round++) {
        scene at = start(4);
        for (int i = 0; i < 3; i++) {
            size_t first = complete(&at, SIZE_MAX, cav_random_normal(&random));
            while (cav_race_next(at.race) == first)
                complete(&at, first, cav_random_normal(&random));
            // only the second: the third meets the better of two, which was lucky
            if (i == 1) {
                count++;
                dropped += cav_race_of(at.race, first)->has_lost;
            }
        }
        end(&at);
    }
    if (dropped > count / 10)
        fail_msg("%zu of %zu that are as good were dropped", dropped, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_configuration_is_one_row_with_the_mean),
        cmocka_unit_test(test_what_failed_or_was_stopped_is_not_repeated),
        cmocka_unit_test(test_the_rule_is_the_one_that_is_written_down),
        cmocka_unit_test(test_the_first_ones_teach_the_noise),
        cmocka_unit_test(test_a_persons_forks_are_nobodys_runs),
        cmocka_unit_test(test_it_saves_runs_and_loses_little),
        cmocka_unit_test(test_equals_are_seldom_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
