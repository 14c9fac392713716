/**
 * test_auto.c: who proposes a trial under `auto`, what is said of it, and that it is kept.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include "study/study.h"

#include <math.h>

static test_driver *make_with(cav_space *space, int64_t budget, const char *floor, size_t metrics)
{
    const cav_option_value options[] = {{"effort", "0", ""}, {"floor", floor, ""}};
    cav_error error = {0};
    driver_options how = {.space = space,
                          .sampler = "auto",
                          .options = options,
                          .option_count = CAV_COUNT_OF(options),
                          .seed = test_seed(831),
                          .metric_count = metrics,
                          .budget = budget};
    test_driver *driver = driver_new(&how, &error);
    assert_non_null(driver);
    return driver;
}

static test_driver *make(cav_space *space, int64_t budget, const char *floor)
{
    return make_with(space, budget, floor, 1);
}

static cav_space *make_space(void)
{
    const caviar_parameter parameters[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < CAV_COUNT_OF(parameters); i++)
        assert_int_equal(caviar_space_add(space, &parameters[i]), CAVIAR_OK);
    return space;
}

typedef struct counts {
    size_t gp, cmaes, rf, tpe;
} counts;

static counts count(test_driver *driver, int trials)
{
    counts at = {0};
    for (int i = 0; i < trials; i++) {
        assert_true(driver_run(driver, 1));
        const char *words = driver->sampler.type->explain(driver->sampler.state);
        assert_true(strlen(words) < CAV_ORIGIN_SIZE);
        at.gp += strncmp(words, "auto, gp: ", 10) == 0;
        at.cmaes += strncmp(words, "auto, cmaes: ", 13) == 0;
        at.rf += strncmp(words, "auto, rf: ", 10) == 0;
        at.tpe += strncmp(words, "auto, tpe: ", 11) == 0;
    }
    assert_int_equal(at.gp + at.cmaes + at.rf + at.tpe, trials);
    return at;
}

static void test_the_model_begins_and_then_all_are_heard(void **state)
{
    (void)state;
    cav_space *space = make_space();
    test_driver *driver = make(space, 200, "0.1");
    counts first = count(driver, 14), then = count(driver, 120);
    assert_int_equal(first.gp, 14);
    assert_true(then.cmaes >= 4 && then.rf >= 4 && then.tpe >= 4);
    assert_true(then.gp > then.cmaes && then.gp > then.rf && then.gp > then.tpe);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_of_several_metrics_those_speak_that_follow_all(void **state)
{
    (void)state;
    cav_space *space = make_space();
    test_driver *driver = make_with(space, 200, "0.1", 2);
    counts at = count(driver, 80);
    assert_true(at.cmaes == 0 && at.rf == 0 && at.tpe >= 3 && at.gp > at.tpe);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_shares_are_told(void **state)
{
    (void)state;
    cav_space *space = make_space();
    test_driver *driver = make(space, 200, "0.25");
    count(driver, 40);
    assert_contains(driver->sampler.type->explain(driver->sampler.state), ": share ");
    driver_free(driver);
    caviar_space_free(space);
}

static void test_a_small_space_is_the_grids(void **state)
{
    (void)state;
    cav_space *space = caviar_space_new();
    const caviar_parameter whole = {.name = "n", .type = INT, .high = 5};
    assert_int_equal(caviar_space_add(space, &whole), CAVIAR_OK);
    test_driver *driver = make(space, 10, "0.03");
    assert_true(driver_run(driver, 6));
    assert_string_equal(driver->sampler.type->explain(driver->sampler.state),
                        "auto, grid: the budget covers every point");
    driver_free(driver);
    caviar_space_free(space);
}

static caviar_code note_origin(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    cav_text *all = context;
    cav_text_appendf(all, "%s\n", record->origin);
    return CAVIAR_OK;
}

static void test_a_study_keeps_who_and_why(void **state)
{
    (void)state;
    caviar_space *space = make_space();
    caviar_study *study;
    caviar_study_options options = {.space = space, .seed = 1};
    assert_int_equal(caviar_study_open(&options, &study), CAVIAR_OK);
    for (int i = 0; i < 6; i++) {
        caviar_trial *trial;
        assert_int_equal(caviar_study_ask(study, &trial), CAVIAR_OK);
        assert_int_equal(caviar_trial_tell_value(trial, caviar_trial_real(trial, "x")), CAVIAR_OK);
        caviar_trial_free(trial);
    }
    cav_text all = {0};
    cav_error error = {0};
    int64_t cursor = 0;
    assert_ok(study->store->type->trial_read(study->store, &study->scope, &cursor, note_origin,
                                             &all, &error),
              &error);
    assert_contains(cav_text_get(&all), "auto, gp: an even spread to begin with\n");
    assert_contains(cav_text_get(&all), "auto, gp: expects most here; explains ");
    assert_true(cav_history_is_by(study->history, 0, "auto, gp"));
    assert_false(cav_history_is_by(study->history, 0, "auto"));
    cav_text_free(&all);
    caviar_study_close(study);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_model_begins_and_then_all_are_heard),
        cmocka_unit_test(test_of_several_metrics_those_speak_that_follow_all),
        cmocka_unit_test(test_shares_are_told),
        cmocka_unit_test(test_a_small_space_is_the_grids),
        cmocka_unit_test(test_a_study_keeps_who_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
