/**
 * schema.c: learning the columns of a table, and encoding its rows.
 */
#include "trainer/schema.h"

#include "trainer/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_missing(const char *cell)
{
    static const char *const texts[] = {"", "na", "n/a", "nan", "null", "none", "?"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcasecmp(cell, texts[i]) == 0)
            return true;
    return false;
}

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

void source_clear(source *at)
{
    free(at->cells);
    free((void *)(uintptr_t)at->labels); // made by schema_read, which alone writes to them
    *at = (source){0};
}

// Reading one table -----------------------------------------------------------------------------

// A pass over a table; `places` says in which field of a record each column of the schema is.
typedef struct pass {
    csv *csv;
    size_t field_count; // of each record
    size_t *places;     // [column_count]
    csv_record record;
} pass;

static void end_pass(pass *at)
{
    csv_free(at->csv);
    free(at->places);
}

// Reads the header.
static caviar_code begin_pass(pass *at, stream *from, train_error *error)
{
    *at = (pass){0};
    caviar_code code = stream_rewind(from, error);
    if (!code)
        code = csv_new(from, &at->csv, error);
    if (!code)
        code = csv_next(at->csv, &at->record, error);
    if (code == CAVIAR_DONE)
        code = train_fail(error, CAVIAR_CORRUPT, "the file is empty; a header is needed");
    at->field_count = at->record.count;
    return code;
}

// Reads a row; CAVIAR_DONE after the last.
static caviar_code next_row(pass *at, train_error *error)
{
    caviar_code code = csv_next(at->csv, &at->record, error);
    if (!code && at->record.count != at->field_count)
        code = train_fail(error, CAVIAR_CORRUPT, "line %zu has %zu fields, the header has %zu",
                          at->record.line, at->record.count, at->field_count);
    return code;
}

static caviar_code find_places(pass *at, const schema *columns, train_error *error)
{
    at->places = calloc(columns->column_count, sizeof *at->places);
    if (!at->places)
        return train_fail_memory(error);
    for (size_t i = 0; i < columns->column_count; i++) {
        const char *name = columns->columns[i].name;
        size_t place = 0;
        while (place < at->field_count && strcmp(at->record.fields[place], name) != 0)
            place++;
        if (place == at->field_count && columns->columns[i].kind != COLUMN_LEFT_OUT)
            return train_fail(error, CAVIAR_INVALID, "there is no column '%s'", name);
        at->places[i] = place;
    }
    return CAVIAR_OK;
}

static caviar_code begin_known_pass(pass *at, const schema *columns, stream *from,
                                    train_error *error)
{
    caviar_code code = begin_pass(at, from, error);
    return code ? code : find_places(at, columns, error);
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

// A list of labels that grows.
typedef struct labels {
    uint16_t *items; // [count]
    size_t count, capacity;
} labels;

static caviar_code add_label(labels *list, schema *at, const pass *row, train_error *error)
{
    const char *text = row->record.fields[at->target];
    if (is_missing(text))
        return train_fail(error, CAVIAR_INVALID, "line %zu: the target '%s' is missing",
                          row->record.line, at->columns[at->target].name);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 1024;
        uint16_t *items = realloc(list->items, capacity * sizeof *items);
        if (!items)
            return train_fail_memory(error);
        list->items = items;
        list->capacity = capacity;
    }
    int64_t label = words_add(&at->classes, text);
    if (label < 0)
        return train_fail_memory(error);
    if (label >= MOST_CLASSES || list->count >= INT32_MAX)
        return train_fail(error, CAVIAR_INVALID,
                          "the target '%s' has more than %d different values: it is no class",
                          at->columns[at->target].name, MOST_CLASSES);
    list->items[list->count++] = (uint16_t)label;
    return CAVIAR_OK;
}

static void look_at_kinds(schema *at, const csv_record *row)
{
    double number;
    for (size_t i = 0; i < at->column_count; i++)
        if (at->columns[i].kind == COLUMN_NUMBER && !is_missing(row->fields[i]) &&
            !number_parse(row->fields[i], &number))
            at->columns[i].kind = COLUMN_CATEGORY;
}

// Puts the classes in order, and the labels with them.
static caviar_code sort_classes(schema *at, labels *list, train_error *error)
{
    words before = at->classes;
    char **texts = malloc(before.count * sizeof *texts); // as they came
    uint16_t *renamed = malloc(before.count * sizeof *renamed);
    if (texts && renamed) {
        memcpy(texts, before.texts, before.count * sizeof *texts);
        words_sort(&at->classes);
        for (size_t i = 0; i < before.count; i++)
            renamed[i] = (uint16_t)words_find(&at->classes, texts[i]);
        for (size_t i = 0; i < list->count; i++)
            list->items[i] = renamed[list->items[i]];
    }
    bool done = texts && renamed;
    free(texts);
    free(renamed);
    return done ? CAVIAR_OK : train_fail_memory(error);
}

static caviar_code check_classes(const schema *at, size_t row_count, train_error *error)
{
    const char *name = at->columns[at->target].name;
    size_t count = at->classes.count;
    if (row_count == 0)
        return train_fail(error, CAVIAR_CORRUPT, "there is a header and nothing else");
    if (count < 2)
        return train_fail(error, CAVIAR_INVALID, "the target '%s' is always '%s'", name,
                          at->classes.texts[0]);
    if (count > 20 && count > row_count / 2)
        return train_fail(error, CAVIAR_INVALID,
                          "the target '%s' has %zu different values in %zu rows: it is no class, "
                          "and caviar-train learns classes",
                          name, count, row_count);
    return CAVIAR_OK;
}

static caviar_code learn_rows(schema *at, pass *rows, labels *list, train_error *error)
{
    caviar_code code;
    while ((code = next_row(rows, error)) == CAVIAR_OK) {
        look_at_kinds(at, &rows->record);
        code = add_label(list, at, rows, error);
        if (code)
            return code;
    }
    if (code != CAVIAR_DONE)
        return code;
    code = check_classes(at, list->count, error);
    return code ? code : sort_classes(at, list, error);
}

caviar_code schema_learn(stream *from, const char *target, schema *ret_schema,
                         uint16_t **ret_labels, size_t *ret_count, train_error *error)
{
    schema at = {0};
    labels list = {0};
    pass rows;
    caviar_code code = begin_pass(&rows, from, error);
    if (!code)
        code = take_header(&at, &rows.record, target, error);
    if (!code)
        code = learn_rows(&at, &rows, &list, error);
    end_pass(&rows);
    if (code) {
        schema_clear(&at);
        free(list.items);
        return code;
    }
    *ret_schema = at;
    *ret_labels = list.items;
    *ret_count = list.count;
    return CAVIAR_OK;
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
    if (is_missing(cell))
        return CAVIAR_OK;
    if (at->kind == COLUMN_NUMBER && number_parse(cell, &number))
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

static caviar_code measure_rows(schema *at, pass *rows, moments *sums, const bool *is_training,
                                size_t count, train_error *error)
{
    caviar_code code;
    size_t row = 0;
    for (; (code = next_row(rows, error)) == CAVIAR_OK; row++) {
        if (row >= count)
            return fail_changed(error);
        for (size_t i = 0; i < at->column_count && is_training[row]; i++) {
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
    if (one->kind == COLUMN_NUMBER) {
        double variance = sum->count ? sum->squares / (double)sum->count : 0;
        one->mean = sum->mean;
        one->deviation = variance > 0 && isfinite(variance) ? sqrt(variance) : 1;
        at->feature_count++;
    }
    size_t levels = one->levels.count;
    if (one->kind == COLUMN_CATEGORY &&
        (levels > MOST_LEVELS || (levels > 20 && levels > training_count / 2)))
        one->kind = COLUMN_LEFT_OUT;
    if (one->kind == COLUMN_CATEGORY)
        at->feature_count += levels;
    at->width += one->kind == COLUMN_NUMBER || one->kind == COLUMN_CATEGORY;
}

caviar_code schema_measure(schema *at, stream *from, const bool *is_training, size_t count,
                           train_error *error)
{
    pass rows = {0};
    moments *sums = calloc(at->column_count, sizeof *sums);
    caviar_code code = sums ? begin_known_pass(&rows, at, from, error) : train_fail_memory(error);
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
    end_pass(&rows);
    free(sums);
    return code;
}

// Reading the cells -------------------------------------------------------------------------------

static caviar_code read_cell(const column *at, const csv_record *record, const char *cell,
                             real *ret_cell, train_error *error)
{
    double number;
    if (at->kind == COLUMN_CATEGORY) { // a level's index, or -1
        *ret_cell = is_missing(cell) ? WORDS_NONE : (real)words_find(&at->levels, cell);
        return CAVIAR_OK;
    }
    *ret_cell = 0; // the mean
    if (is_missing(cell))
        return CAVIAR_OK;
    if (!number_parse(cell, &number))
        return train_fail(error, CAVIAR_INVALID, "line %zu: '%.40s' in column '%s' is no number",
                          record->line, cell, at->name);
    number = (number - at->mean) / at->deviation;
    if (!(fabs(number) < 1e30)) // a float ends at 3e38
        return train_fail(error, CAVIAR_INVALID,
                          "line %zu: '%.40s' in column '%s' is too far from the others",
                          record->line, cell, at->name);
    *ret_cell = (real)number;
    return CAVIAR_OK;
}

static caviar_code read_row(const schema *at, const pass *row, real *cells, uint16_t *ret_label,
                            train_error *error)
{
    const csv_record *record = &row->record;
    for (size_t i = 0; i < at->column_count; i++) {
        const column *one = &at->columns[i];
        if (one->kind != COLUMN_NUMBER && one->kind != COLUMN_CATEGORY)
            continue;
        caviar_code code = read_cell(one, record, record->fields[row->places[i]], cells++, error);
        if (code)
            return code;
    }
    const char *text = record->fields[row->places[at->target]];
    int64_t label = words_find(&at->classes, text);
    if (label < 0)
        return train_fail(error, CAVIAR_INVALID,
                          "line %zu: '%.40s' is no class that the training data have", record->line,
                          text);
    *ret_label = (uint16_t)label;
    return CAVIAR_OK;
}

// Room for one more row in both arrays.
static bool grow_source(source *at, uint16_t **all_labels, size_t *capacity)
{
    if (at->count < *capacity)
        return true;
    size_t wanted = *capacity ? *capacity + *capacity / 2 : 256, size;
    if (__builtin_mul_overflow(wanted, at->width * sizeof(real), &size))
        return false;
    real *cells = realloc(at->cells, size);
    if (cells)
        at->cells = cells;
    uint16_t *grown = cells ? realloc(*all_labels, wanted * sizeof *grown) : NULL;
    if (!grown)
        return false;
    *all_labels = grown;
    at->labels = grown;
    *capacity = wanted;
    return true;
}

static caviar_code read_rows(const schema *at, pass *rows, source *into, train_error *error)
{
    uint16_t *all_labels = NULL;
    size_t capacity = 0;
    caviar_code code;
    while ((code = next_row(rows, error)) == CAVIAR_OK) {
        if (into->count >= INT32_MAX || !grow_source(into, &all_labels, &capacity))
            return train_fail_memory(error);
        code = read_row(at, rows, into->cells + into->count * into->width, &all_labels[into->count],
                        error);
        if (code)
            return code;
        into->count++;
    }
    if (code != CAVIAR_DONE)
        return code;
    return into->count ? CAVIAR_OK
                       : train_fail(error, CAVIAR_CORRUPT, "there is a header and nothing else");
}

caviar_code schema_read(const schema *at, stream *from, source *ret_source, train_error *error)
{
    source into = {.width = at->width};
    pass rows;
    caviar_code code = begin_known_pass(&rows, at, from, error);
    if (!code)
        code = read_rows(at, &rows, &into, error);
    end_pass(&rows);
    if (code)
        source_clear(&into);
    else
        *ret_source = into;
    return code;
}

void schema_encode(const schema *at, const real *cells, real *x)
{
    for (size_t i = 0; i < at->column_count; i++) {
        const column *one = &at->columns[i];
        if (one->kind == COLUMN_NUMBER)
            *x++ = *cells++;
        if (one->kind != COLUMN_CATEGORY)
            continue;
        memset(x, 0, one->levels.count * sizeof *x);
        if (*cells >= 0)
            x[(size_t)*cells] = 1;
        cells++;
        x += one->levels.count;
    }
}
