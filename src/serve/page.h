/**
 * page.h: the files of the dashboard's page, which are built from web/ and are part of the program.
 */
#ifndef CAV_SERVE_PAGE_H
#define CAV_SERVE_PAGE_H

#include "base/text.h"

typedef struct cav_page_file {
    const char *path, *type;    // "/app.js", "text/javascript; charset=utf-8"
    const unsigned char *bytes; // [size] gzip
    size_t size;
    const char *tag; // a name of this content, for ETag
} cav_page_file;

/** False where the program was built without them (meson's option `web`). */
bool cav_page_is_here(void);

/** Finds the file of a path; false if there is none. */
bool cav_page_find(const char *path, cav_page_file *ret_file);

/** What stands at "/" where there is no page: how to get one. */
const char *cav_page_missing(void);

/** Appends gzip of a text; false when out of memory. */
bool cav_page_pack(const char *bytes, size_t size, cav_text *packed);

/** Appends what a gzip file holds; false when out of memory, or if it is none. */
bool cav_page_unpack(const unsigned char *bytes, size_t size, cav_text *text);

#endif
