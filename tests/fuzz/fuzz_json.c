/**
 * fuzz_json.c: any bytes as JSON, and as a configuration: what the quick reader takes, the general
 * one takes alike; what either takes comes back from its own text.
 */
#include "space/codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { COUNT = 4 };

static cav_space *make_space(void)
{
    cav_space *space = caviar_space_new();
    const caviar_value choices[] = {{.kind = CAVIAR_KIND_TEXT, .text = "relu"},
                                    {.kind = CAVIAR_KIND_TEXT, .text = "a \"b\" \\"},
                                    {.kind = CAVIAR_KIND_BOOL, .truth = true},
                                    {.kind = CAVIAR_KIND_INT, .integer = 3}};
    const double specials[] = {0};
    const caviar_parameter parameters[COUNT] = {
        {.name = "x",
         .scale = CAVIAR_SCALE_LOG,
         .low = 1e-9,
         .high = 1,
         .specials = specials,
         .special_count = 1},
        {.name = "n", .type = CAVIAR_TYPE_INT, .low = -5, .high = 1e9},
        {.name = "c", .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = 4},
        {.name = "d-e.f", .low = -1e300, .high = 1e300},
    };
    for (size_t i = 0; i < COUNT; i++)
        if (!space || caviar_space_add(space, &parameters[i]))
            abort();
    return space;
}

static void compare(const double *a, const double *b)
{
    for (size_t i = 0; i < COUNT; i++)
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))))
            abort();
}

static void come_back(const cav_space *space, const double *raw)
{
    double again[COUNT];
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_space_write(space, raw, &json);
    if (text.failed)
        abort();
    if (cav_space_read_fast(space, text.data, again)) // it leaves escapes to the other reader
        compare(raw, again);
    cav_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    double quick[COUNT], general[COUNT];
    json_t *value = NULL;
    cav_error error;
    cav_text text = {0};
    cav_space *space = make_space();
    cav_text_append_size(&text, (const char *)bytes, size);
    cav_text_append(&text, "");
    bool parsed = !cav_json_parse((const char *)bytes, size, &value, &error);
    bool taken = parsed && json_is_object(value) && !cav_space_read(space, value, general, &error);
    if (taken)
        come_back(space, general);
    if (!memchr(bytes, 0, size) && cav_space_read_fast(space, cav_text_get(&text), quick)) {
        if (!taken)
            abort();
        compare(quick, general);
    }
    json_decref(value);
    cav_text_free(&text);
    caviar_space_free(space);
    return 0;
}
