/**
 * container.h: the file format of checkpoints and saved networks: named sections with a checksum.
 *
 *     offset  size
 *          0     8   "CAVTRAIN"
 *          8     4   0x01020304, in the byte order of the machine that wrote it
 *         12     4   version of the format: 2; 1 can be read, too
 *         16     8   size of the file
 *         24     4   number of sections
 *         28     4   0
 *         32         each section: 8 bytes name, padded with 0; 8 bytes size of what follows;
 *                    the bytes; zeros up to a multiple of 8
 *   size - 8     4   CRC-32 (zlib's) of everything before
 *   size - 4     4   0
 *
 * A file is put in its place at once (draft.h).
 */
#ifndef TRAIN_CONTAINER_H
#define TRAIN_CONTAINER_H

#include "trainer/error.h"

enum { MOST_SECTIONS = 16, SECTION_NAME_SIZE = 8 };

/** A part of a file. The bytes are somebody else's. */
typedef struct section {
    char name[SECTION_NAME_SIZE + 1];
    const void *bytes; // [size] aligned to 8 where it was read
    size_t size;
} section;

/** Writes a file of sections [count]. */
caviar_code container_write(const char *path, const section *sections, size_t count,
                            train_error *error);

/** What a file holds. */
typedef struct container {
    section sections[MOST_SECTIONS]; // [count]
    size_t count;
    uint32_t version; // of the format that it was written in
    void *owned;      // the file's bytes; NULL where they are the caller's
} container;

/**
 * Takes a file's bytes [size] apart; they stay where they are, aligned to 8. Fails with
 * CAVIAR_CORRUPT for what is damaged or no such file, CAVIAR_VERSION for a newer format.
 */
caviar_code container_parse(const void *bytes, size_t size, container *ret_container,
                            train_error *error);

/** The same for a file, which is read wholly. CAVIAR_NOT_FOUND if there is none. */
caviar_code container_read(const char *path, container *ret_container, train_error *error);
void container_clear(container *at);

/** A section by its name; NULL if there is none. */
const section *container_find(const container *at, const char *name);

#endif
