/**
 * advising.h: what the trials say about the space, for `caviar advise`.
 */
#ifndef CAV_CLI_ADVISING_H
#define CAV_CLI_ADVISING_H

#include "cli/verb.h"
#include "insight/advice.h"
#include "insight/transfer.h"
#include "study/study.h"

typedef struct cav_advising {
    cav_arena *arena;
    cav_advice_list list;
    cav_error too_few; // why there is no list; "" where there is one
    const char *from;  // the earlier study; NULL: none was named
    cav_transfer transfer;
    cav_error no_transfer; // why it could not be compared; likewise
} cav_advising;

/** Works out what the flags --metric and --from ask for. Free it in either case. */
caviar_code cav_advising_make(const cav_arguments *arguments, cav_study *study,
                              cav_advising *ret_advising, cav_error *error);
void cav_advising_free(cav_advising *advising);

/** Appends it in words, a line each. */
void cav_advising_describe(const cav_advising *advising, cav_text *text);

/** The keys `space` and, if an earlier study was named, `transfer`, into an object. */
void cav_advising_write(const cav_advising *advising, cav_json *json);

/**
 * Applies advice to the study itself, as `caviar update` would: what `numbers` lists, "1,3", or, if
 * it is "" or NULL, all of it. Appends what was changed, a line each.
 */
caviar_code cav_advising_apply(const cav_advising *advising, cav_study *study, const char *numbers,
                               const cav_update_options *options, cav_text *ret_what,
                               cav_error *error);

/** Appends a study file, as JSON, of another name, that follows the advice. */
caviar_code cav_advising_study(const cav_advising *advising, const cav_study *study,
                               const char *name, cav_text *text, cav_error *error);

#endif
