/**
 * schema_read.c: reading a table by a schema, and encoding its rows.
 */
#include "trainer/number.h"
#include "trainer/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void source_clear(source *at)
{
    free(at->cells);
    free((void *)(uintptr_t)at->labels); // made by schema_read, which alone writes to them
    free(at->targets);
    *at = (source){0};
}

static caviar_code read_number(const column *at, const csv_record *record, const char *cell,
                               real *ret_cell, train_error *error)
{
    double number;
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

static caviar_code read_cell(const column *at, const csv_record *record, const char *cell,
                             real *ret_cell, train_error *error)
{
    bool is_missing = table_is_missing(cell);
    if (at->kind == COLUMN_CATEGORY) { // a level's index, or -1
        *ret_cell = is_missing ? WORDS_NONE : (real)words_find(&at->levels, cell);
        return CAVIAR_OK;
    }
    *ret_cell = 0; // the mean
    return is_missing ? CAVIAR_OK : read_number(at, record, cell, ret_cell, error);
}

static caviar_code read_features(const schema *at, const table *row, real *cells,
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
    return CAVIAR_OK;
}

static caviar_code read_label(const schema *at, const csv_record *record, const char *text,
                              uint16_t *ret_label, train_error *error)
{
    int64_t label = words_find(&at->classes, text);
    if (label < 0)
        return train_fail(error, CAVIAR_INVALID,
                          "line %zu: '%.40s' is no class that the training data have", record->line,
                          text);
    *ret_label = (uint16_t)label;
    return CAVIAR_OK;
}

// A source that grows row by row. Of labels and targets one is kept, or neither.
typedef struct filling {
    source *into;
    uint16_t *labels; // into->labels, to be written to
    size_t capacity;
    bool has_labels, has_targets;
} filling;

static bool grow_array(void **array, size_t rows, size_t item_size)
{
    size_t size;
    void *grown = __builtin_mul_overflow(rows, item_size, &size) ? NULL : realloc(*array, size + 1);
    if (grown)
        *array = grown;
    return grown != NULL;
}

// Room for one more row.
static bool grow(filling *at)
{
    source *into = at->into;
    size_t wanted = at->capacity ? at->capacity + at->capacity / 2 : 256;
    if (into->count < at->capacity)
        return true;
    bool done = grow_array((void **)&into->cells, wanted, into->width * sizeof(real));
    if (done && at->has_labels)
        done = grow_array((void **)&at->labels, wanted, sizeof *at->labels);
    if (done && at->has_targets)
        done = grow_array((void **)&into->targets, wanted, sizeof *into->targets);
    into->labels = at->labels;
    at->capacity = done ? wanted : at->capacity;
    return done;
}

static caviar_code read_row(const schema *at, const table *row, filling *to, train_error *error)
{
    source *into = to->into;
    size_t index = into->count;
    if (index >= INT32_MAX || !grow(to))
        return train_fail_memory(error);
    caviar_code code = read_features(at, row, into->cells + index * into->width, error);
    const char *text =
        to->has_labels || to->has_targets ? row->record.fields[row->places[at->target]] : NULL;
    if (!code && to->has_labels)
        code = read_label(at, &row->record, text, &to->labels[index], error);
    if (!code && to->has_targets)
        code =
            read_number(&at->columns[at->target], &row->record, text, &into->targets[index], error);
    into->count += !code;
    return code;
}

caviar_code schema_read(const schema *at, stream *from, bool with_target, source *ret_source,
                        train_error *error)
{
    source into = {.width = at->width};
    filling to = {.into = &into,
                  .has_labels = with_target && !at->is_quantity,
                  .has_targets = with_target && at->is_quantity};
    table rows;
    caviar_code code = table_begin(&rows, from, at, with_target, error);
    while (!code && (code = table_next(&rows, error)) == CAVIAR_OK)
        code = read_row(at, &rows, &to, error);
    if (code == CAVIAR_DONE)
        code = into.count ? CAVIAR_OK
                          : train_fail(error, CAVIAR_CORRUPT, "there is a header and nothing else");
    table_end(&rows);
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
