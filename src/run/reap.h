/**
 * reap.h: finding the processes that a trial started, and ending them all.
 *
 * A trial runs in a session of its own, so a signal to its process group reaches what it started.
 * What left that group is known by its environment, which holds the trial's CAVIAR_DIR.
 */
#ifndef CAV_RUN_REAP_H
#define CAV_RUN_REAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * Makes this process the one that inherits the orphans of its trials, so that it learns of them.
 * Returns false where the system cannot.
 */
bool cav_reap_adopt_orphans(void);

/** True if there are children of this process other than those in `known` [count]. */
bool cav_reap_has_orphans(const pid_t *known, size_t count);

/** Ends waiting for zombies among the orphans: collects those that are dead already. */
void cav_reap_collect(const pid_t *known, size_t count);

/** Sends a signal to every process whose CAVIAR_DIR is `folder`. Returns how many there were. */
int cav_reap_signal(const char *folder, int signal);

/** Calls `visit` for every process with a CAVIAR_DIR below `folder`, with the rest of the path. */
void cav_reap_visit(const char *folder, void (*visit)(void *context, pid_t pid, const char *rest),
                    void *context);

#endif
