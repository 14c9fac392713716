/**
 * changing.h: the words of a command line as changes of a study's definition.
 */
#ifndef CAV_CLI_CHANGING_H
#define CAV_CLI_CHANGING_H

#include "cli/open.h"

/** The definition of a study with the keys of `overrides` over its own. */
caviar_code cav_cli_spec_override(const cav_study *study, const json_t *overrides,
                                  cav_spec **ret_spec, cav_error *error);

/**
 * The same with what `caviar update` is told: operands from `first` on, lr.high=1 or lr='log 1e-6
 * 1'; --fix, --drop, --constrain; and the flags of a run.
 */
caviar_code cav_cli_spec_change(const cav_arguments *arguments, size_t first,
                                const cav_study *study, cav_spec **ret_spec, cav_error *error);

/** Prints what was changed, or would be. */
caviar_code cav_cli_print_what(const cav_arguments *arguments, const cav_study *study,
                               const cav_text *what, bool dry, cav_error *error);

#endif
