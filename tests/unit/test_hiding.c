/**
 * test_hiding.c: passwords in command lines: gone from the originals, whole in the copies.
 */
#include "support/test.h"

#include "cli/hiding.h"

#include <stdlib.h>
#include <string.h>

static void expect(const char *argument, const char *left)
{
    char *original = strdup(argument);
    assert_non_null(original);
    char *argv[] = {original, NULL};
    cav_error error = {0};
    assert_ok(cav_hide_passwords(1, argv, &error), &error);
    assert_string_equal(argv[0], argument);
    assert_string_equal(original, left);
    if (argv[0] != original)
        free(argv[0]);
    free(original);
}

static void test_a_password_is_blotted_out(void **state)
{
    (void)state;
    expect("postgresql://me:secret@db:5432/caviar", "postgresql://me:******@db:5432/caviar");
    expect("--store=postgresql://me:a:b@c@db/x", "--store=postgresql://me:*****@db/x");
    expect("postgresql://db/x?user=me&password=secret&port=1",
           "postgresql://db/x?user=me&password=******&port=1");
    expect("postgresql://me:s@db/x?password=t", "postgresql://me:*@db/x?password=*");
}

static void test_everything_else_stays(void **state)
{
    (void)state;
    static const char *const plain[] = {
        "",           "run",       "postgresql://me@db:5432/caviar", "postgresql://db:5432/x",
        "caviar.db",  "a:b@c",     "postgresql://me:@db/x",          "sqlite:///a:b@c.db",
        "password=x", "http://a/b"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        expect(plain[i], plain[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_password_is_blotted_out),
        cmocka_unit_test(test_everything_else_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
