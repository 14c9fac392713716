/**
 * test_train_data.c: data sets: folders under every name, splits, normalisation, test sets.
 */
#include "support/train.h"

#include "trainer/data.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { IMAGES = 400, PIXELS = 36 };

static int set_up(void **state)
{
    char *folder = malloc(64);
    assert_non_null(folder);
    test_folder_make(folder);
    test_images_write(folder, "train", IMAGES, 1);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    test_folder_remove(*state);
    free(*state);
    return 0;
}

static data *open_data(const data_options *options)
{
    train_error error;
    data *at;
    assert_fine(data_open(options, &at, &error), &error);
    return at;
}

static void assert_refused(const data_options *options, const char *piece)
{
    train_error error;
    data *at = NULL;
    assert_true(data_open(options, &at, &error) != CAVIAR_OK);
    assert_null(at);
    assert_contains(error.sentence, piece);
}

static void test_the_training_part_is_normalised_to_mean_0_and_deviation_1(void **state)
{
    data *at = open_data(&(data_options){.path = *state, .validation = 100});
    const sample_list *list = data_training(at);
    assert_int_equal(list->count, 300);
    assert_int_equal(data_validation(at)->count, 100);
    assert_int_equal(data_test(at)->count, 0);
    real *x = malloc(300 * PIXELS * sizeof *x);
    uint16_t labels[300];
    real targets[300];
    assert_non_null(x);
    data_gather(data_preprocessing(at), kernels_at(0), list->source, list->numbers, 300, x, labels,
                targets);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < 300 * PIXELS; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    assert_near(sum / (300 * PIXELS), 0, 1e-5);
    assert_near(squares / (300 * PIXELS), 1, 1e-5);
    assert_int_equal(labels[0], list->numbers[0] % 4);
    free(x);
    data_close(at);
}

static void test_the_split_is_stratified_disjoint_and_the_same_every_time(void **state)
{
    data *a = open_data(&(data_options){.path = *state, .validation = 80, .samples = 120});
    data *b = open_data(&(data_options){.path = *state, .validation = 80, .samples = 120});
    const sample_list *train = data_training(a), *held_out = data_validation(a);
    bool seen[IMAGES] = {false};
    size_t counts[2][4] = {{0}};
    for (size_t i = 0; i < 120; i++) {
        assert_int_equal(train->numbers[i], data_training(b)->numbers[i]);
        seen[train->numbers[i]] = true;
        counts[0][train->source->labels[train->numbers[i]]]++;
    }
    for (size_t i = 0; i < 80; i++) {
        assert_false(seen[held_out->numbers[i]]);
        counts[1][held_out->source->labels[held_out->numbers[i]]]++;
    }
    for (size_t k = 0; k < 4; k++) {
        assert_int_equal(counts[0][k], 30);
        assert_int_equal(counts[1][k], 20);
    }
    assert_int_equal(data_fingerprint(a), data_fingerprint(b));
    data_close(a);
    data_close(b);
}

static void test_the_fingerprint_tells_data_and_splits_apart(void **state)
{
    data *a = open_data(&(data_options){.path = *state, .validation = 80});
    data *b = open_data(&(data_options){.path = *state, .validation = 81});
    data *c = open_data(&(data_options){.path = *state, .validation = 80, .samples = 100});
    test_images_write(*state, "train", IMAGES, 2);
    data *d = open_data(&(data_options){.path = *state, .validation = 80});
    assert_true(data_fingerprint(a) != data_fingerprint(b));
    assert_true(data_fingerprint(a) != data_fingerprint(c));
    assert_true(data_fingerprint(a) != data_fingerprint(d));
    data_close(a);
    data_close(b);
    data_close(c);
    data_close(d);
}

static void test_a_fifth_is_held_out_unless_told_otherwise(void **state)
{
    data *at = open_data(&(data_options){.path = *state, .validation = -1});
    assert_int_equal(data_validation(at)->count, IMAGES / 5);
    data_close(at);
    at = open_data(&(data_options){.path = *state, .validation = 0});
    assert_int_equal(data_validation(at)->count, 0);
    assert_int_equal(data_training(at)->count, IMAGES);
    data_close(at);
}

static void test_sizes_that_do_not_fit_are_refused(void **state)
{
    assert_refused(&(data_options){.path = *state, .validation = IMAGES}, "leaves nothing");
    assert_refused(&(data_options){.path = *state, .validation = 100, .samples = 301},
                   "--samples 301 is more than the 300");
}

static void rename_in(const char *folder, const char *from, const char *to)
{
    char old[128], new[128];
    snprintf(old, sizeof old, "%s/%s", folder, from);
    snprintf(new, sizeof new, "%s/%s", folder, to);
    assert_int_equal(rename(old, new), 0);
}

static void test_files_are_found_with_a_dot_with_other_dimensions_and_gzipped(void **state)
{
    char path[128];
    size_t size;
    rename_in(*state, "train-labels-idx1-ubyte", "train-labels.idx1-ubyte");
    rename_in(*state, "train-images-idx3-ubyte", "train-images-idx4-ubyte");
    data *at = open_data(&(data_options){.path = *state, .validation = -1});
    uint32_t fingerprint = data_fingerprint(at);
    data_close(at);
    snprintf(path, sizeof path, "%s/train-images-idx4-ubyte", (char *)*state);
    char *bytes = test_file_read(path, &size);
    test_file_write_gzip(*state, "train-images.idx3-ubyte.gz", bytes, size);
    free(bytes);
    unlink(path);
    at = open_data(&(data_options){.path = *state, .validation = -1});
    assert_int_equal(data_fingerprint(at), fingerprint);
    data_close(at);
}

static void test_a_folder_without_its_files_says_what_is_missing(void **state)
{
    assert_refused(&(data_options){.path = *state, .with_test = true},
                   "there is no t10k-images-idx3-ubyte (or .gz)");
    rename_in(*state, "train-labels-idx1-ubyte", "labels");
    assert_refused(&(data_options){.path = *state}, "there is no train-labels-idx1-ubyte");
    assert_refused(&(data_options){.path = "/nonexistent"}, "cannot open /nonexistent");
}

static void test_a_pair_that_does_not_fit_is_refused(void **state)
{
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
    test_file_write(*state, "train-labels-idx1-ubyte", labels, sizeof labels);
    assert_refused(&(data_options){.path = *state}, "400 images, but 2 labels");
    static const uint8_t wide[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0, 1};
    test_file_write(*state, "train-labels-idx1-ubyte", wide, sizeof wide);
    assert_refused(&(data_options){.path = *state}, "a label has 2 bytes");
}

static void test_a_damaged_file_is_named(void **state)
{
    test_file_write(*state, "train-images-idx3-ubyte", "\0\0\x08\x03", 4);
    assert_refused(&(data_options){.path = *state}, "train-images-idx3-ubyte: the file ends");
}

static void test_the_test_set_is_normalised_as_the_training_part(void **state)
{
    test_images_write(*state, "t10k", 40, 9);
    data *at = open_data(&(data_options){.path = *state, .validation = 0, .with_test = true});
    const preprocessing *how = data_preprocessing(at);
    assert_int_equal(data_test(at)->count, 40);
    real x[PIXELS];
    uint16_t label;
    real target;
    data_gather(how, kernels_at(0), data_test(at)->source, data_test(at)->numbers, 1, x, &label,
                &target);
    assert_near((double)x[5], (data_test(at)->source->bytes[5] - how->mean) / how->deviation, 1e-5);
    data_close(at);
}

static void test_a_test_set_that_does_not_fit_is_refused(void **state)
{
    static const uint8_t images[] = {0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 5};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 1, 0};
    test_file_write(*state, "t10k-images-idx3-ubyte", images, sizeof images);
    test_file_write(*state, "t10k-labels-idx1-ubyte", labels, sizeof labels);
    assert_refused(&(data_options){.path = *state, .with_test = true},
                   "a test image has 2 bytes, a training image 36");
    static const uint8_t beyond[] = {0, 0, 8, 1, 0, 0, 0, 1, 4};
    test_images_write(*state, "t10k", 1, 1);
    test_file_write(*state, "t10k-labels-idx1-ubyte", beyond, sizeof beyond);
    assert_refused(&(data_options){.path = *state, .with_test = true},
                   "the test labels go up to 4, the training labels to 3");
}

static void write_table(const char *folder, const char *name, int rows)
{
    char text[4000];
    size_t used = (size_t)snprintf(text, sizeof text, "size,colour,kind\n");
    for (int i = 0; i < rows; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%s,%s\n", i % 10,
                                 i % 3 ? "red" : "blue", i % 2 ? "cat" : "dog");
    test_file_write(folder, name, text, used);
}

static void test_a_table_becomes_a_data_set(void **state)
{
    char path[128];
    write_table(*state, "pets.csv", 100);
    snprintf(path, sizeof path, "%s/pets.csv", (char *)*state);
    data *at = open_data(&(data_options){.path = path, .target = "kind", .validation = -1});
    assert_int_equal(data_training(at)->count, 80);
    assert_int_equal(data_preprocessing(at)->feature_count, 3);
    assert_int_equal(data_preprocessing(at)->class_count, 2);
    real x[6];
    uint16_t labels[2];
    real targets[2];
    const uint32_t numbers[2] = {99, 0};
    data_gather(data_preprocessing(at), kernels_at(0), data_training(at)->source, numbers, 2, x,
                labels, targets);
    assert_int_equal(labels[0], 0); // cat
    assert_int_equal(labels[1], 1);
    assert_true((x[1] == 1) != (x[2] == 1));
    assert_true(x[0] > 1 && x[3] < -1);
    data_close(at);
    assert_refused(&(data_options){.path = path, .target = "sort"}, "pets.csv: there is no column");
}

static void test_the_test_table_has_its_name_from_the_training_table(void **state)
{
    static const char *const pairs[][2] = {{"pets.csv", "pets.test.csv"},
                                           {"pets-train.csv", "pets-test.csv"},
                                           {"table", "table.test"}};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", (char *)*state, pairs[i][0]);
        write_table(*state, pairs[i][0], 50);
        data_options options = {.path = path, .target = "kind", .validation = 0, .with_test = true};
        assert_refused(&options, pairs[i][1]);
        write_table(*state, pairs[i][1], 30);
        data *at = open_data(&options);
        assert_int_equal(data_test(at)->count, 30);
        data_close(at);
    }
}

static void test_a_gzipped_table_is_the_same_table(void **state)
{
    char path[128];
    size_t size;
    write_table(*state, "pets.csv", 100);
    snprintf(path, sizeof path, "%s/pets.csv", (char *)*state);
    data_options options = {.path = path, .target = "kind", .validation = -1};
    data *at = open_data(&options);
    uint32_t fingerprint = data_fingerprint(at);
    data_close(at);
    char *bytes = test_file_read(path, &size);
    test_file_write_gzip(*state, "pets.csv.gz", bytes, size);
    free(bytes);
    snprintf(path, sizeof path, "%s/pets.csv.gz", (char *)*state);
    at = open_data(&options);
    assert_int_equal(data_fingerprint(at), fingerprint);
    data_close(at);
}

static void test_a_quantity_is_split_by_its_tenths(void **state)
{
    char path[128], text[4000];
    size_t used = (size_t)snprintf(text, sizeof text, "x,price\n");
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%d\n", i, i * 37 % 100);
    test_file_write(*state, "prices.csv", text, used);
    snprintf(path, sizeof path, "%s/prices.csv", (char *)*state);
    data *at = open_data(&(data_options){.path = path, .target = "price", .validation = 20});
    const sample_list *held_out = data_validation(at);
    assert_int_equal(preprocessing_loss(data_preprocessing(at)), LOSS_SQUARED_ERROR);
    assert_int_equal(data_preprocessing(at)->class_count, 1);
    size_t counts[10] = {0};
    for (size_t i = 0; i < held_out->count; i++)
        counts[held_out->numbers[i] * 37 % 100 / 10]++;
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(counts[i], 2);
    data_close(at);
}

// Makes a pair of IDX files of the folder's, under another name.
static void copy_pair(const char *folder, const char *images, const char *labels)
{
    const char *const from[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
    const char *const to[] = {images, labels};
    for (int i = 0; i < 2; i++) {
        char path[128];
        size_t size;
        snprintf(path, sizeof path, "%s/%s", folder, from[i]);
        char *bytes = test_file_read(path, &size);
        if (strstr(to[i], ".gz"))
            test_file_write_gzip(folder, to[i], bytes, size);
        else
            test_file_write(folder, to[i], bytes, size);
        free(bytes);
    }
}

static void test_an_idx_file_finds_its_labels_and_its_test_set_by_its_name(void **state)
{
    char path[128], labels[128];
    copy_pair(*state, "emnist-train-images-idx3-ubyte.gz", "emnist-train-labels-idx1-ubyte");
    copy_pair(*state, "emnist-test-images-idx3-ubyte", "emnist-test-labels-idx1-ubyte.gz");
    snprintf(path, sizeof path, "%s/emnist-train-images-idx3-ubyte.gz", (char *)*state);
    data *at = open_data(&(data_options){.path = path, .validation = -1, .with_test = true});
    data *same = open_data(&(data_options){.path = *state, .validation = -1});
    assert_int_equal(data_fingerprint(at), data_fingerprint(same));
    assert_int_equal(data_test(at)->count, IMAGES);
    data_close(at);
    data_close(same);
    copy_pair(*state, "pixels", "digits");
    snprintf(path, sizeof path, "%s/pixels", (char *)*state);
    snprintf(labels, sizeof labels, "%s/digits", (char *)*state);
    at = open_data(&(data_options){.path = path, .labels = labels, .validation = -1});
    assert_int_equal(data_training(at)->count, IMAGES - IMAGES / 5);
    data_close(at);
    assert_refused(&(data_options){.path = path}, "--labels has to say so");
    assert_refused(&(data_options){.path = path, .labels = labels, .with_test = true},
                   "--test needs images named as");
    assert_refused(&(data_options){.path = path, .labels = labels, .task = TASK_REGRESSION},
                   "--task regression needs a table");
    copy_pair(*state, "a-images-idx3-ubyte", "b");
    snprintf(path, sizeof path, "%s/a-images-idx3-ubyte", (char *)*state);
    assert_refused(&(data_options){.path = path}, "with the labels of");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_the_training_part_is_normalised_to_mean_0_and_deviation_1),
        IN_FOLDER(test_the_split_is_stratified_disjoint_and_the_same_every_time),
        IN_FOLDER(test_the_fingerprint_tells_data_and_splits_apart),
        IN_FOLDER(test_a_fifth_is_held_out_unless_told_otherwise),
        IN_FOLDER(test_sizes_that_do_not_fit_are_refused),
        IN_FOLDER(test_files_are_found_with_a_dot_with_other_dimensions_and_gzipped),
        IN_FOLDER(test_a_folder_without_its_files_says_what_is_missing),
        IN_FOLDER(test_a_pair_that_does_not_fit_is_refused),
        IN_FOLDER(test_a_damaged_file_is_named),
        IN_FOLDER(test_the_test_set_is_normalised_as_the_training_part),
        IN_FOLDER(test_a_test_set_that_does_not_fit_is_refused),
        IN_FOLDER(test_a_table_becomes_a_data_set),
        IN_FOLDER(test_the_test_table_has_its_name_from_the_training_table),
        IN_FOLDER(test_a_gzipped_table_is_the_same_table),
        IN_FOLDER(test_a_quantity_is_split_by_its_tenths),
        IN_FOLDER(test_an_idx_file_finds_its_labels_and_its_test_set_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
