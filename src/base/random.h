/**
 * random.h: counter-based random streams.
 *
 * A stream is named by (study seed, trial number, purpose, attempt) and is the same on every
 * machine and in every thread; nobody has to hand a generator around. Method: Philox4x32-10,
 * Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
#ifndef CAV_BASE_RANDOM_H
#define CAV_BASE_RANDOM_H

#include <stdint.h>

/**
 * What a stream is for. Streams of different purposes are independent. The numbers are part of what
 * a seed means: they stay as they are.
 */
typedef enum cav_purpose {
    CAV_PURPOSE_SUGGEST = 1,    // a sampler's draws for one trial
    CAV_PURPOSE_TRIAL_SEED = 2, // the seed that the trial itself gets
    CAV_PURPOSE_SCRAMBLE = 3,   // what a whole study shares, such as the scrambling of Sobol points
    CAV_PURPOSE_ENUMERATE = 4,  // where the search for an unseen point of a finite space starts
    CAV_PURPOSE_BOOTSTRAP = 5,  // resampling for intervals
    CAV_PURPOSE_TEST = 6,       // whatever a test draws
    CAV_PURPOSE_CURVES = 7,     // the dictionary of learning curves
    CAV_PURPOSE_SCHEDULE = 8,   // a scheduler's draws
    CAV_PURPOSE_MODEL = 9,      // a model's parameters; `trial` counts what it has learnt
    CAV_PURPOSE_ENGINE = 10,    // which of several samplers a trial comes from
    CAV_PURPOSE_WEIGHTS = 11,   // how much each of several metrics counts
    CAV_PURPOSE_SESSION = 12,   // names of sessions on a server, and how long they wait
    CAV_PURPOSE_INSIGHT = 13,   // looking at what is known; nothing depends on it but what is said
    CAV_PURPOSE_BELIEF = 14,    // whether a trial follows what users believe
    CAV_PURPOSE_NAMED = 15,     // parameters that a trial is the first to name
} cav_purpose;

typedef struct cav_random {
    uint32_t key[2];
    uint32_t counter[4]; // [0] counts blocks, the others name the stream
    uint32_t block[4];
    unsigned left; // words of `block` not yet handed out
} cav_random;

/** The stream with that name. `attempt` tells redraws for the same trial apart. */
cav_random cav_random_stream(uint64_t seed, uint64_t trial, cav_purpose purpose, uint32_t attempt);

uint32_t cav_random_u32(cav_random *random);
uint64_t cav_random_u64(cav_random *random);

/** Uniform on [0, 1), in steps of 2^-53. */
double cav_random_unit(cav_random *random);

/** Uniform whole number in [0, bound), without bias; bound > 0. */
uint64_t cav_random_below(cav_random *random, uint64_t bound);

/** Standard normal. */
double cav_random_normal(cav_random *random);

/** The block function itself, for tests: ten rounds over `counter` with `key`. */
void cav_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t ret_block[4]);

/** A good 64-bit mix of a 64-bit word, for hashing (splitmix64's finaliser). */
uint64_t cav_mix64(uint64_t word);

#endif
