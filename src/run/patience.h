/**
 * patience.h: Ctrl-C while a run waits for its store.
 *
 * A store that waits for its server holds up the run's event loop, and with it the signals that
 * the loop would hear. So they are heard here, too, on a loop of their own that turns only then:
 * the first SIGINT says how long the wait may take, a second one, SIGTERM or SIGHUP end it, and
 * from then on the store waits for nothing. The run's own loop hears of all of them afterwards.
 */
#ifndef CAV_RUN_PATIENCE_H
#define CAV_RUN_PATIENCE_H

#include "store/store.h"

#include <uv.h>

/** The signals that end a run, of which SIGINT is the gentle one. */
#define CAV_RUN_SIGNALS                                                                            \
    {                                                                                              \
        SIGINT, SIGTERM, SIGHUP                                                                    \
    }
enum { CAV_RUN_SIGNAL_COUNT = 3 };

/** True of a SIGHUP that this process ignores, as under nohup: it is not to be taken over. */
bool cav_signal_is_ignored(int number);

typedef struct cav_patience {
    cav_store *store;
    cav_store_waiter waiter;
    void (*notice)(void *context, const char *text); // tells a person something
    void *context;
    uv_loop_t loop;
    uv_signal_t signals[CAV_RUN_SIGNAL_COUNT];
    int interrupts; // in this wait
    bool is_told;   // that the store is waited for
    bool is_over;   // it is to end
} cav_patience;

/** Begins to hear signals while `store` waits. `patience` stays where it is until it is ended. */
caviar_code cav_patience_begin(cav_patience *patience, cav_store *store,
                               void (*notice)(void *context, const char *text), void *context,
                               cav_error *error);

/** Ends it. May be called on one that is all zeros. */
void cav_patience_end(cav_patience *patience);

#endif
