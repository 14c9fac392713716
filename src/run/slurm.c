/**
 * slurm.c: workers as a job array of Slurm, by its own commands: their output keeps its shape from
 * release to release, while the library is bound to one.
 *
 * The script of the job replaces itself by the worker, so that Slurm's warnings (preemption, the
 * end of the time, `scancel`) reach the worker itself. To each it answers by giving its trial back.
 * The store's address goes by the environment, which only the job's user can read.
 */
#include "run/launcher.h"

#include "base/memory.h"
#include "run/helper.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum {
    TIMEOUT_MS = 60000, // a command waits by itself for a controller that does not answer
    MOST_WORDS = 64,
    WARNING_S = 60, // before the end of a worker's time
};

typedef struct words {
    cav_arena *arena;
    char *list[MOST_WORDS + 1];
    size_t count;
    bool failed;
} words;

static void add(words *at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(words *at, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *copy = size >= 0 && (size_t)size < sizeof text && at->count < MOST_WORDS
                     ? cav_arena_strdup(at->arena, text)
                     : NULL;
    if (copy)
        at->list[at->count++] = copy;
    else
        at->failed = true;
}

// Runs a command of Slurm's. What it complains of is shown as it is.
static caviar_code run(words *at, char *const *variables, const char *input, cav_text *output,
                       cav_text *errors, int *ret_status, cav_error *error)
{
    cav_helper helper = {
        .words = at->list, .variables = variables, .input = input, .timeout_ms = TIMEOUT_MS};
    caviar_code code = at->failed ? cav_fail(error, CAVIAR_INVALID,
                                             "too much is asked of %s: it has more "
                                             "options than Caviar passes on",
                                             at->list[0] ? at->list[0] : "Slurm")
                                  : cav_helper_run(&helper, output, errors, ret_status, error);
    return code;
}

static caviar_code fail(const words *at, const cav_text *errors, cav_error *error)
{
    const char *text = cav_text_get(errors);
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    return cav_fail(error, CAVIAR_IO, "%s failed: %.*s", at->list[0],
                    (int)(size < 800 ? size : 800), text);
}

// Puts a word into a shell's script, whatever is in it.
static void append_quoted(cav_text *text, const char *word)
{
    cav_text_append_char(text, '\'');
    for (const char *c = word; *c; c++)
        if (*c == '\'')
            cav_text_append(text, "'\\''");
        else
            cav_text_append_char(text, *c);
    cav_text_append(text, "' ");
}

static void write_script(const cav_launch *launch, cav_text *script)
{
    cav_text_append(script, "#!/bin/sh\nexec ");
    for (size_t i = 0; i < launch->command_count; i++)
        append_quoted(script, launch->command[i]);
    cav_text_append(script, "\n");
}

static void add_resources(words *at, const cav_resources *resources)
{
    int64_t seconds = (resources->time_ms + 999) / 1000;
    if (resources->cpus)
        add(at, "--cpus-per-task=%lld", (long long)resources->cpus);
    if (resources->gpus)
        add(at, "--gres=gpu:%lld", (long long)resources->gpus);
    if (resources->memory)
        add(at, "--mem=%s", resources->memory);
    if (resources->time_ms)
        add(at, "--time=%lld:%02lld:%02lld", (long long)(seconds / 3600),
            (long long)(seconds / 60 % 60), (long long)(seconds % 60));
    if (resources->partition)
        add(at, "--partition=%s", resources->partition);
    if (resources->account)
        add(at, "--account=%s", resources->account);
    for (size_t i = 0; i < resources->option_count; i++)
        add(at, "%s", resources->options[i]);
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

static caviar_code submit_with(words *at, const cav_launch *launch, char ret_job[CAV_JOB_SIZE],
                               cav_error *error)
{
    cav_text script = {0}, output = {0}, errors = {0};
    int status = 0;
    char **variables = make_variables(at->arena, launch->store);
    write_script(launch, &script);
    add(at, "sbatch");
    add(at, "--parsable");
    add(at, "--job-name=caviar-%s", launch->study);
    add(at, "--array=1-%lld", (long long)launch->workers);
    add(at, "--requeue");
    add(at, "--open-mode=append");
    add(at, "--output=%s/slurm-%%A_%%a.log", launch->folder);
    add(at, "--signal=B:TERM@%d", WARNING_S);
    add(at, "--export=ALL");
    add_resources(at, launch->resources);
    caviar_code code = script.failed || !variables
                           ? cav_fail_memory(error)
                           : run(at, variables, script.data, &output, &errors, &status, error);
    if (!code)
        code = status ? fail(at, &errors, error) : read_job(cav_text_get(&output), ret_job, error);
    cav_text_free(&script);
    cav_text_free(&output);
    cav_text_free(&errors);
    return code;
}

static caviar_code submit(const cav_launch *launch, char ret_job[CAV_JOB_SIZE], cav_error *error)
{
    words at = {.arena = cav_arena_new()};
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

static bool is_unknown(const cav_text *errors)
{
    return strstr(cav_text_get(errors), "Invalid job id") != NULL;
}

static caviar_code look(const char *job, cav_launched *ret_launched, cav_error *error)
{
    words at = {.arena = cav_arena_new()};
    cav_text output = {0}, errors = {0};
    cav_launched launched = {0};
    int status = 0;
    if (!at.arena)
        return cav_fail_memory(error);
    add(&at, "squeue");
    add(&at, "-h");
    add(&at, "-r");
    add(&at, "-o%%T|%%r");
    add(&at, "-j%s", job);
    caviar_code code = run(&at, environ, "", &output, &errors, &status, error);
    if (!code && status && !is_unknown(&errors))
        code = fail(&at, &errors, error);
    if (!code && !status)
        count_lines(cav_text_get(&output), &launched);
    if (!code)
        *ret_launched = launched;
    cav_text_free(&output);
    cav_text_free(&errors);
    cav_arena_free(at.arena);
    return code;
}

static caviar_code cancel(const char *job, bool all, cav_error *error)
{
    words at = {.arena = cav_arena_new()};
    cav_text output = {0}, errors = {0};
    int status = 0;
    if (!at.arena)
        return cav_fail_memory(error);
    add(&at, "scancel");
    if (!all)
        add(&at, "--state=PENDING");
    add(&at, "%s", job);
    caviar_code code = run(&at, environ, "", &output, &errors, &status, error);
    if (!code && status && !is_unknown(&errors))
        code = fail(&at, &errors, error);
    cav_text_free(&output);
    cav_text_free(&errors);
    cav_arena_free(at.arena);
    return code;
}

const cav_launcher cav_launcher_slurm = {
    .name = "slurm",
    .summary = "a job array of a Slurm cluster",
    .submit = submit,
    .look = look,
    .cancel = cancel,
};
