/**
 * test_stores_reading.c: what every store gives back: only what is new, in order, and exactly what
 * was put in; also what two handles on one store see of each other.
 */
#include "support/store_fixture.h"

#include "base/memory.h"
#include "base/random.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Reads what is new and compares the numbers, in their order.
static void expect_new(store_fixture *at, int64_t *cursor, const int64_t *numbers, size_t count)
{
    store_rows rows = store_read(at, cursor);
    assert_int_equal(rows.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows.rows[i].number, numbers[i]);
    store_rows_free(&rows);
}

#define EXPECT_NEW(at, cursor, ...)                                                                \
    expect_new((at), (cursor), (const int64_t[]){__VA_ARGS__},                                     \
               sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define EXPECT_NOTHING_NEW(at, cursor) expect_new((at), (cursor), NULL, 0)

static void test_reading_gives_each_change_once_in_the_order_of_the_latest(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t cursor = 0;
    EXPECT_NOTHING_NEW(at, &cursor);
    for (int i = 0; i < 4; i++)
        store_add(at, i, CAVIAR_STATE_RUNNING);
    EXPECT_NEW(at, &cursor, 0, 1, 2, 3);
    EXPECT_NOTHING_NEW(at, &cursor);
    assert_ok(store_move(at, 2, 1, CAVIAR_STATE_COMPLETE, 1), &at->error);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_PAUSED, 1), &at->error);
    assert_ok(store_move(at, 1, 1, CAVIAR_STATE_COMPLETE, 1), &at->error);
    store_claim(at, 0, "b"); // it changes twice
    store_add(at, 9, CAVIAR_STATE_WAITING);
    EXPECT_NEW(at, &cursor, 2, 1, 0, 4);
    EXPECT_NOTHING_NEW(at, &cursor);
    int64_t all = 0;
    EXPECT_NEW(at, &all, 3, 2, 1, 0, 4);
    assert_int_equal(all, cursor);
}

static void test_a_report_and_a_refused_call_change_nothing(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    int64_t cursor = 0;
    EXPECT_NEW(at, &cursor, 0);
    assert_ok(store_report(at, 0, 1, 1, 0.5), &at->error);
    assert_ok(at->type->lease_renew(at->store, &at->scope, "me", 5000, &at->error), &at->error);
    assert_int_equal(store_move(at, 0, 9, CAVIAR_STATE_COMPLETE, 1), CAVIAR_STALE);
    assert_int_equal(store_claim(at, -1, "b"), -1);
    EXPECT_NOTHING_NEW(at, &cursor);
}

// A cursor belongs to its reader, not to the handle.
static void test_two_readers_of_one_handle_each_see_everything(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t first = 0, second = 0;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    EXPECT_NEW(at, &first, 0);
    EXPECT_NEW(at, &second, 0);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    EXPECT_NEW(at, &first, 1);
    EXPECT_NEW(at, &second, 1);
    EXPECT_NOTHING_NEW(at, &first);
    cav_scope scope = at->scope;
    at->scope = store_study_add(at, "other");
    int64_t other = 0;
    EXPECT_NOTHING_NEW(at, &other);
    at->scope = scope;
    store_add(at, 2, CAVIAR_STATE_RUNNING);
    EXPECT_NEW(at, &second, 2);
    EXPECT_NEW(at, &first, 2);
}

static caviar_code refuse_second(void *context, const cav_record *record, cav_error *error)
{
    (void)record;
    return ++*(int *)context == 2 ? cav_fail(error, CAVIAR_INTERRUPTED, "enough") : CAVIAR_OK;
}

static void test_a_reading_that_was_broken_off_starts_again(void **state)
{
    store_fixture *at = store_fixture_of(state);
    for (int i = 0; i < 3; i++)
        store_add(at, i, CAVIAR_STATE_RUNNING);
    int64_t cursor = 0;
    EXPECT_NEW(at, &cursor, 0, 1, 2);
    int64_t before = cursor;
    for (int i = 3; i < 6; i++)
        store_add(at, i, CAVIAR_STATE_RUNNING);
    int visits = 0;
    assert_int_equal(
        at->type->trial_read(at->store, &at->scope, &cursor, refuse_second, &visits, &at->error),
        CAVIAR_INTERRUPTED);
    assert_int_equal(visits, 2);
    assert_int_equal(cursor, before);
    EXPECT_NEW(at, &cursor, 3, 4, 5);
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

// Numbers that are hard to print, and a thousand at random.
static double hard_number(size_t i, cav_random *random)
{
    static const double hard[] = {
        0,
        -0.0,
        1,
        -1,
        0.1,
        1.0 / 3,
        2.0 / 3,
        DBL_MAX,
        -DBL_MAX,
        DBL_MIN,
        DBL_TRUE_MIN,
        -DBL_TRUE_MIN,
        DBL_MIN - DBL_TRUE_MIN,
        DBL_EPSILON,
        1 + DBL_EPSILON,
        1e15,
        1e16,
        1e17,
        123456789012345678.0,
        9007199254740993.0,
        9007199254740991.0,
        1e22,
        1e23,
        5e-324,
        2.2250738585072011e-308,
        1.7976931348623157e308,
        9.5e-7,
        NAN,
    };
    if (i < CAV_COUNT_OF(hard))
        return hard[i];
    double number;
    do {
        uint64_t bits = cav_random_u64(random);
        memcpy(&number, &bits, sizeof number);
    } while (!isfinite(number));
    return number;
}

enum { HARD_NUMBERS = 1000 };

static void test_values_are_kept_to_the_bit(void **state)
{
    store_fixture *at = store_fixture_of(state);
    uint64_t seed = 20240607;
    print_message("# seed %llu\n", (unsigned long long)seed);
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
    double numbers[HARD_NUMBERS];
    for (size_t i = 0; i < HARD_NUMBERS; i++) {
        numbers[i] = hard_number(i, &random);
        int64_t number = store_add(at, (double)i, CAVIAR_STATE_RUNNING);
        double values[STORE_METRICS] = {numbers[i], i % 2 ? -numbers[i] : (double)NAN};
        cav_move move = {
            .number = number, .attempt = 1, .to = CAVIAR_STATE_COMPLETE, .values = values};
        assert_ok(at->type->trial_move(at->store, &at->scope, &move, &at->error), &at->error);
    }
    store_fixture_reopen(at);
    int64_t cursor = 0;
    store_rows rows = store_read(at, &cursor);
    assert_int_equal(rows.count, HARD_NUMBERS);
    for (size_t i = 0; i < HARD_NUMBERS; i++) {
        double other = i % 2 ? -numbers[i] : (double)NAN;
        if (!same_bits(rows.rows[i].values[0], numbers[i]) ||
            !same_bits(rows.rows[i].values[1], other))
            fail_msg("%.17g became %.17g, %.17g became %.17g", numbers[i], rows.rows[i].values[0],
                     other, rows.rows[i].values[1]);
    }
    store_rows_free(&rows);
}

// A parameter has no -0: it means the same as 0 and is the same configuration.
static void test_parameters_are_kept_to_the_bit(void **state)
{
    store_fixture *at = store_fixture_of(state);
    uint64_t seed = 20240608;
    print_message("# seed %llu\n", (unsigned long long)seed);
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
    static double raws[HARD_NUMBERS][STORE_PARAMS];
    for (size_t i = 0; i < HARD_NUMBERS; i++) {
        double hard = hard_number(i, &random);
        raws[i][0] = isnan(hard) ? 0 : fmax(-1e300, fmin(1e300, hard)) + 0.0;
        raws[i][1] = (double)(cav_random_u64(&random) >> 24);
        raws[i][2] = (double)(i % 8);
        raws[i][3] = i % 8 == 1 ? cav_random_unit(&random) : (double)NAN;
        raws[i][4] = fmax(1e-300, fmin(1e300, isnan(hard) ? 1 : fabs(hard)));
        cav_record record = {.raw = raws[i], .step = -1};
        int64_t number;
        assert_ok(at->type->trial_add(at->store, &at->scope, &record, &(cav_insert){.expected = -1},
                                      &number, &at->error),
                  &at->error);
    }
    store_fixture_reopen(at);
    int64_t cursor = 0;
    store_rows rows = store_read(at, &cursor);
    assert_int_equal(rows.count, HARD_NUMBERS);
    for (size_t i = 0; i < HARD_NUMBERS; i++)
        for (size_t p = 0; p < STORE_PARAMS; p++)
            if (!same_bits(rows.rows[i].raw[p], raws[i][p]))
                fail_msg("trial %zu, parameter %zu: %.17g became %.17g", i, p, raws[i][p],
                         rows.rows[i].raw[p]);
    store_rows_free(&rows);
}

// Every character there is, 64 KiB of them.
static char *long_text(void)
{
    enum { SIZE = 65536 };
    static const char *const pieces[] = {"\"",
                                         "\\",
                                         "'",
                                         "\n",
                                         "\r\n",
                                         "\t",
                                         "\x01",
                                         "\x7f",
                                         "%s",
                                         "{}",
                                         "; DROP",
                                         "\xc3\xa9",
                                         "?1",
                                         "\xe2\x98\x83",
                                         "\xef\xbb\xbf",
                                         "\xf0\x9f\x90\xbc",
                                         "--",
                                         "/*",
                                         "plain ",
                                         "\xef\xbf\xbf"};
    cav_text text = {0};
    for (size_t i = 0; text.size < SIZE - 8; i++)
        cav_text_append(&text, pieces[i * 7 % CAV_COUNT_OF(pieces)]);
    return cav_text_take(&text);
}

static void test_texts_of_every_kind_are_kept(void **state)
{
    store_fixture *at = store_fixture_of(state);
    char *text = long_text(), *definition = long_text();
    assert_true(text && definition && strlen(text) > 65000);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    cav_move move = {.number = 0,
                     .attempt = 1,
                     .to = CAVIAR_STATE_FAILED,
                     .reason = CAVIAR_REASON_EXIT,
                     .message = text,
                     .output = text};
    assert_ok(at->type->trial_move(at->store, &at->scope, &move, &at->error), &at->error);
    double raw[STORE_PARAMS];
    store_raw(0, raw);
    cav_record record = {.raw = raw, .origin = text, .step = -1};
    int64_t number;
    assert_ok(at->type->trial_add(at->store, &at->scope, &record, &(cav_insert){.expected = -1},
                                  &number, &at->error),
              &at->error);
    assert_int_equal(store_claim(at, number, text), number);
    store_fixture_reopen(at);
    cav_record failed = store_row(at, 0), claimed = store_row(at, number);
    assert_string_equal(failed.message, text);
    assert_string_equal(claimed.origin, text);
    assert_string_equal(claimed.owner, text);
    cav_text output = {0};
    cav_text_append(&output, "before:");
    assert_ok(at->type->output_read(at->store, &at->scope, 0, &output, &at->error), &at->error);
    assert_string_equal(cav_text_get(&output) + 7, text);
    cav_text_free(&output);
    store_row_free(&failed);
    store_row_free(&claimed);
    free(text);
    free(definition);
}

// A store may keep one copy of a text that several trials have.
static void test_trials_with_the_same_origin_or_owner_keep_theirs_when_others_change(void **state)
{
    enum { TRIALS = 40 };
    store_fixture *at = store_fixture_of(state);
    char word[32];
    double raw[STORE_PARAMS];
    store_raw(0, raw);
    for (int i = 0; i < TRIALS; i++) {
        int64_t number;
        snprintf(word, sizeof word, "origin %d", i % 2 ? i : 0);
        cav_record record = {.raw = raw, .origin = word, .step = -1};
        assert_ok(at->type->trial_add(at->store, &at->scope, &record, &(cav_insert){.expected = -1},
                                      &number, &at->error),
                  &at->error);
        snprintf(word, sizeof word, "owner %d", i % 3 ? 1 : i);
        assert_int_equal(store_claim(at, number, word), i);
    }
    assert_ok(store_move(at, 1, 1, CAVIAR_STATE_PAUSED, 1), &at->error);
    assert_int_equal(store_claim(at, 1, "another"), 1);
    for (int i = 0; i < TRIALS; i++) {
        cav_record row = store_row(at, i);
        snprintf(word, sizeof word, "origin %d", i % 2 ? i : 0);
        assert_string_equal(row.origin, word);
        snprintf(word, sizeof word, "owner %d", i % 3 ? 1 : i);
        assert_string_equal(row.owner, i == 1 ? "another" : word);
        store_row_free(&row);
    }
}

static void test_the_output_of_a_trial_is_replaced_by_a_later_one(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    const char *outputs[] = {"first", "second", NULL, ""};
    for (int64_t i = 0; i < 4; i++) {
        cav_move move = {
            .number = 0, .attempt = i + 1, .to = CAVIAR_STATE_WAITING, .output = outputs[i]};
        assert_ok(at->type->trial_move(at->store, &at->scope, &move, &at->error), &at->error);
        cav_text text = {0};
        assert_ok(at->type->output_read(at->store, &at->scope, 0, &text, &at->error), &at->error);
        assert_string_equal(cav_text_get(&text), i == 0 ? "first" : i == 3 ? "" : "second");
        cav_text_free(&text);
        store_claim(at, 0, "a");
    }
    cav_text text = {0};
    assert_int_equal(at->type->output_read(at->store, &at->scope, 1, &text, &at->error),
                     CAVIAR_NOT_FOUND);
    store_add(at, 1, CAVIAR_STATE_WAITING);
    assert_ok(at->type->output_read(at->store, &at->scope, 1, &text, &at->error), &at->error);
    assert_string_equal(cav_text_get(&text), "");
    cav_text_free(&text);
}

typedef struct report_list {
    cav_report reports[400];
    caviar_metric first[400]; // its first metric; the name is not kept
    char names[400][16];
    size_t count, stop_at;
} report_list;

static caviar_code keep_report(void *context, const cav_report *report, cav_error *error)
{
    report_list *list = context;
    if (list->stop_at && list->count + 1 == list->stop_at)
        return cav_fail(error, CAVIAR_INTERRUPTED, "enough");
    assert_true(list->count < 400);
    size_t i = list->count++;
    list->reports[i] = *report;
    if (report->metric_count > 0) {
        list->first[i] = report->metrics[0];
        snprintf(list->names[i], sizeof list->names[i], "%s", report->metrics[0].name);
    }
    return CAVIAR_OK;
}

static report_list read_reports(store_fixture *at, int64_t number, int64_t *cursor)
{
    report_list list = {0};
    assert_ok(at->type->report_read(at->store, &at->scope, number, cursor, keep_report, &list,
                                    &at->error),
              &at->error);
    return list;
}

static void test_reports_come_in_their_order_and_only_the_new_ones(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t all = 0, one = 0;
    for (int i = 0; i < 3; i++)
        store_add(at, i, CAVIAR_STATE_RUNNING);
    for (int64_t i = 0; i < 30; i++) {
        at->clock.now_ms++;
        assert_ok(store_report(at, i % 3, 1, 30 - i, (double)i), &at->error);
    }
    report_list list = read_reports(at, -1, &all);
    assert_int_equal(list.count, 30);
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(list.reports[i].number, i % 3);
        assert_int_equal(list.reports[i].attempt, 1);
        assert_int_equal(list.reports[i].step, 30 - i);
        assert_int_equal(list.reports[i].time_ms, STORE_START_MS + 1 + (int64_t)i);
        assert_int_equal(list.reports[i].metric_count, 1);
        assert_string_equal(list.names[i], "loss");
        assert_true(list.first[i].value == (double)i);
    }
    assert_int_equal(read_reports(at, 1, &one).count, 10);
    assert_int_equal(read_reports(at, -1, &all).count, 0);
    assert_ok(store_report(at, 2, 1, 99, 1), &at->error);
    assert_ok(store_report(at, 1, 1, 100, 1), &at->error);
    list = read_reports(at, 1, &one);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.reports[0].step, 100);
    assert_int_equal(read_reports(at, -1, &all).count, 2);
    int64_t unknown = 0;
    assert_int_equal(read_reports(at, 7, &unknown).count, 0);
    cav_record row = store_row(at, 1);
    assert_int_equal(row.step, 100);
    store_row_free(&row);
}

static void test_a_reading_of_reports_that_was_broken_off_starts_again(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    for (int64_t i = 0; i < 5; i++)
        assert_ok(store_report(at, 0, 1, i, 1), &at->error);
    int64_t cursor = 0;
    report_list list = {.stop_at = 3};
    assert_int_equal(
        at->type->report_read(at->store, &at->scope, -1, &cursor, keep_report, &list, &at->error),
        CAVIAR_INTERRUPTED);
    assert_int_equal(cursor, 0);
    assert_int_equal(read_reports(at, -1, &cursor).count, 5);
}

static void test_reports_of_several_attempts_are_all_kept(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    assert_ok(store_report(at, 0, 1, 5, 0.5), &at->error);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_PAUSED, NAN), &at->error);
    assert_int_equal(store_report(at, 0, 1, 6, 0.5), CAVIAR_STATE); // nobody took it: it is paused
    assert_contains(at->error.message, "paused");
    assert_int_equal(store_claim(at, 0, "b"), 0);
    assert_ok(store_report(at, 0, 2, 3, 0.25), &at->error);
    int64_t cursor = 0;
    report_list list = read_reports(at, 0, &cursor);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.reports[1].attempt, 2);
    assert_int_equal(list.reports[1].step, 3);
    cav_record row = store_row(at, 0);
    assert_int_equal(row.step, 3);
    store_row_free(&row);
}

static caviar_code sum_metrics(void *context, const cav_report *report, cav_error *error)
{
    (void)error;
    double *sum = context;
    for (size_t i = 0; i < report->metric_count; i++) {
        char name[24];
        snprintf(name, sizeof name, "m%zu", i);
        assert_string_equal(report->metrics[i].name, name);
        *sum += report->metrics[i].value;
    }
    return CAVIAR_OK;
}

static void test_a_report_may_have_many_metrics(void **state)
{
    store_fixture *at = store_fixture_of(state);
    enum { METRICS = 1000 };
    static char names[METRICS][24];
    static caviar_metric metrics[METRICS];
    for (size_t i = 0; i < METRICS; i++) {
        snprintf(names[i], sizeof names[i], "m%zu", i);
        metrics[i] = (caviar_metric){names[i], (double)i};
    }
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    cav_report report = {.attempt = 1, .metrics = metrics, .metric_count = METRICS};
    assert_ok(at->type->report_add(at->store, &at->scope, &report, 1, &at->error), &at->error);
    report.metric_count = 0; // a step alone is a report, too
    assert_ok(at->type->report_add(at->store, &at->scope, &report, 1, &at->error), &at->error);
    store_fixture_reopen(at);
    int64_t cursor = 0;
    double sum = 0;
    assert_ok(
        at->type->report_read(at->store, &at->scope, 0, &cursor, sum_metrics, &sum, &at->error),
        &at->error);
    assert_true(sum == METRICS * (METRICS - 1) / 2.0);
}

// What a trial prints is not under our control: it may say a=1 a=2.
static void test_of_a_metric_that_is_reported_twice_the_last_counts(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    caviar_metric metrics[] = {{"loss", 1}, {"time", 2}, {"loss", 3}};
    cav_report report = {.attempt = 1, .metrics = metrics, .metric_count = 3};
    assert_ok(at->type->report_add(at->store, &at->scope, &report, 1, &at->error), &at->error);
    int64_t cursor = 0;
    report_list list = read_reports(at, 0, &cursor);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.reports[0].metric_count, 2);
    double loss = strcmp(list.names[0], "loss") == 0 ? list.first[0].value : 3;
    assert_true(loss == 3);
}

static void test_what_is_not_finite_comes_back_as_not_a_number(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    static const double wild[] = {NAN, INFINITY, -INFINITY};
    for (int64_t i = 0; i < 3; i++)
        assert_ok(store_report(at, 0, 1, i, wild[i]), &at->error);
    int64_t cursor = 0;
    report_list list = read_reports(at, 0, &cursor);
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(isnan(list.first[i].value));
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_PRUNED, INFINITY), &at->error);
    cav_record row = store_row(at, 0);
    assert_true(isnan(row.values[0]));
    store_row_free(&row);
}

static caviar_code count_row(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    int64_t *count = context;
    assert_int_equal(record->number, *count);
    assert_true(record->values[0] == (double)*count / 8);
    ++*count;
    return CAVIAR_OK;
}

// Reads all; answers the cursor.
static int64_t expect_count(store_fixture *at, int64_t expected)
{
    int64_t cursor = 0, count = 0;
    assert_ok(at->type->trial_read(at->store, &at->scope, &cursor, count_row, &count, &at->error),
              &at->error);
    assert_int_equal(count, expected);
    return cursor;
}

static void test_many_trials(void **state)
{
    enum { AT_ONCE = 10000, GROUP = 500 };
    store_fixture *at = store_fixture_of(state);
    // in the long run as many as are read in one go, and more
    const int first = getenv("CAVIAR_TEST_LONG") ? AT_ONCE : GROUP, trials = first + GROUP;
    for (int i = 0; i < trials; i++) {
        if (i % GROUP == 0)
            assert_ok(at->type->begin(at->store, &at->error), &at->error);
        assert_int_equal(store_add(at, i, CAVIAR_STATE_RUNNING), i);
        assert_ok(store_move(at, i, 1, CAVIAR_STATE_COMPLETE, i / 8.0), &at->error);
        if (i % GROUP == GROUP - 1)
            assert_ok(at->type->commit(at->store, &at->error), &at->error);
        if (i == first - 1)
            expect_count(at, first);
    }
    store_fixture_reopen(at);
    int64_t cursor = 0;
    int visits = 0;
    assert_int_equal( // and what the store had begun to read is not taken for an answer
        at->type->trial_read(at->store, &at->scope, &cursor, refuse_second, &visits, &at->error),
        CAVIAR_INTERRUPTED);
    cursor = expect_count(at, trials);
    EXPECT_NOTHING_NEW(at, &cursor);
    assert_int_equal(store_add(at, 1, CAVIAR_STATE_WAITING), trials);
    EXPECT_NEW(at, &cursor, trials);
    store_assert_sound(at->store);
}

static void test_two_handles_see_each_other(void **state)
{
    store_fixture *at = store_fixture_of(state);
    if (!at->persists)
        return;
    cav_store *first = at->store, *second = store_fixture_open(at, false);
    int64_t cursors[2] = {0, 0};
    for (int i = 0; i < 4; i++) {
        at->store = i % 2 ? first : second;
        assert_int_equal(store_add(at, i, CAVIAR_STATE_WAITING), i);
        for (int reader = 0; reader < 2; reader++) {
            at->store = reader ? first : second;
            EXPECT_NEW(at, &cursors[reader], i);
            EXPECT_NOTHING_NEW(at, &cursors[reader]);
        }
    }
    at->store = first;
    assert_int_equal(store_claim(at, -1, "first"), 0);
    at->store = second;
    assert_int_equal(store_claim(at, 0, "second"), -1);
    assert_int_equal(store_claim(at, -1, "second"), 1);
    assert_ok(at->type->study_set(second, at->study, NULL, CAV_CONTROL_STOP, &at->error),
              &at->error);
    cav_control control;
    assert_ok(at->type->study_control(first, at->study, &control, NULL, &at->error), &at->error);
    assert_int_equal(control, CAV_CONTROL_STOP);
    cav_store_close(second);
    at->store = first;
    EXPECT_NEW(at, &cursors[1], 0, 1);
}

static void test_a_group_becomes_visible_together(void **state)
{
    store_fixture *at = store_fixture_of(state);
    cav_store *writer = at->store;
    cav_store *reader = at->persists ? store_fixture_open(at, false) : NULL;
    int64_t own = 0, others = 0;
    assert_ok(at->type->begin(writer, &at->error), &at->error);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 1), &at->error);
    int64_t number; // a refusal is no failure of the group
    double raw[STORE_PARAMS];
    store_raw(1, raw);
    assert_int_equal(at->type->trial_add(writer, &at->scope, &(cav_record){.raw = raw},
                                         &(cav_insert){.expected = 9}, &number, &at->error),
                     CAVIAR_EXISTS);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    EXPECT_NEW(at, &own, 0, 1); // the writer sees its own
    if (reader) {
        at->store = reader;
        EXPECT_NOTHING_NEW(at, &others);
        at->store = writer;
    }
    assert_ok(at->type->commit(writer, &at->error), &at->error);
    EXPECT_NOTHING_NEW(at, &own);
    if (reader) {
        at->store = reader;
        EXPECT_NEW(at, &others, 0, 1);
        at->store = writer;
    }
    cav_store_close(reader);
}

static void test_groups_nest_and_the_outermost_counts(void **state)
{
    store_fixture *at = store_fixture_of(state);
    assert_ok(at->type->begin(at->store, &at->error), &at->error);
    assert_ok(at->type->begin(at->store, &at->error), &at->error);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    assert_ok(at->type->commit(at->store, &at->error), &at->error);
    if (at->persists) {
        cav_store *writer = at->store;
        at->store = store_fixture_open(at, false);
        int64_t cursor = 0;
        EXPECT_NOTHING_NEW(at, &cursor);
        cav_store_close(at->store);
        at->store = writer;
    }
    assert_ok(at->type->commit(at->store, &at->error), &at->error);
    assert_ok(at->type->sync(at->store, &at->error), &at->error);
    store_fixture_reopen(at);
    store_assert_state(at, 0, CAVIAR_STATE_RUNNING, 1);
}

static void test_a_group_that_was_never_committed_is_gone(void **state)
{
    store_fixture *at = store_fixture_of(state);
    if (!at->persists)
        return;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    assert_ok(at->type->begin(at->store, &at->error), &at->error);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 1), &at->error);
    store_fixture_reopen(at);
    int64_t cursor = 0;
    EXPECT_NEW(at, &cursor, 0);
    store_assert_state(at, 0, CAVIAR_STATE_RUNNING, 1);
    store_assert_sound(at->store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading_gives_each_change_once_in_the_order_of_the_latest),
        cmocka_unit_test(test_a_report_and_a_refused_call_change_nothing),
        cmocka_unit_test(test_two_readers_of_one_handle_each_see_everything),
        cmocka_unit_test(test_a_reading_that_was_broken_off_starts_again),
        cmocka_unit_test(test_values_are_kept_to_the_bit),
        cmocka_unit_test(test_parameters_are_kept_to_the_bit),
        cmocka_unit_test(test_texts_of_every_kind_are_kept),
        cmocka_unit_test(test_trials_with_the_same_origin_or_owner_keep_theirs_when_others_change),
        cmocka_unit_test(test_the_output_of_a_trial_is_replaced_by_a_later_one),
        cmocka_unit_test(test_reports_come_in_their_order_and_only_the_new_ones),
        cmocka_unit_test(test_a_reading_of_reports_that_was_broken_off_starts_again),
        cmocka_unit_test(test_reports_of_several_attempts_are_all_kept),
        cmocka_unit_test(test_a_report_may_have_many_metrics),
        cmocka_unit_test(test_of_a_metric_that_is_reported_twice_the_last_counts),
        cmocka_unit_test(test_what_is_not_finite_comes_back_as_not_a_number),
        cmocka_unit_test(test_many_trials),
        cmocka_unit_test(test_two_handles_see_each_other),
        cmocka_unit_test(test_a_group_becomes_visible_together),
        cmocka_unit_test(test_groups_nest_and_the_outermost_counts),
        cmocka_unit_test(test_a_group_that_was_never_committed_is_gone),
    };
    return store_suite_run("stores: reading", tests, sizeof tests / sizeof tests[0]);
}
