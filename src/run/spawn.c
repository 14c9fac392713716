/**
 * spawn.c: programs by posix_spawn.
 *
 * glibc's child borrows this process's memory until it runs its program, so that what a start costs
 * does not grow with the studies that are in memory; a fork would copy the tables of all its pages,
 * and then every page that either side writes to.
 */
#include "run/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

// Writes the first of PATH's folders' programs of that name.
static bool find_in_path(const char *name, char ret_path[CAV_SPAWN_PATH])
{
    const char *folders = getenv("PATH");
    while (folders && *folders) {
        char path[CAV_SPAWN_PATH];
        int length = (int)strcspn(folders, ":"); // an empty one is this folder
        int size = snprintf(path, sizeof path, "%.*s/%s", length ? length : 1,
                            length ? folders : ".", name);
        if (size < (int)sizeof path && is_program(path)) {
            memcpy(ret_path, path, (size_t)size + 1);
            return true;
        }
        folders += length + (folders[length] == ':');
    }
    return false;
}

bool cav_spawn_find(const char *name, char ret_path[CAV_SPAWN_PATH])
{
    if (!strchr(name, '/'))
        return find_in_path(name, ret_path);
    size_t size = strlen(name) + 1;
    if (size > CAV_SPAWN_PATH || !is_program(name))
        return false;
    memcpy(ret_path, name, size);
    return true;
}

// argv for a shell that runs the script at `path`. The array is the caller's to free.
static char **through_shell(char *shell, char *path, char *const *argv)
{
    size_t count = 0;
    while (argv[count])
        count++;
    char **words = calloc(count + 2, sizeof *words);
    if (!words)
        return NULL;
    words[0] = shell;
    words[1] = path;
    memcpy(words + 2, argv + 1, count * sizeof *words); // with the NULL
    return words;
}

static int start(char *path, char *const *argv, char *const *variables,
                 const posix_spawn_file_actions_t *files, const posix_spawnattr_t *how,
                 pid_t *ret_pid)
{
    int failed = posix_spawn(ret_pid, path, files, how, argv, variables);
    if (failed != ENOEXEC)
        return failed;
    char shell[] = "/bin/sh";
    char **words = through_shell(shell, path, argv);
    failed = words ? posix_spawn(ret_pid, shell, files, how, words, variables) : ENOMEM;
    free(words);
    return failed;
}

// How a new program expects to find itself.
static int describe(posix_spawnattr_t *how)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawnattr_setsigmask(how, &none);
    if (!failed)
        failed = posix_spawnattr_setsigdefault(how, &all);
    if (!failed)
        failed = posix_spawnattr_setflags(how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETSIGDEF);
    return failed;
}

static int connect_files(posix_spawn_file_actions_t *files, const int outputs[2])
{
    int failed = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(files, outputs[0], STDOUT_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(files, outputs[1], STDERR_FILENO);
    return failed;
}

static int start_with(char *path, char *const *argv, char *const *variables, const int outputs[2],
                      pid_t *ret_pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    int failed = posix_spawn_file_actions_init(&files);
    if (failed)
        return failed;
    failed = posix_spawnattr_init(&how);
    if (!failed) {
        failed = describe(&how);
        if (!failed)
            failed = connect_files(&files, outputs);
        if (!failed)
            failed = start(path, argv, variables, &files, &how, ret_pid);
        posix_spawnattr_destroy(&how);
    }
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

// A pipe whose reader does not block. The writer does: programs do not expect otherwise.
static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC))
        return errno;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return 0;
    int failed = errno;
    close_both(ends);
    return failed;
}

int cav_spawn(char *const *argv, char *const *variables, pid_t *ret_pid, int ret_streams[2])
{
    char found[CAV_SPAWN_PATH];
    char *path = argv[0]; // with a slash it is tried as it is: the system says what is wrong
    int output[2], errors[2];
    if (!strchr(path, '/')) {
        if (!find_in_path(path, found))
            return ENOENT;
        path = found;
    }
    int failed = make_pipe(output);
    if (failed)
        return failed;
    failed = make_pipe(errors);
    if (failed) {
        close_both(output);
        return failed;
    }
    failed = start_with(path, argv, variables, (int[]){output[1], errors[1]}, ret_pid);
    close(output[1]);
    close(errors[1]);
    if (failed) {
        close(output[0]);
        close(errors[0]);
        return failed;
    }
    ret_streams[0] = output[0];
    ret_streams[1] = errors[0];
    return 0;
}
