/**
 * test_train_schema.c: columns to features: kinds, means of the training part, levels, classes,
 * and what makes a table unfit.
 */
#include "support/train.h"

#include "trainer/schema.h"

#include <math.h>
#include <stdio.h>

// What a table became.
typedef struct learned {
    schema schema;
    source source;
    uint16_t *labels;
    size_t count;
} learned;

static void learned_clear(learned *at)
{
    schema_clear(&at->schema);
    source_clear(&at->source);
    free(at->labels);
}

// All three passes; every row is a training row but those in `held_out`.
static caviar_code learn_as(task wanted, const char *text, const char *target, const char *held_out,
                            learned *ret_learned, train_error *error)
{
    stream *from;
    learned at = {0};
    bool is_training[1000];
    assert_fine(stream_over(text, strlen(text), &from, error), error);
    caviar_code code = schema_learn(from, target, wanted, &at.schema, &at.labels, &at.count, error);
    for (size_t i = 0; i < at.count; i++)
        is_training[i] = !held_out || held_out[i] != 'x';
    if (!code)
        code = schema_measure(&at.schema, from, is_training, at.count, error);
    if (!code)
        code = schema_read(&at.schema, from, true, &at.source, error);
    stream_close(from);
    if (code)
        learned_clear(&at);
    else
        *ret_learned = at;
    return code;
}

static caviar_code learn(const char *text, const char *target, const char *held_out,
                         learned *ret_learned, train_error *error)
{
    return learn_as(TASK_AUTO, text, target, held_out, ret_learned, error);
}

static void assert_features(const learned *at, size_t row, const double *expected, size_t count)
{
    real x[64];
    assert_int_equal(at->schema.feature_count, count);
    schema_encode(&at->schema, at->source.cells + row * at->source.width, x);
    for (size_t i = 0; i < count; i++)
        assert_near((double)x[i], expected[i], 1e-6);
}

static void test_numbers_are_normalised_and_categories_become_one_hot(void **state)
{
    (void)state;
    train_error error;
    learned at;
    assert_fine(learn("size,colour,kind\n1,red,a\n3,blue,b\n5,red,a\n7,green,b\n", "kind", NULL,
                      &at, &error),
                &error);
    double deviation = sqrt(5); // of 1, 3, 5, 7
    assert_features(&at, 0, (double[]){-3 / deviation, 1, 0, 0}, 4);
    assert_features(&at, 1, (double[]){-1 / deviation, 0, 1, 0}, 4);
    assert_features(&at, 3, (double[]){3 / deviation, 0, 0, 1}, 4);
    assert_int_equal(at.source.count, 4);
    assert_int_equal(at.source.labels[2], 0);
    assert_int_equal(at.source.labels[3], 1);
    learned_clear(&at);
}

static void test_missing_values_become_the_mean_and_missing_levels_nothing(void **state)
{
    (void)state;
    static const char *const missing[] = {"", "NA", "n/a", "NaN", "null", "None", "?"};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        char text[100];
        train_error error;
        learned at;
        snprintf(text, sizeof text, "size,colour,kind\n2,red,a\n%s,%s,b\n4,red,b\n", missing[i],
                 missing[i]);
        assert_fine(learn(text, "kind", NULL, &at, &error), &error);
        assert_features(&at, 0, (double[]){-1, 1}, 2);
        assert_features(&at, 1, (double[]){0, 0}, 2);
        learned_clear(&at);
    }
}

static void test_means_and_levels_come_from_the_training_part_alone(void **state)
{
    (void)state;
    train_error error;
    learned at;
    assert_fine(
        learn("size,colour,kind\n2,red,a\n100,violet,b\n4,blue,b\n", "kind", ".x.", &at, &error),
        &error);
    assert_features(&at, 0, (double[]){-1, 1, 0}, 3);
    assert_features(&at, 1, (double[]){97, 0, 0}, 3);
    learned_clear(&at);
}

static void test_large_numbers_close_together_keep_their_digits(void **state)
{
    (void)state;
    train_error error;
    learned at;
    assert_fine(learn("when,kind\n1700000000.25,a\n1700000000.75,b\n", "kind", NULL, &at, &error),
                &error);
    assert_features(&at, 0, (double[]){-1}, 1);
    assert_features(&at, 1, (double[]){1}, 1);
    learned_clear(&at);
}

static void test_classes_are_ordered_as_numbers_or_as_text(void **state)
{
    (void)state;
    train_error error;
    learned at;
    assert_fine(learn("x,y\n1,10\n2,9\n3,10\n4,-1\n", "y", NULL, &at, &error), &error);
    assert_string_equal(at.schema.classes.texts[0], "-1");
    assert_string_equal(at.schema.classes.texts[2], "10");
    const uint16_t expected[] = {2, 1, 2, 0};
    assert_memory_equal(at.labels, expected, sizeof expected);
    assert_memory_equal(at.source.labels, expected, sizeof expected);
    learned_clear(&at);
    assert_fine(learn("x,y\n1,10\n2,9\n3,b\n", "y", NULL, &at, &error), &error);
    assert_string_equal(at.schema.classes.texts[0], "10");
    assert_string_equal(at.schema.classes.texts[1], "9");
    learned_clear(&at);
}

static void test_names_and_indexes_are_left_out(void **state)
{
    (void)state;
    char text[4000];
    size_t used = (size_t)snprintf(text, sizeof text, ",name,size,kind\n");
    for (int i = 0; i < 60; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,name %d,%d,%c\n", i, i, i % 7,
                                 i % 2 ? 'a' : 'b');
    train_error error;
    learned at;
    assert_fine(learn(text, "kind", NULL, &at, &error), &error);
    assert_int_equal(at.schema.columns[0].kind, COLUMN_LEFT_OUT);
    assert_int_equal(at.schema.columns[1].kind, COLUMN_LEFT_OUT);
    assert_int_equal(at.schema.feature_count, 1);
    learned_clear(&at);
}

static void test_another_table_is_read_by_the_names_of_its_columns(void **state)
{
    (void)state;
    const char *text = "kind,extra,colour,size\nb,1,red,3\na,2,mauve,\n";
    train_error error;
    learned at;
    stream *from;
    source other;
    assert_fine(learn("size,colour,kind\n2,red,a\n4,blue,b\n", "kind", NULL, &at, &error), &error);
    assert_fine(stream_over(text, strlen(text), &from, &error), &error);
    assert_fine(schema_read(&at.schema, from, true, &other, &error), &error);
    assert_int_equal(other.count, 2);
    assert_int_equal(other.labels[0], 1);
    assert_near((double)other.cells[0], 0, 1e-6);
    assert_true(other.cells[1] == 0 && other.cells[3] == WORDS_NONE);
    source_clear(&other);
    stream_close(from);
    learned_clear(&at);
}

static void assert_other_refused(const char *text, const char *piece)
{
    train_error error;
    learned at;
    stream *from;
    source other = {0};
    assert_fine(learn("size,colour,kind\n2,red,a\n4,blue,b\n", "kind", NULL, &at, &error), &error);
    assert_fine(stream_over(text, strlen(text), &from, &error), &error);
    caviar_code code = schema_read(&at.schema, from, true, &other, &error);
    assert_true(code != CAVIAR_OK);
    assert_contains(error.sentence, piece);
    assert_null(other.cells);
    stream_close(from);
    learned_clear(&at);
}

static void test_another_table_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_other_refused("size,kind\n1,a\n", "no column 'colour'");
    assert_other_refused("size,colour,kind\n1,red,z\n", "line 2: 'z' is no class");
    assert_other_refused("size,colour,kind\nbig,red,a\n", "'big' in column 'size' is no number");
    assert_other_refused("size,colour,kind\n1e300,red,a\n", "too far from the others");
    assert_other_refused("size,colour,kind\n", "a header and nothing else");
    assert_other_refused("size,colour,kind\n1,red\n", "line 2 has 2 fields, the header has 3");
}

static void assert_refused(const char *text, const char *target, const char *piece)
{
    train_error error;
    learned at;
    caviar_code code = learn(text, target, NULL, &at, &error);
    assert_true(code != CAVIAR_OK);
    assert_contains(error.sentence, piece);
}

static void test_tables_that_cannot_be_learned_are_refused_with_the_reason(void **state)
{
    (void)state;
    assert_refused("", "y", "the file is empty");
    assert_refused("x,y\n", "y", "a header and nothing else");
    assert_refused("x,y\n1,a\n", "z", "no column 'z'; there are: x, y");
    assert_refused("x,y\n1,a\n", NULL, "Use --target with one of: x, y");
    assert_refused("x,x,y\n1,2,a\n", "y", "two columns are named 'x'");
    assert_refused("x,y\n1,a\n2\n", "y", "line 3 has 1 fields, the header has 2");
    assert_refused("x,y\n1,a\n2,\n", "y", "line 3: the target 'y' is missing");
    assert_refused("x,y\n1,a\n2,a\n", "y", "the target 'y' is always 'a'");
    assert_refused("y\na\nb\n", "y", "its columns make 0 features");
}

// A table of 50 rows, whose target is a word and the row's number.
static void make_table(char *text, size_t size, const char *word)
{
    size_t used = (size_t)snprintf(text, size, "x,y\n");
    for (int i = 0; i < 50; i++)
        used += (size_t)snprintf(text + used, size - used, "%d,%s%d\n", i, word, i);
}

static void test_numbers_that_differ_from_row_to_row_are_a_quantity(void **state)
{
    (void)state;
    char text[2000];
    train_error error;
    learned at;
    make_table(text, sizeof text, "");
    assert_fine(learn(text, "y", NULL, &at, &error), &error);
    assert_true(at.schema.is_quantity);
    assert_int_equal(at.schema.classes.count, 0);
    assert_null(at.source.labels);
    double deviation = sqrt((50.0 * 50 - 1) / 12); // of 0 to 49
    assert_near((double)at.source.targets[0], -24.5 / deviation, 1e-5);
    assert_near((double)at.source.targets[49], 24.5 / deviation, 1e-5);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(at.labels[i], i / 5); // the tenths, for a stratified split
    assert_int_equal(schema_strata(&at.schema), 10);
    learned_clear(&at);
}

static void test_a_few_whole_numbers_are_classes_and_fractions_are_not(void **state)
{
    (void)state;
    train_error error;
    learned at;
    assert_fine(learn("x,y\n1,3\n2,1\n3,3\n", "y", NULL, &at, &error), &error);
    assert_false(at.schema.is_quantity);
    learned_clear(&at);
    assert_fine(learn("x,y\n1,3.5\n2,1\n3,3.5\n", "y", NULL, &at, &error), &error);
    assert_true(at.schema.is_quantity);
    learned_clear(&at);
    assert_fine(learn("x,y\n1,3.0\n2,1\n3,3.0\n", "y", NULL, &at, &error), &error);
    assert_false(at.schema.is_quantity);
    learned_clear(&at);
}

static void test_the_task_says_what_the_target_is(void **state)
{
    (void)state;
    char text[2000];
    train_error error;
    learned at;
    make_table(text, sizeof text, "");
    assert_fine(learn_as(TASK_CLASSIFICATION, text, "y", NULL, &at, &error), &error);
    assert_int_equal(at.schema.classes.count, 50);
    learned_clear(&at);
    assert_fine(learn_as(TASK_REGRESSION, "x,y\n1,3\n2,1\n3,3\n", "y", NULL, &at, &error), &error);
    assert_near((double)at.source.targets[1], -sqrt(2), 1e-6);
    learned_clear(&at);
    assert_fails(learn_as(TASK_REGRESSION, "x,y\n1,3\n2,b\n3,3\n", "y", NULL, &at, &error),
                 CAVIAR_INVALID, &error,
                 "line 3: the target 'y' is no number; --task classification learns classes");
}

static void test_a_quantity_is_normalised_by_the_training_part(void **state)
{
    (void)state;
    train_error error;
    learned at;
    assert_fine(learn("x,y\n1,0.5\n2,100.5\n3,2.5\n", "y", ".x.", &at, &error), &error);
    assert_near((double)at.source.targets[0], -1, 1e-6);
    assert_near((double)at.source.targets[1], 99, 1e-4);
    learned_clear(&at);
}

static void test_a_target_of_ever_other_words_is_refused(void **state)
{
    (void)state;
    char text[2000];
    make_table(text, sizeof text, "word ");
    assert_refused(text, "y",
                   "50 different texts in 50 rows: it is no class, and no number either");
}

static void test_a_table_is_read_without_its_target(void **state)
{
    (void)state;
    const char *text = "colour,size\nred,3\nblue,\n";
    train_error error;
    learned at;
    stream *from;
    source other;
    assert_fine(learn("size,colour,kind\n2,red,a\n4,blue,b\n", "kind", NULL, &at, &error), &error);
    assert_fine(stream_over(text, strlen(text), &from, &error), &error);
    assert_fine(schema_read(&at.schema, from, false, &other, &error), &error);
    assert_int_equal(other.count, 2);
    assert_null(other.labels);
    assert_null(other.targets);
    source_clear(&other);
    assert_fails(schema_read(&at.schema, from, true, &other, &error), CAVIAR_INVALID, &error,
                 "there is no column 'kind'");
    stream_close(from);
    learned_clear(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_normalised_and_categories_become_one_hot),
        cmocka_unit_test(test_missing_values_become_the_mean_and_missing_levels_nothing),
        cmocka_unit_test(test_means_and_levels_come_from_the_training_part_alone),
        cmocka_unit_test(test_large_numbers_close_together_keep_their_digits),
        cmocka_unit_test(test_classes_are_ordered_as_numbers_or_as_text),
        cmocka_unit_test(test_names_and_indexes_are_left_out),
        cmocka_unit_test(test_another_table_is_read_by_the_names_of_its_columns),
        cmocka_unit_test(test_another_table_that_does_not_fit_is_refused),
        cmocka_unit_test(test_tables_that_cannot_be_learned_are_refused_with_the_reason),
        cmocka_unit_test(test_numbers_that_differ_from_row_to_row_are_a_quantity),
        cmocka_unit_test(test_a_few_whole_numbers_are_classes_and_fractions_are_not),
        cmocka_unit_test(test_the_task_says_what_the_target_is),
        cmocka_unit_test(test_a_quantity_is_normalised_by_the_training_part),
        cmocka_unit_test(test_a_target_of_ever_other_words_is_refused),
        cmocka_unit_test(test_a_table_is_read_without_its_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
