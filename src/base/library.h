/**
 * library.h: shared libraries that are loaded when they are needed.
 *
 * Some of those that are used bring a dozen others along, whose loading takes longer than all else
 * that `caviar --version` does. Whoever does not need one neither pays for it nor must have it.
 */
#ifndef CAV_BASE_LIBRARY_H
#define CAV_BASE_LIBRARY_H

#include "base/error.h"

#include <stddef.h>

/** A function of a library. */
typedef struct cav_library_symbol {
    const char *name;
    size_t offset; // of its pointer in the table
} cav_library_symbol;

/** What is known of a library before it is there. */
typedef struct cav_library {
    const char *file;    // as the linker finds it: "libpq.so.5"
    const char *name;    // as people call it
    const char *package; // Debian's
    const char *version; // the oldest that will do
    const char *purpose; // who needs it, at the head of a sentence
    const cav_library_symbol *symbols;
    size_t symbol_count;
} cav_library;

/**
 * Loads it, and writes the address of each function into `table`. CAVIAR_NOT_FOUND, with the
 * package to install, where it is not there; CAVIAR_VERSION where it lacks a function. It stays
 * mapped after it was released, since it may have threads or exit handlers of its own.
 */
caviar_code cav_library_load(const cav_library *library, void *table, void **ret_handle,
                             cav_error *error);

/** NULL does nothing. The functions may not be called any more. */
void cav_library_release(void *handle);

#endif
