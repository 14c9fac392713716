/**
 * program.h: running the real caviar-train as a person would, and looking at what it leaves.
 */
#ifndef CAV_TESTS_SUPPORT_PROGRAM_H
#define CAV_TESTS_SUPPORT_PROGRAM_H

#include "support/train.h"

#include <sys/types.h>

/** A program that was started. */
typedef struct program {
    pid_t pid;
    char folder[64]; // with its output
} program;

/** What became of it. The texts are for outcome_clear. */
typedef struct outcome {
    int status; // as a shell has it: 128 and the signal's number for one that was killed
    char *out, *err;
} outcome;

/**
 * Starts the program that the environment names as CAVIAR_TRAIN, with the words of a line as its
 * arguments. `settings` are "NAME=VALUE" for its environment, ended by NULL; NULL: none.
 */
program program_start(const char *line, const char *const *settings);

/** Waits for its end. */
outcome program_wait(program *at);

/** Waits until its standard output has `text`, or for its end; true if it has. */
bool program_wait_for(const program *at, const char *text);

/** Both at once. */
outcome program_run(const char *line);
void outcome_clear(outcome *at);

/** Passes if the program ends with that status; prints what it said if not. */
#define assert_status(outcome, expected)                                                           \
    do {                                                                                           \
        if ((outcome)->status != (expected))                                                       \
            fail_msg("status %d, not %d: %s", (outcome)->status, (expected), (outcome)->err);      \
    } while (0)

#endif
