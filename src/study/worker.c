/**
 * worker.c: naming processes so that a later one can tell whether they still live.
 *
 * A process id alone is used again after a while; together with the moment the process started it
 * is not. Ids mean something only within one boot of one machine and one PID namespace, so these
 * are part of the name.
 */
#include "study/worker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The first line of a small file under /proc; "" if it cannot be read.
static void read_line(const char *path, char *line, int size)
{
    line[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (!fgets(line, size, file))
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    fclose(file);
}

// When a process started, in clock ticks since boot; 0 if there is no such process.
static unsigned long long start_of(long pid)
{
    char path[64], line[1024];
    unsigned long long start = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    read_line(path, line, sizeof line);
    const char *at = strrchr(line, ')'); // the command's name may hold anything, even blanks
    if (!at || at[1] == '\0' || at[2] == 'Z')
        return 0;
    // field 22; the state behind the name is field 3
    if (sscanf(at + 2,
               "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
               "%*d %llu",
               &start) != 1)
        return 0;
    return start;
}

static unsigned long namespace_of_this(void)
{
    char target[64];
    unsigned long id = 0;
    ssize_t size = readlink("/proc/self/ns/pid", target, sizeof target - 1);
    target[size > 0 ? size : 0] = '\0';
    return sscanf(target, "pid:[%lu]", &id) == 1 ? id : 0;
}

// What all workers share that this process could look at: "host/boot/namespace/".
static void print_scope(char *scope, size_t size)
{
    char host[65], boot[64];
    if (gethostname(host, sizeof host))
        snprintf(host, sizeof host, "localhost");
    host[sizeof host - 1] = '\0';
    for (char *c = host; *c; c++)
        if (*c == '/')
            *c = '_';
    read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    snprintf(scope, size, "%s/%.8s/%lu/", host, boot, namespace_of_this());
}

void cav_worker_name(char ret_name[CAV_WORKER_SIZE])
{
    static atomic_uint count;
    char scope[CAV_WORKER_SIZE];
    long pid = (long)getpid();
    print_scope(scope, sizeof scope);
    snprintf(ret_name, CAV_WORKER_SIZE, "%.120s%ld/%llu/%u", scope, pid, start_of(pid),
             atomic_fetch_add(&count, 1));
}

// The size of a name's "host/boot/namespace/"; a host's name holds no '/'.
static size_t scope_size(const char *name)
{
    const char *at = name;
    for (int i = 0; i < 3 && at; i++)
        at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL;
    return at ? (size_t)(at - name) : strlen(name);
}

bool cav_worker_is_gone(const char *name, const char *own)
{
    long pid;
    unsigned long long start;
    own += own[0] == '~'; // a detached study's own name
    size_t size = scope_size(own);
    if (strncmp(name, own, size) != 0 || sscanf(name + size, "%ld/%llu", &pid, &start) != 2)
        return false;
    return start_of(pid) != start;
}
