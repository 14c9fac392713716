/**
 * diagnosis.h: what a learning curve says, with the evidence, and the change that usually helps.
 *
 * The noise of a curve is estimated from its second differences, which a smooth course leaves next
 * to nothing in (Gasser, Sroka and Jennen-Steinmetz, Biometrika 73, 1986), by their median, so that
 * a few jumps do not count. Its trend is the least-squares slope of its last third, held against
 * its standard error. Less is better in all values here.
 */
#ifndef CAV_INSIGHT_DIAGNOSIS_H
#define CAV_INSIGHT_DIAGNOSIS_H

#include "base/text.h"
#include "caviar.h"

/** X(NAME, "word", "the change that usually helps") */
#define CAV_FINDINGS(X)                                                                            \
    X(NOT_FINITE, "not finite",                                                                    \
      "a smaller learning rate (x0.1), or batch normalisation; look at the inputs' scale, too")    \
    X(DIVERGING, "diverging",                                                                      \
      "go back to before it rose, and on with a smaller learning rate (x0.3)")                     \
    X(OVERFITTING, "overfitting",                                                                  \
      "stop where it was best; more l2 or dropout, or more data, moves that place on")             \
    X(NOISY, "noisy",                                                                              \
      "a smaller learning rate or a larger batch; compare such trials by several seeds")           \
    X(STOPPED_EARLY, "stopped too early",                                                          \
      "let trials go further before the scheduler judges them (steps: {min: ...})")                \
    X(FALLING, "still falling at the end",                                                         \
      "more steps; or a larger learning rate (x2), if it fell evenly all the way")                 \
    X(PLATEAU, "plateau",                                                                          \
      "a smaller learning rate from here on (x0.3) often goes further; else stop here")

typedef enum cav_finding {
#define X(name, word, advice) CAV_FINDING_##name,
    CAV_FINDINGS(X)
#undef X
        CAV_FINDING_COUNT
} cav_finding;

const char *cav_finding_name(cav_finding finding);
const char *cav_finding_advice(cav_finding finding);

/** A curve. */
typedef struct cav_symptoms {
    const char *metric, *train_metric; // names, for the evidence; NULL: no training curve
    const int64_t *steps;              // [count] growing
    const double *losses;              // [count]
    size_t count;
    const int64_t *train_steps; // [train_count]
    const double *train_losses; // [train_count]
    size_t train_count;
    bool is_maximized; // the metric is shown turned round
    caviar_state state;
    caviar_reason reason;
} cav_symptoms;

/** One finding and what speaks for it. */
typedef struct cav_diagnosis {
    cav_finding finding;
    char evidence[200];
} cav_diagnosis;

/**
 * Looks at a curve; writes what it finds, the gravest first. Returns how many; 0 also where fewer
 * than eight values leave nothing to be said.
 */
size_t cav_diagnose(const cav_symptoms *symptoms, cav_diagnosis ret_found[CAV_FINDING_COUNT]);

/** The noise of a curve: the standard deviation of its values about a smooth course. */
double cav_diagnosis_noise(const double *values, size_t count);

#endif
