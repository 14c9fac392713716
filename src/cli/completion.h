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
    CAV_TAKES_WORDS,   // a list
} cav_taken;

/** What the value of a flag is; appends the list, with blanks between, to `words`. */
cav_taken cav_completion_of_flag(const cav_verb *verb, const cav_flag *flag, cav_text *words);

/** The same for the operands of a verb. */
cav_taken cav_completion_of_operand(const cav_verb *verb, cav_text *words);

void cav_completion_write_bash(cav_text *text);
void cav_completion_write_zsh(cav_text *text);
void cav_completion_write_fish(cav_text *text);

#endif
