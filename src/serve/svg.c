/**
 * svg.c: pictures by their words.
 */
#include "serve/svg.h"

#include "base/memory.h"
#include "serve/pictures.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SIZE = 300 };

#define CAV_SVG_PAIR "contour:lr,momentum"

static caviar_code find_varied(const cav_space *space, const char *name, size_t *ret_parameter,
                               cav_error *error)
{
    size_t parameter = cav_space_find(space, name);
    if (parameter == space->count)
        return cav_space_fail_unknown(space, name, error);
    if (space->parameters[parameter].axis == CAV_AXIS_NONE)
        return cav_fail(error, CAVIAR_INVALID, "parameter '%s' is not varied", name);
    *ret_parameter = parameter;
    return CAVIAR_OK;
}

static caviar_code write_slice(const cav_findings *at, const char *name, cav_text *page,
                               cav_error *error)
{
    size_t parameter = 0;
    caviar_code code = find_varied(at->study->spec->space, name, &parameter, error);
    if (!code)
        cav_picture_slice(at, parameter, page);
    return code;
}

// The two names of "lr,momentum", of which the first is copied.
static caviar_code split(const char *picture, const char *names, char ret_first[WORD_SIZE],
                         const char **ret_second, cav_error *error)
{
    const char *comma = strchr(names, ',');
    if (!comma)
        return cav_fail(error, CAVIAR_INVALID,
                        "%s: two names are expected, as in " CAV_SVG_PAIR ", not '%.60s'", picture,
                        names);
    snprintf(ret_first, WORD_SIZE, "%.*s", (int)(comma - names), names);
    *ret_second = comma + 1;
    return CAVIAR_OK;
}

static caviar_code write_contour(const cav_findings *at, const char *names, cav_text *page,
                                 cav_error *error)
{
    char first[WORD_SIZE];
    const char *second = "";
    cav_contour contour;
    const cav_spec *spec = at->study->spec;
    caviar_code code = split("contour", names, first, &second, error);
    if (!code)
        code = cav_contour_of(spec->space, cav_study_learnt(at->study), at->metric, spec->seed,
                              first, second, at->arena, &contour, error);
    if (!code)
        cav_picture_contour(at, &contour, page);
    return code;
}

static caviar_code write_ranks(const cav_findings *at, const char *names, cav_text *page,
                               cav_error *error)
{
    const cav_space *space = at->study->spec->space;
    char first[WORD_SIZE];
    const char *second = "";
    size_t pair[2] = {0};
    caviar_code code = split("ranks", names, first, &second, error);
    if (!code)
        code = cav_contour_find(space, first, second, pair, error);
    if (!code)
        cav_picture_ranks(at, pair, page);
    return code;
}

static caviar_code find_metric(const cav_study *study, const char *name, size_t *ret_metric,
                               cav_error *error)
{
    for (*ret_metric = 0; *ret_metric < study->spec->metric_count; ++*ret_metric)
        if (strcmp(study->metric_names[*ret_metric], name) == 0)
            return CAVIAR_OK;
    return cav_fail(error, CAVIAR_NOT_FOUND, "study '%s' has no metric '%.60s'", study->spec->study,
                    name);
}

static caviar_code write_front(const cav_findings *at, const char *names, cav_text *page,
                               cav_error *error)
{
    char first[WORD_SIZE];
    const char *second = "";
    size_t pair[2] = {0};
    caviar_code code = split("front", names, first, &second, error);
    if (!code)
        code = find_metric(at->study, first, &pair[0], error);
    if (!code)
        code = find_metric(at->study, second, &pair[1], error);
    return code ? code : cav_picture_front(at, pair, page, error);
}

static caviar_code write_importance(const cav_findings *at, const char *names, cav_text *page,
                                    cav_error *error)
{
    (void)names;
    if (at->importance_count == 0)
        return cav_fail(error, CAVIAR_NOT_FOUND, "%s", at->too_few);
    cav_picture_importance(at, page);
    return CAVIAR_OK;
}

static caviar_code write_curves(const cav_findings *at, const char *names, cav_text *page,
                                cav_error *error)
{
    (void)names;
    if (cav_picture_curves(at, page))
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_NOT_FOUND, "no trial has a learning curve");
}

static caviar_code write_history(const cav_findings *at, const char *names, cav_text *page,
                                 cav_error *error)
{
    (void)names;
    (void)error;
    cav_picture_history(at, page);
    return CAVIAR_OK;
}

static caviar_code write_distribution(const cav_findings *at, const char *names, cav_text *page,
                                      cav_error *error)
{
    (void)names;
    (void)error;
    cav_picture_distribution(at, page);
    return CAVIAR_OK;
}

static caviar_code write_parallel(const cav_findings *at, const char *names, cav_text *page,
                                  cav_error *error)
{
    (void)names;
    (void)error;
    cav_picture_parallel(at, page);
    return CAVIAR_OK;
}

static caviar_code write_timeline(const cav_findings *at, const char *names, cav_text *page,
                                  cav_error *error)
{
    bool is_any;
    (void)names;
    caviar_code code = cav_picture_timeline(at, page, &is_any, error);
    if (code || is_any)
        return code;
    return cav_fail(error, CAVIAR_NOT_FOUND, "no trial has run yet");
}

// By its word, up to the colon that names follow. `early`: it needs no complete trial.
static const struct picture {
    const char *word;
    bool has_names, early;
    caviar_code (*write)(const cav_findings *at, const char *names, cav_text *page,
                         cav_error *error);
} pictures[] = {
    {"history", false, false, write_history},
    {"distribution", false, false, write_distribution},
    {"importance", false, false, write_importance},
    {"curves", false, true, write_curves},
    {"parallel", false, false, write_parallel},
    {"timeline", false, true, write_timeline},
    {"slice", true, false, write_slice},
    {"contour", true, false, write_contour},
    {"ranks", true, false, write_ranks},
    {"front", true, false, write_front},
};

static const struct picture *find_picture(const char *words)
{
    for (size_t i = 0; i < CAV_COUNT_OF(pictures); i++) {
        size_t size = strlen(pictures[i].word);
        if (strncmp(words, pictures[i].word, size) == 0 &&
            words[size] == (pictures[i].has_names ? ':' : '\0'))
            return &pictures[i];
    }
    return NULL;
}

static caviar_code write_picture(const cav_findings *at, const char *words, cav_text *page,
                                 cav_error *error)
{
    const struct picture *picture = find_picture(words);
    if (!picture)
        return cav_fail(error, CAVIAR_INVALID,
                        "there is no picture '%.60s'; there are " CAV_SVG_PICTURES, words);
    if (at->ranking.count == 0 && !picture->early)
        return cav_fail(error, CAVIAR_NOT_FOUND, "no trial of study '%s' is complete yet",
                        at->study->spec->study);
    const char *names = picture->has_names ? words + strlen(picture->word) + 1 : "";
    return picture->write(at, names, page, error);
}

caviar_code cav_svg_write(cav_study *study, size_t metric, const char *picture, cav_text *page,
                          cav_error *error)
{
    cav_findings findings;
    caviar_code code = cav_findings_begin(study, metric, &findings, error);
    findings.is_alone = true;
    if (!code)
        code = write_picture(&findings, picture, page, error);
    if (!code && page->failed)
        code = cav_fail_memory(error);
    cav_findings_free(&findings);
    return code;
}
