/**
 * test_text.c: the string builder, edit distance, hints, UTF-8, names.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_building(void **state)
{
    (void)state;
    cav_text text = {0};
    assert_string_equal(cav_text_get(&text), "");
    cav_text_append(&text, "");
    cav_text_append_char(&text, 'a');
    cav_text_append_size(&text, "bcd", 2);
    cav_text_appendf(&text, "-%d-%s", 7, "x");
    cav_text_append_number(&text, 0.1);
    assert_string_equal(cav_text_get(&text), "abc-7-x0.1");
    assert_int_equal(text.size, 10);
    cav_text_clear(&text);
    assert_string_equal(cav_text_get(&text), "");
    assert_true(text.capacity > 0);
    cav_text_free(&text);
    assert_null(text.data);
}

static void test_building_holds_bytes_and_long_texts(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_text_append_size(&text, "a\0b", 3);
    assert_int_equal(text.size, 3);
    assert_memory_equal(text.data, "a\0b", 4);
    cav_text_clear(&text);
    for (int i = 0; i < 100000; i++)
        cav_text_append_char(&text, (char)('a' + i % 26));
    cav_text_appendf(&text, "%*d", 70000, 1);
    assert_int_equal(text.size, 170000);
    assert_int_equal(strlen(text.data), 170000);
    assert_true(text.data[99999] == 'a' + 99999 % 26 && text.data[169999] == '1');
    cav_text_free(&text);
}

static void test_taking_gives_the_string_away(void **state)
{
    (void)state;
    cav_text text = {0};
    char *empty = cav_text_take(&text);
    assert_string_equal(empty, "");
    free(empty);
    cav_text_append(&text, "mine");
    char *mine = cav_text_take(&text);
    assert_string_equal(mine, "mine");
    assert_null(text.data);
    free(mine);
}

static void test_a_failure_stays_and_is_seen_at_the_end(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_text_append(&text, "before");
    cav_text_append_size(&text, "x", SIZE_MAX / 2); // more than there can be
    assert_true(text.failed);
    cav_text_append(&text, "after");
    assert_string_equal(cav_text_get(&text), "before");
    assert_null(cav_text_take(&text));
    assert_false(text.failed);
}

static void test_known_distances(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"kitten", "sitting", 3}, // Levenshtein's own sort of example
        {"saturday", "sunday", 3},
        {"flaw", "lawn", 2},
        {"gumbo", "gambol", 2},
        {"intention", "execution", 5}, // Jurafsky, Martin: Speech and Language Processing
        {"teh", "the", 1},             // Damerau: neighbours swapped
        {"abcd", "badc", 2},
        {"ca", "abc", 3}, // the restricted form: no edit within a swap
        {"LR", "lr", 0},
        {"Momentum", "momentun", 1},
        {"\xc3\xbc", "u", 2}, // bytes
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        assert_int_equal(cav_text_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(cav_text_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void test_words_that_are_too_long_are_far_from_everything(void **state)
{
    (void)state;
    char long_word[65];
    memset(long_word, 'x', 64);
    long_word[64] = '\0';
    assert_true(cav_text_distance(long_word, long_word) == SIZE_MAX);
    assert_true(cav_text_distance("x", long_word) == SIZE_MAX);
    long_word[63] = '\0';
    assert_int_equal(cav_text_distance(long_word, long_word), 0);
    assert_int_equal(cav_text_distance("", long_word), 63);
}

// The recursion of the definition, for short words.
static size_t distance_by_definition(const char *a, size_t i, const char *b, size_t j)
{
    if (i == 0 || j == 0)
        return i + j;
    size_t best = distance_by_definition(a, i - 1, b, j) + 1;
    size_t insert = distance_by_definition(a, i, b, j - 1) + 1;
    size_t replace = distance_by_definition(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]);
    best = insert < best ? insert : best;
    best = replace < best ? replace : best;
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        size_t swap = distance_by_definition(a, i - 2, b, j - 2) + 1;
        best = swap < best ? swap : best;
    }
    return best;
}

static void test_random_distances_are_those_of_the_definition(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1001), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(3000); i > 0; i--) {
        char words[2][6] = {{0}};
        for (int k = 0; k < 2; k++)
            for (uint64_t c = cav_random_below(&random, 6); c > 0; c--)
                words[k][c - 1] = (char)('a' + cav_random_below(&random, 3));
        size_t sizes[2] = {strlen(words[0]), strlen(words[1])};
        assert_int_equal(cav_text_distance(words[0], words[1]),
                         distance_by_definition(words[0], sizes[0], words[1], sizes[1]));
    }
}

static const char *const words[] = {"", "linear", "log", "reverse-log", "logit"};

static void test_the_nearest_word_is_found_if_it_may_be_a_typo(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"lgo", "log"},
        {"LOG", "log"},
        {"logi", "log"},
        {"lgoit", "logit"},
        {"reverse_log", "reverse-log"},
        {"liner", "linear"},
        {"log", "log"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(pairs); i++)
        assert_string_equal(cav_text_nearest(pairs[i][0], words, 5), pairs[i][1]);
    assert_null(cav_text_nearest("cubic", words, 5));
    assert_null(cav_text_nearest("quadratic-scale", words, 5));
    assert_null(cav_text_nearest("", words, 5));
    assert_null(cav_text_nearest("log", NULL, 0));
    // of equals the first; an exact match wins though it stands later
    static const char *const close[] = {"ab", "abcd", "abc"};
    assert_string_equal(cav_text_nearest("abcx", close, 3), "abcd");
    assert_string_equal(cav_text_nearest("abc", close, 3), "abc");
}

static void test_hints(void **state)
{
    (void)state;
    char hint[CAV_HINT_SIZE];
    cav_text_hint("lgo", words, 5, hint);
    assert_string_equal(hint, "; did you mean 'log'?");
    cav_text_hint("cubic", words, 5, hint);
    assert_string_equal(hint, "; known: linear, log, reverse-log, logit");
    cav_text_hint("cubic", words, 1, hint); // only the empty word
    assert_string_equal(hint, "");
    cav_text_hint("cubic", NULL, 0, hint);
    assert_string_equal(hint, "");
}

static void test_long_lists_of_hints_are_cut_between_words(void **state)
{
    (void)state;
    static char names[200][16];
    const char *pointers[200];
    for (int i = 0; i < 200; i++) {
        snprintf(names[i], sizeof names[i], "name%03d", i);
        pointers[i] = names[i];
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint("something-else", pointers, 200, hint);
    size_t size = strlen(hint);
    assert_true(size < CAV_HINT_SIZE && size > CAV_HINT_SIZE - 20);
    assert_string_equal(hint + size - 5, ", ...");
    assert_true(hint[size - 6] >= '0' && hint[size - 6] <= '9');
    static char huge[1000];
    memset(huge, 'x', sizeof huge - 1);
    cav_text_hint("something-else", (const char *const[]){huge}, 1, hint);
    assert_string_equal(hint, "; known: ...");
}

// Every well-formed character of Unicode 15, table 3-7, and nothing else.
static size_t length_by_the_table(const unsigned char *at)
{
    static const struct {
        unsigned char first[2], second[2];
        size_t length;
    } rows[] = {
        {{0x01, 0x7f}, {0, 0}, 1},       {{0xc2, 0xdf}, {0x80, 0xbf}, 2},
        {{0xe0, 0xe0}, {0xa0, 0xbf}, 3}, {{0xe1, 0xec}, {0x80, 0xbf}, 3},
        {{0xed, 0xed}, {0x80, 0x9f}, 3}, {{0xee, 0xef}, {0x80, 0xbf}, 3},
        {{0xf0, 0xf0}, {0x90, 0xbf}, 4}, {{0xf1, 0xf3}, {0x80, 0xbf}, 4},
        {{0xf4, 0xf4}, {0x80, 0x8f}, 4},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(rows); i++) {
        if (at[0] < rows[i].first[0] || at[0] > rows[i].first[1])
            continue;
        bool fine =
            rows[i].length == 1 || (at[1] >= rows[i].second[0] && at[1] <= rows[i].second[1]);
        for (size_t k = 2; k < rows[i].length && fine; k++)
            fine = at[k] >= 0x80 && at[k] <= 0xbf;
        return fine ? rows[i].length : 0;
    }
    return 0;
}

static void test_utf8_is_decoded_by_the_table_of_the_standard(void **state)
{
    (void)state;
    static const unsigned char tails[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                          0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xff};
    for (int first = 0; first < 256; first++)
        for (int second = 0; second < 256; second++)
            for (size_t third = 0; third < sizeof tails; third++)
                for (size_t fourth = 0; fourth < sizeof tails; fourth++) {
                    char text[5] = {(char)first, (char)second, (char)tails[third],
                                    (char)tails[fourth]};
                    const unsigned char *bytes = (const unsigned char *)text;
                    if (cav_utf8_length(text) != length_by_the_table(bytes))
                        fail_msg("%02x %02x %02x %02x", bytes[0], bytes[1], bytes[2], bytes[3]);
                }
}

static void test_whole_texts_are_checked_within_their_size(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        bool fine;
    } cases[] = {
        {"", 0, true},
        {"plain", 5, true},
        {"gr\xc3\xbc\xc3\x9f", 6, true},
        {"\xf0\x9f\x90\xbc", 4, true},
        {"\xf0\x9f\x90\xbc", 3, false}, // what would complete it is not part of it
        {"\xc3\xbc", 1, false},
        {"a\0b", 3, false},
        {"\xc0\xaf", 2, false}, // overlong /
        {"\xe0\x80\xaf", 3, false},
        {"\xf0\x80\x80\xaf", 4, false},
        {"\xed\xa0\x80", 3, false}, // a surrogate
        {"\xed\xbf\xbf", 3, false},
        {"\xf4\x90\x80\x80", 4, false}, // beyond U+10FFFF
        {"\x80", 1, false},
        {"\xff", 1, false},
        {"ok\xfe", 3, false},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++)
        assert_int_equal(cav_text_is_utf8(cases[i].text, cases[i].size), cases[i].fine);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "_", "lr", "weight-decay", "model.depth", "x1", "A_b"};
    static const char *const bad[] = {"",    "1a",  "-a",  ".a",       "a b",       "a\n",
                                      "a\"", "a'b", "a/b", "\xc3\xa4", "a\xc3\xa4", " a"};
    for (size_t i = 0; i < CAV_COUNT_OF(good); i++)
        assert_true(cav_text_is_name(good[i]));
    for (size_t i = 0; i < CAV_COUNT_OF(bad); i++)
        assert_false(cav_text_is_name(bad[i]));
}

static void test_what_moves_a_terminal_becomes_blanks(void **state)
{
    (void)state;
    char text[] = "a\x1b[2J\tb\x7f\nc\xc2\x9b"
                  "31m \xc3\x9b \xc2\xa0\xc2\x80\xff";
    cav_text_make_harmless(text);
    assert_string_equal(text, "a [2J b \nc  31m \xc3\x9b \xc2\xa0  \xff");
    char end[] = "x\xc2";
    cav_text_make_harmless(end);
    assert_string_equal(end, "x\xc2");
    cav_text_make_harmless(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_building),
        cmocka_unit_test(test_building_holds_bytes_and_long_texts),
        cmocka_unit_test(test_taking_gives_the_string_away),
        cmocka_unit_test(test_a_failure_stays_and_is_seen_at_the_end),
        cmocka_unit_test(test_known_distances),
        cmocka_unit_test(test_words_that_are_too_long_are_far_from_everything),
        cmocka_unit_test(test_random_distances_are_those_of_the_definition),
        cmocka_unit_test(test_the_nearest_word_is_found_if_it_may_be_a_typo),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_long_lists_of_hints_are_cut_between_words),
        cmocka_unit_test(test_utf8_is_decoded_by_the_table_of_the_standard),
        cmocka_unit_test(test_whole_texts_are_checked_within_their_size),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_what_moves_a_terminal_becomes_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
