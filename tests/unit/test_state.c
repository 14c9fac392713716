/**
 * test_state.c: the transition table of trials, written out a second time.
 */
#include "support/test.h"

#include "base/names.h"
#include "trial/state.h"

#include <limits.h>

enum { STATES = CAVIAR_STATE_FAILED + 1 };

//                                     to: waiting running paused complete pruned failed
static const bool expected[STATES][STATES] = {
    [CAVIAR_STATE_WAITING] /*         */ = {0, 1, 0, 0, 0, 1},
    [CAVIAR_STATE_RUNNING] /*         */ = {1, 0, 1, 1, 1, 1},
    [CAVIAR_STATE_PAUSED] /*          */ = {1, 1, 0, 0, 1, 0},
    [CAVIAR_STATE_COMPLETE] /*        */ = {0, 0, 0, 0, 0, 0},
    [CAVIAR_STATE_PRUNED] /*          */ = {0, 0, 0, 0, 0, 0},
    [CAVIAR_STATE_FAILED] /*          */ = {0, 0, 0, 0, 0, 0},
};

static void test_the_table(void **state)
{
    (void)state;
    assert_int_equal(cav_state_names.count, STATES);
    for (int from = 0; from < STATES; from++)
        for (int to = 0; to < STATES; to++)
            assert_int_equal(cav_state_may_move((caviar_state)from, (caviar_state)to),
                             expected[from][to]);
}

static void test_numbers_that_are_no_states_go_nowhere(void **state)
{
    (void)state;
    static const int numbers[] = {-1, STATES, 255, INT_MAX, INT_MIN};
    for (size_t i = 0; i < 5; i++) {
        assert_false(cav_state_may_move((caviar_state)numbers[i], CAVIAR_STATE_RUNNING));
        assert_false(cav_state_may_move(CAVIAR_STATE_RUNNING, (caviar_state)numbers[i]));
        assert_false(cav_state_is_final((caviar_state)numbers[i]));
    }
}

static void test_an_illegal_move_is_an_error_that_names_the_trial(void **state)
{
    (void)state;
    cav_error error = {0};
    assert_ok(cav_state_check_move(7, CAVIAR_STATE_RUNNING, CAVIAR_STATE_COMPLETE, &error), &error);
    assert_int_equal(cav_state_check_move(7, CAVIAR_STATE_COMPLETE, CAVIAR_STATE_RUNNING, &error),
                     CAVIAR_STATE);
    assert_string_equal(error.message, "trial 7 is complete; it cannot become running");
}

static void test_final_states_are_those_that_lead_nowhere(void **state)
{
    (void)state;
    for (int from = 0; from < STATES; from++) {
        bool leads = false;
        for (int to = 0; to < STATES; to++)
            leads |= expected[from][to];
        assert_int_equal(cav_state_is_final((caviar_state)from), !leads);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_numbers_that_are_no_states_go_nowhere),
        cmocka_unit_test(test_an_illegal_move_is_an_error_that_names_the_trial),
        cmocka_unit_test(test_final_states_are_those_that_lead_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
