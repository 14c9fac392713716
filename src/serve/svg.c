/**
 * svg.c: pictures by their words.
 */
#include "serve/svg.h"

#include "serve/pictures.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SIZE = 300 };

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

static caviar_code write_contour(const cav_findings *at, const char *names, cav_text *page,
                                 cav_error *error)
{
    char first[WORD_SIZE];
    cav_contour contour;
    const cav_spec *spec = at->study->spec;
    const char *comma = strchr(names, ',');
    if (!comma)
        return cav_fail(error, CAVIAR_INVALID,
                        "contour: two parameters are expected, as in contour:lr,momentum, not "
                        "'%.60s'",
                        names);
    snprintf(first, sizeof first, "%.*s", (int)(comma - names), names);
    caviar_code code = cav_contour_of(spec->space, cav_study_seen(at->study), 0, spec->seed, first,
                                      comma + 1, at->arena, &contour, error);
    if (!code)
        cav_picture_contour(at, &contour, page);
    return code;
}

static caviar_code write_importance(const cav_findings *at, cav_text *page, cav_error *error)
{
    if (at->importance_count == 0)
        return cav_fail(error, CAVIAR_NOT_FOUND, "%s", at->too_few);
    cav_picture_importance(at, page);
    return CAVIAR_OK;
}

static caviar_code write_curves(const cav_findings *at, cav_text *page, cav_error *error)
{
    if (cav_picture_curves(at, page))
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_NOT_FOUND, "no trial has a learning curve");
}

static caviar_code write_picture(const cav_findings *at, const char *picture, cav_text *page,
                                 cav_error *error)
{
    if (at->ranking.count == 0 && strcmp(picture, "curves") != 0)
        return cav_fail(error, CAVIAR_NOT_FOUND, "no trial of study '%s' is complete yet",
                        at->study->spec->study);
    if (strncmp(picture, "slice:", 6) == 0)
        return write_slice(at, picture + 6, page, error);
    if (strncmp(picture, "contour:", 8) == 0)
        return write_contour(at, picture + 8, page, error);
    if (strcmp(picture, "importance") == 0)
        return write_importance(at, page, error);
    if (strcmp(picture, "curves") == 0)
        return write_curves(at, page, error);
    if (strcmp(picture, "history") != 0)
        return cav_fail(error, CAVIAR_INVALID,
                        "there is no picture '%.60s'; there are " CAV_SVG_PICTURES, picture);
    cav_picture_history(at, page);
    return CAVIAR_OK;
}

caviar_code cav_svg_write(cav_study *study, const char *picture, cav_text *page, cav_error *error)
{
    cav_findings findings;
    caviar_code code = cav_findings_begin(study, &findings, error);
    findings.is_alone = true;
    if (!code)
        code = write_picture(&findings, picture, page, error);
    if (!code && page->failed)
        code = cav_fail_memory(error);
    cav_findings_free(&findings);
    return code;
}
