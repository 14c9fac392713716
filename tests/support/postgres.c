/**
 * postgres.c: schemas for tests.
 */
#include "support/postgres.h"

#include "support/test.h"

#include "store/postgresql_library.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void postgres_execute(const char *location, const char *sql)
{
    cav_pq pq;
    cav_error error = {0};
    assert_ok(cav_pq_load(&pq, &error), &error);
    const char *const keywords[] = {"dbname", NULL}, *const values[] = {location, NULL};
    PGconn *connection = pq.PQconnectdbParams(keywords, values, 1);
    pq.PQclear(pq.PQexec(connection, "SET client_min_messages = warning"));
    PGresult *result = pq.PQexec(connection, sql);
    ExecStatusType status = pq.PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, pq.PQerrorMessage(connection));
    pq.PQclear(result);
    pq.PQfinish(connection);
    cav_pq_unload(&pq);
}

void postgres_schema_make(const char *url, char *ret_location, size_t size)
{
    static int count;
    char name[48], sql[80];
    snprintf(name, sizeof name, "t%d_%d", (int)getpid(), count++);
    snprintf(sql, sizeof sql, "CREATE SCHEMA %s", name);
    postgres_execute(url, sql);
    int length = snprintf(ret_location, size, "%s&options=-csearch_path%%3D%s", url, name);
    assert_true(length > 0 && (size_t)length < size);
}

void postgres_schema_remove(const char *location)
{
    char sql[100];
    const char *name = strstr(location, "search_path%3D");
    assert_non_null(name);
    snprintf(sql, sizeof sql, "DROP SCHEMA %s CASCADE", name + strlen("search_path%3D"));
    postgres_execute(location, sql);
}
