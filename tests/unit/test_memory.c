/**
 * test_memory.c: growing arrays and arenas, and what they do with sizes that cannot be.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

static void test_arrays_grow_by_doubling_and_keep_their_items(void **state)
{
    (void)state;
    int *items = NULL;
    size_t capacity = 0, before = 0, moves = 0;
    for (int i = 0; i < 100000; i++) {
        assert_true(CAV_GROW(&items, &capacity, (size_t)i + 1));
        moves += capacity != before;
        before = capacity;
        items[i] = i;
    }
    assert_true(moves < 20);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(items[i], i);
    assert_true(CAV_GROW(&items, &capacity, 5)); // there is room
    assert_int_equal(capacity, before);
    free(items);
}

static void test_sizes_that_cannot_be_leave_the_array_as_it_was(void **state)
{
    (void)state;
    double *items = NULL;
    size_t capacity = 0;
    assert_true(CAV_GROW(&items, &capacity, 3));
    items[2] = 7;
    double *same = items;
    size_t before = capacity;
    static const size_t absurd[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 8, SIZE_MAX / 16 + 1};
    for (size_t i = 0; i < CAV_COUNT_OF(absurd); i++) {
        assert_false(CAV_GROW(&items, &capacity, absurd[i]));
        assert_true(items == same && capacity == before && items[2] == 7);
    }
    free(items);
}

static void test_items_of_no_size_are_fine(void **state)
{
    (void)state;
    void *items = NULL;
    size_t capacity = 0;
    assert_true(cav_grow(&items, &capacity, 10, 0));
    assert_true(capacity >= 10);
    assert_true(cav_grow(&items, &capacity, 1000, 0));
    free(items);
}

static void test_copies_of_strings(void **state)
{
    (void)state;
    assert_null(cav_strdup(NULL));
    char *copy = cav_strdup("text");
    assert_string_equal(copy, "text");
    free(copy);
}

static void test_an_arena_gives_zeroed_aligned_memory_that_does_not_overlap(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1301), 0, CAV_PURPOSE_TEST, 0);
    cav_arena *arena = cav_arena_new();
    enum { PIECES = 2000 };
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = (size_t)cav_random_below(&random, i % 50 ? 200 : 20000);
        pieces[i] = cav_arena_alloc(arena, sizes[i], 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i % 251 + 1), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i % 251 + 1);
    cav_arena_free(arena);
    cav_arena_free(NULL);
}

static void test_an_arena_refuses_sizes_that_cannot_be(void **state)
{
    (void)state;
    cav_arena *arena = cav_arena_new();
    assert_null(cav_arena_alloc(arena, SIZE_MAX, 1));
    assert_null(cav_arena_alloc(arena, SIZE_MAX / 2, 16));
    assert_null(cav_arena_alloc(arena, 1ULL << 33, 1ULL << 33));
    assert_non_null(cav_arena_alloc(arena, 0, 8));
    assert_non_null(cav_arena_alloc(arena, 8, 0));
    assert_non_null(CAV_ARENA_NEW(arena, double, 3));
    cav_arena_free(arena);
}

static void test_texts_in_an_arena_end_with_nul(void **state)
{
    (void)state;
    cav_arena *arena = cav_arena_new();
    assert_string_equal(cav_arena_text(arena, "abcdef", 3), "abc");
    assert_string_equal(cav_arena_text(arena, "", 0), "");
    assert_string_equal(cav_arena_strdup(arena, "whole"), "whole");
    char *bytes = cav_arena_text(arena, "a\0b", 3);
    assert_memory_equal(bytes, "a\0b", 4);
    cav_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_grow_by_doubling_and_keep_their_items),
        cmocka_unit_test(test_sizes_that_cannot_be_leave_the_array_as_it_was),
        cmocka_unit_test(test_items_of_no_size_are_fine),
        cmocka_unit_test(test_copies_of_strings),
        cmocka_unit_test(test_an_arena_gives_zeroed_aligned_memory_that_does_not_overlap),
        cmocka_unit_test(test_an_arena_refuses_sizes_that_cannot_be),
        cmocka_unit_test(test_texts_in_an_arena_end_with_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
