/**
 * course_guess.h: what one learning curve alone says about its next steps.
 *
 * The model of learning curves wants a study's worth of curves; a run that is alone gets it by
 * standing for several of its kind. What the model says is moved by as much as the last three
 * values are off it on average: a kink that no shape of the model has does not count as a gain.
 */
#ifndef CAV_INSIGHT_COURSE_GUESS_H
#define CAV_INSIGHT_COURSE_GUESS_H

#include "base/error.h"
#include "trial/history.h"

typedef struct cav_course_guess cav_course_guess;

/**
 * Learns from the first `count` points of a curve of one metric, of a training that goes to
 * `step_max`. At least CAV_COURSE_LEAST points are needed.
 */
caviar_code cav_course_guess_new(const cav_curve *curve, size_t metric_count, size_t count,
                                 int64_t step_max, cav_course_guess **ret_guess, cav_error *error);
void cav_course_guess_free(cav_course_guess *guess);

enum { CAV_COURSE_LEAST = 6 };

/** Where the curve is after the last point that was learnt from. */
double cav_course_guess_now(const cav_course_guess *guess);

/**
 * The loss that is expected at a later step, and how far off its course may be by then, unless it
 * is NULL: what the model says of a curve that is of its shapes, and three tenths of the way ahead,
 * since the shape may be another one. With that and the noise, about 80 % of the ends of made power
 * laws and exponentials lie in the band that should hold as many (tests/unit/test_panda.c), fewer
 * where no more than a beginning was seen.
 */
double cav_course_guess_at(cav_course_guess *guess, int64_t step, double *ret_sd);

/** The noise of its values about their course. */
double cav_course_guess_noise(const cav_course_guess *guess);

#endif
