/**
 * wandb_command.c: the command of a W&B sweep as words with {placeholders}.
 */
#include "exchange/wandb.h"

#include <string.h>

typedef struct writer {
    cav_wandb *sweep;
    const char *program;
    const cav_node *node; // the word at hand, for messages; NULL: W&B's own command
    cav_json *json;
} writer;

// A brace of the user's own is doubled.
static void append_literal(cav_text *text, const char *piece, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (piece[i] == '{' || piece[i] == '}')
            cav_text_append_char(text, piece[i]);
        cav_text_append_char(text, piece[i]);
    }
}

static void write_word(writer *at, cav_text *word)
{
    cav_json_string(at->json, cav_text_get(word));
    at->json->text->failed |= word->failed;
    cav_text_free(word);
}

static void write_arguments(writer *at, const char *before)
{
    for (size_t i = 0; i < at->sweep->argument_count; i++) {
        cav_text word = {0};
        const cav_wandb_argument *argument = &at->sweep->arguments[i];
        cav_text_append(&word, before);
        append_literal(&word, argument->their_name, strlen(argument->their_name));
        cav_text_appendf(&word, "={%s}", argument->name);
        write_word(at, &word);
    }
}

static void write_args(writer *at)
{
    write_arguments(at, "--");
}

static void write_args_no_hyphens(writer *at)
{
    write_arguments(at, "");
}

static void write_args_no_boolean_flags(writer *at)
{
    for (size_t i = 0; i < at->sweep->argument_count; i++)
        if (at->sweep->arguments[i].is_flag)
            cav_note(at->sweep->notes,
                     "${args_no_boolean_flags}: W&B gives --%s or nothing; here it is --%s=True or "
                     "--%s=False, which the program has to take",
                     at->sweep->arguments[i].their_name, at->sweep->arguments[i].their_name,
                     at->sweep->arguments[i].their_name);
    write_args(at);
}

static void write_args_json(writer *at)
{
    cav_text word = {0};
    cav_text_append(&word, "{{");
    for (size_t i = 0; i < at->sweep->argument_count; i++) {
        const cav_wandb_argument *argument = &at->sweep->arguments[i];
        const char *quote = argument->is_text ? "\"" : "";
        cav_text_append(&word, i ? ", \"" : "\"");
        append_literal(&word, argument->their_name, strlen(argument->their_name));
        cav_text_appendf(&word, "\": %s{%s}%s", quote, argument->name, quote);
    }
    cav_text_append(&word, "}}");
    write_word(at, &word);
    cav_note(at->sweep->notes, "${args_json}: texts with a quote in them would break the JSON; "
                               "{dir}/params.json is a file of it");
}

static void write_args_json_file(writer *at)
{
    cav_json_string(at->json, "{dir}/params.json");
}

/** Macros that are a whole word, and become none or several. */
static const struct list {
    const char *name;
    void (*write)(writer *at);
} lists[] = {
    {"${args}", write_args},
    {"${args_no_hyphens}", write_args_no_hyphens},
    {"${args_no_boolean_flags}", write_args_no_boolean_flags},
    {"${args_json}", write_args_json},
    {"${args_json_file}", write_args_json_file},
};

static caviar_code fail(const writer *at, const char *macro, size_t size, const char *sentence)
{
    static const cav_node nowhere;
    return cav_node_fail(at->sweep->document, at->node ? at->node : &nowhere, at->sweep->error,
                         "command: %.*s: %s", (int)(size < 60 ? size : 60), macro, sentence);
}

static caviar_code put_variable(writer *at, const char *macro, size_t size, cav_text *word)
{
    static const char before[] = "${envvar:";
    size_t start = strlen(before);
    char name[64];
    if (size - start - 1 >= sizeof name)
        return fail(at, macro, size, "a shorter name is expected");
    memcpy(name, macro + start, size - start - 1);
    name[size - start - 1] = '\0';
    if (!cav_text_is_name(name))
        return fail(at, macro, size, "the name of a variable is expected");
    cav_text_appendf(word, "{%s}", name);
    cav_note(at->sweep->notes,
             "${envvar:%s}: give its value with 'set: {%s: ...}' in the file, or --set %s=\"$%s\"",
             name, name, name, name);
    return CAVIAR_OK;
}

// A macro that stands for one text.
static caviar_code put_macro(writer *at, const char *macro, size_t size, cav_text *word)
{
    bool is_program = size == 10 && memcmp(macro, "${program}", size) == 0;
    if (size == 6 && memcmp(macro, "${env}", size) == 0)
        cav_text_append(word, "/usr/bin/env");
    else if (size == 14 && memcmp(macro, "${interpreter}", size) == 0)
        cav_text_append(word, "python3");
    else if (is_program && at->program)
        append_literal(word, at->program, strlen(at->program));
    else if (is_program)
        return fail(at, macro, size, "the sweep has no program");
    else if (size > 9 && memcmp(macro, "${envvar:", 9) == 0)
        return put_variable(at, macro, size, word);
    else
        return fail(at, macro, size,
                    "no such macro is known inside of a word; known are ${env}, ${interpreter}, "
                    "${program}, ${envvar:NAME}, and as words of their own ${args}, "
                    "${args_no_hyphens}, ${args_no_boolean_flags}, ${args_json}, "
                    "${args_json_file}");
    return CAVIAR_OK;
}

static caviar_code put_word(writer *at, const char *text)
{
    cav_text word = {0};
    caviar_code code = CAVIAR_OK;
    while (*text && !code) {
        const char *macro = strstr(text, "${");
        const char *end = macro ? strchr(macro, '}') : NULL;
        if (!end) {
            append_literal(&word, text, strlen(text));
            break;
        }
        append_literal(&word, text, (size_t)(macro - text));
        code = put_macro(at, macro, (size_t)(end - macro) + 1, &word);
        text = end + 1;
    }
    if (code)
        cav_text_free(&word);
    else
        write_word(at, &word);
    return code;
}

static caviar_code put(writer *at, const char *text)
{
    for (size_t i = 0; i < CAV_COUNT_OF(lists); i++)
        if (strcmp(lists[i].name, text) == 0) {
            lists[i].write(at);
            return CAVIAR_OK;
        }
    return put_word(at, text);
}

caviar_code cav_wandb_write_command(cav_wandb *sweep, const cav_node *command, const char *program,
                                    cav_json *json)
{
    static const char *const own[] = {"${env}", "${interpreter}", "${program}", "${args}"};
    writer at = {.sweep = sweep, .program = program, .json = json};
    caviar_code code = CAVIAR_OK;
    if (command && command->kind != CAV_NODE_LIST)
        return cav_node_fail(sweep->document, command, sweep->error,
                             "command: a list of words is expected");
    cav_json_begin_array(json);
    size_t count = command ? command->count : CAV_COUNT_OF(own);
    for (size_t i = 0; i < count && !code; i++) {
        const char *text = command ? NULL : own[i];
        at.node = command ? &command->items[i] : NULL;
        if (command)
            code = cav_node_text(sweep->document, at.node, "command", &text, sweep->error);
        if (!code)
            code = put(&at, text);
    }
    cav_json_end_array(json);
    return code;
}
