/**
 * fuzz_codec.c: any point of any space: eight bytes of input choose the space, the others are the
 * point. What comes out of it is finite, in bounds and valid; it has a point of its own, and comes
 * back from that, and from its text, bit for bit.
 */
#include "support/random_space.h"

#include "space/codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST = 8 };

// Bytes as a coordinate: the double itself where it is one of the cube, else somewhere in it.
static double coordinate(const uint8_t *bytes, size_t size, size_t index)
{
    double u = 0.5;
    uint64_t bits = 0;
    if ((index + 1) * 8 > size)
        return u;
    memcpy(&u, bytes + index * 8, sizeof u);
    memcpy(&bits, bytes + index * 8, sizeof bits);
    return u >= 0 && u <= 1 ? u : (double)(bits >> 11) * 0x1p-53;
}

static void expect_same(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))))
            abort();
}

static void expect_bounds(const cav_space *space, const double *raw, const double *point)
{
    cav_error error;
    if (cav_space_check(space, raw, &error) && cav_space_is_feasible(space, raw))
        abort();
    for (size_t i = 0; i < space->count; i++)
        if (isinf(raw[i]) || isnan(raw[i]) == cav_space_is_active(space, i, raw))
            abort();
    for (size_t d = 0; d < space->dim_count; d++)
        if (!isnan(point[d]) && !(point[d] >= 0 && point[d] <= 1))
            abort();
}

static void read_general(const cav_space *space, const cav_text *text, double *ret_raw)
{
    json_t *object;
    cav_error error;
    if (cav_json_parse(text->data, text->size, &object, &error) ||
        cav_space_read(space, object, ret_raw, &error))
        abort();
    json_decref(object);
}

static void expect_text(const cav_space *space, const double *raw)
{
    double again[MOST];
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_space_write(space, raw, &json);
    if (text.failed)
        abort();
    if (!cav_space_read_fast(space, text.data, again)) // it leaves escapes to the other reader
        read_general(space, &text, again);
    expect_same(raw, again, space->count);
    cav_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    double point[MOST], own[MOST], third[MOST], raw[MOST], again[MOST];
    uint64_t seed;
    if (size < sizeof seed)
        return 0;
    memcpy(&seed, bytes, sizeof seed);
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_SUGGEST, 0);
    cav_space *space = random_space_new(&random, MOST, (random_limits){0});
    for (size_t d = 0; d < space->dim_count; d++)
        point[d] = coordinate(bytes + sizeof seed, size - sizeof seed, d);
    cav_space_decode(space, point, raw, own);
    expect_bounds(space, raw, own);
    cav_space_decode(space, own, again, third);
    expect_same(raw, again, space->count);
    expect_same(own, third, space->dim_count);
    cav_space_encode(space, raw, third);
    expect_same(own, third, space->dim_count);
    expect_text(space, raw);
    caviar_space_free(space);
    return 0;
}
