/**
 * test_gp_region.c: the box around a good trial: when it opens, grows, shrinks, closes, and where
 * the next one opens.
 */
#include "support/test.h"

#include "support/literal.h"
#include "support/trials.h"

#include "search/gp_region.h"

#include <math.h>

static const bool minimize[1];

typedef struct fixture {
    cav_space *space;
    cav_history *history;
} fixture;

static fixture make(void)
{
    const caviar_parameter parameters[] = {
        {.name = "x", .high = 1},
        {.name = "y", .high = 1},
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"))}};
    fixture at = {.space = caviar_space_new(), .history = cav_history_new(3, 3, 1, minimize)};
    for (size_t i = 0; i < CAV_COUNT_OF(parameters); i++)
        assert_int_equal(caviar_space_add(at.space, &parameters[i]), CAVIAR_OK);
    return at;
}

static void destroy(fixture *at)
{
    cav_history_free(at->history);
    caviar_space_free(at->space);
}

// A complete trial with the first choice.
static void add(fixture *at, double x, double y, double loss)
{
    double point[] = {x, y, 0.25}, raw[] = {x, y, 0};
    trials_put_at(at->history, raw, point, loss, CAVIAR_STATE_COMPLETE);
}

static void look(cav_gp_region *region, const fixture *at)
{
    cav_gp_region_look(region, at->history, at->history->finished_count);
}

static void test_it_opens_around_the_best_and_follows_it(void **state)
{
    (void)state;
    fixture at = make();
    cav_gp_region region = cav_gp_region_make(at.space, 3);
    add(&at, 0.1, 0.1, 3);
    add(&at, 0.5, 0.5, 1);
    look(&region, &at);
    assert_false(region.is_open);
    add(&at, 0.9, 0.9, 2);
    look(&region, &at);
    assert_true(region.is_open);
    assert_int_equal(region.centre, 1);
    double length = region.length, low[] = {0, 0, 0}, high[] = {1, 1, 1};
    cav_gp_region_cut(&region, at.history, low, high);
    for (size_t dim = 0; dim < 2; dim++) {
        assert_near(low[dim], 0.5 - length / 2, 1e-15);
        assert_near(high[dim], 0.5 + length / 2, 1e-15);
    }
    assert_true(low[2] == 0 && high[2] == 1); // choices stay free
    add(&at, 0.52, 0.5, 0.9);
    look(&region, &at);
    assert_int_equal(region.centre, 3);
    const double other[] = {0.52, 0.6, 0.75};
    assert_near(cav_gp_region_distance(&region, at.history, other), 0.2, 1e-15);
    destroy(&at);
}

static void test_successes_double_and_failures_halve_it(void **state)
{
    (void)state;
    fixture at = make();
    cav_gp_region region = cav_gp_region_make(at.space, 1);
    add(&at, 0.5, 0.5, 10);
    look(&region, &at);
    double length = region.length;
    for (int i = 1; i <= 3; i++) // three in a row
        add(&at, 0.5, 0.5 + 0.01 * i, 10 - i);
    look(&region, &at);
    assert_near(region.length, 2 * length, 0);
    for (int i = 0; i < 12; i++)
        add(&at, 0.4 + 0.01 * i, 0.5, 11);
    for (int i = 0; i < 20; i++) // outside: they say nothing of its size
        add(&at, 0.99, 0.99, 11);
    look(&region, &at);
    assert_near(region.length, length, 0);
    // better, but by next to nothing of the 3 that the region has gained
    for (int i = 1; i <= 12; i++)
        add(&at, 0.5, 0.53 + 0.001 * i, 7 - 1e-4 * i);
    look(&region, &at);
    assert_near(region.length, length / 2, 0);
    assert_int_equal(region.centre, at.history->count - 1);
    destroy(&at);
}

static void test_the_next_one_opens_elsewhere(void **state)
{
    (void)state;
    fixture at = make();
    cav_gp_region region = cav_gp_region_make(at.space, 3), late = region;
    add(&at, 0.9, 0.1, 2);
    add(&at, 0.5, 0.55, 1.5); // second best, but next to where the first one will close
    add(&at, 0.5, 0.5, 1);
    look(&region, &at);
    for (int i = 0; region.is_open; i++) {
        assert_true(i < 200);
        add(&at, 0.5, 0.5, 3);
        look(&region, &at);
    }
    assert_int_equal(region.closed_count, 1);
    size_t closing = at.history->count, lasted = closing - 3;
    for (size_t i = 0; !region.is_open; i++) {
        assert_true(i < lasted);
        add(&at, 0.1 * (double)i / 200, 0.9, 5);
        look(&region, &at);
    }
    assert_int_equal(at.history->count - closing, lasted); // everywhere for as long
    assert_int_equal(region.centre, 0);
    look(&late, &at); // who looks but once sees the same
    assert_memory_equal(&late, &region, sizeof region);
    destroy(&at);
}

static void test_without_a_loss_there_is_none(void **state)
{
    (void)state;
    fixture at = make();
    cav_gp_region region = cav_gp_region_make(at.space, 2);
    for (int i = 0; i < 5; i++)
        add(&at, 0.5, 0.1 * i, NAN);
    look(&region, &at);
    assert_false(region.is_open);
    add(&at, 0.5, 0.5, 1);
    look(&region, &at);
    assert_true(region.is_open);
    destroy(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_opens_around_the_best_and_follows_it),
        cmocka_unit_test(test_successes_double_and_failures_halve_it),
        cmocka_unit_test(test_the_next_one_opens_elsewhere),
        cmocka_unit_test(test_without_a_loss_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
