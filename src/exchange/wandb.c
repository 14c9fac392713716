/**
 * wandb.c: a W&B sweep configuration to a study file.
 *
 * The study file is written from a space that has taken the parameters, and is read back before it
 * is handed out: what comes out is a study that opens. What is not quite the same here stands as
 * a comment above it.
 */
#include "exchange/wandb.h"

#include "base/number.h"
#include "exchange/import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The sweep's keys, as far as they are read; NULL: it has none. */
typedef struct sweep_keys {
    const cav_node *name, *method, *metric, *parameters, *command, *program, *early, *run_cap;
} sweep_keys;

typedef struct key {
    const char *name;
    size_t offset; // in sweep_keys; SIZE_MAX: of W&B's own world
} key;

static const key keys[] = {
    {"name", offsetof(sweep_keys, name)},
    {"method", offsetof(sweep_keys, method)},
    {"metric", offsetof(sweep_keys, metric)},
    {"parameters", offsetof(sweep_keys, parameters)},
    {"command", offsetof(sweep_keys, command)},
    {"program", offsetof(sweep_keys, program)},
    {"early_terminate", offsetof(sweep_keys, early)},
    {"run_cap", offsetof(sweep_keys, run_cap)},
    {"project", SIZE_MAX},
    {"entity", SIZE_MAX},
    {"description", SIZE_MAX},
    {"controller", SIZE_MAX},
};

static caviar_code sort_keys(cav_wandb *sweep, sweep_keys *ret_keys)
{
    const cav_node *root = sweep->document->root;
    if (root->kind != CAV_NODE_MAP)
        return cav_node_fail(sweep->document, root, sweep->error,
                             "a sweep is a map of keys such as method, metric and parameters");
    for (size_t i = 0; i < root->count; i++) {
        const cav_node *name = &root->keys[i];
        size_t k = 0;
        while (k < CAV_COUNT_OF(keys) && strcmp(keys[k].name, name->text) != 0)
            k++;
        if (k == CAV_COUNT_OF(keys) || keys[k].offset == SIZE_MAX)
            cav_note(sweep->notes, "line %d: %s is left out", name->line, name->text);
        else
            memcpy((char *)ret_keys + keys[k].offset, &(const cav_node *){&root->items[i]},
                   sizeof(const cav_node *));
    }
    if (!ret_keys->parameters)
        return cav_node_fail(sweep->document, root, sweep->error, "it has no parameters");
    return CAVIAR_OK;
}

static caviar_code read_text(cav_wandb *sweep, const cav_node *node, const char *what,
                             const char *missing, const char **ret_text)
{
    *ret_text = missing;
    return node ? cav_node_text(sweep->document, node, what, ret_text, sweep->error) : CAVIAR_OK;
}

static caviar_code write_metric(cav_wandb *sweep, const cav_node *metric, cav_json *json)
{
    const char *name, *goal;
    if (metric && metric->kind != CAV_NODE_MAP)
        return cav_node_fail(sweep->document, metric, sweep->error,
                             "metric: {name: loss, goal: minimize} is expected");
    caviar_code code = read_text(sweep, metric ? cav_node_get(metric, "name") : NULL,
                                 "metric: name", "loss", &name);
    if (!code)
        code = read_text(sweep, metric ? cav_node_get(metric, "goal") : NULL, "metric: goal",
                         "minimize", &goal);
    if (code)
        return code;
    if (strcmp(goal, "minimize") != 0 && strcmp(goal, "maximize") != 0)
        return cav_node_fail(sweep->document, cav_node_get(metric, "goal"), sweep->error,
                             "metric: goal: minimize or maximize is expected, not '%.60s'", goal);
    const char *plain = cav_ledger_name(sweep->arena, name);
    if (!plain)
        return cav_fail_memory(sweep->error);
    cav_json_begin_object(json);
    cav_json_add_string(json, "name", plain);
    cav_json_add_string(json, "direction", goal);
    cav_json_end_object(json);
    if (!metric)
        cav_note(sweep->notes, "the sweep has no metric; 'loss' is minimised");
    else if (cav_node_get(metric, "target"))
        cav_note(sweep->notes, "metric: target is left out: a budget ends a study here");
    cav_note(sweep->notes,
             "what wandb.log gets is not seen: have the program print '%s=0.123' as its last "
             "line, or 'caviar: step=3 %s=0.123' as it trains",
             plain, plain);
    return CAVIAR_OK;
}

static caviar_code write_method(cav_wandb *sweep, const cav_node *method, cav_json *json)
{
    static const char *const methods[][2] = {
        {"grid", "grid"}, {"random", "random"}, {"bayes", "gp"}};
    const char *word;
    caviar_code code = read_text(sweep, method, "method", "random", &word);
    for (size_t i = 0; i < CAV_COUNT_OF(methods) && !code; i++)
        if (strcmp(word, methods[i][0]) == 0) {
            cav_json_string(json, methods[i][1]);
            return CAVIAR_OK;
        }
    cav_json_string(json, "auto");
    if (!code)
        cav_note(sweep->notes, "the method '%s' is not known here; auto is taken", word);
    return code;
}

typedef struct stopping {
    int64_t min_iter, max_iter, s;
    double eta;
} stopping;

static caviar_code read_stopping(cav_wandb *sweep, const cav_node *early, stopping *ret_stopping)
{
    const char *type;
    stopping read = {.eta = 3};
    const cav_node *eta = early->kind == CAV_NODE_MAP ? cav_node_get(early, "eta") : NULL;
    const struct number {
        const char *key;
        int64_t *to;
    } numbers[] = {{"min_iter", &read.min_iter}, {"max_iter", &read.max_iter}, {"s", &read.s}};
    if (early->kind != CAV_NODE_MAP)
        return cav_node_fail(sweep->document, early, sweep->error,
                             "early_terminate: {type: hyperband, min_iter: 3} is expected");
    caviar_code code =
        read_text(sweep, cav_node_get(early, "type"), "early_terminate: type", "hyperband", &type);
    for (size_t i = 0; i < CAV_COUNT_OF(numbers) && !code; i++) {
        const cav_node *node = cav_node_get(early, numbers[i].key);
        if (node)
            code = cav_node_int(sweep->document, node, numbers[i].key, 1, 1000000000, numbers[i].to,
                                sweep->error);
    }
    if (!code && eta)
        code = cav_node_number(sweep->document, eta, "eta", &read.eta, sweep->error);
    if (code)
        return code;
    if (strcmp(type, "hyperband") != 0)
        return cav_node_fail(sweep->document, early, sweep->error,
                             "early_terminate: type: hyperband is expected, not '%.60s'", type);
    if (!(read.eta >= 1.5 && read.eta <= 100))
        return cav_node_fail(sweep->document, eta, sweep->error,
                             "eta: a number from 1.5 to 100 is expected");
    *ret_stopping = read;
    return CAVIAR_OK;
}

// W&B's hyperband is one ladder, whose rungs are min_iter * eta^k, or max_iter / eta^k down to s.
static void write_stopping(cav_wandb *sweep, stopping *rule, cav_text *text)
{
    enum { RUNGS = 4 };
    char eta[CAV_NUMBER_SIZE];
    bool has_end = rule->max_iter > 0;
    if (has_end && rule->min_iter == 0)
        rule->min_iter = (int64_t)ceil((double)rule->max_iter /
                                       pow(rule->eta, (double)(rule->s > 0 ? rule->s : 1)));
    if (rule->min_iter == 0)
        rule->min_iter = 1;
    if (!has_end)
        rule->max_iter = (int64_t)fmin(1e12, (double)rule->min_iter * pow(rule->eta, RUNGS));
    if (rule->max_iter < rule->min_iter)
        rule->max_iter = rule->min_iter;
    cav_number_print(rule->eta, eta);
    cav_text_appendf(text, "scheduler: {type: asha, eta: %s, promote: off}\n", eta);
    cav_text_appendf(text, "steps: {min: %lld, max: %lld}\n", (long long)rule->min_iter,
                     (long long)rule->max_iter);
    if (!has_end)
        cav_note(sweep->notes,
                 "the sweep does not say how many steps a run has: steps: max: %lld is a guess, "
                 "set it",
                 (long long)rule->max_iter);
}

static void write_space(const cav_wandb *sweep, cav_text *text)
{
    cav_text_append(text, "space:\n");
    for (size_t i = 0; i < sweep->space->count; i++) {
        cav_text_appendf(text, "  %s: ", sweep->space->parameters[i].name);
        cav_space_write_parameter(sweep->space, i, &(cav_json){.text = text});
        cav_text_append(text, "\n");
    }
}

static caviar_code write_budget(cav_wandb *sweep, const cav_node *run_cap, cav_text *text)
{
    int64_t count = 0;
    caviar_code code = run_cap ? cav_node_int(sweep->document, run_cap, "run_cap", 1,
                                              INT64_C(1) << 53, &count, sweep->error)
                               : CAVIAR_OK;
    if (!code && run_cap)
        cav_text_appendf(text, "budget: {trials: %lld}\n", (long long)count);
    else if (!code)
        cav_note(sweep->notes, "the sweep has no run_cap: give a budget, or -n to 'caviar run'");
    return code;
}

static caviar_code write_keys(cav_wandb *sweep, const sweep_keys *found, cav_text *text)
{
    const char *name, *program;
    stopping rule = {0};
    cav_json json = {.text = text};
    caviar_code code = read_text(sweep, found->name, "name", "sweep", &name);
    if (!code)
        code = read_text(sweep, found->program, "program", NULL, &program);
    if (code)
        return code;
    const char *plain = cav_ledger_name(sweep->arena, name);
    if (!plain)
        return cav_fail_memory(sweep->error);
    cav_text_appendf(text, "study: %s\n", plain);
    if (found->command || program) {
        cav_text_append(text, "command: ");
        code = cav_wandb_write_command(sweep, found->command, program, &json);
        cav_text_append(text, "\n");
    } else {
        cav_note(sweep->notes, "the sweep has no program: give a command");
    }
    cav_text_append(text, "metric: ");
    if (!code)
        code = write_metric(sweep, found->metric, &(cav_json){.text = text});
    cav_text_append(text, "\nsampler: ");
    if (!code)
        code = write_method(sweep, found->method, &(cav_json){.text = text});
    cav_text_append(text, "\n");
    if (!code)
        code = write_budget(sweep, found->run_cap, text);
    if (!code && found->early)
        code = read_stopping(sweep, found->early, &rule);
    if (!code && found->early)
        write_stopping(sweep, &rule, text);
    return code;
}

// A comment is one line, whatever a name has in it.
static void write_comment(const char *line, cav_text *text)
{
    cav_text_append(text, "# ");
    for (const char *c = line; *c; c++)
        cav_text_append_char(text, (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c);
    cav_text_append(text, "\n");
}

static caviar_code check(const cav_wandb *sweep, const cav_text *text)
{
    cav_spec *spec;
    if (text->failed)
        return cav_fail_memory(sweep->error);
    caviar_code code = cav_spec_parse("the study file made from it", cav_text_get(text), text->size,
                                      &spec, sweep->error);
    if (!code)
        cav_spec_free(spec);
    return code;
}

static caviar_code convert(cav_wandb *sweep, cav_text *file)
{
    sweep_keys found = {0};
    cav_text body = {0};
    size_t first = sweep->notes->count;
    caviar_code code = sort_keys(sweep, &found);
    if (!code)
        code = cav_wandb_read_parameters(sweep, found.parameters, "");
    if (!code)
        code = write_keys(sweep, &found, &body);
    if (!code) {
        write_space(sweep, &body);
        write_comment("A study file, from a sweep of Weights & Biases.", file);
        for (size_t i = first; i < sweep->notes->count; i++)
            write_comment(sweep->notes->lines[i], file);
        cav_text_append_size(file, cav_text_get(&body), body.size);
        file->failed |= body.failed;
        code = check(sweep, file);
    }
    cav_text_free(&body);
    return code;
}

static caviar_code read_sweep(const cav_import_source *source, cav_imported *ret_imported,
                              cav_notes *notes, cav_error *error)
{
    cav_document document = {.name = source->path, .arena = cav_arena_new()};
    cav_wandb sweep = {
        .document = &document, .arena = document.arena, .notes = notes, .error = error};
    sweep.space = caviar_space_new();
    caviar_code code = document.arena && sweep.space ? CAVIAR_OK : cav_fail_memory(error);
    if (!code)
        code = cav_document_parse(&document, source->text, source->size, error);
    if (!code)
        code = convert(&sweep, &ret_imported->file);
    if (code)
        cav_text_free(&ret_imported->file);
    free(sweep.arguments);
    caviar_space_free(sweep.space);
    cav_arena_free(document.arena);
    return code;
}

// Its keys stand at the beginning of a line.
static bool is_sweep(const char *text, size_t size)
{
    static const char word[] = "parameters";
    for (size_t i = 0; i + sizeof word <= size; i++) {
        bool starts = i == 0 || text[i - 1] == '\n' || text[i - 1] == '"';
        if (starts && memcmp(text + i, word, sizeof word - 1) == 0 &&
            strchr(":\" ", text[i + sizeof word - 1]))
            return true;
    }
    return false;
}

const cav_import_type cav_import_wandb = {
    .name = "wandb",
    .summary = "a sweep configuration of Weights & Biases (YAML or JSON)",
    .is_text = true,
    .recognises = is_sweep,
    .read = read_sweep,
};
