/**
 * completion_zsh.c: a function for zsh, in the words of its _arguments and _describe.
 */
#include "cli/completion.h"

#include <string.h>

static const char head[] =
    "#compdef caviar\n"
    "# zsh completion for caviar, written by 'caviar completion zsh'\n"
    "\n"
    "# Asks the program what is in the store that the command line names.\n"
    "_caviar_ask() {\n"
    "    local -a found flags\n"
    "    local store=${words[(I)--store]} study=${words[(I)--study]}\n"
    "    (( store && store + 1 < CURRENT )) && flags+=(--store $words[store+1])\n"
    "    (( study && study + 1 < CURRENT )) && flags+=(--study $words[study+1])\n"
    "    found=(${(f)\"$(_call_program caviar caviar completion $argv[-1] $flags 2>/dev/null)\"})\n"
    "    compadd \"${(@)argv[1,-2]}\" -a found\n"
    "}\n"
    "\n";

// Between single quotes; what _arguments reads as its own is escaped.
static void append_quoted(cav_text *text, const char *from, const char *special)
{
    for (const char *c = from; *c; c++) {
        if (*c == '\'') {
            cav_text_append(text, "'\\''");
            continue;
        }
        if (strchr(special, *c))
            cav_text_append_char(text, '\\');
        cav_text_append_char(text, *c);
    }
}

static const cav_completion_actions actions = {.of = {[CAV_TAKES_ANYTHING] = " ",
                                                      [CAV_TAKES_FILES] = "_files",
                                                      [CAV_TAKES_FOLDERS] = "_files -/",
                                                      [CAV_TAKES_STUDIES] = "_caviar_ask studies",
                                                      [CAV_TAKES_TRIALS] = "_caviar_ask trials"},
                                               .before_words = "(",
                                               .after_words = ")"};

static void write_flag(const cav_verb *verb, const cav_flag *flag, cav_text *text)
{
    cav_text_append(text, "            ");
    if (flag->letter)
        cav_text_appendf(text, "{-%c,--%s}", flag->letter, flag->name);
    else
        cav_text_appendf(text, "--%s", flag->name);
    cav_text_append(text, "'[");
    append_quoted(text, flag->help, "[]:\\");
    cav_text_append(text, "]");
    if (flag->value) {
        cav_text_append(text, ":");
        append_quoted(text, flag->value, ":\\");
        cav_text_append(text, ":");
        cav_completion_put_flag(verb, flag, &actions, text);
    }
    cav_text_append(text, "' \\\n");
}

static void write_verb(const cav_verb *verb, cav_text *text)
{
    cav_arguments arguments = {0};
    cav_arguments_list(verb, &arguments);
    cav_text_appendf(text, "        %s)\n            _arguments -s \\\n", verb->name);
    for (size_t i = 0; i < arguments.flag_count; i++)
        write_flag(verb, arguments.flags[i], text);
    cav_text_append(text, "            '*:operand:");
    cav_completion_put_operand(verb, &actions, text);
    cav_text_append(text, "'\n            ;;\n");
}

void cav_completion_write_zsh(cav_text *text)
{
    cav_text_append(text, head);
    cav_text_append(text, "_caviar() {\n    local -a verbs\n    verbs=(\n");
    for (size_t i = 0; i < cav_verb_count; i++) {
        cav_text_appendf(text, "        '%s:", cav_verbs[i]->name);
        append_quoted(text, cav_verbs[i]->summary, ":\\");
        cav_text_append(text, "'\n");
    }
    cav_text_append(text, "    )\n"
                          "    if (( CURRENT == 2 )); then\n"
                          "        _describe -t verbs verb verbs\n"
                          "        return\n"
                          "    fi\n"
                          "    local verb=$words[2]\n"
                          "    shift words\n"
                          "    (( CURRENT-- ))\n"
                          "    case $verb in\n");
    for (size_t i = 0; i < cav_verb_count; i++)
        write_verb(cav_verbs[i], text);
    cav_text_append(text, "    esac\n"
                          "}\n"
                          "\n"
                          "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
                          "    _caviar \"$@\"\n"
                          "else\n"
                          "    compdef _caviar caviar\n"
                          "fi\n");
}
