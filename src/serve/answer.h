/**
 * answer.h: what the HTTP API answers to those who look, as JSON. docs/http-api.md describes it.
 *
 * The functions write one object into a text; the feed is the caller's meanwhile. Numbers are
 * columns, an array for each, so that a study of many trials stays small and quick to read.
 */
#ifndef CAV_SERVE_ANSWER_H
#define CAV_SERVE_ANSWER_H

#include "base/json.h"
#include "serve/hub.h"

/** Which part of a list is asked for. */
typedef struct cav_page {
    uint64_t epoch; // of the reading that `since` belongs to; another one begins at 0
    size_t since;   // places before it are known
    size_t limit;   // of rows
} cav_page;

enum { CAV_PAGE_MOST = 20000 };

/** The list of studies. */
void cav_answer_studies(const cav_study_summary *list, size_t count, cav_json *json);

/** A study: its parameters with their scales, metrics, budget, methods, and where it stands. */
void cav_answer_study(const cav_feed *feed, cav_json *json);

/** Its best trial by the first metric; see cav_study_best. */
caviar_code cav_answer_best(cav_feed *feed, cav_json *json, cav_error *error);

/** The trials that changed since a place, as columns. */
caviar_code cav_answer_trials(const cav_feed *feed, const cav_page *page, cav_json *json,
                              cav_error *error);

/** The points of learning curves that came since a place, as columns. */
caviar_code cav_answer_curves(const cav_feed *feed, const cav_page *page, cav_json *json,
                              cav_error *error);

/** What mattered for a metric; see caviar importance. */
caviar_code cav_answer_importance(cav_feed *feed, size_t metric, cav_json *json, cav_error *error);

/** What a metric does over two parameters, by their names; see caviar importance --contour. */
caviar_code cav_answer_contour(cav_feed *feed, size_t metric, const char *first, const char *second,
                               cav_json *json, cav_error *error);

/** What it does over each parameter alone. */
caviar_code cav_answer_effects(cav_feed *feed, size_t metric, cav_json *json, cav_error *error);

/**
 * Everything about one trial: its values, nudges, output, and all that it reported since a place
 * (the store's own cursor), every metric of it. `place` is that of the trials' folders.
 */
caviar_code cav_answer_trial(const cav_feed *feed, int64_t number, int64_t since, const char *place,
                             cav_json *json, cav_error *error);

#endif
