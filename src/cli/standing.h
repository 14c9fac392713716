/**
 * standing.h: how sure it is which configuration is the best, where runs come out different.
 */
#ifndef CAV_CLI_STANDING_H
#define CAV_CLI_STANDING_H

#include "insight/incumbent.h"
#include "study/study.h"

enum { CAV_MOST_CONFIRMED = 100 };

/** What is known of the best few. */
typedef struct cav_standing {
    cav_incumbent incumbent;
    size_t confirmed[CAV_MOST_CONFIRMED]; // [confirmed_count] trials that were just run again
    size_t confirmed_count;
} cav_standing;

/** The trial to be called the best: by what all trials say where there is noise, else the one with
 * the best value; SIZE_MAX: none is complete. */
size_t cav_standing_best(const cav_study *study, const cav_standing *standing);

/** Prints what those that were run again gave, what the best is called so by, and a line for each
 * that may be instead. */
caviar_code cav_standing_print(const cav_study *study, const cav_standing *standing,
                               cav_error *error);

/** The keys `confirmed`, if any were, and `standing`, null where there is no noise to speak of,
 * into an object. */
void cav_standing_write(const cav_study *study, const cav_standing *standing, cav_json *json);

#endif
