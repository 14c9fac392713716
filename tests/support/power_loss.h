/**
 * power_loss.h: what a disk holds after the power was cut.
 *
 * Between two syncs of a file each write may or may not have reached the disk, in any order, and
 * in part: a sector at a time. A file that was made or removed may be back as it was, until its
 * folder was synced. This keeps, for each file that SQLite works on, what is surely on the disk
 * and what has been written since, and can draw a state that a power cut might leave.
 */
#ifndef CAV_TESTS_SUPPORT_POWER_LOSS_H
#define CAV_TESTS_SUPPORT_POWER_LOSS_H

#include "base/random.h"

typedef struct power_loss power_loss;

/** Listens from now on; fault_vfs_install comes first. One at a time. */
power_loss *power_loss_start(void);
void power_loss_stop(power_loss *power);

/**
 * Writes the files as they might be after a power cut into another folder, which exists. With
 * `share` 0 nothing that was not synced is there, with 1 everything is.
 */
void power_loss_strike(const power_loss *power, const char *folder, double share,
                       cav_random *random);

#endif
