/**
 * order.h: numbers kept in order: rank of an item, item of a rank.
 *
 * A sorted list in chunks of a few hundred items, so that adding, removing and ranking cost a few
 * hundred nanoseconds at a hundred thousand items, and no more memory than the items themselves.
 * Items are pairs (value, id), ordered by value and then by id; NaN counts as infinite.
 */
#ifndef CAV_BASE_ORDER_H
#define CAV_BASE_ORDER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cav_order_item {
    double value;
    size_t id;
} cav_order_item;

typedef struct cav_order_chunk {
    cav_order_item *items; // [count] in order; never empty
    size_t count;
} cav_order_chunk;

/** All zero is an empty order. */
typedef struct cav_order {
    cav_order_chunk *chunks; // [chunk_count]
    size_t chunk_count, chunk_capacity;
    size_t count; // items in all
} cav_order;

void cav_order_free(cav_order *order);

/** Adds an item. False when out of memory; the order is then as it was. */
bool cav_order_add(cav_order *order, double value, size_t id);

/** Takes an item out; false if it is not there. */
bool cav_order_remove(cav_order *order, double value, size_t id);

/** How many items come before (value, id), which need not be among them. */
size_t cav_order_rank(const cav_order *order, double value, size_t id);

/** The item of that rank, from 0; rank < count. */
cav_order_item cav_order_at(const cav_order *order, size_t rank);

/** Sorts numbers, none of them NaN, in ascending order. */
void cav_sort(double *numbers, size_t count);

/** Keeps one of each of sorted numbers, in place; returns how many these are. */
size_t cav_sort_unique(double *sorted, size_t count);

#endif
