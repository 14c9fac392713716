/**
 * test_loop.c: loops of libuv where memory or descriptors are short.
 */
#include "support/test.h"

#include "run/loop.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static rlim_t soft_limit;

static void limit_descriptors(rlim_t most)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

// First of all: the descriptors that all loops share are opened once for a process.
static void test_too_few_descriptors_are_an_error(void **state)
{
    (void)state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    soft_limit = limit.rlim_cur;
    int failures = 0;
    for (rlim_t more = 0; more <= 16; more++) {
        int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC); // a loop that failed may leave some
        assert_true(lowest >= 0);
        close(lowest);
        cav_error error = {0};
        uv_loop_t loop;
        limit_descriptors((rlim_t)lowest + more);
        caviar_code code = cav_loop_begin(&loop, &error);
        limit_descriptors(soft_limit);
        if (!code) {
            cav_loop_end(&loop);
            continue;
        }
        assert_int_equal(code, CAVIAR_IO);
        assert_contains(error.message, "cannot start the event loop: too many open files");
        failures++;
    }
    assert_in_range(failures, 2, 12);
}

static void count_call(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    ++*(int *)poll->data;
}

// Descriptors so far apart that the table is grown from the smallest to more than the pool holds.
static void test_a_table_grows_out_of_the_pool(void **state)
{
    (void)state;
    static const int numbers[] = {64, 500, 1000, 4000, 12000, 40000};
    enum { COUNT = sizeof numbers / sizeof numbers[0] };
    limit_descriptors(50000);
    for (int round = 0; round < 3; round++) {
        cav_error error = {0};
        uv_loop_t loops[2];
        uv_poll_t polls[2][COUNT];
        int calls[2] = {0, 0}, used[2] = {0, 0}, ends[2];
        for (int i = 0; i < 2; i++)
            assert_ok(cav_loop_begin(&loops[i], &error), &error);
        assert_int_equal(pipe(ends), 0);
        for (size_t i = 0; i < COUNT; i++)
            for (int j = 0; j < 2; j++) {
                int fd = fcntl(ends[1], F_DUPFD_CLOEXEC, numbers[i]);
                if (fd < 0) // the hard limit here
                    continue;
                assert_int_equal(uv_poll_init(&loops[j], &polls[j][used[j]], fd), 0);
                polls[j][used[j]].data = &calls[j];
                assert_int_equal(uv_poll_start(&polls[j][used[j]], UV_WRITABLE, count_call), 0);
                used[j]++;
            }
        assert_in_range(used[0], 3, COUNT);
        for (int j = 0; j < 2; j++) {
            uv_run(&loops[j], UV_RUN_ONCE);
            assert_int_equal(calls[j], used[j]);
            for (int i = 0; i < used[j]; i++) {
                int fd = -1;
                uv_fileno((uv_handle_t *)&polls[j][i], &fd);
                uv_close((uv_handle_t *)&polls[j][i], NULL);
                close(fd);
            }
            cav_loop_end(&loops[j]);
        }
        close(ends[0]);
        close(ends[1]);
    }
    limit_descriptors(soft_limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_few_descriptors_are_an_error),
        cmocka_unit_test(test_a_table_grows_out_of_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
