/**
 * table.c: the table of stores; finding the one that a location names.
 */
#include "store/store.h"

#include <string.h>

const cav_store_type *const cav_stores[] = {
#define X(type) &type,
    CAV_STORES(X)
#undef X
};
const size_t cav_store_count = sizeof cav_stores / sizeof cav_stores[0];

const char *cav_control_name(cav_control control)
{
    static const char *const words[] = {
#define X(name, word) word,
        CAV_CONTROLS(X)
#undef X
    };
    return (size_t)control < sizeof words / sizeof words[0] ? words[control] : "";
}

caviar_code cav_store_open(const cav_store_options *options, cav_store **ret_store,
                           cav_error *error)
{
    cav_store_options filled = *options;
    if (!filled.location)
        filled.location = "memory:";
    if (!filled.clock)
        filled.clock = &cav_clock_system;
    for (size_t i = 0; i < cav_store_count; i++)
        if (cav_stores[i]->owns(filled.location))
            return cav_stores[i]->open(&filled, ret_store, error);
    int scheme = (int)strcspn(filled.location, ":"); // what follows may hold a password
    return cav_fail(error, CAVIAR_INVALID,
                    "no store can be opened at '%.*s:...'; give a file's path, "
                    "sqlite:///PATH, or postgresql://USER@HOST/DATABASE",
                    scheme, filled.location);
}

bool cav_store_is_on_server(const char *location)
{
    for (size_t i = 0; i < cav_store_count; i++)
        if (cav_stores[i]->owns(location))
            return cav_stores[i]->is_on_server;
    return false;
}

void cav_store_close(cav_store *store)
{
    if (store)
        store->type->close(store);
}
