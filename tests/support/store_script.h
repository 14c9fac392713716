/**
 * store_script.h: a little of everything that is done with a store, for tests in which something
 * goes wrong on the way.
 *
 * The script goes on after a call that failed, as a program might. It remembers what the store
 * acknowledged; store_script_verify holds the store to that, after it was opened again.
 */
#ifndef CAV_TESTS_SUPPORT_STORE_SCRIPT_H
#define CAV_TESTS_SUPPORT_STORE_SCRIPT_H

#include "support/store_fixture.h"

enum { SCRIPT_TRIALS = 8 };

typedef struct store_script {
    const cav_store_type *type;
    const char *location;
    cav_manual_clock clock;
    void (*opened)(cav_store *store); // is called once it is open, where it is not NULL
    cav_scope scope;                  // its study is -1 until it was added
    // what was acknowledged, by number
    bool added[SCRIPT_TRIALS], told[SCRIPT_TRIALS];
    caviar_state states[SCRIPT_TRIALS];
    double values[SCRIPT_TRIALS];
    int64_t last_step[SCRIPT_TRIALS]; // -1: none
    bool is_nudged, is_delivered;     // trial 0
    bool is_stopped;
    // what failed
    int failures;
    caviar_code first_code;
    cav_error first_error;
} store_script;

/** A script that has not been run. `space` is store_space_new's. */
void store_script_init(store_script *script, const cav_store_type *type, const char *location,
                       const cav_space *space);

/** Opens the store, does everything, and closes it. */
void store_script_run(store_script *script);

/**
 * Opens the store and checks that all that was acknowledged is there, that the check slot finds
 * nothing, and that the store can be used.
 */
void store_script_verify(const store_script *script);

#endif
