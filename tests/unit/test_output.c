/**
 * test_output.c: splitting what a program prints into lines; the bounded file; the tail.
 */
#include "support/test.h"

#include "support/scratch.h"

#include "base/memory.h"
#include "run/output.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- Lines ----------------------------------------------------------------------------------

static void note_line(void *context, const char *line)
{
    cav_text_appendf(context, "<%s>", line);
}

// Feeds a text in pieces of `size` bytes; the lines are written as <…>.
static char *lines_of(const char *data, size_t count, size_t size)
{
    cav_text text = {0};
    cav_lines *lines = calloc(1, sizeof *lines);
    assert_non_null(lines);
    lines->handle = note_line;
    lines->context = &text;
    cav_text_append(&text, "");
    for (size_t at = 0; at < count; at += size)
        cav_lines_take(lines, data + at, size < count - at ? size : count - at);
    cav_lines_end(lines);
    free(lines);
    char *found = cav_text_take(&text);
    assert_non_null(found);
    return found;
}

static void test_lines_are_the_same_however_they_arrive(void **state)
{
    (void)state;
    static const struct {
        const char *text, *lines;
    } cases[] = {
        {"", ""},
        {"one", "<one>"},
        {"one\n", "<one>"},
        {"one\ntwo", "<one><two>"},
        {"\n\none\n", "<><><one>"},
        {"one\r\ntwo\r\n", "<one><two>"},
        {"10%\r20%\r30%\n", "<10%><20%><30%>"}, // a progress bar
        {"10%\r20%\r", "<10%><20%>"},
        {"\r10%\r20%", "<><10%><20%>"},
        {"a\r\r\nb", "<a><><b>"},
        {"a\rb\r\nc\n", "<a><b><c>"},
        {"grüße\n", "<grüße>"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        for (size_t size = 1; size <= 7; size++) {
            char *found = lines_of(cases[i].text, strlen(cases[i].text), size);
            if (strcmp(found, cases[i].lines) != 0)
                fail_msg("case %zu in pieces of %zu: %s, not %s", i, size, found, cases[i].lines);
            free(found);
        }
    }
}

static void test_a_nul_byte_becomes_a_blank(void **state)
{
    (void)state;
    char *found = lines_of("a\0b\n\0", 5, 2);
    assert_string_equal(found, "<a b>< >");
    free(found);
}

static void test_a_line_that_never_ends_is_cut_and_the_next_one_is_whole(void **state)
{
    (void)state;
    enum { LENGTH = 3 * CAV_OUTPUT_LINE };
    char *data = malloc(LENGTH + 16);
    assert_non_null(data);
    memset(data, 'x', LENGTH);
    strcpy(data + LENGTH, "\nloss=1\n");
    char *found = lines_of(data, strlen(data), 1000);
    assert_int_equal(strspn(found + 1, "x"), CAV_OUTPUT_LINE - 1);
    assert_string_equal(found + CAV_OUTPUT_LINE, "><loss=1>");
    free(found);
    free(data);
}

static void test_a_progress_bar_that_never_ends_its_line_keeps_its_last_values(void **state)
{
    (void)state;
    cav_text data = {0};
    for (int i = 0; i < 5000; i++)
        cav_text_appendf(&data, "%d%% loss=%d\r", i / 50, i);
    size_t flush = strlen("0% loss=0\r"); // each write of the program ends with its \r
    char *found = lines_of(data.data, data.size, flush);
    assert_contains(found, "<99% loss=4999>");
    assert_contains(found, "<0% loss=0><0% loss=1>");
    free(found);
    cav_text_free(&data);
}

// ---- The file and the tail ------------------------------------------------------------------

typedef struct fixture {
    scratch scratch;
    const char *path;
    cav_output output;
} fixture;

static int set_up(void **state)
{
    fixture *at = calloc(1, sizeof *at);
    assert_non_null(at);
    at->scratch = scratch_new();
    at->path = scratch_path(&at->scratch, "output.log");
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    fixture *at = *state;
    scratch_remove(&at->scratch);
    free(at);
    return 0;
}

static void open_output(fixture *at, bool append)
{
    cav_error error;
    assert_ok(cav_output_open(&at->output, at->path, append, &error), &error);
}

static void print(fixture *at, const char *text)
{
    cav_output_take(&at->output, text, strlen(text));
}

static void expect_file(const fixture *at, const char *expected)
{
    cav_error error;
    cav_text text = {0};
    assert_ok(cav_file_read(at->path, 1 << 20, &text, &error), &error);
    assert_string_equal(cav_text_get(&text), expected);
    cav_text_free(&text);
}

static void expect_tail(const fixture *at, size_t most, const char *expected)
{
    cav_text text = {0};
    cav_output_tail(&at->output, most, &text);
    assert_string_equal(cav_text_get(&text), expected);
    cav_text_free(&text);
}

static void test_the_file_has_what_was_printed_and_a_new_attempt_goes_on_behind_it(void **state)
{
    fixture *at = *state;
    open_output(at, false);
    print(at, "first\n");
    cav_output_close(&at->output);
    open_output(at, true);
    print(at, "second\n");
    cav_output_close(&at->output);
    expect_file(at, "first\nsecond\n");
    open_output(at, false);
    cav_output_close(&at->output);
    expect_file(at, "");
}

static void test_the_file_is_no_way_to_write_elsewhere(void **state)
{
    fixture *at = *state;
    char target[SCRATCH_SIZE + 8];
    snprintf(target, sizeof target, "%s/target", at->scratch.folder);
    assert_int_equal(symlink(target, at->path), 0);
    cav_error error;
    assert_int_equal(cav_output_open(&at->output, at->path, false, &error), CAVIAR_IO);
    assert_contains(error.message, at->path);
    assert_int_equal(access(target, F_OK), -1);
}

static void test_a_flood_fills_the_file_to_its_limit_and_says_what_is_missing(void **state)
{
    fixture *at = *state;
    enum { CHUNK = 1 << 20, EXTRA = 3 };
    char *chunk = malloc(CHUNK), end[128] = {0};
    assert_non_null(chunk);
    memset(chunk, 'x', CHUNK);
    open_output(at, false);
    for (int i = 0; i < CAV_OUTPUT_FILE / CHUNK + EXTRA; i++)
        cav_output_take(&at->output, chunk, CHUNK);
    print(at, "\nthe end\n");
    expect_tail(at, 16, "the end\n");
    cav_output_close(&at->output);
    int fd = open(at->path, O_RDONLY);
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    assert_true(info.st_size >= CAV_OUTPUT_FILE && info.st_size < CAV_OUTPUT_FILE + 100);
    assert_true(pread(fd, end, sizeof end - 1, CAV_OUTPUT_FILE) > 0);
    close(fd);
    char expected[96];
    snprintf(expected, sizeof expected, "\n[%d more bytes were not kept]\n", EXTRA * CHUNK + 9);
    assert_string_equal(end, expected);
    free(chunk);
}

static void test_a_full_disk_loses_the_end_of_the_file_and_not_the_tail(void **state)
{
    fixture *at = *state;
    open_output(at, false);
    close(at->output.fd);
    at->output.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    print(at, "one\ntwo\n");
    assert_int_equal(at->output.dropped, 8);
    expect_tail(at, 100, "one\ntwo\n");
    cav_output_close(&at->output);
    assert_int_equal(at->output.fd, -1);
}

static void test_a_tail_without_a_file_is_kept_all_the_same(void **state)
{
    fixture *at = *state;
    at->output.fd = -1;
    print(at, "hello");
    expect_tail(at, 100, "hello");
    cav_output_close(&at->output);
}

static void test_the_tail_begins_with_a_whole_line_where_it_is_cut(void **state)
{
    fixture *at = *state;
    at->output.fd = -1;
    expect_tail(at, 100, "");
    print(at, "one\ntwo\nthree\n");
    expect_tail(at, 100, "one\ntwo\nthree\n");
    expect_tail(at, 12, "two\nthree\n");
    expect_tail(at, 8, "three\n");
    expect_tail(at, 5, "hree\n"); // one line is all there is
    expect_tail(at, 0, "");
}

static void test_the_ring_keeps_the_last_bytes_whatever_the_sizes_of_the_writes(void **state)
{
    fixture *at = *state;
    static const size_t sizes[] = {1, 7, 4095, 4096, 4097, 10000};
    enum { TOTAL = 30000 };
    char *data = malloc(TOTAL), *expected = malloc(CAV_OUTPUT_TAIL + 1);
    assert_true(data && expected);
    for (int i = 0; i < TOTAL; i++)
        data[i] = (char)('a' + i % 26);
    memcpy(expected, data + TOTAL - CAV_OUTPUT_TAIL, CAV_OUTPUT_TAIL);
    expected[CAV_OUTPUT_TAIL] = '\0';
    for (size_t i = 0; i < CAV_COUNT_OF(sizes); i++) {
        at->output = (cav_output){.fd = -1};
        for (size_t put = 0; put < TOTAL; put += sizes[i])
            cav_output_take(&at->output, data + put,
                            sizes[i] < TOTAL - put ? sizes[i] : TOTAL - put);
        expect_tail(at, CAV_OUTPUT_TAIL, expected);
    }
    free(data);
    free(expected);
}

static void test_the_tail_is_clean_text(void **state)
{
    fixture *at = *state;
    at->output.fd = -1;
    static const char raw[] = "a\x1b[31mb\0c\x7f \xff\xc3 \xc2\x9b grüße\t\r\n";
    cav_output_take(&at->output, raw, sizeof raw - 1);
    expect_tail(at, 100, "a?[31mb?c? ?? ? grüße\t?\n");
}

static void test_a_character_that_the_cut_halves_is_no_character(void **state)
{
    fixture *at = *state;
    at->output.fd = -1;
    print(at, "aü");
    expect_tail(at, 1, "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_the_same_however_they_arrive),
        cmocka_unit_test(test_a_nul_byte_becomes_a_blank),
        cmocka_unit_test(test_a_line_that_never_ends_is_cut_and_the_next_one_is_whole),
        cmocka_unit_test(test_a_progress_bar_that_never_ends_its_line_keeps_its_last_values),
        cmocka_unit_test_setup_teardown(
            test_the_file_has_what_was_printed_and_a_new_attempt_goes_on_behind_it, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(test_the_file_is_no_way_to_write_elsewhere, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_flood_fills_the_file_to_its_limit_and_says_what_is_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_disk_loses_the_end_of_the_file_and_not_the_tail,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_tail_without_a_file_is_kept_all_the_same, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_tail_begins_with_a_whole_line_where_it_is_cut,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_the_ring_keeps_the_last_bytes_whatever_the_sizes_of_the_writes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_tail_is_clean_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_character_that_the_cut_halves_is_no_character,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
