/**
 * api.h: the public interface as a user's program calls it, with a store of the test's own.
 *
 * BOTH_STORES(test) runs a test with a study in memory and with one in a file.
 */
#ifndef CAV_TESTS_SUPPORT_API_H
#define CAV_TESTS_SUPPORT_API_H

#include "support/scratch.h"

typedef struct api {
    scratch scratch;
    char file[2 * SCRATCH_SIZE]; // a store's path in the folder
    const char *store;           // that, or NULL: memory
    caviar_space *space;         // lr, units, act, and beta, which is active with act=tanh
    caviar_study *study;         // closed with the test
} api;

int api_set_up_memory(void **state);
int api_set_up_file(void **state);
int api_tear_down(void **state);

#define BOTH_STORES(test)                                                                          \
    {"memory: " #test, test, api_set_up_memory, api_tear_down, NULL},                              \
    {                                                                                              \
        "file: " #test, test, api_set_up_file, api_tear_down, NULL                                 \
    }
#define IN_FILE(test)                                                                              \
    {                                                                                              \
#test, test, api_set_up_file, api_tear_down, NULL                                          \
    }

/** Adds a parameter, which must be valid. */
void api_add(caviar_space *space, const caviar_parameter *parameter);

/** A space with one whole number x from 1 to `high`. */
caviar_space *api_small_space(double high);

/** Opens a study; what the options leave open: the fixture's store and space, seed 1, random
 * points. */
caviar_study *api_open(const api *at, caviar_study_options options);

/** The same as the study of the fixture. */
void api_start(api *at, caviar_study_options options);

/** Opening must fail with this code, and a message with this piece; the handle is closed. */
void api_open_fails(const api *at, caviar_study_options options, caviar_code code,
                    const char *piece);

/** The next trial, which must exist; asking must fail so. */
caviar_trial *api_ask(caviar_study *study);
void api_ask_fails(caviar_study *study, caviar_code code, const char *piece);

/** Tells the study's metric and frees the handle. */
void api_finish(caviar_trial *trial, double value);

/** Asks for a trial, tells its number plus 1 as its value, and returns its number. */
int64_t api_run_one(caviar_study *study);

/** All parameters of a trial in one line: "lr=0.5 units=3 act=relu". */
void api_describe(caviar_trial *trial, char *line, size_t size);

/** A trial to look at. */
caviar_trial *api_look(caviar_study *study, int64_t number);

#endif
