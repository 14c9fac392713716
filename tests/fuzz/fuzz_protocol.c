/**
 * fuzz_protocol.c: any lines over the socket of a trial. Each is answered with one JSON object;
 * what the trial is then, agrees with the table of states.
 */
#include "run/protocol.h"
#include "study/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static cav_study *make_study(void)
{
    static const char text[] = "{seed: 1, sampler: random, scheduler: none, metrics: [loss, acc], "
                               "steps: 9, space: {lr: {type: float, "
                               "low: 0, high: 1}, act: [relu, tanh]}}";
    cav_spec *spec;
    cav_study *study;
    cav_error error;
    if (cav_spec_parse("", text, strlen(text), &spec, &error) ||
        cav_study_open(&(cav_study_options){.spec = spec}, &study, &error)) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return study;
}

static void answer(cav_study *study, caviar_trial *trial, const json_t *message, cav_text *text)
{
    const char *command = json_string_value(json_object_get(message, "cmd"));
    cav_welcome welcome = {.study = "s", .metric = "loss", .folder = "f"};
    if (command && strcmp(command, "report") == 0)
        cav_protocol_report(trial, study->metric_names, 2, message, text, NULL);
    else if (command && strcmp(command, "tell") == 0)
        cav_protocol_tell(trial, study->metric_names, 2, message, text);
    else
        cav_protocol_write_welcome(trial, &welcome, text);
}

static void send_line(cav_study *study, caviar_trial *trial, const char *line, size_t size)
{
    json_t *message, *back;
    cav_error error;
    cav_text text = {0};
    if (cav_json_parse(line, size, &message, &error)) {
        cav_protocol_write_error(&error, &text);
    } else {
        answer(study, trial, message, &text);
        json_decref(message);
    }
    if (text.failed || strchr(text.data, '\n') ||
        cav_json_parse(text.data, text.size, &back, &error) || !json_is_object(back))
        abort();
    json_decref(back);
    cav_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cav_error error;
    caviar_trial *trial;
    cav_study *study = make_study();
    if (cav_study_ask(study, &trial, &error))
        abort();
    for (size_t at = 0; at < size;) {
        const uint8_t *newline = memchr(bytes + at, '\n', size - at);
        size_t end = newline ? (size_t)(newline - bytes) : size;
        send_line(study, trial, (const char *)bytes + at, end - at);
        at = end + 1;
    }
    if (trial->state == CAVIAR_STATE_PAUSED || trial->state == CAVIAR_STATE_PRUNED)
        abort();
    caviar_trial_free(trial);
    cav_study_close(study);
    return 0;
}
