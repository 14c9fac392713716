/**
 * csv.c: reading and writing tables in text (RFC 4180).
 */
#include "exchange/csv.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 10000 };

static const char separators[] = ",;\t";

/** What is being read, and the cells so far, row after row. */
typedef struct reader {
    cav_arena *arena;
    const char *path;
    const char *at, *end;
    char separator;
    int64_t line;       // of the character that is next
    const char **cells; // [cell_count] of all rows, the header's first
    size_t cell_count, cell_capacity;
    int64_t *lines; // [row_count] where the rows begin, the header's first
    size_t row_count, row_capacity;
    size_t width;  // of the header; 0 while that is read
    cav_text cell; // the one that is being read
    cav_error *error;
} reader;

static caviar_code fail_line(const reader *at, int64_t line, const char *sentence)
{
    return cav_fail(at->error, CAVIAR_INVALID, "%s:%lld: %s", at->path, (long long)line, sentence);
}

// The separator that stands most often outside of quotes in the first line; of none, a comma.
static char find_separator(const char *text, const char *end, size_t *ret_count)
{
    size_t counts[sizeof separators] = {0}, best = 0;
    bool quoted = false;
    for (const char *c = text; c < end && (quoted || (*c != '\n' && *c != '\r')); c++) {
        const char *found = *c ? strchr(separators, *c) : NULL;
        quoted ^= *c == '"';
        if (found && !quoted)
            counts[found - separators]++;
    }
    for (size_t i = 1; separators[i]; i++)
        if (counts[i] > counts[best])
            best = i;
    *ret_count = counts[best];
    return separators[best];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static caviar_code keep_cell(reader *at, const char *text, size_t size)
{
    const char *kept = size > 0 ? cav_arena_text(at->arena, text, size) : "";
    if (!kept || !CAV_GROW(&at->cells, &at->cell_capacity, at->cell_count + 1))
        return cav_fail_memory(at->error);
    at->cells[at->cell_count++] = kept;
    return CAVIAR_OK;
}

// A cell in quotes, the first of which is next; what stands behind them belongs to it.
static caviar_code read_quoted(reader *at)
{
    int64_t began = at->line;
    cav_text_clear(&at->cell);
    for (at->at++; at->at < at->end; at->at++) {
        bool is_quote = *at->at == '"';
        if (is_quote && !(at->at + 1 < at->end && at->at[1] == '"'))
            break;
        at->at += is_quote; // a doubled one
        at->line += *at->at == '\n';
        cav_text_append_char(&at->cell, *at->at);
    }
    if (at->at == at->end)
        return fail_line(at, began,
                         "a cell begins with a quote and has no end; a quote inside of "
                         "a cell is written twice");
    for (at->at++; at->at < at->end && !strchr("\r\n", *at->at) && *at->at != at->separator;)
        cav_text_append_char(&at->cell, *at->at++);
    if (at->cell.failed)
        return cav_fail_memory(at->error);
    return keep_cell(at, cav_text_get(&at->cell), at->cell.size);
}

static caviar_code read_cell(reader *at)
{
    while (at->at < at->end && is_blank(*at->at) && *at->at != at->separator)
        at->at++;
    const char *from = at->at;
    if (at->at < at->end && *at->at == '"')
        return read_quoted(at);
    while (at->at < at->end && *at->at != '\n' && *at->at != '\r' && *at->at != at->separator)
        at->at++;
    size_t size = (size_t)(at->at - from);
    while (size > 0 && is_blank(from[size - 1]))
        size--;
    return keep_cell(at, from, size);
}

static void skip_line_end(reader *at)
{
    if (at->at < at->end && *at->at == '\r')
        at->at++;
    if (at->at < at->end && *at->at == '\n')
        at->at++;
    at->line++;
}

static caviar_code check_width(const reader *at, int64_t line, size_t count)
{
    if (count == at->width)
        return CAVIAR_OK;
    return cav_fail(at->error, CAVIAR_INVALID,
                    "%s:%lld: the row has %zu cell%s, and the header has %zu", at->path,
                    (long long)line, count, count == 1 ? "" : "s", at->width);
}

static caviar_code read_row(reader *at)
{
    size_t first = at->cell_count;
    int64_t line = at->line;
    caviar_code code = read_cell(at);
    while (!code && at->at < at->end && *at->at == at->separator) {
        at->at++;
        code = read_cell(at);
    }
    if (code)
        return code;
    size_t count = at->cell_count - first;
    skip_line_end(at);
    if (count == 1 && !at->cells[first][0]) { // nothing stands on the line
        at->cell_count = first;
        return CAVIAR_OK;
    }
    if (at->row_count == 0)
        at->width = count;
    if (!CAV_GROW(&at->lines, &at->row_capacity, at->row_count + 1))
        return cav_fail_memory(at->error);
    at->lines[at->row_count++] = line;
    return check_width(at, line, count);
}

static caviar_code check_header(const reader *at)
{
    if (at->row_count == 0)
        return fail_line(at, 1, "there is no header: a line with the columns' names is expected");
    if (at->width > MOST_COLUMNS)
        return fail_line(at, at->lines[0], "a table has 10000 columns at most");
    for (size_t i = 0; i < at->width; i++)
        for (size_t k = 0; k < i && at->cells[i][0]; k++)
            if (strcmp(at->cells[i], at->cells[k]) == 0)
                return cav_fail(at->error, CAVIAR_INVALID,
                                "%s:%lld: there are two columns '%.100s', the %zu. and the %zu.",
                                at->path, (long long)at->lines[0], at->cells[i], k + 1, i + 1);
    return CAVIAR_OK;
}

static caviar_code read_rows(reader *at)
{
    caviar_code code = CAVIAR_OK;
    while (at->at < at->end && !code)
        code = read_row(at);
    return code ? code : check_header(at);
}

// Moves what was read into the arena.
static caviar_code keep(const reader *at, cav_csv *ret_table)
{
    const char **cells = CAV_ARENA_NEW(at->arena, const char *, at->cell_count);
    int64_t *lines = CAV_ARENA_NEW(at->arena, int64_t, at->row_count);
    if (!cells || !lines)
        return cav_fail_memory(at->error);
    memcpy(cells, at->cells, at->cell_count * sizeof *cells);
    memcpy(lines, at->lines, at->row_count * sizeof *lines);
    *ret_table = (cav_csv){.path = at->path,
                           .names = cells,
                           .column_count = at->width,
                           .cells = cells + at->width,
                           .lines = lines + 1,
                           .row_count = at->row_count - 1,
                           .separator = at->separator};
    return CAVIAR_OK;
}

// Excel's own first line, which is no part of the table.
static bool says_separator(const char *text, const char *end)
{
    return end - text > 5 && memcmp(text, "sep=", 4) == 0 && strchr("\r\n", text[5]) &&
           strchr(separators, text[4]);
}

static const char *skip_mark(const char *text, size_t size)
{
    return size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

caviar_code cav_csv_read(cav_arena *arena, const char *path, const char *text, size_t size,
                         cav_csv *ret_table, cav_error *error)
{
    const char *end = text + size;
    size_t found;
    reader at = {.arena = arena, .path = path, .end = end, .line = 1, .error = error};
    if (!cav_text_is_utf8(text, size))
        return cav_fail(error, CAVIAR_INVALID,
                        "%s: this is no text in UTF-8; spreadsheets write that as \"CSV UTF-8\"",
                        path);
    at.at = skip_mark(text, size);
    at.separator = find_separator(at.at, end, &found);
    if (says_separator(at.at, end)) {
        at.at += strlen("sep=;");
        skip_line_end(&at);
    }
    caviar_code code = read_rows(&at);
    if (!code)
        code = keep(&at, ret_table);
    cav_text_free(&at.cell);
    free(at.cells);
    free(at.lines);
    return code;
}

const char *cav_csv_cell(const cav_csv *table, size_t row, size_t column)
{
    return table->cells[row * table->column_count + column];
}

size_t cav_csv_find(const cav_csv *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->names[i], name) == 0)
            return i;
    return table->column_count;
}

caviar_code cav_csv_fail(const cav_csv *table, size_t row, size_t column, cav_error *error,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    cav_fail_args(error, CAVIAR_INVALID, format, args);
    va_end(args);
    return cav_error_prefix(error, "%s:%lld: column '%.100s'", table->path,
                            (long long)table->lines[row], table->names[column]);
}

bool cav_csv_recognise(const char *text, size_t size)
{
    size_t found;
    const char *from = skip_mark(text, size);
    find_separator(from, text + size, &found);
    return found > 0 && !strchr("{[<", from[0]) && !memchr(text, '\0', size);
}

void cav_csv_append(cav_text *text, const char *field)
{
    if (!strpbrk(field, ",\"\r\n")) {
        cav_text_append(text, field);
        return;
    }
    cav_text_append_char(text, '"');
    for (const char *c = field; *c; c++) {
        if (*c == '"')
            cav_text_append_char(text, '"');
        cav_text_append_char(text, *c);
    }
    cav_text_append_char(text, '"');
}
