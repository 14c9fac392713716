/**
 * store_fixture.h: a fresh store with one study in it, for tests that run on every store.
 *
 * A suite is a list of cmocka tests; store_suite_run runs it once for each entry of the table of
 * stores. Each test gets a fixture of its own as its state. A store on a server needs a place to
 * be given: the environment variable CAVIAR_TEST_NAME (in upper case) holds its URL, and without
 * it the store's tests are skipped.
 */
#ifndef CAV_TESTS_SUPPORT_STORE_FIXTURE_H
#define CAV_TESTS_SUPPORT_STORE_FIXTURE_H

#include "support/test.h"

#include "store/store.h"

enum {
    STORE_PARAMS = 5,  // x, units, act, beta (active where act is "adam"), big
    STORE_METRICS = 2, // loss, time
};

#define STORE_START_MS ((int64_t)1700000000000)

typedef struct store_fixture {
    const cav_store_type *type;
    cav_store *store;
    cav_manual_clock clock;
    char folder[64], location[256];
    bool persists;     // it can be closed and opened again, and opened twice
    bool is_on_server; // in a schema of its own
    cav_space *space;
    cav_scope scope;
    int64_t study;
    cav_error error;
} store_fixture;

/** Runs each test on each store; returns how many failed, for main. */
int store_suite_run(const char *name, const struct CMUnitTest *tests, size_t count);

/** The fixture of a test; skips the test where its store cannot be reached. */
store_fixture *store_fixture_of(void **state);

/** A fixture by hand, for tests of one store; NULL if it has no place to be. */
store_fixture *store_fixture_new(const cav_store_type *type);
void store_fixture_free(store_fixture *at);

/** Another handle on the same location. */
cav_store *store_fixture_open(store_fixture *at, bool read_only);

/** Closes the store and opens it again; where it does not persist nothing happens. */
void store_fixture_reopen(store_fixture *at);

/** A space with a parameter of every kind; see STORE_PARAMS. */
cav_space *store_space_new(void);

/** Adds a study, and makes its scope. */
cav_scope store_study_add(store_fixture *at, const char *name);

/** Fills raw [STORE_PARAMS] with a configuration that differs with `x`. */
void store_raw(double x, double *ret_raw);

/** Adds a trial at store_raw(x), without conditions; a running one for 1000 ms. */
int64_t store_add(store_fixture *at, double x, caviar_state state);

/** Claims a trial for 1000 ms, or answers -1 where there is none. */
int64_t store_claim(store_fixture *at, int64_t number, const char *owner);
caviar_code store_claim_as(store_fixture *at, const cav_claim *claim, int64_t *ret_number);

/** Moves a trial, with the first metric's value; a failed one for the reason `exit`. */
caviar_code store_move(store_fixture *at, int64_t number, int64_t attempt, caviar_state to,
                       double value);

/** Reports one number for the first metric; the lease is 1000 ms. */
caviar_code store_report(store_fixture *at, int64_t number, int64_t attempt, int64_t step,
                         double value);

/** Trials as they were read: a deep copy. */
typedef struct store_rows {
    cav_record *rows; // [count]
    size_t count, capacity;
} store_rows;

/** Reads what is new since *cursor. */
store_rows store_read(store_fixture *at, int64_t *cursor);
store_rows store_read_from(cav_store *store, const cav_scope *scope, int64_t *cursor);
void store_rows_free(store_rows *rows);

/** The present row of one trial; free with store_row_free. */
cav_record store_row(store_fixture *at, int64_t number);
void store_row_free(cav_record *row);

/** Checks state and attempt of a trial. */
void store_assert_state(store_fixture *at, int64_t number, caviar_state state, int64_t attempt);

/** Fails the test if the check slot finds anything. */
void store_assert_sound(cav_store *store);

/** Makes a new folder for a test's files. */
void store_folder_make(char *ret_folder, size_t size);

#endif
