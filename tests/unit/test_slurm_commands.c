/**
 * test_slurm_commands.c: what the launcher of Slurm asks of sbatch, squeue and scancel, and what it
 * makes of their answers, as these print them (Slurm 22.05); scripts stand in their place. A real
 * cluster is in integration/test_slurm.py.
 */
#include "support/test.h"

#include "support/scratch.h"

#include "run/launcher.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEXT_SIZE = 4096 };

typedef struct commands {
    scratch at;
    char *search; // PATH, as it was before
} commands;

// Commands that write down their words, the store of their environment and their input, and answer
// with these lines of the shell.
static void put_command(commands *site, const char *name, const char *lines)
{
    const char *path = scratch_path(&site->at, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "#!/bin/sh\n{ echo \"%s $*\"; [ %s != sbatch ] || echo \"$CAVIAR_STORE\"; cat; } "
            ">>%s/log\n%s\n",
            name, name, site->at.folder, lines);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

static commands commands_new(void)
{
    char path[TEXT_SIZE];
    commands site = {.at = scratch_new(), .search = strdup(getenv("PATH"))};
    snprintf(path, sizeof path, "%s:%s", site.at.folder, site.search);
    assert_int_equal(setenv("PATH", path, 1), 0);
    assert_int_equal(setenv("CAVIAR_STORE", "of-the-environment", 1), 0);
    return site;
}

static void commands_free(commands *site)
{
    setenv("PATH", site->search, 1);
    unsetenv("CAVIAR_STORE");
    free(site->search);
    scratch_remove(&site->at);
}

// What the commands wrote down, which is forgotten.
static void take_log(commands *site, char text[TEXT_SIZE])
{
    FILE *file = fopen(scratch_path(&site->at, "log"), "r");
    assert_non_null(file);
    text[fread(text, 1, TEXT_SIZE - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(remove(scratch_path(&site->at, "log")), 0);
}

static caviar_code submit(const cav_resources *resources, char job[CAV_JOB_SIZE], cav_error *error)
{
    static const char *const command[] = {"/opt/caviar", "worker", "--study", "it's"};
    cav_launch launch = {.study = "it's",
                         .folder = "/shared/many",
                         .store = "postgresql://host/db",
                         .resources = resources,
                         .workers = 20,
                         .command = command,
                         .command_count = 4};
    return cav_launcher_slurm.submit(&launch, job, error);
}

static void test_a_job_array_is_submitted_with_what_a_worker_needs(void **state)
{
    (void)state;
    commands site = commands_new();
    cav_error error = {0};
    char job[CAV_JOB_SIZE], log[TEXT_SIZE];
    static const char *const options[] = {"--nice=5", "--constraint=a b"};
    cav_resources resources = {.cpus = 4,
                               .gpus = 1,
                               .memory = "8G",
                               .time_ms = 2 * 3600000 + 60500,
                               .partition = "long",
                               .account = "us",
                               .options = options,
                               .option_count = 2};
    put_command(&site, "sbatch", "echo '4711;cluster'");
    assert_ok(submit(&resources, job, &error), &error);
    assert_string_equal(job, "4711");
    take_log(&site, log);
    assert_string_equal(
        log, "sbatch --parsable --job-name=caviar-it's --array=1-20 --requeue --open-mode=append "
             "--output=/shared/many/slurm-%A_%a.log --signal=B:TERM@60 --export=ALL "
             "--cpus-per-task=4 --gres=gpu:1 --mem=8G --time=2:01:01 --partition=long --account=us "
             "--nice=5 --constraint=a b\n"
             "postgresql://host/db\n"
             "#!/bin/sh\n"
             "exec '/opt/caviar' 'worker' '--study' 'it'\\''s' \n");
    commands_free(&site);
}

static void test_what_sbatch_refuses_or_answers_in_other_words_is_shown(void **state)
{
    (void)state;
    commands site = commands_new();
    cav_error error = {0};
    char job[CAV_JOB_SIZE];
    cav_resources none = {0};
    put_command(&site, "sbatch",
                "echo 'sbatch: error: invalid partition specified: nowhere' >&2; exit 1");
    assert_int_equal(submit(&none, job, &error), CAVIAR_IO);
    assert_contains(error.message, "sbatch failed");
    assert_contains(error.message, "invalid partition specified: nowhere");
    put_command(&site, "sbatch", "echo 'Submitted batch job 4711'");
    assert_int_equal(submit(&none, job, &error), CAVIAR_IO);
    assert_contains(error.message, "sbatch answered 'Submitted batch job 4711");
    put_command(&site, "sbatch", "");
    assert_int_equal(submit(&none, job, &error), CAVIAR_IO);
    assert_contains(error.message, "names no job");
    commands_free(&site);
}

static void test_a_job_stands_as_squeue_says(void **state)
{
    (void)state;
    commands site = commands_new();
    cav_error error = {0};
    cav_launched found;
    char log[TEXT_SIZE];
    put_command(&site, "squeue",
                "printf '%s\\n' 'RUNNING|None' 'COMPLETING|None' 'PENDING|Resources' "
                "'SUSPENDED|None' 'COMPLETED|None' 'PENDING|JobArrayTaskLimit'");
    assert_ok(cav_launcher_slurm.look("4711", &found, &error), &error);
    assert_int_equal(found.running, 2);
    assert_int_equal(found.waiting, 3);
    assert_string_equal(found.why, "JobArrayTaskLimit");
    take_log(&site, log);
    assert_string_equal(log, "squeue -h -r -o%T|%r -j4711\n");
    put_command(&site, "squeue",
                "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
    assert_ok(cav_launcher_slurm.look("4711", &found, &error), &error);
    assert_true(found.running == 0 && found.waiting == 0 && !found.why[0]);
    put_command(&site, "squeue",
                "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
    assert_int_equal(cav_launcher_slurm.look("4711", &found, &error), CAVIAR_IO);
    assert_contains(error.message, "Unable to contact slurm controller");
    commands_free(&site);
}

static void test_waiting_workers_are_cancelled_and_running_ones_told(void **state)
{
    (void)state;
    commands site = commands_new();
    cav_error error = {0};
    char log[TEXT_SIZE];
    put_command(&site, "scancel", "");
    assert_ok(cav_launcher_slurm.cancel("4711", false, &error), &error);
    take_log(&site, log);
    assert_string_equal(log, "scancel --state=PENDING 4711\n");
    assert_ok(cav_launcher_slurm.cancel("4711", true, &error), &error);
    take_log(&site, log);
    assert_string_equal(log, "scancel --state=PENDING 4711\nscancel --batch --signal=TERM 4711\n");
    put_command(&site, "scancel",
                "echo 'scancel: error: Kill job error on job id 4711: Invalid job id specified' "
                ">&2; exit 1");
    assert_ok(cav_launcher_slurm.cancel("4711", true, &error), &error);
    put_command(&site, "scancel", "echo 'scancel: error: Access denied' >&2; exit 1");
    assert_int_equal(cav_launcher_slurm.cancel("4711", false, &error), CAVIAR_IO);
    assert_contains(error.message, "Access denied");
    commands_free(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_job_array_is_submitted_with_what_a_worker_needs),
        cmocka_unit_test(test_what_sbatch_refuses_or_answers_in_other_words_is_shown),
        cmocka_unit_test(test_a_job_stands_as_squeue_says),
        cmocka_unit_test(test_waiting_workers_are_cancelled_and_running_ones_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
