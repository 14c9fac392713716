/**
 * test_store_kill.c: a writer is killed at a random moment, a hundred times on one store.
 *
 * The writer notes in a journal what was acknowledged, after the call had returned. After each
 * kill the store is opened again: all that the journal has is there, once, and to the bit.
 */
#include "support/journal.h"
#include "support/store_fixture.h"

#include "base/memory.h"
#include "base/random.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLS = 100, SEED = 90210, LONGEST_LIFE_US = 20000 };

typedef struct writer {
    store_fixture *at;
    cav_store *store;
    cav_random random;
    int journal;
    cav_error error;
} writer;

static int fail_writer(const writer *me, const char *what)
{
    fprintf(stderr, "# %s: %s\n", what, me->error.message);
    return 1;
}

static caviar_code add(writer *me, caviar_state state, int64_t *ret_number)
{
    double raw[STORE_PARAMS];
    store_raw((double)cav_random_below(&me->random, 1000), raw);
    cav_record record = {.state = state, .raw = raw, .step = -1};
    cav_insert insert = {.expected = -1, .lease_ms = 3600000};
    return me->store->type->trial_add(me->store, &me->at->scope, &record, &insert, ret_number,
                                      &me->error);
}

static caviar_code finish(writer *me, int64_t number, double value)
{
    double values[STORE_METRICS] = {value, -value};
    caviar_metric metric = {"loss", value};
    cav_report report = {
        .number = number, .attempt = 1, .step = 1, .metrics = &metric, .metric_count = 1};
    cav_move move = {.number = number,
                     .attempt = 1,
                     .to = CAVIAR_STATE_COMPLETE,
                     .values = values,
                     .output = "some output that takes room in the file\n"};
    caviar_code code =
        me->store->type->report_add(me->store, &me->at->scope, &report, 3600000, &me->error);
    return code ? code : me->store->type->trial_move(me->store, &me->at->scope, &move, &me->error);
}

// A few trials, alone or as a group; noted when they are safe.
static int write_group(writer *me)
{
    const cav_store_type *type = me->store->type;
    uint64_t count = 1 + cav_random_below(&me->random, 4);
    bool grouped = count > 1, synced = cav_random_below(&me->random, 4) == 0;
    journal_entry done[4];
    if (grouped && type->begin(me->store, &me->error))
        return fail_writer(me, "begin");
    for (uint64_t i = 0; i < count; i++) {
        done[i] =
            (journal_entry){.what = 'r', .attempt = 1, .value = cav_random_normal(&me->random)};
        bool leave = cav_random_below(&me->random, 8) == 0;
        if (add(me, leave ? CAVIAR_STATE_WAITING : CAVIAR_STATE_RUNNING, &done[i].number))
            return fail_writer(me, "add");
        done[i].what = leave ? 'a' : 'r';
        if (!leave && finish(me, done[i].number, done[i].value))
            return fail_writer(me, "finish");
        if (!grouped && journal_write(me->journal, done[i]))
            return 1;
    }
    if (grouped && type->commit(me->store, &me->error))
        return fail_writer(me, "commit");
    for (uint64_t i = 0; grouped && i < count; i++)
        if (journal_write(me->journal, done[i]))
            return 1;
    return synced && type->sync(me->store, &me->error) ? fail_writer(me, "sync") : 0;
}

static int write_for_life(store_fixture *at, const char *journal, uint64_t round, int progress)
{
    writer me = {.at = at, .random = cav_random_stream(SEED, round, CAV_PURPOSE_TEST, 0)};
    me.journal = journal_open(journal);
    if (cav_store_open(&(cav_store_options){.location = at->location}, &me.store, &me.error))
        return fail_writer(&me, "open");
    while (!write_group(&me))
        if (write(progress, ".", 1) != 1)
            return 1;
    return 1;
}

static void kill_a_writer(store_fixture *at, const char *journal, uint64_t round)
{
    cav_random random = cav_random_stream(SEED, round, CAV_PURPOSE_TEST, 1);
    int progress[2];
    char byte;
    assert_int_equal(pipe(progress), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(write_for_life(at, journal, round, progress[1]));
    close(progress[1]);
    uint64_t groups = round % 2 ? 0 : 1 + cav_random_below(&random, 20); // 0: while it opens, say
    for (uint64_t i = 0; i < groups; i++)
        assert_int_equal(read(progress[0], &byte, 1), 1);
    usleep((useconds_t)cav_random_below(&random, LONGEST_LIFE_US));
    assert_int_equal(kill(child, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); // it did not end by itself
    close(progress[0]);
}

// Checks all that was ever acknowledged against the store.
static size_t check_acknowledged(store_fixture *at, const char *path)
{
    size_t count, checked = 0;
    journal_entry *entries = journal_read(path, &count);
    int64_t cursor = 0;
    store_rows rows = store_read(at, &cursor);
    const cav_record **by_number = calloc(rows.count + 1, sizeof *by_number);
    assert_non_null(by_number);
    for (size_t i = 0; i < rows.count; i++) {
        assert_true((size_t)rows.rows[i].number < rows.count); // without gaps
        assert_null(by_number[rows.rows[i].number]);
        by_number[rows.rows[i].number] = &rows.rows[i];
    }
    for (size_t i = 0; i < count; i++) {
        assert_true((size_t)entries[i].number < rows.count);
        const cav_record *row = by_number[entries[i].number];
        bool complete = entries[i].what == 'r';
        assert_int_equal(row->state, complete ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_WAITING);
        assert_true(!complete || row->values[0] == entries[i].value);
        checked++;
    }
    free(by_number);
    store_rows_free(&rows);
    free(entries);
    return checked;
}

static void test_nothing_acknowledged_is_lost_when_the_writer_is_killed(void **state)
{
    store_fixture *at = store_fixture_of(state);
    if (!at->persists)
        return;
    print_message("# seed %d\n", SEED);
    char journal[128];
    snprintf(journal, sizeof journal, "%s/journal", at->folder);
    size_t checked = 0;
    close(journal_open(journal)); // it is there, even if the first writer dies before it writes
    for (uint64_t round = 0; round < KILLS; round++) {
        cav_store_close(at->store);
        at->store = NULL;
        kill_a_writer(at, journal, round);
        at->store = store_fixture_open(at, false);
        checked = check_acknowledged(at, journal);
        store_assert_sound(at->store);
    }
    print_message("# %zu results were acknowledged\n", checked);
    assert_true(checked > KILLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_acknowledged_is_lost_when_the_writer_is_killed),
    };
    return store_suite_run("stores: kill", tests, CAV_COUNT_OF(tests));
}
