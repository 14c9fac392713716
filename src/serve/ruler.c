/**
 * ruler.c: ticks.
 *
 * For each scale there are sets of round values from coarse to fine; the finest that fits is taken.
 */
#include "serve/ruler.h"

#include "base/memory.h"
#include "base/number.h"
#include "space/scale.h"

#include <math.h>

enum { LABEL_DIGITS = 10 }; // hides what rounding left of 1 - 0.002

double cav_ruler_place(const cav_ruler *ruler, double value)
{
    double share = cav_scale_distance(ruler->scale, ruler->low, value) /
                   cav_scale_distance(ruler->scale, ruler->low, ruler->high);
    return share >= 0 ? fmin(share, 1) : 0;
}

// Ticks as they are collected; `count` goes on where there is no room for more.
typedef struct ticks {
    double low, high;
    double *at; // [most]
    size_t most, count;
} ticks;

static void add(ticks *to, double value)
{
    double slack = 1e-9 * (to->high - to->low);
    if (value < to->low - slack || value > to->high + slack)
        return;
    if (to->count < to->most)
        to->at[to->count] = fmin(fmax(value, to->low), to->high);
    to->count++;
}

static void add_linear(ticks *to, int fineness)
{
    static const double steps[] = {5, 2, 1};
    double magnitude = floor(log10(to->high - to->low)) + 1 - fineness / 3;
    double step = steps[fineness % 3] * pow(10, magnitude);
    double first = ceil(to->low / step - 1e-9);
    for (size_t i = 0; i <= to->most; i++) {
        double value = (first + (double)i) * step;
        if (i > 0 && value <= (first + (double)i - 1) * step)
            return; // steps that doubles cannot tell apart
        add(to, value);
    }
}

// Powers of ten, only each so many-th where they are too many, then what lies between them.
static const struct {
    int stride;
    double between[3]; // up to the first 0
} log_sets[] = {{16, {1}}, {8, {1}}, {4, {1}}, {2, {1}}, {1, {1}}, {1, {1, 3}}, {1, {1, 2, 5}}};

enum { LOG_SETS = CAV_COUNT_OF(log_sets) };

// A round value t of the log scale, as it stands on this one.
typedef double turn_function(double t);

static double same(double t)
{
    return t;
}

static double reversed(double t)
{
    return 1 - t;
}

// Round values t in [low, high], turned; in falling order for the reverse.
static void add_log(ticks *to, int fineness, double low, double high, turn_function *turn)
{
    int stride = log_sets[fineness].stride, sign = turn == reversed ? -1 : 1;
    int first = (int)floor(log10(low)), last = (int)ceil(log10(high));
    for (int i = 0; i <= last - first; i++) {
        int power = sign > 0 ? first + i : last - i;
        if (power % stride != 0)
            continue;
        for (int b = 0; b < 3; b++) {
            double between = log_sets[fineness].between[sign > 0 ? b : 2 - b];
            double t = between * pow(10, power);
            if (between > 0 && t >= low * (1 - 1e-9) && t <= high * (1 + 1e-9))
                add(to, turn(t));
        }
    }
}

static void add_logit(ticks *to, int fineness)
{
    if (to->low < 0.5)
        add_log(to, fineness, to->low, fmin(to->high, 0.4), same);
    add(to, 0.5);
    if (to->high > 0.5)
        add_log(to, fineness, 1 - to->high, fmin(1 - to->low, 0.4), reversed);
}

static void add_set(ticks *to, caviar_scale scale, int fineness)
{
    if (scale == CAVIAR_SCALE_LOG)
        add_log(to, fineness, to->low, to->high, same);
    else if (scale == CAVIAR_SCALE_REVERSE_LOG)
        add_log(to, fineness, 1 - to->high, 1 - to->low, reversed);
    else if (scale == CAVIAR_SCALE_LOGIT)
        add_logit(to, fineness);
    else
        add_linear(to, fineness);
}

// The finest set of a scale that fits; 0 if none has two values in the range.
static size_t find_set(const cav_ruler *ruler, caviar_scale scale, size_t most, double *ret_ticks)
{
    size_t best = 0;
    int sets = scale == CAVIAR_SCALE_LINEAR ? 9 : LOG_SETS;
    for (int fineness = 0; fineness < sets; fineness++) {
        double found[CAV_RULER_MOST] = {0};
        ticks to = {.low = ruler->low, .high = ruler->high, .at = found, .most = most};
        add_set(&to, scale, fineness);
        if (to.count > most || to.count < 2 || to.count < best)
            continue;
        best = to.count;
        for (size_t i = 0; i < best; i++)
            ret_ticks[i] = found[i];
    }
    return best;
}

size_t cav_ruler_ticks(const cav_ruler *ruler, size_t most, double ret_ticks[CAV_RULER_MOST])
{
    size_t count = find_set(ruler, ruler->scale, most, ret_ticks);
    if (count < 2) // a short piece of the scale is nearly straight
        count = find_set(ruler, CAVIAR_SCALE_LINEAR, most, ret_ticks);
    if (count >= 2)
        return count;
    ret_ticks[0] = ruler->low;
    ret_ticks[1] = ruler->high;
    return 2;
}

void cav_ruler_label(double tick, cav_text *page)
{
    char digits[CAV_NUMBER_SIZE];
    cav_number_print_short(tick, LABEL_DIGITS, digits);
    cav_text_append(page, digits);
}
