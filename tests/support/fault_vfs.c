/**
 * fault_vfs.c: forwarding, counting and failing. The interface is sqlite3_vfs and
 * sqlite3_io_methods of sqlite3.h; a file of ours is followed in memory by the one it stands for.
 */
#include "support/fault_vfs.h"

#include <string.h>
#include <unistd.h>

typedef struct fault_file {
    sqlite3_file base;
    const char *path; // SQLite's, and lives as long as the file is open; NULL: a temporary one
    bool is_log;      // a journal or a log: its first sync syncs the folder, too
    sqlite3_file *real;
} fault_file;

static struct disk {
    sqlite3_vfs vfs, *real;
    fault_plan plan;
    int64_t seen, failed; // calls of the plan's kind
    int64_t counts[8];
    const fault_listener *listener;
} disk;

static fault_file *of(sqlite3_file *file)
{
    return (fault_file *)(void *)file;
}

static const fault_listener *listener_for(const fault_file *file)
{
    return file->path ? disk.listener : NULL;
}

// Counts a call; true if it is to fail.
static bool fails(fault_call call)
{
    disk.counts[call]++;
    if (disk.plan.nth == 0 || disk.plan.call != call)
        return false;
    disk.seen++;
    bool now = disk.plan.for_good ? disk.seen >= disk.plan.nth : disk.seen == disk.plan.nth;
    disk.failed += now;
    return now;
}

static int close_file(sqlite3_file *file)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    if (fails(FAULT_READ))
        return disk.plan.status;
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xRead(real, data, size, offset);
}

static int write_file(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    sqlite3_file *real = of(file)->real;
    bool failing = fails(FAULT_WRITE);
    if (failing && !disk.plan.torn)
        return disk.plan.status;
    if (failing)
        size /= 2;
    int status = real->pMethods->xWrite(real, data, size, offset);
    const fault_listener *listener = listener_for(of(file));
    if (status == SQLITE_OK && listener)
        listener->written(listener->context, of(file)->path, offset, data, (size_t)size);
    return failing ? disk.plan.status : status;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    if (fails(FAULT_TRUNCATE))
        return disk.plan.status;
    sqlite3_file *real = of(file)->real;
    int status = real->pMethods->xTruncate(real, size);
    const fault_listener *listener = listener_for(of(file));
    if (status == SQLITE_OK && listener)
        listener->truncated(listener->context, of(file)->path, size);
    return status;
}

static int sync_file(sqlite3_file *file, int flags)
{
    if (fails(FAULT_SYNC))
        return disk.plan.status;
    sqlite3_file *real = of(file)->real;
    int status = real->pMethods->xSync(real, flags);
    const fault_listener *listener = listener_for(of(file));
    if (status == SQLITE_OK && listener)
        listener->synced(listener->context, of(file)->path, of(file)->is_log);
    if (status == SQLITE_OK)
        of(file)->is_log = false;
    return status;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    if (fails(FAULT_FILE_SIZE))
        return disk.plan.status;
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xFileSize(real, ret_size);
}

static int lock_file(sqlite3_file *file, int level)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xLock(real, level);
}

static int unlock_file(sqlite3_file *file, int level)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xUnlock(real, level);
}

static int check_lock(sqlite3_file *file, int *ret_locked)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xCheckReservedLock(real, ret_locked);
}

static int control_file(sqlite3_file *file, int what, void *argument)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xFileControl(real, what, argument);
}

static int sector_size(sqlite3_file *file)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xSectorSize(real);
}

static int device(sqlite3_file *file)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xDeviceCharacteristics(real);
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret_map)
{
    if (fails(FAULT_SHM_MAP))
        return disk.plan.status;
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xShmMap(real, region, size, extend, ret_map);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void shm_barrier(sqlite3_file *file)
{
    sqlite3_file *real = of(file)->real;
    real->pMethods->xShmBarrier(real);
}

static int shm_unmap(sqlite3_file *file, int remove)
{
    sqlite3_file *real = of(file)->real;
    return real->pMethods->xShmUnmap(real, remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    (void)vfs;
    fault_file *opened = of(file);
    bool is_log = flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL);
    *opened = (fault_file){.path = path,
                           .is_log = is_log && (flags & SQLITE_OPEN_CREATE),
                           .real = (sqlite3_file *)(void *)(opened + 1)};
    opened->real->pMethods = NULL;
    if (fails(FAULT_OPEN))
        return disk.plan.status;
    bool is_new = path && access(path, F_OK) != 0;
    int status = disk.real->xOpen(disk.real, path, opened->real, flags, ret_flags);
    if (opened->real->pMethods)
        file->pMethods = &methods;
    if (status == SQLITE_OK && is_new && disk.listener)
        disk.listener->made(disk.listener->context, path);
    return status;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    if (fails(FAULT_DELETE))
        return disk.plan.status;
    int status = disk.real->xDelete(disk.real, path, sync_folder);
    if (status == SQLITE_OK && disk.listener)
        disk.listener->removed(disk.listener->context, path, sync_folder);
    return status;
}

void fault_vfs_install(void)
{
    disk.real = sqlite3_vfs_find("unix");
    disk.vfs = *disk.real; // what is not about files is the real one's own
    disk.vfs.zName = "fault";
    disk.vfs.szOsFile = (int)sizeof(fault_file) + disk.real->szOsFile;
    disk.vfs.xOpen = open_file;
    disk.vfs.xDelete = delete_file;
    sqlite3_vfs_register(&disk.vfs, 1);
}

void fault_vfs_arm(const fault_plan *plan)
{
    disk.plan = *plan;
    disk.seen = disk.failed = 0;
}

int64_t fault_vfs_disarm(void)
{
    disk.plan.nth = 0;
    return disk.failed;
}

int64_t fault_vfs_count(fault_call call)
{
    return disk.counts[call];
}

void fault_vfs_listen(const fault_listener *listener)
{
    disk.listener = listener;
}
