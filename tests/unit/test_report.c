/**
 * test_report.c: the page of a study: what is on it, and that nothing from outside becomes markup.
 */
#include "support/test.h"
#include "support/tuner.h"

#include "serve/markup.h"
#include "serve/report.h"

#include <math.h>
#include <stdio.h>

static const char definition[] =
    "{study: hostile, metric: {name: err, direction: minimize}, seed: 1, sampler: random, "
    "scheduler: none, space: {lr: {type: float, scale: log, low: 1e-4, high: 1}, units: {type: "
    "int, "
    "low: 1, high: 4}, act: [relu, '<script>alert(1)</script>', \"it's\"], "
    "beta: {type: float, low: 0.5, high: 0.9, when: {act: relu}}}}";

// Tells `count` trials, with a curve each; every tenth fails with a hostile message.
static void run_trials(cav_study *study, int count)
{
    for (int i = 0; i < count; i++) {
        caviar_trial *trial = tuner_ask(study);
        caviar_verdict verdict;
        double loss = fabs(log10(caviar_trial_real(trial, "lr")) + 2) + 0.01 * i;
        for (int step = 1; step <= 3; step++) {
            caviar_metric metric = {"err", loss + 1.0 / step};
            assert_ok(caviar_trial_report(trial, step, &metric, 1, &verdict), &trial->error);
        }
        if (i % 10 == 9)
            assert_ok(
                caviar_trial_fail(trial, CAVIAR_REASON_EXIT, "</td><img src=x onerror=1>\x01"),
                &trial->error);
        else
            assert_ok(caviar_trial_tell_value(trial, loss), &trial->error);
        caviar_trial_free(trial);
    }
}

static cav_study *open_study(const char *text)
{
    cav_study *study;
    cav_error error;
    cav_study_options options = {.spec = tuner_spec(text), .keeps_curves = true};
    assert_ok(cav_study_open(&options, &study, &error), &error);
    return study;
}

static void write_report(cav_study *study, cav_text *page)
{
    cav_error error = {0};
    assert_ok(cav_study_refresh(study, &error), &error);
    assert_ok(cav_report_write(study, page, &error), &error);
}

// Every element that is opened is closed, in order: what a browser need not guess at.
static void expect_balance(const char *page)
{
    static const char *const empty[] = {"meta", "rect", "line", "!DOCTYPE"};
    char open[64][16];
    size_t depth = 0;
    for (const char *at = strchr(page, '<'); at; at = strchr(at + 1, '<')) {
        char name[16] = "";
        bool closes = at[1] == '/', is_empty = false;
        sscanf(at + 1 + closes, "%15[A-Za-z0-9!]", name);
        for (size_t i = 0; i < 4; i++)
            is_empty |= strcmp(name, empty[i]) == 0;
        if (is_empty)
            continue;
        if (!closes) {
            assert_true(depth < 64);
            strcpy(open[depth++], name);
        } else if (depth == 0 || strcmp(open[--depth], name) != 0) {
            fail_msg("</%s> closes nothing at '%.80s'", name, at);
        }
    }
    assert_int_equal(depth, 0);
}

static void test_page_has_every_part(void **state)
{
    (void)state;
    cav_study *study = open_study(definition);
    cav_text page = {0};
    run_trials(study, 60);
    write_report(study, &page);
    static const char *const parts[] = {"How the best came about",
                                        "What mattered",
                                        "Parameter by parameter",
                                        "Learning curves",
                                        "The best trials",
                                        "What failed",
                                        "54</b><span>complete",
                                        "6</b><span>failed",
                                        "By fANOVA",
                                        "What the trials advise",
                                        "class=\"mean\"",
                                        "How good they are",
                                        "All together",
                                        "When they ran",
                                        "Where the good ones lie"};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        assert_contains(cav_text_get(&page), parts[i]);
    assert_null(strstr(cav_text_get(&page), "The Pareto front")); // there is one metric
    expect_balance(cav_text_get(&page));
    cav_text_free(&page);
    cav_study_close(study);
}

static void test_nothing_from_outside_becomes_markup(void **state)
{
    (void)state;
    cav_study *study = open_study(definition);
    cav_text page = {0};
    run_trials(study, 30);
    write_report(study, &page);
    const char *text = cav_text_get(&page);
    static const char *const never[] = {"<script", "<img", "\x01"};
    for (size_t i = 0; i < CAV_COUNT_OF(never); i++)
        if (strstr(text, never[i]))
            fail_msg("the page has '%s'", never[i]);
    assert_contains(text, "&lt;script&gt;");
    assert_contains(text, "it&#39;s");
    assert_contains(text, "default-src 'none'");
    cav_text_free(&page);
    cav_study_close(study);
}

static void test_study_without_trials_has_a_page(void **state)
{
    (void)state;
    cav_study *study = open_study(definition);
    cav_text page = {0};
    write_report(study, &page);
    assert_contains(cav_text_get(&page), "No trial is complete yet");
    expect_balance(cav_text_get(&page));
    cav_text_free(&page);
    cav_study_close(study);
}

static void test_few_equal_values_are_drawn_too(void **state)
{
    (void)state;
    cav_study *study = open_study("{study: s, metric: {name: acc, direction: maximize}, seed: 1, "
                                  "sampler: random, space: {x: {type: float, low: 0, high: 1}}}");
    cav_text page = {0};
    for (int i = 0; i < 3; i++) {
        caviar_trial *trial = tuner_ask(study);
        assert_ok(caviar_trial_tell_value(trial, 0.5), &trial->error);
        caviar_trial_free(trial);
    }
    write_report(study, &page);
    assert_contains(cav_text_get(&page), "trial 2: acc 0.5");
    assert_contains(cav_text_get(&page), "greatest acc, trial 0");
    assert_null(strstr(cav_text_get(&page), "nan"));
    cav_text_free(&page);
    cav_study_close(study);
}

enum { METRICS = 4, TOLD = 4 };

static const double told[TOLD][METRICS] = {{1, 1, 5, 1}, {2, 3, 4, 1}, {3, 2, 4, 1}, {4, 4, 9, 1}};

// A study of so many metrics, of which the second one is maximised.
static cav_study *open_told(size_t count)
{
    static const char *const metrics[] = {"cost", "{name: gain, direction: maximize}", "time",
                                          "size"};
    static const char *const names[] = {"cost", "gain", "time", "size"};
    cav_text text = {0};
    cav_text_append(&text, "{study: s, metrics: [");
    for (size_t m = 0; m < count; m++)
        cav_text_appendf(&text, "%s%s", m > 0 ? ", " : "", metrics[m]);
    cav_text_append(&text, "], seed: 1, sampler: random, "
                           "space: {x: {type: float, low: 0, high: 1}}}");
    cav_study *study = open_study(cav_text_get(&text));
    cav_text_free(&text);
    for (size_t i = 0; i < TOLD; i++) {
        caviar_trial *trial = tuner_ask(study);
        caviar_metric values[METRICS];
        for (size_t m = 0; m < count; m++)
            values[m] = (caviar_metric){names[m], told[i][m]};
        assert_ok(caviar_trial_tell(trial, values, count), &trial->error);
        caviar_trial_free(trial);
    }
    return study;
}

// How often a text stands before the end of a picture.
static size_t count_in_picture(const char *page, const char *what)
{
    const char *end = strstr(page, "</svg>");
    size_t count = 0;
    for (const char *at = page; (at = strstr(at, what)) && at < end; at++)
        count++;
    return count;
}

static void test_several_metrics_have_a_front(void **state)
{
    (void)state;
    cav_study *study = open_told(2);
    cav_text page = {0};
    write_report(study, &page);
    const char *front = strstr(cav_text_get(&page), "The Pareto front");
    assert_non_null(front);
    assert_int_equal(count_in_picture(front, "circle class=\"best\""), 3); // all but {3, 2}
    assert_contains(front, "<title>trial 1: cost 2, gain 3</title>");
    expect_balance(cav_text_get(&page));
    cav_text_free(&page);
    cav_study_close(study);
}

static void test_page_shows_one_of_several_metrics_at_a_time(void **state)
{
    (void)state;
    cav_study *study = open_told(2);
    cav_text page = {0};
    write_report(study, &page);
    assert_contains(cav_text_get(&page), "<b>1</b><span>least cost, trial 0");
    assert_contains(cav_text_get(&page), "<b>4</b><span>greatest gain, trial 3");
    const char *cost = strstr(cav_text_get(&page), "<div class=\"by\" id=\"by-cost\">");
    const char *gain = strstr(cav_text_get(&page), "<div class=\"by\" id=\"by-gain\">");
    assert_true(cost && gain && cost < gain);
    assert_contains(cost, "<b aria-current=\"true\">cost</b>\n<a href=\"#by-gain\">gain</a>");
    assert_contains(gain, "<a href=\"#by-cost\">cost</a>\n<b aria-current=\"true\">gain</b>");
    assert_contains(gain, "<title>trial 3: gain 4</title>"); // in the history, as the best
    assert_contains(gain, "half of the trials are at most 2,");
    const char *best = strstr(gain, "The best trials");
    assert_contains(best, "</th></tr>\n<tr><td class=\"number\">3</td>"); // the greatest first
    cav_text_free(&page);
    cav_study_close(study);
}

static void test_front_of_three_metrics_is_drawn_in_pairs_filled_by_the_third(void **state)
{
    (void)state;
    cav_study *study = open_told(3);
    cav_text page = {0};
    write_report(study, &page);
    const char *front = strstr(cav_text_get(&page), "cost against gain: 3 trials are beaten by "
                                                    "none in all 3 metrics");
    assert_non_null(front);
    assert_int_equal(count_in_picture(front, "circle class=\"front\""), 3);
    const char *by_time = strstr(front, "fill-opacity=\"1\""); // which is least of trial 1
    assert_contains(by_time, "\"1\"><title>trial 1: cost 2, gain 3, time 4</title>");
    assert_contains(front, "cost against time: 3");
    assert_contains(front, "gain against time: 3");
    assert_contains(front, "gain, more is better");
    cav_text_free(&page);
    cav_study_close(study);
}

static void test_front_of_more_metrics_is_drawn_over_the_one_that_is_looked_at(void **state)
{
    (void)state;
    cav_study *study = open_told(4);
    cav_text page = {0};
    write_report(study, &page);
    const char *gain = strstr(cav_text_get(&page), "id=\"by-gain\"");
    assert_non_null(gain);
    for (size_t i = 0; i < 3; i++)
        assert_contains(gain, ((const char *[]){"gain against cost: ", "gain against time: ",
                                                "gain against size: "})[i]);
    assert_null(strstr(cav_text_get(&page), "gain against gain"));
    expect_balance(cav_text_get(&page));
    cav_text_free(&page);
    cav_study_close(study);
}

static void test_page_of_many_trials_stays_small(void **state)
{
    (void)state;
    cav_study *study = open_study("{study: s, metric: {name: err, direction: minimize}, seed: 1, "
                                  "sampler: random, space: {x: {type: float, low: 0, high: 1}}}");
    cav_text page = {0};
    cav_error error = {0};
    for (int i = 0; i < 20000; i++) {
        double raw = cav_parameter_decode(&study->spec->space->parameters[0], (i + 0.5) / 20000);
        double value = fabs(raw - 0.3) + 0.001;
        assert_ok(cav_study_add(study, &raw, &value, NULL, &(int64_t){0}, &error), &error);
    }
    write_report(study, &page);
    assert_true(page.size < 1500000);
    assert_contains(cav_text_get(&page), "class=\"best\"");
    cav_text_free(&page);
    cav_study_close(study);
}

static void test_text_is_escaped_and_mended(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_markup_text(&text, "<a href=\"x\">'&'</a>\n\t\x1b\xff grüße \xe5\xad");
    assert_string_equal(cav_text_get(&text),
                        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;\n\t\xef\xbf\xbd"
                        "\xef\xbf\xbd grüße \xef\xbf\xbd\xef\xbf\xbd");
    cav_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_has_every_part),
        cmocka_unit_test(test_nothing_from_outside_becomes_markup),
        cmocka_unit_test(test_study_without_trials_has_a_page),
        cmocka_unit_test(test_few_equal_values_are_drawn_too),
        cmocka_unit_test(test_several_metrics_have_a_front),
        cmocka_unit_test(test_page_shows_one_of_several_metrics_at_a_time),
        cmocka_unit_test(test_front_of_three_metrics_is_drawn_in_pairs_filled_by_the_third),
        cmocka_unit_test(test_front_of_more_metrics_is_drawn_over_the_one_that_is_looked_at),
        cmocka_unit_test(test_page_of_many_trials_stays_small),
        cmocka_unit_test(test_text_is_escaped_and_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
