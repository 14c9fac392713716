/**
 * train.c: temporary folders, and data to learn.
 */
#include "support/train.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

void test_folder_make(char ret_path[64])
{
    snprintf(ret_path, 64, "/tmp/caviar-train-test-XXXXXX");
    assert_non_null(mkdtemp(ret_path));
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *level)
{
    (void)about, (void)kind, (void)level;
    return remove(path);
}

void test_folder_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void test_file_write(const char *folder, const char *name, const void *bytes, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void test_file_write_gzip(const char *folder, const char *name, const void *bytes, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), (int)size);
    assert_int_equal(gzclose(file), Z_OK);
}

char *test_file_read(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    bytes[size] = '\0';
    fclose(file);
    *ret_size = (size_t)size;
    return bytes;
}

static size_t put_size(uint8_t *at, size_t size)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(size >> (24 - 8 * i));
    return 4;
}

void test_images_write(const char *folder, const char *prefix, size_t count, uint64_t seed)
{
    enum { SIDE = 6, HEADER = 16 };
    rng random = {.stream = rng_stream_of(seed, RNG_TEST, 0, 0)};
    uint8_t *images = calloc(HEADER + count * SIDE * SIDE, 1), *labels = calloc(8 + count, 1);
    assert_true(images && labels);
    memcpy(images, (uint8_t[4]){0, 0, 8, 3}, 4);
    memcpy(labels, (uint8_t[4]){0, 0, 8, 1}, 4);
    put_size(images + 4, count);
    put_size(images + 8, SIDE);
    put_size(images + 12, SIDE);
    put_size(labels + 4, count);
    for (size_t i = 0; i < count; i++) {
        size_t label = i % 4, row = label / 2 * 3, column = label % 2 * 3;
        uint8_t *pixels = images + HEADER + i * SIDE * SIDE;
        labels[8 + i] = (uint8_t)label;
        for (size_t k = 0; k < SIDE * SIDE; k++) {
            bool inside = k / SIDE - row < 3 && k % SIDE - column < 3;
            pixels[k] = (uint8_t)((inside ? 128 : 0) + rng_below(&random, 100));
        }
    }
    char name[64];
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", prefix);
    test_file_write(folder, name, images, HEADER + count * SIDE * SIDE);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", prefix);
    test_file_write(folder, name, labels, 8 + count);
    free(images);
    free(labels);
}
