/**
 * folder.c: finding and reading a pair of IDX files.
 */
#include "trainer/folder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_DIMENSIONS = 9 }; // that are looked for in names

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

// Tries a name with each ending; true if one is there.
static bool find_ending(const char *folder, const char *name, int dimensions, char path[PATH_MAX])
{
    for (int i = 0; i < 4; i++) {
        int length = snprintf(path, PATH_MAX, "%s/%s%cidx%d-ubyte%s", folder, name,
                              i % 2 ? '.' : '-', dimensions, i >= 2 ? ".gz" : "");
        if (length < PATH_MAX && is_there(path))
            return true;
    }
    return false;
}

static caviar_code find_file(const char *folder, const char *prefix, const char *what, int usual,
                             char path[PATH_MAX], train_error *error)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%s", prefix, what);
    if (find_ending(folder, name, usual, path))
        return CAVIAR_OK;
    for (int dimensions = 1; dimensions <= MOST_DIMENSIONS; dimensions++)
        if (find_ending(folder, name, dimensions, path))
            return CAVIAR_OK;
    return train_fail(error, CAVIAR_NOT_FOUND, "there is no %s-idx%d-ubyte (or .gz) in %s", name,
                      usual, folder);
}

static caviar_code read_file(const char *path, stream **ret_stream, idx *ret_idx,
                             train_error *error)
{
    caviar_code code = stream_open(path, ret_stream, error);
    if (code)
        return code;
    code = idx_read(*ret_stream, ret_idx, error);
    return code ? train_error_prefix(error, "%s", path) : CAVIAR_OK;
}

static caviar_code widen_labels(pair *at, train_error *error)
{
    at->wide_labels = malloc(at->labels.count * sizeof *at->wide_labels);
    if (!at->wide_labels)
        return train_fail_memory(error);
    for (size_t i = 0; i < at->labels.count; i++) {
        at->wide_labels[i] = at->labels.bytes[i];
        if (at->wide_labels[i] >= at->class_count)
            at->class_count = at->wide_labels[i] + 1u;
    }
    return CAVIAR_OK;
}

static caviar_code check_pair(const pair *at, const char *labels, train_error *error)
{
    if (at->labels.width != 1)
        return train_fail(error, CAVIAR_CORRUPT, "%s: a label has %zu bytes instead of one", labels,
                          at->labels.width);
    if (at->images.count != at->labels.count)
        return train_fail(error, CAVIAR_CORRUPT, "%s: %zu images, but %zu labels", labels,
                          at->images.count, at->labels.count);
    if (at->images.count > INT32_MAX || at->images.width > INT32_MAX)
        return train_fail(error, CAVIAR_INVALID, "%s: more than 2^31 samples or features", labels);
    return CAVIAR_OK;
}

caviar_code pair_open(const char *folder, const char *prefix, pair *ret_pair, train_error *error)
{
    char images[PATH_MAX], labels[PATH_MAX];
    caviar_code code = find_file(folder, prefix, "images", 3, images, error);
    if (!code)
        code = find_file(folder, prefix, "labels", 1, labels, error);
    return code ? code : pair_open_files(images, labels, ret_pair, error);
}

caviar_code pair_open_files(const char *images, const char *labels, pair *ret_pair,
                            train_error *error)
{
    pair at = {0};
    caviar_code code = read_file(images, &at.streams[0], &at.images, error);
    if (!code)
        code = read_file(labels, &at.streams[1], &at.labels, error);
    if (!code)
        code = check_pair(&at, labels, error);
    if (!code)
        code = widen_labels(&at, error);
    if (code) {
        pair_close(&at);
        return code;
    }
    at.source = (source){.count = at.images.count,
                         .width = at.images.width,
                         .bytes = at.images.bytes,
                         .labels = at.wide_labels};
    *ret_pair = at;
    return CAVIAR_OK;
}

void pair_close(pair *at)
{
    idx_clear(&at->images);
    idx_clear(&at->labels);
    stream_close(at->streams[0]);
    stream_close(at->streams[1]);
    free(at->wide_labels);
    *at = (pair){0};
}
