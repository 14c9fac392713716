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

void cav_reap_each_child(pid_t pid, pid_t thread, cav_child_visitor *visit, void *context)
{
    char path[80];
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)pid, (long)thread);
    FILE *file = fopen(path, "re");
    long child;
    while (file && fscanf(file, "%ld", &child) == 1)
        visit(context, (pid_t)child);
    if (file)
        fclose(file);
}

typedef struct orphans {
    const pid_t *known; // [count]
    size_t count;
    void (*visit)(pid_t pid); // NULL: they are only counted
    int found;
} orphans;

static void take_child(void *context, pid_t pid)
{
    orphans *at = context;
    if (is_known(at->known, at->count, pid))
        return;
    at->found++;
    if (at->visit)
        at->visit(pid);
}

// Calls `visit` for each child of this process that is not known.
static int each_orphan(const pid_t *known, size_t count, void (*visit)(pid_t pid))
{
    orphans at = {.known = known, .count = count, .visit = visit};
    cav_reap_each_child(getpid(), getpid(), take_child, &at);
    return at.found;
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

static void kill_one(pid_t pid)
{
    kill(pid, SIGKILL);
}

void cav_reap_kill_orphans(void)
{
    enum { NAPS = 200 }; // for what the system cannot kill at once
    for (int i = 0; i < NAPS && each_orphan(NULL, 0, kill_one) > 0; i++) {
        usleep(i ? 5000 : 100);
        cav_reap_collect(NULL, 0);
    }
}

// Reads the environment of a process, NUL between its entries; 0 if it has none or is not ours to
// look at. A trial's own variables stand before all others.
static size_t read_environment(const char *pid, char *buffer, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, buffer, size);
    close(fd);
    return got > 0 ? (size_t)got : 0;
}

// The value of a variable; NULL if it is not there, or was cut.
static const char *find_variable(const char *buffer, size_t size, const char *name)
{
    size_t length = strlen(name);
    const char *end;
    for (const char *at = buffer; (end = memchr(at, '\0', (size_t)(buffer + size - at)));
         at = end + 1)
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    return NULL;
}

void cav_reap_visit(const char *folder, cav_reap_visitor *visit, void *context)
{
    size_t size = strlen(folder);
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        char buffer[65536];
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        size_t got = read_environment(entry->d_name, buffer, sizeof buffer);
        const char *value = find_variable(buffer, got, "CAVIAR_DIR");
        if (!value || strncmp(value, folder, size) != 0)
            continue;
        const char *socket = find_variable(buffer, got, "CAVIAR_SOCKET");
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid != getpid())
            visit(context, pid, value + size, socket ? socket : "");
    }
    if (proc)
        closedir(proc);
}

typedef struct sender {
    int signal, count;
} sender;

static void send_signal(void *context, pid_t pid, const char *rest, const char *socket)
{
    (void)socket;
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
