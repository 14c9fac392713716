/**
 * markup.c: escaping.
 */
#include "serve/markup.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>

enum { DIGITS = 4 };

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void cav_markup_text(cav_text *page, const char *text)
{
    while (*text) {
        size_t size = cav_utf8_length(text);
        const char *entity = size == 1 ? entity_of(*text) : NULL;
        bool is_control = size == 1 && ((unsigned char)*text < 0x20 || *text == 0x7f) &&
                          *text != '\n' && *text != '\t';
        if (entity)
            cav_text_append(page, entity);
        else if (size == 0 || is_control)
            cav_text_append(page, "\xef\xbf\xbd");
        else
            cav_text_append_size(page, text, size);
        text += size ? size : 1;
    }
}

void cav_markup_number(cav_text *page, double number)
{
    char digits[CAV_NUMBER_SIZE];
    if (isnan(number)) {
        cav_text_append_char(page, '-');
        return;
    }
    cav_number_print_short(number, DIGITS, digits);
    cav_text_append(page, digits);
}

void cav_markup_pixel(cav_text *page, double position)
{
    cav_text_append_number(page, round(position * 10) / 10);
}
