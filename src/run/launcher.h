/**
 * launcher.h: where the workers of a study are started: the interface of the launchers, and their
 * table.
 *
 * A launcher hands jobs to something that runs them on other machines, such as a cluster's
 * scheduler. All jobs run the same: `caviar worker`, which finds its work in the store.
 * To add a launcher: one file that defines a cav_launcher, and one line in CAV_LAUNCHERS.
 */
#ifndef CAV_RUN_LAUNCHER_H
#define CAV_RUN_LAUNCHER_H

#include "base/error.h"
#include "config/resources.h"

enum { CAV_JOB_SIZE = 1024, CAV_JOB_WHY_SIZE = 128 };

/** What is to be started. */
typedef struct cav_launch {
    const char *study;              // its name
    const char *folder;             // that exists and that the workers reach: for their logs
    const char *store;              // for the environment: it may hold a password
    const cav_resources *resources; // of each worker
    int64_t workers;
    const char *const *command; // [command_count] words of a worker
    size_t command_count;
} cav_launch;

/** How a job stands. */
typedef struct cav_launched {
    int64_t waiting, running;   // workers
    char why[CAV_JOB_WHY_SIZE]; // they wait, in the scheduler's word; ""
} cav_launched;

typedef struct cav_launcher {
    const char *name;
    const char *summary; // one line, for help

    /** Starts the workers as one job, and says what it is called. */
    caviar_code (*submit)(const cav_launch *launch, char ret_job[CAV_JOB_SIZE], cav_error *error);
    /** How a job stands; one that is not known any more has ended. */
    caviar_code (*look)(const char *job, cav_launched *ret_launched, cav_error *error);
    /** Ends a job: what waits, and, if `all`, what runs, too. One that has ended is no error. */
    caviar_code (*cancel)(const char *job, bool all, cav_error *error);
} cav_launcher;

/** The launchers: X(name of the cav_launcher). */
#define CAV_LAUNCHERS(X)                                                                           \
    X(cav_launcher_slurm)                                                                          \
    X(cav_launcher_ssh)

#define X(launcher) extern const cav_launcher launcher;
CAV_LAUNCHERS(X)
#undef X

/** Finds a launcher; CAVIAR_INVALID, with those that there are, for an unknown name. */
caviar_code cav_launcher_find(const char *name, const cav_launcher **ret_launcher,
                              cav_error *error);

/** Writes down that a job belongs to the study of a folder. */
caviar_code cav_launcher_note(const char *folder, const cav_launcher *launcher, const char *job,
                              cav_error *error);

/** Cancels the jobs that were noted in a folder, and no others. */
caviar_code cav_launcher_cancel_all(const char *folder, bool all, cav_error *error);

#endif
