/**
 * postgres.h: schemas on the server that CAVIAR_TEST_POSTGRESQL names, so that each test begins
 * with an empty store.
 */
#ifndef CAV_TESTS_SUPPORT_POSTGRES_H
#define CAV_TESTS_SUPPORT_POSTGRES_H

#include <stddef.h>

/** Makes an empty schema at `url`, and the URL of a store in it. */
void postgres_schema_make(const char *url, char *ret_location, size_t size);

/** Removes the schema that such a URL names. */
void postgres_schema_remove(const char *location);

/** Runs SQL there. */
void postgres_execute(const char *location, const char *sql);

#endif
