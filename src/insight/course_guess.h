/**
 * course_guess.h: what one learning curve alone says about its next steps.
 *
 * The model of learning curves (surrogate/curve_model.h) wants a study's worth of them, from which
 * it learns what is usual. Of one alone the next steps are a mixture of exponentials and power
 * laws, weighed by how well each fits.
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
 * is NULL: what the mixture says of a curve that is of its shapes, and three tenths of the way
 * ahead, since the shape may be another one. With that and the noise, about 80 % of the ends of
 * made power laws and exponentials lie in the band that should hold as many
 * (tests/unit/test_panda.c), fewer where no more than a beginning was seen.
 */
double cav_course_guess_at(const cav_course_guess *guess, int64_t step, double *ret_sd);

/** The noise of its values about their course. */
double cav_course_guess_noise(const cav_course_guess *guess);

#endif
