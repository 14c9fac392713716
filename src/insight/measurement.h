/**
 * measurement.h: the importance of the parameters by one of the methods, with what it stands on.
 */
#ifndef CAV_INSIGHT_MEASUREMENT_H
#define CAV_INSIGHT_MEASUREMENT_H

#include "base/json.h"
#include "insight/anova.h"

/** The methods: X(NAME, "word", "what it measures"). */
#define CAV_METHODS(X)                                                                             \
    X(PED_ANOVA, "ped-anova", "what separates the best trials from all")                           \
    X(FANOVA, "fanova", "what the loss varies with, each parameter by itself")                     \
    X(SHAPLEY, "shapley", "what the loss varies with, joint effects shared out")

typedef enum cav_method {
#define X(name, word, summary) CAV_METHOD_##name,
    CAV_METHODS(X)
#undef X
} cav_method;

enum { CAV_METHOD_COUNT = 3 };

const char *cav_method_name(cav_method method);
const char *cav_method_summary(cav_method method);

/** CAVIAR_INVALID, with a hint, for an unknown word. */
caviar_code cav_method_find(const char *word, cav_method *ret_method, cav_error *error);

typedef struct cav_measurement {
    const cav_space *space;
    cav_method method;
    size_t trial_count;    // complete trials with a finite value
    size_t stopped_count;  // of these were stopped, as whoever gave the history knows
    cav_importance *items; // [count] most important first
    size_t count;
    cav_interaction *pairs; // [pair_count] largest first, where they were asked for
    size_t pair_count;
    double even_count; // of PED-ANOVA: as how many trials these count; NaN
    double explained;  // share of the variation that the model explains, out of bag; NaN: no model
    double needed;     // what it must explain at least; NaN
    bool is_enough;    // to rank: the model explains enough, or some parameter is beyond chance
} cav_measurement;

/** What is measured, and how. */
typedef struct cav_measurement_setup {
    const cav_space *space;
    const cav_history *history;
    size_t metric;
    uint64_t seed;
    cav_method method;
    bool with_pairs; // of fANOVA; all methods can show them
} cav_measurement_setup;

/** Measures; what it returns lives in the arena. Fails as cav_ranking_check does. */
caviar_code cav_measurement_make(const cav_measurement_setup *setup, cav_arena *arena,
                                 cav_measurement *ret_measurement, cav_error *error);

/** Appends why there is no ranking: "the model explains 3 % of …"; nothing where it is enough. */
void cav_measurement_doubt(const cav_measurement *measurement, cav_text *text);

/** Writes it as an object. */
void cav_measurement_write(const cav_measurement *measurement, const char *metric, cav_json *json);

#endif
