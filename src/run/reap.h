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

/** Visits the children of a process that one of its threads has started and not yet waited for. */
typedef void cav_child_visitor(void *context, pid_t pid);
void cav_reap_each_child(pid_t pid, pid_t thread, cav_child_visitor *visit, void *context);

/** True if there are children of this process other than those in `known` [count]. */
bool cav_reap_has_orphans(const pid_t *known, size_t count);

/** Ends waiting for zombies among the orphans: collects those that are dead already. */
void cav_reap_collect(const pid_t *known, size_t count);

/**
 * Kills all children of this process, and their orphans in turn, which become its children, too.
 * For the end of a run: what hid from its trial's end by another environment is found here.
 */
void cav_reap_kill_orphans(void);

/** Sends a signal to every process whose CAVIAR_DIR is `folder`. Returns how many there were. */
int cav_reap_signal(const char *folder, int signal);

/** A process of a trial: the rest of its CAVIAR_DIR, and its CAVIAR_SOCKET ("": none). */
typedef void cav_reap_visitor(void *context, pid_t pid, const char *rest, const char *socket);

/** Visits every process whose CAVIAR_DIR begins with `folder`. */
void cav_reap_visit(const char *folder, cav_reap_visitor *visit, void *context);

#endif
