/**
 * fleet.c: turns of the simulation.
 */
#include "support/fleet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const bool minimize[1];

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fleet: %s\n", what);
    abort();
}

static caviar_code open_scheduler(const test_fleet *fleet, cav_scheduler *scheduler,
                                  cav_error *error)
{
    const fleet_options *options = &fleet->options;
    cav_scheduler_setup setup = {.space = fleet->space,
                                 .step_min = options->step_min,
                                 .step_max = options->step_max,
                                 .seed = options->seed,
                                 .trial_budget = (int64_t)options->trials,
                                 .step_budget = options->step_budget};
    return cav_scheduler_open(scheduler, options->scheduler, options->options,
                              options->option_count, &setup, error);
}

test_fleet *fleet_new(const fleet_options *options, cav_error *error)
{
    test_fleet *made = calloc(1, sizeof *made);
    must(made, "no memory");
    made->options = *options;
    made->options.workers = options->workers > 0 ? options->workers : 1;
    made->options.stride = options->stride > 0 ? options->stride : 1;
    made->space = caviar_space_new();
    caviar_space_add(made->space, &(caviar_parameter){.name = "x", .high = 1});
    made->history = cav_history_new(1, 1, 1, minimize);
    made->random = cav_random_stream(options->seed, 0, CAV_PURPOSE_TEST, 0);
    made->xs = calloc(options->trials + 1, sizeof *made->xs);
    made->x_capacity = options->trials + 1;
    made->busy = calloc(made->options.workers + 1, sizeof *made->busy);
    must(made->history && made->xs && made->busy, "no memory");
    if (!open_scheduler(made, &made->scheduler, error))
        return made;
    fleet_free(made);
    return NULL;
}

void fleet_free(test_fleet *fleet)
{
    if (!fleet)
        return;
    cav_scheduler_close(&fleet->scheduler);
    cav_history_free(fleet->history);
    caviar_space_free(fleet->space);
    free(fleet->xs);
    free(fleet->busy);
    free(fleet);
}

// A trial that has been made from another one keeps its lineage.
static void put_lineage(const cav_history *history, size_t number, cav_record *record)
{
    record->has_parent = history->parents[number] >= 0;
    record->parent = history->parents[number];
    record->parent_step = history->parent_steps[number];
    record->seed_number = history->seed_numbers[number];
}

static void put(test_fleet *fleet, size_t number, caviar_state state, int64_t attempt)
{
    const cav_history *history = fleet->history;
    bool is_new = number == history->count;
    const cav_curve *curve = is_new ? NULL : &history->curves[number];
    double value = curve && curve->count > 0 ? curve->losses[curve->count - 1] : (double)NAN;
    bool fails = state == CAVIAR_STATE_FAILED;
    cav_record record = {.number = (int64_t)number,
                         .attempt = attempt,
                         .state = state,
                         .reason = fails ? CAVIAR_REASON_NOT_FINITE : CAVIAR_REASON_NONE,
                         .raw = &fleet->xs[number],
                         .values = &value,
                         .can = fleet->options.no_pause ? 0 : CAVIAR_CAN_RESTORE,
                         .step = is_new ? -1 : history->steps[number]};
    if (!is_new)
        put_lineage(history, number, &record);
    must(!cav_history_put(fleet->history, &record, &fleet->xs[number], NULL), "no memory");
}

static void move(test_fleet *fleet, size_t number, caviar_state state)
{
    bool starts = state == CAVIAR_STATE_RUNNING;
    put(fleet, number, state, fleet->history->attempts[number] + starts);
}

static void follow_schedule(test_fleet *fleet, size_t number, int64_t step, const double *changes)
{
    cav_nudge nudge = {.id = (int64_t)++fleet->nudge_count,
                       .number = (int64_t)number,
                       .step = step,
                       .target = -1,
                       .raw = changes,
                       .author = fleet->options.scheduler,
                       .note = ""};
    must(!cav_history_nudge(fleet->history, &nudge, NULL), "no memory");
}

// Makes a trial from another one, as a study would: what its parent began with, and a schedule.
static void derive(test_fleet *fleet, const cav_offspring *from)
{
    cav_history *history = fleet->history;
    size_t number = history->count;
    must(from->step < 0 || history->steps[from->parent] >= from->step, "no such checkpoint yet");
    if (number >= fleet->x_capacity) {
        fleet->x_capacity *= 2;
        fleet->xs = realloc(fleet->xs, fleet->x_capacity * sizeof *fleet->xs);
        must(fleet->xs, "no memory");
    }
    double start = history->raw[from->parent];
    cav_record record = {.number = (int64_t)number,
                         .attempt = 1,
                         .state = CAVIAR_STATE_RUNNING,
                         .raw = &start,
                         .step = from->step,
                         .origin = fleet->options.scheduler,
                         .has_parent = true,
                         .parent = (int64_t)from->parent,
                         .parent_step = from->step,
                         .can = CAVIAR_CAN_RESTORE};
    must(!cav_history_put(history, &record, &start, NULL), "no memory");
    const cav_nudge_list *list = &history->nudges[from->parent];
    for (size_t n = 0; n < list->count; n++)
        if (from->step < 0 || list->items[n].step <= from->step)
            follow_schedule(fleet, number, list->items[n].step, list->items[n].raw);
    if (from->changes)
        follow_schedule(fleet, number, from->step, from->changes);
    fleet->xs[number] = start;
    cav_nudge_list_apply(&history->nudges[number], INT64_MAX, &fleet->xs[number], 1);
    fleet->bred_count++;
}

static bool breed(test_fleet *fleet, size_t *ret_number)
{
    cav_offspring wanted = {.parent = SIZE_MAX};
    const cav_scheduler *scheduler = &fleet->scheduler;
    if (scheduler->type->breed)
        must(!scheduler->type->breed(scheduler->state, fleet->history, &wanted, NULL),
             "breed failed");
    if (wanted.parent == SIZE_MAX)
        return false;
    *ret_number = fleet->history->count;
    derive(fleet, &wanted);
    if (wanted.instead_of != SIZE_MAX &&
        fleet->history->states[wanted.instead_of] == CAVIAR_STATE_PAUSED)
        move(fleet, wanted.instead_of, CAVIAR_STATE_PRUNED);
    return true;
}

// The next trial, as a study hands them out; false if there is none.
static bool ask(test_fleet *fleet, size_t *ret_number)
{
    cav_history *history = fleet->history;
    bool is_last = history->count >= fleet->options.trials;
    size_t number = SIZE_MAX;
    if (fleet->options.step_budget > 0 && history->step_sum >= fleet->options.step_budget)
        return false;
    if (breed(fleet, ret_number))
        return true;
    must(!fleet->scheduler.type->resume(fleet->scheduler.state, history, is_last, &number, NULL),
         "resume failed");
    if (number != SIZE_MAX) {
        must(history->states[number] == CAVIAR_STATE_PAUSED, "resumed one that is not paused");
        move(fleet, number, CAVIAR_STATE_RUNNING);
        fleet->resume_count++;
    } else if (!is_last) {
        number = history->count;
        cav_random own = cav_random_stream(fleet->options.seed, number, CAV_PURPOSE_TEST, 1);
        fleet->xs[number] = cav_random_unit(&own); // whoever reported before
        put(fleet, number, CAVIAR_STATE_RUNNING, 1);
    }
    *ret_number = number;
    return number != SIZE_MAX;
}

static caviar_verdict judge(test_fleet *fleet, size_t number)
{
    caviar_verdict verdict = CAVIAR_VERDICT_CONTINUE;
    cav_judged judged = {.number = number, .can_pause = !fleet->options.no_pause};
    const cav_scheduler *scheduler = &fleet->scheduler;
    must(!scheduler->type->judge(scheduler->state, fleet->history, &judged, &verdict, NULL),
         "judge failed");
    must(judged.can_pause || verdict != CAVIAR_VERDICT_PAUSE, "paused one that cannot");
    if (fleet->options.has_witness && cav_random_below(&fleet->random, 20) == 0) {
        cav_scheduler witness;
        caviar_verdict other = CAVIAR_VERDICT_CONTINUE;
        must(!open_scheduler(fleet, &witness, NULL), "no memory");
        must(!witness.type->judge(witness.state, fleet->history, &judged, &other, NULL),
             "judge failed");
        fleet->disagreements += other != verdict;
        cav_scheduler_close(&witness);
    }
    return verdict;
}

static int64_t next_step(test_fleet *fleet, size_t number)
{
    int64_t step = fleet->history->steps[number], stride = fleet->options.stride;
    if (fleet->options.irregular)
        stride = 1 + (int64_t)cav_random_below(&fleet->random, (uint64_t)(2 * stride));
    step = (step > 0 ? step : 0) + stride;
    return step < fleet->options.step_max ? step : fleet->options.step_max;
}

// What becomes of the trial after its next report.
static caviar_state report(test_fleet *fleet, size_t number)
{
    static const caviar_state after[] = {[CAVIAR_VERDICT_CONTINUE] = CAVIAR_STATE_RUNNING,
                                         [CAVIAR_VERDICT_PAUSE] = CAVIAR_STATE_PAUSED,
                                         [CAVIAR_VERDICT_STOP] = CAVIAR_STATE_PRUNED};
    int64_t step = next_step(fleet, number);
    double loss = fleet->options.loss(fleet->xs[number], step);
    if (isnan(loss))
        return CAVIAR_STATE_FAILED;
    must(!cav_history_report(fleet->history, number, step, &loss, NULL), "no memory");
    fleet->report_count++;
    if (step == fleet->options.step_max)
        return CAVIAR_STATE_COMPLETE;
    caviar_verdict verdict = judge(fleet, number);
    fleet->pause_count += verdict == CAVIAR_VERDICT_PAUSE;
    fleet->stop_count += verdict == CAVIAR_VERDICT_STOP;
    must(verdict <= CAVIAR_VERDICT_STOP, "no verdict that a trial understands");
    return after[verdict];
}

static void give_up(test_fleet *fleet)
{
    cav_history *history = fleet->history;
    while (history->open_count > 0) {
        size_t number = history->open[0];
        must(history->states[number] == CAVIAR_STATE_PAUSED, "a trial is left that is not paused");
        move(fleet, number, CAVIAR_STATE_PRUNED);
    }
}

bool fleet_turn(test_fleet *fleet)
{
    size_t number;
    while (fleet->busy_count < fleet->options.workers && ask(fleet, &number))
        fleet->busy[fleet->busy_count++] = number;
    if (fleet->busy_count == 0) {
        give_up(fleet);
        return false;
    }
    size_t worker = (size_t)cav_random_below(&fleet->random, fleet->busy_count);
    number = fleet->busy[worker];
    caviar_state state = report(fleet, number);
    if (state != CAVIAR_STATE_RUNNING) {
        move(fleet, number, state);
        fleet->busy[worker] = fleet->busy[--fleet->busy_count];
    }
    return true;
}

void fleet_run(test_fleet *fleet)
{
    while (fleet_turn(fleet))
        continue;
}

size_t fleet_best(const test_fleet *fleet)
{
    size_t best = 0;
    for (size_t i = 1; i < fleet->history->count; i++)
        if (fleet->xs[i] < fleet->xs[best])
            best = i;
    return best;
}
