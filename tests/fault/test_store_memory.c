/**
 * test_store_memory.c: the n-th allocation fails, for n = 1, 2, … until the script passes without
 * meeting the fault: CAVIAR_NOMEM, and no crash, no leak, no wrong answer, nothing lost that was
 * acknowledged.
 */
#include "support/fault_malloc.h"
#include "support/postgres.h"
#include "support/store_script.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct shortage {
    const cav_store_type *type;
    bool for_good;
    char name[64];
} shortage;

// Runs the script with the n-th allocation failing; false when none failed any more.
static bool run_with(const shortage *with, int64_t nth, const cav_space *space)
{
    char folder[64], path[256];
    store_folder_make(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    if (with->type->is_on_server)
        postgres_schema_make(getenv("CAVIAR_TEST_POSTGRESQL"), path, sizeof path);
    bool persists = with->type->owns(path);
    store_script script;
    store_script_init(&script, with->type, persists ? path : "memory:", space);
    fault_malloc_arm(nth, with->for_good);
    store_script_run(&script);
    bool met = fault_malloc_disarm() > 0;
    bool known = script.first_code == CAVIAR_NOMEM;
    if (script.failures > 0 && !known)
        fail_msg("%s, n = %d: %s: %s", with->name, (int)nth, caviar_code_name(script.first_code),
                 script.first_error.message);
    if (!met)
        assert_int_equal(script.failures, 0);
    if (persists)
        store_script_verify(&script);
    if (with->type->is_on_server)
        postgres_schema_remove(path);
    cav_folder_remove(folder, NULL);
    return met;
}

static void test_a_lack_of_memory_is_said_and_nothing_acknowledged_is_lost(void **state)
{
    const shortage *with = *state;
    if (with->type->is_on_server && !getenv("CAVIAR_TEST_POSTGRESQL"))
        skip();
    cav_space *space = store_space_new();
    int64_t nth = 1, most = (int64_t)test_rounds(with->type->is_on_server ? 5 : 200);
    // so many one by one, then ever fewer: the same places come again and again
    while (run_with(with, nth, space))
        nth += 1 + (with->for_good ? nth / 20 : nth / most);
    print_message("# %s: up to allocation %d\n", with->name, (int)nth - 1);
    assert_true(nth > 10);
    caviar_space_free(space);
}

int main(void)
{
    shortage shortages[8];
    struct CMUnitTest tests[8];
    size_t count = 2 * cav_store_count;
    if (count > CAV_COUNT_OF(tests))
        return 1;
    fault_malloc_install();
    for (size_t i = 0; i < count; i++) {
        shortages[i] = (shortage){.type = cav_stores[i / 2], .for_good = i % 2};
        snprintf(shortages[i].name, sizeof shortages[i].name, "%s: %s", cav_stores[i / 2]->name,
                 i % 2 ? "memory stays short" : "an allocation fails");
        tests[i] = (struct CMUnitTest){
            .name = shortages[i].name,
            .test_func = test_a_lack_of_memory_is_said_and_nothing_acknowledged_is_lost,
            .initial_state = &shortages[i]};
    }
    return _cmocka_run_group_tests("the n-th allocation", tests, count, NULL, NULL);
}
