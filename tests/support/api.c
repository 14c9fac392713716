/**
 * api.c: fixtures of the public interface.
 */
#include "support/api.h"

#include "support/literal.h"

#include "base/number.h"

void api_add(caviar_space *space, const caviar_parameter *parameter)
{
    if (caviar_space_add(space, parameter))
        fail_msg("%s", caviar_space_message(space));
}

static caviar_space *usual_space(void)
{
    caviar_space *space = caviar_space_new();
    assert_non_null(space);
    api_add(space, &(caviar_parameter){.name = "lr", .scale = LOG, .low = 1e-5, .high = 1});
    api_add(space, &(caviar_parameter){.name = "units", .type = INT, .low = 1, .high = 64});
    api_add(space, &(caviar_parameter){
                       .name = "act", .type = CATEGORICAL, CHOICES(TEXT("relu"), TEXT("tanh"))});
    api_add(space, &(caviar_parameter){
                       .name = "beta", .low = 0.5, .high = 0.9, WHEN(HAS("act", TEXT("tanh")))});
    return space;
}

caviar_space *api_small_space(double high)
{
    caviar_space *space = caviar_space_new();
    assert_non_null(space);
    api_add(space, &(caviar_parameter){.name = "x", .type = INT, .low = 1, .high = high});
    return space;
}

static api *new_fixture(void)
{
    api *at = calloc(1, sizeof *at);
    assert_non_null(at);
    at->scratch = scratch_new();
    snprintf(at->file, sizeof at->file, "%s/caviar.db", at->scratch.folder);
    at->space = usual_space();
    return at;
}

int api_set_up_memory(void **state)
{
    *state = new_fixture();
    return 0;
}

int api_set_up_file(void **state)
{
    api *at = new_fixture();
    at->store = at->file;
    *state = at;
    return 0;
}

int api_tear_down(void **state)
{
    api *at = *state;
    caviar_study_close(at->study);
    caviar_space_free(at->space);
    scratch_remove(&at->scratch);
    free(at);
    return 0;
}

static void complete(const api *at, caviar_study_options *options)
{
    if (!options->sampler)
        options->sampler = "random"; // how points are found is not what these tests are about
    if (!options->store)
        options->store = at->store;
    if (!options->space && !options->definition)
        options->space = at->space;
    if (!options->seed)
        options->seed = 1;
}

caviar_study *api_open(const api *at, caviar_study_options options)
{
    caviar_study *study = NULL;
    complete(at, &options);
    if (caviar_study_open(&options, &study))
        fail_msg("%s", caviar_study_message(study));
    return study;
}

void api_start(api *at, caviar_study_options options)
{
    caviar_study_close(at->study);
    at->study = api_open(at, options);
}

void api_open_fails(const api *at, caviar_study_options options, caviar_code code,
                    const char *piece)
{
    caviar_study *study = NULL;
    complete(at, &options);
    assert_int_equal(caviar_study_open(&options, &study), code);
    assert_non_null(study);
    assert_contains(caviar_study_message(study), piece);
    caviar_study_close(study);
}

caviar_trial *api_ask(caviar_study *study)
{
    caviar_trial *trial = NULL;
    if (caviar_study_ask(study, &trial))
        fail_msg("%s", caviar_study_message(study));
    return trial;
}

void api_ask_fails(caviar_study *study, caviar_code code, const char *piece)
{
    caviar_trial *trial = NULL;
    assert_int_equal(caviar_study_ask(study, &trial), code);
    assert_contains(caviar_study_message(study), piece);
    assert_null(trial);
}

void api_finish(caviar_trial *trial, double value)
{
    if (caviar_trial_tell_value(trial, value))
        fail_msg("%s", caviar_trial_message(trial));
    caviar_trial_free(trial);
}

int64_t api_run_one(caviar_study *study)
{
    caviar_trial *trial = api_ask(study);
    int64_t number = caviar_trial_number(trial);
    api_finish(trial, (double)number + 1);
    return number;
}

static void print_value(const caviar_value *value, char *text, size_t size)
{
    char number[CAV_NUMBER_SIZE];
    switch (value->kind) {
    case CAVIAR_KIND_INT:
        snprintf(text, size, "%lld", (long long)value->integer);
        break;
    case CAVIAR_KIND_REAL:
        cav_number_print(value->real, number);
        snprintf(text, size, "%s", number);
        break;
    case CAVIAR_KIND_TEXT:
        snprintf(text, size, "%s", value->text);
        break;
    case CAVIAR_KIND_BOOL:
        snprintf(text, size, "%s", value->truth ? "true" : "false");
        break;
    case CAVIAR_KIND_NONE:
        snprintf(text, size, "-");
        break;
    }
}

void api_describe(caviar_trial *trial, char *line, size_t size)
{
    const char *name;
    size_t used = 0;
    line[0] = '\0';
    for (size_t i = 0; (name = caviar_trial_name(trial, i)); i++) {
        caviar_value value;
        char text[64];
        assert_int_equal(caviar_trial_get(trial, name, &value), CAVIAR_OK);
        print_value(&value, text, sizeof text);
        used += (size_t)snprintf(line + used, size - used, "%s%s=%s", i ? " " : "", name, text);
        assert_true(used < size);
    }
}

caviar_trial *api_look(caviar_study *study, int64_t number)
{
    caviar_trial *trial = NULL;
    if (caviar_study_trial(study, number, &trial))
        fail_msg("%s", caviar_study_message(study));
    return trial;
}
