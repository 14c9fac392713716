/**
 * opening.c: a study's definition, as given and as stored.
 */
#include "study/opening.h"

#include "store/rules.h"
#include "study/earlier.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

// What is found in the store under a name.
typedef struct found {
    int64_t id;
    cav_control control;
    char *definition;
    char *names; // of all studies that were visited, for messages
    size_t count;
    char *name;
} found;

static void found_free(found *at)
{
    free(at->definition);
    free(at->names);
    free(at->name);
}

static caviar_code take(void *context, const cav_study_row *row, cav_error *error)
{
    found *at = context;
    if (!cav_text_is_name(row->name)) // it becomes the name of a folder
        return cav_fail(error, CAVIAR_CORRUPT, "the store has a study '%.100s', which is no name",
                        row->name);
    cav_text names = {0};
    cav_text_appendf(&names, "%s%s%s", at->names ? at->names : "", at->names ? ", " : "",
                     row->name);
    free(at->names);
    free(at->definition);
    free(at->name);
    at->names = cav_text_take(&names);
    at->definition = strdup(row->definition);
    at->name = strdup(row->name);
    at->id = row->id;
    at->control = row->control;
    at->count++;
    return at->names && at->definition && at->name ? CAVIAR_OK : cav_fail_memory(error);
}

// `setup` has what the definition does not say.
static caviar_code open_on(const cav_spec *spec, const cav_choice *choice, cav_sampler_setup setup,
                           cav_sampler *ret_sampler, cav_error *error)
{
    setup.seed = spec->seed;
    setup.trial_budget = (spec->budget.trials + spec->replicates - 1) / spec->replicates;
    setup.parallel = spec->parallel;
    setup.metric_count = spec->metric_count;
    caviar_code code = cav_sampler_open(ret_sampler, choice->name, choice->options,
                                        choice->option_count, &setup, error);
    if (code && choice->where[0] && choice->option_count == 0)
        cav_error_prefix(error, "%s", choice->where);
    return code;
}

// Until a space that grows has its first parameter, trials have none.
static const cav_choice no_sampler = {.name = "random", .where = ""};

caviar_code cav_opening_sampler(const cav_spec *spec, int64_t last_step,
                                const cav_earlier_list *earlier, const cav_scheduler *scheduler,
                                const cav_space *shape, cav_sampler *ret_sampler, cav_error *error)
{
    const cav_choice *choice = spec->space->dim_count > 0 ? &spec->sampler : &no_sampler;
    cav_sampler_setup setup = {.space = spec->space,
                               .shape = shape,
                               .step_max = last_step,
                               .stops_early = scheduler->type->reads_curves(scheduler->state),
                               .earlier = earlier};
    return open_on(spec, choice, setup, ret_sampler, error);
}

// Whether the sampler will open, once there is a space for it.
static caviar_code check_sampler(const cav_spec *spec, cav_error *error)
{
    cav_sampler sampler = {0};
    cav_space *space = caviar_space_new();
    if (!space)
        return cav_fail_memory(error);
    caviar_code code = cav_space_add(space, &(caviar_parameter){.name = "x", .high = 1}, error);
    if (!code)
        code = open_on(spec, &spec->sampler, (cav_sampler_setup){.space = space}, &sampler, error);
    if (!code && sampler.type->is_distinct)
        code = cav_fail(error, CAVIAR_INVALID,
                        "sampler %s goes through a space that is known beforehand, and the trials "
                        "of this study name their parameters; give it a space, or take another "
                        "sampler",
                        sampler.type->name);
    cav_sampler_close(&sampler);
    caviar_space_free(space);
    return code;
}

static const cav_choice no_scheduler = {.name = "none", .where = ""};

// A trial that is nursed is ended by nobody else.
static caviar_code choose_scheduler(const cav_spec *spec, const cav_choice **ret_choice,
                                    cav_error *error)
{
    const cav_choice *choice = &spec->scheduler;
    bool is_free = strcmp(choice->name, "auto") == 0 || strcmp(choice->name, "none") == 0;
    if (spec->panda.name && !is_free)
        return cav_fail(error, CAVIAR_INVALID,
                        "panda: %s nurses every trial to its end, so scheduler: %s would have "
                        "nothing to say; leave one of the two out",
                        spec->panda.name, choice->name);
    *ret_choice = spec->panda.name ? &no_scheduler : choice;
    return CAVIAR_OK;
}

static caviar_code open_scheduler(const cav_spec *spec, int64_t last_step,
                                  cav_scheduler *ret_scheduler, cav_error *error)
{
    const cav_choice *choice = NULL;
    caviar_code code = choose_scheduler(spec, &choice, error);
    if (code)
        return code;
    cav_scheduler_setup setup = {.space = spec->space,
                                 .step_min = spec->step_min,
                                 .step_max = last_step,
                                 .seed = spec->seed,
                                 .trial_budget = spec->budget.trials,
                                 .step_budget = spec->budget.steps,
                                 .time_budget_ms = spec->budget.time_ms};
    code = cav_scheduler_open(ret_scheduler, choice->name, choice->options, choice->option_count,
                              &setup, error);
    if (code && choice->where[0] && choice->option_count == 0)
        cav_error_prefix(error, "%s", choice->where);
    if (code || spec->replicates <= 1 || !ret_scheduler->type->breed)
        return code;
    cav_scheduler_close(ret_scheduler);
    return cav_fail(error, CAVIAR_INVALID,
                    "replicates: scheduler: %s makes trials from others itself; leave one of the "
                    "two out",
                    choice->name);
}

caviar_code cav_opening_methods(const cav_spec *spec, int64_t last_step,
                                const cav_earlier_list *earlier, cav_sampler *ret_sampler,
                                cav_scheduler *ret_scheduler, cav_error *error)
{
    caviar_code code = open_scheduler(spec, last_step, ret_scheduler, error);
    if (code)
        return code;
    code = cav_opening_sampler(spec, last_step, earlier, ret_scheduler, NULL, ret_sampler, error);
    if (code)
        cav_scheduler_close(ret_scheduler);
    return code;
}

caviar_code cav_opening_panda(const cav_spec *spec, cav_panda **ret_panda, cav_error *error)
{
    const cav_choice *choice = &spec->panda;
    cav_panda_setup setup = {.space = spec->space, .step_max = spec->step_max};
    if (!choice->name)
        return CAVIAR_OK;
    caviar_code code =
        cav_panda_open(&setup, choice->options, choice->option_count, ret_panda, error);
    if (code && choice->where[0] && choice->option_count == 0)
        cav_error_prefix(error, "%s", choice->where);
    return code;
}

bool cav_opening_is_distinct(const cav_spec *spec, const cav_sampler_type *sampler)
{
    return !spec->grows && (sampler->is_distinct || cav_space_is_finite(spec->space));
}

static caviar_code check_inherits(const cav_spec *spec, const cav_sampler *sampler,
                                  cav_error *error)
{
    if (spec->from_count == 0 || sampler->type->inherits)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_INVALID,
                    "from: sampler: %s does not learn from earlier studies; auto and gp do",
                    sampler->type->name);
}

caviar_code cav_opening_check(const cav_spec *spec, cav_error *error)
{
    cav_sampler sampler = {0};
    cav_scheduler scheduler = {0};
    cav_panda *panda = NULL;
    caviar_code code = cav_opening_methods(spec, spec->step_max, NULL, &sampler, &scheduler, error);
    if (!code)
        code = check_inherits(spec, &sampler, error);
    if (!code && spec->grows)
        code = check_sampler(spec, error);
    if (!code)
        code = cav_opening_panda(spec, &panda, error);
    cav_panda_close(panda);
    cav_sampler_close(&sampler);
    cav_scheduler_close(&scheduler);
    return code;
}

static caviar_code parse_stored(const found *at, cav_spec **ret_spec, cav_error *error)
{
    json_t *json;
    caviar_code code = cav_json_parse(at->definition, strlen(at->definition), &json, error);
    if (!code) {
        code = cav_spec_from_json(json, NULL, ret_spec, error);
        json_decref(json);
    }
    if (code)
        cav_error_prefix(error, "the stored definition of study '%s'", at->name);
    return code;
}

// The name of the first parameter that differs, for the message; NULL if it is something else.
static const char *differing_parameter(const cav_spec *given, const cav_spec *stored)
{
    cav_text a = {0}, b = {0};
    const char *name = NULL;
    for (size_t i = 0; i < stored->space->count && !name; i++)
        if (cav_space_find(given->space, stored->space->parameters[i].name) == given->space->count)
            name = stored->space->parameters[i].name;
    for (size_t i = 0; i < given->space->count && !name; i++) {
        const char *candidate = given->space->parameters[i].name;
        size_t other = cav_space_find(stored->space, candidate);
        if (other == stored->space->count) {
            name = candidate;
            break;
        }
        cav_text_clear(&a);
        cav_text_clear(&b);
        cav_space_write_parameter(given->space, i, &(cav_json){.text = &a});
        cav_space_write_parameter(stored->space, other, &(cav_json){.text = &b});
        if (strcmp(cav_text_get(&a), cav_text_get(&b)) != 0)
            name = candidate;
    }
    cav_text_free(&a);
    cav_text_free(&b);
    return name;
}

static bool same_identity(const cav_spec *a, const cav_spec *b)
{
    cav_text x = {0}, y = {0};
    cav_spec_write_identity(a, &(cav_json){.text = &x});
    cav_spec_write_identity(b, &(cav_json){.text = &y});
    bool same = !x.failed && !y.failed && strcmp(cav_text_get(&x), cav_text_get(&y)) == 0;
    cav_text_free(&x);
    cav_text_free(&y);
    return same;
}

static caviar_code check_same(const cav_spec *given, const cav_spec *stored, const char *name,
                              cav_error *error)
{
    if (!same_identity(given, stored)) {
        const char *parameter = differing_parameter(given, stored);
        if (stored->change_count > 0)
            return cav_fail(error, CAVIAR_EXISTS,
                            "study '%s' is in the store already, and 'caviar update' has changed "
                            "%s%s%s there; 'caviar resume %s' goes on with it as it is",
                            name, parameter ? "parameter '" : "its space",
                            parameter ? parameter : "", parameter ? "'" : "", name);
        return cav_fail(error, CAVIAR_EXISTS,
                        "study '%s' is in the store already, with another %s%s%s; give the new one "
                        "another name (--study NAME), or delete the old one",
                        name, parameter ? "parameter '" : "space or metric",
                        parameter ? parameter : "", parameter ? "'" : "");
    }
    if (given->seed != 0 && given->seed != stored->seed)
        return cav_fail(error, CAVIAR_EXISTS,
                        "study '%s' is in the store already, with the seed %llu, not %llu", name,
                        (unsigned long long)stored->seed, (unsigned long long)given->seed);
    return CAVIAR_OK;
}

static caviar_code write_definition(const cav_spec *spec, cav_text *text, cav_error *error)
{
    cav_spec_write(spec, &(cav_json){.text = text});
    return text->failed ? cav_fail_memory(error) : CAVIAR_OK;
}

static caviar_code store_definition(cav_study *study, const found *at, cav_error *error)
{
    cav_text text = {0};
    caviar_code code = write_definition(study->spec, &text, error);
    if (!code)
        code = cav_opening_check(study->spec, error);
    if (!code && !study->is_read_only && strcmp(text.data, at->definition) != 0)
        code = study->store->type->study_set(study->store, at->id, text.data, at->control, error);
    if (!code)
        study->revision = cav_rule_revision(text.data);
    cav_text_free(&text);
    return code;
}

// The stored definition stands. A larger budget extends it; where it has none, the one that was
// given holds for this handle.
static caviar_code keep_stored(cav_study *study, cav_spec *stored, const found *at,
                               cav_error *error)
{
    int64_t given = study->spec->budget.trials, before = stored->budget.trials;
    cav_spec_free(study->spec);
    study->spec = stored;
    if (given <= before)
        return CAVIAR_OK;
    stored->budget.trials = given;
    if (before > 0)
        return store_definition(study, at, error);
    study->own_trials = given;
    return CAVIAR_OK;
}

// Joins a spec that was given to the study that is stored.
static caviar_code join(cav_study *study, const cav_study_options *options, const found *at,
                        cav_error *error)
{
    cav_spec *stored;
    caviar_code code = parse_stored(at, &stored, error);
    if (code)
        return code;
    study->revision = cav_rule_revision(at->definition);
    if (!study->spec) {
        study->spec = stored;
        return CAVIAR_OK;
    }
    code = check_same(study->spec, stored, at->name, error);
    if (!code && (options->keeps_definition || stored->grows))
        return keep_stored(study, stored, at, error);
    cav_spec *spec = study->spec;
    spec->seed = stored->seed;
    spec->change_count = stored->change_count;
    spec->changes = cav_changes_copy(spec->arena, stored->changes, stored->change_count);
    if (!code)
        code = cav_earlier_settle(study, spec, stored, error);
    cav_spec_free(stored);
    if (code)
        return code;
    if (!spec->changes)
        return cav_fail_memory(error);
    study->spec->study = cav_arena_strdup(study->spec->arena, at->name);
    return study->spec->study ? store_definition(study, at, error) : cav_fail_memory(error);
}

static uint64_t draw_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed || seed == 0)
        seed = (uint64_t)cav_clock_monotonic_ns(&cav_clock_system);
    return seed >> 16; // short enough to be typed
}

static caviar_code make(cav_study *study, const char *name, cav_error *error)
{
    if (study->spec->seed == 0)
        study->spec->seed = draw_seed();
    study->spec->study = cav_arena_strdup(study->spec->arena, name);
    if (!study->spec->study)
        return cav_fail_memory(error);
    cav_text text = {0};
    caviar_code code = cav_earlier_settle(study, study->spec, NULL, error);
    if (!code)
        code = write_definition(study->spec, &text, error);
    if (!code)
        code = cav_opening_check(study->spec, error);
    if (!code)
        code = study->store->type->study_add(study->store, name, text.data, &study->id, error);
    if (!code)
        study->revision = cav_rule_revision(text.data);
    cav_text_free(&text);
    return code;
}

static caviar_code fail_which(const char *place, const found *at, cav_error *error)
{
    if (at->count == 0)
        return cav_fail(error, CAVIAR_NOT_FOUND, "there is no study in %s yet", place);
    return cav_fail(error, CAVIAR_INVALID, "%s has several studies (%.500s); say which: --study",
                    place, at->names);
}

static caviar_code find(cav_study *study, const cav_study_options *options, found *at,
                        cav_error *error)
{
    const char *name = options->name ? options->name : study->spec ? study->spec->study : NULL;
    if (name && !cav_text_is_name(name))
        return cav_fail(error, CAVIAR_INVALID,
                        "'%.100s' is no name of a study; use letters, digits, _ . and -, beginning "
                        "with a letter",
                        name);
    caviar_code code = study->store->type->study_read(study->store, name, take, at, error);
    if (code == CAVIAR_NOT_FOUND && study->spec && !options->read_only) {
        code = make(study, name, error);
        if (code != CAVIAR_EXISTS)
            return code; // made, or failed; EXISTS: another process was faster
        code = study->store->type->study_read(study->store, name, take, at, error);
    }
    if (code)
        return code;
    if (!name && at->count != 1)
        return fail_which(study->store->place, at, error);
    study->id = at->id;
    return join(study, options, at, error);
}

caviar_code cav_opening_read(cav_study *study, cav_spec **ret_spec, uint64_t *ret_revision,
                             cav_error *error)
{
    found at = {0};
    const cav_store_type *store = study->store->type;
    caviar_code code = store->study_read(study->store, study->spec->study, take, &at, error);
    if (!code)
        code = parse_stored(&at, ret_spec, error);
    if (!code)
        *ret_revision = cav_rule_revision(at.definition);
    found_free(&at);
    return code;
}

// In a group, so that nobody changes it between the look and the writing.
static caviar_code replace(cav_study *study, const char *definition, cav_error *error)
{
    const cav_store_type *store = study->store->type;
    cav_control control;
    uint64_t revision;
    caviar_code code = store->begin(study->store, error);
    if (code)
        return code;
    code = store->study_control(study->store, study->id, &control, &revision, error);
    if (!code && revision != study->revision)
        code = cav_fail(error, CAVIAR_STATE,
                        "somebody else changed study '%s' just now; look at it ('caviar show "
                        "--definition'), and try again",
                        study->spec->study);
    if (!code)
        code = store->study_set(study->store, study->id, definition, control, error);
    caviar_code committed = store->commit(study->store, code ? NULL : error);
    return code ? code : committed;
}

caviar_code cav_opening_replace(cav_study *study, const cav_spec *spec, cav_error *error)
{
    cav_text text = {0};
    cav_spec_write(spec, &(cav_json){.text = &text});
    caviar_code code = text.failed ? cav_fail_memory(error) : replace(study, text.data, error);
    cav_text_free(&text);
    return code;
}

caviar_code cav_opening_find(cav_study *study, const cav_study_options *options, cav_error *error)
{
    cav_store_options store = {.location = options->location,
                               .clock = study->clock,
                               .create = study->spec && !options->read_only,
                               .read_only = options->read_only};
    study->location = cav_strdup(options->location);
    if (options->location && !study->location)
        return cav_fail_memory(error);
    caviar_code code = cav_store_open(&store, &study->store, error);
    if (code)
        return code;
    found at = {0};
    code = find(study, options, &at, error);
    found_free(&at);
    return code;
}
