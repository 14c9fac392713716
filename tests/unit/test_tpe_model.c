/**
 * test_tpe_model.c: the densities of TPE are a joint one, and one for each coordinate apart, of its
 * own good trials.
 */
#include "support/test.h"

#include "search/tpe_model.h"
#include "support/literal.h"

#include <math.h>
#include <stdlib.h>

enum { TRIALS = 60 };

static const bool minimize[1];
static const cav_mixture_options usual = {.least_bandwidth = 0.03, .choice_spread = 0.2};
static const cav_tpe_split_options splits = {
    .good_share = 0.15, .most_good = 25, .most_other = 1000};

// `kind` decides of all, `solver` of `width`; so rate, depth and width are apart.
static const caviar_parameter tree[] = {
    {.name = "kind", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
    {.name = "scale", .scale = LOG, .low = 1e-3, .high = 1},
    {.name = "rate", .high = 1, WHEN(HAS("kind", TEXT("a")))},
    {.name = "depth", .type = INT, .low = 1, .high = 9, WHEN(HAS("kind", TEXT("b"), TEXT("c")))},
    {.name = "solver",
     .type = CATEGORICAL,
     CHOICES(TEXT("x"), TEXT("y")),
     WHEN(HAS("kind", TEXT("c")))},
    {.name = "width", .high = 1, WHEN(HAS("solver", TEXT("y")))},
};
enum { DIMS = CAV_COUNT_OF(tree) };
static const size_t joint[] = {0, 1, 4}, apart[] = {2, 3, 5};

typedef struct fixture {
    cav_space *space;
    cav_history *history;
    cav_tpe_split split;
    cav_tpe_part part;
    cav_tpe_model *model;
    cav_random random;
} fixture;

static void draw(fixture *at, double *ret_point, double *ret_raw)
{
    for (size_t i = 0; i < DIMS; i++)
        ret_point[i] = cav_random_unit(&at->random);
    cav_space_decode(at->space, ret_point, ret_raw, ret_point);
}

static void put_trials(fixture *at)
{
    cav_error error = {0};
    for (size_t i = 0; i < TRIALS; i++) {
        double point[DIMS], raw[DIMS], loss = cav_random_unit(&at->random);
        draw(at, point, raw);
        cav_record record = {.number = (int64_t)i,
                             .state = i % 10 == 9 ? CAVIAR_STATE_RUNNING : CAVIAR_STATE_COMPLETE,
                             .raw = raw,
                             .values = i % 10 == 9 ? NULL : &loss,
                             .step = -1};
        assert_ok(cav_history_put(at->history, &record, point, &error), &error);
    }
}

static void set_up(fixture *at, bool is_apart)
{
    cav_error error = {0};
    *at = (fixture){.space = caviar_space_new(),
                    .history = cav_history_new(DIMS, DIMS, 1, minimize),
                    .random = cav_random_stream(test_seed(850), 0, CAV_PURPOSE_TEST, 0)};
    for (size_t i = 0; i < DIMS; i++)
        assert_ok(cav_space_add(at->space, &tree[i], &error), &error);
    put_trials(at);
    cav_tpe_model_options how = {.mixture = usual, .prior = 0.7, .is_apart = is_apart};
    at->model = cav_tpe_model_new(at->space, &how);
    assert_non_null(at->model);
    assert_ok(cav_tpe_split_init(&at->split, &splits, 5, 1, &error), &error);
    assert_ok(cav_tpe_split_update(&at->split, at->history, &error), &error);
    assert_ok(cav_tpe_part_list(&at->part, &at->split, at->history, &error), &error);
    assert_ok(cav_tpe_model_fit_apart(at->model, &at->part, &error), &error);
    assert_ok(
        cav_tpe_model_fit_joint(at->model, at->history, &at->split.good, &at->split.other, &error),
        &error);
}

static void tear_down(fixture *at)
{
    cav_tpe_model_free(at->model);
    cav_tpe_part_free(&at->part);
    cav_tpe_split_free(&at->split);
    cav_history_free(at->history);
    caviar_space_free(at->space);
}

// A mixture of some coordinates, by hand.
static cav_mixture *mixture_of(const fixture *at, const size_t *dims, size_t count,
                               const cav_tpe_group *group)
{
    cav_error error = {0};
    cav_mixture_options how = usual;
    how.dims = dims;
    how.dim_count = count;
    cav_mixture *mixture = cav_mixture_new(at->space, &how);
    assert_non_null(mixture);
    double total = 0;
    for (size_t i = 0; i < group->count; i++)
        total += group->weights[i];
    assert_ok(cav_mixture_fit(mixture, at->history, group->rows, group->weights, group->count,
                              0.7 * total / (double)group->count, &error),
              &error);
    return mixture;
}

static double log_ratio(const fixture *at, const size_t *dims, size_t count,
                        const cav_tpe_group *good, const cav_tpe_group *other, const double *point,
                        const double *raw)
{
    cav_mixture_place places[DIMS];
    cav_mixture *l = mixture_of(at, dims, count, good), *g = mixture_of(at, dims, count, other);
    cav_mixture_locate(l, point, raw, places);
    double ratio = cav_mixture_log_density(l, places) - cav_mixture_log_density(g, places);
    cav_mixture_free(l);
    cav_mixture_free(g);
    return ratio;
}

static void test_it_is_the_product_of_the_joint_one_and_those_apart(void **state)
{
    (void)state;
    fixture at;
    set_up(&at, true);
    for (int i = 0; i < 60; i++) {
        double point[DIMS], raw[DIMS];
        cav_error error = {0};
        draw(&at, point, raw);
        double wanted =
            log_ratio(&at, joint, CAV_COUNT_OF(joint), &at.split.good, &at.split.other, point, raw);
        for (size_t k = 0; k < CAV_COUNT_OF(apart); k++) {
            if (isnan(point[apart[k]]))
                continue;
            assert_ok(cav_tpe_part_take_active(&at.part, apart[k], &error), &error);
            wanted += log_ratio(&at, &apart[k], 1, &at.part.good, &at.part.other, point, raw);
        }
        assert_near(cav_tpe_model_log_ratio(at.model, point, raw), wanted, 1e-12);
    }
    tear_down(&at);
}

static void test_with_nothing_apart_it_is_the_joint_one_of_all(void **state)
{
    (void)state;
    static const size_t all[] = {0, 1, 2, 3, 4, 5};
    fixture at;
    set_up(&at, false);
    for (int i = 0; i < 60; i++) {
        double point[DIMS], raw[DIMS];
        draw(&at, point, raw);
        assert_near(cav_tpe_model_log_ratio(at.model, point, raw),
                    log_ratio(&at, all, DIMS, &at.split.good, &at.split.other, point, raw), 1e-12);
    }
    tear_down(&at);
}

// The best trials with a rate are near 0.8, though no good trial of the whole has one.
static void test_what_is_apart_is_drawn_near_its_own_good_trials(void **state)
{
    (void)state;
    enum { DRAWS = 4000 };
    fixture at;
    set_up(&at, true);
    cav_error error = {0};
    for (size_t i = 0; i < TRIALS; i++) {
        const double *raw = at.history->raw + DIMS * i;
        at.history->losses[i] = isnan(raw[2]) ? raw[1] : 10 + fabs(raw[2] - 0.8);
    }
    cav_tpe_split_forget(&at.split);
    assert_ok(cav_tpe_split_update(&at.split, at.history, &error), &error);
    assert_ok(cav_tpe_part_list(&at.part, &at.split, at.history, &error), &error);
    assert_ok(cav_tpe_model_fit_apart(at.model, &at.part, &error), &error);
    for (size_t i = 0; i < at.split.good.count; i++)
        assert_true(isnan(at.history->raw[DIMS * at.split.good.rows[i] + 2]));
    double sum = 0, even = 0;
    for (int i = 0; i < DRAWS; i++) {
        double point[DIMS];
        cav_tpe_model_draw(at.model, &at.random, point);
        sum += fabs(point[2] - 0.8) / DRAWS;
        even += fabs(cav_random_unit(&at.random) - 0.8) / DRAWS;
    }
    assert_true(sum < 0.75 * even);
    tear_down(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_the_product_of_the_joint_one_and_those_apart),
        cmocka_unit_test(test_with_nothing_apart_it_is_the_joint_one_of_all),
        cmocka_unit_test(test_what_is_apart_is_drawn_near_its_own_good_trials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
