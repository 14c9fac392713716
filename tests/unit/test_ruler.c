/**
 * test_ruler.c: where values lie on an axis, and where its ticks stand.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "serve/ruler.h"
#include "space/scale.h"

#include <math.h>
#include <stdio.h>

static void expect_ticks(const cav_ruler *ruler, size_t most, const char *expected)
{
    double ticks[CAV_RULER_MOST];
    size_t count = cav_ruler_ticks(ruler, most, ticks);
    cav_text text = {0};
    for (size_t i = 0; i < count; i++) {
        cav_text_append(&text, i ? " " : "");
        cav_ruler_label(ticks[i], &text);
    }
    if (strcmp(cav_text_get(&text), expected) != 0)
        fail_msg("%s from %g to %g: '%s', not '%s'", caviar_scale_name(ruler->scale), ruler->low,
                 ruler->high, cav_text_get(&text), expected);
    cav_text_free(&text);
}

static void test_ticks_are_round_on_every_scale(void **state)
{
    (void)state;
    static const struct {
        cav_ruler ruler;
        size_t most;
        const char *ticks;
    } cases[] = {
        {{CAVIAR_SCALE_LINEAR, 0, 0.5}, 6, "0 0.1 0.2 0.3 0.4 0.5"},
        {{CAVIAR_SCALE_LINEAR, -0.5, 119.5}, 8, "0 20 40 60 80 100"},
        {{CAVIAR_SCALE_LINEAR, 0.021, 0.0987}, 5, "0.04 0.06 0.08"},
        {{CAVIAR_SCALE_LINEAR, -3e6, 1e6}, 5, "-3000000 -2000000 -1000000 0 1000000"},
        {{CAVIAR_SCALE_LOG, 1e-5, 1}, 6, "1e-05 0.0001 0.001 0.01 0.1 1"},
        {{CAVIAR_SCALE_LOG, 1e-5, 1}, 3, "0.0001 0.01 1"},
        {{CAVIAR_SCALE_LOG, 16, 512}, 6, "20 50 100 200 500"},
        {{CAVIAR_SCALE_LOG, 40, 45}, 6, "40 41 42 43 44 45"},
        {{CAVIAR_SCALE_REVERSE_LOG, 0.9, 0.999}, 5, "0.9 0.97 0.99 0.997 0.999"},
        {{CAVIAR_SCALE_REVERSE_LOG, 0, 0.9999}, 6, "0 0.9 0.99 0.999 0.9999"},
        {{CAVIAR_SCALE_LOGIT, 0.01, 0.99}, 6, "0.01 0.1 0.5 0.9 0.99"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++)
        expect_ticks(&cases[i].ruler, cases[i].most, cases[i].ticks);
}

static void test_places_follow_the_formulas_of_the_scales(void **state)
{
    (void)state;
    cav_ruler log = {CAVIAR_SCALE_LOG, 1e-4, 1}, reverse = {CAVIAR_SCALE_REVERSE_LOG, 0.9, 0.999};
    cav_ruler logit = {CAVIAR_SCALE_LOGIT, 0.1, 0.9}, linear = {CAVIAR_SCALE_LINEAR, -1, 3};
    assert_near(cav_ruler_place(&log, 0.01), 0.5, 1e-12);
    assert_near(cav_ruler_place(&reverse, 0.99), 0.5, 1e-12);
    assert_near(cav_ruler_place(&logit, 0.5), 0.5, 1e-12);
    assert_near(cav_ruler_place(&linear, 0), 0.25, 1e-12);
}

static void test_what_lies_outside_stands_at_the_edge(void **state)
{
    (void)state;
    cav_ruler linear = {CAVIAR_SCALE_LINEAR, 0, 1}, log = {CAVIAR_SCALE_LOG, 1e-3, 1};
    assert_near(cav_ruler_place(&linear, -5), 0, 0);
    assert_near(cav_ruler_place(&linear, 1e300), 1, 0);
    assert_near(cav_ruler_place(&linear, INFINITY), 1, 0);
    assert_near(cav_ruler_place(&linear, NAN), 0, 0);
    assert_near(cav_ruler_place(&log, 0), 0, 0);
    assert_near(cav_ruler_place(&log, -1), 0, 0);
}

static cav_ruler random_ruler(cav_random *random, caviar_scale scale)
{
    double low = 0, high = 1;
    double a = cav_random_unit(random), b = cav_random_unit(random);
    if (scale == CAVIAR_SCALE_LINEAR) {
        low = (a - 0.5) * pow(10, floor(20 * b - 10));
        high = low + pow(10, floor(16 * cav_random_unit(random) - 8));
    } else if (scale == CAVIAR_SCALE_LOG) {
        low = pow(10, 40 * a - 20);
        high = low * pow(10, 0.1 + 30 * b);
    } else {
        high = 1 - pow(10, -1 - 8 * a);
        low = scale == CAVIAR_SCALE_LOGIT ? pow(10, -1 - 8 * b) : high - pow(10, -2 * b);
    }
    return (cav_ruler){scale, low, high};
}

static void test_ticks_grow_and_stay_in_any_range(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1), 0, CAV_PURPOSE_SUGGEST, 0);
    for (size_t round = 0; round < test_rounds(20000); round++) {
        cav_ruler ruler = random_ruler(&random, (caviar_scale)(round % 4));
        double ticks[CAV_RULER_MOST];
        size_t most = 2 + round % (CAV_RULER_MOST - 1);
        if (!(ruler.low < ruler.high) || cav_scale_complaint(ruler.scale, ruler.low, ruler.high))
            continue;
        size_t count = cav_ruler_ticks(&ruler, most, ticks);
        bool fits = count >= 2 && count <= most;
        for (size_t i = 0; fits && i < count; i++)
            fits = ticks[i] >= ruler.low && ticks[i] <= ruler.high &&
                   (i == 0 || ticks[i] > ticks[i - 1]);
        if (!fits)
            fail_msg("%s from %.17g to %.17g, most %zu", caviar_scale_name(ruler.scale), ruler.low,
                     ruler.high, most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticks_are_round_on_every_scale),
        cmocka_unit_test(test_places_follow_the_formulas_of_the_scales),
        cmocka_unit_test(test_what_lies_outside_stands_at_the_edge),
        cmocka_unit_test(test_ticks_grow_and_stay_in_any_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
