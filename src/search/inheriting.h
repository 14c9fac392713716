/**
 * inheriting.h: beginning a study where earlier ones have ended: their best configurations, one
 * after the other, for as long as they do well here.
 *
 * The configurations are a portfolio: of the best twentieth that each earlier study has tried, by
 * what its model says of them, the first is the one that all earlier studies like most; each
 * further one is that which gains most over those before it, summed over the studies; where none
 * gains any more, that which is furthest from them.
 *
 * They take turns with the trials that would have been made without them, the second of each two,
 * so that these tell what they are worth: the next one is tried only if, so far, more pairs of one
 * of each have the inherited one in front than behind, or there is no pair yet.
 *
 * A portfolio as in Wistuba, Schilling, Schmidt-Thieme: "Sequential model-free hyperparameter
 * tuning", ICDM 2015, and Feurer and others: "Auto-sklearn 2.0", JMLR 23, 2022.
 */
#ifndef CAV_SEARCH_INHERITING_H
#define CAV_SEARCH_INHERITING_H

#include "search/sampler.h"
#include "surrogate/heritage.h"

enum { CAV_PORTFOLIO_MOST = 4 };

typedef struct cav_inheriting {
    const cav_space *space;
    cav_heritage *heritage;
    double *points; // [CAV_PORTFOLIO_MOST x dim_count] the portfolio
    size_t sources[CAV_PORTFOLIO_MOST];
    size_t count;
} cav_inheriting;

/** Learns from the setup's earlier studies; NULL when out of memory. */
cav_inheriting *cav_inheriting_new(const cav_sampler_setup *setup);
void cav_inheriting_free(cav_inheriting *inheriting);

/** Which of the portfolio trial `number` shall be; `count`: none, that is for others to say. */
size_t cav_inheriting_turn(const cav_inheriting *inheriting, const cav_history *history,
                           uint64_t number);

/** Which of the portfolio is at this point [dim_count]; `count`: none. */
size_t cav_inheriting_find(const cav_inheriting *inheriting, const double *point);

/** True where what was inherited has done well so far: no even spread is needed to begin with. */
bool cav_inheriting_does_well(const cav_inheriting *inheriting, const cav_history *history);

#endif
