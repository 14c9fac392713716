/**
 * table.c: passing over a table.
 */
#include "trainer/table.h"

#include <stdlib.h>
#include <strings.h>

bool table_is_missing(const char *cell)
{
    static const char *const texts[] = {"", "na", "n/a", "nan", "null", "none", "?"};
    if (*cell && *cell != 'n' && *cell != 'N' && *cell != '?') // most cells are told at once
        return false;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcasecmp(cell, texts[i]) == 0)
            return true;
    return false;
}

// The set of the header's names, and in which field each came first.
static caviar_code list_names(const table *at, words *names, size_t *fields, train_error *error)
{
    for (size_t i = at->field_count; i-- > 0;) {
        int64_t index = words_add(names, at->record.fields[i]);
        if (index < 0)
            return train_fail_memory(error);
        fields[index] = i;
    }
    return CAVIAR_OK;
}

static caviar_code find_columns(table *at, const schema *columns, bool needs_target,
                                const words *names, const size_t *fields, train_error *error)
{
    for (size_t i = 0; i < columns->column_count; i++) {
        const column *one = &columns->columns[i];
        int64_t index = words_find(names, one->name);
        bool needed = one->kind == COLUMN_TARGET ? needs_target : one->kind != COLUMN_LEFT_OUT;
        if (index < 0 && needed)
            return train_fail(error, CAVIAR_INVALID, "there is no column '%s'", one->name);
        at->places[i] = index < 0 ? SIZE_MAX : fields[index];
    }
    return CAVIAR_OK;
}

static caviar_code find_places(table *at, const schema *columns, bool needs_target,
                               train_error *error)
{
    words names = {0};
    size_t *fields = malloc(at->field_count * sizeof *fields);
    at->places = malloc(columns->column_count * sizeof *at->places);
    caviar_code code =
        fields && at->places ? list_names(at, &names, fields, error) : train_fail_memory(error);
    if (!code)
        code = find_columns(at, columns, needs_target, &names, fields, error);
    words_clear(&names);
    free(fields);
    return code;
}

caviar_code table_begin(table *at, stream *from, const schema *columns, bool needs_target,
                        train_error *error)
{
    *at = (table){0};
    caviar_code code = stream_rewind(from, error);
    if (!code)
        code = csv_new(from, &at->csv, error);
    if (!code)
        code = csv_next(at->csv, &at->record, error);
    if (code == CAVIAR_DONE)
        code = train_fail(error, CAVIAR_CORRUPT, "the file is empty; a header is needed");
    if (code)
        return code;
    at->field_count = at->record.count;
    return columns ? find_places(at, columns, needs_target, error) : CAVIAR_OK;
}

caviar_code table_next(table *at, train_error *error)
{
    caviar_code code = csv_next(at->csv, &at->record, error);
    if (!code && at->record.count != at->field_count)
        code = train_fail(error, CAVIAR_CORRUPT, "line %zu has %zu fields, the header has %zu",
                          at->record.line, at->record.count, at->field_count);
    return code;
}

void table_end(table *at)
{
    csv_free(at->csv);
    free(at->places);
}
