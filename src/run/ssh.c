/**
 * ssh.c: workers on machines that ssh reaches, one process on each, which runs its share of the
 * trials. For a few machines without a scheduler.
 *
 * What is done there is a script on the standard input of `ssh HOST sh -s`, so the store's address,
 * which may hold a password, is in no list of processes. A worker is started in a session of its
 * own, which outlives the connection. A job is a file in the study's folder with a line for each
 * option of ssh and for each worker ("worker HOST PROCESS TRIALS"), written anew after each start,
 * so that whatever runs can be found, and ended, also after a crash of who started it.
 */
#include "run/job_words.h"

#include "base/file.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_JOB_BYTES = 1 << 20, MOST_JOBS = 1 << 20 };

/** A worker, as a job's file names it. */
typedef struct remote {
    char *host;
    char *process; // its id there
    int64_t trials;
} remote;

static void add_head(cav_job_words *words)
{
    cav_job_add(words, "ssh");
    cav_job_add(words, "-oBatchMode=yes"); // nobody is there to be asked
    cav_job_add(words, "-oConnectTimeout=10");
}

static void add_tail(cav_job_words *words, const char *host)
{
    cav_job_add(words, "--");
    cav_job_add(words, "%s", host);
    cav_job_add(words, "sh -s");
}

// Runs a script on a host; an error says on which.
static caviar_code run_there(cav_job_words *words, const char *host, const char *script,
                             cav_job_answer *answer, cav_error *error)
{
    char where[300];
    caviar_code code = cav_job_run(words, NULL, script, answer, error);
    snprintf(where, sizeof where, " %s", host);
    if (!code && answer->status)
        code = cav_job_fail(words, where, answer, error);
    return code;
}

// ---- Starting -------------------------------------------------------------------------------

// The worker's process id is the last line of the script's output: a login may print more.
static void write_start(const cav_launch *launch, const char *host, int64_t trials,
                        cav_text *script)
{
    char log[300];
    snprintf(log, sizeof log, "ssh-%s.log", host);
    cav_text_append(script, "mkdir -p ");
    cav_job_quote(script, launch->folder);
    cav_text_append(script, "&& cd ");
    cav_job_quote(script, launch->folder);
    cav_text_append(script, "|| exit\ncommand -v ");
    cav_job_quote(script, launch->command[0]);
    cav_text_append(script, ">/dev/null || { echo 'there is no program '");
    cav_job_quote(script, launch->command[0]);
    cav_text_append(script, ">&2; exit 127; }\nCAVIAR_STORE=");
    cav_job_quote(script, launch->store);
    cav_text_append(script, "\nexport CAVIAR_STORE\nsetsid ");
    cav_job_quote_command(script, launch);
    cav_text_appendf(script, "--parallel %lld </dev/null >>", (long long)trials);
    cav_job_quote(script, log);
    cav_text_append(script, "2>&1 &\necho $!\n");
}

static const char *last_line(cav_text *output)
{
    while (output->size > 0 && output->data[output->size - 1] == '\n')
        output->data[--output->size] = '\0';
    const char *text = cav_text_get(output), *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

static bool is_process(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits < 20 && text[digits] == '\0';
}

static caviar_code start_on(cav_arena *arena, const cav_launch *launch, const char *host,
                            int64_t trials, cav_text *job, cav_error *error)
{
    cav_job_words words = {.arena = arena};
    cav_job_answer answer = {0};
    cav_text script = {0};
    add_head(&words);
    for (size_t i = 0; i < launch->resources->option_count; i++)
        cav_job_add(&words, "%s", launch->resources->options[i]);
    add_tail(&words, host);
    write_start(launch, host, trials, &script);
    caviar_code code = script.failed ? cav_fail_memory(error)
                                     : run_there(&words, host, script.data, &answer, error);
    const char *process = code ? "" : last_line(&answer.output);
    if (!code && !is_process(process))
        code = cav_fail(error, CAVIAR_IO, "ssh %s: '%.100s' is no process id", host, process);
    if (!code)
        cav_text_appendf(job, "worker %s %s %lld\n", host, process, (long long)trials);
    cav_text_free(&script);
    cav_job_answer_free(&answer);
    return code;
}

static caviar_code name_job(const char *folder, char ret_job[CAV_JOB_SIZE], cav_error *error)
{
    for (int number = 1; number < MOST_JOBS; number++) {
        int size = snprintf(ret_job, CAV_JOB_SIZE, "%s/ssh-job-%d", folder, number);
        if (size >= CAV_JOB_SIZE)
            break;
        if (access(ret_job, F_OK) != 0)
            return CAVIAR_OK;
    }
    return cav_fail(error, CAVIAR_INVALID, "no file for a job fits into %s", folder);
}

static caviar_code cancel(const char *job, bool all, cav_error *error);

static caviar_code start_all(cav_arena *arena, const cav_launch *launch, const char *path,
                             cav_text *job, cav_error *error)
{
    const cav_resources *resources = launch->resources;
    int64_t hosts = (int64_t)resources->host_count;
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < resources->option_count; i++)
        cav_text_appendf(job, "option %s\n", resources->options[i]);
    for (int64_t i = 0; !code && i < hosts; i++) {
        int64_t trials = launch->workers / hosts + (i < launch->workers % hosts);
        if (trials > 0)
            code = start_on(arena, launch, resources->hosts[i], trials, job, error);
        if (!code)
            code = job->failed ? cav_fail_memory(error)
                               : cav_file_replace(path, job->data, job->size, error);
    }
    return code;
}

static caviar_code submit(const cav_launch *launch, char ret_job[CAV_JOB_SIZE], cav_error *error)
{
    char path[CAV_JOB_SIZE];
    cav_text job = {0};
    if (launch->resources->host_count == 0)
        return cav_fail(error, CAVIAR_INVALID,
                        "--on ssh: the study does not say where; add its machines to the study "
                        "file, as in resources: {hosts: [node1, me@node2]}");
    caviar_code code = name_job(launch->folder, path, error);
    if (code)
        return code;
    cav_arena *arena = cav_arena_new();
    code = arena ? start_all(arena, launch, path, &job, error) : cav_fail_memory(error);
    if (code && job.size > 0)
        cancel(path, true, NULL); // those that were started
    else if (!code)
        snprintf(ret_job, CAV_JOB_SIZE, "%s", path);
    cav_arena_free(arena);
    cav_text_free(&job);
    return code;
}

// ---- Looking after --------------------------------------------------------------------------

// Calls a function for each worker of a job, with a command that reaches it.
typedef caviar_code visitor(cav_job_words *words, const remote *worker, void *context,
                            cav_error *error);

// "HOST PROCESS TRIALS"; false: it is something else.
static bool read_worker(char *line, remote *ret_worker)
{
    char *process = strchr(line, ' '), *trials = process ? strchr(process + 1, ' ') : NULL;
    if (!trials)
        return false;
    *process++ = '\0';
    *trials++ = '\0';
    *ret_worker = (remote){.host = line, .process = process};
    return is_process(process) && cav_number_parse_int(trials, &ret_worker->trials);
}

static caviar_code visit_lines(cav_arena *arena, char *text, visitor *visit, void *context,
                               cav_error *error)
{
    cav_job_words head = {.arena = arena};
    caviar_code code = CAVIAR_OK;
    remote worker;
    char *rest;
    add_head(&head);
    for (char *line = strtok_r(text, "\n", &rest); line && !code;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "option ", 7) == 0) {
            cav_job_add(&head, "%s", line + 7);
        } else if (strncmp(line, "worker ", 7) == 0 && read_worker(line + 7, &worker)) {
            cav_job_words words = head;
            add_tail(&words, worker.host);
            code = visit(&words, &worker, context, error);
        }
    }
    return code;
}

static caviar_code visit_workers(const char *job, visitor *visit, void *context, cav_error *error)
{
    cav_text text = {0};
    cav_arena *arena = cav_arena_new();
    caviar_code code =
        arena ? cav_file_read(job, MOST_JOB_BYTES, &text, error) : cav_fail_memory(error);
    if (!code && text.size > 0)
        code = visit_lines(arena, text.data, visit, context, error);
    cav_arena_free(arena);
    cav_text_free(&text);
    return code;
}

// A process of that number that is a worker: the number of one that has ended may be given again.
static void write_test(const remote *worker, cav_text *script)
{
    cav_text_appendf(script, "grep -qa worker /proc/%s/cmdline 2>/dev/null", worker->process);
}

static caviar_code ask(cav_job_words *words, const remote *worker, const char *deed,
                       cav_job_answer *answer, cav_error *error)
{
    cav_text script = {0};
    write_test(worker, &script);
    cav_text_appendf(&script, " && %s\n:\n", deed);
    caviar_code code = script.failed ? cav_fail_memory(error)
                                     : run_there(words, worker->host, script.data, answer, error);
    cav_text_free(&script);
    return code;
}

static caviar_code count_one(cav_job_words *words, const remote *worker, void *context,
                             cav_error *error)
{
    cav_launched *launched = context;
    cav_job_answer answer = {0};
    caviar_code code = ask(words, worker, "echo it runs", &answer, error);
    if (!code && strcmp(last_line(&answer.output), "it runs") == 0)
        launched->running += worker->trials;
    cav_job_answer_free(&answer);
    return code;
}

static caviar_code look(const char *job, cav_launched *ret_launched, cav_error *error)
{
    cav_launched launched = {0};
    caviar_code code = visit_workers(job, count_one, &launched, error);
    if (!code)
        *ret_launched = launched;
    return code;
}

static caviar_code end_one(cav_job_words *words, const remote *worker, void *context,
                           cav_error *error)
{
    char deed[64];
    cav_job_answer answer = {0};
    snprintf(deed, sizeof deed, "kill -TERM %s", worker->process);
    cav_error fault = {0}, *first = context;
    if (ask(words, worker, deed, &answer, &fault) && !first->code)
        *first = fault; // the others are to end all the same
    (void)error;
    cav_job_answer_free(&answer);
    return CAVIAR_OK;
}

// Workers never wait here: without `all` there is nothing to end.
static caviar_code cancel(const char *job, bool all, cav_error *error)
{
    cav_error first = {0};
    caviar_code code = all ? visit_workers(job, end_one, &first, error) : CAVIAR_OK;
    if (code || !first.code)
        return code;
    if (error)
        *error = first;
    return first.code;
}

const cav_launcher cav_launcher_ssh = {
    .name = "ssh",
    .summary = "machines that ssh reaches, named in resources: {hosts: [...]}",
    .submit = submit,
    .look = look,
    .cancel = cancel,
};
