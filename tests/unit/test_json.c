/**
 * test_json.c: the writer, read back by jansson; the door to jansson for reading.
 */
#include "support/test.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"

#include <float.h>
#include <math.h>
#include <string.h>

static json_t *parse(const char *text)
{
    json_t *value = NULL;
    cav_error error = {0};
    assert_ok(cav_json_parse(text, strlen(text), &value, &error), &error);
    return value;
}

static void test_commas_and_quotes_come_by_themselves(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "a", "x");
    cav_json_add_number(&json, "b", 64);
    cav_json_key(&json, "c");
    cav_json_begin_array(&json);
    cav_json_begin_array(&json);
    cav_json_end_array(&json);
    cav_json_begin_object(&json);
    cav_json_end_object(&json);
    cav_json_null(&json);
    cav_json_real(&json, 2);
    cav_json_end_array(&json);
    cav_json_add_int(&json, "d", -3);
    cav_json_add_bool(&json, "e", true);
    cav_json_key(&json, "f");
    cav_json_raw(&json, "{\"g\":1}");
    cav_json_add_string(&json, "h", NULL);
    cav_json_end_object(&json);
    assert_string_equal(text.data, "{\"a\":\"x\",\"b\":64,\"c\":[[],{},null,2.0],\"d\":-3,"
                                   "\"e\":true,\"f\":{\"g\":1},\"h\":null}");
    json_decref(parse(text.data));
    cav_text_free(&text);
}

static void test_pretty_has_a_line_for_each_item(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_object(&json);
    cav_json_add_int(&json, "a", 1);
    cav_json_key(&json, "b");
    cav_json_begin_array(&json);
    cav_json_int(&json, 2);
    cav_json_begin_object(&json);
    cav_json_end_object(&json);
    cav_json_end_array(&json);
    cav_json_end_object(&json);
    assert_string_equal(text.data, "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    {}\n  ]\n}");
    json_decref(parse(text.data));
    cav_text_free(&text);
}

static void test_values_alone_are_json_too(void **state)
{
    (void)state;
    static const struct {
        caviar_value value;
        const char *text;
    } cases[] = {
        {{.kind = CAVIAR_KIND_NONE}, "null"},
        {{.kind = CAVIAR_KIND_BOOL, .truth = false}, "false"},
        {{.kind = CAVIAR_KIND_INT, .integer = INT64_MIN}, "-9223372036854775808"},
        {{.kind = CAVIAR_KIND_REAL, .real = 64}, "64.0"},
        {{.kind = CAVIAR_KIND_REAL, .real = 1e300}, "1e+300"},
        {{.kind = CAVIAR_KIND_REAL, .real = NAN}, "null"},
        {{.kind = CAVIAR_KIND_REAL, .real = -INFINITY}, "null"},
        {{.kind = CAVIAR_KIND_TEXT, .text = "relu"}, "\"relu\""},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_text text = {0};
        cav_json json = {.text = &text};
        cav_json_value(&json, &cases[i].value);
        assert_string_equal(text.data, cases[i].text);
        json_decref(parse(text.data));
        cav_text_free(&text);
    }
}

static void test_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *quoted;
    } cases[] = {
        {"", "\"\""},
        {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xbc", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xbc\""},
        {"\xff|\xc3|\xed\xa0\x80|",
         "\"\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|\""},
        {"\xc3", "\"\xef\xbf\xbd\""},
        {"\xf0\x9f\x90", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_text text = {0};
        cav_json_quote(&text, cases[i].plain);
        assert_string_equal(text.data, cases[i].quoted);
        json_decref(parse(text.data));
        cav_text_free(&text);
    }
}

static void test_any_bytes_become_a_string_that_jansson_reads(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1201), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(20000); i > 0; i--) {
        char bytes[24] = {0};
        for (uint64_t k = cav_random_below(&random, 23); k > 0; k--)
            bytes[k - 1] = (char)(1 + cav_random_below(&random, 255));
        cav_text text = {0};
        cav_json_quote(&text, bytes);
        json_t *value = parse(text.data);
        if (cav_text_is_utf8(bytes, strlen(bytes)))
            assert_string_equal(json_string_value(value), bytes);
        json_decref(value);
        cav_text_free(&text);
    }
}

// Writes a random value and builds the same with jansson's own calls.
static json_t *write_random(cav_random *random, cav_json *json, int depth)
{
    uint64_t pick = cav_random_below(random, depth > 3 ? 5 : 7);
    int64_t whole = (int64_t)cav_random_u64(random);
    double real = ldexp(cav_random_unit(random) - 0.5, (int)cav_random_below(random, 200) - 100);
    char key[] = "k0";
    json_t *made;
    switch (pick) {
    case 0:
        cav_json_null(json);
        return json_null();
    case 1:
        cav_json_bool(json, whole & 1);
        return json_boolean(whole & 1);
    case 2:
        cav_json_int(json, whole);
        return json_integer(whole);
    case 3:
        cav_json_real(json, real);
        return json_real(real);
    case 4:
        cav_json_string(json, "\"t\xc3\xa4xt\"\n");
        return json_string("\"t\xc3\xa4xt\"\n");
    case 5:
        made = json_array();
        cav_json_begin_array(json);
        for (uint64_t i = cav_random_below(random, 4); i > 0; i--)
            json_array_append_new(made, write_random(random, json, depth + 1));
        cav_json_end_array(json);
        return made;
    default:
        made = json_object();
        cav_json_begin_object(json);
        for (uint64_t i = cav_random_below(random, 4); i > 0; i--) {
            key[1] = (char)('0' + i);
            cav_json_key(json, key);
            json_object_set_new(made, key, write_random(random, json, depth + 1));
        }
        cav_json_end_object(json);
        return made;
    }
}

static void test_random_trees_read_back_equal(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1202), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(5000); i > 0; i--) {
        cav_text text = {0};
        cav_json json = {.text = &text, .pretty = i % 2};
        json_t *made = write_random(&random, &json, 0), *read = parse(text.data);
        if (!json_equal(made, read))
            fail_msg("%s", text.data);
        assert_int_equal(json.depth, 0);
        json_decref(made);
        json_decref(read);
        cav_text_free(&text);
    }
}

static void test_reals_keep_every_bit_and_stay_reals(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1203), 0, CAV_PURPOSE_TEST, 0);
    cav_text text = {0};
    for (size_t i = test_rounds(50000); i > 0; i--) {
        uint64_t bits = cav_random_u64(&random);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number))
            continue;
        cav_text_clear(&text);
        cav_json json = {.text = &text};
        cav_json_real(&json, number);
        json_t *value = parse(text.data);
        assert_true(json_is_real(value) && json_real_value(value) == number);
        json_decref(value);
    }
    cav_text_free(&text);
}

static void test_what_is_no_json_is_refused_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *piece;
    } cases[] = {
        {"", "not valid JSON: line 1, column 0"},
        {"{\"a\": 1,\n \"b\" 2}", "line 2, column"},
        {"{\"a\": 1, \"a\": 2}", "duplicate"},
        {"[1,]", "line 1"},
        {"{'a': 1}", "line 1"},
        {"nan", "line 1"},
        {"01", "line 1"},
        {"1 2", "line 1"},
        {"\"\xff\"", "unable to decode byte 0xff"},
        {"\"a\\u0000b\"", "\\u0000"},
        {"123456789012345678901234567890", "big integer"},
        {"1e999", "real number overflow"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        json_t *value = NULL;
        cav_error error = {0};
        caviar_code code = cav_json_parse(cases[i].text, strlen(cases[i].text), &value, &error);
        assert_int_equal(code, CAVIAR_INVALID);
        assert_null(value);
        assert_contains(error.message, cases[i].piece);
    }
}

static void test_a_tower_of_brackets_is_refused_not_followed(void **state)
{
    (void)state;
    static char tower[100000];
    memset(tower, '[', sizeof tower);
    json_t *value = NULL;
    cav_error error = {0};
    assert_int_equal(cav_json_parse(tower, sizeof tower, &value, &error), CAVIAR_INVALID);
    assert_contains(error.message, "depth");
}

static void test_types_have_names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"{}", "an object"},  {"[]", "a list"},
                                           {"\"\"", "a string"}, {"1", "a number"},
                                           {"1.5", "a number"},  {"true", "true or false"},
                                           {"null", "null"},     {"false", "true or false"}};
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        json_t *value = parse(cases[i][0]);
        assert_string_equal(cav_json_type_name(value), cases[i][1]);
        json_decref(value);
    }
    assert_string_equal(cav_json_type_name(NULL), "nothing");
}

// jansson's allocations, of which the n-th is refused, or all from there on.
static int calls, nth, refused;
static bool goes_on;

static void *grant(size_t size)
{
    bool refuses = goes_on ? calls >= nth : calls == nth;
    calls++;
    refused += refuses;
    return refuses ? NULL : malloc(size);
}

static void test_want_of_memory_is_no_fault_of_the_text(void **state)
{
    (void)state;
    const char *text = "{\"names\": [\"a\", true, {\"b\": 1.5, \"c\": 20}]}";
    json_malloc_t usual_malloc;
    json_free_t usual_free;
    json_get_alloc_funcs(&usual_malloc, &usual_free);
    json_set_alloc_funcs(grant, free);
    for (int round = 0; round < 2; round++) {
        goes_on = round == 1;
        for (nth = 0, refused = 1; refused > 0; nth++) {
            json_t *value = NULL;
            cav_error error = {0};
            calls = refused = 0;
            caviar_code code = cav_json_parse(text, strlen(text), &value, &error);
            assert_int_equal(code, refused > 0 && goes_on ? CAVIAR_NOMEM : CAVIAR_OK);
            json_decref(value);
        }
        assert_in_range(nth, 10, 100);
    }
    json_set_alloc_funcs(usual_malloc, usual_free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_and_quotes_come_by_themselves),
        cmocka_unit_test(test_pretty_has_a_line_for_each_item),
        cmocka_unit_test(test_values_alone_are_json_too),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_any_bytes_become_a_string_that_jansson_reads),
        cmocka_unit_test(test_random_trees_read_back_equal),
        cmocka_unit_test(test_reals_keep_every_bit_and_stay_reals),
        cmocka_unit_test(test_what_is_no_json_is_refused_with_line_and_column),
        cmocka_unit_test(test_a_tower_of_brackets_is_refused_not_followed),
        cmocka_unit_test(test_types_have_names),
        cmocka_unit_test(test_want_of_memory_is_no_fault_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
