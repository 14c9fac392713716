/**
 * test_number.c: numbers and durations as text: exact, short, strict, whatever the locale.
 */
#include "support/test.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static double from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static bool parse(const char *text, double *ret_number)
{
    return cav_number_parse(text, strlen(text), ret_number);
}

// Same bits, but that there is one NaN and no -0.
static void check_round_trip(double number)
{
    char text[CAV_NUMBER_SIZE];
    double back;
    size_t size = cav_number_print(number, text);
    if (size != strlen(text) || size >= CAV_NUMBER_SIZE || !parse(text, &back))
        fail_msg("%a prints as '%s'", number, text);
    if (isnan(number) ? !isnan(back) : back != number)
        fail_msg("%a prints as '%s' and reads back as %a", number, text, back);
}

static void test_a_million_random_bit_patterns_come_back(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1101), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(1000000); i > 0; i--)
        check_round_trip(from_bits(cav_random_u64(&random)));
}

static void test_the_awkward_numbers_come_back(void **state)
{
    (void)state;
    static const double numbers[] = {
        0,   -0.0,     DBL_MIN,   -DBL_MIN, DBL_MAX, -DBL_MAX,      5e-324,
        NAN, INFINITY, -INFINITY, 0.1,      1.0 / 3, CAV_INT_LIMIT, 2.2250738585072011e-308};
    for (size_t i = 0; i < CAV_COUNT_OF(numbers); i++)
        check_round_trip(numbers[i]);
    for (int exponent = -1074; exponent < 1024; exponent++) {
        check_round_trip(ldexp(1, exponent));
        check_round_trip(nextafter(ldexp(1, exponent), 0));
    }
    for (int exponent = -323; exponent < 309; exponent++) {
        char text[CAV_NUMBER_SIZE], literal[16];
        snprintf(literal, sizeof literal, "1e%d", exponent);
        check_round_trip(strtod(literal, NULL));
        cav_number_print(strtod(literal, NULL), text);
        assert_true(strtod(text, NULL) == strtod(literal, NULL));
    }
}

static int count_digits(const char *text)
{
    int count = 0, zeros = 0; // zeros that may turn out to be at the end
    for (; *text && *text != 'e'; text++) {
        if (*text == '0' && count > 0)
            zeros++;
        else if (*text >= '1' && *text <= '9') {
            count += 1 + zeros;
            zeros = 0;
        }
    }
    return count;
}

// By the definition: neither of the decimals with one digit less that lie around it reads back.
static bool could_be_shorter(double number, int digits)
{
    if (digits <= 1)
        return false;
    char text[64], *exponent;
    snprintf(text, sizeof text, "%.*e", digits - 2, number); // the nearest
    if (strtod(text, NULL) == number)
        return true;
    exponent = strchr(text, 'e');
    for (int step = -1; step <= 1; step += 2) { // one up and one down in the last place
        char other[64];
        long long mantissa = 0;
        for (const char *c = text; c < exponent; c++)
            if (*c >= '0' && *c <= '9')
                mantissa = mantissa * 10 + (*c - '0');
        int shift = atoi(exponent + 1) - (digits - 2);
        snprintf(other, sizeof other, "%s%llde%d", number < 0 ? "-" : "", mantissa + step, shift);
        if (strtod(other, NULL) == number)
            return true;
    }
    return false;
}

static void check_shortest(double number)
{
    char text[CAV_NUMBER_SIZE];
    cav_number_print(number, text);
    int exponent;
    // a power of two lies nearer to its lower neighbour; a few of them get a digit too many
    if (!isfinite(number) || number == 0 || fabs(frexp(number, &exponent)) == 0.5)
        return;
    if (could_be_shorter(number, count_digits(text)))
        fail_msg("%s could be shorter", text);
}

static void test_what_is_printed_is_as_short_as_can_be(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1102), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(100000); i > 0; i--) {
        check_shortest(from_bits(cav_random_u64(&random)));
        check_shortest(from_bits(cav_random_u64(&random) >> 12)); // subnormal
        check_shortest((double)cav_random_below(&random, 100000) / 1000);
    }
}

static void test_printed_forms(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {1e-5, "1e-05"},
        {64, "64"},
        {NAN, "nan"},
        {-NAN, "nan"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {0, "0"},
        {-0.0, "0"},
        {-2.5, "-2.5"},
        {1e22, "1e+22"},
        {123456789012345, "123456789012345"},
        {0.30000000000000004, "0.30000000000000004"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {1e-310, "1e-310"},
        {-1.7976931348623157e+308, "-1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        char text[CAV_NUMBER_SIZE];
        cav_number_print(cases[i].number, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_short_forms_for_people(void **state)
{
    (void)state;
    static const struct {
        double number;
        int digits;
        const char *text;
    } cases[] = {
        {0.021345, 3, "0.0213"},
        {1.3e-5, 3, "1.3e-05"},
        {64, 3, "64"},
        {20000, 2, "20000"},
        {1234567, 3, "1234567"},
        {1e15, 4, "1e+15"},
        {-0.0, 3, "0"},
        {-3, 3, "-3"},
        {NAN, 3, "nan"},
        {-INFINITY, 3, "-inf"},
        {0.99996, 3, "1"},
        {1.0 / 3, 4, "0.3333"},
        {DBL_MAX, 17, "1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        char text[CAV_NUMBER_SIZE];
        size_t size = cav_number_print_short(cases[i].number, cases[i].digits, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(size, strlen(text));
    }
}

static void test_what_is_read_as_a_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"+1", 1},
        {"007", 7},
        {".5", 0.5},
        {"5.", 5},
        {"1e3", 1000},
        {"1E-3", 0.001},
        {"1.e+2", 100},
        {"inf", INFINITY},
        {"-Infinity", -INFINITY},
        {"+INF", INFINITY},
        {"1e400", INFINITY},
        {"1e-400", 0},
        {"0.1", 0.1},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        double number;
        assert_true(parse(cases[i].text, &number));
        assert_true(number == cases[i].number);
    }
    static const char *const nans[] = {"nan", "NaN", "-nan", "+NAN"};
    for (size_t i = 0; i < CAV_COUNT_OF(nans); i++) {
        double number = 0;
        assert_true(parse(nans[i], &number) && isnan(number));
    }
}

static void test_what_is_no_number(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",     " ",   " 1",     "1 ",    "\t1",       "1\n",   "1e",    "1e+",
        "--1",  "+-1", "1-",     "0x1",   "0x1p3",     "1p3",   "1,5",   "1_000",
        "e5",   ".",   "-",      "+",     "..5",       "1.2.3", "1e5.5", "one",
        "nanx", "na",  "nan(1)", "infin", "infinityy", "1f",    "1d0",   "1e5e5"};
    for (size_t i = 0; i < CAV_COUNT_OF(texts); i++) {
        double number = -7;
        if (parse(texts[i], &number))
            fail_msg("'%s' is read as %g", texts[i], number);
        assert_true(number == -7); // left alone
    }
    double number;
    assert_false(cav_number_parse("1\0002", 3, &number));
    assert_true(cav_number_parse("12", 1, &number) && number == 1); // no further than its size
}

static void test_long_texts_are_exact_or_refused(void **state)
{
    (void)state;
    char text[500] = "0.";
    memset(text + 2, '3', 380);
    double number = -7;
    assert_true(cav_number_parse(text, 382, &number) && number == 1.0 / 3);
    memset(text + 2, '3', 400);
    assert_false(cav_number_parse(text, 402, &number));
}

static void test_whole_numbers(void **state)
{
    (void)state;
    int64_t number = -7;
    assert_true(cav_number_parse_int("-9223372036854775808", &number) && number == INT64_MIN);
    assert_true(cav_number_parse_int("9223372036854775807", &number) && number == INT64_MAX);
    assert_true(cav_number_parse_int("+12", &number) && number == 12);
    assert_true(cav_number_parse_int("-0", &number) && number == 0);
    assert_true(cav_number_parse_int("010", &number) && number == 10); // not octal
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      "--1",
                                      "1-2",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x10",
                                      "1e3",
                                      "9223372036854775808",
                                      "-9223372036854775809"};
    for (size_t i = 0; i < CAV_COUNT_OF(bad); i++) {
        number = -7;
        if (cav_number_parse_int(bad[i], &number) || number != -7)
            fail_msg("'%s'", bad[i]);
    }
    uint64_t natural = 7;
    assert_true(cav_number_parse_uint("18446744073709551615", &natural) && natural == UINT64_MAX);
    static const char *const negative[] = {"", "-1", "+1", "-0", " 1", "18446744073709551616"};
    for (size_t i = 0; i < CAV_COUNT_OF(negative); i++) {
        natural = 7;
        if (cav_number_parse_uint(negative[i], &natural) || natural != 7)
            fail_msg("'%s'", negative[i]);
    }
}

static void test_durations_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"90s", 90000},     {"30m", 1800000},
        {"1h30m", 5400000}, {"2d", 172800000},
        {"500ms", 500},     {"90", 90000},
        {"0", 0},           {"0.5", 500},
        {"1.5h", 5400000},  {"30min", 1800000},
        {"1m30s", 90000},   {"0.0004s", 0},
        {"0.0006s", 1},     {"1d1h1m1s1ms", 90061001},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        int64_t ms = -7;
        if (!cav_duration_parse(cases[i].text, &ms) || ms != cases[i].ms)
            fail_msg("'%s' is %lld", cases[i].text, (long long)ms);
    }
}

static void test_what_is_no_duration(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    " ",    "s",   "h1",  "-5s",  "+5s", "5x",
        "5 s", "5s ",  " 5s", "5S",  "1e3s", "..",  "1.2.3s",
        "5m5", "1h30", "inf", "nan", "1e9",  "5sm", "999999999999999999d",
        "5,5s"};
    for (size_t i = 0; i < CAV_COUNT_OF(texts); i++) {
        int64_t ms = -7;
        if (cav_duration_parse(texts[i], &ms) || ms != -7)
            fail_msg("'%s' is %lld", texts[i], (long long)ms);
    }
}

static void test_durations_are_printed(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0.0s"},
        {449, "0.4s"},
        {9949, "9.9s"},
        {9950, "10s"},
        {59499, "59s"},
        {59500, "1m00s"},
        {200000, "3m20s"},
        {3599499, "59m59s"},
        {3599500, "1h00m"},
        {7500000, "2h05m"},
        {359999000, "99h59m"},
        {360000000, "4d04h"},
        {86400000000, "1000d00h"},
        {-5, "0.0s"},
        {INT64_MIN, "0.0s"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        char text[CAV_NUMBER_SIZE];
        size_t size = cav_duration_print(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
        assert_true(size == strlen(text) && size <= 8);
    }
    char text[CAV_NUMBER_SIZE];
    assert_true(cav_duration_print(INT64_MAX, text) < CAV_NUMBER_SIZE); // in days, as they come
    assert_string_equal(text, "106751991167d");
}

// Makes a locale in a folder of its own and switches to it; false where that cannot be done.
static bool use_locale(const char *folder, const char *name, const char *charset)
{
    char command[512], path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(command, sizeof command, "localedef -i %.20s -f %s %s >/dev/null 2>&1", name, charset,
             path);
    if (system(command) == -1 || access(path, F_OK) != 0)
        return false;
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, name) != NULL;
}

static void leave_locale(const char *folder)
{
    char command[512];
    setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void test_a_comma_in_the_locale_changes_nothing(void **state)
{
    (void)state;
    char folder[] = "/tmp/caviar-locale-XXXXXX";
    assert_non_null(mkdtemp(folder));
    if (!use_locale(folder, "de_DE", "UTF-8") || localeconv()->decimal_point[0] != ',') {
        leave_locale(folder);
        print_message(
            "# no locale de_DE: localedef or its sources (package locales) are missing\n");
        skip();
    }
    char own[32];
    snprintf(own, sizeof own, "%g", 0.5);
    assert_string_equal(own, "0,5"); // the locale is really there
    char text[CAV_NUMBER_SIZE];
    double number;
    cav_number_print(0.1, text);
    assert_string_equal(text, "0.1");
    cav_number_print_short(0.123456, 3, text);
    assert_string_equal(text, "0.123");
    assert_true(parse("0.25", &number) && number == 0.25);
    assert_false(parse("0,25", &number));
    int64_t ms;
    assert_true(cav_duration_parse("1.5s", &ms) && ms == 1500);
    cav_text json_text = {0};
    cav_json json = {.text = &json_text};
    cav_json_real(&json, 0.75);
    assert_string_equal(json_text.data, "0.75");
    json_t *value;
    cav_error error = {0};
    assert_ok(cav_json_parse("0.75", 4, &value, &error), &error);
    assert_true(json_real_value(value) == 0.75);
    json_decref(value);
    cav_text_free(&json_text);
    snprintf(own, sizeof own, "%g", 0.5);
    assert_string_equal(own, "0,5"); // and was given back
    leave_locale(folder);
}

static void test_a_turkish_i_changes_nothing(void **state)
{
    (void)state;
    char folder[] = "/tmp/caviar-locale-XXXXXX";
    assert_non_null(mkdtemp(folder));
    if (!use_locale(folder, "tr_TR", "ISO-8859-9")) {
        leave_locale(folder);
        print_message(
            "# no locale tr_TR: localedef or its sources (package locales) are missing\n");
        skip();
    }
    double number = 0;
    bool read = parse("INF", &number) && parse("-Infinity", &number);
    leave_locale(folder);
    assert_true(read && number == -INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_million_random_bit_patterns_come_back),
        cmocka_unit_test(test_the_awkward_numbers_come_back),
        cmocka_unit_test(test_what_is_printed_is_as_short_as_can_be),
        cmocka_unit_test(test_printed_forms),
        cmocka_unit_test(test_short_forms_for_people),
        cmocka_unit_test(test_what_is_read_as_a_number),
        cmocka_unit_test(test_what_is_no_number),
        cmocka_unit_test(test_long_texts_are_exact_or_refused),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_durations_are_read),
        cmocka_unit_test(test_what_is_no_duration),
        cmocka_unit_test(test_durations_are_printed),
        cmocka_unit_test(test_a_comma_in_the_locale_changes_nothing),
        cmocka_unit_test(test_a_turkish_i_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
