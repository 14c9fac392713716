/**
 * standing.h: how sure it is which configuration is the best, where runs come out different.
 */
#ifndef CAV_CLI_STANDING_H
#define CAV_CLI_STANDING_H

#include "study/study.h"

enum { CAV_MOST_CONFIRMED = 100 };

/** What is known of the best few. */
typedef struct cav_standing {
    const cav_incumbent *incumbent;       // borrowed of the study; NULL: there is no noise
    size_t confirmed[CAV_MOST_CONFIRMED]; // [confirmed_count] trials that were just run again
    size_t confirmed_count;
} cav_standing;

/** Prints what those that were run again gave, and, where there is noise, what the best is called
 * so by, and a line for each that may be instead. */
caviar_code cav_standing_print(const cav_study *study, const cav_standing *standing,
                               cav_error *error);

/** A configuration that may be the best, as an object. */
void cav_standing_write_one(const cav_study *study, const cav_contender *contender, cav_json *json);

/** The keys `confirmed`, if any were, and `standing`, null where there is no noise to speak of,
 * into an object. */
void cav_standing_write(const cav_study *study, const cav_standing *standing, cav_json *json);

#endif
