/**
 * test_train_memory.c: everything that the trainer does outside of its mini-batches, with the n-th
 * allocation failing, for n = 1, 2, ... until it is done without one that fails. Each failure must
 * be told as such, and (as the sanitizers and valgrind see) nothing may be lost.
 *
 * The program is linked with --wrap for the functions below.
 */
#include "support/train.h"

#include "trainer/checkpoint.h"
#include "trainer/checkpoint_folder.h"
#include "trainer/model.h"
#include "trainer/predict.h"

#include <stdio.h>
#include <sys/stat.h>

// The allocations to go until one fails; negative: none does.
static long until_failure = -1;

static bool is_to_fail(void)
{
    return until_failure > 0 && --until_failure == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_to_fail() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return is_to_fail() ? NULL : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
    return is_to_fail() ? NULL : __real_strdup(text);
}

static const hyper given = {
    .lr = 0.05, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};

// Predictions for the samples that a folder has beside its training data.
static caviar_code ask(const char *saved, const char *folder, train_error *error)
{
    char from[100], to[100];
    struct stat about;
    snprintf(from, sizeof from, "%s/t.test.csv", folder);
    if (stat(from, &about))
        snprintf(from, sizeof from, "%s/t10k-images-idx3-ubyte", folder);
    snprintf(to, sizeof to, "%s/answers", folder);
    options wanted = {.command = COMMAND_PREDICT,
                      .model = saved,
                      .data = {.path = from},
                      .output = to,
                      .kernels = "plain",
                      .threads = 1};
    return predict(&wanted, error);
}

// Training, checkpoint, saved network, and both read again.
static caviar_code train_and_save(const data *samples, const char *folder, train_error *error)
{
    char path[100];
    training *made = NULL;
    model saved = {.net = NULL};
    checkpoint_list list = {0};
    bool is_quantity = data_preprocessing(samples)->schema.is_quantity;
    training_options settings = {.batch = 8,
                                 .epochs = 1,
                                 .report_every = 1,
                                 .optimizer = OPTIMIZER_ADAM,
                                 .balanced = !is_quantity,
                                 .patience = 3};
    architecture shape = {.in = data_preprocessing(samples)->feature_count,
                          .classes = data_preprocessing(samples)->class_count,
                          .hidden_count = 1,
                          .units = {3},
                          .activation = ACTIVATION_RELU,
                          .loss = preprocessing_loss(data_preprocessing(samples)),
                          .batch_norm = true,
                          .norm_epsilon = 1e-5,
                          .norm_new_weight = 0.1};
    snprintf(path, sizeof path, "%s/file", folder);
    caviar_code code =
        training_new(&settings, &given, &shape, INIT_HE, &kernels_plain, samples, &made, error);
    if (!code) {
        long before = until_failure;
        assert_true(training_step(made));
        training_evaluate(made, data_training(samples));
        training_count_report(made, (score){0.5, 0.5});
        assert_int_equal(before, until_failure); // neither a mini-batch nor a report allocates
        code = checkpoint_write(path, made, &given, error);
    }
    if (!code)
        code = checkpoint_read(path, made, &given, error);
    if (!code)
        code = model_write(path, made->net, data_preprocessing(samples), error);
    if (!code)
        code = model_read(path, &kernels_plain, 8, &saved, error);
    if (!code)
        code = ask(path, folder, error);
    if (!code)
        code = checkpoint_folder_list(folder, &list, error);
    free(list.places);
    model_clear(&saved);
    training_free(made);
    return code;
}

static caviar_code do_everything(const data_options *from, const char *folder, train_error *error)
{
    data *samples;
    caviar_code code = data_open(from, &samples, error);
    if (code)
        return code;
    code = train_and_save(samples, folder, error);
    data_close(samples);
    return code;
}

static void fail_each(const data_options *from, const char *folder)
{
    caviar_code code = CAVIAR_NOMEM;
    long n = 0;
    while (code == CAVIAR_NOMEM && n < 10000) {
        train_error error = {CAVIAR_OK, ""};
        until_failure = ++n;
        code = do_everything(from, folder, &error);
        until_failure = -1;
        if (code)
            assert_contains(error.sentence, "out of memory");
    }
    assert_string_equal(caviar_code_name(code), "ok");
    assert_true(n > 20); // there were as many to fail
}

static void test_every_allocation_with_a_table_may_fail(void **state)
{
    (void)state;
    char folder[64], path[100], text[8000] = "size,colour,name,kind\n";
    size_t used = strlen(text);
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,\"c%d\",name %d,%s\n", i,
                                 i % 20, i, i % 3 ? "yes" : "no");
    test_folder_make(folder);
    test_file_write(folder, "t.csv", text, used);
    test_file_write_gzip(folder, "t.test.csv", text, used);
    snprintf(path, sizeof path, "%s/t.csv", folder);
    fail_each(&(data_options){.path = path, .target = "kind", .validation = -1, .with_test = true},
              folder);
    test_folder_remove(folder);
}

static void test_every_allocation_with_a_quantity_may_fail(void **state)
{
    (void)state;
    char folder[64], path[100], text[8000] = "size,price\n";
    size_t used = strlen(text);
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%d.5\n", i, i * 7 % 50);
    test_folder_make(folder);
    test_file_write(folder, "t.csv", text, used);
    test_file_write(folder, "t.test.csv", text, used);
    snprintf(path, sizeof path, "%s/t.csv", folder);
    fail_each(&(data_options){.path = path, .target = "price", .validation = -1, .with_test = true},
              folder);
    test_folder_remove(folder);
}

static void test_every_allocation_with_images_may_fail(void **state)
{
    (void)state;
    char folder[64], path[100];
    size_t size;
    test_folder_make(folder);
    test_images_write(folder, "train", 50, 1);
    test_images_write(folder, "t10k", 20, 2);
    snprintf(path, sizeof path, "%s/train-images-idx3-ubyte", folder);
    char *bytes = test_file_read(path, &size);
    test_file_write_gzip(folder, "train-images-idx3-ubyte", bytes, size); // inflated by content
    free(bytes);
    fail_each(&(data_options){.path = folder, .validation = 10, .with_test = true}, folder);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_with_a_table_may_fail),
        cmocka_unit_test(test_every_allocation_with_a_quantity_may_fail),
        cmocka_unit_test(test_every_allocation_with_images_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
