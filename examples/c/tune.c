/**
 * tune.c: a study in one's own process: the caller owns the loop.
 *
 *     cc tune.c -o tune $(pkg-config --cflags --libs caviar) -lm && ./tune
 */
#include <caviar.h>

#include <math.h>
#include <stdio.h>

// What is minimised here; least at x = 0.01 with the kernel "matern".
static double objective(double x, const char *kernel)
{
    return pow(log10(x) + 2, 2) + (kernel[0] == 'm' ? 0 : 0.5);
}

static caviar_space *make_space(void)
{
    static const caviar_value kernels[] = {
        {.kind = CAVIAR_KIND_TEXT, .text = "rbf"},
        {.kind = CAVIAR_KIND_TEXT, .text = "matern"},
    };
    caviar_space *space = caviar_space_new();
    caviar_space_add(
        space,
        &(caviar_parameter){.name = "length", .scale = CAVIAR_SCALE_LOG, .low = 1e-4, .high = 10});
    caviar_space_add(space, &(caviar_parameter){.name = "kernel",
                                                .type = CAVIAR_TYPE_CATEGORICAL,
                                                .choices = kernels,
                                                .choice_count = 2});
    return space;
}

static void try_all(caviar_study *study)
{
    caviar_trial *trial;
    while (caviar_study_ask(study, &trial) == CAVIAR_OK) {
        double value =
            objective(caviar_trial_real(trial, "length"), caviar_trial_text(trial, "kernel"));
        if (caviar_trial_tell_value(trial, value))
            fprintf(stderr, "%s\n", caviar_trial_message(trial));
        caviar_trial_free(trial);
    }
}

static void print_best(caviar_study *study)
{
    caviar_trial *best;
    if (caviar_study_best(study, &best)) {
        fprintf(stderr, "%s\n", caviar_study_message(study));
        return;
    }
    printf("%g at length %g, kernel %s (trial %lld)\n", caviar_trial_value(best, 0),
           caviar_trial_real(best, "length"), caviar_trial_text(best, "kernel"),
           (long long)caviar_trial_number(best));
    caviar_trial_free(best);
}

int main(void)
{
    caviar_space *space = make_space();
    caviar_study *study;
    // with .store = "caviar.db" it would be kept, and go on the next time
    caviar_code failed = caviar_study_open(
        &(caviar_study_options){.space = space, .seed = 1, .trial_budget = 60}, &study);
    if (failed)
        fprintf(stderr, "%s\n", caviar_study_message(study));
    if (!failed) {
        try_all(study);
        print_best(study);
    }
    caviar_study_close(study);
    caviar_space_free(space);
    return failed != CAVIAR_OK;
}
