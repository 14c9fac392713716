/**
 * folder.c: the folders of studies and trials.
 */
#include "run/folder.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// caviar.db -> caviar.trials
static void append_trials_folder(cav_text *path, const char *location)
{
    const char *base = strrchr(location, '/');
    const char *dot = strrchr(base ? base : location, '.');
    bool has_ending = dot && strcmp(dot, ".db") == 0;
    cav_text_append_size(path, location, has_ending ? (size_t)(dot - location) : strlen(location));
    cav_text_append(path, ".trials");
}

char *cav_folder_of_study(const char *location, const char *study, cav_error *error)
{
    char here[PATH_MAX];
    cav_text path = {0};
    if (strncmp(location, "sqlite:///", 10) == 0)
        location += 10;
    if (location[0] != '/') {
        if (!getcwd(here, sizeof here)) {
            cav_fail_errno(error, errno, "cannot tell the present folder");
            return NULL;
        }
        cav_text_appendf(&path, "%s/", here);
    }
    append_trials_folder(&path, location);
    cav_text_appendf(&path, "/%s", study);
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
