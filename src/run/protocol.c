/**
 * protocol.c: messages to calls, results to answers.
 */
#include "run/protocol.h"

#include "base/names.h"
#include "base/number.h"
#include "run/folder.h"

#include <math.h>
#include <string.h>

enum { MOST_METRICS = 64, MOST_CHECKPOINTS = 10000 };

void cav_protocol_write_error(const cav_error *error, cav_text *answer)
{
    cav_json json = {.text = answer};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "error", error->message);
    cav_json_add_string(&json, "code", caviar_code_name(error->code));
    cav_json_end_object(&json);
}

// True if the plan changes the same parameter again at the same step.
static bool is_changed_again(const caviar_trial *trial, size_t index)
{
    const cav_change *change = &trial->plan[index];
    for (size_t i = index + 1; i < trial->plan_count && trial->plan[i].step == change->step; i++)
        if (trial->plan[i].index == change->index)
            return true;
    return false;
}

// The schedule that a trial follows, if it has one.
static void write_schedule(const caviar_trial *trial, cav_json *json)
{
    if (trial->plan_count == 0)
        return;
    cav_json_key(json, "schedule");
    cav_json_begin_array(json);
    for (size_t i = 0; i < trial->plan_count;) {
        int64_t step = trial->plan[i].step;
        cav_json_begin_object(json);
        cav_json_add_int(json, "step", step);
        cav_json_key(json, "changes");
        cav_json_begin_object(json);
        for (; i < trial->plan_count && trial->plan[i].step == step; i++) {
            if (is_changed_again(trial, i))
                continue;
            cav_json_key(json, trial->names[trial->plan[i].index]);
            cav_json_value(json, &trial->plan[i].value);
        }
        cav_json_end_object(json);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

void cav_protocol_write_welcome(const caviar_trial *trial, const cav_welcome *welcome,
                                cav_text *answer)
{
    cav_json json = {.text = answer};
    cav_json_begin_object(&json);
    cav_json_add_int(&json, "version", CAV_PROTOCOL_VERSION);
    cav_json_add_string(&json, "study", welcome->study);
    cav_json_add_string(&json, "metric", welcome->metric);
    cav_json_add_int(&json, "trial", trial->number);
    cav_json_add_int(&json, "attempt", trial->attempt);
    cav_json_add_int(&json, "seed", trial->seed);
    cav_json_add_string(&json, "dir", welcome->folder);
    cav_json_add_int(&json, "from", trial->first_step);
    if (trial->last_step < INT64_MAX)
        cav_json_add_int(&json, "steps", trial->last_step);
    cav_json_key(&json, "config");
    cav_trial_write_config(trial, &json);
    write_schedule(trial, &json);
    cav_json_end_object(&json);
}

void cav_protocol_write_start(const cav_history *history, const caviar_trial *trial, cav_json *json)
{
    int64_t parent_step = history->parent_steps[trial->number];
    cav_json_add_int(json, "from", trial->first_step);
    if (parent_step >= 0) {
        cav_json_add_int(json, "parent", history->parents[trial->number]);
        cav_json_add_int(json, "parent_step", parent_step);
    }
    cav_json_add_int(json, "seed", trial->seed);
    write_schedule(trial, json);
}

static caviar_code read_abilities(const json_t *list, unsigned *ret_can, cav_error *error)
{
    static const struct ability {
        const char *word;
        unsigned bit;
    } abilities[] = {
#define X(name, word, bit) {word, bit},
        CAVIAR_ABILITIES(X)
#undef X
    };
    *ret_can = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        for (size_t k = 0; word && k < CAV_COUNT_OF(abilities); k++)
            if (strcmp(word, abilities[k].word) == 0)
                *ret_can |= abilities[k].bit; // words of later versions are left alone
    }
    return json_is_array(list)
               ? CAVIAR_OK
               : cav_fail(error, CAVIAR_INVALID, "'can' must be a list of words, [\"changes\"]");
}

static caviar_code take_checkpoints(caviar_trial *trial, const json_t *list, cav_error *error)
{
    int64_t steps[MOST_CHECKPOINTS];
    size_t count = json_array_size(list);
    bool well = json_is_array(list) && count <= MOST_CHECKPOINTS;
    for (size_t i = 0; i < count && well; i++) {
        const json_t *step = json_array_get(list, i);
        well = json_is_integer(step) && json_integer_value(step) >= 0;
        steps[i] = json_integer_value(step);
    }
    if (!well)
        return cav_fail(error, CAVIAR_INVALID, "'checkpoints' must be a list of at most %d steps",
                        MOST_CHECKPOINTS);
    if (!caviar_trial_keeps(trial, steps, count))
        return CAVIAR_OK;
    *error = trial->error;
    return error->code;
}

caviar_code cav_protocol_take_abilities(caviar_trial *trial, const json_t *message,
                                        cav_error *error)
{
    const json_t *can = json_object_get(message, "can");
    const json_t *checkpoints = json_object_get(message, "checkpoints");
    unsigned bits = 0;
    caviar_code code = can ? read_abilities(can, &bits, error) : CAVIAR_OK;
    if (!code && checkpoints)
        code = take_checkpoints(trial, checkpoints, error);
    if (code)
        return code;
    trial->can = can ? bits | CAV_CAN_HEAR : trial->can | CAV_CAN_HEAR;
    return CAVIAR_OK;
}

static caviar_code read_number(const json_t *value, const char *name, double *ret_number,
                               cav_error *error)
{
    const char *word = json_string_value(value);
    if (json_is_number(value)) {
        *ret_number = json_number_value(value);
        return CAVIAR_OK;
    }
    if (word && cav_number_parse(word, strlen(word), ret_number))
        return CAVIAR_OK;
    if (json_is_null(value)) { // how some write NaN
        *ret_number = NAN;
        return CAVIAR_OK;
    }
    return cav_fail(error, CAVIAR_INVALID, "'%.60s' must be a number, not %s", name,
                    cav_json_type_name(value));
}

typedef struct metrics {
    caviar_metric items[MOST_METRICS];
    size_t count;
} metrics;

static caviar_code add(metrics *to, const char *name, const json_t *value, cav_error *error)
{
    if (to->count == MOST_METRICS)
        return cav_fail(error, CAVIAR_INVALID, "more than %d metrics", MOST_METRICS);
    to->items[to->count].name = name;
    caviar_code code =
        read_number(value, name ? name : "value", &to->items[to->count].value, error);
    to->count += !code;
    return code;
}

static caviar_code read_list(const json_t *list, const char *const *names, size_t name_count,
                             metrics *to, cav_error *error)
{
    if (!json_is_array(list) || json_array_size(list) != name_count)
        return cav_fail(error, CAVIAR_INVALID,
                        "'values' must be a list of %zu numbers, one for each metric", name_count);
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < name_count && !code; i++)
        code = add(to, names[i], json_array_get(list, i), error);
    return code;
}

static caviar_code read_metrics(const json_t *message, const char *const *names, size_t name_count,
                                metrics *to, cav_error *error)
{
    const json_t *value = json_object_get(message, "value");
    const json_t *values = json_object_get(message, "values");
    const json_t *named = json_object_get(message, "metrics");
    to->count = 0;
    caviar_code code = CAVIAR_OK;
    if (value)
        code = add(to, NULL, value, error);
    if (!code && values)
        code = read_list(values, names, name_count, to, error);
    if (!code && named && !json_is_object(named))
        return cav_fail(error, CAVIAR_INVALID, "'metrics' must be an object, {\"loss\": 0.2}");
    const char *name;
    json_t *item;
    json_object_foreach ((json_t *)(uintptr_t)named, name, item) {
        if (!code)
            code = add(to, name[0] ? name : NULL, item, error);
    }
    return code;
}

void cav_protocol_write_changes(const caviar_trial *trial, cav_json *json)
{
    cav_json_begin_object(json);
    for (size_t i = 0; i < trial->change_count; i++) {
        cav_json_key(json, trial->names[trial->changes[i]]);
        cav_json_value(json, &trial->values[trial->changes[i]]);
    }
    cav_json_end_object(json);
}

static void write_verdict(const caviar_trial *trial, caviar_verdict verdict, cav_text *answer)
{
    cav_json json = {.text = answer};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "verdict", caviar_verdict_name(verdict));
    if (verdict == CAVIAR_VERDICT_RESTORE)
        cav_json_add_int(&json, "step", trial->restore_step);
    if (trial->change_count > 0) {
        cav_json_key(&json, "changes");
        cav_protocol_write_changes(trial, &json);
    }
    cav_json_end_object(&json);
}

static caviar_code read_step(const json_t *message, int64_t *ret_step, cav_error *error)
{
    const json_t *step = json_object_get(message, "step");
    double number = json_is_number(step) ? json_number_value(step) : -1; // Python may send 3.0
    if (!(number >= 0 && number <= CAV_INT_LIMIT) || number != floor(number))
        return cav_fail(error, CAVIAR_INVALID,
                        "a report needs its step, a whole number from 0: {\"cmd\":\"report\","
                        "\"step\":3,\"value\":0.2}");
    *ret_step = (int64_t)number;
    return CAVIAR_OK;
}

caviar_code cav_protocol_report(caviar_trial *trial, const char *const *metric_names,
                                size_t metric_count, const json_t *message, cav_text *answer,
                                caviar_verdict *ret_verdict)
{
    metrics given;
    given.count = 0;
    cav_error error = {0};
    int64_t step = 0;
    caviar_verdict verdict = CAVIAR_VERDICT_CONTINUE;
    caviar_code code = read_step(message, &step, &error);
    if (!code)
        code = cav_protocol_take_abilities(trial, message, &error);
    if (!code)
        code = read_metrics(message, metric_names, metric_count, &given, &error);
    if (!code && given.count == 0)
        code = cav_fail(&error, CAVIAR_INVALID, "a report needs a value: \"value\":0.2");
    if (!code && caviar_trial_report(trial, step, given.items, given.count, &verdict)) {
        code = trial->error.code;
        error = trial->error;
    }
    if (code)
        cav_protocol_write_error(&error, answer);
    else
        write_verdict(trial, verdict, answer);
    if (ret_verdict)
        *ret_verdict = code ? CAVIAR_VERDICT_CONTINUE : verdict;
    return code;
}

static caviar_code tell_failure(caviar_trial *trial, const json_t *message, cav_error *error)
{
    const char *word = json_string_value(json_object_get(message, "reason"));
    const char *text = json_string_value(json_object_get(message, "message"));
    int reason = CAVIAR_REASON_EXIT;
    if (word && cav_names_find(&cav_reason_names, word, &reason, error))
        return CAVIAR_INVALID;
    if (caviar_trial_fail(trial, (caviar_reason)reason, text)) {
        *error = trial->error;
        return trial->error.code;
    }
    return CAVIAR_OK;
}

static caviar_code tell_values(caviar_trial *trial, const char *const *metric_names,
                               size_t metric_count, const json_t *message, cav_error *error)
{
    metrics given;
    caviar_code code = read_metrics(message, metric_names, metric_count, &given, error);
    if (code)
        return code;
    if (given.count == 0 && trial->step < 0)
        return cav_fail(error, CAVIAR_INVALID,
                        "a tell needs the result, \"value\":0.2, or \"state\":\"failed\"");
    if (caviar_trial_tell(trial, given.items, given.count)) {
        *error = trial->error;
        return trial->error.code;
    }
    return CAVIAR_OK;
}

void cav_protocol_tell(caviar_trial *trial, const char *const *metric_names, size_t metric_count,
                       const json_t *message, cav_text *answer)
{
    cav_error error = {0};
    caviar_code code;
    const char *state = json_string_value(json_object_get(message, "state"));
    bool failed = state && strcmp(state, "failed") == 0;
    if (state && !failed && strcmp(state, "complete") != 0)
        code = cav_fail(&error, CAVIAR_INVALID,
                        "a trial ends as \"complete\" or \"failed\", not as \"%.60s\"", state);
    else if (failed)
        code = tell_failure(trial, message, &error);
    else
        code = tell_values(trial, metric_names, metric_count, message, &error);
    if (code)
        cav_protocol_write_error(&error, answer);
    else
        cav_text_append(answer, "{}");
}
