/**
 * node.h: a YAML (or JSON) document as a tree of nodes that know where they stand.
 */
#ifndef CAV_CONFIG_NODE_H
#define CAV_CONFIG_NODE_H

#include "base/json.h"
#include "base/memory.h"

typedef enum cav_node_kind {
    CAV_NODE_SCALAR,
    CAV_NODE_LIST,
    CAV_NODE_MAP,
} cav_node_kind;

typedef struct cav_node cav_node;

struct cav_node {
    cav_node_kind kind;
    const char *text; // of a scalar
    bool is_quoted;   // a scalar between quotes is a text, whatever it looks like
    size_t count;     // of a list's or a map's items
    cav_node *keys;   // [count] of a map: scalars
    cav_node *items;  // [count]
    int line, column; // from 1; 0 where there is no file
};

/** A document: its name for messages, and its root. Everything lives in the arena. */
typedef struct cav_document {
    const char *name; // "study.yaml"; "" where there is none
    cav_arena *arena;
    cav_node *root;
} cav_document;

/**
 * Parses YAML, of which JSON is a part. Fails with CAVIAR_INVALID and file, line and column for
 * bad syntax, a key that stands twice, a second document, or one that is unreasonably deep or
 * large.
 */
caviar_code cav_document_parse(cav_document *document, const char *text, size_t size,
                               cav_error *error);

/** The same from a JSON value that was parsed elsewhere. */
caviar_code cav_document_from_json(cav_document *document, const json_t *json, cav_error *error);

/** CAVIAR_INVALID with "study.yaml:7:12: " before the sentence. */
caviar_code cav_node_fail(const cav_document *document, const cav_node *node, cav_error *error,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Puts "study.yaml:7:12: " before the sentence of an error that is set. */
caviar_code cav_node_locate(const cav_document *document, const cav_node *node, cav_error *error);

/** "study.yaml:7:12", in the arena; "" where there is no place. */
const char *cav_node_where(const cav_document *document, const cav_node *node);

/** Takes line and column from a node and those below it: they are of a text that nobody sees. */
void cav_node_forget_places(cav_node *node);

/** The value of a key of a map; NULL if there is none. */
cav_node *cav_node_get(const cav_node *map, const char *key);

/** Adds a key and its value at the end of a map. */
caviar_code cav_node_append(cav_arena *arena, cav_node *map, const cav_node *key,
                            const cav_node *item, cav_error *error);

/** What a node is, for messages: "a list"; "nothing" where YAML has null. */
const char *cav_node_kind_name(const cav_node *node);

/**
 * A scalar as a value: true and false, numbers, else a text, as in YAML 1.2 (yes, no, on, off, nan
 * and inf are texts). Fails for lists, maps and null.
 */
caviar_code cav_node_value(const cav_document *document, const cav_node *node,
                           caviar_value *ret_value, cav_error *error);

/** A scalar of a given kind. `what` names it in the message: "parallel". */
caviar_code cav_node_text(const cav_document *document, const cav_node *node, const char *what,
                          const char **ret_text, cav_error *error);
caviar_code cav_node_number(const cav_document *document, const cav_node *node, const char *what,
                            double *ret_number, cav_error *error);
caviar_code cav_node_int(const cav_document *document, const cav_node *node, const char *what,
                         int64_t low, int64_t high, int64_t *ret_number, cav_error *error);

#endif
