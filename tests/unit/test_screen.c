/**
 * test_screen.c: pages of characters, dots of braille, and curves drawn with them.
 */
#include "support/test.h"

#include "cli/chart.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static cav_screen page_of(int columns, int rows, bool has_unicode)
{
    cav_screen screen = {.has_unicode = has_unicode};
    assert_true(cav_screen_size(&screen, columns, rows));
    return screen;
}

// Passes if a row of the page reads so, without its inks.
static void expect_row(const cav_screen *screen, int row, const char *wanted)
{
    cav_text text = {0};
    cav_screen_row(screen, &(cav_style){0}, row, &text);
    assert_string_equal(cav_text_get(&text), wanted);
    cav_text_free(&text);
}

static void test_a_text_is_put_where_it_fits_and_cut_where_not(void **state)
{
    (void)state;
    cav_screen screen = page_of(6, 2, true);
    assert_int_equal(cav_screen_put(&screen, 0, 1, CAV_INK_PLAIN, "ab\tc"), 4);
    assert_int_equal(cav_screen_put(&screen, 1, 3, CAV_INK_PLAIN, "longer"), 6);
    cav_screen_put(&screen, 2, 0, CAV_INK_PLAIN, "below");
    cav_screen_put(&screen, -1, 0, CAV_INK_PLAIN, "above");
    cav_screen_put(&screen, 0, 5, CAV_INK_PLAIN, "\xe2\x98\x83!");
    expect_row(&screen, 0, " abc \xe2\x98\x83");
    expect_row(&screen, 1, "   lon");
    cav_screen_clear(&screen);
    expect_row(&screen, 0, "");
    cav_screen_free(&screen);
}

static void test_inks_are_sequences_only_where_there_are_colours(void **state)
{
    (void)state;
    cav_screen screen = page_of(6, 1, true);
    cav_text text = {0};
    cav_screen_put(&screen, 0, 0, CAV_INK_GOOD, "ab");
    cav_screen_put(&screen, 0, 3, CAV_INK_PLAIN, "c");
    cav_screen_row(&screen, &(cav_style){.has_colour = true}, 0, &text);
    assert_string_equal(cav_text_get(&text), "\033[0m\033[32mab \033[0mc");
    cav_text_free(&text);
    expect_row(&screen, 0, "ab c");
    cav_screen_free(&screen);
}

// The eight dots of a character, against the table of the Unicode standard (chapter 21, Braille).
static void test_each_dot_has_the_bit_of_the_standard(void **state)
{
    (void)state;
    static const unsigned bits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 2; x++) {
            cav_screen screen = page_of(1, 1, true);
            cav_dots dots;
            char glyph[4] = {(char)0xe2, (char)(0xa0 | bits[y][x] >> 6),
                             (char)(0x80 | (bits[y][x] & 0x3f)), 0};
            assert_true(cav_dots_new(&dots, 1, 1));
            cav_dots_set(&dots, x, y, CAV_INK_PLAIN);
            cav_dots_show(&dots, &screen, 0, 0);
            expect_row(&screen, 0, glyph);
            cav_dots_free(&dots);
            cav_screen_free(&screen);
        }
    }
}

static void test_without_unicode_a_character_shows_its_halves(void **state)
{
    (void)state;
    cav_screen screen = page_of(4, 1, false);
    cav_dots dots;
    assert_true(cav_dots_new(&dots, 4, 1));
    cav_dots_set(&dots, 0, 0, CAV_INK_PLAIN);
    cav_dots_set(&dots, 3, 3, CAV_INK_PLAIN);
    cav_dots_set(&dots, 6, 1, CAV_INK_PLAIN);
    cav_dots_set(&dots, 7, 2, CAV_INK_PLAIN);
    cav_dots_set(&dots, 8, 0, CAV_INK_PLAIN); // outside
    cav_dots_set(&dots, 0, -1, CAV_INK_PLAIN);
    cav_dots_show(&dots, &screen, 0, 0);
    expect_row(&screen, 0, "'. :");
    cav_dots_free(&dots);
    cav_screen_free(&screen);
}

static void test_dots_leave_characters_alone(void **state)
{
    (void)state;
    cav_screen screen = page_of(3, 1, false);
    cav_dots dots;
    assert_true(cav_dots_new(&dots, 3, 1));
    cav_dots_line(&dots, 0, 0, 5, 0, CAV_INK_PLAIN);
    cav_screen_put(&screen, 0, 1, CAV_INK_PLAIN, "x");
    cav_dots_show(&dots, &screen, 0, 0);
    expect_row(&screen, 0, "'x'");
    cav_dots_free(&dots);
    cav_screen_free(&screen);
}

static int count_dots(const cav_dots *dots)
{
    int count = 0;
    for (int i = 0; i < dots->width / 2 * (dots->height / 4); i++)
        count += __builtin_popcount(dots->bits[i]);
    return count;
}

// From every place to every other: as many dots as the longer way has, and both ends among them.
static void test_a_line_joins_its_ends_without_a_gap(void **state)
{
    (void)state;
    for (int i = 0; i < 8 * 8 * 8 * 8; i++) {
        int x0 = i % 8, y0 = i / 8 % 8, x1 = i / 64 % 8, y1 = i / 512;
        int longer = abs(x1 - x0) > abs(y1 - y0) ? abs(x1 - x0) : abs(y1 - y0);
        cav_dots dots;
        assert_true(cav_dots_new(&dots, 4, 2));
        cav_dots_line(&dots, x0, y0, x1, y1, CAV_INK_PLAIN);
        assert_int_equal(count_dots(&dots), longer + 1);
        cav_dots_set(&dots, x0, y0, CAV_INK_PLAIN);
        cav_dots_set(&dots, x1, y1, CAV_INK_PLAIN);
        assert_int_equal(count_dots(&dots), longer + 1);
        cav_dots_free(&dots);
    }
}

static cav_series series_of(int64_t *steps, double *values, size_t count)
{
    return (cav_series){.steps = steps, .values = values, .count = count};
}

static void draw(const cav_series *series, cav_screen *screen)
{
    cav_chart_line line = {.series = series, .sets_range = true};
    cav_chart chart = {.lines = &line, .line_count = 1};
    cav_screen_clear(screen);
    assert_true(cav_chart_draw(&chart, screen, 0, 0, screen->columns, screen->rows));
}

static void test_a_curve_goes_from_corner_to_corner(void **state)
{
    (void)state;
    cav_screen screen = page_of(14, 4, false);
    cav_series falling = series_of((int64_t[]){1, 2}, (double[]){3, 1}, 2);
    draw(&falling, &screen);
    // 8 x 12 dots: from (0, 0) to (7, 11), of which a character shows the upper and lower halves
    expect_row(&screen, 0, "        3 :.");
    expect_row(&screen, 1, "        2  '.");
    expect_row(&screen, 2, "        1   ':");
    cav_screen_free(&screen);
    screen = page_of(30, 4, false);
    draw(&falling, &screen);
    expect_row(&screen, 3, "          step 1             2");
    cav_screen_free(&screen);
}

static void test_a_wide_range_of_positive_values_stands_on_a_log_scale(void **state)
{
    (void)state;
    cav_screen screen = page_of(20, 4, false);
    cav_series wide = series_of((int64_t[]){1, 2, 3}, (double[]){1000, 10, 0.1}, 3);
    draw(&wide, &screen);
    assert_int_equal(strncmp(screen.cells[0 * 20 + 5].text, "1", 1), 0);
    cav_text text = {0};
    cav_screen_row(&screen, &(cav_style){0}, 1, &text);
    assert_contains(cav_text_get(&text), "       10 "); // and not 500
    cav_text_free(&text);
    cav_screen_free(&screen);
}

static void test_what_is_not_finite_or_alone_or_flat_is_drawn_too(void **state)
{
    (void)state;
    cav_screen screen = page_of(20, 5, true);
    int64_t steps[] = {1, 2, 3};
    cav_series cases[] = {
        series_of(steps, (double[]){NAN, NAN, NAN}, 3),
        series_of(steps, (double[]){1, NAN, 2}, 3),
        series_of(steps, (double[]){INFINITY, 1, -INFINITY}, 3),
        series_of(steps, (double[]){5, 5, 5}, 3),
        series_of(steps, (double[]){0, 0, 0}, 3),
        series_of(steps, (double[]){1e308, -1e308, 1e-320}, 3),
        series_of(steps, (double[]){7, 0, 0}, 1),
        series_of(steps, (double[]){0}, 0),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        draw(&cases[i], &screen);
    cav_screen_free(&screen);
    for (int columns = 1; columns < 16; columns++) {
        for (int rows = 1; rows < 6; rows++) { // however small
            screen = page_of(columns, rows, true);
            draw(&cases[1], &screen);
            cav_screen_free(&screen);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_is_put_where_it_fits_and_cut_where_not),
        cmocka_unit_test(test_inks_are_sequences_only_where_there_are_colours),
        cmocka_unit_test(test_each_dot_has_the_bit_of_the_standard),
        cmocka_unit_test(test_without_unicode_a_character_shows_its_halves),
        cmocka_unit_test(test_dots_leave_characters_alone),
        cmocka_unit_test(test_a_line_joins_its_ends_without_a_gap),
        cmocka_unit_test(test_a_curve_goes_from_corner_to_corner),
        cmocka_unit_test(test_a_wide_range_of_positive_values_stands_on_a_log_scale),
        cmocka_unit_test(test_what_is_not_finite_or_alone_or_flat_is_drawn_too),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
