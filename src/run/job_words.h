/**
 * job_words.h: what launchers share: the words of a command of a cluster's, running it, and putting
 * a worker's command into a shell's script.
 */
#ifndef CAV_RUN_JOB_WORDS_H
#define CAV_RUN_JOB_WORDS_H

#include "run/launcher.h"

#include "base/memory.h"
#include "base/text.h"

enum { CAV_JOB_MOST_WORDS = 64 };

/** A command, word for word; it knows if it became too long. All zero but for the arena: none. */
typedef struct cav_job_words {
    cav_arena *arena;
    char *list[CAV_JOB_MOST_WORDS + 1]; // [count], NULL behind the last
    size_t count;
    bool failed;
} cav_job_words;

/** What a command answered. All zero: nothing yet. */
typedef struct cav_job_answer {
    cav_text output, errors;
    int status; // 0: done
} cav_job_answer;

void cav_job_answer_free(cav_job_answer *answer);

void cav_job_add(cav_job_words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Runs the command with an environment (NULL: this process's) and an input. */
caviar_code cav_job_run(cav_job_words *words, char *const *variables, const char *input,
                        cav_job_answer *answer, cav_error *error);

/** An error with what the command complained of, as it is. `where`: after its name, such as
 * " on HOST". */
caviar_code cav_job_fail(const cav_job_words *words, const char *where,
                         const cav_job_answer *answer, cav_error *error);

/** Puts a word into a shell's script, whatever is in it, with a blank behind it. */
void cav_job_quote(cav_text *script, const char *word);

/** The words of a worker, in a script. */
void cav_job_quote_command(cav_text *script, const cav_launch *launch);

#endif
