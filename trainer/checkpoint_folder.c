/**
 * checkpoint_folder.c: naming, listing and removing checkpoints.
 */
#include "trainer/checkpoint_folder.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_FORMAT "step-%06" PRIu64 "-update-%010" PRIu64 ".checkpoint"

static bool make_one(const char *path)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

caviar_code checkpoint_folder_make(const char *folder, train_error *error)
{
    char part[PATH_MAX];
    size_t size = strlen(folder);
    if (size == 0 || size >= sizeof part)
        return train_fail(error, CAVIAR_INVALID, "cannot make a folder at '%s'", folder);
    if (make_one(folder)) // most often those above it are there
        return CAVIAR_OK;
    for (size_t i = 1; i <= size; i++) {
        if (folder[i] != '/' && folder[i] != '\0')
            continue;
        memcpy(part, folder, i);
        part[i] = '\0';
        if (!make_one(part))
            return train_fail_errno(error, errno, "cannot make the folder %s", part);
    }
    return CAVIAR_OK;
}

// True for a name that NAME_FORMAT would print.
static bool parse_name(const char *name, checkpoint_place *ret_place)
{
    char again[80];
    checkpoint_place place;
    if (sscanf(name, "step-%20" SCNu64 "-update-%20" SCNu64, &place.step, &place.update) != 2)
        return false;
    snprintf(again, sizeof again, NAME_FORMAT, place.step, place.update);
    if (strcmp(again, name) != 0)
        return false;
    *ret_place = place;
    return true;
}

static int compare(const void *a, const void *b)
{
    const checkpoint_place *x = a, *y = b;
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    return x->update < y->update ? -1 : x->update > y->update;
}

caviar_code checkpoint_folder_list(const char *folder, checkpoint_list *ret_list,
                                   train_error *error)
{
    DIR *open = opendir(folder);
    if (!open)
        return train_fail_errno(error, errno, "cannot read the folder %s", folder);
    checkpoint_list list = {0};
    checkpoint_place place;
    size_t capacity = 0;
    bool failed = false;
    for (struct dirent *entry; !failed && (entry = readdir(open));) {
        if (!parse_name(entry->d_name, &place))
            continue;
        if (list.count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            checkpoint_place *grown = realloc(list.places, capacity * sizeof *grown);
            failed = !grown;
            list.places = grown ? grown : list.places;
        }
        if (!failed)
            list.places[list.count++] = place;
    }
    closedir(open);
    if (failed) {
        free(list.places);
        return train_fail_memory(error);
    }
    if (list.count)
        qsort(list.places, list.count, sizeof *list.places, compare);
    *ret_list = list;
    return CAVIAR_OK;
}

caviar_code checkpoint_path(const char *folder, checkpoint_place place, char ret_path[PATH_MAX],
                            train_error *error)
{
    int length = snprintf(ret_path, PATH_MAX, "%s/" NAME_FORMAT, folder, place.step, place.update);
    return length < PATH_MAX
               ? CAVIAR_OK
               : train_fail(error, CAVIAR_INVALID, "%s: the path is too long", folder);
}

// Removes places[from] up to places[to - 1].
static caviar_code remove_range(const char *folder, const checkpoint_list *list, size_t from,
                                size_t to, train_error *error)
{
    char path[PATH_MAX];
    for (size_t i = from; i < to; i++) {
        caviar_code code = checkpoint_path(folder, list->places[i], path, error);
        if (code)
            return code;
        if (unlink(path) && errno != ENOENT)
            return train_fail_errno(error, errno, "cannot remove %s", path);
    }
    return CAVIAR_OK;
}

caviar_code checkpoint_folder_prune(const char *folder, size_t keep, train_error *error)
{
    checkpoint_list list = {0};
    caviar_code code = checkpoint_folder_list(folder, &list, error);
    if (!code && list.count > keep)
        code = remove_range(folder, &list, 0, list.count - keep, error);
    free(list.places);
    return code;
}

caviar_code checkpoint_folder_cut(const char *folder, checkpoint_place place, train_error *error)
{
    checkpoint_list list = {0};
    caviar_code code = checkpoint_folder_list(folder, &list, error);
    size_t first = 0;
    while (first < list.count && compare(&list.places[first], &place) <= 0)
        first++;
    if (!code)
        code = remove_range(folder, &list, first, list.count, error);
    free(list.places);
    return code;
}
