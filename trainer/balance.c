/**
 * balance.c: weighing classes, and counting errors class by class.
 */
#include "trainer/balance.h"

#include "trainer/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void weigh(balance *at, const sample_list *list)
{
    size_t present = 0;
    for (size_t i = 0; i < list->count; i++)
        present += at->seen[list->source->labels[list->numbers[i]]]++ == 0;
    for (size_t k = 0; k < at->class_count; k++)
        if (at->seen[k])
            at->weights[k] = (real)((double)list->count / ((double)present * (double)at->seen[k]));
}

caviar_code balance_new(const sample_list *list, size_t class_count, balance **ret_balance,
                        train_error *error)
{
    if (!list->source->labels)
        return train_fail(error, CAVIAR_INVALID,
                          "--class-weights balanced needs classes, and the target is a quantity");
    balance *at = calloc(1, sizeof *at);
    if (!at)
        return train_fail_memory(error);
    *at = (balance){class_count, calloc(class_count, sizeof(real)), NULL, NULL};
    at->wrong = calloc(class_count, sizeof *at->wrong);
    at->seen = calloc(class_count, sizeof *at->seen);
    if (!at->weights || !at->wrong || !at->seen) {
        balance_free(at);
        return train_fail_memory(error);
    }
    weigh(at, list);
    *ret_balance = at;
    return CAVIAR_OK;
}

void balance_free(balance *at)
{
    if (!at)
        return;
    free(at->weights);
    free(at->wrong);
    free(at->seen);
    free(at);
}

void balance_begin(balance *at)
{
    memset(at->wrong, 0, at->class_count * sizeof *at->wrong);
    memset(at->seen, 0, at->class_count * sizeof *at->seen);
}

void balance_add(balance *at, const network *net, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        uint16_t label = net->labels[i];
        at->seen[label]++;
        at->wrong[label] += cost_choice(net->p + i * at->class_count, at->class_count) != label;
    }
}

double balance_error(const balance *at)
{
    double sum = 0;
    size_t present = 0;
    for (size_t k = 0; k < at->class_count; k++) {
        if (at->seen[k] == 0)
            continue;
        sum += (double)at->wrong[k] / (double)at->seen[k];
        present++;
    }
    return present ? sum / (double)present : NAN;
}
