/**
 * command.c: {placeholders} in the words of a command.
 */
#include "run/command.h"

#include "base/number.h"
#include "run/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// What a placeholder may stand for besides parameters and what `set` defines.
static const char *const own_names[] = {"trial", "seed", "dir", "steps"};

typedef struct filler {
    const cav_spec *spec;
    const caviar_trial *trial; // NULL: only check
    const char *folder;
    cav_text word;
    bool is_inactive; // the word names an inactive parameter
    cav_error *error;
} filler;

static const char *find_set(const cav_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->set_count; i++)
        if (strcmp(spec->set[i].name, name) == 0)
            return spec->set[i].text;
    return NULL;
}

static caviar_code fail_unknown(const filler *fill, const char *name)
{
    const cav_space *space = fill->spec->space;
    const char *known[512];
    size_t count = 0;
    for (size_t i = 0; i < CAV_COUNT_OF(own_names); i++)
        known[count++] = own_names[i];
    for (size_t i = 0; i < space->count && count < CAV_COUNT_OF(known); i++)
        known[count++] = space->parameters[i].name;
    for (size_t i = 0; i < fill->spec->set_count && count < CAV_COUNT_OF(known); i++)
        known[count++] = fill->spec->set[i].name;
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, known, count, hint);
    return cav_fail(fill->error, CAVIAR_INVALID,
                    "command: {%s} is neither a parameter nor set%s (--set %s=... gives it a "
                    "value; {{ stands for a brace)",
                    name, hint, name);
}

static caviar_code put_own(filler *fill, const char *name, bool *ret_found)
{
    const caviar_trial *trial = fill->trial;
    *ret_found = true;
    if (strcmp(name, "trial") == 0) {
        cav_text_appendf(&fill->word, "%lld", trial ? (long long)trial->number : 0);
    } else if (strcmp(name, "seed") == 0) {
        cav_text_appendf(&fill->word, "%u", trial ? trial->seed : 0);
    } else if (strcmp(name, "dir") == 0) {
        cav_text_append(&fill->word, fill->folder ? fill->folder : "");
    } else if (strcmp(name, "steps") == 0) {
        if (fill->spec->step_max == 0)
            return cav_fail(fill->error, CAVIAR_INVALID,
                            "command: {steps} is used, but the study has no steps; add for example "
                            "'steps: {min: 1, max: 20}' (--steps 20)");
        cav_text_appendf(&fill->word, "%lld", (long long)fill->spec->step_max);
    } else {
        *ret_found = false;
    }
    return CAVIAR_OK;
}

static caviar_code put(filler *fill, const char *name)
{
    const cav_space *space = fill->spec->space;
    size_t parameter = cav_space_find(space, name);
    if (parameter < space->count) {
        if (fill->trial && fill->trial->values[parameter].kind == CAVIAR_KIND_NONE)
            fill->is_inactive = true;
        else if (fill->trial)
            cav_value_print(&fill->trial->values[parameter], &fill->word);
        return CAVIAR_OK;
    }
    const char *text = find_set(fill->spec, name);
    if (text) {
        cav_text_append(&fill->word, text);
        return CAVIAR_OK;
    }
    bool found;
    caviar_code code = put_own(fill, name, &found);
    return code || found ? code : fail_unknown(fill, name);
}

static caviar_code put_brace(filler *fill, const char **at)
{
    char name[256];
    const char *close = strchr(*at, '}');
    size_t size = close ? (size_t)(close - *at - 1) : 0;
    if (!close || size >= sizeof name)
        return cav_fail(fill->error, CAVIAR_INVALID,
                        "command: a { is never closed in '%.100s'; write {{ for a brace", *at);
    memcpy(name, *at + 1, size);
    name[size] = '\0';
    *at = close + 1;
    return put(fill, name);
}

// Fills one word; it is in fill->word then.
static caviar_code fill_word(filler *fill, const char *at)
{
    cav_text_clear(&fill->word);
    cav_text_append(&fill->word, "");
    fill->is_inactive = false;
    while (*at) {
        bool doubled = at[0] == at[1] && (*at == '{' || *at == '}');
        if (*at == '{' && !doubled) {
            caviar_code code = put_brace(fill, &at);
            if (code)
                return code;
        } else {
            cav_text_append_char(&fill->word, *at);
            at += doubled ? 2 : 1;
        }
    }
    return fill->word.failed ? cav_fail_memory(fill->error) : CAVIAR_OK;
}

static caviar_code check_program(const cav_spec *spec, cav_error *error)
{
    struct stat info;
    char path[CAV_SPAWN_PATH];
    const char *program = spec->command[0];
    bool is_tuned = strchr(program, '{') != NULL; // it is seen later
    if (is_tuned || cav_spawn_find(program, path))
        return CAVIAR_OK;
    bool exists = strchr(program, '/') && stat(program, &info) == 0;
    const char *why = !exists                 ? "there is no such program"
                      : S_ISDIR(info.st_mode) ? "it is a folder"
                                              : "it is not executable (chmod +x makes it so)";
    return cav_fail(error, CAVIAR_NOT_FOUND, "cannot start '%s': %s", program, why);
}

caviar_code cav_command_check(const cav_spec *spec, cav_error *error)
{
    if (spec->command_count == 0)
        return cav_fail(error, CAVIAR_INVALID,
                        "study '%s' has no command: add 'command: ...' to the study file, or give "
                        "the command behind --",
                        spec->study);
    filler fill = {.spec = spec, .error = error};
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < spec->command_count && !code; i++)
        code = fill_word(&fill, spec->command[i]);
    cav_text_free(&fill.word);
    return code ? code : check_program(spec, error);
}

// Is the word nothing but one placeholder?
static bool is_bare(const char *word)
{
    size_t size = strlen(word);
    return size > 2 && word[0] == '{' && strchr(word, '}') == word + size - 1;
}

// Is the word a flag that takes the next one as its value? Not -5, --flag=3 or --.
static bool is_flag(const char *word)
{
    double number;
    size_t dashes = strspn(word, "-"), size = strlen(word);
    return dashes > 0 && dashes < size && !strchr(word, '=') &&
           !cav_number_parse(word, size, &number);
}

static caviar_code fill_all(filler *fill, cav_arena *arena, char **argv)
{
    const cav_spec *spec = fill->spec;
    bool has_previous = false; // the word before is the last one of argv
    size_t count = 0;
    for (size_t i = 0; i < spec->command_count; i++) {
        caviar_code code = fill_word(fill, spec->command[i]);
        if (code)
            return code;
        if (fill->is_inactive && i == 0)
            return cav_fail(fill->error, CAVIAR_INVALID,
                            "command: '%s' is inactive, so there is no program to start",
                            spec->command[0]);
        if (fill->is_inactive) {
            bool has_flag = has_previous && i > 1 && is_flag(spec->command[i - 1]);
            count -= has_flag && is_bare(spec->command[i]);
        } else {
            argv[count] = cav_arena_strdup(arena, cav_text_get(&fill->word));
            if (!argv[count++])
                return cav_fail_memory(fill->error);
        }
        has_previous = !fill->is_inactive;
    }
    argv[count] = NULL;
    return CAVIAR_OK;
}

caviar_code cav_command_fill(const cav_spec *spec, caviar_trial *trial, const char *folder,
                             char ***ret_argv, cav_error *error)
{
    char **argv = CAV_ARENA_NEW(trial->arena, char *, spec->command_count + 1);
    if (!argv)
        return cav_fail_memory(error);
    filler fill = {.spec = spec, .trial = trial, .folder = folder, .error = error};
    caviar_code code = fill_all(&fill, trial->arena, argv);
    cav_text_free(&fill.word);
    if (!code)
        *ret_argv = argv;
    return code;
}
