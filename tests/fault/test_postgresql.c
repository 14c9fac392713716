/**
 * test_postgresql.c: the n-th exchange with the server finds the connection broken, for n = 1, 2, …
 * until the script passes without meeting the fault: before a request went out, or before its
 * answer came in. Then the store connects again, and everything is there once, as without a fault.
 *
 * libpq calls the functions of this file in place of the C library's.
 */
#include "support/postgres.h"
#include "support/store_script.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { LOCATION_SIZE = 256, STRIDE = 5 };

typedef enum way {
    WAY_NONE,
    WAY_SEND,
    WAY_RECEIVE,
    WAY_END // the answer comes, but not that it was committed
} way;

static struct {
    way wanted, way; // WAY_NONE until the store is open
    int nth, count;  // calls until the fault, and so far
    int then;        // how many later there is another fault; 0: none
} plan;

static bool breaks(way which, int fd)
{
    if (plan.way != which)
        return false;
    plan.count++;
    bool is_second = plan.then > 0 && plan.count == plan.nth + plan.then;
    if (plan.count != plan.nth && !is_second)
        return false;
    shutdown(fd, SHUT_RDWR);
    errno = ECONNRESET;
    return true;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return breaks(WAY_SEND, fd) ? -1 : sendto(fd, data, size, flags, NULL, 0);
}

// What was received up to the message that ends a transaction: a letter, and a size without it.
static ssize_t cut_before_end(const uint8_t *data, ssize_t size, int fd)
{
    enum { HEAD = 5 };
    for (ssize_t at = 0; at + HEAD <= size;) {
        if (data[at] == 'Z' && breaks(WAY_END, fd))
            return at;
        at += 1 + (data[at + 1] << 24 | data[at + 2] << 16 | data[at + 3] << 8 | data[at + 4]);
    }
    return size;
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
    if (breaks(WAY_RECEIVE, fd))
        return -1;
    ssize_t got = recvfrom(fd, data, size, flags, NULL, NULL);
    return plan.way == WAY_END && got > 0 ? cut_before_end(data, got, fd) : got;
}

static caviar_code note_trial(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    cav_text_appendf(context, "trial %lld.%lld %s %s %d %g %g step %lld failures %lld '%s'\n",
                     (long long)record->number, (long long)record->attempt,
                     caviar_state_name(record->state), caviar_reason_name(record->reason),
                     record->uncounted, record->raw[0], record->values[0], (long long)record->step,
                     (long long)record->failures, record->message);
    return CAVIAR_OK;
}

static caviar_code note_report(void *context, const cav_report *report, cav_error *error)
{
    (void)error;
    cav_text_appendf(context, "report %lld.%lld at %lld: %zu\n", (long long)report->number,
                     (long long)report->attempt, (long long)report->step, report->metric_count);
    return CAVIAR_OK;
}

static caviar_code note_nudge(void *context, const cav_nudge *nudge, cav_error *error)
{
    (void)error;
    cav_text_appendf(context, "nudge %lld of %lld: %s at %lld\n", (long long)nudge->id,
                     (long long)nudge->number, cav_nudge_state_name(nudge->state),
                     (long long)nudge->step);
    return CAVIAR_OK;
}

// All that the script has left behind, but its times and its cursors.
static char *read_all(const store_script *script)
{
    cav_error error = {0};
    cav_store *store = NULL;
    cav_store_options options = {.location = script->location, .clock = &script->clock.clock};
    assert_ok(script->type->open(&options, &store, &error), &error);
    int64_t trials = 0, reports = 0, nudges = 0;
    cav_text text = {0};
    assert_ok(store->type->trial_read(store, &script->scope, &trials, note_trial, &text, &error),
              &error);
    assert_ok(
        store->type->report_read(store, &script->scope, -1, &reports, note_report, &text, &error),
        &error);
    assert_ok(store->type->nudge_read(store, &script->scope, &nudges, note_nudge, &text, &error),
              &error);
    cav_store_close(store);
    return cav_text_take(&text);
}

static void count_from_here(cav_store *store)
{
    (void)store;
    plan.way = plan.wanted;
    plan.count = 0;
}

// Groups are the caller's to make again, so they may fail; nothing else does.
static void check_failures(const store_script *script)
{
    if (script->failures > 0 && script->first_code != CAVIAR_BUSY)
        fail_msg("%s of call %d: %s: %s", plan.way == WAY_SEND ? "loss" : "lost answer", plan.nth,
                 caviar_code_name(script->first_code), script->first_error.message);
}

// Runs the script with the n-th exchange failing; false when the fault was not met any more.
static bool run_with(way which, int nth, const cav_space *space, char **expected)
{
    char location[LOCATION_SIZE];
    store_script script;
    postgres_schema_make(getenv("CAVIAR_TEST_POSTGRESQL"), location, sizeof location);
    store_script_init(&script, &cav_store_postgresql, location, space);
    script.opened = count_from_here;
    plan.nth = nth;
    plan.wanted = which;
    store_script_run(&script);
    plan.way = WAY_NONE;
    bool met = plan.count >= plan.nth && nth > 0;
    check_failures(&script);
    char *found = read_all(&script);
    if (!*expected)
        *expected = found;
    else if (script.failures == 0)
        assert_string_equal(found, *expected);
    if (found != *expected)
        free(found);
    store_script_verify(&script);
    postgres_schema_remove(location);
    return met;
}

static void test_a_broken_connection_loses_and_doubles_nothing(void **state)
{
    way which = *(const way *)*state;
    if (!getenv("CAVIAR_TEST_POSTGRESQL"))
        skip();
    cav_space *space = store_space_new();
    char *expected = NULL;
    run_with(WAY_NONE, 0, space, &expected);
    int stride = getenv("CAVIAR_TEST_LONG") ? 1 : STRIDE, places = 0;
    for (int nth = 1; run_with(which, nth, space, &expected); nth += stride)
        places++;
    print_message("# at %d places\n", places);
    assert_true(places > 5);
    free(expected);
    caviar_space_free(space);
}

static size_t count_trials(store_fixture *at)
{
    int64_t cursor = 0;
    store_rows rows = store_read(at, &cursor);
    size_t count = rows.count;
    store_rows_free(&rows);
    return count;
}

// The answer to a write is lost, and then, while the store finds out what became of it, the n-th
// exchange is, too: for n = 1, 2, … until the store is through with it.
static void test_a_connection_that_is_lost_again_at_once_doubles_nothing(void **state)
{
    plan.wanted = *(const way *)*state;
    store_fixture *at = store_fixture_new(&cav_store_postgresql);
    if (!at)
        skip();
    store_add(at, -1, CAVIAR_STATE_WAITING);
    plan.nth = 1;
    bool met = true;
    int added = 1;
    for (plan.then = 1; met; plan.then++) {
        count_from_here(at->store);
        int64_t number = store_add(at, added, CAVIAR_STATE_RUNNING);
        met = plan.count >= plan.nth + plan.then;
        plan.way = WAY_NONE;
        assert_int_equal(number, added++);
        assert_int_equal(count_trials(at), added);
    }
    plan.then = 0;
    print_message("# at %d places\n", added);
    assert_true(added > 8);
    store_assert_sound(at->store);
    store_fixture_free(at);
}

// A server that is killed while it waits for its disk sends what it has, and takes back what was
// not on the disk. So an answer without its end says nothing, and it is asked for anew.
static void test_an_answer_whose_end_is_lost_is_not_believed(void **state)
{
    (void)state;
    store_fixture *at = store_fixture_new(&cav_store_postgresql);
    if (!at)
        skip();
    plan.wanted = WAY_END;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    for (plan.nth = 1; plan.nth <= 2; plan.nth++) { // of the write, of the wait for the disk
        int64_t generation = at->store->generation;
        count_from_here(at->store);
        assert_int_equal(store_add(at, plan.nth, CAVIAR_STATE_RUNNING), plan.nth);
        plan.way = WAY_NONE;
        assert_true(at->store->generation > generation);
        assert_int_equal(count_trials(at), plan.nth + 1);
    }
    store_fixture_free(at);
}

// The server answers a statement before it commits it. What `table` is told of fails so late, the
// `nth` time, with a code that asks to try again.
static void fail_at_the_end(const store_fixture *at, const char *table, int nth)
{
    char sql[600];
    snprintf(sql, sizeof sql,
             "CREATE SEQUENCE told; CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
             "$$ BEGIN IF nextval('told') = %d THEN RAISE EXCEPTION 'too late' USING ERRCODE = "
             "'40001'; END IF; RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER late AFTER INSERT OR "
             "UPDATE ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
             nth, table);
    postgres_execute(at->location, sql);
}

static void test_an_answer_counts_when_its_transaction_is_committed(void **state)
{
    (void)state;
    store_fixture *at = store_fixture_new(&cav_store_postgresql);
    if (!at)
        skip();
    fail_at_the_end(at, "caviar_trials", 1);
    assert_int_equal(store_add(at, 1, CAVIAR_STATE_RUNNING), 0);
    assert_int_equal(count_trials(at), 1);
    store_fixture_free(at);
}

static void test_a_write_whose_wait_for_the_disk_fails_is_made_once(void **state)
{
    (void)state;
    store_fixture *at = store_fixture_new(&cav_store_postgresql);
    if (!at)
        skip();
    fail_at_the_end(at, "caviar_sessions", 2); // the first is the write itself
    assert_int_equal(store_add(at, 1, CAVIAR_STATE_RUNNING), 0);
    assert_int_equal(count_trials(at), 1);
    store_fixture_free(at);
}

// What a late request of an earlier connection would do is undone: its session has another name.
static void test_a_write_of_a_session_that_was_given_up_is_undone(void **state)
{
    (void)state;
    store_fixture *at = store_fixture_new(&cav_store_postgresql);
    if (!at)
        skip();
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    postgres_execute(at->location, "UPDATE caviar_sessions SET id = 'taken over'");
    int64_t generation = at->store->generation;
    assert_int_equal(store_add(at, 2, CAVIAR_STATE_RUNNING), 1); // under a new name, once
    assert_true(at->store->generation > generation);
    assert_int_equal(count_trials(at), 2);
    store_fixture_free(at);
}

static void test_a_group_that_was_cut_leaves_nothing_behind(void **state)
{
    (void)state;
    store_fixture *at = store_fixture_new(&cav_store_postgresql);
    if (!at)
        skip();
    assert_ok(at->type->begin(at->store, &at->error), &at->error);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    postgres_execute(at->location,
                     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                     "WHERE application_name = 'caviar' AND state = 'idle in transaction'");
    int64_t generation = at->store->generation;
    assert_int_equal(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 1), CAVIAR_BUSY);
    assert_true(at->store->generation > generation); // so a study knows to make it again
    assert_contains(at->error.message, "none of it is kept");
    assert_int_equal(at->type->commit(at->store, &at->error), CAVIAR_BUSY);
    assert_int_equal(store_add(at, 1, CAVIAR_STATE_RUNNING), 0);
    store_assert_sound(at->store);
    store_fixture_free(at);
}

static void test_the_time_is_the_server_s(void **state)
{
    (void)state;
    store_fixture *at = store_fixture_new(&cav_store_postgresql);
    if (!at)
        skip();
    cav_store *store = NULL;
    cav_store_options options = {.location = at->location};
    assert_ok(cav_store_open(&options, &store, &at->error), &at->error);
    int64_t apart =
        cav_clock_wall_ms(store->clock) - cav_clock_wall_ms(&cav_clock_system); // one machine
    assert_in_range((uint64_t)(apart + 1000), 0, 2000);
    cav_store_close(store);
    store_fixture_free(at);
}

int main(void)
{
    static const way ways[] = {WAY_SEND, WAY_RECEIVE};
    const struct CMUnitTest tests[] = {
        {.name = "a request that is lost on its way loses and doubles nothing",
         .test_func = test_a_broken_connection_loses_and_doubles_nothing,
         .initial_state = (void *)(uintptr_t)&ways[0]},
        {.name = "an answer that is lost on its way loses and doubles nothing",
         .test_func = test_a_broken_connection_loses_and_doubles_nothing,
         .initial_state = (void *)(uintptr_t)&ways[1]},
        {.name = "a request that is lost, and another one while that is found out",
         .test_func = test_a_connection_that_is_lost_again_at_once_doubles_nothing,
         .initial_state = (void *)(uintptr_t)&ways[0]},
        {.name = "an answer that is lost, and another one while that is found out",
         .test_func = test_a_connection_that_is_lost_again_at_once_doubles_nothing,
         .initial_state = (void *)(uintptr_t)&ways[1]},
        cmocka_unit_test(test_an_answer_whose_end_is_lost_is_not_believed),
        cmocka_unit_test(test_an_answer_counts_when_its_transaction_is_committed),
        cmocka_unit_test(test_a_write_whose_wait_for_the_disk_fails_is_made_once),
        cmocka_unit_test(test_a_write_of_a_session_that_was_given_up_is_undone),
        cmocka_unit_test(test_a_group_that_was_cut_leaves_nothing_behind),
        cmocka_unit_test(test_the_time_is_the_server_s),
    };
    return _cmocka_run_group_tests("postgresql: faults", tests, CAV_COUNT_OF(tests), NULL, NULL);
}
