/**
 * scratch.h: a folder for one test, and paths in it.
 */
#ifndef CAV_TESTS_SUPPORT_SCRATCH_H
#define CAV_TESTS_SUPPORT_SCRATCH_H

#include "support/test.h"

#include "base/file.h"

#include <stdio.h>

enum { SCRATCH_SIZE = 128 };

typedef struct scratch {
    char folder[SCRATCH_SIZE], path[2 * SCRATCH_SIZE];
} scratch;

static inline scratch scratch_new(void)
{
    scratch at = {.folder = "/tmp/caviar-test-XXXXXX"};
    assert_non_null(mkdtemp(at.folder));
    return at;
}

/** The path of a file in the folder; valid until the next call. */
static inline const char *scratch_path(scratch *at, const char *name)
{
    snprintf(at->path, sizeof at->path, "%s/%s", at->folder, name);
    return at->path;
}

static inline void scratch_remove(const scratch *at)
{
    cav_error error;
    assert_ok(cav_folder_remove(at->folder, &error), &error);
}

#endif
