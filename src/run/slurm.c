/**
 * slurm.c: workers as a job array of Slurm, by its own commands: their output keeps its shape from
 * release to release, while the library is bound to one.
 *
 * The script of the job replaces itself by the worker, so that Slurm's warnings (preemption, the
 * end of the time, `scancel`) reach the worker itself. To each it answers by giving its trial back.
 * The store's address goes by the environment, which only the job's user can read.
 */
#include "run/job_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { WARNING_S = 60 }; // before the end of a worker's time

static void write_script(const cav_launch *launch, cav_text *script)
{
    cav_text_append(script, "#!/bin/sh\nexec ");
    cav_job_quote_command(script, launch);
    cav_text_append(script, "\n");
}

static void add_resources(cav_job_words *at, const cav_resources *resources)
{
    int64_t seconds = (resources->time_ms + 999) / 1000;
    if (resources->cpus)
        cav_job_add(at, "--cpus-per-task=%lld", (long long)resources->cpus);
    if (resources->gpus)
        cav_job_add(at, "--gres=gpu:%lld", (long long)resources->gpus);
    if (resources->memory)
        cav_job_add(at, "--mem=%s", resources->memory);
    if (resources->time_ms)
        cav_job_add(at, "--time=%lld:%02lld:%02lld", (long long)(seconds / 3600),
                    (long long)(seconds / 60 % 60), (long long)(seconds % 60));
    if (resources->partition)
        cav_job_add(at, "--partition=%s", resources->partition);
    if (resources->account)
        cav_job_add(at, "--account=%s", resources->account);
    for (size_t i = 0; i < resources->option_count; i++)
        cav_job_add(at, "%s", resources->options[i]);
}

// This process's environment with the store in it.
static char **make_variables(cav_arena *arena, const char *store)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **variables = CAV_ARENA_NEW(arena, char *, count + 2);
    cav_text text = {0};
    cav_text_appendf(&text, "CAVIAR_STORE=%s", store);
    char *own = text.failed ? NULL : cav_arena_strdup(arena, text.data);
    cav_text_free(&text);
    for (size_t i = 0; variables && i < count; i++)
        if (strncmp(environ[i], "CAVIAR_STORE=", 13) != 0)
            variables[kept++] = environ[i];
    if (variables && own)
        variables[kept] = own;
    return own ? variables : NULL;
}

// "4711", or "4711;cluster".
static caviar_code read_job(const char *text, char ret_job[CAV_JOB_SIZE], cav_error *error)
{
    size_t size = strspn(text, "0123456789");
    if (size == 0 || size >= CAV_JOB_SIZE)
        return cav_fail(error, CAVIAR_IO, "sbatch answered '%.100s', which names no job", text);
    snprintf(ret_job, CAV_JOB_SIZE, "%.*s", (int)size, text);
    return CAVIAR_OK;
}

static caviar_code submit_with(cav_job_words *at, const cav_launch *launch,
                               char ret_job[CAV_JOB_SIZE], cav_error *error)
{
    cav_text script = {0};
    cav_job_answer answer = {0};
    char **variables = make_variables(at->arena, launch->store);
    write_script(launch, &script);
    cav_job_add(at, "sbatch");
    cav_job_add(at, "--parsable");
    cav_job_add(at, "--job-name=caviar-%s", launch->study);
    cav_job_add(at, "--array=1-%lld", (long long)launch->workers);
    cav_job_add(at, "--requeue");
    cav_job_add(at, "--open-mode=append");
    cav_job_add(at, "--output=%s/slurm-%%A_%%a.log", launch->folder);
    cav_job_add(at, "--signal=B:TERM@%d", WARNING_S);
    cav_job_add(at, "--export=ALL");
    add_resources(at, launch->resources);
    caviar_code code = script.failed || !variables
                           ? cav_fail_memory(error)
                           : cav_job_run(at, variables, script.data, &answer, error);
    if (!code)
        code = answer.status ? cav_job_fail(at, "", &answer, error)
                             : read_job(cav_text_get(&answer.output), ret_job, error);
    cav_text_free(&script);
    cav_job_answer_free(&answer);
    return code;
}

static caviar_code submit(const cav_launch *launch, char ret_job[CAV_JOB_SIZE], cav_error *error)
{
    cav_job_words at = {.arena = cav_arena_new()};
    caviar_code code = at.arena ? submit_with(&at, launch, ret_job, error) : cav_fail_memory(error);
    cav_arena_free(at.arena);
    return code;
}

// Lines of "STATE|REASON", one a worker.
static void count_lines(const char *text, cav_launched *launched)
{
    while (*text) {
        size_t size = strcspn(text, "\n"), state = strcspn(text, "|\n");
        bool runs = strncmp(text, "RUNNING", state) == 0 || strncmp(text, "COMPLETING", state) == 0;
        bool waits =
            strncmp(text, "PENDING", state) == 0 || strncmp(text, "CONFIGURING", state) == 0 ||
            strncmp(text, "SUSPENDED", state) == 0 || strncmp(text, "REQUEUED", state) == 0;
        launched->running += runs && state > 0;
        launched->waiting += waits && state > 0;
        if (waits && state > 0 && state < size)
            snprintf(launched->why, sizeof launched->why, "%.*s", (int)(size - state - 1),
                     text + state + 1);
        text += size + (text[size] == '\n');
    }
}

static bool is_unknown(const cav_job_answer *answer)
{
    return strstr(cav_text_get(&answer->errors), "Invalid job id") != NULL;
}

static caviar_code look(const char *job, cav_launched *ret_launched, cav_error *error)
{
    cav_job_words at = {.arena = cav_arena_new()};
    cav_job_answer answer = {0};
    cav_launched launched = {0};
    if (!at.arena)
        return cav_fail_memory(error);
    cav_job_add(&at, "squeue");
    cav_job_add(&at, "-h");
    cav_job_add(&at, "-r");
    cav_job_add(&at, "-o%%T|%%r");
    cav_job_add(&at, "-j%s", job);
    caviar_code code = cav_job_run(&at, NULL, "", &answer, error);
    if (!code && answer.status && !is_unknown(&answer))
        code = cav_job_fail(&at, "", &answer, error);
    if (!code && !answer.status)
        count_lines(cav_text_get(&answer.output), &launched);
    if (!code)
        *ret_launched = launched;
    cav_job_answer_free(&answer);
    cav_arena_free(at.arena);
    return code;
}

static caviar_code cancel_with(const char *job, const char *const options[], cav_error *error)
{
    cav_job_words at = {.arena = cav_arena_new()};
    cav_job_answer answer = {0};
    if (!at.arena)
        return cav_fail_memory(error);
    cav_job_add(&at, "scancel");
    for (size_t i = 0; options[i]; i++)
        cav_job_add(&at, "%s", options[i]);
    cav_job_add(&at, "%s", job);
    caviar_code code = cav_job_run(&at, NULL, "", &answer, error);
    if (!code && answer.status && !is_unknown(&answer))
        code = cav_job_fail(&at, "", &answer, error);
    cav_job_answer_free(&answer);
    cav_arena_free(at.arena);
    return code;
}

// Running ones are signalled alone, not with their trials: a program that loses its sleep or its
// helper to a signal may end as if it were done, before its worker has heard that it is to stop.
static caviar_code cancel(const char *job, bool all, cav_error *error)
{
    caviar_code code = cancel_with(job, (const char *const[]){"--state=PENDING", NULL}, error);
    if (code || !all)
        return code;
    return cancel_with(job, (const char *const[]){"--batch", "--signal=TERM", NULL}, error);
}

const cav_launcher cav_launcher_slurm = {
    .name = "slurm",
    .summary = "a job array of a Slurm cluster",
    .submit = submit,
    .look = look,
    .cancel = cancel,
};
