/**
 * postgresql_read.c: reading what is new, some thousand rows at a time.
 *
 * While the rows of one answer are taken in, the server prepares the next one.
 */
#include "store/columns.h"
#include "store/postgresql.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 10000, // rows that a statement answers at most
    SIP = 64,      // rows that are taken in between two looks at what has come meanwhile
};

// A request for rows, and whether it is on its way already.
typedef struct request {
    cav_pg_call call;
    bool is_ahead;
} request;

static void make_request(const cav_pg *store, const cav_pg_reading *reading,
                         cav_pg_statement statement, int64_t after, request *ret)
{
    ret->is_ahead = false;
    cav_pg_call_begin(&ret->call, statement);
    cav_pg_add_int(&ret->call, reading->study);
    cav_pg_add_int(&ret->call, after);
    if (reading->number >= 0)
        cav_pg_add_int(&ret->call, reading->number);
    if (reading->tells_nudges && statement == reading->statement)
        cav_pg_add_int(&ret->call, store->nudge_place);
}

static caviar_code read_chunk(cav_pg *store, const cav_pg_reading *reading, request *at,
                              PGresult **ret_result, cav_error *error)
{
    PGresult *result = at->is_ahead ? cav_pg_take_ahead(store, &at->call) : NULL;
    at->is_ahead = false;
    if (!result)
        return cav_pg_read(store, &at->call, reading->study, ret_result, error);
    *ret_result = result;
    return CAVIAR_OK;
}

// Asks for what comes behind a full answer.
static void ask_ahead(cav_pg *store, const cav_pg_reading *reading, const PGresult *result,
                      request *next)
{
    int64_t last = cav_pg_int(store, result, CHUNK - 1, reading->place);
    make_request(store, reading, reading->further, last, next);
    next->is_ahead = cav_pg_send_ahead(store, &next->call);
}

// Nudges are rare, and asked for behind each look at trials: where one answer says all, it also
// says whether there are any, and that question is spared.
static void note_nudges(cav_pg *store, const cav_pg_reading *reading, const PGresult *result)
{
    store->knows_no_nudges = reading->study == store->nudge_study &&
                             cav_pg_text(store, result, 0, reading->place + 1)[0] == 'f';
}

// Takes in what has come meanwhile, or the server would have to wait.
static void sip(cav_pg *store)
{
    if (store->connection && store->pq.PQconsumeInput(store->connection))
        store->pq.PQisBusy(store->connection); // sorts it into rows
}

static caviar_code visit_rows(cav_pg *store, const cav_pg_reading *reading, const PGresult *result,
                              int count, int64_t *last, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (int row = 0; row < count && !code; row++) {
        if (row % SIP == SIP - 1)
            sip(store);
        code = reading->visit(reading->context, store, result, row, last, error);
    }
    return code;
}

caviar_code cav_pg_read_on(cav_pg *store, const cav_pg_reading *reading, int64_t *cursor,
                           cav_error *error)
{
    request next;
    int64_t last = *cursor;
    int count = CHUNK;
    caviar_code code = CAVIAR_OK;
    make_request(store, reading, reading->statement, last, &next);
    while (!code && count == CHUNK) {
        PGresult *result = NULL;
        code = read_chunk(store, reading, &next, &result, error);
        count = code ? 0 : store->pq.PQntuples(result);
        if (!code && count == 0 && next.call.statement == reading->statement)
            code = cav_pg_fail_no_study(error);
        if (reading->tells_nudges && count > 0 && count < CHUNK &&
            next.call.statement == reading->statement)
            note_nudges(store, reading, result);
        if (count == 1 && store->pq.PQgetisnull(result, 0, 0))
            count = 0; // nothing new
        if (count == CHUNK)
            ask_ahead(store, reading, result, &next);
        if (!code)
            code = visit_rows(store, reading, result, count, &last, error);
        store->pq.PQclear(result);
    }
    if (next.is_ahead) // the visitor has failed
        store->pq.PQclear(cav_pg_take_ahead(store, &next.call));
    if (!code)
        *cursor = last;
    return code;
}

typedef struct trial_reader {
    const cav_scope *scope;
    double *raw, *values;
    cav_record_visitor *visit;
    void *context;
} trial_reader;

static caviar_code fill_record(const cav_pg *store, const PGresult *result, int row,
                               cav_record *record, cav_error *error)
{
    record->number = cav_pg_int(store, result, row, 0);
    record->attempt = cav_pg_int(store, result, row, 3);
    record->failures = cav_pg_int(store, result, row, 4);
    record->uncounted = cav_pg_int(store, result, row, 5) != 0;
    record->step = cav_pg_int(store, result, row, 8);
    record->origin = cav_pg_text(store, result, row, 9);
    record->owner = cav_pg_text(store, result, row, 10);
    record->created_ms = cav_pg_int(store, result, row, 11);
    record->started_ms = cav_pg_int(store, result, row, 12);
    record->finished_ms = cav_pg_int(store, result, row, 13);
    record->lease_ms = cav_pg_int(store, result, row, 14);
    record->message = cav_pg_text(store, result, row, 15);
    record->output = "";
    record->can = (unsigned)cav_pg_int(store, result, row, 16);
    record->checkpoints = cav_pg_text(store, result, row, 17);
    record->parent = cav_pg_int(store, result, row, 18);
    record->parent_step = cav_pg_int(store, result, row, 19);
    record->seed_number = cav_pg_int(store, result, row, 20);
    record->has_parent = record->parent >= 0;
    record->usage.cpu_ms = cav_pg_int(store, result, row, 21);
    record->usage.memory_bytes = cav_pg_int(store, result, row, 22);
    caviar_code code = cav_columns_read_state(cav_pg_text(store, result, row, 1),
                                              cav_pg_text(store, result, row, 2), record, error);
    if (!code && record->state == CAVIAR_STATE_RUNNING && record->lease_ms < store->leases_from_ms)
        record->lease_ms = store->leases_from_ms;
    return code;
}

static caviar_code visit_trial(void *context, const cav_pg *store, const PGresult *result, int row,
                               int64_t *ret_place, cav_error *error)
{
    const trial_reader *at = context;
    cav_record record = {.raw = at->raw, .values = at->values};
    caviar_code code = fill_record(store, result, row, &record, error);
    if (!code)
        code =
            cav_columns_read_params(at->scope, cav_pg_text(store, result, row, 6), at->raw, error);
    if (!code)
        code = cav_columns_read_values(at->scope, cav_pg_text(store, result, row, 7), at->values,
                                       error);
    if (code) {
        cav_error_prefix(error, "%s: trial %lld", store->place, (long long)record.number);
        return code;
    }
    *ret_place = cav_pg_int(store, result, row, 23);
    return at->visit(at->context, &record, error);
}

caviar_code cav_pg_trial_read(cav_store *base, const cav_scope *scope, int64_t *cursor,
                              cav_record_visitor *visit, void *context, cav_error *error)
{
    size_t params = scope->space->count;
    double *numbers = calloc(params + scope->metric_count + 1, sizeof *numbers);
    if (!numbers)
        return cav_fail_memory(error);
    trial_reader reader = {.scope = scope,
                           .raw = numbers,
                           .values = numbers + params,
                           .visit = visit,
                           .context = context};
    cav_pg_reading reading = {.statement = CAV_PG_TRIAL_READ,
                              .further = CAV_PG_TRIAL_READ_ON,
                              .study = scope->study,
                              .number = -1,
                              .place = 23,
                              .tells_nudges = true,
                              .visit = visit_trial,
                              .context = &reader};
    caviar_code code = cav_pg_read_on(cav_pg_of(base), &reading, cursor, error);
    free(numbers);
    return code;
}

typedef struct report_reader {
    cav_report_visitor *visit;
    void *context;
} report_reader;

static caviar_code visit_report(void *context, const cav_pg *store, const PGresult *result, int row,
                                int64_t *ret_place, cav_error *error)
{
    const report_reader *at = context;
    cav_report report = {.number = cav_pg_int(store, result, row, 0),
                         .attempt = cav_pg_int(store, result, row, 1),
                         .step = cav_pg_int(store, result, row, 2),
                         .time_ms = cav_pg_int(store, result, row, 3)};
    *ret_place = cav_pg_int(store, result, row, 5);
    return cav_columns_visit_report(cav_pg_text(store, result, row, 4), &report, at->visit,
                                    at->context, error);
}

caviar_code cav_pg_report_read(cav_store *base, const cav_scope *scope, int64_t number,
                               int64_t *cursor, cav_report_visitor *visit, void *context,
                               cav_error *error)
{
    report_reader reader = {.visit = visit, .context = context};
    cav_pg_reading reading = {.statement = number < 0 ? CAV_PG_REPORT_READ : CAV_PG_REPORT_READ_ONE,
                              .further =
                                  number < 0 ? CAV_PG_REPORT_READ_ON : CAV_PG_REPORT_READ_ONE_ON,
                              .study = scope->study,
                              .number = number,
                              .place = 5,
                              .visit = visit_report,
                              .context = &reader};
    return cav_pg_read_on(cav_pg_of(base), &reading, cursor, error);
}

caviar_code cav_pg_output_read(cav_store *base, const cav_scope *scope, int64_t number,
                               cav_text *text, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    cav_pg_call call;
    PGresult *result;
    cav_pg_call_begin(&call, CAV_PG_OUTPUT_GET);
    cav_pg_add_int(&call, scope->study);
    cav_pg_add_int(&call, number);
    caviar_code code = cav_pg_read(store, &call, scope->study, &result, error);
    if (code)
        return code;
    if (store->pq.PQntuples(result) == 0)
        code = cav_pg_fail_no_study(error);
    else if (store->pq.PQgetisnull(result, 0, 0))
        code = cav_fail(error, CAVIAR_NOT_FOUND, "there is no trial %lld", (long long)number);
    else
        cav_text_append(text, cav_pg_text(store, result, 0, 0));
    store->pq.PQclear(result);
    return code;
}
