/**
 * test_tpe_split.c: good and other trials, against the definition, whatever comes in which order.
 */
#include "support/test.h"

#include "base/random.h"
#include "search/tpe_split.h"

#include <math.h>

static const bool minimize[3];
static const cav_tpe_split_options usual = {.good_share = 0.15, .most_good = 25, .most_other = 100};

static void put(cav_history *history, size_t number, caviar_state state, const double *values,
                int64_t step)
{
    cav_error error = {0};
    const double raw[1] = {0}, point[1] = {(double)number};
    cav_record record = {
        .number = (int64_t)number, .state = state, .raw = raw, .values = values, .step = step};
    assert_ok(cav_history_put(history, &record, point, &error), &error);
}

// A trial that ends in some way; few different losses, so that some are equal.
static void put_random(cav_history *history, size_t number, cav_random *random)
{
    double values[3];
    for (size_t m = 0; m < 3; m++)
        values[m] = (double)cav_random_below(random, 50) - 25;
    uint64_t kind = cav_random_below(random, 10);
    caviar_state state = kind < 6   ? CAVIAR_STATE_COMPLETE
                         : kind < 8 ? CAVIAR_STATE_PRUNED
                         : kind < 9 ? CAVIAR_STATE_FAILED
                                    : CAVIAR_STATE_RUNNING;
    if (state == CAVIAR_STATE_COMPLETE && cav_random_below(random, 20) == 0)
        values[0] = NAN;
    put(history, number, state, values, (int64_t)cav_random_below(random, 4));
}

// 0 for complete trials, 1 for pruned, 2 for those without a value.
static int class_of(const cav_history *history, size_t row)
{
    for (size_t m = 0; m < history->metric_count; m++)
        if (!isfinite(history->losses[row * history->metric_count + m]))
            return 2;
    return history->states[row] == CAVIAR_STATE_COMPLETE ? 0
           : history->states[row] == CAVIAR_STATE_PRUNED ? 1
                                                         : 2;
}

// Is a surely better than b, or (negative) worse, or (0) are they equal but for the lot?
static int compare(const cav_history *history, size_t a, size_t b)
{
    int x = class_of(history, a), y = class_of(history, b);
    if (x != y)
        return y - x;
    if (x == 1 && history->steps[a] != history->steps[b])
        return history->steps[a] > history->steps[b] ? 1 : -1;
    double p = history->losses[a * history->metric_count];
    double q = history->losses[b * history->metric_count];
    return x == 2 ? 0 : (p < q) - (p > q);
}

static bool has(const cav_tpe_group *group, size_t row)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->rows[i] == row)
            return true;
    return false;
}

static void check_good(const cav_tpe_split *split, const cav_history *history)
{
    size_t valued = 0;
    for (size_t i = 0; i < history->finished_count; i++)
        valued += class_of(history, history->finished[i]) < 2;
    size_t wanted = (size_t)ceil(0.15 * (double)valued);
    assert_int_equal(split->valued, valued);
    assert_int_equal(split->good.count, wanted < 25 ? wanted : 25);
    double bar = INFINITY;
    for (size_t i = 0; i < history->finished_count; i++) {
        size_t row = history->finished[i];
        if (has(&split->good, row))
            continue;
        if (class_of(history, row) == 0)
            bar = fmin(bar, history->losses[row]);
        for (size_t k = 0; k < split->good.count; k++)
            assert_true(compare(history, split->good.rows[k], row) >= 0);
    }
    double least = split->good.count ? history->losses[split->good.rows[0]] : 0;
    bool known = isfinite(bar) && bar > least;
    for (size_t k = 0; k < split->good.count; k++) {
        double loss = history->losses[split->good.rows[k]];
        double weight = known ? fmax(1e-12, (bar - loss) / (bar - least)) : 1;
        assert_near(split->good.weights[k], weight, 1e-12);
    }
}

static void check_other(const cav_tpe_split *split, const cav_history *history)
{
    const cav_tpe_group *other = &split->other;
    double total = 0;
    for (size_t i = 0; i < other->count; i++) {
        assert_false(has(&split->good, other->rows[i]));
        for (size_t k = 0; k < i; k++)
            assert_true(other->rows[k] != other->rows[i]);
        total += other->weights[i];
    }
    size_t ended = history->finished_count - split->good.count;
    assert_near(total, (double)(ended + history->open_count), 1e-6);
    for (size_t i = 0; i < history->open_count; i++)
        assert_true(has(other, history->open[i]));
    if (ended <= split->options.most_other) {
        for (size_t i = 0; i < other->count; i++)
            assert_true(other->weights[i] == 1);
        return;
    }
    assert_int_equal(other->count, split->options.most_other + history->open_count);
    if (split->fronts)
        return;
    for (size_t i = 0; i < history->finished_count; i++) { // the best of the others are all there
        size_t row = history->finished[i], last = other->rows[split->options.most_other / 2 - 1];
        if (!has(&split->good, row) && compare(history, row, last) > 0)
            assert_true(has(other, row));
    }
}

static void test_the_split_follows_the_definition_at_any_time(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(821), 0, CAV_PURPOSE_TEST, 0);
    for (size_t metrics = 1; metrics <= 3; metrics += 2) {
        cav_history *history = cav_history_new(1, 1, metrics, minimize);
        cav_tpe_split split;
        cav_error error = {0};
        assert_ok(cav_tpe_split_init(&split, &usual, 7, metrics, &error), &error);
        for (size_t number = 0; number < 400; number++) {
            put_random(history, number, &random);
            if (history->open_count > 20) // the oldest comes to its end
                put(history, history->open[0], CAVIAR_STATE_FAILED, NULL, -1);
            if (cav_random_below(&random, 3) > 0)
                continue;
            assert_ok(cav_tpe_split_update(&split, history, &error), &error);
            if (metrics == 1)
                check_good(&split, history);
            check_other(&split, history);
        }
        cav_tpe_split_free(&split);
        cav_history_free(history);
    }
}

static void same_groups(const cav_tpe_group *a, const cav_tpe_group *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->rows[i], b->rows[i]);
        assert_true(a->weights[i] == b->weights[i]);
    }
}

static void test_who_looks_late_or_sees_another_order_splits_alike(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(822), 0, CAV_PURPOSE_TEST, 0);
    cav_error error = {0};
    for (size_t metrics = 1; metrics <= 3; metrics++) {
        cav_history *history = cav_history_new(1, 1, metrics, minimize);
        cav_history *shuffled = cav_history_new(1, 1, metrics, minimize);
        cav_tpe_split old, late;
        assert_ok(cav_tpe_split_init(&old, &usual, 7, metrics, &error), &error);
        assert_ok(cav_tpe_split_init(&late, &usual, 7, metrics, &error), &error);
        cav_random draws = random;
        for (size_t number = 0; number < 300; number++) {
            put_random(history, number, &random);
            assert_ok(cav_tpe_split_update(&old, history, &error), &error);
        }
        for (size_t number = 0; number < 300; number++) { // the same, but all end in reverse order
            put(shuffled, number, CAVIAR_STATE_RUNNING, NULL, -1);
        }
        cav_history *copy = cav_history_new(1, 1, metrics, minimize);
        for (size_t number = 0; number < 300; number++)
            put_random(copy, number, &draws);
        for (size_t i = 300; i-- > 0;)
            if (copy->states[i] != CAVIAR_STATE_RUNNING)
                put(shuffled, i, (caviar_state)copy->states[i], copy->losses + i * metrics,
                    copy->steps[i]);
        assert_ok(cav_tpe_split_update(&late, shuffled, &error), &error);
        same_groups(&old.good, &late.good);
        same_groups(&old.other, &late.other);
        cav_tpe_split_free(&old);
        cav_tpe_split_free(&late);
        cav_history_free(history);
        cav_history_free(shuffled);
        cav_history_free(copy);
    }
}

static void test_the_sample_stands_for_all_alike(void **state)
{
    (void)state;
    // the mean weight that a trial has over many studies is 1, wherever it stands
    enum { TRIALS = 600, STUDIES = 400 };
    static double sums[TRIALS];
    cav_error error = {0};
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    for (size_t number = 0; number < TRIALS; number++) {
        double value = (double)number;
        put(history, number, CAVIAR_STATE_COMPLETE, &value, -1);
    }
    uint64_t seed = test_seed(823);
    memset(sums, 0, sizeof sums);
    for (uint64_t study = 0; study < STUDIES; study++) {
        cav_tpe_split split;
        assert_ok(cav_tpe_split_init(&split, &usual, seed + study, 1, &error), &error);
        assert_ok(cav_tpe_split_update(&split, history, &error), &error);
        for (size_t i = 0; i < split.other.count; i++)
            sums[split.other.rows[i]] += split.other.weights[i] / STUDIES;
        cav_tpe_split_free(&split);
    }
    double first = 0, second = 0;
    for (size_t number = 25; number < 75; number++) // kept as they are
        assert_near(sums[number], 1, 1e-9);
    for (size_t number = 75; number < TRIALS; number++) {
        // each is in the sample with probability 50/525, and then weighs 525/50
        assert_near(sums[number], 1, 5 * sqrt(525. / 50 / STUDIES));
        *(number < 75 + 262 ? &first : &second) += sums[number];
    }
    assert_near(first / 262, 1, 0.05);
    assert_near(second / 263, 1, 0.05);
    cav_history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_split_follows_the_definition_at_any_time),
        cmocka_unit_test(test_who_looks_late_or_sees_another_order_splits_alike),
        cmocka_unit_test(test_the_sample_stands_for_all_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
