/**
 * fault_calls.c: to be preloaded into a program whose n-th call of a kind is to fail.
 *
 *     LD_PRELOAD=libfault_calls.so FAULT=write:17 caviar run study.yaml
 *
 * FAULT=KIND:N fails the N-th call of that kind, FAULT=KIND:N+ that and all that follow; FAULT=list
 * fails none. FAULT_LOG names a file to which a line goes for each fault, "hit KIND N", and with
 * FAULT=list a line "KIND N" for each place that calls (a chain of callers) when it first does: a
 * fault at each of these is as good as one at every call. Only this process is meant, from main
 * until what main has left to do at the exit is done: its children get neither the library nor the
 * faults, and the destructors of libraries (gcov's, which does not survive them) no faults.
 *
 * Looks into /proc are a kind of their own, "processes": how many there are differs from run to
 * run, and would move the numbers of the others. Calls that libc makes within itself do not come by
 * here.
 */
#undef _FILE_OFFSET_BITS // open is open here, and open64 another one

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// X(KIND, "name", what the calls fail with)
#define KINDS(X)                                                                                   \
    X(ALLOC, "alloc", ENOMEM)                                                                      \
    X(CONNECT, "connect", ECONNREFUSED)                                                            \
    X(FORK, "fork", EAGAIN)                                                                        \
    X(LOCK, "lock", EIO)                                                                           \
    X(MAP, "map", ENOMEM)                                                                          \
    X(NAME, "name", EACCES)                                                                        \
    X(NETWORK, "network", ECONNRESET)                                                              \
    X(OPEN, "open", EMFILE)                                                                        \
    X(PROCESSES, "processes", EMFILE)                                                              \
    X(READ, "read", EIO)                                                                           \
    X(SYNC, "sync", EIO)                                                                           \
    X(WRITE, "write", ENOSPC)

enum kind {
#define X(kind, name, number) KIND_##kind,
    KINDS(X)
#undef X
        KIND_COUNT
};

static const struct kind_facts {
    const char *name;
    int number;
} kinds[] = {
#define X(kind, name, number) {name, number},
    KINDS(X)
#undef X
};

enum {
    DEPTH = 10,           // callers that make up a place
    PLACES = 1 << 16,     // [power of two] most that are told apart
    EARLY_SIZE = 1 << 16, // bytes for whoever allocates before there is an allocator
};

static struct faults {
    atomic_bool is_armed;
    bool lists, onward;
    enum kind kind;
    long nth;
    atomic_long seen[KIND_COUNT];
    int log;
    _Atomic uint64_t places[PLACES]; // hashes, open addressing
} faults = {.log = -1};

static __thread bool is_inside __attribute__((tls_model("initial-exec")));

static void put_line(const char *before, enum kind kind, long nth)
{
    char line[64];
    int size = snprintf(line, sizeof line, "%s%s %ld\n", before, kinds[kind].name, nth);
    syscall(SYS_write, faults.log, line, (size_t)size);
}

// Is this the first call from this place?
static bool is_new_place(enum kind kind)
{
    void *callers[DEPTH + 2]; // the first two are this file's own
    int count = backtrace(callers, DEPTH + 2);
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + (uint64_t)kind;
    for (int i = 2; i < count; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)callers[i]) * UINT64_C(0x100000001b3);
    hash += hash == 0;
    for (size_t i = 0; i < PLACES; i++) {
        uint64_t found = 0;
        _Atomic uint64_t *place = &faults.places[(hash + i) % PLACES];
        if (atomic_compare_exchange_strong(place, &found, hash))
            return true;
        if (found == hash)
            return false;
    }
    return false;
}

// Counts a call; true if it is to fail, and errno says why.
static bool fails(enum kind kind)
{
    if (!atomic_load(&faults.is_armed) || is_inside)
        return false;
    long nth = atomic_fetch_add(&faults.seen[kind], 1) + 1;
    bool now = !faults.lists && kind == faults.kind &&
               (nth == faults.nth || (faults.onward && nth > faults.nth));
    is_inside = true;
    if (now && nth == faults.nth)
        put_line("hit ", kind, nth);
    else if (faults.lists && is_new_place(kind))
        put_line("", kind, nth);
    is_inside = false;
    if (now)
        errno = kinds[kind].number;
    return now;
}

// ---- What stands in the place of libc's ------------------------------------------------------

static char early[EARLY_SIZE] __attribute__((aligned(16)));
static size_t early_used;
static bool is_finding;

static bool is_early(const void *at)
{
    return (const char *)at >= early && (const char *)at < early + EARLY_SIZE;
}

static void *early_alloc(size_t size)
{
    void *at = early + early_used;
    early_used += (size + 31) & ~(size_t)15;
    if (early_used > sizeof early)
        __builtin_trap();
    return at;
}

static void (*real_free)(void *);

// The first thing that is found is free: dlsym itself uses it.
static void find(void *real, const char *name)
{
    if (!real_free && strcmp(name, "free") != 0)
        find(&real_free, "free");
    is_finding = true;
    void *found = dlsym(RTLD_NEXT, name);
    is_finding = false;
    memcpy(real, &found, sizeof found); // a function's address
    if (!found)
        __builtin_trap();
}

// Defines NAME, of TYPE, with its PARAMETERS; it hands on ARGUMENTS, or fails with FAILURE where
// IS_HIT is true.
#define WRAP_WHERE(is_hit, type, name, failure, parameters, arguments)                             \
    type name parameters;                                                                          \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*real) parameters;                                                             \
        if (!real)                                                                                 \
            find(&real, #name);                                                                    \
        return (is_hit) ? (failure) : real arguments;                                              \
    }

#define WRAP(kind, type, name, failure, parameters, arguments)                                     \
    WRAP_WHERE(fails(KIND_##kind), type, name, failure, parameters, arguments)

#define WRAP_ALLOC(name, parameters, arguments, size)                                              \
    void *name parameters;                                                                         \
    void *name parameters                                                                          \
    {                                                                                              \
        static void *(*real)parameters;                                                            \
        if (!real && is_finding)                                                                   \
            return early_alloc(size);                                                              \
        if (!real)                                                                                 \
            find(&real, #name);                                                                    \
        return fails(KIND_ALLOC) ? NULL : real arguments;                                          \
    }

WRAP_ALLOC(malloc, (size_t size), (size), size)
WRAP_ALLOC(calloc, (size_t count, size_t size), (count, size), count *size)
WRAP_ALLOC(aligned_alloc, (size_t alignment, size_t size), (alignment, size), size)
WRAP_ALLOC(memalign, (size_t alignment, size_t size), (alignment, size), size)

void *realloc(void *old, size_t size)
{
    static void *(*real)(void *, size_t);
    if (!real)
        find(&real, "realloc");
    if (is_early(old)) {
        void *copy = malloc(size);
        size_t left = (size_t)(early + EARLY_SIZE - (char *)old);
        return copy ? memcpy(copy, old, size < left ? size : left) : NULL;
    }
    return fails(KIND_ALLOC) ? NULL : real(old, size);
}

void free(void *old)
{
    if (is_early(old) || (!real_free && is_finding)) // dlsym clears its own error away
        return;
    if (!real_free)
        find(&real_free, "free");
    real_free(old);
}

WRAP(ALLOC, int, posix_memalign, ENOMEM, (void **ret, size_t alignment, size_t size),
     (ret, alignment, size))
WRAP(ALLOC, char *, strdup, NULL, (const char *text), (text))
WRAP(ALLOC, char *, strndup, NULL, (const char *text, size_t size), (text, size))

// Fails a read or write of a file or socket, not of what wakes a thread or a loop (eventfd, a pipe
// to oneself).
static bool fails_at(int fd, enum kind kind)
{
    struct stat about, proc;
    if (fstat(fd, &about) || (!S_ISREG(about.st_mode) && !S_ISSOCK(about.st_mode)))
        return false;
    bool is_process = stat("/proc", &proc) == 0 && proc.st_dev == about.st_dev;
    return fails(is_process ? KIND_PROCESSES : kind);
}

static bool fails_to_open(const char *path)
{
    return fails(strncmp(path, "/proc", 5) == 0 ? KIND_PROCESSES : KIND_OPEN);
}

// WRAP for what reads and writes.
#define WRAP_IO(kind, name, parameters, arguments)                                                 \
    WRAP_WHERE(fails_at(fd, KIND_##kind), ssize_t, name, -1, parameters, arguments)

WRAP_IO(WRITE, write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP_IO(WRITE, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
WRAP_IO(WRITE, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
WRAP_IO(WRITE, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
WRAP(WRITE, int, ftruncate, -1, (int fd, off_t size), (fd, size))
WRAP(WRITE, int, ftruncate64, -1, (int fd, off64_t size), (fd, size))
WRAP(WRITE, int, posix_fallocate, ENOSPC, (int fd, off_t at, off_t size), (fd, at, size))

WRAP_IO(READ, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP_IO(READ, pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at))
WRAP_IO(READ, pread64, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))

// A connection that was reset stays so, for both of its ends.
static bool resets(int fd)
{
    if (!fails(KIND_NETWORK))
        return false;
    shutdown(fd, SHUT_RDWR);
    errno = kinds[KIND_NETWORK].number;
    return true;
}

#define WRAP_NETWORK(name, parameters, arguments)                                                  \
    WRAP_WHERE(resets(fd), ssize_t, name, -1, parameters, arguments)

WRAP_NETWORK(send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
WRAP_NETWORK(recv, (int fd, void *data, size_t size, int flags), (fd, data, size, flags))
WRAP_NETWORK(sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP_NETWORK(recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))

WRAP(SYNC, int, fsync, -1, (int fd), (fd))
WRAP(SYNC, int, fdatasync, -1, (int fd), (fd))

WRAP_WHERE(fails_to_open(path), FILE *, fopen, NULL, (const char *path, const char *mode),
           (path, mode))
WRAP_WHERE(fails_to_open(path), FILE *, fopen64, NULL, (const char *path, const char *mode),
           (path, mode))
WRAP_WHERE(fails_to_open(path), DIR *, opendir, NULL, (const char *path), (path))
WRAP(OPEN, DIR *, fdopendir, NULL, (int fd), (fd))
WRAP(OPEN, int, pipe, -1, (int ends[2]), (ends))
WRAP(OPEN, int, pipe2, -1, (int ends[2], int flags), (ends, flags))
WRAP(OPEN, int, epoll_create1, -1, (int flags), (flags))
WRAP(OPEN, int, eventfd, -1, (unsigned int value, int flags), (value, flags))

// With a mode where the flags ask for one.
#define WRAP_OPEN(name, parameters, arguments)                                                     \
    int name parameters                                                                            \
    {                                                                                              \
        static int(*real) parameters;                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                    \
        va_end(rest);                                                                              \
        if (!real)                                                                                 \
            find(&real, #name);                                                                    \
        return fails_to_open(path) ? -1 : real arguments;                                          \
    }

WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
WRAP_OPEN(openat64, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))

WRAP(NAME, int, mkdir, -1, (const char *path, mode_t mode), (path, mode))
WRAP(NAME, int, mkdirat, -1, (int folder, const char *path, mode_t mode), (folder, path, mode))
WRAP(NAME, char *, mkdtemp, NULL, (char *path), (path))
WRAP(NAME, int, rename, -1, (const char *from, const char *to), (from, to))
WRAP(NAME, int, unlink, -1, (const char *path), (path))
WRAP(NAME, int, rmdir, -1, (const char *path), (path))
WRAP(NAME, char *, realpath, NULL, (const char *path, char *real_path), (path, real_path))

WRAP(LOCK, int, flock, -1, (int fd, int what), (fd, what))

// Only of locks: other commands of it do not fail.
#define WRAP_FCNTL(name)                                                                           \
    int name(int fd, int command, ...)                                                             \
    {                                                                                              \
        static int (*real)(int, int, ...);                                                         \
        va_list rest;                                                                              \
        va_start(rest, command);                                                                   \
        void *argument = va_arg(rest, void *);                                                     \
        va_end(rest);                                                                              \
        if (!real)                                                                                 \
            find(&real, #name);                                                                    \
        bool locks = command == F_SETLK || command == F_SETLKW || command == F_GETLK;              \
        return locks && fails(KIND_LOCK) ? -1 : real(fd, command, argument);                       \
    }

WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

WRAP(MAP, void *, mmap, MAP_FAILED,
     (void *at, size_t size, int may, int flags, int fd, off_t offset),
     (at, size, may, flags, fd, offset))
WRAP(MAP, void *, mmap64, MAP_FAILED,
     (void *at, size_t size, int may, int flags, int fd, off64_t offset),
     (at, size, may, flags, fd, offset))

WRAP(CONNECT, int, socket, -1, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(CONNECT, int, socketpair, -1, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends))
WRAP(CONNECT, int, connect, -1, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size))
WRAP(CONNECT, int, bind, -1, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size))
WRAP(CONNECT, int, listen, -1, (int fd, int queue), (fd, queue))
WRAP(CONNECT, int, accept, -1, (int fd, struct sockaddr *from, socklen_t *size), (fd, from, size))
WRAP(CONNECT, int, accept4, -1, (int fd, struct sockaddr *from, socklen_t *size, int flags),
     (fd, from, size, flags))

WRAP(FORK, int, posix_spawnp, EAGAIN,
     (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attributes, char *const *words, char *const *variables),
     (pid, path, actions, attributes, words, variables))
WRAP(FORK, int, pthread_create, EAGAIN,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*begin)(void *), void *argument),
     (thread, attributes, begin, argument))

pid_t fork(void)
{
    static pid_t (*real)(void);
    if (!real)
        find(&real, "fork");
    if (fails(KIND_FORK))
        return -1;
    pid_t child = real();
    if (child == 0)
        atomic_store(&faults.is_armed, false);
    return child;
}

// ---- The beginning and the end ---------------------------------------------------------------

static void disarm(void)
{
    atomic_store(&faults.is_armed, false);
}

static void arm(void)
{
    const char *wanted = getenv("FAULT"), *log = getenv("FAULT_LOG");
    char name[16] = "", onward[2] = "";
    if (log)
        faults.log = (int)syscall(SYS_openat, AT_FDCWD, log,
                                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    faults.lists = wanted && strcmp(wanted, "list") == 0;
    void *primed[2];
    if (faults.lists)
        backtrace(primed, 2); // the first time it loads a library
    if (wanted && sscanf(wanted, "%15[a-z]:%ld%1[+]", name, &faults.nth, onward) >= 2)
        faults.onward = onward[0] == '+';
    int kind = 0;
    while (kind < KIND_COUNT && strcmp(kinds[kind].name, name) != 0)
        kind++;
    faults.kind = (enum kind)kind;
    unsetenv("LD_PRELOAD");
    unsetenv("FAULT");
    unsetenv("FAULT_LOG");
    atexit(disarm); // the last of all that are registered from here on
    atomic_store(&faults.is_armed, faults.lists || kind < KIND_COUNT);
}

typedef int (*main_function)(int, char **, char **);

static main_function real_main;

static int armed_main(int argc, char **argv, char **variables)
{
    (void)variables;
    arm();
    return real_main(argc, argv, environ);
}

int __libc_start_main(main_function run, int argc, char **argv, void (*begin)(void),
                      void (*end)(void), void (*end_loader)(void), void *stack);

int __libc_start_main(main_function run, int argc, char **argv, void (*begin)(void),
                      void (*end)(void), void (*end_loader)(void), void *stack)
{
    int (*real)(main_function, int, char **, void (*)(void), void (*)(void), void (*)(void),
                void *);
    find(&real, "__libc_start_main");
    real_main = run;
    return real(armed_main, argc, argv, begin, end, end_loader, stack);
}
