/**
 * relief.h: a metric over two parameters, for `caviar importance --contour`.
 */
#ifndef CAV_CLI_RELIEF_H
#define CAV_CLI_RELIEF_H

#include "cli/verb.h"
#include "study/study.h"

/** Prints the surrogate's mean over two parameters, "lr,momentum"; with --json as an object. */
caviar_code cav_cli_relief_print(const cav_arguments *arguments, const cav_study *study,
                                 size_t metric, const char *names, cav_error *error);

#endif
