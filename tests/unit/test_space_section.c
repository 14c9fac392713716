/**
 * test_space_section.c: the `space` section: order, conditions, short forms, and random spaces
 * there and back.
 */
#include "support/spec_text.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cav_spec *parse_space(const char *section)
{
    char text[4096];
    snprintf(text, sizeof text, "space:\n%s\n", section);
    return spec_parse(text);
}

static void test_bare_values_are_constants_and_categoricals(void **state)
{
    (void)state;
    cav_spec *spec = parse_space("  a: 3\n  b: word\n  c: [x, y]\n  d: {value: true}\n"
                                 "  e: {type: constant, value: '3'}");
    static const caviar_type types[] = {CAVIAR_TYPE_CONSTANT, CAVIAR_TYPE_CONSTANT,
                                        CAVIAR_TYPE_CATEGORICAL, CAVIAR_TYPE_CONSTANT,
                                        CAVIAR_TYPE_CONSTANT};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(spec->space->parameters[i].type, types[i]);
    assert_int_equal(spec->space->parameters[0].choices[0].kind, CAVIAR_KIND_INT);
    assert_int_equal(spec->space->parameters[3].choices[0].kind, CAVIAR_KIND_BOOL);
    assert_int_equal(spec->space->parameters[4].choices[0].kind, CAVIAR_KIND_TEXT);
    cav_spec_free(spec);
}

static void test_a_condition_may_name_a_later_parameter(void **state)
{
    (void)state;
    cav_spec *spec = parse_space("  beta: {type: float, low: 0, high: 1, when: {opt: adam}}\n"
                                 "  deep: {type: int, low: 1, high: 3, when: {beta: {low: 0.5}}}\n"
                                 "  lr: {type: float, low: 0, high: 1}\n"
                                 "  opt: {type: categorical, choices: [sgd, adam]}");
    const cav_space *space = spec->space;
    size_t opt = cav_space_find(space, "opt"), beta = cav_space_find(space, "beta");
    size_t deep = cav_space_find(space, "deep");
    assert_int_equal(space->count, 4);
    assert_true(opt < beta && beta < deep);
    assert_int_equal(space->parameters[beta].when[0].parent, opt);
    cav_spec_free(spec);
}

static void test_without_conditions_the_order_is_that_of_the_file(void **state)
{
    (void)state;
    cav_spec *spec = parse_space("  z: 1\n  b: [x, y]\n  a: {type: int, low: 1, high: 2}\n"
                                 "  c: {type: int, low: 1, high: 2, when: {b: x}}");
    static const char *const names[] = {"z", "b", "a", "c"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(spec->space->parameters[i].name, names[i]);
    cav_spec_free(spec);
}

static void test_conditions_have_every_form(void **state)
{
    (void)state;
    cav_spec *spec = parse_space(
        "  n: {type: int, low: 0, high: 9}\n"
        "  x: {type: float, low: 0, high: 1}\n"
        "  o: {type: ordinal, choices: [s, m, l]}\n"
        "  b: {type: categorical, choices: [true, false]}\n"
        "  p: {type: float, low: 0, high: 1, when: {n: [1, 3], x: {low: 0.25, high: 0.5}, o: [m, "
        "l], b: true}}\n"
        "  q: {type: float, low: 0, high: 1, when: {x: {high: 0.5}}}");
    const cav_parameter *p = &spec->space->parameters[4], *q = &spec->space->parameters[5];
    assert_int_equal(p->when_count, 4);
    assert_int_equal(p->when[0].value_count, 2);
    assert_true(p->when[0].values[1] == 3);
    assert_true(p->when[1].low == 0.25 && p->when[1].high == 0.5);
    assert_true(p->when[2].values[0] == 1 && p->when[2].values[1] == 2);
    assert_true(p->when[3].values[0] == 0);
    assert_true(isinf(q->when[0].low) && q->when[0].high == 0.5);
    cav_spec_free(spec);
}

static void test_circles_of_conditions_are_refused(void **state)
{
    (void)state;
    static const char *const sections[] = {
        "space: {a: {type: int, low: 1, high: 2, when: {a: 1}}}",
        "space: {a: {type: int, low: 1, high: 2, when: {b: 1}}, b: {type: int, low: 1, high: 2, "
        "when: {a: 1}}}",
        "space: {z: 1, a: {type: int, low: 1, high: 2, when: {b: 1}}, b: {type: int, low: 1, high: "
        "2, when: {c: 1}}, c: {type: int, low: 1, high: 2, when: {z: 1, a: 1}}}",
    };
    cav_error error;
    for (size_t i = 0; i < 3; i++)
        assert_contains(spec_complaint(sections[i], &error),
                        "parameter 'a': its conditions lead back to itself");
}

// Each one depends on the next, so that the first is added last.
static char *chain(int count)
{
    cav_text text = {0};
    cav_text_append(&text, "space:\n");
    for (int i = 0; i < count; i++)
        cav_text_appendf(&text, "  a%d: {type: int, low: 0, high: 1, when: {a%d: 1}}\n", i, i + 1);
    cav_text_appendf(&text, "  a%d: {type: int, low: 0, high: 1}\n", count);
    return cav_text_take(&text);
}

static void test_conditions_nest_a_hundred_deep_and_no_deeper(void **state)
{
    (void)state;
    char *deep = chain(100), *deeper = chain(101), *absurd = chain(9000);
    cav_spec *spec = spec_parse(deep);
    assert_string_equal(spec->space->parameters[0].name, "a100");
    cav_spec_free(spec);
    cav_error error;
    assert_contains(spec_complaint(deeper, &error),
                    "parameter 'a101': conditions are nested more than 100 deep");
    assert_contains(spec_complaint(absurd, &error), "more than 100 deep");
    free(deep);
    free(deeper);
    free(absurd);
}

// Appends a number that differs from the others in its last digits, too.
static void add_number(cav_text *text, const char *key, double number)
{
    cav_text_appendf(text, ", %s: ", key);
    cav_text_append_number(text, number);
}

static void add_range(cav_text *text, cav_random *random, bool is_int)
{
    static const char *const scales[] = {"linear", "log", "reverse-log", "logit"};
    uint64_t scale = cav_random_below(random, is_int ? 2 : 4);
    double low = cav_random_unit(random) * 0.4 + 1e-6, high = low + cav_random_unit(random) * 0.5;
    if (is_int) {
        low = 1 + (double)cav_random_below(random, 100);
        high = low + 1 + (double)cav_random_below(random, 100000);
    }
    bool stepped = cav_random_below(random, 3) == 0, limited = cav_random_below(random, 3) == 0;
    cav_text_appendf(text, "{type: %s, scale: %s", is_int ? "int" : "float", scales[scale]);
    add_number(text, "low", low);
    add_number(text, "high", high);
    if (stepped && scale == 1)
        cav_text_appendf(text, ", step: x%d", 2 + (int)cav_random_below(random, 3));
    else if (stepped)
        add_number(text, "step", is_int ? 2 : (high - low) / 7);
    if (limited) {
        cav_text_append(text, ", limits: [");
        cav_text_append_number(text, is_int ? 1 : low / 2);
        cav_text_append(text, ", ");
        cav_text_append_number(text, is_int ? high * 2 : (high + 1) / 2);
        cav_text_append(text, "]");
    }
    if (cav_random_below(random, 3) == 0)
        cav_text_append(text, is_int ? ", special: [-1, 0]" : ", special: [-1, 7.25]");
    if (cav_random_below(random, 2) == 0)
        add_number(text, "default", low);
}

static void add_choices(cav_text *text, cav_random *random)
{
    static const char *const choices[] = {"relu",   "tanh", "'16'",  "16",          "0.5",
                                          "1e-300", "true", "false", "\"a\\nb\"",   "'it''s'",
                                          "'{x}'",  "yes",  "''",    "\xe2\x98\x83"};
    uint64_t count = 2 + cav_random_below(random, 5), first = cav_random_below(random, 9);
    cav_text_appendf(text, "{type: %s, choices: [",
                     cav_random_below(random, 2) ? "categorical" : "ordinal");
    for (uint64_t i = 0; i < count; i++)
        cav_text_appendf(text, "%s%s", i ? ", " : "", choices[first + i]);
    cav_text_append(text, "]");
    if (cav_random_below(random, 2) == 0)
        cav_text_appendf(text, ", default: %s", choices[first + 1]);
}

// Conditions on p0, which is there always and can be anything.
static void add_condition(cav_text *text, cav_random *random, bool first_is_number)
{
    if (first_is_number)
        cav_text_append(text, cav_random_below(random, 2) ? ", when: {p0: {low: 0.2}}"
                                                          : ", when: {p0: {low: 0.1, high: 50}}");
    else
        cav_text_append(text,
                        cav_random_below(random, 2) ? ", when: {p0: b}" : ", when: {p0: [a, c]}");
}

static char *random_study(uint64_t seed, uint64_t round)
{
    static const char *const tiers[] = {"most", "medium", "least"};
    cav_random random = cav_random_stream(seed, round, CAV_PURPOSE_TEST, 0);
    cav_text text = {0};
    bool first_is_number = cav_random_below(&random, 2);
    cav_text_appendf(&text, "space:\n  p0: %s\n",
                     first_is_number
                         ? "{type: float, low: 0, high: 100, prior: {value: 7, confidence: high}}"
                         : "{type: categorical, choices: [a, b, c], prior: b}");
    uint64_t count = 1 + cav_random_below(&random, 12);
    for (uint64_t i = 1; i <= count; i++) {
        uint64_t kind = cav_random_below(&random, 4);
        cav_text_appendf(&text, "  p%d: ", (int)i);
        if (kind == 3) {
            cav_text_append(&text, "{type: constant, value: 0.30000000000000004");
        } else if (kind == 2) {
            add_choices(&text, &random);
        } else {
            add_range(&text, &random, kind == 1);
        }
        if (cav_random_below(&random, 3) == 0)
            cav_text_appendf(&text, ", tier: %s", tiers[cav_random_below(&random, 3)]);
        if (cav_random_below(&random, 3) == 0)
            cav_text_appendf(&text, ", live: %s", cav_random_below(&random, 2) ? "true" : "false");
        if (cav_random_below(&random, 3) == 0)
            add_condition(&text, &random, first_is_number);
        cav_text_append(&text, "}\n");
    }
    return cav_text_take(&text);
}

static bool same_choices(const cav_parameter *a, const cav_parameter *b)
{
    if (a->choice_count != b->choice_count)
        return false;
    for (size_t i = 0; i < a->choice_count; i++)
        if (a->choices[i].kind != b->choices[i].kind ||
            !cav_value_equal(&a->choices[i], &b->choices[i]))
            return false;
    return true;
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void expect_same_space(const cav_space *a, const cav_space *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const cav_parameter *p = &a->parameters[i], *q = &b->parameters[i];
        assert_string_equal(p->name, q->name);
        assert_true(p->type == q->type && p->scale == q->scale && p->tier == q->tier);
        assert_true(p->live == q->live);
        assert_true(p->confidence == q->confidence && same_number(p->prior, q->prior));
        assert_true(same_number(p->low, q->low) && same_number(p->high, q->high));
        assert_true(p->limit_low == q->limit_low && p->limit_high == q->limit_high);
        assert_true(p->step == q->step && p->step_factor == q->step_factor);
        assert_true(same_number(p->initial, q->initial));
        assert_int_equal(p->special_count, q->special_count);
        assert_int_equal(p->level_count, q->level_count);
        assert_true(same_choices(p, q));
        assert_int_equal(p->when_count, q->when_count);
        for (size_t w = 0; w < p->when_count; w++)
            assert_true(p->when[w].parent == q->when[w].parent &&
                        p->when[w].low == q->when[w].low && p->when[w].high == q->when[w].high);
    }
}

static void test_random_spaces_are_written_and_read_as_the_same(void **state)
{
    (void)state;
    uint64_t seed = 1618;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (uint64_t round = 0; round < 300; round++) {
        char *text = random_study(seed, round), *written = spec_round_trip(text);
        cav_spec *before = spec_parse(text), *after = spec_parse(written);
        expect_same_space(before->space, after->space);
        cav_spec_free(before);
        cav_spec_free(after);
        free(text);
        free(written);
    }
}

static void test_a_thousand_parameters(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_text_append(&text, "space:\n");
    for (int i = 0; i < 1000; i++)
        cav_text_appendf(&text, "  p%d: {type: float, low: 0, high: %d}\n", i, i + 1);
    cav_spec *spec = spec_parse(text.data);
    assert_int_equal(spec->space->count, 1000);
    cav_spec_free(spec);
    cav_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bare_values_are_constants_and_categoricals),
        cmocka_unit_test(test_a_condition_may_name_a_later_parameter),
        cmocka_unit_test(test_without_conditions_the_order_is_that_of_the_file),
        cmocka_unit_test(test_conditions_have_every_form),
        cmocka_unit_test(test_circles_of_conditions_are_refused),
        cmocka_unit_test(test_conditions_nest_a_hundred_deep_and_no_deeper),
        cmocka_unit_test(test_random_spaces_are_written_and_read_as_the_same),
        cmocka_unit_test(test_a_thousand_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
