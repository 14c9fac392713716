/**
 * open.h: what many verbs do first: find the store and the study that the flags name.
 */
#ifndef CAV_CLI_OPEN_H
#define CAV_CLI_OPEN_H

#include "cli/verb.h"
#include "study/study.h"

/** The store: --store, $CAVIAR_STORE, or caviar.db. */
const char *cav_cli_store(const cav_arguments *arguments);

enum { CAV_CLI_PATH_SIZE = 4096 };

/**
 * What cav_folder_of_study is asked with: --folder or $CAVIAR_FOLDER, with a slash behind it, or
 * else the store. The answer may lie in `room`.
 */
const char *cav_cli_place(const cav_arguments *arguments, char room[CAV_CLI_PATH_SIZE]);

/** The study's name: --study, $CAVIAR_STUDY; NULL: the only one there is. */
const char *cav_cli_study(const cav_arguments *arguments);

/** Opens a study that exists. `name` goes before the flags' if it is not NULL. */
caviar_code cav_cli_open(const cav_arguments *arguments, const char *name, bool read_only,
                         cav_study **ret_study, cav_error *error);

/** The same for a verb that hands out or ends trials which outlive this process. */
caviar_code cav_cli_open_detached(const cav_arguments *arguments, int64_t lease_ms,
                                  cav_study **ret_study, cav_error *error);

/** A trial as it is named on a command line: 7, or 7.2, its second attempt. */
typedef struct cav_cli_trial {
    int64_t number, attempt; // the first attempt where none is named
} cav_cli_trial;

enum { CAV_CLI_TRIAL_SIZE = 48 };

/** Reads such a name; and prints one, as `caviar ask` gives it. */
caviar_code cav_cli_trial_read(const char *text, cav_cli_trial *ret_trial, cav_error *error);
void cav_cli_trial_print(const caviar_trial *trial, char ret_text[CAV_CLI_TRIAL_SIZE]);

/** What a verb does with a study and the trial that its first operand names; -1: none does. */
typedef caviar_code cav_cli_work(const cav_arguments *arguments, cav_study *study, int64_t number,
                                 cav_error *error);

/** Reads the operand, opens the study, does the work, and complains where one of these fails. */
cav_exit cav_cli_with_trial(const cav_arguments *arguments, bool read_only, cav_cli_work *work);

/** Takes over a trial that is out, for a worker who knows it by that name; see cav_study_adopt. */
caviar_code cav_cli_adopt(cav_study *study, const cav_cli_trial *named, caviar_trial **ret_trial,
                          cav_error *error);

/** How long a trial that was handed out is its worker's without a word: --lease, or an hour. */
caviar_code cav_cli_lease(const cav_arguments *arguments, int64_t *ret_ms, cav_error *error);

/** The flag that it reads. */
#define CAV_LEASE_FLAG                                                                             \
    {                                                                                              \
        0, "lease", "TIME", "how long the trial is yours without a word from you (default 1h)"     \
    }

/** What --trials, --parallel, --minimize, … say, as the keys of a study file. */
caviar_code cav_cli_overrides(const cav_arguments *arguments, json_t **ret_json, cav_error *error);

/** A study file, with the keys of `overrides` over its own; NULL: none. */
caviar_code cav_cli_spec_read(const char *path, const json_t *overrides, cav_spec **ret_spec,
                              cav_error *error);

/** The flags that cav_cli_overrides reads: X(letter, name, value, help). */
#define CAV_RUN_FLAGS                                                                              \
    {'n', "trials", "N", "how many trials in all; +N: so many more"},                              \
        {'j', "parallel", "N", "trials at a time (default 1)"},                                    \
        {'t', "time", "TIME", "stop starting trials after this time: 90s, 30m, 2h"},               \
        {0, "minimize", "METRIC", "the metric, as the program prints it; less is better"},         \
        {0, "maximize", "METRIC", "the same; more is better"},                                     \
        {0, "sampler", "NAME", "how to search: see 'caviar help samplers'"},                       \
        {0, "scheduler", "NAME", "what stops trials early: see 'caviar help schedulers'"},         \
        {0, "panda", "WORD",                                                                       \
         "auto: nurse the run while it trains (one trial, unless -n says more)"},                  \
        {0, "seed", "N", "the same seed gives the same trials"},                                   \
        {0, "steps", "N", "how many steps (epochs) a trial goes: {steps} in the command"},         \
        {0, "replicates", "N",                                                                     \
         "run each configuration up to so many times; those that lost less"},                      \
        {0, "from", "STUDY,...",                                                                   \
         "learn from these earlier studies of the store, as long as they hold"},                   \
        {0, "retry", "N", "run a failed trial so many times again (default 0)"},                   \
        {0, "timeout", "TIME", "kill a trial that runs longer"},                                   \
        {0, "set", "NAME=TEXT", "a value for {NAME} in the command; may be repeated"},             \
    {                                                                                              \
        0, "durability", "WORD", "full (default): a result is on disk before it counts; normal"    \
    }

#endif
