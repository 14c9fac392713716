/**
 * course_guess.c: a history of copies of one curve, and the model of it.
 */
#include "insight/course_guess.h"

#include "insight/diagnosis.h"
#include "surrogate/curve_model.h"

#include <math.h>
#include <stdlib.h>

enum {
    RECENT = 3,       // values that say where the curve is
    MODEL_WANTS = 24, // reports, before the model has learnt from all of them
};

static const bool minimize[1];
static const double doubt = 0.3; // of the way ahead: the shape may be another one than it seems

struct cav_course_guess {
    cav_history *history;
    cav_curve_model *model;
    int64_t last; // step that was learnt from
    double now, noise;
    double off; // of the last values from what the model says of them, on average
};

void cav_course_guess_free(cav_course_guess *guess)
{
    if (!guess)
        return;
    cav_curve_model_free(guess->model);
    cav_history_free(guess->history);
    free(guess);
}

// As many copies of the curve as the model wants reports.
static caviar_code fill(cav_course_guess *guess, const cav_curve *curve, size_t metric_count,
                        size_t count, cav_error *error)
{
    size_t copies = (MODEL_WANTS + count - 1) / count;
    caviar_code code = CAVIAR_OK;
    for (size_t c = 0; c < copies && !code; c++) {
        cav_record record = {.number = (int64_t)c, .state = CAVIAR_STATE_RUNNING, .step = -1};
        code = cav_history_put(guess->history, &record, NULL, error);
        for (size_t i = 0; i < count && !code; i++)
            code = cav_history_report(guess->history, c, curve->steps[i],
                                      &curve->losses[i * metric_count], error);
    }
    return code;
}

// What the model says of a step.
static double modelled(cav_course_guess *guess, int64_t step, double *ret_sd)
{
    cav_curve_guess at = cav_curve_model_guess(guess->model, guess->history, 0, step);
    double loss = cav_curve_model_loss(guess->model, at.mean);
    bool is_log = cav_curve_model_scale(guess->model, M_E) == 1;
    *ret_sd = is_log ? at.sd * loss : at.sd;
    return loss;
}

static void measure(cav_course_guess *guess, size_t count)
{
    const cav_curve *curve = &guess->history->curves[0];
    size_t recent = count < RECENT ? count : RECENT;
    double sd;
    guess->last = curve->steps[count - 1];
    for (size_t i = count - recent; i < count; i++)
        guess->off += (curve->losses[i] - modelled(guess, curve->steps[i], &sd)) / (double)recent;
    guess->now = modelled(guess, guess->last, &sd) + guess->off;
    if (!isfinite(guess->now)) { // no model
        guess->off = 0;
        guess->now = curve->losses[count - 1];
    }
    guess->noise = cav_diagnosis_noise(curve->losses, count);
}

caviar_code cav_course_guess_new(const cav_curve *curve, size_t metric_count, size_t count,
                                 int64_t step_max, cav_course_guess **ret_guess, cav_error *error)
{
    cav_course_guess *guess = calloc(1, sizeof *guess);
    if (!guess)
        return cav_fail_memory(error);
    guess->history = cav_history_new(0, 0, 1, minimize);
    guess->model = cav_curve_model_new(step_max);
    caviar_code code = guess->history && guess->model
                           ? fill(guess, curve, metric_count, count, error)
                           : cav_fail_memory(error);
    if (!code)
        code = cav_curve_model_look(guess->model, guess->history, guess->history->reported_count,
                                    error);
    if (code) {
        cav_course_guess_free(guess);
        return code;
    }
    cav_curve_model_settle(guess->model, guess->history);
    measure(guess, count);
    *ret_guess = guess;
    return CAVIAR_OK;
}

double cav_course_guess_now(const cav_course_guess *guess)
{
    return guess->now;
}

double cav_course_guess_noise(const cav_course_guess *guess)
{
    return guess->noise;
}

double cav_course_guess_at(cav_course_guess *guess, int64_t step, double *ret_sd)
{
    double sd, loss = modelled(guess, step, &sd);
    bool is_known = isfinite(loss) && isfinite(sd);
    double expected = is_known ? loss + guess->off : guess->now;
    if (ret_sd)
        *ret_sd = is_known ? hypot(sd, doubt * (expected - guess->now)) : guess->noise;
    return expected;
}
