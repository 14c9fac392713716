/**
 * test_protocol.c: what each message does to its trial, and how it is answered.
 */
#include "support/test.h"

#include "support/tuner.h"

#include "base/memory.h"
#include "run/protocol.h"

#include <math.h>
#include <stdio.h>

static const char *const names[] = {"loss", "acc"};

typedef struct fixture {
    cav_study *study;
    caviar_trial *trial;
} fixture;

static int set_up(void **state)
{
    fixture *at = calloc(1, sizeof *at);
    assert_non_null(at);
    at->study = tuner_open(
        "{study: two, seed: 1, scheduler: none, steps: {min: 2, max: 9}, metrics: [loss, {name: "
        "acc, direction: maximize}], space: {lr: {type: float, low: 0, high: "
        "1}, act: {type: categorical, choices: [relu, tanh]}, beta: {type: "
        "float, low: 0, high: 1, when: {act: tanh}}}}",
        NULL, NULL);
    at->trial = tuner_ask(at->study);
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    fixture *at = *state;
    caviar_trial_free(at->trial);
    cav_study_close(at->study);
    free(at);
    return 0;
}

static json_t *parse(const char *text)
{
    cav_error error;
    json_t *json = NULL;
    assert_ok(cav_json_parse(text, strlen(text), &json, &error), &error);
    return json;
}

typedef enum kind { REPORT, TELL } kind;

// Sends a message; the answer is for `free`.
static char *send(fixture *at, kind what, const char *text)
{
    json_t *message = parse(text);
    cav_text answer = {0};
    if (what == REPORT)
        cav_protocol_report(at->trial, names, 2, message, &answer, NULL);
    else
        cav_protocol_tell(at->trial, names, 2, message, &answer);
    json_decref(message);
    json_decref(parse(cav_text_get(&answer)));
    char *line = cav_text_take(&answer);
    assert_null(strchr(line, '\n'));
    return line;
}

static void expect(fixture *at, kind what, const char *text, const char *answer)
{
    char *line = send(at, what, text);
    if (strcmp(line, answer) != 0)
        fail_msg("%s is answered %s, not %s", text, line, answer);
    free(line);
}

static void expect_error(fixture *at, kind what, const char *text, const char *piece)
{
    char *line = send(at, what, text);
    json_t *answer = parse(line);
    const char *error = json_string_value(json_object_get(answer, "error"));
    const char *code = json_string_value(json_object_get(answer, "code"));
    if (!error || !code || !code[0] || !strstr(error, piece))
        fail_msg("%s is answered %s, without '%s'", text, line, piece);
    json_decref(answer);
    free(line);
}

static void test_the_welcome_says_all_about_the_trial(void **state)
{
    fixture *at = *state;
    cav_text text = {0};
    cav_protocol_write_welcome(at->trial, &(cav_welcome){"two", "loss", "/x \"y\""}, &text);
    json_t *answer = parse(cav_text_get(&text));
    assert_int_equal(json_integer_value(json_object_get(answer, "version")), 1);
    assert_string_equal(json_string_value(json_object_get(answer, "study")), "two");
    assert_string_equal(json_string_value(json_object_get(answer, "metric")), "loss");
    assert_string_equal(json_string_value(json_object_get(answer, "dir")), "/x \"y\"");
    assert_int_equal(json_integer_value(json_object_get(answer, "trial")), 0);
    assert_int_equal(json_integer_value(json_object_get(answer, "attempt")), 1);
    assert_int_equal(json_integer_value(json_object_get(answer, "seed")), at->trial->seed);
    assert_int_equal(json_integer_value(json_object_get(answer, "from")), 0);
    assert_int_equal(json_integer_value(json_object_get(answer, "steps")), 9);
    const json_t *config = json_object_get(answer, "config");
    assert_true(json_is_real(json_object_get(config, "lr")));
    bool has_beta = json_object_get(config, "beta") != NULL;
    bool is_tanh = strcmp(json_string_value(json_object_get(config, "act")), "tanh") == 0;
    assert_int_equal(has_beta, is_tanh); // what is inactive is absent
    json_decref(answer);
    cav_text_free(&text);
}

static void test_a_report_gives_values_in_three_ways(void **state)
{
    fixture *at = *state;
    static const char go_on[] = "{\"verdict\":\"continue\"}";
    expect(at, REPORT, "{\"step\":1,\"value\":0.5}", go_on);
    assert_true(at->trial->finals[0] == 0.5 && isnan(at->trial->finals[1]));
    expect(at, REPORT, "{\"step\":2,\"values\":[0.25,3]}", go_on);
    assert_true(at->trial->finals[0] == 0.25 && at->trial->finals[1] == 3);
    expect(at, REPORT, "{\"step\":3.0,\"metrics\":{\"acc\":4,\"other\":\"nan\"}}", go_on);
    assert_true(at->trial->finals[0] == 0.25 && at->trial->finals[1] == 4);
    expect(at, REPORT, "{\"step\":4,\"metrics\":{\"\":\"1e-3\"}}", go_on);
    assert_true(at->trial->finals[0] == 0.001);
    assert_int_equal(at->trial->step, 4);
    assert_int_equal(at->trial->state, CAVIAR_STATE_RUNNING);
}

static void test_a_report_that_is_wrong_says_how_and_changes_nothing(void **state)
{
    fixture *at = *state;
    expect_error(at, REPORT, "{\"value\":0.5}", "needs its step");
    expect_error(at, REPORT, "{\"step\":-1,\"value\":0.5}", "whole number from 0");
    expect_error(at, REPORT, "{\"step\":1.5,\"value\":0.5}", "whole number");
    expect_error(at, REPORT, "{\"step\":\"3\",\"value\":0.5}", "whole number");
    expect_error(at, REPORT, "{\"step\":1e300,\"value\":0.5}", "whole number");
    expect_error(at, REPORT, "{\"step\":1}", "needs a value");
    expect_error(at, REPORT, "{\"step\":1,\"metrics\":{}}", "needs a value");
    expect_error(at, REPORT, "{\"step\":1,\"value\":true}", "must be a number, not");
    expect_error(at, REPORT, "{\"step\":1,\"value\":\"abc\"}", "must be a number");
    expect_error(at, REPORT, "{\"step\":1,\"value\":[1]}", "must be a number");
    expect_error(at, REPORT, "{\"step\":1,\"values\":[1]}", "a list of 2 numbers");
    expect_error(at, REPORT, "{\"step\":1,\"values\":[1,2,3]}", "a list of 2 numbers");
    expect_error(at, REPORT, "{\"step\":1,\"values\":0.5}", "a list of 2 numbers");
    expect_error(at, REPORT, "{\"step\":1,\"values\":[1,{}]}", "'acc' must be a number");
    expect_error(at, REPORT, "{\"step\":1,\"metrics\":[1]}", "must be an object");
    expect_error(at, REPORT, "[]", "needs its step");
    assert_int_equal(at->trial->step, -1);
    assert_true(isnan(at->trial->finals[0]));
}

static void test_more_metrics_than_a_report_may_have_are_refused(void **state)
{
    fixture *at = *state;
    cav_text text = {0};
    cav_text_append(&text, "{\"step\":1,\"metrics\":{");
    for (int i = 0; i < 65; i++)
        cav_text_appendf(&text, "%s\"m%d\":%d", i ? "," : "", i, i);
    cav_text_append(&text, "}}");
    expect_error(at, REPORT, cav_text_get(&text), "more than 64 metrics");
    cav_text_free(&text);
}

static void test_a_report_that_is_not_finite_ends_the_trial(void **state)
{
    static const char *const values[] = {"null", "\"nan\"", "\"inf\"", "\"-Infinity\""};
    for (size_t i = 0; i < CAV_COUNT_OF(values); i++) {
        fixture *at = *state;
        char text[64];
        snprintf(text, sizeof text, "{\"step\":3,\"value\":%s}", values[i]);
        expect(at, REPORT, text, "{\"verdict\":\"stop\"}");
        assert_int_equal(at->trial->state, CAVIAR_STATE_FAILED);
        assert_int_equal(at->trial->reason, CAVIAR_REASON_NOT_FINITE);
        expect_error(at, REPORT, "{\"step\":4,\"value\":1}",
                     "is failed; there is nothing to report");
        caviar_trial_free(at->trial);
        at->trial = tuner_ask(at->study);
    }
}

static void test_a_tell_ends_the_trial_once(void **state)
{
    fixture *at = *state;
    expect(at, TELL, "{\"values\":[0.5,2],\"state\":\"complete\"}", "{}");
    assert_int_equal(at->trial->state, CAVIAR_STATE_COMPLETE);
    expect_error(at, TELL, "{\"values\":[0.25,2]}",
                 "trial 0 is complete; there is nothing to tell");
    assert_true(at->trial->finals[0] == 0.5);
}

static void test_a_tell_keeps_what_was_reported_last(void **state)
{
    fixture *at = *state;
    expect(at, REPORT, "{\"step\":1,\"values\":[0.5,2]}", "{\"verdict\":\"continue\"}");
    expect(at, TELL, "{\"value\":0.25}", "{}");
    assert_int_equal(at->trial->state, CAVIAR_STATE_COMPLETE);
    assert_true(at->trial->finals[0] == 0.25 && at->trial->finals[1] == 2);
}

static void test_a_tell_of_nothing_after_reports_is_the_last_report(void **state)
{
    fixture *at = *state;
    expect_error(at, TELL, "{}", "a tell needs the result");
    assert_int_equal(at->trial->state, CAVIAR_STATE_RUNNING);
    expect(at, REPORT, "{\"step\":1,\"values\":[0.5,2]}", "{\"verdict\":\"continue\"}");
    expect(at, TELL, "{}", "{}");
    assert_int_equal(at->trial->state, CAVIAR_STATE_COMPLETE);
}

static void test_a_tell_without_one_of_the_metrics_is_a_failure(void **state)
{
    fixture *at = *state;
    expect(at, TELL, "{\"value\":0.25}", "{}");
    assert_int_equal(at->trial->reason, CAVIAR_REASON_NO_METRIC);
    assert_contains(caviar_trial_message(at->trial), "'acc' was never given");
}

static void test_a_failure_has_its_reason_and_words(void **state)
{
    fixture *at = *state;
    expect_error(at, TELL, "{\"state\":\"lost\"}", "\"complete\" or \"failed\", not as \"lost\"");
    expect_error(at, TELL, "{\"state\":\"failed\",\"reason\":\"timeuot\"}",
                 "did you mean 'timeout'?");
    expect_error(at, TELL, "{\"state\":\"failed\",\"reason\":\"\"}", "reason");
    assert_int_equal(at->trial->state, CAVIAR_STATE_RUNNING);
    expect(at, TELL,
           "{\"state\":\"failed\",\"reason\":\"infeasible\",\"message\":\"too \\\"big\\\"\"}",
           "{}");
    assert_int_equal(at->trial->state, CAVIAR_STATE_FAILED);
    assert_int_equal(at->trial->reason, CAVIAR_REASON_INFEASIBLE);
    assert_string_equal(caviar_trial_message(at->trial), "too \"big\"");
}

static void test_a_failure_without_a_reason_is_an_exit(void **state)
{
    fixture *at = *state;
    expect(at, TELL, "{\"state\":\"failed\"}", "{}");
    assert_int_equal(at->trial->reason, CAVIAR_REASON_EXIT);
}

static void test_an_error_is_one_line_of_json_whatever_its_words(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_error error = {.code = CAVIAR_STALE, .message = "a \"b\"\n\x01\xff"};
    cav_protocol_write_error(&error, &text);
    json_t *answer = parse(cav_text_get(&text));
    assert_string_equal(json_string_value(json_object_get(answer, "code")), "stale");
    assert_string_equal(json_string_value(json_object_get(answer, "error")),
                        "a \"b\"\n\x01\xef\xbf\xbd");
    assert_null(strchr(cav_text_get(&text), '\n'));
    json_decref(answer);
    cav_text_free(&text);
}

static void test_a_message_says_what_its_program_can(void **state)
{
    fixture *at = *state;
    static const char go_on[] = "{\"verdict\":\"continue\"}";
    expect(at, REPORT, "{\"step\":1,\"value\":1,\"can\":[\"changes\",\"fly\"]}", go_on);
    assert_int_equal(at->trial->can, CAVIAR_CAN_CHANGE | CAV_CAN_HEAR);
    expect(at, REPORT,
           "{\"step\":2,\"value\":1,\"can\":[\"restore\",\"changes\"],\"checkpoints\":[1,2]}",
           go_on);
    assert_int_equal(at->trial->can, CAVIAR_CAN_CHANGE | CAVIAR_CAN_RESTORE | CAV_CAN_HEAR);
    expect(at, REPORT, "{\"step\":3,\"value\":1}", go_on); // it stays so
    assert_int_equal(at->trial->can, CAVIAR_CAN_CHANGE | CAVIAR_CAN_RESTORE | CAV_CAN_HEAR);
    assert_string_equal(cav_text_get(&at->trial->checkpoints), "[1,2]");
    expect_error(at, REPORT, "{\"step\":4,\"value\":1,\"can\":\"all\"}", "'can' must be a list");
    expect_error(at, REPORT, "{\"step\":4,\"value\":1,\"checkpoints\":[\"a\"]}",
                 "'checkpoints' must be a list");
    expect_error(at, REPORT, "{\"step\":4,\"value\":1,\"checkpoints\":[-1]}",
                 "'checkpoints' must be a list");
}

static void test_a_nudge_and_a_rollback_are_answered_and_in_the_next_welcome(void **state)
{
    fixture *at = *state;
    caviar_setting setting = {"lr", {.kind = CAVIAR_KIND_REAL, .real = 0.5}};
    expect(at, REPORT, "{\"step\":1,\"value\":1,\"can\":[\"changes\",\"restore\"]}",
           "{\"verdict\":\"continue\"}");
    assert_ok(caviar_study_nudge(at->study, 0, &setting, 1, NULL), &at->study->error);
    expect(at, REPORT, "{\"step\":2,\"value\":1}",
           "{\"verdict\":\"continue\",\"changes\":{\"lr\":0.5}}");
    cav_text text = {0};
    caviar_trial_free(at->trial); // given back, and handed out again
    at->trial = tuner_ask(at->study);
    cav_protocol_write_welcome(at->trial, &(cav_welcome){"two", "loss", "/x"}, &text);
    assert_contains(cav_text_get(&text), ",\"schedule\":[{\"step\":2,\"changes\":{\"lr\":0.5}}]}");
    cav_text_free(&text);
    assert_ok(caviar_study_rollback(at->study, 0, 1, NULL), &at->study->error);
    char *line = send(at, REPORT, "{\"step\":3,\"value\":1}");
    assert_contains(line, "{\"verdict\":\"restore\",\"step\":1,\"changes\":{\"lr\":");
    free(line);
}

int main(void)
{
#define WITH_TRIAL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_TRIAL(test_the_welcome_says_all_about_the_trial),
        WITH_TRIAL(test_a_report_gives_values_in_three_ways),
        WITH_TRIAL(test_a_report_that_is_wrong_says_how_and_changes_nothing),
        WITH_TRIAL(test_more_metrics_than_a_report_may_have_are_refused),
        WITH_TRIAL(test_a_report_that_is_not_finite_ends_the_trial),
        WITH_TRIAL(test_a_tell_ends_the_trial_once),
        WITH_TRIAL(test_a_tell_keeps_what_was_reported_last),
        WITH_TRIAL(test_a_tell_of_nothing_after_reports_is_the_last_report),
        WITH_TRIAL(test_a_tell_without_one_of_the_metrics_is_a_failure),
        WITH_TRIAL(test_a_message_says_what_its_program_can),
        WITH_TRIAL(test_a_nudge_and_a_rollback_are_answered_and_in_the_next_welcome),
        WITH_TRIAL(test_a_failure_has_its_reason_and_words),
        WITH_TRIAL(test_a_failure_without_a_reason_is_an_exit),
        cmocka_unit_test(test_an_error_is_one_line_of_json_whatever_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
