/**
 * tuner.c: the trial's side of a study, on the public interface.
 */
#include "trainer/tuner.h"

#include "trainer/number.h"
#include "trainer/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Fails with what the trial says of itself.
static caviar_code fail_trial(const tuner *at, caviar_code code, train_error *error)
{
    return train_fail(error, code, "%s", caviar_trial_message(at->trial));
}

caviar_code tuner_join(tuner *ret_tuner, train_error *error)
{
    tuner at = {NULL};
    const char *socket = getenv("CAVIAR_SOCKET");
    if (!socket || !*socket) {
        *ret_tuner = at;
        return CAVIAR_OK;
    }
    caviar_code code = caviar_trial_join(socket, &at.trial);
    if (code) {
        if (at.trial)
            fail_trial(&at, code, error);
        else
            train_fail_memory(error);
        caviar_trial_free(at.trial);
        return code;
    }
    *ret_tuner = at;
    return CAVIAR_OK;
}

void tuner_leave(tuner *at)
{
    caviar_trial_free(at->trial);
    at->trial = NULL;
}

uint64_t tuner_first_step(const tuner *at)
{
    if (!at->trial)
        return UINT64_MAX;
    int64_t step = caviar_trial_first_step(at->trial);
    return step > 0 ? (uint64_t)step : 0;
}

static caviar_code print_metrics(const char *before, const caviar_metric *metrics, size_t count,
                                 train_error *error)
{
    printf("caviar:%s", before);
    for (size_t i = 0; i < count; i++) {
        if (isnan(metrics[i].value)) // printf may print a sign
            printf(" %s=nan", metrics[i].name);
        else
            printf(" %s=%.6g", metrics[i].name, metrics[i].value);
    }
    printf("\n");
    if (fflush(stdout))
        return train_fail_errno(error, errno, "cannot write to standard output");
    return CAVIAR_OK;
}

caviar_code tuner_tell(tuner *at, const caviar_metric *metrics, size_t count, train_error *error)
{
    if (!at->trial)
        return print_metrics("", metrics, count, error);
    caviar_code code = caviar_trial_tell(at->trial, metrics, count);
    return code ? fail_trial(at, code, error) : CAVIAR_OK;
}

caviar_code tuner_report(tuner *at, uint64_t step, const caviar_metric *metrics, size_t count,
                         caviar_verdict *ret_verdict, train_error *error)
{
    if (!at->trial) {
        char place[40];
        snprintf(place, sizeof place, " step=%llu", (unsigned long long)step);
        *ret_verdict = CAVIAR_VERDICT_CONTINUE;
        return print_metrics(place, metrics, count, error);
    }
    caviar_code code = caviar_trial_report(at->trial, (int64_t)step, metrics, count, ret_verdict);
    return code ? fail_trial(at, code, error) : CAVIAR_OK;
}

caviar_code tuner_introduce(tuner *at, bool restores, train_error *error)
{
    if (!at->trial)
        return CAVIAR_OK;
    unsigned abilities = CAVIAR_CAN_CHANGE | (restores ? CAVIAR_CAN_RESTORE : 0u);
    caviar_code code = caviar_trial_can(at->trial, abilities);
    return code ? fail_trial(at, code, error) : CAVIAR_OK;
}

caviar_code tuner_keep(tuner *at, const int64_t *steps, size_t count, train_error *error)
{
    if (!at->trial)
        return CAVIAR_OK;
    caviar_code code = caviar_trial_keeps(at->trial, steps, count);
    return code ? fail_trial(at, code, error) : CAVIAR_OK;
}

void tuner_pass(tuner *at, uint64_t step, hyper *now)
{
    if (at->trial && caviar_trial_pass(at->trial, (int64_t)step) > 0)
        tuner_take_changes(at, now);
}

void tuner_take_changes(tuner *at, hyper *now)
{
    size_t count = at->trial ? caviar_trial_change_count(at->trial) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = caviar_trial_change_name(at->trial, i);
        double value = caviar_trial_real(at->trial, name);
        char text[NUMBER_SIZE];
        train_error error;
        number_print(value, text);
        hyper before = *now;
        if (hyper_change(now, name, value, &error))
            fprintf(stderr, "caviar-train: warning: %s; it stays as it is\n", error.sentence);
        else if (memcmp(&before, now, sizeof before) != 0) // not one that it heard twice
            fprintf(stderr, "caviar-train: %s is now %s\n", name, text);
    }
}
