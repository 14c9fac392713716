/**
 * style.h: colours, widths and pictures for a terminal.
 *
 * Only the sixteen colours that a user's theme defines are used, and never a background, so that
 * dark and light terminals both stay readable.
 */
#ifndef CAV_CLI_STYLE_H
#define CAV_CLI_STYLE_H

#include "base/text.h"

#include <stdio.h>

typedef struct cav_style {
    bool is_terminal;
    bool has_colour;  // a terminal, and NO_COLOR is not set
    bool has_unicode; // the locale is UTF-8
    int columns, rows;
} cav_style;

/** Looks at what `file` is. */
cav_style cav_style_of(FILE *file);

typedef enum cav_ink {
    CAV_INK_PLAIN,
    CAV_INK_BOLD,
    CAV_INK_DIM,
    CAV_INK_GOOD,
    CAV_INK_BAD,
    CAV_INK_ACCENT,
} cav_ink;

/** Appends the sequence that starts an ink; PLAIN ends it. Nothing without colours. */
void cav_style_ink(const cav_style *style, cav_ink ink, cav_text *text);

/**
 * Columns that a text takes when cav_style_clip has made it fit to be shown: tabs and newlines are
 * blanks, other control characters are left out, and what is no character of the locale is a "?".
 */
int cav_style_width(const char *text);

/** Appends at most `columns` columns of a text so, with an ellipsis where it is cut. */
void cav_style_clip(const cav_style *style, const char *text, int columns, cav_text *to);

/** Appends a bar of `columns` columns, filled to a share in [0, 1]. */
void cav_style_bar(const cav_style *style, double share, int columns, cav_text *text);

/**
 * Appends a curve as a line of blocks, `columns` wide at most: each column the mean of what falls
 * into it. The scale is that of the values shown; a flat curve stays low.
 */
void cav_style_sparkline(const cav_style *style, const double *values, size_t count, int columns,
                         cav_text *text);

#endif
