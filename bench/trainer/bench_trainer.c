/**
 * bench_trainer.c: how many samples a second the trainer trains on, and what share that is of its
 * floor: the eight matrix products of a mini-batch at BLAS's own rate, and one pass over the bytes
 * that the optimiser must read and write.
 *
 * Network 784-256-128-10, one thread, process CPU time, data as MNIST's in number and size (random
 * bytes unless a folder is given). Each configuration and its floor are measured in turns; of
 * each, the best turn counts, as the rest of the machine can only slow it down.
 *
 *     bench_trainer [FOLDER with MNIST's files]
 */
#include "trainer/machine.h"
#include "trainer/training.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 12, SAMPLES_A_TURN = 12800, IMAGES = 60000, PIXELS = 784 };

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static void fail(const train_error *error)
{
    fprintf(stderr, "bench_trainer: %s\n", error->sentence);
    exit(1);
}

static void write_idx(const char *folder, const char *name, size_t width, unsigned below)
{
    char path[200];
    rng random = {.stream = rng_stream_of(1, RNG_TEST, width, 0)};
    uint8_t header[] = {0,
                        0,
                        8,
                        width > 1 ? 2 : 1,
                        0,
                        0,
                        IMAGES >> 8,
                        IMAGES & 255,
                        0,
                        0,
                        (uint8_t)(width >> 8),
                        (uint8_t)width};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || !fwrite(header, width > 1 ? 12 : 8, 1, file))
        exit(1);
    for (size_t i = 0; i < IMAGES * width; i += 8) {
        uint64_t word = rng_u64(&random);
        for (size_t k = 0; k < 8; k++)
            putc((int)((word >> 8 * k & 255) % below), file);
    }
    fclose(file);
}

static data *open_data(const char *folder)
{
    char made[] = "/tmp/caviar-bench-XXXXXX", path[100];
    train_error error;
    data *samples;
    bool random = !folder && mkdtemp(made);
    if (random) {
        write_idx(made, "train-images-idx2-ubyte", PIXELS, 256);
        write_idx(made, "train-labels-idx1-ubyte", 1, 10);
        folder = made;
    }
    data_options options = {.path = folder, .validation = 10000};
    if (data_open(&options, &samples, &error))
        fail(&error);
    for (int i = 0; random && i < 2; i++) { // they stay mapped
        snprintf(path, sizeof path, "%s/train-%s-ubyte", made, i ? "labels-idx1" : "images-idx2");
        unlink(path);
    }
    if (random)
        rmdir(made);
    return samples;
}

// Seconds for a mini-batch.
static double time_training(training *at, size_t batches)
{
    double start = now();
    for (size_t i = 0; i < batches; i++)
        if (!training_step(at))
            exit(1);
    return (now() - start) / (double)batches;
}

// The products of a mini-batch, on arrays of a training's own sizes.
static void multiply(const network *net, size_t m)
{
    for (size_t i = 0; i < net->layer_count; i++) {
        const layer *at = &net->layers[i];
        blas_linear_forward(m, at->in, at->out, at->x, at->w, at->stage.z);
        blas_linear_backward(m, at->in, at->out, at->x, at->w, at->stage.slope, at->dw,
                             i > 0 ? net->delta[0] : NULL);
    }
}

// What the optimiser reads and writes of each parameter: gradient, parameter twice, moments twice.
static double bytes_of(optimizer_kind kind)
{
    static const double arrays[] = {[OPTIMIZER_SGD] = 3,
                                    [OPTIMIZER_MOMENTUM] = 5,
                                    [OPTIMIZER_RMSPROP] = 5,
                                    [OPTIMIZER_ADAM] = 7};
    return arrays[kind] * sizeof(real);
}

// The update of `momentum` does next to nothing but to move bytes; it stands for their rate.
static double time_floor(const training *at, optimizer_kind kind, size_t m, size_t batches)
{
    const update nothing = {.beta1 = 1};
    double start = now();
    for (size_t i = 0; i < batches; i++)
        multiply(at->net, m);
    double multiplied = now();
    for (size_t i = 0; i < batches; i++)
        at->net->kernels->update[OPTIMIZER_MOMENTUM](&nothing, at->net->parameter_count,
                                                     at->net->parameters, at->net->gradients,
                                                     at->optimizer->moments[0], NULL);
    double moved = (now() - multiplied) * bytes_of(kind) / bytes_of(OPTIMIZER_MOMENTUM);
    return (multiplied - start + moved) / (double)batches;
}

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

static void measure(const data *samples, size_t batch, optimizer_kind kind, bool batch_norm)
{
    train_error error;
    training *real_one, *spare; // the floor spoils its arrays
    architecture shape = {.in = data_preprocessing(samples)->feature_count,
                          .classes = data_preprocessing(samples)->class_count,
                          .hidden_count = 2,
                          .units = {256, 128},
                          .activation = ACTIVATION_RELU,
                          .batch_norm = batch_norm,
                          .norm_epsilon = 1e-5,
                          .norm_new_weight = 0.1};
    training_options options = {
        .seed = 1, .batch = batch, .epochs = 1000, .report_every = 1, .optimizer = kind};
    training_options floor_options = options;
    floor_options.optimizer = OPTIMIZER_MOMENTUM;
    hyper usual = {.lr = 1e-3, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    if (training_new(&options, &usual, &shape, INIT_HE, kernels_at(0), samples, &real_one,
                     &error) ||
        training_new(&floor_options, &usual, &shape, INIT_HE, kernels_at(0), samples, &spare,
                     &error))
        fail(&error);
    double best = 1e9, floor = 1e9;
    for (int turn = 0; turn < TURNS; turn++) {
        best = lesser(best, time_training(real_one, SAMPLES_A_TURN / batch));
        floor = lesser(floor, time_floor(spare, kind, batch, SAMPLES_A_TURN / batch));
    }
    printf("%5zu  %-8s  %-3s  %8.1f  %8.1f  %5.2f\n", batch, optimizer_words[kind],
           batch_norm ? "on" : "off", (double)batch / best / 1e3, (double)batch / floor / 1e3,
           floor / best);
    fflush(stdout);
    training_free(real_one);
    training_free(spare);
}

int main(int argc, char **argv)
{
    static const size_t batches[] = {64, 512};
    static const optimizer_kind kinds[] = {OPTIMIZER_SGD, OPTIMIZER_MOMENTUM, OPTIMIZER_ADAM};
    machine_start_alone(argv);
    machine_prepare(1);
    data *samples = open_data(argc > 1 ? argv[1] : NULL);
    printf("784-256-128-10, one thread, OpenBLAS for %s, kernels %s; thousands of samples a "
           "second\n"
           "batch  optimizer BN      trained     floor  share\n",
           machine_core(), kernels_at(0)->name);
    for (size_t b = 0; b < 2; b++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            for (int batch_norm = 0; batch_norm < 2; batch_norm++)
                measure(samples, batches[b], kinds[k], batch_norm);
    data_close(samples);
    return 0;
}
