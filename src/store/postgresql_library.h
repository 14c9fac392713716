/**
 * postgresql_library.h: libpq, loaded when a PostgreSQL store is opened (see base/library.h): it
 * brings twenty libraries along.
 */
#ifndef CAV_STORE_POSTGRESQL_LIBRARY_H
#define CAV_STORE_POSTGRESQL_LIBRARY_H

#include "base/error.h"

#include <libpq-fe.h>

/** What is used of it: X(function). */
#define CAV_PQ_FUNCTIONS(X)                                                                        \
    X(PQclear)                                                                                     \
    X(PQcmdTuples)                                                                                 \
    X(PQconnectPoll)                                                                               \
    X(PQconnectStartParams)                                                                        \
    X(PQconnectdbParams)                                                                           \
    X(PQconninfo)                                                                                  \
    X(PQconninfoFree)                                                                              \
    X(PQconninfoParse)                                                                             \
    X(PQconsumeInput)                                                                              \
    X(PQdb)                                                                                        \
    X(PQenterPipelineMode)                                                                         \
    X(PQerrorMessage)                                                                              \
    X(PQexec)                                                                                      \
    X(PQexitPipelineMode)                                                                          \
    X(PQfinish)                                                                                    \
    X(PQflush)                                                                                     \
    X(PQfreemem)                                                                                   \
    X(PQgetResult)                                                                                 \
    X(PQgetisnull)                                                                                 \
    X(PQgetvalue)                                                                                  \
    X(PQhost)                                                                                      \
    X(PQhostaddr)                                                                                  \
    X(PQisBusy)                                                                                    \
    X(PQlibVersion)                                                                                \
    X(PQnfields)                                                                                   \
    X(PQnotifies)                                                                                  \
    X(PQntuples)                                                                                   \
    X(PQpipelineSync)                                                                              \
    X(PQport)                                                                                      \
    X(PQresultErrorField)                                                                          \
    X(PQresultStatus)                                                                              \
    X(PQsendPrepare)                                                                               \
    X(PQsendQuery)                                                                                 \
    X(PQsendQueryPrepared)                                                                         \
    X(PQsetNoticeProcessor)                                                                        \
    X(PQsetnonblocking)                                                                            \
    X(PQsocket)                                                                                    \
    X(PQstatus)                                                                                    \
    X(PQuser)

/** The library's functions, by their own names. */
typedef struct cav_pq {
    void *handle; // NULL: not loaded
#define X(function) __typeof__(function) *function;
    CAV_PQ_FUNCTIONS(X)
#undef X
} cav_pq;

/** Loads it. CAVIAR_NOT_FOUND, with the package to install, where it is not there. */
caviar_code cav_pq_load(cav_pq *ret_pq, cav_error *error);
void cav_pq_unload(cav_pq *pq);

#endif
