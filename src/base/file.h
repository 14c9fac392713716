/**
 * file.h: whole files and folders.
 */
#ifndef CAV_BASE_FILE_H
#define CAV_BASE_FILE_H

#include "base/error.h"
#include "base/text.h"

/** Reads a regular file of at most `most` bytes and appends it to `text`. */
caviar_code cav_file_read(const char *path, size_t most, cav_text *text, cav_error *error);

/**
 * Puts a file in place at once: writes beside it, syncs, renames. Readers see the old content or
 * the new, never half of it, also after a power cut.
 */
caviar_code cav_file_replace(const char *path, const void *data, size_t size, cav_error *error);

/** Makes a folder and those above it, as far as they are missing (mode 0755 less the umask). */
caviar_code cav_folder_make(const char *path, cav_error *error);

/** Removes a folder and what is in it; follows no symbolic link. A missing one is no error. */
caviar_code cav_folder_remove(const char *path, cav_error *error);

#endif
