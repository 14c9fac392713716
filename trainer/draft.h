/**
 * draft.h: a file that is put in its place at once: written beside it, synced, renamed. Readers see
 * the old one or the new one, never half of it, also after a power cut.
 */
#ifndef TRAIN_DRAFT_H
#define TRAIN_DRAFT_H

#include "trainer/error.h"

#include <limits.h>

typedef struct draft {
    const char *path; // where it will be
    char beside[PATH_MAX];
    int fd;     // to write to
    int failed; // errno of the first write that failed
} draft;

/** Begins a file; the path stays where it is until draft_end. */
caviar_code draft_begin(const char *path, draft *ret_draft, train_error *error);

/** Writes bytes; a failure is kept, for draft_end. */
void draft_write(draft *at, const void *bytes, size_t size);

/** Puts the file in its place; after a failure, takes it away and tells of it. */
caviar_code draft_end(draft *at, train_error *error);

/** Takes it away. */
void draft_drop(draft *at);

#endif
