/**
 * test_train_csv.c: the CSV reader on what RFC 4180 allows, on what it does not, and on pieces of
 * input that end anywhere.
 */
#include "support/train.h"

#include "trainer/csv.h"

#include <stdio.h>

// Reads all records into one text: fields in [] and records ended by a slash.
static caviar_code flatten(const char *text, size_t size, char *ret_flat, size_t room,
                           train_error *error)
{
    stream *from;
    csv *at;
    csv_record record;
    caviar_code code;
    size_t used = 0;
    assert_fine(stream_over(text, size, &from, error), error);
    assert_fine(csv_new(from, &at, error), error);
    ret_flat[0] = '\0';
    while ((code = csv_next(at, &record, error)) == CAVIAR_OK) {
        for (size_t i = 0; i < record.count; i++)
            used += (size_t)snprintf(ret_flat + used, room - used, "[%s]", record.fields[i]);
        used += (size_t)snprintf(ret_flat + used, room - used, "/");
        assert_true(used < room);
    }
    csv_free(at);
    stream_close(from);
    return code;
}

static void assert_reads(const char *text, const char *expected)
{
    train_error error;
    char flat[1000];
    caviar_code code = flatten(text, strlen(text), flat, sizeof flat, &error);
    if (code != CAVIAR_DONE)
        fail_msg("'%s': %s", text, error.sentence);
    assert_string_equal(flat, expected);
}

static void assert_refused(const char *text, const char *piece)
{
    train_error error;
    char flat[1000];
    assert_fails(flatten(text, strlen(text), flat, sizeof flat, &error), CAVIAR_CORRUPT, &error,
                 piece);
}

static void test_records_and_fields(void **state)
{
    (void)state;
    assert_reads("", "");
    assert_reads("a", "[a]/");
    assert_reads("a,b\n", "[a][b]/");
    assert_reads("a,b\nc,d", "[a][b]/[c][d]/");
    assert_reads(",\n", "[][]/");
    assert_reads("a,", "[a][]/");
    assert_reads(",,x\n,y,\n", "[][][x]/[][y][]/");
}

static void test_every_kind_of_line_end(void **state)
{
    (void)state;
    assert_reads("a\nb\n", "[a]/[b]/");
    assert_reads("a\r\nb\r\n", "[a]/[b]/");
    assert_reads("a\rb\r", "[a]/[b]/");
    assert_reads("a\r\n\r\nb", "[a]/[b]/");
}

static void test_empty_lines_and_blanks_are_dropped(void **state)
{
    (void)state;
    assert_reads("\n\na\n \t\n\nb\n\n", "[a]/[b]/");
    assert_reads("  a b \t, c\n", "[a b][c]/");
    assert_reads("\" a \" ,b", "[ a ][b]/");
}

static void test_quotes(void **state)
{
    (void)state;
    assert_reads("\"a,b\",c", "[a,b][c]/");
    assert_reads("\"a\nb\r\nc\"\nd", "[a\nb\r\nc]/[d]/");
    assert_reads("\"say \"\"yes\"\"\"", "[say \"yes\"]/");
    assert_reads("\"\"", "[]/"); // quoted and empty is a field, not an empty line
    assert_reads("5'10\",x", "[5'10\"][x]/");
}

static void test_a_byte_order_mark_is_dropped_at_the_beginning_only(void **state)
{
    (void)state;
    assert_reads("\xef\xbb\xbf"
                 "a,\xef\xbb\xbf"
                 "b",
                 "[a][\xef\xbb\xbf"
                 "b]/");
}

static void test_faults_are_named_with_their_line(void **state)
{
    (void)state;
    assert_refused("a\nb,\"c\nd", "begins in line 2 has a quote that is not closed");
    assert_refused("a\n\"b\"c\n", "line 2: text behind a closing quote");
    train_error error;
    char flat[100];
    assert_fails(flatten("a\nb\0c", 5, flat, sizeof flat, &error), CAVIAR_CORRUPT, &error,
                 "line 2: a NUL byte");
}

static void test_a_field_that_never_ends_is_refused(void **state)
{
    (void)state;
    size_t size = (1 << 20) + 100;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'x', size);
    text[0] = '"';
    text[size] = '\0';
    assert_refused(text, "longer than 1 MiB");
    free(text);
}

static void test_lines_are_counted_through_quoted_ones(void **state)
{
    (void)state;
    const char *text = "a\n\"b\n\nb\"\n\nc\rd\n";
    train_error error;
    stream *from;
    csv *at;
    csv_record record;
    const size_t lines[] = {1, 2, 6, 7};
    assert_fine(stream_over(text, strlen(text), &from, &error), &error);
    assert_fine(csv_new(from, &at, &error), &error);
    for (size_t i = 0; i < 4; i++) {
        assert_fine(csv_next(at, &record, &error), &error);
        assert_int_equal(record.line, lines[i]);
    }
    assert_int_equal(csv_next(at, &record, &error), CAVIAR_DONE);
    csv_free(at);
    stream_close(from);
}

// Records that straddle the reader's buffer of 64 KiB at every offset.
static void test_records_across_the_buffer_are_whole(void **state)
{
    (void)state;
    enum { RECORDS = 9000 };
    size_t room = RECORDS * 40, used = 0;
    char *text = malloc(room);
    assert_non_null(text);
    for (int i = 0; i < RECORDS; i++)
        used += (size_t)snprintf(text + used, room - used, "%d,\"q\"\"%d\",%.*s\r\n", i, i, i % 17,
                                 "abcdefghijklmnopq");
    train_error error;
    stream *from;
    csv *at;
    csv_record record;
    assert_fine(stream_over(text, used, &from, &error), &error);
    assert_fine(csv_new(from, &at, &error), &error);
    for (int i = 0; i < RECORDS; i++) {
        char expected[32];
        assert_fine(csv_next(at, &record, &error), &error);
        assert_int_equal(record.count, 3);
        assert_int_equal(record.line, i + 1);
        snprintf(expected, sizeof expected, "q\"%d", i);
        assert_string_equal(record.fields[1], expected);
        assert_int_equal(strlen(record.fields[2]), i % 17);
    }
    csv_free(at);
    stream_close(from);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_and_fields),
        cmocka_unit_test(test_every_kind_of_line_end),
        cmocka_unit_test(test_empty_lines_and_blanks_are_dropped),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_a_byte_order_mark_is_dropped_at_the_beginning_only),
        cmocka_unit_test(test_faults_are_named_with_their_line),
        cmocka_unit_test(test_a_field_that_never_ends_is_refused),
        cmocka_unit_test(test_lines_are_counted_through_quoted_ones),
        cmocka_unit_test(test_records_across_the_buffer_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
