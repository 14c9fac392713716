/**
 * outlook.c: the prediction from one curve alone (insight/course_guess.h), as three lines.
 */
#include "cli/outlook.h"

#include "insight/course_guess.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_POINTS = 64 };

static const double band = 1.2816; // standard deviations on either side of 80 %

static void clear(cav_outlook *outlook)
{
    outlook->mean.count = outlook->low.count = outlook->high.count = 0;
}

void cav_outlook_free(cav_outlook *outlook)
{
    cav_series_free(&outlook->mean);
    cav_series_free(&outlook->low);
    cav_series_free(&outlook->high);
}

static caviar_code fill(cav_outlook *outlook, cav_course_guess *guess, int64_t from, int64_t to,
                        double sign, cav_error *error)
{
    int64_t ahead = to - from, stride = ahead / MOST_POINTS + 1;
    double noise = cav_course_guess_noise(guess);
    for (int64_t step = from + stride; step <= to; step += stride) {
        if (step + stride > to)
            step = to;
        double sd, loss = cav_course_guess_at(guess, step, &sd), half = band * hypot(sd, noise);
        if (!cav_series_push(&outlook->mean, step, sign * loss) ||
            !cav_series_push(&outlook->low, step, sign * loss - half) ||
            !cav_series_push(&outlook->high, step, sign * loss + half))
            return cav_fail_memory(error);
    }
    return CAVIAR_OK;
}

static caviar_code work_out(cav_outlook *outlook, const cav_series *series, double sign,
                            int64_t last_step, cav_error *error)
{
    double *losses = calloc(series->count, sizeof *losses);
    if (!losses)
        return cav_fail_memory(error);
    for (size_t i = 0; i < series->count; i++)
        losses[i] = sign * series->values[i];
    const cav_curve curve = {.steps = series->steps, .losses = losses};
    cav_course_guess *guess;
    caviar_code code = cav_course_guess_new(&curve, 1, series->count, last_step, &guess, error);
    if (!code) {
        code = fill(outlook, guess, series->steps[series->count - 1], last_step, sign, error);
        cav_course_guess_free(guess);
    }
    free(losses);
    return code;
}

caviar_code cav_outlook_update(cav_outlook *outlook, int64_t number, const cav_course *course,
                               bool is_maximized, int64_t last_step, cav_error *error)
{
    const cav_series *now = &course->now;
    bool is_known = outlook->number == number && outlook->points == now->count &&
                    outlook->branches == course->old_count;
    if (is_known)
        return CAVIAR_OK;
    outlook->number = number;
    outlook->points = now->count;
    outlook->branches = course->old_count;
    clear(outlook);
    bool has_any = now->count >= CAV_COURSE_LEAST && now->steps[now->count - 1] < last_step;
    return has_any ? work_out(outlook, now, is_maximized ? -1 : 1, last_step, error) : CAVIAR_OK;
}
