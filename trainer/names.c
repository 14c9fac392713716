/**
 * names.c: finding one file by the name of another.
 */
#include "trainer/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool name_replace(const char *path, const char *word, const char *by, char ret_path[PATH_MAX])
{
    const char *found = NULL;
    for (const char *at = file_name(path); (at = strstr(at, word)) != NULL; at++)
        found = at;
    size_t size = strlen(path) - strlen(word) + strlen(by);
    if (!found || size >= PATH_MAX)
        return false;
    snprintf(ret_path, PATH_MAX, "%.*s%s%s", (int)(found - path), path, by, found + strlen(word));
    return true;
}

caviar_code name_test_table(const char *path, char ret_path[PATH_MAX], train_error *error)
{
    const char *dot = strchr(file_name(path), '.');
    if (strlen(path) + strlen(".test") >= PATH_MAX)
        return train_fail(error, CAVIAR_INVALID, "%s: the path is too long", path);
    if (name_replace(path, "train", "test", ret_path))
        return CAVIAR_OK;
    int before = (int)(dot ? dot - path : (ptrdiff_t)strlen(path));
    snprintf(ret_path, PATH_MAX, "%.*s.test%s", before, path, path + before);
    return CAVIAR_OK;
}

// The name itself, or the name with .gz put behind or taken away; true if one is there.
static bool find_gzipped_or_not(char path[PATH_MAX])
{
    size_t size = strlen(path);
    if (access(path, F_OK) == 0)
        return true;
    if (size > 3 && strcmp(path + size - 3, ".gz") == 0)
        path[size - 3] = '\0';
    else if (size + 3 < PATH_MAX)
        memcpy(path + size, ".gz", 4);
    return access(path, F_OK) == 0;
}

caviar_code name_labels(const char *images, char ret_path[PATH_MAX], train_error *error)
{
    char path[PATH_MAX];
    if (!name_replace(images, "images", "labels", path))
        return train_fail(error, CAVIAR_INVALID,
                          "%s: which file has its labels? Without 'images' in its name, --labels "
                          "has to say so",
                          images);
    char *sizes = strstr(file_name(path), "idx");
    if (sizes && sizes[3] >= '1' && sizes[3] <= '9')
        sizes[3] = '1';
    if (!find_gzipped_or_not(path))
        return train_fail(error, CAVIAR_NOT_FOUND,
                          "there is no %s with the labels of %s; --labels "
                          "says where they are",
                          path, images);
    memcpy(ret_path, path, strlen(path) + 1);
    return CAVIAR_OK;
}

caviar_code name_test_images(const char *images, char ret_path[PATH_MAX], train_error *error)
{
    static const char *const words[] = {"t10k", "test"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char path[PATH_MAX];
        if (name_replace(images, "train", words[i], path) && find_gzipped_or_not(path)) {
            memcpy(ret_path, path, strlen(path) + 1);
            return CAVIAR_OK;
        }
    }
    return train_fail(error, CAVIAR_NOT_FOUND,
                      "--test needs images named as %s, with t10k or test in the place of train",
                      images);
}
