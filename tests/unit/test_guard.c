/**
 * test_guard.c: which requests may come in: hosts, origins, tokens.
 */
#include "support/test.h"

#include "serve/guard.h"
#include "serve/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_addresses_and_localhost_are_known(void **state)
{
    (void)state;
    const char *known[] = {"127.0.0.1",   "127.0.0.1:8017", "localhost:1",   "LOCALHOST",
                           "10.0.0.7:80", "[::1]",          "[fe80::1]:8017"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!cav_guard_knows_host(known[i], NULL))
            fail_msg("%s is not known", known[i]);
}

static void test_names_are_not(void **state)
{
    (void)state;
    const char *foreign[] = {"evil.example",
                             "localhost.evil.example",
                             "127.0.0.1.evil.example",
                             "127.0.0.1:",
                             "127.0.0.1:8a",
                             "127.0.0.1:800000",
                             "[::1",
                             "[evil]",
                             "[::1]x",
                             "::1",
                             "",
                             ":80",
                             "localhost:80:1",
                             "127.1",
                             "2130706433"};
    assert_false(cav_guard_knows_host(NULL, NULL));
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (cav_guard_knows_host(foreign[i], "lab"))
            fail_msg("%s is known", foreign[i]);
}

static void test_a_name_that_was_given_is_known(void **state)
{
    (void)state;
    assert_true(cav_guard_knows_host("Lab.Example:80", "lab.example"));
    assert_false(cav_guard_knows_host("lab.example.evil", "lab.example"));
    assert_false(cav_guard_knows_host("lab", "lab.example"));
}

static void test_a_page_is_ones_own_if_it_came_from_here(void **state)
{
    (void)state;
    assert_true(cav_guard_is_own_origin(NULL, "localhost:1"));
    assert_true(cav_guard_is_own_origin("http://localhost:1", "localhost:1"));
    assert_true(cav_guard_is_own_origin("https://localhost:1", "localhost:1"));
    assert_false(cav_guard_is_own_origin("http://localhost:2", "localhost:1"));
    assert_false(cav_guard_is_own_origin("http://localhost:1.evil", "localhost:1"));
    assert_false(cav_guard_is_own_origin("null", "null"));
    assert_false(cav_guard_is_own_origin("", ""));
    assert_false(cav_guard_is_own_origin("http://localhost:1", NULL));
}

static void test_a_token_is_right_or_not(void **state)
{
    (void)state;
    char token[CAV_TOKEN_SIZE], other[CAV_TOKEN_SIZE + 1];
    memset(token, 'a', CAV_TOKEN_LENGTH);
    token[CAV_TOKEN_LENGTH] = '\0';
    assert_true(cav_guard_is_token(token, token));
    for (size_t i = 0; i < CAV_TOKEN_LENGTH; i++) {
        memcpy(other, token, CAV_TOKEN_SIZE);
        other[i] = 'b';
        assert_false(cav_guard_is_token(other, token));
        other[i] = '\0';
        assert_false(cav_guard_is_token(other, token));
    }
    memset(other, 'a', CAV_TOKEN_SIZE);
    other[CAV_TOKEN_SIZE] = '\0'; // one too many
    assert_false(cav_guard_is_token(other, token));
    assert_false(cav_guard_is_token(NULL, token));
    assert_string_equal(cav_guard_bearer("bearer x"), "x");
    assert_null(cav_guard_bearer("Basic x"));
    assert_null(cav_guard_bearer(NULL));
}

static void test_a_new_token_is_kept_and_no_two_are_alike(void **state)
{
    (void)state;
    char folder[] = "/tmp/caviar-token-XXXXXX", path[100], first[CAV_TOKEN_SIZE],
         again[CAV_TOKEN_SIZE], next[CAV_TOKEN_SIZE];
    cav_error error = {0};
    struct stat facts;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a/token", folder);
    assert_ok(cav_token_load(path, first, &error), &error);
    assert_ok(cav_token_load(path, again, &error), &error);
    assert_string_equal(first, again);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(unlink(path), 0);
    assert_ok(cav_token_load(path, next, &error), &error);
    assert_string_not_equal(first, next);
    unlink(path);
    assert_int_equal(symlink("/dev/zero", path), 0); // not where somebody else points to
    assert_int_equal(cav_token_load(path, next, &error), CAVIAR_IO);
    unlink(path);
    snprintf(path, sizeof path, "%s/a", folder);
    rmdir(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_and_localhost_are_known),
        cmocka_unit_test(test_names_are_not),
        cmocka_unit_test(test_a_name_that_was_given_is_known),
        cmocka_unit_test(test_a_page_is_ones_own_if_it_came_from_here),
        cmocka_unit_test(test_a_token_is_right_or_not),
        cmocka_unit_test(test_a_new_token_is_kept_and_no_two_are_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
