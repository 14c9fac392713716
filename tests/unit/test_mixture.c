/**
 * test_mixture.c: the density of a mixture against scipy, against its definition, and against its
 * own draws; that it integrates to 1.
 */
#include "support/test.h"

#include "support/literal.h"
#include "support/random_space.h"

#include "space/walk.h"
#include "surrogate/lanes.h"
#include "surrogate/mixture.h"

#include <math.h>

#include "mixture_golden.h"

static const bool minimize[1];
static const cav_mixture_options usual = {.least_bandwidth = 0.03, .choice_spread = 0.2};

static void put(cav_history *history, const double *raw, const double *point)
{
    cav_error error = {0};
    cav_record record = {
        .number = (int64_t)history->count, .state = CAVIAR_STATE_COMPLETE, .raw = raw, .step = -1};
    assert_ok(cav_history_put(history, &record, point, &error), &error);
}

// Trials drawn evenly, some of them twice.
static cav_history *random_history(cav_space *space, cav_random *random, size_t count)
{
    cav_history *history = cav_history_new(space->count, space->dim_count, 1, minimize);
    double *point = calloc(space->dim_count + 1, sizeof *point);
    double *raw = calloc(space->count + 1, sizeof *raw);
    for (size_t i = 0; i < count; i++) {
        for (size_t dim = 0; dim < space->dim_count; dim++)
            point[dim] = cav_random_unit(random);
        cav_space_decode(space, point, raw, point);
        put(history, raw, point);
        if (i + 1 < count && i % 3 == 0) {
            put(history, raw, point);
            i++;
        }
    }
    free(point);
    free(raw);
    return history;
}

// A mixture at all trials of the history, of random weights.
typedef struct subject {
    cav_space *space;
    cav_history *history;
    cav_mixture *mixture;
    size_t *rows;
    double *weights, uniform_weight;
    cav_mixture_place *places;
} subject;

static subject subject_of(cav_space *space, cav_random *random, size_t count)
{
    subject at = {.space = space,
                  .history = random_history(space, random, count),
                  .mixture = cav_mixture_new(space, &usual),
                  .rows = calloc(count + 1, sizeof *at.rows),
                  .weights = calloc(count + 1, sizeof *at.weights),
                  .uniform_weight = random_between(random, 0.2, 2),
                  .places = calloc(space->dim_count + 1, sizeof *at.places)};
    for (size_t i = 0; i < count; i++) {
        at.rows[i] = i;
        at.weights[i] = random_between(random, 0.01, 1);
    }
    cav_error error = {0};
    assert_ok(cav_mixture_fit(at.mixture, at.history, at.rows, at.weights, count, at.uniform_weight,
                              &error),
              &error);
    return at;
}

static void subject_free(subject *at)
{
    cav_history_free(at->history);
    cav_mixture_free(at->mixture);
    caviar_space_free(at->space);
    free(at->rows);
    free(at->weights);
    free(at->places);
}

static double log_density(const subject *at, const double *point, const double *raw)
{
    cav_mixture_locate(at->mixture, point, raw, at->places);
    return cav_mixture_log_density(at->mixture, at->places);
}

static void test_densities_are_those_of_scipy(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "lr", .scale = LOG, .low = 1e-4, .high = 1, SPECIALS(0)},
        {.name = "act", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
        {.name = "units", .type = INT, .scale = LOG, .low = 1, .high = 100},
        {.name = "layers", .type = INT, .low = 1, .high = 4},
        {.name = "momentum", .high = 1, WHEN(HAS("act", TEXT("b")))},
        {.name = "drop", .low = 0.1, .high = 0.6, WHEN(LIES("layers", 3, 4))},
    };
    cav_error error = {0};
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < CAV_COUNT_OF(parameters); i++)
        assert_ok(cav_space_add(space, &parameters[i], &error), &error);
    subject at = {
        .space = space,
        .history = cav_history_new(6, 6, 1, minimize),
        .mixture = cav_mixture_new(space, &(cav_mixture_options){.least_bandwidth = golden_least,
                                                                 .choice_spread = golden_spread}),
        .places = calloc(6, sizeof *at.places)};
    size_t rows[GOLDEN_TRIALS];
    double point[6];
    for (size_t i = 0; i < GOLDEN_TRIALS; i++) {
        rows[i] = i;
        cav_space_encode(space, golden_trials[i], point);
        put(at.history, golden_trials[i], point);
    }
    assert_ok(cav_mixture_fit(at.mixture, at.history, rows, golden_weights, GOLDEN_TRIALS,
                              golden_uniform_weight, &error),
              &error);
    for (size_t i = 0; i < GOLDEN_QUERIES; i++) {
        cav_space_encode(space, golden_queries[i], point);
        assert_near(log_density(&at, point, golden_queries[i]), golden_queries[i][6], 1e-9);
    }
    subject_free(&at);
}

// The mass of a Gaussian between two places, the slow way.
static double mass_between(double low, double high, double mu, double width)
{
    double from = (low - mu) / width * sqrt(0.5), to = (high - mu) / width * sqrt(0.5);
    return from > 0 ? 0.5 * (erfc(from) - erfc(to)) : 0.5 * (erfc(-to) - erfc(-from));
}

static bool in_range(const cav_parameter *parameter, const cav_mixture_place *place)
{
    return place->is_active && parameter->axis != CAV_AXIS_CHOICES &&
           place->part == parameter->special_count;
}

static double cell_of(double at)
{
    return fmin(floor(at * 128), 127);
}

// The definition of a kernel's bandwidth, by looking at all kernels.
static double bandwidth_of(const cav_parameter *parameter, const cav_mixture_place *all,
                           size_t count, size_t dims, size_t dim, size_t k)
{
    double at = all[k * dims + dim].at, before = 0, after = 1;
    size_t equal = 0;
    bool crowded = false; // something else lies in the same cell, so that no gap needs sharing
    for (size_t i = 0; i < count; i++) {
        const cav_mixture_place *other = &all[i * dims + dim];
        if (!in_range(parameter, other))
            continue;
        equal += other->at == at;
        crowded |= other->at != at && cell_of(other->at) == cell_of(at);
        if (other->at < at)
            before = fmax(before, other->at);
        if (other->at > at)
            after = fmin(after, other->at);
    }
    double gap = fmax(at - before, after - at);
    if (gap < 1. / 128) // is not looked at more closely
        return usual.least_bandwidth;
    return fmin(fmax(crowded ? gap : gap / (double)equal, usual.least_bandwidth), 1);
}

static double share_of(const cav_parameter *parameter, size_t part)
{
    if (parameter->axis == CAV_AXIS_CHOICES)
        return 1. / (double)parameter->choice_count;
    double share = parameter->special_share;
    return part < parameter->special_count ? share / (double)parameter->special_count : 1 - share;
}

// One coordinate of one kernel (`own` is NULL for the uniform one), from the definition.
static double coordinate_density(const cav_parameter *parameter, const cav_mixture_place *place,
                                 const cav_mixture_place *own, double width)
{
    bool ranged = in_range(parameter, place);
    double even = ranged && parameter->level_count ? place->high - place->low : 1;
    double share = share_of(parameter, place->part);
    if (!own || !own->is_active)
        return share * even;
    bool several = parameter->axis == CAV_AXIS_CHOICES || parameter->special_count > 0;
    if (several)
        share =
            usual.choice_spread * share + (own->part == place->part) * (1 - usual.choice_spread);
    if (!ranged)
        return share;
    if (!in_range(parameter, own))
        return share * even;
    double whole = mass_between(0, 1, own->at, width);
    if (parameter->level_count)
        return share * mass_between(place->low, place->high, own->at, width) / whole;
    double z = (place->at - own->at) / width;
    return share * exp(-0.5 * z * z) / (width * sqrt(2 * M_PI) * whole);
}

static double density_by_definition(const subject *at, const cav_mixture_place *all,
                                    const cav_mixture_place *places)
{
    size_t dims = at->space->dim_count, count = at->history->count;
    double total = at->uniform_weight, sum = 0;
    for (size_t k = 0; k < count; k++)
        total += at->weights[k];
    for (size_t k = 0; k <= count; k++) {
        double density = (k < count ? at->weights[k] : at->uniform_weight) / total;
        for (size_t dim = 0; dim < dims; dim++) {
            const cav_parameter *parameter = &at->space->parameters[at->space->dims[dim]];
            const cav_mixture_place *own = k < count ? &all[k * dims + dim] : NULL;
            if (!places[dim].is_active)
                continue;
            double width = own && in_range(parameter, own)
                               ? bandwidth_of(parameter, all, count, dims, dim, k)
                               : 0;
            if (own && in_range(parameter, own))
                assert_near(cav_mixture_bandwidth(at->mixture, k, dim), width, 1e-12);
            density *= coordinate_density(parameter, &places[dim], own, width);
        }
        sum += density;
    }
    return sum;
}

static void test_densities_follow_the_definition_in_any_space(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(801), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(60); i > 0; i--) {
        cav_space *space = random_space_new(&random, 6, (random_limits){.ordinary = i % 2});
        size_t dims = space->dim_count, count = cav_random_below(&random, 60);
        subject at = subject_of(space, &random, count);
        cav_mixture_place *all = calloc(count * dims + 1, sizeof *all);
        double *point = calloc(dims + 1, sizeof *point),
               *raw = calloc(space->count + 1, sizeof *raw);
        for (size_t k = 0; k < count; k++)
            cav_mixture_locate(at.mixture, at.history->points + k * dims,
                               at.history->raw + k * space->count, all + k * dims);
        for (int query = 0; query < 10; query++) {
            for (size_t dim = 0; dim < dims; dim++)
                point[dim] = cav_random_unit(&random);
            cav_space_decode(space, point, raw, point);
            double found = log_density(&at, point, raw), narrowest = 1;
            for (size_t dim = 0; dim < dims; dim++)
                if (at.places[dim].is_active && at.places[dim].high > 0)
                    narrowest = fmin(narrowest, at.places[dim].high - at.places[dim].low);
            // masses are differences of numbers up to 1/2, which have errors of 3e-12
            double slack = 1e-8 + 1e-11 / narrowest;
            assert_near(found, log(density_by_definition(&at, all, at.places)), slack);
        }
        free(all);
        free(point);
        free(raw);
        subject_free(&at);
    }
}

// Of at most 100,000 configurations.
static cav_space *finite_space(cav_random *random, size_t most)
{
    for (;;) {
        cav_space *space = random_space_new(random, most, (random_limits){.finite = true});
        if (cav_space_size(space) <= 100000) // infinite where a range is too narrow for its step
            return space;
        caviar_space_free(space);
    }
}

// Is a configuration of a walk where the search starts?
static bool is_within(const cav_space *space, const double *raw)
{
    for (size_t i = 0; i < space->count; i++) {
        const cav_parameter *parameter = &space->parameters[i];
        bool special = isnan(raw[i]) || parameter->choice_count > 0;
        for (size_t k = 0; k < parameter->special_count; k++)
            special |= parameter->specials[k] == raw[i];
        double slack = 1e-9 * (parameter->high - parameter->low);
        if (!special && !(raw[i] >= parameter->low - slack && raw[i] <= parameter->high + slack))
            return false;
    }
    return true;
}

static void test_a_finite_space_has_a_mass_of_1(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(802), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(80); i > 0; i--) {
        cav_space *space = finite_space(&random, 5);
        subject at = subject_of(space, &random, cav_random_below(&random, 40));
        cav_walk *walk = cav_walk_new(space, 0);
        double sum = 0;
        while (cav_walk_next(walk))
            if (is_within(space, walk->raw))
                sum += exp(log_density(&at, walk->point, walk->raw));
        assert_near(sum, 1, 1e-9);
        cav_walk_free(walk);
        subject_free(&at);
    }
}

static void test_a_continuum_under_a_condition_integrates_to_1(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "x", .high = 1, SPECIALS(-1, -2)},
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"))},
        {.name = "y", .high = 1, WHEN(LIES("x", 0, 0.5), HAS("c", TEXT("b")))},
    };
    enum { STEPS = 400 };
    cav_random random = cav_random_stream(test_seed(803), 0, CAV_PURPOSE_TEST, 0);
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < CAV_COUNT_OF(parameters); i++)
        assert_int_equal(caviar_space_add(space, &parameters[i]), CAVIAR_OK);
    subject at = subject_of(space, &random, 30);
    double sum = 0;
    for (int c = 0; c < 2; c++) {
        for (int i = -2; i < STEPS;
             i++) { // the midpoint rule in the range; special values are masses
            double x = i < 0 ? i : (i + 0.5) / STEPS, weight = i < 0 ? 1 : 1. / STEPS;
            bool active = c == 1 && x >= 0 && x <= 0.5;
            for (int k = 0; k < (active ? STEPS : 1); k++) {
                double raw[3] = {x, c, active ? (k + 0.5) / STEPS : NAN}, point[3];
                cav_space_encode(space, raw, point);
                sum += exp(log_density(&at, point, raw)) * weight / (active ? STEPS : 1);
            }
        }
    }
    assert_near(sum, 1, 1e-4);
    subject_free(&at);
}

static void test_draws_come_as_often_as_the_density_says(void **state)
{
    (void)state;
    enum { DRAWS = 40000, MOST = 400 };
    cav_random random = cav_random_stream(test_seed(804), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(12); i > 0; i--) {
        cav_space *space = finite_space(&random, 4);
        subject at = subject_of(space, &random, 12);
        double *point = calloc(space->dim_count + 1, sizeof *point);
        double *raw = calloc(space->count + 1, sizeof *raw);
        cav_history *seen = cav_history_new(space->count, space->dim_count, 1, minimize);
        size_t counts[MOST] = {0};
        for (int draw = 0; draw < DRAWS; draw++) {
            cav_mixture_draw(at.mixture, &random, point);
            cav_space_decode(space, point, raw, point);
            size_t row = cav_history_find(seen, point);
            if (row == SIZE_MAX && seen->count < MOST) {
                row = seen->count;
                put(seen, raw, point);
            }
            if (row != SIZE_MAX)
                counts[row]++;
        }
        for (size_t row = 0; row < seen->count; row++) {
            double share = exp(log_density(&at, seen->points + row * space->dim_count,
                                           seen->raw + row * space->count));
            double error = sqrt(share * (1 - share) / DRAWS);
            assert_near((double)counts[row] / DRAWS, share, 5 * error + 2. / DRAWS);
        }
        cav_history_free(seen);
        free(point);
        free(raw);
        subject_free(&at);
    }
}

// Of some coordinates it is what it is of a space of these alone.
static void test_a_mixture_of_some_coordinates_leaves_the_others(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "lr", .scale = LOG, .low = 1e-4, .high = 1},
        {.name = "act", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
        {.name = "units", .type = INT, .scale = LOG, .low = 1, .high = 100},
        {.name = "drop", .high = 0.6},
    };
    enum { COUNT = CAV_COUNT_OF(parameters) };
    static const size_t of[] = {1, 3};
    cav_error error = {0};
    cav_space *space = caviar_space_new(), *some = caviar_space_new();
    for (size_t i = 0; i < COUNT; i++)
        assert_ok(cav_space_add(space, &parameters[i], &error), &error);
    for (size_t i = 0; i < CAV_COUNT_OF(of); i++)
        assert_ok(cav_space_add(some, &parameters[of[i]], &error), &error);
    cav_random random = cav_random_stream(test_seed(807), 0, CAV_PURPOSE_TEST, 0);
    subject whole = subject_of(space, &random, 20), part = subject_of(some, &random, 20);
    for (size_t i = 0; i < 20; i++) // the same trials in both
        for (size_t k = 0; k < CAV_COUNT_OF(of); k++) {
            part.history->points[2 * i + k] = whole.history->points[COUNT * i + of[k]];
            part.history->raw[2 * i + k] = whole.history->raw[COUNT * i + of[k]];
        }
    assert_ok(cav_mixture_fit(part.mixture, part.history, part.rows, whole.weights, 20,
                              whole.uniform_weight, &error),
              &error);
    cav_mixture_options how = usual;
    how.dims = of;
    how.dim_count = CAV_COUNT_OF(of);
    cav_mixture_free(whole.mixture);
    whole.mixture = cav_mixture_new(space, &how);
    assert_ok(cav_mixture_fit(whole.mixture, whole.history, whole.rows, whole.weights, 20,
                              whole.uniform_weight, &error),
              &error);
    for (int i = 0; i < 100; i++) {
        double point[COUNT] = {-1, 0, -3, 0}, raw[COUNT], own[2], own_raw[2];
        cav_mixture_draw(whole.mixture, &random, point);
        assert_true(point[0] == -1 && point[2] == -3);
        cav_space_decode(space, point, raw, point);
        own[0] = point[1];
        own[1] = point[3];
        cav_space_decode(some, own, own_raw, own);
        assert_near(log_density(&whole, point, raw), log_density(&part, own, own_raw), 1e-12);
    }
    for (size_t k = 0; k < 20; k++)
        assert_near(cav_mixture_bandwidth(whole.mixture, k, 3),
                    cav_mixture_bandwidth(part.mixture, k, 1), 0);
    subject_free(&whole);
    subject_free(&part);
}

static void test_a_continuous_coordinate_is_drawn_as_its_density_says(void **state)
{
    (void)state;
    enum { DRAWS = 40000, BINS = 20 };
    cav_random random = cav_random_stream(test_seed(805), 0, CAV_PURPOSE_TEST, 0);
    cav_space *space = caviar_space_new();
    caviar_parameter x = {.name = "x", .high = 1};
    assert_int_equal(caviar_space_add(space, &x), CAVIAR_OK);
    subject at = subject_of(space, &random, 9);
    double masses[BINS] = {0}, counts[BINS] = {0};
    for (int i = 0; i < BINS * 100; i++) {
        double raw = (i + 0.5) / (BINS * 100);
        masses[i / 100] += exp(log_density(&at, &raw, &raw)) / (BINS * 100);
    }
    for (int i = 0; i < DRAWS; i++) {
        double u;
        cav_mixture_draw(at.mixture, &random, &u);
        counts[(size_t)(u * BINS)] += 1. / DRAWS;
    }
    for (int i = 0; i < BINS; i++)
        assert_near(counts[i], masses[i], 5 * sqrt(masses[i] / DRAWS) + 1e-4);
    subject_free(&at);
}

static void test_logarithms_masses_and_sums_are_right_to_the_last_digits(void **state)
{
    (void)state;
    enum { COUNT = 8 * 500 };
    cav_random random = cav_random_stream(test_seed(806), 0, CAV_PURPOSE_TEST, 0);
    static double x[COUNT], logs[COUNT], mu[COUNT], inv[COUNT], masses[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = exp(random_between(&random, -700, 700));
        x[i] = i % 2 ? x[i] : random_between(&random, 0.5, 2);
        logs[i] = x[i];
        mu[i] = random_between(&random, -0.1, 1.1);
        inv[i] = 1 / random_between(&random, 0.01, 1);
    }
    cav_lanes_log(COUNT, logs);
    cav_lanes_mass(COUNT, 0.4, 0.41, mu, inv, masses);
    for (size_t i = 0; i < COUNT; i++) {
        assert_near(logs[i], log(x[i]), 4e-16 * fmax(1, fabs(log(x[i]))));
        double mass = mass_between(0.4, 0.41, mu[i], 1 / inv[i]);
        assert_near(masses[i], mass, 4e-12);
    }
    double sum = 0, terms[8] = {-1, -2, -700, -3, 2, 1, -1e300, 0};
    for (size_t i = 0; i < 8; i++)
        sum += exp(terms[i]);
    assert_near(cav_lanes_log_sum_exp(8, terms), log(sum), 1e-15);
    double none[1] = {0};
    cav_lanes_log(1, none); // has no logarithm, but a defined answer
    assert_true(none[0] < -700 && none[0] > -720);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_densities_are_those_of_scipy),
        cmocka_unit_test(test_densities_follow_the_definition_in_any_space),
        cmocka_unit_test(test_a_finite_space_has_a_mass_of_1),
        cmocka_unit_test(test_a_continuum_under_a_condition_integrates_to_1),
        cmocka_unit_test(test_draws_come_as_often_as_the_density_says),
        cmocka_unit_test(test_a_mixture_of_some_coordinates_leaves_the_others),
        cmocka_unit_test(test_a_continuous_coordinate_is_drawn_as_its_density_says),
        cmocka_unit_test(test_logarithms_masses_and_sums_are_right_to_the_last_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
