/**
 * open.h: what many verbs do first: find the store and the study that the flags name.
 */
#ifndef CAV_CLI_OPEN_H
#define CAV_CLI_OPEN_H

#include "cli/verb.h"
#include "study/study.h"

/** The store: --store, $CAVIAR_STORE, or caviar.db. */
const char *cav_cli_store(const cav_arguments *arguments);

/** The study's name: --study, $CAVIAR_STUDY; NULL: the only one there is. */
const char *cav_cli_study(const cav_arguments *arguments);

/** Opens a study that exists. `name` goes before the flags' if it is not NULL. */
caviar_code cav_cli_open(const cav_arguments *arguments, const char *name, bool read_only,
                         cav_study **ret_study, cav_error *error);

/** The same for a verb that hands out or ends trials which outlive this process. */
caviar_code cav_cli_open_detached(const cav_arguments *arguments, int64_t lease_ms,
                                  cav_study **ret_study, cav_error *error);

/** Reads a trial's number. */
caviar_code cav_cli_number(const char *text, int64_t *ret_number, cav_error *error);

/** What --trials, --parallel, --minimize, … say, as the keys of a study file. */
caviar_code cav_cli_overrides(const cav_arguments *arguments, json_t **ret_json, cav_error *error);

/** The flags that cav_cli_overrides reads: X(letter, name, value, help). */
#define CAV_RUN_FLAGS                                                                              \
    {'n', "trials", "N", "how many trials in all; +N: so many more"},                              \
        {'j', "parallel", "N", "trials at a time (default 1)"},                                    \
        {'t', "time", "TIME", "stop starting trials after this time: 90s, 30m, 2h"},               \
        {0, "minimize", "METRIC", "the metric, as the program prints it; less is better"},         \
        {0, "maximize", "METRIC", "the same; more is better"},                                     \
        {0, "sampler", "NAME", "how to search: see 'caviar help samplers'"},                       \
        {0, "scheduler", "NAME", "what stops trials early: see 'caviar help schedulers'"},         \
        {0, "seed", "N", "the same seed gives the same trials"},                                   \
        {0, "steps", "N", "how many steps (epochs) a trial goes: {steps} in the command"},         \
        {0, "retry", "N", "run a failed trial so many times again (default 0)"},                   \
        {0, "timeout", "TIME", "kill a trial that runs longer"},                                   \
        {0, "set", "NAME=TEXT", "a value for {NAME} in the command; may be repeated"},             \
    {                                                                                              \
        0, "durability", "WORD", "full (default): a result is on disk before it counts; normal"    \
    }

#endif
