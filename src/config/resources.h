/**
 * resources.h: what a worker needs elsewhere, and where that is: the key `resources` of a study
 * file.
 */
#ifndef CAV_CONFIG_RESOURCES_H
#define CAV_CONFIG_RESOURCES_H

#include "config/node.h"

/** All zero: as the cluster does by itself. */
typedef struct cav_resources {
    int64_t cpus, gpus;
    const char *memory; // "8G"; NULL: not said
    int64_t time_ms;    // that a worker may run
    const char *partition, *account;
    const char *const *options; // [option_count] handed to the scheduler's command as they are
    size_t option_count;
    const char *const *hosts; // [host_count] to be reached by ssh
    size_t host_count;
} cav_resources;

/** Reads {cpus: 4, gpus: 1, memory: 8G, time: 2h, partition: NAME, account: NAME, options: […],
 * hosts: […]}. */
caviar_code cav_resources_read(const cav_document *document, const cav_node *node,
                               cav_resources *ret_resources, cav_error *error);

/** Puts the key and its map down, if anything was said. */
void cav_resources_write(const cav_resources *resources, cav_json *json);

#endif
