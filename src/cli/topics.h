/**
 * topics.h: help about things that are no verbs: the samplers, the schedulers and the presets,
 * from their tables.
 */
#ifndef CAV_CLI_TOPICS_H
#define CAV_CLI_TOPICS_H

#include "base/json.h"

/** Prints a topic, "samplers", "schedulers" or "presets". False if there is none of that name. */
bool cav_topic_print(const char *name);

/** The same as JSON: a list of {name, summary, options}, or of {name, summary, space}. */
bool cav_topic_write(const char *name, cav_json *json);

#endif
