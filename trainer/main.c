/**
 * main.c: caviar-train, which trains a multi-layer perceptron to tell classes apart.
 *
 * The way through the program: options.c reads the command line; data.c opens the data; run.c goes
 * from there to the test error, with training.c for the mini-batches, network.c for the passes,
 * plain.c and fast.c for the arithmetic in them, and tuner.c for the reports.
 */
#include "trainer/machine.h"
#include "trainer/run.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_SIGNAL = 128 };

int main(int argc, char **argv)
{
    options wanted;
    train_error error;
    if (options_read(argc, argv, &wanted, &error)) {
        fprintf(stderr, "caviar-train: %s\n", error.sentence);
        return STATUS_USAGE;
    }
    if (wanted.help) {
        options_print_help(stdout);
        return 0;
    }
    if (wanted.version) {
        printf("caviar-train %s\n", caviar_version());
        return 0;
    }
    machine_start_alone(argv);
    int signal = 0;
    if (run(&wanted, &signal, &error)) {
        fprintf(stderr, "caviar-train: %s\n", error.sentence);
        return STATUS_FAILED;
    }
    return signal ? STATUS_SIGNAL + signal : 0;
}
