/**
 * order.c: the chunks.
 */
#include "base/order.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ITEMS = 256 };

void cav_order_free(cav_order *order)
{
    for (size_t i = 0; i < order->chunk_count; i++)
        free(order->chunks[i].items);
    free(order->chunks);
    *order = (cav_order){0};
}

static cav_order_item make_item(double value, size_t id)
{
    return (cav_order_item){.value = isnan(value) ? INFINITY : value, .id = id};
}

static bool is_before(cav_order_item a, cav_order_item b)
{
    return a.value < b.value || (a.value == b.value && a.id < b.id);
}

// The first chunk whose last item is not before `item`; the last chunk if all are.
static size_t find_chunk(const cav_order *order, cav_order_item item)
{
    size_t low = 0, high = order->chunk_count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const cav_order_chunk *chunk = &order->chunks[middle];
        if (is_before(chunk->items[chunk->count - 1], item))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// How many items of the chunk are before `item`.
static size_t find_place(const cav_order_chunk *chunk, cav_order_item item)
{
    size_t low = 0, high = chunk->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_before(chunk->items[middle], item))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Puts an empty chunk at an index.
static bool insert_chunk(cav_order *order, size_t index)
{
    cav_order_item *items = malloc(CHUNK_ITEMS * sizeof *items);
    if (!items || !CAV_GROW(&order->chunks, &order->chunk_capacity, order->chunk_count + 1)) {
        free(items);
        return false;
    }
    cav_order_chunk *at = order->chunks + index;
    memmove(at + 1, at, (order->chunk_count - index) * sizeof *at);
    *at = (cav_order_chunk){.items = items};
    order->chunk_count++;
    return true;
}

// Moves the upper half of a full chunk into a new one behind it.
static bool split(cav_order *order, size_t index)
{
    if (!insert_chunk(order, index + 1))
        return false;
    cav_order_chunk *low = &order->chunks[index], *high = low + 1;
    low->count = CHUNK_ITEMS / 2;
    high->count = CHUNK_ITEMS - low->count;
    memcpy(high->items, low->items + low->count, high->count * sizeof *high->items);
    return true;
}

bool cav_order_add(cav_order *order, double value, size_t id)
{
    cav_order_item item = make_item(value, id);
    if (order->chunk_count == 0 && !insert_chunk(order, 0))
        return false;
    size_t index = find_chunk(order, item);
    if (order->chunks[index].count == CHUNK_ITEMS) {
        if (!split(order, index))
            return false;
        index = find_chunk(order, item);
    }
    cav_order_chunk *chunk = &order->chunks[index];
    cav_order_item *place = chunk->items + find_place(chunk, item);
    memmove(place + 1, place, (size_t)(chunk->items + chunk->count - place) * sizeof item);
    *place = item;
    chunk->count++;
    order->count++;
    return true;
}

bool cav_order_remove(cav_order *order, double value, size_t id)
{
    if (order->count == 0)
        return false;
    cav_order_item item = make_item(value, id);
    size_t index = find_chunk(order, item);
    cav_order_chunk *chunk = &order->chunks[index];
    size_t place = find_place(chunk, item);
    if (place == chunk->count || is_before(item, chunk->items[place]))
        return false;
    memmove(chunk->items + place, chunk->items + place + 1, (--chunk->count - place) * sizeof item);
    order->count--;
    if (chunk->count == 0) {
        free(chunk->items);
        memmove(chunk, chunk + 1, (--order->chunk_count - index) * sizeof *chunk);
    }
    return true;
}

size_t cav_order_rank(const cav_order *order, double value, size_t id)
{
    if (order->count == 0)
        return 0;
    cav_order_item item = make_item(value, id);
    size_t index = find_chunk(order, item), rank = find_place(&order->chunks[index], item);
    for (size_t i = 0; i < index; i++)
        rank += order->chunks[i].count;
    return rank;
}

cav_order_item cav_order_at(const cav_order *order, size_t rank)
{
    size_t index = 0;
    while (rank >= order->chunks[index].count)
        rank -= order->chunks[index++].count;
    return order->chunks[index].items[rank];
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void cav_sort(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, ascending);
}

size_t cav_sort_unique(double *sorted, size_t count)
{
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        if (distinct == 0 || sorted[i] != sorted[distinct - 1])
            sorted[distinct++] = sorted[i];
    return distinct;
}
