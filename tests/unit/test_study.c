/**
 * test_study.c: opening studies through caviar.h: anew, again, with something else, in vain.
 */
#include "support/test.h"

#include "support/api.h"
#include "support/literal.h"
#include "support/tuner.h"

#include <math.h>
#include <stdio.h>

static void test_a_study_is_asked_and_told_until_its_budget_is_spent(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){.trial_budget = 10});
    for (int64_t i = 0; i < 10; i++) {
        caviar_trial *trial = api_ask(at->study);
        assert_int_equal(caviar_trial_number(trial), i);
        assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_RUNNING);
        assert_int_equal(caviar_trial_reason(trial), CAVIAR_REASON_NONE);
        assert_true(isnan(caviar_trial_value(trial, 0)));
        assert_string_equal(caviar_trial_message(trial), "");
        double lr = caviar_trial_real(trial, "lr");
        assert_true(lr >= 1e-5 && lr <= 1);
        assert_in_range(caviar_trial_int(trial, "units"), 1, 64);
        api_finish(trial, fabs(log(lr)));
    }
    api_ask_fails(at->study, CAVIAR_DONE, "all trials of the budget");
    assert_int_equal(caviar_study_trial_count(at->study), 10);
}

static void test_an_inactive_parameter_has_no_value(void **state)
{
    api *at = *state;
    int with = 0, without = 0;
    api_start(at, (caviar_study_options){0});
    for (int i = 0; i < 40; i++) {
        caviar_value value;
        caviar_trial *trial = api_ask(at->study);
        bool active = strcmp(caviar_trial_text(trial, "act"), "tanh") == 0;
        assert_int_equal(caviar_trial_get(trial, "beta", &value), CAVIAR_OK);
        assert_int_equal(value.kind, active ? CAVIAR_KIND_REAL : CAVIAR_KIND_NONE);
        assert_int_equal(isnan(caviar_trial_real(trial, "beta")), !active);
        with += active;
        without += !active;
        api_finish(trial, 0);
    }
    assert_true(with > 0 && without > 0);
}

static void test_readers_of_parameters_answer_nothing_for_what_is_not_such(void **state)
{
    api *at = *state;
    caviar_value value = WHOLE(42);
    api_start(at, (caviar_study_options){0});
    caviar_trial *trial = api_ask(at->study);
    assert_true(isnan(caviar_trial_real(trial, "act")));
    assert_true(isnan(caviar_trial_real(trial, "nothing")));
    assert_int_equal(caviar_trial_int(trial, "lr"), 0);
    assert_null(caviar_trial_text(trial, "lr"));
    assert_null(caviar_trial_text(trial, "nothing"));
    assert_true(caviar_trial_real(trial, "units") == (double)caviar_trial_int(trial, "units"));
    assert_int_equal(caviar_trial_get(trial, "unit", &value), CAVIAR_NOT_FOUND);
    assert_contains(caviar_trial_message(trial), "there is no parameter 'unit'");
    assert_int_equal(value.integer, 42);
    assert_string_equal(caviar_trial_name(trial, 0), "lr");
    assert_string_equal(caviar_trial_name(trial, 3), "beta");
    assert_null(caviar_trial_name(trial, 4));
    assert_int_equal(caviar_trial_change_count(trial), 0);
    assert_null(caviar_trial_change_name(trial, 0));
    assert_int_equal(caviar_trial_first_step(trial), 0);
    assert_true(caviar_trial_last_step(trial) == INT64_MAX);
    assert_true(caviar_trial_seed(trial) <= INT32_MAX);
    caviar_trial_free(trial);
}

static void test_the_best_is_the_first_of_equals_in_the_direction_of_the_metric(void **state)
{
    static const double values[] = {3, 1, 2, 1, 3};
    for (int maximize = 0; maximize <= 1; maximize++) {
        api *at = *state;
        caviar_trial *best = NULL;
        caviar_objective objective = {"score", maximize};
        api_start(at, (caviar_study_options){.name = maximize ? "up" : "down",
                                             .objectives = &objective,
                                             .objective_count = 1});
        assert_int_equal(caviar_study_best(at->study, &best), CAVIAR_NOT_FOUND);
        assert_contains(caviar_study_message(at->study), "no trial is complete yet");
        assert_null(best);
        for (size_t i = 0; i < 5; i++)
            api_finish(api_ask(at->study), values[i]);
        assert_int_equal(caviar_study_best(at->study, &best), CAVIAR_OK);
        assert_int_equal(caviar_trial_number(best), maximize ? 0 : 1);
        assert_true(caviar_trial_value(best, 0) == (maximize ? 3 : 1));
        assert_int_equal(caviar_trial_state(best), CAVIAR_STATE_COMPLETE);
        caviar_trial_free(best);
    }
}

static void test_the_front_of_two_objectives_is_what_nothing_beats(void **state)
{
    api *at = *state;
    static const caviar_objective objectives[] = {{"error", false}, {"speed", true}};
    static const double values[][2] = {{2, 5}, {1, 3}, {2, 4}, {3, 9}, {1, 3}};
    api_start(at, (caviar_study_options){.objectives = objectives, .objective_count = 2});
    int64_t numbers[4] = {0};
    size_t count = 7;
    assert_int_equal(caviar_study_front(at->study, numbers, 4, &count), CAVIAR_OK);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < CAV_COUNT_OF(values); i++) {
        const caviar_metric metrics[] = {{"error", values[i][0]}, {"speed", values[i][1]}};
        caviar_trial *trial = api_ask(at->study);
        assert_int_equal(caviar_trial_tell(trial, metrics, 2), CAVIAR_OK);
        caviar_trial_free(trial);
    }
    assert_int_equal(caviar_study_front(at->study, numbers, 2, &count), CAVIAR_OK);
    assert_int_equal(count, 4);
    assert_true(numbers[0] == 0 && numbers[1] == 1 && numbers[2] == 0);
    assert_int_equal(caviar_study_front(at->study, numbers, 4, &count), CAVIAR_OK);
    assert_true(numbers[2] == 3 && numbers[3] == 4);
}

static void test_a_trial_can_be_looked_at_by_number(void **state)
{
    api *at = *state;
    caviar_trial *trial = NULL;
    api_start(at, (caviar_study_options){0});
    api_run_one(at->study);
    assert_int_equal(caviar_study_trial(at->study, 1, &trial), CAVIAR_NOT_FOUND);
    assert_contains(caviar_study_message(at->study), "has no trial 1 (it has 1)");
    assert_int_equal(caviar_study_trial(at->study, -1, &trial), CAVIAR_NOT_FOUND);
    assert_null(trial);
    trial = api_look(at->study, 0);
    assert_true(caviar_trial_value(trial, 0) == 1);
    assert_true(isnan(caviar_trial_value(trial, 1))); // no such metric
    caviar_trial_free(trial);
}

static void test_without_a_seed_two_studies_differ_and_each_keeps_its_own(void **state)
{
    api *at = *state;
    char lines[3][256];
    for (int i = 0; i < 3; i++) { // the third time the second is opened again
        caviar_study *study;
        caviar_study_options options = {
            .store = at->store, .name = i ? "b" : "a", .space = at->space};
        assert_int_equal(caviar_study_open(&options, &study), CAVIAR_OK);
        caviar_trial *trial = i < 2 ? api_ask(study) : api_look(study, 0);
        api_describe(trial, lines[i], sizeof lines[i]);
        if (i < 2)
            api_finish(trial, 1);
        else
            caviar_trial_free(trial);
        caviar_study_close(study);
    }
    assert_string_not_equal(lines[0], lines[1]);
    assert_string_equal(lines[1], lines[2]);
}

static void test_a_finished_study_is_extended_by_a_larger_budget(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){.trial_budget = 3});
    for (int i = 0; i < 3; i++)
        api_run_one(at->study);
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
    api_start(at, (caviar_study_options){.trial_budget = 5});
    assert_int_equal(api_run_one(at->study), 3);
    assert_int_equal(api_run_one(at->study), 4);
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
    api_start(at, (caviar_study_options){.trial_budget = 2}); // a smaller one takes nothing away
    assert_int_equal(at->study->spec->budget.trials, 5);
    api_start(at, (caviar_study_options){0});
    assert_int_equal(at->study->spec->budget.trials, 5);
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
}

// What `caviar run` put there must survive a program that only asks and tells.
static void test_a_study_that_exists_keeps_its_definition(void **state)
{
    api *at = *state;
    static const char definition[] = "{study: study, seed: 1, command: train, retry: 2, sampler: "
                                     "sobol, space: {x: {type: int, low: 1, high: 9}}}";
    cav_study_close(tuner_open(definition, at->file, NULL));
    caviar_space *space = api_small_space(9);
    caviar_study_close(api_open(at, (caviar_study_options){.space = space, .trial_budget = 7}));
    cav_study *study = tuner_open(NULL, at->file, NULL);
    assert_int_equal(study->spec->command_count, 1);
    assert_int_equal(study->spec->retry, 2);
    assert_string_equal(study->spec->sampler.name, "sobol");
    assert_int_equal(study->spec->budget.trials, 0); // there was no limit, and it stays so
    cav_study_close(study);
    caviar_space_free(space);
}

static void test_a_budget_given_where_the_study_has_none_holds_for_that_handle(void **state)
{
    api *at = *state;
    caviar_study_close(api_open(at, (caviar_study_options){0}));
    api_start(at, (caviar_study_options){.trial_budget = 1});
    api_run_one(at->study);
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
    api_start(at, (caviar_study_options){0});
    api_run_one(at->study);
}

static void test_a_study_is_opened_without_a_space_when_it_is_there(void **state)
{
    api *at = *state;
    caviar_study *study;
    caviar_study_options options = {.store = at->store};
    assert_int_equal(caviar_study_open(&options, &study), CAVIAR_NOT_FOUND);
    assert_contains(caviar_study_message(study), at->store);
    caviar_study_close(study);
    caviar_study_close(api_open(at, (caviar_study_options){.name = "one"}));
    assert_int_equal(caviar_study_open(&options, &study), CAVIAR_OK);
    api_run_one(study);
    caviar_study_close(study);
    caviar_study_close(api_open(at, (caviar_study_options){.name = "two"}));
    assert_int_equal(caviar_study_open(&options, &study), CAVIAR_INVALID);
    assert_contains(caviar_study_message(study), "has several studies (one, two)");
    caviar_study_close(study);
    options.name = "three";
    assert_int_equal(caviar_study_open(&options, &study), CAVIAR_NOT_FOUND);
    assert_contains(caviar_study_message(study), "there is no study 'three'");
    caviar_study_close(study);
}

static void test_another_space_metric_or_seed_is_refused_by_name(void **state)
{
    api *at = *state;
    caviar_objective up = {"value", true}, other = {"other", false};
    caviar_space *wider = api_small_space(4), *narrow = api_small_space(3);
    caviar_space *more = api_small_space(3), *bound = api_small_space(3);
    api_add(more, &(caviar_parameter){.name = "y", .high = 1});
    assert_int_equal(caviar_space_constrain(bound, "x < 3"), CAVIAR_OK);
    api_start(at, (caviar_study_options){.space = narrow, .seed = 5});
    api_open_fails(at, (caviar_study_options){.space = wider, .seed = 5}, CAVIAR_EXISTS,
                   "study 'study' is in the store already, with another parameter 'x'");
    api_open_fails(at, (caviar_study_options){.space = more, .seed = 5}, CAVIAR_EXISTS,
                   "another parameter 'y'");
    api_open_fails(at, (caviar_study_options){.space = bound, .seed = 5}, CAVIAR_EXISTS,
                   "another space or metric");
    api_open_fails(
        at,
        (caviar_study_options){.space = narrow, .seed = 5, .objectives = &up, .objective_count = 1},
        CAVIAR_EXISTS, "another space or metric");
    api_open_fails(at,
                   (caviar_study_options){
                       .space = narrow, .seed = 5, .objectives = &other, .objective_count = 1},
                   CAVIAR_EXISTS, "give the new one another name");
    api_open_fails(at, (caviar_study_options){.space = narrow, .seed = 6}, CAVIAR_EXISTS,
                   "with the seed 5, not 6");
    caviar_space *spaces[] = {wider, narrow, more, bound};
    for (size_t i = 0; i < 4; i++)
        caviar_space_free(spaces[i]);
}

// The study had y, and the new space has it no more.
static void test_a_parameter_that_is_missing_is_named_too(void **state)
{
    api *at = *state;
    caviar_space *more = api_small_space(3), *less = api_small_space(3);
    api_add(more, &(caviar_parameter){.name = "y", .high = 1});
    api_start(at, (caviar_study_options){.space = more});
    api_open_fails(at, (caviar_study_options){.space = less}, CAVIAR_EXISTS,
                   "another parameter 'y'");
    caviar_space_free(more);
    caviar_space_free(less);
}

static void test_earlier_studies_and_replicates_are_options(void **state)
{
    api *at = *state;
    const char *const from[] = {"old"};
    caviar_study_options options = {
        .name = "new", .sampler = "gp", .from = from, .from_count = 1, .replicates = 3};
    api_open_fails(at, options, CAVIAR_INVALID, "'old'");
    caviar_study *old = api_open(at, (caviar_study_options){.name = "old"});
    for (int i = 0; i < 5; i++)
        api_run_one(old);
    caviar_study_close(old);
    api_start(at, options);
    assert_int_equal(at->study->spec->replicates, 3);
    assert_int_equal(at->study->earlier.count, 1);
    options.replicates = -1;
    api_open_fails(at, options, CAVIAR_INVALID, "replicates");
}

static void test_options_that_make_no_sense_are_refused(void **state)
{
    api *at = *state;
    caviar_space *empty = caviar_space_new();
    caviar_objective nameless = {NULL, false}, odd = {"a b", false};
    caviar_objective twice[] = {{"a", false}, {"a", true}};
    api_open_fails(at, (caviar_study_options){.trial_budget = -1}, CAVIAR_INVALID, "trial_budget");
    api_open_fails(at, (caviar_study_options){.retry = -1}, CAVIAR_INVALID, "retry");
    api_open_fails(at, (caviar_study_options){.lease_ms = -1}, CAVIAR_INVALID, "lease_ms");
    api_open_fails(at, (caviar_study_options){.space = empty}, CAVIAR_INVALID, "space");
    api_open_fails(at, (caviar_study_options){.sampler = "sobel"}, CAVIAR_INVALID,
                   "did you mean 'sobol'?");
    api_open_fails(at, (caviar_study_options){.sampler = "{type: zoom, outsid: 1}"}, CAVIAR_INVALID,
                   "outside");
    api_open_fails(at, (caviar_study_options){.sampler = "{type"}, CAVIAR_INVALID, "sampler");
    api_open_fails(at, (caviar_study_options){.objectives = &nameless, .objective_count = 1},
                   CAVIAR_INVALID, "name");
    api_open_fails(at, (caviar_study_options){.objectives = &odd, .objective_count = 1},
                   CAVIAR_INVALID, "'a b' is no name");
    api_open_fails(at, (caviar_study_options){.objectives = twice, .objective_count = 2},
                   CAVIAR_INVALID, "'a' stands twice");
    api_open_fails(at, (caviar_study_options){.definition = "space: {"}, CAVIAR_INVALID, "1:");
    api_open_fails(at, (caviar_study_options){.store = "mysql://host/db"}, CAVIAR_INVALID,
                   "no store can be opened at 'mysql:...'");
    caviar_space_free(empty);
}

// A study's name becomes that of a folder.
static void test_a_name_that_is_no_name_is_refused_however_it_comes(void **state)
{
    api *at = *state;
    static const char definition[] = "space: {x: {type: int, low: 1, high: 3}}";
    static const char *const names[] = {"../x", "a/b", ".", "", " ", "-a", "1", "a b", "a\n"};
    for (size_t i = 0; i < CAV_COUNT_OF(names); i++) {
        api_open_fails(at, (caviar_study_options){.name = names[i]}, CAVIAR_INVALID, "is no name");
        api_open_fails(at, (caviar_study_options){.name = names[i], .definition = definition},
                       CAVIAR_INVALID, "is no name");
    }
}

static void test_a_definition_is_a_study_file(void **state)
{
    api *at = *state;
    static const char definition[] = "study: mine\n"
                                     "metric: {name: acc, direction: maximize}\n"
                                     "steps: 7\n"
                                     "space:\n"
                                     "  x: {type: int, low: 1, high: 3}\n";
    api_start(at, (caviar_study_options){.definition = definition});
    caviar_trial *trial = api_ask(at->study);
    assert_true(caviar_trial_last_step(trial) == 7);
    assert_in_range(caviar_trial_int(trial, "x"), 1, 3);
    api_finish(trial, 1);
    api_open_fails(at, (caviar_study_options){.definition = "space: {x: {type: flaot}}"},
                   CAVIAR_INVALID, "did you mean 'float'?");
}

// The handle of an opening that failed can be called, and keeps its message.
static void test_a_study_gives_its_definition_from_which_it_can_be_opened_again(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){.scheduler = "{type: asha, eta: 4}",
                                         .sampler = "sobol",
                                         .step_min = 2,
                                         .step_max = 32,
                                         .parallel = 3});
    const char *definition = caviar_study_definition(at->study);
    assert_contains(definition, "\"scheduler\":{\"type\":\"asha\",\"eta\":\"4\"}");
    assert_contains(definition, "\"steps\":{\"min\":2,\"max\":32}");
    assert_contains(definition, "\"parallel\":3");
    caviar_study *study = NULL;
    caviar_study_options options = {.definition = definition};
    assert_int_equal(caviar_study_open(&options, &study), CAVIAR_OK);
    assert_string_equal(caviar_study_definition(study), definition);
    caviar_study_close(study);
}

static void test_a_handle_that_did_not_open_answers_every_call(void **state)
{
    api *at = *state;
    caviar_study *study;
    caviar_trial *trial = NULL;
    int64_t number = 42;
    size_t front_count;
    caviar_study_options options = {.store = "/no/such/folder/caviar.db", .space = at->space};
    assert_int_equal(caviar_study_open(&options, &study), CAVIAR_IO);
    assert_contains(caviar_study_message(study), "/no/such/folder/caviar.db");
    assert_int_equal(caviar_study_ask(study, &trial), CAVIAR_STATE);
    assert_int_equal(caviar_study_best(study, &trial), CAVIAR_STATE);
    assert_int_equal(caviar_study_front(study, NULL, 0, &front_count), CAVIAR_STATE);
    assert_int_equal(caviar_study_trial(study, 0, &trial), CAVIAR_STATE);
    assert_int_equal(caviar_study_enqueue(study, NULL, 0, &number), CAVIAR_STATE);
    assert_int_equal(caviar_study_add(study, NULL, 0, NULL, 0, &number), CAVIAR_STATE);
    assert_null(caviar_study_definition(study));
    assert_int_equal(caviar_study_trial_count(study), 0);
    assert_null(trial);
    assert_int_equal(number, 42);
    assert_contains(caviar_study_message(study), "/no/such/folder/caviar.db");
    caviar_study_close(study);
    caviar_study_close(NULL);
    caviar_trial_free(NULL);
}

static void test_a_store_that_is_none_is_left_as_it_is(void **state)
{
    api *at = *state;
    static const char text[] = "this is a thesis, not a database, and it is long enough for one";
    FILE *file = fopen(at->file, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    api_open_fails(at, (caviar_study_options){0}, CAVIAR_INVALID, "it is no store");
    cav_error error;
    cav_text found = {0};
    assert_ok(cav_file_read(at->file, 1000, &found, &error), &error);
    assert_string_equal(cav_text_get(&found), text);
    cav_text_free(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_STORES(test_a_study_is_asked_and_told_until_its_budget_is_spent),
        BOTH_STORES(test_an_inactive_parameter_has_no_value),
        BOTH_STORES(test_readers_of_parameters_answer_nothing_for_what_is_not_such),
        BOTH_STORES(test_the_best_is_the_first_of_equals_in_the_direction_of_the_metric),
        BOTH_STORES(test_the_front_of_two_objectives_is_what_nothing_beats),
        BOTH_STORES(test_a_trial_can_be_looked_at_by_number),
        IN_FILE(test_without_a_seed_two_studies_differ_and_each_keeps_its_own),
        IN_FILE(test_a_finished_study_is_extended_by_a_larger_budget),
        IN_FILE(test_a_study_that_exists_keeps_its_definition),
        IN_FILE(test_a_budget_given_where_the_study_has_none_holds_for_that_handle),
        IN_FILE(test_a_study_is_opened_without_a_space_when_it_is_there),
        IN_FILE(test_another_space_metric_or_seed_is_refused_by_name),
        IN_FILE(test_a_parameter_that_is_missing_is_named_too),
        IN_FILE(test_earlier_studies_and_replicates_are_options),
        BOTH_STORES(test_options_that_make_no_sense_are_refused),
        BOTH_STORES(test_a_name_that_is_no_name_is_refused_however_it_comes),
        BOTH_STORES(test_a_definition_is_a_study_file),
        BOTH_STORES(test_a_study_gives_its_definition_from_which_it_can_be_opened_again),
        BOTH_STORES(test_a_handle_that_did_not_open_answers_every_call),
        IN_FILE(test_a_store_that_is_none_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
