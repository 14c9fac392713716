/**
 * option_table.c: every option, once; and the help that is made of them.
 */
#include "trainer/option_table.h"

#include <string.h>

#define FIELD(name) offsetof(options, name)

const option option_table[] = {
    {"data", OPTION_TEXT, FIELD(data.path), .argument = "DIR|FILE.csv", .group = "Data",
     .help = "a folder with MNIST's four files, or files named alike, gzipped or not; or a table "
             "with a header, gzipped or not"},
    {"target", OPTION_TEXT, FIELD(data.target), .argument = "COLUMN",
     .help = "the column of the table to predict"},
    {"samples", OPTION_WHOLE, FIELD(data.samples), "0", "[0, 2147483647]",
     .help = "train on so many samples; 0: on all that are not held out"},
    {"validation", OPTION_WHOLE, FIELD(data.validation), NULL, "[0, 2147483647]",
     .help = "hold out so many samples to measure val_error on, the classes in their shares; they "
             "are the same ones for every --seed",
     .otherwise = "10000 of 50000 or more, else a fifth"},
    {"test", OPTION_FLAG, FIELD(data.with_test),
     .help = "at the end, measure the error on the test set: DIR's t10k files; of FILE-train.csv "
             "FILE-test.csv, of FILE.csv FILE.test.csv"},

    {"layers", OPTION_WHOLE, FIELD(layers), "2", "[0, 64]", .group = "Network",
     .help = "hidden layers"},
    {"units", OPTION_UNITS, FIELD(units), "256", "[1, 1048576]",
     .help = "units of each hidden layer, or a list such as 512,256 with one number for each"},
    {"activation", OPTION_WORD, FIELD(activation), "relu", .words = activation_words,
     .help = "what follows each hidden layer"},
    {"batch-norm", OPTION_SWITCH, FIELD(batch_norm), "on",
     .help = "batch normalisation before the activation"},
    {"batch-norm-epsilon", OPTION_REAL, FIELD(norm_epsilon), "1e-05", "(0, 1]",
     .help = "what it adds to the variance"},
    {"batch-norm-new-weight", OPTION_REAL, FIELD(norm_new_weight), "0.1", "(0, 1]",
     .help = "weight of the newest mini-batch in the running averages for test time"},
    {"dropout", OPTION_REAL, FIELD(hyper.dropout), "0", "[0, 1)",
     .help = "share of each hidden layer's outputs that a mini-batch drops"},
    {"init", OPTION_WORD, FIELD(init), "he", .words = init_words,
     .help = "variance of the first weights: he 2/in, xavier 2/(in + out)"},

    {"optimizer", OPTION_WORD, FIELD(optimizer), "momentum", .words = optimizer_words,
     .group = "Training", .help = "how gradients become steps"},
    {"lr", OPTION_REAL, FIELD(hyper.lr), NULL, "(0, 1000]", .help = "learning rate",
     .otherwise = "0.1; of rmsprop and adam 0.001"},
    {"momentum", OPTION_REAL, FIELD(hyper.momentum), "0.9", "[0, 1)",
     .help = "beta of the optimizer momentum: v = beta v + gradient, w = w - lr v"},
    {"beta1", OPTION_REAL, FIELD(hyper.beta1), "0.9", "[0, 1)",
     .help = "of adam: weight of the old mean of the gradients"},
    {"beta2", OPTION_REAL, FIELD(hyper.beta2), NULL, "[0, 1)",
     .help = "of adam and rmsprop: weight of the old mean of their squares",
     .otherwise = "0.999; of rmsprop 0.9"},
    {"epsilon", OPTION_REAL, FIELD(hyper.epsilon), "1e-08", "(0, 1]",
     .help = "of adam and rmsprop: what is added to the root of that mean"},
    {"batch", OPTION_WHOLE, FIELD(batch), "64", "[1, 1048576]", .help = "samples in a mini-batch"},
    {"epochs", OPTION_WHOLE, FIELD(epochs), "5", "[1, 1000000]",
     .help = "passes over the training samples"},
    {"decay", OPTION_WORD, FIELD(decay), "cosine", .words = decay_words,
     .help = "how the learning rate falls with t, the epochs so far: inverse lr/(1 + rate t), "
             "exponential lr rate^t, step lr rate^floor(t/steps), cosine lr (1 + cos(pi "
             "t/epochs))/2"},
    {"decay-rate", OPTION_REAL, FIELD(hyper.decay_rate), NULL, "[0, 1000]",
     .help = "rate of inverse, exponential and step",
     .otherwise = "inverse 1, exponential 0.95, step 0.5"},
    {"decay-steps", OPTION_REAL, FIELD(decay_steps), "5", "(0, 1000000]",
     .help = "epochs between two drops of the decay step"},
    {"l2", OPTION_REAL, FIELD(hyper.l2), "0", "[0, 1000]",
     .help = "lambda: the cost has lambda/2 |W|^2 added to it"},
    {"seed", OPTION_WHOLE, FIELD(seed), "1", "[0, 9007199254740992]",
     .help = "of the first weights, the order of the samples, and dropout"},

    {"report-every", OPTION_WHOLE, FIELD(report_every), "1", "[1, 1000000]",
     .group = "Reports and files", .help = "report so many times an epoch; each report is a step"},
    {"checkpoint", OPTION_TEXT, FIELD(checkpoint), .argument = "DIR|none",
     .help = "keep checkpoints in this folder, and go on from the newest one there; none: keep "
             "none",
     .otherwise = "the folder that CAVIAR_DIR names, in a trial of caviar run"},
    {"checkpoint-every", OPTION_WHOLE, FIELD(checkpoint_every), "1", "[1, 1000000]",
     .help = "reports between two checkpoints"},
    {"checkpoint-keep", OPTION_WHOLE, FIELD(checkpoint_keep), "5", "[1, 1000000]",
     .help = "checkpoints to keep; older ones are removed"},
    {"save", OPTION_TEXT, FIELD(save), .argument = "FILE",
     .help = "at the end, write the network and its preprocessing to this file"},

    {"threads", OPTION_WHOLE, FIELD(threads), "1", "[1, 256]", .group = "Machine",
     .help = "threads that share a matrix product; for many trials, rather run several at once"},
    {"kernels", OPTION_TEXT, FIELD(kernels), "auto", .argument = "NAME",
     .help = "the code between the products: avx512, avx2, basic, or plain for plain loops"},

    {"help", OPTION_FLAG, FIELD(help), .group = "Help", .help = "print this and end"},
    {"version", OPTION_FLAG, FIELD(version), .help = "print the version and end"},
    {.name = NULL},
};

// Help --------------------------------------------------------------------------------------------

enum { HELP_WIDTH = 80, HELP_INDENT = 28, TEXT_SIZE = 600 };

static void describe_value(const option *one, char *ret_text, size_t size)
{
    size_t used = 0;
    ret_text[0] = '\0';
    switch (one->kind) {
    case OPTION_FLAG:
        break;
    case OPTION_SWITCH:
        snprintf(ret_text, size, " on|off");
        break;
    case OPTION_TEXT:
        snprintf(ret_text, size, " %s", one->argument);
        break;
    case OPTION_WORD:
        for (size_t i = 0; one->words[i] && used < size; i++)
            if (one->words[i][0])
                used += (size_t)snprintf(ret_text + used, size - used, "%c%s", used ? '|' : ' ',
                                         one->words[i]);
        break;
    case OPTION_WHOLE:
    case OPTION_UNITS:
        snprintf(ret_text, size, " N");
        break;
    case OPTION_REAL:
        snprintf(ret_text, size, " X");
        break;
    }
}

// Prints text with a margin, broken between words.
static void print_wrapped(FILE *out, const char *text, int at)
{
    while (*text) {
        int size = (int)strcspn(text, " ");
        if (at > HELP_INDENT && at + size + 1 > HELP_WIDTH) {
            fprintf(out, "\n");
            at = 0;
        }
        if (at < HELP_INDENT)
            at += fprintf(out, "%*s", HELP_INDENT - at, "");
        else if (at > HELP_INDENT)
            at += fprintf(out, " ");
        at += fprintf(out, "%.*s", size, text);
        text += size;
        text += strspn(text, " ");
    }
    fprintf(out, "\n");
}

static void print_option(FILE *out, const option *one)
{
    char value[TEXT_SIZE], text[TEXT_SIZE];
    describe_value(one, value, sizeof value);
    int at = fprintf(out, "  --%s%s", one->name, value);
    const char *otherwise = one->otherwise ? one->otherwise : one->initial;
    snprintf(text, sizeof text, "%s%s%s%s%s%s", one->help, one->range ? "; in " : "",
             one->range ? one->range : "", otherwise ? " (default: " : "",
             otherwise ? otherwise : "", otherwise ? ")" : "");
    if (at >= HELP_INDENT) {
        fprintf(out, "\n");
        at = 0;
    }
    print_wrapped(out, text, at);
}

void options_print_help(FILE *out)
{
    fprintf(out, "caviar-train: trains a multi-layer perceptron to tell classes apart.\n\n"
                 "usage: caviar-train --data DIR [option ...]\n"
                 "       caviar-train --data FILE.csv --target COLUMN [option ...]\n");
    for (const option *one = option_table; one->name; one++) {
        if (one->group)
            fprintf(out, "\n%s\n", one->group);
        print_option(out, one);
    }
    fprintf(out, "\nExamples\n"
                 "  caviar-train --data mnist --test\n"
                 "  caviar-train --data iris.csv --target species --batch 16 --epochs 50\n"
                 "  caviar-train --data mnist --optimizer adam --units 512,256 --dropout 0.2 \\\n"
                 "               --epochs 15 --checkpoint run1 --save digits.net\n"
                 "\n"
                 "Each report is a line as 'caviar: step=3 val_error=0.0213 val_loss=0.0724\n"
                 "train_loss=0.0413'; a program that caviar run started reports to it instead.\n"
                 "\n"
                 "Exit status: 0 success; 1 bad data, a file that cannot be written, or a loss\n"
                 "that is not finite; 2 bad usage; 130 and 143 after SIGINT and SIGTERM, with a\n"
                 "checkpoint written where there is a folder for it.\n");
}
