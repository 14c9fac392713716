/**
 * earlier.h: the earlier studies that a study learns from: `from` in its definition.
 *
 * What is learnt from one is fixed when the study is made, or `from` is changed: so many of its
 * trials as had ended by then. So all workers of the study know the same, also while the earlier
 * one goes on.
 */
#ifndef CAV_STUDY_EARLIER_H
#define CAV_STUDY_EARLIER_H

#include "study/study.h"

/**
 * Settles how many trials of each count, where `spec` does not say: as many as `before` (NULL, or
 * the definition so far) says, or else as there are. CAVIAR_INVALID where there is nothing to be
 * learnt from one.
 */
caviar_code cav_earlier_settle(const cav_study *study, cav_spec *spec, const cav_spec *before,
                               cav_error *error);

/** Reads them for a definition of the study. One that was deleted meanwhile has no trials. Free
 * the list in either case. */
caviar_code cav_earlier_read(const cav_study *study, const cav_spec *spec,
                             cav_earlier_list *ret_list, cav_error *error);
void cav_earlier_list_free(cav_earlier_list *list);

/** What is to be said of an earlier study. */
typedef struct cav_earlier_report {
    const char *name; // the spec's
    size_t trial_count, shared_count;
    cav_inherited now;
} cav_earlier_report;

/**
 * How much each of them, in the order of study->spec->from, is worth by now; for a study that may
 * be only looked at. The caller frees the array.
 */
caviar_code cav_earlier_reports(cav_study *study, cav_earlier_report **ret_reports,
                                cav_error *error);

#endif
