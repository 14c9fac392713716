/**
 * kernels.c: choosing the kernels that suit the processor.
 */
#include "trainer/kernels.h"

#include <string.h>

#if defined(__x86_64__)
static bool can_run(const kernels *table)
{
    if (table == &kernels_avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    if (table == &kernels_avx2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return true;
}
#else
static bool can_run(const kernels *table)
{
    return table != NULL;
}
#endif

const kernels *kernels_at(size_t index)
{
#define X(name, word) &kernels_##name,
    static const kernels *const tables[] = {KERNELS(X)};
#undef X
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (can_run(tables[i]) && index-- == 0)
            return tables[i];
    return NULL;
}

const kernels *kernels_find(const char *word)
{
    if (strcmp(word, "auto") == 0)
        return kernels_at(0);
    for (size_t i = 0; kernels_at(i); i++)
        if (strcmp(kernels_at(i)->name, word) == 0)
            return kernels_at(i);
    return NULL;
}

caviar_code kernels_choose(const char *word, const kernels **ret_table, train_error *error)
{
    const kernels *table = kernels_find(word);
    if (!table)
        return train_fail(error, CAVIAR_INVALID, "this processor cannot run --kernels %s; use auto",
                          word);
    *ret_table = table;
    return CAVIAR_OK;
}
