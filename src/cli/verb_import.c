/**
 * verb_import.c: caviar import
 */
#include "cli/open.h"

#include "cli/print.h"
#include "exchange/import.h"

#include <stdio.h>

static const cav_flag flags[] = {
    {0, "format", "WORD", "optuna, optuna-journal or wandb (default: as the file looks)"},
    {0, "from", "NAME", "the study in the file, where it has several"},
    {'o', "output", "FILE", "write the study file there"},
    {0, "force", NULL, "write over that file, if it exists"},
};

static const cav_example examples[] = {
    {"caviar import optuna.db", "Optuna's study, with all its trials, into caviar.db"},
    {"caviar import journal.log --from mnist --study mnist-2", "one of several, by another name"},
    {"caviar import sweep.yaml -o study.yaml", "a W&B sweep as a study file, to be run"},
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

static caviar_code import_ledger(const cav_arguments *arguments, cav_ledger *ledger,
                                 cav_notes *notes, cav_error *error)
{
    cav_spec *spec;
    cav_ledger_result result = {0};
    const char *name = cav_cli_study(arguments);
    if (!name)
        name = cav_ledger_name(ledger->arena, ledger->name);
    caviar_code code =
        name ? cav_ledger_define(ledger, name, notes, &spec, error) : cav_fail_memory(error);
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

static caviar_code import(const cav_arguments *arguments, cav_imported *imported, cav_notes *notes,
                          cav_error *error)
{
    caviar_code code = cav_import_read(arguments->operands[0], cav_flag_get(arguments, "format"),
                                       cav_flag_get(arguments, "from"), imported, notes, error);
    if (code)
        return code;
    if (imported->ledger)
        return import_ledger(arguments, imported->ledger, notes, error);
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
    .summary = "bring a study from Optuna, or a sweep from Weights & Biases",
    .operands = "FILE",
    .description =
        "Brings what another tuner has: from Optuna's SQLite file or journal a study with all its "
        "trials, their parameters, values, reports and times, into the store; from a sweep "
        "configuration of Weights & Biases a study file, which is printed, or written with "
        "--output. What has no place here, or is not quite the same, is said, line by line.\n\n"
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
