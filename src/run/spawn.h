/**
 * spawn.h: starting a trial's program.
 */
#ifndef CAV_RUN_SPAWN_H
#define CAV_RUN_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

enum { CAV_SPAWN_PATH = 4096 }; // bytes of a program's path, NUL included

/**
 * Finds a program where the system would look for it: a name with a slash is a path, any other is
 * looked for in PATH. Writes its path, or returns false and leaves `ret_path` as it is.
 */
bool cav_spawn_find(const char *name, char ret_path[CAV_SPAWN_PATH]);

/**
 * Starts a program in a session and process group of its own, with nothing on its standard input,
 * and a pipe each for its standard output and its standard error. No signal is blocked in it, and
 * none ignored. `argv` and `variables` end with NULL; argv[0] is looked for as cav_spawn_find does.
 * As from a shell, a script without a first line that names its interpreter goes to /bin/sh.
 *
 * ret_streams: the ends to read from, [0] standard output, [1] standard error; they do not block
 * and are closed on exec. The caller closes them, and waits for the process.
 * Returns 0, or what failed as an errno value: ENOENT if there is no such program.
 */
int cav_spawn(char *const *argv, char *const *variables, pid_t *ret_pid, int ret_streams[2]);

#endif
