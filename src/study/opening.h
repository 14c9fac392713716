/**
 * opening.h: finding a study in its store, or making it there.
 */
#ifndef CAV_STUDY_OPENING_H
#define CAV_STUDY_OPENING_H

#include "study/study.h"

/**
 * Opens the store and settles the study's definition: sets study->store, id and spec. What the
 * caller gave must agree with what is stored; see cav_study_open.
 */
caviar_code cav_opening_find(cav_study *study, const cav_study_options *options, cav_error *error);

/** Opens the sampler, which learns from these studies (NULL: none), and the scheduler of a
 * definition whose trials go to `last_step` (0: not known); both are closed where it fails. */
caviar_code cav_opening_methods(const cav_spec *spec, int64_t last_step,
                                const cav_earlier_list *earlier, cav_sampler *ret_sampler,
                                cav_scheduler *ret_scheduler, cav_error *error);

/** Opens the sampler alone, with the conditions that trials show; see cav_sampler_setup. */
caviar_code cav_opening_sampler(const cav_spec *spec, int64_t last_step,
                                const cav_earlier_list *earlier, const cav_scheduler *scheduler,
                                const cav_space *shape, cav_sampler *ret_sampler, cav_error *error);

/** Reads the stored definition of a study again; its revision with it. */
caviar_code cav_opening_read(cav_study *study, cav_spec **ret_spec, uint64_t *ret_revision,
                             cav_error *error);

/** Replaces the stored definition; CAVIAR_STATE where it is not the study's own any more. */
caviar_code cav_opening_replace(cav_study *study, const cav_spec *spec, cav_error *error);

/** Checks that what a definition names can be opened, before it is stored. */
caviar_code cav_opening_check(const cav_spec *spec, cav_error *error);

/** Whether no two trials may have the same parameters. Trials that name theirs may: nobody knows
 * beforehand which they will have. */
bool cav_opening_is_distinct(const cav_spec *spec, const cav_sampler_type *sampler);

/** Makes who nurses the trials, if the spec wants anybody; else *ret_panda stays as it is. */
caviar_code cav_opening_panda(const cav_spec *spec, cav_panda **ret_panda, cav_error *error);

#endif
