/**
 * power_loss.c: files as a safe image and a list of the writes since.
 */
#include "support/power_loss.h"

#include "support/fault_vfs.h"
#include "support/test.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, MOST_FILES = 16 };

typedef struct change {
    int64_t offset; // of a write; the new size of a truncation
    char *data;     // NULL: a truncation
    size_t size;
} change;

typedef struct image {
    char *path;
    cav_text safe; // what is on the disk for sure
    change *changes;
    size_t change_count, change_capacity;
    bool exists, is_safe; // is there; its being there (or not) is on the disk
} image;

struct power_loss {
    image files[MOST_FILES];
    size_t count;
    fault_listener listener;
};

static image *image_of(power_loss *power, const char *path)
{
    for (size_t i = 0; i < power->count; i++)
        if (strcmp(power->files[i].path, path) == 0)
            return &power->files[i];
    assert_true(power->count < MOST_FILES);
    image *fresh = &power->files[power->count++];
    fresh->path = strdup(path);
    assert_non_null(fresh->path);
    return fresh;
}

static void forget_changes(image *file)
{
    for (size_t i = 0; i < file->change_count; i++)
        free(file->changes[i].data);
    file->change_count = 0;
}

static void add_change(image *file, int64_t offset, const void *data, size_t size)
{
    assert_true(CAV_GROW(&file->changes, &file->change_capacity, file->change_count + 1));
    change *fresh = &file->changes[file->change_count++];
    *fresh = (change){.offset = offset, .size = size};
    if (!data)
        return;
    fresh->data = malloc(size);
    assert_non_null(fresh->data);
    memcpy(fresh->data, data, size);
}

static void on_made(void *context, const char *path)
{
    image *file = image_of(context, path);
    forget_changes(file);
    if (!file->exists)
        file->is_safe = false;
    file->exists = true;
    cav_text_clear(&file->safe);
}

static void on_written(void *context, const char *path, int64_t offset, const void *data,
                       size_t size)
{
    add_change(image_of(context, path), offset, data, size);
}

static void on_truncated(void *context, const char *path, int64_t size)
{
    add_change(image_of(context, path), size, NULL, 0);
}

static void resize(cav_text *bytes, size_t size)
{
    static const char zeros[4096];
    while (bytes->size < size)
        cav_text_append_size(bytes, zeros,
                             size - bytes->size < sizeof zeros ? size - bytes->size : sizeof zeros);
    bytes->size = size;
}

// Applies a write, or those of its sectors that are drawn.
static void apply(cav_text *bytes, const change *made, double share, cav_random *random)
{
    if (!made->data) {
        resize(bytes, (size_t)made->offset);
        return;
    }
    for (size_t at = 0; at < made->size; at += SECTOR) {
        size_t size = made->size - at < SECTOR ? made->size - at : SECTOR;
        size_t place = (size_t)made->offset + at;
        if (random && cav_random_unit(random) >= share)
            continue;
        if (bytes->size < place + size)
            resize(bytes, place + size);
        memcpy(bytes->data + place, made->data + at, size);
    }
}

static void on_synced(void *context, const char *path, bool with_folder)
{
    power_loss *power = context;
    image *file = image_of(power, path);
    for (size_t i = 0; i < file->change_count; i++)
        apply(&file->safe, &file->changes[i], 1, NULL);
    forget_changes(file);
    for (size_t i = 0; with_folder && i < power->count; i++)
        power->files[i].is_safe = true;
}

static void on_removed(void *context, const char *path, bool with_folder)
{
    power_loss *power = context;
    image *file = image_of(power, path);
    file->exists = false;
    file->is_safe = false;
    for (size_t i = 0; with_folder && i < power->count; i++)
        power->files[i].is_safe = true;
}

power_loss *power_loss_start(void)
{
    power_loss *power = calloc(1, sizeof *power);
    assert_non_null(power);
    power->listener = (fault_listener){.made = on_made,
                                       .written = on_written,
                                       .truncated = on_truncated,
                                       .synced = on_synced,
                                       .removed = on_removed,
                                       .context = power};
    fault_vfs_listen(&power->listener);
    return power;
}

void power_loss_stop(power_loss *power)
{
    fault_vfs_listen(NULL);
    for (size_t i = 0; i < power->count; i++) {
        forget_changes(&power->files[i]);
        cav_text_free(&power->files[i].safe);
        free(power->files[i].changes);
        free(power->files[i].path);
    }
    free(power);
}

static void write_image(const image *file, const char *folder, double share, cav_random *random)
{
    cav_text bytes = {0};
    char path[256];
    cav_error error = {0};
    cav_text_append_size(&bytes, cav_text_get(&file->safe), file->safe.size);
    for (size_t i = 0; i < file->change_count; i++)
        if (cav_random_unit(random) < share)
            apply(&bytes, &file->changes[i], share < 1 ? 0.8 : 1, random);
    snprintf(path, sizeof path, "%s/%s", folder, strrchr(file->path, '/') + 1);
    assert_ok(cav_file_replace(path, cav_text_get(&bytes), bytes.size, &error), &error);
    cav_text_free(&bytes);
}

void power_loss_strike(const power_loss *power, const char *folder, double share,
                       cav_random *random)
{
    for (size_t i = 0; i < power->count; i++) {
        const image *file = &power->files[i];
        bool kept = file->is_safe || cav_random_unit(random) < share;
        if (kept ? file->exists : !file->exists)
            write_image(file, folder, share, random);
    }
}
