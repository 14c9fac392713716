/**
 * test_usage.c: what processes have taken, while they run and by their end.
 */
#include "support/test.h"

#include "run/spawn.h"
#include "run/usage.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const size_t SMALL = (size_t)64 << 20, GREAT = (size_t)256 << 20; // bytes

// Memory that is there: every page has been written to.
static char *take_memory(size_t size)
{
    char *memory = malloc(size);
    assert_non_null(memory);
    memset(memory, 1, size);
    return memory;
}

static void burn(double seconds)
{
    clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
    while (clock() < end)
        continue;
}

typedef enum doer { ITSELF, CHILD, CHILD_THAT_ENDS } doer;

// A process in which 0.3 s and much memory are taken, and then a byte says so. It waits for its
// end.
static _Noreturn void work(doer who, int ready)
{
    bool is_child = who != ITSELF && fork() == 0;
    if (who == ITSELF || is_child) {
        take_memory(GREAT);
        burn(0.3);
        if (who == CHILD_THAT_ENDS)
            _exit(0);
    }
    if (who == CHILD_THAT_ENDS)
        wait(NULL);
    bool is_done = who != CHILD || is_child;
    if (is_done && write(ready, "!", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

// What is seen of a process that works so.
static cav_usage look_at(doer who)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setpgid(0, 0);
        work(who, ready[1]);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    cav_usage usage = cav_usage_look(pid);
    assert_int_equal(kill(-pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return usage;
}

static void test_a_look_finds_what_a_process_and_its_children_took(void **state)
{
    (void)state;
    cav_usage own = look_at(ITSELF), child = look_at(CHILD);
    assert_in_range(own.cpu_ms, 250, 60000); // the system counts in hundredths
    assert_in_range(own.memory_bytes, GREAT, GREAT * 8);
    assert_in_range(child.cpu_ms, 250, 60000);
    assert_in_range(child.memory_bytes, GREAT, GREAT * 8);
}

static void test_a_look_counts_the_time_of_children_that_have_ended(void **state)
{
    (void)state;
    assert_in_range(look_at(CHILD_THAT_ENDS).cpu_ms, 250, 60000);
}

static void test_a_look_at_what_has_gone_finds_nothing(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(cav_usage_is_same(cav_usage_look(pid), (cav_usage){0}));
}

// Runs a program as a trial's is run, to its end.
static cav_usage run(char *const *argv)
{
    pid_t pid;
    int streams[2], status;
    struct rusage taken;
    char path[] = "PATH=/usr/bin:/bin";
    assert_int_equal(cav_spawn(argv, (char *[]){path, NULL}, &pid, streams), 0);
    int64_t own = cav_usage_own_memory();
    assert_int_equal(wait4(pid, &status, 0, &taken), pid);
    assert_int_equal(status, 0);
    close(streams[0]);
    close(streams[1]);
    return cav_usage_of_ended(&taken, own);
}

static void test_the_end_of_a_program_tells_what_it_and_its_children_took(void **state)
{
    (void)state;
    cav_usage usage =
        run((char *[]){(char[]){"sh"}, (char[]){"-c"},
                       (char[]){"dd if=/dev/zero of=/dev/null bs=256M count=4; :"}, NULL});
    assert_in_range(usage.cpu_ms, 1, 60000);
    assert_in_range(usage.memory_bytes, GREAT, GREAT * 8);
}

static void test_the_memory_of_whoever_starts_a_program_is_not_its_own(void **state)
{
    (void)state;
    char *memory = take_memory(SMALL);
    cav_usage usage = run((char *[]){(char[]){"true"}, NULL});
    assert_in_range(usage.cpu_ms, 1, 60000);
    assert_int_equal(usage.memory_bytes, 0);
    assert_true(cav_usage_own_memory() >= (int64_t)SMALL);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_look_finds_what_a_process_and_its_children_took),
        cmocka_unit_test(test_a_look_counts_the_time_of_children_that_have_ended),
        cmocka_unit_test(test_a_look_at_what_has_gone_finds_nothing),
        cmocka_unit_test(test_the_end_of_a_program_tells_what_it_and_its_children_took),
        cmocka_unit_test(test_the_memory_of_whoever_starts_a_program_is_not_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
