/**
 * spec.h: what a study file says, whichever way it came: a file, JSON, or an inline command.
 *
 * There is one form: the inline command and the JSON of `caviar pipe` are turned into the same tree
 * of nodes that a file is parsed to. cav_spec_write puts a spec back into a study file, as JSON;
 * that is how a store keeps it.
 */
#ifndef CAV_CONFIG_SPEC_H
#define CAV_CONFIG_SPEC_H

#include "base/options.h"
#include "config/changes.h"
#include "config/node.h"
#include "config/resources.h"
#include "space/space.h"

/** A choice with options: sampler: {type: zoom, outside: 0.3}. */
typedef struct cav_choice {
    const char *name;
    const cav_option_value *options; // [option_count]
    size_t option_count;
    const char *where; // "study.yaml:7:12", for messages; ""
} cav_choice;

/** A name and a text: set: {data: /data/mnist}. */
typedef struct cav_pair {
    const char *name, *text;
} cav_pair;

typedef struct cav_metric_spec {
    const char *name;
    bool maximize;
    const char *pattern; // regular expression whose first group is the value; NULL: none
} cav_metric_spec;

/** What may be spent; 0: no limit. Whichever comes first ends the study. */
typedef struct cav_budget {
    int64_t trials;
    int64_t time_ms; // in which at least one trial runs
    int64_t steps;   // reported, over all trials
} cav_budget;

/** An earlier study of the same store, to learn from. */
typedef struct cav_from {
    const char *study;
    int64_t trials; // those that ended first; 0: not settled yet, all that there are
} cav_from;

enum { CAV_MOST_FROM = 8 };

typedef struct cav_spec {
    cav_arena *arena; // of everything here but the space
    const char *study;
    const char *const *command; // [command_count] words with {placeholders}; none: no program
    size_t command_count;
    const cav_metric_spec *metrics; // [metric_count] at least one
    size_t metric_count;
    cav_budget budget;
    int64_t parallel; // trials at a time
    uint64_t seed;    // 0: not given
    cav_choice sampler, scheduler;
    cav_choice panda;           // who nurses each trial: "auto"; name NULL: nobody
    int64_t step_min, step_max; // 0, 0: trials have no steps that Caviar knows of
    int64_t replicates;         // runs of each configuration, under different seeds
    const cav_from *from;       // [from_count]
    size_t from_count;
    int64_t retry;
    int64_t timeout_ms; // of a trial; 0: none
    int64_t grace_ms;   // between SIGTERM and SIGKILL
    bool durability_normal;
    cav_resources resources; // of a worker on a cluster
    const cav_pair *set;     // [set_count]
    size_t set_count;
    const cav_spec_change *changes; // [change_count] in their order
    size_t change_count;
    cav_space *space;
    bool grows; // trials name their parameters, which are added to the space
} cav_spec;

/** Reads a whole document. The spec is the caller's to free, and outlives the document. */
caviar_code cav_spec_parse(const char *name, const char *text, size_t size, cav_spec **ret_spec,
                           cav_error *error);

/** The same from JSON; keys in `ignore` (NULL-terminated, or NULL) are left alone. */
caviar_code cav_spec_from_json(const json_t *json, const char *const *ignore, cav_spec **ret_spec,
                               cav_error *error);

/**
 * Puts keys over those of a document, as a command line's flags over a file: the entries of
 * `budget` and `set` one by one, every other key as a whole (metric and metrics being one).
 */
caviar_code cav_document_override(cav_document *document, const json_t *overrides,
                                  cav_error *error);

/** The same from a document, whose arena the spec takes over, also on failure. */
caviar_code cav_spec_from_document(cav_document *document, const char *const *ignore,
                                   cav_spec **ret_spec, cav_error *error);

/**
 * The same from the words of a command, in which a parameter is defined where it is used:
 * --lr '{lr: log 1e-5 1}'. `settings` is a study file's text with the other keys, as JSON.
 */
caviar_code cav_spec_from_command(const char *const *words, size_t word_count, const char *settings,
                                  cav_spec **ret_spec, cav_error *error);

void cav_spec_free(cav_spec *spec);

/** True where its space was another one once: trials may lie outside of it. */
bool cav_spec_was_moved(const cav_spec *spec);

/** Puts the whole spec down as a study file, in JSON. */
void cav_spec_write(const cav_spec *spec, cav_json *json);

/** The same as a tree, which the caller releases (json_decref). */
caviar_code cav_spec_tree(const cav_spec *spec, json_t **ret_tree, cav_error *error);

/** Only the part that makes a study what it is: the space and the metrics. */
void cav_spec_write_identity(const cav_spec *spec, cav_json *json);

/** A space section, of a file or as JSON: {lr: {type: float, …}, …}, into an empty space. */
caviar_code cav_space_parse(const cav_document *document, const cav_node *section, cav_space *space,
                            cav_error *error);

/** The keys `space` and, if there are any, `constraints`, into an object that has been begun. */
void cav_space_write_sections(const cav_space *space, cav_json *json);

/** One parameter of it, as an object without its name. */
void cav_space_write_parameter(const cav_space *space, size_t parameter, cav_json *json);

/**
 * Turns the short form of a definition, "int log 16 512 step x2", into the map that a study file
 * would have.
 */
caviar_code cav_inline_parse(const cav_document *document, const char *name, const char *text,
                             cav_node *ret_node, cav_error *error);

/**
 * Splits a line into words as a shell would: blanks, '…', "…" and \. What would need a shell
 * (pipes, variables, redirections, * and ?, ~ and comments) is an error, as none is run. A line
 * break is a blank.
 */
caviar_code cav_words_split(cav_arena *arena, const char *line, const char *const **ret_words,
                            size_t *ret_count, cav_error *error);

#endif
