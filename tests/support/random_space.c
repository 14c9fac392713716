/**
 * random_space.c: the generator. Bounds are drawn on purpose where doubles are awkward: at the ends
 * of their range, next to one another, far from 0 and across it.
 */
#include "support/test.h"

#include "support/random_space.h"

#include "base/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

double random_between(cav_random *random, double low, double high)
{
    return low + cav_random_unit(random) * (high - low);
}

bool random_once_in(cav_random *random, uint64_t times)
{
    return cav_random_below(random, times) == 0;
}

static double power_between(cav_random *random, double low, double high)
{
    return pow(10, random_between(random, low, high));
}

caviar_type random_type(cav_random *random)
{
    uint64_t pick = cav_random_below(random, 10);
    return pick < 4   ? CAVIAR_TYPE_FLOAT
           : pick < 7 ? CAVIAR_TYPE_INT
           : pick < 8 ? CAVIAR_TYPE_CATEGORICAL
           : pick < 9 ? CAVIAR_TYPE_ORDINAL
                      : CAVIAR_TYPE_CONSTANT;
}

static void draw_linear(cav_random *random, bool ordinary, caviar_parameter *ret)
{
    switch (ordinary ? cav_random_below(random, 2) : cav_random_below(random, 6)) {
    case 0: // as people write them
        ret->low = floor(random_between(random, -20, 20)) / 10;
        ret->high = ret->low + floor(random_between(random, 1, 50)) / 10;
        break;
    case 1: // any numbers
        ret->low = random_between(random, -1, 1);
        ret->high = ret->low + power_between(random, -3, 3);
        break;
    case 2: // narrow and far from 0
        ret->low = random_between(random, -1, 1) * power_between(random, 0, 12);
        ret->high = ret->low + fabs(ret->low) * power_between(random, -15, -3);
        break;
    case 3: // huge
        ret->low = -power_between(random, 100, 308);
        ret->high = power_between(random, 100, 307);
        break;
    case 4: // tiny, across 0
        ret->low = -power_between(random, -300, -30);
        ret->high = power_between(random, -300, -30);
        break;
    default: // neighbours
        ret->low = power_between(random, -300, 300);
        ret->high = nextafter(nextafter(ret->low, INFINITY), INFINITY);
        break;
    }
    if (!(ret->low < ret->high))
        ret->high = nextafter(ret->low, INFINITY);
}

static void draw_log(cav_random *random, bool ordinary, caviar_parameter *ret)
{
    switch (ordinary ? cav_random_below(random, 2) : cav_random_below(random, 5)) {
    case 0:
        ret->low = pow(10, floor(random_between(random, -8, 0)));
        ret->high = ret->low * pow(10, floor(random_between(random, 1, 8)));
        break;
    case 1:
        ret->low = power_between(random, -8, 3);
        ret->high = ret->low * power_between(random, 0.1, 8);
        break;
    case 2: // narrow
        ret->low = power_between(random, -100, 100);
        ret->high = ret->low * (1 + power_between(random, -15, -3));
        break;
    case 3: // everything that a double has
        ret->low = random_once_in(random, 2) ? 5e-324 : power_between(random, -320, -200);
        ret->high = random_once_in(random, 2) ? DBL_MAX : power_between(random, 200, 308);
        break;
    default: // below the normal numbers
        ret->low = power_between(random, -321, -315);
        ret->high = power_between(random, -313, -309);
        break;
    }
    if (!(ret->low < ret->high))
        ret->high = nextafter(ret->low, INFINITY);
}

static void draw_reverse(cav_random *random, bool ordinary, caviar_parameter *ret)
{
    double top = power_between(random, ordinary ? -4 : -15, -0.5); // 1 - high
    ret->high = 1 - top;
    switch (ordinary ? 0 : cav_random_below(random, 3)) {
    case 0:
        ret->low = ret->high - random_between(random, 0.1, 1);
        break;
    case 1:
        ret->low = 1 - top * (1 + power_between(random, -6, 2));
        break;
    default:
        ret->low = -power_between(random, 0, 200);
        break;
    }
    if (!(ret->low < ret->high))
        ret->low = nextafter(ret->high, -INFINITY);
}

static void draw_logit(cav_random *random, bool ordinary, caviar_parameter *ret)
{
    ret->low = power_between(random, ordinary ? -4 : -300, -0.4);
    ret->high = 1 - power_between(random, ordinary ? -4 : -15, -0.4);
    if (!ordinary && random_once_in(random, 3)) // narrow
        ret->high = fmin(ret->high, ret->low * (1 + power_between(random, -15, -3)));
    if (!(ret->low < ret->high))
        ret->high = nextafter(ret->low, INFINITY);
}

static void draw_float(cav_random *random, random_limits limits, caviar_parameter *ret)
{
    ret->scale = (caviar_scale)cav_random_below(random, 4);
    switch (ret->scale) {
    case CAVIAR_SCALE_LINEAR:
        draw_linear(random, limits.ordinary, ret);
        break;
    case CAVIAR_SCALE_LOG:
        draw_log(random, limits.ordinary, ret);
        break;
    case CAVIAR_SCALE_REVERSE_LOG:
        draw_reverse(random, limits.ordinary, ret);
        break;
    case CAVIAR_SCALE_LOGIT:
        draw_logit(random, limits.ordinary, ret);
        break;
    }
}

static void draw_int(cav_random *random, random_limits limits, caviar_parameter *ret)
{
    bool logarithmic = random_once_in(random, 2);
    double most = limits.ordinary || limits.finite ? 3 : logarithmic ? 10 : 12.5;
    double width = floor(power_between(random, 0.3, most));
    if (logarithmic) {
        ret->scale = CAVIAR_SCALE_LOG;
        ret->low = floor(power_between(random, 0, 3));
    } else {
        ret->low = floor(random_between(random, -1, 1) * power_between(random, 0, 15));
        if (random_once_in(random, 10)) { // 1 - x on a log scale
            ret->scale = CAVIAR_SCALE_REVERSE_LOG;
            width = floor(power_between(random, 0.3, 3));
            ret->low = -width - floor(power_between(random, 0, 3));
        }
    }
    ret->high = ret->low + width;
}

// A step that divides the range into so many parts, or not quite.
static void draw_step(cav_random *random, bool few, caviar_parameter *ret)
{
    double steps = floor(power_between(random, 0, few ? 1 : 3)), range = ret->high - ret->low;
    bool geometric = ret->scale == CAVIAR_SCALE_LOG && random_once_in(random, 2);
    if (geometric && ret->type == CAVIAR_TYPE_INT)
        ret->step_factor = 2 + (double)cav_random_below(random, 4);
    else if (geometric)
        ret->step_factor = fmax(exp(log(ret->high / ret->low) / steps), 1.001);
    else if (ret->type == CAVIAR_TYPE_INT)
        ret->step = fmax(1, ceil(range / steps));
    else
        ret->step = range / (steps + (random_once_in(random, 2) ? 0 : 0.3));
    if (!isfinite(ret->step_factor))
        ret->step_factor = 1e10;
    double far = fmax(fabs(ret->low), fabs(ret->high));
    if (ret->type == CAVIAR_TYPE_FLOAT && ret->step > 0)
        ret->step = fmax(ret->step, 1e-10 * far);
}

static void draw_limits(cav_random *random, caviar_parameter *ret)
{
    double range = ret->high - ret->low;
    ret->limit_low = ret->low - (random_once_in(random, 3) ? 0 : range * 0.5);
    ret->limit_high = ret->high + (random_once_in(random, 3) ? 0 : range * 0.5);
    if (ret->scale == CAVIAR_SCALE_LOG || ret->scale == CAVIAR_SCALE_LOGIT)
        ret->limit_low = ret->type == CAVIAR_TYPE_INT ? 1 : ret->low / 2;
    if (ret->scale == CAVIAR_SCALE_REVERSE_LOG || ret->scale == CAVIAR_SCALE_LOGIT)
        ret->limit_high = ret->high + (1 - ret->high) / 2;
    if (ret->type == CAVIAR_TYPE_INT) {
        ret->limit_low = fmax(floor(ret->limit_low), -CAV_INT_LIMIT);
        ret->limit_high = fmin(floor(ret->limit_high), CAV_INT_LIMIT);
    }
    bool whole =
        isfinite(ret->limit_high - ret->limit_low) && (ret->limit_low > 0) == (ret->low > 0);
    if (!whole || (ret->limit_low == 0 && ret->limit_high == 0))
        ret->limit_low = ret->limit_high = 0;
}

// Values beside the range and its limits; 0 first, as that is what people want.
static void draw_specials(cav_random *random, random_parameter *ret)
{
    caviar_parameter *given = &ret->given;
    bool limited = given->limit_low != 0 || given->limit_high != 0;
    double low = limited ? given->limit_low : given->low;
    double high = limited ? given->limit_high : given->high;
    size_t count = cav_random_below(random, RANDOM_MOST_SPECIALS) + 1, made = 0;
    for (size_t i = 0; i < count; i++) {
        double special = i % 2 ? floor(high) + 1 + (double)i : ceil(low) - (double)i - 1;
        if (i == 0)
            special = 0;
        bool whole = fabs(special) <= CAV_INT_LIMIT || given->type != CAVIAR_TYPE_INT;
        bool known = false;
        for (size_t j = 0; j < made; j++)
            known |= ret->specials[j] == special;
        if (!known && whole && isfinite(special) && (special < low || special > high))
            ret->specials[made++] = special;
    }
    given->specials = ret->specials;
    given->special_count = made;
}

static void draw_choice(cav_random *random, random_parameter *ret, size_t i)
{
    static const char *const odd[] = {"",
                                      " ",
                                      "a b",
                                      "\"quoted\"",
                                      "back\\slash",
                                      "tab\there",
                                      "gr\xc3\xbc\xc3\x9f",
                                      "\xf0\x9f\x90\xbc",
                                      "{}"};
    caviar_value *choice = &ret->choices[i];
    switch (cav_random_below(random, 4)) {
    case 0:
        *choice = (caviar_value){.kind = CAVIAR_KIND_INT, .integer = (int64_t)i * 7 - 3};
        break;
    case 1:
        *choice = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = (double)i + 0.1};
        break;
    case 2:
        snprintf(ret->texts[i], sizeof ret->texts[i], "%s", odd[i % CAV_COUNT_OF(odd)]);
        *choice = (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = ret->texts[i]};
        break;
    default:
        snprintf(ret->texts[i], sizeof ret->texts[i], "choice-%zu", i);
        *choice = (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = ret->texts[i]};
        break;
    }
    if (i < 2 && random_once_in(random, 4))
        *choice = (caviar_value){.kind = CAVIAR_KIND_BOOL, .truth = i == 1};
}

static void draw_choices(cav_random *random, random_parameter *ret)
{
    size_t count = 2 + cav_random_below(random, RANDOM_MOST_CHOICES - 1);
    ret->given.choice_count = ret->given.type == CAVIAR_TYPE_CONSTANT ? 1 : count;
    for (size_t i = 0; i < ret->given.choice_count; i++)
        draw_choice(random, ret, i);
    ret->given.choices = ret->choices;
}

static void draw_tier(cav_random *random, random_parameter *ret)
{
    caviar_parameter *given = &ret->given;
    given->tier = (caviar_tier)cav_random_below(random, 4);
    if (!random_once_in(random, 4))
        return;
    if (given->choice_count > 0)
        given->initial = given->choices[cav_random_below(random, given->choice_count)];
    else if (given->special_count > 0)
        given->initial = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = given->specials[0]};
    else
        given->initial = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = given->low};
    if (random_once_in(random, 3))
        given->tier = CAVIAR_TIER_FIXED;
}

// Takes away a step that is finer than coordinates are.
static void drop_fine_step(caviar_parameter *given)
{
    cav_error error = {0};
    cav_parameter probe;
    if (!cav_parameter_init(&probe, given, &error))
        cav_parameter_free(&probe);
    else if (strstr(error.message, "than the search can tell apart"))
        given->step = given->step_factor = 0;
}

void random_parameter_draw(cav_random *random, caviar_type type, random_limits limits,
                           const char *name, random_parameter *ret)
{
    memset(ret, 0, sizeof *ret);
    snprintf(ret->name, sizeof ret->name, "%s", name);
    ret->given.name = ret->name;
    ret->given.type = type;
    if (type == CAVIAR_TYPE_FLOAT)
        draw_float(random, limits, &ret->given);
    else if (type == CAVIAR_TYPE_INT)
        draw_int(random, limits, &ret->given);
    else
        draw_choices(random, ret);
    bool ranged = type == CAVIAR_TYPE_FLOAT || type == CAVIAR_TYPE_INT;
    bool stepped = limits.finite || (!limits.unlimited && random_once_in(random, 3));
    if (ranged && stepped)
        draw_step(random, limits.finite, &ret->given);
    if (ranged && !limits.unlimited && random_once_in(random, 4))
        draw_limits(random, &ret->given);
    if (ranged && !limits.unlimited && random_once_in(random, 3))
        draw_specials(random, ret);
    drop_fine_step(&ret->given);
    if (!limits.unlimited)
        draw_tier(random, ret);
}

// Hangs the parameter on one or two of those before it: on some of a parent's own values.
static void draw_conditions(cav_random *random, const cav_space *space, caviar_condition *when,
                            caviar_value values[][3], caviar_parameter *given)
{
    size_t count = 1 + cav_random_below(random, 2);
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)cav_random_below(random, space->count);
        const cav_parameter *parent = &space->parameters[at];
        when[i] = (caviar_condition){.parent = parent->name};
        if (parent->choice_count == 0 && random_once_in(random, 2)) {
            double middle = cav_parameter_decode(parent, 0.5);
            when[i].low = random_once_in(random, 2) ? -INFINITY : middle;
            when[i].high = isinf(when[i].low) ? middle : INFINITY;
            continue;
        }
        size_t value_count = 1 + cav_random_below(random, 3);
        for (size_t j = 0; j < value_count; j++) {
            double raw = cav_parameter_decode(parent, cav_random_unit(random));
            values[i][j] = cav_parameter_value(parent, raw);
        }
        when[i].values = values[i];
        when[i].value_count = value_count;
    }
    given->when = when;
    given->when_count = count;
}

cav_space *random_space_new(cav_random *random, size_t most, random_limits limits)
{
    cav_space *space = caviar_space_new();
    assert_non_null(space);
    size_t count = 1 + cav_random_below(random, most);
    for (size_t i = 0; i < count; i++) {
        random_parameter draft;
        caviar_condition when[2];
        caviar_value values[2][3];
        char name[32];
        snprintf(name, sizeof name, "%c%zu", "pq_"[i % 3], i);
        random_parameter_draw(random, random_type(random), limits, name, &draft);
        if (i > 0 && random_once_in(random, 3))
            draw_conditions(random, space, when, values, &draft.given);
        if (caviar_space_add(space, &draft.given))
            fail_msg("%s", caviar_space_message(space));
    }
    return space;
}

double random_coordinate(cav_random *random)
{
    switch (cav_random_below(random, 12)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return 1 - 0x1p-53;
    case 3:
        return pow(2, -random_between(random, 1, 60));
    case 4:
        return 0.5 + (double)cav_random_below(random, 9) * 0x1p-53;
    case 5:
        return (double)cav_random_below(random, 11) / 10;
    default:
        return cav_random_unit(random);
    }
}

void random_point(cav_random *random, const cav_space *space, double *ret_point)
{
    for (size_t dim = 0; dim < space->dim_count; dim++)
        ret_point[dim] = random_coordinate(random);
}
