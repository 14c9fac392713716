/**
 * test_route.c: paths of the HTTP API, and the bodies of changes.
 */
#include "support/test.h"

#include "serve/route.h"

#include <string.h>

static cav_route found(const char *method, const char *path)
{
    cav_route route;
    cav_error error = {0};
    assert_ok(cav_route_find(method, path, &route, &error), &error);
    return route;
}

static caviar_code refused(const char *method, const char *path)
{
    cav_route route;
    cav_error error = {0};
    caviar_code code = cav_route_find(method, path, &route, &error);
    if (!code || !error.message[0])
        fail_msg("%s %s is taken, or refused without a word", method, path);
    return code;
}

static void test_paths_name_what_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(found("GET", "/api/1").kind, CAV_ROUTE_ROOT);
    assert_int_equal(found("HEAD", "/api/1/studies").kind, CAV_ROUTE_STUDIES);
    cav_route route = found("GET", "/api/1/studies/a.b-c_1/trials/17");
    assert_int_equal(route.kind, CAV_ROUTE_TRIAL);
    assert_string_equal(route.study, "a.b-c_1");
    assert_int_equal(route.trial, 17);
    assert_false(route.is_change);
    route = found("POST", "/api/1/studies/m/trials/0/nudge");
    assert_int_equal(route.kind, CAV_ROUTE_NUDGE);
    assert_true(route.is_change);
}

static void test_other_paths_are_nothing(void **state)
{
    (void)state;
    const char *paths[] = {"",
                           "/",
                           "/api",
                           "/api/1/",
                           "/api/1/studies/",
                           "/api/1/studies/../x",
                           "/api/1/studies/a b",
                           "/api/1/studies/a/trials/",
                           "/api/1/studies/a/trials/-1",
                           "/api/1/studies/a/trials/1x",
                           "/api/1/studies/a/trials/1/",
                           "/api/1/studies/a/trials/99999999999999999999",
                           "/api/1/studies/a/other",
                           "/api/10/studies"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(refused("GET", paths[i]), CAVIAR_NOT_FOUND);
    char path[400];
    snprintf(path, sizeof path, "/api/1/studies/%0*d", 300, 1);
    assert_int_equal(refused("GET", path), CAVIAR_NOT_FOUND);
}

static void test_a_path_has_its_method(void **state)
{
    (void)state;
    assert_int_equal(refused("POST", "/api/1/studies"), CAVIAR_STATE);
    assert_int_equal(refused("GET", "/api/1/studies/a/control"), CAVIAR_STATE);
    assert_int_equal(refused("DELETE", "/api/1/studies/a"), CAVIAR_STATE);
}

static cav_wish wished(cav_route_kind kind, const char *body)
{
    cav_wish wish;
    cav_error error = {0};
    assert_ok(cav_wish_read(kind, body, strlen(body), &wish, &error), &error);
    return wish;
}

static void not_wished(cav_route_kind kind, const char *body, const char *piece)
{
    cav_wish wish;
    cav_error error = {0};
    assert_int_equal(cav_wish_read(kind, body, strlen(body), &wish, &error), CAVIAR_INVALID);
    assert_contains(error.message, piece);
}

static void test_a_body_says_what_is_wanted(void **state)
{
    (void)state;
    cav_wish wish =
        wished(CAV_ROUTE_FORK, "{\"from\":12,\"changes\":{\"lr\":\"x2\"},\"note\":\"n\"}");
    assert_int_equal(wish.step, 12);
    assert_string_equal(wish.note, "n");
    assert_int_equal(json_object_size(wish.changes), 1);
    assert_false(wish.force);
    cav_wish_free(&wish);
    wish = wished(CAV_ROUTE_STOP, "");
    assert_int_equal(wish.step, -1);
    assert_null(wish.note);
    cav_wish_free(&wish);
}

static void test_other_bodies_are_refused(void **state)
{
    (void)state;
    not_wished(CAV_ROUTE_NUDGE, "{\"to\":1}", "takes no 'to'");
    not_wished(CAV_ROUTE_ROLLBACK, "{\"to\":1.5}", "a step");
    not_wished(CAV_ROUTE_ROLLBACK, "{\"to\":-1}", "a step");
    not_wished(CAV_ROUTE_STOP, "{\"changes\":{}}", "takes no 'changes'");
    not_wished(CAV_ROUTE_NUDGE, "{\"force\":1}", "true or false");
    not_wished(CAV_ROUTE_NUDGE, "{\"note\":{}}", "a string");
    not_wished(CAV_ROUTE_NUDGE, "[]", "an object");
    not_wished(CAV_ROUTE_NUDGE, "{", "not valid JSON");
    not_wished(CAV_ROUTE_CONTROL, "{}", "control is needed");
}

static void test_numbers_of_the_query(void **state)
{
    (void)state;
    cav_error error = {0};
    int64_t number = 5;
    assert_ok(cav_route_number("since", NULL, 7, &number, &error), &error);
    assert_int_equal(number, 7);
    assert_ok(cav_route_number("since", "12", 7, &number, &error), &error);
    assert_int_equal(number, 12);
    const char *wrong[] = {"", "-1", "1x", " 1", "1.5", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(cav_route_number("since", wrong[i], 7, &number, &error), CAVIAR_INVALID);
    assert_int_equal(number, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_name_what_is_asked_for),
        cmocka_unit_test(test_other_paths_are_nothing),
        cmocka_unit_test(test_a_path_has_its_method),
        cmocka_unit_test(test_a_body_says_what_is_wanted),
        cmocka_unit_test(test_other_bodies_are_refused),
        cmocka_unit_test(test_numbers_of_the_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
