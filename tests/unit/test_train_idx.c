/**
 * test_train_idx.c: reading IDX, plain and gzipped, and every way in which a file can lie.
 */
#include "support/train.h"

#include "trainer/idx.h"

#include <stdio.h>
#include <zlib.h>

// Two items of 2 x 3 bytes.
static const uint8_t whole[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
                                0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static caviar_code read_bytes(const void *bytes, size_t size, idx *ret_idx, stream **ret_stream,
                              train_error *error)
{
    assert_fine(stream_over(bytes, size, ret_stream, error), error);
    caviar_code code = idx_read(*ret_stream, ret_idx, error);
    if (code) {
        stream_close(*ret_stream);
        *ret_stream = NULL;
    }
    return code;
}

static size_t deflate_into(const void *bytes, size_t size, uint8_t *into, size_t room)
{
    z_stream zlib = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
    assert_int_equal(deflateInit2(&zlib, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zlib.next_out = into;
    zlib.avail_out = (uInt)room;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    size_t used = room - zlib.avail_out;
    deflateEnd(&zlib);
    return used;
}

static void assert_whole(const idx *at)
{
    assert_int_equal(at->count, 2);
    assert_int_equal(at->width, 6);
    assert_memory_equal(at->bytes, whole + 16, 12);
}

static void test_dimensions_behind_the_first_are_flattened(void **state)
{
    (void)state;
    train_error error;
    idx at;
    stream *from;
    assert_fine(read_bytes(whole, sizeof whole, &at, &from, &error), &error);
    assert_whole(&at);
    assert_ptr_equal(at.bytes, whole + 16); // in place
    idx_clear(&at);
    stream_close(from);
}

static void test_one_dimension_is_items_of_one_byte(void **state)
{
    (void)state;
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9};
    train_error error;
    idx at;
    stream *from;
    assert_fine(read_bytes(labels, sizeof labels, &at, &from, &error), &error);
    assert_int_equal(at.count, 3);
    assert_int_equal(at.width, 1);
    assert_int_equal(at.bytes[2], 9);
    stream_close(from);
}

static void test_gzip_is_inflated_also_in_two_members(void **state)
{
    (void)state;
    train_error error;
    idx at;
    stream *from;
    uint8_t packed[200];
    size_t size = deflate_into(whole, sizeof whole, packed, sizeof packed);
    assert_fine(read_bytes(packed, size, &at, &from, &error), &error);
    assert_whole(&at);
    idx_clear(&at);
    stream_close(from);
    size = deflate_into(whole, 19, packed, sizeof packed);
    size += deflate_into(whole + 19, sizeof whole - 19, packed + size, sizeof packed - size);
    assert_fine(read_bytes(packed, size, &at, &from, &error), &error);
    assert_whole(&at);
    idx_clear(&at);
    stream_close(from);
}

static void test_every_file_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    train_error error;
    idx at = {0};
    stream *from;
    uint8_t packed[200];
    size_t packed_size = deflate_into(whole, sizeof whole, packed, sizeof packed);
    for (size_t size = 0; size < sizeof whole; size++)
        assert_fails(read_bytes(whole, size, &at, &from, &error), CAVIAR_CORRUPT, &error, "");
    for (size_t size = 2; size < packed_size; size++)
        assert_fails(read_bytes(packed, size, &at, &from, &error), CAVIAR_CORRUPT, &error, "");
    assert_null(at.bytes); // untouched on failure
}

static void test_bytes_behind_the_end_are_refused(void **state)
{
    (void)state;
    train_error error;
    idx at;
    stream *from;
    uint8_t longer[sizeof whole + 1] = {0}, packed[200];
    memcpy(longer, whole, sizeof whole);
    assert_fails(read_bytes(longer, sizeof longer, &at, &from, &error), CAVIAR_CORRUPT, &error,
                 "the header promises 2 items of 6 bytes; the file holds 13 bytes");
    size_t size = deflate_into(longer, sizeof longer, packed, sizeof packed);
    assert_fails(read_bytes(packed, size, &at, &from, &error), CAVIAR_CORRUPT, &error,
                 "the file holds more than 12 bytes");
}

static void test_headers_that_lie_are_refused_with_what_they_say(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[28];
        const char *piece;
        caviar_code code;
    } files[] = {
        {{1, 0, 8, 1}, "begins with the bytes 01 00", CAVIAR_CORRUPT},
        {{'P', 'K', 3, 4}, "not an IDX file", CAVIAR_CORRUPT},
        {{0, 0, 13, 1, 0, 0, 0, 1}, "type 0x0d", CAVIAR_INVALID},
        {{0, 0, 8, 0}, "no dimension", CAVIAR_CORRUPT},
        {{0, 0, 8, 255}, "header", CAVIAR_CORRUPT},
        {{0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 1}, "no values", CAVIAR_CORRUPT},
        {{0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 0}, "no values", CAVIAR_CORRUPT},
        {{0, 0, 8, 1, 255, 255, 255, 255}, "promises 4294967295 items", CAVIAR_CORRUPT},
        // 2^32 - 1 to the power of four does not fit into 64 bits
        {{0,   0,   8,   4,   255, 255, 255, 255, 255, 255,
          255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
         "impossible",
         CAVIAR_CORRUPT},
    };
    train_error error;
    idx at;
    stream *from;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_fails(read_bytes(files[i].bytes, sizeof files[i].bytes, &at, &from, &error),
                     files[i].code, &error, files[i].piece);
}

static void test_a_gzip_that_promises_too_much_asks_for_no_memory(void **state)
{
    (void)state;
    static const uint8_t header[] = {0, 0, 8, 2, 127, 255, 255, 255, 0, 0, 255, 255};
    train_error error;
    idx at;
    stream *from;
    uint8_t packed[200];
    size_t size = deflate_into(header, sizeof header, packed, sizeof packed);
    assert_fails(read_bytes(packed, size, &at, &from, &error), CAVIAR_CORRUPT, &error,
                 "the file holds less");
}

static void test_damaged_gzip_is_refused(void **state)
{
    (void)state;
    train_error error;
    idx at;
    stream *from;
    uint8_t packed[200];
    size_t size = deflate_into(whole, sizeof whole, packed, sizeof packed);
    packed[size - 6] ^= 1; // its checksum
    assert_fails(read_bytes(packed, size, &at, &from, &error), CAVIAR_CORRUPT, &error, "damaged");
}

static void test_files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    train_error error;
    stream *from = NULL;
    char folder[64];
    test_folder_make(folder);
    assert_fails(stream_open("/nonexistent/images", &from, &error), CAVIAR_NOT_FOUND, &error,
                 "/nonexistent/images");
    assert_fails(stream_open(folder, &from, &error), CAVIAR_INVALID, &error, folder);
    assert_fails(stream_open("/dev/null", &from, &error), CAVIAR_INVALID, &error,
                 "not a regular file");
    assert_null(from);
    test_folder_remove(folder);
}

static void test_an_empty_file_is_refused(void **state)
{
    (void)state;
    train_error error;
    stream *from;
    idx at;
    char folder[64], path[80];
    test_folder_make(folder);
    test_file_write(folder, "empty", "", 0);
    snprintf(path, sizeof path, "%s/empty", folder);
    assert_fine(stream_open(path, &from, &error), &error);
    assert_fails(idx_read(from, &at, &error), CAVIAR_CORRUPT, &error, "ends within its header");
    stream_close(from);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dimensions_behind_the_first_are_flattened),
        cmocka_unit_test(test_one_dimension_is_items_of_one_byte),
        cmocka_unit_test(test_gzip_is_inflated_also_in_two_members),
        cmocka_unit_test(test_every_file_that_is_cut_off_is_refused),
        cmocka_unit_test(test_bytes_behind_the_end_are_refused),
        cmocka_unit_test(test_headers_that_lie_are_refused_with_what_they_say),
        cmocka_unit_test(test_a_gzip_that_promises_too_much_asks_for_no_memory),
        cmocka_unit_test(test_damaged_gzip_is_refused),
        cmocka_unit_test(test_files_that_cannot_be_read_are_named),
        cmocka_unit_test(test_an_empty_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
