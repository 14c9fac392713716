/**
 * clock.c: the machine's clocks and one that is moved by hand.
 */
#include "base/clock.h"

#include <time.h>

static int64_t system_monotonic_ns(const cav_clock *clock)
{
    (void)clock;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t system_wall_ms(const cav_clock *clock)
{
    (void)clock;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const cav_clock cav_clock_system = {system_monotonic_ns, system_wall_ms};

// `clock` is the first member, so its address is that of the whole
static int64_t manual_wall_ms(const cav_clock *clock)
{
    return ((const cav_manual_clock *)(const void *)clock)->now_ms;
}

static int64_t manual_monotonic_ns(const cav_clock *clock)
{
    return manual_wall_ms(clock) * 1000000;
}

cav_manual_clock cav_manual_clock_at(int64_t wall_ms)
{
    return (cav_manual_clock){{manual_monotonic_ns, manual_wall_ms}, wall_ms};
}

void cav_time_print(int64_t wall_ms, char ret_text[CAV_TIME_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0)); // rounded down
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || !strftime(ret_text, CAV_TIME_SIZE, "%FT%TZ", &parts))
        ret_text[0] = '\0';
}
