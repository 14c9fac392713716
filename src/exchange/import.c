/**
 * import.c: the table of formats, and which one a file is of.
 */
#include "exchange/import.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { LARGEST_TEXT = 1 << 30, BEGINNING = 4096 };

const cav_import_type *const cav_imports[] = {
#define X(type) &type,
    CAV_IMPORTS(X)
#undef X
};
const size_t cav_import_count = CAV_COUNT_OF(cav_imports);

static caviar_code find_format(const char *name, const cav_import_type **ret_type, cav_error *error)
{
    const char *names[CAV_COUNT_OF(cav_imports)];
    for (size_t i = 0; i < cav_import_count; i++) {
        names[i] = cav_imports[i]->name;
        if (strcmp(name, names[i]) == 0) {
            *ret_type = cav_imports[i];
            return CAVIAR_OK;
        }
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, names, cav_import_count, hint);
    return cav_fail(error, CAVIAR_INVALID, "--format: there is no format '%.40s'%s", name, hint);
}

static caviar_code recognise(const char *path, const cav_text *beginning,
                             const cav_import_type **ret_type, cav_error *error)
{
    for (size_t i = 0; i < cav_import_count; i++)
        if (cav_imports[i]->recognises(cav_text_get(beginning), beginning->size)) {
            *ret_type = cav_imports[i];
            return CAVIAR_OK;
        }
    return cav_fail(error, CAVIAR_INVALID,
                    "%s: this is neither an Optuna file, a W&B sweep nor a table with commas "
                    "between its columns; --format says what it is",
                    path);
}

static caviar_code read_beginning(const char *path, cav_text *text, cav_error *error)
{
    char chunk[BEGINNING];
    FILE *file = fopen(path, "rbe");
    if (!file)
        return cav_file_read(path, 0, text, error); // says why
    size_t got = fread(chunk, 1, sizeof chunk, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    cav_text_append_size(text, chunk, got);
    if (failed)
        return cav_file_read(path, 0, text, error);
    return text->failed ? cav_fail_memory(error) : CAVIAR_OK;
}

static caviar_code read_with(const cav_import_type *type, cav_import_source source,
                             cav_imported *ret_imported, cav_notes *notes, cav_error *error)
{
    cav_text text = {0};
    const cav_import_columns *said = &source.columns;
    if ((said->spec || said->metric_count > 0 || said->parameters) && !type->has_columns)
        return cav_fail(error, CAVIAR_INVALID,
                        "%s: --space, --parameters, --minimize and --maximize are for tables, and "
                        "the file is %s, which says that itself",
                        source.path, type->summary);
    caviar_code code = CAVIAR_OK;
    if (type->is_text) {
        code = cav_file_read(source.path, LARGEST_TEXT, &text, error);
        source.text = cav_text_get(&text);
        source.size = text.size;
    }
    if (!code)
        code = type->read(&source, ret_imported, notes, error);
    if (!code && (notes->failed || ret_imported->file.failed))
        code = cav_fail_memory(error);
    cav_text_free(&text);
    return code;
}

caviar_code cav_import_read(const cav_import_source *source, const char *format,
                            cav_imported *ret_imported, cav_notes *notes, cav_error *error)
{
    const cav_import_type *type = NULL;
    cav_text beginning = {0};
    caviar_code code = format ? find_format(format, &type, error) : CAVIAR_OK;
    if (!code && !type)
        code = read_beginning(source->path, &beginning, error);
    if (!code && !type)
        code = recognise(source->path, &beginning, &type, error);
    cav_text_free(&beginning);
    return code ? code : read_with(type, *source, ret_imported, notes, error);
}

void cav_imported_free(cav_imported *imported)
{
    cav_ledger_free(imported->ledger);
    cav_text_free(&imported->file);
    *imported = (cav_imported){0};
}

caviar_code cav_import_choose(const char *const *names, size_t count, const char *wanted,
                              size_t *ret_index, cav_error *error)
{
    cav_text list = {0};
    for (size_t i = 0; i < count; i++) {
        if (wanted ? strcmp(names[i], wanted) == 0 : count == 1) {
            cav_text_free(&list);
            *ret_index = i;
            return CAVIAR_OK;
        }
        cav_text_appendf(&list, "%s%s", i ? ", " : "", names[i]);
    }
    if (count == 0)
        cav_fail(error, CAVIAR_NOT_FOUND, "there is no study in it");
    else if (wanted)
        cav_fail(error, CAVIAR_NOT_FOUND, "there is no study '%.100s' in it; it has %.600s", wanted,
                 cav_text_get(&list));
    else
        cav_fail(error, CAVIAR_INVALID, "it has several studies (%.600s); say which: --from NAME",
                 cav_text_get(&list));
    cav_text_free(&list);
    return error ? error->code : CAVIAR_INVALID;
}
