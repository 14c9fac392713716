/**
 * completion.h: completion in shells: a script for each, from the tables of verbs.
 *
 *   completion.c         what a flag or an operand takes
 *   completion_bash.c    the scripts
 *   completion_zsh.c
 *   completion_fish.c
 */
#ifndef CAV_CLI_COMPLETION_H
#define CAV_CLI_COMPLETION_H

#include "base/text.h"
#include "cli/verb.h"

/** What completes a word. */
typedef enum cav_taken {
    CAV_TAKES_ANYTHING, // nothing can be said
    CAV_TAKES_FILES,
    CAV_TAKES_FOLDERS,
    CAV_TAKES_STUDIES, // names of those in the store
    CAV_TAKES_TRIALS,  // numbers of those of the study
    CAV_TAKES_WORDS,   // a list; the last one
} cav_taken;

/** How a shell says each of them. */
typedef struct cav_completion_actions {
    const char *of[CAV_TAKES_WORDS];        // by what is taken
    const char *before_words, *after_words; // around the list, which has blanks between
} cav_completion_actions;

/** Appends what completes the value of a flag. */
void cav_completion_put_flag(const cav_verb *verb, const cav_flag *flag,
                             const cav_completion_actions *actions, cav_text *text);

/** The same for the operands of a verb. */
void cav_completion_put_operand(const cav_verb *verb, const cav_completion_actions *actions,
                                cav_text *text);

/** Whether anything can be said of the operands of a verb. */
bool cav_completion_knows_operand(const cav_verb *verb);

void cav_completion_write_bash(cav_text *text);
void cav_completion_write_zsh(cav_text *text);
void cav_completion_write_fish(cav_text *text);

#endif
