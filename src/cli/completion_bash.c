/**
 * completion_bash.c: a function for bash, which needs nothing beside it. It looks for the verb,
 * then whether the word before is a flag that takes a value.
 */
#include "cli/completion.h"

static const char head[] =
    "# bash completion for caviar, written by 'caviar completion bash'\n"
    "\n"
    "# Asks the program what is in the store that the command line names.\n"
    "_caviar_ask() {\n"
    "    local i flags=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        --store | --study)\n"
    "            local at=$((i + 1))\n"
    "            [[ ${COMP_WORDS[at]} == = ]] && at=$((at + 1))\n"
    "            ((at < COMP_CWORD)) && flags+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[at]}\")\n"
    "            ;;\n"
    "        esac\n"
    "    done\n"
    "    \"${COMP_WORDS[0]}\" completion \"$1\" \"${flags[@]}\" 2>/dev/null\n"
    "}\n"
    "\n"
    "_caviar_words() {\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\")\n"
    "}\n"
    "\n"
    "_caviar_paths() {\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$2\")\n"
    "}\n"
    "\n"
    "_caviar() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        if [[ ${COMP_WORDS[i]} == -- ]]; then # the command of a trial\n"
    "            _caviar_paths -f \"$cur\"\n"
    "            return\n"
    "        fi\n"
    "    done\n"
    "    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - "
    "2]}; fi\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        _caviar_words \"$_caviar_verbs --help --version\" \"$cur\"\n"
    "        return\n"
    "    fi\n"
    "    case ${COMP_WORDS[1]} in\n";

static const char tail[] = "    esac\n"
                           "}\n"
                           "\n"
                           "complete -F _caviar caviar\n";

static const cav_completion_actions actions = {
    .of = {[CAV_TAKES_ANYTHING] = ":",
           [CAV_TAKES_FILES] = "_caviar_paths -f \"$cur\"",
           [CAV_TAKES_FOLDERS] = "_caviar_paths -d \"$cur\"",
           [CAV_TAKES_STUDIES] = "_caviar_words \"$(_caviar_ask studies)\" \"$cur\"",
           [CAV_TAKES_TRIALS] = "_caviar_words \"$(_caviar_ask trials)\" \"$cur\""},
    .before_words = "_caviar_words '",
    .after_words = "' \"$cur\""};

static void write_value(const cav_verb *verb, const cav_flag *flag, cav_text *text)
{
    cav_text_append(text, "        ");
    if (flag->letter)
        cav_text_appendf(text, "-%c | ", flag->letter);
    cav_text_appendf(text, "--%s) ", flag->name);
    cav_completion_put_flag(verb, flag, &actions, text);
    cav_text_append(text, "; return ;;\n");
}

static void write_verb(const cav_verb *verb, cav_text *text)
{
    cav_arguments arguments = {0};
    cav_arguments_list(verb, &arguments);
    cav_text_appendf(text, "    %s)\n        case $prev in\n", verb->name);
    for (size_t i = 0; i < arguments.flag_count; i++)
        if (arguments.flags[i]->value)
            write_value(verb, arguments.flags[i], text);
    cav_text_append(text, "        esac\n        if [[ $cur == -* ]]; then\n            "
                          "_caviar_words '");
    for (size_t i = 0; i < arguments.flag_count; i++)
        cav_text_appendf(text, "%s--%s", i ? " " : "", arguments.flags[i]->name);
    cav_text_append(text, "' \"$cur\"\n        else\n            ");
    cav_completion_put_operand(verb, &actions, text);
    cav_text_append(text, "\n        fi\n        ;;\n");
}

void cav_completion_write_bash(cav_text *text)
{
    cav_text_append(text, head);
    for (size_t i = 0; i < cav_verb_count; i++)
        write_verb(cav_verbs[i], text);
    cav_text_append(text, tail);
    cav_text_append(text, "_caviar_verbs='");
    for (size_t i = 0; i < cav_verb_count; i++)
        cav_text_appendf(text, "%s%s", i ? " " : "", cav_verbs[i]->name);
    cav_text_append(text, "'\n");
}
