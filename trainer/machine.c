/**
 * machine.c: BLAS threads, denormal numbers and signals.
 */
#include "trainer/machine.h"

#include <cblas.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

void machine_start_alone(char *const *argv)
{
    const char *threads = getenv("OPENBLAS_NUM_THREADS");
    if (threads && strcmp(threads, "1") == 0)
        return;
    if (setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0)
        execv("/proc/self/exe", argv); // if that fails, nothing is lost but time
}

static void flush_denormals(void)
{
#if defined(__SSE2__)
    const unsigned flush_results = 0x8000, denormals_are_zero = 0x0040; // FTZ and DAZ
    _mm_setcsr(_mm_getcsr() | flush_results | denormals_are_zero);
#endif
}

static sigset_t held_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

void machine_prepare(int threads)
{
    sigset_t held = held_signals();
    flush_denormals(); // before the threads start, which inherit both
    sigprocmask(SIG_BLOCK, &held, NULL);
    openblas_set_num_threads(threads);
}

int machine_signal(void)
{
    sigset_t held = held_signals();
    int found = sigtimedwait(&held, NULL, &(struct timespec){0});
    return found > 0 ? found : 0;
}

const char *machine_core(void)
{
    return openblas_get_corename();
}
