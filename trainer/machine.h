/**
 * machine.h: what the program asks of the processor and the system before it trains.
 */
#ifndef TRAIN_MACHINE_H
#define TRAIN_MACHINE_H

/**
 * Makes sure that OpenBLAS started no threads of its own, before anything is opened. It starts one
 * for each processor when it is loaded, and each spins for a tenth of a second before it sleeps: a
 * loss for the trial that runs beside this one. Only the environment can keep it from that; so the
 * program starts itself again where OPENBLAS_NUM_THREADS is not 1.
 */
void machine_start_alone(char *const *argv);

/**
 * Flushes denormal numbers to zero, which are slow and worth nothing here; holds SIGINT and
 * SIGTERM back, for machine_signal to find; and lets BLAS use `threads` threads.
 */
void machine_prepare(int threads);

/** SIGINT or SIGTERM if one came, else 0. */
int machine_signal(void);

/** The core that OpenBLAS chose its code for, as "SkylakeX". */
const char *machine_core(void);

#endif
