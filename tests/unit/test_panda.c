/**
 * test_panda.c: experiments with one running trial, on curves that are known.
 *
 * The run is simulated: its loss falls towards a floor, which is the lower the nearer the rate is
 * to what suits; what panda advises is delivered and, on a rollback, the curve goes back.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "insight/course_guess.h"
#include "insight/panda.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 40 };

static const bool minimize[1];

// A training whose loss approaches a floor that depends on the rate, a sixth of the way a step.
typedef struct training {
    cav_space *space;
    cav_history *history;
    cav_panda *panda;
    cav_random random;
    double noise, best_rate;
    double losses[STEPS + 1]; // without noise, by step
    double rate;
    int64_t step, spent;
    int64_t next_id;
    size_t nudges, kept, backs;
    bool rests; // is paused and resumed at every step
} training;

// The trial, with what it says of its checkpoints; NULL: nothing.
static void put(training *at, const char *checkpoints)
{
    cav_error error = {0};
    const double raw[] = {0.1, 1}, point[] = {0.5, 0.5};
    cav_record record = {.attempt = 1,
                         .state = CAVIAR_STATE_RUNNING,
                         .raw = raw,
                         .step = at->step > 0 ? at->step : -1,
                         .can = CAVIAR_CAN_CHANGE | CAVIAR_CAN_RESTORE,
                         .checkpoints = checkpoints};
    assert_ok(cav_history_put(at->history, &record, point, &error), &error);
}

static training *start(double noise, double best_rate, uint64_t seed, const char *waste)
{
    cav_error error = {0};
    training *at = calloc(1, sizeof *at);
    at->space = caviar_space_new();
    caviar_space_add(
        at->space,
        &(caviar_parameter){.name = "lr", .scale = CAVIAR_SCALE_LOG, .low = 1e-4, .high = 10});
    at->history = cav_history_new(1, 1, 1, minimize);
    at->random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
    at->noise = noise;
    at->best_rate = best_rate;
    at->losses[0] = 1;
    at->rate = 0.1;
    cav_option_value given[] = {{.key = "waste", .text = waste, .where = ""}};
    cav_panda_setup setup = {.space = at->space, .step_max = STEPS};
    assert_ok(cav_panda_open(&setup, given, waste ? 1 : 0, &at->panda, &error), &error);
    put(at, NULL);
    return at;
}

static void end(training *at)
{
    cav_panda_close(at->panda);
    cav_history_free(at->history);
    caviar_space_free(at->space);
    free(at);
}

static double floor_of(const training *at, double rate)
{
    return 0.1 + 0.1 * fabs(log10(rate / at->best_rate));
}

static void give(training *at, cav_nudge_kind kind, int64_t step, int64_t target, const double *raw,
                 const char *note)
{
    cav_error error = {0};
    bool is_rest = kind == CAV_NUDGE_PAUSE || kind == CAV_NUDGE_RESUME;
    cav_nudge nudge = {.id = ++at->next_id,
                       .kind = kind,
                       .state = CAV_NUDGE_ACTIVE,
                       .step = step,
                       .target = target,
                       .raw = raw,
                       .author = is_rest ? "ann" : CAV_PANDA_AUTHOR,
                       .note = note};
    assert_ok(cav_history_nudge(at->history, &nudge, &error), &error);
}

// What a study does with a rollback: the changes from its target on are undone.
static void undo(training *at, int64_t target)
{
    cav_error error = {0};
    const cav_nudge_list *list = &at->history->nudges[0];
    for (size_t n = list->count; n-- > 0;) {
        cav_nudge nudge = list->items[n];
        double raw = nudge.raw ? nudge.raw[0] : (double)NAN;
        if (nudge.kind != CAV_NUDGE_CHANGE || nudge.step < target)
            continue;
        nudge.raw = &raw;
        nudge.author = CAV_PANDA_AUTHOR;
        nudge.note = "";
        nudge.state = CAV_NUDGE_UNDONE;
        assert_ok(cav_history_nudge(at->history, &nudge, &error), &error);
    }
}

static void obey(training *at, const cav_panda_advice *advice)
{
    double raw = 0.1;
    if (advice->back >= 0) {
        give(at, CAV_NUDGE_ROLLBACK, at->step, advice->back, NULL, advice->note);
        undo(at, advice->back);
        at->step = advice->back;
        at->backs++;
    }
    if (advice->changes) {
        give(at, CAV_NUDGE_CHANGE, at->step, -1, advice->changes, advice->note);
        at->kept += strncmp(advice->note, "kept", 4) == 0;
        at->nudges++;
    }
    cav_nudge_list_apply(&at->history->nudges[0], at->step, &raw, 1);
    at->rate = raw;
}

static void run(training *at)
{
    cav_error error = {0};
    while (at->step < STEPS) {
        double floor = floor_of(at, at->rate), before = at->losses[at->step];
        at->losses[++at->step] = before + (floor - before) / 6;
        at->spent++;
        double shown = at->losses[at->step] + at->noise * cav_random_normal(&at->random);
        assert_ok(cav_history_report(at->history, 0, at->step, &shown, &error), &error);
        cav_panda_advice advice;
        assert_ok(cav_panda_think(at->panda, at->history, 0, &advice, &error), &error);
        if (at->step < STEPS)
            obey(at, &advice);
        if (at->rests) {
            give(at, CAV_NUDGE_PAUSE, at->step, -1, NULL, "");
            give(at, CAV_NUDGE_RESUME, at->step, -1, NULL, "");
        }
        assert_true(at->spent < 10 * STEPS);
    }
}

// What the end is without anybody.
static double alone(const training *at)
{
    double loss = 1, floor = floor_of(at, 0.1);
    for (int step = 0; step < STEPS; step++)
        loss += (floor - loss) / 6;
    return loss;
}

static void test_a_rate_that_does_not_suit_is_mended(void **state)
{
    (void)state;
    uint64_t seed = test_seed(901);
    static const double best_rates[] = {0.001, 0.01, 1};
    for (size_t i = 0; i < CAV_COUNT_OF(best_rates); i++)
        for (uint64_t round = 0; round < 5; round++) {
            training *at = start(0.002, best_rates[i], seed + round, NULL);
            run(at);
            if (at->losses[STEPS] > alone(at) - 0.03)
                fail_msg("best rate %g, seed %llu: it ends at %g, alone at %g", best_rates[i],
                         (unsigned long long)(seed + round), at->losses[STEPS], alone(at));
            assert_true(at->kept > 0);
            end(at);
        }
}

// Where a window's values jump about by half of what a nudge gains, most of it is gained all the
// same.
static void test_a_rate_is_mended_under_noise(void **state)
{
    (void)state;
    uint64_t seed = test_seed(909);
    double sum = 0, sum_alone = 0;
    for (uint64_t round = 0; round < 20; round++) {
        training *at = start(0.01, 0.001, seed + round, NULL);
        run(at);
        sum += at->losses[STEPS];
        sum_alone += alone(at);
        end(at);
    }
    if (sum > sum_alone - 20 * 0.15)
        fail_msg("it ends at %g on average, alone at %g", sum / 20, sum_alone / 20);
}

static void test_a_rate_that_suits_is_left_or_given_back(void **state)
{
    (void)state;
    uint64_t seed = test_seed(902);
    double sum = 0, sum_alone = 0;
    for (uint64_t round = 0; round < 20; round++) {
        training *at = start(0.002, 0.1, seed + round, NULL);
        run(at);
        sum += at->losses[STEPS];
        sum_alone += alone(at);
        end(at);
    }
    if (sum > sum_alone + 20 * 0.004)
        fail_msg("it ends at %g on average, alone at %g", sum / 20, sum_alone / 20);
}

static void test_no_more_steps_are_given_up_than_allowed(void **state)
{
    (void)state;
    uint64_t seed = test_seed(903);
    static const struct allowance {
        const char *waste;
        int64_t most;
    } allowances[] = {{"0", STEPS}, {"0.2", STEPS + STEPS / 5}, {"1", 2 * STEPS}};
    for (size_t i = 0; i < CAV_COUNT_OF(allowances); i++)
        for (uint64_t round = 0; round < 5; round++) {
            training *at = start(0.01, 0.1, seed + round, allowances[i].waste);
            run(at);
            assert_true(at->spent <= allowances[i].most);
            if (i == 0)
                assert_int_equal(at->nudges, 0);
            end(at);
        }
}

static void test_it_goes_on_where_another_process_died(void **state)
{
    (void)state;
    training *a = start(0.002, 0.01, test_seed(904), NULL);
    training *b = start(0.002, 0.01, test_seed(904), NULL);
    cav_error error = {0};
    cav_panda_setup setup = {.space = b->space, .step_max = STEPS};
    run(a);
    while (b->step < STEPS) { // the same, but each report finds another panda
        double floor = floor_of(b, b->rate), before = b->losses[b->step];
        b->losses[++b->step] = before + (floor - before) / 6;
        double shown = b->losses[b->step] + b->noise * cav_random_normal(&b->random);
        assert_ok(cav_history_report(b->history, 0, b->step, &shown, &error), &error);
        cav_panda_close(b->panda);
        assert_ok(cav_panda_open(&setup, NULL, 0, &b->panda, &error), &error);
        cav_panda_advice advice;
        assert_ok(cav_panda_think(b->panda, b->history, 0, &advice, &error), &error);
        if (b->step < STEPS)
            obey(b, &advice);
    }
    assert_int_equal(a->nudges, b->nudges);
    assert_int_equal(a->backs, b->backs);
    assert_true(a->losses[STEPS] == b->losses[STEPS]);
    end(a);
    end(b);
}

// Neither an experiment that is open nor the next one minds that the trial was paused in between.
static void test_pauses_change_nothing(void **state)
{
    (void)state;
    training *a = start(0.01, 0.001, test_seed(910), NULL);
    training *b = start(0.01, 0.001, test_seed(910), NULL);
    b->rests = true;
    run(a);
    run(b);
    assert_true(a->nudges > 0 && a->nudges == b->nudges && a->backs == b->backs);
    assert_true(a->losses[STEPS] == b->losses[STEPS]);
    end(a);
    end(b);
}

static void test_a_program_that_cannot_go_back_is_left_alone(void **state)
{
    (void)state;
    training *at = start(0.002, 0.001, test_seed(905), NULL);
    at->history->cans[0] = CAVIAR_CAN_CHANGE;
    run(at);
    assert_int_equal(at->nudges + at->backs, 0);
    end(at);
}

// One step that shows this loss, and what panda says of it. Nothing is done.
static cav_panda_advice show(training *at, double loss)
{
    cav_error error = {0};
    cav_panda_advice advice;
    assert_ok(cav_history_report(at->history, 0, ++at->step, &loss, &error), &error);
    assert_ok(cav_panda_think(at->panda, at->history, 0, &advice, &error), &error);
    return advice;
}

// It falls to 0.4 until step 8, and rises from there on: what panda wants when it sees that.
static cav_panda_advice turn_round(training *at)
{
    cav_panda_advice advice = {.back = -1};
    while (!(advice.changes && strstr(advice.note, "turned round")) && at->step < 20)
        advice = show(at, at->step < 8 ? 0.4 + 0.6 / pow(2, (double)at->step)
                                       : 0.4 + 0.1 * (double)(at->step - 7));
    return advice;
}

static void test_a_run_that_has_turned_round_goes_back_to_its_best(void **state)
{
    (void)state;
    static const struct kept {
        const char *checkpoints;
        int64_t back;
    } cases[] = {{NULL, 8}, {"[6,7,8,9,10,11,12,13,14]", 8}, {"[2,3,9,10,11,12,13,14]", -1}};
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        training *at = start(0, 0.01, 1, NULL);
        put(at, cases[i].checkpoints);
        cav_panda_advice advice = turn_round(at);
        assert_non_null(advice.changes);
        assert_contains(advice.note, "it has turned round since step 8");
        assert_int_equal(advice.back, cases[i].back);
        assert_true(advice.changes[0] < 0.1); // slower
        end(at);
    }
}

static void test_where_few_checkpoints_are_kept_nothing_is_tried(void **state)
{
    (void)state;
    training *at = start(0, 0.01, 1, NULL);
    put(at, "[7,8]");
    assert_null(turn_round(at).changes);
    end(at);
}

// The experiment that was open is nobody's any more: it is neither kept nor taken back.
static void test_what_somebody_else_does_ends_an_experiment(void **state)
{
    (void)state;
    training *at = start(0, 0.01, 1, NULL);
    cav_panda_advice advice = {.back = -1};
    while (!advice.changes && at->step < STEPS)
        advice = show(at, 0.4 + 0.6 / pow(2, (double)at->step));
    assert_non_null(advice.changes);
    double raw = advice.changes[0];
    give(at, CAV_NUDGE_CHANGE, at->step, -1, &raw, advice.note);
    raw = 0.5;
    cav_nudge hers = at->history->nudges[0].items[0];
    hers.id = ++at->next_id;
    hers.author = "ann";
    hers.raw = &raw;
    assert_int_equal(cav_history_nudge(at->history, &hers, NULL), CAVIAR_OK);
    for (int i = 0; i < 6; i++) {
        advice = show(at, 0.39 - 0.01 * i); // well, from here on
        assert_true(advice.back < 0 && strncmp(advice.note, "kept", 4) != 0);
    }
    end(at);
}

// The way back was gone, which the program said: the nudge has failed, and another one is tried.
static void test_a_way_back_that_is_refused_is_a_failure(void **state)
{
    (void)state;
    training *at = start(0, 0.01, 1, NULL);
    cav_panda_advice advice = turn_round(at);
    double raw = advice.changes[0];
    give(at, CAV_NUDGE_CHANGE, at->step, -1, &raw, advice.note);
    cav_nudge back = {.id = ++at->next_id,
                      .kind = CAV_NUDGE_ROLLBACK,
                      .state = CAV_NUDGE_REFUSED,
                      .step = at->step,
                      .target = 8,
                      .author = CAV_PANDA_AUTHOR,
                      .note = ""};
    assert_int_equal(cav_history_nudge(at->history, &back, NULL), CAVIAR_OK);
    do
        advice = show(at, 0.4 + 0.1 * (double)(at->step - 7));
    while (!advice.changes && at->step < STEPS - 1);
    assert_non_null(advice.changes);
    assert_true(advice.changes[0] > raw); // the other direction
    end(at);
}

static void test_the_tiers_say_what_is_tried_first(void **state)
{
    (void)state;
    static const caviar_tier tiers[][2] = {{CAVIAR_TIER_LEAST, CAVIAR_TIER_MOST},
                                           {CAVIAR_TIER_MOST, CAVIAR_TIER_UNSET},
                                           {CAVIAR_TIER_LEAST, CAVIAR_TIER_UNSET},
                                           {CAVIAR_TIER_UNSET, CAVIAR_TIER_MOST}};
    static const size_t first[] = {1, 0, 1, 1};
    for (size_t i = 0; i < CAV_COUNT_OF(first); i++) {
        cav_error error = {0};
        training *at = start(0, 0.01, 1, NULL);
        cav_panda_close(at->panda);
        cav_history_free(at->history);
        caviar_space_free(at->space);
        at->space = caviar_space_new();
        at->history = cav_history_new(2, 2, 1, minimize);
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(
                caviar_space_add(at->space, &(caviar_parameter){.name = k ? "b" : "a",
                                                                .high = 2,
                                                                .live = CAVIAR_LIVE_YES,
                                                                .tier = tiers[i][k]}),
                CAVIAR_OK);
        put(at, NULL);
        cav_panda_setup setup = {.space = at->space, .step_max = STEPS};
        assert_ok(cav_panda_open(&setup, NULL, 0, &at->panda, &error), &error);
        cav_panda_advice advice = turn_round(at);
        assert_non_null(advice.changes);
        assert_true(!isnan(advice.changes[first[i]]) && isnan(advice.changes[1 - first[i]]));
        end(at);
    }
}

// Whether another one exists hangs on it, which a running program cannot follow.
static void test_what_others_hang_on_is_not_nudged(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_panda *panda;
    cav_space *space = caviar_space_new();
    const caviar_condition when = {.parent = "a", .low = 0, .high = 1};
    assert_int_equal(
        caviar_space_add(space,
                         &(caviar_parameter){.name = "a", .high = 2, .live = CAVIAR_LIVE_YES}),
        CAVIAR_OK);
    assert_int_equal(caviar_space_add(space, &(caviar_parameter){.name = "b",
                                                                 .high = 2,
                                                                 .live = CAVIAR_LIVE_NO,
                                                                 .when = &when,
                                                                 .when_count = 1}),
                     CAVIAR_OK);
    cav_panda_setup setup = {.space = space, .step_max = STEPS};
    assert_int_equal(cav_panda_open(&setup, NULL, 0, &panda, &error), CAVIAR_INVALID);
    assert_contains(error.message, "nothing to nudge");
    caviar_space_free(space);
}

static void test_what_must_be_known_is_asked_for(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_panda *panda;
    cav_space *space = caviar_space_new();
    caviar_space_add(
        space, &(caviar_parameter){.name = "n", .type = CAVIAR_TYPE_INT, .low = 1, .high = 9});
    cav_panda_setup setup = {.space = space};
    assert_int_equal(cav_panda_open(&setup, NULL, 0, &panda, &error), CAVIAR_INVALID);
    assert_contains(error.message, "how far a trial goes");
    setup.step_max = 30;
    assert_int_equal(cav_panda_open(&setup, NULL, 0, &panda, &error), CAVIAR_INVALID);
    assert_contains(error.message, "no parameter of the space is live");
    caviar_space_free(space);
}

// ---- What a curve alone says --------------------------------------------------------------------

static void test_a_curve_alone_predicts_its_next_steps(void **state)
{
    (void)state;
    uint64_t seed = test_seed(906);
    double off = 0, still = 0; // of the guess, and of staying where it is
    size_t count = 0;
    for (uint64_t round = 0; round < 30; round++) {
        cav_random random = cav_random_stream(seed, round, CAV_PURPOSE_TEST, 0);
        int64_t steps[24];
        double losses[24], end_at = cav_random_unit(&random),
                           power = 0.3 + cav_random_unit(&random);
        for (size_t i = 0; i < 24; i++) {
            steps[i] = (int64_t)i + 1;
            losses[i] = end_at + pow((double)steps[i], -power) + 0.002 * cav_random_normal(&random);
        }
        const cav_curve curve = {.steps = steps, .losses = losses};
        for (size_t known = CAV_COURSE_LEAST; known <= 20; known += 4) {
            cav_course_guess *guess;
            cav_error error = {0};
            assert_ok(cav_course_guess_new(&curve, 1, known, 30, &guess, &error), &error);
            off += fabs(cav_course_guess_at(guess, steps[known + 2], NULL) - losses[known + 2]);
            still += fabs(losses[known - 1] - losses[known + 2]);
            count++;
            cav_course_guess_free(guess);
        }
    }
    if (off > still / 3)
        fail_msg("off by %g on average, where staying put is off by %g", off / (double)count,
                 still / (double)count);
}

// How often the last value lies in the band of 80 %.
static void test_the_end_lies_in_its_band_about_as_often_as_it_should(void **state)
{
    (void)state;
    uint64_t seed = test_seed(907);
    size_t inside = 0, count = 0;
    for (uint64_t round = 0; round < 60; round++) {
        cav_random random = cav_random_stream(seed, round, CAV_PURPOSE_TEST, 0);
        int64_t steps[40];
        double losses[40], power = 0.3 + cav_random_unit(&random), sd;
        bool is_power = round % 2;
        for (size_t i = 0; i < 40; i++) {
            steps[i] = (int64_t)i + 1;
            double t = (double)steps[i];
            losses[i] = 0.5 + (is_power ? pow(t, -power) : exp(-power * t / 5)) +
                        0.004 * cav_random_normal(&random);
        }
        const cav_curve curve = {.steps = steps, .losses = losses};
        for (size_t known = 8; known <= 32; known += 8) {
            cav_course_guess *guess;
            cav_error error = {0};
            assert_ok(cav_course_guess_new(&curve, 1, known, 40, &guess, &error), &error);
            double off = fabs(cav_course_guess_at(guess, 40, &sd) - losses[39]);
            inside += off < 1.2816 * hypot(sd, cav_course_guess_noise(guess));
            count++;
            cav_course_guess_free(guess);
        }
    }
    if (inside * 10 < count * 7 || inside * 100 > count * 97)
        fail_msg("%zu of %zu ends lie in their band", inside, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rate_that_does_not_suit_is_mended),
        cmocka_unit_test(test_a_rate_is_mended_under_noise),
        cmocka_unit_test(test_a_rate_that_suits_is_left_or_given_back),
        cmocka_unit_test(test_no_more_steps_are_given_up_than_allowed),
        cmocka_unit_test(test_it_goes_on_where_another_process_died),
        cmocka_unit_test(test_pauses_change_nothing),
        cmocka_unit_test(test_a_program_that_cannot_go_back_is_left_alone),
        cmocka_unit_test(test_a_run_that_has_turned_round_goes_back_to_its_best),
        cmocka_unit_test(test_where_few_checkpoints_are_kept_nothing_is_tried),
        cmocka_unit_test(test_what_somebody_else_does_ends_an_experiment),
        cmocka_unit_test(test_a_way_back_that_is_refused_is_a_failure),
        cmocka_unit_test(test_the_tiers_say_what_is_tried_first),
        cmocka_unit_test(test_what_others_hang_on_is_not_nudged),
        cmocka_unit_test(test_what_must_be_known_is_asked_for),
        cmocka_unit_test(test_a_curve_alone_predicts_its_next_steps),
        cmocka_unit_test(test_the_end_lies_in_its_band_about_as_often_as_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
