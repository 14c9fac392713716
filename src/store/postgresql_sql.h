/**
 * postgresql_sql.h: the statements of the PostgreSQL store.
 */
#ifndef CAV_STORE_POSTGRESQL_SQL_H
#define CAV_STORE_POSTGRESQL_SQL_H

#include "store/rules.h"

/** The present time in milliseconds, where parameter `n` does not give one. */
#define CAV_PG_NOW(n)                                                                              \
    "coalesce($" #n "::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)"

/** True, and lets the transaction wait for the disk at its end, as parameter `n` says. */
#define CAV_PG_DURABLY(n) "set_config('synchronous_commit', $" #n ", true) IS NOT NULL"

/** The row of session $1 that a flush takes: always ($3 is 1), or if the write had an answer. */
#define CAV_PG_FLUSHED "id = $1 AND ($3::int = 1 OR answer IS NOT NULL) AND " CAV_PG_DURABLY(2)

/** A lease is over by the time `now`, and that of the server's start (parameter `n`), too. */
#define CAV_PG_IS_OVER(now, n) "lease_ms < " now " AND $" #n "::bigint < " now

/** Takes the row of counters of study $3 and counts a change; the time is $4 or the server's. */
#define CAV_PG_COUNT(more)                                                                         \
    "c AS (UPDATE caviar_counters SET changes = changes + 1" more " WHERE study = $3 "             \
    "RETURNING trials, changes, reports, nudges, " CAV_PG_NOW(4) " AS now)"

/**
 * A write: the expressions of a WITH, whose last is `done` with one column, `answer`. $1 and $2 are
 * the number of the write and the session, in whose row it is noted together with its answer. Where
 * there is no such session any more, the write fails with a division by zero, and is undone: it
 * came late, over a connection that was given up.
 */
#define CAV_PG_WRITE(parts)                                                                        \
    "WITH " parts ", noted AS (UPDATE caviar_sessions SET op = $1::bigint, "                       \
    "answer = (SELECT max(answer) FROM done) WHERE id = $2 RETURNING id) "                         \
    "SELECT max(answer), 1 / (SELECT count(*) FROM noted) FROM done"

/** `done` of a claim: takes trial t, for the owner $5 and $6 milliseconds. */
#define CAV_PG_TAKE(which)                                                                         \
    "done AS (UPDATE caviar_trials t SET started_ms = CASE state WHEN 'paused' THEN started_ms "   \
    "ELSE c.now END, state = 'running', attempt = attempt + 1, owner = $5, lease_ms = c.now + "    \
    "$6::bigint, change = c.changes FROM c" which                                                  \
    " AND t.study = $3 RETURNING t.number AS answer)"

/**
 * Rows of study $1 behind the place $2, in their order; some thousand at most. Places are greater
 * than 0: that is said for the sake of indexes that hold of nothing else.
 */
#define CAV_PG_ROWS(columns, table, which, place)                                                  \
    "SELECT " columns " FROM " table " WHERE study = $1 " which " AND " place " > 0 AND " place    \
    " > $2 ORDER BY " place " LIMIT 10000"

/**
 * The same, but where there are none, one row of nothing but NULL, so that a study that is not
 * there, which answers no row, is told from it. The row of counters would tell that, too, but all
 * writes of the study pass through its page. `more` columns follow the place.
 */
#define CAV_PG_BEHIND_WITH(rows, place, more)                                                      \
    "SELECT t.*" more " FROM caviar_studies s LEFT JOIN (" rows ") t ON true WHERE s.id = $1 "     \
    "ORDER BY t." place
#define CAV_PG_BEHIND(rows, place) CAV_PG_BEHIND_WITH(rows, place, "")

#define CAV_PG_TRIAL_ROWS                                                                          \
    CAV_PG_ROWS("number, state, reason, attempt, failures, imported, params, metrics, step, "      \
                "origin, owner, created_ms, started_ms, finished_ms, lease_ms, message, can, "     \
                "checkpoints, parent, parent_step, seed_number, cpu_ms, memory_bytes, change",     \
                "caviar_trials", "", "change")
#define CAV_PG_REPORT_ROWS(which)                                                                  \
    CAV_PG_ROWS("number, attempt, step, time_ms, metrics, id", "caviar_reports", which, "id")
#define CAV_PG_NUDGE_ROWS                                                                          \
    CAV_PG_ROWS("id, number, kind, state, step, target, params, author, note, created_ms, "        \
                "delivered_ms, change",                                                            \
                "caviar_nudges", "", "change")

/** Statements that are prepared once a connection: X(NAME, SQL). */
#define CAV_PG_STATEMENTS(X)                                                                       \
    X(BEGIN, "BEGIN")                                                                              \
    X(COMMIT, "COMMIT")                                                                            \
    X(SESSION_ADD, "INSERT INTO caviar_sessions (id, op, seen_ms) SELECT $1, 0, " CAV_PG_NOW(      \
                       2) " WHERE " CAV_PG_DURABLY(3))                                             \
    X(SESSION_RENEW,                                                                               \
      "UPDATE caviar_sessions SET id = $2 WHERE id IN ($1, $2) AND " CAV_PG_DURABLY(               \
          3) " RETURNING op, answer")                                                              \
    X(SESSION_REMOVE, "DELETE FROM caviar_sessions WHERE id = $1")                                 \
    X(SESSION_FLUSH, "SELECT op FROM caviar_sessions WHERE " CAV_PG_FLUSHED " FOR UPDATE")         \
    X(SESSION_STAMP,                                                                               \
      "UPDATE caviar_sessions SET seen_ms = " CAV_PG_NOW(4) " WHERE " CAV_PG_FLUSHED)              \
    X(SESSION_SWEEP,                                                                               \
      "DELETE FROM caviar_sessions WHERE seen_ms < " CAV_PG_NOW(1) " - 30 * 86400000::bigint")     \
    X(LOCK, "SELECT changes FROM caviar_counters WHERE study = $1 FOR UPDATE")                     \
    X(NUMBERS, "SELECT trials, imported FROM caviar_counters WHERE study = $1")                    \
    X(STUDY_ADD,                                                                                   \
      CAV_PG_WRITE("s AS (INSERT INTO caviar_studies (name, definition, created_ms) "              \
                   "VALUES ($4, $5, " CAV_PG_NOW(                                                  \
                       3) ") ON CONFLICT (name) DO NOTHING "                                       \
                          "RETURNING id), done AS (INSERT INTO caviar_counters (study) "           \
                          "SELECT id FROM s RETURNING study AS answer)"))                          \
    X(STUDY_READ, "SELECT id, name, definition, control, created_ms FROM caviar_studies "          \
                  "WHERE $1::text IS NULL OR name = $1 ORDER BY name COLLATE \"C\"")               \
    X(STUDY_COUNTS,                                                                                \
      "SELECT study, state, count(*) FROM caviar_trials WHERE $1::text IS NULL OR study = "        \
      "(SELECT id FROM caviar_studies WHERE name = $1) GROUP BY study, state")                     \
    X(STUDY_SET,                                                                                   \
      CAV_PG_WRITE("done AS (UPDATE caviar_studies SET definition = coalesce($4, definition), "    \
                   "control = $5 WHERE id = $3 RETURNING id AS answer, "                           \
                   "pg_notify('caviar_' || $3::bigint, '')::text AS told)"))                       \
    X(STUDY_CONTROL, "SELECT control, definition FROM caviar_studies WHERE id = $1")               \
    X(STUDY_REMOVE,                                                                                \
      CAV_PG_WRITE("a AS (DELETE FROM caviar_nudges WHERE study = $3), "                           \
                   "b AS (DELETE FROM caviar_reports WHERE study = $3), "                          \
                   "c AS (DELETE FROM caviar_trials WHERE study = $3), "                           \
                   "d AS (DELETE FROM caviar_counters WHERE study = $3), "                         \
                   "done AS (DELETE FROM caviar_studies WHERE id = $3 RETURNING id AS answer)"))   \
    X(TRIAL_ADD,                                                                                   \
      CAV_PG_WRITE(                                                                                \
          "c AS (UPDATE caviar_counters SET trials = trials + 1, imported = imported + "           \
          "$7::int, changes = changes + 1 WHERE study = $3 AND ($5::bigint < 0 OR trials BETWEEN " \
          "$5 AND $5 + cardinality($13::text[]) - 1) "                                             \
          "AND ($6::bigint = 0 OR $7 = 1 OR trials - imported < $6) AND ($8::text IS NULL OR "     \
          "NOT EXISTS (SELECT 1 FROM caviar_trials WHERE study = $3 AND distinct_key = $8)) "      \
          "RETURNING trials - 1 AS number, changes, " CAV_PG_NOW(                                  \
              4) " AS now), "                                                                      \
                 "done AS (INSERT INTO caviar_trials (study, number, change, state, reason, "      \
                 "attempt, "                                                                       \
                 "failures, imported, distinct_key, params, metrics, step, origin, owner, "        \
                 "created_ms, "                                                                    \
                 "started_ms, finished_ms, lease_ms, message, checkpoints, parent, parent_step, "  \
                 "seed_number, output) SELECT $3, number, changes, $9, $10, $11::int, $12, $7, "   \
                 "$8, ($13::text[])[(CASE WHEN $5 < 0 THEN 1 ELSE number - $5 + 1 END)::int], "    \
                 "$14, $15, $16, $17, now, now * $11, now * $18::int, now + $19::bigint, $20, "    \
                 "$21, $22, "                                                                      \
                 "$23, $24, $25 FROM c RETURNING number AS answer)"))                              \
    X(TRIAL_STATE,                                                                                 \
      "SELECT t.state, t.attempt FROM caviar_counters c LEFT JOIN caviar_trials t ON "             \
      "t.study = c.study AND t.number = $2 WHERE c.study = $1")                                    \
    X(TRIAL_MOVE,                                                                                  \
      CAV_PG_WRITE(CAV_PG_COUNT(                                                                   \
          "") ", done AS (UPDATE caviar_trials t SET state = $8, "                                 \
              "reason = $9, failures = failures + $10::int, metrics = "                            \
              "coalesce($11, metrics), message = coalesce($12, message), "                         \
              "output = coalesce($13, output), params = coalesce($14, params), finished_ms = "     \
              "CASE t.state WHEN 'paused' THEN t.finished_ms ELSE greatest(c.now, t.started_ms) "  \
              "END, change = c.changes, cpu_ms = greatest(t.cpu_ms, "                              \
              "$15::bigint), memory_bytes = greatest(t.memory_bytes, $16::bigint) "                \
              "FROM c WHERE t.study = $3 AND "                                                     \
              "t.number = $5 AND t.attempt = $6 AND t.state = ANY ($7::text[]) RETURNING "         \
              "t.number AS answer)"))                                                              \
    X(CLAIM_LOOK,                                                                                  \
      "SELECT EXISTS (SELECT 1 FROM caviar_trials t WHERE t.study = $1 AND state = 'waiting' "     \
      "AND " CAV_RULE_IS_DUE(                                                                      \
          "least", "c.trials",                                                                     \
          "$4::int") "), "                                                                         \
                     "EXISTS (SELECT 1 FROM caviar_trials WHERE study = $1 AND state = 'running' " \
                     "AND " CAV_PG_IS_OVER(CAV_PG_NOW(2),                                          \
                                           3) ") FROM caviar_counters c WHERE study = $1")         \
    X(CLAIM_EXPIRED,                                                                               \
      "SELECT number, attempt, failures FROM caviar_trials WHERE study = $1 AND state = "          \
      "'running' AND " CAV_PG_IS_OVER(CAV_PG_NOW(2), 3) " ORDER BY number LIMIT 100")              \
    X(CLAIM_LOSE,                                                                                  \
      CAV_PG_WRITE(CAV_PG_COUNT(                                                                   \
          "") ", done AS (UPDATE caviar_trials t SET state = $7, reason = "                        \
              "$8, message = coalesce($9, message), failures = failures + "                        \
              "1, finished_ms = greatest(c.now, t.started_ms), change = c.changes FROM c WHERE "   \
              "t.study = $3 AND t.number = $5 AND t.attempt = $6 AND "                             \
              "t.state = 'running' AND " CAV_PG_IS_OVER("c.now", 10) " RETURNING "                 \
                                                                     "t.number AS answer)"))       \
    X(CLAIM_FIRST, CAV_PG_WRITE(CAV_PG_COUNT(                                                      \
                       "") ", w AS (SELECT t.number FROM caviar_trials t, c WHERE "                \
                           "t.study = $3 AND t.state = 'waiting' AND " CAV_RULE_IS_DUE(            \
                               "least", "c.trials",                                                \
                               "$7::int") " ORDER BY t.failures, t.number "                        \
                                          "LIMIT 1 FOR UPDATE OF t SKIP LOCKED), " CAV_PG_TAKE(    \
                                              ", w WHERE t.number = w.number")))                   \
    X(CLAIM_ONE, CAV_PG_WRITE(CAV_PG_COUNT("") ", " CAV_PG_TAKE(                                   \
                     " WHERE t.number = $7 AND t.state IN ('waiting', 'paused')")))                \
    X(LEASE_RENEW,                                                                                 \
      "UPDATE caviar_trials SET lease_ms = " CAV_PG_NOW(4) " + $3::bigint WHERE study = $1 AND "   \
                                                           "state = 'running' AND owner = $2")     \
    X(REPORT_ADD,                                                                                  \
      CAV_PG_WRITE(CAV_PG_COUNT(                                                                   \
          ", reports = reports + 1") ", t AS (UPDATE caviar_trials t SET step = $8, "              \
                                     "lease_ms = c.now + $9::bigint, can = CASE WHEN $10::int = "  \
                                     "0 THEN t.can ELSE $10 END, "                                 \
                                     "checkpoints = coalesce($11::text, t.checkpoints), cpu_ms = " \
                                     "greatest(t.cpu_ms, $13::bigint), memory_bytes = "            \
                                     "greatest(t.memory_bytes, $14::bigint), change = "            \
                                     "CASE WHEN ($10 <> 0 AND "                                    \
                                     "$10 <> t.can) OR $11 <> t.checkpoints OR $13 > t.cpu_ms OR " \
                                     "$14 > t.memory_bytes THEN c.changes ELSE t.change END "      \
                                     "FROM c WHERE "                                               \
                                     "t.study = $3 AND t.number = $5 AND t.attempt = $6 AND "      \
                                     "t.state = ANY ($7::text[]) "                                 \
                                     "RETURNING c.reports, c.now), done AS (INSERT INTO "          \
                                     "caviar_reports (study, id, number, "                         \
                                     "attempt, step, time_ms, metrics) SELECT $3, reports, $5, "   \
                                     "$6, $8, now, $12 FROM t "                                    \
                                     "RETURNING id AS answer)"))                                   \
    X(NUDGE_ADD,                                                                                   \
      CAV_PG_WRITE(                                                                                \
          "c AS (UPDATE caviar_counters SET changes = changes + 1, nudges = nudges + 1 WHERE "     \
          "study = $3 AND EXISTS (SELECT 1 FROM caviar_trials WHERE study = $3 AND number = $5 "   \
          "AND state = ANY ($6::text[])) RETURNING changes, nudges, " CAV_PG_NOW(                  \
              4) " AS now), "                                                                      \
                 "done AS (INSERT INTO caviar_nudges (study, id, number, change, kind, state, "    \
                 "step, "                                                                          \
                 "target, params, author, note, created_ms) SELECT $3, nudges, $5, changes, $7, "  \
                 "$8, $9, "                                                                        \
                 "$10, $11, $12, $13, now FROM c RETURNING id AS answer)"))                        \
    X(NUDGE_SET,                                                                                   \
      CAV_PG_WRITE(CAV_PG_COUNT("") ", done AS (UPDATE caviar_nudges n SET state = $6, step = "    \
                                    "$7, change = c.changes, delivered_ms = CASE delivered_ms "    \
                                    "WHEN 0 THEN c.now ELSE delivered_ms END FROM c WHERE "        \
                                    "n.study = $3 AND n.id = $5 RETURNING n.id AS answer)"))       \
    X(TRIAL_READ,                                                                                  \
      CAV_PG_BEHIND_WITH(CAV_PG_TRIAL_ROWS, "change",                                              \
                         ", EXISTS (SELECT 1 FROM caviar_nudges WHERE study = $1 AND change > 0 "  \
                         "AND change > $3)"))                                                      \
    X(TRIAL_READ_ON, CAV_PG_TRIAL_ROWS)                                                            \
    X(REPORT_READ, CAV_PG_BEHIND(CAV_PG_REPORT_ROWS(""), "id"))                                    \
    X(REPORT_READ_ON, CAV_PG_REPORT_ROWS(""))                                                      \
    X(REPORT_READ_ONE, CAV_PG_BEHIND(CAV_PG_REPORT_ROWS("AND number = $3"), "id"))                 \
    X(REPORT_READ_ONE_ON, CAV_PG_REPORT_ROWS("AND number = $3"))                                   \
    X(NUDGE_READ, CAV_PG_BEHIND(CAV_PG_NUDGE_ROWS, "change"))                                      \
    X(NUDGE_READ_ON, CAV_PG_NUDGE_ROWS)                                                            \
    X(OUTPUT_GET,                                                                                  \
      "SELECT t.output FROM caviar_counters c LEFT JOIN caviar_trials t ON t.study = c.study "     \
      "AND t.number = $2 WHERE c.study = $1")

#endif
