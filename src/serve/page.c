/**
 * page.c: the files of the page, as the build put them into the program, and gzip.
 */
#include "serve/page.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

enum { PIECE = 16384, GZIP_WINDOW = 15 + 16 };

#ifdef CAV_WEB

// X(name, path, type): the bytes of each file stand between two labels (tools/build_web.sh).
#define CAV_PAGE_FILES(X)                                                                          \
    X(index_html, "/", "text/html; charset=utf-8")                                                 \
    X(app_js, "/app.js", "text/javascript; charset=utf-8")                                         \
    X(app_css, "/app.css", "text/css; charset=utf-8")                                              \
    X(icon_svg, "/icon.svg", "image/svg+xml")

#define X(name, path, type)                                                                        \
    extern const unsigned char cav_page_##name[], cav_page_##name##_end[];                         \
    extern const char cav_page_##name##_tag[];
CAV_PAGE_FILES(X)
#undef X

bool cav_page_is_here(void)
{
    return true;
}

bool cav_page_find(const char *path, cav_page_file *ret_file)
{
    const cav_page_file files[] = {
#define X(name, path, type)                                                                        \
    {path, type, cav_page_##name, (size_t)(cav_page_##name##_end - cav_page_##name),               \
     cav_page_##name##_tag},
        CAV_PAGE_FILES(X)
#undef X
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(files[i].path, path) != 0)
            continue;
        *ret_file = files[i];
        return true;
    }
    return false;
}

#else

bool cav_page_is_here(void)
{
    return false;
}

bool cav_page_find(const char *path, cav_page_file *ret_file)
{
    (void)path;
    (void)ret_file;
    return false;
}

#endif

const char *cav_page_missing(void)
{
    return "This caviar was built without its dashboard's page: npm was not there, or the build "
           "was\n"
           "told so (meson setup -Dweb=disabled). The HTTP API is there, under /api/1.\n"
           "To have the page: install npm, then  meson configure BUILD -Dweb=enabled  and build.\n";
}

bool cav_page_pack(const char *bytes, size_t size, cav_text *packed)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
    char piece[PIECE];
    if (deflateInit2(&stream, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = (Bytef *)piece;
        stream.avail_out = sizeof piece;
        status = deflate(&stream, Z_FINISH);
        cav_text_append_size(packed, piece, sizeof piece - stream.avail_out);
    }
    deflateEnd(&stream);
    return status == Z_STREAM_END && !packed->failed;
}

bool cav_page_unpack(const unsigned char *bytes, size_t size, cav_text *text)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
    char piece[PIECE];
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return false;
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = (Bytef *)piece;
        stream.avail_out = sizeof piece;
        status = inflate(&stream, Z_NO_FLUSH);
        cav_text_append_size(text, piece, sizeof piece - stream.avail_out);
    }
    inflateEnd(&stream);
    return status == Z_STREAM_END && !text->failed;
}
