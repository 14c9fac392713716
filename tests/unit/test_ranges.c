/**
 * test_ranges.c: advice on scales and ranges where the answer is known, and where there is none.
 */
#include "support/test.h"
#include "support/trials.h"

#include "base/memory.h"
#include "insight/ranges.h"
#include "insight/scales.h"

#include <math.h>

enum { MOST = TRIALS_MOST_PARAMETERS, MOST_ADVICE = 80, CALLS = 40 };

static const char *const scale_names[] = {"linear", "log", "reverse-log", "logit"};

typedef struct advice {
    cav_scale_evidence scales[MOST];
    size_t scale_count;
    cav_range_advice ranges[MOST_ADVICE];
    size_t range_count;
    double skill;
} advice;

static void look(const trials *at, uint64_t seed, advice *ret_advice)
{
    cav_error error = {0};
    cav_smooth smooth;
    assert_true(cav_ranges_most(at->space) <= MOST_ADVICE);
    assert_ok(cav_smooth_make(at->space, at->history, 0, seed, CALLS, &smooth, &error), &error);
    ret_advice->skill = smooth.skill;
    assert_ok(cav_scales_weigh(&smooth, ret_advice->scales, &ret_advice->scale_count, &error),
              &error);
    assert_ok(cav_ranges_look(&smooth, seed, ret_advice->ranges, &ret_advice->range_count, &error),
              &error);
    for (size_t i = 0; i < ret_advice->scale_count; i++) {
        const cav_scale_evidence *one = &ret_advice->scales[i];
        print_message("#   %s: %.1f %.1f %.1f %.1f, better: %s\n",
                      at->space->parameters[one->parameter].name, one->gains[0], one->gains[1],
                      one->gains[2], one->gains[3], scale_names[one->better]);
    }
    for (size_t i = 0; i < ret_advice->range_count; i++) {
        const cav_range_advice *one = &ret_advice->ranges[i];
        print_message(
            "#   %s: finding %d, %g to %g, value %g, sure %.2f, tried %.2f, effect %.3f\n",
            at->space->parameters[one->parameter].name, (int)one->finding, one->low, one->high,
            one->value, one->sure, one->tried, one->effect);
    }
    cav_smooth_free(&smooth);
}

static const cav_range_advice *find(const advice *at, size_t parameter, cav_range_finding finding)
{
    for (size_t i = 0; i < at->range_count; i++)
        if (at->ranges[i].parameter == parameter && at->ranges[i].finding == finding)
            return &at->ranges[i];
    return NULL;
}

// ---- Scales -----------------------------------------------------------------------------------

typedef struct scale_case {
    caviar_scale searched, right;
    double low, high;
    trials_value *value;
} scale_case;

static double in_decades(const double *raw, cav_random *random)
{
    return sin(2 * log(raw[0])) + 0.3 * raw[1] + 0.05 * cav_random_normal(random);
}

static double in_decades_from_one(const double *raw, cav_random *random)
{
    return sin(2 * log(1 - raw[0])) + 0.3 * raw[1] + 0.05 * cav_random_normal(random);
}

static double in_itself(const double *raw, cav_random *random)
{
    return sin(9 * raw[0]) + 0.3 * raw[1] + 0.05 * cav_random_normal(random);
}

static void test_the_scale_that_the_loss_goes_by_is_found(void **state)
{
    (void)state;
    const scale_case cases[] = {
        {CAVIAR_SCALE_LINEAR, CAVIAR_SCALE_LOG, 1e-4, 1, in_decades},
        {CAVIAR_SCALE_LINEAR, CAVIAR_SCALE_REVERSE_LOG, 0.5, 0.9999, in_decades_from_one},
        {CAVIAR_SCALE_LOG, CAVIAR_SCALE_LINEAR, 1e-4, 1, in_itself},
        {CAVIAR_SCALE_LOG, CAVIAR_SCALE_LOG, 1e-4, 1, in_decades},
        {CAVIAR_SCALE_REVERSE_LOG, CAVIAR_SCALE_REVERSE_LOG, 0.5, 0.9999, in_decades_from_one},
        {CAVIAR_SCALE_LINEAR, CAVIAR_SCALE_LINEAR, 1e-4, 1, in_itself},
    };
    uint64_t seed = test_seed(1);
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        const caviar_parameter parameters[] = {
            {.name = "x", .scale = cases[i].searched, .low = cases[i].low, .high = cases[i].high},
            {.name = "y", .high = 1}};
        trials at;
        advice found;
        print_message("# searched %s, right %s\n", scale_names[cases[i].searched],
                      scale_names[cases[i].right]);
        trials_init(&at, parameters, 2, seed);
        trials_fill(&at, 80, cases[i].value);
        look(&at, 1, &found);
        assert_int_equal(found.scale_count, 2);
        assert_int_equal(found.scales[0].better, cases[i].right);
        assert_int_equal(found.scales[1].better, CAVIAR_SCALE_LINEAR);
        assert_true(isnan(found.scales[1].gains[CAVIAR_SCALE_LOG])); // from 0 on there is none
        trials_free(&at);
    }
}

// Where the parameter lies on the scale that the loss goes by, from 0 to 1 or nearly.
static caviar_scale truth;
static double noise;

static double place_on_truth(double x)
{
    if (truth == CAVIAR_SCALE_LOG)
        return 1 + log(x) / log(1e4);
    return truth == CAVIAR_SCALE_REVERSE_LOG ? -log1p(-x) / log(1e4) : x;
}

static double along(const double *raw, cav_random *random)
{
    return place_on_truth(raw[0]) + 0.3 * raw[1] + noise * cav_random_normal(random);
}

static double hollow(const double *raw, cav_random *random)
{
    double off = place_on_truth(raw[0]) - 0.4;
    return 4 * off * off + 0.3 * raw[1] + noise * cav_random_normal(random);
}

// One of twelve runs diverges.
static double broken(const double *raw, cav_random *random)
{
    return cav_random_below(random, 12) == 0 ? 1e6 * along(raw, random) : along(raw, random);
}

static void test_the_right_scale_is_left_alone_with_noise_and_without(void **state)
{
    (void)state;
    trials_value *const values[] = {along, hollow, broken};
    const double noises[] = {0, 0.02, 0.2};
    uint64_t first = test_seed(1), rounds = test_rounds(3);
    size_t studies = 0, wrong = 0;
    for (size_t i = 0; i < 27 * rounds; i++) {
        truth = (caviar_scale)(i / 9 % 3);
        noise = noises[i / 3 % 3];
        const caviar_parameter parameters[] = {
            {.name = "x", .scale = truth, .low = 1e-4, .high = 1 - 1e-4}, {.name = "y", .high = 1}};
        trials at;
        advice found;
        print_message("# on %s, noise %g, shape %zu\n", scale_names[truth], noise, i % 3);
        trials_init(&at, parameters, 2, first + i / 27);
        trials_fill(&at, 60, values[i % 3]);
        look(&at, 1, &found);
        wrong += found.scales[0].better != truth;
        studies++;
        trials_free(&at);
    }
    print_message("# of %zu studies %zu are told another scale\n", studies, wrong);
    assert_true(wrong <= studies / 20);
}

// A sampler that has learnt puts most of its trials near the best. They are not evenly on the scale
// then, but that says nothing against it.
static void test_trials_near_the_best_do_not_praise_another_scale(void **state)
{
    (void)state;
    enum { EVEN = 12, TRIALS = 80 };
    const caviar_parameter parameters[] = {{.name = "x", .low = 1e-3, .high = 1},
                                           {.name = "y", .high = 1}};
    uint64_t first = test_seed(1), studies = test_rounds(8);
    for (uint64_t seed = first; seed < first + studies; seed++) {
        trials at;
        advice found;
        trials_init(&at, parameters, 2, seed);
        for (size_t i = 0; i < TRIALS; i++) {
            double raw[2];
            trials_draw(&at, raw);
            if (i >= EVEN)
                raw[0] = 1e-3 + 0.1 * raw[0] * raw[0] * raw[0];
            trials_put(&at, raw, raw[0], CAVIAR_STATE_COMPLETE);
        }
        look(&at, 1, &found);
        assert_int_equal(found.scales[0].better, CAVIAR_SCALE_LINEAR);
        trials_free(&at);
    }
}

static double nothing(const double *raw, cav_random *random)
{
    (void)raw;
    return cav_random_normal(random);
}

static void test_noise_gives_no_advice(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "a", .scale = CAVIAR_SCALE_LOG, .low = 1e-5, .high = 1},
        {.name = "b", .low = 0.01, .high = 0.99},
        {.name = "c", .type = CAVIAR_TYPE_INT, .low = 1, .high = 512},
    };
    uint64_t usual = test_seed(1);
    size_t scales = 0, ranges = 0, studies = test_rounds(16);
    for (uint64_t seed = usual; seed < usual + studies; seed++) {
        trials at;
        advice found;
        trials_init(&at, parameters, 3, seed);
        trials_fill(&at, seed % 2 ? 30 : 100, nothing);
        look(&at, seed, &found);
        for (size_t i = 0; i < found.scale_count; i++)
            scales += found.scales[i].better != at.space->parameters[i].scale;
        ranges += found.range_count;
        trials_free(&at);
    }
    print_message("# of %zu studies: %zu other scales, %zu other ranges\n", studies, scales,
                  ranges);
    assert_true(scales <= studies / 8 && ranges <= studies / 16);
}

// ---- Ranges -----------------------------------------------------------------------------------

// Best at x = 3e-5, at z = b or c, somewhere within y; w does nothing.
static double hilly(const double *raw, cav_random *random)
{
    return 0.7 * fabs(log10(raw[0]) - log10(3e-5)) + 3 * pow(raw[1] - 0.5, 2) +
           (raw[2] == 0 ? 3 : 0) + 0.02 * cav_random_normal(random);
}

static const caviar_value choices[] = {{CAVIAR_KIND_TEXT, .text = "a"},
                                       {CAVIAR_KIND_TEXT, .text = "b"},
                                       {CAVIAR_KIND_TEXT, .text = "c"}};

static void init_hilly(trials *at, double low, double high, uint64_t seed)
{
    const caviar_parameter parameters[] = {
        {.name = "x", .scale = CAVIAR_SCALE_LOG, .low = low, .high = high},
        {.name = "y", .high = 1},
        {.name = "z", .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = 3},
        {.name = "w", .low = 10, .high = 20},
    };
    trials_init(at, parameters, 4, seed);
}

static void test_a_range_whose_best_lies_at_its_end_is_to_grow(void **state)
{
    (void)state;
    trials at;
    advice found;
    init_hilly(&at, 1e-4, 1, test_seed(1));
    trials_fill(&at, 120, hilly);
    look(&at, 1, &found);
    const cav_range_advice *grow = find(&found, 0, CAV_RANGE_GROW);
    assert_non_null(grow);
    assert_true(!grow->is_high && grow->high == 1 && grow->low <= 5e-5 && grow->low >= 9e-7);
    assert_null(find(&found, 1, CAV_RANGE_GROW));
    assert_null(find(&found, 3, CAV_RANGE_GROW));
    trials_free(&at);
}

static void test_what_nothing_good_came_of_is_to_be_cut(void **state)
{
    (void)state;
    trials at;
    advice found;
    init_hilly(&at, 1e-7, 1, test_seed(1));
    trials_fill(&at, 120, hilly);
    look(&at, 1, &found);
    const cav_range_advice *cut = find(&found, 0, CAV_RANGE_CUT);
    assert_non_null(cut);
    assert_true(cut->low <= 3e-5 && cut->high >= 3e-5 && cut->sure >= 0.9);
    assert_null(find(&found, 0, CAV_RANGE_GROW));
    const cav_range_advice *drop = find(&found, 2, CAV_RANGE_DROP);
    assert_non_null(drop);
    assert_true(drop->value == 0);
    trials_free(&at);
}

static void test_a_parameter_that_does_nothing_is_to_be_fixed(void **state)
{
    (void)state;
    trials at;
    advice found;
    init_hilly(&at, 1e-7, 1, test_seed(1));
    trials_fill(&at, 160, hilly);
    look(&at, 1, &found);
    const cav_range_advice *flat = find(&found, 3, CAV_RANGE_FLAT);
    assert_non_null(flat);
    assert_true(flat->value >= 10 && flat->value <= 20);
    for (size_t i = 0; i < 3; i++)
        assert_null(find(&found, i, CAV_RANGE_FLAT));
    trials_free(&at);
}

static double downhill(const double *raw, cav_random *random)
{
    (void)random;
    return raw[0] - 2 * raw[1];
}

static void test_no_range_grows_through_zero_or_a_share_beyond_one(void **state)
{
    (void)state;
    trials at;
    advice found;
    trials_init_floats(&at, 2, test_seed(1));
    trials_fill(&at, 80, downhill);
    look(&at, 1, &found);
    assert_null(find(&found, 0, CAV_RANGE_GROW));
    assert_null(find(&found, 1, CAV_RANGE_GROW));
    trials_free(&at);
}

static double towards_one(const double *raw, cav_random *random)
{
    return log10(1 - raw[0]) + 0.02 * cav_random_normal(random);
}

static void test_bounds_are_round_on_their_own_scale(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "momentum", .scale = CAVIAR_SCALE_REVERSE_LOG, .low = 0.5, .high = 0.999}};
    trials at;
    advice found;
    trials_init(&at, parameters, 1, test_seed(1));
    trials_fill(&at, 80, towards_one);
    look(&at, 1, &found);
    const cav_range_advice *grow = find(&found, 0, CAV_RANGE_GROW);
    assert_non_null(grow);
    assert_true(grow->is_high && grow->high > 0.999 && grow->high < 1);
    double left = (1 - grow->high) / pow(10, floor(log10(1 - grow->high)) - 1);
    assert_near(left, rint(left), 1e-6);
    trials_free(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_scale_that_the_loss_goes_by_is_found),
        cmocka_unit_test(test_the_right_scale_is_left_alone_with_noise_and_without),
        cmocka_unit_test(test_trials_near_the_best_do_not_praise_another_scale),
        cmocka_unit_test(test_noise_gives_no_advice),
        cmocka_unit_test(test_a_range_whose_best_lies_at_its_end_is_to_grow),
        cmocka_unit_test(test_what_nothing_good_came_of_is_to_be_cut),
        cmocka_unit_test(test_a_parameter_that_does_nothing_is_to_be_fixed),
        cmocka_unit_test(test_bounds_are_round_on_their_own_scale),
        cmocka_unit_test(test_no_range_grows_through_zero_or_a_share_beyond_one),
    };
    return cmocka_run_group_tests_name("advice on scales and ranges", tests, NULL, NULL);
}
