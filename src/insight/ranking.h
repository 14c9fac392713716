/**
 * ranking.h: the trials of a study by how good they are, and where the best of them end.
 *
 * Only complete trials with a finite value are ranked.
 */
#ifndef CAV_INSIGHT_RANKING_H
#define CAV_INSIGHT_RANKING_H

#include "base/memory.h"
#include "base/random.h"
#include "trial/history.h"

/** Best first, of equals the earliest. */
typedef struct cav_ranking {
    size_t *rows;   // [count] in the history
    double *losses; // [count]
    size_t count;
} cav_ranking;

/** Which are the best: the trials before `whole`, and those from there to `end` by a share each. */
typedef struct cav_border {
    size_t whole, end;
    double share;
} cav_border;

/** Ranks the trials by a metric; the ranking lives in the arena. */
caviar_code cav_ranking_make(const cav_history *history, size_t metric, cav_arena *arena,
                             cav_ranking *ret_ranking, cav_error *error);

/**
 * The same of a random `most` of the trials where there are more: where thousands are looked at,
 * others would tell next to nothing. *ret_all is how many there are.
 */
caviar_code cav_ranking_sample(const cav_history *history, size_t metric, size_t most,
                               cav_random *random, cav_arena *arena, cav_ranking *ret_ranking,
                               size_t *ret_all, cav_error *error);

enum { CAV_RANKING_LEAST = 16 };

/** CAVIAR_NOT_FOUND with a sentence where fewer than CAV_RANKING_LEAST trials are ranked. */
caviar_code cav_ranking_check(const cav_ranking *ranking, cav_error *error);

/**
 * How many of so many trials are taken as the best: a tenth, as in PED-ANOVA, but at least 8, or a
 * third where there are fewer than 24. Below 8 nothing can be seen for noise, and the best third of
 * a few trials are no longer the best in any sense.
 */
double cav_best_count(double count);

/**
 * The border of the best, of weight `room`, among trials with these losses, sorted, and weights
 * [count]. Those that are equal at the border share the room that is left.
 */
cav_border cav_border_find(const double *losses, const double *weights, size_t count, double room);

/** The part of trial i that is among the best. */
static inline double cav_border_share(const cav_border *border, size_t i)
{
    return i < border->whole ? 1 : i < border->end ? border->share : 0;
}

#endif
