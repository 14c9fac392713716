/**
 * test_freeze_thaw.c: its stages, coarse to fine; goes by the ranks of asha where curves cannot be
 * extrapolated, and only there; finds better ends in as many steps where they can.
 */
#include "support/test.h"

#include "support/fleet.h"

#include "base/memory.h"

#include <math.h>

enum { LAST = 40, TRIALS = 150 };

// Flat, until the learning rate falls late in the training, which helps some and harms others.
static double cosine(double x, int64_t step)
{
    double late = step > LAST * 6 / 10 ? (double)(step - LAST * 6 / 10) / LAST : 0;
    double turn = fmod(x * 7919, 1) * 2 - 1;
    return 0.8 + 0.05 * x + turn * late;
}

// A power law, whose amplitude has nothing to do with its end.
static double power_law(double x, int64_t step)
{
    double amplitude = 0.2 + fmod(x * 7919, 1);
    return (x - 0.3) * (x - 0.3) + amplitude * pow((double)step, -0.8);
}

// A fleet with what all have in common.
static test_fleet *start(fleet_options options)
{
    cav_error error = {0};
    options.trials = TRIALS;
    options.step_max = LAST;
    test_fleet *made = fleet_new(&options, &error);
    assert_non_null(made);
    return made;
}

static test_fleet *start_own(const cav_option_value *given, size_t count, size_t workers,
                             uint64_t seed)
{
    return start((fleet_options){.scheduler = "freeze-thaw",
                                 .options = given,
                                 .option_count = count,
                                 .workers = workers,
                                 .seed = seed,
                                 .loss = power_law});
}

static void go_to(test_fleet *at, size_t reports)
{
    while (at->report_count < reports && fleet_turn(at))
        continue;
}

// How many turns the two schedulers take the same way, to the end of either.
static size_t count_same(fleet_loss *loss, uint64_t seed, size_t *ret_turns)
{
    static const cav_option_value fine[] = {{"coarse", "0", ""}}; // as after the coarse stages
    fleet_options asha = {.scheduler = "asha", .workers = 3, .seed = seed, .loss = loss},
                  own = asha;
    own.scheduler = "freeze-thaw";
    own.options = fine;
    own.option_count = CAV_COUNT_OF(fine);
    test_fleet *a = start(own), *b = start(asha);
    size_t same = 0;
    *ret_turns = 0;
    bool is_same = true;
    while (fleet_turn(a) && fleet_turn(b)) {
        is_same &= a->report_count == b->report_count && a->pause_count == b->pause_count &&
                   a->resume_count == b->resume_count && a->history->count == b->history->count;
        same += is_same;
        ++*ret_turns;
    }
    fleet_free(a);
    fleet_free(b);
    return same;
}

static void test_curves_that_turn_late_are_left_to_their_ranks(void **state)
{
    (void)state;
    uint64_t seed = test_seed(751);
    size_t turns, same = count_same(cosine, seed, &turns);
    assert_true(turns > 200);
    assert_int_equal(same, turns);
    same = count_same(power_law, seed, &turns);
    assert_true(same < turns * 3 / 4); // with the first few curves, too
}

// The least loss of a trial that came to its end in so many steps; the steps until the end of the
// study where 0.
static double least_loss(const char *scheduler, uint64_t seed, size_t *steps)
{
    test_fleet *at = start(
        (fleet_options){.scheduler = scheduler, .workers = 3, .seed = seed, .loss = power_law});
    double least = INFINITY;
    go_to(at, *steps ? *steps : SIZE_MAX);
    for (size_t i = 0; i < at->history->count; i++)
        if (at->history->steps[i] == LAST)
            least = fmin(least, power_law(at->xs[i], LAST));
    *steps = at->report_count;
    fleet_free(at);
    return least;
}

static void test_it_finds_better_ends_than_as_many_steps_of_whole_trainings(void **state)
{
    (void)state;
    uint64_t seed = test_seed(752);
    double own = 0, whole = 0;
    for (uint64_t k = 0; k < 10; k++) {
        size_t steps = 0;
        own += least_loss("freeze-thaw", seed + k, &steps);
        whole += least_loss("none", seed + k, &steps);
    }
    if (!(own < whole))
        fail_msg("%g, %g without", own, whole);
}

static void test_trials_of_the_coarse_stages_are_of_equal_length(void **state)
{
    (void)state;
    enum { FIRST = LAST / 10, SECOND = LAST / 5, TRIALS_OF_FIRST = 8 }; // 6, and 2 for x
    const cav_option_value given[] = {{"whole", "0", ""}};
    test_fleet *at = start_own(given, 1, 3, test_seed(755));
    go_to(at, TRIALS_OF_FIRST * FIRST - 1);
    size_t first = at->history->count;
    for (size_t i = 0; i < first; i++)
        assert_true(at->history->states[i] == CAVIAR_STATE_PAUSED ? at->history->steps[i] == FIRST
                                                                  : at->history->steps[i] < FIRST);
    assert_in_range(first, TRIALS_OF_FIRST, TRIALS_OF_FIRST + 3);
    go_to(at, TRIALS_OF_FIRST * FIRST + 2 * TRIALS_OF_FIRST * SECOND - 1);
    assert_int_equal(at->resume_count, 0);
    for (size_t i = first; i < at->history->count; i++)
        assert_true(at->history->states[i] == CAVIAR_STATE_PAUSED ? at->history->steps[i] == SECOND
                                                                  : at->history->steps[i] < SECOND);
    assert_in_range(at->history->count, first + 2 * TRIALS_OF_FIRST - 3,
                    first + 2 * TRIALS_OF_FIRST + 3);
    fleet_free(at);
}

// The best so far goes on, and no more than that: with many workers, too.
static void test_in_the_coarse_stages_some_come_to_their_end(void **state)
{
    (void)state;
    static const size_t workers[] = {1, 3, 16};
    const cav_option_value given[] = {{"whole", "0.3", ""}, {"trials", "10000", ""}};
    for (size_t k = 0; k < CAV_COUNT_OF(workers); k++) {
        test_fleet *at = start_own(given, 2, workers[k], test_seed(756));
        go_to(at, 6 * LAST);
        const cav_history *history = at->history;
        size_t complete = 0, beyond = 0;
        for (size_t i = 0; i < history->count; i++) {
            complete += history->states[i] == CAVIAR_STATE_COMPLETE;
            beyond += history->steps[i] > LAST / 10;
        }
        print_message("# %zu workers: %zu of %zu complete\n", workers[k], complete, history->count);
        assert_true(complete == 1 || workers[k] > 1);
        assert_int_equal(beyond, 1); // 0.3 of six trainings
        assert_true(history->count > 20);
        fleet_free(at);
    }
}

// What share of the steps from `from` on is of trials that came to their end.
static double whole_share(uint64_t seed, size_t from, const cav_option_value *given, size_t count)
{
    test_fleet *at = start_own(given, count, 1, seed);
    int64_t before[TRIALS] = {0}, all = 0, whole = 0;
    go_to(at, from);
    for (size_t i = 0; i < at->history->count; i++)
        before[i] = at->history->steps[i];
    go_to(at, 2 * from);
    for (size_t i = 0; i < at->history->count; i++) {
        int64_t steps = at->history->steps[i] - before[i];
        all += steps;
        whole += at->history->steps[i] == LAST ? steps : 0;
    }
    fleet_free(at);
    return (double)whole / (double)all;
}

static void test_after_the_coarse_stages_more_steps_are_of_trials_that_end(void **state)
{
    (void)state;
    uint64_t seed = test_seed(753);
    double coarse = 0, later = 0;
    for (uint64_t k = 0; k < 8; k++) {
        coarse += whole_share(seed + k, 2 * LAST, NULL, 0) / 8;
        later += whole_share(seed + k, 5 * LAST, NULL, 0) / 8;
    }
    print_message("# %.2f, later %.2f\n", coarse, later);
    assert_true(later > coarse + 0.05);
}

// Nothing has hope enough to be gone on with for it.
static void test_where_nothing_has_hope_trials_still_come_to_their_end(void **state)
{
    (void)state;
    const cav_option_value given[] = {{"hopeless", "0.5", ""}, {"whole", "0.5", ""}};
    const cav_option_value none[] = {{"hopeless", "0.5", ""}, {"whole", "0", ""}};
    uint64_t seed = test_seed(754);
    double with = 0, without = 0;
    for (uint64_t k = 0; k < 4; k++) {
        with += whole_share(seed + k, 6 * LAST, given, 2) / 4;
        without += whole_share(seed + k, 6 * LAST, none, 2) / 4;
    }
    print_message("# %.2f, without %.2f\n", with, without);
    assert_true(with > 0.3 && with > without + 0.1);
}

static void test_later_each_trial_gets_its_first_part(void **state)
{
    (void)state;
    test_fleet *at = start_own(NULL, 0, 3, test_seed(757));
    go_to(at, 6 * LAST);
    size_t first = at->history->count, paused = 0;
    go_to(at, 20 * LAST);
    for (size_t i = first; i < at->history->count; i++) {
        if (at->history->states[i] != CAVIAR_STATE_PAUSED)
            continue;
        assert_true(at->history->steps[i] >= LAST * 2 / 5);
        paused++;
    }
    fleet_free(at);
    assert_true(paused > 5);
}

// The coarse stages leave a part of a budget, in which some trials come to their end.
static void spend(int64_t trainings, size_t workers, uint64_t seed)
{
    const cav_option_value given[] = {{"whole", "0", ""}};
    test_fleet *at = start((fleet_options){.scheduler = "freeze-thaw",
                                           .options = given,
                                           .option_count = 1,
                                           .workers = workers,
                                           .seed = seed,
                                           .loss = power_law,
                                           .step_budget = trainings * LAST});
    const cav_history *history = at->history;
    bool is_coarse = true;
    size_t complete = 0;
    int64_t coarse = 0;
    while (fleet_turn(at)) {
        for (size_t i = 0; i < history->count; i++)
            is_coarse &= history->steps[i] <= LAST / 5;
        coarse = is_coarse ? history->step_sum : coarse;
    }
    for (size_t i = 0; i < history->count; i++)
        complete += history->states[i] == CAVIAR_STATE_COMPLETE;
    print_message("# %d trainings, %zu workers: %zu trials, %.2f coarse, %zu complete\n",
                  (int)trainings, workers, history->count,
                  (double)coarse / (double)(trainings * LAST), complete);
    assert_true(complete > 0);
    assert_true((double)coarse <= 0.6 * (double)(trainings * LAST) + (double)workers * LAST / 5);
    assert_in_range(history->step_sum, trainings * LAST,
                    trainings * LAST + (int64_t)workers * LAST);
    fleet_free(at);
}

static void test_a_small_budget_has_its_coarse_stages_and_its_ends(void **state)
{
    (void)state;
    uint64_t seed = test_seed(758);
    for (int64_t trainings = 1; trainings <= 12; trainings += trainings < 6 ? 1 : 3)
        spend(trainings, 1, seed + (uint64_t)trainings);
    spend(4, 3, seed);
    spend(8, 3, seed + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curves_that_turn_late_are_left_to_their_ranks),
        cmocka_unit_test(test_it_finds_better_ends_than_as_many_steps_of_whole_trainings),
        cmocka_unit_test(test_trials_of_the_coarse_stages_are_of_equal_length),
        cmocka_unit_test(test_in_the_coarse_stages_some_come_to_their_end),
        cmocka_unit_test(test_after_the_coarse_stages_more_steps_are_of_trials_that_end),
        cmocka_unit_test(test_where_nothing_has_hope_trials_still_come_to_their_end),
        cmocka_unit_test(test_later_each_trial_gets_its_first_part),
        cmocka_unit_test(test_a_small_budget_has_its_coarse_stages_and_its_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
