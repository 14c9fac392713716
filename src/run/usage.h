/**
 * usage.h: what a trial's processes take: processor time and memory.
 */
#ifndef CAV_RUN_USAGE_H
#define CAV_RUN_USAGE_H

#include "trial/record.h"

#include <sys/resource.h>
#include <sys/types.h>

/**
 * Looks at a process and all that descend from it: the processor time that they have had, and those
 * that they have waited for; and the greatest memory that one of them has had. 0 where the system
 * does not say.
 */
cav_usage cav_usage_look(pid_t pid);

/**
 * What the wait for a program said that has ended: of it, and of the children that it has waited
 * for. A process has the memory of its parent until it runs its program, and the system counts
 * that, too: so of a peak that is not clearly above `own_bytes`, the parent's, nothing is known.
 */
cav_usage cav_usage_of_ended(const struct rusage *taken, int64_t own_bytes);

/** The greatest memory that this process has had. To be asked when a program was started. */
int64_t cav_usage_own_memory(void);

#endif
