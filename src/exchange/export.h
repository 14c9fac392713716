/**
 * export.h: formats of other programs that a study can be written in, and their table.
 *
 * A format is one file that defines a cav_export_type, and one line in CAV_EXPORTS. It gives a
 * text, or writes what stands under a path of its own (a file or a folder that is not there yet).
 */
#ifndef CAV_EXCHANGE_EXPORT_H
#define CAV_EXCHANGE_EXPORT_H

#include "exchange/ledger.h"

typedef struct cav_export_type {
    const char *name;    // "optuna"
    const char *summary; // for help: "an SQLite file for Optuna"
    caviar_code (*write)(cav_study *study, cav_text *text, cav_notes *notes,
                         cav_error *error); // NULL: it is no text
    caviar_code (*write_path)(cav_study *study, const char *path, cav_notes *notes,
                              cav_error *error); // NULL: it is a text
} cav_export_type;

/** The formats: X(name of the cav_export_type). */
#define CAV_EXPORTS(X)                                                                             \
    X(cav_export_optuna)                                                                           \
    X(cav_export_optuna_journal)                                                                   \
    X(cav_export_hiplot)                                                                           \
    X(cav_export_tensorboard)                                                                      \
    X(cav_export_mlflow)

#define X(type) extern const cav_export_type type;
CAV_EXPORTS(X)
#undef X

extern const cav_export_type *const cav_exports[];
extern const size_t cav_export_count;

/** Finds a format; NULL for an unknown name. */
const cav_export_type *cav_export_find(const char *name);

/** CAVIAR_EXISTS if something stands at a path. */
caviar_code cav_export_check_free(const char *path, cav_error *error);

/**
 * Writes a study, opened with its curves, to a path at once: what is there is there whole. With
 * `force` it takes the place of what was there before. Not for a text.
 */
caviar_code cav_export_place(const cav_export_type *type, cav_study *study, const char *path,
                             bool force, cav_notes *notes, cav_error *error);

#endif
