/**
 * update.c: changing a study in its middle: what may be changed, and what is kept of it.
 *
 * The present definition and the one wanted are compared key by key, as they are written. What
 * makes the values of trials comparable (the command, the metrics, how far a trial goes) stays.
 */
#include "study/earlier.h"
#include "study/opening.h"

#include "base/json.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 320 };

typedef struct comparison {
    cav_text *what;   // a line each
    size_t count;     // of lines
    bool moves_space; // trials may lie outside of it from now on
    cav_error *error;
} comparison;

// ---- What changes -------------------------------------------------------------------------------

static void append_value(const json_t *value, cav_text *text)
{
    int64_t ms;
    char duration[CAV_NUMBER_SIZE];
    const char *word = json_string_value(value);
    if (!value) {
        cav_text_append(text, "none");
    } else if (word && strlen(word) > 2 && strcmp(word + strlen(word) - 2, "ms") == 0 &&
               cav_duration_parse(word, &ms)) {
        cav_duration_print(ms, duration);
        cav_text_append(text, duration);
    } else if (word) {
        cav_text_append(text, word);
    } else {
        char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
        if (dump)
            cav_text_append(text, dump);
        text->failed |= !dump;
        free(dump);
    }
}

static void note(comparison *at, const char *path, const json_t *before, const json_t *after)
{
    cav_text_appendf(at->what, "%s%s: ", at->count++ > 0 ? "\n" : "", path);
    append_value(before, at->what);
    cav_text_append(at->what, " -> ");
    append_value(after, at->what);
}

static bool has_item(const json_t *list, const json_t *item)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), item))
            return true;
    return false;
}

// Constraints come and go one by one.
static void describe_constraints(comparison *at, const json_t *before, const json_t *after)
{
    for (size_t i = 0; i < json_array_size(before); i++)
        if (!has_item(after, json_array_get(before, i)))
            note(at, "constraints", json_array_get(before, i), NULL);
    for (size_t i = 0; i < json_array_size(after); i++)
        if (!has_item(before, json_array_get(after, i)))
            note(at, "constraints", NULL, json_array_get(after, i));
}

static void describe(comparison *at, const char *path, const json_t *before, const json_t *after);

static void describe_item(comparison *at, const char *path, const char *key, const json_t *before,
                          const json_t *after)
{
    cav_text below = {0};
    cav_text_appendf(&below, "%s.%s", path, key);
    describe(at, cav_text_get(&below), before, after);
    at->what->failed |= below.failed;
    cav_text_free(&below);
}

// Notes what differs, item by item where both are objects. Definitions are but a few objects deep.
static void describe(comparison *at, const char *path, const json_t *before, const json_t *after)
{
    const char *key;
    json_t *value;
    if (before && after && json_equal(before, after))
        return;
    if (!json_is_object(before) || !json_is_object(after)) {
        note(at, path, before, after);
        return;
    }
    json_object_foreach ((json_t *)(uintptr_t)before, key, value)
        describe_item(at, path, key, value, json_object_get(after, key));
    json_object_foreach ((json_t *)(uintptr_t)after, key, value)
        if (!json_object_get(before, key))
            describe_item(at, path, key, NULL, value);
}

// ---- What may change ----------------------------------------------------------------------------

static caviar_code refuse(comparison *at, const char *path, const char *why)
{
    return cav_fail(at->error, CAVIAR_INVALID,
                    "%s cannot be changed in the middle of a study: %s; begin another study, with "
                    "another name",
                    path, why);
}

// A choice keeps its place, as trials are kept by it; new ones stand behind the old ones.
static caviar_code check_choices(comparison *at, const char *path, const json_t *before,
                                 const json_t *after)
{
    bool begins_alike = json_array_size(after) >= json_array_size(before);
    for (size_t i = 0; i < json_array_size(before) && begins_alike; i++)
        begins_alike = json_equal(json_array_get(before, i), json_array_get(after, i));
    if (begins_alike)
        return CAVIAR_OK;
    return cav_fail(at->error, CAVIAR_INVALID,
                    "%s: the choices that were there stay, as trials have them, and new ones stand "
                    "behind them; --drop NAME=CHOICE has one not tried any more",
                    path);
}

static caviar_code check_parameter(comparison *at, const char *name, const json_t *before,
                                   const json_t *after)
{
    char path[PATH_SIZE];
    static const struct {
        const char *key, *why;
    } kept[] = {
        {"type", "its values would be others"},
        {"when", "trials have it, or have it not, by this condition"},
        {"value", "it is part of what every trial was"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(kept); i++) {
        const json_t *a = json_object_get(before, kept[i].key);
        const json_t *b = json_object_get(after, kept[i].key);
        snprintf(path, sizeof path, "space.%s.%s", name, kept[i].key);
        if ((a || b) && !json_equal(a, b))
            return refuse(at, path, kept[i].why);
    }
    snprintf(path, sizeof path, "space.%s.choices", name);
    return check_choices(at, path, json_object_get(before, "choices"),
                         json_object_get(after, "choices"));
}

static caviar_code check_space(comparison *at, const json_t *before, const json_t *after)
{
    const char *name;
    json_t *value;
    char path[PATH_SIZE];
    json_object_foreach ((json_t *)(uintptr_t)after, name, value) {
        const json_t *old = json_object_get(before, name);
        snprintf(path, sizeof path, "space.%s", name);
        if (!old)
            return refuse(at, path, "trials so far have no such parameter");
        caviar_code code = check_parameter(at, name, old, value);
        if (code)
            return code;
    }
    json_object_foreach ((json_t *)(uintptr_t)before, name, value) {
        snprintf(path, sizeof path, "space.%s", name);
        if (!json_object_get(after, name))
            return refuse(at, path, "trials so far have it (tier: fixed has it not varied)");
    }
    return CAVIAR_OK;
}

#define COMPARABLE "the values of trials could not be compared any more"

// The keys of a definition; `why` is NULL where they may change.
static const struct rule {
    const char *key, *why;
    bool moves_space;
} rules[] = {
    {"budget", NULL, false},
    {"parallel", NULL, false},
    {"sampler", NULL, false},
    {"from", NULL, false},
    {"scheduler", NULL, false},
    {"retry", NULL, false},
    {"timeout", NULL, false},
    {"grace", NULL, false},
    {"durability", NULL, false},
    {"resources", NULL, false},
    {"constraints", NULL, true},
    {"space", NULL, true},
    {"study", "its trials' folders have that name", false},
    {"command", COMPARABLE, false},
    {"set", COMPARABLE, false},
    {"metrics", COMPARABLE, false},
    {"steps", COMPARABLE, false},
    {"replicates", "some configurations have had their runs already", false},
    {"seed", "the trials so far were drawn by it", false},
    {"grows", "the trials so far may lack what others have", false},
    {"panda", "the trials so far were not nursed alike", false},
};

// `changes` is the record of what was changed, no part of what is.
static caviar_code compare(comparison *at, const json_t *before, const json_t *after)
{
    for (size_t i = 0; i < CAV_COUNT_OF(rules); i++) {
        const struct rule *rule = &rules[i];
        const json_t *a = json_object_get(before, rule->key);
        const json_t *b = json_object_get(after, rule->key);
        if ((!a && !b) || (a && b && json_equal(a, b)))
            continue;
        if (rule->why)
            return refuse(at, rule->key, rule->why);
        if (strcmp(rule->key, "space") == 0 && check_space(at, a, b))
            return CAVIAR_INVALID;
        at->moves_space |= rule->moves_space;
        if (strcmp(rule->key, "constraints") == 0)
            describe_constraints(at, a, b);
        else
            describe(at, rule->key, a, b);
    }
    if (at->count == 0)
        return cav_fail(at->error, CAVIAR_INVALID, "nothing would change: the study is so already");
    return CAVIAR_OK;
}

static caviar_code compare_specs(comparison *at, const cav_spec *before, const cav_spec *after)
{
    json_t *a = NULL, *b = NULL;
    caviar_code code = cav_spec_tree(before, &a, at->error);
    if (!code)
        code = cav_spec_tree(after, &b, at->error);
    if (!code)
        code = compare(at, a, b);
    json_decref(a);
    json_decref(b);
    return code || !at->what->failed ? code : cav_fail_memory(at->error);
}

// ---- Changing it --------------------------------------------------------------------------------

// The lines of a text, in the arena; NULL when out of memory.
static const char **split(cav_arena *arena, const char *text, size_t count)
{
    const char **lines = CAV_ARENA_NEW(arena, const char *, count + 1);
    char *at = cav_arena_strdup(arena, text), *rest = NULL;
    if (!lines || !at)
        return NULL;
    char *line = strtok_r(at, "\n", &rest);
    for (size_t i = 0; i < count && line; i++, line = strtok_r(NULL, "\n", &rest))
        lines[i] = line;
    return lines;
}

static caviar_code keep_record(const cav_study *study, cav_spec *spec, const comparison *at,
                               const cav_update_options *options, cav_error *error)
{
    size_t count = spec->change_count;
    const char **lines = split(spec->arena, cav_text_get(at->what), at->count);
    cav_spec_change *changes = CAV_ARENA_NEW(spec->arena, cav_spec_change, count + 1);
    if (!lines || !changes)
        return cav_fail_memory(error);
    for (size_t i = 0; i < count; i++)
        changes[i] = spec->changes[i];
    changes[count] = (cav_spec_change){.time_ms = cav_clock_wall_ms(study->clock),
                                       .trials = (int64_t)study->history->count,
                                       .author = options->author ? options->author : "",
                                       .note = options->note ? options->note : "",
                                       .what = lines,
                                       .what_count = at->count,
                                       .moves_space = at->moves_space};
    spec->changes = changes;
    spec->change_count = count + 1;
    return CAVIAR_OK;
}

static caviar_code write_down(cav_study *study, const cav_spec *spec, cav_error *error)
{
    cav_control control;
    caviar_code code = cav_opening_replace(study, spec, error);
    if (!code)
        code = study->store->type->sync(study->store, error);
    return code ? code : cav_study_keep_up(study, &control, error);
}

static caviar_code update(cav_study *study, cav_spec *spec, const cav_update_options *options,
                          cav_text *what, cav_error *error)
{
    comparison at = {.what = what, .error = error};
    caviar_code code = cav_study_refresh(study, error);
    if (!code)
        code = cav_earlier_settle(study, spec, study->spec, error);
    if (!code)
        code = compare_specs(&at, study->spec, spec);
    if (!code && spec->space->dim_count == 0)
        code = cav_fail(error, CAVIAR_INVALID, "nothing would be left to vary");
    if (!code)
        code = cav_opening_check(spec, error);
    if (code || options->dry)
        return code;
    code = keep_record(study, spec, &at, options, error);
    return code ? code : write_down(study, spec, error);
}

caviar_code cav_study_update(cav_study *study, cav_spec *spec, const cav_update_options *options,
                             cav_text *ret_what, cav_error *error)
{
    static const cav_update_options none = {0};
    cav_text what = {0};
    cav_study_lock(study);
    caviar_code code = update(study, spec, options ? options : &none, &what, error);
    cav_study_unlock(study);
    if (!code)
        cav_text_append(ret_what, cav_text_get(&what));
    cav_text_free(&what);
    cav_spec_free(spec);
    return code;
}
