/**
 * topics.c: what samplers, schedulers and presets there are.
 */
#include "cli/topics.h"

#include "base/number.h"
#include "base/options.h"
#include "cli/verb.h"
#include "config/preset.h"
#include "schedule/scheduler.h"
#include "search/sampler.h"

#include <stdio.h>
#include <string.h>

// What a sampler and a scheduler have in common here.
typedef struct entry {
    const char *name, *summary;
    const cav_option *options;
    size_t option_count;
} entry;

typedef struct topic {
    const char *name, *key; // "samplers", and how a study file calls one
    size_t count;
    entry (*get)(size_t index);
} topic;

static entry get_sampler(size_t index)
{
    const cav_sampler_type *type = cav_samplers[index];
    return (entry){type->name, type->summary, type->options, type->option_count};
}

static entry get_scheduler(size_t index)
{
    const cav_scheduler_type *type = cav_schedulers[index];
    return (entry){type->name, type->summary, type->options, type->option_count};
}

static bool find(const char *name, topic *ret_topic)
{
    if (strcmp(name, "samplers") == 0)
        *ret_topic = (topic){name, "sampler", cav_sampler_count, get_sampler};
    else if (strcmp(name, "schedulers") == 0)
        *ret_topic = (topic){name, "scheduler", cav_scheduler_count, get_scheduler};
    else
        return false;
    return true;
}

static void print_option(const cav_option *option)
{
    char initial[CAV_NUMBER_SIZE], low[CAV_NUMBER_SIZE], high[CAV_NUMBER_SIZE];
    cav_number_print(option->initial, initial);
    cav_number_print(option->low, low);
    cav_number_print(option->high, high);
    if (option->kind == CAV_OPTION_BOOL)
        printf("      %s: %s\n", option->name, option->initial != 0 ? "on" : "off");
    else
        printf("      %s: %s (%s to %s)\n", option->name, initial, low, high);
    cav_help_wrap(option->help, 10);
}

static void print_presets(void)
{
    printf("The presets. In a study file 'preset: NAME', or --preset NAME, adds those of these\n"
           "parameters that the command names; what the study defines itself goes before.\n");
    for (size_t i = 0; i < cav_preset_count; i++) {
        printf("\n  %s\n", cav_presets[i].name);
        cav_help_wrap(cav_presets[i].summary, 6);
        cav_text line = {0};
        for (const char *at = cav_presets[i].space; *at;) {
            size_t size = strcspn(at, "\n");
            cav_text_clear(&line);
            cav_text_append_size(&line, at, size);
            cav_help_wrap(cav_text_get(&line), 10);
            at += size + 1;
        }
        cav_text_free(&line);
    }
}

bool cav_topic_print(const char *name)
{
    topic at;
    if (strcmp(name, "presets") == 0) {
        print_presets();
        return true;
    }
    if (!find(name, &at))
        return false;
    printf("The %s. In a study file: '%s: NAME', or with options,\n"
           "'%s: {type: NAME, OPTION: VALUE}'; the same behind --%s.\n",
           at.name, at.key, at.key, at.key);
    for (size_t i = 0; i < at.count; i++) {
        entry one = at.get(i);
        printf("\n  %s\n", one.name);
        cav_help_wrap(one.summary, 6);
        for (size_t k = 0; k < one.option_count; k++)
            print_option(&one.options[k]);
    }
    return true;
}

static void write_option(const cav_option *option, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "name", option->name);
    cav_json_add_number(json, "default", option->initial);
    cav_json_add_number(json, "low", option->low);
    cav_json_add_number(json, "high", option->high);
    cav_json_add_string(json, "help", option->help);
    cav_json_end_object(json);
}

static void write_presets(cav_json *json)
{
    cav_json_begin_array(json);
    for (size_t i = 0; i < cav_preset_count; i++) {
        cav_json_begin_object(json);
        cav_json_add_string(json, "name", cav_presets[i].name);
        cav_json_add_string(json, "summary", cav_presets[i].summary);
        cav_json_add_string(json, "space", cav_presets[i].space);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

bool cav_topic_write(const char *name, cav_json *json)
{
    topic at;
    if (strcmp(name, "presets") == 0) {
        write_presets(json);
        return true;
    }
    if (!find(name, &at))
        return false;
    cav_json_begin_array(json);
    for (size_t i = 0; i < at.count; i++) {
        entry one = at.get(i);
        cav_json_begin_object(json);
        cav_json_add_string(json, "name", one.name);
        cav_json_add_string(json, "summary", one.summary);
        cav_json_key(json, "options");
        cav_json_begin_array(json);
        for (size_t k = 0; k < one.option_count; k++)
            write_option(&one.options[k], json);
        cav_json_end_array(json);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
    return true;
}
