/**
 * fault_vfs.h: SQLite's file system, with faults on purpose.
 *
 * It stands before the "unix" VFS as the default one, forwards every call, and
 *   - lets the n-th call of a kind fail, once or from then on, as a broken or a full disk would;
 *   - tells a listener what was written and synced, which power_loss.h makes its picture from.
 *
 * There is one disk, so its state is the test's: everything here is for one thread.
 */
#ifndef CAV_TESTS_SUPPORT_FAULT_VFS_H
#define CAV_TESTS_SUPPORT_FAULT_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The calls that can fail: X(NAME). */
#define FAULT_CALLS(X)                                                                             \
    X(WRITE) X(READ) X(SYNC) X(TRUNCATE) X(FILE_SIZE) X(OPEN) X(DELETE) X(SHM_MAP)

typedef enum fault_call {
#define X(name) FAULT_##name,
    FAULT_CALLS(X)
#undef X
} fault_call;

typedef struct fault_plan {
    fault_call call;
    int64_t nth;   // from 1; 0: nothing fails
    int status;    // what the call answers: SQLITE_FULL, SQLITE_IOERR_WRITE, …
    bool for_good; // every call from the n-th on fails
    bool torn;     // a write that fails has put half of its bytes on the disk
} fault_plan;

/** Makes this the default VFS. Call it before the first store is opened. */
void fault_vfs_install(void);

/** Begins to count for a plan. */
void fault_vfs_arm(const fault_plan *plan);

/** Nothing fails any more; answers how many calls have failed since fault_vfs_arm. */
int64_t fault_vfs_disarm(void);

/** How often a call was made since fault_vfs_install. */
int64_t fault_vfs_count(fault_call call);

/** What happened to the files, told after it was done. `path` is absolute. */
typedef struct fault_listener {
    void (*made)(void *context, const char *path);
    void (*written)(void *context, const char *path, int64_t offset, const void *data, size_t size);
    void (*truncated)(void *context, const char *path, int64_t size);
    void (*synced)(void *context, const char *path, bool with_folder);
    void (*removed)(void *context, const char *path, bool with_folder);
    void *context;
} fault_listener;

/** NULL for none. */
void fault_vfs_listen(const fault_listener *listener);

#endif
