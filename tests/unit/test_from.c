/**
 * test_from.c: studies that learn from earlier ones of their store.
 */
#include "support/test.h"

#include "support/scratch.h"
#include "support/tuner.h"

#include "study/earlier.h"

#include <math.h>
#include <stdlib.h>

#define SPACE "space: {x: {type: float, low: 0, high: 1}, y: {type: float, low: 0, high: 1}}\n"
#define OLD "study: old\nseed: 5\nsampler: random\n" SPACE
#define NEW "study: new\nseed: 6\n" SPACE

static double loss_of(caviar_trial *trial)
{
    double x = caviar_trial_real(trial, "x"), y = caviar_trial_real(trial, "y");
    return pow(x - 0.3, 2) + pow(y - 0.6, 2);
}

static void run(cav_study *study, int trials)
{
    for (int i = 0; i < trials; i++) {
        caviar_trial *trial = tuner_ask(study);
        assert_int_equal(caviar_trial_tell_value(trial, loss_of(trial)), CAVIAR_OK);
        caviar_trial_free(trial);
    }
}

// A store with a study of so many trials.
static void make_old(const char *path, int trials)
{
    cav_study *old = tuner_open(OLD, path, NULL);
    run(old, trials);
    cav_study_close(old);
}

static void refuse(const char *definition, const char *path, const char *piece)
{
    cav_error error = {0};
    cav_study *study;
    cav_study_options options = {.location = path, .spec = tuner_spec(definition)};
    assert_int_equal(cav_study_open(&options, &study, &error), CAVIAR_INVALID);
    assert_contains(error.message, piece);
}

static void test_what_cannot_be_learnt_from_is_refused_with_the_reason(void **state)
{
    (void)state;
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    make_old(path, 4);
    refuse(NEW "from: old", path, "from: old: 4 complete trials there could be trials here");
    make_old(path, 4);
    refuse(NEW "from: none", path, "from: there is no study 'none' in");
    refuse(NEW "from: new", path, "from: new: that is this study itself");
    refuse("study: new\ngrows: true\nfrom: old", path, "from: the trials of this study name");
    refuse(NEW "from: old\nsampler: tpe", path, "from: sampler: tpe does not learn from");
    refuse(NEW "from: old\nmetrics: [a, b]", path, "a study of several metrics");
    refuse(NEW "from: old\nmetric: {name: value, direction: maximize}", path,
           "there value is to be minimized, here the other way round");
    refuse("study: new\nfrom: old\nspace: {z: {type: float, low: 0, high: 1}}", path,
           "it varies no parameter of the same name");
    refuse(NEW "from: old", NULL, "kept in memory has no earlier ones");
    scratch_remove(&folder);
}

static void test_how_many_trials_count_is_settled_when_the_study_is_made(void **state)
{
    (void)state;
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    make_old(path, 20);
    cav_study *new = tuner_open(NEW "from: old", path, NULL);
    assert_int_equal(new->spec->from_count, 1);
    assert_int_equal(new->spec->from[0].trials, 20);
    cav_study_close(new);
    make_old(path, 10); // it goes on
    new = tuner_open(NEW "from: [old]", path, NULL);
    assert_int_equal(new->spec->from[0].trials, 20);
    assert_int_equal(new->earlier.items[0].count, 20);
    cav_study_close(new);
    new = tuner_open(NEW "from: {study: old, trials: 25}", path, NULL);
    assert_int_equal(new->earlier.items[0].count, 25);
    cav_study_close(new);
    scratch_remove(&folder);
}

static void test_workers_that_come_before_and_after_it_went_on_suggest_the_same(void **state)
{
    (void)state;
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    double seen[2][12];
    for (int late = 0; late < 2; late++) {
        make_old(path, late ? 10 : 20);
        cav_study *new =
            tuner_open(late ? "study: again\nseed: 6\nfrom: {study: old, trials: 20}\n" SPACE
                            : NEW "from: old",
                       path, NULL);
        for (int i = 0; i < 12; i++) {
            caviar_trial *trial = tuner_ask(new);
            seen[late][i] = caviar_trial_real(trial, "x");
            assert_int_equal(caviar_trial_tell_value(trial, loss_of(trial)), CAVIAR_OK);
            caviar_trial_free(trial);
        }
        cav_study_close(new);
    }
    assert_memory_equal(seen[0], seen[1], sizeof seen[0]);
    scratch_remove(&folder);
}

static void test_the_reports_say_what_it_was_worth(void **state)
{
    (void)state;
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    make_old(path, 30);
    cav_study *new = tuner_open(NEW "from: old", path, NULL);
    run(new, 12);
    cav_study_close(new);
    cav_error error = {0};
    cav_study *seen;
    cav_study_options look = {.location = path, .name = "new", .read_only = true};
    assert_ok(cav_study_open(&look, &seen, &error), &error);
    cav_earlier_report *reports;
    assert_ok(cav_earlier_reports(seen, &reports, &error), &error);
    assert_string_equal(reports[0].name, "old");
    assert_int_equal(reports[0].trial_count, 30);
    assert_int_equal(reports[0].shared_count, 2);
    assert_int_equal(reports[0].now.trial_count, 12);
    assert_true(reports[0].now.agreement.value > 0.5);
    assert_true(reports[0].now.taken >= 2);
    free(reports);
    cav_study_close(seen);
    scratch_remove(&folder);
}

static void test_without_the_earlier_study_the_new_one_goes_on(void **state)
{
    (void)state;
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    make_old(path, 20);
    cav_study *new = tuner_open(NEW "from: old", path, NULL);
    run(new, 3);
    cav_study_close(new);
    cav_error error = {0};
    cav_study *old = tuner_open(OLD, path, NULL);
    assert_ok(old->store->type->study_remove(old->store, old->id, &error), &error);
    cav_study_close(old);
    new = tuner_open(NEW "from: old", path, NULL);
    run(new, 3);
    assert_int_equal(new->history->count, 6);
    cav_study_close(new);
    scratch_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_learnt_from_is_refused_with_the_reason),
        cmocka_unit_test(test_how_many_trials_count_is_settled_when_the_study_is_made),
        cmocka_unit_test(test_workers_that_come_before_and_after_it_went_on_suggest_the_same),
        cmocka_unit_test(test_the_reports_say_what_it_was_worth),
        cmocka_unit_test(test_without_the_earlier_study_the_new_one_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
