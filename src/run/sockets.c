/**
 * sockets.c: folders for sockets, locked while their tuner lives.
 */
#include "run/sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char prefix[] = "caviar-sockets-";

enum {
    LONGEST_BASE = 40,  // a socket's path has room for 108 bytes
    LEAST_AGE_SEC = 10, // of a folder that is cleared: a new one may not be locked yet
};

// Nobody else can put another folder in the place of one in it.
static bool is_private(const char *base)
{
    struct stat info;
    return stat(base, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & (S_IWGRP | S_IWOTH)) == 0 && access(base, W_OK | X_OK) == 0;
}

static const char *usual_base(void)
{
    const char *base = getenv("XDG_RUNTIME_DIR");
    bool usable = base && base[0] == '/' && strlen(base) <= LONGEST_BASE && is_private(base);
    return usable ? base : "/tmp";
}

// The folder, open; -1 if it is not there, or not this user's.
static int open_folder(const char *folder, struct stat *info)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, info) || info->st_uid != geteuid())) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool is_locked(int fd)
{
    return flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

// Removes the sockets in an open folder, and the folder if it had nothing else.
static void clear(const char *folder, int fd)
{
    struct stat info;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *all = fdopendir(copy);
    const struct dirent *entry;
    while (all && (entry = readdir(all)))
        if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(info.st_mode))
            unlinkat(fd, entry->d_name, 0);
    if (all)
        closedir(all);
    else if (copy >= 0)
        close(copy);
    rmdir(folder);
}

static void clear_if_left(const char *folder)
{
    struct stat info;
    int fd = open_folder(folder, &info);
    if (fd < 0)
        return;
    if (time(NULL) - info.st_mtime >= LEAST_AGE_SEC && !is_locked(fd))
        clear(folder, fd);
    close(fd);
}

static void clear_old(const char *base)
{
    DIR *all = opendir(base);
    const struct dirent *entry;
    while (all && (entry = readdir(all))) {
        char folder[CAV_SOCKETS_SIZE + 300];
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
            strlen(entry->d_name) != strlen(prefix) + strlen("XXXXXX"))
            continue;
        snprintf(folder, sizeof folder, "%s/%s", base, entry->d_name);
        clear_if_left(folder);
    }
    if (all)
        closedir(all);
}

caviar_code cav_sockets_make(const char *base, cav_sockets *ret_sockets, cav_error *error)
{
    cav_sockets made;
    struct stat info;
    if (!base)
        base = usual_base();
    clear_old(base);
    snprintf(made.folder, sizeof made.folder, "%.*s/%sXXXXXX", LONGEST_BASE, base, prefix);
    if (!mkdtemp(made.folder))
        return cav_fail_errno(error, errno, "cannot make a folder for sockets in %s", base);
    made.lock = open_folder(made.folder, &info);
    if (made.lock < 0 || flock(made.lock, LOCK_EX | LOCK_NB)) {
        int failed = errno;
        cav_sockets_remove(&made);
        return cav_fail_errno(error, failed, "cannot lock the folder %s", made.folder);
    }
    *ret_sockets = made;
    return CAVIAR_OK;
}

void cav_sockets_remove(cav_sockets *sockets)
{
    if (sockets->folder[0])
        rmdir(sockets->folder);
    if (sockets->lock >= 0)
        close(sockets->lock);
    sockets->lock = -1;
}

bool cav_sockets_is_served(const char *path)
{
    char folder[4096];
    struct stat info;
    const char *slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) >= sizeof folder)
        return false;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    int fd = open_folder(folder, &info);
    bool served = fd >= 0 && is_locked(fd);
    if (fd >= 0)
        close(fd);
    return served;
}
