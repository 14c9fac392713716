/**
 * test_library.c: libraries that are loaded when they are needed.
 */
#include "support/test.h"

#include "base/library.h"

typedef struct table {
    double (*cos)(double);
    double (*sin)(double);
} table;

static const cav_library_symbol found[] = {
    {"cos", offsetof(table, cos)},
    {"sin", offsetof(table, sin)},
};

static cav_library mathematics(const char *file, const cav_library_symbol *symbols, size_t count)
{
    return (cav_library){.file = file,
                         .name = "libm",
                         .package = "libc6",
                         .version = "2.36",
                         .purpose = "a circle",
                         .symbols = symbols,
                         .symbol_count = count};
}

static void test_functions_stand_in_the_table_under_their_names(void **state)
{
    (void)state;
    cav_error error = {0};
    table functions = {0};
    void *handle = NULL;
    cav_library library = mathematics("libm.so.6", found, 2);
    assert_ok(cav_library_load(&library, &functions, &handle, &error), &error);
    assert_non_null(handle);
    assert_near(functions.cos(1), 0.5403023058681398, 1e-15);
    assert_near(functions.sin(1), 0.8414709848078965, 1e-15);
    cav_library_release(handle);
    cav_library_release(NULL);
}

static void test_one_that_is_missing_is_told_with_its_package(void **state)
{
    (void)state;
    cav_error error = {0};
    table functions = {0};
    void *handle = NULL;
    cav_library library = mathematics("libm.so.4711", found, 2);
    assert_int_equal(cav_library_load(&library, &functions, &handle, &error), CAVIAR_NOT_FOUND);
    assert_null(handle);
    assert_non_null(strstr(error.message, "a circle needs libm, which is not here"));
    assert_non_null(strstr(error.message, "the package libc6"));
}

static void test_one_that_is_too_old_is_told_with_what_it_lacks(void **state)
{
    (void)state;
    static const cav_library_symbol later[] = {
        {"cos", offsetof(table, cos)},
        {"cos_of_tomorrow", offsetof(table, sin)},
    };
    cav_error error = {0};
    table functions = {0};
    void *handle = NULL;
    cav_library library = mathematics("libm.so.6", later, 2);
    assert_int_equal(cav_library_load(&library, &functions, &handle, &error), CAVIAR_VERSION);
    assert_null(handle);
    assert_non_null(strstr(error.message, "libm 2.36 or newer"));
    assert_non_null(strstr(error.message, "has no cos_of_tomorrow"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_stand_in_the_table_under_their_names),
        cmocka_unit_test(test_one_that_is_missing_is_told_with_its_package),
        cmocka_unit_test(test_one_that_is_too_old_is_told_with_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
