/**
 * help.c: help, overview and manual pages, all from the tables of verbs.
 */
#include "cli/verb.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 78 };

void cav_help_wrap(const char *text, int indent)
{
    int column = 0;
    while (*text) {
        if (*text == '\n') {
            printf("\n");
            column = 0;
            text++;
            continue;
        }
        int size = (int)strcspn(text, " \n");
        if (column > 0 && column + 1 + size > LINE_WIDTH) {
            printf("\n");
            column = 0;
        }
        column +=
            column > 0 ? printf(" %.*s", size, text) : printf("%*s%.*s", indent, "", size, text);
        text += size;
        text += *text == ' ';
    }
    printf("\n");
}

static void flag_words(const cav_flag *flag, char *words, size_t size)
{
    char letter[8] = "    ";
    if (flag->letter)
        snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    snprintf(words, size, "%s--%s%s%s", letter, flag->name, flag->value ? " " : "",
             flag->value ? flag->value : "");
}

static void print_flags(const cav_verb *verb)
{
    cav_arguments arguments = {0};
    cav_arguments_list(verb, &arguments);
    printf("\nFlags:\n");
    for (size_t i = 0; i < arguments.flag_count; i++) {
        char words[80];
        flag_words(arguments.flags[i], words, sizeof words);
        if (strlen(words) > 24)
            printf("  %s\n  %-24s  %s\n", words, "", arguments.flags[i]->help);
        else
            printf("  %-24s  %s\n", words, arguments.flags[i]->help);
    }
}

void cav_help_print(const cav_verb *verb)
{
    printf("caviar %s: %s\n\nUsage: caviar %s [FLAGS]%s%s\n\n", verb->name, verb->summary,
           verb->name, verb->operands[0] ? " " : "", verb->operands);
    cav_help_wrap(verb->description, 0);
    print_flags(verb);
    if (verb->example_count > 0)
        printf("\nExamples:\n");
    for (size_t i = 0; i < verb->example_count; i++)
        printf("  %s\n      %s\n", verb->examples[i].command, verb->examples[i].meaning);
}

void cav_help_overview(void)
{
    printf("caviar: finds good hyperparameters for anything that runs\n\n"
           "Usage: caviar VERB [FLAGS] [...]\n");
    const char *group = "";
    for (size_t i = 0; i < cav_verb_count; i++) {
        const cav_verb *verb = cav_verbs[i];
        if (strcmp(group, verb->group) != 0)
            printf("\n%s\n", group = verb->group);
        printf("  %-12s %s\n", verb->name, verb->summary);
    }
    printf("\nA first study, in one line:\n"
           "  caviar run -n 30 --minimize loss -- python3 train.py --lr '{lr: log 1e-5 1}'\n\n"
           "'caviar VERB --help' has the flags and examples; 'caviar --version' the version\n"
           "(with --json: and of each library).\n");
}

// ---- Manual pages, in man(7) -----------------------------------------------------------------

static void roff(const char *text)
{
    bool begins = true; // a line, where a dot or a quote would be a request
    for (; *text; text++) {
        if (begins && (*text == '.' || *text == '\''))
            printf("\\&");
        begins = *text == '\n';
        if (*text == '\\')
            printf("\\e");
        else if (*text == '-')
            printf("\\-");
        else if (text[0] == '\n' && text[1] == '\n') {
            printf("\n.PP\n");
            text++;
        } else
            putchar(*text);
    }
}

static void roff_title(const char *name, const char *summary)
{
    printf(".TH \"caviar%s%s\" 1 \"\" \"caviar %s\" \"Caviar\"\n.SH NAME\ncaviar%s%s \\- ",
           name[0] ? "\\-" : "", name, caviar_version(), name[0] ? "\\-" : "", name);
    roff(summary);
    printf("\n");
}

static void roff_exits(void)
{
    static const struct status {
        int number;
        const char *when;
    } statuses[] = {
#define X(name, number, when) {number, when},
        CAV_EXITS(X)
#undef X
    };
    printf(".SH EXIT STATUS\n");
    for (size_t i = 0; i < CAV_COUNT_OF(statuses); i++) {
        printf(".TP\n.B %d\n", statuses[i].number);
        roff(statuses[i].when);
        printf("\n");
    }
}

static void roff_flags(const cav_verb *verb)
{
    cav_arguments arguments = {0};
    cav_arguments_list(verb, &arguments);
    printf(".SH OPTIONS\n");
    for (size_t i = 0; i < arguments.flag_count; i++) {
        char words[80];
        flag_words(arguments.flags[i], words, sizeof words);
        printf(".TP\n.B ");
        roff(words + strspn(words, " "));
        printf("\n");
        roff(arguments.flags[i]->help);
        printf("\n");
    }
}

static void manual_of_verb(const cav_verb *verb)
{
    roff_title(verb->name, verb->summary);
    printf(".SH SYNOPSIS\n.B caviar %s\n", verb->name);
    roff(verb->operands[0] ? "[OPTIONS] " : "[OPTIONS]");
    roff(verb->operands);
    printf("\n.SH DESCRIPTION\n");
    roff(verb->description);
    printf("\n");
    roff_flags(verb);
    if (verb->example_count > 0)
        printf(".SH EXAMPLES\n");
    for (size_t i = 0; i < verb->example_count; i++) {
        printf(".PP\n");
        roff(verb->examples[i].meaning);
        printf(":\n.PP\n.nf\n.RS\n");
        roff(verb->examples[i].command);
        printf("\n.RE\n.fi\n");
    }
    roff_exits();
    printf(".SH SEE ALSO\n.BR caviar (1)\n");
}

static void manual_of_all(void)
{
    roff_title("", "finds good hyperparameters for anything that runs");
    printf(".SH SYNOPSIS\n.B caviar\n.I VERB\n[OPTIONS] ...\n.SH DESCRIPTION\n"
           "Caviar tunes the hyperparameters of any program: it runs it with one configuration "
           "after another, several at a time, reads what it reports, and searches where the good "
           "values are.\n.SH VERBS\n");
    for (size_t i = 0; i < cav_verb_count; i++) {
        printf(".TP\n.BR caviar\\-%s (1)\n", cav_verbs[i]->name);
        roff(cav_verbs[i]->summary);
        printf("\n");
    }
    printf(".SH ENVIRONMENT\n.TP\n.B CAVIAR_STORE\nThe default of \\-\\-store.\n"
           ".TP\n.B CAVIAR_STUDY\nThe default of \\-\\-study.\n"
           ".TP\n.B NO_COLOR\nIf set, nothing is coloured.\n");
    roff_exits();
}

void cav_help_manual(const cav_verb *verb)
{
    if (verb)
        manual_of_verb(verb);
    else
        manual_of_all();
}
