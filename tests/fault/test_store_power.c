/**
 * test_store_power.c: the power is cut at a random moment. Everything that cav_store_sync has
 * acknowledged is there afterwards, what came later is there or not, but whole, and the file is in
 * order.
 */
#include "support/fault_vfs.h"
#include "support/power_loss.h"
#include "support/store_fixture.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 150, MOST_STEPS = 60, SEED = 1906 };

typedef struct outage {
    store_fixture *at;
    cav_random random;
    double told[MOST_STEPS * 4]; // by number; 0: not told
    size_t count, safe;          // trials that were told; told and synced
} outage;

static void tell_one(outage *out)
{
    store_fixture *at = out->at;
    double value = 1 + cav_random_unit(&out->random);
    int64_t number = store_add(at, (double)out->count, CAVIAR_STATE_RUNNING);
    assert_int_equal(number, out->count);
    assert_ok(store_report(at, number, 1, 1, value), &at->error);
    assert_ok(store_move(at, number, 1, CAVIAR_STATE_COMPLETE, value), &at->error);
    out->told[out->count++] = value;
}

static void sync_store(outage *out)
{
    assert_ok(out->at->type->sync(out->at->store, &out->at->error), &out->at->error);
    out->safe = out->count;
}

// So that the log is moved to the file often, also while the store is in use.
static void use_a_short_log(store_fixture *at)
{
    sqlite3_wal_autocheckpoint(cav_sqlite_of(at->store)->db, 12);
}

// What a program does between two moments at which the power might go.
static void take_step(outage *out)
{
    store_fixture *at = out->at;
    uint64_t dice = cav_random_below(&out->random, 20);
    bool grouped = dice % 2 == 0;
    if (grouped)
        assert_ok(at->type->begin(at->store, &at->error), &at->error);
    for (uint64_t i = 0; i <= dice % 4; i++)
        tell_one(out);
    if (grouped)
        assert_ok(at->type->commit(at->store, &at->error), &at->error);
    if (dice < 8)
        sync_store(out);
    if (dice == 19) { // the log goes into the file, and is removed
        store_fixture_reopen(at);
        use_a_short_log(at);
    }
}

// Opens what the outage has left. False if there is no study yet, which must then be allowed.
static bool open_rest(outage *out, const char *path, cav_store **ret_store)
{
    cav_error error = {0};
    cav_store_options options = {
        .location = path, .clock = &out->at->clock.clock, .create = out->safe == 0};
    assert_ok(cav_store_open(&options, ret_store, &error), &error);
    store_assert_sound(*ret_store);
    cav_control control;
    caviar_code code =
        (*ret_store)->type->study_control(*ret_store, out->at->scope.study, &control, NULL, &error);
    if (code == CAVIAR_NOT_FOUND && out->safe == 0)
        return false;
    assert_ok(code, &error);
    return true;
}

static void check_rest(outage *out, const char *path)
{
    cav_store *store = NULL;
    cav_error error = {0};
    if (open_rest(out, path, &store)) {
        int64_t cursor = 0, number = -1;
        store_rows rows = store_read_from(store, &out->at->scope, &cursor);
        assert_true(rows.count >= out->safe && rows.count <= out->count);
        for (size_t i = 0; i < rows.count; i++) {
            const cav_record *row = &rows.rows[i];
            bool complete = row->state == CAVIAR_STATE_COMPLETE;
            if ((size_t)row->number < out->safe)
                assert_true(complete);
            assert_true(!complete || row->values[0] == out->told[row->number]);
        }
        double raw[STORE_PARAMS];
        store_raw(1e6, raw);
        cav_record record = {.state = CAVIAR_STATE_RUNNING, .raw = raw, .step = -1};
        assert_ok(store->type->trial_add(store, &out->at->scope, &record,
                                         &(cav_insert){.expected = -1}, &number, &error),
                  &error);
        assert_int_equal(number, rows.count);
        store_rows_free(&rows);
    }
    cav_store_close(store);
}

static void cut_the_power(outage *out, const power_loss *power)
{
    static const double shares[] = {0, 0.1, 0.5, 0.9, 1};
    for (size_t i = 0; i < CAV_COUNT_OF(shares); i++) {
        char folder[64], path[128];
        store_folder_make(folder, sizeof folder);
        snprintf(path, sizeof path, "%s/store.db", folder);
        power_loss_strike(power, folder, shares[i], &out->random);
        check_rest(out, path);
        cav_folder_remove(folder, NULL);
    }
}

static void test_what_was_synced_survives_the_loss_of_power(void **state)
{
    (void)state;
    print_message("# seed %d\n", SEED);
    size_t safe = 0, unsafe = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        power_loss *power = power_loss_start();
        outage out = {.at = store_fixture_new(&cav_store_sqlite),
                      .random = cav_random_stream(SEED, round, CAV_PURPOSE_TEST, 0)};
        use_a_short_log(out.at);
        uint64_t steps = cav_random_below(&out.random, MOST_STEPS);
        for (uint64_t i = 0; i < steps; i++)
            take_step(&out);
        fault_vfs_listen(NULL);
        cut_the_power(&out, power);
        safe += out.safe;
        unsafe += out.count - out.safe;
        power_loss_stop(power);
        store_fixture_free(out.at);
    }
    print_message("# %zu results were safe, %zu were not\n", safe, unsafe);
    assert_true(safe > 1000 && unsafe > 100);
}

// The simulation itself must be able to lose what was not synced.
static void test_what_was_not_synced_may_be_lost(void **state)
{
    (void)state;
    power_loss *power = power_loss_start();
    outage out = {.at = store_fixture_new(&cav_store_sqlite),
                  .random = cav_random_stream(SEED, 0, CAV_PURPOSE_TEST, 1)};
    tell_one(&out);
    sync_store(&out);
    tell_one(&out);
    tell_one(&out);
    char folder[64], path[128];
    store_folder_make(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    fault_vfs_listen(NULL);
    power_loss_strike(power, folder, 0, &out.random);
    cav_store *store = NULL;
    assert_true(open_rest(&out, path, &store));
    int64_t cursor = 0;
    store_rows rows = store_read_from(store, &out.at->scope, &cursor);
    assert_int_equal(rows.count, 1);
    store_rows_free(&rows);
    cav_store_close(store);
    cav_folder_remove(folder, NULL);
    power_loss_stop(power);
    store_fixture_free(out.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_not_synced_may_be_lost),
        cmocka_unit_test(test_what_was_synced_survives_the_loss_of_power),
    };
    fault_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
