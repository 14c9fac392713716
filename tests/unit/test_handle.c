/**
 * test_handle.c: the public side of a trial: parameters by name, what may be done when, and how the
 * link's answers come through.
 */
#include "support/test.h"

#include "support/literal.h"

#include "trial/handle.h"

#include <math.h>
#include <stdio.h>

// A link that answers as it is told to and remembers what it was given.
typedef struct fake_link {
    caviar_code code;
    caviar_verdict verdict;
    int reports, tells, fails, releases;
    int64_t step;
    double value;
    caviar_reason reason;
    char message[40];
} fake_link;

static caviar_code answer(caviar_trial *trial, const fake_link *link)
{
    return link->code ? cav_fail(&trial->error, link->code, "the link says no") : CAVIAR_OK;
}

static caviar_code fake_report(caviar_trial *trial, int64_t step, const caviar_metric *metrics,
                               size_t metric_count, caviar_verdict *ret_verdict)
{
    fake_link *link = trial->context;
    link->reports++;
    link->step = step;
    link->value = metric_count ? metrics[0].value : NAN;
    *ret_verdict = link->verdict;
    trial->changes[trial->change_count++] = 1;
    return answer(trial, link);
}

static caviar_code fake_tell(caviar_trial *trial, const caviar_metric *metrics, size_t metric_count)
{
    fake_link *link = trial->context;
    link->tells++;
    link->value = metric_count ? metrics[0].value : NAN;
    if (!link->code)
        trial->state = CAVIAR_STATE_COMPLETE;
    return answer(trial, link);
}

static caviar_code fake_fail(caviar_trial *trial, caviar_reason reason, const char *message)
{
    fake_link *link = trial->context;
    link->fails++;
    link->reason = reason;
    snprintf(link->message, sizeof link->message, "%s", message);
    if (!link->code)
        trial->state = CAVIAR_STATE_FAILED;
    return answer(trial, link);
}

static void fake_release(caviar_trial *trial)
{
    fake_link *link = trial->context;
    link->releases++;
}

static const cav_trial_link fake = {
    .report = fake_report, .tell = fake_tell, .fail = fake_fail, .release = fake_release};

enum { PARAMETERS = 5 };

static caviar_trial *make(fake_link *link)
{
    static const caviar_value values[PARAMETERS] = {
        REAL(0.01), WHOLE(64), TEXT("relu"), TRUTH(true), {.kind = CAVIAR_KIND_NONE}};
    static const char *const names[PARAMETERS] = {"lr", "units", "act", "fast", "beta"};
    caviar_trial *trial = cav_trial_new(PARAMETERS, 2);
    assert_non_null(trial);
    for (size_t i = 0; i < PARAMETERS; i++)
        assert_true(cav_trial_set(trial, i, names[i], &values[i]));
    trial->number = 7;
    trial->link = link ? &fake : NULL;
    trial->context = link;
    return trial;
}

static void test_parameters_by_name(void **state)
{
    (void)state;
    caviar_trial *trial = make(NULL);
    caviar_value value;
    assert_int_equal(caviar_trial_get(trial, "lr", &value), CAVIAR_OK);
    assert_true(value.kind == CAVIAR_KIND_REAL && value.real == 0.01);
    assert_int_equal(caviar_trial_get(trial, "beta", &value), CAVIAR_OK);
    assert_int_equal(value.kind, CAVIAR_KIND_NONE); // inactive
    value = (caviar_value)WHOLE(3);
    assert_int_equal(caviar_trial_get(trial, "gamma", &value), CAVIAR_NOT_FOUND);
    assert_string_equal(caviar_trial_message(trial), "there is no parameter 'gamma'");
    assert_int_equal(value.integer, 3);
    caviar_trial_free(trial);
}

static void test_all_values_at_once_as_many_as_there_is_room_for(void **state)
{
    (void)state;
    caviar_trial *trial = make(NULL);
    caviar_value values[PARAMETERS] = {0};
    assert_int_equal(caviar_trial_values(trial, NULL, 0), PARAMETERS);
    assert_int_equal(caviar_trial_values(trial, values, 2), PARAMETERS);
    assert_true(values[0].real == 0.01 && values[1].integer == 64);
    assert_int_equal(values[2].kind, CAVIAR_KIND_NONE);
    assert_int_equal(caviar_trial_values(trial, values, PARAMETERS), PARAMETERS);
    assert_string_equal(values[2].text, "relu");
    assert_true(values[3].truth);
    caviar_trial_free(trial);
}

static void test_a_trial_that_prunes_itself_tells_as_one_that_was_stopped(void **state)
{
    (void)state;
    fake_link link = {.code = CAVIAR_BUSY};
    caviar_trial *trial = make(&link);
    assert_int_equal(caviar_trial_prune(trial), CAVIAR_BUSY);
    assert_false(trial->is_stopped); // it may still end in another way
    link.code = CAVIAR_OK;
    assert_int_equal(caviar_trial_prune(trial), CAVIAR_OK);
    assert_true(trial->is_stopped && isnan(link.value));
    assert_int_equal(link.tells, 2);
    caviar_trial_free(trial);
    trial = make(NULL);
    assert_int_equal(caviar_trial_prune(trial), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_PRUNED);
    caviar_trial_free(trial);
}

static void test_parameters_in_one_word(void **state)
{
    (void)state;
    caviar_trial *trial = make(NULL);
    assert_true(caviar_trial_real(trial, "lr") == 0.01);
    assert_true(caviar_trial_real(trial, "units") == 64);
    static const char *const no_reals[] = {"act", "fast", "beta", "gamma"};
    for (size_t i = 0; i < CAV_COUNT_OF(no_reals); i++)
        assert_true(isnan(caviar_trial_real(trial, no_reals[i])));
    assert_int_equal(caviar_trial_int(trial, "units"), 64);
    assert_int_equal(caviar_trial_int(trial, "fast"), 1);
    static const char *const no_ints[] = {"lr", "act", "beta", "gamma"};
    for (size_t i = 0; i < CAV_COUNT_OF(no_ints); i++)
        assert_int_equal(caviar_trial_int(trial, no_ints[i]), 0);
    assert_string_equal(caviar_trial_text(trial, "act"), "relu");
    static const char *const no_texts[] = {"lr", "units", "fast", "beta", "gamma"};
    for (size_t i = 0; i < CAV_COUNT_OF(no_texts); i++)
        assert_null(caviar_trial_text(trial, no_texts[i]));
    caviar_trial_free(trial);
}

static void test_parameters_by_index(void **state)
{
    (void)state;
    caviar_trial *trial = make(NULL);
    assert_string_equal(caviar_trial_name(trial, 0), "lr");
    assert_string_equal(caviar_trial_name(trial, 4), "beta");
    assert_null(caviar_trial_name(trial, 5));
    assert_null(caviar_trial_name(trial, SIZE_MAX));
    caviar_trial_free(trial);
}

static void test_names_and_texts_are_copied(void **state)
{
    (void)state;
    char name[] = "act", text[] = "relu";
    caviar_trial *trial = cav_trial_new(1, 0);
    assert_true(cav_trial_set(trial, 0, name, &(caviar_value)TEXT(text)));
    name[0] = text[0] = 'X';
    assert_string_equal(caviar_trial_text(trial, "act"), "relu");
    caviar_trial_free(trial);
}

static void test_final_values_are_nan_until_there_are_some(void **state)
{
    (void)state;
    caviar_trial *trial = make(NULL);
    assert_true(isnan(caviar_trial_value(trial, 0)));
    trial->finals[1] = 3;
    assert_true(caviar_trial_value(trial, 1) == 3);
    assert_true(isnan(caviar_trial_value(trial, 2)));
    caviar_trial_free(trial);
}

static void test_reports_go_to_the_link_and_verdicts_come_back(void **state)
{
    (void)state;
    fake_link link = {.verdict = CAVIAR_VERDICT_PAUSE};
    caviar_trial *trial = make(&link);
    caviar_verdict verdict = CAVIAR_VERDICT_CONTINUE;
    caviar_metric metric = {.value = 0.5};
    assert_int_equal(caviar_trial_report(trial, 3, &metric, 1, &verdict), CAVIAR_OK);
    assert_int_equal(verdict, CAVIAR_VERDICT_PAUSE);
    assert_true(link.step == 3 && link.value == 0.5 && !trial->is_stopped);
    assert_int_equal(caviar_trial_change_count(trial), 1);
    assert_string_equal(caviar_trial_change_name(trial, 0), "units");
    assert_null(caviar_trial_change_name(trial, 1));
    link.verdict = CAVIAR_VERDICT_STOP;
    assert_int_equal(caviar_trial_report(trial, 4, &metric, 1, &verdict), CAVIAR_OK);
    assert_true(trial->is_stopped);
    assert_int_equal(caviar_trial_change_count(trial), 1); // of the last report alone
    caviar_trial_free(trial);
    assert_int_equal(link.releases, 1);
}

static void test_a_failed_report_leaves_the_verdict_alone(void **state)
{
    (void)state;
    fake_link link = {.code = CAVIAR_STALE, .verdict = CAVIAR_VERDICT_STOP};
    caviar_trial *trial = make(&link);
    caviar_verdict verdict = CAVIAR_VERDICT_RESTORE;
    assert_int_equal(caviar_trial_report(trial, 3, NULL, 0, &verdict), CAVIAR_STALE);
    assert_int_equal(verdict, CAVIAR_VERDICT_RESTORE);
    assert_string_equal(caviar_trial_message(trial), "the link says no");
    assert_false(trial->is_stopped);
    link.code = CAVIAR_OK; // a call that succeeds has no message
    assert_int_equal(caviar_trial_report(trial, 3, NULL, 0, &verdict), CAVIAR_OK);
    assert_string_equal(caviar_trial_message(trial), "");
    caviar_trial_free(trial);
}

static void test_what_has_ended_takes_nothing_more(void **state)
{
    (void)state;
    fake_link link = {0};
    caviar_trial *trial = make(&link);
    caviar_verdict verdict;
    assert_int_equal(caviar_trial_tell_value(trial, 0.25), CAVIAR_OK);
    assert_true(link.tells == 1 && link.value == 0.25);
    assert_int_equal(caviar_trial_tell_value(trial, 0.5), CAVIAR_STATE);
    assert_string_equal(caviar_trial_message(trial),
                        "trial 7 is complete; there is nothing to tell");
    assert_int_equal(caviar_trial_report(trial, 1, NULL, 0, &verdict), CAVIAR_STATE);
    assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_EXIT, "x"), CAVIAR_STATE);
    assert_true(link.tells == 1 && link.reports == 0 && link.fails == 0);
    caviar_trial_free(trial);
}

static void test_a_tell_that_failed_may_be_told_again(void **state)
{
    (void)state;
    fake_link link = {.code = CAVIAR_BUSY};
    caviar_trial *trial = make(&link);
    assert_int_equal(caviar_trial_tell_value(trial, 1), CAVIAR_BUSY);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_RUNNING);
    link.code = CAVIAR_OK;
    assert_int_equal(caviar_trial_tell_value(trial, 1), CAVIAR_OK);
    caviar_trial_free(trial);
}

static void test_a_failure_needs_a_reason_of_the_table(void **state)
{
    (void)state;
    fake_link link = {0};
    caviar_trial *trial = make(&link);
    static const int wrong[] = {CAVIAR_REASON_NONE, CAVIAR_REASON_LOST + 1, -1, 1000};
    for (size_t i = 0; i < CAV_COUNT_OF(wrong); i++)
        assert_int_equal(caviar_trial_fail(trial, (caviar_reason)wrong[i], "x"), CAVIAR_INVALID);
    assert_int_equal(link.fails, 0);
    assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_LOST, NULL), CAVIAR_OK);
    assert_true(link.reason == CAVIAR_REASON_LOST && link.message[0] == '\0');
    caviar_trial_free(trial);
}

static void test_a_trial_without_a_link_goes_its_own_way(void **state)
{
    (void)state;
    caviar_trial *trial = make(NULL), *failing = make(NULL);
    caviar_verdict verdict = CAVIAR_VERDICT_STOP;
    assert_int_equal(caviar_trial_report(trial, 1, NULL, 0, &verdict), CAVIAR_OK);
    assert_int_equal(verdict, CAVIAR_VERDICT_CONTINUE);
    assert_int_equal(caviar_trial_tell(trial, NULL, 0), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_COMPLETE);
    assert_int_equal(caviar_trial_fail(failing, CAVIAR_REASON_TIMEOUT, "x"), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(failing), CAVIAR_STATE_FAILED);
    assert_int_equal(caviar_trial_reason(failing), CAVIAR_REASON_TIMEOUT);
    caviar_trial_free(trial);
    caviar_trial_free(failing);
    caviar_trial_free(NULL);
}

static void test_the_reason_of_a_failed_trial_is_its_message(void **state)
{
    (void)state;
    caviar_trial *trial = make(NULL);
    trial->message = "exit status 3";
    assert_string_equal(caviar_trial_message(trial), "exit status 3");
    caviar_value value;
    assert_int_equal(caviar_trial_get(trial, "gamma", &value), CAVIAR_NOT_FOUND);
    assert_string_equal(caviar_trial_message(trial), "there is no parameter 'gamma'");
    caviar_trial_free(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_by_name),
        cmocka_unit_test(test_all_values_at_once_as_many_as_there_is_room_for),
        cmocka_unit_test(test_a_trial_that_prunes_itself_tells_as_one_that_was_stopped),
        cmocka_unit_test(test_parameters_in_one_word),
        cmocka_unit_test(test_parameters_by_index),
        cmocka_unit_test(test_names_and_texts_are_copied),
        cmocka_unit_test(test_final_values_are_nan_until_there_are_some),
        cmocka_unit_test(test_reports_go_to_the_link_and_verdicts_come_back),
        cmocka_unit_test(test_a_failed_report_leaves_the_verdict_alone),
        cmocka_unit_test(test_what_has_ended_takes_nothing_more),
        cmocka_unit_test(test_a_tell_that_failed_may_be_told_again),
        cmocka_unit_test(test_a_failure_needs_a_reason_of_the_table),
        cmocka_unit_test(test_a_trial_without_a_link_goes_its_own_way),
        cmocka_unit_test(test_the_reason_of_a_failed_trial_is_its_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
