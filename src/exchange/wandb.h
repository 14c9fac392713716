/**
 * wandb.h: a sweep of Weights & Biases on its way to a study file.
 *
 *   wandb.c            its keys, and the study file that comes of them
 *   wandb_parameter.c  distributions to scales and ranges
 *   wandb_command.c    ${macros} to {placeholders}
 */
#ifndef CAV_EXCHANGE_WANDB_H
#define CAV_EXCHANGE_WANDB_H

#include "config/spec.h"
#include "exchange/ledger.h"

/** A parameter by both its names. */
typedef struct cav_wandb_argument {
    const char *their_name; // "optimizer.lr" of a nested one
    const char *name;
    bool is_text; // all of its values are texts
    bool is_flag; // all of its values are true or false
} cav_wandb_argument;

typedef struct cav_wandb {
    cav_document *document;
    cav_arena *arena;
    cav_space *space;
    cav_wandb_argument *arguments; // [argument_count] in the order of the file
    size_t argument_count, argument_capacity;
    cav_notes *notes;
    cav_error *error;
} cav_wandb;

/** Adds the parameters of a `parameters` section to the space. */
caviar_code cav_wandb_read_parameters(cav_wandb *sweep, const cav_node *section,
                                      const char *prefix);

/** Writes the words of a `command` (NULL: W&B's own) for `program` (NULL: none) as a JSON list. */
caviar_code cav_wandb_write_command(cav_wandb *sweep, const cav_node *command, const char *program,
                                    cav_json *json);

#endif
