/**
 * test_tpe_branch.c: which branch comes how often, and the split of its trials.
 */
#include "support/test.h"

#include "base/random.h"
#include "search/tpe_branch.h"

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
    cav_tpe_branch branch;
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
}

static void tear_down(fixture *at)
{
    cav_tpe_branch_free(&at->branch);
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
        cav_error error = {0};
        double lot = ((double)i + 0.5) / LOTS;
        assert_ok(cav_tpe_branch_choose(&at.branch, &at.split, at.history, lot, &error), &error);
        for (size_t k = 0; k < 3; k++)
            counts[k] += at.branch.name == name_of(at.history, k);
    }
    assert_int_equal(counts[1], 600); // 1 : 1/2 : 1/3
    assert_int_equal(counts[2], 300);
    assert_int_equal(counts[0], 200);
    tear_down(&at);
}

static void test_the_good_trials_of_a_branch_are_its_best_ones(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    cav_error error = {0};
    assert_ok(cav_tpe_branch_choose(&at.branch, &at.split, at.history, 0.7, &error), &error);
    assert_true(at.branch.name == name_of(at.history, 2));
    assert_int_equal(at.branch.good.count, 5);   // 15 % of 33
    assert_int_equal(at.branch.other.count, 30); // the failed and the running one among them
    double worst = -INFINITY, best_other = INFINITY, best = INFINITY;
    for (size_t i = 0; i < 5; i++) {
        size_t row = at.branch.good.rows[i];
        assert_true(name_of(at.history, row) == at.branch.name);
        worst = fmax(worst, at.history->losses[row]);
        best = fmin(best, at.history->losses[row]);
    }
    bool has_failed = false, has_running = false;
    for (size_t i = 0; i < 30; i++) {
        size_t row = at.branch.other.rows[i];
        assert_true(name_of(at.history, row) == at.branch.name);
        assert_true(at.branch.other.weights[i] == 1);
        has_failed |= row == 99;
        has_running |= row == 100;
        if (row < 99)
            best_other = fmin(best_other, at.history->losses[row]);
    }
    assert_true(has_failed && has_running && worst <= best_other);
    for (size_t i = 0; i < 5; i++) {
        double loss = at.history->losses[at.branch.good.rows[i]];
        assert_near(at.branch.good.weights[i],
                    fmax(1e-12, (best_other - loss) / (best_other - best)), 1e-12);
    }
    tear_down(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_branch_is_named_by_what_is_active),
        cmocka_unit_test(test_branches_come_as_often_as_their_best_values_rank),
        cmocka_unit_test(test_the_good_trials_of_a_branch_are_its_best_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
