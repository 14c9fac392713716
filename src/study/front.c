/**
 * front.c: the Pareto front of a study's complete trials.
 */
#include "study/study.h"

#include "search/fronts.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static caviar_code rank(const cav_history *history, cav_fronts *fronts, cav_ranked **ret_ranked,
                        size_t *ret_count, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < history->count && !code; i++)
        if (cav_history_has_losses(history, i))
            code = cav_fronts_add(fronts, i, history->losses + i * history->metric_count, error);
    return code ? code : cav_fronts_rank(fronts, ret_ranked, ret_count, error);
}

caviar_code cav_study_front(const cav_study *study, size_t **ret_numbers, size_t *ret_count,
                            cav_error *error)
{
    cav_fronts *fronts = cav_fronts_new(study->history->metric_count, 1);
    cav_ranked *ranked = NULL;
    size_t count = 0;
    caviar_code code =
        fronts ? rank(study->history, fronts, &ranked, &count, error) : cav_fail_memory(error);
    size_t *numbers = code ? NULL : calloc(count + 1, sizeof *numbers);
    if (!code && !numbers)
        code = cav_fail_memory(error);
    for (size_t i = 0; i < count && !code; i++)
        numbers[i] = ranked[i].number;
    if (!code) {
        qsort(numbers, count, sizeof *numbers, ascending);
        *ret_numbers = numbers;
        *ret_count = count;
    }
    free(ranked);
    cav_fronts_free(fronts);
    return code;
}
