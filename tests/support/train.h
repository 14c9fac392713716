/**
 * train.h: what the tests of the trainer share: small networks, random arrays, temporary folders
 * with data in them.
 */
#ifndef CAV_TESTS_SUPPORT_TRAIN_H
#define CAV_TESTS_SUPPORT_TRAIN_H

#include "support/test.h"

#include "trainer/error.h"
#include "trainer/real.h"
#include "trainer/rng.h"

#include <stdlib.h>
#include <string.h>

/** Passes if the call answers CAVIAR_OK; prints the trainer's sentence if it does not. */
#define assert_fine(call, error)                                                                   \
    do {                                                                                           \
        if ((call) != CAVIAR_OK)                                                                   \
            fail_msg("%s: %s", #call, (error)->sentence);                                          \
    } while (0)

/** Passes if the call fails with that code and a sentence that contains `piece`. */
#define assert_fails(call, code, error, piece)                                                     \
    do {                                                                                           \
        assert_string_equal(caviar_code_name(call), caviar_code_name(code));                       \
        assert_contains((error)->sentence, piece);                                                 \
    } while (0)

/** An array of `count` numbers, normal with that deviation, for `free`. */
static inline real *random_reals(rng *random, size_t count, double deviation)
{
    real *array = malloc((count + 1) * sizeof *array);
    assert_non_null(array);
    for (size_t i = 0; i < count; i++)
        array[i] = (real)(deviation * rng_normal(random));
    return array;
}

static inline real *copy_reals(const real *from, size_t count)
{
    real *array = malloc((count + 1) * sizeof *array);
    assert_non_null(array);
    memcpy(array, from, count * sizeof *array);
    return array;
}

/** A temporary folder, from its making to its removal with all that is in it. */
void test_folder_make(char ret_path[64]);
void test_folder_remove(const char *path);

/** Writes `size` bytes to FOLDER/NAME. */
void test_file_write(const char *folder, const char *name, const void *bytes, size_t size);

/** The same, compressed with gzip. */
void test_file_write_gzip(const char *folder, const char *name, const void *bytes, size_t size);

/** Reads a file into memory for `free`; a NUL stands behind its end. */
char *test_file_read(const char *path, size_t *ret_size);

/**
 * Writes IDX files of `count` images of 6 x 6 bytes in 4 classes to FOLDER, named as MNIST's:
 * PREFIX is "train" or "t10k". A bright square stands in the quarter that the class names, among
 * noise; a fair network learns them without error.
 */
void test_images_write(const char *folder, const char *prefix, size_t count, uint64_t seed);

#endif
