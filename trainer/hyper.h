/**
 * hyper.h: the words and the numbers of the hyperparameters.
 */
#ifndef TRAIN_HYPER_H
#define TRAIN_HYPER_H

/** What follows a layer's linear part: X(NAME, "word on the command line"). */
#define ACTIVATIONS(X)                                                                             \
    X(NONE, "") /* of the output layer only */                                                     \
    X(RELU, "relu")                                                                                \
    X(LEAKY_RELU, "leaky-relu")                                                                    \
    X(TANH, "tanh")                                                                                \
    X(SIGMOID, "sigmoid")                                                                          \
    X(GELU, "gelu")

typedef enum activation {
#define X(name, word) ACTIVATION_##name,
    ACTIVATIONS(X)
#undef X
        ACTIVATION_COUNT
} activation;

/** How gradients become steps: X(NAME, "word", moments that it keeps for each parameter). */
#define OPTIMIZERS(X)                                                                              \
    X(SGD, "sgd", 0)                                                                               \
    X(MOMENTUM, "momentum", 1)                                                                     \
    X(RMSPROP, "rmsprop", 1)                                                                       \
    X(ADAM, "adam", 2)

typedef enum optimizer_kind {
#define X(name, word, moments) OPTIMIZER_##name,
    OPTIMIZERS(X)
#undef X
        OPTIMIZER_COUNT
} optimizer_kind;

/** How the learning rate falls: X(NAME, "word", usual rate, "the learning rate after t epochs"). */
#define DECAYS(X)                                                                                  \
    X(NONE, "none", 0, "lr")                                                                       \
    X(INVERSE, "inverse", 1, "lr / (1 + rate t)")                                                  \
    X(EXPONENTIAL, "exponential", 0.95, "lr rate^t")                                               \
    X(STEP, "step", 0.5, "lr rate^floor(t / steps)")                                               \
    X(COSINE, "cosine", 0, "lr (1 + cos(pi t / epochs)) / 2")

typedef enum decay {
#define X(name, word, rate, formula) DECAY_##name,
    DECAYS(X)
#undef X
        DECAY_COUNT
} decay;

/** The variance that weights [in x out] start with: X(NAME, "word", "variance"). */
#define INITS(X)                                                                                   \
    X(HE, "he", "2 / in")                                                                          \
    X(XAVIER, "xavier", "2 / (in + out)")

typedef enum init {
#define X(name, word, variance) INIT_##name,
    INITS(X)
#undef X
        INIT_COUNT
} init;

/** What a mini-batch costs, which training makes small: X(NAME, "word"). */
#define LOSSES(X)                                                                                  \
    X(CROSS_ENTROPY, "cross-entropy") /* of classes */                                             \
    X(SQUARED_ERROR, "squared-error") /* of a quantity */

typedef enum loss_kind {
#define X(name, word) LOSS_##name,
    LOSSES(X)
#undef X
        LOSS_COUNT
} loss_kind;

/** The words of each, by enumerator, ended by NULL. */
extern const char *const activation_words[],
    *const optimizer_words[], *const decay_words[], *const init_words[], *const loss_words[];

/** The hyperparameters that may change while the network trains. */
typedef struct hyper {
    double lr;         // learning rate before its decay
    double momentum;   // of the optimizer `momentum`: weight of the old velocity
    double beta1;      // of adam: weight of the old mean of the gradients
    double beta2;      // of adam and rmsprop: weight of the old mean of their squares
    double epsilon;    // of adam and rmsprop: what is added to the root of that mean
    double l2;         // lambda: the cost has lambda / 2 |W|^2 added to it
    double dropout;    // share of a hidden layer's outputs that are dropped
    double decay_rate; // see DECAYS
} hyper;

#endif
