/**
 * ledger.c: filling a ledger.
 */
#include "exchange/ledger.h"

#include "space/codec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cav_note(cav_notes *notes, const char *format, ...)
{
    cav_text line = {0};
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int size = vasprintf(&text, format, args);
    va_end(args);
    cav_text_append(&line, size >= 0 ? text : "");
    if (size >= 0)
        free(text);
    line.failed |= size < 0;
    char *taken = cav_text_take(&line);
    if (taken && CAV_GROW(&notes->lines, &notes->capacity, notes->count + 1)) {
        notes->lines[notes->count++] = taken;
        return;
    }
    free(taken);
    notes->failed = true;
}

void cav_notes_free(cav_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->lines[i]);
    free(notes->lines);
    *notes = (cav_notes){0};
}

cav_ledger *cav_ledger_new(const char *from)
{
    cav_ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return NULL;
    ledger->from = from;
    ledger->arena = cav_arena_new();
    if (ledger->arena)
        return ledger;
    free(ledger);
    return NULL;
}

void cav_ledger_free(cav_ledger *ledger)
{
    if (!ledger)
        return;
    for (size_t i = 0; i < ledger->trial_count; i++) {
        free(ledger->trials[i].settings);
        free(ledger->trials[i].reports);
        cav_text_free(&ledger->trials[i].attributes);
    }
    free(ledger->trials);
    free(ledger->parameters);
    cav_arena_free(ledger->arena);
    free(ledger);
}

caviar_code cav_ledger_set_metrics(cav_ledger *ledger, size_t count, cav_error *error)
{
    ledger->metrics = CAV_ARENA_NEW(ledger->arena, const char *, count);
    ledger->maximize = CAV_ARENA_NEW(ledger->arena, bool, count);
    if (!ledger->metrics || !ledger->maximize)
        return cav_fail_memory(error);
    ledger->metric_count = count;
    return CAVIAR_OK;
}

cav_ledger_trial *cav_ledger_add_trial(cav_ledger *ledger)
{
    double *values = CAV_ARENA_NEW(ledger->arena, double, ledger->metric_count + 1);
    if (!values || !CAV_GROW(&ledger->trials, &ledger->trial_capacity, ledger->trial_count + 1))
        return NULL;
    for (size_t m = 0; m < ledger->metric_count; m++)
        values[m] = NAN;
    cav_ledger_trial *trial = &ledger->trials[ledger->trial_count];
    *trial = (cav_ledger_trial){.number = (int64_t)ledger->trial_count, .values = values};
    ledger->trial_count++;
    return trial;
}

// Index of a parameter, which is added if it is new; SIZE_MAX when out of memory.
static size_t find_parameter(cav_ledger *ledger, const char *name)
{
    for (size_t i = 0; i < ledger->parameter_count; i++)
        if (strcmp(ledger->parameters[i].their_name, name) == 0)
            return i;
    const char *kept = cav_arena_strdup(ledger->arena, name);
    if (!kept ||
        !CAV_GROW(&ledger->parameters, &ledger->parameter_capacity, ledger->parameter_count + 1))
        return SIZE_MAX;
    ledger->parameters[ledger->parameter_count] = (cav_ledger_parameter){.their_name = kept};
    return ledger->parameter_count++;
}

static bool same_choices(const cav_distribution *a, const cav_distribution *b)
{
    if (a->choice_count != b->choice_count)
        return false;
    for (size_t i = 0; i < a->choice_count; i++)
        if (a->choices[i].kind != b->choices[i].kind ||
            !cav_value_equal(&a->choices[i], &b->choices[i]))
            return false;
    return true;
}

// A grid stays one where the other range lies on it.
static double common_step(const cav_distribution *a, const cav_distribution *b)
{
    double offset = a->step > 0 ? (b->low - a->low) / a->step : NAN;
    bool same = a->step == b->step && fabs(offset - nearbyint(offset)) < 1e-9;
    return same ? a->step : a->type == CAVIAR_TYPE_INT ? 1 : 0;
}

static caviar_code widen(cav_ledger_parameter *parameter, const cav_distribution *fresh,
                         cav_error *error)
{
    cav_distribution *all = &parameter->distribution;
    if (all->type != fresh->type || !same_choices(all, fresh))
        return cav_fail(error, CAVIAR_INVALID,
                        "parameter '%.100s' has %s than in an earlier trial, which no space can "
                        "hold",
                        parameter->their_name,
                        all->type == fresh->type ? "other choices" : "another type");
    bool same = all->low == fresh->low && all->high == fresh->high && all->step == fresh->step &&
                all->scale == fresh->scale;
    if (same)
        return CAVIAR_OK;
    parameter->is_mixed = true;
    all->step = common_step(all, fresh);
    all->low = fmin(all->low, fresh->low);
    all->high = fmax(all->high, fresh->high);
    if (all->scale != fresh->scale)
        all->scale = CAVIAR_SCALE_LINEAR;
    return CAVIAR_OK;
}

static caviar_code take_distribution(cav_ledger *ledger, cav_ledger_parameter *parameter,
                                     const char *text, cav_error *error)
{
    cav_distribution fresh;
    if (parameter->last && strcmp(parameter->last, text) == 0)
        return CAVIAR_OK;
    caviar_code code = cav_distribution_read(text, ledger->arena, &fresh, error);
    if (code)
        return cav_error_prefix(error, "parameter '%.100s'", parameter->their_name);
    bool is_first = !parameter->last;
    parameter->last = cav_arena_strdup(ledger->arena, text);
    if (!parameter->last)
        return cav_fail_memory(error);
    if (!is_first)
        return widen(parameter, &fresh, error);
    parameter->distribution = fresh;
    return CAVIAR_OK;
}

static caviar_code put_setting(cav_ledger_trial *trial, cav_ledger_parameter *parameter,
                               size_t index, double raw, cav_error *error)
{
    for (size_t i = 0; i < trial->setting_count; i++)
        if (trial->settings[i].parameter == index)
            return cav_fail(error, CAVIAR_INVALID, "parameter '%.100s' has two values",
                            parameter->their_name);
    if (!CAV_GROW(&trial->settings, &trial->setting_capacity, trial->setting_count + 1))
        return cav_fail_memory(error);
    trial->settings[trial->setting_count++] = (cav_ledger_setting){index, raw};
    parameter->seen++;
    return CAVIAR_OK;
}

static caviar_code check_choice(const cav_ledger_parameter *parameter, double value,
                                cav_error *error)
{
    const cav_distribution *distribution = &parameter->distribution;
    bool fits =
        value >= 0 && value < (double)distribution->choice_count && value == nearbyint(value);
    if (distribution->type != CAVIAR_TYPE_CATEGORICAL || fits)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_INVALID, "parameter '%.100s': %g is no index of its %zu choices",
                    parameter->their_name, value, distribution->choice_count);
}

caviar_code cav_ledger_add_parameter(cav_ledger *ledger, const char *name,
                                     const cav_distribution *distribution, size_t *ret_index,
                                     cav_error *error)
{
    size_t count = ledger->parameter_count, index = find_parameter(ledger, name);
    if (index == SIZE_MAX)
        return cav_fail_memory(error);
    if (index < count)
        return cav_fail(error, CAVIAR_INVALID, "parameter '%.100s' is there twice", name);
    ledger->parameters[index].distribution = *distribution;
    *ret_index = index;
    return CAVIAR_OK;
}

caviar_code cav_ledger_put_setting(cav_ledger *ledger, cav_ledger_trial *trial, size_t parameter,
                                   double raw, cav_error *error)
{
    return put_setting(trial, &ledger->parameters[parameter], parameter, raw, error);
}

caviar_code cav_ledger_take_setting(cav_ledger *ledger, cav_ledger_trial *trial, const char *name,
                                    const char *distribution, double value, cav_error *error)
{
    size_t index = find_parameter(ledger, name);
    if (index == SIZE_MAX)
        return cav_fail_memory(error);
    cav_ledger_parameter *parameter = &ledger->parameters[index];
    caviar_code code = take_distribution(ledger, parameter, distribution, error);
    if (!code && !isfinite(value))
        code = cav_fail(error, CAVIAR_INVALID, "parameter '%.100s' has no finite value", name);
    if (!code)
        code = check_choice(parameter, value, error);
    return code ? code : put_setting(trial, parameter, index, value, error);
}

// The value of a trial that waits, which has no distribution of its own: NaN if it cannot be.
static double read_fixed(const cav_ledger_parameter *parameter, const json_t *value)
{
    caviar_value read;
    const cav_distribution *distribution = &parameter->distribution;
    if (json_is_null(value))
        read = (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = "None"};
    else if (!cav_value_from_json(value, &read))
        return NAN;
    if (distribution->type != CAVIAR_TYPE_CATEGORICAL)
        return json_is_number(value) ? json_number_value(value) : NAN;
    for (size_t i = 0; i < distribution->choice_count; i++)
        if (cav_value_equal(&distribution->choices[i], &read))
            return (double)i;
    return NAN;
}

caviar_code cav_ledger_take_fixed(cav_ledger *ledger, cav_ledger_trial *trial, const char *name,
                                  const json_t *value, cav_error *error)
{
    for (size_t i = 0; i < ledger->parameter_count; i++) {
        cav_ledger_parameter *parameter = &ledger->parameters[i];
        if (strcmp(parameter->their_name, name) != 0 || !parameter->last)
            continue;
        double raw = read_fixed(parameter, value);
        if (isnan(raw))
            break;
        caviar_code code = put_setting(trial, parameter, i, raw, error);
        parameter->seen -= !code; // it says nothing of when the parameter exists
        return code;
    }
    return CAVIAR_OK; // no trial has shown it: the sampler fills in
}

caviar_code cav_ledger_take_report(cav_ledger_trial *trial, int64_t step, double value,
                                   cav_error *error)
{
    if (!CAV_GROW(&trial->reports, &trial->report_capacity, trial->report_count + 1))
        return cav_fail_memory(error);
    trial->reports[trial->report_count++] = (cav_ledger_report){step, value};
    return CAVIAR_OK;
}

void cav_ledger_take_attribute(cav_ledger_trial *trial, const char *what, const char *name,
                               const char *value)
{
    cav_text_appendf(&trial->attributes, "%s %s = %s\n", what, name, value);
}

const char *cav_ledger_name(cav_arena *arena, const char *text)
{
    cav_text name = {0};
    bool starts =
        (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z') || text[0] == '_';
    if (!starts)
        cav_text_append_char(&name, '_');
    for (const char *c = text; *c; c++) {
        char pair[3] = {'_', *c, '\0'};
        if (((unsigned char)*c & 0xc0) == 0x80)
            continue; // the rest of a character that has become a _
        cav_text_append_char(&name, cav_text_is_name(pair) ? *c : '_');
    }
    const char *kept = name.failed ? NULL : cav_arena_strdup(arena, cav_text_get(&name));
    cav_text_free(&name);
    return kept;
}
