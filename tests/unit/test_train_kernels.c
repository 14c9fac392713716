/**
 * test_train_kernels.c: the fast kernels against the plain ones, for every instruction set that
 * this processor has, at odd sizes. Compiled for float and for double.
 */
#include "support/train.h"

#include "trainer/kernels.h"

#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef TRAIN_DOUBLE
static const double tolerance = 1e-12;
#else
static const double tolerance = 2e-5;
#endif

enum { SEED = 11 };

static const size_t rows[] = {1, 2, 3, 61};
static const size_t columns[] = {1, 3, 10, 16, 67};

#define EACH(item, array)                                                                          \
    const size_t *item = array;                                                                    \
    item < array + sizeof array / sizeof array[0];                                                 \
    item++

// Passes if two arrays differ by at most `tolerance`, relative to what is large.
static void assert_close(const char *what, const char *table, const real *a, const real *b,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double x = (double)a[i], y = (double)b[i];
        if (!(fabs(x - y) <= tolerance * (1 + fabs(y))))
            fail_msg("%s of %s differs at %zu: %.9g, plain %.9g (seed %d)", what, table, i, x, y,
                     SEED);
    }
}

// A stage with arrays of its own.
typedef struct bench {
    stage stage;
    real *da;
    real *arrays[16];
    size_t array_count;
} bench;

static real *array_of(bench *at, rng *random, size_t count, double deviation)
{
    assert_true(at->array_count < sizeof at->arrays / sizeof at->arrays[0]);
    return at->arrays[at->array_count++] = random_reals(random, count, deviation);
}

static bench bench_make(size_t m, size_t n, activation kind, bool norm, double dropout)
{
    rng random = {.stream = rng_stream_of(SEED, RNG_TEST, m * 1000 + n, 0)};
    bench at = {.stage = {.n = n, .activation = kind, .dropout = dropout}};
    stage *s = &at.stage;
    s->mask = rng_stream_of(SEED, RNG_DROPOUT, 5, 1);
    s->epsilon = 1e-5;
    s->new_weight = 0.1;
    s->z = array_of(&at, &random, m * n, 2);
    s->a = array_of(&at, &random, m * n, 1);
    s->slope = array_of(&at, &random, m * n, 1);
    s->scratch = array_of(&at, &random, 2 * n, 1);
    at.da = array_of(&at, &random, m * n, 1);
    if (norm) {
        s->gamma = array_of(&at, &random, n, 1);
        s->beta = array_of(&at, &random, n, 1);
        s->dgamma = array_of(&at, &random, n, 1);
        s->dbeta = array_of(&at, &random, n, 1);
        s->mean = array_of(&at, &random, n, 1);
        s->sigma = array_of(&at, &random, n, 1);
        s->running_mean = array_of(&at, &random, n, 1);
        s->running_variance = array_of(&at, &random, n, 1);
        for (size_t j = 0; j < n; j++)
            s->running_variance[j] = (real)fabs((double)s->running_variance[j]) + 1;
    } else {
        s->bias = array_of(&at, &random, n, 1);
        s->dbias = array_of(&at, &random, n, 1);
    }
    return at;
}

static void bench_free(bench *at)
{
    for (size_t i = 0; i < at->array_count; i++)
        free(at->arrays[i]);
}

static void compare_stages(const kernels *table, size_t m, size_t n, activation kind, bool norm,
                           double dropout)
{
    bench fast = bench_make(m, n, kind, norm, dropout);
    bench plain = bench_make(m, n, kind, norm, dropout);
    table->stage_forward(&fast.stage, m);
    kernels_plain.stage_forward(&plain.stage, m);
    assert_close("a", table->name, fast.stage.a, plain.stage.a, m * n);
    assert_close("slope", table->name, fast.stage.slope, plain.stage.slope, m * n);
    table->stage_backward(&fast.stage, m, fast.da);
    kernels_plain.stage_backward(&plain.stage, m, plain.da);
    assert_close("dz", table->name, fast.da, plain.da, m * n);
    if (norm) {
        assert_close("x", table->name, fast.stage.z, plain.stage.z, m * n);
        assert_close("dgamma", table->name, fast.stage.dgamma, plain.stage.dgamma, n);
        assert_close("dbeta", table->name, fast.stage.dbeta, plain.stage.dbeta, n);
        assert_close("mean", table->name, fast.stage.running_mean, plain.stage.running_mean, n);
        assert_close("variance", table->name, fast.stage.running_variance,
                     plain.stage.running_variance, n);
    } else {
        assert_close("dbias", table->name, fast.stage.dbias, plain.stage.dbias, n);
    }
    bench_free(&fast);
    bench_free(&plain);
}

static void test_stages_agree_in_training(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++)
        for (EACH(m, rows))
            for (EACH(n, columns))
                for (activation kind = ACTIVATION_NONE; kind < ACTIVATION_COUNT; kind++)
                    for (int variant = 0; variant < 4; variant++)
                        if (*m >= 2 || variant % 2 == 0)
                            compare_stages(kernels_at(t), *m, *n, kind, variant % 2,
                                           variant / 2 * 0.3);
}

static void test_stages_agree_at_test_time(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        for (EACH(m, rows)) {
            for (int variant = 0; variant < 2 * ACTIVATION_COUNT; variant++) {
                activation kind = (activation)(variant / 2);
                bench fast = bench_make(*m, 67, kind, variant % 2, 0);
                bench plain = bench_make(*m, 67, kind, variant % 2, 0);
                kernels_at(t)->stage_evaluate(&fast.stage, *m);
                kernels_plain.stage_evaluate(&plain.stage, *m);
                assert_close("a", kernels_at(t)->name, fast.stage.a, plain.stage.a, *m * 67);
                bench_free(&fast);
                bench_free(&plain);
            }
        }
    }
}

static void test_dropout_masks_are_the_same_bit_for_bit(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        bench fast = bench_make(61, 67, ACTIVATION_NONE, false, 0.25);
        bench plain = bench_make(61, 67, ACTIVATION_NONE, false, 0.25);
        kernels_at(t)->stage_forward(&fast.stage, 61);
        kernels_plain.stage_forward(&plain.stage, 61);
        size_t dropped = 0;
        for (size_t i = 0; i < 61 * 67; i++) {
            bool is_zero = fast.stage.slope[i] == 0;
            assert_int_equal(is_zero, plain.stage.slope[i] == 0);
            assert_true(is_zero || fabs((double)fast.stage.slope[i] - 4.0 / 3) < 1e-6);
            dropped += is_zero;
        }
        double expected = 0.25 * 61 * 67, deviation = sqrt(expected * 0.75);
        assert_near((double)dropped, expected, 4 * deviation);
        bench_free(&fast);
        bench_free(&plain);
    }
}

static void test_dropout_at_the_ends_of_its_range(void **state)
{
    (void)state;
    static const double ends[] = {1e-300, 1e-17, 1 - 0x1p-53};
    for (size_t t = 0; kernels_at(t); t++) {
        for (size_t i = 0; i < 3; i++) {
            bench at = bench_make(3, 10, ACTIVATION_NONE, false, ends[i]);
            kernels_at(t)->stage_forward(&at.stage, 3);
            for (size_t k = 0; k < 30; k++)
                assert_true(at.stage.slope[k] == (ends[i] < 0.5 ? 1 : 0));
            bench_free(&at);
        }
    }
}

static void test_nan_is_not_hidden_by_any_activation(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        for (activation kind = ACTIVATION_NONE; kind < ACTIVATION_COUNT; kind++) {
            bench at = bench_make(3, 10, kind, false, 0);
            at.stage.z[7] = (real)NAN;
            kernels_at(t)->stage_forward(&at.stage, 3);
            assert_true(isnan((double)at.stage.a[7]));
            kernels_at(t)->stage_evaluate(&at.stage, 3);
            assert_true(isnan((double)at.stage.a[7]));
            bench_free(&at);
        }
    }
}

static void test_activations_agree_far_from_zero(void **state)
{
    (void)state;
    static const double far[] = {-1e4, -700, -90, -30, -5, -1e-6, 0, 1e-6, 5, 30, 90, 700, 1e4};
    enum { COUNT = sizeof far / sizeof far[0] };
    for (size_t t = 0; kernels_at(t); t++) {
        for (activation kind = ACTIVATION_NONE; kind < ACTIVATION_COUNT; kind++) {
            bench fast = bench_make(1, COUNT, kind, false, 0);
            bench plain = bench_make(1, COUNT, kind, false, 0);
            for (size_t i = 0; i < COUNT; i++)
                fast.stage.z[i] = plain.stage.z[i] = (real)far[i];
            memcpy((void *)(uintptr_t)plain.stage.bias, fast.stage.bias, COUNT * sizeof(real));
            kernels_at(t)->stage_forward(&fast.stage, 1);
            kernels_plain.stage_forward(&plain.stage, 1);
            assert_close("a", kernels_at(t)->name, fast.stage.a, plain.stage.a, COUNT);
            assert_close("slope", kernels_at(t)->name, fast.stage.slope, plain.stage.slope, COUNT);
            bench_free(&fast);
            bench_free(&plain);
        }
    }
}

static void compare_products(const kernels *table, size_t m, size_t k, size_t n)
{
    rng random = {.stream = rng_stream_of(SEED, RNG_TEST, m + k, (uint32_t)n)};
    real *x = random_reals(&random, m * k, 1), *w = random_reals(&random, k * n, 1);
    real *dz = random_reals(&random, m * n, 1);
    real *fast[3] = {random_reals(&random, m * n, 1), random_reals(&random, k * n, 1),
                     random_reals(&random, m * k, 1)};
    real *plain[3] = {random_reals(&random, m * n, 1), random_reals(&random, k * n, 1),
                      random_reals(&random, m * k, 1)};
    table->linear_forward(m, k, n, x, w, fast[0]);
    kernels_plain.linear_forward(m, k, n, x, w, plain[0]);
    table->linear_backward(m, k, n, x, w, dz, fast[1], fast[2]);
    kernels_plain.linear_backward(m, k, n, x, w, dz, plain[1], plain[2]);
    assert_close("z", table->name, fast[0], plain[0], m * n);
    assert_close("dw", table->name, fast[1], plain[1], k * n);
    assert_close("dx", table->name, fast[2], plain[2], m * k);
    memset(fast[1], 0, k * n * sizeof(real));
    table->linear_backward(m, k, n, x, w, dz, fast[1], NULL);
    assert_close("dw without dx", table->name, fast[1], plain[1], k * n);
    for (size_t i = 0; i < 3; i++) {
        free(fast[i]);
        free(plain[i]);
    }
    free(x);
    free(w);
    free(dz);
}

static void test_products_agree(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++)
        for (EACH(m, rows))
            for (EACH(k, columns))
                for (EACH(n, columns))
                    compare_products(kernels_at(t), *m, *k, *n);
}

// Wider and deeper than what avx512.c does in one go, on either side of each of its limits.
static void test_products_agree_across_panels_and_blocks(void **state)
{
    (void)state;
    static const size_t shapes[][3] = {{7, 255, 63},  {5, 256, 64},   {6, 257, 65},
                                       {191, 31, 33}, {193, 40, 129}, {300, 260, 130}};
    for (size_t t = 0; kernels_at(t); t++)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
            compare_products(kernels_at(t), shapes[i][0], shapes[i][1], shapes[i][2]);
}

// An array between two pages that cannot be touched, against the one behind it or before it.
typedef struct guarded {
    real *at;
    char *pages;
    size_t size; // of all pages
} guarded;

static guarded guarded_make(size_t count, bool behind, rng *random)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = count * sizeof(real);
    size_t room = (bytes + page - 1) / page * page;
    guarded made = {.size = room + 2 * page};
    made.pages = mmap(NULL, made.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(made.pages != MAP_FAILED);
    assert_int_equal(mprotect(made.pages + page, room, PROT_READ | PROT_WRITE), 0);
    made.at = (real *)(void *)(made.pages + page + (behind ? room - bytes : 0));
    for (size_t i = 0; i < count; i++)
        made.at[i] = (real)rng_normal(random);
    return made;
}

// The products are not compiled with the sanitizers: a step over the edge ends this program.
static void test_products_touch_nothing_beyond_their_arrays(void **state)
{
    (void)state;
    static const size_t shapes[][3] = {{1, 1, 1},   {2, 3, 10},    {3, 67, 16},  {61, 16, 67},
                                       {64, 33, 3}, {61, 300, 65}, {200, 17, 70}};
    for (size_t t = 0; kernels_at(t); t++) {
        for (size_t i = 0; i < 2 * sizeof shapes / sizeof shapes[0]; i++) {
            size_t m = shapes[i / 2][0], k = shapes[i / 2][1], n = shapes[i / 2][2];
            size_t counts[] = {m * k, k * n, m * n, k * n, m * k};
            rng random = {.stream = rng_stream_of(SEED, RNG_TEST, i, 1)};
            guarded arrays[5]; // x, w, z and then dz, dw, dx
            for (size_t a = 0; a < 5; a++)
                arrays[a] = guarded_make(counts[a], i % 2, &random);
            kernels_at(t)->linear_forward(m, k, n, arrays[0].at, arrays[1].at, arrays[2].at);
            kernels_at(t)->linear_backward(m, k, n, arrays[0].at, arrays[1].at, arrays[2].at,
                                           arrays[3].at, arrays[4].at);
            for (size_t a = 0; a < 5; a++)
                assert_int_equal(munmap(arrays[a].pages, arrays[a].size), 0);
        }
    }
}

static void test_softmax_agrees_and_sums_to_one(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        for (EACH(m, rows)) {
            const size_t n = 10;
            rng random = {.stream = rng_stream_of(SEED, RNG_TEST, *m, 9)};
            real *fast = random_reals(&random, *m * n, 5), *plain = copy_reals(fast, *m * n);
            uint16_t labels[61];
            for (size_t i = 0; i < *m; i++)
                labels[i] = (uint16_t)rng_below(&random, n);
            totals a = {0}, b = {0};
            kernels_at(t)->softmax_forward(*m, n, fast, labels, &a);
            kernels_plain.softmax_forward(*m, n, plain, labels, &b);
            assert_near(a.loss, b.loss, tolerance * (1 + b.loss));
            assert_int_equal(a.wrong, b.wrong);
            assert_int_equal(a.count, *m);
            for (size_t i = 0; i < *m; i++) {
                double all = 0;
                for (size_t j = 0; j < n; j++)
                    all += (double)fast[i * n + j];
                assert_near(all, 1, tolerance);
            }
            kernels_at(t)->softmax_backward(*m, n, fast, labels);
            kernels_plain.softmax_backward(*m, n, plain, labels);
            assert_close("dlogits", kernels_at(t)->name, fast, plain, *m * n);
            free(fast);
            free(plain);
        }
    }
}

static void test_softmax_of_huge_logits_is_finite_and_of_nan_is_not(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        real p[6] = {30000, -30000, 0, 1, (real)NAN, 2};
        uint16_t labels[2] = {1, 0};
        totals sum = {0};
        kernels_at(t)->softmax_forward(1, 3, p, labels, &sum);
        assert_near(sum.loss, 60000, 1e-3);
        assert_int_equal(sum.wrong, 1);
        kernels_at(t)->softmax_forward(1, 3, p + 3, labels + 1, &sum);
        assert_true(isnan(sum.loss));
    }
}

static void test_updates_agree(void **state)
{
    (void)state;
    const update step = {.rate = (real)0.1,
                         .beta1 = (real)0.9,
                         .beta2 = (real)0.99,
                         .new1 = (real)0.1,
                         .new2 = (real)0.01,
                         .root_scale = 3,
                         .epsilon = (real)1e-3,
                         .l2 = (real)0.01};
    for (size_t t = 0; kernels_at(t); t++) {
        for (EACH(count, columns)) {
            for (optimizer_kind kind = OPTIMIZER_SGD; kind < OPTIMIZER_COUNT; kind++) {
                rng random = {.stream = rng_stream_of(SEED, RNG_TEST, *count, kind)};
                real *fast[3], *plain[3], *g = random_reals(&random, *count, 1);
                for (size_t i = 0; i < 3; i++) {
                    fast[i] = random_reals(&random, *count, 1);
                    for (size_t k = 0; k < *count; k++) // mean squares are not negative
                        fast[i][k] = (real)fabs((double)fast[i][k]);
                    plain[i] = copy_reals(fast[i], *count);
                }
                kernels_at(t)->update[kind](&step, *count, fast[0], g, fast[1], fast[2]);
                kernels_plain.update[kind](&step, *count, plain[0], g, plain[1], plain[2]);
                for (size_t i = 0; i < 3; i++) {
                    assert_close(optimizer_words[kind], kernels_at(t)->name, fast[i], plain[i],
                                 *count);
                    free(fast[i]);
                    free(plain[i]);
                }
                free(g);
            }
        }
    }
}

static void test_byte_sums_are_exact_and_bytes_are_normalised(void **state)
{
    (void)state;
    enum { COUNT = 200001 }; // more than a piece of 2^16
    rng random = {.stream = rng_stream_of(SEED, RNG_TEST, 0, 0)};
    uint8_t *bytes = malloc(COUNT);
    real *x = malloc(COUNT * sizeof *x);
    assert_true(bytes && x);
    for (size_t i = 0; i < COUNT; i++)
        bytes[i] = (uint8_t)(i < 70000 ? 255 : rng_below(&random, 256));
    uint64_t sum = 0, squares = 0;
    for (size_t i = 0; i < COUNT; i++) {
        sum += bytes[i];
        squares += (uint64_t)bytes[i] * bytes[i];
    }
    for (size_t t = 0; kernels_at(t); t++) {
        uint64_t a = 1, b = 2;
        kernels_at(t)->add_bytes(COUNT, bytes, &a, &b);
        assert_int_equal(a, sum + 1);
        assert_int_equal(b, squares + 2);
        kernels_at(t)->normalize_bytes(COUNT, bytes, (real)0.5, -3, x);
        for (size_t i = 0; i < COUNT; i++)
            assert_true(x[i] == (real)0.5 * (real)bytes[i] - 3);
    }
    free(bytes);
    free(x);
}

static void test_tables_are_found_by_their_words(void **state)
{
    (void)state;
    assert_ptr_equal(kernels_find("auto"), kernels_at(0));
    assert_ptr_equal(kernels_find("plain"), &kernels_plain);
    assert_ptr_equal(kernels_find("basic"), &kernels_basic);
    assert_null(kernels_find("avx1024"));
}

int main(void)
{
    print_message("# seed %d\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages_agree_in_training),
        cmocka_unit_test(test_stages_agree_at_test_time),
        cmocka_unit_test(test_dropout_masks_are_the_same_bit_for_bit),
        cmocka_unit_test(test_dropout_at_the_ends_of_its_range),
        cmocka_unit_test(test_nan_is_not_hidden_by_any_activation),
        cmocka_unit_test(test_activations_agree_far_from_zero),
        cmocka_unit_test(test_products_agree),
        cmocka_unit_test(test_products_agree_across_panels_and_blocks),
        cmocka_unit_test(test_products_touch_nothing_beyond_their_arrays),
        cmocka_unit_test(test_softmax_agrees_and_sums_to_one),
        cmocka_unit_test(test_softmax_of_huge_logits_is_finite_and_of_nan_is_not),
        cmocka_unit_test(test_updates_agree),
        cmocka_unit_test(test_byte_sums_are_exact_and_bytes_are_normalised),
        cmocka_unit_test(test_tables_are_found_by_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
