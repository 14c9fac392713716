/**
 * screen.c: pages and dots.
 */
#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

bool cav_screen_size(cav_screen *screen, int columns, int rows)
{
    cav_cell *cells = calloc((size_t)columns * (size_t)rows + 1, sizeof *cells);
    if (!cells)
        return false;
    free(screen->cells);
    screen->cells = cells;
    screen->columns = columns;
    screen->rows = rows;
    return true;
}

void cav_screen_clear(cav_screen *screen)
{
    memset(screen->cells, 0,
           (size_t)screen->columns * (size_t)screen->rows * sizeof *screen->cells);
}

void cav_screen_free(cav_screen *screen)
{
    free(screen->cells);
    *screen = (cav_screen){0};
}

// Length and width of the next character; what no terminal should see has the width 0.
static size_t next_character(const char *text, int *ret_width)
{
    wchar_t wide;
    mbstate_t state = {0};
    size_t size = mbrtowc(&wide, text, 8, &state);
    if (size == 0 || size == (size_t)-1 || size == (size_t)-2) {
        *ret_width = 0;
        return 1;
    }
    int width = wcwidth(wide);
    *ret_width = width < 0 ? 0 : width;
    return size;
}

int cav_screen_put(cav_screen *screen, int row, int column, cav_ink ink, const char *text)
{
    int width;
    for (size_t size; *text; text += size) {
        size = next_character(text, &width);
        if (width != 1 || size >= sizeof screen->cells->text) // a wide one has no cell of its own
            continue;
        if (row < 0 || row >= screen->rows || column < 0 || column >= screen->columns)
            return column;
        cav_cell *cell = &screen->cells[row * screen->columns + column];
        memcpy(cell->text, text, size);
        cell->text[size] = '\0';
        cell->ink = ink;
        column++;
    }
    return column;
}

void cav_screen_row(const cav_screen *screen, const cav_style *style, int row, cav_text *text)
{
    const cav_cell *cells = &screen->cells[row * screen->columns];
    cav_ink ink = CAV_INK_PLAIN;
    int last = screen->columns;
    while (last > 0 && !cells[last - 1].text[0])
        last--;
    for (int i = 0; i < last; i++) {
        if (cells[i].text[0] && cells[i].ink != ink) {
            cav_style_ink(style, CAV_INK_PLAIN, text);
            ink = cells[i].ink;
            if (ink != CAV_INK_PLAIN)
                cav_style_ink(style, ink, text);
        }
        cav_text_append(text, cells[i].text[0] ? cells[i].text : " ");
    }
    if (ink != CAV_INK_PLAIN)
        cav_style_ink(style, CAV_INK_PLAIN, text);
}

bool cav_dots_new(cav_dots *dots, int columns, int rows)
{
    size_t count = (size_t)columns * (size_t)rows;
    *dots = (cav_dots){.width = columns * 2, .height = rows * 4};
    dots->bits = calloc(count + 1, sizeof *dots->bits);
    dots->inks = calloc(count + 1, sizeof *dots->inks);
    if (dots->bits && dots->inks)
        return true;
    cav_dots_free(dots);
    return false;
}

void cav_dots_free(cav_dots *dots)
{
    free(dots->bits);
    free(dots->inks);
    *dots = (cav_dots){0};
}

void cav_dots_set(cav_dots *dots, int x, int y, cav_ink ink)
{
    // of a character's eight dots, by row and column, as Unicode counts them
    static const unsigned char dot_bits[4][2] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (x < 0 || y < 0 || x >= dots->width || y >= dots->height)
        return;
    int cell = y / 4 * (dots->width / 2) + x / 2;
    dots->bits[cell] = (unsigned char)(dots->bits[cell] | dot_bits[y % 4][x % 2]);
    dots->inks[cell] = ink;
}

void cav_dots_line(cav_dots *dots, int x0, int y0, int x1, int y1, cav_ink ink)
{
    int dx = abs(x1 - x0), dy = -abs(y1 - y0), error = dx + dy;
    int step_x = x0 < x1 ? 1 : -1, step_y = y0 < y1 ? 1 : -1;
    for (;;) {
        cav_dots_set(dots, x0, y0, ink);
        if (x0 == x1 && y0 == y1)
            return;
        int twice = 2 * error;
        if (twice >= dy)
            error += dy, x0 += step_x;
        if (twice <= dx)
            error += dx, y0 += step_y;
    }
}

static void write_glyph(unsigned char bits, bool has_unicode, char text[8])
{
    enum { UPPER = 0x01 | 0x08 | 0x02 | 0x10 };
    if (!has_unicode) {
        bool upper = bits & UPPER, lower = bits & ~UPPER & 0xff;
        text[0] = upper && lower ? ':' : upper ? '\'' : '.';
        text[1] = '\0';
        return;
    }
    text[0] = (char)0xe2; // U+2800 and the bits, as UTF-8
    text[1] = (char)(0xa0 | bits >> 6);
    text[2] = (char)(0x80 | (bits & 0x3f));
    text[3] = '\0';
}

void cav_dots_show(const cav_dots *dots, cav_screen *screen, int row, int column)
{
    int columns = dots->width / 2, rows = dots->height / 4;
    for (int cell = 0; cell < columns * rows; cell++) {
        int y = row + cell / columns, x = column + cell % columns;
        bool inside = y >= 0 && y < screen->rows && x >= 0 && x < screen->columns;
        if (!dots->bits[cell] || !inside)
            continue;
        cav_cell *to = &screen->cells[y * screen->columns + x];
        if (to->text[0])
            continue;
        write_glyph(dots->bits[cell], screen->has_unicode, to->text);
        to->ink = dots->inks[cell];
    }
}
