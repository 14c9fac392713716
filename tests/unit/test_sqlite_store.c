/**
 * test_sqlite_store.c: the file of the SQLite store: which files it opens, which it refuses and
 * leaves as they are, who may look at it, and that its queries use their indices.
 */
#include "support/store_fixture.h"

#include "base/file.h"
#include "base/memory.h"
#include "store/sqlite.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct place {
    char folder[64], path[256];
    cav_error error;
} place;

static int make_place(void **state)
{
    place *at = calloc(1, sizeof *at);
    assert_non_null(at);
    store_folder_make(at->folder, sizeof at->folder);
    snprintf(at->path, sizeof at->path, "%s/a.db", at->folder);
    *state = at;
    return 0;
}

static int remove_place(void **state)
{
    place *at = *state;
    assert_ok(cav_folder_remove(at->folder, &at->error), &at->error);
    free(at);
    return 0;
}

static caviar_code open_at(place *at, const char *location, bool create, bool read_only,
                           cav_store **ret_store)
{
    cav_error_clear(&at->error);
    return cav_store_open(
        &(cav_store_options){.location = location, .create = create, .read_only = read_only},
        ret_store, &at->error);
}

static cav_store *open_well(place *at, bool create, bool read_only)
{
    cav_store *store = NULL;
    assert_ok(open_at(at, at->path, create, read_only, &store), &at->error);
    return store;
}

static cav_text read_bytes(const char *path)
{
    cav_text bytes = {0};
    cav_error error = {0};
    assert_ok(cav_file_read(path, 1 << 26, &bytes, &error), &error);
    return bytes;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    cav_error error = {0};
    assert_ok(cav_file_replace(path, bytes, size, &error), &error);
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void make_store(place *at)
{
    cav_store *store = open_well(at, true, false);
    int64_t id;
    assert_ok(store->type->study_add(store, "kept", "{}", &id, &at->error), &at->error);
    cav_store_close(store);
}

// Opening answers the code and the sentence, whichever way, and the file stays as it is.
static void expect_refused(place *at, caviar_code code, const char *sentence)
{
    cav_text before = read_bytes(at->path);
    for (int way = 0; way < 3; way++) {
        cav_store *store = NULL;
        assert_int_equal(open_at(at, at->path, way == 0, way == 2, &store), code);
        assert_null(store);
        assert_contains(at->error.message, sentence);
        assert_contains(at->error.message, at->path);
    }
    cav_text after = read_bytes(at->path);
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.data, before.data, before.size);
    cav_text_free(&before);
    cav_text_free(&after);
}

static void test_a_newer_schema_is_refused_and_left_alone(void **state)
{
    place *at = *state;
    make_store(at);
    execute(at->path, "PRAGMA user_version = 99");
    expect_refused(at, CAVIAR_VERSION, "newer Caviar (schema 99; this one knows 4)");
}

// As after a crash of the newer program: its log must not be moved to the file either.
static void test_a_newer_schema_is_left_alone_with_its_log(void **state)
{
    place *at = *state;
    make_store(at);
    sqlite3 *newer = NULL;
    assert_int_equal(sqlite3_open(at->path, &newer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(newer, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    char copy[200], log[300], copy_log[210];
    snprintf(copy, sizeof copy, "%s/crashed.db", at->folder);
    snprintf(log, sizeof log, "%s-wal", at->path);
    snprintf(copy_log, sizeof copy_log, "%s-wal", copy);
    cav_text bytes = read_bytes(at->path), log_bytes = read_bytes(log);
    assert_true(log_bytes.size > 0);
    write_bytes(copy, bytes.data, bytes.size);
    write_bytes(copy_log, log_bytes.data, log_bytes.size);
    sqlite3_close(newer);
    snprintf(at->path, sizeof at->path, "%s", copy);
    expect_refused(at, CAVIAR_VERSION, "newer Caviar");
    cav_text after = read_bytes(copy_log);
    assert_int_equal(after.size, log_bytes.size);
    assert_memory_equal(after.data, log_bytes.data, after.size);
    cav_text_free(&bytes);
    cav_text_free(&log_bytes);
    cav_text_free(&after);
}

static void test_an_impossible_schema_version_is_damage(void **state)
{
    place *at = *state;
    make_store(at);
    execute(at->path, "PRAGMA user_version = -5");
    expect_refused(at, CAVIAR_CORRUPT, "-5");
    execute(at->path, "PRAGMA user_version = 0");
    expect_refused(at, CAVIAR_CORRUPT, "version 0");
}

static void test_a_file_of_another_program_is_refused_and_left_alone(void **state)
{
    place *at = *state;
    execute(at->path, "CREATE TABLE trials (a); INSERT INTO trials VALUES (1)");
    expect_refused(at, CAVIAR_INVALID, "another program; name another file with --store");
    execute(at->path, "DROP TABLE trials; PRAGMA application_id = 7");
    expect_refused(at, CAVIAR_INVALID, "another program");
}

static void test_what_is_no_database_is_refused_and_left_alone(void **state)
{
    place *at = *state;
    static const char text[] = "# A readme\n\nwith some lines, and nothing that SQLite knows.\n";
    write_bytes(at->path, text, sizeof text);
    expect_refused(at, CAVIAR_INVALID, "it is no store: name another file");
    char big[8192];
    memset(big, 'x', sizeof big);
    write_bytes(at->path, big, sizeof big);
    expect_refused(at, CAVIAR_INVALID, "it is no store");
}

static void test_an_empty_file_becomes_a_store_only_where_one_is_made(void **state)
{
    place *at = *state;
    write_bytes(at->path, "", 0);
    cav_store *store = NULL;
    assert_int_equal(open_at(at, at->path, false, false, &store), CAVIAR_NOT_FOUND);
    assert_contains(at->error.message, "empty");
    assert_int_equal(open_at(at, at->path, false, true, &store), CAVIAR_NOT_FOUND);
    assert_int_equal(open_at(at, at->path, true, true, &store), CAVIAR_NOT_FOUND);
    struct stat info;
    assert_int_equal(stat(at->path, &info), 0);
    assert_int_equal(info.st_size, 0);
    make_store(at);
    cav_store_close(open_well(at, false, false));
}

static void test_a_missing_file_is_made_only_where_asked_for(void **state)
{
    place *at = *state;
    cav_store *store = NULL;
    assert_int_equal(open_at(at, at->path, false, false, &store), CAVIAR_NOT_FOUND);
    assert_contains(at->error.message, at->path);
    assert_int_equal(open_at(at, at->path, false, true, &store), CAVIAR_NOT_FOUND);
    assert_int_equal(open_at(at, at->path, true, true, &store), CAVIAR_NOT_FOUND);
    assert_int_not_equal(access(at->path, F_OK), 0);
    make_store(at);
    assert_int_equal(access(at->path, F_OK), 0);
}

static void test_a_folder_is_no_file(void **state)
{
    place *at = *state;
    assert_int_equal(mkdir(at->path, 0755), 0);
    for (int way = 0; way < 3; way++) {
        cav_store *store = NULL;
        assert_int_equal(open_at(at, at->path, way == 0, way == 2, &store), CAVIAR_IO);
        assert_contains(at->error.message, "is it a file");
    }
}

static void test_a_missing_folder_is_named(void **state)
{
    place *at = *state;
    snprintf(at->path, sizeof at->path, "%s/none/a.db", at->folder);
    cav_store *store = NULL;
    assert_int_equal(open_at(at, at->path, true, false, &store), CAVIAR_IO);
    assert_contains(at->error.message, "none/a.db");
    assert_contains(at->error.message, "folder that exists");
}

// Opens by one name what was made by another.
static void expect_same(place *at, const char *location, const char *path)
{
    cav_store *store = NULL;
    assert_ok(open_at(at, location, true, false, &store), &at->error);
    assert_string_equal(store->type->name, "sqlite");
    int64_t id;
    assert_ok(store->type->study_add(store, "s", "{}", &id, &at->error), &at->error);
    cav_store_close(store);
    if (access(path, F_OK) != 0)
        fail_msg("'%s' did not make '%s'", location, path);
    assert_int_equal(unlink(path), 0);
}

static void test_locations_name_the_files_that_they_say(void **state)
{
    place *at = *state;
    char before[4096], location[300], path[300];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(at->folder), 0);
    expect_same(at, "plain.db", "plain.db");
    expect_same(at, "./plain.db", "plain.db");
    expect_same(at, "sqlite:///relative.db", "relative.db");
    expect_same(at, "sqlite:short.db", "short.db");
    snprintf(location, sizeof location, "sqlite:///%s/absolute.db", at->folder);
    expect_same(at, location, "absolute.db");
    static const char *const names[] = {
        "file:x.db?mode=memory", "with space",    "a?b#c%41.db", "100%",
        "\xc3\xa4\xe2\x98\x83",  "'; DROP TABLE", "-wal",        "\"q\"",
        "file:memory:x",         "a\\b"};
    for (size_t i = 0; i < CAV_COUNT_OF(names); i++) {
        expect_same(at, names[i], names[i]);
        snprintf(path, sizeof path, "%s/%s", at->folder, names[i]);
        expect_same(at, path, path);
    }
    assert_int_equal(chdir(before), 0);
}

static void test_locations_that_name_no_file_are_refused(void **state)
{
    place *at = *state;
    static const char *const locations[] = {
        "sqlite:",       ":memory:", "sqlite:///",     "sqlite:///:memory:",
        "sqlite://x.db", "",         "mysql://host/db"};
    for (size_t i = 0; i < CAV_COUNT_OF(locations); i++) {
        cav_store *store = NULL;
        assert_int_equal(open_at(at, locations[i], true, false, &store), CAVIAR_INVALID);
        assert_null(store);
        assert_contains(at->error.message, "sqlite:///PATH");
    }
}

static void test_memory_is_the_default(void **state)
{
    place *at = *state;
    const char *locations[] = {NULL, "memory:"};
    for (size_t i = 0; i < 2; i++) {
        cav_store *store = NULL;
        assert_ok(open_at(at, locations[i], false, false, &store), &at->error);
        assert_string_equal(store->type->name, "memory");
        cav_store_close(store);
    }
    cav_store_close(NULL);
}

static caviar_code count_study(void *context, const cav_study_row *row, cav_error *error)
{
    (void)row, (void)error;
    ++*(int *)context;
    return CAVIAR_OK;
}

static int count_studies(cav_store *store)
{
    int count = 0;
    cav_error error = {0};
    assert_ok(store->type->study_read(store, NULL, count_study, &count, &error), &error);
    return count;
}

static void test_one_who_looks_cannot_write(void **state)
{
    place *at = *state;
    make_store(at);
    cav_text before = read_bytes(at->path);
    cav_store *store = open_well(at, true, true);
    assert_int_equal(count_studies(store), 1);
    int64_t id = -7;
    assert_int_equal(store->type->study_add(store, "s", "{}", &id, &at->error), CAVIAR_IO);
    assert_true(strlen(at->error.message) > 0);
    assert_int_equal(store->type->study_set(store, 1, "{}", CAV_CONTROL_STOP, &at->error),
                     CAVIAR_IO);
    assert_int_equal(count_studies(store), 1);
    store_assert_sound(store);
    cav_store_close(store);
    cav_text after = read_bytes(at->path);
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.data, before.data, before.size);
    cav_text_free(&before);
    cav_text_free(&after);
}

static void test_one_who_looks_leaves_the_log_as_it_is(void **state)
{
    place *at = *state;
    make_store(at);
    cav_store *looker = open_well(at, false, true);
    assert_int_equal(count_studies(looker), 1);
    cav_store *writer = open_well(at, false, false);
    int64_t id;
    assert_ok(writer->type->study_add(writer, "more", "{}", &id, &at->error), &at->error);
    cav_store_close(writer); // not the last: the log stays
    char log[300];
    snprintf(log, sizeof log, "%s-wal", at->path);
    cav_text before = read_bytes(at->path), log_before = read_bytes(log);
    assert_true(log_before.size > 0);
    assert_int_equal(count_studies(looker), 2);
    cav_store_close(looker);
    cav_text after = read_bytes(at->path), log_after = read_bytes(log);
    assert_memory_equal(after.data, before.data, before.size);
    assert_int_equal(log_after.size, log_before.size);
    cav_text *all[] = {&before, &after, &log_before, &log_after};
    for (size_t i = 0; i < 4; i++)
        cav_text_free(all[i]);
    cav_store_close(open_well(at, false, false)); // the next writer tidies up
    assert_int_not_equal(access(log, F_OK), 0);
}

typedef struct onlooker {
    place *at;
    cav_store *writer;
    int visits;
} onlooker;

// While somebody reads, another one writes and commits.
static caviar_code write_meanwhile(void *context, const cav_study_row *row, cav_error *error)
{
    (void)row, (void)error;
    onlooker *look = context;
    char name[32];
    snprintf(name, sizeof name, "during-%d", look->visits++);
    int64_t id;
    assert_ok(look->writer->type->study_add(look->writer, name, "{}", &id, &look->at->error),
              &look->at->error);
    return CAVIAR_OK;
}

static void test_looking_and_writing_do_not_wait_for_each_other(void **state)
{
    place *at = *state;
    make_store(at);
    cav_store *writer = open_well(at, false, false), *looker = open_well(at, false, true);
    assert_ok(writer->type->begin(writer, &at->error), &at->error);
    int64_t id;
    assert_ok(writer->type->study_add(writer, "unfinished", "{}", &id, &at->error), &at->error);
    assert_int_equal(count_studies(looker), 1); // would wait for a minute, and then fail
    cav_store *late = open_well(at, false, true);
    assert_int_equal(count_studies(late), 1);
    cav_store_close(late);
    assert_ok(writer->type->commit(writer, &at->error), &at->error);
    onlooker look = {.at = at, .writer = writer};
    assert_ok(looker->type->study_read(looker, NULL, write_meanwhile, &look, &at->error),
              &at->error);
    assert_int_equal(look.visits, 2);
    assert_int_equal(count_studies(looker), 4);
    cav_store_close(looker);
    cav_store_close(writer);
}

// Runs `part` in a child that is not root, as root may write anywhere.
static int run_as_nobody(int (*part)(place *at), place *at)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool root = geteuid() == 0;
        _exit(root && (setgid(65534) != 0 || setuid(65534) != 0) ? 90 : part(at));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 91;
}

static int look_and_try_to_write(place *at)
{
    cav_store *store = NULL;
    if (open_at(at, at->path, false, true, &store))
        return 1;
    int count = 0;
    if (store->type->study_read(store, NULL, count_study, &count, &at->error) || count != 1)
        return 2;
    cav_store_close(store);
    caviar_code code = open_at(at, at->path, true, false, &store);
    int64_t id;
    if (!code) {
        code = store->type->study_add(store, "s", "{}", &id, &at->error);
        cav_store_close(store);
    }
    return code == CAVIAR_IO && strstr(at->error.message, "written to") ? 0 : 3;
}

static void test_a_read_only_file_can_be_looked_at(void **state)
{
    place *at = *state;
    make_store(at);
    assert_int_equal(chmod(at->folder, 0777), 0);
    assert_int_equal(chmod(at->path, 0444), 0);
    assert_int_equal(run_as_nobody(look_and_try_to_write, at), 0);
}

static int only_look(place *at)
{
    cav_store *store = NULL;
    if (open_at(at, at->path, false, true, &store))
        return 1;
    int count = 0;
    if (store->type->study_read(store, NULL, count_study, &count, &at->error) || count != 1)
        return 2;
    cav_store_close(store);
    caviar_code code = open_at(at, at->path, true, false, &store);
    return code == CAVIAR_IO && strstr(at->error.message, "cannot be written to") ? 0 : 3;
}

static void test_a_file_in_a_read_only_folder_can_be_looked_at(void **state)
{
    place *at = *state;
    make_store(at);
    assert_int_equal(chmod(at->path, 0444), 0);
    assert_int_equal(chmod(at->folder, 0555), 0);
    int result = run_as_nobody(only_look, at);
    assert_int_equal(chmod(at->folder, 0755), 0);
    assert_int_equal(result, 0);
}

static int fail_to_make(place *at)
{
    cav_store *store = NULL;
    return open_at(at, at->path, true, false, &store) == CAVIAR_IO ? 0 : 1;
}

static void test_no_store_is_made_in_a_read_only_folder(void **state)
{
    place *at = *state;
    assert_int_equal(chmod(at->folder, 0555), 0);
    int result = run_as_nobody(fail_to_make, at);
    assert_int_equal(chmod(at->folder, 0755), 0);
    assert_int_equal(result, 0);
}

// Waits until all are there, opens, and adds a study of its own.
static int open_in_the_crowd(place *at, int starter, int which)
{
    char byte;
    if (read(starter, &byte, 1) != 0)
        return 1;
    cav_store *store = NULL;
    if (open_at(at, at->path, true, false, &store)) {
        fprintf(stderr, "# opener %d: %s\n", which, at->error.message);
        return 2;
    }
    char name[32];
    snprintf(name, sizeof name, "study-%d", which);
    int64_t id;
    caviar_code code = store->type->study_add(store, name, "{}", &id, &at->error);
    cav_store_close(store);
    return code ? 3 : 0;
}

static void open_together(place *at, int count)
{
    int starter[2];
    pid_t children[16];
    assert_int_equal(pipe(starter), 0);
    fflush(NULL);
    for (int i = 0; i < count; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            close(starter[1]);
            _exit(open_in_the_crowd(at, starter[0], i));
        }
    }
    close(starter[0]);
    close(starter[1]); // off they go
    for (int i = 0; i < count; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void test_eight_processes_make_the_same_store_at_once(void **state)
{
    place *at = *state;
    for (int round = 0; round < 8; round++) {
        snprintf(at->path, sizeof at->path, "%s/race-%d.db", at->folder, round);
        open_together(at, 8);
        cav_store *store = open_well(at, false, false);
        assert_int_equal(count_studies(store), 8);
        store_assert_sound(store);
        cav_store_close(store);
    }
}

// What fixtures/make_store.c has put into a store of schema version 1.
static caviar_code check_kept_row(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    static const caviar_state states[6] = {CAVIAR_STATE_WAITING, CAVIAR_STATE_RUNNING,
                                           CAVIAR_STATE_PAUSED,  CAVIAR_STATE_COMPLETE,
                                           CAVIAR_STATE_PRUNED,  CAVIAR_STATE_FAILED};
    ++*(int *)context;
    int64_t i = record->number;
    assert_true(i >= 0 && i < 6);
    assert_int_equal(record->state, states[i]);
    assert_true(record->raw[0] == (i == 0 ? 1e-5 : (double)i / 10));
    assert_true(record->raw[1] == (double)(i % 2));
    assert_true(i % 2 ? record->raw[2] == (double)i : isnan(record->raw[2]));
    if (i == 3)
        assert_true(record->values[0] == 4.9406564584124654e-324);
    if (i == 4)
        assert_true(record->values[0] == 0 && signbit(record->values[0]));
    assert_int_equal(record->reason, i == 5 ? CAVIAR_REASON_SIGNAL : CAVIAR_REASON_NONE);
    assert_string_equal(record->message, i == 5 ? "killed by signal 9" : "");
    assert_string_equal(record->origin, "sobol");
    assert_string_equal(record->owner, "host:1");
    assert_int_equal(record->created_ms, 1700000000000);
    return CAVIAR_OK;
}

static caviar_code check_kept_report(void *context, const cav_report *report, cav_error *error)
{
    (void)error;
    int64_t i = ++*(int *)context;
    assert_int_equal(report->number, i);
    assert_int_equal(report->step, i);
    assert_string_equal(report->metrics[0].name, "loss");
    assert_true(report->metrics[0].value == (double)i / 4);
    return CAVIAR_OK;
}

static cav_space *space_of_the_fixture(void)
{
    static const caviar_value acts[] = {{.kind = CAVIAR_KIND_TEXT, .text = "relu"},
                                        {.kind = CAVIAR_KIND_TEXT, .text = "\xe2\x98\x83"}};
    static const caviar_condition when = {.parent = "act", .values = &acts[1], .value_count = 1};
    const caviar_parameter parameters[] = {
        {.name = "lr", .scale = CAVIAR_SCALE_LOG, .low = 1e-5, .high = 1},
        {.name = "act", .type = CAVIAR_TYPE_CATEGORICAL, .choices = acts, .choice_count = 2},
        {.name = "units",
         .type = CAVIAR_TYPE_INT,
         .low = 1,
         .high = 512,
         .when = &when,
         .when_count = 1},
    };
    cav_space *space = caviar_space_new();
    cav_error error = {0};
    for (size_t i = 0; i < 3; i++)
        assert_ok(cav_space_add(space, &parameters[i], &error), &error);
    return space;
}

static void take_kept(place *at, int version)
{
    char path[512];
    snprintf(path, sizeof path, FIXTURES "/store_v%d.sqlite", version);
    cav_text kept = read_bytes(path);
    write_bytes(at->path, kept.data, kept.size);
    cav_text_free(&kept);
}

static void test_a_store_of_schema_version_1_opens(void **state)
{
    place *at = *state;
    take_kept(at, 1);
    cav_store *store = open_well(at, false, false);
    const char *metric = "loss";
    cav_scope scope = {
        .study = 1, .space = space_of_the_fixture(), .metrics = &metric, .metric_count = 1};
    assert_int_equal(count_studies(store), 2);
    int64_t cursor = 0, first = 0;
    int rows = 0, reports = 0;
    assert_ok(store->type->trial_read(store, &scope, &cursor, check_kept_row, &rows, &at->error),
              &at->error);
    assert_int_equal(rows, 6);
    assert_ok(store->type->report_read(store, &scope, -1, &first, check_kept_report, &reports,
                                       &at->error),
              &at->error);
    assert_int_equal(reports, 5);
    cav_text output = {0};
    assert_ok(store->type->output_read(store, &scope, 5, &output, &at->error), &at->error);
    assert_string_equal(cav_text_get(&output), "the end\n");
    cav_text_free(&output);
    cav_move move = {.number = 1, .attempt = 1, .to = CAVIAR_STATE_COMPLETE};
    int64_t id = -1; // it was moved on to the present version
    cav_nudge stop = {.number = 1, .kind = CAV_NUDGE_STOP, .step = -1, .target = -1};
    assert_ok(store->type->nudge_add(store, &scope, &stop, &id, &at->error), &at->error);
    assert_ok(store->type->trial_move(store, &scope, &move, &at->error), &at->error);
    store_assert_sound(store);
    cav_store_close(store);
    caviar_space_free((cav_space *)(uintptr_t)scope.space);
}

typedef struct nursed {
    int rows;
    cav_usage usage; // of the trial that is nursed
} nursed;

static caviar_code check_nursed_row(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    nursed *expected = context;
    expected->rows++;
    bool is_nursed = record->number == 1, is_child = record->number == 6;
    assert_int_equal(record->can, is_nursed ? CAVIAR_CAN_RESTORE : 0);
    assert_string_equal(record->checkpoints, is_nursed ? "[1]" : "");
    assert_int_equal(record->has_parent, is_child);
    assert_true(cav_usage_is_same(record->usage, is_nursed ? expected->usage : (cav_usage){0}));
    if (is_child)
        assert_true(record->parent == 1 && record->parent_step == 1 && record->seed_number == 1);
    return CAVIAR_OK;
}

static caviar_code check_kept_nudge(void *context, const cav_nudge *nudge, cav_error *error)
{
    (void)error;
    ++*(int *)context;
    bool is_change = nudge->id == 1;
    assert_int_equal(nudge->number, 1);
    assert_int_equal(nudge->kind, is_change ? CAV_NUDGE_CHANGE : CAV_NUDGE_ROLLBACK);
    assert_int_equal(nudge->state, is_change ? CAV_NUDGE_ACTIVE : CAV_NUDGE_WAITING);
    assert_int_equal(nudge->step, is_change ? 1 : -1);
    assert_int_equal(nudge->target, is_change ? -1 : 1);
    assert_string_equal(nudge->note, is_change ? "why" : "");
    if (is_change)
        assert_true(nudge->raw[0] == 7 && isnan(nudge->raw[1]) && nudge->raw[2] == 3);
    return CAVIAR_OK;
}

static void expect_nursed(place *at, int version, cav_usage usage)
{
    take_kept(at, version);
    cav_store *store = open_well(at, false, false);
    const char *metric = "loss";
    cav_scope scope = {
        .study = 1, .space = space_of_the_fixture(), .metrics = &metric, .metric_count = 1};
    int64_t cursor = 0, first = 0, id = -1;
    int nudges = 0;
    nursed found = {.usage = usage};
    assert_ok(store->type->trial_read(store, &scope, &cursor, check_nursed_row, &found, &at->error),
              &at->error);
    assert_int_equal(found.rows, 7);
    assert_ok(store->type->nudge_read(store, &scope, &first, check_kept_nudge, &nudges, &at->error),
              &at->error);
    assert_int_equal(nudges, 2);
    cav_nudge stop = {.number = 1, .kind = CAV_NUDGE_STOP, .step = -1, .target = -1};
    assert_ok(store->type->nudge_add(store, &scope, &stop, &id, &at->error), &at->error);
    assert_int_equal(id, 3);
    store_assert_sound(store);
    cav_store_close(store);
    caviar_space_free((cav_space *)(uintptr_t)scope.space);
}

static void test_a_store_of_schema_version_2_opens(void **state)
{
    expect_nursed(*state, 2, (cav_usage){0});
}

static void test_a_store_of_schema_version_3_opens(void **state)
{
    expect_nursed(*state, 3, (cav_usage){.cpu_ms = 192000, .memory_bytes = INT64_C(5) << 30});
}

static void test_a_store_of_schema_version_4_opens(void **state)
{
    expect_nursed(*state, 4, (cav_usage){.cpu_ms = 192000, .memory_bytes = INT64_C(5) << 30});
}

static void test_an_earlier_store_can_be_looked_at(void **state)
{
    place *at = *state;
    int64_t id;
    take_kept(at, 1);
    cav_store *store = open_well(at, false, true);
    assert_int_equal(count_studies(store), 2);
    store_assert_sound(store); // every statement of the present version has what it needs
    assert_int_equal(store->type->study_add(store, "s", "{}", &id, &at->error), CAVIAR_IO);
    cav_store_close(store);
}

static int look_in_vain(place *at)
{
    cav_store *store = NULL;
    caviar_code code = open_at(at, at->path, false, true, &store);
    return code == CAVIAR_IO && strstr(at->error.message, "from schema 1 to 4") &&
                   strstr(at->error.message, "cannot be written to")
               ? 0
               : 1;
}

static void test_an_earlier_store_that_is_read_only_says_so(void **state)
{
    place *at = *state;
    take_kept(at, 1);
    assert_int_equal(chmod(at->folder, 0777), 0);
    assert_int_equal(chmod(at->path, 0444), 0);
    assert_int_equal(run_as_nobody(look_in_vain, at), 0);
}

// No query of the hot paths reads a whole table or sorts, whatever the planner may think.
static void test_every_statement_uses_an_index(void **state)
{
    place *at = *state;
    static const char *const texts[] = {
#define X(name, sql) sql,
        CAV_SQLITE_STATEMENTS(X)
#undef X
    };
    cav_store *store = open_well(at, true, false);
    for (size_t i = 0; i < CAV_COUNT_OF(texts); i++) {
        if (strncmp(texts[i], "SELECT", 6) != 0 && strncmp(texts[i], "UPDATE", 6) != 0)
            continue;
        char sql[1200];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", texts[i]);
        sqlite3_stmt *plan = NULL;
        sqlite3 *db = cav_sqlite_of(store)->db;
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *line = (const char *)sqlite3_column_text(plan, 3);
            bool all_of_a_study = strstr(line, "USING PRIMARY KEY (study=?)") != NULL;
            if (strncmp(line, "SCAN", 4) == 0 || strstr(line, "TEMP B-TREE") || all_of_a_study)
                fail_msg("%s: %s", texts[i], line);
        }
        sqlite3_finalize(plan);
    }
    cav_store_close(store);
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        PLACED(test_a_newer_schema_is_refused_and_left_alone),
        PLACED(test_a_newer_schema_is_left_alone_with_its_log),
        PLACED(test_an_impossible_schema_version_is_damage),
        PLACED(test_a_file_of_another_program_is_refused_and_left_alone),
        PLACED(test_what_is_no_database_is_refused_and_left_alone),
        PLACED(test_an_empty_file_becomes_a_store_only_where_one_is_made),
        PLACED(test_a_missing_file_is_made_only_where_asked_for),
        PLACED(test_a_folder_is_no_file),
        PLACED(test_a_missing_folder_is_named),
        PLACED(test_locations_name_the_files_that_they_say),
        PLACED(test_locations_that_name_no_file_are_refused),
        PLACED(test_memory_is_the_default),
        PLACED(test_one_who_looks_cannot_write),
        PLACED(test_one_who_looks_leaves_the_log_as_it_is),
        PLACED(test_looking_and_writing_do_not_wait_for_each_other),
        PLACED(test_a_read_only_file_can_be_looked_at),
        PLACED(test_a_file_in_a_read_only_folder_can_be_looked_at),
        PLACED(test_no_store_is_made_in_a_read_only_folder),
        PLACED(test_eight_processes_make_the_same_store_at_once),
        PLACED(test_a_store_of_schema_version_1_opens),
        PLACED(test_a_store_of_schema_version_2_opens),
        PLACED(test_a_store_of_schema_version_3_opens),
        PLACED(test_a_store_of_schema_version_4_opens),
        PLACED(test_an_earlier_store_can_be_looked_at),
        PLACED(test_an_earlier_store_that_is_read_only_says_so),
        PLACED(test_every_statement_uses_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
