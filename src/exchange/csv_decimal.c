/**
 * csv_decimal.c: what the commas in the numbers of a table are. One answer holds for all of it,
 * since one program wrote it.
 */
#include "exchange/csv_decimal.h"

#include "exchange/ledger.h"

#include <string.h>

typedef enum number_form {
    FORM_OTHER,   // text, a whole number
    FORM_POINT,   // 0.5
    FORM_COMMA,   // 0,5
    FORM_EITHER,  // 1,234: a decimal comma, or one between thousands
    FORM_GROUPED, // 1.234,5
    FORM_COUNT,
} number_form;

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

// What stands behind the digits of "1e-5": the end, if it is an exponent or nothing.
static const char *skip_exponent(const char *at)
{
    if (*at != 'e' && *at != 'E')
        return at;
    const char *from = at + 1 + (at[1] == '-' || at[1] == '+');
    return from + digits(from);
}

// "1.234" was read, and what follows is next: further thousands, and then the other mark.
static bool is_grouped(const char *at, char mark)
{
    while (*at == mark && digits(at + 1) == 3)
        at += 4;
    return (*at == '.' || *at == ',') && *at != mark && !at[1 + digits(at + 1)];
}

static number_form form_of(const char *cell)
{
    const char *from = cell + (*cell == '-' || *cell == '+');
    size_t whole = digits(from);
    const char *mark = from + whole;
    if (*mark != '.' && *mark != ',')
        return FORM_OTHER;
    size_t part = digits(mark + 1);
    const char *rest = mark + 1 + part;
    bool may_be_thousands = whole >= 1 && whole <= 3 && from[0] != '0' && part == 3;
    if (may_be_thousands && is_grouped(rest, *mark))
        return FORM_GROUPED;
    if (part == 0 || *skip_exponent(rest))
        return FORM_OTHER;
    if (*mark == '.')
        return FORM_POINT;
    return may_be_thousands && !*rest ? FORM_EITHER : FORM_COMMA;
}

typedef struct place {
    size_t row, column;
    bool is_found;
} place;

static const char *cell_at(const cav_csv *table, place at)
{
    return cav_csv_cell(table, at.row, at.column);
}

// The first cell of each form.
static void survey(const cav_csv *table, const bool *is_number, place firsts[FORM_COUNT])
{
    for (size_t row = 0; row < table->row_count; row++)
        for (size_t column = 0; column < table->column_count; column++) {
            if (!is_number[column])
                continue;
            place *first = &firsts[form_of(cav_csv_cell(table, row, column))];
            if (!first->is_found)
                *first = (place){row, column, true};
        }
}

static caviar_code fail_mixed(const cav_csv *table, place point, place comma, cav_error *error)
{
    return cav_csv_fail(table, comma.row, comma.column, error,
                        "'%.60s' seems to have a decimal comma, where '%.60s' (line %lld, column "
                        "'%.100s') has a decimal point; write all numbers with the same one, and "
                        "what is no number in brackets: [%.60s]",
                        cell_at(table, comma), cell_at(table, point),
                        (long long)table->lines[point.row], table->names[point.column],
                        cell_at(table, comma));
}

static caviar_code check(const cav_csv *table, const place firsts[FORM_COUNT], cav_error *error)
{
    place point = firsts[FORM_POINT], comma = firsts[FORM_COMMA], either = firsts[FORM_EITHER],
          grouped = firsts[FORM_GROUPED];
    if (grouped.is_found)
        return cav_csv_fail(table, grouped.row, grouped.column, error,
                            "'%.60s' has marks between thousands; write numbers without them",
                            cell_at(table, grouped));
    if (point.is_found && (comma.is_found || either.is_found))
        return fail_mixed(table, point, comma.is_found ? comma : either, error);
    if (either.is_found && !comma.is_found)
        return cav_csv_fail(table, either.row, either.column, error,
                            "'%.60s' may have a decimal comma, or one between thousands; write "
                            "numbers with a decimal point, and none between thousands",
                            cell_at(table, either));
    return CAVIAR_OK;
}

static caviar_code write_point(cav_csv *table, size_t row, size_t column, cav_arena *arena,
                               cav_error *error)
{
    char *cell = cav_arena_strdup(arena, cav_csv_cell(table, row, column));
    if (!cell)
        return cav_fail_memory(error);
    *strchr(cell, ',') = '.';
    table->cells[row * table->column_count + column] = cell;
    return CAVIAR_OK;
}

static caviar_code write_points(cav_csv *table, const bool *is_number, cav_arena *arena,
                                cav_error *error)
{
    for (size_t row = 0; row < table->row_count; row++)
        for (size_t column = 0; column < table->column_count; column++) {
            number_form form =
                is_number[column] ? form_of(cav_csv_cell(table, row, column)) : FORM_OTHER;
            bool has_comma = form == FORM_COMMA || form == FORM_EITHER;
            if (has_comma && write_point(table, row, column, arena, error))
                return CAVIAR_NOMEM;
        }
    return CAVIAR_OK;
}

caviar_code cav_csv_settle_decimals(cav_csv *table, const bool *is_number, cav_arena *arena,
                                    cav_notes *notes, cav_error *error)
{
    place firsts[FORM_COUNT] = {0};
    if (table->separator == ',')
        return CAVIAR_OK;
    survey(table, is_number, firsts);
    caviar_code code = check(table, firsts, error);
    if (code || !firsts[FORM_COMMA].is_found)
        return code;
    cav_note(notes, "'%s' in line %lld, and others, have a decimal comma",
             cell_at(table, firsts[FORM_COMMA]), (long long)table->lines[firsts[FORM_COMMA].row]);
    return write_points(table, is_number, arena, error);
}
