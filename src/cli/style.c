/**
 * style.c: drawing with characters.
 */
#include "cli/style.h"

#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

cav_style cav_style_of(FILE *file)
{
    struct winsize size = {0};
    const char *plain = getenv("NO_COLOR"), *terminal = getenv("TERM");
    cav_style style = {.columns = 80, .rows = 24};
    style.is_terminal = isatty(fileno(file)) && !(terminal && strcmp(terminal, "dumb") == 0);
    style.has_colour = style.is_terminal && !(plain && plain[0]);
    style.has_unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (style.is_terminal && ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        style.columns = size.ws_col;
        style.rows = size.ws_row > 0 ? size.ws_row : 24;
    }
    return style;
}

void cav_style_ink(const cav_style *style, cav_ink ink, cav_text *text)
{
    static const char *const sequences[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                            "\033[32m", "\033[31m", "\033[36m"};
    if (style->has_colour)
        cav_text_append(text, sequences[ink]);
}

// A character as it is shown: what no terminal must see is replaced, or left out.
typedef struct glyph {
    const char *shown; // [shown_size] bytes, `width` columns
    size_t shown_size, size;
    int width;
} glyph;

static glyph next_glyph(const char *text)
{
    wchar_t wide;
    mbstate_t state = {0};
    size_t size = mbrtowc(&wide, text, 8, &state);
    if (size == (size_t)-1 || size == (size_t)-2) // not of this locale
        return (glyph){"?", 1, 1, 1};
    if (*text == '\n' || *text == '\t' || *text == '\r')
        return (glyph){" ", 1, 1, 1};
    int width = wcwidth(wide);
    return width < 0 ? (glyph){"", 0, size, 0} : (glyph){text, size, size, width};
}

int cav_style_width(const char *text)
{
    int width = 0;
    for (glyph next; *text; text += next.size) {
        next = next_glyph(text);
        width += next.width;
    }
    return width;
}

void cav_style_clip(const cav_style *style, const char *text, int columns, cav_text *to)
{
    bool fits = cav_style_width(text) <= columns;
    const char *ellipsis = style->has_unicode ? "…" : "...";
    int room = fits ? columns : columns - (style->has_unicode ? 1 : 3);
    for (glyph next; *text; text += next.size) {
        next = next_glyph(text);
        room -= next.width;
        if (room < 0)
            break;
        cav_text_append_size(to, next.shown, next.shown_size);
    }
    if (!fits && columns >= (style->has_unicode ? 1 : 3))
        cav_text_append(to, ellipsis);
}

void cav_style_bar(const cav_style *style, double share, int columns, cav_text *text)
{
    // rounded down: it is full when all is done
    int filled = (int)floor(fmin(fmax(share, 0), 1) * columns + 1e-9);
    cav_style_ink(style, CAV_INK_ACCENT, text);
    for (int i = 0; i < filled; i++)
        cav_text_append(text, style->has_unicode ? "━" : "#");
    cav_style_ink(style, CAV_INK_PLAIN, text);
    cav_style_ink(style, CAV_INK_DIM, text);
    for (int i = filled; i < columns; i++)
        cav_text_append(text, style->has_unicode ? "─" : "-");
    cav_style_ink(style, CAV_INK_PLAIN, text);
}

// Mean of the finite values of column i of `columns`; NaN if there is none.
static double column_mean(const double *values, size_t count, size_t i, size_t columns)
{
    double mean = 0, used = 0;
    for (size_t k = i * count / columns; k < (i + 1) * count / columns; k++) {
        if (isfinite(values[k])) {
            used++;
            mean += values[k] / used - mean / used; // a sum could overflow
        }
    }
    return used > 0 ? mean : (double)NAN;
}

void cav_style_sparkline(const cav_style *style, const double *values, size_t count, int columns,
                         cav_text *text)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {"_", ".", "-", "=", "+", "*", "%", "#"};
    size_t width = count < (size_t)columns ? count : (size_t)columns;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < width; i++) {
        double mean = column_mean(values, count, i, width);
        low = fmin(low, mean);
        high = fmax(high, mean);
    }
    double half = isfinite(high - low) ? 1 : 0.5; // so that no difference overflows
    for (size_t i = 0; i < width; i++) {
        double mean = column_mean(values, count, i, width);
        double level = high > low ? (mean * half - low * half) / (high * half - low * half) * 7 : 0;
        if (isnan(mean))
            cav_text_append(text, " ");
        else
            cav_text_append(text, (style->has_unicode ? blocks : plain)[(size_t)lround(level)]);
    }
}
