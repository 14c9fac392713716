/**
 * launcher.c: the table of launchers, and the list of jobs that each study's folder keeps.
 */
#include "run/launcher.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const cav_launcher *const launchers[] = {
#define X(launcher) &launcher,
    CAV_LAUNCHERS(X)
#undef X
};

caviar_code cav_launcher_find(const char *name, const cav_launcher **ret_launcher, cav_error *error)
{
    const char *names[CAV_COUNT_OF(launchers)];
    for (size_t i = 0; i < CAV_COUNT_OF(launchers); i++) {
        names[i] = launchers[i]->name;
        if (strcmp(names[i], name) == 0) {
            *ret_launcher = launchers[i];
            return CAVIAR_OK;
        }
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, names, CAV_COUNT_OF(launchers), hint);
    return cav_fail(error, CAVIAR_INVALID, "--on: there is no '%.60s'%s", name, hint);
}

// One line a job: "slurm 4711".
static FILE *open_list(const char *folder, const char *mode, cav_error *error)
{
    cav_text path = {0};
    cav_text_appendf(&path, "%s/jobs", folder);
    FILE *file = path.failed ? NULL : fopen(path.data, mode);
    if (!file && (path.failed || errno != ENOENT || mode[0] == 'a'))
        cav_fail_errno(error, path.failed ? ENOMEM : errno, "%s/jobs", folder);
    cav_text_free(&path);
    return file;
}

caviar_code cav_launcher_note(const char *folder, const cav_launcher *launcher, const char *job,
                              cav_error *error)
{
    cav_error fault = {0};
    FILE *file = open_list(folder, "ae", &fault);
    if (!file) {
        if (error)
            *error = fault;
        return fault.code;
    }
    fprintf(file, "%s %s\n", launcher->name, job);
    bool done = !ferror(file);
    done &= fclose(file) == 0;
    return done ? CAVIAR_OK
                : cav_fail_errno(error, errno, "cannot note the job in %s/jobs", folder);
}

static caviar_code cancel_line(char *line, bool all, cav_error *error)
{
    const cav_launcher *launcher;
    line[strcspn(line, "\n")] = '\0';
    char *job = strchr(line, ' ');
    if (!job)
        return CAVIAR_OK; // cut off by a crash: no job of that name was ever run
    *job++ = '\0';
    caviar_code code = cav_launcher_find(line, &launcher, error);
    return code ? code : launcher->cancel(job, all, error);
}

caviar_code cav_launcher_cancel_all(const char *folder, bool all, cav_error *error)
{
    char line[CAV_JOB_SIZE + 32];
    cav_error fault = {0};
    FILE *file = open_list(folder, "re", &fault);
    caviar_code code = fault.code;
    while (file && !code && fgets(line, sizeof line, file))
        code = cancel_line(line, all, &fault);
    if (file)
        fclose(file);
    if (code && error)
        *error = fault;
    return code;
}
