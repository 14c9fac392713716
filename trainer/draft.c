/**
 * draft.c: writing a file beside its place.
 */
#include "trainer/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

caviar_code draft_begin(const char *path, draft *ret_draft, train_error *error)
{
    draft at = {.path = path};
    int length = snprintf(at.beside, sizeof at.beside, "%s.%ld.tmp", path, (long)getpid());
    if (length >= (int)sizeof at.beside)
        return train_fail_errno(error, ENAMETOOLONG, "cannot write %s", path);
    at.fd = open(at.beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (at.fd < 0)
        return train_fail_errno(error, errno, "cannot write %s", path);
    *ret_draft = at;
    return CAVIAR_OK;
}

void draft_write(draft *at, const void *bytes, size_t size)
{
    const char *rest = bytes;
    while (size > 0 && !at->failed) {
        ssize_t done = write(at->fd, rest, size);
        if (done < 0 && errno != EINTR)
            at->failed = errno;
        if (done > 0) {
            rest += done;
            size -= (size_t)done;
        }
    }
}

// Makes a rename in the folder of `path` survive a power cut, where the file system can.
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

caviar_code draft_end(draft *at, train_error *error)
{
    if (!at->failed && fsync(at->fd))
        at->failed = errno;
    if (close(at->fd) && !at->failed)
        at->failed = errno;
    if (!at->failed && rename(at->beside, at->path))
        at->failed = errno;
    if (at->failed) {
        unlink(at->beside);
        return train_fail_errno(error, at->failed, "cannot write %s", at->path);
    }
    sync_folder(at->path);
    return CAVIAR_OK;
}

void draft_drop(draft *at)
{
    close(at->fd);
    unlink(at->beside);
}
