/**
 * fuzz_study_file.c: any bytes as a study file. What is taken is written down again as JSON, and
 * that must be taken, too, and mean the same.
 */
#include "config/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void write(const cav_spec *spec, cav_text *text)
{
    cav_json json = {.text = text};
    cav_spec_write(spec, &json);
    if (text->failed)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cav_spec *first, *second;
    cav_error error;
    cav_text once = {0}, twice = {0};
    if (cav_spec_parse("fuzz.yaml", (const char *)bytes, size, &first, &error))
        return 0;
    write(first, &once);
    if (cav_spec_parse("again", once.data, once.size, &second, &error))
        abort();
    write(second, &twice);
    if (strcmp(once.data, twice.data) != 0)
        abort();
    cav_spec_free(first);
    cav_spec_free(second);
    cav_text_free(&once);
    cav_text_free(&twice);
    return 0;
}
