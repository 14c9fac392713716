/**
 * test_worker.c: whether a worker is surely gone.
 */
#include "support/test.h"

#include "base/memory.h"
#include "study/worker.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct child {
    pid_t pid;
    char name[CAV_WORKER_SIZE];
} child;

static bool is_gone(const char *name)
{
    char own[CAV_WORKER_SIZE];
    cav_worker_name(own);
    bool gone = cav_worker_is_gone(name, own);
    memmove(own + 1, own, sizeof own - 2); // as it is called where the study is detached
    own[0] = '~';
    assert_int_equal(cav_worker_is_gone(name, own), gone);
    return gone;
}

// A process that tells its worker's name and waits to be killed.
static child start_child(const char *title)
{
    child at;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    at.pid = fork();
    assert_true(at.pid >= 0);
    if (at.pid == 0) {
        char name[CAV_WORKER_SIZE] = {0};
        prctl(PR_SET_NAME, title);
        cav_worker_name(name);
        if (write(ends[1], name, sizeof name) != (ssize_t)sizeof name)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], at.name, sizeof at.name), sizeof at.name);
    close(ends[0]);
    return at;
}

static void test_names_are_never_the_same(void **state)
{
    (void)state;
    char a[CAV_WORKER_SIZE], b[CAV_WORKER_SIZE];
    cav_worker_name(a);
    cav_worker_name(b);
    assert_string_not_equal(a, b);
    assert_false(is_gone(a));
    assert_false(is_gone(b));
}

static void test_a_worker_is_gone_when_it_is_dead(void **state)
{
    (void)state;
    child at = start_child("worker");
    assert_false(is_gone(at.name));
    assert_int_equal(kill(at.pid, SIGKILL), 0);
    assert_int_equal(waitpid(at.pid, NULL, 0), at.pid);
    assert_true(is_gone(at.name));
}

static void test_a_worker_that_stands_still_is_not_gone(void **state)
{
    (void)state;
    child at = start_child("worker");
    assert_int_equal(kill(at.pid, SIGSTOP), 0);
    assert_int_equal(waitpid(at.pid, NULL, WUNTRACED), at.pid);
    assert_false(is_gone(at.name));
    assert_int_equal(kill(at.pid, SIGKILL), 0);
    assert_int_equal(waitpid(at.pid, NULL, 0), at.pid);
}

static void test_a_zombie_is_gone(void **state)
{
    (void)state;
    siginfo_t info;
    child at = start_child("worker");
    assert_int_equal(kill(at.pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)at.pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(is_gone(at.name));
    assert_int_equal(waitpid(at.pid, NULL, 0), at.pid);
}

static void test_a_process_may_call_itself_what_it_likes(void **state)
{
    (void)state;
    static const char *const titles[] = {"a) Z 1 2", ")", "", "( ("};
    for (size_t i = 0; i < CAV_COUNT_OF(titles); i++) {
        child at = start_child(titles[i]);
        assert_false(is_gone(at.name));
        assert_int_equal(kill(at.pid, SIGKILL), 0);
        assert_int_equal(waitpid(at.pid, NULL, 0), at.pid);
    }
}

static void test_another_process_with_the_same_number_is_another_worker(void **state)
{
    (void)state;
    char name[CAV_WORKER_SIZE], *start;
    cav_worker_name(name);
    start = strrchr(name, '/'); // behind it the count, before it the start
    *start = '\0';
    start = strrchr(name, '/');
    strcpy(start, "/1/0");
    assert_true(is_gone(name));
}

static void test_what_cannot_be_seen_from_here_is_never_surely_gone(void **state)
{
    (void)state;
    char name[CAV_WORKER_SIZE], other[CAV_WORKER_SIZE + 1];
    cav_worker_name(name);
    snprintf(other, sizeof other, "x%s", name); // another host, a detached worker
    assert_false(is_gone(other));
    static const char *const strange[] = {"", "~", "/", "node7", "node7/1f0c2a/4026531836/1/1/1"};
    for (size_t i = 0; i < CAV_COUNT_OF(strange); i++)
        assert_false(is_gone(strange[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_never_the_same),
        cmocka_unit_test(test_a_worker_is_gone_when_it_is_dead),
        cmocka_unit_test(test_a_worker_that_stands_still_is_not_gone),
        cmocka_unit_test(test_a_zombie_is_gone),
        cmocka_unit_test(test_a_process_may_call_itself_what_it_likes),
        cmocka_unit_test(test_another_process_with_the_same_number_is_another_worker),
        cmocka_unit_test(test_what_cannot_be_seen_from_here_is_never_surely_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
