/**
 * test_train_checkpoint.c: files of checkpoints and saved networks: every damage is found, nothing
 * is half done, folders keep what they should.
 */
#include "support/train.h"

#include "trainer/checkpoint.h"
#include "trainer/checkpoint_folder.h"
#include "trainer/model.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const hyper given = {
    .lr = 0.05, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};

typedef struct bench {
    char folder[64], path[80];
    data *data;
    training_options options;
    architecture shape;
    training *training;
} bench;

static training *make_training(const bench *at)
{
    train_error error;
    training *made;
    assert_fine(training_new(&at->options, &given, &at->shape, INIT_HE, kernels_at(0), at->data,
                             &made, &error),
                &error);
    return made;
}

static int set_up(void **state)
{
    train_error error;
    bench *at = calloc(1, sizeof *at);
    assert_non_null(at);
    test_folder_make(at->folder);
    snprintf(at->path, sizeof at->path, "%s/file", at->folder);
    test_images_write(at->folder, "train", 60, 1);
    data_options options = {.path = at->folder, .validation = 10};
    assert_fine(data_open(&options, &at->data, &error), &error);
    at->options = (training_options){
        .seed = 1, .batch = 10, .epochs = 9, .report_every = 1, .optimizer = OPTIMIZER_ADAM};
    at->shape = (architecture){.in = 36,
                               .classes = 4,
                               .hidden_count = 1,
                               .units = {3},
                               .activation = ACTIVATION_RELU,
                               .batch_norm = true,
                               .norm_epsilon = 1e-5,
                               .norm_new_weight = 0.1};
    at->training = make_training(at);
    assert_true(training_step(at->training));
    assert_fine(checkpoint_write(at->path, at->training, &given, &error), &error);
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    bench *at = *state;
    training_free(at->training);
    data_close(at->data);
    test_folder_remove(at->folder);
    free(at);
    return 0;
}

// Fails to read bytes as a checkpoint; the training is untouched.
static void assert_bytes_refused(bench *at, const void *bytes, size_t size)
{
    train_error error;
    progress before = at->training->progress;
    test_file_write(at->folder, "damaged", bytes, size);
    char path[80];
    snprintf(path, sizeof path, "%s/damaged", at->folder);
    caviar_code code = checkpoint_read(path, at->training, &given, &error);
    assert_true(code == CAVIAR_CORRUPT || code == CAVIAR_VERSION);
    assert_contains(error.sentence, path);
    assert_memory_equal(&before, &at->training->progress, sizeof before);
}

static void test_a_file_cut_off_anywhere_is_refused(void **state)
{
    bench *at = *state;
    size_t size;
    char *bytes = test_file_read(at->path, &size);
    for (size_t cut = 0; cut < size; cut += cut < 200 ? 1 : 97)
        assert_bytes_refused(at, bytes, cut);
    free(bytes);
}

static void test_any_flipped_bit_is_found(void **state)
{
    bench *at = *state;
    size_t size;
    char *bytes = test_file_read(at->path, &size);
    for (size_t i = 0; i < size; i += i < 200 ? 1 : 41) {
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        assert_bytes_refused(at, bytes, size);
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
    }
    free(bytes);
}

static void test_other_files_are_told_apart(void **state)
{
    bench *at = *state;
    train_error error;
    container from;
    static const char text[] = "hello, this is a letter and not a file of caviar-train at all";
    assert_fails(container_parse(text, sizeof text, &from, &error), CAVIAR_CORRUPT, &error,
                 "not a file of caviar-train");
    size_t size;
    char *bytes = test_file_read(at->path, &size);
    bytes[12] = 3; // the version
    assert_fails(container_parse(bytes, size, &from, &error), CAVIAR_VERSION, &error,
                 "newer caviar-train (format 3)");
    bytes[12] = 2;
    memcpy(bytes + 8, (uint8_t[4]){1, 2, 3, 4}, 4);
    assert_fails(container_parse(bytes, size, &from, &error), CAVIAR_CORRUPT, &error,
                 "another byte order");
    assert_fails(container_read("/nonexistent/x", &from, &error), CAVIAR_NOT_FOUND, &error,
                 "/nonexistent/x");
    free(bytes);
}

static void assert_misfit(const bench *at, const char *piece)
{
    train_error error;
    training *other = make_training(at);
    real *before = copy_reals(other->net->parameters, other->net->parameter_count);
    assert_fails(checkpoint_read(at->path, other, &given, &error), CAVIAR_INVALID, &error, piece);
    assert_memory_equal(before, other->net->parameters, other->net->parameter_count * sizeof(real));
    free(before);
    training_free(other);
}

static void test_a_checkpoint_of_something_else_is_refused_with_the_difference(void **state)
{
    bench *at = *state;
    at->shape.units[0] = 4;
    assert_misfit(at, "36-3-4 relu with batch norm, this one is 36-4-4 relu with batch norm");
    at->shape.units[0] = 3;
    at->shape.activation = ACTIVATION_TANH;
    assert_misfit(at, "another network");
    at->shape.activation = ACTIVATION_RELU;
    at->options.optimizer = OPTIMIZER_SGD;
    assert_misfit(at, "its optimizer is adam, not sgd");
    at->options.optimizer = OPTIMIZER_ADAM;
    at->options.report_every = 2;
    assert_misfit(at, "--report-every 1");
    at->options.report_every = 1;
    train_error error;
    data_close(at->data);
    data_options options = {.path = at->folder, .validation = 11};
    assert_fine(data_open(&options, &at->data, &error), &error);
    assert_misfit(at, "other data, or with other --samples or --validation");
}

static void test_a_changed_hyperparameter_stays_unless_another_is_given(void **state)
{
    bench *at = *state;
    train_error error;
    at->training->hyper.lr = 0.003; // a nudge
    assert_fine(checkpoint_write(at->path, at->training, &given, &error), &error);
    training *other = make_training(at);
    assert_fine(checkpoint_read(at->path, other, &given, &error), &error);
    assert_true(other->hyper.lr == 0.003);
    hyper now = given;
    now.lr = 0.07;
    assert_fine(checkpoint_read(at->path, other, &now, &error), &error);
    assert_true(other->hyper.lr == 0.07);
    assert_true(other->hyper.beta2 == given.beta2);
    training_free(other);
}

// With no room to write, the old file stays as it was and nothing is left beside it.
static void test_a_write_that_fails_leaves_the_old_file(void **state)
{
    bench *at = *state;
    train_error error;
    size_t size, size_after;
    char *bytes = test_file_read(at->path, &size);
    struct rlimit before, small;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t limit = 0; limit < size; limit += 501) {
        small = (struct rlimit){limit, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        caviar_code code = checkpoint_write(at->path, at->training, &given, &error);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_fails(code, CAVIAR_IO, &error, strerror(EFBIG));
    }
    char *after = test_file_read(at->path, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(bytes, after, size);
    checkpoint_list list;
    assert_fine(checkpoint_folder_list(at->folder, &list, &error), &error);
    char left[100];
    snprintf(left, sizeof left, "%s.%ld.tmp", at->path, (long)getpid());
    assert_int_not_equal(access(left, F_OK), 0);
    free(list.places);
    free(bytes);
    free(after);
}

static void test_a_folder_that_is_missing_is_named(void **state)
{
    bench *at = *state;
    train_error error;
    assert_fails(checkpoint_write("/nonexistent/x", at->training, &given, &error), CAVIAR_NOT_FOUND,
                 &error, "cannot write /nonexistent/x");
}

static void add_checkpoint(const bench *at, uint64_t step, uint64_t batches)
{
    char path[PATH_MAX];
    train_error error;
    checkpoint_place place = {step, batches};
    assert_fine(checkpoint_path(at->folder, place, path, &error), &error);
    assert_fine(checkpoint_write(path, at->training, &given, &error), &error);
}

static void assert_listed(const bench *at, const checkpoint_place *places, size_t count)
{
    train_error error;
    checkpoint_list list;
    assert_fine(checkpoint_folder_list(at->folder, &list, &error), &error);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list.places[i].step, places[i].step);
        assert_int_equal(list.places[i].update, places[i].update);
    }
    free(list.places);
}

static void test_a_folder_lists_prunes_and_cuts_its_checkpoints(void **state)
{
    bench *at = *state;
    train_error error;
    add_checkpoint(at, 10, 100);
    add_checkpoint(at, 2, 20);
    add_checkpoint(at, 2, 25);
    add_checkpoint(at, 1000000, 12345678901);
    add_checkpoint(at, 9, 90);
    test_file_write(at->folder, "step-2-update-20.checkpoint", "x", 1); // not a name of ours
    test_file_write(at->folder, "step-000003-update-0000000030.checkpoint.1.tmp", "x", 1);
    const checkpoint_place all[] = {{2, 20}, {2, 25}, {9, 90}, {10, 100}, {1000000, 12345678901}};
    assert_listed(at, all, 5);
    assert_fine(checkpoint_folder_cut(at->folder, all[3], &error), &error);
    assert_listed(at, all, 4);
    assert_fine(checkpoint_folder_prune(at->folder, 2, &error), &error);
    assert_listed(at, all + 2, 2);
    assert_fine(checkpoint_folder_prune(at->folder, 2, &error), &error);
    assert_listed(at, all + 2, 2);
}

static void test_a_folder_is_made_with_those_above_it(void **state)
{
    bench *at = *state;
    train_error error;
    char path[128];
    snprintf(path, sizeof path, "%s/a/b/c", at->folder);
    assert_fine(checkpoint_folder_make(path, &error), &error);
    assert_fine(checkpoint_folder_make(path, &error), &error);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    snprintf(path, sizeof path, "%s/b", at->path); // below a file
    assert_true(checkpoint_folder_make(path, &error) != CAVIAR_OK);
    assert_contains(error.sentence, path);
}

static void test_a_saved_network_gives_the_same_answers(void **state)
{
    bench *at = *state;
    train_error error;
    model saved;
    const sample_list *list = data_validation(at->data);
    totals before = training_evaluate(at->training, list).sum, after = {0};
    assert_fine(model_write(at->path, at->training->net, data_preprocessing(at->data), &error),
                &error);
    assert_fine(model_read(at->path, kernels_at(0), 10, &saved, &error), &error);
    data_gather(&saved.how, kernels_at(0), list->source, list->numbers, 10, saved.net->x,
                saved.net->labels, saved.net->targets);
    network_evaluate(saved.net, 10, &after);
    assert_true(before.loss == after.loss);
    assert_int_equal(before.wrong, after.wrong);
    model_clear(&saved);
}

static void test_a_saved_network_keeps_the_columns_of_its_table(void **state)
{
    bench *at = *state;
    train_error error;
    model saved;
    char path[80];
    const char *text = "size,name,\"a \"\"b\"\"\nc\"\n1,x,no\n2,y,yes\n4,x,no\n5,z,yes\n";
    test_file_write(at->folder, "t.csv", text, strlen(text));
    snprintf(path, sizeof path, "%s/t.csv", at->folder);
    data *table;
    data_options options = {.path = path, .target = "a \"b\"\nc"};
    assert_fine(data_open(&options, &table, &error), &error);
    const preprocessing *how = data_preprocessing(table);
    architecture shape = at->shape;
    shape.in = how->feature_count;
    shape.classes = 2;
    network *net;
    assert_fine(network_new(&shape, kernels_at(0), 4, &net, &error), &error);
    network_init(net, INIT_HE, 1);
    assert_fine(model_write(at->path, net, how, &error), &error);
    assert_fine(model_read(at->path, kernels_at(0), 4, &saved, &error), &error);
    const schema *was = &how->schema, *is = &saved.how.schema;
    assert_int_equal(is->column_count, 3);
    assert_int_equal(is->target, 2);
    assert_string_equal(is->columns[2].name, "a \"b\"\nc");
    assert_true(is->columns[0].mean == was->columns[0].mean);
    assert_true(is->columns[0].deviation == was->columns[0].deviation);
    assert_int_equal(words_find(&is->columns[1].levels, "z"), 2);
    assert_string_equal(is->classes.texts[1], "yes");
    assert_int_equal(saved.how.feature_count, how->feature_count);
    model_clear(&saved);
    network_free(net);
    data_close(table);
}

static void test_a_saved_network_that_is_damaged_anywhere_is_refused(void **state)
{
    bench *at = *state;
    train_error error;
    model saved;
    size_t size;
    assert_fine(model_write(at->path, at->training->net, data_preprocessing(at->data), &error),
                &error);
    char *bytes = test_file_read(at->path, &size);
    for (size_t cut = 0; cut < size; cut++) {
        test_file_write(at->folder, "file", bytes, cut);
        assert_true(model_read(at->path, kernels_at(0), 10, &saved, &error) != CAVIAR_OK);
        assert_contains(error.sentence, at->path);
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        test_file_write(at->folder, "file", bytes, size);
        assert_true(model_read(at->path, kernels_at(0), 10, &saved, &error) != CAVIAR_OK);
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
    }
    free(bytes);
}

static void test_a_saved_network_of_a_quantity_keeps_its_unit(void **state)
{
    bench *at = *state;
    train_error error;
    model saved;
    char path[80];
    const char *text = "size,price\n1,10.5\n2,30.5\n3,20.5\n4,40.5\n";
    test_file_write(at->folder, "q.csv", text, strlen(text));
    snprintf(path, sizeof path, "%s/q.csv", at->folder);
    data *table;
    data_options options = {.path = path, .target = "price"};
    assert_fine(data_open(&options, &table, &error), &error);
    const preprocessing *how = data_preprocessing(table);
    architecture shape = at->shape;
    shape.in = shape.classes = 1;
    shape.loss = LOSS_SQUARED_ERROR;
    network *net;
    assert_fine(network_new(&shape, kernels_at(0), 4, &net, &error), &error);
    assert_fine(model_write(at->path, net, how, &error), &error);
    assert_fine(model_read(at->path, kernels_at(0), 4, &saved, &error), &error);
    assert_int_equal(saved.net->architecture.loss, LOSS_SQUARED_ERROR);
    assert_true(saved.how.schema.is_quantity);
    assert_near(saved.how.schema.columns[1].mean, 25.5, 1e-9);
    assert_near(saved.how.schema.columns[1].deviation, sqrt(125), 1e-9);
    model_clear(&saved);
    net->architecture.loss = LOSS_CROSS_ENTROPY; // one output, and yet classes
    assert_fine(model_write(at->path, net, how, &error), &error);
    assert_fails(model_read(at->path, kernels_at(0), 4, &saved, &error), CAVIAR_CORRUPT, &error,
                 "the description of the network is damaged");
    network_free(net);
    data_close(table);
}

static void test_a_checkpoint_keeps_the_best_network(void **state)
{
    bench *at = *state;
    train_error error;
    at->options.patience = 3;
    training *a = make_training(at), *b = make_training(at);
    assert_true(training_step(a));
    training_count_report(a, (score){0.5, 2});
    real *best_then = copy_reals(a->net->parameters, a->net->parameter_count);
    assert_true(training_step(a));
    training_count_report(a, (score){0.5, 3});
    training_count_report(a, (score){0.6, 1.5}); // a gain, but not the best
    assert_fine(checkpoint_write(at->path, a, &given, &error), &error);
    assert_fine(checkpoint_read(at->path, b, &given, &error), &error);
    assert_memory_equal(&b->best->gains, &a->best->gains, sizeof(gains));
    assert_int_equal(b->best->gains.step, 1);
    assert_int_equal(b->best->gains.last_gain, 3);
    best_restore(b->best, b->net);
    assert_memory_equal(b->net->parameters, best_then, b->net->parameter_count * sizeof(real));
    free(best_then);
    training_free(a);
    training_free(b);
}

// One that was written without patience begins to be patient where it stands.
static void test_a_checkpoint_without_patience_gives_a_new_beginning(void **state)
{
    bench *at = *state;
    train_error error;
    training_count_report(at->training, (score){0.5, 0.5});
    assert_fine(checkpoint_write(at->path, at->training, &given, &error), &error);
    at->options.patience = 2;
    training *made = make_training(at);
    assert_fine(checkpoint_read(at->path, made, &given, &error), &error);
    assert_int_equal(made->best->gains.step, 0);
    assert_int_equal(made->best->gains.last_gain, 1);
    assert_false(training_is_done(made));
    training_count_report(made, (score){0.9, 0.9});
    assert_int_equal(made->best->gains.step, 2);
    training_free(made);
}

static void test_a_checkpoint_is_no_saved_network(void **state)
{
    bench *at = *state;
    train_error error;
    model saved;
    assert_fails(model_read(at->path, kernels_at(0), 10, &saved, &error), CAVIAR_CORRUPT, &error,
                 "the description of the data is damaged");
}

#define IN_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_BENCH(test_a_file_cut_off_anywhere_is_refused),
        IN_BENCH(test_any_flipped_bit_is_found),
        IN_BENCH(test_other_files_are_told_apart),
        IN_BENCH(test_a_checkpoint_of_something_else_is_refused_with_the_difference),
        IN_BENCH(test_a_changed_hyperparameter_stays_unless_another_is_given),
        IN_BENCH(test_a_write_that_fails_leaves_the_old_file),
        IN_BENCH(test_a_folder_that_is_missing_is_named),
        IN_BENCH(test_a_folder_lists_prunes_and_cuts_its_checkpoints),
        IN_BENCH(test_a_folder_is_made_with_those_above_it),
        IN_BENCH(test_a_saved_network_gives_the_same_answers),
        IN_BENCH(test_a_saved_network_keeps_the_columns_of_its_table),
        IN_BENCH(test_a_saved_network_that_is_damaged_anywhere_is_refused),
        IN_BENCH(test_a_saved_network_of_a_quantity_keeps_its_unit),
        IN_BENCH(test_a_checkpoint_keeps_the_best_network),
        IN_BENCH(test_a_checkpoint_without_patience_gives_a_new_beginning),
        IN_BENCH(test_a_checkpoint_is_no_saved_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
