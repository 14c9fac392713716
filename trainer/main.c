/**
 * main.c: caviar-train, which trains a multi-layer perceptron to tell classes apart or to predict a
 * quantity.
 *
 * The way through the program: options.c reads the command line; data.c opens the data; run.c goes
 * from there to the test error, with training.c for the mini-batches, network.c for the passes,
 * plain.c and fast.c for the arithmetic in them, and tuner.c for the reports. What run.c saved,
 * predict.c asks; describe.c tells of a network before or after it is trained.
 */
#include "trainer/describe.h"
#include "trainer/machine.h"
#include "trainer/predict.h"
#include "trainer/run.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_SIGNAL = 128 };

static caviar_code obey(const options *wanted, int *ret_signal, train_error *error)
{
    switch (wanted->command) {
    case COMMAND_PREDICT:
        return predict(wanted, error);
    case COMMAND_DESCRIBE:
        return describe(wanted, error);
    case COMMAND_TRAIN:
    case COMMAND_COUNT:
        break;
    }
    return run(wanted, ret_signal, error);
}

int main(int argc, char **argv)
{
    options wanted;
    train_error error;
    if (options_read(argc, argv, &wanted, &error)) {
        fprintf(stderr, "caviar-train: %s\n", error.sentence);
        return STATUS_USAGE;
    }
    if (wanted.help) {
        options_print_help(stdout, wanted.command);
        return 0;
    }
    if (wanted.manual) {
        options_print_manual(stdout);
        return 0;
    }
    if (wanted.version) {
        printf("caviar-train %s\n", caviar_version());
        return 0;
    }
    machine_start_alone(argv);
    int signal = 0;
    if (obey(&wanted, &signal, &error)) {
        fprintf(stderr, "caviar-train: %s\n", error.sentence);
        return STATUS_FAILED;
    }
    return signal ? STATUS_SIGNAL + signal : 0;
}
