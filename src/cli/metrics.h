/**
 * metrics.h: NAME=VALUE operands.
 */
#ifndef CAV_CLI_METRICS_H
#define CAV_CLI_METRICS_H

#include "cli/verb.h"
#include "study/study.h"

enum { CAV_CLI_METRICS = 32 };

typedef struct cav_cli_metrics {
    caviar_metric items[CAV_CLI_METRICS];
    char names[CAV_CLI_METRICS][128];
    size_t count;
} cav_cli_metrics;

/** Reads operands from `first` on: loss=0.2, or a bare number for the study's one metric. */
caviar_code cav_cli_metrics_read(const cav_arguments *arguments, size_t first,
                                 cav_cli_metrics *ret_metrics, cav_error *error);

/** CAVIAR_NOT_FOUND: the study has no such metric, and which one was meant. */
caviar_code cav_cli_fail_metric(const cav_study *study, const char *name, cav_error *error);

/** Index of the metric of that name, which may be NULL for the first; fails so. */
caviar_code cav_cli_find_metric(const cav_study *study, const char *name, size_t *ret_metric,
                                cav_error *error);

#endif
