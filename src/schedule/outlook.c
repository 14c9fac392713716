/**
 * outlook.c: how far a budget goes.
 */
#include "schedule/outlook.h"

#include <math.h>

static size_t count_running(const cav_history *history)
{
    size_t count = 0;
    for (size_t i = 0; i < history->open_count; i++)
        count += history->states[history->open[i]] == CAVIAR_STATE_RUNNING;
    return count;
}

// When anything was last heard of.
static int64_t latest_ms(const cav_history *history)
{
    int64_t latest = 0;
    for (size_t i = 0; i < history->count; i++)
        if (history->reported_ms[i] > latest)
            latest = history->reported_ms[i];
    return latest;
}

static void limit_by_time(int64_t budget_ms, const cav_history *history, cav_outlook *outlook)
{
    int64_t steps = cav_history_counted_steps(history), latest = latest_ms(history);
    double busy = latest > 0 ? (double)cav_history_busy_ms(history, latest) : 0;
    if (steps <= 0 || busy <= 0)
        return;
    double pace = (double)steps / busy;
    double left = fmax(0, (double)budget_ms - busy) * pace;
    outlook->all = fmin(outlook->all, (double)budget_ms * pace);
    outlook->left = fmin(outlook->left, left);
    outlook->each = left / fmax(1, (double)count_running(history));
}

cav_outlook cav_outlook_make(const cav_scheduler_setup *setup, const cav_history *history)
{
    cav_outlook outlook = {INFINITY, INFINITY, INFINITY};
    if (setup->step_budget > 0) {
        outlook.all = (double)setup->step_budget;
        outlook.left = fmax(0, (double)(setup->step_budget - cav_history_counted_steps(history)));
    }
    if (setup->time_budget_ms > 0)
        limit_by_time(setup->time_budget_ms, history, &outlook);
    return outlook;
}

double cav_outlook_room(const cav_outlook *outlook, const cav_history *history, int64_t level,
                        size_t but)
{
    double left = outlook->left;
    for (size_t i = 0; i < history->open_count && left < INFINITY; i++) {
        size_t number = history->open[i];
        if (number != but && history->states[number] == CAVIAR_STATE_RUNNING)
            left -= fmax(0, (double)level - fmax(0, (double)history->steps[number]));
    }
    return fmin(left, outlook->each);
}
