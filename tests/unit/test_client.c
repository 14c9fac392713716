/**
 * test_client.c: the trial's end of the protocol against a small server that answers as a script
 * says: well, badly, in pieces, or not at all.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WELCOME                                                                                    \
    "{\"trial\":7,\"attempt\":2,\"seed\":42,\"from\":3,\"steps\":20,"                              \
    "\"config\":{\"lr\":0.01,\"units\":64,\"act\":\"relu\",\"fast\":true}}\n"

enum { MOST_REPLIES = 6 };

typedef struct test_server {
    char folder[32], path[64];
    int listener;
    pthread_t thread;
    const char *replies[MOST_REPLIES]; // one for each line received; after the last it hangs up
    size_t chunk;                      // bytes sent at once; 0: the whole reply
    bool slams;                        // hangs up both ways at once
    size_t flood;                      // so many bytes without a newline follow the last reply
    cav_text received;
} test_server;

static void send_in_chunks(const test_server *at, int fd, const char *reply)
{
    size_t size = strlen(reply), chunk = at->chunk ? at->chunk : size + 1;
    for (size_t sent = 0; sent < size; sent += chunk) {
        size_t part = size - sent < chunk ? size - sent : chunk;
        if (send(fd, reply + sent, part, MSG_NOSIGNAL) < 0)
            return;
        if (at->chunk)
            usleep(200); // so that the other side sees the pieces
    }
}

static bool receive_line(test_server *at, int fd)
{
    for (char c = 0; c != '\n';) {
        if (recv(fd, &c, 1, 0) != 1)
            return false;
        cav_text_append_char(&at->received, c);
    }
    return true;
}

static void *serve(void *opaque)
{
    test_server *at = opaque;
    int fd = accept(at->listener, NULL, NULL);
    for (size_t i = 0; i < MOST_REPLIES && at->replies[i] && receive_line(at, fd); i++)
        send_in_chunks(at, fd, at->replies[i]);
    static char noise[65536];
    memset(noise, 'x', sizeof noise);
    for (size_t sent = 0; sent < at->flood; sent += sizeof noise)
        if (send(fd, noise, sizeof noise, MSG_NOSIGNAL) < 0)
            break;
    shutdown(fd, at->slams ? SHUT_RDWR : SHUT_WR);
    while (!at->slams && receive_line(at, fd)) // lets the other side hang up first
        ;
    close(fd);
    return NULL;
}

static void start(test_server *at)
{
    snprintf(at->folder, sizeof at->folder, "/tmp/caviar-client-XXXXXX");
    assert_non_null(mkdtemp(at->folder));
    snprintf(at->path, sizeof at->path, "%s/s", at->folder);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, at->path, strlen(at->path));
    at->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(at->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(at->listener, 1), 0);
    assert_int_equal(pthread_create(&at->thread, NULL, serve, at), 0);
}

// Frees the trial, which hangs up, and waits for the server's end.
static void stop(test_server *at, caviar_trial *trial)
{
    caviar_trial_free(trial);
    if (!pthread_equal(at->thread, pthread_self())) // waited for already
        pthread_join(at->thread, NULL);
    close(at->listener);
    unlink(at->path);
    rmdir(at->folder);
    cav_text_free(&at->received);
}

static caviar_trial *join(test_server *at, caviar_code expected)
{
    caviar_trial *trial = NULL;
    start(at);
    caviar_code code = caviar_trial_join(at->path, &trial);
    assert_non_null(trial);
    if (code != expected)
        fail_msg("code %d: %s", code, caviar_trial_message(trial));
    return trial;
}

static void test_the_welcome_fills_the_handle(void **state)
{
    (void)state;
    test_server server = {.replies = {WELCOME}};
    caviar_trial *trial = join(&server, CAVIAR_OK);
    assert_string_equal(server.received.data, "{\"cmd\":\"hello\",\"version\":1}\n");
    assert_int_equal(caviar_trial_number(trial), 7);
    assert_int_equal(caviar_trial_seed(trial), 42);
    assert_int_equal(caviar_trial_first_step(trial), 3);
    assert_int_equal(caviar_trial_last_step(trial), 20);
    assert_true(caviar_trial_real(trial, "lr") == 0.01);
    assert_int_equal(caviar_trial_int(trial, "units"), 64);
    assert_int_equal(caviar_trial_int(trial, "fast"), 1);
    assert_string_equal(caviar_trial_text(trial, "act"), "relu");
    assert_null(caviar_trial_name(trial, 4));
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_RUNNING);
    stop(&server, trial);
}

static void test_without_steps_there_is_no_last_one(void **state)
{
    (void)state;
    test_server server = {.replies = {"{\"trial\":0,\"config\":{}}\n"}};
    caviar_trial *trial = join(&server, CAVIAR_OK);
    assert_true(caviar_trial_last_step(trial) == INT64_MAX);
    assert_int_equal(caviar_trial_first_step(trial), 0);
    stop(&server, trial);
}

static void test_reports_are_sent_and_verdicts_understood(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        caviar_verdict verdict;
        int64_t restore;
    } cases[] = {
        {"{\"verdict\":\"continue\"}\n", CAVIAR_VERDICT_CONTINUE, 0},
        {"{\"verdict\":\"pause\"}\n", CAVIAR_VERDICT_PAUSE, 0},
        {"{\"verdict\":\"stop\"}\n", CAVIAR_VERDICT_STOP, 0},
        {"{\"verdict\":\"restore\",\"step\":5}\n", CAVIAR_VERDICT_RESTORE, 5},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        test_server server = {.replies = {WELCOME, cases[i].reply}};
        caviar_trial *trial = join(&server, CAVIAR_OK);
        caviar_verdict verdict = CAVIAR_VERDICT_CONTINUE;
        const caviar_metric metrics[] = {
            {NULL, 0.25}, {"loss", NAN}, {"up", INFINITY}, {"down", -INFINITY}};
        assert_int_equal(caviar_trial_report(trial, 6, metrics, 4, &verdict), CAVIAR_OK);
        assert_int_equal(verdict, cases[i].verdict);
        assert_int_equal(caviar_trial_restore_step(trial), cases[i].restore);
        assert_contains(server.received.data,
                        "{\"cmd\":\"report\",\"step\":6,\"metrics\":{\"\":0.25,\"loss\":\"nan\","
                        "\"up\":\"inf\",\"down\":\"-inf\"}}\n");
        stop(&server, trial);
    }
}

static void test_a_nudge_changes_the_parameters(void **state)
{
    (void)state;
    test_server server = {
        .replies = {WELCOME,
                    "{\"verdict\":\"continue\",\"changes\":{\"act\":\"tanh\",\"lr\":0.5,"
                    "\"unknown\":1,\"units\":[1]}}\n",
                    "{\"verdict\":\"continue\"}\n"}};
    caviar_trial *trial = join(&server, CAVIAR_OK);
    caviar_verdict verdict;
    assert_int_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_OK);
    assert_int_equal(caviar_trial_change_count(trial), 2);
    assert_string_equal(caviar_trial_change_name(trial, 0), "act");
    assert_string_equal(caviar_trial_change_name(trial, 1), "lr");
    assert_string_equal(caviar_trial_text(trial, "act"), "tanh");
    assert_true(caviar_trial_real(trial, "lr") == 0.5);
    assert_int_equal(caviar_trial_int(trial, "units"), 64); // what made no sense is left alone
    assert_int_equal(caviar_trial_report(trial, 5, NULL, 0, &verdict), CAVIAR_OK);
    assert_int_equal(caviar_trial_change_count(trial), 0);
    assert_string_equal(caviar_trial_text(trial, "act"), "tanh");
    stop(&server, trial);
}

static void test_results_and_failures_are_told(void **state)
{
    (void)state;
    test_server telling = {.replies = {WELCOME, "{}\n"}}, failing = {.replies = {WELCOME, "{}\n"}};
    caviar_trial *trial = join(&telling, CAVIAR_OK);
    assert_int_equal(caviar_trial_tell_value(trial, 0.125), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_COMPLETE);
    assert_int_equal(caviar_trial_tell_value(trial, 0.125), CAVIAR_STATE);
    assert_contains(telling.received.data, "{\"cmd\":\"tell\",\"metrics\":{\"\":0.125}}\n");
    stop(&telling, trial);
    trial = join(&failing, CAVIAR_OK);
    assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_INFEASIBLE, "too \"big\""), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_FAILED);
    assert_int_equal(caviar_trial_reason(trial), CAVIAR_REASON_INFEASIBLE);
    assert_contains(failing.received.data,
                    "{\"cmd\":\"tell\",\"state\":\"failed\",\"reason\":\"infeasible\","
                    "\"message\":\"too \\\"big\\\"\"}\n");
    stop(&failing, trial);
}

static void test_errors_of_the_tuner_become_ones_own(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        caviar_code code;
        const char *message;
    } cases[] = {
        {"{\"error\":\"too late\",\"code\":\"stale\"}\n", CAVIAR_STALE, "too late"},
        {"{\"error\":\"no\",\"code\":\"not-found\"}\n", CAVIAR_NOT_FOUND, "no"},
        {"{\"error\":\"no\"}\n", CAVIAR_INVALID, "no"},
        {"{\"error\":\"no\",\"code\":\"whatever\"}\n", CAVIAR_INVALID, "no"},
        {"{\"error\":\"no\",\"code\":7}\n", CAVIAR_INVALID, "no"},
        {"{\"error\":\"lies\",\"code\":\"ok\"}\n", CAVIAR_INVALID, "lies"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        test_server server = {.replies = {WELCOME, cases[i].reply, "{}\n"}};
        caviar_trial *trial = join(&server, CAVIAR_OK);
        assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_EXIT, ""), cases[i].code);
        assert_string_equal(caviar_trial_message(trial), cases[i].message);
        assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_RUNNING);
        assert_int_equal(caviar_trial_reason(trial), CAVIAR_REASON_NONE); // it has not failed yet
        assert_int_equal(caviar_trial_tell(trial, NULL, 0), CAVIAR_OK);   // the line is still good
        stop(&server, trial);
    }
}

static void test_a_refusal_at_the_door(void **state)
{
    (void)state;
    test_server server = {
        .replies = {"{\"error\":\"version 2 is spoken here\",\"code\":\"version\"}\n"}};
    caviar_trial *trial = join(&server, CAVIAR_VERSION);
    assert_string_equal(caviar_trial_message(trial), "version 2 is spoken here");
    stop(&server, trial);
}

static void test_answers_in_pieces_are_put_together(void **state)
{
    (void)state;
    for (size_t chunk = 1; chunk <= 40; chunk += 13) {
        test_server server = {.replies = {WELCOME, "{\"verdict\":\"stop\"}\n"}, .chunk = chunk};
        caviar_trial *trial = join(&server, CAVIAR_OK);
        caviar_verdict verdict;
        assert_int_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_OK);
        assert_int_equal(verdict, CAVIAR_VERDICT_STOP);
        stop(&server, trial);
    }
}

static void test_answers_that_come_together_are_taken_one_by_one(void **state)
{
    (void)state;
    test_server server = {
        .replies = {WELCOME "{\"verdict\":\"pause\"}\n{\"verdict\":\"stop\"}\n", "", ""}};
    caviar_trial *trial = join(&server, CAVIAR_OK);
    caviar_verdict verdict;
    assert_int_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_OK);
    assert_int_equal(verdict, CAVIAR_VERDICT_PAUSE);
    assert_int_equal(caviar_trial_report(trial, 5, NULL, 0, &verdict), CAVIAR_OK);
    assert_int_equal(verdict, CAVIAR_VERDICT_STOP);
    stop(&server, trial);
}

static void test_garbage_is_an_error_and_no_crash(void **state)
{
    (void)state;
    static const char *const garbage[] = {"hello\n",
                                          "\n",
                                          "[]\n",
                                          "3\n",
                                          "null\n",
                                          "{\n",
                                          "{\"trial\":\n",
                                          "\xff\xfe\x01\n",
                                          "{\"a\":1}{\"b\":2}\n",
                                          "\"welcome\"\n",
                                          "{\"trial\":1,\"trial\":2}\n"};
    for (size_t i = 0; i < CAV_COUNT_OF(garbage); i++) {
        test_server first = {.replies = {garbage[i]}}, later = {.replies = {WELCOME, garbage[i]}};
        caviar_trial *trial = NULL;
        start(&first);
        assert_int_not_equal(caviar_trial_join(first.path, &trial), CAVIAR_OK);
        assert_true(caviar_trial_message(trial)[0] != '\0');
        stop(&first, trial);
        trial = join(&later, CAVIAR_OK);
        caviar_verdict verdict = CAVIAR_VERDICT_RESTORE;
        assert_int_not_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_OK);
        assert_int_equal(verdict, CAVIAR_VERDICT_RESTORE);
        stop(&later, trial);
    }
}

static void test_answers_that_make_no_sense_are_errors(void **state)
{
    (void)state;
    static const char *const verdicts[] = {"{}\n", "{\"verdict\":\"go\"}\n", "{\"verdict\":3}\n"};
    for (size_t i = 0; i < CAV_COUNT_OF(verdicts); i++) {
        test_server server = {.replies = {WELCOME, verdicts[i]}};
        caviar_trial *trial = join(&server, CAVIAR_OK);
        caviar_verdict verdict = CAVIAR_VERDICT_RESTORE;
        assert_int_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_INVALID);
        assert_contains(caviar_trial_message(trial), "unknown verdict");
        stop(&server, trial);
    }
}

static void test_a_configuration_that_is_none_leaves_a_handle_that_can_be_asked(void **state)
{
    (void)state;
    static const char *const welcomes[] = {"{\"trial\":1,\"config\":{\"a\":1,\"b\":[1],\"c\":2}}\n",
                                           "{\"trial\":1,\"config\":{\"b\":{}}}\n",
                                           "{\"trial\":1,\"config\":{\"b\":null}}\n"};
    for (size_t i = 0; i < CAV_COUNT_OF(welcomes); i++) {
        test_server server = {.replies = {welcomes[i]}};
        caviar_trial *trial = join(&server, CAVIAR_IO);
        assert_contains(caviar_trial_message(trial), "the tuner sent 'b' as ");
        assert_true(isnan(caviar_trial_real(trial, "c")));
        caviar_value value;
        assert_int_equal(caviar_trial_get(trial, "c", &value), CAVIAR_NOT_FOUND);
        stop(&server, trial);
    }
    static const char *const strange[] = {"{}\n", "{\"config\":[1,2]}\n", "{\"config\":3}\n",
                                          "{\"trial\":\"x\",\"seed\":-1,\"config\":null}\n"};
    for (size_t i = 0; i < CAV_COUNT_OF(strange); i++) {
        test_server server = {.replies = {strange[i]}};
        caviar_trial *trial = join(&server, CAVIAR_OK);
        assert_null(caviar_trial_name(trial, 0));
        stop(&server, trial);
    }
}

static void test_a_tuner_that_hangs_up_is_an_error_each_time(void **state)
{
    (void)state;
    test_server at_once = {0}, in_the_middle = {.replies = {"{\"trial\":7"}},
                later = {.replies = {WELCOME}};
    caviar_trial *trial = join(&at_once, CAVIAR_IO);
    stop(&at_once, trial);
    trial = join(&in_the_middle, CAVIAR_IO);
    assert_contains(caviar_trial_message(trial), "the tuner closed the connection");
    stop(&in_the_middle, trial);
    trial = join(&later, CAVIAR_OK);
    caviar_verdict verdict;
    for (int i = 0; i < 3; i++) // and no signal ends the program
        assert_int_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_IO);
    assert_int_equal(caviar_trial_tell_value(trial, 1), CAVIAR_IO);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_RUNNING);
    stop(&later, trial);
}

static void test_a_tuner_that_is_gone_sends_no_signal(void **state)
{
    (void)state;
    test_server server = {.replies = {WELCOME}, .slams = true};
    caviar_trial *trial = join(&server, CAVIAR_OK);
    pthread_join(server.thread, NULL); // it has closed its end
    caviar_verdict verdict;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_IO);
        assert_contains(caviar_trial_message(trial), "lost the tuner: Broken pipe");
    }
    server.thread = pthread_self();
    stop(&server, trial);
}

static void test_a_line_without_end_is_cut_off(void **state)
{
    (void)state;
    test_server server = {.replies = {WELCOME, ""}, .flood = 20 << 20};
    caviar_trial *trial = join(&server, CAVIAR_OK);
    caviar_verdict verdict;
    assert_int_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_IO);
    assert_contains(caviar_trial_message(trial), "longer than");
    stop(&server, trial);
}

static void test_a_long_line_is_read(void **state)
{
    (void)state;
    static char reply[200000];
    memset(reply, ' ', sizeof reply);
    memcpy(reply, "{\"verdict\":\"stop\"", 17);
    memcpy(reply + sizeof reply - 3, "}\n", 3);
    test_server server = {.replies = {WELCOME, reply}};
    caviar_trial *trial = join(&server, CAVIAR_OK);
    caviar_verdict verdict;
    assert_int_equal(caviar_trial_report(trial, 4, NULL, 0, &verdict), CAVIAR_OK);
    assert_int_equal(verdict, CAVIAR_VERDICT_STOP);
    stop(&server, trial);
}

static void test_nobody_to_join(void **state)
{
    (void)state;
    caviar_trial *trial = NULL;
    assert_int_equal(caviar_trial_join("/tmp/caviar-no-such-socket", &trial), CAVIAR_IO);
    assert_contains(caviar_trial_message(trial),
                    "cannot reach the tuner at /tmp/caviar-no-such-socket: No such file");
    caviar_trial_free(trial);
    char path[200];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(caviar_trial_join(path, &trial), CAVIAR_INVALID);
    assert_contains(caviar_trial_message(trial), "too long for a socket");
    caviar_trial_free(trial);
}

static void test_a_program_started_by_hand_runs_alone(void **state)
{
    (void)state;
    caviar_trial *trial = NULL;
    assert_int_equal(caviar_trial_join(NULL, &trial), CAVIAR_OK);
    caviar_verdict verdict = CAVIAR_VERDICT_STOP;
    assert_int_equal(caviar_trial_report(trial, 1, NULL, 0, &verdict), CAVIAR_OK);
    assert_int_equal(verdict, CAVIAR_VERDICT_CONTINUE);
    assert_true(caviar_trial_last_step(trial) == INT64_MAX);
    assert_null(caviar_trial_name(trial, 0));
    caviar_trial_free(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_welcome_fills_the_handle),
        cmocka_unit_test(test_without_steps_there_is_no_last_one),
        cmocka_unit_test(test_reports_are_sent_and_verdicts_understood),
        cmocka_unit_test(test_a_nudge_changes_the_parameters),
        cmocka_unit_test(test_results_and_failures_are_told),
        cmocka_unit_test(test_errors_of_the_tuner_become_ones_own),
        cmocka_unit_test(test_a_refusal_at_the_door),
        cmocka_unit_test(test_answers_in_pieces_are_put_together),
        cmocka_unit_test(test_answers_that_come_together_are_taken_one_by_one),
        cmocka_unit_test(test_garbage_is_an_error_and_no_crash),
        cmocka_unit_test(test_answers_that_make_no_sense_are_errors),
        cmocka_unit_test(test_a_configuration_that_is_none_leaves_a_handle_that_can_be_asked),
        cmocka_unit_test(test_a_tuner_that_hangs_up_is_an_error_each_time),
        cmocka_unit_test(test_a_tuner_that_is_gone_sends_no_signal),
        cmocka_unit_test(test_a_line_without_end_is_cut_off),
        cmocka_unit_test(test_a_long_line_is_read),
        cmocka_unit_test(test_nobody_to_join),
        cmocka_unit_test(test_a_program_started_by_hand_runs_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
