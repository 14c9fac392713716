/**
 * test_best.c: which trial of a study is the best, how sure that is, and further runs to be surer.
 */
#include "support/test.h"

#include "support/api.h"
#include "support/tuner.h"

#include "base/random.h"

#include <math.h>

enum { TRIALS = 60, CAPACITY = 8 };

static const double noise = 0.1;

static double truth_at(double x)
{
    return pow(x - 0.3, 2);
}

static double noisy(double x, cav_random *random)
{
    return truth_at(x) + noise * cav_random_normal(random);
}

static caviar_space *line(void)
{
    caviar_space *space = caviar_space_new();
    assert_non_null(space);
    api_add(space, &(caviar_parameter){.name = "x", .high = 1});
    return space;
}

typedef double objective(double x, cav_random *random);

static void run(caviar_study *study, size_t count, bool turns, objective *of, uint64_t seed)
{
    cav_random random = cav_random_stream(test_seed(seed), 0, CAV_PURPOSE_SUGGEST, 0);
    for (size_t i = 0; i < count; i++) {
        caviar_trial *trial = api_ask(study);
        double value = of(caviar_trial_real(trial, "x"), &random);
        api_finish(trial, turns ? -value : value);
    }
}

static void start(api *at, bool maximize, caviar_study_options options)
{
    caviar_space_free(at->space);
    at->space = line();
    caviar_objective metric = {.name = "value", .maximize = maximize};
    options.objectives = &metric;
    options.objective_count = 1;
    api_start(at, options);
}

static int64_t best_of(caviar_study *study)
{
    caviar_trial *trial;
    assert_int_equal(caviar_study_best(study, &trial), CAVIAR_OK);
    int64_t number = caviar_trial_number(trial);
    caviar_trial_free(trial);
    return number;
}

static double truth_of(caviar_study *study, int64_t number)
{
    caviar_trial *trial = api_look(study, number);
    double x = caviar_trial_real(trial, "x");
    caviar_trial_free(trial);
    return truth_at(x);
}

static void test_under_noise_the_best_is_not_the_luckiest(void **state)
{
    api *at = *state;
    for (int maximize = 0; maximize < 2; maximize++) {
        caviar_contender found[CAPACITY];
        size_t count;
        start(at, maximize, (caviar_study_options){.name = maximize ? "most" : "least"});
        run(at->study, TRIALS, maximize, noisy, 1101);
        int64_t best = best_of(at->study);
        size_t luckiest = cav_history_best(at->study->history, 0);
        assert_true(truth_of(at->study, best) < truth_of(at->study, (int64_t)luckiest));
        assert_int_equal(caviar_study_contenders(at->study, found, CAPACITY, &count), CAVIAR_OK);
        assert_true(count > 1);
        assert_int_equal(found[0].number, best);
        double total = 0;
        for (size_t i = 0; i < count; i++) {
            double further = found[i].mean - found[0].mean;
            assert_true(found[i].low < found[i].mean && found[i].mean < found[i].high);
            assert_true(maximize ? further <= 0 : further >= 0);
            total += found[i].chance;
        }
        assert_near(total, 1, 1e-9);
    }
}

static void test_it_is_looked_for_anew_only_where_a_trial_has_ended(void **state)
{
    api *at = *state;
    start(at, false, (caviar_study_options){0});
    run(at->study, TRIALS, false, noisy, 1102);
    int64_t best = best_of(at->study);
    cav_incumbent *kept = &at->study->incumbent;
    double mean = kept->contenders[0].mean;
    kept->contenders[0].mean = mean - 1; // a mark
    assert_int_equal(best_of(at->study), best);
    assert_near(kept->contenders[0].mean, mean - 1, 0);
    run(at->study, 1, false, noisy, 1103);
    best_of(at->study);
    assert_near(kept->contenders[0].mean, mean, 0.5);
}

static double plain(double x, cav_random *random)
{
    (void)random;
    return truth_at(x);
}

static void test_without_noise_there_are_no_contenders(void **state)
{
    api *at = *state;
    caviar_contender found[CAPACITY];
    size_t count;
    start(at, false, (caviar_study_options){0});
    assert_int_equal(caviar_study_contenders(at->study, found, CAPACITY, &count), CAVIAR_OK);
    assert_int_equal(count, 0);
    run(at->study, TRIALS, false, plain, 1104);
    assert_int_equal(caviar_study_contenders(at->study, found, CAPACITY, &count), CAVIAR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(best_of(at->study), (int64_t)cav_history_best(at->study->history, 0));
}

static void test_confirming_runs_the_best_again_beside_the_budget(void **state)
{
    api *at = *state;
    cav_random random = cav_random_stream(test_seed(1105), 0, CAV_PURPOSE_SUGGEST, 0);
    uint32_t seeds[6];
    start(at, false, (caviar_study_options){.trial_budget = 12});
    run(at->study, 12, false, plain, 1106);
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
    int64_t best = best_of(at->study);
    assert_int_equal(caviar_study_confirm(at->study, 2, 3), CAVIAR_OK);
    for (size_t i = 0; i < 6; i++) {
        caviar_trial *trial = api_ask(at->study);
        double x = caviar_trial_real(trial, "x");
        seeds[i] = caviar_trial_seed(trial);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(seeds[i], seeds[k]);
        assert_true(truth_at(x) <= (i % 2 ? 1 : truth_of(at->study, best)));
        api_finish(trial, noisy(x, &random));
    }
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
    assert_int_equal(at->study->history->count, 18);
    assert_int_equal(at->study->history->uncounted_count, 6);
    start(at, false, (caviar_study_options){.trial_budget = 14}); // two more, not minus four
    run(at->study, at->store ? 2 : 14, false, plain, 1107);
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
}

static void test_steps_of_confirming_runs_are_beside_the_budget(void **state)
{
    api *at = *state;
    start(at, false,
          (caviar_study_options){
              .definition =
                  "{study: s, seed: 1, sampler: random, scheduler: none, steps: "
                  "{max: 4}, budget: {steps: 8}, space: {x: {type: float, low: 0, high: 1}}}"});
    for (int i = 0; i < 4; i++) {
        caviar_verdict verdict;
        if (i == 2) {
            api_ask_fails(at->study, CAVIAR_DONE, "steps");
            assert_int_equal(caviar_study_confirm(at->study, 1, 2), CAVIAR_OK);
        }
        caviar_trial *trial = api_ask(at->study);
        caviar_metric metric = {.value = i};
        assert_int_equal(caviar_trial_report(trial, 4, &metric, 1, &verdict), CAVIAR_OK);
        api_finish(trial, i);
    }
    api_ask_fails(at->study, CAVIAR_DONE, "steps");
    assert_int_equal(caviar_study_trial_count(at->study), 4);
    assert_int_equal(at->study->history->step_sum, 16);
    assert_int_equal(at->study->history->uncounted_steps, 8);
}

static void test_what_cannot_be_confirmed_is_refused(void **state)
{
    api *at = *state;
    start(at, false, (caviar_study_options){0});
    assert_int_equal(caviar_study_confirm(at->study, 1, 1), CAVIAR_NOT_FOUND);
    assert_non_null(strstr(caviar_study_message(at->study), "no trial"));
    assert_int_equal(caviar_study_confirm(at->study, 0, 1), CAVIAR_INVALID);
    assert_int_equal(caviar_study_confirm(at->study, 1, 0), CAVIAR_INVALID);
    assert_non_null(strstr(caviar_study_message(at->study), "count and times"));
    caviar_objective two[] = {{.name = "error"}, {.name = "speed", .maximize = true}};
    api_start(at, (caviar_study_options){.name = "two", .objectives = two, .objective_count = 2});
    caviar_trial *trial = api_ask(at->study);
    caviar_metric metrics[] = {{"error", 1}, {"speed", 2}};
    assert_int_equal(caviar_trial_tell(trial, metrics, 2), CAVIAR_OK);
    caviar_trial_free(trial);
    assert_int_equal(caviar_study_confirm(at->study, 1, 1), CAVIAR_INVALID);
    assert_non_null(strstr(caviar_study_message(at->study), "several metrics"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_STORES(test_under_noise_the_best_is_not_the_luckiest),
        BOTH_STORES(test_it_is_looked_for_anew_only_where_a_trial_has_ended),
        BOTH_STORES(test_without_noise_there_are_no_contenders),
        BOTH_STORES(test_confirming_runs_the_best_again_beside_the_budget),
        BOTH_STORES(test_steps_of_confirming_runs_are_beside_the_budget),
        BOTH_STORES(test_what_cannot_be_confirmed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
