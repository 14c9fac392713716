/**
 * test_advice.c: advice in words and followed; what an earlier study has shown, held against this.
 */
#include "support/test.h"
#include "support/trials.h"

#include "base/memory.h"
#include "insight/advice.h"
#include "insight/contour.h"
#include "insight/transfer.h"

#include <math.h>

static const caviar_value choices[] = {{CAVIAR_KIND_TEXT, .text = "a"},
                                       {CAVIAR_KIND_TEXT, .text = "b"},
                                       {CAVIAR_KIND_TEXT, .text = "c"}};

enum { X, Y, Z, COUNT };

static void init(trials *at, caviar_scale scale, uint64_t seed)
{
    const caviar_parameter parameters[COUNT] = {
        [X] = {.name = "x", .scale = scale, .low = 1e-5, .high = 1},
        [Y] = {.name = "y", .low = 10, .high = 20},
        [Z] = {.name = "z", .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = 3},
    };
    trials_init(at, parameters, COUNT, seed);
}

// Best below 1e-5; y does nothing; a is bad.
static double downhill(const double *raw, cav_random *random)
{
    return 0.5 * log10(raw[X]) + (raw[Z] == 0 ? 2 : 0) + 0.01 * cav_random_normal(random);
}

static void advise(const trials *at, cav_arena *arena, cav_advice_list *ret_list)
{
    cav_error error = {0};
    assert_ok(cav_advice_make(at->space, at->history, 0, 1, arena, ret_list, &error), &error);
    for (size_t i = 0; i < ret_list->count; i++)
        print_message("#   %s: %s\n", ret_list->items[i].evidence, ret_list->items[i].change);
}

static void test_advice_is_followed_in_the_next_space(void **state)
{
    (void)state;
    trials at;
    cav_advice_list list;
    cav_error error = {0};
    cav_space *next;
    cav_arena *arena = cav_arena_new();
    init(&at, CAVIAR_SCALE_LOG, test_seed(1));
    trials_fill(&at, 120, downhill);
    advise(&at, arena, &list);
    assert_ok(cav_advice_follow(&list, &(cav_advice_choice){0}, &next, &error), &error);
    assert_int_equal(next->count, COUNT);
    assert_true(next->parameters[X].low < 1e-5 && next->parameters[X].low > 1e-9);
    assert_true(next->parameters[X].high < 1 && next->parameters[X].high > 1e-4);
    assert_int_equal(next->parameters[Y].tier, CAVIAR_TIER_FIXED);
    assert_true(next->parameters[Y].initial >= 10 && next->parameters[Y].initial <= 20);
    assert_int_equal(next->parameters[Z].choice_count, 2);
    assert_string_equal(next->parameters[Z].choices[0].text, "b");
    caviar_space_free(next);
    // in the study itself, whose trials have it, the choice stays and is excluded
    cav_advice_choice itself = {.keeps_choices = true};
    assert_ok(cav_advice_follow(&list, &itself, &next, &error), &error);
    assert_int_equal(next->parameters[Z].choice_count, 3);
    assert_int_equal(next->constraint_count, 1);
    assert_false(cav_space_is_feasible(next, (double[]){1e-6, 15, 0}));
    assert_true(cav_space_is_feasible(next, (double[]){1e-6, 15, 1}));
    caviar_space_free(next);
    cav_arena_free(arena);
    trials_free(&at);
}

static void test_a_surrogate_that_was_drawn_gives_the_same_advice(void **state)
{
    (void)state;
    trials at;
    cav_advice_list alone, after;
    cav_error error = {0};
    cav_smooth smooth;
    cav_contour contour;
    cav_arena *arena = cav_arena_new();
    init(&at, CAVIAR_SCALE_LOG, test_seed(1));
    trials_fill(&at, 120, downhill);
    advise(&at, arena, &alone);
    assert_ok(cav_smooth_make(at.space, at.history, 0, 1, CAV_SMOOTH_CALLS, &smooth, &error),
              &error);
    assert_ok(cav_contour_make(&smooth, X, Z, arena, &contour, &error), &error);
    assert_ok(cav_advice_of(&smooth, 1, arena, &after, &error), &error);
    cav_smooth_free(&smooth);
    assert_true(alone.count > 0 && after.count == alone.count);
    for (size_t i = 0; i < alone.count; i++) {
        assert_string_equal(after.items[i].evidence, alone.items[i].evidence);
        assert_string_equal(after.items[i].change, alone.items[i].change);
    }
    cav_arena_free(arena);
    trials_free(&at);
}

static double wavy(const double *raw, cav_random *random)
{
    return sin(2 * log(raw[X])) + 0.05 * cav_random_normal(random);
}

static void test_where_the_scale_is_wrong_nothing_is_said_of_the_range(void **state)
{
    (void)state;
    trials at;
    cav_advice_list list;
    cav_error error = {0};
    cav_space *next;
    cav_arena *arena = cav_arena_new();
    init(&at, CAVIAR_SCALE_LINEAR, test_seed(1));
    trials_fill(&at, 120, wavy);
    advise(&at, arena, &list);
    for (size_t i = 0; i < list.count; i++)
        assert_true(list.items[i].parameter != X || list.items[i].kind == CAV_ADVICE_SCALE);
    assert_int_equal(list.items[0].kind, CAV_ADVICE_SCALE);
    assert_string_equal(list.items[0].change, "scale: log");
    assert_contains(list.items[0].evidence, "nats more");
    assert_ok(cav_advice_follow(&list, &(cav_advice_choice){0}, &next, &error), &error);
    assert_int_equal(next->parameters[X].scale, CAVIAR_SCALE_LOG);
    caviar_space_free(next);
    cav_arena_free(arena);
    trials_free(&at);
}

static void test_a_choice_that_conditions_name_is_kept(void **state)
{
    (void)state;
    const caviar_condition when[] = {{.parent = "z", .values = choices, .value_count = 1}};
    const caviar_parameter parameters[] = {
        {.name = "z", .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = 3},
        {.name = "inner", .high = 1, .when = when, .when_count = 1},
    };
    trials at;
    cav_error error = {0};
    cav_space *next;
    trials_init(&at, parameters, 2, 1);
    cav_advice drop = {.kind = CAV_ADVICE_DROP, .parameter = 0, .value = 0};
    cav_advice_list list = {.space = at.space, .items = &drop, .count = 1};
    assert_ok(cav_advice_follow(&list, &(cav_advice_choice){0}, &next, &error), &error);
    assert_int_equal(next->parameters[0].choice_count, 3);
    caviar_space_free(next);
    trials_free(&at);
}

static void test_advice_needs_trials(void **state)
{
    (void)state;
    trials at;
    cav_error error = {0};
    cav_advice_list list;
    cav_arena *arena = cav_arena_new();
    init(&at, CAVIAR_SCALE_LOG, 1);
    trials_fill(&at, CAV_RANKING_LEAST - 1, downhill);
    assert_int_equal(cav_advice_make(at.space, at.history, 0, 1, arena, &list, &error),
                     CAVIAR_NOT_FOUND);
    assert_contains(error.message, "16");
    cav_arena_free(arena);
    trials_free(&at);
}

static double always(const double *raw, cav_random *random)
{
    (void)raw;
    (void)random;
    return 3;
}

static void test_equal_losses_and_spaces_that_vary_nothing_give_no_advice(void **state)
{
    (void)state;
    const caviar_parameter fixed = {
        .name = "one", .type = CAVIAR_TYPE_CONSTANT, .choices = choices, .choice_count = 1};
    for (int is_fixed = 0; is_fixed < 2; is_fixed++) {
        trials at;
        cav_advice_list list;
        cav_arena *arena = cav_arena_new();
        if (is_fixed)
            trials_init(&at, &fixed, 1, 1);
        else
            init(&at, CAVIAR_SCALE_LOG, 1);
        trials_fill(&at, 40, always);
        advise(&at, arena, &list);
        assert_int_equal(list.count, 0);
        cav_arena_free(arena);
        trials_free(&at);
    }
}

// Only where z is b does x exist; the best is at its upper end. It makes little of all variation,
// but parts the good trials.
static double inner(const double *raw, cav_random *random)
{
    return (isnan(raw[1]) ? 2 : -2 * raw[1]) + 0.01 * cav_random_normal(random);
}

static void test_a_range_that_is_not_always_there_is_judged_where_it_is(void **state)
{
    (void)state;
    const caviar_condition when[] = {{.parent = "z", .values = choices + 1, .value_count = 1}};
    const caviar_parameter parameters[] = {
        {.name = "z", .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = 3},
        {.name = "x", .low = 5, .high = 7, .when = when, .when_count = 1},
    };
    trials at;
    cav_advice_list list;
    cav_arena *arena = cav_arena_new();
    bool upwards = false;
    trials_init(&at, parameters, 2, test_seed(1));
    trials_fill(&at, 150, inner);
    advise(&at, arena, &list);
    for (size_t i = 0; i < list.count; i++) {
        const cav_advice *item = &list.items[i];
        if (item->parameter != 1)
            continue;
        assert_true(item->kind == CAV_ADVICE_GROW ? item->is_high && item->bound > 7
                                                  : item->kind == CAV_ADVICE_CUT && !item->is_high);
        upwards = true;
    }
    assert_true(upwards);
    cav_arena_free(arena);
    trials_free(&at);
}

// ---- Transfer ---------------------------------------------------------------------------------

static double uphill(const double *raw, cav_random *random)
{
    return -downhill(raw, random);
}

static double nothing(const double *raw, cav_random *random)
{
    (void)raw;
    return cav_random_normal(random);
}

static caviar_code transfer(trials_value *there, trials_value *here, cav_transfer *ret,
                            cav_error *error)
{
    trials a, b;
    init(&a, CAVIAR_SCALE_LOG, test_seed(1));
    init(&b, CAVIAR_SCALE_LINEAR, test_seed(2)); // another scale is no obstacle
    trials_fill(&a, 150, there);
    trials_fill(&b, 80, here);
    cav_transfer_side earlier = {a.space, a.history, 0}, now = {b.space, b.history, 0};
    caviar_code code = cav_transfer_measure(&now, &earlier, 1, ret, error);
    print_message("# correlation %.2f (%.2f to %.2f), best at %.2f\n", ret->correlation, ret->low,
                  ret->high, ret->best_place);
    trials_free(&a);
    trials_free(&b);
    return code;
}

static void test_the_same_function_holds_and_its_opposite_does_not(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_transfer found = {0};
    assert_ok(transfer(downhill, downhill, &found, &error), &error);
    assert_int_equal(found.verdict, CAV_TRANSFER_HOLDS);
    assert_int_equal(found.shared_count, 3);
    assert_true(found.correlation > 0.8 && found.best_place < 0.2);
    assert_ok(transfer(downhill, uphill, &found, &error), &error);
    assert_int_equal(found.verdict, CAV_TRANSFER_FAILS);
    assert_true(found.correlation < -0.8 && found.best_place > 0.5);
}

static void test_what_cannot_be_told_is_not(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_transfer found = {0};
    assert_int_equal(transfer(nothing, downhill, &found, &error), CAVIAR_NOT_FOUND);
    assert_contains(error.message, "do not explain themselves");
    assert_ok(transfer(downhill, nothing, &found, &error), &error);
    assert_true(found.verdict == CAV_TRANSFER_FAILS || found.verdict == CAV_TRANSFER_UNCLEAR);
    assert_true(isnan(found.best_place));
}

static void test_studies_without_a_common_parameter_are_refused(void **state)
{
    (void)state;
    trials a, b;
    cav_error error = {0};
    cav_transfer found;
    const caviar_parameter other = {.name = "q", .high = 1};
    init(&a, CAVIAR_SCALE_LOG, 1);
    trials_init(&b, &other, 1, 1);
    trials_fill(&a, 20, downhill);
    trials_fill(&b, 20, nothing);
    cav_transfer_side earlier = {a.space, a.history, 0}, now = {b.space, b.history, 0};
    assert_int_equal(cav_transfer_measure(&now, &earlier, 1, &found, &error), CAVIAR_NOT_FOUND);
    assert_contains(error.message, "in common");
    trials_free(&a);
    trials_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_advice_is_followed_in_the_next_space),
        cmocka_unit_test(test_a_surrogate_that_was_drawn_gives_the_same_advice),
        cmocka_unit_test(test_where_the_scale_is_wrong_nothing_is_said_of_the_range),
        cmocka_unit_test(test_a_choice_that_conditions_name_is_kept),
        cmocka_unit_test(test_advice_needs_trials),
        cmocka_unit_test(test_equal_losses_and_spaces_that_vary_nothing_give_no_advice),
        cmocka_unit_test(test_a_range_that_is_not_always_there_is_judged_where_it_is),
        cmocka_unit_test(test_the_same_function_holds_and_its_opposite_does_not),
        cmocka_unit_test(test_what_cannot_be_told_is_not),
        cmocka_unit_test(test_studies_without_a_common_parameter_are_refused),
    };
    return cmocka_run_group_tests_name("advice and transfer", tests, NULL, NULL);
}
