/**
 * bench_cluster.c: what many worker processes get through on one store.
 *
 *   bench_cluster work STORE PROCESSES SECONDS [SAMPLER]
 *       each process asks for a trial and tells its result, again and again
 *   bench_cluster limit URL PROCESSES SECONDS
 *       the least that a PostgreSQL server has to do for that: each process takes the next row of a
 *       table (FOR UPDATE SKIP LOCKED) and marks it as done, in two transactions that wait for the
 *       disk
 *   bench_cluster join STORE STUDY
 *       opens a study, and asks once, and again a hundred times
 *
 * Prints one JSON object. Waits are of one ask or tell, in milliseconds.
 */
#include "base/memory.h"
#include "store/postgresql_library.h"
#include "study/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct tally {
    double seconds;
    long pairs;
    double longest_ms;
} tally;

typedef struct job {
    const char *mode, *place, *sampler;
    int processes;
    double seconds;
} job;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_cluster: %s: %s\n", what, why);
    _exit(1);
}

static double now_s(void)
{
    return (double)cav_clock_monotonic_ns(&cav_clock_system) / 1e9;
}

static void note(tally *at, double since)
{
    double ms = (now_s() - since) * 1e3;
    at->longest_ms = ms > at->longest_ms ? ms : at->longest_ms;
}

static cav_study *open_study(const job *at, const char *name, bool make)
{
    cav_error error = {0};
    cav_study *study = NULL;
    cav_study_options options = {.location = at->place, .name = name};
    char text[400];
    snprintf(text, sizeof text,
             "{study: bench, seed: 1, sampler: %s, scheduler: none, budget: {trials: 100000000}, "
             "space: {lr: {type: float, scale: log, low: 1e-5, high: 1}, "
             "units: {type: int, scale: log, low: 16, high: 1024}, "
             "act: {type: categorical, choices: [relu, tanh, gelu]}}}",
             at->sampler);
    if (make && cav_spec_parse("bench", text, strlen(text), &options.spec, &error))
        die("study", error.message);
    if (cav_study_open(&options, &study, &error))
        die("open", error.message);
    return study;
}

static void work(const job *at, double end, tally *ret)
{
    cav_study *study = open_study(at, "bench", false);
    cav_error error = {0};
    while (now_s() < end) {
        caviar_trial *trial;
        double start = now_s();
        if (cav_study_ask(study, &trial, &error))
            die("ask", error.message);
        note(ret, start);
        start = now_s();
        if (caviar_trial_tell_value(trial, (double)trial->number))
            die("tell", caviar_trial_message(trial));
        note(ret, start);
        caviar_trial_free(trial);
        ret->pairs++;
    }
    cav_study_close(study);
}

static void execute(const cav_pq *pq, PGconn *connection, const char *sql)
{
    PGresult *result = pq->PQexec(connection, sql);
    if (pq->PQresultStatus(result) != PGRES_COMMAND_OK &&
        pq->PQresultStatus(result) != PGRES_TUPLES_OK)
        die(sql, pq->PQerrorMessage(connection));
    pq->PQclear(result);
}

static PGconn *dial(const cav_pq *pq, const char *url)
{
    const char *const keywords[] = {"dbname", NULL}, *const values[] = {url, NULL};
    PGconn *connection = pq->PQconnectdbParams(keywords, values, 1);
    if (pq->PQstatus(connection) != CONNECTION_OK)
        die("connect", pq->PQerrorMessage(connection));
    execute(pq, connection, "SET client_min_messages = warning");
    return connection;
}

static void make_rows(const job *at, const cav_pq *pq)
{
    PGconn *connection = dial(pq, at->place);
    execute(pq, connection, "DROP TABLE IF EXISTS bench_rows");
    execute(pq, connection,
            "CREATE TABLE bench_rows (id BIGINT PRIMARY KEY, state INT NOT NULL DEFAULT 0)");
    execute(pq, connection, "INSERT INTO bench_rows SELECT generate_series(1, 200000)");
    execute(pq, connection, "CREATE INDEX ON bench_rows (id) WHERE state = 0");
    execute(pq, connection, "ANALYZE bench_rows");
    pq->PQfinish(connection);
}

static void take_rows(const job *at, const cav_pq *pq, double end, tally *ret)
{
    PGconn *connection = dial(pq, at->place);
    execute(pq, connection,
            "PREPARE claim AS UPDATE bench_rows SET state = 1 WHERE id = (SELECT id FROM "
            "bench_rows WHERE state = 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id");
    execute(pq, connection,
            "PREPARE finish (BIGINT) AS UPDATE bench_rows SET state = 2 WHERE id = $1");
    while (now_s() < end) {
        char sql[64];
        double start = now_s();
        PGresult *result = pq->PQexec(connection, "EXECUTE claim");
        if (pq->PQntuples(result) != 1)
            die("claim", pq->PQerrorMessage(connection));
        snprintf(sql, sizeof sql, "EXECUTE finish (%s)", pq->PQgetvalue(result, 0, 0));
        pq->PQclear(result);
        note(ret, start);
        execute(pq, connection, sql);
        ret->pairs++;
    }
    pq->PQfinish(connection);
}

static void run_child(const job *at, const cav_pq *pq, double start, int pipe_end)
{
    tally mine = {0};
    if (strcmp(at->mode, "limit") == 0)
        take_rows(at, pq, start + at->seconds, &mine);
    else
        work(at, start + at->seconds, &mine);
    mine.seconds = now_s() - start;
    if (write(pipe_end, &mine, sizeof mine) != sizeof mine)
        die("pipe", "cannot write");
    _exit(0);
}

static int run_all(const job *at)
{
    int ends[2], failed = 0;
    cav_pq pq = {0};
    cav_error error = {0};
    if (pipe(ends))
        die("pipe", "cannot be made");
    if (strcmp(at->mode, "limit") == 0) {
        if (cav_pq_load(&pq, &error))
            die("libpq", error.message);
        make_rows(at, &pq);
    } else {
        cav_study_close(open_study(at, NULL, true));
    }
    double start = now_s();
    fflush(NULL);
    for (int i = 0; i < at->processes; i++)
        if (fork() == 0)
            run_child(at, &pq, start, ends[1]);
    close(ends[1]);
    tally all = {0}, one;
    while (read(ends[0], &one, sizeof one) == sizeof one) {
        all.pairs += one.pairs;
        all.seconds = one.seconds > all.seconds ? one.seconds : all.seconds;
        all.longest_ms = one.longest_ms > all.longest_ms ? one.longest_ms : all.longest_ms;
    }
    for (int i = 0, status; i < at->processes; i++)
        failed |= wait(&status) < 0 || status != 0;
    printf("{\"processes\": %d, \"pairs\": %ld, \"seconds\": %.3f, \"per_second\": %.1f, "
           "\"longest_ms\": %.1f}\n",
           at->processes, all.pairs, all.seconds, (double)all.pairs / all.seconds, all.longest_ms);
    return failed;
}

static int join(const job *at, const char *name)
{
    enum { ASKS = 100 };
    cav_error error = {0};
    double start = now_s(), times[ASKS + 1], first_cpu = 0;
    cav_study *study = open_study(at, name, false);
    double opened = now_s() - start, opened_cpu = (double)clock() / CLOCKS_PER_SEC;
    for (int i = 0; i <= ASKS; i++) {
        caviar_trial *trial;
        start = now_s();
        if (cav_study_ask(study, &trial, &error))
            die("ask", error.message);
        times[i] = (now_s() - start) * 1e3;
        if (caviar_trial_tell_value(trial, (double)i))
            die("tell", caviar_trial_message(trial));
        caviar_trial_free(trial);
        if (i == 0)
            first_cpu = (double)clock() / CLOCKS_PER_SEC - opened_cpu;
    }
    double sum = 0, longest = 0;
    for (int i = 1; i <= ASKS; i++) {
        sum += times[i];
        longest = times[i] > longest ? times[i] : longest;
    }
    printf("{\"trials\": %zu, \"open_s\": %.3f, \"open_cpu_s\": %.3f, \"first_ask_ms\": %.2f, "
           "\"first_ask_cpu_ms\": %.2f, \"mean_ask_ms\": %.2f, \"longest_ask_ms\": %.2f}\n",
           study->history->count, opened, opened_cpu, times[0], first_cpu * 1e3, sum / ASKS,
           longest);
    cav_study_close(study);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "see the head of bench_cluster.c\n");
        return 2;
    }
    job at = {.mode = argv[1], .place = argv[2], .sampler = argc > 5 ? argv[5] : "random"};
    if (strcmp(at.mode, "join") == 0)
        return join(&at, argv[3]);
    at.processes = (int)strtol(argv[3], NULL, 10);
    at.seconds = argc > 4 ? strtod(argv[4], NULL) : 5;
    return run_all(&at);
}
