/**
 * advice.h: what the trials of a study say about its space, in words: another scale, another range,
 * a parameter or a choice to leave out.
 */
#ifndef CAV_INSIGHT_ADVICE_H
#define CAV_INSIGHT_ADVICE_H

#include "base/json.h"
#include "insight/ranges.h"
#include "insight/scales.h"

/** What to do: X(NAME, "word"). */
#define CAV_ADVICE_KINDS(X)                                                                        \
    X(SCALE, "scale") /* search it on another scale */                                             \
    X(GROW, "grow")   /* its range, at an end */                                                   \
    X(CUT, "cut")     /* its range, at an end */                                                   \
    X(FIX, "fix")     /* hold it at a value */                                                     \
    X(DROP, "drop")   /* a choice */

typedef enum cav_advice_kind {
#define X(name, word) CAV_ADVICE_##name,
    CAV_ADVICE_KINDS(X)
#undef X
} cav_advice_kind;

const char *cav_advice_name(cav_advice_kind kind);

typedef struct cav_advice {
    cav_advice_kind kind;
    size_t parameter;
    const char *evidence; // a sentence without its full stop
    const char *change;   // of the study file: "scale: log", "low: 1e-06"
    caviar_scale scale;   // scale: the better one
    bool is_high;         // grow, cut: at the upper end
    double bound;         // grow, cut: the new one
    double value;         // fix, drop
} cav_advice;

typedef struct cav_advice_list {
    const cav_space *space;
    size_t trial_count;         // complete trials with a finite value
    size_t learnt_count;        // of which the model has learnt so many
    double skill;               // share of the variation of trials left out that it explains
    cav_scale_evidence *scales; // [scale_count] of every range, also where nothing is advised
    size_t scale_count;
    cav_advice *items; // [count]
    size_t count;
} cav_advice_list;

/** Looks at a metric; what it returns lives in the arena. Fails as cav_ranking_check does. */
caviar_code cav_advice_make(const cav_space *space, const cav_history *history, size_t metric,
                            uint64_t seed, cav_arena *arena, cav_advice_list *ret_list,
                            cav_error *error);

/** The same from a surrogate that is there; it forgets which trials it had learnt. */
caviar_code cav_advice_of(cav_smooth *smooth, uint64_t seed, cav_arena *arena,
                          cav_advice_list *ret_list, cav_error *error);

/** What is followed, and for whom. All zero: all of it, for a study to come. */
typedef struct cav_advice_choice {
    const bool *chosen; // [list->count] NULL: all
    bool keeps_choices; // for the study itself, whose trials have them: a constraint is added
} cav_advice_choice;

/**
 * The space with the advice followed; the caller frees it. In a study to come a choice that
 * conditions name is kept.
 */
caviar_code cav_advice_follow(const cav_advice_list *list, const cav_advice_choice *choice,
                              cav_space **ret_space, cav_error *error);

/** Writes it as an object. */
void cav_advice_write(const cav_advice_list *list, cav_json *json);

#endif
