/**
 * store.h: where studies are kept: the interface of the stores, and their table.
 *
 * A store keeps studies (a name, a definition), their trials and the reports of these. It knows
 * nothing of samplers or of processes. Several processes may use one store at a time; what must
 * happen at most once (a number given out, a trial claimed, a result recorded) is settled in here,
 * within one transaction. To add a store: one file that defines a cav_store_type and one line in
 * CAV_STORES; the conformance and fault suites then run on it.
 *
 * Fencing: a worker shows (number, attempt). A trial that was handed out again has a higher
 * attempt, and whatever the earlier worker still sends is CAVIAR_STALE.
 *
 * Durability: an operation that returned is safe from kill -9. It is safe from power loss once
 * cav_store_sync returned.
 *
 * Numbers come back to the bit, but those that are not finite come back as NaN. A call that names
 * a study or a trial that is not there (any more) is CAVIAR_NOT_FOUND.
 *
 * A store is used by one thread at a time, and by one process: after a fork the child opens its
 * own. A visitor does not call the store that it visits.
 */
#ifndef CAV_STORE_STORE_H
#define CAV_STORE_STORE_H

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "space/space.h"
#include "trial/nudge.h"
#include "trial/record.h"

/** What the people who look after a study want of those who run it: X(NAME, "word"). */
#define CAV_CONTROLS(X)                                                                            \
    X(RUN, "run")                                                                                  \
    X(PAUSE, "pause")   /* start nothing new; workers wait */                                      \
    X(STOP, "stop")     /* let running trials finish, then end */                                  \
    X(CANCEL, "cancel") /* give running trials back at once, then end */

typedef enum cav_control {
#define X(name, word) CAV_CONTROL_##name,
    CAV_CONTROLS(X)
#undef X
} cav_control;

/** "run", "pause", …; "" for an unknown number. */
const char *cav_control_name(cav_control control);

/** A study as it is listed. Pointers are valid during the visit only. */
typedef struct cav_study_row {
    int64_t id;
    const char *name;
    const char *definition; // a study file, as JSON
    cav_control control;
    int64_t created_ms;
    int64_t counts[6]; // trials by caviar_state
} cav_study_row;

/** A study whose trials are meant, and how its values are read and written. */
typedef struct cav_scope {
    int64_t study; // its id
    const cav_space *space;
    const char *const *metrics; // [metric_count] names
    size_t metric_count;
    bool was_changed; // the space was another one: values of trials may lie outside of its ranges
} cav_scope;

/** What must hold for a trial to be inserted. All zero but `expected` = -1: nothing. */
typedef struct cav_insert {
    int64_t expected; // the number that it must get, or else CAVIAR_EXISTS; -1: any
    int64_t budget;   // CAVIAR_DONE if there are so many trials that count; 0: no limit
    bool distinct;    // CAVIAR_EXISTS if a trial that was inserted so has the same parameters
    int64_t lease_ms; // how long the owner has it, if it is inserted as running
    // What to insert in place of the record's `raw` where others have taken the expected number and
    // some behind it: the row of the number that it gets. Not together with `distinct`.
    const double *following; // [following_count x parameters], from expected + 1 on
    size_t following_count;
} cav_insert;

/** Who takes a trial to run it. */
typedef struct cav_claim {
    int64_t number; // which one, paused or waiting; -1: the first that waits and is due
    bool is_last;   // with -1: there is nothing else to do, so that all that wait are due
    const char *owner;
    int64_t lease_ms;      // from now
    int64_t most_failures; // a trial that was lost more often than this fails as `lost`
} cav_claim;

/** How a trial moves to another state. Pointers may be NULL where the old value stays. */
typedef struct cav_move {
    int64_t number, attempt; // the token
    caviar_state to;         // not running: that is what a claim is for
    caviar_reason reason;    // why, for a failed one
    bool is_failure;         // counts as one, where it goes back to waiting
    const double *values;    // [metric_count] final values
    const char *message;
    const char *output; // the end of what it printed
    const double *raw;  // [parameters] what it has named, in place of what it was made with
    cav_usage usage;    // joined to what is known
} cav_move;

typedef struct cav_store cav_store;

typedef struct cav_store_options {
    const char *location;   // a path or URL, or NULL
    const cav_clock *clock; // NULL: the system's. A store on a server uses the server's
    bool create;            // make what is missing; otherwise CAVIAR_NOT_FOUND
    bool read_only;         // for looking: never waits for a writer, and writes nothing but what
                            // makes a store of an earlier version one of this version
} cav_store_options;

typedef caviar_code cav_study_visitor(void *context, const cav_study_row *row, cav_error *error);
typedef caviar_code cav_record_visitor(void *context, const cav_record *record, cav_error *error);
typedef caviar_code cav_report_visitor(void *context, const cav_report *report, cav_error *error);
typedef caviar_code cav_nudge_visitor(void *context, const cav_nudge *nudge, cav_error *error);
typedef void cav_problem_visitor(void *context, const char *problem);

typedef struct cav_store_type {
    const char *name;
    const char *summary; // one line, for help
    bool is_on_server;   // other machines reach it

    /** True for a location that is this store's, such as "sqlite:///caviar.db". */
    bool (*owns)(const char *location);

    caviar_code (*open)(const cav_store_options *options, cav_store **ret_store, cav_error *error);
    void (*close)(cav_store *store);

    /** Adds a study; CAVIAR_EXISTS if the name is taken. */
    caviar_code (*study_add)(cav_store *store, const char *name, const char *definition,
                             int64_t *ret_id, cav_error *error);
    /** Visits the study of that name (CAVIAR_NOT_FOUND), or, with NULL, all by name. */
    caviar_code (*study_read)(cav_store *store, const char *name, cav_study_visitor *visit,
                              void *context, cav_error *error);
    /** Replaces the definition, unless it is NULL, and sets the control. */
    caviar_code (*study_set)(cav_store *store, int64_t id, const char *definition,
                             cav_control control, cav_error *error);
    /**
     * Reads the control, and, unless ret_revision is NULL, a number that is another one when the
     * definition is (cav_rule_revision); cheap enough to be asked many times a second.
     */
    caviar_code (*study_control)(cav_store *store, int64_t id, cav_control *ret_control,
                                 uint64_t *ret_revision, cav_error *error);
    /** Removes a study with its trials and reports. */
    caviar_code (*study_remove)(cav_store *store, int64_t id, cav_error *error);

    /**
     * Adds a trial; times, number and attempt are the store's to give, and it has taken nothing
     * yet. A running one starts with attempt 1. What is NULL in the record is empty. See cav_insert
     * for the conditions.
     */
    caviar_code (*trial_add)(cav_store *store, const cav_scope *scope, const cav_record *record,
                             const cav_insert *insert, int64_t *ret_number, cav_error *error);
    /**
     * First puts running trials whose lease has run out back to waiting (or fails them as lost);
     * then takes the trial that the claim names. Of those that wait and are due (see
     * cav_rule_may_claim) the one that failed least often is the first, and of these the earliest.
     * CAVIAR_NOT_FOUND if there is none to take.
     */
    caviar_code (*trial_claim)(cav_store *store, const cav_scope *scope, const cav_claim *claim,
                               int64_t *ret_number, cav_error *error);
    /**
     * Moves a trial on: one that runs, one whose lease ran out and that nobody took, or, with
     * attempt 0, one that nobody has run yet. CAVIAR_STALE if it has another attempt by now,
     * CAVIAR_STATE for an illegal move: a result is recorded once.
     */
    caviar_code (*trial_move)(cav_store *store, const cav_scope *scope, const cav_move *move,
                              cav_error *error);
    /**
     * Keeps a report and renews the trial's lease. Fenced like trial_move. Of metrics of the same
     * name the last one counts. What it says of the trial itself replaces what was known, or, of
     * its usage, is joined to that; where it differs it is a change of the trial.
     */
    caviar_code (*report_add)(cav_store *store, const cav_scope *scope, const cav_report *report,
                              int64_t lease_ms, cav_error *error);
    /**
     * Adds a nudge; id and times are the store's to give. CAVIAR_STATE if the trial has ended.
     * One whose state is ACTIVE is of an earlier course that the trial repeats.
     */
    caviar_code (*nudge_add)(cav_store *store, const cav_scope *scope, const cav_nudge *nudge,
                             int64_t *ret_id, cav_error *error);
    /** Sets what became of a nudge, and the step of that. A first delivery gets its time. */
    caviar_code (*nudge_set)(cav_store *store, const cav_scope *scope, int64_t id,
                             cav_nudge_state state, int64_t step, cav_error *error);

    /** Renews the leases of all running trials of an owner. */
    caviar_code (*lease_renew)(cav_store *store, const cav_scope *scope, const char *owner,
                               int64_t lease_ms, cav_error *error);

    /**
     * Visits the trials that were added or changed since *cursor (0: all), each once, in the order
     * of their latest change, and moves the cursor, unless the visitor or the reading fails. A
     * report alone is no change. Costs next to nothing when there is none. Pointers in a record
     * are valid during the visit only; its `output` is "": see output_read.
     */
    caviar_code (*trial_read)(cav_store *store, const cav_scope *scope, int64_t *cursor,
                              cav_record_visitor *visit, void *context, cav_error *error);
    /** The same for reports, in the order they came in, of one trial (-1: of all). */
    caviar_code (*report_read)(cav_store *store, const cav_scope *scope, int64_t number,
                               int64_t *cursor, cav_report_visitor *visit, void *context,
                               cav_error *error);
    /**
     * The same for nudges that were added or set, in the order of their latest change. Right after
     * trial_read it may be as of the time of that.
     */
    caviar_code (*nudge_read)(cav_store *store, const cav_scope *scope, int64_t *cursor,
                              cav_nudge_visitor *visit, void *context, cav_error *error);
    /** Appends the kept end of a trial's output. */
    caviar_code (*output_read)(cav_store *store, const cav_scope *scope, int64_t number,
                               cav_text *text, cav_error *error);

    /**
     * Everything between begin and commit becomes visible, and survives a crash, together. Groups
     * nest; the outermost counts. When writing fails in a group (not when a call is refused) all
     * of it is undone: every call from there to the commit, and the commit, fail.
     */
    caviar_code (*begin)(cav_store *store, cav_error *error);
    caviar_code (*commit)(cav_store *store, cav_error *error);

    /** Makes all that was committed safe from power loss. */
    caviar_code (*sync)(cav_store *store, cav_error *error);

    /** Looks for damage, and calls `found` for each; see `caviar doctor`. */
    caviar_code (*check)(cav_store *store, cav_problem_visitor *found, void *context,
                         cav_error *error);
} cav_store_type;

/** Who is asked, while a store waits for a server that is away, whether it is to wait on. */
typedef struct cav_store_waiter {
    void *context;
    /**
     * Called a few times a second, on the thread whose call waits. `why`: what keeps the server;
     * `away_ms`: since when, 0 at the beginning of each wait; `most_ms`: when the store gives up by
     * itself, INT64_MAX: it does not. After "no" the call fails with CAVIAR_IO, and whatever was to
     * be written is not; nobody is asked again: the store is given up.
     */
    bool (*waits)(void *context, const char *why, int64_t away_ms, int64_t most_ms);
} cav_store_waiter;

/** Every store begins with this. */
struct cav_store {
    const cav_store_type *type;
    const char *place;      // where it is, for messages: without a password
    const cav_clock *clock; // the time by which its leases run: a server's, where there is one
    /**
     * Grows when what was read may not be true any more: a server that went down may have taken
     * back the last changes before its end that nobody was told of as done. Whoever has read
     * anything begins again, with its cursors at 0.
     */
    int64_t generation;
    const cav_store_waiter *waiter; // borrowed; NULL: it waits as long as it likes
    bool is_given_up;               // what would have to wait for its server fails at once
};

/** The stores: X(name of the cav_store_type). */
#define CAV_STORES(X)                                                                              \
    X(cav_store_memory)                                                                            \
    X(cav_store_sqlite)                                                                            \
    X(cav_store_postgresql)

#define X(type) extern const cav_store_type type;
CAV_STORES(X)
#undef X

extern const cav_store_type *const cav_stores[];
extern const size_t cav_store_count;

/**
 * Opens the store that a location names: NULL or "memory:" is memory; "sqlite:///PATH" and a plain
 * path are SQLite files; "postgresql://…" is a server. CAVIAR_INVALID for a URL that no store
 * knows.
 */
caviar_code cav_store_open(const cav_store_options *options, cav_store **ret_store,
                           cav_error *error);
void cav_store_close(cav_store *store);

/** True if other machines reach the store that a location names. */
bool cav_store_is_on_server(const char *location);

#endif
