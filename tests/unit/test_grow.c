/**
 * test_grow.c: trials that name their parameters: what they get, what is learnt, what is refused.
 */
#include "support/test.h"

#include "support/api.h"
#include "support/literal.h"
#include "support/tuner.h"

#include "search/sampler.h"

#include <math.h>

static const caviar_parameter rate = {
    .name = "rate", .scale = CAVIAR_SCALE_LOG, .low = 1e-5, .high = 1};
static const caviar_parameter layers = {
    .name = "layers", .type = CAVIAR_TYPE_INT, .low = 1, .high = 8};

static caviar_study *open_growing(const api *at, const char *sampler)
{
    caviar_study *study = NULL;
    caviar_study_options options = {
        .store = at->store, .name = "grows", .grows = true, .sampler = sampler, .seed = 1};
    caviar_code code = caviar_study_open(&options, &study);
    if (code)
        fail_msg("%s", caviar_study_message(study));
    return study;
}

static void start(api *at)
{
    at->study = open_growing(at, "random");
}

static double real_of(caviar_trial *trial, const caviar_parameter *parameter)
{
    caviar_value value = {0};
    if (caviar_trial_suggest(trial, parameter, &value))
        fail_msg("%s", caviar_trial_message(trial));
    return value.kind == CAVIAR_KIND_INT ? (double)value.integer : value.real;
}

static const char *choice_of(caviar_trial *trial, const char *name, size_t count)
{
    static const caviar_value choices[] = {TEXT("a"), TEXT("b"), TEXT("c")};
    caviar_value value = {0};
    caviar_parameter parameter = {
        .name = name, .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = count};
    if (caviar_trial_suggest(trial, &parameter, &value))
        fail_msg("%s", caviar_trial_message(trial));
    return value.text;
}

static void expect_refused(caviar_trial *trial, caviar_parameter parameter, caviar_code code,
                           const char *piece)
{
    caviar_value value = WHOLE(42);
    assert_int_equal(caviar_trial_suggest(trial, &parameter, &value), code);
    assert_contains(caviar_trial_message(trial), piece);
    assert_int_equal(value.integer, 42);
}

static void test_a_study_without_a_space_learns_its_parameters_from_its_trials(void **state)
{
    api *at = *state;
    start(at);
    for (int i = 0; i < 20; i++) {
        caviar_trial *trial = api_ask(at->study);
        double r = real_of(trial, &rate), l = real_of(trial, &layers);
        assert_true(r >= 1e-5 && r <= 1 && l >= 1 && l <= 8 && l == floor(l));
        assert_true(real_of(trial, &rate) == r); // the same, however often
        assert_true(caviar_trial_real(trial, "rate") == r);
        api_finish(trial, l);
    }
    assert_contains(caviar_study_definition(at->study), "\"rate\":{\"type\":\"float\"");
    caviar_trial *first = api_look(at->study, 0);
    assert_string_equal(caviar_trial_name(first, 0), "rate");
    assert_string_equal(caviar_trial_name(first, 1), "layers");
    assert_int_equal(caviar_trial_int(first, "layers"), (int64_t)caviar_trial_value(first, 0));
    caviar_trial_free(first);
}

static void test_a_trial_lacks_what_it_has_not_named(void **state)
{
    api *at = *state;
    caviar_value value;
    int with = 0;
    start(at);
    for (int i = 0; i < 30; i++) {
        caviar_trial *trial = api_ask(at->study);
        bool deep = strcmp(choice_of(trial, "kind", 2), "a") == 0;
        if (deep)
            real_of(trial, &layers);
        if (caviar_trial_get(trial, "layers", &value) == CAVIAR_OK)
            assert_int_equal(value.kind, deep ? CAVIAR_KIND_INT : CAVIAR_KIND_NONE);
        with += deep;
        api_finish(trial, 0);
    }
    assert_in_range(with, 5, 25);
    for (int64_t i = 0; i < 30; i++) {
        caviar_trial *trial = api_look(at->study, i);
        bool deep = strcmp(caviar_trial_text(trial, "kind"), "a") == 0;
        assert_int_equal(caviar_trial_get(trial, "layers", &value), CAVIAR_OK);
        assert_int_equal(value.kind, deep ? CAVIAR_KIND_INT : CAVIAR_KIND_NONE);
        caviar_trial_free(trial);
    }
}

static void test_a_wider_range_is_added_and_a_narrower_one_is_kept_to(void **state)
{
    api *at = *state;
    caviar_parameter range = {.name = "x", .type = CAVIAR_TYPE_INT, .low = 1, .high = 4};
    start(at);
    for (int i = 0; i < 40; i++) {
        caviar_trial *trial = api_ask(at->study);
        range.high = i == 0 ? 4 : i % 2 ? 2 : 1000;
        double x = real_of(trial, &range);
        assert_true(x >= range.low && x <= range.high);
        api_finish(trial, x);
    }
    assert_contains(caviar_study_definition(at->study), "\"low\":1,\"high\":1000");
    caviar_trial *trial = api_look(at->study, 1);
    assert_in_range(caviar_trial_int(trial, "x"), 1, 2);
    caviar_trial_free(trial);
}

static void test_further_choices_are_added_and_fewer_are_kept_to(void **state)
{
    api *at = *state;
    int third = 0;
    start(at);
    for (int i = 0; i < 40; i++) {
        caviar_trial *trial = api_ask(at->study);
        const char *choice = choice_of(trial, "kind", i < 5 || i % 2 ? 2 : 3);
        if (i < 5 || i % 2)
            assert_string_not_equal(choice, "c");
        third += strcmp(choice, "c") == 0;
        api_finish(trial, 0);
    }
    assert_true(third > 0);
    assert_contains(caviar_study_definition(at->study), "[\"a\",\"b\",\"c\"]");
}

static void test_what_is_another_parameter_of_the_same_name_is_refused(void **state)
{
    api *at = *state;
    start(at);
    caviar_trial *trial = api_ask(at->study);
    real_of(trial, &rate);
    real_of(trial, &layers);
    caviar_parameter other = rate;
    other.scale = CAVIAR_SCALE_LINEAR;
    expect_refused(trial, other, CAVIAR_INVALID, "'rate' was float log");
    other.type = CAVIAR_TYPE_INT, other.low = 1, other.high = 8;
    expect_refused(trial, other, CAVIAR_INVALID, "another type");
    other = layers;
    other.step = 2;
    expect_refused(trial, other, CAVIAR_INVALID, "another step");
    other.name = "no name";
    expect_refused(trial, other, CAVIAR_INVALID, "is no name");
    other.name = NULL;
    expect_refused(trial, other, CAVIAR_INVALID, "a name");
    other = layers;
    other.name = "fresh";
    other.high = 0;
    expect_refused(trial, other, CAVIAR_INVALID, "parameter 'fresh'");
    caviar_condition when = {.parent = "layers", .low = 1, .high = 2};
    other.high = 8, other.when = &when, other.when_count = 1;
    expect_refused(trial, other, CAVIAR_INVALID, "conditions are the program's own");
    api_finish(trial, 0);
    caviar_trial *looked = api_look(at->study, 0);
    expect_refused(looked, (caviar_parameter){.name = "fresh"}, CAVIAR_NOT_FOUND, "'fresh'");
    caviar_trial_free(looked);
}

static void test_of_a_declared_space_only_what_it_has_can_be_named(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){0});
    caviar_trial *trial = api_ask(at->study);
    caviar_parameter lr = {.name = "lr"};
    assert_true(real_of(trial, &lr) == caviar_trial_real(trial, "lr"));
    expect_refused(trial, rate, CAVIAR_NOT_FOUND, "does not grow");
    api_finish(trial, 0);
}

static void test_trials_at_the_same_time_name_what_the_other_does_not_know(void **state)
{
    api *at = *state;
    caviar_verdict verdict;
    caviar_metric metric = {.value = 1};
    start(at);
    caviar_trial *first = api_ask(at->study), *second = api_ask(at->study);
    double r = real_of(first, &rate);
    double l = real_of(second, &layers);
    assert_int_equal(caviar_trial_report(first, 1, &metric, 1, &verdict), CAVIAR_OK);
    api_finish(first, 0);
    api_finish(second, 0);
    first = api_look(at->study, 0);
    second = api_look(at->study, 1);
    assert_true(caviar_trial_real(first, "rate") == r && isnan(caviar_trial_real(first, "layers")));
    assert_int_equal(caviar_trial_int(second, "layers"), (int64_t)l);
    assert_true(isnan(caviar_trial_real(second, "rate")));
    caviar_trial_free(first);
    caviar_trial_free(second);
}

static void test_a_nudge_reaches_a_parameter_that_earlier_trials_have_named(void **state)
{
    api *at = *state;
    caviar_verdict verdict;
    caviar_metric metric = {.value = 1};
    caviar_setting settings[] = {{"layers", WHOLE(3)}};
    start(at);
    caviar_trial *trial = api_ask(at->study);
    real_of(trial, &layers);
    api_finish(trial, 0);
    trial = api_ask(at->study);
    caviar_trial *other = api_ask(at->study);
    real_of(other, &rate); // the space grows while the trial runs
    assert_int_equal(caviar_study_nudge(at->study, 1, settings, 1, NULL), CAVIAR_OK);
    assert_int_equal(caviar_trial_report(trial, 1, &metric, 1, &verdict), CAVIAR_OK);
    assert_string_equal(caviar_trial_change_name(trial, 0), "layers");
    assert_true(real_of(trial, &layers) == 3);
    api_finish(trial, 0);
    api_finish(other, 0);
}

static void test_another_process_goes_on_in_the_grown_space(void **state)
{
    api *at = *state;
    start(at);
    caviar_study *other = open_growing(at, "random"); // it knows of nothing yet
    caviar_trial *trial = api_ask(at->study);
    double r = real_of(trial, &rate);
    caviar_trial *others = api_ask(other);
    double l = real_of(others, &layers), other_r = real_of(others, &rate);
    assert_true(other_r != r);
    api_finish(others, 1);
    assert_true(real_of(trial, &layers) != 0);
    api_finish(trial, 2);
    caviar_trial *looked = api_look(at->study, 1);
    assert_int_equal(caviar_trial_int(looked, "layers"), (int64_t)l);
    assert_true(caviar_trial_real(looked, "rate") == other_r);
    caviar_trial_free(looked);
    caviar_study_close(other);
}

static void test_a_trial_that_is_given_back_is_the_same_again(void **state)
{
    api *at = *state;
    start(at);
    caviar_trial *trial = api_ask(at->study);
    double r = real_of(trial, &rate);
    caviar_trial_free(trial);
    trial = api_ask(at->study);
    assert_int_equal(caviar_trial_number(trial), 0);
    assert_true(isnan(caviar_trial_real(trial, "rate"))); // not named yet
    assert_true(real_of(trial, &rate) == r);
    real_of(trial, &layers);
    api_finish(trial, 0);
}

// The best is in one branch, at x = 0.7; there is nothing to find in the other.
static double branchy(caviar_trial *trial)
{
    caviar_parameter x = {.name = "x", .high = 1}, y = {.name = "y", .high = 1};
    if (strcmp(choice_of(trial, "kind", 2), "a") == 0)
        return fabs(real_of(trial, &x) - 0.7);
    return 1 + real_of(trial, &y);
}

static void test_a_queued_trial_has_what_was_not_known_when_it_names_it(void **state)
{
    api *at = *state;
    const caviar_setting settings[] = {
        {"rate", REAL(0.125)}, {"layers", WHOLE(3)}, {"kind", TEXT("c")}, {"never", REAL(1)}};
    const caviar_setting beyond[] = {{"layers", WHOLE(40)}, {"rate", REAL(5)}};
    start(at);
    assert_int_equal(caviar_study_enqueue(at->study, settings, 4, NULL), CAVIAR_OK);
    assert_int_equal(caviar_study_enqueue(at->study, beyond, 2, NULL), CAVIAR_OK);
    caviar_study *other = open_growing(at, "random"); // they wait in the store
    caviar_trial *trial = api_ask(other);
    assert_true(real_of(trial, &rate) == 0.125 && real_of(trial, &layers) == 3);
    assert_string_equal(choice_of(trial, "kind", 3), "c");
    api_finish(trial, 1);
    trial = api_ask(other);
    caviar_parameter deep = layers;
    deep.high = 64; // beyond what the first one has named
    assert_true(real_of(trial, &deep) == 40);
    double drawn = real_of(trial, &rate); // its range does not have 5
    assert_true(drawn >= 1e-5 && drawn <= 1);
    api_finish(trial, 1);
    caviar_study_close(other);
}

static void test_every_sampler_searches_a_space_that_grows(void **state)
{
    api *at = *state;
    for (size_t s = 0; s < cav_sampler_count; s++) {
        const char *name = cav_samplers[s]->name;
        if (cav_samplers[s]->is_distinct)
            continue; // the next test is about it
        caviar_study *study = open_growing(at, name);
        int in_branch = 0;
        for (int i = 0; i < 60; i++) {
            caviar_trial *trial = api_ask(study);
            double loss = branchy(trial);
            in_branch += loss < 1;
            api_finish(trial, loss);
        }
        caviar_trial *best = NULL;
        assert_int_equal(caviar_study_best(study, &best), CAVIAR_OK);
        if (caviar_trial_value(best, 0) > 0.1 || in_branch < 15)
            fail_msg("%s: best %g, %d in the branch", name, caviar_trial_value(best, 0), in_branch);
        caviar_trial_free(best);
        caviar_study_close(study);
    }
}

static void test_a_sampler_that_goes_through_a_known_space_is_refused(void **state)
{
    api *at = *state;
    api_open_fails(at, (caviar_study_options){.grows = true, .sampler = "{type: grid, points: 5}"},
                   CAVIAR_INVALID, "sampler grid goes through a space that is known beforehand");
}

static void test_tpe_goes_to_the_branch_that_is_better_and_auto_finds_its_best(void **state)
{
    api *at = *state;
    caviar_study *study = open_growing(at, "tpe");
    int late = 0;
    for (int i = 0; i < 80; i++) {
        caviar_trial *trial = api_ask(study);
        double loss = branchy(trial);
        late += i >= 40 && loss < 1;
        api_finish(trial, loss);
    }
    assert_in_range(late, 28, 40); // at random 20
    caviar_study_close(study);
    study = open_growing(at, "auto");
    for (int i = 0; i < 60; i++) {
        caviar_trial *trial = api_ask(study);
        api_finish(trial, branchy(trial));
    }
    caviar_trial *best = NULL;
    assert_int_equal(caviar_study_best(study, &best), CAVIAR_OK);
    assert_true(caviar_trial_value(best, 0) < 0.005); // at random 0.012 in the middle
    caviar_trial_free(best);
    caviar_study_close(study);
}

// Two branches that are dull, one that is deep: 0 at n = 5, x = 0.3 and, from n = 4 on, d = 0.6.
static double deep(caviar_trial *trial, char *ret_branch)
{
    caviar_parameter x = {.name = "x", .high = 1}, d = {.name = "d", .high = 1};
    caviar_parameter n = {.name = "n", .type = CAVIAR_TYPE_INT, .low = 1, .high = 8};
    *ret_branch = choice_of(trial, "kind", 3)[0];
    if (*ret_branch != 'b') {
        x.name = *ret_branch == 'a' ? "a-x" : "c-x";
        return 1 + 0.5 * real_of(trial, &x);
    }
    double whole = real_of(trial, &n), loss = fabs(whole - 5) / 8 + fabs(real_of(trial, &x) - 0.3);
    return whole < 4 ? loss + 0.4 : loss + fabs(real_of(trial, &d) - 0.6);
}

static void test_models_follow_the_conditions_that_trials_have_shown(void **state)
{
    api *at = *state;
    static const char *const samplers[] = {"gp", "rf", "auto"};
    for (size_t s = 0; s < CAV_COUNT_OF(samplers); s++) {
        caviar_study *study = open_growing(at, samplers[s]);
        int late = 0;
        for (int i = 0; i < 80; i++) {
            char branch;
            caviar_trial *trial = api_ask(study);
            api_finish(trial, deep(trial, &branch));
            late += i >= 40 && branch == 'b';
        }
        caviar_trial *best = NULL;
        assert_int_equal(caviar_study_best(study, &best), CAVIAR_OK);
        print_message("# %s: %d of 40 in the branch, best %g\n", samplers[s], late,
                      caviar_trial_value(best, 0));
        assert_in_range(late, 32, 40); // without conditions about 20
        assert_true(caviar_trial_value(best, 0) < 0.15);
        caviar_trial_free(best);
        caviar_study_close(study);
    }
}

// What is named by lot has no condition; a choice that turns out not to be one is given up.
static void test_what_no_condition_explains_is_searched_all_the_same(void **state)
{
    api *at = *state;
    caviar_study *study = open_growing(at, "gp");
    caviar_parameter x = {.name = "x", .high = 1}, lot = {.name = "lot", .high = 1};
    for (int i = 0; i < 40; i++) {
        caviar_trial *trial = api_ask(study);
        bool is_a = choice_of(trial, "kind", 2)[0] == 'a';
        double loss = fabs(real_of(trial, &x) - 0.3);
        if (i < 20 ? is_a : i % 3 == 0)
            loss += 0.1 * real_of(trial, &lot);
        api_finish(trial, loss);
    }
    caviar_trial *best = NULL;
    assert_int_equal(caviar_study_best(study, &best), CAVIAR_OK);
    assert_true(caviar_trial_value(best, 0) < 0.05);
    caviar_trial_free(best);
    caviar_study_close(study);
}

static void test_a_sampler_that_is_none_is_refused_before_there_is_a_space(void **state)
{
    api *at = *state;
    api_open_fails(at, (caviar_study_options){.grows = true, .sampler = "tbe"}, CAVIAR_INVALID,
                   "did you mean 'tpe'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_STORES(test_a_study_without_a_space_learns_its_parameters_from_its_trials),
        BOTH_STORES(test_a_trial_lacks_what_it_has_not_named),
        BOTH_STORES(test_a_wider_range_is_added_and_a_narrower_one_is_kept_to),
        BOTH_STORES(test_further_choices_are_added_and_fewer_are_kept_to),
        BOTH_STORES(test_what_is_another_parameter_of_the_same_name_is_refused),
        BOTH_STORES(test_of_a_declared_space_only_what_it_has_can_be_named),
        BOTH_STORES(test_trials_at_the_same_time_name_what_the_other_does_not_know),
        BOTH_STORES(test_a_nudge_reaches_a_parameter_that_earlier_trials_have_named),
        IN_FILE(test_another_process_goes_on_in_the_grown_space),
        BOTH_STORES(test_a_trial_that_is_given_back_is_the_same_again),
        IN_FILE(test_a_queued_trial_has_what_was_not_known_when_it_names_it),
        cmocka_unit_test_setup_teardown(test_every_sampler_searches_a_space_that_grows,
                                        api_set_up_memory, api_tear_down),
        cmocka_unit_test_setup_teardown(test_models_follow_the_conditions_that_trials_have_shown,
                                        api_set_up_memory, api_tear_down),
        cmocka_unit_test_setup_teardown(test_what_no_condition_explains_is_searched_all_the_same,
                                        api_set_up_memory, api_tear_down),
        cmocka_unit_test_setup_teardown(
            test_tpe_goes_to_the_branch_that_is_better_and_auto_finds_its_best, api_set_up_memory,
            api_tear_down),
        BOTH_STORES(test_a_sampler_that_goes_through_a_known_space_is_refused),
        BOTH_STORES(test_a_sampler_that_is_none_is_refused_before_there_is_a_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
