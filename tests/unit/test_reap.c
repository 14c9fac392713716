/**
 * test_reap.c: finding and ending what a trial started; folders of sockets and their tuners.
 */
#include "support/test.h"

#include "support/scratch.h"

#include "base/memory.h"
#include "run/reap.h"
#include "run/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// Starts `sleep 100` with such an environment; returns when the program runs.
static pid_t sleeper(char *const *environment)
{
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execve("/bin/sleep", (char *[]){(char[]){"sleep"}, (char[]){"100"}, NULL}, environment);
        _exit(127);
    }
    close(ready[1]);
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 0); // closed by execve
    close(ready[0]);
    return pid;
}

static pid_t sleeper_of(const char *folder)
{
    char variable[2 * SCRATCH_SIZE];
    snprintf(variable, sizeof variable, "CAVIAR_DIR=%s", folder);
    return sleeper((char *[]){(char[]){"HOME=/"}, variable, (char[]){"CAVIAR_SOCKET=/s/7"}, NULL});
}

static int signal_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void test_a_signal_reaches_the_processes_of_one_folder_only(void **state)
{
    (void)state;
    pid_t ours = sleeper_of("/x/trials/1"), also = sleeper_of("/x/trials/1");
    pid_t other = sleeper_of("/x/trials/10"), below = sleeper_of("/x/trials/1/sub");
    pid_t none = sleeper((char *[]){(char[]){"HOME=/"}, NULL});
    assert_int_equal(cav_reap_signal("/x/trials/1", SIGTERM), 2);
    assert_int_equal(signal_of(ours), SIGTERM);
    assert_int_equal(signal_of(also), SIGTERM);
    assert_int_equal(cav_reap_signal("/x/trials/1", SIGTERM), 0);
    pid_t rest[] = {other, below, none};
    for (size_t i = 0; i < 3; i++) {
        kill(rest[i], SIGKILL);
        assert_int_equal(signal_of(rest[i]), SIGKILL);
    }
}

typedef struct seen {
    pid_t pid;
    int count;
    char rest[64], socket[64];
} seen;

static void note(void *context, pid_t pid, const char *rest, const char *socket)
{
    seen *at = context;
    at->count++;
    at->pid = pid;
    snprintf(at->rest, sizeof at->rest, "%s", rest);
    snprintf(at->socket, sizeof at->socket, "%s", socket);
}

static void test_a_visit_tells_the_rest_of_the_folder_and_the_socket(void **state)
{
    (void)state;
    seen at = {0};
    pid_t pid = sleeper_of("/x/trials/study/12");
    cav_reap_visit("/x/trials/study", note, &at);
    assert_int_equal(at.count, 1);
    assert_int_equal(at.pid, pid);
    assert_string_equal(at.rest, "/12");
    assert_string_equal(at.socket, "/s/7");
    kill(pid, SIGKILL);
    signal_of(pid);
}

static void test_a_process_itself_is_never_visited(void **state)
{
    (void)state;
    seen at = {0};
    assert_int_equal(setenv("CAVIAR_DIR", "/x/trials/self/1", 1), 0);
    cav_reap_visit("/x/trials/self", note, &at);
    unsetenv("CAVIAR_DIR");
    assert_int_equal(at.count, 0);
}

// The variable is the first of an environment that is longer than what is read of it.
static void test_the_folder_is_found_in_a_very_long_environment(void **state)
{
    (void)state;
    char *filler = malloc(100001);
    assert_non_null(filler);
    memset(filler, 'x', 100000);
    memcpy(filler, "FILLER=", 7);
    filler[100000] = '\0';
    pid_t pid = sleeper((char *[]){(char[]){"CAVIAR_DIR=/x/trials/1"}, filler, NULL});
    assert_int_equal(cav_reap_signal("/x/trials/1", SIGTERM), 1);
    assert_int_equal(signal_of(pid), SIGTERM);
    free(filler);
}

// A value that the end of what is read cuts off could be that of another trial.
static void test_a_folder_that_was_read_in_part_is_not_taken_for_another(void **state)
{
    (void)state;
    enum { READ = 65536 };
    char *filler = malloc(READ + 1);
    assert_non_null(filler);
    static char variable[] = "CAVIAR_DIR=/x/trials/12";
    size_t length = READ - strlen("CAVIAR_DIR=/x/trials/1"); // with its NUL
    memset(filler, 'x', length - 1);
    memcpy(filler, "FILLER=", 7);
    filler[length - 1] = '\0';
    pid_t pid = sleeper((char *[]){filler, variable, NULL});
    assert_int_equal(cav_reap_signal("/x/trials/1", SIGTERM), 0);
    kill(pid, SIGKILL);
    assert_int_equal(signal_of(pid), SIGKILL);
    free(filler);
}

// Forks a child that forks a daemon in a session of its own, and ends.
static void start_daemon(int seconds)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (fork() == 0) {
            setsid();
            sleep((unsigned)seconds);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void test_orphans_become_children_and_are_told_from_known_ones(void **state)
{
    (void)state;
    assert_true(cav_reap_adopt_orphans());
    assert_false(cav_reap_has_orphans(NULL, 0));
    pid_t known = sleeper((char *[]){NULL});
    assert_true(cav_reap_has_orphans(NULL, 0));
    assert_false(cav_reap_has_orphans(&known, 1));
    start_daemon(100);
    assert_true(cav_reap_has_orphans(&known, 1));
    kill(known, SIGKILL);
    signal_of(known);
    cav_reap_kill_orphans();
    assert_false(cav_reap_has_orphans(NULL, 0));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // no child at all
    assert_int_equal(errno, ECHILD);
}

static void test_dead_orphans_are_collected_and_known_ones_left_to_their_owner(void **state)
{
    (void)state;
    assert_true(cav_reap_adopt_orphans());
    pid_t known = sleeper((char *[]){NULL});
    kill(known, SIGKILL);
    start_daemon(0);
    for (int i = 0; i < 2000 && cav_reap_has_orphans(&known, 1); i++) {
        usleep(1000);
        cav_reap_collect(&known, 1);
    }
    assert_false(cav_reap_has_orphans(&known, 1));
    assert_int_equal(signal_of(known), SIGKILL);
}

// ---- The folders of sockets -----------------------------------------------------------------

static void make_sockets(const scratch *at, cav_sockets *sockets)
{
    cav_error error;
    assert_ok(cav_sockets_make(at->folder, sockets, &error), &error);
}

static void test_a_folder_of_sockets_is_private_and_served_while_it_is_open(void **state)
{
    (void)state;
    scratch at = scratch_new();
    cav_sockets sockets;
    struct stat info;
    char path[CAV_SOCKETS_SIZE + 8];
    make_sockets(&at, &sockets);
    assert_int_equal(stat(sockets.folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/7.1", sockets.folder);
    assert_true(cav_sockets_is_served(path));
    cav_sockets_remove(&sockets);
    assert_false(cav_sockets_is_served(path));
    assert_int_equal(access(sockets.folder, F_OK), -1);
    assert_false(cav_sockets_is_served(""));
    assert_false(cav_sockets_is_served("/"));
    scratch_remove(&at);
}

static void make_socket(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/7.1", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void make_old(const char *folder)
{
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, folder, times, 0), 0);
}

static void test_old_folders_are_cleared_away_and_living_ones_left(void **state)
{
    (void)state;
    scratch at = scratch_new();
    cav_sockets old, young, alive, fresh;
    make_sockets(&at, &old);
    make_sockets(&at, &young);
    make_sockets(&at, &alive);
    make_socket(old.folder);
    close(old.lock); // its tuner was killed
    close(young.lock);
    make_old(old.folder);
    make_old(alive.folder);
    make_sockets(&at, &fresh);
    assert_int_equal(access(old.folder, F_OK), -1);
    assert_int_equal(access(young.folder, F_OK), 0); // may be one that is just being made
    assert_int_equal(access(alive.folder, F_OK), 0);
    cav_sockets_remove(&alive);
    cav_sockets_remove(&fresh);
    scratch_remove(&at);
}

static void test_nothing_but_sockets_is_cleared_away(void **state)
{
    (void)state;
    scratch at = scratch_new();
    cav_sockets sockets;
    const char *folder = scratch_path(&at, "caviar-sockets-backup");
    char path[3 * SCRATCH_SIZE];
    assert_int_equal(mkdir(folder, 0755), 0);
    make_socket(folder);
    snprintf(path, sizeof path, "%s/thesis.tex", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    make_old(folder);
    make_sockets(&at, &sockets);
    assert_int_equal(access(path, F_OK), 0);
    cav_sockets_remove(&sockets);
    scratch_remove(&at);
}

static void test_a_base_that_is_not_there_is_named(void **state)
{
    (void)state;
    cav_error error;
    cav_sockets sockets;
    assert_int_equal(cav_sockets_make("/no/such/base", &sockets, &error), CAVIAR_IO);
    assert_contains(error.message, "/no/such/base");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signal_reaches_the_processes_of_one_folder_only),
        cmocka_unit_test(test_a_visit_tells_the_rest_of_the_folder_and_the_socket),
        cmocka_unit_test(test_a_process_itself_is_never_visited),
        cmocka_unit_test(test_the_folder_is_found_in_a_very_long_environment),
        cmocka_unit_test(test_a_folder_that_was_read_in_part_is_not_taken_for_another),
        cmocka_unit_test(test_orphans_become_children_and_are_told_from_known_ones),
        cmocka_unit_test(test_dead_orphans_are_collected_and_known_ones_left_to_their_owner),
        cmocka_unit_test(test_a_folder_of_sockets_is_private_and_served_while_it_is_open),
        cmocka_unit_test(test_old_folders_are_cleared_away_and_living_ones_left),
        cmocka_unit_test(test_nothing_but_sockets_is_cleared_away),
        cmocka_unit_test(test_a_base_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
