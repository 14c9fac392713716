/**
 * door.c: a trial's socket. Whoever connects speaks for the trial: the program itself through the
 * library, or `caviar report` from a shell script, once for each report.
 */
#include "run/protocol.h"
#include "run/slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST_QUEUE = 4 << 20 }; // bytes of answers that a connection leaves unread

typedef struct answer {
    uv_write_t request;
    char *text;
} answer;

static void on_door_closed(uv_handle_t *handle)
{
    cav_door *door = handle->data;
    cav_slot *slot = door->slot;
    cav_door **at = &slot->doors;
    while (*at != door)
        at = &(*at)->next;
    *at = door->next;
    cav_text_free(&door->input);
    free(door);
    cav_slot_handle_closed(slot);
}

static void close_door(cav_door *door)
{
    if (!uv_is_closing((uv_handle_t *)&door->pipe))
        uv_close((uv_handle_t *)&door->pipe, on_door_closed);
}

static void on_written(uv_write_t *request, int status)
{
    answer *sent = (answer *)request;
    if (status < 0)
        close_door(request->handle->data); // whoever waits for it hears that it does not come
    free(sent->text);
    free(sent);
}

static void send_answer(cav_door *door, cav_text *text)
{
    cav_text_append_char(text, '\n');
    size_t size = text->size;
    answer *sent = calloc(1, sizeof *sent);
    char *line = cav_text_take(text);
    bool flooded = uv_stream_get_write_queue_size((uv_stream_t *)&door->pipe) > LONGEST_QUEUE;
    if (!sent || !line || flooded) {
        free(sent);
        free(line);
        close_door(door);
        return;
    }
    sent->text = line;
    uv_buf_t buffer = uv_buf_init(line, (unsigned)size);
    if (uv_write(&sent->request, (uv_stream_t *)&door->pipe, &buffer, 1, on_written)) {
        free(line);
        free(sent);
        close_door(door);
    }
}

static void answer_report(cav_slot *slot, const json_t *message, cav_text *text)
{
    cav_study *study = slot->runner->study;
    int64_t before = slot->trial->step;
    bool runs = slot->trial->state == CAVIAR_STATE_RUNNING;
    cav_slot_look_at_usage(slot, CAV_LOOK_AT_REPORT_MS);
    caviar_verdict verdict;
    caviar_code code = cav_protocol_report(slot->trial, study->metric_names,
                                           study->spec->metric_count, message, text, &verdict);
    if (runs && (code == CAVIAR_STALE || code == CAVIAR_STATE))
        cav_slot_lose(slot);
    else if (slot->trial->step != before || verdict != CAVIAR_VERDICT_CONTINUE)
        cav_slot_reported(slot, slot->trial->step, verdict, true);
}

static void answer_tell(cav_slot *slot, const json_t *message, cav_text *text)
{
    cav_study *study = slot->runner->study;
    cav_error error;
    cav_slot_look_at_usage(slot, CAV_LOOK_AT_END_MS);
    cav_protocol_tell(slot->trial, study->metric_names, study->spec->metric_count, message, text);
    if (slot->trial->state == CAVIAR_STATE_RUNNING || study->spec->durability_normal ||
        !cav_study_sync(study, &error))
        return;
    cav_text_clear(text);
    cav_protocol_write_error(&error, text);
}

static void answer_message(cav_slot *slot, const json_t *message, cav_text *text)
{
    cav_study *study = slot->runner->study;
    const char *command = json_string_value(json_object_get(message, "cmd"));
    cav_welcome welcome = {
        .study = study->spec->study, .metric = study->metric_names[0], .folder = slot->folder};
    cav_error error;
    if (command && strcmp(command, "report") == 0)
        answer_report(slot, message, text);
    else if (command && strcmp(command, "tell") == 0)
        answer_tell(slot, message, text);
    else if (command && strcmp(command, "hello") == 0 &&
             !cav_protocol_take_abilities(slot->trial, message, &error))
        cav_protocol_write_welcome(slot->trial, &welcome, text);
    else if (command && strcmp(command, "hello") == 0)
        cav_protocol_write_error(&error, text);
    else {
        cav_fail(&error, CAVIAR_INVALID, "'cmd' must be hello, report or tell");
        cav_protocol_write_error(&error, text);
    }
}

static void answer_line(cav_door *door, const char *line, size_t size)
{
    cav_text text = {0};
    cav_error error;
    json_t *message;
    if (cav_json_parse(line, size, &message, &error)) {
        cav_protocol_write_error(&error, &text);
    } else {
        answer_message(door->slot, message, &text);
        json_decref(message);
    }
    send_answer(door, &text);
    cav_text_free(&text);
}

static void give_memory(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    cav_door *door = handle->data;
    *buffer = uv_buf_init(door->chunk, sizeof door->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    cav_door *door = stream->data;
    if (size < 0) {
        close_door(door);
        return;
    }
    cav_text_append_size(&door->input, buffer->base, (size_t)size);
    size_t used = 0;
    char *newline;
    while (!door->input.failed && used < door->input.size &&
           (newline = memchr(door->input.data + used, '\n', door->input.size - used))) {
        answer_line(door, door->input.data + used, (size_t)(newline - door->input.data) - used);
        used = (size_t)(newline - door->input.data) + 1;
    }
    if (used > 0) {
        memmove(door->input.data, door->input.data + used, door->input.size - used);
        door->input.size -= used;
    }
    if (door->input.failed || door->input.size > CAV_PROTOCOL_LINE)
        close_door(door);
}

static void on_listener_closed(uv_handle_t *handle)
{
    cav_slot_handle_closed(handle->data);
}

// Whoever waits there is told by the end of the connection. To go on listening would be no help:
// the loop asks again at once, and again, as long as that fails.
static void stop_listening(cav_slot *slot, const char *reason)
{
    char text[200];
    snprintf(text, sizeof text, "trial %lld: its socket takes no connection any more: %s",
             (long long)slot->trial->number, reason);
    cav_log_event(slot->runner->options->log, CAV_LOG_WARNING, "notice", "text", text, NULL);
    uv_close((uv_handle_t *)&slot->listener, on_listener_closed);
}

static void on_connection(uv_stream_t *listener, int status)
{
    cav_slot *slot = listener->data;
    cav_door *door = status < 0 ? NULL : calloc(1, sizeof *door);
    if (!door) {
        stop_listening(slot, status < 0 ? uv_strerror(status) : "out of memory");
        return;
    }
    door->slot = slot;
    door->next = slot->doors;
    uv_pipe_init(&slot->runner->loop, &door->pipe, 0);
    door->pipe.data = door;
    slot->doors = door;
    slot->open_handles++;
    if (uv_accept(listener, (uv_stream_t *)&door->pipe) ||
        uv_read_start((uv_stream_t *)&door->pipe, give_memory, on_read))
        close_door(door);
}

caviar_code cav_door_open(cav_slot *slot, const char *path, cav_error *error)
{
    uv_pipe_init(&slot->runner->loop, &slot->listener, 0);
    slot->listener.data = slot;
    slot->open_handles++;
    int failed = uv_pipe_bind(&slot->listener, path);
    if (!failed)
        failed = uv_listen((uv_stream_t *)&slot->listener, 16, on_connection);
    return failed ? cav_fail(error, CAVIAR_IO, "cannot listen on %s: %s", path, uv_strerror(failed))
                  : CAVIAR_OK;
}

void cav_door_close(cav_slot *slot)
{
    for (cav_door *door = slot->doors; door; door = door->next)
        close_door(door);
    if (!uv_is_closing((uv_handle_t *)&slot->listener)) // which also removes the path
        uv_close((uv_handle_t *)&slot->listener, on_listener_closed);
}
