/**
 * test_constraint.c: what constraints mean, and that nothing gets out of their sandbox.
 */
#include "support/test.h"

#include "support/literal.h"

#include "base/memory.h"
#include "space/constraint.h"

#include <math.h>
#include <stdio.h>

enum { UNITS, LAYERS, LR, ACT, FAST, DASH, DOTTED, SQL_WORD, PARAMETERS };

static cav_space *example(void)
{
    const caviar_parameter parameters[] = {
        {.name = "units", .type = INT, .high = 1000},
        {.name = "layers", .type = INT, .high = 1000},
        {.name = "lr", .high = 1},
        {.name = "act", .type = CATEGORICAL, CHOICES(TEXT("relu"), TEXT("it's"), WHOLE(7))},
        {.name = "fast", .type = CATEGORICAL, CHOICES(TRUTH(false), TRUTH(true))},
        {.name = "weight-decay", .high = 1},
        {.name = "model.depth", .type = INT, .high = 9},
        {.name = "order", .type = INT, .high = 9},
    };
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < PARAMETERS; i++)
        assert_int_equal(caviar_space_add(space, &parameters[i]), CAVIAR_OK);
    return space;
}

static bool holds(const cav_space *space, const char *expression, const double *raw)
{
    cav_error error = {0};
    cav_constraint *constraint;
    assert_ok(cav_constraint_new(space, expression, &constraint, &error), &error);
    assert_string_equal(cav_constraint_text(constraint), expression);
    bool first = cav_constraint_holds(constraint, space, raw);
    assert_int_equal(cav_constraint_holds(constraint, space, raw), first); // again, the same
    cav_constraint_free(constraint);
    return first;
}

static void test_expressions_mean_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        bool holds;
    } cases[] = {
        {"units * layers <= 2049", true},
        {"units * layers <= 2048", false},
        {"units*layers<=2049 and lr < 0.5", true},
        {"units = 1024 or layers = 3", true},
        {"not (units = 1024)", true},
        {"units between 512 and 1024", true},
        {"units not between 512 and 1024", false},
        {"units in (256, 683)", true},
        {"act = 'it''s'", true},
        {"act != 'relu'", true},
        {"act like 'it%'", true},
        {"fast", true},
        {"not fast", false},
        {"fast = true", true},
        {"fast = 1", true},
        {"\"weight-decay\" <= lr", true},
        {"\"model.depth\" = 4", true},
        {"[model.depth] = 4", true},
        {"\"order\" = 2", true},
        {"log(\"order\") > 0 and ln(lr) < 0 and exp(lr) > 1", true},
        {"max(units, layers) = 683 and min(units, layers) = 3", true},
        {"abs(lr - 0.25) < 1e-9", true},
        {"pow(2, layers) >= 8 and sqrt(layers * layers) = layers", true},
        {"round(lr) = 0 and floor(lr) = 0 and ceil(lr) = 1", true},
        {"units % 2 = 1", true},
        {"mod(units, 2) = 1", true},
        {"case when fast then lr < 0.5 else lr < 0.1 end", true},
        {"iif(fast, lr < 0.5, lr < 0.1)", true},
        {"coalesce(lr, 1) < 0.5", true},
        {"lr", true},
        {"0 * lr", false},
    };
    cav_space *space = example();
    double raw[PARAMETERS] = {683, 3, 0.25, 1, 1, 0.25, 4, 2};
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++)
        if (holds(space, cases[i].expression, raw) != cases[i].holds)
            fail_msg("%s", cases[i].expression);
    caviar_space_free(space);
}

static void test_numbers_are_reals_also_where_they_are_written_whole(void **state)
{
    (void)state;
    static const char *const true_ones[] = {
        "units / layers = 3.5",      "7 / 2 = 3.5 and units > 0",
        "units = 7 / layers * 2",    "units > 7/2",
        "units / 2 = 3.5",           "1/2 + 1/2 = 1 and units",
        "(units) / (layers) > 3.4",  "3.5 = 7/layers",
        "1e1/4 = 2.5 and units",     "units in (14/2)",
        "round(units / 4, 1) = 1.8", "units < 10000000000 * 10000000000",
    };
    cav_space *space = example();
    double raw[PARAMETERS] = {7, 2};
    for (size_t i = 0; i < CAV_COUNT_OF(true_ones); i++)
        if (!holds(space, true_ones[i], raw))
            fail_msg("%s", true_ones[i]);
    // digits in a text or in a name are not numbers
    raw[ACT] = 1;
    assert_true(holds(space, "act <> '7' and act like 'it_s' and \"model.depth\" = 0", raw));
    caviar_space_free(space);
}

static void test_what_is_inactive_is_null_and_null_holds(void **state)
{
    (void)state;
    cav_space *space = example();
    double raw[PARAMETERS] = {NAN, 2, NAN};
    assert_true(holds(space, "units < 0", raw));
    assert_true(holds(space, "units + layers < 0", raw));
    assert_true(holds(space, "units < 0 and layers = 2", raw));
    assert_false(holds(space, "units < 0 and layers = 3", raw)); // false whatever units is
    assert_false(holds(space, "units is not null", raw));
    assert_true(holds(space, "coalesce(units, 5) = 5", raw));
    caviar_space_free(space);
}

static void test_an_error_while_computing_counts_as_true(void **state)
{
    (void)state;
    cav_space *space = example();
    double raw[PARAMETERS] = {0, 1};
    assert_true(holds(space, "layers / units < 1", raw)); // NULL by SQL's rules
    assert_true(holds(space, "ln(units) > 5", raw));
    caviar_space_free(space);
}

static void refuse(const cav_space *space, const char *expression, const char *piece)
{
    cav_error error = {0};
    cav_constraint *constraint = NULL;
    caviar_code code = cav_constraint_new(space, expression, &constraint, &error);
    if (code == CAVIAR_OK)
        fail_msg("accepted: %s", expression);
    assert_int_equal(code, CAVIAR_INVALID);
    assert_null(constraint);
    if (!strstr(error.message, piece))
        fail_msg("%s: '%s' does not contain '%s'", expression, error.message, piece);
}

static void test_mistakes_are_told(void **state)
{
    (void)state;
    cav_space *space = example();
    refuse(space, "", "names no parameter");
    refuse(space, "1 = 1", "names no parameter");
    refuse(space, "unit < 5", "names no parameter");
    refuse(space, "units < 5 and layerz = 2", "no such column: layerz");
    refuse(space, "units <", "syntax error");
    refuse(space, "units < 5)", "not one expression");
    refuse(space, "(units < 5", "not one expression");
    refuse(space, "units < 'relu", "not one expression");
    refuse(space, "weight-decay < 1 and units", "no such column: weight");
    refuse(space, "order = 2", "near \"order\": syntax error");
    refuse(space, "foo(units)", "foo");
    refuse(space, "units, layers", "row value misused");
    caviar_space_free(space);
}

static void test_nothing_gets_out_of_the_sandbox(void **state)
{
    (void)state;
    static const char *const attacks[] = {
        "1) FROM sqlite_master --",
        "units) FROM sqlite_master --",
        "units) FROM (SELECT 5 AS units) --",
        "units) FROM (SELECT 5 AS units) /*",
        "units + ?1) FROM (SELECT 5 AS units) /*",
        "units + ?1) FROM (SELECT 5 AS units) --",
        "units); ATTACH '/tmp/x' AS y; SELECT (1",
        "units; DROP TABLE x",
        "units ; ",
        "units /* a comment */ > 1",
        "units -- a comment",
        "units > ?",
        "units > ?1",
        "units > :units",
        "units > @units",
        "units > $units",
        "(SELECT units)",
        "units > (SELECT 3)",
        "units IN (SELECT 3)",
        "exists (SELECT units)",
        "units > (SELECT count(*) FROM sqlite_master)",
        "units > (SELECT count(*) FROM pragma_database_list)",
        "units IN sqlite_master",
        "units IN pragma_database_list",
        "units IN json_each('[1,2]')",
        "(SELECT value FROM json_each('[1]')) = units",
        "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT max(x) FROM c) > "
        "units",
        "(VALUES (1)) < units",
        "load_extension('x') or units",
        "units > random()",
        "length(randomblob(100000000)) > units",
        "length(zeroblob(100000000)) > units",
        "readfile('/etc/passwd') > units",
        "writefile('/tmp/x', units)",
        "edit(units)",
        "fts3_tokenizer('x') or units",
        "sqlite_version() > units",
        "printf('%99999999d', 1) > units",
        "format('%99999999d', units)",
        "hex(units) > 1",
        "replace(act, 'a', 'b') = units",
        "group_concat(units) = 1",
        "units MATCH 'x'",
        "units REGEXP 'x'",
        "units GLOB 'x'",
        "json_extract(act, '$') = units",
        "act -> 'x' = units",
        "raise(ABORT, 'x') or units",
        "current_timestamp > units",
        "datetime('now') > units",
        "sum(units) OVER () > 1",
        "max(units) OVER () > 1",
        "count(*) OVER (PARTITION BY units) > 1",
        "units' UNION SELECT '1",
        "units UNION SELECT 1",
        "units FROM sqlite_master",
        "\"units\"\"\" > 1",
        "[units) FROM (SELECT ?1 AS units] > 1",
        "`units) FROM x --` > 1",
    };
    cav_space *space = example();
    for (size_t i = 0; i < CAV_COUNT_OF(attacks); i++)
        refuse(space, attacks[i], "constraint");
    caviar_space_free(space);
}

static void test_a_long_expression_is_refused_and_a_deep_one_too(void **state)
{
    (void)state;
    cav_space *space = example();
    static char long_one[5001];
    memset(long_one, ' ', 5000);
    memcpy(long_one, "units > 1", 9);
    long_one[5000] = '\0';
    refuse(space, long_one, "longer than 4096 bytes");
    long_one[4096] = '\0';
    double raw[PARAMETERS] = {2};
    assert_true(holds(space, long_one, raw));
    memset(long_one, '(', 2000);
    memset(long_one + 2000, ')', 2000);
    memcpy(long_one + 1996, "(units)", 7);
    long_one[3999] = '\0';
    refuse(space, long_one, "constraint");
    memset(long_one, '-', 4000); // would be a comment
    memcpy(long_one + 3990, "units", 6);
    refuse(space, long_one, "constraint");
    caviar_space_free(space);
}

static void test_patterns_full_of_wildcards_come_to_an_end(void **state)
{
    (void)state;
    // there are no loops and no subqueries; patterns are the slowest thing that is left
    cav_space *space = example();
    char expression[4000] = "units = 1 or act like '";
    for (int i = 0; i < 45; i++)
        strcat(expression, "%a");
    strcat(expression, "%b' or '");
    size_t used = strlen(expression);
    memset(expression + used, 'a', 3000);
    strcpy(expression + used + 3000, "' like '%a%a%a%a%a%a%a%a%a%a%a%a%b'");
    double raw[PARAMETERS] = {2};
    assert_false(holds(space, expression, raw));
    caviar_space_free(space);
}

static void test_the_answer_is_the_same_however_often_it_is_asked_for(void **state)
{
    (void)state;
    cav_space *space = example();
    cav_error error = {0};
    cav_constraint *constraint;
    double raw[PARAMETERS] = {2, 3};
    assert_ok(cav_constraint_new(space, "units * layers > 6", &constraint, &error), &error);
    for (size_t i = test_rounds(200000); i > 0; i--)
        if (cav_constraint_holds(constraint, space, raw))
            fail_msg("holds with %zu to go", i);
    cav_constraint_free(constraint);
    caviar_space_free(space);
}

static void test_names_that_differ_in_case_only_cannot_stand_together(void **state)
{
    (void)state;
    cav_space *space = example();
    assert_int_equal(caviar_space_add(space, &(caviar_parameter){.name = "Units", .high = 1}),
                     CAVIAR_OK);
    refuse(space, "units < 1 + Units", "'units' and 'Units' differ only in case; rename one");
    double raw[PARAMETERS + 1] = {[UNITS] = 2, [PARAMETERS] = 0.5};
    assert_true(holds(space, "units = 2", raw));
    assert_true(holds(space, "Units = 0.5", raw));
    caviar_space_free(space);
}

static void test_the_public_call_carries_the_message(void **state)
{
    (void)state;
    cav_space *space = example();
    assert_int_equal(caviar_space_constrain(space, "units <"), CAVIAR_INVALID);
    assert_contains(caviar_space_message(space), "constraint 'units <'");
    assert_int_equal(space->constraint_count, 0);
    assert_int_equal(caviar_space_constrain(space, "units < 5"), CAVIAR_OK);
    assert_int_equal(space->constraint_count, 1);
    double raw[PARAMETERS] = {9};
    assert_false(cav_space_is_feasible(space, raw));
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions_mean_what_they_say),
        cmocka_unit_test(test_numbers_are_reals_also_where_they_are_written_whole),
        cmocka_unit_test(test_what_is_inactive_is_null_and_null_holds),
        cmocka_unit_test(test_an_error_while_computing_counts_as_true),
        cmocka_unit_test(test_mistakes_are_told),
        cmocka_unit_test(test_nothing_gets_out_of_the_sandbox),
        cmocka_unit_test(test_a_long_expression_is_refused_and_a_deep_one_too),
        cmocka_unit_test(test_patterns_full_of_wildcards_come_to_an_end),
        cmocka_unit_test(test_the_answer_is_the_same_however_often_it_is_asked_for),
        cmocka_unit_test(test_names_that_differ_in_case_only_cannot_stand_together),
        cmocka_unit_test(test_the_public_call_carries_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
