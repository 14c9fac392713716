/**
 * fuzz_optuna_journal.c: any bytes as a journal of Optuna's: they are read or refused with a
 * sentence, and what was read makes a space that takes itself back, or is refused.
 */
#include "exchange/import.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void define(cav_imported *imported, cav_notes *notes)
{
    cav_spec *spec;
    cav_error error = {0};
    if (cav_ledger_define(imported->ledger, "fuzz", notes, &spec, &error)) {
        if (!error.message[0])
            abort();
        return;
    }
    for (size_t i = 0; i < imported->ledger->parameter_count; i++)
        if (imported->ledger->parameters[i].space_index >= spec->space->count)
            abort();
    cav_spec_free(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cav_imported imported = {0};
    cav_notes notes = {0};
    cav_error error = {0};
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, bytes, size);
    text[size] = '\0';
    cav_import_source source = {.path = "journal.log", .text = text, .size = size};
    caviar_code code = cav_import_optuna_journal.read(&source, &imported, &notes, &error);
    if (code ? !error.message[0] : !imported.ledger)
        abort();
    if (!code)
        define(&imported, &notes);
    cav_imported_free(&imported);
    cav_notes_free(&notes);
    free(text);
    return 0;
}
