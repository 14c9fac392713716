/**
 * clock.h: time behind an interface, so that tests and simulations can bring their own.
 */
#ifndef CAV_BASE_CLOCK_H
#define CAV_BASE_CLOCK_H

#include <stdint.h>

typedef struct cav_clock cav_clock;

struct cav_clock {
    /** Nanoseconds since some fixed moment; never goes back. For measuring durations. */
    int64_t (*monotonic_ns)(const cav_clock *clock);
    /** Milliseconds since 1970 in UTC. May jump. For time stamps and leases. */
    int64_t (*wall_ms)(const cav_clock *clock);
};

/** The machine's own clocks. */
extern const cav_clock cav_clock_system;

static inline int64_t cav_clock_monotonic_ns(const cav_clock *clock)
{
    return clock->monotonic_ns(clock);
}

static inline int64_t cav_clock_wall_ms(const cav_clock *clock)
{
    return clock->wall_ms(clock);
}

/** A clock that stands until it is moved: for tests and simulations. */
typedef struct cav_manual_clock {
    cav_clock clock; // hand out &manual.clock
    int64_t now_ms;
} cav_manual_clock;

cav_manual_clock cav_manual_clock_at(int64_t wall_ms);

/** "2026-11-23T14:03:47Z" */
enum { CAV_TIME_SIZE = 24 };
void cav_time_print(int64_t wall_ms, char ret_text[CAV_TIME_SIZE]);

#endif
