/**
 * option_table.h: the table of options, for those who read, explain or document it.
 */
#ifndef TRAIN_OPTION_TABLE_H
#define TRAIN_OPTION_TABLE_H

#include "trainer/options.h"

typedef enum option_kind {
    OPTION_FLAG,   // a bool: there or not
    OPTION_SWITCH, // a bool: on or off
    OPTION_TEXT,   // a const char *
    OPTION_WORD,   // an enumerator: the index of one of `words`
    OPTION_WHOLE,  // an int64_t
    OPTION_REAL,   // a double
    OPTION_UNITS,  // size_t units[unit_count]
} option_kind;

typedef struct option {
    const char *name;
    option_kind kind;
    size_t offset;            // of the field in `options`
    const char *initial;      // the default, as it would be given; NULL: none, or see `otherwise`
    const char *range;        // of numbers, as in mathematics: "[0, 1)" has 0 in it, and not 1
    const char *const *words; // ended by NULL; an empty one cannot be given
    const char *argument;     // what stands for a text in the help
    const char *help;
    const char *otherwise; // the default in words, where it depends on other things
    const char *group;     // the heading above it
    unsigned commands;     // a bit for each that takes it; 0: training, and its description
} option;

extern const option option_table[]; // ended by one without a name

/** Whether a command takes an option. */
bool option_is_of(const option *one, command which);

/** The words of the commands, by enumerator, ended by NULL; and what each does. */
extern const char *const command_words[], *const command_summaries[];

#endif
