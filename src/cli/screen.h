/**
 * screen.h: a page of characters that is put together in memory, and the dots that curves are
 * drawn with. Where it is shown, in a terminal by ncurses or as plain lines, is another's matter.
 */
#ifndef CAV_CLI_SCREEN_H
#define CAV_CLI_SCREEN_H

#include "cli/style.h"

/** One place on the page. */
typedef struct cav_cell {
    char text[8]; // a character of UTF-8; "": blank
    cav_ink ink;
} cav_cell;

typedef struct cav_screen {
    int columns, rows;
    bool has_unicode;
    cav_cell *cells; // [rows x columns]
} cav_screen;

/** Makes the page so large, and blank. False when out of memory; it is then as it was. */
bool cav_screen_size(cav_screen *screen, int columns, int rows);
void cav_screen_clear(cav_screen *screen);
void cav_screen_free(cav_screen *screen);

/** Puts a text; what does not fit is cut. Returns the column behind it. */
int cav_screen_put(cav_screen *screen, int row, int column, cav_ink ink, const char *text);

/** Appends a row as text: with the sequences of its inks where the style has colours. */
void cav_screen_row(const cav_screen *screen, const cav_style *style, int row, cav_text *text);

/**
 * Dots of braille: each character has 2 x 4 of them. Where there is no Unicode, a character shows
 * whether its upper or its lower half has any.
 */
typedef struct cav_dots {
    int width, height;   // in dots
    unsigned char *bits; // [height / 4 x width / 2]
    cav_ink *inks;       // of the last dot that was set in each character
} cav_dots;

/** Dots for so many characters. False when out of memory. */
bool cav_dots_new(cav_dots *dots, int columns, int rows);
void cav_dots_free(cav_dots *dots);

/** Sets a dot; (0, 0) is the upper left one. Those outside are left out. */
void cav_dots_set(cav_dots *dots, int x, int y, cav_ink ink);

/** Draws a straight line, both ends included. */
void cav_dots_line(cav_dots *dots, int x0, int y0, int x1, int y1, cav_ink ink);

/** Puts the dots on the page, over what is blank there. */
void cav_dots_show(const cav_dots *dots, cav_screen *screen, int row, int column);

#endif
