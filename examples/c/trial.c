/**
 * trial.c: a program that is a trial of `caviar run`, and hears what the tuner has to say.
 *
 *     cc trial.c -o trial $(pkg-config --cflags --libs caviar) -lm
 *     caviar run -n 20 --minimize loss --steps 10 -- ./trial '{lr: log 1e-4 1}'
 *
 * It takes its parameters from the library, not from its command line. Started by hand it runs by
 * itself, and reports to nobody.
 */
#include <caviar.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double or_else(double value, double otherwise)
{
    return isnan(value) ? otherwise : value;
}

// One "epoch": a loss that falls, and is least at lr = 0.01.
static double train(double lr, long long step)
{
    return pow(log(lr / 0.01), 2) / 10 + 1 / (double)step;
}

static int run(caviar_trial *trial)
{
    double lr = or_else(caviar_trial_real(trial, "lr"), 0.1);
    long long last = caviar_trial_last_step(trial) < 10 ? caviar_trial_last_step(trial) : 10;
    caviar_trial_can(trial, CAVIAR_CAN_CHANGE);
    for (long long step = caviar_trial_first_step(trial) + 1; step <= last; step++) {
        caviar_verdict verdict;
        caviar_metric metric = {.name = "loss", .value = train(lr, step)};
        if (caviar_trial_report(trial, step, &metric, 1, &verdict)) {
            fprintf(stderr, "%s\n", caviar_trial_message(trial));
            return 1;
        }
        if (verdict == CAVIAR_VERDICT_STOP)
            break;
        lr = or_else(caviar_trial_real(trial, "lr"), lr); // 'caviar nudge' may have changed it
    }
    return 0;
}

int main(void)
{
    caviar_trial *trial;
    int status = 1;
    if (caviar_trial_join(getenv("CAVIAR_SOCKET"), &trial) == CAVIAR_OK)
        status = run(trial);
    else
        fprintf(stderr, "%s\n", caviar_trial_message(trial));
    caviar_trial_free(trial);
    return status;
}
