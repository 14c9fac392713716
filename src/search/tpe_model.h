/**
 * tpe_model.h: the densities of TPE over the whole space, l of good trials and g of the others.
 *
 * One pair of mixtures is over the coordinates that are always there, and those that decide which
 * others are: what goes well together is found together. The other conditional coordinates may be
 * *apart*: each has a pair by itself, of the trials in which it is active, the good ones among
 * *them*. In the joint split there are few of these, and hardly a good one in a branch that is not
 * the best; by themselves they tell good values from others there too, whatever branch they were
 * active in.
 */
#ifndef CAV_SEARCH_TPE_MODEL_H
#define CAV_SEARCH_TPE_MODEL_H

#include "search/tpe_part.h"
#include "surrogate/mixture.h"

typedef struct cav_tpe_model_options {
    cav_mixture_options mixture;
    double prior;  // weight of the even density, in mean trials
    bool is_apart; // conditional coordinates that decide nothing are apart
} cav_tpe_model_options;

typedef struct cav_tpe_model cav_tpe_model;

/** `space` must outlive it. NULL: out of memory. */
cav_tpe_model *cav_tpe_model_new(const cav_space *space, const cav_tpe_model_options *options);
void cav_tpe_model_free(cav_tpe_model *model);

/** Fits the joint pair. */
caviar_code cav_tpe_model_fit_joint(cav_tpe_model *model, const cav_history *history,
                                    const cav_tpe_group *good, const cav_tpe_group *other,
                                    cav_error *error);

/** Fits the pairs of those apart, from what `part` lists; which it takes is changed. */
caviar_code cav_tpe_model_fit_apart(cav_tpe_model *model, cav_tpe_part *part, cav_error *error);

/** Draws a point [dim_count] from the good trials' density, all coordinates as if active. */
void cav_tpe_model_draw(const cav_tpe_model *model, cav_random *random, double *ret_point);

/** log l/g at a configuration, from its point [dim_count] and its raw values. */
double cav_tpe_model_log_ratio(cav_tpe_model *model, const double *point, const double *raw);

#endif
