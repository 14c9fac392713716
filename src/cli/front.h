/**
 * front.h: several metrics: the trials of which none is better in all.
 */
#ifndef CAV_CLI_FRONT_H
#define CAV_CLI_FRONT_H

#include "cli/verb.h"
#include "study/study.h"

/**
 * Prints the Pareto front of a study, as a table by the first metric or as JSON (--json), and its
 * hypervolume below --reference, where that is given. CAVIAR_NOT_FOUND while no trial is complete.
 */
caviar_code cav_cli_front_print(const cav_arguments *arguments, cav_study *study, cav_error *error);

#endif
