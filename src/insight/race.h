/**
 * race.h: several runs of each configuration under different seeds, and when one has lost.
 *
 * A trial that was suggested is the first run of a configuration; its replicates are trials made
 * from it that begin at the beginning with a seed of their own. A configuration counts by the mean
 * of its complete runs. It is run again, one run at a time, until it has had all its runs or has
 * lost, which is tested after each:
 *
 * Configurations are raced in the order of their trials, each against the best one before it that
 * is settled (with the least mean m of r runs, of those that had all their runs). The noise is
 * pooled over the configurations before it that are settled: s^2 is the sum of the squared
 * deviations of their runs from their means, divided by its degrees of freedom f (their runs less
 * one for each). With the mean m' of its own r' runs a configuration has lost if f is at least 3
 * and
 *
 *     (m' - m) / (s sqrt(1/r' + 1/r)) > t(1 - 0.05 / (k - 1); f),
 *
 * Student's quantile: the chance of 0.05 to drop one that is as good is shared between the k - 1
 * tests that it may see (Bonferroni).
 *
 * That is a t-test race: Maron and Moore, "The racing algorithm", Artificial Intelligence Review
 * 11, 1997; Birattari, Stützle, Paquete and Varrentrapp, "A racing algorithm for configuring
 * metaheuristics", GECCO 2002; López-Ibáñez and others, "The irace package", Operations Research
 * Perspectives 3, 2016. Unlike irace's it is not paired, since a trial's seed is its own, and the
 * variance is pooled, so that it can end after a single run.
 */
#ifndef CAV_INSIGHT_RACE_H
#define CAV_INSIGHT_RACE_H

#include "base/error.h"
#include "trial/history.h"

/** Who makes these trials: their origin up to the colon. */
#define CAV_REPLICATE "replicate"

typedef struct cav_race cav_race;

typedef struct cav_race_setup {
    size_t param_count, dim_count, metric_count;
    const bool *maximize; // [metric_count] outlives it
    int64_t replicates;   // runs of a configuration, 2 or more
} cav_race_setup;

/** What the runs of a configuration gave. */
typedef struct cav_race_runs {
    size_t complete, open, failed; // runs; open: waiting, running or paused
    double mean, sd;               // of the first metric's loss over the complete ones; NaN: none
    bool is_settled, has_lost;
} cav_race_runs;

/** NULL when out of memory. */
cav_race *cav_race_new(const cav_race_setup *setup);
void cav_race_free(cav_race *race);

/** Takes in what is new in the history. */
caviar_code cav_race_look(cav_race *race, const cav_history *history, cav_error *error);

/**
 * The configurations as a history of their own, for samplers: a row each, in their order, with the
 * means as losses. One that is not settled is running.
 */
const cav_history *cav_race_view(const cav_race *race);

/** The first run of the configuration that is to be run again next; SIZE_MAX: none. */
size_t cav_race_next(const cav_race *race);

/** The first run of the configuration that a trial is a run of; SIZE_MAX: of none. */
size_t cav_race_first(const cav_race *race, size_t number);

/** What a configuration's runs gave; `first` is its first run. */
const cav_race_runs *cav_race_of(const cav_race *race, size_t first);

/**
 * The first run of the best configuration: of those that had all their runs, or else of all that
 * have any; SIZE_MAX: none has.
 */
size_t cav_race_best(const cav_race *race);

/** The standard error of a mean; NaN where a single run leaves it unknown. */
double cav_race_error(const cav_race_runs *runs);

#endif
