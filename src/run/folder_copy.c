/**
 * folder_copy.c: a trial's files for another trial.
 *
 * The program may be writing and removing checkpoints meanwhile. A file that has gone since the
 * folder was read is left out.
 */
#include "run/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_DEPTH = 32 };

// A pair of folders that are open.
typedef struct pair {
    int from, to;
    int depth;
} pair;

static bool is_ours(const char *name)
{
    return strcmp(name, "params.json") == 0 || strcmp(name, "output.log") == 0;
}

static bool copy_bytes(int from, int to)
{
    char buffer[65536];
    for (;;) {
        ssize_t moved = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
        if (moved == 0)
            return true;
        if (moved < 0)
            break; // not between these file systems: by hand
    }
    ssize_t got;
    while ((got = read(from, buffer, sizeof buffer)) > 0)
        for (ssize_t put, done = 0; done < got; done += put)
            if ((put = write(to, buffer + done, (size_t)(got - done))) < 0)
                return false;
    return got == 0;
}

static caviar_code copy_file(const pair *at, const char *name, cav_error *error)
{
    struct stat about;
    int from = openat(at->from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0 || fstat(from, &about) || !S_ISREG(about.st_mode)) {
        if (from >= 0)
            close(from);
        return CAVIAR_OK;
    }
    int to = openat(at->to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    about.st_mode & 0777);
    bool copied = to >= 0 && copy_bytes(from, to);
    int failed = errno;
    close(from);
    if (to >= 0 && close(to) && copied)
        copied = false, failed = errno;
    return copied ? CAVIAR_OK : cav_fail_errno(error, failed, "cannot copy %s", name);
}

static caviar_code copy_all(const pair *at, cav_error *error);

static caviar_code copy_folder(const pair *at, const char *name, cav_error *error)
{
    pair below = {.from = openat(at->from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                  .to = -1,
                  .depth = at->depth + 1};
    if (below.from < 0)
        return CAVIAR_OK;
    caviar_code code = CAVIAR_OK;
    if (mkdirat(at->to, name, 0755) == 0)
        below.to = openat(at->to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below.to < 0)
        code = cav_fail_errno(error, errno, "cannot make the folder %s", name);
    else if (below.depth > MOST_DEPTH)
        code = cav_fail(error, CAVIAR_IO, "the folder %s lies too deep to be copied", name);
    else
        code = copy_all(&below, error);
    close(below.from);
    if (below.to >= 0)
        close(below.to);
    return code;
}

static caviar_code copy_all(const pair *at, cav_error *error)
{
    int again = dup(at->from);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    if (!list) {
        int failed = errno;
        if (again >= 0)
            close(again);
        return cav_fail_errno(error, failed, "cannot read a trial's folder");
    }
    caviar_code code = CAVIAR_OK;
    for (const struct dirent *entry; !code && (entry = readdir(list));) {
        struct stat about;
        bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (is_dots || (at->depth == 0 && is_ours(entry->d_name)) ||
            fstatat(at->from, entry->d_name, &about, AT_SYMLINK_NOFOLLOW))
            continue;
        code = S_ISDIR(about.st_mode) ? copy_folder(at, entry->d_name, error)
                                      : copy_file(at, entry->d_name, error);
    }
    closedir(list);
    return code;
}

caviar_code cav_folder_copy(const char *from, const char *to, cav_error *error)
{
    pair at = {.from = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .to = -1};
    if (at.from < 0)
        return cav_fail_errno(error, errno, "cannot read the folder %s", from);
    caviar_code code = CAVIAR_OK;
    if (mkdir(to, 0755) == 0)
        at.to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at.to < 0)
        code = cav_fail_errno(error, errno, "cannot make the folder %s", to);
    else
        code = copy_all(&at, error);
    close(at.from);
    if (at.to >= 0)
        close(at.to);
    return code;
}
