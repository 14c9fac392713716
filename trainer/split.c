/**
 * split.c: a stratified split.
 */
#include "trainer/split.h"

#include "trainer/rng.h"

#include <stdlib.h>

enum { SPLIT_SEED = 1 }; // not the seed of the training: all trials of a study share the split

typedef struct place {
    double at; // in [0, 1]
    uint32_t sample;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->sample < y->sample ? -1 : x->sample > y->sample;
}

caviar_code split_order(const uint16_t *labels, size_t count, size_t class_count,
                        uint32_t *ret_order, train_error *error)
{
    place *places = malloc(count * sizeof *places);
    size_t *sizes = calloc(class_count, 2 * sizeof *sizes);
    uint32_t *shuffled = malloc(count * sizeof *shuffled);
    if (places && sizes && shuffled) {
        size_t *used = sizes + class_count;
        rng random = {.stream = rng_stream_of(SPLIT_SEED, RNG_SPLIT, 0, 0)};
        for (size_t i = 0; i < count; i++) {
            shuffled[i] = (uint32_t)i;
            sizes[labels[i]]++;
        }
        rng_shuffle(&random, shuffled, count);
        for (size_t i = 0; i < count; i++) {
            uint16_t label = labels[shuffled[i]];
            double at = ((double)used[label]++ + 0.5) / (double)sizes[label];
            places[i] = (place){at, shuffled[i]};
        }
        qsort(places, count, sizeof *places, compare_places);
        for (size_t i = 0; i < count; i++)
            ret_order[i] = places[i].sample;
    }
    bool done = places && sizes && shuffled;
    free(places);
    free(sizes);
    free(shuffled);
    return done ? CAVIAR_OK : train_fail_memory(error);
}
