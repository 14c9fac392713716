/**
 * nudge.c: lists of nudges, in the order in which they take effect.
 */
#include "trial/nudge.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[] = {
#define X(name, word) word,
    CAV_NUDGE_KINDS(X)
#undef X
};

static const char *const state_words[] = {
#define X(name, word) word,
    CAV_NUDGE_STATES(X)
#undef X
};

const char *cav_nudge_kind_name(cav_nudge_kind kind)
{
    return (size_t)kind < CAV_COUNT_OF(kind_words) ? kind_words[kind] : "";
}

const char *cav_nudge_state_name(cav_nudge_state state)
{
    return (size_t)state < CAV_COUNT_OF(state_words) ? state_words[state] : "";
}

static int find(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}

int cav_nudge_kind_find(const char *word)
{
    return find(kind_words, CAV_COUNT_OF(kind_words), word);
}

int cav_nudge_state_find(const char *word)
{
    return find(state_words, CAV_COUNT_OF(state_words), word);
}

static void free_one(cav_nudge *nudge)
{
    free((double *)(uintptr_t)nudge->raw);
    free((char *)(uintptr_t)nudge->author);
    free((char *)(uintptr_t)nudge->note);
}

static bool copy_one(const cav_nudge *from, size_t param_count, cav_nudge *to)
{
    double *raw = from->raw ? calloc(param_count + 1, sizeof *raw) : NULL;
    *to = *from;
    to->raw = raw;
    to->author = cav_strdup(from->author ? from->author : "");
    to->note = cav_strdup(from->note ? from->note : "");
    if ((from->raw && !raw) || !to->author || !to->note) {
        free_one(to);
        return false;
    }
    for (size_t i = 0; raw && i < param_count; i++)
        raw[i] = from->raw[i];
    return true;
}

static bool comes_before(const cav_nudge *a, const cav_nudge *b)
{
    int64_t x = a->step < 0 ? INT64_MAX : a->step, y = b->step < 0 ? INT64_MAX : b->step;
    return x != y ? x < y : a->id < b->id;
}

bool cav_nudge_list_put(cav_nudge_list *list, const cav_nudge *nudge, size_t param_count)
{
    cav_nudge fresh;
    if (!CAV_GROW(&list->items, &list->capacity, list->count + 1) ||
        !copy_one(nudge, param_count, &fresh))
        return false;
    size_t old = 0, place = 0;
    while (old < list->count && list->items[old].id != nudge->id)
        old++;
    if (old < list->count) {
        free_one(&list->items[old]);
        memmove(list->items + old, list->items + old + 1,
                (--list->count - old) * sizeof *list->items);
    }
    while (place < list->count && comes_before(&list->items[place], &fresh))
        place++;
    memmove(list->items + place + 1, list->items + place,
            (list->count++ - place) * sizeof *list->items);
    list->items[place] = fresh;
    return true;
}

void cav_nudge_list_free(cav_nudge_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free_one(&list->items[i]);
    free(list->items);
    *list = (cav_nudge_list){0};
}

bool cav_nudge_is_scheduled(const cav_nudge *nudge)
{
    return nudge->kind == CAV_NUDGE_CHANGE && nudge->step >= 0 &&
           (nudge->state == CAV_NUDGE_ACTIVE || nudge->state == CAV_NUDGE_WAITING);
}

const cav_nudge *cav_nudge_list_waiting(const cav_nudge_list *list, cav_nudge_kind kind)
{
    for (size_t n = 0; n < list->count; n++) {
        const cav_nudge *nudge = &list->items[n];
        if (nudge->kind == kind && nudge->state == CAV_NUDGE_WAITING && nudge->step < 0)
            return nudge;
    }
    return NULL;
}

const cav_nudge *cav_nudge_list_rest(const cav_nudge_list *list)
{
    const cav_nudge *last = NULL;
    for (size_t n = 0; n < list->count; n++) {
        const cav_nudge *nudge = &list->items[n];
        bool counts = nudge->kind == CAV_NUDGE_PAUSE || nudge->kind == CAV_NUDGE_RESUME;
        if (counts && nudge->state == CAV_NUDGE_ACTIVE && (!last || nudge->id > last->id))
            last = nudge;
    }
    return last;
}

void cav_nudge_list_apply(const cav_nudge_list *list, int64_t step, double *raw, size_t param_count)
{
    for (size_t n = 0; n < list->count; n++) {
        const cav_nudge *nudge = &list->items[n];
        if (!cav_nudge_is_scheduled(nudge) || nudge->step > step)
            continue;
        for (size_t i = 0; i < param_count; i++)
            if (!isnan(nudge->raw[i]))
                raw[i] = nudge->raw[i];
    }
}
