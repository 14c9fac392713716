/**
 * test_store_processes.c: sixteen processes at work on one store.
 *
 * Each worker claims or adds a trial, reports, and finishes it, gives it back, pauses it, or stays
 * away for longer than its lease. What it was told by the store it writes to a journal. Afterwards
 * the journal and the store must agree: no attempt was given to two workers, every result that was
 * acknowledged is there, and nothing was ever refused because the store was busy.
 */
#include "support/journal.h"
#include "support/store_fixture.h"

#include "base/memory.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 16, TRIALS = 400, LEASE_MS = 250, SEED = 4711 };

typedef struct worker {
    store_fixture *at;
    cav_store *store;
    cav_random random;
    int journal;
    char name[16];
    cav_error error;
} worker;

static int complain(worker *me, const char *what, caviar_code code)
{
    fprintf(stderr, "# %s: %s: %s (%s)\n", me->name, what, caviar_code_name(code),
            me->error.message);
    return 1;
}

// A new trial, which every third time is left for somebody else to take.
static caviar_code add(worker *me, int64_t *ret_number)
{
    double raw[STORE_PARAMS];
    store_raw(cav_random_unit(&me->random), raw);
    bool leave = cav_random_below(&me->random, 3) == 0;
    cav_record record = {.state = leave ? CAVIAR_STATE_WAITING : CAVIAR_STATE_RUNNING,
                         .raw = raw,
                         .step = -1,
                         .owner = me->name};
    cav_insert insert = {.expected = -1, .budget = TRIALS, .distinct = true, .lease_ms = LEASE_MS};
    caviar_code code = me->store->type->trial_add(me->store, &me->at->scope, &record, &insert,
                                                  ret_number, &me->error);
    if (!code && journal_write(me->journal, (journal_entry){'a', *ret_number, 0, raw[0]}))
        return CAVIAR_INTERNAL;
    if (!code && leave)
        *ret_number = -1;
    return code;
}

static caviar_code find_attempt(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    journal_entry *mine = context;
    if (record->number == mine->number)
        mine->attempt = record->attempt;
    return CAVIAR_OK;
}

static caviar_code take(worker *me, int64_t *ret_number, int64_t *ret_attempt)
{
    const cav_store_type *type = me->store->type;
    cav_claim claim = {
        .number = -1, .owner = me->name, .lease_ms = LEASE_MS, .most_failures = 1000};
    *ret_attempt = 1;
    *ret_number = -1;
    // one group, so that the attempt that is read is the one that was claimed
    caviar_code code = type->begin(me->store, &me->error);
    if (code)
        return code;
    caviar_code taken =
        type->trial_claim(me->store, &me->at->scope, &claim, ret_number, &me->error);
    if (!taken) {
        journal_entry mine = {.number = *ret_number};
        int64_t cursor = 0;
        taken =
            type->trial_read(me->store, &me->at->scope, &cursor, find_attempt, &mine, &me->error);
        *ret_attempt = mine.attempt;
    }
    code = type->commit(me->store, &me->error);
    if (!code && taken == CAVIAR_NOT_FOUND)
        return add(me, ret_number);
    return code ? code : taken;
}

static caviar_code report(worker *me, int64_t number, int64_t attempt, int64_t step)
{
    caviar_metric metric = {"loss", (double)step};
    cav_report line = {
        .number = number, .attempt = attempt, .step = step, .metrics = &metric, .metric_count = 1};
    return me->store->type->report_add(me->store, &me->at->scope, &line, LEASE_MS, &me->error);
}

// How a worker parts with a trial. A late result may be stale, but never busy or lost.
static int part(worker *me, int64_t number, int64_t attempt)
{
    static const caviar_state ways[] = {CAVIAR_STATE_COMPLETE, CAVIAR_STATE_COMPLETE,
                                        CAVIAR_STATE_COMPLETE, CAVIAR_STATE_PRUNED,
                                        CAVIAR_STATE_WAITING};
    double values[STORE_METRICS] = {(double)number + cav_random_unit(&me->random), 1};
    bool late = cav_random_below(&me->random, 20) == 0;
    if (late)
        usleep(LEASE_MS * 1500);
    cav_move move = {.number = number,
                     .attempt = attempt,
                     .to = ways[cav_random_below(&me->random, CAV_COUNT_OF(ways))],
                     .values = values,
                     .output = "the end of what it printed\n"};
    caviar_code code = me->store->type->trial_move(me->store, &me->at->scope, &move, &me->error);
    if (!code)
        code = me->store->type->sync(me->store, &me->error);
    bool is_over = !code && move.to != CAVIAR_STATE_WAITING;
    if (is_over && journal_write(me->journal, (journal_entry){'r', number, attempt, values[0]}))
        return complain(me, "journal", CAVIAR_INTERNAL);
    return code && code != CAVIAR_STALE ? complain(me, "move", code) : 0;
}

static int run_one(worker *me, bool *ret_done)
{
    int64_t number, attempt;
    caviar_code code = take(me, &number, &attempt);
    *ret_done = code == CAVIAR_DONE;
    if (code)
        return *ret_done ? 0 : complain(me, "take", code);
    if (number < 0)
        return 0;
    if (journal_write(me->journal, (journal_entry){'c', number, attempt, 0}))
        return complain(me, "journal", CAVIAR_INTERNAL);
    for (int64_t step = 1; step <= 3; step++) {
        code = report(me, number, attempt, step);
        if (code && code != CAVIAR_STALE && code != CAVIAR_STATE)
            return complain(me, "report", code);
    }
    code = me->store->type->lease_renew(me->store, &me->at->scope, me->name, LEASE_MS, &me->error);
    if (code)
        return complain(me, "heartbeat", code);
    return part(me, number, attempt);
}

static int work(store_fixture *at, const char *journal, uint64_t which)
{
    worker me = {.at = at, .random = cav_random_stream(SEED, which, CAV_PURPOSE_TEST, 0)};
    snprintf(me.name, sizeof me.name, "worker %d", (int)which);
    me.journal = journal_open(journal);
    cav_store_options options = {.location = at->location};
    caviar_code code = cav_store_open(&options, &me.store, &me.error);
    if (code)
        return complain(&me, "open", code);
    bool done = false;
    int failed = 0;
    while (!done && !failed)
        failed = run_one(&me, &done);
    cav_store_close(me.store);
    close(me.journal);
    return failed;
}

static void run_workers(store_fixture *at, const char *journal)
{
    pid_t children[WORKERS];
    fflush(NULL);
    for (uint64_t i = 0; i < WORKERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(work(at, journal, i));
    }
    for (size_t i = 0; i < WORKERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static int by_entry(const void *a, const void *b)
{
    const journal_entry *x = a, *y = b;
    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->attempt > y->attempt) - (x->attempt < y->attempt);
}

static void check_journal(store_fixture *at, const char *path)
{
    size_t count, results = 0, added = 0;
    journal_entry *entries = journal_read(path, &count);
    qsort(entries, count, sizeof *entries, by_entry);
    int64_t cursor = 0;
    store_rows rows = store_read(at, &cursor);
    assert_int_equal(rows.count, TRIALS);
    const cav_record *by_number[TRIALS] = {0};
    for (size_t i = 0; i < rows.count; i++)
        by_number[rows.rows[i].number] = &rows.rows[i];
    for (size_t i = 0; i < count; i++) {
        const journal_entry *entry = &entries[i];
        const cav_record *row = by_number[entry->number];
        if (i > 0 && by_entry(entry - 1, entry) == 0)
            fail_msg("'%c' of trial %d, attempt %d, twice", entry->what, (int)entry->number,
                     (int)entry->attempt);
        if (entry->what == 'a')
            assert_int_equal(entry->number, added++); // without gaps
        if (entry->what == 'a')
            assert_true(row->raw[0] == entry->value);
        if (entry->what != 'r')
            continue;
        results++;
        assert_true(row->state == CAVIAR_STATE_COMPLETE || row->state == CAVIAR_STATE_PRUNED);
        assert_int_equal(row->attempt, entry->attempt);
        assert_true(row->values[0] == entry->value);
    }
    size_t finished = 0;
    for (size_t i = 0; i < rows.count; i++)
        finished += rows.rows[i].state == CAVIAR_STATE_COMPLETE ||
                    rows.rows[i].state == CAVIAR_STATE_PRUNED;
    assert_int_equal(added, TRIALS);
    assert_int_equal(results, finished); // each once, as equal entries were looked for above
    assert_true(results > TRIALS / 2);
    store_rows_free(&rows);
    free(entries);
}

static void test_sixteen_processes_agree_on_who_did_what(void **state)
{
    store_fixture *at = store_fixture_of(state);
    if (!at->persists)
        return;
    print_message("# seed %d\n", SEED);
    char journal[128];
    snprintf(journal, sizeof journal, "%s/journal", at->folder);
    cav_store_close(at->store); // a handle does not go through a fork
    at->store = NULL;
    run_workers(at, journal);
    at->store = store_fixture_open(at, false);
    check_journal(at, journal);
    store_assert_sound(at->store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sixteen_processes_agree_on_who_did_what),
    };
    return store_suite_run("stores: processes", tests, CAV_COUNT_OF(tests));
}
