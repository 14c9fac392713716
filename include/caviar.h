/**
 * caviar.h: the public interface of libcaviar, a hyperparameter tuner.
 *
 * Read from top to bottom. Part 1 has the words that everything else uses, part 2 describes a
 * search space, part 3 runs a study (ask, report, tell), part 4 is for a program that is itself a
 * trial, started by `caviar run`.
 *
 * A study in twelve lines, kept in memory:
 *
 *     caviar_space *space = caviar_space_new();
 *     caviar_space_add(space, &(caviar_parameter){
 *         .name = "lr", .scale = CAVIAR_SCALE_LOG, .low = 1e-5, .high = 1});
 *     caviar_study *study;
 *     caviar_study_open(&(caviar_study_options){.space = space, .trial_budget = 100}, &study);
 *     caviar_trial *trial;
 *     while (caviar_study_ask(study, &trial) == CAVIAR_OK) {
 *         caviar_trial_tell_value(trial, loss_of(caviar_trial_real(trial, "lr")));
 *         caviar_trial_free(trial);
 *     }
 *     caviar_study_best(study, &trial);
 *
 * Conventions, for every function below:
 *
 *  - A function that can fail returns a code (`CAVIAR_OK` is 0). The object that it was called on
 *    then carries a sentence that says what was wrong, where, and what to do about it:
 *    `caviar_space_message`, `caviar_study_message`, `caviar_trial_message`. The sentence stays
 *    valid until the next call on that object.
 *  - Out-parameters are named `ret_…` and are left alone on failure, but for the two constructors
 *    that say otherwise (`caviar_study_open`, `caviar_trial_join`).
 *  - Strings are UTF-8 and end with NUL. What a function is given, it copies; what it returns as
 *    `const char *` belongs to the object and lives as long as it does.
 *  - `…_free` accepts NULL.
 *  - The library never prints, never exits, never reads the environment and installs no signal
 *    handler. A study and its trials may be used from several threads; a space from one at a time.
 *
 * Copyright 2026 The Caviar Authors. Licensed under the Apache License, Version 2.0.
 */
#ifndef CAVIAR_H
#define CAVIAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CAVIAR_API __attribute__((visibility("default")))

/* ---------------------------------------------------------------------------------------------
 * 1. Words: codes, kinds, scales, states
 * ------------------------------------------------------------------------------------------- */

#define CAVIAR_VERSION_MAJOR 0
#define CAVIAR_VERSION_MINOR 1
#define CAVIAR_VERSION_PATCH 0

/** Version of the library that is running, as "0.1.0". */
CAVIAR_API const char *caviar_version(void);

/** Result codes: X(NAME, "word", "what it means"). */
#define CAVIAR_CODES(X)                                                                            \
    X(OK, "ok", "success")                                                                         \
    X(NOMEM, "no-memory", "out of memory")                                                         \
    X(INVALID, "invalid", "a value, an option or a definition is not valid")                       \
    X(NOT_FOUND, "not-found", "no such study, trial, parameter or file")                           \
    X(EXISTS, "exists", "it exists already")                                                       \
    X(STATE, "state", "not allowed in the present state of the trial or the study")                \
    X(STALE, "stale", "the trial was handed to another worker; its late result is refused")        \
    X(DONE, "done", "no further trial: the budget is spent or the space is exhausted")             \
    X(INFEASIBLE, "infeasible", "no point that satisfies the constraints was found")               \
    X(BUSY, "busy", "the store is locked by another process")                                      \
    X(IO, "io", "reading or writing failed")                                                       \
    X(CORRUPT, "corrupt", "the store or a file is damaged")                                        \
    X(VERSION, "version", "it was written by a newer version")                                     \
    X(INTERRUPTED, "interrupted", "interrupted")                                                   \
    X(INTERNAL, "internal", "a defect in Caviar; please report it")

typedef enum caviar_code {
#define X(name, word, text) CAVIAR_##name,
    CAVIAR_CODES(X)
#undef X
} caviar_code;

/** A code's word, as "not-found", and what it means; "" for any other number. Never NULL. */
CAVIAR_API const char *caviar_code_name(caviar_code code);
CAVIAR_API const char *caviar_code_text(caviar_code code);

/** What a parameter's values are: X(NAME, "word in a study file"). */
#define CAVIAR_TYPES(X)                                                                            \
    X(FLOAT, "float")             /* a real number in a range */                                   \
    X(INT, "int")                 /* a whole number in a range, within ±2^53 */                   \
    X(CATEGORICAL, "categorical") /* one of `choices`, which have no order */                      \
    X(ORDINAL, "ordinal")         /* one of `choices`, from least to greatest */                   \
    X(CONSTANT, "constant")       /* the one value in `choices`; never varied */

typedef enum caviar_type {
#define X(name, word) CAVIAR_TYPE_##name,
    CAVIAR_TYPES(X)
#undef X
} caviar_type;

/** The scale that a numeric parameter is searched on: X(NAME, "word", unit coordinate u of x). */
#define CAVIAR_SCALES(X)                                                                           \
    X(LINEAR, "linear", "(x - low) / (high - low)")                                                \
    X(LOG, "log", "ln(x / low) / ln(high / low)")                                                  \
    X(REVERSE_LOG, "reverse-log", "ln((1 - low) / (1 - x)) / ln((1 - low) / (1 - high))")          \
    X(LOGIT, "logit", "(logit x - logit low) / (logit high - logit low)")

typedef enum caviar_scale {
#define X(name, word, formula) CAVIAR_SCALE_##name,
    CAVIAR_SCALES(X)
#undef X
} caviar_scale;

/** How much a parameter is presumed to matter, before any trial has shown it. */
#define CAVIAR_TIERS(X)                                                                            \
    X(UNSET, "")                                                                                   \
    X(MOST, "most")                                                                                \
    X(MEDIUM, "medium")                                                                            \
    X(LEAST, "least")                                                                              \
    X(FIXED, "fixed") /* not searched: held at its default, which it must then have */

typedef enum caviar_tier {
#define X(name, word) CAVIAR_TIER_##name,
    CAVIAR_TIERS(X)
#undef X
} caviar_tier;

/** Whether a running program can be given another value of a parameter. */
typedef enum caviar_live {
    CAVIAR_LIVE_UNSET, /* a float can, anything else cannot */
    CAVIAR_LIVE_YES,
    CAVIAR_LIVE_NO,
} caviar_live;

/** How sure somebody is of a parameter's best value: X(NAME, "word"). */
#define CAVIAR_CONFIDENCES(X)                                                                      \
    X(MEDIUM, "medium")                                                                            \
    X(LOW, "low")                                                                                  \
    X(HIGH, "high")

typedef enum caviar_confidence {
#define X(name, word) CAVIAR_CONFIDENCE_##name,
    CAVIAR_CONFIDENCES(X)
#undef X
} caviar_confidence;

/** The states of a trial. `docs/architecture.md` has the table of moves; any other is an error. */
#define CAVIAR_STATES(X)                                                                           \
    X(WAITING, "waiting")   /* queued: has its parameters, nobody runs it */                       \
    X(RUNNING, "running")   /* a worker has it, under a lease */                                   \
    X(PAUSED, "paused")     /* taken off; may go on from its last step */                          \
    X(COMPLETE, "complete") /* has its final value */                                              \
    X(PRUNED, "pruned")     /* stopped early; its last report counts as what is known of it */     \
    X(FAILED, "failed")     /* ended without a value; the reason says why */

typedef enum caviar_state {
#define X(name, word) CAVIAR_STATE_##name,
    CAVIAR_STATES(X)
#undef X
} caviar_state;

/** Why a trial failed. */
#define CAVIAR_REASONS(X)                                                                          \
    X(NONE, "")                                                                                    \
    X(EXIT, "exit")             /* the program ended with a status other than 0 */                 \
    X(SIGNAL, "signal")         /* the program was ended by a signal */                            \
    X(TIMEOUT, "timeout")       /* it ran longer than the study allows */                          \
    X(NOT_FINITE, "not-finite") /* it reported NaN or an infinity */                               \
    X(INFEASIBLE, "infeasible") /* it said that these parameters cannot be run */                  \
    X(NO_METRIC, "no-metric")   /* it ended well but never gave the study's metric */              \
    X(LOST, "lost")             /* its worker vanished, more often than `retry` allows */

typedef enum caviar_reason {
#define X(name, word) CAVIAR_REASON_##name,
    CAVIAR_REASONS(X)
#undef X
} caviar_reason;

/** The answer to a report. */
#define CAVIAR_VERDICTS(X)                                                                         \
    X(CONTINUE, "continue") /* go on; look at `caviar_trial_change_count` for a nudge */           \
    X(PAUSE, "pause")       /* save a checkpoint and end; the trial will be asked for again */     \
    X(STOP, "stop")         /* end now: this trial is not worth its cost */                        \
    X(RESTORE, "restore")   /* go back to the checkpoint of `caviar_trial_restore_step` */

typedef enum caviar_verdict {
#define X(name, word) CAVIAR_VERDICT_##name,
    CAVIAR_VERDICTS(X)
#undef X
} caviar_verdict;

/** What a trial's program says that it can do: X(NAME, "word", bit). */
#define CAVIAR_ABILITIES(X)                                                                        \
    X(CHANGE, "changes", 1)  /* take other values of parameters while it runs */                   \
    X(RESTORE, "restore", 2) /* go back to a checkpoint, and go on from one in another process */

typedef enum caviar_ability {
#define X(name, word, bit) CAVIAR_CAN_##name = bit,
    CAVIAR_ABILITIES(X)
#undef X
} caviar_ability;

/** Words for the enumerations above, as in study files and tables; "" for an unknown number. */
CAVIAR_API const char *caviar_type_name(caviar_type type);
CAVIAR_API const char *caviar_scale_name(caviar_scale scale);
CAVIAR_API const char *caviar_tier_name(caviar_tier tier);
CAVIAR_API const char *caviar_confidence_name(caviar_confidence confidence);
CAVIAR_API const char *caviar_state_name(caviar_state state);
CAVIAR_API const char *caviar_reason_name(caviar_reason reason);
CAVIAR_API const char *caviar_verdict_name(caviar_verdict verdict);

/** What a value holds. */
typedef enum caviar_kind {
    CAVIAR_KIND_NONE, /* no value: an inactive parameter, an unset default */
    CAVIAR_KIND_BOOL,
    CAVIAR_KIND_INT,
    CAVIAR_KIND_REAL,
    CAVIAR_KIND_TEXT,
} caviar_kind;

/** A value of a parameter. All zero is "no value". */
typedef struct caviar_value {
    caviar_kind kind;
    union {
        bool truth;
        int64_t integer;
        double real;
        const char *text;
    };
} caviar_value;

/** A named number that a trial reports: a loss, an error, an accuracy. */
typedef struct caviar_metric {
    const char *name; /* NULL: the study's first metric */
    double value;
} caviar_metric;

/* ---------------------------------------------------------------------------------------------
 * 2. A search space
 * ------------------------------------------------------------------------------------------- */

/** A space: parameters, the conditions under which each exists, constraints between them. */
typedef struct caviar_space caviar_space;

/**
 * One condition of a parameter: `parent` has one of `values`, or, for a numeric parent without
 * `values`, lies in [low, high]. A parameter is active where all of its conditions hold; one
 * whose parent is inactive is inactive too.
 */
typedef struct caviar_condition {
    const char *parent;
    const caviar_value *values; /* [value_count] */
    size_t value_count;
    double low, high; /* used where value_count is 0 */
} caviar_condition;

/** A parameter. What is zero takes its default. */
typedef struct caviar_parameter {
    const char *name; /* a letter or _, then letters, digits, _ . or - */
    caviar_type type;
    caviar_scale scale;
    double low, high;             /* where the search starts; both ends belong to it */
    double limit_low, limit_high; /* how far `zoom` may grow past low and high; 0, 0: not at all */
    double step;                  /* grid: low, low + step, … (0: none; an int always has 1) */
    double step_factor;     /* grid: low, low * step_factor, …, on the log scale (0: none) */
    const double *specials; /* [special_count] single values beside the range, such as 0 */
    size_t special_count;
    const caviar_value *choices; /* [choice_count] of a categorical, ordinal or constant one */
    size_t choice_count;
    caviar_value initial;         /* the `default` of study files: a value to start from */
    caviar_value prior;           /* where the best value is believed to be; none: no belief */
    caviar_confidence confidence; /* how surely */
    caviar_tier tier;
    caviar_live live;             /* may `pbt` and `panda: auto` change it in a running trial? */
    const caviar_condition *when; /* [when_count] */
    size_t when_count;
} caviar_parameter;

/** A new, empty space; NULL when out of memory. The caller frees it. */
CAVIAR_API caviar_space *caviar_space_new(void);
CAVIAR_API void caviar_space_free(caviar_space *space);

/** The sentence that belongs to the last call that failed; "" if none did. Never NULL. */
CAVIAR_API const char *caviar_space_message(const caviar_space *space);

/**
 * Adds a parameter. Parents are added before their children.
 * Fails with CAVIAR_INVALID (the message names the field) or CAVIAR_EXISTS (the name is taken).
 */
CAVIAR_API caviar_code caviar_space_add(caviar_space *space, const caviar_parameter *parameter);

/**
 * The same in the words of a study file: "{type: float, low: 1e-5, high: 1, scale: log}", JSON as
 * well, or in the short form of a command: "log 1e-5 1", "int 1 8", "relu|tanh".
 */
CAVIAR_API caviar_code caviar_space_define(caviar_space *space, const char *name,
                                           const char *definition);

/**
 * Adds a constraint: an SQL expression over the parameters' names that must not be false, such as
 * "units * layers <= 2048". Numbers are reals in it (7 / 2 is 3.5), a categorical compares as its
 * choice, an inactive parameter is NULL, and a constraint that is NULL holds.
 * Fails with CAVIAR_INVALID for a syntax error or an unknown name.
 */
CAVIAR_API caviar_code caviar_space_constrain(caviar_space *space, const char *expression);

/* ---------------------------------------------------------------------------------------------
 * 3. A study: ask, report, tell
 * ------------------------------------------------------------------------------------------- */

/** A study: a space, what is to be minimised, and every trial so far, in a store. */
typedef struct caviar_study caviar_study;

/** One trial of a study, as its worker sees it. */
typedef struct caviar_trial caviar_trial;

/** A metric that the study tunes. The first one is what is meant where none is named. */
typedef struct caviar_objective {
    const char *name;
    bool maximize;
} caviar_objective;

/** How a study is opened. What is zero takes its default. */
typedef struct caviar_study_options {
    const char *store;         /* NULL: memory; else a file's path, or sqlite:///PATH */
    const char *name;          /* NULL: "study" */
    const char *definition;    /* the text of a study file (YAML or JSON) in place of all below */
    const caviar_space *space; /* copied; NULL: the study must be in the store already */
    const caviar_objective *objectives; /* [objective_count]; none: minimise "value" */
    size_t objective_count;
    const char *sampler;    /* NULL: "auto"; a name, or "{type: zoom, outside: 0.3}" */
    uint64_t seed;          /* 0: drawn from the system, and kept with the study */
    int64_t trial_budget;   /* how many trials `ask` hands out in the study's life; 0: no limit */
    int retry;              /* how often a failed trial is run again */
    int64_t lease_ms;       /* how long a trial outlives its vanished worker; 0: 60,000 */
    bool durability_normal; /* true: a tell is safe from kill -9 at once, from power loss soon */
    const char *scheduler;  /* NULL: "auto"; a name, or "{type: asha, eta: 4}" */
    int64_t step_min, step_max; /* steps of a trial: before any is judged, and in all; 0: unknown */
    int64_t parallel;           /* how many trials will run at a time, as far as is known; 0: 1 */
    bool grows;                 /* the trials name their parameters: see caviar_trial_suggest */
    const char *const *from;    /* [from_count] earlier studies of the same store to learn from */
    size_t from_count;
    int replicates; /* most runs of a configuration, whose mean counts; 0: 1 */
} caviar_study_options;

/**
 * Opens a study, and makes it where the store has none of that name.
 *
 * A study that exists keeps its definition: giving a space, objectives or a seed that differ from
 * the stored ones is CAVIAR_EXISTS; a larger trial budget extends it.
 *
 * As with sqlite3_open, *ret_study is a handle also when the call fails, so that its message can
 * be read; it is NULL only when out of memory. Close it in either case.
 */
CAVIAR_API caviar_code caviar_study_open(const caviar_study_options *options,
                                         caviar_study **ret_study);

/** Closes a study; trials asked for and not told go back to `waiting`. Free those trials first. */
CAVIAR_API void caviar_study_close(caviar_study *study);

CAVIAR_API const char *caviar_study_message(const caviar_study *study);

/**
 * The study's definition as it is now: a study file, in JSON. It stays valid until the next call of
 * this function on the study. NULL when out of memory, or where the study could not be opened.
 */
CAVIAR_API const char *caviar_study_definition(caviar_study *study);

/**
 * Hands out the next trial: a queued one, one that a vanished worker left, or a new one from the
 * sampler. The caller runs it, tells its result and frees it; until then its lease is kept alive.
 *
 * Fails with CAVIAR_DONE when the budget is spent or a finite space has no unseen point left, and
 * with CAVIAR_INFEASIBLE when the constraints leave nothing that can be found.
 */
CAVIAR_API caviar_code caviar_study_ask(caviar_study *study, caviar_trial **ret_trial);

/** A parameter's value by name. */
typedef struct caviar_setting {
    const char *name;
    caviar_value value;
} caviar_setting;

/**
 * Queues a configuration of one's own, to be handed out by `ask` before anything else. Parameters
 * that are active and not named get their default, or else a value from the sampler.
 * In a study whose trials name their parameters it may name some that are not known yet, or have
 * values outside of the ranges so far: the trial gets them when it names them in a range that has
 * them.
 * Writes the trial's number to *ret_number where that is not NULL.
 */
CAVIAR_API caviar_code caviar_study_enqueue(caviar_study *study, const caviar_setting *settings,
                                            size_t setting_count, int64_t *ret_number);

/**
 * Adds a trial that is complete already, to learn from: a configuration as for `enqueue`, and
 * values [metric_count], one for each metric of the study, in their order. It does not count
 * against the budget.
 */
CAVIAR_API caviar_code caviar_study_add(caviar_study *study, const caviar_setting *settings,
                                        size_t setting_count, const double *values,
                                        size_t metric_count, int64_t *ret_number);

/** Trials so far, of every state. */
CAVIAR_API int64_t caviar_study_trial_count(caviar_study *study);

/** Trial `number` (from 0) to look at. Fails with CAVIAR_NOT_FOUND. The caller frees it. */
CAVIAR_API caviar_code caviar_study_trial(caviar_study *study, int64_t number,
                                          caviar_trial **ret_trial);

/**
 * The best complete trial by the first objective; of equals, the earliest. Where runs of one
 * configuration come out different the best value is a lucky draw: the trial is then the first run
 * of the configuration that would have the best mean of many runs, by what all trials say together
 * (see `caviar_study_contenders`), and its own value is only one of what it may give.
 * Fails with CAVIAR_NOT_FOUND while none is complete. The caller frees it.
 */
CAVIAR_API caviar_code caviar_study_best(caviar_study *study, caviar_trial **ret_trial);

/** A configuration that may be the best one, where runs of one come out different. */
typedef struct caviar_contender {
    int64_t number;    /* of the first of its runs */
    int64_t run_count; /* complete ones */
    double mean;       /* of many runs of it: a value of the metric */
    double low, high;  /* 90 % interval of that mean */
    double chance;     /* that it is the best of these */
} caviar_contender;

/**
 * How sure it is which configuration is the best: those that may be, at most eight, the best mean
 * first. Writes them to ret_contenders [capacity], and to *ret_count how many there are, which may
 * be more than there is room for. It is 0 where the trials show no noise, or are too few to: the
 * best value is then what it seems; and where there are several objectives.
 */
CAVIAR_API caviar_code caviar_study_contenders(caviar_study *study,
                                               caviar_contender *ret_contenders, size_t capacity,
                                               size_t *ret_count);

/**
 * Queues `times` further runs, each under a seed of its own, of each of the best `count`
 * configurations. `ask` hands them out before anything else, also when the budget is spent, against
 * which they do not count; what they give makes it surer which configuration is the best.
 *
 * Fails with CAVIAR_NOT_FOUND while no trial is complete, CAVIAR_INVALID where there are several
 * objectives, or `count` or `times` is 0.
 */
CAVIAR_API caviar_code caviar_study_confirm(caviar_study *study, size_t count, size_t times);

/**
 * The Pareto front of several objectives: the complete trials of which no other one is as good in
 * all objectives and better in one. Writes their numbers, in order, to ret_numbers [capacity], and
 * to *ret_count how many there are, which may be more than there is room for.
 */
CAVIAR_API caviar_code caviar_study_front(caviar_study *study, int64_t *ret_numbers,
                                          size_t capacity, size_t *ret_count);

/** Who changes a running trial, and why. All zero is fine. */
typedef struct caviar_nudge_options {
    const char *author, *note;
    bool force; /* values may leave the space, and break constraints */
} caviar_nudge_options;

/**
 * Changes parameters of a trial that runs, here or in another process: it gets the values with the
 * answer to its next report (see `caviar_trial_change_count`). `options` may be NULL. What was
 * changed, by whom and why is kept with the trial.
 *
 * Fails with CAVIAR_INVALID for a value that the space does not have, CAVIAR_STATE when the trial
 * has ended or its program is known to take no changes, CAVIAR_NOT_FOUND.
 */
CAVIAR_API caviar_code caviar_study_nudge(caviar_study *study, int64_t number,
                                          const caviar_setting *settings, size_t setting_count,
                                          const caviar_nudge_options *options);

/**
 * Sends a running trial back to the checkpoint of a step: with the answer to its next report the
 * verdict is RESTORE. Nudges from that step on are taken back. A step of -1 means that of the last
 * nudge, which was delivered after the checkpoint was written.
 *
 * Fails with CAVIAR_STATE when the trial has ended or its program has not said that it can restore
 * that step, CAVIAR_NOT_FOUND when there is no such trial, or no nudge to take back.
 */
CAVIAR_API caviar_code caviar_study_rollback(caviar_study *study, int64_t number, int64_t step,
                                             const caviar_nudge_options *options);

CAVIAR_API int64_t caviar_trial_number(const caviar_trial *trial);
CAVIAR_API caviar_state caviar_trial_state(const caviar_trial *trial);
CAVIAR_API caviar_reason caviar_trial_reason(const caviar_trial *trial);

/** The final value by the metric's index in the study; NaN where there is none. */
CAVIAR_API double caviar_trial_value(const caviar_trial *trial, size_t metric_index);

/** The sentence of the last failed call on this trial, or else why the trial failed; else "". */
CAVIAR_API const char *caviar_trial_message(const caviar_trial *trial);

/** Reads a parameter. CAVIAR_NOT_FOUND for an unknown name; an inactive one has kind NONE. */
CAVIAR_API caviar_code caviar_trial_get(caviar_trial *trial, const char *name,
                                        caviar_value *ret_value);

/** The same in one word: NaN, 0, or NULL where the parameter is unknown, inactive or not such. */
CAVIAR_API double caviar_trial_real(caviar_trial *trial, const char *name);
CAVIAR_API int64_t caviar_trial_int(caviar_trial *trial, const char *name);
CAVIAR_API const char *caviar_trial_text(caviar_trial *trial, const char *name);

/**
 * Names a parameter of the trial, and reads its value: for programs that find out as they run which
 * parameters there are. Of a study that `grows` the definition is added to the space when it is
 * named first; the value is random then, and from the next trial on the sampler's. What a trial has
 * not named when it ends was no parameter of it. Of any other study only what is in the space can
 * be named, and the space's own definition counts.
 *
 * The value lies in the range, or is one of the choices, that `definition` gives. A range or a
 * choice that goes beyond what was given before is added to the space; conditions are the
 * program's own, and not given.
 *
 * Fails with CAVIAR_INVALID where the parameter is of another type, scale or step,
 * CAVIAR_NOT_FOUND where the space does not grow and has none of that name.
 */
CAVIAR_API caviar_code caviar_trial_suggest(caviar_trial *trial, const caviar_parameter *definition,
                                            caviar_value *ret_value);

/** Parameters by index, in the order of the space, for loops; NULL beyond the last. */
CAVIAR_API const char *caviar_trial_name(const caviar_trial *trial, size_t index);

/** All values in that order, as many as ret_values [capacity] has room for. Returns how many
 * parameters there are. */
CAVIAR_API size_t caviar_trial_values(const caviar_trial *trial, caviar_value *ret_values,
                                      size_t capacity);

/** A seed for the trial's own randomness, from 0 to 2^31 - 1, the same on every attempt. */
CAVIAR_API uint32_t caviar_trial_seed(const caviar_trial *trial);

/** The step that the trial already stands at (from a checkpoint), and the one it may go to
 * (INT64_MAX: the study does not say). */
CAVIAR_API int64_t caviar_trial_first_step(const caviar_trial *trial);
CAVIAR_API int64_t caviar_trial_last_step(const caviar_trial *trial);

/**
 * Reports metrics at a step (an epoch, say), and learns what to do next. Steps grow; a report at
 * an earlier step, after a restore, gives up what was reported from there on.
 * A value that is not finite ends the trial as failed (`not-finite`); the verdict is then STOP.
 * Fails with CAVIAR_STALE when the trial was handed to somebody else, CAVIAR_STATE when it ended.
 */
CAVIAR_API caviar_code caviar_trial_report(caviar_trial *trial, int64_t step,
                                           const caviar_metric *metrics, size_t metric_count,
                                           caviar_verdict *ret_verdict);

/**
 * Says what this program can do with the answers to its reports: an or of caviar_ability. It goes
 * out with the next report. Whoever
 * wants to nudge the trial is told so. Without a word from the program it may be sent changes, but
 * is never asked to restore.
 */
CAVIAR_API caviar_code caviar_trial_can(caviar_trial *trial, unsigned abilities);

/**
 * Says which steps can be restored: [step_count] in ascending order. It goes out with the next
 * report, and replaces what was said before. Without a word, any step that was reported.
 */
CAVIAR_API caviar_code caviar_trial_keeps(caviar_trial *trial, const int64_t *steps,
                                          size_t step_count);

/**
 * For a program that goes on from an earlier step than `first_step` and does not report again what
 * is known: makes the changes that were made at `step` (at 0: before the first one) those of the
 * last report. Returns how many there are. A program that goes on from the checkpoint of a step
 * calls it for that step, too, since changes are made after the checkpoint is written.
 */
CAVIAR_API size_t caviar_trial_pass(caviar_trial *trial, int64_t step);

/** What the last report changed (a nudge): so many parameters, by name; `get` has the new value. */
CAVIAR_API size_t caviar_trial_change_count(const caviar_trial *trial);
CAVIAR_API const char *caviar_trial_change_name(const caviar_trial *trial, size_t index);

/** With the verdict RESTORE: the step whose checkpoint to go back to. */
CAVIAR_API int64_t caviar_trial_restore_step(const caviar_trial *trial);

/**
 * Tells the result; with it the trial ends. When the call returns CAVIAR_OK the result is on disk
 * and is recorded exactly once. Metrics that are not given keep the last value reported. A trial
 * that was told to stop ends as `pruned`; one without a finite value of the study's metric as
 * `failed`. A second tell is CAVIAR_STATE.
 */
CAVIAR_API caviar_code caviar_trial_tell(caviar_trial *trial, const caviar_metric *metrics,
                                         size_t metric_count);

/** The same for the study's one metric. */
CAVIAR_API caviar_code caviar_trial_tell_value(caviar_trial *trial, double value);

/**
 * Ends the trial as `pruned` of its own accord, as if it had been told to stop: its last report
 * counts as what is known of it. (One that `caviar run` started has its last report as its result.)
 */
CAVIAR_API caviar_code caviar_trial_prune(caviar_trial *trial);

/**
 * Tells that the trial failed; it is queued again while the study's `retry` allows, unless the
 * reason would only come again (infeasible, not-finite, no-metric).
 */
CAVIAR_API caviar_code caviar_trial_fail(caviar_trial *trial, caviar_reason reason,
                                         const char *message);

/** Frees the handle. A trial that was asked for and never told goes back to `waiting`. */
CAVIAR_API void caviar_trial_free(caviar_trial *trial);

/* ---------------------------------------------------------------------------------------------
 * 4. Inside a trial: a program that `caviar run` started
 * ------------------------------------------------------------------------------------------- */

/**
 * Joins the trial that this process is. `socket_path` is the value of the environment variable
 * CAVIAR_SOCKET; with NULL, a program that was started by hand gets a trial that has no
 * parameters, keeps nothing, and whose reports are always answered CONTINUE.
 *
 * Then `caviar_trial_report`, `caviar_trial_get` and the others work as in part 3. `tell` is not
 * needed: what was reported last counts when the program ends with status 0.
 *
 * *ret_trial is a handle also on failure, to read the message from; free it in either case.
 */
CAVIAR_API caviar_code caviar_trial_join(const char *socket_path, caviar_trial **ret_trial);

#ifdef __cplusplus
}
#endif

#endif
