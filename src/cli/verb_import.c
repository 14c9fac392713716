/**
 * verb_import.c: caviar import
 */
#include "cli/open.h"

#include "cli/print.h"
#include "exchange/import.h"

#include <stdio.h>
#include <string.h>

static const cav_flag flags[] = {
    {0, "format", "WORD", "optuna, optuna-journal, wandb or csv (default: as the file looks)"},
    {0, "from", "NAME", "the study in the file, where it has several"},
    {0, "minimize", "COLUMN", "of a table: a metric, of which less is better; may be repeated"},
    {0, "maximize", "COLUMN", "the same; more is better"},
    {0, "parameters", "COLUMN,...", "of a table: the parameters (default: all other columns)"},
    {0, "space", "FILE", "of a table: a study file that says parameters and metrics"},
    {'o', "output", "FILE", "write the study file there"},
    {0, "force", NULL, "write over that file, if it exists"},
};

static const cav_example examples[] = {
    {"caviar import optuna.db", "Optuna's study, with all its trials, into caviar.db"},
    {"caviar import journal.log --from mnist --study mnist-2", "one of several, by another name"},
    {"caviar import sweep.yaml -o study.yaml", "a W&B sweep as a study file, to be run"},
    {"caviar import runs.csv --minimize loss", "a table: all columns but loss are parameters"},
    {"caviar import runs.csv --space study.yaml", "the same, as study.yaml has it, to go on with"},
};

static caviar_code write_file(const cav_arguments *arguments, const cav_text *text,
                              cav_error *error)
{
    return cav_output_write(cav_flag_get(arguments, "output"), cav_flag_is_on(arguments, "force"),
                            text, error);
}

static caviar_code print_json(const char *study, const cav_ledger_result *result,
                              const cav_notes *notes, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "study", study);
    cav_json_add_int(&json, "complete", result->complete);
    cav_json_add_int(&json, "pruned", result->pruned);
    cav_json_add_int(&json, "failed", result->failed);
    cav_json_add_int(&json, "waiting", result->waiting);
    cav_json_add_int(&json, "left_out", result->left_out);
    cav_json_key(&json, "notes");
    cav_json_begin_array(&json);
    for (size_t i = 0; i < notes->count; i++)
        cav_json_string(&json, notes->lines[i]);
    cav_json_end_array(&json);
    cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

static void print_result(const cav_arguments *arguments, const char *study,
                         const cav_ledger_result *result)
{
    const struct part {
        const char *word;
        int64_t count;
    } parts[] = {{"complete", result->complete},
                 {"pruned", result->pruned},
                 {"failed", result->failed},
                 {"waiting", result->waiting},
                 {"left out", result->left_out}};
    const char *between = ": ";
    printf("study %s in %s", study, cav_cli_store(arguments));
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        if (parts[i].count > 0) {
            printf("%s%lld %s", between, (long long)parts[i].count, parts[i].word);
            between = ", ";
        }
    printf("\n");
}

// What --output gets of trials that go into the store: their definition, so that a command can be
// added to it. It is written last, but whether it may be written is known before.
static caviar_code prepare_definition(const cav_arguments *arguments, const cav_spec *spec,
                                      cav_text *text, cav_error *error)
{
    cav_spec_write(spec, &(cav_json){.text = text, .pretty = true});
    cav_text_append(text, "\n");
    return cav_output_check(cav_flag_get(arguments, "output"), cav_flag_is_on(arguments, "force"),
                            error);
}

static caviar_code store(const cav_arguments *arguments, cav_ledger *ledger, cav_spec *spec,
                         cav_notes *notes, cav_ledger_result *result, cav_error *error)
{
    cav_text definition = {0};
    caviar_code code = prepare_definition(arguments, spec, &definition, error);
    if (code)
        cav_spec_free(spec);
    else
        code = cav_ledger_store(ledger, cav_cli_store(arguments), spec, notes, result, error);
    if (!code && notes->failed)
        code = cav_fail_memory(error);
    if (!code && cav_flag_get(arguments, "output"))
        code = write_file(arguments, &definition, error);
    cav_text_free(&definition);
    return code;
}

// Takes `given` over, which says what the study is; NULL: its trials say it.
static caviar_code import_ledger(const cav_arguments *arguments, cav_ledger *ledger,
                                 cav_spec *given, cav_notes *notes, cav_error *error)
{
    cav_spec *spec = given;
    cav_ledger_result result = {0};
    const char *wanted = given ? given->study : cav_cli_study(arguments);
    const char *name = wanted ? cav_arena_strdup(ledger->arena, wanted) // it outlives the spec
                              : cav_ledger_name(ledger->arena, ledger->name);
    caviar_code code = name ? CAVIAR_OK : cav_fail_memory(error);
    if (code)
        cav_spec_free(given);
    if (!code && !given)
        code = cav_ledger_define(ledger, name, notes, &spec, error);
    if (!code)
        code = store(arguments, ledger, spec, notes, &result, error);
    if (code)
        return code;
    if (cav_flag_is_on(arguments, "json"))
        return print_json(name, &result, notes, error);
    cav_print_notes(notes);
    print_result(arguments, name, &result);
    return CAVIAR_OK;
}

// The study file of --space, by the name that --study gives it.
static caviar_code read_space(const cav_arguments *arguments, cav_spec **ret_spec, cav_error *error)
{
    const char *path = cav_flag_get(arguments, "space");
    const char *name = cav_cli_study(arguments);
    if (!path)
        return CAVIAR_OK;
    if (cav_flag_get(arguments, "minimize") || cav_flag_get(arguments, "maximize") ||
        cav_flag_get(arguments, "parameters"))
        return cav_fail(error, CAVIAR_INVALID,
                        "--space: the study file says what the parameters and metrics are; "
                        "--parameters, --minimize and --maximize are for when there is none");
    json_t *overrides = name ? json_pack("{s:s}", "study", name) : NULL;
    if (name && !overrides)
        return cav_fail_memory(error);
    caviar_code code = cav_cli_spec_read(path, overrides, ret_spec, error);
    json_decref(overrides);
    return code;
}

// --minimize loss --maximize accuracy, in their order; `metrics` has room for all.
static size_t list_metrics(const cav_arguments *arguments, cav_import_metric *metrics)
{
    size_t count = 0;
    for (size_t i = 0; i < arguments->given_count; i++) {
        const char *name = arguments->given[i].flag->name;
        bool maximize = strcmp(name, "maximize") == 0;
        if (maximize || strcmp(name, "minimize") == 0)
            metrics[count++] = (cav_import_metric){arguments->given[i].value, maximize};
    }
    return count;
}

static caviar_code import(const cav_arguments *arguments, cav_imported *imported, cav_notes *notes,
                          cav_error *error)
{
    cav_spec *spec = NULL;
    cav_import_metric metrics[CAV_MOST_REPEATS];
    cav_import_source source = {
        .path = arguments->operands[0],
        .study = cav_flag_get(arguments, "from"),
        .columns = {.metrics = metrics,
                    .metric_count = list_metrics(arguments, metrics),
                    .parameters = cav_flag_get(arguments, "parameters")},
    };
    caviar_code code = read_space(arguments, &spec, error);
    source.columns.spec = spec;
    if (!code)
        code = cav_import_read(&source, cav_flag_get(arguments, "format"), imported, notes, error);
    if (code) {
        cav_spec_free(spec);
        return code;
    }
    if (imported->ledger)
        return import_ledger(arguments, imported->ledger, spec, notes, error);
    cav_print_notes(notes);
    return write_file(arguments, &imported->file, error);
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_imported imported = {0};
    cav_notes notes = {0};
    caviar_code code = import(arguments, &imported, &notes, &error);
    cav_imported_free(&imported);
    cav_notes_free(&notes);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_import = {
    .name = "import",
    .group = "Keep",
    .summary = "bring a study from Optuna, a sweep from Weights & Biases, or a table of trials",
    .operands = "FILE",
    .description =
        "Brings what another tuner has: from Optuna's SQLite file or journal a study with all its "
        "trials, their parameters, values, reports and times, into the store; from a sweep "
        "configuration of Weights & Biases a study file, which is printed, or written with "
        "--output; from a table (CSV) a study with a trial for each row. What has no place here, "
        "or is not quite the same, is said, line by line.\n\n"
        "A table has a header, and a column for each parameter and each metric: what 'caviar "
        "export', pandas' to_csv, Optuna's trials_dataframe() or the page of a W&B project write. "
        "Columns that such tools add (numbers, states, times) are known by their names, parameters "
        "by a prefix (params_lr, param_lr, config/lr), where there is one. Numbers are an int or a "
        "float over the range that they have, on the scale on which they lie most evenly; words "
        "are choices. Where semicolons or tabs are between the cells, numbers may have decimal "
        "commas. A row without a value of the metric is a trial that failed; an empty cell is "
        "a parameter that the trial did not have. With --space a study file says all this, and the "
        "study can be run on with it.\n\n"
        "An Optuna study has no space: it becomes that of its trials. A parameter that only some "
        "have exists under the condition that tells these apart, where there is one. Trials keep "
        "their numbers as their origin (optuna:17), their attributes as their output. Imported "
        "trials do not count against a budget. With --output the definition is written to a file "
        "as well, so that you can add a command and run it.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .least = 1,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
