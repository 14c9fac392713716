/**
 * optuna_write.h: what both of Optuna's formats say in JSON, and the states that both have.
 */
#ifndef CAV_EXCHANGE_OPTUNA_WRITE_H
#define CAV_EXCHANGE_OPTUNA_WRITE_H

#include "exchange/ledger.h"

/** The states of Optuna; each has its place in the table for its number. */
typedef struct cav_optuna_state {
    const char *word;
    caviar_state state; // here
    bool is_final;
} cav_optuna_state;

enum { CAV_OPTUNA_STATES = 5 };
extern const cav_optuna_state cav_optuna_states[CAV_OPTUNA_STATES];

/** The number of a state there. A paused trial is running. */
int cav_optuna_state_of(caviar_state state);

/** The distribution of a parameter, as Optuna writes it. */
void cav_optuna_write_distribution(const cav_parameter *parameter, cav_json *json);

/** The attributes of trial `number`, as an object: who made it, why it failed. */
void cav_optuna_write_attributes(const cav_study *study, size_t number, cav_json *json);

/** What a waiting trial is to have: {"fixed_params": {…}} without the name. */
void cav_optuna_write_fixed(const cav_study *study, size_t number, cav_json *json);

/** The names of the metrics, as a list. */
void cav_optuna_write_metric_names(const cav_study *study, cav_json *json);

/** Says what Optuna has no place for. */
void cav_optuna_note(const cav_study *study, cav_notes *notes);

#endif
