/**
 * fault_malloc.c: one counter before three allocators.
 */
#include "support/fault_malloc.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static struct memory {
    int64_t nth, seen, failed; // nth 0: nothing fails
    bool for_good;
    sqlite3_mem_methods sqlite; // its own
} memory;

static bool fails(void)
{
    if (memory.nth == 0)
        return false;
    memory.seen++;
    bool now = memory.for_good ? memory.seen >= memory.nth : memory.seen == memory.nth;
    memory.failed += now;
    return now;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static void *sqlite_malloc(int size)
{
    return fails() ? NULL : memory.sqlite.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
    return fails() ? NULL : memory.sqlite.xRealloc(old, size);
}

void fault_malloc_install(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.sqlite);
    sqlite3_mem_methods wrapped = memory.sqlite;
    wrapped.xMalloc = sqlite_malloc;
    wrapped.xRealloc = sqlite_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &wrapped);
    json_set_alloc_funcs(__wrap_malloc, free);
}

void fault_malloc_arm(int64_t nth, bool for_good)
{
    memory.nth = nth;
    memory.for_good = for_good;
    memory.seen = memory.failed = 0;
}

int64_t fault_malloc_disarm(void)
{
    memory.nth = 0;
    return memory.failed;
}
