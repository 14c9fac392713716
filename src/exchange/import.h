/**
 * import.h: formats of other programs that can be read, and their table.
 *
 * A format is one file that defines a cav_import_type, and one line in CAV_IMPORTS.
 */
#ifndef CAV_EXCHANGE_IMPORT_H
#define CAV_EXCHANGE_IMPORT_H

#include "exchange/ledger.h"

/** A column of a table that is a metric. */
typedef struct cav_import_metric {
    const char *column;
    bool maximize;
} cav_import_metric;

/** What somebody says of a table's columns; all zero: nothing, they are what they look like. */
typedef struct cav_import_columns {
    const cav_spec *spec;             // the columns are its parameters and metrics; NULL: see below
    const cav_import_metric *metrics; // [metric_count] none: those that are known by their names
    size_t metric_count;
    const char *parameters; // names with commas between; NULL: all columns that are nothing else
} cav_import_columns;

typedef struct cav_import_source {
    const char *path;
    const char *study; // which of several studies in the file; NULL: the only one
    const char *text;  // [size] the file's beginning, or all of it where the format is a text
    size_t size;
    cav_import_columns columns; // for a table
} cav_import_source;

/** What was read: trials, or a study file without any. */
typedef struct cav_imported {
    cav_ledger *ledger; // NULL: none
    cav_text file;      // the study file, where there is no ledger
} cav_imported;

typedef struct cav_import_type {
    const char *name;    // "optuna"
    const char *summary; // one line, for help
    bool is_text;        // `text` is the whole file
    bool has_columns;    // heeds what is said of columns
    /** True for a file of this format, by its beginning. */
    bool (*recognises)(const char *text, size_t size);
    /** Reads the file. On failure the error names the place: a table, a line. */
    caviar_code (*read)(const cav_import_source *source, cav_imported *ret_imported,
                        cav_notes *notes, cav_error *error);
} cav_import_type;

/** The formats: X(name of the cav_import_type). */
#define CAV_IMPORTS(X)                                                                             \
    X(cav_import_optuna)                                                                           \
    X(cav_import_optuna_journal)                                                                   \
    X(cav_import_wandb)                                                                            \
    X(cav_import_csv)

#define X(type) extern const cav_import_type type;
CAV_IMPORTS(X)
#undef X

extern const cav_import_type *const cav_imports[];
extern const size_t cav_import_count;

/**
 * Reads the file of a source, whose text is not looked at. `format` NULL: the first that recognises
 * it.
 */
caviar_code cav_import_read(const cav_import_source *source, const char *format,
                            cav_imported *ret_imported, cav_notes *notes, cav_error *error);
void cav_imported_free(cav_imported *imported);

/** The study of that name, or the only one. `names` [count]; fails with a list of them. */
caviar_code cav_import_choose(const char *const *names, size_t count, const char *wanted,
                              size_t *ret_index, cav_error *error);

#endif
