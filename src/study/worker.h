/**
 * worker.h: who runs a trial: names for processes, and whether they still live.
 */
#ifndef CAV_STUDY_WORKER_H
#define CAV_STUDY_WORKER_H

#include <stdbool.h>

enum { CAV_WORKER_SIZE = 192 };

/**
 * A name that no other worker ever has: host, boot, PID namespace, process, its start, and a
 * number within the process: "node7/1f0c2a/4026531836/4711/83123/1".
 */
void cav_worker_name(char ret_name[CAV_WORKER_SIZE]);

/**
 * True if the worker surely lives no more: it was a process that this one could see, and there is
 * none such. A worker on another machine, or in another container, is never surely gone; its lease
 * tells. `own` is a name of this process.
 */
bool cav_worker_is_gone(const char *name, const char *own);

#endif
