/**
 * log.h: structured log lines (logfmt): time, level, event, then key=value pairs.
 *
 * The library has no log of its own: who wants one makes a cav_log and hands it in. A NULL log
 * swallows everything.
 */
#ifndef CAV_BASE_LOG_H
#define CAV_BASE_LOG_H

#include "base/clock.h"

#define CAV_LOG_LEVELS(X) X(ERROR, "error") X(WARNING, "warning") X(INFO, "info") X(DEBUG, "debug")

typedef enum cav_log_level {
#define X(name, word) CAV_LOG_##name,
    CAV_LOG_LEVELS(X)
#undef X
} cav_log_level;

typedef struct cav_log {
    cav_log_level level; // what is less important is dropped
    const cav_clock *clock;
    void (*write)(void *sink, const char *line); // one line, with its newline
    void *sink;
} cav_log;

/**
 * Writes one event. The arguments after `event` are pairs of strings (key, value), ended by NULL;
 * values are quoted where they must be:
 *     cav_log_event(log, CAV_LOG_INFO, "trial-started", "trial", "7", NULL);
 */
void cav_log_event(const cav_log *log, cav_log_level level, const char *event, ...)
    __attribute__((sentinel));

#endif
