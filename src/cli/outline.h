/**
 * outline.h: a study itself: what it varies, how, and what was changed of it since it began.
 */
#ifndef CAV_CLI_OUTLINE_H
#define CAV_CLI_OUTLINE_H

#include "cli/verb.h"
#include "study/study.h"

/** Prints it; with --json as an object, with --definition as a study file. */
caviar_code cav_cli_outline_print(const cav_arguments *arguments, cav_study *study,
                                  cav_error *error);

#endif
