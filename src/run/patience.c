/**
 * patience.c: hearing signals while the store is waited for. See patience.h.
 */
#include "run/patience.h"

#include "run/loop.h"

#include <signal.h>
#include <stdio.h>

enum {
    // a server that restarts quickly, or an answer that takes long, is not worth a word
    QUIET_MS = 2000,
    LONGEST_LIMIT_MS = 86400000, // a limit beyond that is none
};

bool cav_signal_is_ignored(int number)
{
    struct sigaction present;
    return number == SIGHUP && !sigaction(number, NULL, &present) && present.sa_handler == SIG_IGN;
}

static void on_signal(uv_signal_t *handle, int number)
{
    cav_patience *patience = handle->data;
    if (number != SIGINT || ++patience->interrupts > 1)
        patience->is_over = true;
    patience->is_told = false; // a key that was pressed has an answer
}

// What came since it was heard last.
static void hear(cav_patience *patience)
{
    uv_run(&patience->loop, UV_RUN_NOWAIT);
}

static void tell_of_outage(cav_patience *patience, const char *why, int64_t left_ms)
{
    char text[1200], most[64] = "";
    if (left_ms < LONGEST_LIMIT_MS)
        snprintf(most, sizeof most, ", for %lld s at most", (long long)(left_ms + 999) / 1000);
    snprintf(text, sizeof text,
             "the store does not answer (%s); it is waited for%s; Ctrl-C %s ends the run without "
             "it",
             why, most, patience->interrupts > 0 ? "once more" : "twice");
    patience->notice(patience->context, text);
    patience->is_told = true;
}

static void tell_of_end(cav_patience *patience)
{
    patience->notice(patience->context,
                     "the store is waited for no longer; its running trials go back to the queue "
                     "when their leases run out");
}

// What came before a wait is the run's own affair.
static void begin_wait(cav_patience *patience)
{
    patience->interrupts = 0;
    patience->is_over = patience->is_told = false;
}

static bool waits(void *context, const char *why, int64_t away_ms, int64_t most_ms)
{
    cav_patience *patience = context;
    hear(patience);
    if (away_ms == 0) {
        begin_wait(patience);
        return true;
    }
    if (away_ms < QUIET_MS)
        return true;
    if (patience->is_over)
        tell_of_end(patience);
    else if (!patience->is_told)
        tell_of_outage(patience, why, most_ms - away_ms);
    return !patience->is_over;
}

caviar_code cav_patience_begin(cav_patience *patience, cav_store *store,
                               void (*notice)(void *context, const char *text), void *context,
                               cav_error *error)
{
    static const int numbers[CAV_RUN_SIGNAL_COUNT] = CAV_RUN_SIGNALS;
    *patience = (cav_patience){.notice = notice, .context = context};
    caviar_code code = cav_loop_begin(&patience->loop, error);
    if (code)
        return code;
    for (size_t i = 0; i < CAV_RUN_SIGNAL_COUNT; i++) {
        uv_signal_init(&patience->loop, &patience->signals[i]);
        patience->signals[i].data = patience;
        if (!cav_signal_is_ignored(numbers[i]))
            uv_signal_start(&patience->signals[i], on_signal, numbers[i]);
    }
    patience->waiter = (cav_store_waiter){.context = patience, .waits = waits};
    patience->store = store;
    store->waiter = &patience->waiter;
    return CAVIAR_OK;
}

void cav_patience_end(cav_patience *patience)
{
    if (!patience->store)
        return;
    patience->store->waiter = NULL;
    for (size_t i = 0; i < CAV_RUN_SIGNAL_COUNT; i++)
        uv_close((uv_handle_t *)&patience->signals[i], NULL);
    cav_loop_end(&patience->loop);
}
