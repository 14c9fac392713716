/**
 * helper.c: another program's answer, by posix_spawn and poll.
 */
#include "run/helper.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_OUTPUT = 16 << 20, LARGEST_INPUT = 32768 }; // the input fits into a pipe

typedef struct pipes {
    int in[2], out[2], err[2];
} pipes;

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
    pair[0] = pair[1] = -1;
}

static void close_pipes(pipes *at)
{
    close_pair(at->in);
    close_pair(at->out);
    close_pair(at->err);
}

static bool open_pipes(pipes *at)
{
    *at = (pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    return pipe2(at->in, O_CLOEXEC) == 0 && pipe2(at->out, O_CLOEXEC) == 0 &&
           pipe2(at->err, O_CLOEXEC) == 0;
}

static int spawn(const cav_helper *helper, const pipes *at, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, at->in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, at->out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, at->err[1], STDERR_FILENO);
    int failed =
        posix_spawnp(ret_pid, helper->words[0], &actions, NULL, helper->words, helper->variables);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static int64_t now_ms(void)
{
    return cav_clock_monotonic_ns(&cav_clock_system) / 1000000;
}

// Reads what there is; closes the end at its end.
static void take(int *fd, cav_text *text)
{
    char chunk[4096];
    ssize_t size = read(*fd, chunk, sizeof chunk);
    if (size > 0 && text->size < MOST_OUTPUT) {
        cav_text_append_size(text, chunk, (size_t)size);
    } else if (size <= 0 && errno != EINTR) {
        close(*fd);
        *fd = -1;
    }
}

// Reads both streams to their ends; false when the time is over before.
static bool read_streams(pipes *at, int64_t end_ms, cav_text *output, cav_text *errors)
{
    while (at->out[0] >= 0 || at->err[0] >= 0) {
        int64_t left = end_ms - now_ms();
        struct pollfd ends[] = {{.fd = at->out[0], .events = POLLIN},
                                {.fd = at->err[0], .events = POLLIN}};
        if (left <= 0)
            return false;
        if (poll(ends, 2, (int)left) <= 0)
            continue;
        if (ends[0].revents)
            take(&at->out[0], output);
        if (ends[1].revents)
            take(&at->err[0], errors);
    }
    return true;
}

caviar_code cav_helper_run(const cav_helper *helper, cav_text *output, cav_text *errors,
                           int *ret_status, cav_error *error)
{
    pipes at;
    pid_t pid;
    size_t size = strlen(helper->input);
    if (!open_pipes(&at) || size > LARGEST_INPUT) {
        int failed = size > LARGEST_INPUT ? E2BIG : errno;
        close_pipes(&at);
        return cav_fail_errno(error, failed, "cannot run '%s'", helper->words[0]);
    }
    int failed = spawn(helper, &at, &pid);
    ssize_t put = failed ? 0 : write(at.in[1], helper->input, size);
    close_pair(at.in);
    close(at.out[1]);
    close(at.err[1]);
    at.out[1] = at.err[1] = -1;
    bool in_time = !failed && read_streams(&at, now_ms() + helper->timeout_ms, output, errors);
    close_pipes(&at);
    if (failed)
        return cav_fail_errno(error, failed, "cannot run '%s'", helper->words[0]);
    if (!in_time)
        kill(pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!in_time)
        return cav_fail(error, CAVIAR_IO, "'%s' did not answer within %d s", helper->words[0],
                        helper->timeout_ms / 1000);
    if (output->failed || errors->failed)
        return cav_fail_memory(error);
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (put < (ssize_t)size && *ret_status == 0)
        return cav_fail(error, CAVIAR_IO, "'%s' did not read what it was given", helper->words[0]);
    return CAVIAR_OK;
}
