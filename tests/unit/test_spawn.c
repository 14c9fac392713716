/**
 * test_spawn.c: how a program finds itself when it starts.
 */
#include "support/test.h"

#include "support/scratch.h"

#include "run/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_SIZE = 4096 };

// All that comes until the stream ends.
static void read_all(int stream, char text[TEXT_SIZE])
{
    size_t size = 0;
    struct pollfd ready = {.fd = stream, .events = POLLIN};
    for (;;) {
        assert_int_equal(poll(&ready, 1, 20000), 1);
        ssize_t got = read(stream, text + size, TEXT_SIZE - 1 - size);
        assert_true(got >= 0);
        if (got == 0)
            break;
        size += (size_t)got;
    }
    text[size] = '\0';
    close(stream);
}

static int status_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

// Runs a program to its end; what it wrote to its two streams.
static void run(char *const *argv, char *const *variables, char output[TEXT_SIZE],
                char errors[TEXT_SIZE])
{
    pid_t pid;
    int streams[2];
    assert_int_equal(cav_spawn(argv, variables, &pid, streams), 0);
    read_all(streams[0], output);
    read_all(streams[1], errors);
    assert_int_equal(status_of(pid), 0);
}

static void run_shell(const char *script, char output[TEXT_SIZE])
{
    char errors[TEXT_SIZE], words[TEXT_SIZE];
    snprintf(words, sizeof words, "%s", script);
    run((char *[]){(char[]){"sh"}, (char[]){"-c"}, words, NULL},
        (char *[]){(char[]){"PATH=/usr/bin:/bin"}, NULL}, output, errors);
    assert_string_equal(errors, "");
}

static void test_a_program_gets_its_words_and_its_variables_and_two_streams(void **state)
{
    (void)state;
    char output[TEXT_SIZE], errors[TEXT_SIZE];
    run((char *[]){(char[]){"sh"}, (char[]){"-c"}, (char[]){"echo \"$A|$1\"; echo bad >&2"},
                   (char[]){"sh"}, (char[]){"two words"}, NULL},
        (char *[]){(char[]){"A=b c"}, NULL}, output, errors);
    assert_string_equal(output, "b c|two words\n");
    assert_string_equal(errors, "bad\n");
}

static void test_it_leads_a_session_of_its_own_and_reads_nothing(void **state)
{
    (void)state;
    char output[TEXT_SIZE];
    run_shell("set -- $(cat /proc/$$/stat); test $1 = $5 && test $1 = $6 && echo leads; cat; "
              "readlink /proc/$$/fd/0",
              output);
    assert_string_equal(output, "leads\n/dev/null\n");
}

// Many scripts write there; on a socket that fails.
static void test_its_streams_can_be_opened_by_name(void **state)
{
    (void)state;
    char output[TEXT_SIZE];
    run_shell("echo loss=1 > /dev/stdout", output);
    assert_string_equal(output, "loss=1\n");
}

static void test_no_signal_is_blocked_or_ignored_in_it(void **state)
{
    (void)state;
    char output[TEXT_SIZE];
    sigset_t some, before;
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    sigprocmask(SIG_BLOCK, &some, &before);
    void (*was)(int) = signal(SIGPIPE, SIG_IGN);
    run_shell("grep -E '^Sig(Blk|Ign):' /proc/self/status", output);
    signal(SIGPIPE, was);
    sigprocmask(SIG_SETMASK, &before, NULL);
    unsigned long long blocked, ignored,
        usual = 0x7fffffff; // the C library keeps later ones to itself
    assert_int_equal(sscanf(output, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
    assert_int_equal(blocked & usual, 0);
    assert_int_equal(ignored & usual, 0);
}

static void test_its_streams_end_with_it_whoever_was_started_after_it(void **state)
{
    (void)state;
    pid_t first, second;
    int of_first[2], of_second[2];
    char text[TEXT_SIZE], *none[] = {NULL};
    char *nap[] = {(char[]){"sleep"}, (char[]){"0.1"}, NULL};
    char *sleep[] = {(char[]){"sleep"}, (char[]){"100"}, NULL};
    assert_int_equal(cav_spawn(nap, none, &first, of_first), 0);
    assert_int_equal(cav_spawn(sleep, none, &second, of_second), 0);
    for (int i = 0; i < 2; i++)
        read_all(of_first[i], text);
    assert_int_equal(status_of(first), 0);
    kill(-second, SIGKILL); // it leads a group
    for (int i = 0; i < 2; i++)
        read_all(of_second[i], text);
    assert_int_equal(WTERMSIG(status_of(second)), SIGKILL);
}

// Valgrind forks where a program is spawned, and so never hears why that failed.
static void skip_under_valgrind(void)
{
    if (getenv("CAVIAR_TEST_VALGRIND"))
        skip();
}

static void test_a_script_without_an_interpreter_goes_to_the_shell(void **state)
{
    (void)state;
    skip_under_valgrind();
    scratch at = scratch_new();
    char path[2 * SCRATCH_SIZE], output[TEXT_SIZE], errors[TEXT_SIZE];
    snprintf(path, sizeof path, "%s", scratch_path(&at, "script"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("echo \"$0 $1\"\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
    run((char *[]){path, (char[]){"5"}, NULL}, (char *[]){NULL}, output, errors);
    char expected[TEXT_SIZE];
    snprintf(expected, sizeof expected, "%s 5\n", path);
    assert_string_equal(output, expected);
    scratch_remove(&at);
}

static void test_what_cannot_start_says_why_and_leaves_nothing(void **state)
{
    (void)state;
    skip_under_valgrind();
    scratch at = scratch_new();
    pid_t pid = -7;
    int streams[2] = {-7, -7}, before = dup(0);
    close(before);
    char *none[] = {NULL};
    char missing[] = "no-such-program-at-all", there[] = "/no/such/file";
    assert_int_equal(cav_spawn((char *[]){missing, NULL}, none, &pid, streams), ENOENT);
    assert_int_equal(cav_spawn((char *[]){there, NULL}, none, &pid, streams), ENOENT);
    assert_int_equal(cav_spawn((char *[]){at.folder, NULL}, none, &pid, streams), EACCES);
    assert_int_equal(pid, -7);
    assert_int_equal(streams[0], -7);
    int after = dup(0);
    assert_int_equal(after, before); // no file was left open
    close(after);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // and no process
    scratch_remove(&at);
}

static void test_a_program_is_found_in_path(void **state)
{
    (void)state;
    char path[CAV_SPAWN_PATH] = "as it was";
    assert_false(cav_spawn_find("no-such-program-at-all", path));
    assert_false(cav_spawn_find("/usr/bin", path));
    assert_string_equal(path, "as it was");
    assert_true(cav_spawn_find("sh", path));
    assert_int_equal(access(path, X_OK), 0);
    assert_true(cav_spawn_find("/bin/sh", path));
    assert_string_equal(path, "/bin/sh");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_program_gets_its_words_and_its_variables_and_two_streams),
        cmocka_unit_test(test_it_leads_a_session_of_its_own_and_reads_nothing),
        cmocka_unit_test(test_its_streams_can_be_opened_by_name),
        cmocka_unit_test(test_no_signal_is_blocked_or_ignored_in_it),
        cmocka_unit_test(test_its_streams_end_with_it_whoever_was_started_after_it),
        cmocka_unit_test(test_a_script_without_an_interpreter_goes_to_the_shell),
        cmocka_unit_test(test_what_cannot_start_says_why_and_leaves_nothing),
        cmocka_unit_test(test_a_program_is_found_in_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
