/**
 * schema.c: learning the columns of a table, and measuring its training part.
 */
#include "trainer/number.h"
#include "trainer/table.h"
#include "trainer/target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void schema_clear(schema *at)
{
    for (size_t i = 0; i < at->column_count; i++) {
        free(at->columns[i].name);
        words_clear(&at->columns[i].levels);
    }
    free(at->columns);
    words_clear(&at->classes);
    *at = (schema){0};
}

// Learning kinds and labels -----------------------------------------------------------------------

static caviar_code fail_target(const schema *at, const char *target, train_error *error)
{
    char names[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < at->column_count && used < sizeof names - 1; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 at->columns[i].name);
    const char *more = used >= sizeof names ? "..." : "";
    if (!target)
        return train_fail(error, CAVIAR_INVALID,
                          "which column is to be predicted? Use --target with one of: %s%s", names,
                          more);
    return train_fail(error, CAVIAR_INVALID, "there is no column '%s'; there are: %s%s", target,
                      names, more);
}

static caviar_code take_header(schema *at, const csv_record *header, const char *target,
                               train_error *error)
{
    at->columns = calloc(header->count, sizeof *at->columns);
    if (!at->columns)
        return train_fail_memory(error);
    words seen = {0};
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < header->count && !code; i++) {
        column *one = &at->columns[at->column_count++];
        one->name = strdup(header->fields[i]);
        one->kind = header->fields[i][0] ? COLUMN_NUMBER : COLUMN_LEFT_OUT;
        if (!one->name || words_add(&seen, one->name) < 0)
            code = train_fail_memory(error);
        else if (seen.count <= i && one->kind != COLUMN_LEFT_OUT)
            code = train_fail(error, CAVIAR_CORRUPT, "two columns are named '%s'", one->name);
    }
    words_clear(&seen);
    if (code)
        return code;
    at->target = at->column_count;
    for (size_t i = 0; target && i < at->column_count; i++)
        if (strcmp(at->columns[i].name, target) == 0)
            at->target = i;
    if (at->target == at->column_count)
        return fail_target(at, target, error);
    at->columns[at->target].kind = COLUMN_TARGET;
    return CAVIAR_OK;
}

static void look_at_kinds(schema *at, const csv_record *row)
{
    double number;
    for (size_t i = 0; i < at->column_count; i++)
        if (at->columns[i].kind == COLUMN_NUMBER && !table_is_missing(row->fields[i]) &&
            !number_parse(row->fields[i], &number))
            at->columns[i].kind = COLUMN_CATEGORY;
}

static caviar_code learn_rows(schema *at, table *rows, target_list *list, train_error *error)
{
    caviar_code code;
    while ((code = table_next(rows, error)) == CAVIAR_OK) {
        look_at_kinds(at, &rows->record);
        code = target_add(list, at, &rows->record, error);
        if (code)
            return code;
    }
    return code == CAVIAR_DONE ? CAVIAR_OK : code;
}

caviar_code schema_learn(stream *from, const char *target, task wanted, schema *ret_schema,
                         uint16_t **ret_labels, size_t *ret_count, train_error *error)
{
    schema at = {0};
    target_list list = {0};
    table rows;
    caviar_code code = table_begin(&rows, from, NULL, true, error);
    if (!code)
        code = take_header(&at, &rows.record, target, error);
    if (!code)
        code = learn_rows(&at, &rows, &list, error);
    if (!code)
        code = target_finish(&list, &at, wanted, error);
    table_end(&rows);
    if (!code) {
        *ret_schema = at;
        *ret_labels = list.labels;
        *ret_count = list.count;
        list.labels = NULL;
    } else {
        schema_clear(&at);
    }
    target_clear(&list);
    return code;
}

size_t schema_strata(const schema *at)
{
    return at->is_quantity ? QUANTITY_STRATA : at->classes.count;
}

// Measuring the training part ---------------------------------------------------------------------

// Running mean and sum of squared distances of a column. Welford, Technometrics 1962.
typedef struct moments {
    size_t count;
    double mean, squares;
} moments;

static void add_number(moments *sum, double number)
{
    double before = number - sum->mean;
    sum->count++;
    sum->mean += before / (double)sum->count;
    sum->squares += before * (number - sum->mean);
}

static caviar_code measure_cell(column *at, moments *sum, const char *cell, train_error *error)
{
    double number;
    if (table_is_missing(cell))
        return CAVIAR_OK;
    if ((at->kind == COLUMN_NUMBER || at->kind == COLUMN_TARGET) && number_parse(cell, &number))
        add_number(sum, number);
    // one level too many tells that there are too many; the others need no memory
    if (at->kind == COLUMN_CATEGORY && at->levels.count <= MOST_LEVELS &&
        words_add(&at->levels, cell) < 0)
        return train_fail_memory(error);
    return CAVIAR_OK;
}

static caviar_code fail_changed(train_error *error)
{
    return train_fail(error, CAVIAR_CORRUPT, "the file changed while it was read");
}

static caviar_code measure_rows(schema *at, table *rows, moments *sums, const bool *is_training,
                                size_t count, train_error *error)
{
    caviar_code code;
    size_t row = 0;
    for (; (code = table_next(rows, error)) == CAVIAR_OK; row++) {
        if (row >= count)
            return fail_changed(error);
        for (size_t i = 0; i < at->column_count && is_training[row]; i++) {
            if (at->columns[i].kind == COLUMN_LEFT_OUT)
                continue;
            code = measure_cell(&at->columns[i], &sums[i], rows->record.fields[rows->places[i]],
                                error);
            if (code)
                return code;
        }
    }
    if (code == CAVIAR_DONE)
        code = row == count ? CAVIAR_OK : fail_changed(error);
    return code;
}

static void finish_column(schema *at, column *one, const moments *sum, size_t training_count)
{
    if (one->kind == COLUMN_NUMBER || (one->kind == COLUMN_TARGET && at->is_quantity)) {
        double variance = sum->count ? sum->squares / (double)sum->count : 0;
        one->mean = sum->mean;
        one->deviation = variance > 0 && isfinite(variance) ? sqrt(variance) : 1;
    }
    size_t levels = one->levels.count;
    if (one->kind == COLUMN_CATEGORY &&
        (levels > MOST_LEVELS || (levels > 20 && levels > training_count / 2)))
        one->kind = COLUMN_LEFT_OUT;
    if (one->kind == COLUMN_NUMBER || one->kind == COLUMN_CATEGORY) {
        at->feature_count += one->kind == COLUMN_NUMBER ? 1 : levels;
        at->width++;
    }
}

caviar_code schema_measure(schema *at, stream *from, const bool *is_training, size_t count,
                           train_error *error)
{
    table rows = {0};
    moments *sums = calloc(at->column_count, sizeof *sums);
    caviar_code code = sums ? table_begin(&rows, from, at, true, error) : train_fail_memory(error);
    if (!code)
        code = measure_rows(at, &rows, sums, is_training, count, error);
    size_t training_count = 0;
    for (size_t row = 0; row < count; row++)
        training_count += is_training[row];
    for (size_t i = 0; i < at->column_count && !code; i++)
        finish_column(at, &at->columns[i], &sums[i], training_count);
    if (!code && (at->feature_count == 0 || at->feature_count > MOST_FEATURES))
        code = train_fail(error, CAVIAR_INVALID, "its columns make %zu features%s",
                          at->feature_count, at->feature_count ? ": too many" : "");
    table_end(&rows);
    free(sums);
    return code;
}
