/**
 * fuzz_checkpoint.c: any bytes as a checkpoint and as a saved network. The size and the checksum
 * are made right first, or nothing would ever get past them.
 */
#include "trainer/checkpoint.h"
#include "trainer/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { HEADER = 32, TRAILER = 8, SIZE_AT = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const hyper given = {
    .lr = 0.1, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};

// A training that the corpus's checkpoints are of: a table of four rows, two numbers, two classes.
static training *make_training(void)
{
    static const char table[] = "a,b,y\n1,4,u\n2,3,v\n3,2,u\n4,1,v\n";
    train_error error;
    char path[] = "/tmp/caviar-fuzz-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!file || fputs(table, file) < 0 || fclose(file))
        abort();
    data_options options = {.path = path, .target = "y", .validation = 0};
    training_options how = {.batch = 2, .epochs = 3, .report_every = 1, .patience = 2};
    how.optimizer = OPTIMIZER_ADAM;
    architecture shape = {.in = 2,
                          .classes = 2,
                          .hidden_count = 1,
                          .units = {2},
                          .activation = ACTIVATION_RELU,
                          .batch_norm = true,
                          .norm_epsilon = 1e-5,
                          .norm_new_weight = 0.1};
    data *samples;
    training *made;
    if (data_open(&options, &samples, &error) ||
        training_new(&how, &given, &shape, INIT_HE, &kernels_plain, samples, &made, &error))
        abort();
    remove(path);
    return made;
}

static void load(const void *bytes, size_t size)
{
    static training *made; // for the life of the process
    train_error error;
    container from;
    model saved;
    if (!made)
        made = make_training();
    if (container_parse(bytes, size, &from, &error))
        return;
    progress before = made->progress;
    if (checkpoint_load(&from, made, &given, &error)) {
        if (memcmp(&before, &made->progress, sizeof before) != 0)
            abort(); // a failure changes nothing
    } else {
        training_is_done(made); // what was accepted can go on, and come to an end
        training_step(made);
        training_count_report(made, (score){0.5, 0.5});
        best_restore(made->best, made->net);
        training_is_due(made);
    }
    if (model_load(&from, &kernels_plain, 2, &saved, &error) == CAVIAR_OK) {
        totals sum = {0};
        network_evaluate(saved.net, 2, &sum);
        model_clear(&saved);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t whole = size / 8 * 8;
    if (whole < HEADER + TRAILER)
        return 0;
    uint8_t *copy = malloc(whole);
    if (!copy)
        return 0;
    memcpy(copy, bytes, whole);
    uint64_t told = whole;
    memcpy(copy + SIZE_AT, &told, sizeof told);
    uint32_t sum[2] = {(uint32_t)crc32_z(0, copy, whole - TRAILER), 0};
    memcpy(copy + whole - TRAILER, sum, sizeof sum);
    load(copy, whole);
    free(copy);
    return 0;
}
