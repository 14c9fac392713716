/**
 * postgresql_library.c: loading libpq.
 */
#include "store/postgresql_library.h"

#include <dlfcn.h>
#include <string.h>

typedef struct symbol {
    const char *name;
    size_t offset; // of its pointer in cav_pq
} symbol;

static const symbol symbols[] = {
#define X(function) {#function, offsetof(cav_pq, function)},
    CAV_PQ_FUNCTIONS(X)
#undef X
};

caviar_code cav_pq_load(cav_pq *ret_pq, cav_error *error)
{
    cav_pq pq = {0};
    pq.handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!pq.handle)
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "a PostgreSQL store needs libpq, which is not here (%s); Debian has it in "
                        "the package libpq5",
                        dlerror());
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        void *function = dlsym(pq.handle, symbols[i].name);
        if (!function) {
            dlclose(pq.handle);
            return cav_fail(error, CAVIAR_VERSION,
                            "the libpq that is here is too old for a PostgreSQL store (it has no "
                            "%s); version 14 or newer is needed",
                            symbols[i].name);
        }
        memcpy((char *)&pq + symbols[i].offset, &function, sizeof function);
    }
    *ret_pq = pq;
    return CAVIAR_OK;
}

void cav_pq_unload(cav_pq *pq)
{
    if (pq->handle)
        dlclose(pq->handle);
    pq->handle = NULL;
}
