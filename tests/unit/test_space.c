/**
 * test_space.c: parameters together: conditions, points and configurations, copies.
 */
#include "support/test.h"

#include "support/literal.h"
#include "support/random_space.h"

#include "base/memory.h"
#include "space/constraint.h"

#include <math.h>
#include <stdio.h>

enum { SPACES = 2000, POINTS = 20, MOST = 12 };

static void add(cav_space *space, const caviar_parameter *given)
{
    if (caviar_space_add(space, given))
        fail_msg("%s", caviar_space_message(space));
}

static void expect_refused(cav_space *space, const caviar_parameter *given, caviar_code code,
                           const char *piece)
{
    size_t count = space->count, dim_count = space->dim_count;
    assert_int_equal(caviar_space_add(space, given), code);
    assert_contains(caviar_space_message(space), piece);
    assert_int_equal(space->count, count);
    assert_int_equal(space->dim_count, dim_count);
}

// optimizer -> nesterov and beta; layers -> units
static cav_space *example(void)
{
    cav_space *space = caviar_space_new();
    add(space, &(caviar_parameter){.name = "optimizer",
                                   .type = CATEGORICAL,
                                   CHOICES(TEXT("sgd"), TEXT("adam"), TEXT("lion"))});
    add(space, &(caviar_parameter){.name = "layers", .type = INT, .low = 1, .high = 4});
    add(space, &(caviar_parameter){.name = "momentum",
                                   .high = 0.9,
                                   WHEN(HAS("optimizer", TEXT("sgd"), TEXT("lion")))});
    add(space, &(caviar_parameter){.name = "nesterov",
                                   .type = CATEGORICAL,
                                   CHOICES(TRUTH(false), TRUTH(true)),
                                   WHEN(HAS("optimizer", TEXT("sgd")), LIES("momentum", 0.5, 1))});
    add(space, &(caviar_parameter){.name = "units2",
                                   .type = INT,
                                   .low = 8,
                                   .high = 64,
                                   WHEN(HAS("layers", WHOLE(2), WHOLE(3), REAL(4)))});
    add(space,
        &(caviar_parameter){.name = "warmup", .high = 1, WHEN(HAS("nesterov", TRUTH(true)))});
    return space;
}

enum { OPTIMIZER, LAYERS, MOMENTUM, NESTEROV, UNITS2, WARMUP, EXAMPLE_COUNT };

static void test_conditions_over_several_parents_and_values_nested(void **state)
{
    (void)state;
    cav_space *space = example();
    static const struct {
        double optimizer, layers, momentum, nesterov;
        bool active[EXAMPLE_COUNT];
    } cases[] = {
        // sgd with enough momentum has nesterov, and with it warmup
        {0, 1, 0.5, 1, {1, 1, 1, 1, 0, 1}},     {0, 1, 0.9, 0, {1, 1, 1, 1, 0, 0}},
        {0, 2, 0.499, NAN, {1, 1, 1, 0, 1, 0}}, {1, 3, NAN, NAN, {1, 1, 0, 0, 1, 0}},
        {2, 4, 0.9, NAN, {1, 1, 1, 0, 1, 0}},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        double raw[EXAMPLE_COUNT] = {
            cases[i].optimizer, cases[i].layers, cases[i].momentum, cases[i].nesterov, 8, 1};
        for (size_t parameter = 0; parameter < EXAMPLE_COUNT; parameter++)
            if (cav_space_is_active(space, parameter, raw) != cases[i].active[parameter])
                fail_msg("case %zu, parameter %zu", i, parameter);
    }
    caviar_space_free(space);
}

static void test_decoding_leaves_out_what_is_inactive(void **state)
{
    (void)state;
    cav_space *space = example();
    double point[] = {0.5, 0, 0.7, 0.9, 0.5, 0.5}, raw[EXAMPLE_COUNT]; // adam, one layer
    cav_space_decode(space, point, raw, point);
    assert_true(raw[OPTIMIZER] == 1 && raw[LAYERS] == 1);
    for (size_t i = MOMENTUM; i <= WARMUP; i++)
        assert_true(isnan(raw[i]) && isnan(point[i]));
    caviar_space_free(space);
}

static void test_a_parameter_is_checked_where_it_is_active_only(void **state)
{
    (void)state;
    cav_space *space = example();
    cav_error error = {0};
    double fine[] = {1, 1, NAN, NAN, NAN, NAN};
    assert_ok(cav_space_check(space, fine, &error), &error);
    double missing[] = {0, 1, NAN, NAN, NAN, NAN};
    assert_int_equal(cav_space_check(space, missing, &error), CAVIAR_INVALID);
    assert_string_equal(error.message, "parameter 'momentum' has no value");
    double outside[] = {0, 9, 0.1, NAN, NAN, NAN};
    assert_int_equal(cav_space_check(space, outside, &error), CAVIAR_INVALID);
    assert_contains(error.message, "'layers': 9 lies outside of 1 to 4");
    double surplus[] = {1, 1, NAN, NAN, 16, NAN};
    assert_int_equal(cav_space_check(space, surplus, &error), CAVIAR_INVALID);
    assert_contains(error.message, "'units2' is not active with these values of 'layers'");
    // of several conditions the one that fails is named
    double wrong_parent[] = {0, 1, 0.1, 1, NAN, NAN};
    assert_int_equal(cav_space_check(space, wrong_parent, &error), CAVIAR_INVALID);
    assert_contains(error.message, "'nesterov' is not active with these values of 'momentum'");
    caviar_space_free(space);
}

static void test_conditions_that_cannot_be_are_refused(void **state)
{
    (void)state;
    cav_space *space = example();
#define CHILD(condition) &(caviar_parameter){.name = "child", .high = 1, WHEN(condition)}
    expect_refused(space, CHILD(HAS("optimiser", TEXT("sgd"))), CAVIAR_INVALID,
                   "parameter 'child': when: there is no parameter 'optimiser'; did you mean "
                   "'optimizer'?");
    expect_refused(space, CHILD(HAS("child", REAL(1))), CAVIAR_INVALID,
                   "there is no parameter 'child'");
    expect_refused(space, CHILD(HAS(NULL, REAL(1))), CAVIAR_INVALID, "there is no parameter ''");
    expect_refused(space, CHILD(HAS("optimizer", TEXT("rmsprop"))), CAVIAR_INVALID,
                   "parameter 'child': when optimizer: parameter 'optimizer': 'rmsprop' is none of "
                   "its choices: sgd, adam, lion");
    expect_refused(space, CHILD(HAS("layers", WHOLE(5))), CAVIAR_INVALID, "5 lies outside of 1 to");
    expect_refused(space, CHILD(HAS("layers", TEXT("2"))), CAVIAR_INVALID, "a number is expected");
    expect_refused(space, CHILD(LIES("optimizer", 0, 1)), CAVIAR_INVALID,
                   "a range needs a numeric parent");
    expect_refused(space, CHILD(LIES("layers", 3, 2)), CAVIAR_INVALID, "low must not be above");
    expect_refused(space, CHILD(LIES("layers", NAN, 2)), CAVIAR_INVALID, "low must not be above");
#undef CHILD
    caviar_space_free(space);
}

static void test_a_name_is_taken_once(void **state)
{
    (void)state;
    cav_space *space = example();
    expect_refused(space, &(caviar_parameter){.name = "layers", .high = 1}, CAVIAR_EXISTS,
                   "parameter 'layers' is there twice");
    caviar_space_free(space);
}

static void test_only_varied_parameters_are_dimensions(void **state)
{
    (void)state;
    cav_space *space = caviar_space_new();
    add(space, &(caviar_parameter){.name = "c", .type = CONSTANT, CHOICES(TEXT("mnist"))});
    add(space, &(caviar_parameter){.name = "a", .high = 1});
    add(space, &(caviar_parameter){
                   .name = "f", .high = 1, .initial = REAL(0.5), .tier = CAVIAR_TIER_FIXED});
    add(space, &(caviar_parameter){.name = "b", .high = 1});
    assert_int_equal(space->dim_count, 2);
    assert_int_equal(space->dims[0], 1);
    assert_int_equal(space->dims[1], 3);
    double raw[4], point[2] = {0.25, 0.75};
    cav_space_decode(space, point, raw, point);
    assert_true(raw[0] == 0 && raw[1] == 0.25 && raw[2] == 0.5 && raw[3] == 0.75);
    caviar_space_free(space);
}

static void test_sizes(void **state)
{
    (void)state;
    cav_space *space = caviar_space_new();
    assert_true(cav_space_size(space) == 1 && cav_space_is_finite(space));
    for (int i = 0; i < 400; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        add(space, &(caviar_parameter){.name = name, .type = INT, .low = 1, .high = 10});
        if (i == 2)
            assert_true(cav_space_size(space) == 1000);
    }
    // 10^400 is more than a double holds, and finite all the same
    assert_true(isinf(cav_space_size(space)));
    assert_true(cav_space_is_finite(space));
    add(space, &(caviar_parameter){.name = "x", .high = 1});
    assert_false(cav_space_is_finite(space));
    caviar_space_free(space);
}

static void test_ten_thousand_parameters_and_no_more(void **state)
{
    (void)state;
    cav_space *space = caviar_space_new();
    char name[16];
    size_t count = 10000;
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "p%zu", i);
        add(space, &(caviar_parameter){.name = name, .high = 1});
    }
    expect_refused(space, &(caviar_parameter){.name = "x", .high = 1}, CAVIAR_INVALID,
                   "more than 10000 parameters");
    caviar_space_free(space);
}

// Same bits, all NaN being one.
static bool same(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

typedef void property(cav_random *random, cav_space *space);

static void check_many(uint64_t seed, random_limits limits, property *check)
{
    cav_random random = cav_random_stream(test_seed(seed), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(SPACES); i > 0; i--) {
        cav_space *space = random_space_new(&random, MOST, limits);
        check(&random, space);
        caviar_space_free(space);
    }
}

static void round_trip(cav_random *random, cav_space *space)
{
    double point[MOST], own[MOST], again[MOST], raw[MOST], raw_again[MOST];
    cav_error error = {0};
    for (int i = 0; i < POINTS; i++) {
        random_point(random, space, point);
        cav_space_decode(space, point, raw, own);
        assert_ok(cav_space_check(space, raw, &error), &error);
        cav_space_encode(space, raw, again);
        assert_true(same(own, again, space->dim_count));
        // its own point gives the same configuration, and is its own point
        cav_space_decode(space, own, raw_again, again);
        assert_true(same(raw, raw_again, space->count) && same(own, again, space->dim_count));
        // in place
        cav_space_decode(space, point, raw_again, point);
        assert_true(same(raw, raw_again, space->count) && same(own, point, space->dim_count));
    }
}

static void test_points_and_configurations_go_round(void **state)
{
    (void)state;
    check_many(301, (random_limits){0}, round_trip);
}

static void equal_points(cav_random *random, cav_space *space)
{
    double a[MOST], b[MOST], own_a[MOST], own_b[MOST], raw_a[MOST], raw_b[MOST];
    for (int i = 0; i < POINTS; i++) {
        random_point(random, space, a);
        memcpy(b, a, sizeof b);
        if (space->dim_count > 0) // another coordinate, which may or may not mean the same
            b[cav_random_below(random, space->dim_count)] = random_coordinate(random);
        cav_space_decode(space, a, raw_a, own_a);
        cav_space_decode(space, b, raw_b, own_b);
        assert_int_equal(same(raw_a, raw_b, space->count), same(own_a, own_b, space->dim_count));
    }
}

static void test_equal_configurations_have_equal_points_and_no_others(void **state)
{
    (void)state;
    check_many(302, (random_limits){.finite = true}, equal_points);
    check_many(303, (random_limits){0}, equal_points);
}

static void assert_same_values(const caviar_value *a, size_t a_count, const caviar_value *b,
                               size_t b_count)
{
    assert_int_equal(a_count, b_count);
    for (size_t i = 0; i < a_count; i++) {
        assert_int_equal(a[i].kind, b[i].kind);
        assert_true(cav_value_equal(&a[i], &b[i]));
    }
}

static void assert_same_descriptions(const caviar_parameter *a, const caviar_parameter *b)
{
    assert_string_equal(a->name, b->name);
    assert_true(a->type == b->type && a->scale == b->scale && a->tier == b->tier);
    const double left[] = {a->low, a->high, a->limit_low, a->limit_high, a->step, a->step_factor};
    const double right[] = {b->low, b->high, b->limit_low, b->limit_high, b->step, b->step_factor};
    assert_memory_equal(left, right, sizeof left);
    assert_int_equal(a->special_count, b->special_count);
    for (size_t i = 0; i < a->special_count; i++)
        assert_true(a->specials[i] == b->specials[i]);
    assert_same_values(a->choices, a->choice_count, b->choices, b->choice_count);
    assert_same_values(&a->initial, 1, &b->initial, 1);
    assert_int_equal(a->when_count, b->when_count);
    for (size_t i = 0; i < a->when_count; i++) {
        assert_string_equal(a->when[i].parent, b->when[i].parent);
        assert_true(a->when[i].low == b->when[i].low && a->when[i].high == b->when[i].high);
        assert_same_values(a->when[i].values, a->when[i].value_count, b->when[i].values,
                           b->when[i].value_count);
    }
}

static void copies(cav_random *random, cav_space *space)
{
    cav_error error = {0};
    cav_space *copy = cav_space_copy(space, &error);
    if (!copy)
        fail_msg("%s", error.message);
    assert_int_equal(copy->count, space->count);
    cav_arena *arena = cav_arena_new();
    for (size_t i = 0; i < space->count; i++)
        assert_same_descriptions(cav_space_describe(space, i, arena),
                                 cav_space_describe(copy, i, arena));
    cav_arena_free(arena);
    double point[MOST], own[MOST], raw[MOST], copied_own[MOST], copied_raw[MOST];
    for (int i = 0; i < POINTS; i++) {
        random_point(random, space, point);
        cav_space_decode(space, point, raw, own);
        cav_space_decode(copy, point, copied_raw, copied_own);
        assert_true(same(raw, copied_raw, space->count));
        assert_true(same(own, copied_own, space->dim_count));
    }
    caviar_space_free(copy);
}

static void test_a_copy_is_described_and_decodes_the_same(void **state)
{
    (void)state;
    check_many(304, (random_limits){0}, copies);
}

static void test_a_description_is_what_was_given(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(305), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(SPACES); i > 0; i--) {
        cav_space *space = caviar_space_new();
        random_parameter draft;
        random_parameter_draw(&random, random_type(&random), (random_limits){0}, "p", &draft);
        add(space, &draft.given);
        cav_arena *arena = cav_arena_new();
        caviar_parameter *described = cav_space_describe(space, 0, arena);
        if (draft.given.type == INT && draft.given.step == 1)
            draft.given.step = 0; // says the same
        if (draft.given.limit_low == draft.given.low && draft.given.limit_high == draft.given.high)
            draft.given.limit_low = draft.given.limit_high = 0; // and so does this
        if (draft.given.type == CONSTANT || draft.given.initial.kind == CAVIAR_KIND_NONE)
            draft.given.initial = described->initial = (caviar_value){.kind = CAVIAR_KIND_NONE};
        else // an int may have been given as a real
            draft.given.initial.kind = described->initial.kind;
        if (described->initial.kind == CAVIAR_KIND_INT)
            draft.given.initial.integer = described->initial.integer;
        assert_same_descriptions(&draft.given, described);
        cav_arena_free(arena);
        caviar_space_free(space);
    }
}

static void test_a_copy_has_its_own_constraints(void **state)
{
    (void)state;
    cav_space *space = example();
    cav_error error = {0};
    assert_ok(cav_space_constrain(space, "layers < 3", &error), &error);
    cav_space *copy = cav_space_copy(space, &error);
    caviar_space_free(space);
    double raw[] = {1, 4, NAN, NAN, 8, NAN};
    assert_false(cav_space_is_feasible(copy, raw));
    assert_int_equal(cav_space_check(copy, raw, &error), CAVIAR_INVALID);
    assert_string_equal(error.message, "the constraint 'layers < 3' does not hold");
    raw[LAYERS] = 2;
    assert_true(cav_space_is_feasible(copy, raw));
    caviar_space_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions_over_several_parents_and_values_nested),
        cmocka_unit_test(test_decoding_leaves_out_what_is_inactive),
        cmocka_unit_test(test_a_parameter_is_checked_where_it_is_active_only),
        cmocka_unit_test(test_conditions_that_cannot_be_are_refused),
        cmocka_unit_test(test_a_name_is_taken_once),
        cmocka_unit_test(test_only_varied_parameters_are_dimensions),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_ten_thousand_parameters_and_no_more),
        cmocka_unit_test(test_points_and_configurations_go_round),
        cmocka_unit_test(test_equal_configurations_have_equal_points_and_no_others),
        cmocka_unit_test(test_a_copy_is_described_and_decodes_the_same),
        cmocka_unit_test(test_a_description_is_what_was_given),
        cmocka_unit_test(test_a_copy_has_its_own_constraints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
