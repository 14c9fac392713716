/**
 * test_options.c: options by name: defaults, kinds, ranges, typos.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/options.h"

typedef struct test_settings {
    double share;
    int64_t count;
    bool verbose;
} test_settings;

static const cav_option options[] = {
    {"share", CAV_OPTION_REAL, offsetof(test_settings, share), 0.25, 0, 1, "a share"},
    {"count", CAV_OPTION_INT, offsetof(test_settings, count), 4, -2, 1e6, "how many"},
    {"verbose", CAV_OPTION_BOOL, offsetof(test_settings, verbose), 1, 0, 1, "say more"},
};

static caviar_code read(const char *key, const char *text, test_settings *ret, cav_error *error)
{
    cav_option_value given = {key, text, "study.yaml:7:12"};
    return cav_options_read(options, 3, "sampler x", &given, key != NULL, ret, error);
}

static void test_defaults(void **state)
{
    (void)state;
    test_settings settings = {0};
    cav_error error = {0};
    assert_ok(read(NULL, NULL, &settings, &error), &error);
    assert_true(settings.share == 0.25 && settings.count == 4 && settings.verbose);
}

static void test_values_of_each_kind(void **state)
{
    (void)state;
    static const struct {
        const char *key, *text;
        test_settings settings;
    } cases[] = {
        {"share", "0.5", {0.5, 4, true}},       {"share", "0", {0, 4, true}},
        {"share", "1", {1, 4, true}},           {"share", "5e-1", {0.5, 4, true}},
        {"count", "-2", {0.25, -2, true}},      {"count", "1000000", {0.25, 1000000, true}},
        {"verbose", "false", {0.25, 4, false}}, {"verbose", "off", {0.25, 4, false}},
        {"verbose", "no", {0.25, 4, false}},    {"verbose", "true", {0.25, 4, true}},
        {"verbose", "on", {0.25, 4, true}},     {"verbose", "yes", {0.25, 4, true}},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        test_settings got = {0};
        cav_error error = {0};
        assert_ok(read(cases[i].key, cases[i].text, &got, &error), &error);
        assert_true(got.share == cases[i].settings.share);
        assert_int_equal(got.count, cases[i].settings.count);
        assert_int_equal(got.verbose, cases[i].settings.verbose);
    }
}

static void test_what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *key, *text, *message;
    } cases[] = {
        {"share", "1.01",
         "study.yaml:7:12: option 'share' of sampler x is '1.01'; use a number from 0 to 1"},
        {"share", "-0.1", "use a number from 0 to 1"},
        {"share", "nan", "use a number from 0 to 1"},
        {"share", "inf", "use a number from 0 to 1"},
        {"share", "", "option 'share' of sampler x is ''"},
        {"share", "half", "option 'share' of sampler x is 'half'"},
        {"count", "1.5", "use a whole number from -2 to 1000000"},
        {"count", "-3", "use a whole number from -2 to 1000000"},
        {"count", "1e3", "use a whole number from -2 to 1000000"},
        {"count", "99999999999999999999", "use a whole number from -2 to 1000000"},
        {"verbose", "1", "option 'verbose' of sampler x is '1'; use true or false"},
        {"verbose", "True", "use true or false"},
        {"cuont", "3", "study.yaml:7:12: sampler x has no option 'cuont'; did you mean 'count'?"},
        {"size", "3", "sampler x has no option 'size'; known: share, count, verbose"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        test_settings settings = {0};
        cav_error error = {0};
        caviar_code code = read(cases[i].key, cases[i].text, &settings, &error);
        assert_int_equal(code, CAVIAR_INVALID);
        assert_int_equal(error.code, CAVIAR_INVALID);
        assert_contains(error.message, cases[i].message);
    }
}

static void test_where_there_are_no_options_none_is_known(void **state)
{
    (void)state;
    cav_option_value given = {"points", "3", NULL};
    cav_error error = {0};
    caviar_code code = cav_options_read(NULL, 0, "sampler random", &given, 1, NULL, &error);
    assert_int_equal(code, CAVIAR_INVALID);
    assert_string_equal(error.message, "sampler random has no option 'points'; it takes none");
    assert_ok(cav_options_read(NULL, 0, "sampler random", NULL, 0, NULL, &error), &error);
}

static void test_the_last_of_several_counts(void **state)
{
    (void)state;
    cav_option_value given[] = {{"count", "7", ""}, {"share", "0.5", ""}, {"count", "8", ""}};
    test_settings settings = {0};
    cav_error error = {0};
    assert_ok(cav_options_read(options, 3, "x", given, 3, &settings, &error), &error);
    assert_true(settings.count == 8 && settings.share == 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values_of_each_kind),
        cmocka_unit_test(test_what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(test_where_there_are_no_options_none_is_known),
        cmocka_unit_test(test_the_last_of_several_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
