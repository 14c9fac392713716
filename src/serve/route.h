/**
 * route.h: what a request asks for, from its method and path; and what it wants changed, from its
 * body. docs/http-api.md describes them for users.
 */
#ifndef CAV_SERVE_ROUTE_H
#define CAV_SERVE_ROUTE_H

#include "base/json.h"

/** X(NAME, method, path pattern): {study} is a study's name, {trial} a number. */
#define CAV_ROUTES(X)                                                                              \
    X(ROOT, "GET", "/api/1")                                                                       \
    X(STUDIES, "GET", "/api/1/studies")                                                            \
    X(STUDY, "GET", "/api/1/studies/{study}")                                                      \
    X(TRIALS, "GET", "/api/1/studies/{study}/trials")                                              \
    X(CURVES, "GET", "/api/1/studies/{study}/curves")                                              \
    X(BEST, "GET", "/api/1/studies/{study}/best")                                                  \
    X(IMPORTANCE, "GET", "/api/1/studies/{study}/importance")                                      \
    X(CONTOUR, "GET", "/api/1/studies/{study}/contour")                                            \
    X(EFFECTS, "GET", "/api/1/studies/{study}/effects")                                            \
    X(EVENTS, "GET", "/api/1/studies/{study}/events")                                              \
    X(TRIAL, "GET", "/api/1/studies/{study}/trials/{trial}")                                       \
    X(CONTROL, "POST", "/api/1/studies/{study}/control")                                           \
    X(NUDGE, "POST", "/api/1/studies/{study}/trials/{trial}/nudge")                                \
    X(ROLLBACK, "POST", "/api/1/studies/{study}/trials/{trial}/rollback")                          \
    X(FORK, "POST", "/api/1/studies/{study}/trials/{trial}/fork")                                  \
    X(STOP, "POST", "/api/1/studies/{study}/trials/{trial}/stop")                                  \
    X(PAUSE, "POST", "/api/1/studies/{study}/trials/{trial}/pause")                                \
    X(RESUME, "POST", "/api/1/studies/{study}/trials/{trial}/resume")

typedef enum cav_route_kind {
#define X(name, method, pattern) CAV_ROUTE_##name,
    CAV_ROUTES(X)
#undef X
        CAV_ROUTE_COUNT
} cav_route_kind;

enum { CAV_ROUTE_STUDY_SIZE = 200 };

typedef struct cav_route {
    cav_route_kind kind;
    bool is_change; // it is not for looking only
    char study[CAV_ROUTE_STUDY_SIZE];
    int64_t trial;
} cav_route;

/**
 * Finds the route. CAVIAR_NOT_FOUND for a path that there is not; CAVIAR_STATE for one that has
 * another method.
 */
caviar_code cav_route_find(const char *method, const char *path, cav_route *ret_route,
                           cav_error *error);

/** A number of the query, at least 0, or `otherwise` where it is absent (NULL). */
caviar_code cav_route_number(const char *name, const char *text, int64_t otherwise,
                             int64_t *ret_number, cav_error *error);

/** The keys that the body of a change may have; each route takes some. */
typedef struct cav_wish {
    const char *control;   // "run", "pause", …
    const json_t *changes; // {"lr": 0.01, "momentum": "x0.5"}
    const char *note;
    int64_t step; // of "to" and "from"; -1: not given
    bool force;
    json_t *body; // owns the above
} cav_wish;

/** Reads the body of a change; an unknown key or a wrong type is CAVIAR_INVALID. */
caviar_code cav_wish_read(cav_route_kind kind, const char *body, size_t size, cav_wish *ret_wish,
                          cav_error *error);
void cav_wish_free(cav_wish *wish);

#endif
