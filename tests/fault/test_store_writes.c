/**
 * test_store_writes.c: the n-th call to the disk fails, for n = 1, 2, … until the script passes
 * without meeting the fault: whatever fails, it is said, and nothing that was acknowledged is lost.
 */
#include "support/fault_vfs.h"
#include "support/store_script.h"

#include "base/file.h"
#include "base/memory.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <string.h>

typedef struct fault {
    const char *name;
    fault_plan plan;
    caviar_code code; // what the first call that fails may answer
} fault;

static const fault faults[] = {
    {"a write fails", {.call = FAULT_WRITE, .status = SQLITE_IOERR_WRITE}, CAVIAR_IO},
    {"a write is torn",
     {.call = FAULT_WRITE, .status = SQLITE_IOERR_WRITE, .torn = true},
     CAVIAR_IO},
    {"the disk is full", {.call = FAULT_WRITE, .status = SQLITE_FULL}, CAVIAR_IO},
    {"the disk stays full",
     {.call = FAULT_WRITE, .status = SQLITE_FULL, .for_good = true, .torn = true},
     CAVIAR_IO},
    {"a read fails", {.call = FAULT_READ, .status = SQLITE_IOERR_READ}, CAVIAR_IO},
    {"a sync fails", {.call = FAULT_SYNC, .status = SQLITE_IOERR_FSYNC}, CAVIAR_IO},
    {"no sync works",
     {.call = FAULT_SYNC, .status = SQLITE_IOERR_FSYNC, .for_good = true},
     CAVIAR_IO},
    {"a truncation fails", {.call = FAULT_TRUNCATE, .status = SQLITE_IOERR_TRUNCATE}, CAVIAR_IO},
    {"a size is not known", {.call = FAULT_FILE_SIZE, .status = SQLITE_IOERR_FSTAT}, CAVIAR_IO},
    {"a file does not open", {.call = FAULT_OPEN, .status = SQLITE_CANTOPEN}, CAVIAR_IO},
    {"a file cannot be removed", {.call = FAULT_DELETE, .status = SQLITE_IOERR_DELETE}, CAVIAR_IO},
    {"no shared memory", {.call = FAULT_SHM_MAP, .status = SQLITE_IOERR_SHMMAP}, CAVIAR_IO},
};

// So that the log is moved to the file within the script, too.
static void use_a_short_log(cav_store *store)
{
    sqlite3_wal_autocheckpoint(cav_sqlite_of(store)->db, 12);
}

// Runs the script with the n-th call failing; false when the fault was not met any more.
static bool run_with(const fault *with, int64_t nth, const cav_space *space)
{
    char folder[64], path[128];
    store_folder_make(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    store_script script;
    store_script_init(&script, &cav_store_sqlite, path, space);
    script.opened = use_a_short_log;
    fault_plan plan = with->plan;
    plan.nth = nth;
    fault_vfs_arm(&plan);
    store_script_run(&script);
    bool met = fault_vfs_disarm() > 0;
    if (script.failures > 0 && script.first_code != with->code)
        fail_msg("%s, n = %d: %s: %s", with->name, (int)nth, caviar_code_name(script.first_code),
                 script.first_error.message);
    if (!met)
        assert_int_equal(script.failures, 0);
    store_script_verify(&script);
    cav_folder_remove(folder, NULL);
    return met;
}

static void test_whatever_fails_is_said_and_nothing_acknowledged_is_lost(void **state)
{
    const fault *with = *state;
    cav_space *space = store_space_new();
    int64_t nth = 1;
    while (run_with(with, nth, space))
        nth++;
    print_message("# %s: at %d places\n", with->name, (int)nth - 1);
    assert_true(nth > 1);
    caviar_space_free(space);
}

// Linux forgets what it could not write, and the next sync succeeds: it must not be believed.
static void test_after_a_sync_that_failed_no_sync_is_acknowledged(void **state)
{
    (void)state;
    store_fixture *at = store_fixture_new(&cav_store_sqlite);
    assert_ok(at->type->sync(at->store, &at->error), &at->error);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    fault_vfs_arm(&(fault_plan){.call = FAULT_SYNC, .nth = 1, .status = SQLITE_IOERR_FSYNC});
    assert_int_equal(at->type->sync(at->store, &at->error), CAVIAR_IO);
    assert_int_equal(fault_vfs_disarm(), 1);
    assert_int_equal(at->type->sync(at->store, &at->error), CAVIAR_IO);
    store_add(at, 2, CAVIAR_STATE_RUNNING);
    assert_int_equal(at->type->sync(at->store, &at->error), CAVIAR_IO);
    assert_contains(at->error.message, "look at the disk");
    store_fixture_reopen(at);
    store_add(at, 3, CAVIAR_STATE_RUNNING);
    assert_ok(at->type->sync(at->store, &at->error), &at->error);
    store_fixture_free(at);
}

// In a group SQLite may have undone everything; what follows must not be kept by itself.
static void test_after_a_write_that_failed_the_rest_of_the_group_is_refused(void **state)
{
    (void)state;
    store_fixture *at = store_fixture_new(&cav_store_sqlite);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    double raw[STORE_PARAMS];
    store_raw(2, raw);
    cav_record record = {.state = CAVIAR_STATE_RUNNING, .raw = raw, .step = -1};
    cav_insert insert = {.expected = -1};
    int64_t number = -7;
    assert_ok(at->type->begin(at->store, &at->error), &at->error);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 1), &at->error);
    sqlite3 *db = cav_sqlite_of(at->store)->db;
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK); // as it would
    cav_sqlite_of(at->store)->is_doomed = true;
    assert_int_equal(
        at->type->trial_add(at->store, &at->scope, &record, &insert, &number, &at->error),
        CAVIAR_IO);
    assert_contains(at->error.message, "none is kept");
    assert_int_equal(number, -7);
    assert_int_equal(at->type->commit(at->store, &at->error), CAVIAR_IO);
    store_assert_state(at, 0, CAVIAR_STATE_RUNNING, 1);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 1), &at->error);
    assert_int_equal(store_add(at, 2, CAVIAR_STATE_RUNNING), 1);
    store_assert_sound(at->store);
    store_fixture_free(at);
}

int main(void)
{
    struct CMUnitTest tests[CAV_COUNT_OF(faults) + 2] = {
        [CAV_COUNT_OF(faults)] =
            cmocka_unit_test(test_after_a_sync_that_failed_no_sync_is_acknowledged),
        [CAV_COUNT_OF(faults) + 1] =
            cmocka_unit_test(test_after_a_write_that_failed_the_rest_of_the_group_is_refused),
    };
    for (size_t i = 0; i < CAV_COUNT_OF(faults); i++)
        tests[i] = (struct CMUnitTest){
            .name = faults[i].name,
            .test_func = test_whatever_fails_is_said_and_nothing_acknowledged_is_lost,
            .initial_state = (void *)(uintptr_t)&faults[i]};
    fault_vfs_install();
    return _cmocka_run_group_tests("the n-th call to the disk", tests, CAV_COUNT_OF(tests), NULL,
                                   NULL);
}
