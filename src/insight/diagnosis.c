/**
 * diagnosis.c: rules about curves, each with the figures that speak for it.
 */
#include "insight/diagnosis.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/order.h"

#include <math.h>
#include <stdio.h>

enum {
    LEAST_VALUES = 8, // to say anything
    LEAST_TAIL = 5,   // values that a trend is taken from
    MOST_NOISE = 512, // values that the noise is taken from
};

static const double sure = 3;               // standard errors
static const double normal_median = 0.6745; // of the magnitude of a standard normal number

static const struct words {
    const char *name, *advice;
} words[] = {
#define X(name, word, advice) {word, advice},
    CAV_FINDINGS(X)
#undef X
};

const char *cav_finding_name(cav_finding finding)
{
    return (size_t)finding < CAV_COUNT_OF(words) ? words[finding].name : "";
}

const char *cav_finding_advice(cav_finding finding)
{
    return (size_t)finding < CAV_COUNT_OF(words) ? words[finding].advice : "";
}

double cav_diagnosis_noise(const double *values, size_t count)
{
    double sizes[MOST_NOISE];
    size_t used = 0, first = count > MOST_NOISE ? count - MOST_NOISE : 0;
    for (size_t i = first + 1; i + 1 < count; i++) {
        double second = values[i + 1] - 2 * values[i] + values[i - 1];
        if (isfinite(second))
            sizes[used++] = fabs(second);
    }
    if (used == 0)
        return 0;
    cav_sort(sizes, used);
    double median = used % 2 ? sizes[used / 2] : (sizes[used / 2 - 1] + sizes[used / 2]) / 2;
    return median / (normal_median * sqrt(6)); // the variance of a second difference is sixfold
}

// A straight line through a part of a curve.
typedef struct trend {
    double slope, error; // a step, and its standard error
    double change;       // over the part
} trend;

static trend trend_of(const int64_t *steps, const double *values, size_t count)
{
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0, rest = 0;
    for (size_t i = 0; i < count; i++) {
        mean_x += (double)steps[i] / (double)count;
        mean_y += values[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double x = (double)steps[i] - mean_x;
        xx += x * x;
        xy += x * (values[i] - mean_y);
    }
    if (count < 3 || xx == 0)
        return (trend){0};
    trend at = {.slope = xy / xx};
    for (size_t i = 0; i < count; i++) {
        double off = values[i] - mean_y - at.slope * ((double)steps[i] - mean_x);
        rest += off * off;
    }
    at.error = sqrt(rest / (double)(count - 2) / xx);
    at.change = at.slope * (double)(steps[count - 1] - steps[0]);
    return at;
}

// What the rules look at.
typedef struct figures {
    const cav_symptoms *symptoms;
    size_t best, tail; // index of the least value; of the first one of the tail
    double gain;       // from the first value to the best
    double noise;      // of the tail
    double now;        // mean of the last three
    trend trend;       // of the tail
    trend train;       // of the training curve since the best
    bool has_train;
} figures;

static size_t index_of_step(const int64_t *steps, size_t count, int64_t step)
{
    size_t i = 0;
    while (i < count && steps[i] < step)
        i++;
    return i;
}

static void measure_training(figures *at)
{
    const cav_symptoms *curve = at->symptoms;
    size_t first = index_of_step(curve->train_steps, curve->train_count, curve->steps[at->best]);
    size_t count = curve->train_count - first;
    at->has_train = count >= 3;
    for (size_t i = first; i < curve->train_count; i++)
        at->has_train &= isfinite(curve->train_losses[i]);
    if (at->has_train)
        at->train = trend_of(curve->train_steps + first, curve->train_losses + first, count);
}

static figures measure(const cav_symptoms *curve)
{
    figures at = {.symptoms = curve};
    size_t third = curve->count / 3;
    at.tail = curve->count - (third > LEAST_TAIL ? third : LEAST_TAIL);
    for (size_t i = 1; i < curve->count; i++)
        if (curve->losses[i] < curve->losses[at.best])
            at.best = i;
    at.gain = curve->losses[0] - curve->losses[at.best];
    at.noise = cav_diagnosis_noise(curve->losses + at.tail / 2, curve->count - at.tail / 2);
    for (size_t i = curve->count - 3; i < curve->count; i++)
        at.now += curve->losses[i] / 3;
    at.trend = trend_of(curve->steps + at.tail, curve->losses + at.tail, curve->count - at.tail);
    measure_training(&at);
    return at;
}

static double shown(const figures *at, double loss)
{
    return at->symptoms->is_maximized ? -loss : loss;
}

static void print(double value, char text[CAV_NUMBER_SIZE])
{
    cav_number_print_short(value, 3, text);
}

// Has it risen from its best by more than noise, for good?
static bool has_risen(const figures *at)
{
    double rise = at->now - at->symptoms->losses[at->best];
    // the least of many noisy values lies below their course
    double luck = at->noise * sqrt(2 * log((double)at->symptoms->count));
    return rise > luck + sure * at->noise && rise > 0.02 * fabs(at->gain) &&
           at->trend.slope > sure * at->trend.error;
}

static bool is_overfitting(const figures *at, char *evidence, size_t size)
{
    char best[CAV_NUMBER_SIZE], now[CAV_NUMBER_SIZE], fell[CAV_NUMBER_SIZE];
    const cav_symptoms *curve = at->symptoms;
    if (!at->has_train || !has_risen(at) || at->train.slope >= -sure * at->train.error)
        return false;
    print(shown(at, curve->losses[at->best]), best);
    print(shown(at, at->now), now);
    print(-at->train.change, fell);
    snprintf(evidence, size,
             "%.60s was best at step %lld (%s) and is %s now, while %.60s went on falling by %s",
             curve->metric, (long long)curve->steps[at->best], best, now, curve->train_metric,
             fell);
    return true;
}

static bool is_diverging(const figures *at, char *evidence, size_t size)
{
    char best[CAV_NUMBER_SIZE], now[CAV_NUMBER_SIZE];
    const cav_symptoms *curve = at->symptoms;
    bool trains = at->has_train && at->train.slope < -sure * at->train.error;
    if (trains || !has_risen(at))
        return false;
    print(shown(at, curve->losses[at->best]), best);
    print(shown(at, at->now), now);
    snprintf(evidence, size, "%.60s was best at step %lld (%s) and has %s to %s since",
             curve->metric, (long long)curve->steps[at->best], best,
             curve->is_maximized ? "fallen" : "risen", now);
    return true;
}

static bool is_noisy(const figures *at, char *evidence, size_t size)
{
    char noise[CAV_NUMBER_SIZE], gain[CAV_NUMBER_SIZE];
    if (!(at->noise > 0.1 * fabs(at->gain)) || at->noise == 0)
        return false;
    print(at->noise, noise);
    print(fabs(at->gain), gain);
    snprintf(evidence, size, "from step to step it jumps by %s, and all that it gained is %s",
             noise, gain);
    return true;
}

static bool is_falling(const figures *at, char *evidence, size_t size)
{
    char change[CAV_NUMBER_SIZE];
    const cav_symptoms *curve = at->symptoms;
    double fall = -at->trend.change;
    bool goes_on =
        at->trend.slope < -sure * at->trend.error && fall > 0.02 * at->gain && fall > 2 * at->noise;
    if (!goes_on || at->gain <= 0)
        return false;
    print(fall, change);
    snprintf(evidence, size, "in its last %lld steps it gained %s, %.0f %% of all that it gained",
             (long long)(curve->steps[curve->count - 1] - curve->steps[at->tail]), change,
             100 * fall / at->gain);
    return true;
}

static bool is_flat(const figures *at, char *evidence, size_t size)
{
    char change[CAV_NUMBER_SIZE];
    const cav_symptoms *curve = at->symptoms;
    double bound = fmax(0.01 * fabs(at->gain), 0.5 * at->noise);
    if (fabs(at->trend.change) > bound || at->gain <= 0)
        return false;
    print(fabs(at->trend.change), change);
    snprintf(evidence, size, "in its last %lld steps it moved by %s, %.1f %% of all that it gained",
             (long long)(curve->steps[curve->count - 1] - curve->steps[at->tail]), change,
             100 * fabs(at->trend.change) / at->gain);
    return true;
}

static bool is_broken(const cav_symptoms *curve, char *evidence, size_t size)
{
    for (size_t i = 0; i < curve->count; i++) {
        if (isfinite(curve->losses[i]))
            continue;
        snprintf(evidence, size, "%.60s is no number at step %lld", curve->metric,
                 (long long)curve->steps[i]);
        return true;
    }
    if (curve->state != CAVIAR_STATE_FAILED || curve->reason != CAVIAR_REASON_NOT_FINITE)
        return false;
    snprintf(evidence, size, "it failed with a value that is no number after step %lld",
             (long long)(curve->count ? curve->steps[curve->count - 1] : 0));
    return true;
}

size_t cav_diagnose(const cav_symptoms *symptoms, cav_diagnosis ret_found[CAV_FINDING_COUNT])
{
    typedef bool rule(const figures *at, char *evidence, size_t size);
    static const struct entry {
        cav_finding finding;
        rule *holds;
    } rules[] = {
        {CAV_FINDING_OVERFITTING, is_overfitting},
        {CAV_FINDING_DIVERGING, is_diverging},
        {CAV_FINDING_NOISY, is_noisy},
        {CAV_FINDING_FALLING, is_falling},
        {CAV_FINDING_PLATEAU, is_flat},
    };
    size_t size = sizeof ret_found->evidence, count = 0;
    if (is_broken(symptoms, ret_found[0].evidence, size)) {
        ret_found[0].finding = CAV_FINDING_NOT_FINITE;
        return 1;
    }
    if (symptoms->count < LEAST_VALUES)
        return 0;
    figures at = measure(symptoms);
    for (size_t i = 0; i < CAV_COUNT_OF(rules); i++) {
        cav_diagnosis *found = &ret_found[count];
        if (!rules[i].holds(&at, found->evidence, size))
            continue;
        bool cut =
            rules[i].finding == CAV_FINDING_FALLING && symptoms->state == CAVIAR_STATE_PRUNED;
        found->finding = cut ? CAV_FINDING_STOPPED_EARLY : rules[i].finding;
        count++;
    }
    return count;
}
