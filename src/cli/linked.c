/**
 * linked.c: asks each library for its version.
 */
#include "cli/linked.h"

#include "base/memory.h"
#include "run/protocol.h"
#include "serve/http_library.h"
#include "store/postgresql_library.h"

#include <curses.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>
#include <yaml.h>
#include <zlib.h>

#ifdef __clang__
#define COMPILER __VERSION__ // it names itself
#else
#define COMPILER "gcc " __VERSION__
#endif

static const char *smartcols_version(void)
{
    const char *version = NULL;
    scols_get_library_version(&version);
    return version;
}

// "ncurses 6.4.20221231"
static const char *ncurses_version(void)
{
    const char *version = curses_version();
    return version + strcspn(version, "0123456789");
}

// Two are loaded for this question, as they are for a server and for a store.
static void write_libmicrohttpd(cav_json *json)
{
    cav_http http = {0};
    cav_json_key(json, "libmicrohttpd");
    if (cav_http_load(&http, NULL)) {
        cav_json_null(json);
        return;
    }
    cav_json_string(json, http.MHD_get_version());
    cav_http_unload(&http);
}

static void write_libpq(cav_json *json)
{
    cav_pq pq = {0};
    char version[32];
    cav_json_key(json, "libpq");
    if (cav_pq_load(&pq, NULL)) {
        cav_json_null(json);
        return;
    }
    int number = pq.PQlibVersion();
    snprintf(version, sizeof version, "%d.%d", number / 10000, number % 10000);
    cav_json_string(json, version);
    cav_pq_unload(&pq);
}

static void write_libraries(cav_json *json)
{
    const struct {
        const char *name, *version;
    } libraries[] = {
        {"glibc", gnu_get_libc_version()},      {"jansson", jansson_version_str()},
        {"libsmartcols", smartcols_version()},  {"libuv", uv_version_string()},
        {"libyaml", yaml_get_version_string()}, {"ncurses", ncurses_version()},
        {"sqlite", sqlite3_libversion()},       {"zlib", zlibVersion()},
    };
    cav_json_key(json, "libraries");
    cav_json_begin_object(json);
    for (size_t i = 0; i < CAV_COUNT_OF(libraries); i++)
        cav_json_add_string(json, libraries[i].name, libraries[i].version);
    write_libmicrohttpd(json);
    write_libpq(json);
    cav_json_end_object(json);
}

void cav_linked_write(cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "program", "caviar");
    cav_json_add_string(json, "version", caviar_version());
    cav_json_add_string(json, "compiler", COMPILER);
    cav_json_add_int(json, "trial_protocol", CAV_PROTOCOL_VERSION);
    write_libraries(json);
    cav_json_end_object(json);
}
