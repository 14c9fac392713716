/**
 * reap.c: looking through /proc.
 */
#include "run/reap.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

bool cav_reap_adopt_orphans(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

static bool is_known(const pid_t *known, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (known[i] == pid)
            return true;
    return false;
}

// Calls `visit` for each child of this process that is not known.
static int each_orphan(const pid_t *known, size_t count, void (*visit)(pid_t pid))
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *file = fopen(path, "re");
    int found = 0;
    long pid;
    while (file && fscanf(file, "%ld", &pid) == 1) {
        if (is_known(known, count, (pid_t)pid))
            continue;
        found++;
        if (visit)
            visit((pid_t)pid);
    }
    if (file)
        fclose(file);
    return found;
}

bool cav_reap_has_orphans(const pid_t *known, size_t count)
{
    return each_orphan(known, count, NULL) > 0;
}

static void collect_one(pid_t pid)
{
    waitpid(pid, NULL, WNOHANG);
}

void cav_reap_collect(const pid_t *known, size_t count)
{
    each_orphan(known, count, collect_one);
}

// The value of CAVIAR_DIR in a process's environment, in `value`; false if it has none or is not
// ours to look at.
static bool read_folder(const char *pid, char *value, size_t size)
{
    static const char name[] = "CAVIAR_DIR=";
    char path[64], buffer[65536];
    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, buffer, sizeof buffer - 1);
    close(fd);
    if (got <= 0)
        return false;
    buffer[got] = '\0';
    for (char *at = buffer; at < buffer + got; at += strlen(at) + 1) {
        if (strncmp(at, name, sizeof name - 1) != 0)
            continue;
        return (size_t)snprintf(value, size, "%s", at + sizeof name - 1) < size;
    }
    return false;
}

void cav_reap_visit(const char *folder, void (*visit)(void *context, pid_t pid, const char *rest),
                    void *context)
{
    size_t size = strlen(folder);
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        char value[4096];
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !read_folder(entry->d_name, value, sizeof value) || strncmp(value, folder, size) != 0)
            continue;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid != getpid())
            visit(context, pid, value + size);
    }
    if (proc)
        closedir(proc);
}

typedef struct sender {
    int signal, count;
} sender;

static void send_signal(void *context, pid_t pid, const char *rest)
{
    sender *at = context;
    if (rest[0] == '\0' && kill(pid, at->signal) == 0)
        at->count++;
}

int cav_reap_signal(const char *folder, int signal)
{
    sender at = {.signal = signal};
    cav_reap_visit(folder, send_signal, &at);
    return at.count;
}
