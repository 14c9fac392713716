/**
 * postgresql_library.c: loading libpq.
 */
#include "store/postgresql_library.h"

#include "base/library.h"
#include "base/memory.h"

static const cav_library_symbol symbols[] = {
#define X(function) {#function, offsetof(cav_pq, function)},
    CAV_PQ_FUNCTIONS(X)
#undef X
};

static const cav_library library = {
    .file = "libpq.so.5",
    .name = "libpq",
    .package = "libpq5",
    .version = "14",
    .purpose = "a PostgreSQL store",
    .symbols = symbols,
    .symbol_count = CAV_COUNT_OF(symbols),
};

caviar_code cav_pq_load(cav_pq *ret_pq, cav_error *error)
{
    cav_pq pq = {0};
    caviar_code code = cav_library_load(&library, &pq, &pq.handle, error);
    if (!code)
        *ret_pq = pq;
    return code;
}

void cav_pq_unload(cav_pq *pq)
{
    cav_library_release(pq->handle);
    pq->handle = NULL;
}
