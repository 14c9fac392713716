/**
 * cmaes_start.h: where a run of the evolution strategy begins, and when it ends.
 */
#ifndef CAV_SEARCH_CMAES_START_H
#define CAV_SEARCH_CMAES_START_H

#include "search/cmaes_law.h"
#include "trial/history.h"

/**
 * Begins around the best trials so far: rows elite [count] of the history, best first, at least
 * one. `spread` is the deviation where they say nothing, as a part of the start range.
 */
void cav_start_warm(cav_gauss *gauss, cav_choices *choices, const cav_frame *frame,
                    const cav_history *history, const size_t *elite, size_t count, double spread);

/** Begins at the place in the start range that `restart` draws, with all choices alike. */
void cav_start_anywhere(cav_gauss *gauss, cav_choices *choices, const cav_frame *frame,
                        uint64_t restart, double spread);

/** The runs of BIPOP: Hansen: "Benchmarking a BI-population CMA-ES on BBOB-2009", GECCO 2009. */
typedef struct cav_regimes {
    size_t usual;                    // members of a generation in the first run
    size_t restarts, doublings;      // so far
    double large_spent, small_spent; // trials of either kind of run
    bool is_small;                   // the run that goes on
    double narrowing;                // of the deviation that it began with
} cav_regimes;

/** Chooses the next run, and returns the size of its generations. */
size_t cav_regimes_next(cav_regimes *regimes, uint64_t seed);

/** Whether a run still gets anywhere. */
typedef struct cav_progress {
    double *bests; // [window] ring: the best loss of the last generations
    size_t window, capacity, generations;
    double best; // of the run
    size_t best_generation;
} cav_progress;

/** Begins anew. False when out of memory; free it in either case. */
bool cav_progress_start(cav_progress *progress, const cav_gauss *gauss);
void cav_progress_free(cav_progress *progress);

/** Notes the best loss of a generation. */
void cav_progress_note(cav_progress *progress, double loss);

/**
 * True when the run is over: the best losses have become the same, or no better for long; the
 * deviations of all continuous coordinates have become less than values can differ by; or C has a
 * condition of 1e14.
 */
bool cav_progress_is_over(const cav_progress *progress, const cav_gauss *gauss,
                          const cav_frame *frame);

#endif
