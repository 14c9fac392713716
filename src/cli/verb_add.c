/**
 * verb_add.c: caviar add
 */
#include "cli/open.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cav_flag flags[] = {
    {0, "value", "X", "its result, if it has been run; several metrics: --value 0.2,13"},
};

static const cav_example examples[] = {
    {"caviar add lr=0.01 units=128", "try this next; what is not named is filled in"},
    {"caviar add lr=0.01 units=128 --value 0.034", "import a result from elsewhere"},
};

// What a study that grows does not have yet, or not in that range, goes to `wishes`; NULL: it is
// refused.
static caviar_code read_setting(const cav_study *study, const char *word, double *raw,
                                cav_json *wishes, cav_error *error)
{
    const cav_space *space = study->spec->space;
    char name[256];
    const char *equals = strchr(word, '=');
    if (!equals)
        return cav_fail(error, CAVIAR_INVALID, "'%.80s': NAME=VALUE is expected", word);
    snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
    size_t i = cav_space_find(space, name);
    caviar_code code = i == space->count ? cav_study_fail_unknown(study, name, error)
                                         : cav_parameter_read_text(&space->parameters[i],
                                                                   equals + 1, &raw[i], error);
    if (!code || !wishes)
        return code;
    const caviar_value value = {.kind = CAVIAR_KIND_TEXT, .text = equals + 1};
    cav_study_write_wish(wishes, &(caviar_setting){.name = name, .value = value});
    return CAVIAR_OK;
}

// "0.2" or "0.2,13": a value for each metric.
static caviar_code read_values(const cav_study *study, const char *text, double *values,
                               cav_error *error)
{
    for (size_t m = 0; m < study->spec->metric_count; m++) {
        size_t size = strcspn(text, ",");
        bool last = m + 1 == study->spec->metric_count;
        if (!cav_number_parse(text, size, &values[m]) || !isfinite(values[m]) ||
            last != (text[size] == '\0'))
            return cav_fail(error, CAVIAR_INVALID,
                            "--value: %zu finite number%s expected, not '%.60s'",
                            study->spec->metric_count, last && m == 0 ? " is" : "s are", text);
        text += size + !last;
    }
    return CAVIAR_OK;
}

static caviar_code read_settings(const cav_arguments *arguments, const cav_study *study,
                                 double *raw, cav_json *wishes, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < study->spec->space->count; i++)
        raw[i] = NAN;
    for (size_t i = 0; i < arguments->operand_count && !code; i++)
        code = read_setting(study, arguments->operands[i], raw, wishes, error);
    if (wishes && wishes->text->size > 0)
        cav_study_end_wishes(wishes);
    return !code && wishes && wishes->text->failed ? cav_fail_memory(error) : code;
}

static caviar_code add(const cav_arguments *arguments, cav_study *study, cav_error *error)
{
    const cav_space *space = study->spec->space;
    const char *given = cav_flag_get(arguments, "value");
    double *raw = calloc(space->count + study->spec->metric_count, sizeof *raw);
    double *values = given && raw ? raw + space->count : NULL;
    int64_t number;
    cav_text text = {0};
    cav_json json = {.text = &text}, *wishes = study->spec->grows && !given ? &json : NULL;
    caviar_code code =
        raw ? read_settings(arguments, study, raw, wishes, error) : cav_fail_memory(error);
    if (!code && given)
        code = read_values(study, given, values, error);
    if (!code)
        code = cav_study_add(study, raw, values, text.data, &number, error);
    free(raw);
    cav_text_free(&text);
    if (!code)
        printf(cav_flag_is_on(arguments, "json") ? "{\"id\":%lld}\n" : "trial %lld\n",
               (long long)number);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    if (cav_cli_open(arguments, NULL, false, &study, &error))
        return cav_complain(&error);
    caviar_code code = add(arguments, study, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_add = {
    .name = "add",
    .group = "From other programs",
    .summary = "queue a configuration of your own, or import a result",
    .operands = "NAME=VALUE...",
    .description =
        "Adds a trial with parameters that you choose. Without a result it waits, and is run "
        "before anything that the sampler suggests. With --value it is complete at once, teaches "
        "the sampler, and does not count against the budget. Parameters that are not named get "
        "their default, or else a value from the sampler. Where trials name their parameters as "
        "they run, one that waits may have values for those that none has named yet.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .least = 1,
    .most = 10000,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
