/**
 * file.c: reading, replacing and removing files.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static caviar_code read_all(int fd, const char *path, size_t most, cav_text *text, cav_error *error)
{
    char chunk[16384];
    size_t total = 0;
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cav_fail_errno(error, errno, "cannot read %s", path);
        if (got == 0)
            return text->failed ? cav_fail_memory(error) : CAVIAR_OK;
        total += (size_t)got;
        if (total > most)
            return cav_fail(error, CAVIAR_INVALID, "%s is larger than %zu bytes", path, most);
        cav_text_append_size(text, chunk, (size_t)got);
    }
}

caviar_code cav_file_read(const char *path, size_t most, cav_text *text, cav_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        bool missing = errno == ENOENT;
        cav_fail_errno(error, errno, "cannot open %s", path);
        if (missing && error)
            error->code = CAVIAR_NOT_FOUND;
        return missing ? CAVIAR_NOT_FOUND : CAVIAR_IO;
    }
    struct stat about;
    caviar_code code;
    if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode))
        code = cav_fail(error, CAVIAR_INVALID, "%s is a folder, not a file", path);
    else
        code = read_all(fd, path, most, text, error);
    close(fd);
    return code;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        data += put;
        size -= (size_t)put;
    }
    return 0;
}

// Syncs the folder of `path`, so that a rename in it survives a power cut. Best effort: some file
// systems cannot.
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

caviar_code cav_file_replace(const char *path, const void *data, size_t size, cav_error *error)
{
    char draft[PATH_MAX];
    if (snprintf(draft, sizeof draft, "%s.%ld.tmp", path, (long)getpid()) >= (int)sizeof draft)
        return cav_fail_errno(error, ENAMETOOLONG, "cannot write %s", path);
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return cav_fail_errno(error, errno, "cannot write %s", path);
    int failed = write_all(fd, data, size) || fsync(fd) ? errno : 0;
    if (close(fd) && !failed)
        failed = errno;
    if (!failed && rename(draft, path))
        failed = errno;
    if (failed) {
        unlink(draft);
        return cav_fail_errno(error, failed, "cannot write %s", path);
    }
    sync_folder(path);
    return CAVIAR_OK;
}

// Makes a folder whose parent is there; true also if there is one already. Else errno says why.
static bool make_one(const char *path)
{
    struct stat about;
    if (mkdir(path, 0755) == 0)
        return true;
    int reason = errno;
    bool there = reason == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    errno = reason;
    return there;
}

caviar_code cav_folder_make(const char *path, cav_error *error)
{
    char part[PATH_MAX];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part)
        return cav_fail(error, CAVIAR_INVALID, "cannot make a folder at '%s'", path);
    if (make_one(path)) // most often the parent is there
        return CAVIAR_OK;
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (!make_one(part))
            return cav_fail_errno(error, errno, "cannot make the folder %s", part);
    }
    return CAVIAR_OK;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *level)
{
    (void)about, (void)kind, (void)level;
    return remove(path) && errno != ENOENT ? -1 : 0; // somebody else may be removing it, too
}

caviar_code cav_folder_remove(const char *path, cav_error *error)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
        return cav_fail_errno(error, errno, "cannot remove %s", path);
    return CAVIAR_OK;
}
