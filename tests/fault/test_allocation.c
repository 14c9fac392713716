/**
 * test_allocation.c: the n-th allocation fails, for n = 1, 2, … until the operation passes.
 *
 * Every failure must come out as CAVIAR_NOMEM (or NULL), leave nothing leaked (the sanitizers look)
 * and nothing broken: what failed is done again with memory and must then succeed. The method is
 * that of SQLite's test_malloc.c; the linker puts the functions below in the place of the library's
 * calls (--wrap).
 */
#include "support/test.h"

#include "support/literal.h"

#include "base/json.h"
#include "search/sampler.h"
#include "space/codec.h"
#include "space/walk.h"
#include "trial/handle.h"
#include "trial/history.h"

#include <math.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__real_aligned_alloc(size_t alignment, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static size_t left;       // allocations until one fails; 0: none does
static size_t fail_count; // those that failed

static bool is_due(void)
{
    bool due = left > 0 && --left == 0;
    fail_count += due;
    return due;
}

void *__wrap_malloc(size_t size)
{
    return is_due() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_due() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_due() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return is_due() ? NULL : __real_strdup(text);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return is_due() ? NULL : __real_aligned_alloc(alignment, size);
}

// An operation on an object; CAVIAR_NOMEM where an allocation failed.
typedef caviar_code operation(void *object, cav_error *error);

// Runs the operation with ever later failures, each time followed by one that must succeed; returns
// how many there were.
static size_t fail_each_if_any(operation *operate, void *(*make)(void),
                               void (*destroy)(void *object))
{
    size_t n = 0, failures;
    do {
        void *object = make();
        cav_error error = {0};
        fail_count = 0;
        left = ++n;
        caviar_code code = operate(object, &error);
        left = 0;
        failures = fail_count;
        if (failures && code != CAVIAR_NOMEM)
            fail_msg("allocation %zu fails and the code is %d: %s", n, code, error.message);
        if (!failures)
            assert_ok(code, &error);
        else
            assert_ok(operate(object, &error), &error);
        destroy(object);
    } while (failures);
    return n - 1;
}

// The same for an operation that is known to allocate something.
static void fail_each(operation *operate, void *(*make)(void), void (*destroy)(void *object))
{
    assert_true(fail_each_if_any(operate, make, destroy) > 0);
}

static const caviar_parameter parameters[] = {
    {.name = "lr", .scale = LOG, .low = 1e-5, .high = 1, SPECIALS(0, 2)},
    {.name = "opt", .type = CATEGORICAL, CHOICES(TEXT("sgd"), WHOLE(3), TEXT("adam"))},
    {.name = "beta", .high = 0.9, WHEN(HAS("opt", TEXT("adam")), LIES("lr", 0, 0.5))},
    {.name = "data", .type = CONSTANT, CHOICES(TEXT("mnist"))},
    {.name = "units",
     .type = INT,
     .low = 1,
     .high = 9,
     .initial = WHOLE(3),
     .tier = CAVIAR_TIER_FIXED},
};

static void *make_space(void)
{
    return caviar_space_new();
}

static void *make_full_space(void)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < CAV_COUNT_OF(parameters); i++)
        assert_int_equal(caviar_space_add(space, &parameters[i]), CAVIAR_OK);
    assert_int_equal(caviar_space_constrain(space, "lr * units < 2"), CAVIAR_OK);
    return space;
}

static void destroy_space(void *space)
{
    caviar_space_free(space);
}

// Goes on where the last attempt stopped.
static caviar_code fill_space(void *object, cav_error *error)
{
    cav_space *space = object;
    while (space->count < CAV_COUNT_OF(parameters)) {
        caviar_code code = cav_space_add(space, &parameters[space->count], error);
        if (code)
            return code;
    }
    return cav_space_constrain(space, "lr * units < 2", error);
}

static void test_adding_parameters_and_constraints(void **state)
{
    (void)state;
    fail_each(fill_space, make_space, destroy_space);
    left = 1;
    assert_null(caviar_space_new());
    left = 0;
}

static caviar_code copy_space(void *space, cav_error *error)
{
    cav_space *copy = cav_space_copy(space, error);
    caviar_code code = copy ? CAVIAR_OK : error->code;
    caviar_space_free(copy);
    return code;
}

static void test_copying_a_space(void **state)
{
    (void)state;
    fail_each(copy_space, make_full_space, destroy_space);
}

static caviar_code describe_space(void *object, cav_error *error)
{
    const cav_space *space = object;
    cav_arena *arena = cav_arena_new();
    caviar_code code = arena ? CAVIAR_OK : cav_fail_memory(error);
    for (size_t i = 0; i < space->count && !code; i++)
        code = cav_space_describe(space, i, arena) ? CAVIAR_OK : cav_fail_memory(error);
    cav_arena_free(arena);
    return code;
}

static void test_describing_a_space(void **state)
{
    (void)state;
    fail_each(describe_space, make_full_space, destroy_space);
}

static caviar_code write_configuration(void *object, cav_error *error)
{
    const cav_space *space = object;
    const double raw[] = {0.01, 2, 0.5, 0, 3};
    double back[CAV_COUNT_OF(parameters)];
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_space_write(space, raw, &json);
    caviar_code code = text.failed ? cav_fail_memory(error) : CAVIAR_OK;
    if (!code)
        cav_space_read_fast(space, text.data, back);
    cav_text_free(&text);
    return code;
}

static void test_writing_a_configuration(void **state)
{
    (void)state;
    fail_each(write_configuration, make_full_space, destroy_space);
}

static caviar_code walk_space(void *object, cav_error *error)
{
    cav_walk *walk = cav_walk_new(object, 3);
    if (!walk)
        return cav_fail_memory(error);
    while (cav_walk_next(walk))
        ;
    cav_walk_free(walk);
    return CAVIAR_OK;
}

static void test_walking(void **state)
{
    (void)state;
    fail_each(walk_space, make_full_space, destroy_space);
}

// The message is about the name, or about memory; never is there a crash.
static void test_messages_survive(void **state)
{
    (void)state;
    cav_space *space = make_full_space();
    for (size_t n = 1; n < 12; n++) {
        cav_error error = {0};
        double raw;
        left = n;
        assert_int_not_equal(cav_space_fail_unknown(space, "lrr", &error), CAVIAR_OK);
        assert_true(error.message[0] != '\0');
        left = n;
        const cav_parameter *choice = &space->parameters[1];
        assert_int_not_equal(cav_parameter_read_text(choice, "x", &raw, &error), CAVIAR_OK);
        left = 0;
    }
    caviar_space_free(space);
}

static const bool minimize[2];

static void *make_history(void)
{
    return cav_history_new(1, 1, 2, minimize);
}

static void destroy_history(void *history)
{
    cav_history_free(history);
}

static caviar_code put(cav_history *history, int64_t number, caviar_state state, cav_error *error)
{
    const double raw[] = {0.5}, values[] = {1, 2}, point[] = {(double)number};
    cav_record record = {
        .number = number, .state = state, .raw = raw, .values = values, .step = -1};
    return cav_history_put(history, &record, point, error);
}

// Every trial runs, reports and ends; goes on where the last attempt stopped.
static caviar_code fill_history(void *object, cav_error *error)
{
    cav_history *history = object;
    const double values[] = {1, 2};
    for (int64_t i = (int64_t)history->finished_count; i < 300; i++) {
        caviar_code code = put(history, i, CAVIAR_STATE_RUNNING, error);
        for (int64_t step = 0; step < 12 && !code; step++)
            code = cav_history_report(history, (size_t)i, step, values, error);
        if (!code)
            code = put(history, i, CAVIAR_STATE_COMPLETE, error);
        if (code)
            return code;
    }
    return CAVIAR_OK;
}

static void check_history(void *object)
{
    cav_history *history = object;
    assert_int_equal(history->count, 300);
    assert_int_equal(history->finished_count, 300);
    assert_int_equal(history->open_count, 0);
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(history->finished[i], i);
        assert_int_equal(cav_history_find(history, (const double[]){(double)i}), i);
        assert_int_equal(history->curves[i].count, 12);
        assert_int_equal(history->curves[i].steps[11], 11);
    }
    destroy_history(history);
}

static void test_filling_a_history(void **state)
{
    (void)state;
    fail_each(fill_history, make_history, check_history);
    left = 1;
    assert_null(make_history());
    left = 0;
}

static caviar_code open_samplers(void *object, cav_error *error)
{
    static const cav_option_value points = {"points", "2", ""};
    cav_sampler_setup setup = {.space = object, .seed = 1, .trial_budget = 10};
    for (size_t i = 0; i < cav_sampler_count; i++) {
        cav_sampler sampler;
        bool grid = strcmp(cav_samplers[i]->name, "grid") == 0;
        caviar_code code =
            cav_sampler_open(&sampler, cav_samplers[i]->name, &points, grid, &setup, error);
        if (code)
            return code;
        cav_sampler_close(&sampler);
    }
    return CAVIAR_OK;
}

static void test_opening_every_sampler(void **state)
{
    (void)state;
    fail_each(open_samplers, make_full_space, destroy_space);
}

// Trials to learn from, in the space above.
static cav_history *make_trials(const cav_space *space)
{
    cav_history *history = cav_history_new(space->count, space->dim_count, 1, minimize);
    double raw[CAV_COUNT_OF(parameters)], point[CAV_COUNT_OF(parameters)], value;
    for (int64_t i = 0; i < 40; i++) {
        for (size_t dim = 0; dim < space->dim_count; dim++)
            point[dim] = fmod(0.618 * (double)(i + 1) * (double)(dim + 1), 1);
        cav_space_decode(space, point, raw, point);
        value = fabs(raw[0] - 0.01);
        cav_record record = {.number = i,
                             .state = i % 8 ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_RUNNING,
                             .raw = raw,
                             .values = &value,
                             .step = -1};
        cav_error error = {0};
        assert_ok(cav_history_put(history, &record, point, &error), &error);
    }
    return history;
}

typedef struct learner {
    cav_space *space;
    cav_history *history;
    cav_sampler sampler;
} learner;

static const cav_sampler_type *learning; // the type that the next learner has

static void *make_learner(void)
{
    learner *at = malloc(sizeof *at);
    cav_error error = {0};
    at->space = make_full_space();
    at->history = make_trials(at->space);
    cav_sampler_setup setup = {.space = at->space, .seed = 1, .trial_budget = 100};
    static const cav_option_value points = {"points", "5", ""}, effort = {"effort", "0", ""};
    bool is_grid = strcmp(learning->name, "grid") == 0, has_effort = false;
    for (size_t i = 0; i < learning->option_count; i++)
        has_effort |= strcmp(learning->options[i].name, "effort") == 0;
    assert_ok(cav_sampler_open(&at->sampler, learning->name, is_grid ? &points : &effort,
                               is_grid || has_effort, &setup, &error),
              &error);
    return at;
}

static void destroy_learner(void *object)
{
    learner *at = object;
    cav_sampler_close(&at->sampler);
    cav_history_free(at->history);
    caviar_space_free(at->space);
    free(at);
}

static caviar_code suggest_point(void *object, cav_error *error)
{
    learner *at = object;
    double point[CAV_COUNT_OF(parameters)];
    cav_suggest suggest = {.number = 40};
    return at->sampler.type->suggest(at->sampler.state, at->history, &suggest, point, error);
}

static void test_suggesting_by_every_sampler(void **state)
{
    (void)state;
    for (size_t i = 0; i < cav_sampler_count; i++) {
        learning = cav_samplers[i];
        fail_each_if_any(suggest_point, make_learner, destroy_learner);
    }
}

// A model that has learnt something, and what it learns from.
typedef struct modelled {
    cav_space *space;
    cav_sampler sampler;
    size_t metric_count;
    cav_history *history;
} modelled;

static void put_trial(modelled *at, size_t number, caviar_state state, double value)
{
    cav_error error = {0};
    double point[4], raw[5], values[2] = {value, 1 - value};
    for (size_t dim = 0; dim < at->space->dim_count; dim++)
        point[dim] = fmod(0.37 * (double)(number + 1) * (double)(dim + 1), 1);
    cav_space_decode(at->space, point, raw, point);
    cav_record record = {.number = (int64_t)number,
                         .attempt = 1,
                         .state = state,
                         .raw = raw,
                         .values = values,
                         .origin = "user",
                         .step = -1};
    if (!at->history)
        at->history =
            cav_history_new(at->space->count, at->space->dim_count, at->metric_count, minimize);
    assert_ok(cav_history_put(at->history, &record, point, &error), &error);
}

static void *make_model(size_t metric_count)
{
    static const cav_option_value options[] = {{"effort", "0", ""}, {"volume", "1", ""}};
    cav_error error = {0};
    modelled *at = calloc(1, sizeof *at);
    at->space = make_full_space();
    at->metric_count = metric_count;
    cav_sampler_setup setup = {
        .space = at->space, .seed = 1, .trial_budget = 10, .metric_count = metric_count};
    assert_ok(cav_sampler_open(&at->sampler, "gp", options, 2, &setup, &error), &error);
    for (size_t i = 0; i < 7; i++)
        put_trial(at, i, i < 6 ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_RUNNING,
                  fmod(1.3 * (double)i, 1));
    return at;
}

static void *make_model_of_one(void)
{
    return make_model(1);
}

static void *make_model_of_two(void)
{
    return make_model(2);
}

static caviar_code ask_model(void *object, cav_error *error)
{
    modelled *at = object;
    double point[4];
    cav_suggest suggest = {.number = 7};
    return at->sampler.type->suggest(at->sampler.state, at->history, &suggest, point, error);
}

static void destroy_modelled(void *object)
{
    modelled *at = object;
    cav_sampler_close(&at->sampler);
    cav_history_free(at->history);
    caviar_space_free(at->space);
    free(at);
}

static void test_asking_a_model(void **state)
{
    (void)state;
    fail_each(ask_model, make_model_of_one, destroy_modelled);
    fail_each(ask_model, make_model_of_two, destroy_modelled);
}

static void *make_nothing(void)
{
    return NULL;
}

static void destroy_nothing(void *nothing)
{
    (void)nothing;
}

static caviar_code make_handle(void *nothing, cav_error *error)
{
    (void)nothing;
    caviar_trial *trial = cav_trial_new(200, 1);
    bool fine = trial != NULL;
    for (size_t i = 0; i < 200 && fine; i++)
        fine = cav_trial_set(trial, i, "a-name-of-some-length", &(caviar_value)TEXT("and a value"));
    caviar_trial_free(trial);
    return fine ? CAVIAR_OK : cav_fail_memory(error);
}

static void test_making_a_handle(void **state)
{
    (void)state;
    fail_each(make_handle, make_nothing, destroy_nothing);
    caviar_trial *trial = NULL;
    left = 1;
    assert_int_equal(caviar_trial_join(NULL, &trial), CAVIAR_NOMEM);
    assert_null(trial); // the one failure that leaves no handle
    left = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding_parameters_and_constraints),
        cmocka_unit_test(test_copying_a_space),
        cmocka_unit_test(test_describing_a_space),
        cmocka_unit_test(test_writing_a_configuration),
        cmocka_unit_test(test_walking),
        cmocka_unit_test(test_messages_survive),
        cmocka_unit_test(test_filling_a_history),
        cmocka_unit_test(test_opening_every_sampler),
        cmocka_unit_test(test_asking_a_model),
        cmocka_unit_test(test_suggesting_by_every_sampler),
        cmocka_unit_test(test_making_a_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
