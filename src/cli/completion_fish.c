/**
 * completion_fish.c: commands for fish, one for each verb and each flag of a verb.
 */
#include "cli/completion.h"

static const char head[] =
    "# fish completion for caviar, written by 'caviar completion fish'\n"
    "\n"
    "# Asks the program what is in the store that the command line names.\n"
    "function __caviar_ask\n"
    "    set -l words (commandline -opc)\n"
    "    set -l flags\n"
    "    for i in (seq 2 (count $words))\n"
    "        if contains -- $words[$i] --store --study; and test $i -lt (count $words)\n"
    "            set -a flags $words[$i] $words[(math $i + 1)]\n"
    "        end\n"
    "    end\n"
    "    command caviar completion $argv[1] $flags 2>/dev/null\n"
    "end\n"
    "\n"
    "function __caviar_no_verb\n"
    "    test (count (commandline -opc)) -eq 1\n"
    "end\n"
    "\n"
    "function __caviar_verb\n"
    "    set -l words (commandline -opc)\n"
    "    test (count $words) -gt 1; and test $words[2] = $argv[1]\n"
    "end\n"
    "\n"
    "complete -c caviar -f\n"
    "complete -c caviar -n __caviar_no_verb -l version -d 'print the version'\n"
    "complete -c caviar -n __caviar_no_verb -l help -d 'list the verbs'\n";

static void append_quoted(cav_text *text, const char *from)
{
    cav_text_append_char(text, '\'');
    for (const char *c = from; *c; c++) {
        if (*c == '\'' || *c == '\\')
            cav_text_append_char(text, '\\');
        cav_text_append_char(text, *c);
    }
    cav_text_append_char(text, '\'');
}

// Behind -r for a value, or behind nothing for an operand.
static const cav_completion_actions actions = {
    .of = {[CAV_TAKES_ANYTHING] = " -f",
           [CAV_TAKES_FILES] = " -F",
           [CAV_TAKES_FOLDERS] = " -f -a '(__fish_complete_directories)'",
           [CAV_TAKES_STUDIES] = " -f -a '(__caviar_ask studies)'",
           [CAV_TAKES_TRIALS] = " -f -k -a '(__caviar_ask trials)'"},
    .before_words = " -f -a '",
    .after_words = "'"};

static void write_flag(const cav_verb *verb, const cav_flag *flag, cav_text *text)
{
    cav_text_appendf(text, "complete -c caviar -n '__caviar_verb %s' -l %s", verb->name,
                     flag->name);
    if (flag->letter)
        cav_text_appendf(text, " -s %c", flag->letter);
    if (flag->value) {
        cav_text_append(text, " -r");
        cav_completion_put_flag(verb, flag, &actions, text);
    }
    cav_text_append(text, " -d ");
    append_quoted(text, flag->help);
    cav_text_append(text, "\n");
}

static void write_verb(const cav_verb *verb, cav_text *text)
{
    cav_arguments arguments = {0};
    cav_arguments_list(verb, &arguments);
    cav_text_appendf(text, "complete -c caviar -n __caviar_no_verb -a %s -d ", verb->name);
    append_quoted(text, verb->summary);
    cav_text_append(text, "\n");
    if (cav_completion_knows_operand(verb)) {
        cav_text_appendf(text, "complete -c caviar -n '__caviar_verb %s'", verb->name);
        cav_completion_put_operand(verb, &actions, text);
        cav_text_append(text, "\n");
    }
    for (size_t i = 0; i < arguments.flag_count; i++)
        write_flag(verb, arguments.flags[i], text);
}

void cav_completion_write_fish(cav_text *text)
{
    cav_text_append(text, head);
    for (size_t i = 0; i < cav_verb_count; i++)
        write_verb(cav_verbs[i], text);
}
