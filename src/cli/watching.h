/**
 * watching.h: what `caviar watch` shows, and what its keys do; without a terminal.
 *
 *   watching.c      following a study and the curves of its trials
 *   watch_page.c    putting it on a page
 *   watch_keys.c    keys: looking around, and nursing a trial
 *   verb_watch.c    the terminal
 *
 * The study that is followed is open for looking only, and never waits for whoever runs it; what a
 * key wants done is done by a second handle that is open for no longer than that takes.
 */
#ifndef CAV_CLI_WATCHING_H
#define CAV_CLI_WATCHING_H

#include "cli/outlook.h"
#include "study/course.h"
#include "cli/screen.h"
#include "insight/diagnosis.h"
#include "study/study.h"

enum { CAV_WATCH_CURVES = 24 }; // trials whose curves are followed at a time

/** A trial whose curve is followed. */
typedef struct cav_watched {
    int64_t number; // -1: free
    int64_t cursor;
    bool is_wanted;
    cav_course course, companion; // of the study's metric, and of its like in training
    char *companion_name;         // NULL: there is none, or it is not known yet
} cav_watched;

/** A question that a key asks before it does something. */
typedef enum cav_watch_question {
    CAV_WATCH_NOTHING,
    CAV_WATCH_ROLLBACK,
    CAV_WATCH_STOP,
} cav_watch_question;

typedef struct cav_watching {
    cav_study *study;
    const char *location; // of the store
    const char *place;    // of the trials' folders: see cav_folder_of_study
    int64_t trial;        // that is shown; -1: the study
    int64_t chosen;       // in the list of the study
    cav_control control;  // what the study is told to do
    cav_watched watched[CAV_WATCH_CURVES];
    cav_outlook outlook; // of the trial that is shown, while it runs
    size_t parameter;    // that the keys nudge
    double *now, *draft; // [space->count] values, and those to be sent; NaN: as it is
    cav_watch_question question;
    int64_t question_step; // of a rollback
    char message[240];
    bool is_over; // the person wants to leave
    cav_error error;
} cav_watching;

/** Keys, as far as they are not characters. */
enum {
    CAV_KEY_UP = 0x110000, // beyond all characters
    CAV_KEY_DOWN,
    CAV_KEY_LEFT,
    CAV_KEY_RIGHT,
    CAV_KEY_ENTER,
    CAV_KEY_ESCAPE,
};

/** Begins to follow a study, which stays the caller's; `trial` is -1 for the whole study. */
caviar_code cav_watching_open(cav_watching *watching, cav_study *study, const char *location,
                              int64_t trial, cav_error *error);
void cav_watching_close(cav_watching *watching);

/** Reads what is new. */
caviar_code cav_watching_read(cav_watching *watching, cav_error *error);

/** Writes the numbers of the trials in the order of the list: running ones, then the best. */
size_t cav_watching_list(const cav_watching *watching, int64_t *ret_numbers, size_t most);

/** The curve of a trial; NULL where it is not followed. */
const cav_watched *cav_watching_find(const cav_watching *watching, int64_t number);

/** Says what the curve of a trial that is followed shows; returns how many findings. */
size_t cav_watching_diagnose(const cav_watching *watching, int64_t number,
                             cav_diagnosis ret_found[CAV_FINDING_COUNT]);

/** Puts the present state on the page. */
void cav_watch_page(const cav_watching *watching, cav_screen *screen);

/** Does what a key means. */
void cav_watch_key(cav_watching *watching, int key);

#endif
