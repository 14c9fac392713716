/**
 * test_train_options.c: the command line: what is taken, what is refused and with which words, the
 * defaults that depend on other options, the help.
 */
#include "support/train.h"

#include "trainer/option_table.h"

#include <math.h>
#include <stdio.h>

enum { MOST_ARGUMENTS = 16 };

// Splits "a b c" into arguments behind a program's name.
static caviar_code read_line(const char *line, options *ret_options, train_error *error)
{
    static char copy[400]; // options keep pointers into it
    char *argv[MOST_ARGUMENTS] = {(char *)(uintptr_t) "caviar-train"}, *rest = copy;
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    while (*rest) {
        assert_true(argc < MOST_ARGUMENTS);
        argv[argc++] = rest;
        rest += strcspn(rest, " ");
        if (*rest)
            *rest++ = '\0';
    }
    return options_read(argc, argv, ret_options, error);
}

static options taken(const char *line)
{
    train_error error;
    options at;
    assert_fine(read_line(line, &at, &error), &error);
    return at;
}

static void assert_refused(const char *line, const char *sentence)
{
    train_error error;
    options at;
    assert_int_equal(read_line(line, &at, &error), CAVIAR_INVALID);
    assert_string_equal(error.sentence, sentence);
}

static architecture shape_of(const char *line)
{
    options at = taken(line);
    preprocessing how = {.feature_count = 7, .class_count = 3};
    return options_architecture(&at, &how);
}

static void test_defaults(void **state)
{
    (void)state;
    options at = taken("--data mnist");
    assert_string_equal(at.data.path, "mnist");
    assert_int_equal(at.data.validation, -1);
    assert_false(at.data.with_test);
    assert_int_equal(at.optimizer, OPTIMIZER_MOMENTUM);
    assert_true(at.batch_norm);
    assert_int_equal(at.seed, 1);
    assert_int_equal(at.threads, 1);
    architecture shape = shape_of("--data mnist");
    assert_int_equal(shape.hidden_count, 2);
    assert_int_equal(shape.units[0], 256);
    assert_int_equal(shape.units[1], 256);
}

static void test_every_kind_of_value_is_taken(void **state)
{
    (void)state;
    options at = taken("--data=d --lr 1e-05 --batch 1e2 --activation leaky-relu --batch-norm off "
                       "--test --seed 9007199254740992");
    assert_true(at.hyper.lr == 1e-5);
    assert_int_equal(at.batch, 100);
    assert_int_equal(at.activation, ACTIVATION_LEAKY_RELU);
    assert_false(at.batch_norm);
    assert_true(at.data.with_test);
    assert_true(at.seed == (int64_t)1 << 53);
    at = taken("--data d --optimizer adam --decay step --init xavier --dropout 0 --l2 0.5");
    assert_int_equal(at.optimizer, OPTIMIZER_ADAM);
    assert_int_equal(at.decay, DECAY_STEP);
    assert_int_equal(at.init, INIT_XAVIER);
    assert_true(at.hyper.l2 == 0.5);
}

static void test_the_last_of_an_option_holds(void **state)
{
    (void)state;
    assert_true(taken("--data d --lr 1 --lr 2").hyper.lr == 2);
}

static void test_defaults_follow_the_optimizer_and_the_decay(void **state)
{
    (void)state;
    assert_true(taken("--data d --optimizer sgd").hyper.lr == 0.1);
    assert_true(taken("--data d --optimizer adam").hyper.lr == 0.001);
    assert_true(taken("--data d --optimizer adam --lr 0.5").hyper.lr == 0.5);
    assert_true(taken("--data d --optimizer adam").hyper.beta2 == 0.999);
    assert_true(taken("--data d --optimizer rmsprop").hyper.beta2 == 0.9);
    assert_true(taken("--data d --decay exponential").hyper.decay_rate == 0.95);
    assert_int_equal(taken("--data d").decay, DECAY_COSINE);
    assert_int_equal(taken("--data d --patience 5").decay, DECAY_NONE);
    assert_int_equal(taken("--data d --patience 5 --decay cosine").decay, DECAY_COSINE);
    assert_true(taken("--data d --decay inverse").hyper.decay_rate == 1);
    assert_true(taken("--data d --decay inverse --decay-rate 0.3").hyper.decay_rate == 0.3);
}

static void test_units_are_one_for_all_layers_or_one_for_each(void **state)
{
    (void)state;
    architecture shape = shape_of("--data d --units 10 --layers 3");
    assert_true(shape.hidden_count == 3 && shape.units[0] == 10 && shape.units[2] == 10);
    shape = shape_of("--data d --units 512,256,7");
    assert_true(shape.hidden_count == 3 && shape.units[0] == 512 && shape.units[1] == 256 &&
                shape.units[2] == 7);
    assert_int_equal(shape_of("--data d --units 512,256 --layers 2").hidden_count, 2);
    assert_int_equal(shape_of("--data d --layers 0").hidden_count, 0);
    assert_true(shape.in == 7 && shape.classes == 3);
}

static void test_what_is_no_option_is_refused_with_the_nearest(void **state)
{
    (void)state;
    assert_refused("--bach 5", "there is no option --bach; did you mean --batch?");
    assert_refused("--learning-rate 5", "there is no option --learning-rate; --help lists them");
    assert_refused("--optimiser=adam", "there is no option --optimiser; did you mean --optimizer?");
    assert_refused("mnist", "'mnist' is not an option; options begin with --, as --data, and a "
                            "command (predict, describe) stands before them");
    assert_refused("--", "there is no option --; --help lists them");
}

static void test_values_out_of_range_are_refused_with_the_range(void **state)
{
    (void)state;
    assert_refused("--lr 0", "--lr is '0'; use a number in (0, 1000]");
    assert_refused("--lr abc", "--lr is 'abc'; use a number in (0, 1000]");
    assert_refused("--lr nan", "--lr is 'nan'; use a number in (0, 1000]");
    assert_refused("--lr 0x1", "--lr is '0x1'; use a number in (0, 1000]");
    assert_refused("--lr=", "--lr is ''; use a number in (0, 1000]");
    assert_refused("--momentum 1", "--momentum is '1'; use a number in [0, 1)");
    assert_refused("--batch 2.5", "--batch is '2.5'; use a whole number in [1, 1048576]");
    assert_refused("--batch-norm yes", "--batch-norm is 'yes'; use on or off");
    assert_refused("--decay slow",
                   "--decay is 'slow'; use one of: none, inverse, exponential, step, cosine");
    assert_refused("--activation=",
                   "--activation is ''; use one of: relu, leaky-relu, tanh, sigmoid, gelu");
    assert_refused("--units 5,,5", "--units is '5,,5'; use a whole number in [1, 1048576], or up "
                                   "to 64 of them with commas");
}

static void test_what_does_not_go_together_is_refused(void **state)
{
    (void)state;
    assert_refused("", "--data is needed: a folder with MNIST's files, an IDX file of images, or "
                       "a CSV file");
    assert_refused("--data", "--data needs a value");
    assert_refused("--test=yes", "--test takes no value");
    assert_refused("--data d --units 5,6 --layers 3",
                   "--units names 2 layers, but --layers is 3; leave one of them out");
    assert_refused("--data d --batch 1", "a mini-batch of one sample cannot be normalised; use "
                                         "--batch-norm off, or --batch 8 or more");
    taken("--data d --batch 1 --batch-norm off");
}

static void test_help_and_version_need_no_data(void **state)
{
    (void)state;
    assert_true(taken("--help").help);
    assert_true(taken("-h").help);
    assert_true(taken("--version").version);
}

static void test_a_command_takes_its_own_options(void **state)
{
    (void)state;
    options at = taken("predict --model m --data new.csv --probabilities --output out.csv");
    assert_int_equal(at.command, COMMAND_PREDICT);
    assert_true(at.probabilities);
    assert_string_equal(at.output, "out.csv");
    assert_int_equal(taken("train --data d --lr 1").command, COMMAND_TRAIN);
    assert_int_equal(taken("describe --data d --units 5").command, COMMAND_DESCRIBE);
    taken("describe --model m --json");
    assert_refused("predict --data d", "--model is needed: a file that --save wrote");
    assert_refused("predict --model m --data d --lr 1",
                   "--lr is an option of train, not of predict");
    assert_refused("--data d --json", "--json is an option of describe, not of train");
    assert_refused("describe --model m --data d",
                   "--model and --data are two networks; leave one of them out");
}

static char *help_of(command which)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    options_print_help(out, which);
    fclose(out);
    assert_non_null(text);
    return text;
}

static void check_help(command which)
{
    char *text = help_of(which);
    for (const option *one = option_table; one->name; one++) {
        char flag[64];
        snprintf(flag, sizeof flag, "\n  --%s ", one->name);
        if (one->kind == OPTION_FLAG && strlen(flag) > 26)
            flag[strlen(flag) - 1] = '\n'; // its text begins in the next line
        assert_true((strstr(text, flag) != NULL) == option_is_of(one, which));
    }
    for (const char *line = text; line && *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("longer than 80 columns: %.*s", (int)strcspn(line, "\n"), line);
    free(text);
}

static void test_the_help_names_every_option_and_keeps_to_80_columns(void **state)
{
    (void)state;
    for (int which = 0; which < COMMAND_COUNT; which++)
        check_help((command)which);
}

static void test_every_option_is_in_the_manual_page(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    options_print_manual(out);
    fclose(out);
    assert_contains(text, ".TH CAVIAR\\-TRAIN 1");
    assert_contains(text, ".B \\-\\-batch\\-norm\\-epsilon X\n");
    size_t count = 0, expected = 0;
    for (const char *at = text; (at = strstr(at, "\n.TP\n")) != NULL; at++)
        count++;
    for (const option *one = option_table; one->name; one++)
        for (int which = 0; which < COMMAND_COUNT; which++)
            expected += option_is_of(one, (command)which);
    assert_int_equal(count, expected);
    free(text);
}

// `given` has a bit for each.
static void test_there_are_at_most_64_options(void **state)
{
    (void)state;
    size_t count = 0;
    while (option_table[count].name)
        count++;
    assert_true(count <= 64);
}

static void test_every_default_is_in_its_range(void **state)
{
    (void)state;
    for (const option *one = option_table; one->name; one++) {
        char line[200];
        if (!one->initial)
            continue;
        snprintf(line, sizeof line, "%s --%s %s",
                 option_is_of(one, COMMAND_TRAIN) ? "--data d" : "predict --model m --data d",
                 one->name, one->initial);
        taken(line);
    }
}

static void test_hyperparameters_change_by_name_within_their_range(void **state)
{
    (void)state;
    train_error error;
    hyper now = taken("--data d").hyper;
    static const char *const names[] = {"lr",      "momentum", "beta1",   "beta2",
                                        "epsilon", "l2",       "dropout", "decay-rate"};
    size_t count = 0;
    while (hyper_name(count))
        count++;
    assert_int_equal(count, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < count; i++)
        assert_fine(hyper_change(&now, names[i], 0.25, &error), &error);
    assert_true(now.lr == 0.25 && now.l2 == 0.25 && now.dropout == 0.25 && now.decay_rate == 0.25);
    assert_fine(hyper_change(&now, "decay_rate", 0.5, &error), &error);
    assert_true(now.decay_rate == 0.5);
    assert_fails(hyper_change(&now, "momentum", 1, &error), CAVIAR_INVALID, &error, "[0, 1)");
    assert_fails(hyper_change(&now, "lr", NAN, &error), CAVIAR_INVALID, &error, "(0, 1000]");
    assert_fails(hyper_change(&now, "batch", 32, &error), CAVIAR_NOT_FOUND, &error, "batch");
    assert_fails(hyper_change(&now, "l", 1, &error), CAVIAR_NOT_FOUND, &error, "");
    assert_true(now.momentum == 0.25 && now.lr == 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_kind_of_value_is_taken),
        cmocka_unit_test(test_the_last_of_an_option_holds),
        cmocka_unit_test(test_defaults_follow_the_optimizer_and_the_decay),
        cmocka_unit_test(test_units_are_one_for_all_layers_or_one_for_each),
        cmocka_unit_test(test_what_is_no_option_is_refused_with_the_nearest),
        cmocka_unit_test(test_values_out_of_range_are_refused_with_the_range),
        cmocka_unit_test(test_what_does_not_go_together_is_refused),
        cmocka_unit_test(test_help_and_version_need_no_data),
        cmocka_unit_test(test_the_help_names_every_option_and_keeps_to_80_columns),
        cmocka_unit_test(test_a_command_takes_its_own_options),
        cmocka_unit_test(test_every_option_is_in_the_manual_page),
        cmocka_unit_test(test_there_are_at_most_64_options),
        cmocka_unit_test(test_every_default_is_in_its_range),
        cmocka_unit_test(test_hyperparameters_change_by_name_within_their_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
