/**
 * preset.h: spaces that are ready to be used: parameters with their usual scales and ranges, and
 * how much each is presumed to matter.
 */
#ifndef CAV_CONFIG_PRESET_H
#define CAV_CONFIG_PRESET_H

#include "config/node.h"

typedef struct cav_preset {
    const char *name;
    const char *summary; // one line, for help
    const char *space;   // as a study file has it: a line for each parameter
} cav_preset;

extern const cav_preset cav_presets[];
extern const size_t cav_preset_count;

/**
 * Follows the key `preset` of a study file: adds to its space the parameters of the preset that the
 * command names, or all where it names none or there is no command. What the space has already
 * stays as it is. Does nothing without the key; CAVIAR_INVALID for a preset that there is not.
 */
caviar_code cav_preset_apply(cav_document *document, cav_error *error);

#endif
