/**
 * hub.h: the studies of a store as they are followed by those who look at them.
 *
 * Each study that somebody looks at is a feed: a handle to look with, whose history is brought up
 * to date by a thread of the hub while there are viewers, and before every answer. Reading never
 * waits for whoever runs the study, nor they for it. All viewers share a feed, so that a study is
 * read once; one that nobody asks for any more is closed.
 */
#ifndef CAV_SERVE_HUB_H
#define CAV_SERVE_HUB_H

#include "insight/smooth.h"
#include "study/study.h"

typedef struct cav_hub cav_hub;

/** What may have changed in a study, as one number each; see cav_feed_wait. */
typedef struct cav_feed_news {
    uint64_t version; // grows with every change
    size_t trials;    // place behind the last entry of history->changed
    size_t reports;   // the same of history->reported
    cav_control control;
    bool is_over; // the study is gone, or the hub closes
} cav_feed_news;

/** A surrogate of a study's metric, and what it was learnt from; see learnt.h. */
typedef struct cav_learnt {
    cav_smooth smooth; // of no space: none
    uint64_t revision; // of the study's definition
    size_t complete;
} cav_learnt;

/** A study that is followed. Between cav_feed_open and cav_feed_close it is the caller's alone. */
typedef struct cav_feed {
    char *name;
    cav_study *study;    // NULL: not open
    cav_control control; // what the study is told to do
    int64_t created_ms;
    uint64_t epoch; // a random name of this reading: places in the history mean nothing in another
    int64_t beginnings; // of its history, at that
    cav_learnt *learnt; // [learnt_count] by metric, of those that were asked for
    size_t learnt_count, learnt_capacity;

    // the hub's own
    struct cav_feed *next;
    pthread_mutex_t lock; // of all above
    cav_feed_news news;
    int64_t asked_ms; // when it was looked at last
    size_t users;     // who hold it, or wait for it
    size_t viewers;   // who wait for news
    bool is_dropped;
} cav_feed;

/** A line of the list of studies. */
typedef struct cav_study_summary {
    char *name;
    cav_control control;
    int64_t created_ms, counts[6];
    bool is_known;  // the following are: the study has been read
    char **metrics; // [metric_count] their names; the best is by the first
    size_t metric_count;
    bool maximize;
    double best; // in the user's direction; NaN: none
    int64_t best_number, budget, changed_ms;
} cav_study_summary;

/** Opens the store at a location to be looked at. */
caviar_code cav_hub_new(const char *location, cav_hub **ret_hub, cav_error *error);

/** Ends every wait for news, and waits until no viewers are left, `patience_ms` at most. */
void cav_hub_stop(cav_hub *hub, int64_t patience_ms);

/** Nobody may use it any more. */
void cav_hub_free(cav_hub *hub);

/** Where its store is. */
const char *cav_hub_location(const cav_hub *hub);

/** Takes a study and brings it up to date; CAVIAR_NOT_FOUND if there is none of that name. */
caviar_code cav_feed_open(cav_hub *hub, const char *name, cav_feed **ret_feed, cav_error *error);
void cav_feed_close(cav_hub *hub, cav_feed *feed);

/**
 * Holds a study as a viewer, without keeping others from it; cav_feed_leave lets it go. While there
 * are viewers the hub reads what is new.
 */
caviar_code cav_feed_join(cav_hub *hub, const char *name, cav_feed **ret_feed, cav_error *error);
void cav_feed_leave(cav_hub *hub, cav_feed *feed);

/** Waits until the version is another one, `timeout_ms` at most; true if it is. */
bool cav_feed_wait(cav_hub *hub, cav_feed *feed, uint64_t version, int64_t timeout_ms,
                   cav_feed_news *ret_news);

/**
 * Lists the studies by name: the caller frees with cav_summaries_free. Looking into studies that
 * have not been read yet takes time; after some it leaves the others for the next time.
 */
caviar_code cav_hub_list(cav_hub *hub, cav_study_summary **ret_list, size_t *ret_count,
                         cav_error *error);
void cav_summaries_free(cav_study_summary *list, size_t count);

#endif
