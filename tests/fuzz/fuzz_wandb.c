/**
 * fuzz_wandb.c: any bytes as a W&B sweep: they are refused with a sentence, or become a study file
 * that is one.
 */
#include "config/spec.h"
#include "exchange/import.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cav_imported imported = {0};
    cav_notes notes = {0};
    cav_error error = {0};
    cav_spec *spec;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, bytes, size);
    text[size] = '\0';
    cav_import_source source = {.path = "sweep.yaml", .text = text, .size = size};
    caviar_code code = cav_import_wandb.read(&source, &imported, &notes, &error);
    if (code && (!error.message[0] || imported.file.size > 0))
        abort();
    if (!code) {
        if (cav_spec_parse("", imported.file.data, imported.file.size, &spec, &error))
            abort();
        cav_spec_free(spec);
    }
    cav_imported_free(&imported);
    cav_notes_free(&notes);
    free(text);
    return 0;
}
