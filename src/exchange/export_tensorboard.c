/**
 * export_tensorboard.c: event files for TensorBoard: a folder for each trial, with what it
 * reported as scalars, and its parameters for the table of the hparams plugin.
 *
 * An event file is a row of records (TFRecord): the size, its checksum, the data, its checksum.
 * The data is an Event as protocol buffers write it (tensorboard/compat/proto/event.proto,
 * summary.proto; tensorboard/plugins/hparams/plugin_data.proto), of which a few fields are needed.
 * A field is its number and kind, and then a varint, eight or four bytes, or a size and so many.
 */
#include "exchange/export.h"

#include "exchange/tracked.h"
#include "trial/state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/** Kinds of fields. */
enum { VARINT = 0, EIGHT_BYTES = 1, SIZED = 2, FOUR_BYTES = 5 };

/** Numbers of the fields, by message. */
enum {
    EVENT_WALL_TIME = 1,
    EVENT_STEP = 2,
    EVENT_FILE_VERSION = 3,
    EVENT_SUMMARY = 5,
    SUMMARY_VALUE = 1,
    VALUE_TAG = 1,
    VALUE_SIMPLE = 2,
    VALUE_TENSOR = 8,
    VALUE_METADATA = 9,
    METADATA_PLUGIN = 1,
    PLUGIN_NAME = 1,
    PLUGIN_CONTENT = 2,
    HPARAMS_START = 3,
    HPARAMS_END = 4,
    START_HPARAMS = 1,
    START_TIME = 5,
    END_STATUS = 1,
    END_TIME = 2,
    MAP_KEY = 1,
    MAP_VALUE = 2,
    JSON_NUMBER = 2,
    JSON_TEXT = 3,
    JSON_TRUTH = 4,
};

// Castagnoli's polynomial, mirrored, a bit at a time: the files are small.
static uint32_t crc32c(const char *data, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= (unsigned char)data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    return ~crc;
}

static void put_bytes(cav_text *text, uint64_t number, int count)
{
    for (int i = 0; i < count; i++)
        cav_text_append_char(text, (char)(unsigned char)(number >> (8 * i)));
}

// The checksum as TFRecord has it, since one over data that holds its own is of no use.
static void put_checksum(cav_text *text, const char *data, size_t size)
{
    uint32_t crc = crc32c(data, size);
    put_bytes(text, (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8), 4);
}

static void put_record(cav_text *text, const cav_text *event)
{
    size_t start = text->size;
    put_bytes(text, event->size, 8);
    if (text->failed || event->failed) {
        text->failed = true;
        return;
    }
    char size[8];
    memcpy(size, text->data + start, sizeof size);
    put_checksum(text, size, sizeof size);
    cav_text_append_size(text, cav_text_get(event), event->size);
    put_checksum(text, cav_text_get(event), event->size);
}

static void put_varint(cav_text *text, uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        cav_text_append_char(text, (char)(unsigned char)(number | 0x80));
    cav_text_append_char(text, (char)number);
}

static void put_key(cav_text *text, int field, int kind)
{
    put_varint(text, (uint64_t)(field << 3 | kind));
}

static void put_int(cav_text *text, int field, int64_t number)
{
    put_key(text, field, VARINT);
    put_varint(text, (uint64_t)number);
}

static void put_double(cav_text *text, int field, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_key(text, field, EIGHT_BYTES);
    put_bytes(text, bits, 8);
}

static void put_float(cav_text *text, int field, float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_key(text, field, FOUR_BYTES);
    put_bytes(text, bits, 4);
}

static void put_string(cav_text *text, int field, const char *string)
{
    put_key(text, field, SIZED);
    put_varint(text, strlen(string));
    cav_text_append(text, string);
}

// A message within a message; the inner one is freed.
static void put_message(cav_text *text, int field, cav_text *inner)
{
    put_key(text, field, SIZED);
    put_varint(text, inner->size);
    cav_text_append_size(text, cav_text_get(inner), inner->size);
    text->failed |= inner->failed;
    cav_text_free(inner);
}

static void put_event(cav_text *file, int64_t time_ms, int64_t step, cav_text *value)
{
    cav_text event = {0}, summary = {0};
    put_double(&event, EVENT_WALL_TIME, (double)time_ms / 1000);
    put_int(&event, EVENT_STEP, step);
    put_message(&summary, SUMMARY_VALUE, value);
    put_message(&event, EVENT_SUMMARY, &summary);
    put_record(file, &event);
    cav_text_free(&event);
}

static void put_version(cav_text *file, int64_t time_ms)
{
    cav_text event = {0};
    put_double(&event, EVENT_WALL_TIME, (double)time_ms / 1000);
    put_string(&event, EVENT_FILE_VERSION, "brain.Event:2");
    put_record(file, &event);
    cav_text_free(&event);
}

static void put_scalar(cav_text *file, const cav_tracked_point *point)
{
    cav_text value = {0};
    put_string(&value, VALUE_TAG, point->metric);
    put_float(&value, VALUE_SIMPLE, (float)point->value);
    put_event(file, point->time_ms, point->step, &value);
}

// What the plugin reads stands in the metadata of a value that is an empty tensor of floats.
static void put_hparams(cav_text *file, int64_t time_ms, const char *tag, int field,
                        cav_text *content)
{
    static const char empty_tensor[] = {'\x08', '\x01', '\x12', '\x02', '\x12', '\x00'};
    cav_text data = {0}, plugin = {0}, metadata = {0}, value = {0}, tensor = {0};
    put_message(&data, field, content);
    put_string(&plugin, PLUGIN_NAME, "hparams");
    put_message(&plugin, PLUGIN_CONTENT, &data);
    put_message(&metadata, METADATA_PLUGIN, &plugin);
    put_string(&value, VALUE_TAG, tag);
    cav_text_append_size(&tensor, empty_tensor, sizeof empty_tensor);
    put_message(&value, VALUE_TENSOR, &tensor);
    put_message(&value, VALUE_METADATA, &metadata);
    put_event(file, time_ms, 0, &value);
}

static void put_value(cav_text *entry, const caviar_value *value)
{
    cav_text json = {0};
    switch (value->kind) {
    case CAVIAR_KIND_INT:
        put_double(&json, JSON_NUMBER, (double)value->integer);
        break;
    case CAVIAR_KIND_REAL:
        put_double(&json, JSON_NUMBER, value->real);
        break;
    case CAVIAR_KIND_BOOL:
        put_int(&json, JSON_TRUTH, value->truth);
        break;
    case CAVIAR_KIND_TEXT:
        put_string(&json, JSON_TEXT, value->text);
        break;
    case CAVIAR_KIND_NONE:
        break;
    }
    put_message(entry, MAP_VALUE, &json);
}

static void put_start(cav_text *file, const cav_study *study, size_t number)
{
    const cav_space *space = study->spec->space;
    int64_t started_ms = study->history->started_ms[number];
    cav_text content = {0};
    for (size_t i = 0; i < space->count; i++) {
        cav_text entry = {0};
        double raw = study->history->raw[number * space->count + i];
        if (isnan(raw))
            continue;
        caviar_value value = cav_parameter_value(&space->parameters[i], raw);
        put_string(&entry, MAP_KEY, space->parameters[i].name);
        put_value(&entry, &value);
        put_message(&content, START_HPARAMS, &entry);
    }
    put_double(&content, START_TIME, (double)started_ms / 1000);
    put_hparams(file, started_ms, "_hparams_/session_start_info", HPARAMS_START, &content);
}

static void put_end(cav_text *file, const cav_study *study, size_t number)
{
    enum { SUCCESS = 1, FAILURE = 2, RUNNING = 3 };
    caviar_state state = (caviar_state)study->history->states[number];
    int64_t finished_ms = study->history->finished_ms[number];
    cav_text content = {0};
    put_int(&content, END_STATUS,
            state == CAVIAR_STATE_FAILED ? FAILURE
            : cav_state_is_final(state)  ? SUCCESS
                                         : RUNNING);
    put_double(&content, END_TIME, (double)finished_ms / 1000);
    put_hparams(file, finished_ms, "_hparams_/session_end_info", HPARAMS_END, &content);
}

typedef struct writer {
    cav_study *study;
    const char *path;
    cav_text folder;
} writer;

static caviar_code write_trial(void *context, const cav_tracked_trial *trial, cav_error *error)
{
    writer *at = context;
    char name[80];
    cav_text file = {0};
    int64_t started_ms = at->study->history->started_ms[trial->number];
    snprintf(name, sizeof name, "trial-%zu", trial->number);
    caviar_code code = cav_tracked_folder(at->path, name, &at->folder, error);
    if (code)
        return code;
    put_version(&file, started_ms);
    put_start(&file, at->study, trial->number);
    for (size_t i = 0; i < trial->point_count; i++)
        put_scalar(&file, &trial->points[i]);
    put_end(&file, at->study, trial->number);
    snprintf(name, sizeof name, "events.out.tfevents.%010lld.caviar",
             (long long)(started_ms / 1000));
    code = cav_tracked_file(cav_text_get(&at->folder), name, &file, error);
    cav_text_free(&file);
    return code;
}

static caviar_code write_folder(cav_study *study, const char *path, cav_notes *notes,
                                cav_error *error)
{
    writer at = {.study = study, .path = path};
    caviar_code code = cav_tracked_folder(path, ".", &at.folder, error);
    if (!code)
        code = cav_tracked_visit(study, write_trial, &at, error);
    cav_text_free(&at.folder);
    cav_note(notes, "TensorBoard keeps scalars in single precision");
    return code;
}

const cav_export_type cav_export_tensorboard = {
    .name = "tensorboard",
    .summary = "a folder of event files for TensorBoard, with its hparams",
    .write_path = write_folder,
};
