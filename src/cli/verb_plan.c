/**
 * verb_plan.c: caviar plan: what to do with the time that there is.
 */
#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/order.h"
#include "cli/open.h"
#include "cli/print.h"
#include "insight/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const cav_flag flags[] = {
    {'t', "deadline", "TIME", "how long from now: 90m, 8h, 48h"},
    {0, "step", "TIME", "what a step takes (default: as measured on the study's trials)"},
    {0, "steps", "N", "steps of a full training (default: the study's)"},
    {0, "machines", "N", "how many machines there are (default 1)"},
    {0, "cores", "N", "cores of each (default: those of this one)"},
    {0, "threads", "N", "cores that a trial uses (default 1)"},
};

static const cav_example examples[] = {
    {"caviar plan study.yaml --step 40s --deadline 8h", "a step takes 40 s; it is evening"},
    {"caviar plan --deadline 2h", "of a study that has run, whose trials say what a step takes"},
    {"caviar plan --step 5m --steps 90 --machines 4 --cores 8 --threads 8 --deadline 48h",
     "without any study, on four machines"},
};

// ---- What is known of the study -----------------------------------------------------------------

// A study file, a study of the store, or neither.
typedef struct known {
    cav_spec *spec;   // of the file; NULL: none
    cav_study *study; // NULL: none
} known;

static const cav_spec *spec_of(const known *at)
{
    return at->spec ? at->spec : at->study ? at->study->spec : NULL;
}

static void forget(known *at)
{
    cav_spec_free(at->spec);
    cav_study_close(at->study);
}

// A study that is not in the store yet has nothing to measure, and needs none where all is given.
static caviar_code look(const cav_arguments *arguments, known *at, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    cav_error missing = {0};
    if (arguments->operand_count > 0)
        code = cav_cli_spec_read(arguments->operands[0], NULL, &at->spec, error);
    if (code)
        return code;
    const char *name = cav_cli_study(arguments);
    code = cav_cli_open(arguments, name || !at->spec ? name : at->spec->study, true, &at->study,
                        &missing);
    bool is_given = cav_flag_get(arguments, "step") && cav_flag_get(arguments, "steps");
    if (!code || (!name && (code == CAVIAR_NOT_FOUND || is_given)))
        return CAVIAR_OK;
    return cav_fail(error, code, "%s", missing.message);
}

// The median time of a step over trials that ran in one go, and their mean length.
static caviar_code measure(const cav_history *history, cav_plan_case *to, cav_error *error)
{
    double *times = calloc(history->count + 1, sizeof *times);
    if (!times)
        return cav_fail_memory(error);
    size_t count = 0;
    double steps = 0;
    for (size_t i = 0; i < history->finished_count; i++) {
        size_t number = history->finished[i];
        double took = (double)(history->finished_ms[number] - history->started_ms[number]);
        bool is_whole = history->attempts[number] == 1 && history->steps[number] > 0 &&
                        history->parents[number] < 0 && took > 0;
        if (!is_whole)
            continue;
        times[count++] = took / (double)history->steps[number];
        steps += (double)history->steps[number];
        to->cannot_restore |= !(history->cans[number] & CAVIAR_CAN_RESTORE);
    }
    cav_sort(times, count);
    to->measured_count = count;
    to->trial_steps = count > 0 ? steps / (double)count : 0;
    if (count > 0)
        to->step_ms = count % 2 ? times[count / 2] : (times[count / 2 - 1] + times[count / 2]) / 2;
    free(times);
    return CAVIAR_OK;
}

static void count_tiers(const cav_space *space, cav_plan_case *to)
{
    static const cav_plan_tier tiers[] = {[CAVIAR_TIER_UNSET] = CAV_PLAN_MEDIUM,
                                          [CAVIAR_TIER_MOST] = CAV_PLAN_MOST,
                                          [CAVIAR_TIER_MEDIUM] = CAV_PLAN_MEDIUM,
                                          [CAVIAR_TIER_LEAST] = CAV_PLAN_LEAST};
    for (size_t i = 0; i < space->count; i++)
        if (space->parameters[i].axis != CAV_AXIS_NONE)
            to->tiers[tiers[space->parameters[i].tier]]++;
}

// ---- What is given ------------------------------------------------------------------------------

static caviar_code read_time(const cav_arguments *arguments, const char *name, double *ret_ms,
                             cav_error *error)
{
    const char *text = cav_flag_get(arguments, name);
    int64_t ms = 0;
    if (!text)
        return CAVIAR_OK;
    if (!cav_duration_parse(text, &ms) || ms == 0)
        return cav_fail(error, CAVIAR_INVALID,
                        "--%s: a duration such as 40s or 8h is expected, not '%.40s'", name, text);
    *ret_ms = (double)ms;
    return CAVIAR_OK;
}

static caviar_code read_workers(const cav_arguments *arguments, int64_t *ret_workers,
                                cav_error *error)
{
    int64_t machines = 1, threads = 1, cores = sysconf(_SC_NPROCESSORS_ONLN);
    caviar_code code = cav_flag_int(arguments, "machines", 1, 100000, &machines, error);
    if (!code)
        code = cav_flag_int(arguments, "cores", 1, 100000, &cores, error);
    if (!code)
        code = cav_flag_int(arguments, "threads", 1, 100000, &threads, error);
    if (!code && threads > cores)
        code = cav_fail(error, CAVIAR_INVALID,
                        "--threads: a trial uses %lld cores, and a machine has %lld",
                        (long long)threads, (long long)cores);
    if (!code)
        *ret_workers = machines * (cores / threads);
    return code;
}

static caviar_code read_given(const cav_arguments *arguments, cav_plan_case *to, cav_error *error)
{
    double step_ms = 0;
    caviar_code code = read_time(arguments, "deadline", &to->deadline_ms, error);
    if (!code)
        code = read_time(arguments, "step", &step_ms, error);
    if (!code)
        code = cav_flag_int(arguments, "steps", 1, INT64_C(1) << 53, &to->steps, error);
    if (!code)
        code = read_workers(arguments, &to->workers, error);
    if (!code && step_ms > 0) {
        to->step_ms = step_ms;
        to->measured_count = 0;
    }
    if (!code && to->deadline_ms == 0)
        code = cav_fail(error, CAVIAR_INVALID, "when must it be done? say --deadline 8h");
    if (!code && to->steps == 0)
        code = cav_fail(error, CAVIAR_INVALID,
                        "how many steps has a full training? say --steps 30, or steps: 30 in the "
                        "study file");
    if (!code && to->step_ms == 0)
        code = cav_fail(error, CAVIAR_INVALID,
                        "what does a step take? say --step 40s; it is measured where the study "
                        "has trials that report their steps");
    return code;
}

static caviar_code read_case(const cav_arguments *arguments, const known *at, cav_plan_case *to,
                             cav_error *error)
{
    const cav_spec *spec = spec_of(at);
    caviar_code code = at->study ? measure(at->study->history, to, error) : CAVIAR_OK;
    if (spec) {
        to->steps = at->study ? cav_study_last_step(at->study) : spec->step_max;
        count_tiers(spec->space, to);
    }
    return code ? code : read_given(arguments, to, error);
}

// ---- The plan -----------------------------------------------------------------------------------

// The keys of a study file that follow from it.
static void write_keys(const cav_plan_case *given, const cav_plan *plan, cav_json *json)
{
    char deadline[32];
    snprintf(deadline, sizeof deadline, "%.0fs", given->deadline_ms / 1000);
    cav_json_begin_object(json);
    cav_json_key(json, "budget");
    cav_json_begin_object(json);
    cav_json_add_int(json, "trials", plan->trials);
    if (!plan->is_panda)
        cav_json_add_string(json, "time", deadline);
    cav_json_end_object(json);
    cav_json_add_int(json, "parallel", plan->parallel);
    cav_json_key(json, "steps");
    cav_json_begin_object(json);
    cav_json_add_int(json, "min", plan->step_min);
    cav_json_add_int(json, "max", plan->step_max);
    cav_json_end_object(json);
    cav_json_key(json, plan->is_panda ? "panda" : "scheduler");
    if (plan->population > 0) {
        cav_json_begin_object(json);
        cav_json_add_string(json, "type", plan->scheduler);
        cav_json_add_int(json, "population", plan->population);
        cav_json_end_object(json);
    } else {
        cav_json_string(json, plan->is_panda ? "auto" : plan->scheduler);
    }
    cav_json_end_object(json);
}

static void write_json(const cav_plan_case *given, const cav_plan *plan, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "mode", plan->is_panda ? "panda" : "caviar");
    cav_json_add_int(json, "parallel", plan->parallel);
    cav_json_add_int(json, "trials", plan->trials);
    cav_json_add_string(json, "scheduler", plan->scheduler);
    cav_json_add_number(json, "step_seconds", given->step_ms / 1000);
    cav_json_add_int(json, "measured_on", (int64_t)given->measured_count);
    cav_json_add_number(json, "full_trainings", plan->full_trainings);
    if (plan->parameter_count > 0) {
        cav_json_add_string(json, "down_to_tier", cav_plan_tier_name(plan->last_tier));
        cav_json_add_int(json, "parameters", (int64_t)plan->parameter_count);
    }
    cav_json_key(json, "reasons");
    cav_json_begin_array(json);
    for (size_t i = 0; i < plan->reason_count; i++)
        cav_json_string(json, plan->reasons[i]);
    cav_json_end_array(json);
    cav_json_key(json, "study");
    write_keys(given, plan, json);
    cav_json_end_object(json);
}

static void write_words(const cav_plan_case *given, const cav_plan *plan, cav_text *text)
{
    char deadline[CAV_NUMBER_SIZE];
    cav_duration_print((int64_t)given->deadline_ms, deadline);
    if (plan->is_panda)
        cav_text_appendf(text, "panda: %lld run%s, nursed, of %lld steps\n",
                         (long long)plan->trials, plan->trials == 1 ? "" : "s",
                         (long long)plan->step_max);
    else
        cav_text_appendf(text, "caviar: about %lld trials of up to %lld steps, %lld at a time\n",
                         (long long)plan->trials, (long long)plan->step_max,
                         (long long)plan->parallel);
    for (size_t i = 0; i < plan->reason_count; i++)
        cav_text_appendf(text, "  - %s\n", plan->reasons[i]);
    cav_text_append(text, "\nIn the study file:\n");
    cav_text_appendf(text, "  budget: {trials: %lld", (long long)plan->trials);
    if (!plan->is_panda)
        cav_text_appendf(text, ", time: %.0fs", given->deadline_ms / 1000);
    cav_text_appendf(text, "}\n  parallel: %lld\n  steps: {min: %lld, max: %lld}\n",
                     (long long)plan->parallel, (long long)plan->step_min,
                     (long long)plan->step_max);
    if (plan->population > 0)
        cav_text_appendf(text, "  scheduler: {type: pbt, population: %lld}",
                         (long long)plan->population);
    else if (plan->is_panda)
        cav_text_append(text, "  panda: auto");
    else
        cav_text_appendf(text, "  scheduler: %s", plan->scheduler);
}

static caviar_code print_plan(const cav_arguments *arguments, const cav_plan_case *given,
                              const cav_plan *plan, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    if (cav_flag_is_on(arguments, "json"))
        write_json(given, plan, &json);
    else
        write_words(given, plan, &text);
    return cav_print_json(&text, error);
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    known at = {0};
    cav_plan_case given = {0};
    cav_plan plan;
    caviar_code code = look(arguments, &at, &error);
    if (!code)
        code = read_case(arguments, &at, &given, &error);
    if (!code)
        code = cav_plan_make(&given, &plan, &error);
    if (!code)
        code = print_plan(arguments, &given, &plan, &error);
    forget(&at);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_plan = {
    .name = "plan",
    .group = "Run",
    .summary = "say what to do with the time that there is",
    .operands = "[STUDY.yaml]",
    .description =
        "From what a step takes, the machines and the deadline it works out how many full "
        "trainings there is time for, and from that: panda (one run, nursed) or caviar (many, "
        "compared), how many trials at a time and in all, from which step on poor ones are "
        "stopped and how far good ones go, what stops them, and down to which tier parameters are "
        "worth searching. The reasons are printed with it, and the keys for a study file.\n\n"
        "What a step takes is measured on the trials of the study in the store, if it has any, or "
        "is given with --step. The space is that of the study file, or of the study. Nothing is "
        "changed.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
