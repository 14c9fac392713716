/**
 * cmaes_choices.h: the shares of unordered choices, and how a generation moves them.
 *
 * CatCMA: Hamano, Saito, Nomura, Uchida, Shirakawa: "CatCMA: stochastic optimization for
 * mixed-category problems", GECCO 2024: each parameter has a categorical distribution of its own,
 * which follows the natural gradient with an adaptive rate and keeps a margin for every choice.
 */
#ifndef CAV_SEARCH_CMAES_CHOICES_H
#define CAV_SEARCH_CMAES_CHOICES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cav_choices {
    size_t count;    // of parameters
    size_t *sizes;   // [count] choices of each, at least 1
    size_t *starts;  // [count + 1] of its shares
    double *shares;  // [starts[count]] each parameter's sum to 1
    double *slope;   // scratch: [starts[count]]
    double *path;    // [starts[count]] of directions, in the Fisher metric
    double pace;     // Delta: 1 / rate
    double expected; // gamma: of |path|^2, if directions were random
} cav_choices;

/** Makes room. False when out of memory; free it in either case. */
bool cav_choices_init(cav_choices *choices, size_t count, const size_t *sizes);
void cav_choices_free(cav_choices *choices);

/** Begins anew from the shares that are there (all equal after init), put above the margin. */
void cav_choices_start(cav_choices *choices);

/** The share that every choice of parameter i keeps at least. */
double cav_choices_margin(const cav_choices *choices, size_t i);

/**
 * Learns from a generation: picks [member_count][count], SIZE_MAX where the parameter was inactive;
 * pulls [member_count] not negative, with sum 1.
 */
void cav_choices_learn(cav_choices *choices, const size_t *const *picks, const double *pulls,
                       size_t member_count);

#endif
