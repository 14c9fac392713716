/**
 * test_asking.c: what ask hands out: new trials, queued ones, the last ones of a finite space.
 */
#include "support/test.h"

#include "support/api.h"
#include "support/literal.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

enum { LINE = 256 };

// ---- The same seed, the same trials ---------------------------------------------------------

static void record_trials(caviar_study *study, int count, char lines[][LINE])
{
    for (int i = 0; i < count; i++) {
        caviar_trial *trial = api_ask(study);
        api_describe(trial, lines[i], LINE);
        api_finish(trial, caviar_trial_real(trial, "lr"));
    }
}

static void expect_same(char a[][LINE], char b[][LINE], int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(a[i], b[i]) != 0)
            fail_msg("trial %d is %s and %s", i, a[i], b[i]);
}

static const char *const samplers[] = {"random", "sobol", "zoom", "auto"};

static void test_the_same_seed_gives_the_same_trials(void **state)
{
    api *at = *state;
    for (size_t s = 0; s < CAV_COUNT_OF(samplers); s++) {
        char first[30][LINE], second[30][LINE], other[30][LINE], name[32];
        snprintf(name, sizeof name, "a%zu", s);
        api_start(at, (caviar_study_options){.name = name, .seed = 7, .sampler = samplers[s]});
        record_trials(at->study, 30, first);
        name[0] = 'b';
        api_start(at, (caviar_study_options){.name = name, .seed = 7, .sampler = samplers[s]});
        record_trials(at->study, 30, second);
        name[0] = 'c';
        api_start(at, (caviar_study_options){.name = name, .seed = 8, .sampler = samplers[s]});
        record_trials(at->study, 30, other);
        expect_same(first, second, 30);
        assert_string_not_equal(first[29], other[29]);
    }
}

static void test_closing_in_the_middle_changes_no_trial(void **state)
{
    api *at = *state;
    for (size_t s = 0; s < CAV_COUNT_OF(samplers); s++) {
        char whole[30][LINE], parts[30][LINE], name[32];
        snprintf(name, sizeof name, "a%zu", s);
        api_start(at, (caviar_study_options){.name = name, .sampler = samplers[s]});
        record_trials(at->study, 30, whole);
        name[0] = 'b';
        for (int i = 0; i < 30; i += 10) {
            api_start(at, (caviar_study_options){.name = name, .sampler = samplers[s]});
            record_trials(at->study, 10, parts + i);
        }
        expect_same(whole, parts, 30);
    }
}

static void test_two_handles_in_turn_give_the_trials_of_one(void **state)
{
    api *at = *state;
    char alone[30][LINE], shared[30][LINE];
    api_start(at, (caviar_study_options){.name = "alone"});
    record_trials(at->study, 30, alone);
    caviar_study *handles[] = {api_open(at, (caviar_study_options){.name = "shared"}),
                               api_open(at, (caviar_study_options){.name = "shared"})};
    for (int i = 0; i < 30; i++)
        record_trials(handles[i * i % 7 % 2], 1, shared + i);
    expect_same(alone, shared, 30);
    assert_int_equal(caviar_study_trial_count(handles[0]), 30);
    assert_int_equal(caviar_study_trial_count(handles[1]), 30);
    caviar_study_close(handles[0]);
    caviar_study_close(handles[1]);
}

static void test_a_trials_own_seed_is_the_same_whenever_it_is_handed_out(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){.retry = 1});
    caviar_trial *trial = api_ask(at->study);
    uint32_t seed = caviar_trial_seed(trial);
    assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_EXIT, "bad luck"), CAVIAR_OK);
    caviar_trial_free(trial);
    trial = api_ask(at->study);
    assert_int_equal(caviar_trial_number(trial), 0);
    assert_int_equal(caviar_trial_seed(trial), seed);
    caviar_trial *next = api_ask(at->study);
    assert_int_not_equal(caviar_trial_seed(next), seed);
    caviar_trial_free(trial);
    caviar_trial_free(next);
}

// ---- Finite spaces --------------------------------------------------------------------------

// Asks until DONE; returns how many trials there were, all different.
static int exhaust(caviar_study *study, int most)
{
    char(*lines)[LINE] = calloc((size_t)most + 1, sizeof *lines);
    assert_non_null(lines);
    int count = 0;
    caviar_trial *trial;
    caviar_code code;
    while (!(code = caviar_study_ask(study, &trial))) {
        assert_true(count < most);
        api_describe(trial, lines[count], LINE);
        for (int i = 0; i < count; i++)
            if (strcmp(lines[i], lines[count]) == 0)
                fail_msg("trials %d and %d are %s", i, count, lines[i]);
        count++;
        api_finish(trial, count);
    }
    assert_int_equal(code, CAVIAR_DONE);
    assert_contains(caviar_study_message(study), "has been tried");
    free(lines);
    return count;
}

// 3 x (act=relu, or act=tanh with 4 values of depth), without x + depth > 5
static caviar_space *finite_space(void)
{
    caviar_space *space = api_small_space(3);
    api_add(space, &(caviar_parameter){
                       .name = "act", .type = CATEGORICAL, CHOICES(TEXT("relu"), TEXT("tanh"))});
    api_add(space,
            &(caviar_parameter){
                .name = "depth", .type = INT, .low = 1, .high = 4, WHEN(HAS("act", TEXT("tanh")))});
    assert_int_equal(caviar_space_constrain(space, "x + depth <= 5"), CAVIAR_OK);
    return space;
}

static void test_a_finite_space_is_exhausted_without_a_duplicate(void **state)
{
    static const char *const all[] = {"random", "sobol", "zoom", "grid", "auto"};
    for (size_t s = 0; s < CAV_COUNT_OF(all); s++) {
        api *at = *state;
        caviar_space *space = finite_space();
        api_start(at, (caviar_study_options){.name = all[s], .sampler = all[s], .space = space});
        assert_int_equal(exhaust(at->study, 20), 3 + 4 + 3 + 2);
        api_ask_fails(at->study, CAVIAR_DONE, "has been tried");
        caviar_space_free(space);
    }
}

static void test_a_point_that_failed_is_not_suggested_again(void **state)
{
    api *at = *state;
    caviar_space *space = api_small_space(4);
    api_start(at, (caviar_study_options){.space = space});
    for (int i = 0; i < 4; i++) {
        caviar_trial *trial = api_ask(at->study);
        assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_INFEASIBLE, NULL), CAVIAR_OK);
        caviar_trial_free(trial);
    }
    api_ask_fails(at->study, CAVIAR_DONE, "has been tried");
    caviar_space_free(space);
}

static void test_constraints_that_nothing_satisfies_are_infeasible_and_not_done(void **state)
{
    api *at = *state;
    caviar_space *finite = api_small_space(9), *real = caviar_space_new();
    api_add(real, &(caviar_parameter){.name = "r", .high = 1});
    assert_int_equal(caviar_space_constrain(finite, "x > 9"), CAVIAR_OK);
    assert_int_equal(caviar_space_constrain(real, "r > 1"), CAVIAR_OK);
    api_start(at, (caviar_study_options){.name = "finite", .space = finite});
    api_ask_fails(at->study, CAVIAR_INFEASIBLE, "no configuration of the space satisfies");
    api_start(at, (caviar_study_options){.name = "real", .space = real});
    api_ask_fails(at->study, CAVIAR_INFEASIBLE, "contradictory");
    assert_int_equal(caviar_study_trial_count(at->study), 0);
    caviar_space_free(finite);
    caviar_space_free(real);
}

static void test_a_single_feasible_point_among_many_is_found(void **state)
{
    api *at = *state;
    caviar_space *space = api_small_space(200000);
    assert_int_equal(caviar_space_constrain(space, "x = 123456"), CAVIAR_OK);
    api_start(at, (caviar_study_options){.space = space});
    caviar_trial *trial = api_ask(at->study);
    assert_int_equal(caviar_trial_int(trial, "x"), 123456);
    api_finish(trial, 1);
    api_ask_fails(at->study, CAVIAR_DONE, "has been tried");
    caviar_space_free(space);
}

// ---- Configurations of one's own ------------------------------------------------------------

static void test_what_is_queued_comes_first_and_in_order(void **state)
{
    api *at = *state;
    int64_t number = -1;
    api_start(at, (caviar_study_options){0});
    api_run_one(at->study);
    caviar_setting first[] = {{"lr", REAL(0.25)}, {"units", WHOLE(7)}, {"act", TEXT("relu")}};
    caviar_setting second[] = {{"act", TEXT("tanh")}, {"beta", REAL(0.75)}};
    assert_int_equal(caviar_study_enqueue(at->study, first, 3, &number), CAVIAR_OK);
    assert_int_equal(number, 1);
    assert_int_equal(caviar_study_enqueue(at->study, second, 2, NULL), CAVIAR_OK);
    caviar_trial *looked = api_look(at->study, 1);
    assert_int_equal(caviar_trial_state(looked), CAVIAR_STATE_WAITING);
    caviar_trial_free(looked);
    caviar_trial *trial = api_ask(at->study);
    char line[LINE];
    api_describe(trial, line, sizeof line);
    assert_string_equal(line, "lr=0.25 units=7 act=relu beta=-");
    api_finish(trial, 1);
    trial = api_ask(at->study);
    assert_int_equal(caviar_trial_number(trial), 2);
    assert_true(caviar_trial_real(trial, "beta") == 0.75);
    double lr = caviar_trial_real(trial, "lr");
    assert_true(lr >= 1e-5 && lr <= 1); // filled in
    api_finish(trial, 1);
    assert_int_equal(api_run_one(at->study), 3);
}

static void test_a_result_of_ones_own_is_complete_and_does_not_count(void **state)
{
    api *at = *state;
    int64_t number = -1;
    const double value = 0.125, infinite = INFINITY;
    caviar_setting settings[] = {{"lr", REAL(0.25)}, {"act", TEXT("relu")}};
    api_start(at, (caviar_study_options){.trial_budget = 1});
    assert_int_equal(caviar_study_add(at->study, settings, 2, &value, 1, &number), CAVIAR_OK);
    assert_int_equal(number, 0);
    caviar_trial *best = NULL;
    assert_int_equal(caviar_study_best(at->study, &best), CAVIAR_OK);
    assert_true(caviar_trial_value(best, 0) == 0.125 && caviar_trial_real(best, "lr") == 0.25);
    caviar_trial_free(best);
    assert_int_equal(caviar_study_add(at->study, settings, 2, NULL, 0, NULL), CAVIAR_INVALID);
    assert_contains(caviar_study_message(at->study), "1 metrics, and 0 values");
    assert_int_equal(caviar_study_add(at->study, settings, 2, &infinite, 1, NULL), CAVIAR_INVALID);
    assert_contains(caviar_study_message(at->study), "not finite");
    assert_int_equal(api_run_one(at->study), 1);
    api_ask_fails(at->study, CAVIAR_DONE, "all trials of the budget");
}

static void test_a_trial_may_end_as_pruned_of_its_own_accord(void **state)
{
    api *at = *state;
    caviar_verdict verdict;
    api_start(at, (caviar_study_options){0});
    caviar_trial *trial = api_ask(at->study);
    caviar_metric metric = {.value = 0.5};
    assert_int_equal(caviar_trial_report(trial, 1, &metric, 1, &verdict), CAVIAR_OK);
    assert_int_equal(verdict, CAVIAR_VERDICT_CONTINUE);
    assert_int_equal(caviar_trial_prune(trial), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_PRUNED);
    assert_int_equal(caviar_trial_prune(trial), CAVIAR_STATE);
    caviar_trial_free(trial);
    trial = api_look(at->study, 0);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_PRUNED);
    assert_true(caviar_trial_value(trial, 0) == 0.5);
    caviar_trial_free(trial);
}

static void expect_no_queue(api *at, const caviar_setting *settings, size_t count,
                            const char *piece)
{
    int64_t number = 42, before = caviar_study_trial_count(at->study);
    caviar_code code = caviar_study_enqueue(at->study, settings, count, &number);
    assert_true(code == CAVIAR_INVALID || code == CAVIAR_NOT_FOUND);
    assert_contains(caviar_study_message(at->study), piece);
    assert_int_equal(number, 42);
    assert_int_equal(caviar_study_trial_count(at->study), before);
}

static void test_a_configuration_that_cannot_be_is_refused(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){0});
    expect_no_queue(at, &(caviar_setting){"lrr", REAL(0.1)}, 1, "did you mean 'lr'?");
    expect_no_queue(at, &(caviar_setting){"lr", REAL(2)}, 1, "lr");
    expect_no_queue(at, &(caviar_setting){"lr", REAL(NAN)}, 1, "lr");
    expect_no_queue(at, &(caviar_setting){"lr", TEXT("much")}, 1, "lr");
    expect_no_queue(at, &(caviar_setting){"units", REAL(1.5)}, 1, "units");
    expect_no_queue(at, &(caviar_setting){"act", TEXT("gelu")}, 1, "act");
    expect_no_queue(at, (caviar_setting[]){{"act", TEXT("relu")}, {"beta", REAL(0.75)}}, 2, "beta");
}

static void test_defaults_fill_in_before_the_sampler_does(void **state)
{
    api *at = *state;
    caviar_space *space = api_small_space(1000);
    api_add(space, &(caviar_parameter){.name = "y", .high = 1, .initial = REAL(0.125)});
    api_start(at, (caviar_study_options){.space = space});
    assert_int_equal(caviar_study_enqueue(at->study, NULL, 0, NULL), CAVIAR_OK);
    caviar_trial *trial = api_ask(at->study);
    assert_true(caviar_trial_real(trial, "y") == 0.125);
    assert_in_range(caviar_trial_int(trial, "x"), 1, 1000);
    caviar_trial_free(trial);
    caviar_space_free(space);
}

static void test_what_is_filled_in_satisfies_the_constraints(void **state)
{
    api *at = *state;
    caviar_space *space = api_small_space(10);
    api_add(space, &(caviar_parameter){.name = "y", .type = INT, .low = 1, .high = 10});
    assert_int_equal(caviar_space_constrain(space, "x + y <= 11"), CAVIAR_OK);
    api_start(at, (caviar_study_options){.space = space});
    for (int i = 0; i < 20; i++) {
        caviar_setting ten = {"x", WHOLE(10)};
        if (caviar_study_enqueue(at->study, &ten, 1, NULL))
            fail_msg("%s", caviar_study_message(at->study));
        caviar_trial *trial = api_ask(at->study);
        assert_int_equal(caviar_trial_int(trial, "y"), 1);
        api_finish(trial, 1);
    }
    caviar_setting broken[] = {{"x", WHOLE(10)}, {"y", WHOLE(2)}};
    expect_no_queue(at, broken, 2, "x + y <= 11");
    caviar_space_free(space);
}

static void test_a_child_that_is_given_brings_its_parent(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){0});
    for (int i = 0; i < 10; i++) {
        assert_int_equal(
            caviar_study_enqueue(at->study, &(caviar_setting){"beta", REAL(0.75)}, 1, NULL),
            CAVIAR_OK);
        caviar_trial *trial = api_ask(at->study);
        assert_string_equal(caviar_trial_text(trial, "act"), "tanh");
        assert_true(caviar_trial_real(trial, "beta") == 0.75);
        api_finish(trial, 1);
    }
}

static void test_what_is_queued_may_be_what_was_tried_and_counts_for_the_budget(void **state)
{
    api *at = *state;
    caviar_space *space = api_small_space(3);
    api_start(at, (caviar_study_options){.space = space, .trial_budget = 3});
    for (int i = 0; i < 2; i++)
        api_run_one(at->study);
    for (int i = 0; i < 2; i++)
        assert_int_equal(caviar_study_enqueue(at->study, &(caviar_setting){"x", WHOLE(2)}, 1, NULL),
                         CAVIAR_OK);
    assert_int_equal(api_run_one(at->study), 2);
    assert_int_equal(api_run_one(at->study), 3); // queued beyond the budget, and run all the same
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
    caviar_space_free(space);
}

static void test_an_exhausted_space_still_takes_ones_own_configuration(void **state)
{
    api *at = *state;
    caviar_space *space = api_small_space(2);
    api_start(at, (caviar_study_options){.space = space, .sampler = "grid"});
    api_run_one(at->study);
    api_run_one(at->study);
    api_ask_fails(at->study, CAVIAR_DONE, "has been tried");
    assert_int_equal(caviar_study_enqueue(at->study, NULL, 0, NULL), CAVIAR_OK);
    assert_int_equal(caviar_study_enqueue(at->study, &(caviar_setting){"x", WHOLE(2)}, 1, NULL),
                     CAVIAR_OK);
    api_run_one(at->study);
    api_run_one(at->study);
    caviar_space_free(space);
}

// ---- Handles --------------------------------------------------------------------------------

static void test_a_trial_that_is_freed_untold_is_handed_out_again(void **state)
{
    api *at = *state;
    char before[LINE], after[LINE];
    api_start(at, (caviar_study_options){.trial_budget = 2});
    caviar_trial *trial = api_ask(at->study);
    api_describe(trial, before, sizeof before);
    caviar_trial_free(trial);
    trial = api_look(at->study, 0);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_WAITING);
    assert_int_equal(caviar_trial_tell_value(trial, 1), CAVIAR_STATE); // only looked at
    caviar_trial_free(trial);
    trial = api_ask(at->study);
    assert_int_equal(caviar_trial_number(trial), 0);
    api_describe(trial, after, sizeof after);
    assert_string_equal(before, after);
    api_finish(trial, 1);
    api_run_one(at->study);
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
}

static void test_many_trials_may_be_out_at_once(void **state)
{
    api *at = *state;
    caviar_trial *trials[50];
    api_start(at, (caviar_study_options){.trial_budget = 50});
    for (int i = 0; i < 50; i++)
        trials[i] = api_ask(at->study);
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
    for (int i = 50; i-- > 0;)
        api_finish(trials[i], i);
    caviar_trial *best = NULL;
    assert_int_equal(caviar_study_best(at->study, &best), CAVIAR_OK);
    assert_int_equal(caviar_trial_number(best), 0);
    caviar_trial_free(best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_STORES(test_the_same_seed_gives_the_same_trials),
        IN_FILE(test_closing_in_the_middle_changes_no_trial),
        IN_FILE(test_two_handles_in_turn_give_the_trials_of_one),
        BOTH_STORES(test_a_trials_own_seed_is_the_same_whenever_it_is_handed_out),
        BOTH_STORES(test_a_finite_space_is_exhausted_without_a_duplicate),
        BOTH_STORES(test_a_point_that_failed_is_not_suggested_again),
        BOTH_STORES(test_constraints_that_nothing_satisfies_are_infeasible_and_not_done),
        BOTH_STORES(test_a_single_feasible_point_among_many_is_found),
        BOTH_STORES(test_what_is_queued_comes_first_and_in_order),
        BOTH_STORES(test_a_result_of_ones_own_is_complete_and_does_not_count),
        BOTH_STORES(test_a_trial_may_end_as_pruned_of_its_own_accord),
        BOTH_STORES(test_a_configuration_that_cannot_be_is_refused),
        BOTH_STORES(test_defaults_fill_in_before_the_sampler_does),
        BOTH_STORES(test_what_is_filled_in_satisfies_the_constraints),
        BOTH_STORES(test_a_child_that_is_given_brings_its_parent),
        BOTH_STORES(test_what_is_queued_may_be_what_was_tried_and_counts_for_the_budget),
        BOTH_STORES(test_an_exhausted_space_still_takes_ones_own_configuration),
        BOTH_STORES(test_a_trial_that_is_freed_untold_is_handed_out_again),
        BOTH_STORES(test_many_trials_may_be_out_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
