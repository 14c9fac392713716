/**
 * test_train_training.c: training as a whole: what it learns, what is the same twice, where it goes
 * on from, and how mini-batches, epochs and reports fall.
 */
#include "support/train.h"

#include "trainer/checkpoint.h"

#include <math.h>
#include <stdio.h>

static const hyper usual = {.lr = 0.05,
                            .momentum = 0.9,
                            .beta1 = 0.9,
                            .beta2 = 0.999,
                            .epsilon = 1e-8,
                            .l2 = 1e-4,
                            .dropout = 0.1};

// A folder, a data set in it, and what trainings are made of.
typedef struct bench {
    char folder[64];
    data *data;
    training_options options;
    hyper hyper;
    architecture shape;
} bench;

static int set_up(void **state)
{
    train_error error;
    bench *at = calloc(1, sizeof *at);
    assert_non_null(at);
    test_folder_make(at->folder);
    test_images_write(at->folder, "train", 350, 1);
    data_options options = {.path = at->folder, .validation = 100};
    assert_fine(data_open(&options, &at->data, &error), &error);
    at->options = (training_options){.seed = 1,
                                     .batch = 32,
                                     .epochs = 4,
                                     .report_every = 1,
                                     .schedule = {DECAY_COSINE, 1, 4},
                                     .optimizer = OPTIMIZER_MOMENTUM};
    at->hyper = usual;
    at->shape = (architecture){.in = 36,
                               .classes = 4,
                               .hidden_count = 2,
                               .units = {20, 10},
                               .activation = ACTIVATION_RELU,
                               .batch_norm = true,
                               .norm_epsilon = 1e-5,
                               .norm_new_weight = 0.1};
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    bench *at = *state;
    data_close(at->data);
    test_folder_remove(at->folder);
    free(at);
    return 0;
}

static training *make_training(const bench *at)
{
    train_error error;
    training *made;
    assert_fine(training_new(&at->options, &at->hyper, &at->shape, INIT_HE, kernels_at(0), at->data,
                             &made, &error),
                &error);
    return made;
}

static void train_steps(training *at, size_t count)
{
    for (size_t i = 0; i < count && !training_is_done(at); i++) {
        assert_true(training_step(at));
        if (training_is_due(at))
            training_count_report(at, (score){0});
    }
}

static void assert_same(const training *a, const training *b)
{
    const network *x = a->net, *y = b->net;
    assert_memory_equal(x->parameters, y->parameters, x->parameter_count * sizeof(real));
    assert_memory_equal(x->running, y->running, x->running_count * sizeof(real));
    for (size_t i = 0; i < a->optimizer->moment_count; i++)
        assert_memory_equal(a->optimizer->moments[i], b->optimizer->moments[i],
                            x->parameter_count * sizeof(real));
    assert_memory_equal(&a->progress, &b->progress, sizeof a->progress);
}

static void test_the_same_seed_gives_the_same_weights_and_another_others(void **state)
{
    bench *at = *state;
    training *a = make_training(at), *b = make_training(at);
    at->options.seed = 2;
    training *c = make_training(at);
    train_steps(a, 100);
    train_steps(b, 100);
    train_steps(c, 100);
    assert_same(a, b);
    assert_memory_not_equal(a->net->parameters, c->net->parameters,
                            a->net->parameter_count * sizeof(real));
    training_free(a);
    training_free(b);
    training_free(c);
}

// At every mini-batch of two epochs: a training that is saved, read into another one and goes on
// has the same bits as one that was never interrupted.
static void test_a_checkpoint_at_any_mini_batch_goes_on_bit_for_bit(void **state)
{
    bench *at = *state;
    char path[80];
    train_error error;
    at->options.epochs = 2;
    snprintf(path, sizeof path, "%s/checkpoint", at->folder);
    for (int variant = 0; variant < 2 * OPTIMIZER_COUNT; variant++) {
        optimizer_kind kind = (optimizer_kind)(variant / 2);
        at->shape.batch_norm = variant % 2;
        at->options.optimizer = kind;
        at->hyper.lr = kind == OPTIMIZER_ADAM || kind == OPTIMIZER_RMSPROP ? 0.001 : 0.05;
        training *whole = make_training(at);
        train_steps(whole, SIZE_MAX);
        for (size_t cut = 0; cut <= 16; cut++) {
            training *first = make_training(at), *second = make_training(at);
            train_steps(first, cut);
            assert_fine(checkpoint_write(path, first, &at->hyper, &error), &error);
            train_steps(second, 3); // what it was before must not matter
            assert_fine(checkpoint_read(path, second, &at->hyper, &error), &error);
            assert_same(first, second);
            train_steps(second, SIZE_MAX);
            assert_same(whole, second);
            training_free(first);
            training_free(second);
        }
        training_free(whole);
    }
}

static double validation_error(training *at)
{
    totals sum = training_evaluate(at, data_validation(at->data)).sum;
    assert_int_equal(sum.count, 100);
    return (double)sum.wrong / (double)sum.count;
}

// Passes if a network learns the images, with and without batch normalisation.
static void assert_learns(bench *at, activation kind, optimizer_kind how)
{
    static const double rates[] = {[OPTIMIZER_SGD] = 0.3,
                                   [OPTIMIZER_MOMENTUM] = 0.05,
                                   [OPTIMIZER_RMSPROP] = 0.01,
                                   [OPTIMIZER_ADAM] = 0.01};
    at->hyper.dropout = 0;
    at->hyper.lr = rates[how];
    at->options.epochs = 15;
    at->options.schedule.epochs = 15;
    at->options.optimizer = how;
    at->shape.activation = kind;
    for (int batch_norm = 0; batch_norm < 2; batch_norm++) {
        at->shape.batch_norm = batch_norm;
        training *made = make_training(at);
        train_steps(made, SIZE_MAX);
        if (validation_error(made) > 0.02)
            fail_msg("%s with %s, batch norm %d: error %g", activation_words[kind],
                     optimizer_words[how], batch_norm, validation_error(made));
        training_free(made);
    }
}

static void test_every_activation_learns_the_images(void **state)
{
    for (activation kind = ACTIVATION_RELU; kind < ACTIVATION_COUNT; kind++)
        assert_learns(*state, kind, OPTIMIZER_MOMENTUM);
}

static void test_every_optimizer_learns_the_images(void **state)
{
    for (optimizer_kind how = OPTIMIZER_SGD; how < OPTIMIZER_COUNT; how++)
        assert_learns(*state, ACTIVATION_RELU, how);
}

static void test_xor_is_learned(void **state)
{
    bench *at = *state;
    train_error error;
    char path[80], text[900] = "a,b,c\n";
    for (int i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,%d,%d\n", i % 2, i / 2 % 2,
                 (i ^ i / 2) % 2);
    test_file_write(at->folder, "xor.csv", text, strlen(text));
    snprintf(path, sizeof path, "%s/xor.csv", at->folder);
    data_close(at->data);
    data_options options = {.path = path, .target = "c", .validation = 0};
    assert_fine(data_open(&options, &at->data, &error), &error);
    at->shape = (architecture){.in = 2,
                               .classes = 2,
                               .hidden_count = 1,
                               .units = {8},
                               .activation = ACTIVATION_TANH,
                               .norm_epsilon = 1e-5,
                               .norm_new_weight = 0.1};
    at->options.batch = 4;
    at->options.epochs = 60;
    at->options.schedule = (schedule){.decay = DECAY_NONE};
    at->hyper = (hyper){.lr = 0.1, .momentum = 0.9};
    training *made = make_training(at);
    train_steps(made, SIZE_MAX);
    totals sum = training_evaluate(made, data_training(at->data)).sum;
    assert_int_equal(sum.wrong, 0);
    assert_true(sum.loss / 40 < 0.05);
    training_free(made);
}

static void test_an_epoch_uses_every_sample_once(void **state)
{
    bench *at = *state;
    training *made = make_training(at);
    train_steps(made, 8); // 250 samples in mini-batches of 32
    assert_int_equal(made->progress.epoch, 1);
    assert_int_equal(made->progress.update, 8);
    bool seen[350] = {false};
    for (size_t i = 0; i < 250; i++) {
        assert_false(seen[made->order[i]]);
        seen[made->order[i]] = true;
    }
    for (size_t i = 0; i < 100; i++)
        assert_false(seen[data_validation(at->data)->numbers[i]]);
    training_free(made);
}

static void test_a_remainder_of_one_joins_the_mini_batch_before_it(void **state)
{
    bench *at = *state;
    at->options.batch = 83; // 250 = 3 * 83 + 1
    training *made = make_training(at);
    train_steps(made, 2);
    assert_int_equal(made->progress.sample, 166);
    train_steps(made, 1);
    assert_int_equal(made->progress.epoch, 1);
    assert_int_equal(made->progress.sample, 0);
    training_free(made);
    at->shape.batch_norm = false; // which alone cannot take it
    made = make_training(at);
    train_steps(made, 3);
    assert_int_equal(made->progress.sample, 249);
    training_free(made);
}

static void test_a_remainder_of_more_is_a_mini_batch_of_its_own(void **state)
{
    bench *at = *state;
    at->options.batch = 124; // 250 = 2 * 124 + 2
    training *made = make_training(at);
    train_steps(made, 2);
    assert_int_equal(made->progress.sample, 248);
    train_steps(made, 1);
    assert_int_equal(made->progress.epoch, 1);
    training_free(made);
}

static void test_a_batch_larger_than_the_data_is_all_of_them(void **state)
{
    bench *at = *state;
    at->options.batch = 100000;
    training *made = make_training(at);
    train_steps(made, 1);
    assert_int_equal(made->progress.epoch, 1);
    training_free(made);
}

static void test_reports_are_spread_over_the_epoch(void **state)
{
    bench *at = *state;
    at->options.report_every = 4; // 8 mini-batches of 32: due at 63, 125, 188, 250
    training *made = make_training(at);
    const bool due[] = {false, true, false, true, false, true, false, true};
    for (size_t i = 0; i < 16; i++) {
        assert_true(training_step(made));
        assert_int_equal(training_is_due(made), due[i % 8]);
        if (due[i % 8])
            training_count_report(made, (score){0});
    }
    assert_int_equal(made->progress.step, 8);
    training_free(made);
}

static void test_more_reports_than_mini_batches_are_refused(void **state)
{
    bench *at = *state;
    train_error error;
    training *made = NULL;
    at->options.report_every = 9;
    assert_fails(training_new(&at->options, &at->hyper, &at->shape, INIT_HE, kernels_at(0),
                              at->data, &made, &error),
                 CAVIAR_INVALID, &error, "--report-every 9 is more than the 8 mini-batches");
    assert_null(made);
}

static void test_a_changed_rate_acts_on_the_next_mini_batch(void **state)
{
    bench *at = *state;
    at->options.schedule = (schedule){.decay = DECAY_NONE};
    training *made = make_training(at);
    train_steps(made, 5);
    size_t count = made->net->parameter_count;
    real *before = copy_reals(made->net->parameters, count);
    made->hyper.lr = 1e-30;
    train_steps(made, 1);
    assert_memory_equal(made->net->parameters, before, count * sizeof(real));
    made->hyper.lr = 0.05;
    train_steps(made, 1);
    assert_memory_not_equal(made->net->parameters, before, count * sizeof(real));
    free(before);
    training_free(made);
}

static void test_the_rate_falls_within_an_epoch(void **state)
{
    bench *at = *state;
    training *made = make_training(at);
    assert_near(training_rate(made), 0.05, 1e-15);
    train_steps(made, 8 + 4); // an epoch and 128 of 250 samples, of four epochs
    assert_near(training_rate(made), 0.05 * (1 + cos(M_PI * (1 + 128.0 / 250) / 4)) / 2, 1e-15);
    training_free(made);
}

static void test_a_loss_that_is_not_finite_is_told(void **state)
{
    bench *at = *state;
    at->shape.batch_norm = false;
    at->hyper.lr = 1000;
    at->options.schedule = (schedule){.decay = DECAY_NONE};
    training *made = make_training(at);
    bool finite = true;
    for (size_t i = 0; i < 32 && finite; i++)
        finite = training_step(made);
    assert_false(finite);
    training_free(made);
}

static void test_dropout_is_off_at_test_time(void **state)
{
    bench *at = *state;
    at->hyper.dropout = 0.9;
    training *made = make_training(at);
    train_steps(made, 8);
    totals a = training_evaluate(made, data_validation(at->data)).sum;
    totals b = training_evaluate(made, data_validation(at->data)).sum;
    assert_true(a.loss == b.loss);
    training_free(made);
}

#define IN_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_BENCH(test_the_same_seed_gives_the_same_weights_and_another_others),
        IN_BENCH(test_a_checkpoint_at_any_mini_batch_goes_on_bit_for_bit),
        IN_BENCH(test_every_activation_learns_the_images),
        IN_BENCH(test_every_optimizer_learns_the_images),
        IN_BENCH(test_xor_is_learned),
        IN_BENCH(test_an_epoch_uses_every_sample_once),
        IN_BENCH(test_a_remainder_of_one_joins_the_mini_batch_before_it),
        IN_BENCH(test_a_remainder_of_more_is_a_mini_batch_of_its_own),
        IN_BENCH(test_a_batch_larger_than_the_data_is_all_of_them),
        IN_BENCH(test_reports_are_spread_over_the_epoch),
        IN_BENCH(test_more_reports_than_mini_batches_are_refused),
        IN_BENCH(test_a_changed_rate_acts_on_the_next_mini_batch),
        IN_BENCH(test_the_rate_falls_within_an_epoch),
        IN_BENCH(test_a_loss_that_is_not_finite_is_told),
        IN_BENCH(test_dropout_is_off_at_test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
