/**
 * test_train_use.c: the real caviar-train from a table to predictions: quantities, rare classes, an
 * early end, saved networks that are asked and described.
 */
#include "support/program.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_SIZE = 1000 };

static int set_up(void **state)
{
    char *folder = malloc(64);
    assert_non_null(folder);
    test_folder_make(folder);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    test_folder_remove(*state);
    free(*state);
    return 0;
}

// Runs a line in which every @ stands for the folder.
static outcome run_in(const char *folder, const char *format)
{
    char line[LINE_SIZE];
    size_t used = 0;
    for (; *format && used < sizeof line - 70; format++)
        used += (size_t)snprintf(line + used, sizeof line - used, *format == '@' ? "%s" : "%.1s",
                                 *format == '@' ? folder : format);
    return program_run(line);
}

// Runs a line that ends well; returns its output for `free`.
static char *output_of(const char *folder, const char *format)
{
    outcome end = run_in(folder, format);
    assert_status(&end, 0);
    char *out = strdup(end.out);
    assert_non_null(out);
    outcome_clear(&end);
    return out;
}

static void assert_ends(const char *folder, const char *format, int status, const char *sentence)
{
    outcome end = run_in(folder, format);
    assert_status(&end, status);
    assert_contains(end.err, sentence);
    assert_string_equal(end.out, "");
    outcome_clear(&end);
}

// The last value of a metric.
static double last_value(const char *out, const char *name)
{
    char key[40];
    const char *found = NULL;
    snprintf(key, sizeof key, "%s=", name);
    for (const char *at = out; (at = strstr(at, key)) != NULL; at++)
        found = at;
    if (!found)
        fail_msg("no %s in: %s", name, out);
    return found ? strtod(found + strlen(key), NULL) : NAN;
}

// price = 100 + 50 size + 20 where it is red, of sizes 0 to 9.9 in an order without a pattern.
static void write_prices(const char *folder, const char *name, int rows, bool with_price)
{
    char text[20000];
    size_t used =
        (size_t)snprintf(text, sizeof text, "colour,size%s\n", with_price ? ",price" : "");
    for (int i = 0; i < rows; i++) {
        double size = (i * 37 % 100) / 10.0;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s,%.1f", i % 3 ? "blue" : "red",
                                 size);
        if (with_price)
            used += (size_t)snprintf(text + used, sizeof text - used, ",%.2f",
                                     100 + 50 * size + (i % 3 ? 0 : 20));
        used += (size_t)snprintf(text + used, sizeof text - used, "\n");
    }
    test_file_write(folder, name, text, used);
}

static const char train_prices[] =
    "--data @/prices.csv --target price --layers 1 --units 16 --batch 20 --lr 0.05 --epochs 60 "
    "--save @/prices.net";

static void test_a_quantity_is_learned_saved_and_predicted(void **state)
{
    write_prices(*state, "prices.csv", 400, true);
    write_prices(*state, "prices.test.csv", 100, true);
    write_prices(*state, "new.csv", 100, false);
    char line[LINE_SIZE];
    snprintf(line, sizeof line, "%s --test", train_prices);
    char *out = output_of(*state, line);
    assert_true(last_value(out, "val_rmse") < 15); // the deviation of the prices is 145
    assert_true(last_value(out, "val_loss") < 0.01);
    double told = last_value(out, "test_rmse"), squares = 0;
    assert_null(strstr(out, "error"));
    free(out);
    out = output_of(*state, "predict --model @/prices.net --data @/new.csv");
    char *row = out;
    assert_memory_equal(row, "prediction\n", 11);
    for (int i = 0; i < 100; i++) {
        row = strchr(row, '\n') + 1;
        double size = (i * 37 % 100) / 10.0, price = 100 + 50 * size + (i % 3 ? 0 : 20);
        double distance = strtod(row, NULL) - price;
        squares += distance * distance;
    }
    assert_near(sqrt(squares / 100), told, 0.001 * told + 1e-3);
    assert_string_equal(strchr(row, '\n'), "\n");
    free(out);
}

static void test_the_task_can_be_said(void **state)
{
    write_prices(*state, "prices.csv", 60, true);
    outcome end = run_in(*state, train_prices);
    assert_contains(end.err, "'price' is learned as a quantity");
    outcome_clear(&end);
    char *out = output_of(*state, "--data @/prices.csv --target colour --epochs 1 --task auto");
    last_value(out, "val_error");
    free(out);
    assert_ends(*state, "--data @/prices.csv --target colour --task regression", 1,
                "line 2: the target 'colour' is no number");
    out = output_of(*state, "--data @/prices.csv --target price --epochs 1 --task classification");
    last_value(out, "val_error");
    free(out);
}

static void write_flowers(const char *folder)
{
    char text[20000] = "length,\"a, name\",kind\n";
    size_t used = strlen(text);
    for (int i = 0; i < 300; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,n%d,%s\n", i % 30, i % 4,
                                 i % 30 < 10   ? "small"
                                 : i % 30 < 20 ? "\"mid, \"\"ish\"\"\""
                                               : "big");
    test_file_write(folder, "flowers.csv", text, used);
}

static void test_classes_are_predicted_with_their_probabilities(void **state)
{
    write_flowers(*state);
    free(output_of(*state, "--data @/flowers.csv --target kind --units 16 --batch 16 --epochs 30 "
                           "--lr 0.05 --save @/f.net"));
    const char *rows = "kind,length,\"a, name\",more\n?,2,n1,x\n,15,n2,x\n,27,n9,x\n,,?,x\n";
    test_file_write(*state, "new.csv", rows, strlen(rows));
    char *out = output_of(*state, "predict --model @/f.net --data @/new.csv --probabilities");
    const char *head = "prediction,p_big,\"p_mid, \"\"ish\"\"\",p_small\nsmall,";
    assert_memory_equal(out, head, strlen(head));
    assert_contains(out, "\n\"mid, \"\"ish\"\"\",");
    assert_contains(out, "\nbig,");
    double p[3];
    assert_int_equal(sscanf(strstr(out, "\nsmall,"), "\nsmall,%lf,%lf,%lf", &p[0], &p[1], &p[2]),
                     3);
    assert_near(p[0] + p[1] + p[2], 1, 1e-5);
    assert_true(p[2] > 0.5);
    free(out);
}

static void test_predictions_go_to_a_file_all_at_once(void **state)
{
    char path[100];
    size_t size;
    write_prices(*state, "prices.csv", 60, true);
    free(output_of(*state, train_prices));
    test_file_write(*state, "out.csv", "before", 6);
    const char *bad = "colour,size\nred,1\nred,big\n";
    test_file_write(*state, "bad.csv", bad, strlen(bad));
    assert_ends(*state, "predict --model @/prices.net --data @/bad.csv --output @/out.csv", 1,
                "bad.csv: line 3: 'big' in column 'size' is no number");
    snprintf(path, sizeof path, "%s/out.csv", (char *)*state);
    char *text = test_file_read(path, &size);
    assert_string_equal(text, "before");
    free(text);
    write_prices(*state, "new.csv", 60, false);
    char *direct = output_of(*state, "predict --model @/prices.net --data @/new.csv");
    free(output_of(*state, "predict --model @/prices.net --data @/new.csv --output @/out.csv"));
    text = test_file_read(path, &size);
    assert_string_equal(text, direct);
    free(text);
    free(direct);
    assert_ends(*state, "predict --model @/prices.net --data @/new.csv --output @/no/out.csv", 1,
                "cannot write");
}

static void test_images_are_predicted(void **state)
{
    test_images_write(*state, "train", 400, 1);
    test_images_write(*state, "t10k", 80, 2);
    char *out = output_of(*state, "--data @ --units 16 --batch 16 --lr 0.02 --epochs 8 --test "
                                  "--save @/net");
    assert_true(last_value(out, "test_error") == 0);
    free(out);
    out = output_of(*state, "predict --model @/net --data @/t10k-images-idx3-ubyte");
    const char *row = out;
    for (int i = 0; i < 80; i++) {
        row = strchr(row, '\n') + 1;
        assert_int_equal(strtol(row, NULL, 10), i % 4);
    }
    free(out);
    assert_ends(*state, "predict --model @/net --data @/t10k-labels-idx1-ubyte", 1,
                "an image has 1 bytes; the network learned from images of 36");
}

static void test_what_is_no_saved_network_is_refused(void **state)
{
    write_prices(*state, "new.csv", 10, false);
    test_file_write(*state, "net", "nonsense", 8);
    assert_ends(*state, "predict --model @/net --data @/new.csv", 1, "net: not a file of");
    assert_ends(*state, "predict --model @/none --data @/new.csv", 1, "none: No such file");
    assert_ends(*state, "predict --data @/new.csv", 2, "--model is needed");
    assert_ends(*state, "describe --model @/net", 1, "net: not a file of");
}

static void test_rare_classes_count_with_balanced_weights(void **state)
{
    char text[20000] = "x,kind\n";
    size_t used = strlen(text);
    for (int i = 0; i < 1000; i++) // at x = 7, a tenth of the rows are rare; elsewhere none
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%s\n", i % 8,
                                 i % 8 == 7 && i / 8 % 3 == 0 ? "rare" : "usual");
    test_file_write(*state, "t.csv", text, used);
    char *plain = output_of(*state, "--data @/t.csv --target kind --units 8 --epochs 30 --lr 0.02");
    char *fair = output_of(*state, "--data @/t.csv --target kind --units 8 --epochs 30 --lr 0.02 "
                                   "--class-weights balanced");
    assert_null(strstr(plain, "val_balanced_error"));
    double error = last_value(plain, "val_error");
    assert_true(error > 0.02 && error < 0.06); // every rare one is wrong, and nothing else
    assert_true(last_value(fair, "val_balanced_error") < 0.1); // else it would be 0.5
    free(plain);
    free(fair);
    write_prices(*state, "prices.csv", 60, true);
    assert_ends(*state, "--data @/prices.csv --target price --class-weights balanced", 1,
                "--class-weights balanced needs classes");
}

// Noise cannot be learned: the first reports are the best.
static void write_noise(const char *folder)
{
    char text[20000] = "x,z,y\n";
    size_t used = strlen(text);
    rng random = {.stream = rng_stream_of(5, RNG_TEST, 0, 0)};
    for (int i = 0; i < 400; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.4f,%.4f,%.4f\n",
                                 rng_normal(&random), rng_normal(&random), rng_normal(&random));
    test_file_write(folder, "noise.csv", text, used);
    test_file_write(folder, "noise.test.csv", text, used);
}

static size_t count_reports(const char *out)
{
    size_t count = 0;
    for (; (out = strstr(out, "step=")) != NULL; out++)
        count++;
    return count;
}

static double least_rmse(const char *out)
{
    double least = INFINITY;
    for (; (out = strstr(out, "val_rmse=")) != NULL; out++)
        least = fmin(least, strtod(out + strlen("val_rmse="), NULL));
    return least;
}

static void test_patience_ends_a_training_and_keeps_its_best_network(void **state)
{
    write_noise(*state);
    outcome end = run_in(*state, "--data @/noise.csv --target y --epochs 500 --patience 7 --seed 2 "
                                 "--units 64 --batch 16 --lr 0.05 --save @/noise.net");
    assert_status(&end, 0);
    size_t count = count_reports(end.out);
    assert_true(count >= 8 && count < 200);
    char sentence[80];
    snprintf(sentence, sizeof sentence, "the best report was step %zu of %zu", count - 7, count);
    assert_contains(end.err, sentence);
    double least = least_rmse(end.out);
    char *last = strstr(end.out, "caviar: val_rmse="); // without a step: the result
    assert_non_null(last);
    assert_true(last_value(last, "val_rmse") == least);
    last[-1] = '\0';
    assert_true(last_value(end.out, "val_rmse") > least);
    outcome_clear(&end);
    // what was saved is that network: its error over all rows is that of the same steps, ended
    // there
    char line[LINE_SIZE];
    snprintf(line, sizeof line,
             "--data @/noise.csv --target y --decay none --epochs %zu --seed 2 --units 64 "
             "--batch 16 --lr 0.05 --save @/same.net",
             count - 7);
    free(output_of(*state, line));
    char *kept = output_of(*state, "predict --model @/noise.net --data @/noise.csv");
    char *same = output_of(*state, "predict --model @/same.net --data @/noise.csv");
    assert_string_equal(kept, same);
    free(kept);
    free(same);
}

static void test_patience_goes_on_after_a_checkpoint(void **state)
{
    const char *line =
        "--data @/noise.csv --target y --epochs 500 --patience 7 --seed 2 --units 64 "
        "--batch 16 --lr 0.05 --save @/noise.net --test";
    char more[LINE_SIZE];
    write_noise(*state);
    char *whole = output_of(*state, line);
    size_t count = count_reports(whole);
    snprintf(more, sizeof more, "%s --checkpoint @/c --epochs %zu", line, count - 3);
    free(output_of(*state, more));
    snprintf(more, sizeof more, "%s --checkpoint @/c", line);
    char *rest = output_of(*state, more);
    assert_int_equal(count_reports(rest), 3);
    assert_string_equal(strstr(whole, "test_rmse"), strstr(rest, "test_rmse"));
    free(rest);
    rest = output_of(*state, more); // patience is over already
    assert_int_equal(count_reports(rest), 0);
    assert_string_equal(strstr(whole, "caviar: val_rmse="), rest);
    free(rest);
    free(whole);
}

static void test_a_network_is_described_before_and_after_training(void **state)
{
    write_prices(*state, "prices.csv", 100, true);
    char *out = output_of(*state, "describe --data @/prices.csv --target price --units 8,4 "
                                  "--optimizer adam --batch 10");
    assert_contains(out, "3 x 8");
    assert_contains(out, "8 x 4");
    assert_contains(out, "batch norm, relu");
    assert_contains(out, "target        a quantity");
    assert_contains(out, "80 samples in 8 mini-batches of 10");
    free(out);
    out = output_of(*state, "describe --data @/prices.csv --target price --units 8,4 --batch 10 "
                            "--json");
    // 24 + 32 + 4 weights: twice as many operations forward, twice that backward but for dx of the
    // first layer; 2 x 12 gammas and betas, 1 bias
    assert_contains(out, "\"flops_forward\": 120,");
    assert_contains(out, "\"flops\": 312,");
    assert_contains(out, "\"epoch_flops\": 24960,");
    assert_contains(out, "\"parameters\": 85,");
    free(out);
    free(output_of(*state, train_prices));
    out = output_of(*state, "describe --model @/prices.net");
    assert_contains(out, "3 x 16");
    assert_contains(out, "loss          squared-error");
    assert_null(strstr(out, "an epoch"));
    free(out);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_a_quantity_is_learned_saved_and_predicted),
        IN_FOLDER(test_the_task_can_be_said),
        IN_FOLDER(test_classes_are_predicted_with_their_probabilities),
        IN_FOLDER(test_predictions_go_to_a_file_all_at_once),
        IN_FOLDER(test_images_are_predicted),
        IN_FOLDER(test_what_is_no_saved_network_is_refused),
        IN_FOLDER(test_rare_classes_count_with_balanced_weights),
        IN_FOLDER(test_patience_ends_a_training_and_keeps_its_best_network),
        IN_FOLDER(test_patience_goes_on_after_a_checkpoint),
        IN_FOLDER(test_a_network_is_described_before_and_after_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
