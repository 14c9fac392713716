/**
 * hub.c: feeds, and the thread that keeps them up to date.
 *
 * Locks: the hub's own (the list of feeds, their news, users, viewers) is held for moments only; a
 * feed's is held while its study is read. Who has the hub's never takes a feed's.
 */
#include "serve/hub.h"

#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    TICK_MS = 200,      // between two looks for news
    MOST_LOOKED = 40,   // studies that a list keeps open: each is a connection to the store
    FORGET_MS = 600000, // a study that nobody has asked for is closed
    LOOK_MS = 400,      // that a list may take to look into studies
};

struct cav_hub {
    char *location;
    cav_store *store; // for the list
    pthread_mutex_t store_lock;
    pthread_mutex_t lock;
    pthread_cond_t changed; // news of some feed, or the end
    cav_feed *feeds;
    size_t viewers; // of all feeds
    pthread_t reader;
    bool has_reader, is_over;
};

static int64_t now_ms(void)
{
    return cav_clock_monotonic_ns(&cav_clock_system) / 1000000;
}

// ---- One feed ---------------------------------------------------------------------------------

static void free_feed(cav_feed *feed)
{
    for (size_t m = 0; m < feed->learnt_count; m++)
        cav_smooth_free(&feed->learnt[m].smooth);
    free(feed->learnt);
    cav_study_close(feed->study);
    pthread_mutex_destroy(&feed->lock);
    free(feed->name);
    free(feed);
}

// The feed of a name, made if there is none, with one user more. Needs the hub's lock.
static cav_feed *find_feed(cav_hub *hub, const char *name)
{
    cav_feed *feed = hub->feeds;
    while (feed && strcmp(feed->name, name) != 0)
        feed = feed->next;
    if (!feed) {
        feed = calloc(1, sizeof *feed);
        char *copy = cav_strdup(name);
        if (!feed || !copy) {
            free(feed);
            free(copy);
            return NULL;
        }
        feed->name = copy;
        pthread_mutex_init(&feed->lock, NULL);
        feed->next = hub->feeds;
        hub->feeds = feed;
    }
    feed->users++;
    feed->asked_ms = now_ms();
    return feed;
}

// Takes a feed off the list; whoever still uses it frees it. Needs the hub's lock.
static void drop_feed(cav_hub *hub, cav_feed *feed)
{
    cav_feed **place = &hub->feeds;
    while (*place && *place != feed)
        place = &(*place)->next;
    if (*place)
        *place = feed->next;
    feed->is_dropped = true;
    feed->news.is_over = true;
    feed->news.version++;
    pthread_cond_broadcast(&hub->changed);
}

static void release(cav_hub *hub, cav_feed *feed)
{
    pthread_mutex_lock(&hub->lock);
    bool last = --feed->users == 0 && feed->is_dropped;
    pthread_mutex_unlock(&hub->lock);
    if (last)
        free_feed(feed);
}

static caviar_code note_row(void *context, const cav_study_row *row, cav_error *error)
{
    (void)error;
    cav_feed *feed = context;
    feed->created_ms = row->created_ms;
    return CAVIAR_OK;
}

static caviar_code begin_epoch(cav_feed *feed, cav_error *error)
{
    if (getrandom(&feed->epoch, sizeof feed->epoch, 0) != (ssize_t)sizeof feed->epoch)
        return cav_fail_errno(error, errno, "there is no randomness");
    feed->epoch >>= 16; // JavaScript's numbers hold it
    feed->beginnings = feed->study->beginnings;
    return CAVIAR_OK;
}

static caviar_code open_study(cav_hub *hub, cav_feed *feed, cav_error *error)
{
    cav_study_options options = {
        .location = hub->location, .name = feed->name, .read_only = true, .keeps_curves = true};
    caviar_code code = cav_study_open(&options, &feed->study, error);
    if (!code)
        code = feed->study->store->type->study_read(feed->study->store, feed->name, note_row, feed,
                                                    error);
    return code ? code : begin_epoch(feed, error);
}

// Reads what is new. Needs the feed's lock.
static caviar_code read_news(cav_hub *hub, cav_feed *feed, cav_error *error)
{
    caviar_code code =
        feed->study ? cav_study_refresh(feed->study, error) : open_study(hub, feed, error);
    if (!code)
        code = cav_study_keep_up(feed->study, &feed->control, error);
    bool is_anew = !code && feed->beginnings != feed->study->beginnings;
    if (is_anew) // the history was read again: the store was cut off, or the study changed
        code = begin_epoch(feed, error);
    cav_feed_news *news = &feed->news;
    pthread_mutex_lock(&hub->lock);
    if (code) {
        drop_feed(hub, feed); // another one may be there by now under this name
    } else {
        const cav_history *history = feed->study->history;
        bool differs = is_anew || news->trials != history->changed_count ||
                       news->reports != history->reported_count || news->control != feed->control;
        news->trials = history->changed_count;
        news->reports = history->reported_count;
        news->control = feed->control;
        news->version += differs;
        if (differs)
            pthread_cond_broadcast(&hub->changed);
    }
    pthread_mutex_unlock(&hub->lock);
    return code;
}

static caviar_code take_feed(cav_hub *hub, cav_feed *feed, cav_error *error)
{
    if (!feed)
        return cav_fail_memory(error);
    pthread_mutex_lock(&feed->lock);
    caviar_code code = read_news(hub, feed, error);
    if (code)
        pthread_mutex_unlock(&feed->lock);
    return code;
}

caviar_code cav_feed_open(cav_hub *hub, const char *name, cav_feed **ret_feed, cav_error *error)
{
    pthread_mutex_lock(&hub->lock);
    cav_feed *feed = find_feed(hub, name);
    pthread_mutex_unlock(&hub->lock);
    caviar_code code = take_feed(hub, feed, error);
    if (!code)
        *ret_feed = feed;
    else if (feed)
        release(hub, feed);
    return code;
}

void cav_feed_close(cav_hub *hub, cav_feed *feed)
{
    pthread_mutex_unlock(&feed->lock);
    release(hub, feed);
}

caviar_code cav_feed_join(cav_hub *hub, const char *name, cav_feed **ret_feed, cav_error *error)
{
    cav_feed *feed;
    caviar_code code = cav_feed_open(hub, name, &feed, error);
    if (code)
        return code;
    pthread_mutex_unlock(&feed->lock);
    pthread_mutex_lock(&hub->lock);
    feed->viewers++;
    hub->viewers++;
    pthread_mutex_unlock(&hub->lock);
    *ret_feed = feed;
    return CAVIAR_OK;
}

void cav_feed_leave(cav_hub *hub, cav_feed *feed)
{
    pthread_mutex_lock(&hub->lock);
    feed->viewers--;
    if (--hub->viewers == 0 && hub->is_over)
        pthread_cond_broadcast(&hub->changed);
    feed->asked_ms = now_ms();
    pthread_mutex_unlock(&hub->lock);
    release(hub, feed);
}

static struct timespec deadline_in(int64_t ms)
{
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += ms / 1000;
    when.tv_nsec += ms % 1000 * 1000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    return when;
}

bool cav_feed_wait(cav_hub *hub, cav_feed *feed, uint64_t version, int64_t timeout_ms,
                   cav_feed_news *ret_news)
{
    struct timespec deadline = deadline_in(timeout_ms);
    int status = 0;
    pthread_mutex_lock(&hub->lock);
    while (status == 0 && !hub->is_over && feed->news.version == version)
        status = pthread_cond_timedwait(&hub->changed, &hub->lock, &deadline);
    *ret_news = feed->news;
    ret_news->is_over |= hub->is_over;
    pthread_mutex_unlock(&hub->lock);
    return ret_news->version != version || ret_news->is_over;
}

// ---- The reader -------------------------------------------------------------------------------

// The next feed behind `after` (NULL: the first) that has viewers, with one user more; those that
// nobody asks for are dropped on the way. Needs the hub's lock.
static cav_feed *next_viewed(cav_hub *hub, const cav_feed *after)
{
    int64_t now = now_ms();
    cav_feed *feed = after && !after->is_dropped ? after->next : after ? NULL : hub->feeds;
    while (feed) {
        cav_feed *next = feed->next;
        if (feed->viewers > 0) {
            feed->users++;
            return feed;
        }
        if (feed->users == 0 && now - feed->asked_ms > FORGET_MS) {
            drop_feed(hub, feed);
            free_feed(feed);
        }
        feed = next;
    }
    return NULL;
}

static void read_all(cav_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    cav_feed *feed = next_viewed(hub, NULL);
    pthread_mutex_unlock(&hub->lock);
    while (feed) {
        if (take_feed(hub, feed, NULL) == CAVIAR_OK)
            pthread_mutex_unlock(&feed->lock);
        pthread_mutex_lock(&hub->lock);
        cav_feed *next = next_viewed(hub, feed);
        pthread_mutex_unlock(&hub->lock);
        release(hub, feed);
        feed = next;
    }
}

static void *run_reader(void *context)
{
    cav_hub *hub = context;
    pthread_mutex_lock(&hub->lock);
    while (!hub->is_over) {
        pthread_mutex_unlock(&hub->lock);
        read_all(hub);
        struct timespec deadline = deadline_in(TICK_MS);
        pthread_mutex_lock(&hub->lock);
        for (int status = 0; status == 0 && !hub->is_over;)
            status = pthread_cond_timedwait(&hub->changed, &hub->lock, &deadline);
    }
    pthread_mutex_unlock(&hub->lock);
    return NULL;
}

// ---- The hub ----------------------------------------------------------------------------------

static caviar_code start(cav_hub *hub, cav_error *error)
{
    cav_store_options options = {.location = hub->location, .read_only = true};
    caviar_code code =
        hub->location ? cav_store_open(&options, &hub->store, error) : cav_fail_memory(error);
    if (code)
        return code;
    int status = pthread_create(&hub->reader, NULL, run_reader, hub);
    hub->has_reader = status == 0;
    return status ? cav_fail_errno(error, status, "cannot start a thread") : CAVIAR_OK;
}

caviar_code cav_hub_new(const char *location, cav_hub **ret_hub, cav_error *error)
{
    cav_hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return cav_fail_memory(error);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&hub->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&hub->lock, NULL);
    pthread_mutex_init(&hub->store_lock, NULL);
    hub->location = cav_strdup(location);
    caviar_code code = start(hub, error);
    if (code)
        cav_hub_free(hub);
    else
        *ret_hub = hub;
    return code;
}

void cav_hub_stop(cav_hub *hub, int64_t patience_ms)
{
    struct timespec deadline = deadline_in(patience_ms);
    pthread_mutex_lock(&hub->lock);
    hub->is_over = true;
    pthread_cond_broadcast(&hub->changed);
    for (int status = 0; status == 0 && hub->viewers > 0;)
        status = pthread_cond_timedwait(&hub->changed, &hub->lock, &deadline);
    pthread_mutex_unlock(&hub->lock);
}

void cav_hub_free(cav_hub *hub)
{
    if (!hub)
        return;
    cav_hub_stop(hub, 0);
    if (hub->has_reader)
        pthread_join(hub->reader, NULL);
    while (hub->feeds) {
        cav_feed *feed = hub->feeds;
        hub->feeds = feed->next;
        free_feed(feed);
    }
    cav_store_close(hub->store);
    pthread_cond_destroy(&hub->changed);
    pthread_mutex_destroy(&hub->lock);
    pthread_mutex_destroy(&hub->store_lock);
    free(hub->location);
    free(hub);
}

const char *cav_hub_location(const cav_hub *hub)
{
    return hub->location;
}

// ---- The list ---------------------------------------------------------------------------------

typedef struct listing {
    cav_study_summary *items; // [count]
    size_t count, capacity;
} listing;

static caviar_code note_study(void *context, const cav_study_row *row, cav_error *error)
{
    listing *at = context;
    if (!CAV_GROW(&at->items, &at->capacity, at->count + 1))
        return cav_fail_memory(error);
    cav_study_summary *fresh = &at->items[at->count];
    *fresh = (cav_study_summary){.name = cav_strdup(row->name),
                                 .control = row->control,
                                 .created_ms = row->created_ms,
                                 .best = (double)NAN,
                                 .best_number = -1};
    memcpy(fresh->counts, row->counts, sizeof fresh->counts);
    at->count += fresh->name != NULL;
    return fresh->name ? CAVIAR_OK : cav_fail_memory(error);
}

static int64_t last_change(const cav_history *history)
{
    int64_t last = 0;
    for (size_t i = 0; i < history->count; i++) {
        last = history->started_ms[i] > last ? history->started_ms[i] : last;
        last = history->finished_ms[i] > last ? history->finished_ms[i] : last;
    }
    return last;
}

static bool may_look(cav_hub *hub, const char *name)
{
    size_t count = 0;
    bool is_open = false;
    pthread_mutex_lock(&hub->lock);
    for (const cav_feed *feed = hub->feeds; feed; feed = feed->next, count++)
        is_open |= strcmp(feed->name, name) == 0;
    pthread_mutex_unlock(&hub->lock);
    return is_open || count < MOST_LOOKED;
}

static bool copy_metrics(const cav_study *study, cav_study_summary *at)
{
    at->metrics = calloc(study->spec->metric_count, sizeof *at->metrics);
    while (at->metrics && at->metric_count < study->spec->metric_count) {
        char *name = cav_strdup(study->metric_names[at->metric_count]);
        if (!name)
            return false;
        at->metrics[at->metric_count++] = name;
    }
    return at->metrics != NULL;
}

// One that cannot be read, or was deleted meanwhile, stays unknown: the others are listed.
static void look_inside(cav_hub *hub, cav_study_summary *at)
{
    cav_feed *feed;
    if (!may_look(hub, at->name) || cav_feed_open(hub, at->name, &feed, NULL))
        return;
    const cav_study *study = feed->study;
    at->is_known = copy_metrics(study, at);
    at->maximize = study->maximize[0];
    at->budget = study->spec->budget.trials;
    at->changed_ms = last_change(study->history);
    cav_feed_close(hub, feed);
}

// Last of all, as it may take a model the first time.
static void find_best(cav_hub *hub, cav_study_summary *at)
{
    cav_feed *feed;
    cav_best best;
    if (cav_feed_open(hub, at->name, &feed, NULL))
        return;
    if (!cav_study_best(feed->study, &best, NULL) && best.trial != SIZE_MAX) {
        at->best = cav_history_in_direction(feed->study->history, 0, best.loss);
        at->best_number = (int64_t)best.trial;
    }
    cav_feed_close(hub, feed);
}

caviar_code cav_hub_list(cav_hub *hub, cav_study_summary **ret_list, size_t *ret_count,
                         cav_error *error)
{
    listing at = {0};
    pthread_mutex_lock(&hub->store_lock);
    caviar_code code = hub->store->type->study_read(hub->store, NULL, note_study, &at, error);
    pthread_mutex_unlock(&hub->store_lock);
    int64_t deadline = now_ms() + LOOK_MS;
    for (size_t i = 0; i < at.count && !code && now_ms() < deadline; i++)
        look_inside(hub, &at.items[i]);
    for (size_t i = 0; i < at.count && !code && now_ms() < deadline; i++)
        if (at.items[i].is_known)
            find_best(hub, &at.items[i]);
    if (code) {
        cav_summaries_free(at.items, at.count);
        return code;
    }
    *ret_list = at.items;
    *ret_count = at.count;
    return CAVIAR_OK;
}

void cav_summaries_free(cav_study_summary *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].name);
        for (size_t m = 0; m < list[i].metric_count; m++)
            free(list[i].metrics[m]);
        free(list[i].metrics);
    }
    free(list);
}
