/**
 * folder.c: the folders of studies and trials.
 */
#include "run/folder.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The path of a store's file; of a store on a server, the one beside which it would stand.
static const char *path_of(const char *location)
{
    if (cav_store_is_on_server(location))
        return "caviar.db";
    if (strncmp(location, "sqlite:", 7) != 0)
        return location;
    return strncmp(location, "sqlite:///", 10) == 0 ? location + 10 : location + 7;
}

// caviar.db -> caviar.trials
static void append_trials_folder(cav_text *path, const char *base)
{
    const char *dot = strrchr(base, '.');
    bool has_ending = dot && strcmp(dot, ".db") == 0;
    cav_text_append_size(path, base, has_ending ? (size_t)(dot - base) : strlen(base));
    cav_text_append(path, ".trials");
}

// The folder that a store's file lies in has one name only, whichever way it was reached: by it
// the processes of a trial are known.
static caviar_code append_real_folder(cav_text *path, const char *location, size_t size,
                                      cav_error *error)
{
    char folder[PATH_MAX], real[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", size ? (int)size : 1, size ? location : ".");
    if (!realpath(folder, real))
        return cav_fail_errno(error, errno, "cannot find the folder %s", folder);
    cav_text_append(path, strcmp(real, "/") == 0 ? "" : real);
    cav_text_append_char(path, '/');
    return CAVIAR_OK;
}

char *cav_folder_of_study(const char *location, const char *study, cav_error *error)
{
    cav_text path = {0};
    location = path_of(location);
    const char *slash = strrchr(location, '/');
    size_t size = slash ? (size_t)(slash - location) + 1 : 0;
    if (append_real_folder(&path, location, size, error))
        return NULL;
    if (location[size]) {
        append_trials_folder(&path, location + size);
        cav_text_append_char(&path, '/');
    }
    cav_text_append(&path, study);
    char *folder = cav_text_take(&path);
    if (!folder)
        cav_fail_memory(error);
    return folder;
}

void cav_folder_of_trial(const char *study_folder, int64_t number, cav_text *path)
{
    cav_text_appendf(path, "%s/%lld", study_folder, (long long)number);
}

void cav_trial_write_config(const caviar_trial *trial, cav_json *json)
{
    cav_json_begin_object(json);
    for (size_t i = 0; i < trial->parameter_count; i++) {
        if (trial->values[i].kind == CAVIAR_KIND_NONE)
            continue;
        cav_json_key(json, trial->names[i]);
        cav_json_value(json, &trial->values[i]);
    }
    cav_json_end_object(json);
}

// Not cav_file_replace: nothing is lost with this file that the store does not have, so it need
// not be synced.
static caviar_code write_plainly(const char *path, const cav_text *text, cav_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return cav_fail_errno(error, errno, "cannot write %s", path);
    ssize_t put = write(fd, text->data, text->size);
    int failed = put < 0 ? errno : (size_t)put < text->size ? ENOSPC : 0;
    close(fd);
    return failed ? cav_fail_errno(error, failed, "cannot write %s", path) : CAVIAR_OK;
}

caviar_code cav_folder_prepare(const char *folder, const caviar_trial *trial, cav_error *error)
{
    caviar_code code = cav_folder_make(folder, error);
    if (code)
        return code;
    cav_text path = {0}, text = {0};
    cav_text_appendf(&path, "%s/params.json", folder);
    cav_trial_write_config(trial, &(cav_json){.text = &text});
    cav_text_append(&text, "\n");
    code = path.failed || text.failed ? cav_fail_memory(error)
                                      : write_plainly(path.data, &text, error);
    cav_text_free(&path);
    cav_text_free(&text);
    return code;
}
