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
    *at = (source){0};
}

static caviar_code read_cell(const column *at, const csv_record *record, const char *cell,
                             real *ret_cell, train_error *error)
{
    double number;
    if (at->kind == COLUMN_CATEGORY) { // a level's index, or -1
        *ret_cell = table_is_missing(cell) ? WORDS_NONE : (real)words_find(&at->levels, cell);
        return CAVIAR_OK;
    }
    *ret_cell = 0; // the mean
    if (table_is_missing(cell))
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

static caviar_code read_row(const schema *at, const table *row, real *cells, uint16_t *ret_label,
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

static caviar_code read_rows(const schema *at, table *rows, source *into, train_error *error)
{
    uint16_t *all_labels = NULL;
    size_t capacity = 0;
    caviar_code code;
    while ((code = table_next(rows, error)) == CAVIAR_OK) {
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
    table rows;
    caviar_code code = table_begin(&rows, from, at, error);
    if (!code)
        code = read_rows(at, &rows, &into, error);
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
