/**
 * test_metric_line.c: what is understood of a line that a program prints.
 *
 * Each case is a line and what a reader for the metrics `loss` and `acc` makes of it, as
 * "STEP: name=value …", with "-" where there is no step; "" where it says nothing.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/text.h"
#include "run/metric_line.h"

#include <stdio.h>

typedef struct reading {
    const char *text, *expected;
} reading;

// A study with these metrics.
static cav_spec *spec_of(const char *metrics)
{
    cav_error error;
    cav_spec *spec;
    cav_text text = {0};
    cav_text_appendf(&text, "{metrics: %s, space: {x: {type: float, low: 0, high: 1}}}", metrics);
    assert_ok(cav_spec_parse("", text.data, text.size, &spec, &error), &error);
    cav_text_free(&text);
    return spec;
}

static cav_spec *usual_spec(void)
{
    return spec_of("[loss, {name: acc, direction: maximize}]");
}

static cav_line_reader *reader_of(const cav_spec *spec)
{
    cav_error error;
    cav_line_reader *reader;
    assert_ok(cav_line_reader_new(spec, &reader, &error), &error);
    return reader;
}

static void describe(const cav_line *line, cav_text *text)
{
    cav_text_clear(text);
    if (line->is_infeasible)
        cav_text_appendf(text, "infeasible: %s", line->text);
    if (line->metric_count == 0)
        return;
    if (line->step >= 0)
        cav_text_appendf(text, "%lld:", (long long)line->step);
    else
        cav_text_append(text, "-:");
    for (size_t i = 0; i < line->metric_count; i++) {
        cav_text_appendf(text, " %s=", line->metrics[i].name);
        cav_text_append_number(text, line->metrics[i].value);
    }
}

static void check(const cav_spec *spec, const reading *cases, size_t count)
{
    cav_line_reader *reader = reader_of(spec);
    cav_text text = {0};
    for (size_t i = 0; i < count; i++) {
        cav_line line;
        cav_line_read(reader, cases[i].text, &line);
        describe(&line, &text);
        if (strcmp(cav_text_get(&text), cases[i].expected) != 0)
            fail_msg("'%s' is read as '%s', not as '%s'", cases[i].text, cav_text_get(&text),
                     cases[i].expected);
    }
    cav_text_free(&text);
    cav_line_reader_free(reader);
}

static void check_usual(const reading *cases, size_t count)
{
    cav_spec *spec = usual_spec();
    check(spec, cases, count);
    cav_spec_free(spec);
}

static void test_own_lines(void **state)
{
    (void)state;
    static const reading cases[] = {
        {"caviar: step=3 loss=0.0213", "3: loss=0.0213"},
        {"caviar:step=3 loss=1", "3: loss=1"},
        {"  \tcaviar: step=0 loss=1", "0: loss=1"},
        {"caviar: loss=1", "-: loss=1"},
        {"caviar: step=3, loss=1; acc=2", "3: loss=1 acc=2"},
        {"caviar: step=3\tloss=1\tacc=2", "3: loss=1 acc=2"},
        {"caviar: step=3 loss=1 lr=1e-05 gpu=7", "3: loss=1 lr=1e-05 gpu=7"},
        {"caviar: step=3 loss=nan", "3: loss=nan"},
        {"caviar: step=3 loss=-inf acc=Infinity", "3: loss=-inf acc=inf"},
        {"caviar: step=1e3 loss=1", "1000: loss=1"},
        {"caviar: epoch=2 loss=1", "2: loss=1"},
        {"caviar: iteration=2 loss=1", "2: loss=1"},
        {"caviar: step=10 epoch=2 loss=1", "10: loss=1"},
        {"caviar: epoch=2 step=10 loss=1", "10: loss=1"},
        {"caviar: step=-1 loss=1", "-: loss=1"},
        {"caviar: step=3.5 loss=1", "-: loss=1"},
        {"caviar: step=1e300 loss=1", "-: loss=1"},
        {"caviar: step=nan loss=1", "-: loss=1"},
        {"caviar: time=3.2s loss=1", "-: loss=1"},
        {"caviar: loss=1%", "-: loss=1"},
        {"caviar: step=3", ""},
        {"caviar: loss", ""},
        {"caviar: loss=", ""},
        {"caviar: =5", ""},
        {"caviar: loss==5", ""},
        {"caviar:", ""},
        {"caviar: step = 3 loss = 0.2", "3: loss=0.2"},
        {"caviar: epoch 4, loss: 0.2", "4: loss=0.2"},
        {"caviar: saved the model", ""},
    };
    check_usual(cases, CAV_COUNT_OF(cases));
}

static void test_infeasible_lines(void **state)
{
    (void)state;
    static const reading cases[] = {
        {"caviar: infeasible", "infeasible: "},
        {"caviar: infeasible out of memory", "infeasible: out of memory"},
        {"caviar: infeasible: loss=3 is too much", "infeasible: loss=3 is too much"},
        {"caviar: infeasibles loss=1", "-: loss=1"},
        {"caviar: infeasible=0 loss=1", "-: infeasible=0 loss=1"},
        {"infeasible", ""},
    };
    check_usual(cases, CAV_COUNT_OF(cases));
}

static void test_json_lines(void **state)
{
    (void)state;
    static const reading cases[] = {
        {"{\"step\": 3, \"loss\": 0.5}", "3: loss=0.5"},
        {"  {\"loss\": 0.5}\r", "-: loss=0.5"},
        {"{\"epoch\": 3, \"loss\": 0.5, \"lr\": 0.1}", "3: loss=0.5 lr=0.1"},
        {"{\"epoch\": 0, \"step\": 49, \"loss\": 0.5}", "49: loss=0.5"},
        {"{\"step\": 49, \"epoch\": 0, \"loss\": 0.5}", "49: loss=0.5"},
        {"{\"step\": 3.0, \"loss\": 0.5}", "3: loss=0.5"},
        {"{\"step\": -3, \"loss\": 0.5}", "-: loss=0.5"},
        {"{\"step\": 2.5, \"loss\": 0.5}", "-: loss=0.5"},
        {"{\"step\": 3, \"\": 1, \"loss\": 0.5}", "3: loss=0.5"}, // what has no name is none
        {"{\"loss\": NaN}", "-: loss=nan"},                       // what Python's json.dumps writes
        {"{\"loss\": -Infinity, \"acc\": 1}", "-: loss=-inf acc=1"},
        {"{\"loss\": 1, \"note\": \"acc=5\"}", "-: loss=1"},
        {"{\"loss\": \"0.5\"}", ""},
        {"{\"loss\": [1, 2]}", ""},
        {"{\"loss\": true}", ""},
        {"{}", ""},
        {"[1, 2]", ""},
        {"[tune-metric]: {\"loss\": 0.5, \"epoch\": 7}", "7: loss=0.5"},
        {"[tune-metric]:{\"loss\": 0.5}", "-: loss=0.5"},
        {"[tune-metric]: {\"loss\": 0.5, \"st_worker_iter\": 4}", "4: loss=0.5"},
        {"[tune-metric]: {\"epoch\": 5, \"loss\": 0.5, \"st_worker_iter\": 4}", "5: loss=0.5"},
        {"[tune-metric]: {\"epoch\": 5, \"step\": 9, \"loss\": 0.5}", "9: loss=0.5"},
        {"{\"loss\": 0.5", "-: loss=0.5"}, // cut off, but readable
        {"{'loss': 0.5, 'acc': 0.25}", "-: loss=0.5 acc=0.25"},
        {"{\"outer\": {\"loss\": 1}}", ""},
    };
    check_usual(cases, CAV_COUNT_OF(cases));
}

static void test_names_and_values_in_other_lines(void **state)
{
    (void)state;
    static const reading cases[] = {
        {"loss=0.5", "-: loss=0.5"},
        {"loss: 0.5", "-: loss=0.5"},
        {"loss = 0.5", "-: loss=0.5"},
        {"loss\t=\t0.5", "-: loss=0.5"},
        {"loss:\t0.5", "-: loss=0.5"},
        {"final loss=0.5 seconds", "-: loss=0.5"},
        {"loss=1e-3", "-: loss=0.001"},
        {"loss=1E+3", "-: loss=1000"},
        {"loss=+.5", "-: loss=0.5"},
        {"loss=-0.5", "-: loss=-0.5"},
        {"loss=5.", "-: loss=5"},
        {"loss=0.5.", "-: loss=0.5"},
        {"The end: loss=0.5, acc=0.75.", "-: loss=0.5 acc=0.75"},
        {"(loss=0.5)", "-: loss=0.5"},
        {"loss=[0.5]", ""},
        {"acc: 95%", "-: acc=95"},
        {"loss=nan", "-: loss=nan"},
        {"loss=NaN acc=INF", "-: loss=nan acc=inf"},
        {"loss=-Infinity", "-: loss=-inf"},
        {"loss=none", ""},
        {"loss=information", ""},
        {"loss=0x1F", ""},
        {"loss=1.2.3", ""},
        {"loss=0.5s", ""},
        {"loss=5-3", ""},
        {"loss=--5", ""},
        {"loss=1e", ""},
        {"loss=1e400", "-: loss=inf"},
        {"loss=", ""},
        {"loss", ""},
        {"loss 0.5", ""},
        {"", ""},
        {"    ", ""},
        {"'loss'=0.5", "-: loss=0.5"},
        {"cost=0.5; status=SUCCESS", ""},
        {"loss=0.5; status=SUCCESS", "-: loss=0.5"},
        {"loss=0.9 loss=0.5", "-: loss=0.5"},
        {"acc=0.9 loss=0.5", "-: loss=0.5 acc=0.9"},
        {"loss=0.9 loss=bad", "-: loss=0.9"},
        {"Loss=0.5", ""},
    };
    check_usual(cases, CAV_COUNT_OF(cases));
}

static void test_names_that_are_parts_of_others(void **state)
{
    (void)state;
    static const reading cases[] = {
        {"val_loss=0.5", ""},
        {"loss_val=0.5", ""},
        {"train/loss=0.5", ""},
        {"loss2=0.5", ""},
        {"loss.mean=0.5", ""},
        {"my-loss=0.5", ""},
        {"lossless=1 loss=0.5", "-: loss=0.5"},
        {"val_loss=0.5 loss=0.25", "-: loss=0.25"},
        {"./train --loss=mse --acc=5", ""}, // a command line that is echoed
        {"accuracy=0.5 acc=0.25", "-: acc=0.25"},
    };
    check_usual(cases, CAV_COUNT_OF(cases));
}

static void test_steps_beside_a_metric(void **state)
{
    (void)state;
    static const reading cases[] = {
        {"epoch 3: loss=0.5", "3: loss=0.5"},
        {"Epoch 3/20 loss=0.5", "3: loss=0.5"},
        {"epoch: 3/20 - loss: 0.5 - acc: 0.9", "3: loss=0.5 acc=0.9"},
        {"epoch=3 loss=0.5", "3: loss=0.5"},
        {"Epoch [3/20], loss: 0.5", "3: loss=0.5"},
        {"loss: 0.25 (step 10)", "10: loss=0.25"},
        {"loss: 0.25 (Step: #10)", "10: loss=0.25"},
        {"[iteration 7] loss=0.5", "7: loss=0.5"},
        {"epoch 2 step 30 loss=0.5", "30: loss=0.5"},
        {"timestep 5 loss=0.5", "-: loss=0.5"},
        {"steps: 5 loss=0.5", "-: loss=0.5"},
        {"epochs done, loss=0.5", "-: loss=0.5"},
        {"the step is done; step 4 loss=0.5", "4: loss=0.5"},
        {"step 99999999999999999999 loss=0.5", "-: loss=0.5"},
        {"INFO 12:00 caviar: step=3 loss=0.5", "3: loss=0.5"},
        {"epoch 3 begins", ""},
    };
    check_usual(cases, CAV_COUNT_OF(cases));
}

static void test_a_metric_with_a_pattern_is_found_by_it_alone(void **state)
{
    (void)state;
    static const reading cases[] = {
        {"Test set: Average loss 0.0213, Accuracy 98", "-: loss=0.0213"},
        {"step 7: Average loss 0.5", "7: loss=0.5"},
        {"loss=0.5", ""},
        {"acc=0.5", "-: acc=0.5"},
        {"Average loss nothing", ""},
        {"Average loss nan", "-: loss=nan"},
        {"caviar: step=1 loss=0.25", "1: loss=0.25"},
        {"{\"loss\": 0.125}", "-: loss=0.125"},
    };
    cav_spec *spec = spec_of("[{name: loss, pattern: 'Average loss ([-+.0-9a-z]+)'}, acc]");
    check(spec, cases, CAV_COUNT_OF(cases));
    cav_spec_free(spec);
}

static void expect_bad_pattern(const char *metrics, const char *piece)
{
    cav_error error;
    cav_line_reader *reader = NULL;
    cav_spec *spec = spec_of(metrics);
    assert_int_equal(cav_line_reader_new(spec, &reader, &error), CAVIAR_INVALID);
    assert_contains(error.message, "the pattern of metric 'b'");
    assert_contains(error.message, piece);
    assert_null(reader);
    cav_spec_free(spec);
}

static void test_a_pattern_that_cannot_work_is_refused_by_name(void **state)
{
    (void)state;
    expect_bad_pattern("[a, {name: b, pattern: '(x'}]", "(x: ");
    expect_bad_pattern("[a, {name: b, pattern: 'b is .*'}]",
                       "it needs a group, (...), around the value");
}

static void expect_looked_for(const char *metrics, const char *expected)
{
    cav_spec *spec = spec_of(metrics);
    cav_line_reader *reader = reader_of(spec);
    cav_text text = {0};
    cav_line_describe(reader, &text);
    assert_string_equal(cav_text_get(&text), expected);
    cav_text_free(&text);
    cav_line_reader_free(reader);
    cav_spec_free(spec);
}

static void test_what_was_looked_for_names_every_metric(void **state)
{
    (void)state;
    expect_looked_for("[loss, {name: acc, pattern: 'acc (.*)'}]",
                      "looked for 'loss=VALUE', 'loss: VALUE' and JSON lines with \"loss\"; and "
                      "for the pattern acc (.*)");
    expect_looked_for("[loss]", "looked for 'loss=VALUE', 'loss: VALUE' and JSON lines with "
                                "\"loss\" (a study file can name another 'pattern')");
}

// Builds "BEGIN" + piece x count + "END".
static char *repeated(const char *begin, const char *piece, size_t count, const char *end)
{
    cav_text text = {0};
    cav_text_append(&text, begin);
    for (size_t i = 0; i < count; i++)
        cav_text_append(&text, piece);
    cav_text_append(&text, end);
    char *whole = cav_text_take(&text);
    assert_non_null(whole);
    return whole;
}

static void test_hostile_lines_are_bounded(void **state)
{
    (void)state;
    cav_spec *spec = usual_spec();
    cav_line_reader *reader = reader_of(spec);
    char *lines[] = {
        repeated("caviar: ", "m=1 ", 4000, "loss=1"),
        repeated("caviar: ", "a_name_that_goes_on", 800, "=1 loss=2"),
        repeated("loss=", "1", 16000, ""),
        repeated("loss=", "-", 16000, "1"),
        repeated("", "loss=", 3000, "1"),
        repeated("", "loss", 4000, "=1"),
        repeated("", "{\"loss\":", 2000, "1"),
        repeated("{\"loss\": 1, \"a\": \"", "x", 16000, "\"}"),
        repeated("", "\xff\xfe\x1b[2J", 3000, " loss=1"),
        repeated("step ", "9", 16000, " loss=1"),
    };
    for (size_t i = 0; i < CAV_COUNT_OF(lines); i++) {
        cav_line line;
        cav_line_read(reader, lines[i], &line);
        assert_true(line.metric_count <= CAV_LINE_METRICS);
        assert_true(line.names_size <= sizeof line.names);
        for (size_t m = 0; m < line.metric_count; m++)
            assert_true(strlen(line.metrics[m].name) < sizeof line.names);
        free(lines[i]);
    }
    cav_line_reader_free(reader);
    cav_spec_free(spec);
}

static void test_the_studys_metric_is_not_crowded_out_by_others(void **state)
{
    (void)state;
    cav_spec *spec = usual_spec();
    cav_line_reader *reader = reader_of(spec);
    char *text = repeated("caviar: step=1 ", "m=1 ", 100, "loss=0.5");
    cav_line line;
    cav_line_read(reader, text, &line);
    bool found = false;
    for (size_t i = 0; i < line.metric_count; i++)
        found |= strcmp(line.metrics[i].name, "loss") == 0 && line.metrics[i].value == 0.5;
    assert_true(found);
    free(text);
    cav_line_reader_free(reader);
    cav_spec_free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_lines),
        cmocka_unit_test(test_infeasible_lines),
        cmocka_unit_test(test_json_lines),
        cmocka_unit_test(test_names_and_values_in_other_lines),
        cmocka_unit_test(test_names_that_are_parts_of_others),
        cmocka_unit_test(test_steps_beside_a_metric),
        cmocka_unit_test(test_a_metric_with_a_pattern_is_found_by_it_alone),
        cmocka_unit_test(test_a_pattern_that_cannot_work_is_refused_by_name),
        cmocka_unit_test(test_what_was_looked_for_names_every_metric),
        cmocka_unit_test(test_hostile_lines_are_bounded),
        cmocka_unit_test(test_the_studys_metric_is_not_crowded_out_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
