/**
 * heartbeat.c: keeping this worker's trials its own.
 *
 * A third of the lease passes between two beats, so that two may be missed. What reports have
 * written is synced at least once a second.
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

static int64_t now_ms(void)
{
    return cav_clock_monotonic_ns(&cav_clock_system) / 1000000;
}

// Waits until then, by the monotonic clock, or until the study is closed.
static void wait_until(cav_study *study, int64_t when_ms)
{
    struct timespec until = {.tv_sec = when_ms / 1000, .tv_nsec = when_ms % 1000 * 1000000};
    while (!study->must_stop && now_ms() < when_ms)
        pthread_cond_timedwait(&study->wake, &study->lock, &until);
}

static void *beat_on(void *context)
{
    cav_study *study = context;
    int64_t between = study->lease_ms / 3 > 0 ? study->lease_ms / 3 : 1;
    cav_study_lock(study);
    int64_t beat_ms = now_ms() + between;
    while (!study->must_stop) {
        int64_t sync_ms = now_ms() + SYNC_MS;
        wait_until(study, beat_ms < sync_ms ? beat_ms : sync_ms);
        if (study->must_stop)
            break;
        // a failure is not the end: the next beat tries again, and the lease is long enough
        if (now_ms() >= beat_ms) {
            cav_study_beat(study, NULL);
            beat_ms = now_ms() + between;
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
