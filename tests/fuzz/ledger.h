/**
 * ledger.h: what the fuzz targets of importers have in common: any bytes, read by one of them as a
 * ledger, which makes a space that takes itself back, or is refused.
 */
#ifndef CAV_FUZZ_LEDGER_H
#define CAV_FUZZ_LEDGER_H

#include "exchange/import.h"

#include <stdlib.h>
#include <string.h>

static inline void fuzz_define(cav_ledger *ledger, cav_notes *notes)
{
    cav_spec *spec;
    cav_error error = {0};
    if (cav_ledger_define(ledger, "fuzz", notes, &spec, &error)) {
        if (!error.message[0])
            abort();
        return;
    }
    for (size_t i = 0; i < ledger->parameter_count; i++)
        if (ledger->parameters[i].space_index >= spec->space->count)
            abort();
    cav_spec_free(spec);
}

/** Reads bytes as the text of a source; aborts where they are refused without a sentence. */
static inline void fuzz_ledger(const cav_import_type *type, cav_import_source source,
                               const uint8_t *bytes, size_t size)
{
    cav_imported imported = {0};
    cav_notes notes = {0};
    cav_error error = {0};
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, bytes, size);
    text[size] = '\0';
    source.text = text;
    source.size = size;
    caviar_code code = type->read(&source, &imported, &notes, &error);
    if (code ? !error.message[0] : !imported.ledger)
        abort();
    if (!code && !source.columns.spec)
        fuzz_define(imported.ledger, &notes);
    cav_imported_free(&imported);
    cav_notes_free(&notes);
    free(text);
}

#endif
