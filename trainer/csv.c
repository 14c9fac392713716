/**
 * csv.c: a reader of CSV as a machine of four states, a byte at a time.
 */
#include "trainer/csv.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 16, MOST_FIELD_SIZE = 1 << 20, MOST_FIELDS = 1 << 20 };

typedef enum place {
    BEFORE_FIELD, // only blanks so far
    IN_FIELD,     // not quoted
    IN_QUOTES,
    BEHIND_QUOTE, // a quote in quotes: the closing one, or the first of a doubled one
} place;

struct csv {
    stream *from;
    uint8_t buffer[BUFFER_SIZE]; // [filled] read from the stream
    size_t used, filled;
    size_t line; // of the next byte
    place place;
    bool was_cr; // an LF right behind it belongs to it

    // the record under construction
    char *text; // the fields, each ended by NUL
    size_t text_size, text_capacity;
    size_t *starts; // [count] of the fields, in `text`
    size_t count, start_capacity;
    bool is_quoted; // the last field is, or was
    const char **fields;
    size_t field_capacity;
};

caviar_code csv_new(stream *from, csv **ret_csv, train_error *error)
{
    csv *at = calloc(1, sizeof *at);
    if (!at)
        return train_fail_memory(error);
    at->from = from;
    at->line = 1;
    *ret_csv = at;
    return CAVIAR_OK;
}

void csv_free(csv *at)
{
    if (!at)
        return;
    free(at->text);
    free(at->starts);
    free(at->fields);
    free(at);
}

static bool make_room(void **items, size_t *capacity, size_t needed, size_t item_size)
{
    if (needed <= *capacity)
        return true;
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *grown = realloc(*items, wanted * item_size);
    if (!grown)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

static caviar_code push_byte(csv *at, char byte, train_error *error)
{
    size_t field_size = at->text_size - at->starts[at->count - 1];
    if (field_size >= MOST_FIELD_SIZE)
        return train_fail(error, CAVIAR_CORRUPT,
                          "line %zu: a field is longer than 1 MiB; is a quote not closed?",
                          at->line);
    if (!make_room((void **)&at->text, &at->text_capacity, at->text_size + 1, 1))
        return train_fail_memory(error);
    at->text[at->text_size++] = byte;
    return CAVIAR_OK;
}

static caviar_code begin_field(csv *at, train_error *error)
{
    if (at->count == MOST_FIELDS)
        return train_fail(error, CAVIAR_CORRUPT, "line %zu: more than %d fields", at->line,
                          MOST_FIELDS);
    if (!make_room((void **)&at->starts, &at->start_capacity, at->count + 1, sizeof *at->starts))
        return train_fail_memory(error);
    at->starts[at->count++] = at->text_size;
    at->place = BEFORE_FIELD;
    at->is_quoted = false;
    return CAVIAR_OK;
}

// Drops blanks behind a field that is not quoted, and ends it.
static caviar_code end_field(csv *at, train_error *error)
{
    size_t start = at->starts[at->count - 1];
    while (!at->is_quoted && at->text_size > start &&
           (at->text[at->text_size - 1] == ' ' || at->text[at->text_size - 1] == '\t'))
        at->text_size--;
    if (!make_room((void **)&at->text, &at->text_capacity, at->text_size + 1, 1))
        return train_fail_memory(error);
    at->text[at->text_size++] = '\0';
    return CAVIAR_OK;
}

static bool is_empty_line(const csv *at)
{
    return at->count == 1 && at->text_size == 1 && !at->is_quoted;
}

// A byte outside of quotes that ends neither field nor record.
static caviar_code take_plain(csv *at, char byte, train_error *error)
{
    bool blank = byte == ' ' || byte == '\t';
    if (at->place == BEHIND_QUOTE)
        return blank ? CAVIAR_OK
                     : train_fail(error, CAVIAR_CORRUPT,
                                  "line %zu: text behind a closing quote; a quote in quotes is "
                                  "written twice",
                                  at->line);
    if (at->place == BEFORE_FIELD && blank)
        return CAVIAR_OK;
    if (at->place == BEFORE_FIELD && byte == '"') {
        at->place = IN_QUOTES;
        at->is_quoted = true;
        return CAVIAR_OK;
    }
    at->place = IN_FIELD;
    return push_byte(at, byte, error);
}

static caviar_code take_quoted(csv *at, char byte, train_error *error)
{
    if (byte == '"') {
        at->place = BEHIND_QUOTE;
        return CAVIAR_OK;
    }
    return push_byte(at, byte, error);
}

// Takes one byte; *ret_ended is set where it ended the record.
static caviar_code take(csv *at, char byte, bool *ret_ended, train_error *error)
{
    if (byte == '\0')
        return train_fail(error, CAVIAR_CORRUPT, "line %zu: a NUL byte; this is not a text file",
                          at->line);
    if (at->place == IN_QUOTES)
        return take_quoted(at, byte, error);
    if (at->place == BEHIND_QUOTE && byte == '"') {
        at->place = IN_QUOTES;
        return push_byte(at, byte, error);
    }
    if (byte != ',' && byte != '\n' && byte != '\r')
        return take_plain(at, byte, error);
    caviar_code code = end_field(at, error);
    if (!code && byte == ',')
        return begin_field(at, error);
    *ret_ended = true;
    return code;
}

// The next byte, or -1 at the end. Counts lines, and joins CRLF into one line end.
static caviar_code next_byte(csv *at, int *ret_byte, train_error *error)
{
    if (at->used == at->filled) {
        bool first = at->filled == 0;
        at->used = 0;
        caviar_code code = stream_read(at->from, at->buffer, BUFFER_SIZE, &at->filled, error);
        if (code)
            return code;
        if (first && at->filled >= 3 && memcmp(at->buffer, "\xef\xbb\xbf", 3) == 0)
            at->used = 3;
    }
    *ret_byte = at->used < at->filled ? at->buffer[at->used++] : -1;
    bool joined = at->was_cr && *ret_byte == '\n';
    at->was_cr = *ret_byte == '\r';
    if (joined && at->place != IN_QUOTES)
        return next_byte(at, ret_byte, error);
    at->line += (*ret_byte == '\n' && !joined) || *ret_byte == '\r';
    return CAVIAR_OK;
}

// Reads bytes until a record is whole. *ret_any is false where there was nothing more to read.
static caviar_code read_record(csv *at, bool *ret_any, train_error *error)
{
    bool ended = false;
    size_t begun = at->line;
    while (!ended) {
        int byte = 0;
        caviar_code code = next_byte(at, &byte, error);
        if (code)
            return code;
        if (byte < 0 && at->place == IN_QUOTES)
            return train_fail(error, CAVIAR_CORRUPT,
                              "the record that begins in line %zu has a quote that is not closed",
                              begun);
        if (byte < 0) {
            *ret_any = at->count > 1 || at->text_size > 0 || at->is_quoted;
            return end_field(at, error);
        }
        code = take(at, (char)byte, &ended, error);
        if (code)
            return code;
    }
    *ret_any = true;
    return CAVIAR_OK;
}

static caviar_code point_at_fields(csv *at, train_error *error)
{
    while (at->field_capacity < at->count)
        if (!make_room((void **)&at->fields, &at->field_capacity, at->field_capacity + 1,
                       sizeof *at->fields))
            return train_fail_memory(error);
    for (size_t i = 0; i < at->count; i++)
        at->fields[i] = at->text + at->starts[i];
    return CAVIAR_OK;
}

caviar_code csv_next(csv *at, csv_record *ret_record, train_error *error)
{
    bool any = false;
    size_t line;
    do {
        at->text_size = at->count = 0;
        line = at->line;
        caviar_code code = begin_field(at, error);
        if (!code)
            code = read_record(at, &any, error);
        if (code)
            return code;
        if (!any)
            return CAVIAR_DONE;
    } while (is_empty_line(at));
    caviar_code code = point_at_fields(at, error);
    if (!code)
        *ret_record = (csv_record){at->fields, at->count, line};
    return code;
}
