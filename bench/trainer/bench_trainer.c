/**
 * bench_trainer.c: the trainer's own side of bench.py: how many seconds it takes for mini-batches,
 * and how many their floor takes: the eight matrix products of a mini-batch at BLAS's own rate, and
 * one pass over the bytes that the optimiser must read and write.
 *
 * Network 784-256-128-10, one thread, process CPU time. Lines on standard input:
 *
 *     make BATCH OPTIMIZER on|off   a new training; on: with batch normalisation; answers "ready"
 *     train BATCHES                 trains, and answers with the seconds it took
 *     floor BATCHES                 the same for the floor
 *     products BATCHES              the same for the trainer's own products alone
 *
 *     bench_trainer FOLDER with MNIST's files
 */
#include "trainer/machine.h"
#include "trainer/training.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static data *open_data(const char *folder)
{
    train_error error;
    data *samples;
    data_options options = {.path = folder};
    if (data_open(&options, &samples, &error))
        fail(&error);
    return samples;
}

static double time_training(training *at, size_t batches)
{
    double start = now();
    for (size_t i = 0; i < batches; i++)
        if (!training_step(at))
            exit(1);
    return now() - start;
}

// The products of mini-batches, on arrays of a training's own sizes.
static double time_products(const network *net, size_t m, size_t batches, bool on_blas)
{
    double start = now();
    for (size_t b = 0; b < batches; b++) {
        for (size_t i = 0; i < net->layer_count; i++) {
            const layer *at = &net->layers[i];
            real *dx = i > 0 ? net->delta[0] : NULL;
            (on_blas ? blas_linear_forward
                     : net->kernels->linear_forward)(m, at->in, at->out, at->x, at->w, at->stage.z);
            (on_blas ? blas_linear_backward : net->kernels->linear_backward)(
                m, at->in, at->out, at->x, at->w, at->stage.slope, at->dw, dx);
        }
    }
    return now() - start;
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
static double time_floor(const training *at, optimizer_kind kind, size_t batches)
{
    const update nothing = {.beta1 = 1};
    double multiplied = time_products(at->net, at->options.batch, batches, true), start = now();
    for (size_t i = 0; i < batches; i++)
        at->net->kernels->update[OPTIMIZER_MOMENTUM](&nothing, at->net->parameter_count,
                                                     at->net->parameters, at->net->gradients,
                                                     at->optimizer->moments[0], NULL);
    return multiplied + (now() - start) * bytes_of(kind) / bytes_of(OPTIMIZER_MOMENTUM);
}

static training *make(const data *samples, size_t batch, optimizer_kind kind, bool batch_norm)
{
    train_error error;
    training *made;
    architecture shape = {.in = data_preprocessing(samples)->feature_count,
                          .classes = data_preprocessing(samples)->class_count,
                          .hidden_count = 2,
                          .units = {256, 128},
                          .activation = ACTIVATION_RELU,
                          .batch_norm = batch_norm,
                          .norm_epsilon = 1e-5,
                          .norm_new_weight = 0.1};
    training_options options = {
        .seed = 1, .batch = batch, .epochs = 100000, .report_every = 1, .optimizer = kind};
    hyper usual = {.lr = 1e-3, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    if (training_new(&options, &usual, &shape, INIT_HE, kernels_at(0), samples, &made, &error))
        fail(&error);
    return made;
}

static optimizer_kind kind_of(const char *word)
{
    for (optimizer_kind kind = 0; kind < OPTIMIZER_COUNT; kind++)
        if (strcmp(word, optimizer_words[kind]) == 0)
            return kind;
    fprintf(stderr, "bench_trainer: there is no optimizer '%s'\n", word);
    exit(1);
}

// One line of the conversation; `pair` is the training, and a spare one, which the floor spoils.
static void obey(const char *line, const data *samples, training *pair[2])
{
    size_t count;
    char word[16], switched[4];
    if (sscanf(line, "make %zu %15s %3s", &count, word, switched) == 3) {
        for (size_t i = 0; i < 2; i++)
            training_free(pair[i]);
        pair[0] = make(samples, count, kind_of(word), strcmp(switched, "on") == 0);
        pair[1] = make(samples, count, OPTIMIZER_MOMENTUM, strcmp(switched, "on") == 0);
        puts("ready");
    } else if (pair[0] && sscanf(line, "train %zu", &count) == 1) {
        printf("%.9f\n", time_training(pair[0], count));
    } else if (pair[0] && sscanf(line, "floor %zu", &count) == 1) {
        printf("%.9f\n", time_floor(pair[1], pair[0]->options.optimizer, count));
    } else if (pair[0] && sscanf(line, "products %zu", &count) == 1) {
        printf("%.9f\n", time_products(pair[1]->net, pair[1]->options.batch, count, false));
    } else {
        puts("not understood");
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[80];
    training *pair[2] = {NULL, NULL};
    machine_start_alone(argv);
    machine_prepare(1);
    if (argc != 2) {
        fprintf(stderr, "usage: bench_trainer FOLDER\n");
        return 2;
    }
    data *samples = open_data(argv[1]);
    printf("OpenBLAS for %s, kernels %s\n", machine_core(), kernels_at(0)->name);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        obey(line, samples, pair);
    for (size_t i = 0; i < 2; i++)
        training_free(pair[i]);
    data_close(samples);
    return 0;
}
