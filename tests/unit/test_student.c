/**
 * test_student.c: Student's t distribution against closed forms and a printed table.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/student.h"

#include <math.h>

// Quantiles as they stand in Abramowitz and Stegun, table 26.10 (two-sided), and in every textbook.
static void test_quantiles_of_the_table(void **state)
{
    (void)state;
    static const struct entry {
        size_t freedom;
        double t, tail;
    } table[] = {{1, 6.314, 0.05},   {1, 31.821, 0.01},  {2, 2.920, 0.05},   {3, 2.353, 0.05},
                 {3, 4.541, 0.01},   {4, 2.776, 0.025},  {5, 3.365, 0.01},   {7, 1.415, 0.1},
                 {10, 2.228, 0.025}, {15, 2.947, 0.005}, {20, 1.725, 0.05},  {30, 2.457, 0.01},
                 {60, 2.000, 0.025}, {120, 1.658, 0.05}, {120, 2.617, 0.005}};
    for (size_t i = 0; i < CAV_COUNT_OF(table); i++) {
        double tail = cav_student_tail(table[i].t, table[i].freedom);
        if (fabs(tail / table[i].tail - 1) > 2e-3) // t has four digits
            fail_msg("P(T > %g) with %zu degrees is %g, not %g", table[i].t, table[i].freedom, tail,
                     table[i].tail);
        double other = cav_student_tail(-table[i].t, table[i].freedom);
        assert_true(fabs(other + tail - 1) < 1e-14);
    }
}

static void test_closed_forms(void **state)
{
    (void)state;
    for (double t = 0; t < 20; t += 0.37) {
        double one = 0.5 - atan(t) * M_1_PI, two = 0.5 - t / (2 * sqrt(2 + t * t));
        assert_true(fabs(cav_student_tail(t, 1) - one) < 1e-15);
        assert_true(fabs(cav_student_tail(t, 2) - two) < 1e-15);
        double many = cav_student_tail(t, 100000), normal = erfc(t * M_SQRT1_2) / 2;
        assert_true(fabs(many - normal) < 1e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles_of_the_table),
        cmocka_unit_test(test_closed_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
