/**
 * test_tpe_part.c: which branch comes how often, and the splits of its trials, and of those in
 * which a coordinate is active.
 */
#include "support/test.h"

#include "base/random.h"
#include "search/tpe_part.h"

#include <math.h>

static const bool minimize[1];

// Trials of three branches: coordinate 0 is always active, 1 in branches 1 and 2, 2 in branch 2.
static void put(cav_history *history, size_t branch, caviar_state state, double loss)
{
    cav_error error = {0};
    double number = (double)history->count;
    const double point[3] = {number, branch > 0 ? number : NAN, branch > 1 ? number : NAN};
    cav_record record = {.number = (int64_t)history->count,
                         .state = state,
                         .raw = point,
                         .values = &loss,
                         .step = -1};
    assert_ok(cav_history_put(history, &record, point, &error), &error);
}

static uint64_t name_of(const cav_history *history, size_t row)
{
    return cav_tpe_branch_of(history->points + 3 * row, 3);
}

static void test_a_branch_is_named_by_what_is_active(void **state)
{
    (void)state;
    const double a[3] = {0.1, NAN, 0.5}, b[3] = {0.9, NAN, 0}, c[3] = {0.1, 0.5, NAN};
    const double none[3] = {NAN, NAN, NAN};
    assert_true(cav_tpe_branch_of(a, 3) == cav_tpe_branch_of(b, 3));
    assert_true(cav_tpe_branch_of(a, 3) != cav_tpe_branch_of(c, 3));
    assert_true(cav_tpe_branch_of(none, 3) != 0);
}

typedef struct fixture {
    cav_history *history;
    cav_tpe_split split;
    cav_tpe_part part;
} fixture;

// A hundred trials, in turns of the three branches; branch 1 has the best value, then 2, then 0.
static void set_up(fixture *at)
{
    static const cav_tpe_split_options options = {
        .good_share = 0.15, .most_good = 25, .most_other = 1000};
    cav_error error = {0};
    *at = (fixture){.history = cav_history_new(3, 3, 1, minimize)};
    static const double offsets[] = {30, 10, 20};
    for (size_t i = 0; i < 99; i++)
        put(at->history, i % 3, CAVIAR_STATE_COMPLETE, offsets[i % 3] + (double)(i * 37 % 99));
    put(at->history, 2, CAVIAR_STATE_FAILED, NAN);
    put(at->history, 2, CAVIAR_STATE_RUNNING, NAN);
    assert_ok(cav_tpe_split_init(&at->split, &options, 5, 1, &error), &error);
    assert_ok(cav_tpe_split_update(&at->split, at->history, &error), &error);
    assert_ok(cav_tpe_part_list(&at->part, &at->split, at->history, &error), &error);
}

static void tear_down(fixture *at)
{
    cav_tpe_part_free(&at->part);
    cav_tpe_split_free(&at->split);
    cav_history_free(at->history);
}

static void test_branches_come_as_often_as_their_best_values_rank(void **state)
{
    (void)state;
    enum { LOTS = 1100 };
    fixture at;
    set_up(&at);
    size_t counts[3] = {0};
    for (size_t i = 0; i < LOTS; i++) {
        uint64_t name = cav_tpe_part_draw_branch(&at.part, ((double)i + 0.5) / LOTS);
        for (size_t k = 0; k < 3; k++)
            counts[k] += name == name_of(at.history, k);
    }
    assert_int_equal(counts[1], 600); // 1 : 1/2 : 1/3
    assert_int_equal(counts[2], 300);
    assert_int_equal(counts[0], 200);
    tear_down(&at);
}

// Looks at the good ones, which are so many and the best, and at the others with their weights.
static void check_part(const fixture *at, size_t good, size_t other)
{
    const cav_history *history = at->history;
    const cav_tpe_part *part = &at->part;
    assert_int_equal(part->good.count, good);
    assert_int_equal(part->other.count, other);
    double worst = -INFINITY, best_other = INFINITY, best = INFINITY;
    for (size_t i = 0; i < good; i++) {
        worst = fmax(worst, history->losses[part->good.rows[i]]);
        best = fmin(best, history->losses[part->good.rows[i]]);
    }
    bool has_failed = false, has_running = false;
    for (size_t i = 0; i < other; i++) {
        size_t row = part->other.rows[i];
        assert_true(part->other.weights[i] == 1);
        has_failed |= row == 99;
        has_running |= row == 100;
        if (row < 99)
            best_other = fmin(best_other, history->losses[row]);
    }
    assert_true(has_failed && has_running && worst <= best_other);
    for (size_t i = 0; i < good; i++) {
        double loss = history->losses[part->good.rows[i]];
        assert_near(part->good.weights[i], fmax(1e-12, (best_other - loss) / (best_other - best)),
                    1e-12);
    }
}

static void test_the_good_trials_of_a_branch_are_its_best_ones(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    cav_error error = {0};
    uint64_t name = name_of(at.history, 2);
    assert_ok(cav_tpe_part_take_branch(&at.part, name, &error), &error);
    check_part(&at, 5, 30); // 15 % of 33; the failed and the running one are among the others
    for (size_t i = 0; i < 5; i++)
        assert_true(name_of(at.history, at.part.good.rows[i]) == name);
    for (size_t i = 0; i < 30; i++)
        assert_true(name_of(at.history, at.part.other.rows[i]) == name);
    tear_down(&at);
}

static void test_the_good_trials_with_a_coordinate_are_the_best_of_those(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    cav_error error = {0};
    assert_ok(cav_tpe_part_take_active(&at.part, 2, &error), &error);
    check_part(&at, 5, 30);
    assert_ok(cav_tpe_part_take_active(&at.part, 1, &error), &error);
    check_part(&at, 10, 58); // of branches 1 and 2
    for (size_t i = 0; i < 10; i++)
        assert_true(name_of(at.history, at.part.good.rows[i]) != name_of(at.history, 0));
    tear_down(&at);
}

static void test_a_coordinate_that_no_trial_has_had_has_none(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    cav_error error = {0};
    for (size_t i = 0; i < at.history->count; i++)
        at.history->points[3 * i + 2] = NAN;
    assert_ok(cav_tpe_part_take_active(&at.part, 2, &error), &error);
    assert_int_equal(at.part.good.count + at.part.other.count, 0);
    tear_down(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_branch_is_named_by_what_is_active),
        cmocka_unit_test(test_branches_come_as_often_as_their_best_values_rank),
        cmocka_unit_test(test_the_good_trials_of_a_branch_are_its_best_ones),
        cmocka_unit_test(test_the_good_trials_with_a_coordinate_are_the_best_of_those),
        cmocka_unit_test(test_a_coordinate_that_no_trial_has_had_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
