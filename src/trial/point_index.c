/**
 * point_index.c: open addressing, at most half full.
 */
#include "trial/point_index.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash(const cav_point_index *index, const double *point)
{
    uint64_t hash = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < index->width; i++) {
        double value = isnan(point[i]) ? (double)NAN
                       : point[i] == 0 ? 0
                                       : point[i]; // one NaN, no -0
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        hash = cav_mix64(hash ^ bits);
    }
    return hash;
}

static bool equal(const cav_point_index *index, const double *a, const double *b)
{
    for (size_t i = 0; i < index->width; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

static void insert(cav_point_index *index, const double *rows, size_t row)
{
    size_t at = (size_t)hash(index, rows + row * index->width) & (index->slot_count - 1);
    while (index->slots[at] != UINT32_MAX)
        at = (at + 1) & (index->slot_count - 1);
    index->slots[at] = (uint32_t)row;
    index->used++;
}

static bool enlarge(cav_point_index *index, const double *rows)
{
    cav_point_index larger = {.width = index->width,
                              .slot_count = index->slot_count ? index->slot_count * 2 : 128};
    larger.slots = malloc(larger.slot_count * sizeof *larger.slots);
    if (!larger.slots)
        return false;
    memset(larger.slots, 0xff, larger.slot_count * sizeof *larger.slots);
    for (size_t i = 0; i < index->slot_count; i++)
        if (index->slots[i] != UINT32_MAX)
            insert(&larger, rows, index->slots[i]);
    free(index->slots);
    *index = larger;
    return true;
}

bool cav_point_index_add(cav_point_index *index, const double *rows, size_t row)
{
    if (row >= UINT32_MAX)
        return false;
    if ((index->used + 1) * 2 > index->slot_count && !enlarge(index, rows))
        return false;
    insert(index, rows, row);
    return true;
}

size_t cav_point_index_find(const cav_point_index *index, const double *rows, const double *point)
{
    if (index->slot_count == 0)
        return SIZE_MAX;
    size_t at = (size_t)hash(index, point) & (index->slot_count - 1);
    for (; index->slots[at] != UINT32_MAX; at = (at + 1) & (index->slot_count - 1))
        if (equal(index, rows + index->slots[at] * index->width, point))
            return index->slots[at];
    return SIZE_MAX;
}

void cav_point_index_free(cav_point_index *index)
{
    free(index->slots);
    *index = (cav_point_index){.width = index->width};
}
