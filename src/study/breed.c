/**
 * breed.c: a trial from another one: a copy that its scheduler wants, with the files of its parent,
 * or one more run of a configuration.
 *
 * Copying files takes its time, so it is done first. Whether the trial is still wanted, or another
 * worker has made it meanwhile, is asked again within the group in which it is made.
 */
#include "study/breed.h"

#include "study/derive.h"

#include <stdio.h>

enum { MOST_CONFLICTS = 100, ORIGIN_SIZE = 256 };

typedef struct breeding {
    cav_study *study;
    cav_offspring wanted;
    const char *maker;
    char note[64];
} breeding;

// One more run counts against the budget like any other trial.
static void ask_race(breeding *at)
{
    const cav_race *race = at->study->race;
    size_t first = cav_study_spent(at->study) ? SIZE_MAX : cav_race_next(race);
    if (first == SIZE_MAX)
        return;
    const cav_race_runs *runs = cav_race_of(race, first);
    snprintf(at->note, sizeof at->note, "run %zu of at most %lld",
             runs->complete + runs->failed + 1, (long long)at->study->spec->replicates);
    at->maker = CAV_REPLICATE;
    at->wanted = (cav_offspring){.parent = first,
                                 .step = -1,
                                 .has_own_seed = true,
                                 .instead_of = SIZE_MAX,
                                 .note = at->note};
}

// Asks who makes trials from others what is wanted now.
static caviar_code ask_all(breeding *at, cav_error *error)
{
    const cav_scheduler *scheduler = &at->study->scheduler;
    at->wanted = (cav_offspring){.parent = SIZE_MAX};
    at->maker = scheduler->type->name;
    caviar_code code = CAVIAR_OK;
    if (scheduler->type->breed)
        code = scheduler->type->breed(scheduler->state, at->study->history, &at->wanted, error);
    if (!code && at->wanted.parent == SIZE_MAX && at->study->race)
        ask_race(at);
    return code;
}

static bool has_files(const breeding *at)
{
    return at->study->files && at->wanted.step >= 0;
}

// Called within the group: CAVIAR_EXISTS if something else is wanted by now.
static caviar_code place(void *context, int64_t number, bool back, cav_error *error)
{
    breeding *at = context;
    const cav_trial_files *files = at->study->files;
    if (!back) {
        breeding now = {.study = at->study};
        caviar_code code = ask_all(&now, error);
        if (code)
            return code;
        if (now.wanted.parent != at->wanted.parent || now.wanted.step != at->wanted.step ||
            now.wanted.instead_of != at->wanted.instead_of)
            return CAVIAR_EXISTS;
    }
    return has_files(at) ? files->place(files->context, number, back, error) : CAVIAR_OK;
}

// The trial that lost its place is of no use any more; one that runs hears so by itself.
static caviar_code give_up(cav_study *study, size_t number, cav_error *error)
{
    if (number == SIZE_MAX || !cav_history_may_resume(study->history, number))
        return CAVIAR_OK;
    cav_move move = {.number = (int64_t)number,
                     .attempt = study->history->attempts[number],
                     .to = CAVIAR_STATE_PRUNED};
    caviar_code code = study->store->type->trial_move(study->store, &study->scope, &move, error);
    return code == CAVIAR_STALE || code == CAVIAR_STATE ? CAVIAR_OK : code; // another was faster
}

static caviar_code make(breeding *at, cav_error *error)
{
    char origin[ORIGIN_SIZE];
    int64_t number;
    snprintf(origin, sizeof origin, "%s: %s", at->maker, at->wanted.note);
    cav_derivation how = {.parent = (int64_t)at->wanted.parent,
                          .step = at->wanted.step,
                          .changes = at->wanted.changes,
                          .has_own_seed = at->wanted.has_own_seed,
                          .origin = origin,
                          .author = at->maker,
                          .note = at->wanted.note,
                          .place = place,
                          .context = at};
    return cav_study_derive(at->study, &how, &number, error);
}

static caviar_code breed(breeding *at, cav_error *error)
{
    cav_study *study = at->study;
    const cav_trial_files *files = study->files;
    caviar_code code = ask_all(at, error);
    if (!code && at->wanted.parent == SIZE_MAX)
        return CAVIAR_NOT_FOUND;
    if (!code && has_files(at))
        code = files->stage(files->context, (int64_t)at->wanted.parent, error);
    size_t instead_of = at->wanted.instead_of;
    if (!code)
        code = make(at, error);
    if (!code)
        code = give_up(study, instead_of, error);
    return code;
}

caviar_code cav_study_breed(cav_study *study, cav_error *error)
{
    for (int conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
        breeding at = {.study = study};
        caviar_code code = breed(&at, error);
        if (code != CAVIAR_EXISTS)
            return code;
        code = cav_study_refresh(study, error);
        if (code)
            return code;
    }
    return cav_fail(error, CAVIAR_BUSY, "other workers were faster %d times in a row",
                    MOST_CONFLICTS);
}
