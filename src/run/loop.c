/**
 * loop.c: a pool for libuv's memory, and a way back out of its abort. See loop.h.
 */
#include "run/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    // Enough for the tables of two loops with 8,000 descriptors each (8 bytes for one, and as much
    // again for the tables that they grew out of). What is not used is never touched.
    POOL_SIZE = 1 << 18,
};

// Before each block stands its size.
typedef union block {
    size_t size;
    max_align_t alignment;
} block;

// Blocks follow one another; when the last one in use is freed, the next is the first again.
typedef struct memory {
    _Alignas(max_align_t) char bytes[POOL_SIZE];
    size_t used, count;
} memory;

static memory pool; // libuv hands no context to its allocator

static bool is_pooled(const void *at)
{
    return (const char *)at >= pool.bytes && (const char *)at < pool.bytes + POOL_SIZE;
}

static void *allocate(size_t size)
{
    size_t whole = (sizeof(block) + size + sizeof(block) - 1) / sizeof(block) * sizeof(block);
    if (whole < size || whole > POOL_SIZE - pool.used)
        return malloc(size);
    block *head = (block *)(pool.bytes + pool.used);
    head->size = size;
    pool.used += whole;
    pool.count++;
    return head + 1;
}

static void release(void *at)
{
    if (!is_pooled(at))
        free(at);
    else if (--pool.count == 0)
        pool.used = 0;
}

static void *allocate_zeroed(size_t count, size_t size)
{
    void *at = size && count > SIZE_MAX / size ? NULL : allocate(count * size);
    return at ? memset(at, 0, count * size) : NULL;
}

static void *reallocate(void *old, size_t size)
{
    if (!old)
        return allocate(size);
    if (!is_pooled(old))
        return realloc(old, size);
    size_t old_size = ((block *)old - 1)->size;
    void *at = allocate(size);
    if (!at)
        return NULL;
    memcpy(at, old, old_size < size ? old_size : size);
    release(old);
    return at;
}

static sigjmp_buf way_back; // a signal comes without one

static void on_abort(int number)
{
    (void)number;
    siglongjmp(way_back, 1);
}

// uv_loop_init; where libuv would end the program, UV_EMFILE.
static int begin(uv_loop_t *loop)
{
    struct sigaction here = {.sa_handler = on_abort}, before;
    sigemptyset(&here.sa_mask);
    sigaction(SIGABRT, &here, &before);
    int failed = sigsetjmp(way_back, 1) == 0 ? uv_loop_init(loop) : UV_EMFILE;
    sigaction(SIGABRT, &before, NULL);
    return failed;
}

caviar_code cav_loop_begin(uv_loop_t *loop, cav_error *error)
{
    uv_replace_allocator(allocate, reallocate, allocate_zeroed, release);
    int failed = begin(loop);
    if (failed)
        return cav_fail(error, CAVIAR_IO, "cannot start the event loop: %s", uv_strerror(failed));
    return CAVIAR_OK;
}

void cav_loop_end(uv_loop_t *loop)
{
    uv_run(loop, UV_RUN_DEFAULT);
    uv_loop_close(loop);
}
