/**
 * hyper.c: the words of the hyperparameters.
 */
#include "trainer/hyper.h"

#include <stddef.h>

#define X(name, word) word,
const char *const activation_words[] = {ACTIVATIONS(X) NULL};
#undef X
#define X(name, word, moments) word,
const char *const optimizer_words[] = {OPTIMIZERS(X) NULL};
#undef X
#define X(name, word, rate, formula) word,
const char *const decay_words[] = {DECAYS(X) NULL};
#undef X
#define X(name, word, variance) word,
const char *const init_words[] = {INITS(X) NULL};
#undef X
#define X(name, word) word,
const char *const loss_words[] = {LOSSES(X) NULL};
#undef X
