/**
 * test_train_number.c: numbers as text, sets of words, and packed bytes.
 */
#include "support/train.h"

#include "trainer/number.h"
#include "trainer/pack.h"
#include "trainer/words.h"

#include <math.h>
#include <stdio.h>

static void test_decimal_numbers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } cases[] = {
        {"0", 0},
        {"007", 7},
        {"-2.5", -2.5},
        {"+3", 3},
        {".5", 0.5},
        {"1e-05", 1e-5},
        {"1E3", 1000},
        {"5.", 5},
        {"999999999999999", 999999999999999},
        {"9007199254740993", 9007199254740992}, // beyond 15 digits, rounded as strtod does
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double number = NAN;
        assert_true(number_parse(cases[i].text, &number));
        assert_true(number == cases[i].number);
    }
}

static void test_anything_else_is_not_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    " 1",  "1 ",    "1e", "--1", "1,5", "0x10",
                                        "nan", "inf", "1e999", "e5", ".",   "12a", "+"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double number = 42;
        if (number_parse(texts[i], &number))
            fail_msg("'%s' was read as %g", texts[i], number);
        assert_true(number == 42);
    }
}

static void test_numbers_are_printed_short_and_read_back(void **state)
{
    (void)state;
    char text[NUMBER_SIZE];
    number_print(0.1, text);
    assert_string_equal(text, "0.1");
    number_print(1e-5, text);
    assert_string_equal(text, "1e-05");
    rng random = {.stream = rng_stream_of(3, RNG_TEST, 0, 0)};
    for (int i = 0; i < 10000; i++) {
        double number = rng_normal(&random) * exp(50 * rng_normal(&random)), again = 0;
        number_print(number, text);
        assert_true(number_parse(text, &again));
        assert_true(number == again);
    }
}

static void test_words_keep_their_indexes_while_the_set_grows(void **state)
{
    (void)state;
    words set = {0};
    char text[20];
    assert_int_equal(words_find(&set, "w0"), WORDS_NONE);
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "w%d", i);
        assert_int_equal(words_add(&set, text), i);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "w%d", i);
        assert_int_equal(words_find(&set, text), i);
        assert_int_equal(words_add(&set, text), i);
    }
    assert_int_equal(set.count, 5000);
    assert_int_equal(words_find(&set, "w5000"), WORDS_NONE);
    words_clear(&set);
}

static void test_what_is_packed_is_unpacked(void **state)
{
    (void)state;
    packer into = {0};
    for (int i = 0; i < 500; i++) { // more than its first room
        pack_u64(&into, UINT64_MAX - 1);
        pack_f64(&into, -0.1);
        pack_text(&into, "a text");
        pack_text(&into, "");
    }
    unpacker from = {.rest = into.bytes, .left = into.size};
    for (int i = 0; i < 500; i++) {
        assert_true(unpack_u64(&from) == UINT64_MAX - 1);
        assert_true(unpack_f64(&from) == -0.1);
        assert_string_equal(unpack_text(&from), "a text");
        assert_string_equal(unpack_text(&from), "");
    }
    assert_false(from.failed);
    assert_int_equal(from.left, 0);
    assert_true(unpack_u64(&from) == 0 && from.failed);
    free(into.bytes);
}

static void test_texts_that_lie_about_their_size_are_refused(void **state)
{
    (void)state;
    packer into = {0};
    pack_text(&into, "abc");
    static const uint8_t sizes[] = {0, 3, 5, 255};
    for (size_t i = 0; i < sizeof sizes; i++) {
        into.bytes[0] = sizes[i]; // 4 would be right
        unpacker from = {.rest = into.bytes, .left = into.size};
        assert_string_equal(unpack_text(&from), "");
        assert_true(from.failed);
    }
    into.bytes[0] = 4;
    into.bytes[9] = '\0'; // a NUL inside
    unpacker from = {.rest = into.bytes, .left = into.size};
    assert_string_equal(unpack_text(&from), "");
    assert_true(from.failed);
    free(into.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal_numbers_are_read),
        cmocka_unit_test(test_anything_else_is_not_read),
        cmocka_unit_test(test_numbers_are_printed_short_and_read_back),
        cmocka_unit_test(test_words_keep_their_indexes_while_the_set_grows),
        cmocka_unit_test(test_what_is_packed_is_unpacked),
        cmocka_unit_test(test_texts_that_lie_about_their_size_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
