/**
 * population.h: the course of populations, worked out from the history: who is in which, who has
 * lost its place to a copy of whom, and what is decided so far.
 *
 * Trials that were started from the beginning make up populations of so many places, by their
 * number. At every milestone (a multiple of the interval) the members are ranked by their loss
 * there, once all of them have come as far: those at the end of the ranking lose their places to
 * copies of those at its top. A copy is a fork: a trial with its parent's number and the step of
 * the checkpoint that it starts from; so what has been done is read from the trials themselves.
 *
 * As a ranking waits for all, it does not depend on who came first: the same losses give the same
 * populations, whatever the number of workers. A member that does better than the others need not
 * stand still meanwhile; it hears of the ranking with its next report.
 */
#ifndef CAV_SCHEDULE_POPULATION_H
#define CAV_SCHEDULE_POPULATION_H

#include "base/random.h"
#include "schedule/scheduler.h"

typedef struct cav_populations_setup {
    const char *maker; // whose forks count
    size_t size;       // places of a population
    int64_t interval, last;
    int64_t trial_budget; // after which no new member comes; 0: not known
    double quantile;      // of the places, that are lost and are copied
    uint64_t seed;
} cav_populations_setup;

/** A place of a population. */
typedef struct cav_place {
    size_t trial;  // that has it now
    bool is_lost;  // and lost it, with no copy to take it: nobody goes on in it
    double loss;   // at the milestone looked at last; infinite: it came to a bad end before
    size_t rank;   // and the place's rank there, from 0
    size_t parent; // and the trial that it got a copy of there; SIZE_MAX: none
} cav_place;

/** A copy that is to be made. */
typedef struct cav_copy {
    size_t place, loser, parent; // parent SIZE_MAX: none
    int64_t step, milestone;     // step: of the checkpoint
} cav_copy;

/** One population, after cav_populations_follow. */
typedef struct cav_population {
    size_t index, place_count;
    bool is_full;      // no further member will come
    int64_t decided;   // the milestone up to which the rankings are settled
    cav_copy next;     // the first copy that is missing
    cav_place *places; // [place_count]
    size_t *order;     // [place_count] places by rank, at the milestone looked at last
    size_t *lost;      // [lost_count] trials that lost their places
    size_t lost_count, lost_capacity, place_capacity, order_capacity;
} cav_population;

typedef struct cav_populations {
    cav_populations_setup setup;
    size_t *of;      // [trial_count] the population of a trial; SIZE_MAX: in none
    size_t *members; // [member_count] trials that were started from the beginning
    size_t *copies;  // [copy_count] forks, as they were made
    size_t trial_count, of_capacity, member_count, member_capacity, copy_count, copy_capacity;
    size_t first_open; // population before which all are over
} cav_populations;

void cav_populations_free(cav_populations *populations);
void cav_population_free(cav_population *population);

/** Takes in the trials that are new. */
caviar_code cav_populations_look(cav_populations *populations, const cav_history *history,
                                 cav_error *error);

/** How many populations have begun, after a look. */
size_t cav_populations_count(const cav_populations *populations);

/** Works out the course of a population, after a look. `population` is zero, or used before. */
caviar_code cav_populations_follow(const cav_populations *populations, const cav_history *history,
                                   size_t index, cav_population *population, cav_error *error);

/** Whether a trial lost its place. */
bool cav_population_has_lost(const cav_population *population, size_t trial);

/** Whether somebody has not come to a milestone, and nobody runs it: it waits for a worker. */
bool cav_population_waits(const cav_population *population, const cav_history *history,
                          int64_t milestone);

/** Whether all its members have ended. */
bool cav_population_is_over(const cav_population *population, const cav_history *history);

/** What is drawn for the copy in a place: whom it is of, and what it changes. */
typedef enum cav_copy_draw { CAV_DRAW_PARENT, CAV_DRAW_VALUES } cav_copy_draw;

/** The draws that belong to a place at a milestone. */
cav_random cav_populations_draw(const cav_populations *populations, size_t population, size_t place,
                                int64_t milestone, cav_copy_draw what);

#endif
