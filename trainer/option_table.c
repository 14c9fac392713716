/**
 * option_table.c: every option, once.
 */
#include "trainer/option_table.h"

#define X(name, word, summary) word,
const char *const command_words[] = {COMMANDS(X) NULL};
#undef X
#define X(name, word, summary) summary,
const char *const command_summaries[] = {COMMANDS(X) NULL};
#undef X

#define X(name, word) word,
static const char *const task_words[] = {TASKS(X) NULL};
#undef X

static const char *const class_weights_words[] = {"none", "balanced", NULL};

#define FIELD(name) offsetof(options, name)

enum {
    TRAIN = 1 << COMMAND_TRAIN,
    PREDICT = 1 << COMMAND_PREDICT,
    DESCRIBE = 1 << COMMAND_DESCRIBE,
    ALL = TRAIN | PREDICT | DESCRIBE,
};

const option option_table[] = {
    {"data", OPTION_TEXT, FIELD(data.path), .argument = "PATH", .group = "Data", .commands = ALL,
     .help = "a folder with MNIST's four files, or files named alike; an IDX file of images; or a "
             "CSV table with a header; gzipped or not"},
    {"labels", OPTION_TEXT, FIELD(data.labels), .argument = "FILE",
     .help = "the labels of an IDX file of images",
     .otherwise = "the file of its name with 'labels' for 'images'"},
    {"target", OPTION_TEXT, FIELD(data.target), .argument = "COLUMN",
     .help = "the column of the table to predict"},
    {"task", OPTION_WORD, FIELD(data.task), "auto", .words = task_words,
     .help = "what the target is: classification, classes; regression, a quantity; auto, a "
             "quantity where all values are numbers, and one has a fraction or there are more "
             "than 20 different ones and more than a tenth as many as rows"},
    {"class-weights", OPTION_WORD, FIELD(class_weights), "none", .words = class_weights_words,
     .help = "balanced: each class counts as much as any other, however few samples it has"},
    {"samples", OPTION_WHOLE, FIELD(data.samples), "0", "[0, 2147483647]",
     .help = "train on so many samples; 0: on all that are not held out"},
    {"validation", OPTION_WHOLE, FIELD(data.validation), NULL, "[0, 2147483647]",
     .help = "hold out so many samples to measure val_error or val_rmse on, the classes (or tenths "
             "of a quantity) in their shares; they are the same ones for every --seed",
     .otherwise = "10000 of 50000 or more, else a fifth"},
    {"test", OPTION_FLAG, FIELD(data.with_test),
     .help = "at the end, measure the error on the test set: a folder's t10k files; of FILE-train "
             "FILE-test or FILE-t10k, of FILE.csv FILE.test.csv"},

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
    {"patience", OPTION_WHOLE, FIELD(patience), "0", "[0, 1000000]",
     .help = "end after so many reports without a smaller error or loss than ever before, and go "
             "back to the network of the best report; 0: train all epochs"},
    {"decay", OPTION_WORD, FIELD(decay), NULL, .words = decay_words,
     .help = "how the learning rate falls with t, the epochs so far: inverse lr/(1 + rate t), "
             "exponential lr rate^t, step lr rate^floor(t/steps), cosine lr (1 + cos(pi "
             "t/epochs))/2",
     .otherwise = "cosine; with --patience none"},
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
    {"save", OPTION_TEXT, FIELD(save), .argument = "FILE", .commands = TRAIN,
     .help = "at the end, write the network and its preprocessing to this file"},

    {"model", OPTION_TEXT, FIELD(model), .argument = "FILE", .group = "Saved networks",
     .commands = PREDICT | DESCRIBE, .help = "what --save wrote"},
    {"output", OPTION_TEXT, FIELD(output), .argument = "OUT.csv", .commands = PREDICT,
     .help = "write there, all at once at the end", .otherwise = "standard output"},
    {"probabilities", OPTION_FLAG, FIELD(probabilities), .commands = PREDICT,
     .help = "of classes: a column p_CLASS for each, too"},
    {"json", OPTION_FLAG, FIELD(json), .commands = DESCRIBE, .help = "print JSON"},

    {"threads", OPTION_WHOLE, FIELD(threads), "1", "[1, 256]", .group = "Machine",
     .commands = TRAIN | PREDICT,
     .help = "threads that share a matrix product; for many trials, rather run several at once"},
    {"kernels", OPTION_TEXT, FIELD(kernels), "auto", .argument = "NAME",
     .commands = TRAIN | PREDICT,
     .help = "the code between the products: avx512, avx2, basic, or plain for plain loops"},

    {"help", OPTION_FLAG, FIELD(help), .group = "Help", .commands = ALL,
     .help = "print this and end"},
    {"man", OPTION_FLAG, FIELD(manual), .commands = TRAIN, .help = "print the manual page and end"},
    {"version", OPTION_FLAG, FIELD(version), .commands = TRAIN,
     .help = "print the version and end"},
    {.name = NULL},
};

bool option_is_of(const option *one, command which)
{
    unsigned commands = one->commands ? one->commands : TRAIN | DESCRIBE;
    return commands >> which & 1;
}
