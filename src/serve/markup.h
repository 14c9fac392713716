/**
 * markup.h: text and numbers inside HTML and SVG.
 */
#ifndef CAV_SERVE_MARKUP_H
#define CAV_SERVE_MARKUP_H

#include "base/text.h"

/**
 * Appends text so that it is shown as it is, in an element or in a quoted attribute: & < > " ' are
 * escaped; control characters, and what is no UTF-8, become U+FFFD. A newline and a tab stay.
 */
void cav_markup_text(cav_text *page, const char *text);

/** Appends a number for people, in four significant digits; "-" where there is none. */
void cav_markup_number(cav_text *page, double number);

/** Appends a pixel position, to a tenth. */
void cav_markup_pixel(cav_text *page, double position);

#endif
