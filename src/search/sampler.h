/**
 * sampler.h: the interface of the samplers, and their table.
 *
 * A sampler sees a space (the kinds of its coordinates), the history, and the number of the trial
 * that is to be; it answers with a point of the unit cube. It knows nothing of studies, stores or
 * programs. To add one: write one file that defines a cav_sampler_type, and add its line to
 * CAV_SAMPLERS; the conformance suite, the help and the study file then know it.
 */
#ifndef CAV_SEARCH_SAMPLER_H
#define CAV_SEARCH_SAMPLER_H

#include "base/options.h"
#include "base/ranks.h"
#include "space/space.h"
#include "surrogate/earlier.h"
#include "trial/history.h"

/** What a sampler is made for. */
typedef struct cav_sampler_setup {
    const cav_space *space;          // outlives the sampler
    const cav_space *shape;          // of one that grows: the same, with the conditions that its
                                     // trials show, for who `follows_conditions`; NULL: none
    uint64_t seed;                   // the study's
    int64_t trial_budget;            // how many trials there may be; 0: not known
    int64_t step_max;                // how far a trial goes; 0: not known
    bool stops_early;                // a scheduler stops trials before that, or pauses them
    int64_t parallel;                // how many run at a time; 0: not known
    size_t metric_count;             // 0: one
    const cav_earlier_list *earlier; // studies to learn from, outlive the sampler; NULL: none
} cav_sampler_setup;

/** What an earlier study has been worth so far. */
typedef struct cav_inherited {
    double share;                   // of what is suggested now that goes by it, in [0, 1]
    double weight;                  // of this one among all earlier studies
    cav_rank_correlation agreement; // of what it says with the losses of this study's trials
    size_t trial_count;             // those
    size_t refuted;                 // after so many of them; 0: it is not
    size_t taken;                   // configurations of its that were tried here
    double best_place;              // share of the trials that are better than the best of these
} cav_inherited;

/** What is asked for. */
typedef struct cav_suggest {
    uint64_t number;  // of the trial that is to be
    uint32_t attempt; // 0, then 1, 2, … while the point was refused: seen before, or infeasible
} cav_suggest;

typedef struct cav_sampler_type {
    const char *name;
    const char *summary; // one line, for help
    const cav_option *options;
    size_t option_count;
    size_t settings_size; // bytes of the struct that the options fill

    /**
     * True where the point depends on the number: then a number that somebody else took first is
     * asked for again. A model need not be asked again, since any number suits its point.
     */
    bool by_number;

    /** True where a point must never be tried twice, also in a space that is not finite. */
    bool is_distinct;

    /** True where it learns from earlier studies. */
    bool inherits;

    /**
     * True where conditions alone tell it which coordinates a point will have. (Others learn that
     * from what trials lack.) In a space that grows it is given those that its trials show.
     */
    bool follows_conditions;

    /** True where a study with more than one metric is refused. */
    bool one_metric;
    /** True where of several metrics only the first counts. */
    bool first_metric;

    /** Makes the state. `settings` outlives it. Fails with CAVIAR_INVALID if the space is unfit. */
    caviar_code (*create)(const cav_sampler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error);

    /**
     * Writes a point [dim_count] to ret_point, each coordinate in [0, 1]; what is inactive may be
     * anything. The same history, number and attempt give the same point on every machine.
     * Fails with CAVIAR_DONE when there is no further point.
     */
    caviar_code (*suggest)(void *state, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error);

    /**
     * Who proposed the point that `suggest` gave last, and why, in words that begin with the
     * sampler's name and a colon: kept with the trial, and shown. Valid until the next call.
     * NULL, or a NULL answer: the name says it all.
     */
    const char *(*explain)(const void *state);

    /**
     * How well it predicts losses that it has not seen: 1 less the share of their variation that
     * it leaves unexplained; NAN where it cannot say. NULL: never. A function of the history.
     */
    caviar_code (*skill)(void *state, const cav_history *history, double *ret_skill,
                         cav_error *error);

    /** What an earlier study is worth by now. NULL where it does not learn from any. */
    caviar_code (*inherited)(void *state, const cav_history *history, size_t earlier,
                             cav_inherited *ret, cav_error *error);

    void (*destroy)(void *state);
} cav_sampler_type;

/** The samplers: X(name of the cav_sampler_type). */
#define CAV_SAMPLERS(X)                                                                            \
    X(cav_sampler_auto)                                                                            \
    X(cav_sampler_cmaes)                                                                           \
    X(cav_sampler_gp)                                                                              \
    X(cav_sampler_grid)                                                                            \
    X(cav_sampler_nsga2)                                                                           \
    X(cav_sampler_random)                                                                          \
    X(cav_sampler_rf)                                                                              \
    X(cav_sampler_sobol)                                                                           \
    X(cav_sampler_tpe)                                                                             \
    X(cav_sampler_zoom)

#define X(type) extern const cav_sampler_type type;
CAV_SAMPLERS(X)
#undef X

/** All of them, by name. */
extern const cav_sampler_type *const cav_samplers[];
extern const size_t cav_sampler_count;

/** Finds a type; CAVIAR_INVALID with a hint for an unknown name. */
caviar_code cav_sampler_find(const char *name, const cav_sampler_type **ret_type, cav_error *error);

enum { CAV_ORIGIN_SIZE = 192 }; // room for what `explain` says, with its NUL

/** A sampler in use. */
typedef struct cav_sampler {
    const cav_sampler_type *type;
    void *settings, *state;
} cav_sampler;

/** Reads the options and makes the state. On failure the sampler is left empty. */
caviar_code cav_sampler_open(cav_sampler *sampler, const char *name, const cav_option_value *given,
                             size_t given_count, const cav_sampler_setup *setup, cav_error *error);
void cav_sampler_close(cav_sampler *sampler);

#endif
