/**
 * test_threads.c: one study from several threads, handles and processes at once. The sanitizer for
 * threads must be silent here.
 */
#include "support/test.h"

#include "support/api.h"
#include "support/literal.h"

#include "base/memory.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, TRIALS = 200, QUEUED = 25, ROOM = TRIALS + QUEUED };

typedef struct worker {
    pthread_t thread;
    caviar_study *study;
    int *told;    // [ROOM] how often by this worker, by number
    double least; // of the values that it told; 0: none
    bool failed;
} worker;

static bool run_trial(worker *at, caviar_trial *trial)
{
    int64_t number = caviar_trial_number(trial);
    caviar_verdict verdict;
    caviar_metric metric = {.value = caviar_trial_real(trial, "lr")};
    bool done = !caviar_trial_report(trial, 1, &metric, 1, &verdict) &&
                !caviar_trial_tell(trial, &metric, 1);
    if (number < 0 || number >= ROOM)
        return false;
    at->told[number]++;
    if (at->least == 0 || metric.value < at->least)
        at->least = metric.value;
    return done;
}

static void *work(void *context)
{
    worker *at = context;
    caviar_trial *trial, *best;
    caviar_code code;
    for (int i = 0; !(code = caviar_study_ask(at->study, &trial)); i++) {
        if (i % 5 == 0) { // given back, as if it had been interrupted
            caviar_trial_free(trial);
            continue;
        }
        at->failed |= !run_trial(at, trial);
        caviar_trial_free(trial);
        if (!caviar_study_best(at->study, &best))
            caviar_trial_free(best);
        at->failed |= caviar_study_trial_count(at->study) > ROOM;
    }
    at->failed |= code != CAVIAR_DONE;
    return NULL;
}

static void start(worker workers[THREADS])
{
    for (int i = 0; i < THREADS; i++) {
        workers[i].told = calloc(ROOM, sizeof *workers[i].told);
        assert_non_null(workers[i].told);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
}

static void wait_for(worker workers[THREADS])
{
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
}

static void expect_each_once(worker workers[THREADS], int64_t count)
{
    for (int number = 0; number < ROOM; number++) {
        int times = 0;
        for (int i = 0; i < THREADS; i++)
            times += workers[i].told[number];
        if (times != (number < count))
            fail_msg("trial %d was told %d times", number, times);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_false(workers[i].failed);
        free(workers[i].told);
    }
}

static void test_threads_share_one_handle(void **state)
{
    api *at = *state;
    worker workers[THREADS] = {0};
    api_start(at, (caviar_study_options){
                      .sampler = "tpe", .trial_budget = TRIALS, .durability_normal = true});
    for (int i = 0; i < THREADS; i++)
        workers[i].study = at->study;
    start(workers);
    wait_for(workers);
    expect_each_once(workers, TRIALS);
    caviar_trial *best = NULL;
    assert_int_equal(caviar_study_best(at->study, &best), CAVIAR_OK);
    double least = INFINITY;
    for (int i = 0; i < THREADS; i++)
        if (workers[i].least > 0)
            least = fmin(least, workers[i].least);
    assert_true(caviar_trial_value(best, 0) == least);
    caviar_trial_free(best);
}

static void test_threads_have_a_handle_each(void **state)
{
    api *at = *state;
    worker workers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        workers[i].study =
            api_open(at, (caviar_study_options){
                             .sampler = "tpe", .trial_budget = TRIALS, .durability_normal = true});
    start(workers);
    wait_for(workers);
    expect_each_once(workers, TRIALS);
    for (int i = 0; i < THREADS; i++)
        caviar_study_close(workers[i].study);
}

static void *queue_some(void *context)
{
    worker *at = context;
    for (int i = 0; i < QUEUED; i++)
        at->failed |= caviar_study_enqueue(at->study, &(caviar_setting){"units", WHOLE(i % 64 + 1)},
                                           1, NULL) != CAVIAR_OK;
    return NULL;
}

static void test_a_thread_may_queue_while_others_ask(void **state)
{
    api *at = *state;
    worker workers[THREADS] = {0}, queueing = {0};
    api_start(at, (caviar_study_options){
                      .sampler = "tpe", .trial_budget = TRIALS, .durability_normal = true});
    for (int i = 0; i < THREADS; i++)
        workers[i].study = at->study;
    queueing.study = at->study;
    assert_int_equal(pthread_create(&queueing.thread, NULL, queue_some, &queueing), 0);
    start(workers);
    wait_for(workers);
    assert_int_equal(pthread_join(queueing.thread, NULL), 0);
    assert_false(queueing.failed);
    work(&workers[0]); // what came when the others had ended
    int64_t count = caviar_study_trial_count(at->study);
    assert_true(count >= TRIALS && count <= ROOM);
    expect_each_once(workers, count);
}

// ---- Processes ------------------------------------------------------------------------------

// Works until the budget is spent; the exit status says whether all went well.
static int work_alone(const api *at, int end)
{
    caviar_study *study;
    worker self = {.told = calloc(ROOM, sizeof(int))};
    caviar_study_options options = {.store = at->store,
                                    .space = at->space,
                                    .sampler = "random",
                                    .seed = 1,
                                    .trial_budget = TRIALS,
                                    .durability_normal = true};
    if (!self.told || caviar_study_open(&options, &study))
        return 2;
    self.study = study;
    work(&self);
    caviar_study_close(study);
    ssize_t size = ROOM * (ssize_t)sizeof *self.told;
    return self.failed || write(end, self.told, (size_t)size) != size;
}

static void read_told(int end, int *told)
{
    char *to = (char *)told;
    size_t wanted = ROOM * sizeof *told;
    ssize_t got;
    while (wanted > 0 && (got = read(end, to, wanted)) > 0) {
        to += got;
        wanted -= (size_t)got;
    }
    assert_int_equal(wanted, 0);
}

static void test_processes_share_a_budget_exactly(void **state)
{
    api *at = *state;
    pid_t pids[THREADS];
    int ends[THREADS][2];
    worker workers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pipe(ends[i]), 0);
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(work_alone(at, ends[i][1]));
        close(ends[i][1]);
    }
    for (int i = 0; i < THREADS; i++) {
        int status;
        workers[i].told = calloc(ROOM, sizeof *workers[i].told);
        assert_non_null(workers[i].told);
        read_told(ends[i][0], workers[i].told);
        close(ends[i][0]);
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    expect_each_once(workers, TRIALS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_STORES(test_threads_share_one_handle),
        IN_FILE(test_threads_have_a_handle_each),
        BOTH_STORES(test_a_thread_may_queue_while_others_ask),
        IN_FILE(test_processes_share_a_budget_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
