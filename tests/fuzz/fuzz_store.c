/**
 * fuzz_store.c: a store's file with any bytes in any places: three bytes of input put one byte into
 * a kept store, the first two say where. Looking at it answers or fails, and writes nothing.
 */
#include "study/study.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void ignore(void *context, const char *problem)
{
    (void)context;
    if (!problem[0])
        abort();
}

static caviar_code look(void *context, const cav_study_row *row, cav_error *error)
{
    cav_error found;
    cav_study *study;
    cav_study_options options = {.location = context, .name = row->name, .read_only = true};
    (void)error;
    if (cav_study_open(&options, &study, &found) == CAVIAR_OK)
        cav_study_close(study);
    else if (!found.message[0])
        abort();
    return CAVIAR_OK;
}

static void examine(char *path)
{
    cav_error error;
    cav_store *store;
    cav_store_options options = {.location = path, .read_only = true};
    if (cav_store_open(&options, &store, &error))
        return;
    store->type->check(store, ignore, NULL, &error);
    store->type->study_read(store, NULL, look, path, &error);
    cav_store_close(store);
}

static void write_file(const char *path, const cav_text *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, text->data, text->size) != (ssize_t)text->size)
        abort();
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char folder[] = "/tmp/caviar-fuzz-XXXXXX", path[64];
    cav_error error;
    cav_text store = {0}, after = {0};
    if (!mkdtemp(folder) ||
        cav_file_read(FIXTURES "/store_v1.sqlite", (size_t)1 << 20, &store, &error))
        abort();
    for (size_t i = 0; i + 2 < size; i += 3)
        store.data[(bytes[i] * 256u + bytes[i + 1]) % store.size] = (char)bytes[i + 2];
    snprintf(path, sizeof path, "%s/s.db", folder);
    write_file(path, &store);
    examine(path);
    if (cav_file_read(path, (size_t)1 << 20, &after, &error) || after.size != store.size ||
        memcmp(after.data, store.data, store.size) != 0)
        abort();
    cav_text_free(&store);
    cav_text_free(&after);
    cav_folder_remove(folder, &error);
    return 0;
}
