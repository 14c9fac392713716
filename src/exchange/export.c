/**
 * export.c: the table of formats; putting what was written in its place.
 */
#include "exchange/export.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const cav_export_type *const cav_exports[] = {
#define X(type) &type,
    CAV_EXPORTS(X)
#undef X
};
const size_t cav_export_count = CAV_COUNT_OF(cav_exports);

const cav_export_type *cav_export_find(const char *name)
{
    for (size_t i = 0; i < cav_export_count; i++)
        if (strcmp(cav_exports[i]->name, name) == 0)
            return cav_exports[i];
    return NULL;
}

caviar_code cav_export_check_free(const char *path, cav_error *error)
{
    struct stat about;
    if (lstat(path, &about) != 0)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_EXISTS, "%s exists; --force writes over it", path);
}

static caviar_code remove_any(const char *path, cav_error *error)
{
    struct stat about;
    if (lstat(path, &about) != 0)
        return CAVIAR_OK;
    if (S_ISDIR(about.st_mode))
        return cav_folder_remove(path, error);
    return unlink(path) == 0 ? CAVIAR_OK : cav_fail_errno(error, errno, "cannot remove %s", path);
}

static void sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

// Moves a draft to its path; with force what was there is exchanged for it, and then removed.
static caviar_code move(const char *draft, const char *path, bool force, cav_error *error)
{
    sync_path(draft);
    if (renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return CAVIAR_OK;
    if (errno == EEXIST && !force)
        return cav_export_check_free(path, error);
    if (errno == EEXIST && renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        return remove_any(draft, error);
    if (errno == EINVAL && (force || access(path, F_OK) != 0) && rename(draft, path) == 0)
        return CAVIAR_OK; // a file system that knows only the plain way
    return cav_fail_errno(error, errno, "cannot write %s", path);
}

caviar_code cav_export_place(const cav_export_type *type, cav_study *study, const char *path,
                             bool force, cav_notes *notes, cav_error *error)
{
    char draft[PATH_MAX];
    if (snprintf(draft, sizeof draft, "%s.%ld.tmp", path, (long)getpid()) >= (int)sizeof draft)
        return cav_fail_errno(error, ENAMETOOLONG, "cannot write %s", path);
    caviar_code code = force ? CAVIAR_OK : cav_export_check_free(path, error);
    if (!code)
        code = remove_any(draft, error); // of a process that was killed and had our number
    if (code)
        return code;
    code = type->write_path(study, draft, notes, error);
    if (!code)
        code = move(draft, path, force, error);
    if (code)
        remove_any(draft, NULL);
    return code;
}
