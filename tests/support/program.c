/**
 * program.c: starting a program with its output in files.
 */
#include "support/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 64 };

static void redirect(const char *folder, const char *name, int target)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd < 0 || dup2(fd, target) < 0)
        _exit(126);
    close(fd);
}

// In the child: becomes the program.
static void become(const char *folder, char *line, const char *const *settings)
{
    char *argv[MOST_ARGUMENTS] = {(char *)(uintptr_t) "caviar-train"};
    size_t count = 1;
    while (*line && count < MOST_ARGUMENTS - 1) {
        argv[count++] = line;
        line += strcspn(line, " ");
        if (*line)
            *line++ = '\0';
    }
    unsetenv("CAVIAR_SOCKET");
    unsetenv("CAVIAR_DIR");
    for (; settings && *settings; settings++)
        putenv((char *)(uintptr_t)*settings);
    redirect(folder, "out", STDOUT_FILENO);
    redirect(folder, "err", STDERR_FILENO);
    const char *path = getenv("CAVIAR_TRAIN");
    if (path)
        execv(path, argv);
    _exit(127);
}

program program_start(const char *line, const char *const *settings)
{
    program at;
    char copy[2000];
    test_folder_make(at.folder);
    test_file_write(at.folder, "out", "", 0);
    test_file_write(at.folder, "err", "", 0);
    snprintf(copy, sizeof copy, "%s", line);
    fflush(NULL);
    at.pid = fork();
    assert_true(at.pid >= 0);
    if (at.pid == 0)
        become(at.folder, copy, settings);
    return at;
}

static char *read_output(const program *at, const char *name)
{
    char path[PATH_MAX];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", at->folder, name);
    return test_file_read(path, &size);
}

outcome program_wait(program *at)
{
    int status = 0;
    while (waitpid(at->pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    outcome end = {.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)};
    end.out = read_output(at, "out");
    end.err = read_output(at, "err");
    test_folder_remove(at->folder);
    return end;
}

bool program_wait_for(const program *at, const char *text)
{
    for (;;) {
        siginfo_t ended = {0};
        waitid(P_PID, (id_t)at->pid, &ended, WEXITED | WNOHANG | WNOWAIT);
        char *out = read_output(at, "out");
        bool found = strstr(out, text) != NULL;
        free(out);
        if (found || ended.si_pid == at->pid)
            return found;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

outcome program_run(const char *line)
{
    program at = program_start(line, NULL);
    return program_wait(&at);
}

void outcome_clear(outcome *at)
{
    free(at->out);
    free(at->err);
    *at = (outcome){0};
}
