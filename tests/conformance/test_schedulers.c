/**
 * test_schedulers.c: what every scheduler of the table owes: a new one is covered by standing in
 * it.
 */
#include "support/test.h"

#include "support/fleet.h"

#include "base/memory.h"

#include <math.h>

// Curves that never cross, and fall: what is best at one step is best at every step.
static double separable(double x, int64_t step)
{
    return x + 2 / (double)(step + 1);
}

// The same, but every fifth diverges on its way.
static double diverging(double x, int64_t step)
{
    double tenth = floor(x * 10);
    bool diverges = fmod(tenth, 2) == 1 && x * 10 - tenth < 0.4;
    return diverges && step > 1 + (int64_t)(x * 20) ? (double)NAN : separable(x, step);
}

// Curves that cross, with losses of any size and ties.
static double crossing(double x, int64_t step)
{
    double y = floor(x * 8);
    if (y == 0)
        return 1e300;
    return y == 1 ? -1e300 : floor(10 * sin(37 * x + 0.3 * (double)step)) / y;
}

static double constant(double x, int64_t step)
{
    (void)x, (void)step;
    return 1;
}

static test_fleet *run(const cav_scheduler_type *type, fleet_options options)
{
    cav_error error = {0};
    options.scheduler = type->name;
    test_fleet *made = fleet_new(&options, &error);
    if (!made)
        fail_msg("%s: %s", type->name, error.message);
    fleet_run(made);
    return made;
}

static size_t count_state(const test_fleet *fleet, caviar_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < fleet->history->count; i++)
        count += fleet->history->states[i] == state;
    return count;
}

static void expect_all_over(const test_fleet *fleet)
{
    size_t least = fleet->options.trials, most = least + fleet->bred_count;
    size_t count = fleet->history->count;
    if (count < least || count > most || fleet->history->open_count > 0)
        fail_msg("%s: %zu of %zu trials, %zu of them open", fleet->options.scheduler,
                 fleet->history->count, fleet->options.trials, fleet->history->open_count);
    if (count_state(fleet, CAVIAR_STATE_COMPLETE) == 0)
        fail_msg("%s: no trial came to its end", fleet->options.scheduler);
}

static void test_the_best_of_curves_that_never_cross_comes_to_its_end(void **state)
{
    (void)state;
    uint64_t seed = test_seed(701);
    static const int64_t ends[] = {1, 2, 3, 10, 51, 300};
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        for (size_t k = 0; k < CAV_COUNT_OF(ends) * 4; k++) {
            test_fleet *at = run(cav_schedulers[i], (fleet_options){.trials = 40,
                                                                    .workers = 1 + k % 4 * 3,
                                                                    .step_max = ends[k / 4],
                                                                    .no_pause = k % 3 == 2,
                                                                    .seed = seed + k,
                                                                    .loss = separable});
            expect_all_over(at);
            if (at->history->states[fleet_best(at)] != CAVIAR_STATE_COMPLETE)
                fail_msg("%s: the best of 40 is %s; %zu workers, %lld steps, seed %llu",
                         cav_schedulers[i]->name,
                         caviar_state_name((caviar_state)at->history->states[fleet_best(at)]),
                         at->options.workers, (long long)at->options.step_max,
                         (unsigned long long)at->options.seed);
            fleet_free(at);
        }
    }
}

static void test_every_trial_ends_whatever_the_curves(void **state)
{
    (void)state;
    uint64_t seed = test_seed(702);
    static fleet_loss *const losses[] = {diverging, crossing, constant};
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        for (size_t k = 0; k < 12; k++) {
            test_fleet *at =
                run(cav_schedulers[i], (fleet_options){.trials = 60,
                                                       .workers = 1 + k % 4 * 2,
                                                       .step_max = 27,
                                                       .step_min = (int64_t)(k % 2) * 2,
                                                       .stride = 1 + (int64_t)(k % 3),
                                                       .irregular = k % 5 == 4,
                                                       .no_pause = k % 2 == 1,
                                                       .seed = seed + k,
                                                       .loss = losses[k % 3]});
            expect_all_over(at);
            fleet_free(at);
        }
    }
}

static void test_a_worker_that_joins_late_judges_the_same(void **state)
{
    (void)state;
    uint64_t seed = test_seed(703);
    static fleet_loss *const losses[] = {separable, diverging, crossing};
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        for (size_t k = 0; k < 6; k++) {
            test_fleet *at = run(cav_schedulers[i], (fleet_options){.trials = 50,
                                                                    .workers = 5,
                                                                    .step_max = 30,
                                                                    .no_pause = k % 2 == 1,
                                                                    .irregular = k == 5,
                                                                    .seed = seed + k,
                                                                    .loss = losses[k % 3],
                                                                    .has_witness = true});
            if (at->disagreements > 0)
                fail_msg("%s: %zu verdicts differ (case %zu)", cav_schedulers[i]->name,
                         at->disagreements, k);
            fleet_free(at);
        }
    }
}

static void test_the_same_history_gives_the_same_verdicts(void **state)
{
    (void)state;
    uint64_t seed = test_seed(704);
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        fleet_options options = {
            .trials = 50, .workers = 3, .step_max = 30, .seed = seed, .loss = crossing};
        test_fleet *a = run(cav_schedulers[i], options), *b = run(cav_schedulers[i], options);
        assert_int_equal(a->report_count, b->report_count);
        assert_memory_equal(a->history->states, b->history->states, a->history->count);
        for (size_t k = 0; k < a->history->count; k++)
            assert_int_equal(a->history->steps[k], b->history->steps[k]);
        fleet_free(a);
        fleet_free(b);
    }
}

static void test_a_trial_that_begins_again_is_judged_by_its_new_curve(void **state)
{
    (void)state;
    uint64_t seed = test_seed(705);
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        cav_error error = {0};
        fleet_options options = {.scheduler = cav_schedulers[i]->name,
                                 .trials = 60,
                                 .workers = 4,
                                 .step_max = 30,
                                 .seed = seed,
                                 .loss = separable,
                                 .has_witness = true};
        test_fleet *at = fleet_new(&options, &error);
        assert_non_null(at);
        for (size_t turn = 0; fleet_turn(at); turn++) {
            if (turn % 7 > 0 || at->busy_count == 0)
                continue;
            size_t number = at->busy[turn % at->busy_count]; // back to its first step
            double loss = separable(at->xs[number], 1);
            assert_ok(cav_history_report(at->history, number, 1, &loss, &error), &error);
            if (turn > 400)
                break; // that would go on for ever
        }
        assert_int_equal(at->disagreements, 0);
        fleet_free(at);
    }
}

static void test_a_thousand_trials_end(void **state)
{
    (void)state;
    uint64_t seed = test_seed(706);
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        test_fleet *at = run(cav_schedulers[i], (fleet_options){.trials = test_rounds(1000),
                                                                .workers = 16,
                                                                .step_max = 20,
                                                                .seed = seed,
                                                                .loss = separable});
        expect_all_over(at);
        fleet_free(at);
    }
}

static void test_all_but_none_save_steps(void **state)
{
    (void)state;
    uint64_t seed = test_seed(707);
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        bool stops = strcmp(cav_schedulers[i]->name, "none") != 0;
        test_fleet *at =
            run(cav_schedulers[i],
                (fleet_options){.trials = 90, .step_max = 27, .seed = seed, .loss = separable});
        assert_int_equal(at->history->step_sum, (int64_t)at->report_count);
        int64_t saved = cav_history_saved_steps(at->history, 27), left = 0;
        for (size_t k = 0; k < at->history->count; k++)
            left += 27 - (at->history->parent_steps[k] > 0 ? at->history->parent_steps[k] : 0);
        assert_int_equal(saved, left - at->history->step_sum);
        if ((saved > 0) != stops)
            fail_msg("%s saved %lld steps", cav_schedulers[i]->name, (long long)saved);
        fleet_free(at);
    }
}

static void test_steps_that_nobody_gave_are_no_hindrance(void **state)
{
    (void)state;
    uint64_t seed = test_seed(708);
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        cav_error error = {0};
        cav_scheduler scheduler;
        cav_space *space = caviar_space_new();
        caviar_space_add(space, &(caviar_parameter){.name = "x", .high = 1});
        cav_scheduler_setup setup = {.space = space, .seed = seed};
        assert_ok(cav_scheduler_open(&scheduler, cav_schedulers[i]->name, NULL, 0, &setup, &error),
                  &error);
        static const bool minimize[1];
        cav_history *history = cav_history_new(1, 1, 1, minimize);
        double x = 0.5;
        cav_record record = {.state = CAVIAR_STATE_RUNNING, .attempt = 1, .raw = &x, .step = -1};
        assert_ok(cav_history_put(history, &record, &x, &error), &error);
        for (int64_t step = 0; step < 100; step++) {
            cav_judged judged = {.can_pause = step % 2};
            caviar_verdict verdict = CAVIAR_VERDICT_RESTORE;
            assert_ok(cav_history_report(history, 0, step, &x, &error), &error);
            assert_ok(scheduler.type->judge(scheduler.state, history, &judged, &verdict, &error),
                      &error);
            assert_true(verdict < CAVIAR_VERDICT_RESTORE);
        }
        cav_history_free(history);
        cav_scheduler_close(&scheduler);
        caviar_space_free(space);
    }
}

// Turns until some trials are paused, or all is over.
static void turn_until_paused(test_fleet *at, size_t wanted)
{
    while (count_state(at, CAVIAR_STATE_PAUSED) < wanted && fleet_turn(at))
        ;
}

static void hold_all(test_fleet *at)
{
    cav_error error = {0};
    for (size_t i = 0; i < at->history->count; i++) {
        if (at->history->states[i] != CAVIAR_STATE_PAUSED)
            continue;
        cav_nudge pause = {.id = 1000 + (int64_t)i,
                           .number = (int64_t)i,
                           .kind = CAV_NUDGE_PAUSE,
                           .state = CAV_NUDGE_ACTIVE,
                           .step = at->history->steps[i],
                           .target = -1};
        assert_ok(cav_history_nudge(at->history, &pause, &error), &error);
    }
}

// What a scheduler has paused and would go on with, it leaves alone once somebody holds it.
static void test_what_somebody_holds_is_not_resumed(void **state)
{
    (void)state;
    size_t holders = 0;
    for (size_t i = 0; i < cav_scheduler_count; i++) {
        const cav_scheduler_type *type = cav_schedulers[i];
        fleet_options options = {.scheduler = type->name,
                                 .workers = 4,
                                 .trials = 60,
                                 .step_min = 1,
                                 .step_max = 27,
                                 .seed = test_seed(711),
                                 .loss = separable};
        cav_error error = {0};
        size_t number = 0;
        test_fleet *at = fleet_new(&options, &error);
        assert_non_null(at);
        turn_until_paused(at, 5);
        bool any = count_state(at, CAVIAR_STATE_PAUSED) > 0;
        hold_all(at);
        for (int is_last = 0; is_last < 2; is_last++) {
            assert_ok(type->resume(at->scheduler.state, at->history, is_last, &number, &error),
                      &error);
            if (number != SIZE_MAX)
                fail_msg("%s goes on with trial %zu, which somebody holds", type->name, number);
        }
        holders += any;
        fleet_free(at);
    }
    assert_true(holders >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_of_curves_that_never_cross_comes_to_its_end),
        cmocka_unit_test(test_every_trial_ends_whatever_the_curves),
        cmocka_unit_test(test_a_worker_that_joins_late_judges_the_same),
        cmocka_unit_test(test_the_same_history_gives_the_same_verdicts),
        cmocka_unit_test(test_a_trial_that_begins_again_is_judged_by_its_new_curve),
        cmocka_unit_test(test_a_thousand_trials_end),
        cmocka_unit_test(test_all_but_none_save_steps),
        cmocka_unit_test(test_steps_that_nobody_gave_are_no_hindrance),
        cmocka_unit_test(test_what_somebody_holds_is_not_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
