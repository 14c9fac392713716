/**
 * verb.h: the verbs of the program: a table from which the parser, the help and the manual come.
 *
 * A verb is one file that defines a cav_verb, and one line in CAV_VERBS. It parses its arguments,
 * calls what does the work, and prints.
 */
#ifndef CAV_CLI_VERB_H
#define CAV_CLI_VERB_H

#include "base/error.h"

#include <stdint.h>

/** Exit statuses: X(NAME, number, "when"). */
#define CAV_EXITS(X)                                                                               \
    X(OK, 0, "success")                                                                            \
    X(FAILURE, 1, "an error; the sentence on standard error says which")                           \
    X(USAGE, 2, "the command line was not understood")                                             \
    X(STOP, 3, "report: the trial is to end now")                                                  \
    X(DONE, 4, "ask: the study has nothing left to try")                                           \
    X(INTERRUPTED, 130, "run, resume: interrupted")

typedef enum cav_exit {
#define X(name, number, when) CAV_EXIT_##name = number,
    CAV_EXITS(X)
#undef X
} cav_exit;

/** A flag of a verb. */
typedef struct cav_flag {
    char letter;       // 0: none
    const char *name;  // "trials"
    const char *value; // what it takes, for help: "N"; NULL: nothing, it is on or off
    const char *help;  // one line
} cav_flag;

/** An example, for help and manual. */
typedef struct cav_example {
    const char *command, *meaning;
} cav_example;

typedef struct cav_arguments cav_arguments;

typedef struct cav_verb {
    const char *name;
    const char *group;       // "run", "look", …: the heading in the overview
    const char *summary;     // one line
    const char *operands;    // "[STUDY.yaml] [-- COMMAND...]"; "": none
    const char *description; // paragraphs, separated by an empty line
    const cav_flag *flags;   // [flag_count] its own; common ones are added
    size_t flag_count;
    bool has_store;              // --store and --study
    bool has_json;               // --json
    size_t least, most;          // operands, but for those behind --
    const cav_example *examples; // [example_count]
    size_t example_count;
    cav_exit (*run)(const cav_arguments *arguments);
} cav_verb;

/** The verbs, in the order of the overview: X(name of the cav_verb). */
#define CAV_VERBS(X)                                                                               \
    X(cav_verb_run)                                                                                \
    X(cav_verb_resume)                                                                             \
    X(cav_verb_plan)                                                                               \
    X(cav_verb_worker)                                                                             \
    X(cav_verb_pause)                                                                              \
    X(cav_verb_stop)                                                                               \
    X(cav_verb_ask)                                                                                \
    X(cav_verb_report)                                                                             \
    X(cav_verb_tell)                                                                               \
    X(cav_verb_pipe)                                                                               \
    X(cav_verb_add)                                                                                \
    X(cav_verb_studies)                                                                            \
    X(cav_verb_workers)                                                                            \
    X(cav_verb_trials)                                                                             \
    X(cav_verb_show)                                                                               \
    X(cav_verb_best)                                                                               \
    X(cav_verb_watch)                                                                              \
    X(cav_verb_serve)                                                                              \
    X(cav_verb_advise)                                                                             \
    X(cav_verb_importance)                                                                         \
    X(cav_verb_nudge)                                                                              \
    X(cav_verb_rollback)                                                                           \
    X(cav_verb_fork)                                                                               \
    X(cav_verb_replay)                                                                             \
    X(cav_verb_update)                                                                             \
    X(cav_verb_export)                                                                             \
    X(cav_verb_import)                                                                             \
    X(cav_verb_doctor)                                                                             \
    X(cav_verb_delete)                                                                             \
    X(cav_verb_completion)                                                                         \
    X(cav_verb_help)

#define X(verb) extern const cav_verb verb;
CAV_VERBS(X)
#undef X

extern const cav_verb *const cav_verbs[];
extern const size_t cav_verb_count;

/** Finds a verb; NULL for an unknown name. */
const cav_verb *cav_verb_find(const char *name);

enum { CAV_MOST_FLAGS = 40, CAV_MOST_REPEATS = 256 };

/** A command line as it was understood. */
struct cav_arguments {
    const cav_verb *verb;
    const cav_flag *flags[CAV_MOST_FLAGS]; // [flag_count] own and common
    size_t flag_count;
    struct cav_given {
        const cav_flag *flag;
        const char *value;
    } given[CAV_MOST_REPEATS]; // [given_count] in the order of the command line
    size_t given_count;
    char **operands; // [operand_count]
    size_t operand_count;
    char **command; // [command_count] what stands behind --
    size_t command_count;
    bool has_command; // there was a --
};

/** Lists the flags of a verb, its own first, then the common ones. */
void cav_arguments_list(const cav_verb *verb, cav_arguments *arguments);

/** Parses argv, whose first word is the verb. CAVIAR_INVALID with a sentence. */
caviar_code cav_arguments_parse(const cav_verb *verb, int argc, char **argv,
                                cav_arguments *ret_arguments, cav_error *error);

/** The last value of a flag; NULL if it was not given; "" for one that takes none. */
const char *cav_flag_get(const cav_arguments *arguments, const char *name);
bool cav_flag_is_on(const cav_arguments *arguments, const char *name);

/** A number from a flag; *ret_number is left alone if it was not given. */
caviar_code cav_flag_int(const cav_arguments *arguments, const char *name, int64_t low,
                         int64_t high, int64_t *ret_number, cav_error *error);

/** Prints the help of a verb, the overview, and the manual page of a verb (NULL: of all). */
void cav_help_print(const cav_verb *verb);
void cav_help_overview(void);
void cav_help_manual(const cav_verb *verb);

/** Prints a text broken into lines, each behind `indent` blanks. */
void cav_help_wrap(const char *text, int indent);

/** Prints "caviar: SENTENCE" on standard error; returns the exit status that belongs to it. */
cav_exit cav_complain(const cav_error *error);
cav_exit cav_complain_usage(const cav_arguments *arguments, const cav_error *error);

#endif
