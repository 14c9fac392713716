/**
 * verb_help.c: caviar help
 */
#include "cli/verb.h"

#include "base/memory.h"
#include "cli/print.h"
#include "cli/topics.h"

#include <stdio.h>
#include <string.h>

static const cav_flag flags[] = {
    {0, "man", NULL, "print the manual page, as man(1) reads it ('caviar' for the page of all)"},
};

static const cav_example examples[] = {
    {"caviar help run", "what 'caviar run --help' prints"},
    {"caviar help samplers", "the ways to search, and their options"},
    {"caviar help --man run > caviar-run.1", "the manual page of 'caviar run'"},
};

static void write_verb(const cav_verb *verb, cav_json *json)
{
    cav_arguments arguments = {0};
    cav_arguments_list(verb, &arguments);
    cav_json_begin_object(json);
    cav_json_add_string(json, "verb", verb->name);
    cav_json_add_string(json, "group", verb->group);
    cav_json_add_string(json, "summary", verb->summary);
    cav_json_add_string(json, "operands", verb->operands);
    cav_json_key(json, "flags");
    cav_json_begin_array(json);
    for (size_t i = 0; i < arguments.flag_count; i++) {
        const cav_flag *flag = arguments.flags[i];
        cav_json_begin_object(json);
        cav_json_add_string(json, "name", flag->name);
        if (flag->letter)
            cav_json_add_string(json, "letter", (char[]){flag->letter, '\0'});
        cav_json_add_string(json, "value", flag->value);
        cav_json_add_string(json, "help", flag->help);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
    cav_json_end_object(json);
}

static void write_verbs(const cav_verb *verb, cav_json *json)
{
    cav_json_begin_array(json);
    for (size_t i = 0; i < cav_verb_count; i++)
        if (!verb || cav_verbs[i] == verb)
            write_verb(cav_verbs[i], json);
    cav_json_end_array(json);
}

static cav_exit print_json(const char *name, const cav_verb *verb)
{
    cav_error error;
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    if (!cav_topic_write(name, &json))
        write_verbs(verb, &json);
    return cav_print_json(&text, &error) ? cav_complain(&error) : CAV_EXIT_OK;
}

static cav_exit run(const cav_arguments *arguments)
{
    const char *name = arguments->operand_count > 0 ? arguments->operands[0] : "";
    const cav_verb *verb = cav_verb_find(name);
    bool is_topic = strcmp(name, "samplers") == 0 || strcmp(name, "schedulers") == 0 ||
                    strcmp(name, "presets") == 0;
    if (name[0] && !verb && !is_topic && strcmp(name, "caviar") != 0) {
        cav_error error;
        cav_fail(&error, CAVIAR_INVALID,
                 "there is no verb '%.60s'; 'caviar help' lists them, and there are the topics "
                 "samplers, schedulers and presets",
                 name);
        return cav_complain_usage(arguments, &error);
    }
    if (cav_flag_is_on(arguments, "json"))
        return print_json(name, verb);
    if (cav_flag_is_on(arguments, "man"))
        cav_help_manual(verb);
    else if (verb)
        cav_help_print(verb);
    else if (!cav_topic_print(name))
        cav_help_overview();
    return CAV_EXIT_OK;
}

const cav_verb cav_verb_help = {
    .name = "help",
    .group = "Help",
    .summary = "explain a verb",
    .operands = "[VERB|samplers|schedulers|presets]",
    .description = "Prints the overview of all verbs, the help of one, or what samplers, "
                   "schedulers or presets there are.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_json = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
