/**
 * replay_main.c: runs a fuzz target on every file of a kept corpus, and on every beginning of each,
 * so that the normal test run has what fuzzing found. Arguments: folders.
 *
 * Fuzzing itself: meson setup build-fuzz -Dfuzz=true with CC=clang, then
 * build-fuzz/tests/fuzz_NAME tests/fuzz/corpus/NAME
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST_BYTES = 1 << 20 };

// Runs the target on a file and on its beginnings; false if the file cannot be read.
static int replay(const char *path)
{
    static uint8_t bytes[MOST_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t cut = 0; cut <= size; cut += 1 + size / 200) {
        uint8_t *copy = malloc(cut + 1); // so that a sanitizer sees a step beyond its end
        if (!copy)
            return 0;
        for (size_t i = 0; i < cut; i++)
            copy[i] = bytes[i];
        uint8_t *exact = realloc(copy, cut ? cut : 1);
        LLVMFuzzerTestOneInput(exact ? exact : copy, cut);
        free(exact ? exact : copy);
    }
    LLVMFuzzerTestOneInput(bytes, size);
    return 1;
}

static int replay_folder(const char *folder)
{
    int count = 0;
    char path[PATH_MAX];
    DIR *open = opendir(folder);
    if (!open)
        return 0;
    for (struct dirent *entry; (entry = readdir(open));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            count += replay(path);
    }
    closedir(open);
    return count;
}

int main(int argc, char **argv)
{
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        printf("%sok %d - %d files of a corpus\n", count ? "" : "not ", i, count);
    }
    return 0;
}
