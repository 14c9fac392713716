/**
 * heartbeat.c: keeping this worker's trials its own.
 *
 * A third of the lease passes between two beats, so that two may be missed. Each beat also syncs,
 * at least once a second, what reports have written.
 */
#include "study/study.h"

#include <time.h>

enum { SYNC_MS = 1000 };

caviar_code cav_study_beat(cav_study *study, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = study->store->type->lease_renew(study->store, &study->scope, study->owner,
                                                       study->lease_ms, error);
    if (!code)
        code = study->store->type->sync(study->store, error);
    cav_study_unlock(study);
    return code;
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    int64_t ns = time.tv_nsec + ms % 1000 * 1000000;
    time.tv_sec += ms / 1000 + ns / 1000000000;
    time.tv_nsec = ns % 1000000000;
    return time;
}

static void *beat_on(void *context)
{
    cav_study *study = context;
    int64_t since_beat = 0;
    cav_study_lock(study);
    while (!study->must_stop) {
        struct timespec until = in_ms(SYNC_MS);
        pthread_cond_timedwait(&study->wake, &study->lock, &until);
        since_beat += SYNC_MS;
        if (study->must_stop)
            break;
        // a failure is not the end: the next beat tries again, and the lease is long enough
        if (since_beat >= study->lease_ms / 3) {
            cav_study_beat(study, NULL);
            since_beat = 0;
        } else {
            study->store->type->sync(study->store, NULL);
        }
    }
    cav_study_unlock(study);
    return NULL;
}

caviar_code cav_study_start_heart(cav_study *study, cav_error *error)
{
    if (study->beats)
        return CAVIAR_OK;
    int failed = pthread_create(&study->heart, NULL, beat_on, study);
    if (failed)
        return cav_fail_errno(error, failed, "cannot start the thread that keeps leases");
    study->beats = true;
    return CAVIAR_OK;
}
