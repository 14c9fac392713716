/**
 * test_error.c: errors and their sentences, the names of the public codes.
 */
#include "support/test.h"

#include "base/names.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>

static void test_failing_sets_code_and_sentence_and_returns_the_code(void **state)
{
    (void)state;
    cav_error error = {0};
    assert_int_equal(cav_fail(&error, CAVIAR_BUSY, "%s is %d", "x", 7), CAVIAR_BUSY);
    assert_int_equal(error.code, CAVIAR_BUSY);
    assert_string_equal(error.message, "x is 7");
    cav_error_clear(&error);
    assert_int_equal(error.code, CAVIAR_OK);
    assert_string_equal(error.message, "");
}

static void test_nobody_need_want_the_sentence(void **state)
{
    (void)state;
    assert_int_equal(cav_fail(NULL, CAVIAR_STALE, "%s", "x"), CAVIAR_STALE);
    assert_int_equal(cav_fail_memory(NULL), CAVIAR_NOMEM);
    assert_int_equal(cav_fail_errno(NULL, ENOENT, "x"), CAVIAR_IO);
}

static void test_the_systems_words_follow_the_sentence(void **state)
{
    (void)state;
    cav_error error = {0};
    assert_int_equal(cav_fail_errno(&error, ENOENT, "cannot open %s", "a"), CAVIAR_IO);
    assert_string_equal(error.message, "cannot open a: No such file or directory");
}

static void test_a_prefix_goes_before_the_sentence_and_keeps_the_code(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_fail(&error, CAVIAR_CORRUPT, "broken");
    assert_int_equal(cav_error_prefix(&error, "%s:%d", "study.yaml", 7), CAVIAR_CORRUPT);
    assert_int_equal(cav_error_prefix(&error, "reading"), CAVIAR_CORRUPT);
    assert_string_equal(error.message, "reading: study.yaml:7: broken");
}

// The greatest sentence is CAV_MESSAGE_SIZE - 1 bytes; a longer one ends with three dots.
static void check_cut(const cav_error *error, bool cut)
{
    size_t size = strlen(error->message);
    assert_true(size < CAV_MESSAGE_SIZE);
    assert_int_equal(strcmp(error->message + size - 3, "...") == 0, cut);
    assert_true(cav_text_is_utf8(error->message, size));
}

static void test_a_sentence_that_is_too_long_is_cut_with_three_dots(void **state)
{
    (void)state;
    static char words[3 * CAV_MESSAGE_SIZE];
    memset(words, 'x', sizeof words - 1);
    for (int size = CAV_MESSAGE_SIZE - 10; size < CAV_MESSAGE_SIZE + 10; size++) {
        cav_error error = {0};
        cav_fail(&error, CAVIAR_INVALID, "%.*s", size, words);
        check_cut(&error, size >= CAV_MESSAGE_SIZE);
        cav_fail_errno(&error, ENOENT, "%.*s", size, words);
        check_cut(&error, true);
        cav_fail(&error, CAVIAR_INVALID, "short");
        cav_error_prefix(&error, "%.*s", size, words);
        check_cut(&error, size + 7 >= CAV_MESSAGE_SIZE);
    }
    cav_error error = {0};
    cav_fail(&error, CAVIAR_INVALID, "%s", words);
    for (int i = 0; i < 5; i++)
        cav_error_prefix(&error, "%s", words);
    check_cut(&error, true);
}

static void test_the_cut_never_goes_through_a_character(void **state)
{
    (void)state;
    static const char *const characters[] = {"\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x90\xbc"};
    for (size_t k = 0; k < 3; k++) {
        for (int shift = 0; shift < 5; shift++) {
            cav_text words = {0};
            cav_text_append_size(&words, "xxxxx", (size_t)shift);
            while (words.size < CAV_MESSAGE_SIZE + 20)
                cav_text_append(&words, characters[k]);
            cav_error error = {0};
            cav_fail(&error, CAVIAR_INVALID, "%s", words.data);
            check_cut(&error, true);
            assert_true(strlen(error.message) > CAV_MESSAGE_SIZE - 8);
            cav_error_prefix(&error, "where");
            check_cut(&error, true);
            cav_text_free(&words);
        }
    }
}

static void test_every_code_has_a_word_of_its_own_and_a_meaning(void **state)
{
    (void)state;
    for (int code = 0; code <= CAVIAR_INTERNAL; code++) {
        assert_true(caviar_code_name((caviar_code)code)[0] != '\0');
        assert_true(caviar_code_text((caviar_code)code)[0] != '\0');
        for (int other = 0; other < code; other++)
            assert_string_not_equal(caviar_code_name((caviar_code)code),
                                    caviar_code_name((caviar_code)other));
    }
    assert_string_equal(caviar_code_name(CAVIAR_OK), "ok");
    assert_string_equal(caviar_code_name(CAVIAR_NOT_FOUND), "not-found");
    assert_string_equal(caviar_code_text(CAVIAR_STALE),
                        "the trial was handed to another worker; its late result is refused");
}

static void test_unknown_numbers_have_empty_names(void **state)
{
    (void)state;
    static const int numbers[] = {-1, 99, INT_MAX, INT_MIN};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(caviar_code_name((caviar_code)numbers[i]), "");
        assert_string_equal(caviar_code_text((caviar_code)numbers[i]), "");
        assert_string_equal(caviar_type_name((caviar_type)numbers[i]), "");
        assert_string_equal(caviar_scale_name((caviar_scale)numbers[i]), "");
        assert_string_equal(caviar_tier_name((caviar_tier)numbers[i]), "");
        assert_string_equal(caviar_state_name((caviar_state)numbers[i]), "");
        assert_string_equal(caviar_reason_name((caviar_reason)numbers[i]), "");
        assert_string_equal(caviar_verdict_name((caviar_verdict)numbers[i]), "");
    }
    assert_string_equal(caviar_code_name(CAVIAR_INTERNAL + 1), "");
}

static void test_words_are_found_again(void **state)
{
    (void)state;
    static const cav_names *const tables[] = {&cav_type_names,   &cav_scale_names,
                                              &cav_tier_names,   &cav_state_names,
                                              &cav_reason_names, &cav_verdict_names};
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < tables[i]->count; k++) {
            cav_error error = {0};
            int index = -1;
            if (!tables[i]->words[k][0])
                continue;
            assert_ok(cav_names_find(tables[i], tables[i]->words[k], &index, &error), &error);
            assert_int_equal(index, k);
        }
    }
}

static void test_an_unknown_word_gets_the_nearest_or_the_list(void **state)
{
    (void)state;
    cav_error error = {0};
    int index = 42;
    assert_int_equal(cav_names_find(&cav_scale_names, "lgo", &index, &error), CAVIAR_INVALID);
    assert_string_equal(error.message, "unknown scale 'lgo'; did you mean 'log'?");
    assert_int_equal(cav_names_find(&cav_scale_names, "cubic", &index, &error), CAVIAR_INVALID);
    assert_string_equal(error.message,
                        "unknown scale 'cubic'; known: linear, log, reverse-log, logit");
    // the empty word of a tier that is not set is no word to write
    assert_int_equal(cav_names_find(&cav_tier_names, "", &index, &error), CAVIAR_INVALID);
    assert_string_equal(error.message, "unknown tier ''; known: most, medium, least, fixed");
    assert_int_equal(index, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failing_sets_code_and_sentence_and_returns_the_code),
        cmocka_unit_test(test_nobody_need_want_the_sentence),
        cmocka_unit_test(test_the_systems_words_follow_the_sentence),
        cmocka_unit_test(test_a_prefix_goes_before_the_sentence_and_keeps_the_code),
        cmocka_unit_test(test_a_sentence_that_is_too_long_is_cut_with_three_dots),
        cmocka_unit_test(test_the_cut_never_goes_through_a_character),
        cmocka_unit_test(test_every_code_has_a_word_of_its_own_and_a_meaning),
        cmocka_unit_test(test_unknown_numbers_have_empty_names),
        cmocka_unit_test(test_words_are_found_again),
        cmocka_unit_test(test_an_unknown_word_gets_the_nearest_or_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
