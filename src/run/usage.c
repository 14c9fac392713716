/**
 * usage.c: through /proc, and by what getrusage(2) and wait4(2) say.
 *
 * Resident memory is the greatest of any one process, as for wait4: what processes share would be
 * counted several times in a sum.
 */
#include "run/usage.h"

#include "run/reap.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_PROCESSES = 256, // that are looked at; of a trial with more, the first ones
    MOST_THREADS = 256,   // of a process, whose children are
    FILE_SIZE = 8192,     // of what is read of a file in /proc
};

typedef struct family {
    pid_t pids[MOST_PROCESSES];
    size_t count;
} family;

static void join_family(void *context, pid_t pid)
{
    family *at = context;
    if (at->count < MOST_PROCESSES)
        at->pids[at->count++] = pid;
}

static void add_children(family *at, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *threads = opendir(path);
    const struct dirent *entry;
    for (int i = 0; threads && i < MOST_THREADS && (entry = readdir(threads)); i++)
        if (isdigit((unsigned char)entry->d_name[0]))
            cav_reap_each_child(pid, (pid_t)strtol(entry->d_name, NULL, 10), join_family, at);
    if (threads)
        closedir(threads);
}

// Reads the beginning of a file of a process; "" if it has gone.
static void read_file(pid_t pid, const char *name, char ret_text[FILE_SIZE])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, ret_text, FILE_SIZE - 1);
    if (fd >= 0)
        close(fd);
    ret_text[got > 0 ? got : 0] = '\0';
}

// Its own ticks, and those of the children that it has waited for.
static int64_t read_ticks(pid_t pid)
{
    enum { BEFORE = 12 }; // blanks between its name and its ticks: proc_pid_stat(5)
    char text[FILE_SIZE];
    int64_t ticks = 0;
    read_file(pid, "stat", text);
    char *at = strrchr(text, ')'); // its name may have any character
    for (int field = 0; at && field < BEFORE; field++)
        at = strchr(at + 1, ' ');
    for (int i = 0; at && i < 4; i++)
        ticks += strtoll(at, &at, 10);
    return ticks;
}

static int64_t read_memory(pid_t pid)
{
    static const char line[] = "\nVmHWM:";
    char text[FILE_SIZE];
    read_file(pid, "status", text);
    const char *found = strstr(text, line);
    return found ? 1024 * strtoll(found + strlen(line), NULL, 10) : 0;
}

cav_usage cav_usage_look(pid_t pid)
{
    family at = {.pids = {pid}, .count = 1};
    cav_usage usage = {0};
    int64_t ticks = 0, ticks_in_s = sysconf(_SC_CLK_TCK);
    for (size_t i = 0; i < at.count; i++) {
        int64_t memory = read_memory(at.pids[i]);
        if (memory > usage.memory_bytes)
            usage.memory_bytes = memory;
        ticks += read_ticks(at.pids[i]);
        add_children(&at, at.pids[i]);
    }
    usage.cpu_ms = ticks_in_s > 0 ? ticks * 1000 / ticks_in_s : 0;
    return usage;
}

static int64_t in_us(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

// In KiB, as Linux has it.
static int64_t memory_of(const struct rusage *taken)
{
    return (int64_t)taken->ru_maxrss * 1024;
}

cav_usage cav_usage_of_ended(const struct rusage *taken, int64_t own_bytes)
{
    int64_t us = in_us(&taken->ru_utime) + in_us(&taken->ru_stime);
    int64_t margin = own_bytes / 8; // the system's counts are not exact
    bool is_its_own = memory_of(taken) > own_bytes + margin;
    return (cav_usage){.cpu_ms = (us + 999) / 1000, // what has run has taken something
                       .memory_bytes = is_its_own ? memory_of(taken) : 0};
}

int64_t cav_usage_own_memory(void)
{
    struct rusage taken;
    return getrusage(RUSAGE_SELF, &taken) ? 0 : memory_of(&taken);
}
