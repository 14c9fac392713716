/**
 * watch_keys.c: what the keys of `caviar watch` do.
 *
 * A nudge is put together first, key by key, and then sent: one that was sent by mistake can be
 * rolled back, but costs the steps since. What loses work is asked about.
 */
#include "cli/watching.h"

#include "run/forking.h"
#include "cli/nudging.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double nudge_share = 0.05; // of the parameter's range, on its scale

static void say(cav_watching *watching, const char *text)
{
    snprintf(watching->message, sizeof watching->message, "%s", text);
}

static void say_error(cav_watching *watching, const cav_error *error)
{
    snprintf(watching->message, sizeof watching->message, "%.239s", error->message);
}

static void forget_draft(cav_watching *watching)
{
    for (size_t i = 0; i < watching->study->spec->space->count; i++)
        watching->draft[i] = NAN;
}

static bool has_draft(const cav_watching *watching)
{
    for (size_t i = 0; i < watching->study->spec->space->count; i++)
        if (!isnan(watching->draft[i]))
            return true;
    return false;
}

static int64_t shown_step(const cav_watching *watching)
{
    const cav_watched *at = cav_watching_find(watching, watching->trial);
    return at && at->course.now.count > 0 ? at->course.now.steps[at->course.now.count - 1] : -1;
}

// ---- Putting a nudge together -----------------------------------------------------------------

static bool can_be_nudged(const cav_watching *watching, size_t i)
{
    const cav_parameter *parameter = &watching->study->spec->space->parameters[i];
    return !isnan(watching->now[i]) && parameter->type != CAVIAR_TYPE_CONSTANT;
}

static void choose_parameter(cav_watching *watching, int direction)
{
    size_t count = watching->study->spec->space->count;
    for (size_t tried = 0; tried < count; tried++) {
        watching->parameter =
            (watching->parameter + (direction > 0 ? 1 : count - 1)) % (count ? count : 1);
        if (can_be_nudged(watching, watching->parameter))
            return;
    }
}

// Whether a draft has come back to where the trial is: what is drafted is rounded, that is not.
static bool is_back(const cav_watching *watching, size_t i)
{
    const cav_parameter *parameter = &watching->study->spec->space->parameters[i];
    if (parameter->choice_count > 0)
        return watching->draft[i] == watching->now[i];
    double way = cav_parameter_encode(parameter, watching->draft[i]) -
                 cav_parameter_encode(parameter, watching->now[i]);
    return fabs(way) < nudge_share / 2;
}

static void draft_nudge(cav_watching *watching, int direction)
{
    size_t i = watching->parameter;
    if (i >= watching->study->spec->space->count || !can_be_nudged(watching, i)) {
        say(watching, "this trial has no such parameter");
        return;
    }
    double raw = isnan(watching->draft[i]) ? watching->now[i] : watching->draft[i];
    watching->draft[i] = cav_parameter_shift(&watching->study->spec->space->parameters[i], raw,
                                             direction * nudge_share);
    if (is_back(watching, i))
        watching->draft[i] = NAN;
    say(watching, has_draft(watching) ? "Enter sends it, Escape forgets it, f forks with it" : "");
}

// ---- Doing it ---------------------------------------------------------------------------------

// What is done to the study, by whom the options say; and says so.
typedef caviar_code deed(cav_watching *watching, cav_study *study,
                         const caviar_nudge_options *options, cav_error *error);

// Opens the study to write, for as long as something is done.
static void act(cav_watching *watching, deed *done)
{
    char author[CAV_AUTHOR_SIZE];
    cav_study *study = NULL;
    cav_error error = {0};
    cav_study_options options = {.location = watching->location,
                                 .name = watching->study->spec->study};
    const caviar_nudge_options by = {.author = author};
    cav_author_name(author);
    if (cav_study_open(&options, &study, &error) || done(watching, study, &by, &error))
        say_error(watching, &error);
    cav_study_close(study);
}

static caviar_code send_nudge(cav_watching *watching, cav_study *study,
                              const caviar_nudge_options *options, cav_error *error)
{
    caviar_code code = cav_study_nudge(study, watching->trial, watching->draft, options, error);
    if (code)
        return code;
    say(watching, "sent; it arrives at the next report");
    forget_draft(watching);
    return CAVIAR_OK;
}

static caviar_code roll_back(cav_watching *watching, cav_study *study,
                             const caviar_nudge_options *options, cav_error *error)
{
    int64_t step;
    caviar_code code =
        cav_study_rollback(study, watching->trial, watching->question_step, options, &step, error);
    if (!code)
        snprintf(watching->message, sizeof watching->message,
                 "back to step %lld, at the next report", (long long)step);
    return code;
}

static caviar_code stop(cav_watching *watching, cav_study *study,
                        const caviar_nudge_options *options, cav_error *error)
{
    caviar_code code = cav_study_stop(study, watching->trial, options, error);
    if (!code)
        say(watching, "it ends at its next report");
    return code;
}

// Or on its way there.
static bool is_at_rest(const cav_watching *watching)
{
    const cav_history *history = watching->study->history;
    size_t number = (size_t)watching->trial;
    return history->states[number] == CAVIAR_STATE_PAUSED ||
           cav_history_is_to_rest(history, number);
}

static caviar_code rest(cav_watching *watching, cav_study *study,
                        const caviar_nudge_options *options, cav_error *error)
{
    caviar_code code = cav_study_pause(study, watching->trial, options, error);
    if (!code)
        say(watching, "it pauses at its next report; p goes on");
    return code;
}

static caviar_code go_on(cav_watching *watching, cav_study *study,
                         const caviar_nudge_options *options, cav_error *error)
{
    caviar_code code = cav_study_resume(study, watching->trial, options, error);
    if (!code)
        say(watching, "it goes on, before anything new");
    return code;
}

static caviar_code fork_trial(cav_watching *watching, cav_study *study,
                              const caviar_nudge_options *options, cav_error *error)
{
    int64_t number;
    cav_fork fork = {.study = study,
                     .location = watching->place,
                     .parent = watching->trial,
                     .author = options->author,
                     .changes = has_draft(watching) ? watching->draft : NULL};
    caviar_code code = cav_derive_step(study, watching->trial, -1, &fork.step, error);
    if (!code)
        code = cav_fork_make(&fork, &number, error);
    if (code)
        return code;
    snprintf(watching->message, sizeof watching->message,
             "trial %lld goes on from step %lld; it waits to be run", (long long)number,
             (long long)fork.step);
    forget_draft(watching);
    return CAVIAR_OK;
}

static caviar_code pause_or_resume(cav_watching *watching, cav_study *study,
                                   const caviar_nudge_options *options, cav_error *error)
{
    (void)options; // whose word it was is not kept
    bool paused = watching->control == CAV_CONTROL_PAUSE;
    caviar_code code = study->store->type->study_set(
        study->store, study->id, NULL, paused ? CAV_CONTROL_RUN : CAV_CONTROL_PAUSE, error);
    if (!code)
        say(watching, paused ? "resumed" : "paused: nothing new is started; p goes on");
    return code;
}

// ---- Asking first -----------------------------------------------------------------------------

static void ask_rollback(cav_watching *watching)
{
    const cav_nudge_list *list = &watching->study->history->nudges[watching->trial];
    int64_t step = -1;
    for (size_t n = 0; n < list->count; n++)
        if (list->items[n].kind == CAV_NUDGE_CHANGE && list->items[n].state == CAV_NUDGE_ACTIVE)
            step = list->items[n].step;
    if (step < 0) {
        say(watching, "there is no nudge to take back; 'caviar rollback --to STEP' goes anywhere");
        return;
    }
    watching->question = CAV_WATCH_ROLLBACK;
    watching->question_step = step;
    snprintf(watching->message, sizeof watching->message,
             "take the nudge of step %lld back, and give up the steps behind it (now %lld)? y/n",
             (long long)step, (long long)shown_step(watching));
}

static void ask_stop(cav_watching *watching)
{
    watching->question = CAV_WATCH_STOP;
    snprintf(watching->message, sizeof watching->message, "end trial %lld early? y/n",
             (long long)watching->trial);
}

static void answer(cav_watching *watching, int key)
{
    cav_watch_question asked = watching->question;
    watching->question = CAV_WATCH_NOTHING;
    say(watching, "");
    if (key != 'y' && key != 'Y')
        say(watching, "left as it is");
    else if (asked == CAV_WATCH_ROLLBACK)
        act(watching, roll_back);
    else if (asked == CAV_WATCH_STOP)
        act(watching, stop);
}

// ---- Looking around ---------------------------------------------------------------------------

static void show_trial(cav_watching *watching, int64_t number)
{
    cav_error error = {0};
    forget_draft(watching);
    say(watching, "");
    watching->trial = number;
    watching->parameter = 0;
    if (cav_watching_read(watching, &error))
        say_error(watching, &error);
    if (number >= 0 && watching->study->spec->space->count > 0 && !can_be_nudged(watching, 0))
        choose_parameter(watching, 1);
}

static void press_in_study(cav_watching *watching, int key)
{
    int64_t numbers[1000];
    size_t count = cav_watching_list(watching, numbers, CAV_COUNT_OF(numbers));
    if (key == CAV_KEY_DOWN && (size_t)watching->chosen + 1 < count)
        watching->chosen++;
    else if (key == CAV_KEY_UP && watching->chosen > 0)
        watching->chosen--;
    else if (key == CAV_KEY_ENTER && (size_t)watching->chosen < count)
        show_trial(watching, numbers[watching->chosen]);
    else if (key == 'p')
        act(watching, pause_or_resume);
}

static void press_in_trial(cav_watching *watching, int key)
{
    if (key == CAV_KEY_LEFT || key == CAV_KEY_RIGHT)
        choose_parameter(watching, key == CAV_KEY_RIGHT ? 1 : -1);
    else if (key == '+' || key == '=' || key == CAV_KEY_UP)
        draft_nudge(watching, 1);
    else if (key == '-' || key == CAV_KEY_DOWN)
        draft_nudge(watching, -1);
    else if (key == CAV_KEY_ENTER && has_draft(watching))
        act(watching, send_nudge);
    else if (key == CAV_KEY_ESCAPE && has_draft(watching))
        forget_draft(watching), say(watching, "");
    else if (key == CAV_KEY_ESCAPE || key == 'b')
        show_trial(watching, -1);
    else if (key == 'r')
        ask_rollback(watching);
    else if (key == 'f')
        act(watching, fork_trial);
    else if (key == 'p')
        act(watching, is_at_rest(watching) ? go_on : rest);
    else if (key == 's')
        ask_stop(watching);
}

void cav_watch_key(cav_watching *watching, int key)
{
    if (watching->question != CAV_WATCH_NOTHING)
        answer(watching, key);
    else if (key == 'q')
        watching->is_over = true;
    else if (watching->trial < 0)
        press_in_study(watching, key);
    else
        press_in_trial(watching, key);
}
