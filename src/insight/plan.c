/**
 * plan.c: the arithmetic of time, and the few rules that follow from it.
 *
 * Stopping early: with a first rung r and a third going on at each rung, a trial takes
 * r + (3 r - r) / 3 + (9 r - 3 r) / 9 + ... steps on average, which is r (1 + 2/3 K) with K rungs
 * (Li et al., MLSys 2020). Searching d parameters wants about ten trials for each: below that a
 * model of all of them has little to go by (Jones, Schonlau and Welch, J. Global Optimization 13,
 * 1998, begin with ten).
 */
#include "insight/plan.h"

#include "base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    FEW_TRAININGS = 4, // below that nursing one run is worth more than comparing
    FEW_STEPS = 5,     // below that there is no curve to speak of
    TRIALS_EACH = 10,  // for a parameter
    LEAST_POPULATION = 4,
    MOST_RUNGS = 4,
};

static const double panda_waste = 0.3; // steps that it gives up by going back, see insight/panda.c
static const double eta = 3;           // of asha's rule

const char *cav_plan_tier_name(cav_plan_tier tier)
{
    static const char *const names[CAV_PLAN_TIERS] = {"most", "medium", "least"};
    return names[tier];
}

__attribute__((format(printf, 2, 3))) static void say(cav_plan *plan, const char *format, ...)
{
    va_list arguments;
    if (plan->reason_count == CAV_PLAN_MOST_REASONS)
        return;
    va_start(arguments, format);
    vsnprintf(plan->reasons[plan->reason_count++], CAV_PLAN_REASON_SIZE, format, arguments);
    va_end(arguments);
}

static void say_cost(const cav_plan_case *given, cav_plan *plan)
{
    char step[CAV_NUMBER_SIZE], training[CAV_NUMBER_SIZE], deadline[CAV_NUMBER_SIZE];
    char source[64] = "given";
    cav_duration_print((int64_t)given->step_ms, step);
    cav_duration_print((int64_t)(given->step_ms * (double)given->steps), training);
    cav_duration_print((int64_t)given->deadline_ms, deadline);
    if (given->measured_count > 0)
        snprintf(source, sizeof source, "measured on %zu trial%s", given->measured_count,
                 given->measured_count == 1 ? "" : "s");
    say(plan, "a step takes %s (%s), so a full training of %lld steps takes %s", step, source,
        (long long)given->steps, training);
    say(plan, "%lld worker%s for %s: worth %.3g full trainings", (long long)given->workers,
        given->workers == 1 ? "" : "s", deadline, plan->full_trainings);
}

// How long a training may be, so that one worker gets through it.
static caviar_code fit_steps(const cav_plan_case *given, cav_plan *plan, cav_error *error)
{
    double fitting = floor(given->deadline_ms / given->step_ms);
    double least = fmin(FEW_STEPS, (double)given->steps);
    if (fitting < least)
        return cav_fail(error, CAVIAR_INVALID,
                        "until the deadline there is time for %.0f step%s, and less than %.0f say "
                        "nothing; a later deadline, or cheaper steps (less data, a smaller "
                        "network), would help",
                        fitting, fitting == 1 ? "" : "s", least);
    plan->step_max = fitting < (double)given->steps ? (int64_t)fitting : given->steps;
    plan->step_min = plan->step_max;
    return CAVIAR_OK;
}

static void plan_panda(const cav_plan_case *given, cav_plan *plan)
{
    double rounds = given->deadline_ms / (given->step_ms * (double)plan->step_max);
    int64_t most = (int64_t)fmax(1, floor(plan->full_trainings / (1 + panda_waste)));
    plan->is_panda = true;
    plan->scheduler = "none";
    plan->parallel = most < given->workers ? most : given->workers;
    plan->trials = plan->parallel;
    say(plan, "with fewer than %d trainings there is nothing to choose from: panda nurses %s, %s",
        FEW_TRAININGS, plan->trials == 1 ? "the one" : "each",
        plan->trials == 1 ? "and takes back what does not help" : "from different starting points");
    if (rounds < 1 + panda_waste)
        say(plan,
            "going back costs steps, and only %.0f %% of a training are to spare: panda: "
            "{type: auto, waste: %.2g}",
            100 * (rounds - 1), fmax(0, rounds - 1));
    if (plan->parallel < given->workers)
        say(plan, "%lld worker%s would have nothing to do; a run may use more cores",
            (long long)(given->workers - plan->parallel),
            given->workers - plan->parallel == 1 ? "" : "s");
}

// Nobody gets a second chance: those that do badly had better go on as copies of the others.
static void plan_population(const cav_plan_case *given, cav_plan *plan)
{
    plan->scheduler = "pbt";
    plan->parallel = plan->population = plan->trials = given->workers;
    say(plan,
        "each worker gets through one training and no second one: a population (pbt) of %lld, "
        "whose poor members go on as copies of the good ones",
        (long long)plan->population);
    say(plan, "its program must be able to go on from checkpoints; the winner's schedule is not "
              "run once more unless you extend the deadline");
}

// Steps that a trial takes on average when poor ones are stopped.
static double average_steps(const cav_plan_case *given, cav_plan *plan)
{
    double last = (double)plan->step_max;
    if (plan->step_max < FEW_STEPS)
        return last;
    plan->step_min = (int64_t)ceil(last / pow(eta, MOST_RUNGS));
    double first = (double)plan->step_min, rungs = floor(log(last / first) / log(eta) + 1e-9);
    double average =
        first * (1 + (1 - 1 / eta) * rungs) + (last - first * pow(eta, rungs)) / pow(eta, rungs);
    bool is_measured = given->measured_count >= TRIALS_EACH && given->trial_steps > 0 &&
                       given->trial_steps < (double)given->steps;
    double steps = is_measured ? given->trial_steps : average;
    plan->scheduler = "auto";
    say(plan,
        "poor trials are stopped from step %lld on, so that a trial takes %.3g of %lld steps "
        "on average (%s)",
        (long long)plan->step_min, steps, (long long)plan->step_max,
        is_measured ? "as measured" : "a third goes on at each rung");
    return steps;
}

static void plan_caviar(const cav_plan_case *given, cav_plan *plan)
{
    double all = given->deadline_ms / given->step_ms * (double)given->workers;
    plan->scheduler = "none";
    double steps = average_steps(given, plan);
    plan->parallel = given->workers;
    plan->trials = (int64_t)fmax((double)given->workers, floor(all / steps));
}

static void choose_tiers(const cav_plan_case *given, cav_plan *plan)
{
    size_t wanted = 0, all = 0;
    for (int tier = 0; tier < CAV_PLAN_TIERS; tier++)
        all += given->tiers[tier];
    for (int tier = 0; tier < CAV_PLAN_TIERS; tier++) {
        bool fits = (int64_t)(wanted + given->tiers[tier]) * TRIALS_EACH <= plan->trials;
        if (wanted > 0 && !fits)
            break;
        wanted += given->tiers[tier];
        plan->last_tier = (cav_plan_tier)tier;
    }
    plan->parameter_count = wanted;
    if (plan->population > 0) { // which changes them on the way
        plan->parameter_count = all;
        plan->last_tier = CAV_PLAN_LEAST;
        return;
    }
    if (wanted < all)
        say(plan,
            "%lld trials are enough for about %lld parameters: search the %zu down to tier "
            "%s, and fix the other %zu (tier: fixed, with a default)",
            (long long)plan->trials, (long long)(plan->trials / TRIALS_EACH), wanted,
            cav_plan_tier_name(plan->last_tier), all - wanted);
    else if ((int64_t)all * TRIALS_EACH > plan->trials)
        say(plan,
            "%lld trials are few for %zu parameters: give them tiers, and fix what matters "
            "least",
            (long long)plan->trials, all);
}

caviar_code cav_plan_make(const cav_plan_case *given, cav_plan *ret_plan, cav_error *error)
{
    cav_plan plan = {0};
    caviar_code code = fit_steps(given, &plan, error);
    if (code)
        return code;
    double training_ms = given->step_ms * (double)given->steps;
    plan.full_trainings = given->deadline_ms / training_ms * (double)given->workers;
    say_cost(given, &plan);
    if (plan.step_max < given->steps) {
        say(&plan, "not even one would come to its end: %lld steps are as far as it gets",
            (long long)plan.step_max);
        training_ms = given->step_ms * (double)plan.step_max;
        plan.full_trainings = given->deadline_ms / training_ms * (double)given->workers;
    }
    bool once = given->deadline_ms < 2 * training_ms;
    if (plan.full_trainings < FEW_TRAININGS)
        plan_panda(given, &plan);
    else if (once && given->workers >= LEAST_POPULATION && !given->cannot_restore)
        plan_population(given, &plan);
    else
        plan_caviar(given, &plan);
    if (!plan.is_panda)
        choose_tiers(given, &plan);
    *ret_plan = plan;
    return CAVIAR_OK;
}
