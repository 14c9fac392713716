/**
 * test_style.c: widths of characters, clipping, bars, sparklines.
 */
#include "support/test.h"

#include "base/memory.h"
#include "cli/style.h"

#include <locale.h>
#include <math.h>

static const cav_style plain = {.columns = 80};
static const cav_style fancy = {.is_terminal = true, .has_unicode = true, .columns = 80};
static const cav_style coloured = {
    .is_terminal = true, .has_colour = true, .has_unicode = true, .columns = 80};

// The C library knows how wide characters are only in a locale that has them.
static int set_utf8(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static int set_c(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C") ? 0 : -1;
}

static void test_widths_of_wide_and_combining_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int width;
    } cases[] = {
        {"", 0},         {"abc", 3},      {"grüße", 5},
        {"学习率", 6},   {"e\u0301", 1},  // an acute accent of its own
        {"\u200b", 0},                    // zero width space
        {"🐼", 2},        {"a\tb\n", 4},   // they become blanks
        {"a\ab", 2},                      // other controls are left out
        {"\x1b[31m", 4}, {"\xff\xfe", 2}, // not UTF-8: a column for what will stand there
        {"\xe5\xad", 2},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++)
        if (cav_style_width(cases[i].text) != cases[i].width)
            fail_msg("'%s' has %d columns, not %d", cases[i].text, cav_style_width(cases[i].text),
                     cases[i].width);
}

static void expect_clip(const cav_style *style, const char *text, int columns, const char *expected)
{
    cav_text clipped = {0};
    cav_style_clip(style, text, columns, &clipped);
    if (strcmp(cav_text_get(&clipped), expected) != 0)
        fail_msg("'%s' in %d columns is '%s', not '%s'", text, columns, cav_text_get(&clipped),
                 expected);
    cav_text_free(&clipped);
}

static void test_clipping_keeps_what_fits_and_marks_what_does_not(void **state)
{
    (void)state;
    expect_clip(&fancy, "abcdef", 6, "abcdef");
    expect_clip(&fancy, "abcdef", 5, "abcd…");
    expect_clip(&fancy, "abcdef", 1, "…");
    expect_clip(&fancy, "abcdef", 0, "");
    expect_clip(&fancy, "abcdef", -5, "");
    expect_clip(&fancy, "", 0, "");
    expect_clip(&plain, "abcdef", 5, "ab...");
    expect_clip(&plain, "abcdef", 3, "...");
    expect_clip(&plain, "abcdef", 2, "");
    expect_clip(&plain, "ab", 2, "ab");
}

static void test_clipping_halves_no_character(void **state)
{
    (void)state;
    expect_clip(&fancy, "学习率", 6, "学习率");
    expect_clip(&fancy, "学习率", 5, "学习…");
    expect_clip(&fancy, "学习率", 4, "学…");
    expect_clip(&fancy, "e\u0301e\u0301e\u0301", 2, "e\u0301…");
    expect_clip(&fancy, "e\u0301", 1, "e\u0301"); // the accent stays on its letter
}

static void test_nothing_that_steers_a_terminal_gets_through(void **state)
{
    (void)state;
    expect_clip(&fancy, "a\x1b[2Jb\r\n\tc\x7f", 80, "a[2Jb   c");
    expect_clip(&fancy,
                "\xc2\x9b"
                "2J",
                80, "2J");
    expect_clip(&fancy,
                "a\xff\x9b"
                "b",
                80, "a??b");
}

static void test_without_unicode_everything_is_ascii(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_style_clip(&plain, "grüße", 80, &text);
    cav_style_bar(&plain, 0.5, 10, &text);
    cav_style_sparkline(&plain, (double[]){1, 2, 3, 4}, 4, 10, &text);
    for (const char *c = cav_text_get(&text); *c; c++)
        assert_true(*c >= 0x20 && *c < 0x7f);
    assert_string_equal(cav_text_get(&text), "gr??"
                                             "??e#####-----_-*#");
    cav_text_free(&text);
}

static void expect_bar(double share, const char *expected)
{
    cav_text text = {0};
    cav_style_bar(&plain, share, 4, &text);
    assert_string_equal(cav_text_get(&text), expected);
    cav_text_free(&text);
}

static void test_bars_are_filled_to_their_share_and_never_over_it(void **state)
{
    (void)state;
    expect_bar(0, "----");
    expect_bar(0.5, "##--");
    expect_bar(0.99, "###-"); // full is only what is done
    expect_bar(1, "####");
    expect_bar(1.5, "####");
    expect_bar(-1, "----");
    expect_bar(NAN, "----");
}

static void expect_spark(const double *values, size_t count, int columns, const char *expected)
{
    cav_text text = {0};
    cav_style_sparkline(&fancy, values, count, columns, &text);
    assert_string_equal(cav_text_get(&text), expected);
    cav_text_free(&text);
}

static void test_sparklines(void **state)
{
    (void)state;
    expect_spark(NULL, 0, 10, "");
    expect_spark((double[]){3}, 1, 10, "▁");
    expect_spark((double[]){5, 5, 5}, 3, 10, "▁▁▁"); // a flat curve stays low
    expect_spark((double[]){0, 1, 2, 3, 4, 5, 6, 7}, 8, 8, "▁▂▃▄▅▆▇█");
    expect_spark((double[]){0, 2, 4, 6}, 4, 2, "▁█"); // means of two
    expect_spark((double[]){1, NAN, 0}, 3, 3, "█ ▁");
    expect_spark((double[]){NAN, INFINITY}, 2, 2, "  ");
    expect_spark((double[]){1, 2}, 2, 0, "");
    expect_spark((double[]){0, 5e-324}, 2, 2, "▁█");
    expect_spark((double[]){-1e308, 1e308}, 2, 2, "▁█");      // their distance is not finite
    expect_spark((double[]){1e308, 1e308, 0, 0}, 4, 2, "█▁"); // nor is their sum
}

static void test_colours_are_sequences_of_the_users_own_theme(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_style_ink(&coloured, CAV_INK_BAD, &text);
    cav_style_ink(&coloured, CAV_INK_PLAIN, &text);
    assert_string_equal(cav_text_get(&text), "\033[31m\033[0m");
    cav_text_clear(&text);
    cav_style_ink(&fancy, CAV_INK_BAD, &text);
    assert_string_equal(cav_text_get(&text), "");
    cav_text_free(&text);
}

static void test_a_file_is_no_terminal(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    cav_style style = cav_style_of(file);
    assert_false(style.is_terminal);
    assert_false(style.has_colour);
    assert_int_equal(style.columns, 80);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_widths_of_wide_and_combining_characters, set_utf8),
        cmocka_unit_test_setup(test_clipping_keeps_what_fits_and_marks_what_does_not, set_utf8),
        cmocka_unit_test_setup(test_clipping_halves_no_character, set_utf8),
        cmocka_unit_test_setup(test_nothing_that_steers_a_terminal_gets_through, set_utf8),
        cmocka_unit_test_setup(test_without_unicode_everything_is_ascii, set_c),
        cmocka_unit_test(test_bars_are_filled_to_their_share_and_never_over_it),
        cmocka_unit_test(test_sparklines),
        cmocka_unit_test(test_colours_are_sequences_of_the_users_own_theme),
        cmocka_unit_test(test_a_file_is_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
