/**
 * test_freeze_thaw.c: goes by the ranks of asha where curves cannot be extrapolated, and only
 * there; begins fewer trials and finds the best in fewer steps where they can.
 */
#include "support/test.h"

#include "support/fleet.h"

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

static test_fleet *run(const char *scheduler, fleet_loss *loss, uint64_t seed)
{
    cav_error error = {0};
    fleet_options options = {.scheduler = scheduler,
                             .workers = 3,
                             .trials = TRIALS,
                             .step_max = LAST,
                             .seed = seed,
                             .loss = loss};
    test_fleet *made = fleet_new(&options, &error);
    assert_non_null(made);
    return made;
}

// How many turns the two schedulers take the same way, to the end of either.
static size_t count_same(fleet_loss *loss, uint64_t seed, size_t *ret_turns)
{
    test_fleet *a = run("freeze-thaw", loss, seed), *b = run("asha", loss, seed);
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

// How far the best trial that came to its end is from the best there is, after so many steps; the
// steps until the end of the study where 0.
static double regret(const char *scheduler, uint64_t seed, size_t *steps)
{
    test_fleet *at = run(scheduler, power_law, seed);
    double least = INFINITY;
    while ((*steps == 0 || at->report_count < *steps) && fleet_turn(at))
        continue;
    for (size_t i = 0; i < at->history->count; i++)
        if (at->history->steps[i] == LAST)
            least = fmin(least, (at->xs[i] - 0.3) * (at->xs[i] - 0.3));
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
        own += regret("freeze-thaw", seed + k, &steps);
        whole += regret("none", seed + k, &steps);
    }
    if (!(own < whole))
        fail_msg("%g, %g without", own, whole);
}

// What share of the steps from `from` on is of trials that came to their end.
static double whole_share(uint64_t seed, size_t from, const cav_option_value *given, size_t count)
{
    cav_error error = {0};
    fleet_options options = {.scheduler = "freeze-thaw",
                             .options = given,
                             .option_count = count,
                             .trials = TRIALS,
                             .step_max = LAST,
                             .seed = seed,
                             .loss = power_law};
    test_fleet *at = fleet_new(&options, &error);
    assert_non_null(at);
    int64_t before[TRIALS] = {0}, all = 0, whole = 0;
    while (at->report_count < from && fleet_turn(at))
        continue;
    for (size_t i = 0; i < at->history->count; i++)
        before[i] = at->history->steps[i];
    while (at->report_count < 2 * from && fleet_turn(at))
        continue;
    for (size_t i = 0; i < at->history->count; i++) {
        int64_t steps = at->history->steps[i] - before[i];
        all += steps;
        whole += at->history->steps[i] == LAST ? steps : 0;
    }
    fleet_free(at);
    return (double)whole / (double)all;
}

static void test_after_the_rush_more_steps_are_of_trials_that_end(void **state)
{
    (void)state;
    uint64_t seed = test_seed(753);
    double rush = 0, later = 0;
    for (uint64_t k = 0; k < 8; k++) {
        rush += whole_share(seed + k, LAST, NULL, 0) / 8;
        later += whole_share(seed + k, 4 * LAST, NULL, 0) / 8;
    }
    print_message("# %.2f, later %.2f\n", rush, later);
    assert_true(later > rush + 0.05);
}

// Nothing has hope enough to be gone on with for it.
static void test_where_nothing_has_hope_trials_still_come_to_their_end(void **state)
{
    (void)state;
    const cav_option_value given[] = {{"hopeless", "0.5", ""}, {"whole", "0", ""}};
    uint64_t seed = test_seed(754);
    double with = 0, without = 0;
    for (uint64_t k = 0; k < 4; k++) {
        with += whole_share(seed + k, 6 * LAST, given, 1) / 4;
        without += whole_share(seed + k, 6 * LAST, given, 2) / 4;
    }
    print_message("# %.2f, without %.2f\n", with, without);
    assert_true(with > 0.3 && with > without + 0.1);
}

static void test_after_the_rush_each_trial_gets_its_first_part(void **state)
{
    (void)state;
    test_fleet *at = run("freeze-thaw", power_law, test_seed(755));
    while (at->report_count < 4 * LAST && fleet_turn(at))
        continue;
    size_t first = at->history->count, paused = 0;
    while (at->report_count < 20 * LAST && fleet_turn(at))
        continue;
    for (size_t i = first; i < at->history->count; i++) {
        if (at->history->states[i] != CAVIAR_STATE_PAUSED)
            continue;
        assert_true(at->history->steps[i] >= LAST / 5);
        paused++;
    }
    fleet_free(at);
    assert_true(paused > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curves_that_turn_late_are_left_to_their_ranks),
        cmocka_unit_test(test_it_finds_better_ends_than_as_many_steps_of_whole_trainings),
        cmocka_unit_test(test_after_the_rush_more_steps_are_of_trials_that_end),
        cmocka_unit_test(test_where_nothing_has_hope_trials_still_come_to_their_end),
        cmocka_unit_test(test_after_the_rush_each_trial_gets_its_first_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
