/**
 * test_checkpoints.c: lists of steps as programs tell them.
 */
#include "support/test.h"

#include "trial/checkpoints.h"

static void test_steps_are_found_in_a_list(void **state)
{
    (void)state;
    const char *list = "[3,4,7,12]";
    assert_true(cav_checkpoints_are_known(list));
    assert_int_equal(cav_checkpoints_count(list), 4);
    assert_int_equal(cav_checkpoints_last(list), 12);
    assert_int_equal(cav_checkpoints_find(list, 4, 5), 4);
    assert_int_equal(cav_checkpoints_find(list, 5, 12), 7);
    assert_int_equal(cav_checkpoints_find(list, 8, 12), -1);
    assert_int_equal(cav_checkpoints_find(list, 0, INT64_MAX), 3);
}

static void test_what_is_no_list_is_empty(void **state)
{
    (void)state;
    static const char *const lists[] = {"[]", "{}", "[3", "7", "\"[3]\""};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_true(cav_checkpoints_are_known(lists[i]));
        assert_int_equal(cav_checkpoints_count(lists[i]), 0);
        assert_int_equal(cav_checkpoints_last(lists[i]), -1);
        assert_int_equal(cav_checkpoints_find(lists[i], 0, 100), -1);
    }
    assert_false(cav_checkpoints_are_known(NULL));
    assert_false(cav_checkpoints_are_known(""));
    assert_int_equal(cav_checkpoints_count(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_are_found_in_a_list),
        cmocka_unit_test(test_what_is_no_list_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
