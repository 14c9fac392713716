/**
 * fault_malloc.h: the n-th allocation fails.
 *
 * Counted are those of Caviar (the test is linked with --wrap for malloc, calloc, realloc and
 * strdup), of SQLite and of jansson. Those of libyaml and of libc's own are not: they are made
 * inside of shared libraries.
 */
#ifndef CAV_TESTS_SUPPORT_FAULT_MALLOC_H
#define CAV_TESTS_SUPPORT_FAULT_MALLOC_H

#include <stdbool.h>
#include <stdint.h>

/** Call it first of all in main: SQLite takes other functions only before it is used. */
void fault_malloc_install(void);

/** From now on the n-th allocation fails (from 1), or with `for_good` all from the n-th on. */
void fault_malloc_arm(int64_t nth, bool for_good);

/** Nothing fails any more; answers how many allocations did. */
int64_t fault_malloc_disarm(void);

#endif
