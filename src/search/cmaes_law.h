/**
 * cmaes_law.h: what the evolution strategy draws trials from, and how it knows them again.
 *
 * Ordered coordinates are normal, unordered choices categorical. A trial is drawn by its number and
 * attempt alone, so whether a point of the history came from a law can be found by drawing it
 * again; nothing else has to be kept of which trial belonged to which generation.
 */
#ifndef CAV_SEARCH_CMAES_LAW_H
#define CAV_SEARCH_CMAES_LAW_H

#include "search/cmaes_choices.h"
#include "search/cmaes_gauss.h"
#include "space/space.h"

#include <stdint.h>

/** Which coordinate of the space is which of the strategy's. */
typedef struct cav_frame {
    const cav_space *space;
    uint64_t seed;
    size_t normal_count, choice_count;
    size_t *normal_dims; // [normal_count]
    size_t *choice_dims; // [choice_count]
    size_t *sizes;       // [choice_count] choices of each
    size_t *starts;      // [choice_count] of their shares in a law
    bool is_diagonal;
} cav_frame;

/** False when out of memory; free it in either case. */
bool cav_frame_init(cav_frame *frame, const cav_space *space, uint64_t seed, size_t most_full);
void cav_frame_free(cav_frame *frame);

static inline const cav_parameter *cav_frame_normal(const cav_frame *frame, size_t i)
{
    return &frame->space->parameters[frame->space->dims[frame->normal_dims[i]]];
}

static inline const cav_parameter *cav_frame_choice(const cav_frame *frame, size_t i)
{
    return &frame->space->parameters[frame->space->dims[frame->choice_dims[i]]];
}

/** The randomness of one draw. */
typedef struct cav_roll {
    double *normals;  // [normal_count] standard normal
    double *uniforms; // [choice_count]
} cav_roll;

bool cav_roll_init(cav_roll *roll, const cav_frame *frame);
void cav_roll_free(cav_roll *roll);
void cav_roll_cast(cav_roll *roll, const cav_frame *frame, uint64_t number, uint32_t attempt);

/** A copy of the distributions, as they were when trials were drawn. */
typedef struct cav_law {
    double sigma;
    double *mean, *stretch; // [normal_count]
    double *factor;         // as in cav_gauss
    double *shares;         // as in cav_choices
} cav_law;

bool cav_law_init(cav_law *law, const cav_gauss *gauss, const cav_choices *choices);
void cav_law_free(cav_law *law);
void cav_law_set(cav_law *law, const cav_gauss *gauss, const double *stretch,
                 const cav_choices *choices);

/** Normal coordinate i of a draw, before the stretch and the bounds. */
double cav_law_coordinate(const cav_law *law, const cav_frame *frame, const cav_roll *roll,
                          size_t i);

/** The choice drawn for parameter i. */
size_t cav_law_pick(const cav_law *law, const cav_frame *frame, const cav_roll *roll, size_t i);

/** The whole draw as a point of the unit cube. */
void cav_law_point(const cav_law *law, const cav_frame *frame, const cav_roll *roll,
                   double *ret_point);

/** True if this point of the history, NaN where inactive, is that draw. */
bool cav_law_gave(const cav_law *law, const cav_frame *frame, const cav_roll *roll,
                  const double *point);

#endif
