/**
 * ranks.c: sorting, and sums of products.
 */
#include "base/ranks.h"

#include <math.h>
#include <stdlib.h>

static const double deviation = 1.03;         // of Fisher's z of a rank correlation, by sqrt(n - 3)
static const double five_percent = 1.6448536; // normal quantile

static int by_value(const void *a, const void *b)
{
    const cav_rank_item *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

void cav_ranks(const double *values, size_t count, cav_rank_item *room, double *ret_ranks)
{
    for (size_t i = 0; i < count; i++)
        room[i] = (cav_rank_item){values[i], i};
    qsort(room, count, sizeof *room, by_value);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && room[end].value == room[i].value;)
            end++;
        for (size_t k = i; k < end; k++)
            ret_ranks[room[k].index] = ((double)i + (double)end - 1) / 2;
    }
}

double cav_correlation(const double *x, const double *y, size_t count)
{
    double sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        sx += x[i] / n;
        sy += y[i] / n;
    }
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - sx) * (x[i] - sx);
        yy += (y[i] - sy) * (y[i] - sy);
        xy += (x[i] - sx) * (y[i] - sy);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

bool cav_rank_correlate(const double *x, const double *y, size_t count, cav_rank_correlation *ret)
{
    double *ranks = malloc((2 * count + 1) * sizeof *ranks);
    cav_rank_item *room = malloc((count + 1) * sizeof *room);
    if (ranks && room) {
        cav_ranks(x, count, room, ranks);
        cav_ranks(y, count, room, ranks + count);
        double value = cav_correlation(ranks, ranks + count, count);
        double z = atanh(fmax(-0.999, fmin(0.999, value)));
        double reach = count > 3 ? five_percent * deviation / sqrt((double)count - 3) : INFINITY;
        *ret = (cav_rank_correlation){value, fmin(value, tanh(z - reach)),
                                      fmax(value, tanh(z + reach))};
    }
    free(room);
    free(ranks);
    return ranks && room;
}
