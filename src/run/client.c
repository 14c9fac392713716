/**
 * client.c: caviar_trial_join: the trial's end of the protocol (docs/trial-protocol.md).
 *
 * One JSON object a line, one answer a line, over the Unix socket that CAVIAR_SOCKET names.
 */
#include "base/json.h"
#include "base/names.h"
#include "space/codec.h"
#include "trial/handle.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LONGEST_LINE = 16 << 20 };

typedef struct client {
    int fd;
    cav_text input; // received and not yet used
} client;

static void client_free(client *at)
{
    if (!at)
        return;
    if (at->fd >= 0)
        close(at->fd);
    cav_text_free(&at->input);
    free(at);
}

static caviar_code connect_to(client *at, const char *path, cav_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return cav_fail(error, CAVIAR_INVALID, "CAVIAR_SOCKET is too long for a socket: %s", path);
    memcpy(address.sun_path, path, strlen(path));
    at->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (at->fd < 0 || connect(at->fd, (const struct sockaddr *)&address, sizeof address))
        return cav_fail_errno(error, errno, "cannot reach the tuner at %s", path);
    return CAVIAR_OK;
}

static caviar_code send_all(client *at, const cav_text *line, cav_error *error)
{
    size_t sent = 0;
    while (sent < line->size) {
        ssize_t put = send(at->fd, line->data + sent, line->size - sent, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return cav_fail_errno(error, errno, "lost the tuner");
        sent += (size_t)put;
    }
    return CAVIAR_OK;
}

// Reads until the input holds a whole line; *ret_size is its length without the newline.
static caviar_code receive_line(client *at, size_t *ret_size, cav_error *error)
{
    size_t looked = 0;
    for (;;) {
        char *newline = at->input.size > looked
                            ? memchr(at->input.data + looked, '\n', at->input.size - looked)
                            : NULL;
        if (newline) {
            *ret_size = (size_t)(newline - at->input.data);
            return CAVIAR_OK;
        }
        looked = at->input.size;
        char chunk[4096];
        ssize_t got = recv(at->fd, chunk, sizeof chunk, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cav_fail_errno(error, errno, "lost the tuner");
        if (got == 0)
            return cav_fail(error, CAVIAR_IO, "the tuner closed the connection");
        if (at->input.size > LONGEST_LINE)
            return cav_fail(error, CAVIAR_IO, "the tuner sent a line longer than %d bytes",
                            LONGEST_LINE);
        cav_text_append_size(&at->input, chunk, (size_t)got);
        if (at->input.failed)
            return cav_fail_memory(error);
    }
}

// An error is never CAVIAR_OK, whatever it calls itself.
static int code_of(const char *word)
{
    for (int code = CAVIAR_OK + 1; caviar_code_name((caviar_code)code)[0]; code++)
        if (word && strcmp(caviar_code_name((caviar_code)code), word) == 0)
            return code;
    return CAVIAR_INVALID;
}

// An answer with "error" in it becomes our own error.
static caviar_code check_answer(const json_t *answer, cav_error *error)
{
    if (!json_is_object(answer))
        return cav_fail(error, CAVIAR_IO, "the tuner's answer is not an object");
    const char *message = json_string_value(json_object_get(answer, "error"));
    if (!message)
        return CAVIAR_OK;
    int code = code_of(json_string_value(json_object_get(answer, "code")));
    return cav_fail(error, (caviar_code)code, "%s", message);
}

// Sends a line (and frees it) and parses the answer, which the caller releases.
static caviar_code call(client *at, cav_text *line, json_t **ret_answer, cav_error *error)
{
    cav_text_append_char(line, '\n');
    caviar_code code = line->failed ? cav_fail_memory(error) : send_all(at, line, error);
    cav_text_free(line);
    size_t size = 0;
    if (!code)
        code = receive_line(at, &size, error);
    json_t *answer = NULL;
    if (!code) {
        code = cav_json_parse(at->input.data, size, &answer, error);
        size_t rest = at->input.size - size - 1;
        memmove(at->input.data, at->input.data + size + 1, rest);
        at->input.size = rest;
    }
    if (!code)
        code = check_answer(answer, error);
    if (code)
        json_decref(answer);
    else
        *ret_answer = answer;
    return code;
}

static cav_json begin_message(cav_text *line, const char *command)
{
    cav_json json = {.text = line};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "cmd", command);
    return json;
}

static void write_metrics(cav_json *json, const caviar_metric *metrics, size_t metric_count)
{
    cav_json_key(json, "metrics");
    cav_json_begin_object(json);
    for (size_t i = 0; i < metric_count; i++) {
        cav_json_key(json, metrics[i].name ? metrics[i].name : "");
        if (isfinite(metrics[i].value))
            cav_json_number(json, metrics[i].value);
        else // JSON has no such number; the tuner reads these words
            cav_json_string(json, isnan(metrics[i].value) ? "nan"
                                  : metrics[i].value > 0  ? "inf"
                                                          : "-inf");
    }
    cav_json_end_object(json);
}

// Takes the changed parameters out of an answer.
static caviar_code read_changes(caviar_trial *trial, const json_t *changes)
{
    const char *name;
    json_t *given;
    json_object_foreach ((json_t *)(uintptr_t)changes, name, given) {
        caviar_value value;
        for (size_t i = 0; i < trial->parameter_count; i++) {
            if (strcmp(trial->names[i], name) != 0 || !cav_value_from_json(given, &value))
                continue;
            if (!cav_trial_set(trial, i, name, &value))
                return cav_fail_memory(&trial->error);
            trial->changes[trial->change_count++] = i;
        }
    }
    return CAVIAR_OK;
}

// Takes the changes of one step of the schedule; names that this trial has not are left alone.
static caviar_code read_planned(caviar_trial *trial, int64_t step, const json_t *changes)
{
    const char *name;
    json_t *given;
    json_object_foreach ((json_t *)(uintptr_t)changes, name, given) {
        caviar_value value;
        for (size_t i = 0; i < trial->parameter_count; i++)
            if (strcmp(trial->names[i], name) == 0 && cav_value_from_json(given, &value) &&
                !cav_trial_plan(trial, step, i, &value))
                return cav_fail_memory(&trial->error);
    }
    return CAVIAR_OK;
}

static caviar_code read_schedule(caviar_trial *trial, const json_t *schedule)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < json_array_size(schedule) && !code; i++) {
        const json_t *entry = json_array_get(schedule, i);
        code = read_planned(trial, json_integer_value(json_object_get(entry, "step")),
                            json_object_get(entry, "changes"));
    }
    return code;
}

static void write_abilities(cav_json *json, unsigned can)
{
    cav_json_key(json, "can");
    cav_json_begin_array(json);
#define X(name, word, bit)                                                                         \
    if (can & (bit))                                                                               \
        cav_json_string(json, word);
    CAVIAR_ABILITIES(X)
#undef X
    cav_json_end_array(json);
}

static caviar_code client_report(caviar_trial *trial, int64_t step, const caviar_metric *metrics,
                                 size_t metric_count, caviar_verdict *ret_verdict)
{
    cav_text line = {0};
    cav_json json = begin_message(&line, "report");
    cav_json_add_int(&json, "step", step);
    write_metrics(&json, metrics, metric_count);
    if (trial->can != trial->told_can)
        write_abilities(&json, trial->can);
    if (trial->has_new_checkpoints) {
        cav_json_key(&json, "checkpoints");
        cav_json_raw(&json, cav_text_get(&trial->checkpoints));
    }
    cav_json_end_object(&json);
    json_t *answer;
    caviar_code code = call(trial->context, &line, &answer, &trial->error);
    if (code)
        return code;
    trial->has_new_checkpoints = false;
    trial->told_can = trial->can;
    const char *word = json_string_value(json_object_get(answer, "verdict"));
    int verdict;
    code = cav_names_find(&cav_verdict_names, word ? word : "", &verdict, &trial->error);
    if (!code) {
        trial->restore_step = json_integer_value(json_object_get(answer, "step"));
        code = read_changes(trial, json_object_get(answer, "changes"));
        *ret_verdict = (caviar_verdict)verdict;
    }
    json_decref(answer);
    return code;
}

static caviar_code finish(caviar_trial *trial, cav_text *line, caviar_state state)
{
    json_t *answer;
    caviar_code code = call(trial->context, line, &answer, &trial->error);
    if (!code) {
        json_decref(answer);
        trial->state = state;
    }
    return code;
}

static caviar_code client_tell(caviar_trial *trial, const caviar_metric *metrics,
                               size_t metric_count)
{
    cav_text line = {0};
    cav_json json = begin_message(&line, "tell");
    write_metrics(&json, metrics, metric_count);
    cav_json_end_object(&json);
    return finish(trial, &line, CAVIAR_STATE_COMPLETE);
}

static caviar_code client_fail(caviar_trial *trial, caviar_reason reason, const char *message)
{
    cav_text line = {0};
    cav_json json = begin_message(&line, "tell");
    cav_json_add_string(&json, "state", caviar_state_name(CAVIAR_STATE_FAILED));
    cav_json_add_string(&json, "reason", caviar_reason_name(reason));
    cav_json_add_string(&json, "message", message);
    cav_json_end_object(&json);
    caviar_code code = finish(trial, &line, CAVIAR_STATE_FAILED);
    if (!code)
        trial->reason = reason;
    return code;
}

static void client_release(caviar_trial *trial)
{
    client_free(trial->context);
    trial->context = NULL;
}

static const cav_trial_link client_link = {
    .report = client_report, .tell = client_tell, .fail = client_fail, .release = client_release};

// Fills in the parameters one by one, so that the handle has those that made sense.
static caviar_code read_parameters(caviar_trial *trial, const json_t *config)
{
    trial->parameter_count = 0;
    const char *name;
    json_t *given;
    json_object_foreach ((json_t *)(uintptr_t)config, name, given) {
        caviar_value value;
        if (!cav_value_from_json(given, &value))
            return cav_fail(&trial->error, CAVIAR_IO, "the tuner sent '%s' as %s", name,
                            cav_json_type_name(given));
        if (!cav_trial_set(trial, trial->parameter_count, name, &value))
            return cav_fail_memory(&trial->error);
        trial->parameter_count++;
    }
    return CAVIAR_OK;
}

// Makes the handle from the tuner's welcome.
static caviar_code welcome(const json_t *answer, client *at, caviar_trial **ret_trial)
{
    const json_t *config = json_object_get(answer, "config");
    caviar_trial *trial = cav_trial_new(json_object_size(config), 0);
    if (!trial) {
        client_free(at);
        return cav_fail_memory(&(*ret_trial)->error);
    }
    trial->link = &client_link;
    trial->context = at;
    trial->number = json_integer_value(json_object_get(answer, "trial"));
    trial->attempt = json_integer_value(json_object_get(answer, "attempt"));
    trial->seed = (uint32_t)json_integer_value(json_object_get(answer, "seed"));
    trial->first_step = json_integer_value(json_object_get(answer, "from"));
    const json_t *steps = json_object_get(answer, "steps");
    trial->last_step = steps ? json_integer_value(steps) : INT64_MAX;
    caviar_trial_free(*ret_trial);
    *ret_trial = trial;
    caviar_code code = read_parameters(trial, config);
    return code ? code : read_schedule(trial, json_object_get(answer, "schedule"));
}

static caviar_code join(caviar_trial **trial, const char *socket_path)
{
    cav_error *error = &(*trial)->error;
    client *at = calloc(1, sizeof *at);
    if (!at)
        return cav_fail_memory(error);
    json_t *answer = NULL;
    caviar_code code = connect_to(at, socket_path, error);
    if (!code) {
        cav_text line = {0};
        cav_json json = begin_message(&line, "hello");
        cav_json_add_int(&json, "version", 1);
        cav_json_end_object(&json);
        code = call(at, &line, &answer, error);
    }
    if (code) {
        client_free(at);
        return code;
    }
    code = welcome(answer, at, trial);
    json_decref(answer);
    return code;
}

caviar_code caviar_trial_join(const char *socket_path, caviar_trial **ret_trial)
{
    *ret_trial = cav_trial_new(0, 0);
    if (!*ret_trial)
        return CAVIAR_NOMEM;
    (*ret_trial)->last_step = INT64_MAX;
    return socket_path ? join(ret_trial, socket_path) : CAVIAR_OK;
}
