/**
 * test_train_balance.c: weights that make classes count alike, and the error that goes with them,
 * against numbers worked out by hand.
 */
#include "support/train.h"

#include "trainer/balance.h"

#include <math.h>

// Seven samples, of which the second is not in the list: 3, 1 and 2 of the classes 0 to 2, none
// of 3.
static const uint16_t labels[] = {0, 1, 0, 2, 1, 2, 0};
static const uint32_t numbers[] = {0, 2, 3, 4, 5, 6};
static const source samples = {.count = 7, .labels = labels};
static const sample_list list = {.source = &samples, .numbers = numbers, .count = 6};

static balance *make_balance(void)
{
    train_error error;
    balance *made;
    assert_fine(balance_new(&list, 4, &made, &error), &error);
    return made;
}

static void test_a_weight_is_the_share_that_a_sample_lacks(void **state)
{
    (void)state;
    balance *at = make_balance();
    assert_near((double)at->weights[0], 6.0 / (3 * 3), 1e-6);
    assert_near((double)at->weights[1], 6.0 / (3 * 1), 1e-6);
    assert_near((double)at->weights[2], 6.0 / (3 * 2), 1e-6);
    assert_true(at->weights[3] == 0);
    double sum = 0;
    for (size_t i = 0; i < list.count; i++)
        sum += (double)at->weights[labels[numbers[i]]];
    assert_near(sum / 6, 1, 1e-6); // a sample's weight on the mean
    balance_free(at);
}

static void test_the_balanced_error_is_the_mean_over_the_classes(void **state)
{
    (void)state;
    balance *at = make_balance();
    // class 0: two of three right; class 1: wrong; class 2: right
    uint16_t truth[] = {0, 0, 0, 1, 2};
    real p[] = {0.7f, 0.1f, 0.1f, 0.1f, 0.4f, 0.2f, 0.2f, 0.2f, 0.1f, 0.1f,
                0.1f, 0.7f, 0.6f, 0.4f, 0,    0,    0,    0,    1,    0};
    network net = {.p = p, .labels = truth};
    balance_begin(at);
    assert_true(isnan(balance_error(at)));
    balance_add(at, &net, 5);
    assert_near(balance_error(at), (1.0 / 3 + 1 + 0) / 3, 1e-9);
    balance_begin(at);
    balance_add(at, &net, 2);
    assert_true(balance_error(at) == 0);
    balance_free(at);
}

static void test_a_quantity_has_no_classes_to_balance(void **state)
{
    (void)state;
    train_error error;
    balance *made = NULL;
    const source quantities = {.count = 7};
    const sample_list without = {.source = &quantities, .numbers = numbers, .count = 6};
    assert_fails(balance_new(&without, 1, &made, &error), CAVIAR_INVALID, &error,
                 "--class-weights balanced needs classes");
    assert_null(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_weight_is_the_share_that_a_sample_lacks),
        cmocka_unit_test(test_the_balanced_error_is_the_mean_over_the_classes),
        cmocka_unit_test(test_a_quantity_has_no_classes_to_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
