/**
 * test_node.c: YAML and JSON to nodes: scalars as YAML 1.2 has them, and documents that are meant
 * to do harm.
 */
#include "support/test.h"

#include "base/memory.h"
#include "config/node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct parsed {
    cav_document document;
    cav_error error;
    caviar_code code;
} parsed;

static parsed parse_size(const char *text, size_t size)
{
    parsed at = {.document = {.name = "s.yaml", .arena = cav_arena_new()}};
    at.code = cav_document_parse(&at.document, text, size, &at.error);
    return at;
}

static parsed parse(const char *text)
{
    return parse_size(text, strlen(text));
}

static void release(parsed *at)
{
    cav_arena_free(at->document.arena);
}

static void expect_refused(const char *text, size_t size, const char *message)
{
    parsed at = parse_size(text, size);
    assert_int_equal(at.code, CAVIAR_INVALID);
    assert_contains(at.error.message, message);
    assert_null(at.document.root);
    release(&at);
}

static caviar_value value_of(parsed *at, const char *text)
{
    *at = parse(text);
    assert_ok(at->code, &at->error);
    caviar_value value = {0};
    assert_ok(cav_node_value(&at->document, at->document.root, &value, &at->error), &at->error);
    return value;
}

static void test_only_true_and_false_are_bools(void **state)
{
    (void)state;
    static const char *const texts[] = {"yes", "no",  "on",   "off",      "True",   "FALSE",
                                        "y",   "n",   "Yes",  "relu",     "'true'", "\"false\"",
                                        "t",   "nan", "-inf", "Infinity", ".inf",   ".nan"};
    for (size_t i = 0; i < CAV_COUNT_OF(texts); i++) {
        parsed at;
        if (value_of(&at, texts[i]).kind != CAVIAR_KIND_TEXT)
            fail_msg("%s is no text", texts[i]);
        release(&at);
    }
    parsed at;
    assert_true(value_of(&at, "true").kind == CAVIAR_KIND_BOOL);
    release(&at);
    caviar_value no = value_of(&at, "false");
    assert_true(no.kind == CAVIAR_KIND_BOOL && !no.truth);
    release(&at);
}

static void test_numbers_are_read_as_such_unless_they_are_quoted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        caviar_kind kind;
        double number;
    } cases[] = {
        {"16", CAVIAR_KIND_INT, 16},
        {"-3", CAVIAR_KIND_INT, -3},
        {"+7", CAVIAR_KIND_INT, 7},
        {"0123", CAVIAR_KIND_INT, 123},
        {"1e-4", CAVIAR_KIND_REAL, 1e-4},
        {"1E5", CAVIAR_KIND_REAL, 1e5},
        {".5", CAVIAR_KIND_REAL, 0.5},
        {"1.", CAVIAR_KIND_REAL, 1},
        {"16.0", CAVIAR_KIND_REAL, 16},
        {"-0.0", CAVIAR_KIND_REAL, 0},
        {"9223372036854775807", CAVIAR_KIND_INT, 9223372036854775807.0},
        {"9223372036854775808", CAVIAR_KIND_REAL, 9223372036854775808.0},
        {"0x10", CAVIAR_KIND_TEXT, 0},
        {"1_000", CAVIAR_KIND_TEXT, 0},
        {"1e", CAVIAR_KIND_TEXT, 0},
        {"12 34", CAVIAR_KIND_TEXT, 0},
        {"\"16\"", CAVIAR_KIND_TEXT, 0},
        {"'1e-4'", CAVIAR_KIND_TEXT, 0},
        {"1:30", CAVIAR_KIND_TEXT, 0},
        {"2024-01-01", CAVIAR_KIND_TEXT, 0},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        parsed at;
        caviar_value value = value_of(&at, cases[i].text);
        if (value.kind != cases[i].kind)
            fail_msg("%s is of kind %d", cases[i].text, value.kind);
        if (value.kind == CAVIAR_KIND_INT)
            assert_true((double)value.integer == cases[i].number);
        if (value.kind == CAVIAR_KIND_REAL)
            assert_true(value.real == cases[i].number);
        release(&at);
    }
}

static void test_nothing_is_no_value(void **state)
{
    (void)state;
    static const char *const texts[] = {"~", "null", "Null", "NULL", "[a, ]", "a:"};
    for (size_t i = 0; i < 4; i++) {
        parsed at = parse(texts[i]);
        assert_ok(at.code, &at.error);
        caviar_value value;
        assert_int_equal(cav_node_value(&at.document, at.document.root, &value, &at.error),
                         CAVIAR_INVALID);
        assert_string_equal(at.error.message,
                            "s.yaml:1:1: a single value is expected, not nothing");
        release(&at);
    }
    parsed at = parse("a:\nb: 'null'");
    const char *text;
    assert_int_equal(
        cav_node_text(&at.document, cav_node_get(at.document.root, "a"), "a", &text, &at.error),
        CAVIAR_INVALID);
    assert_contains(at.error.message, "a: a single value is expected, not nothing");
    assert_ok(
        cav_node_text(&at.document, cav_node_get(at.document.root, "b"), "b", &text, &at.error),
        &at.error);
    assert_string_equal(text, "null");
    release(&at);
}

static void test_nodes_know_where_they_stand(void **state)
{
    (void)state;
    parsed at = parse("# a comment\nspace:\n  lr: {low: 1,\n       high: 2}\n");
    assert_ok(at.code, &at.error);
    const cav_node *lr = cav_node_get(cav_node_get(at.document.root, "space"), "lr");
    assert_int_equal(lr->line, 3);
    assert_int_equal(lr->column, 7);
    assert_string_equal(cav_node_where(&at.document, cav_node_get(lr, "high")), "s.yaml:4:14");
    assert_null(cav_node_get(lr, "step"));
    assert_null(cav_node_get(cav_node_get(lr, "low"), "low"));
    release(&at);
}

static void test_bad_syntax_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a: 1\na: 2", "s.yaml:2:1: the key 'a' stands here twice (first in line 1)"},
        {"{a: 1, b: 2, a: 3}", "s.yaml:1:14: the key 'a' stands here twice"},
        {"a:\n\tb: 1", "s.yaml:2:1: found character that cannot start any token"},
        {"a:\n\tb: 1", "it is a tab, where YAML takes only blanks"},
        {"a: @b", "a text that begins with it goes between quotes"},
        {"a: *b", "found undefined alias; a text that begins with * goes between quotes"},
        {"a: b: c", "goes between quotes, and the keys of one map begin in the same column"},
        {"a: 1\n b: 2", "the keys of one map begin in the same column"},
        {"a: [1, 2", "s.yaml:2:1: did not find expected ',' or ']'"},
        {"a: \"b", "found unexpected end of stream while scanning a quoted scalar"},
        {"? [a]\n: 1", "s.yaml:1:3: a key must be a plain word"},
        {"{a: 1}: 2", "a key must be a plain word"},
        {"a: 1\n---\nb: 2\n", "s.yaml:2:1: a second document begins here"},
        {"a: 1\n...\n--- {b: 2}", "a second document begins here"},
        {"a: 1\n---\nb: [", "did not find expected node content"},
        {"", "s.yaml: the document is empty"},
        {"# nothing\n", "s.yaml: the document is empty"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++)
        expect_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
}

static void test_what_is_no_text_is_refused_with_its_place(void **state)
{
    (void)state;
    expect_refused("a: 1\nb: \xff", 9, "s.yaml:2:4: invalid leading UTF-8 octet");
    expect_refused("a: \xc3(", 5, "a study file is UTF-8 text");
    expect_refused("a: \xed\xa0\x80", 6, "UTF-8");
    expect_refused("a: b\0c", 6, "control characters are not allowed");
    expect_refused("a: \"b\\0c\"", 9, "a text cannot contain NUL");
    expect_refused("\x01", 1, "s.yaml:1:1: control characters are not allowed");
}

static void test_anchors_and_merging_by_hand_work(void **state)
{
    (void)state;
    parsed at = parse("a: &x {low: 1, high: 2}\nb: *x\nc: [*x, *x]\n");
    assert_ok(at.code, &at.error);
    const cav_node *b = cav_node_get(at.document.root, "b");
    assert_string_equal(cav_node_get(b, "high")->text, "2");
    const cav_node *c = cav_node_get(at.document.root, "c");
    assert_int_equal(c->count, 2);
    assert_string_equal(cav_node_get(&c->items[1], "low")->text, "1");
    release(&at);
}

static void test_laughter_is_bounded(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_text_append(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 20; i++)
        cav_text_appendf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                         i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    expect_refused(text.data, text.size, "too large or too deep");
    cav_text_clear(&text);
    cav_text_append(&text, "a: &a \"");
    for (int i = 0; i < 100000; i++)
        cav_text_append(&text, "ha");
    cav_text_append(&text, "\"\nb: [");
    for (int i = 0; i < 10000; i++)
        cav_text_append(&text, "*a,");
    cav_text_append(&text, "]\n");
    expect_refused(text.data, text.size, "too large or too deep");
    cav_text_free(&text);
    expect_refused("&a [*a]", 7, "too large or too deep");
    expect_refused("&a {b: *a}", 10, "too large or too deep");
}

static void test_depth_and_width_are_bounded(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        cav_text text = {0};
        for (int i = 0; i < 3000; i++)
            cav_text_append(&text, way == 0 ? "[" : way == 1 ? "{a: " : "- ");
        cav_text_append(&text, "1");
        for (int i = 0; i < 3000 && way < 2; i++)
            cav_text_append(&text, way == 0 ? "]" : "}");
        parsed at = parse_size(text.data, text.size);
        assert_int_equal(at.code, CAVIAR_INVALID);
        release(&at);
        cav_text_free(&text);
    }
    cav_text text = {0};
    for (int i = 0; i <= 10000; i++)
        cav_text_appendf(&text, "a%d: 1\n", i);
    expect_refused(text.data, text.size, "a map of more than 10000 keys");
    cav_text_free(&text);
}

static void test_json_is_taken_with_tabs_and_escapes(void **state)
{
    (void)state;
    static const char text[] = "\t{\t\"a\"\t:\t[\t1,\t2.5e3\t,true,\tnull],\r\n"
                               "\t\"b\":\"\\u00e9\\n\\t\\/\\\"\\ud83d\\udc3c\",\"c\":{}}\n";
    parsed at = parse(text);
    assert_ok(at.code, &at.error);
    const cav_node *a = cav_node_get(at.document.root, "a");
    assert_int_equal(a->count, 4);
    assert_string_equal(a->items[1].text, "2500.0");
    assert_string_equal(cav_node_kind_name(&a->items[3]), "nothing");
    const cav_node *b = cav_node_get(at.document.root, "b");
    assert_true(b->is_quoted);
    assert_string_equal(b->text, "\xc3\xa9\n\t/\"\xf0\x9f\x90\xbc");
    assert_int_equal(cav_node_get(at.document.root, "c")->kind, CAV_NODE_MAP);
    release(&at);
}

static void test_json_that_is_wrong_is_told_in_terms_of_yaml(void **state)
{
    (void)state;
    expect_refused("{\"a\": 1,\n\"b\" 2}", 16, "s.yaml:2:");
    expect_refused("{\"a\": 1, \"a\": 2}", 16, "stands here twice");
}

static void test_numbers_and_texts_of_json_stay_apart(void **state)
{
    (void)state;
    json_t *json = json_pack("{s:f, s:s, s:I, s:b, s:n}", "real", 16.0, "text", "16", "int",
                             (json_int_t)16, "bool", 1, "null");
    assert_non_null(json);
    cav_document document = {.name = "", .arena = cav_arena_new()};
    cav_error error = {0};
    assert_ok(cav_document_from_json(&document, json, &error), &error);
    static const caviar_kind kinds[] = {CAVIAR_KIND_REAL, CAVIAR_KIND_TEXT, CAVIAR_KIND_INT,
                                        CAVIAR_KIND_BOOL};
    static const char *const keys[] = {"real", "text", "int", "bool"};
    for (size_t i = 0; i < 4; i++) {
        caviar_value value;
        const cav_node *node = cav_node_get(document.root, keys[i]);
        assert_ok(cav_node_value(&document, node, &value, &error), &error);
        assert_int_equal(value.kind, kinds[i]);
        assert_string_equal(cav_node_where(&document, node), "");
    }
    caviar_value value;
    assert_int_equal(cav_node_value(&document, cav_node_get(document.root, "null"), &value, &error),
                     CAVIAR_INVALID);
    assert_string_equal(error.message, "a single value is expected, not nothing");
    cav_arena_free(document.arena);
    json_decref(json);
}

static void test_whole_numbers_have_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"0", "n: a whole number from 1 to 10 is expected, not 0"},
        {"11", "not 11"},
        {"1.5", "not 1.5"},
        {"1e300", "not 1e300"},
        {"nan", "not nan"},
        {"ten", "n: a number is expected, not 'ten'"},
        {"'3'", "n: a number is expected, not '3' between quotes"},
        {"[3]", "n: a number is expected, not a list"},
        {"{a: 3}", "n: a number is expected, not a map"},
        {"~", "n: a number is expected, not nothing"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        parsed at = parse(cases[i].text);
        int64_t number = -7;
        assert_int_equal(
            cav_node_int(&at.document, at.document.root, "n", 1, 10, &number, &at.error),
            CAVIAR_INVALID);
        assert_contains(at.error.message, cases[i].message);
        assert_int_equal(number, -7);
        release(&at);
    }
    parsed at = parse("1e1");
    int64_t number = 0;
    assert_ok(cav_node_int(&at.document, at.document.root, "n", 1, 10, &number, &at.error),
              &at.error);
    assert_int_equal(number, 10);
    release(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_true_and_false_are_bools),
        cmocka_unit_test(test_numbers_are_read_as_such_unless_they_are_quoted),
        cmocka_unit_test(test_nothing_is_no_value),
        cmocka_unit_test(test_nodes_know_where_they_stand),
        cmocka_unit_test(test_bad_syntax_is_told_with_its_place),
        cmocka_unit_test(test_what_is_no_text_is_refused_with_its_place),
        cmocka_unit_test(test_anchors_and_merging_by_hand_work),
        cmocka_unit_test(test_laughter_is_bounded),
        cmocka_unit_test(test_depth_and_width_are_bounded),
        cmocka_unit_test(test_json_is_taken_with_tabs_and_escapes),
        cmocka_unit_test(test_json_that_is_wrong_is_told_in_terms_of_yaml),
        cmocka_unit_test(test_numbers_and_texts_of_json_stay_apart),
        cmocka_unit_test(test_whole_numbers_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
