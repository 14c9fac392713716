/**
 * subset.h: those trials of a history that lie in its space, as a history of their own.
 *
 * After a range was moved or a constraint added in the middle of a study, some of its trials lie
 * outside. They stay in the history, and are shown; whoever learns from points sees the others
 * only. A row of the subset is a trial, in the order of their first changes; its number is not that
 * of the trial.
 */
#ifndef CAV_TRIAL_SUBSET_H
#define CAV_TRIAL_SUBSET_H

#include "trial/history.h"

typedef struct cav_subset cav_subset;

/** For histories of these widths; NULL when out of memory. `maximize` must outlive it. */
cav_subset *cav_subset_new(const cav_history *like);
void cav_subset_free(cav_subset *subset);

/** Takes in what is new in the history, which must always be the same one. */
caviar_code cav_subset_look(cav_subset *subset, const cav_history *history, cav_error *error);

/** The trials in the space. It belongs to the subset. */
const cav_history *cav_subset_view(const cav_subset *subset);

#endif
