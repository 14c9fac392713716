/**
 * test_codec.c: configurations as JSON: both readers against each other and against the writer, on
 * random spaces and on texts that somebody tampered with.
 */
#include "support/test.h"

#include "support/literal.h"
#include "support/random_space.h"

#include "space/codec.h"

#include <math.h>

enum { SPACES = 2000, CONFIGURATIONS = 10, MUTATIONS = 40, MOST = 8 };

static bool same(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

static void write(const cav_space *space, const double *raw, cav_text *text)
{
    cav_text_clear(text);
    cav_json json = {.text = text};
    cav_space_write(space, raw, &json);
}

// The general way: a tree, then the values in it.
static caviar_code read_general(const cav_space *space, const char *text, double *ret_raw,
                                cav_error *error)
{
    json_t *object;
    caviar_code code = cav_json_parse(text, strlen(text), &object, error);
    if (code)
        return code;
    code = cav_space_read(space, object, ret_raw, error);
    json_decref(object);
    return code;
}

static void test_both_readers_give_back_what_was_written(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(401), 0, CAV_PURPOSE_TEST, 0);
    cav_text text = {0};
    size_t fast = 0, all = 0;
    for (size_t i = test_rounds(SPACES); i > 0; i--) {
        cav_space *space = random_space_new(&random, MOST, (random_limits){0});
        for (int k = 0; k < CONFIGURATIONS; k++) {
            double point[MOST], raw[MOST], back[MOST];
            cav_error error = {0};
            random_point(&random, space, point);
            cav_space_decode(space, point, raw, point);
            write(space, raw, &text);
            assert_ok(read_general(space, text.data, back, &error), &error);
            if (!same(raw, back, space->count))
                fail_msg("the general reader changes %s", text.data);
            all++;
            if (!cav_space_read_fast(space, text.data, back))
                continue; // an escape in a choice
            fast++;
            if (!same(raw, back, space->count))
                fail_msg("the fast reader changes %s", text.data);
        }
        caviar_space_free(space);
    }
    cav_text_free(&text);
    assert_true(fast > all * 3 / 4);
}

static void mutate(cav_random *random, cav_text *text)
{
    static const char alphabet[] = "{}\",:.-+eE0123456789 tfnul\\\n";
    size_t at = (size_t)cav_random_below(random, text->size);
    char c = alphabet[cav_random_below(random, sizeof alphabet - 1)];
    switch (cav_random_below(random, 4)) {
    case 0:
        text->data[at] = c;
        break;
    case 1: // takes out
        memmove(text->data + at, text->data + at + 1, text->size - at);
        text->size--;
        break;
    case 2: // puts in
        cav_text_append_char(text, ' ');
        memmove(text->data + at + 1, text->data + at, text->size - 1 - at);
        text->data[at] = c;
        break;
    default: // cuts off
        text->data[at] = '\0';
        text->size = at;
        break;
    }
}

static void test_what_the_fast_reader_takes_the_general_one_takes_alike(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(402), 0, CAV_PURPOSE_TEST, 0);
    cav_text text = {0};
    for (size_t i = test_rounds(SPACES); i > 0; i--) {
        cav_space *space = random_space_new(&random, MOST, (random_limits){.ordinary = true});
        for (int k = 0; k < MUTATIONS; k++) {
            double point[MOST], raw[MOST], fast[MOST], general[MOST];
            cav_error error = {0};
            random_point(&random, space, point);
            cav_space_decode(space, point, raw, point);
            write(space, raw, &text);
            for (uint64_t changes = cav_random_below(&random, 3); changes > 0 && text.size;
                 changes--)
                mutate(&random, &text);
            if (!cav_space_read_fast(space, cav_text_get(&text), fast))
                continue;
            if (read_general(space, text.data, general, &error))
                fail_msg("only the fast reader takes %s: %s", text.data, error.message);
            if (!same(fast, general, space->count))
                fail_msg("the readers differ about %s", text.data);
        }
        caviar_space_free(space);
    }
    cav_text_free(&text);
}

static cav_space *example(void)
{
    const caviar_parameter parameters[] = {
        {.name = "lr", .scale = LOG, .low = 1e-4, .high = 1, SPECIALS(0)},
        {.name = "batch", .type = INT, .scale = LOG, .low = 16, .high = 512, .step_factor = 2},
        {.name = "act",
         .type = CATEGORICAL,
         CHOICES(TEXT("relu"), WHOLE(7), TRUTH(true), REAL(.5))},
        {.name = "depth", .high = 1, .step = 0.1, WHEN(HAS("act", TEXT("relu")))},
    };
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < CAV_COUNT_OF(parameters); i++)
        assert_int_equal(caviar_space_add(space, &parameters[i]), CAVIAR_OK);
    return space;
}

enum { EXAMPLE_COUNT = 4 };

static void test_the_form_of_a_configuration(void **state)
{
    (void)state;
    cav_space *space = example();
    cav_text text = {0};
    double raw[EXAMPLE_COUNT] = {0.01, 64, 0, 0.3};
    write(space, raw, &text);
    assert_string_equal(text.data, "{\"lr\":0.01,\"batch\":64,\"act\":\"relu\",\"depth\":0.3}");
    double other[EXAMPLE_COUNT] = {1, 16, 2, NAN};
    write(space, other, &text);
    assert_string_equal(text.data, "{\"lr\":1.0,\"batch\":16,\"act\":true}");
    double none[EXAMPLE_COUNT] = {NAN, NAN, NAN, NAN};
    write(space, none, &text);
    assert_string_equal(text.data, "{}");
    cav_text_free(&text);
    caviar_space_free(space);
}

static void test_the_general_reader_takes_any_order_and_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double raw[EXAMPLE_COUNT];
    } cases[] = {
        {"{ \"batch\" : 64.0, \"lr\" : 1 }", {1, 64, NAN, NAN}},
        {"{\"act\": 7, \"lr\": 0}", {0, NAN, 1, NAN}},
        {"{\"act\": 7.0, \"lr\": 0.0}", {0, NAN, 1, NAN}},
        {"{\"act\": null, \"lr\": 1e-2}", {0.01, NAN, NAN, NAN}},
        {"{\"depth\": 0.30000000000000004}", {NAN, NAN, NAN, 0.3}},
        {"{\"\\u0061ct\": \"\\u0072elu\"}", {NAN, NAN, 0, NAN}},
        {"{}", {NAN, NAN, NAN, NAN}},
    };
    cav_space *space = example();
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_error error = {0};
        double raw[EXAMPLE_COUNT];
        assert_ok(read_general(space, cases[i].text, raw, &error), &error);
        if (!same(raw, cases[i].raw, EXAMPLE_COUNT))
            fail_msg("%s", cases[i].text);
    }
    caviar_space_free(space);
}

static void test_the_general_reader_tells_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *piece;
    } cases[] = {
        {"[]", "parameters must be an object, not a list"},
        {"3", "parameters must be an object, not a number"},
        {"{\"lrr\": 1}", "there is no parameter 'lrr'; did you mean 'lr'?"},
        {"{\"lr\": [1]}", "parameter 'lr' cannot be a list"},
        {"{\"lr\": {}}", "parameter 'lr' cannot be an object"},
        {"{\"lr\": \"1\"}", "parameter 'lr': a number is expected"},
        {"{\"lr\": true}", "parameter 'lr': a number is expected"},
        {"{\"lr\": 2}", "parameter 'lr': 2 lies outside of 0.0001 to 1"},
        {"{\"batch\": 65}", "parameter 'batch': 65 is not one of its steps; the nearest is 64"},
        {"{\"batch\": 64.5}", "parameter 'batch': 64.5 is not a whole number"},
        {"{\"act\": \"Relu\"}", "'Relu' is none of its choices: relu, 7, true, 0.5"},
        {"{\"act\": \"7\"}", "'7' is none of its choices"},
        {"{\"act\": false}", "'false' is none of its choices"},
        {"{\"lr\": 1, \"lr\": 1}", "line 1, column"},
        {"{\"lr\": 1", "line 1, column"},
    };
    cav_space *space = example();
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_error error = {0};
        double raw[EXAMPLE_COUNT];
        assert_int_equal(read_general(space, cases[i].text, raw, &error), CAVIAR_INVALID);
        assert_contains(error.message, cases[i].piece);
    }
    caviar_space_free(space);
}

static void test_the_fast_reader_leaves_anything_odd_to_the_other(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "",
        "{",
        "}",
        "[]",
        "{\"lr\":0.01",
        "{\"lr\":0.01,}",
        "{,\"lr\":0.01}",
        "{\"lr\":0.01}}",
        "{\"lr\":0.01} ",
        " {\"lr\":0.01}",
        "{\"lr\": 0.01}",
        "{\"batch\":64,\"lr\":0.01}",
        "{\"lr\":0.01,\"lr\":0.01}",
        "{\"lr\":0.01\"batch\":64}",
        "{\"lrr\":0.01}",
        "{\"lr\":}",
        "{\"lr\":+0.01}",
        "{\"lr\":.01}",
        "{\"lr\":1.}",
        "{\"lr\":01}",
        "{\"lr\":00.01}",
        "{\"lr\":1e}",
        "{\"lr\":nan}",
        "{\"lr\":inf}",
        "{\"lr\":null}",
        "{\"lr\":\"0.01\"}",
        "{\"lr\":2.0}", // out of range
        "{\"lr\":1e-5}",
        "{\"lr\":-1.0}",
        "{\"lr\":1e999}",
        "{\"batch\":65}", // off the grid
        "{\"batch\":64.5}",
        "{\"batch\":0}",
        "{\"act\":\"gelu\"}",
        "{\"act\":\"relu}",
        "{\"act\":relu}",
        "{\"act\":\"7\"}",
        "{\"act\":8}",
        "{\"act\":tampered}",
        "{\"act\":t}",
        "{\"act\":false}",
        "{\"act\":true,\"depth\":0.30000000000000004}", // snapped by the other
    };
    cav_space *space = example();
    double raw[EXAMPLE_COUNT];
    for (size_t i = 0; i < CAV_COUNT_OF(odd); i++)
        if (cav_space_read_fast(space, odd[i], raw))
            fail_msg("taken: %s", odd[i]);
    assert_true(cav_space_read_fast(space, "{\"lr\":0.01,\"act\":true}", raw));
    assert_true(raw[0] == 0.01 && isnan(raw[1]) && raw[2] == 2 && isnan(raw[3]));
    assert_true(cav_space_read_fast(space, "{}", raw));
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_readers_give_back_what_was_written),
        cmocka_unit_test(test_what_the_fast_reader_takes_the_general_one_takes_alike),
        cmocka_unit_test(test_the_form_of_a_configuration),
        cmocka_unit_test(test_the_general_reader_takes_any_order_and_form),
        cmocka_unit_test(test_the_general_reader_tells_what_is_wrong),
        cmocka_unit_test(test_the_fast_reader_leaves_anything_odd_to_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
