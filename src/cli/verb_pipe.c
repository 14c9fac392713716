/**
 * verb_pipe.c: caviar pipe: ask, report and tell from any language, over standard input and output.
 */
#include "cli/open.h"

#include "base/file.h"
#include "cli/print.h"
#include "cli/standing.h"
#include "run/folder.h"
#include "run/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 16 << 20, MOST_CONFIRMED = 100 };

typedef struct pipe_state {
    const cav_arguments *arguments;
    cav_study *study;      // NULL before init
    caviar_trial **trials; // [trial_count] handed out and not told, in no order
    size_t trial_count, trial_capacity;
} pipe_state;

static const cav_example examples[] = {
    {"caviar pipe", "keep the study in memory; the first line is an init with the whole study"},
    {"caviar pipe --store caviar.db", "keep it in a file"},
};

static caviar_code spec_from_path(const char *path, cav_spec **ret_spec, cav_error *error)
{
    cav_text text = {0};
    caviar_code code = cav_file_read(path, LARGEST_FILE, &text, error);
    if (!code)
        code = cav_spec_parse(path, cav_text_get(&text), text.size, ret_spec, error);
    cav_text_free(&text);
    return code;
}

// Where the study is kept: in memory, unless a store is named.
static const char *location_of(const pipe_state *at)
{
    const char *given = cav_flag_get(at->arguments, "store");
    return given && given[0] ? given : NULL;
}

static caviar_code init(pipe_state *at, const json_t *message, cav_text *answer, cav_error *error)
{
    static const char *const ignore[] = {"cmd", NULL};
    const char *path = json_string_value(json_object_get(message, "study"));
    bool is_path = path && !json_object_get(message, "space");
    cav_spec *spec;
    if (at->study)
        return cav_fail(error, CAVIAR_STATE, "there was an init already");
    caviar_code code = is_path ? spec_from_path(path, &spec, error)
                               : cav_spec_from_json(message, ignore, &spec, error);
    if (code)
        return code;
    cav_study_options options = {.location = location_of(at),
                                 .name = cav_flag_get(at->arguments, "study"),
                                 .spec = spec,
                                 .keeps_definition = true};
    code = cav_study_open(&options, &at->study, error);
    if (!code && options.location)
        code = cav_study_start_heart(at->study, error);
    if (!code)
        cav_text_append(answer, "{}");
    return code;
}

static void write_trial(const cav_history *history, const caviar_trial *trial, cav_text *answer)
{
    cav_json json = {.text = answer};
    cav_json_begin_object(&json);
    cav_json_add_int(&json, "id", trial->number);
    cav_json_key(&json, "config");
    cav_trial_write_config(trial, &json);
    cav_protocol_write_start(history, trial, &json);
    cav_json_end_object(&json);
}

static caviar_code ask(pipe_state *at, const json_t *message, cav_text *answer, cav_error *error)
{
    (void)message;
    caviar_trial *trial;
    if (!CAV_GROW(&at->trials, &at->trial_capacity, at->trial_count + 1))
        return cav_fail_memory(error);
    caviar_code code = cav_study_ask(at->study, &trial, error);
    if (code == CAVIAR_DONE) {
        cav_text_append(answer, "{\"done\":true}");
        return CAVIAR_OK;
    }
    if (code)
        return code;
    at->trials[at->trial_count++] = trial;
    write_trial(at->study->history, trial, answer);
    return CAVIAR_OK;
}

// Index of the open trial that a message means.
static caviar_code find(const pipe_state *at, const json_t *message, size_t *ret_index,
                        cav_error *error)
{
    const json_t *id = json_object_get(message, "id");
    if (!json_is_integer(id))
        return cav_fail(error, CAVIAR_INVALID, "'id' is needed: the number that ask has answered");
    for (size_t i = 0; i < at->trial_count; i++) {
        if (at->trials[i]->number == json_integer_value(id)) {
            *ret_index = i;
            return CAVIAR_OK;
        }
    }
    return cav_fail(error, CAVIAR_NOT_FOUND,
                    "trial %lld is not open here: it was never asked for, or is told already",
                    (long long)json_integer_value(id));
}

static void drop(pipe_state *at, size_t index)
{
    caviar_trial_free(at->trials[index]);
    at->trials[index] = at->trials[--at->trial_count];
}

static caviar_code report(pipe_state *at, const json_t *message, cav_text *answer, cav_error *error)
{
    size_t index;
    caviar_code code = find(at, message, &index, error);
    if (code)
        return code;
    caviar_trial *trial = at->trials[index];
    cav_protocol_report(trial, at->study->metric_names, at->study->spec->metric_count, message,
                        answer, NULL);
    // a value that is not finite has ended it; one that is to end now is settled by being dropped
    if (trial->state != CAVIAR_STATE_RUNNING || trial->is_stopped || trial->is_paused)
        drop(at, index);
    return CAVIAR_OK;
}

// A program may tell the end also of a trial that it was told to stop: that is settled already.
static bool was_stopped(const pipe_state *at, const json_t *message)
{
    const json_t *id = json_object_get(message, "id");
    const cav_history *history = at->study->history;
    json_int_t number = json_is_integer(id) ? json_integer_value(id) : -1;
    return number >= 0 && (size_t)number < history->count &&
           history->states[number] == CAVIAR_STATE_PRUNED;
}

static caviar_code tell(pipe_state *at, const json_t *message, cav_text *answer, cav_error *error)
{
    size_t index;
    caviar_code code = find(at, message, &index, error);
    if (code && !cav_study_refresh(at->study, NULL) && was_stopped(at, message)) {
        cav_text_append(answer, "{}");
        return CAVIAR_OK;
    }
    if (code)
        return code;
    cav_protocol_tell(at->trials[index], at->study->metric_names, at->study->spec->metric_count,
                      message, answer);
    if (at->trials[index]->state != CAVIAR_STATE_RUNNING)
        drop(at, index);
    return CAVIAR_OK;
}

static void write_contenders(const cav_study *study, const cav_incumbent *incumbent, cav_json *json)
{
    cav_json_key(json, "contenders");
    cav_json_begin_array(json);
    for (size_t i = 0; incumbent && i < incumbent->count; i++)
        cav_standing_write_one(study, &incumbent->contenders[i], json);
    cav_json_end_array(json);
}

static caviar_code best(pipe_state *at, const json_t *message, cav_text *answer, cav_error *error)
{
    (void)message;
    cav_best found;
    cav_json json = {.text = answer};
    caviar_code code = cav_study_refresh(at->study, error);
    if (!code)
        code = cav_study_best(at->study, &found, error);
    if (code)
        return code;
    if (found.trial == SIZE_MAX)
        return cav_fail(error, CAVIAR_NOT_FOUND, "no trial is complete yet");
    caviar_trial *trial = cav_study_make_handle(at->study, found.trial);
    if (!trial)
        return cav_fail_memory(error);
    cav_json_begin_object(&json);
    cav_json_add_int(&json, "id", trial->number);
    cav_json_key(&json, "config");
    cav_trial_write_config(trial, &json);
    cav_json_add_number(&json, "value", trial->finals[0]);
    write_contenders(at->study, found.incumbent, &json);
    cav_json_end_object(&json);
    caviar_trial_free(trial);
    return CAVIAR_OK;
}

// Reads a number of a few; what is not given stays as it is.
static caviar_code read_count(const json_t *message, const char *key, json_int_t *count,
                              cav_error *error)
{
    const json_t *given = json_object_get(message, key);
    json_int_t wanted = given ? json_integer_value(given) : *count;
    if (wanted < 1 || wanted > MOST_CONFIRMED)
        return cav_fail(error, CAVIAR_INVALID, "'%s' is a whole number from 1 to %d", key,
                        MOST_CONFIRMED);
    *count = wanted;
    return CAVIAR_OK;
}

static caviar_code confirm(pipe_state *at, const json_t *message, cav_text *answer,
                           cav_error *error)
{
    json_int_t count = 1, times = 3;
    size_t trials[MOST_CONFIRMED], chosen;
    caviar_code code = read_count(message, "count", &count, error);
    if (!code)
        code = read_count(message, "times", &times, error);
    if (!code)
        code = cav_study_confirm(at->study, (size_t)count, times, trials, &chosen, error);
    if (!code)
        cav_text_append(answer, "{}");
    return code;
}

typedef caviar_code command(pipe_state *at, const json_t *message, cav_text *answer,
                            cav_error *error);

static const struct entry {
    const char *name;
    command *run;
} commands[] = {{"init", init}, {"ask", ask},   {"report", report},
                {"tell", tell}, {"best", best}, {"confirm", confirm}};

static caviar_code dispatch(pipe_state *at, const json_t *message, cav_text *answer,
                            cav_error *error)
{
    const char *name = json_string_value(json_object_get(message, "cmd"));
    for (size_t i = 0; name && i < CAV_COUNT_OF(commands); i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        if (!at->study && commands[i].run != init)
            return cav_fail(error, CAVIAR_STATE, "the first message must be an init");
        return commands[i].run(at, message, answer, error);
    }
    return cav_fail(error, CAVIAR_INVALID,
                    "'cmd' must be init, ask, report, tell, best or confirm");
}

static void answer_line(pipe_state *at, const char *line, size_t size)
{
    cav_text answer = {0};
    cav_error error = {0};
    json_t *message = NULL;
    caviar_code code = cav_json_parse(line, size, &message, &error);
    if (!code)
        code = dispatch(at, message, &answer, &error);
    json_decref(message);
    if (code) {
        cav_text_clear(&answer);
        cav_protocol_write_error(&error, &answer);
    }
    puts(cav_text_get(&answer));
    fflush(stdout);
    cav_text_free(&answer);
}

static cav_exit run(const cav_arguments *arguments)
{
    pipe_state at = {.arguments = arguments};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0) {
        if (line[size - 1] == '\n')
            size--;
        if (size > 0)
            answer_line(&at, line, (size_t)size);
        if (ferror(stdout))
            break; // nobody listens any more
    }
    free(line);
    while (at.trial_count > 0)
        drop(&at, at.trial_count - 1); // what was not told goes back
    free(at.trials);
    cav_study_close(at.study);
    return CAV_EXIT_OK;
}

const cav_verb cav_verb_pipe = {
    .name = "pipe",
    .group = "From other programs",
    .summary = "ask, report and tell as JSON lines, for any language",
    .operands = "",
    .description =
        "Reads one JSON object a line from standard input and answers each with one line:\n\n"
        "{\"cmd\":\"init\",\"study\":\"FILE\"}, or the study file's keys in place of the file\n"
        "{\"cmd\":\"ask\"} -> {\"id\":7,\"config\":{\"lr\":0.01},\"from\":0}, or {\"done\":true}\n"
        "{\"cmd\":\"report\",\"id\":7,\"step\":3,\"value\":0.2} -> {\"verdict\":\"continue\"}\n"
        "{\"cmd\":\"tell\",\"id\":7,\"value\":0.2} -> {}\n"
        "{\"cmd\":\"tell\",\"id\":7,\"state\":\"failed\",\"reason\":\"exit\"} -> {}\n"
        "{\"cmd\":\"best\"} -> {\"id\":7, \"config\":{\"lr\":0.01}, \"value\":0.2, "
        "\"contenders\":[]}\n"
        "{\"cmd\":\"confirm\",\"count\":3,\"times\":5} -> {}\n\n"
        "What goes wrong is answered with {\"error\":\"...\"}, and the conversation goes on. "
        "Several trials may be open at once. Best answers as 'caviar best' does: where runs of one "
        "configuration come out different it lists those that may be the best, each with the mean "
        "of many runs. Confirm queues further runs of the best few, to be asked for; they are "
        "beside the budget. Without --store the study is kept in memory.",
    .has_store = true,
    .has_json = true, // it never prints anything else
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
