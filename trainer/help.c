/**
 * help.c: the help and the manual page, made of the table of options.
 */
#include "trainer/option_table.h"

#include <string.h>

enum { HELP_WIDTH = 80, HELP_INDENT = 28, TEXT_SIZE = 600 };

static void describe_value(const option *one, char *ret_text, size_t size)
{
    size_t used = 0;
    ret_text[0] = '\0';
    switch (one->kind) {
    case OPTION_FLAG:
        break;
    case OPTION_SWITCH:
        snprintf(ret_text, size, " on|off");
        break;
    case OPTION_TEXT:
        snprintf(ret_text, size, " %s", one->argument);
        break;
    case OPTION_WORD:
        for (size_t i = 0; one->words[i] && used < size; i++)
            if (one->words[i][0])
                used += (size_t)snprintf(ret_text + used, size - used, "%c%s", used ? '|' : ' ',
                                         one->words[i]);
        break;
    case OPTION_WHOLE:
    case OPTION_UNITS:
        snprintf(ret_text, size, " N");
        break;
    case OPTION_REAL:
        snprintf(ret_text, size, " X");
        break;
    }
}

// Prints text with a margin, broken between words.
static void print_wrapped(FILE *out, const char *text, int at)
{
    while (*text) {
        int size = (int)strcspn(text, " ");
        if (at > HELP_INDENT && at + size + 1 > HELP_WIDTH) {
            fprintf(out, "\n");
            at = 0;
        }
        if (at < HELP_INDENT)
            at += fprintf(out, "%*s", HELP_INDENT - at, "");
        else if (at > HELP_INDENT)
            at += fprintf(out, " ");
        at += fprintf(out, "%.*s", size, text);
        text += size;
        text += strspn(text, " ");
    }
    fprintf(out, "\n");
}

// What an option means, with its range and its default.
static void explain(const option *one, char *ret_text, size_t size)
{
    const char *otherwise = one->otherwise ? one->otherwise : one->initial;
    snprintf(ret_text, size, "%s%s%s%s%s%s", one->help, one->range ? "; in " : "",
             one->range ? one->range : "", otherwise ? " (default: " : "",
             otherwise ? otherwise : "", otherwise ? ")" : "");
}

static void print_option(FILE *out, const option *one)
{
    char value[TEXT_SIZE], text[TEXT_SIZE];
    describe_value(one, value, sizeof value);
    explain(one, text, sizeof text);
    int at = fprintf(out, "  --%s%s", one->name, value);
    if (at >= HELP_INDENT) {
        fprintf(out, "\n");
        at = 0;
    }
    print_wrapped(out, text, at);
}

static const char *const usages[COMMAND_COUNT] = {
    [COMMAND_TRAIN] = "caviar-train --data DIR [OPTION...]\n"
                      "caviar-train --data TABLE.csv --target COLUMN [OPTION...]\n",
    [COMMAND_PREDICT] = "caviar-train predict --model FILE --data NEW.csv [OPTION...]\n",
    [COMMAND_DESCRIBE] = "caviar-train describe --data TABLE.csv --target COLUMN [OPTION...]\n"
                         "caviar-train describe --model FILE\n",
};

static const char *const examples[COMMAND_COUNT] = {
    [COMMAND_TRAIN] =
        "caviar-train --data mnist --test\n"
        "caviar-train --data iris.csv --target species --batch 16 --epochs 50\n"
        "caviar-train --data prices.csv --target price --epochs 500 --patience 30 \\\n"
        "             --save prices.net\n"
        "caviar-train --data mnist --optimizer adam --units 512,256 --dropout 0.2 \\\n"
        "             --epochs 15 --checkpoint run1 --save digits.net\n",
    [COMMAND_PREDICT] =
        "caviar-train predict --model prices.net --data new.csv --output priced.csv\n"
        "caviar-train predict --model digits.net --data t10k-images-idx3-ubyte.gz\n",
    [COMMAND_DESCRIBE] = "caviar-train describe --data mnist --units 512,256 --optimizer adam\n"
                         "caviar-train describe --model prices.net --json\n",
};

static const char notes[] =
    "Each report is a line as 'caviar: step=3 val_error=0.0213 val_loss=0.0724 "
    "train_loss=0.0413', of a quantity 'caviar: step=3 val_rmse=54.1 val_loss=0.24 "
    "train_loss=0.21'; a program that caviar run started reports to it instead.";

static const char statuses[] =
    "0 success; 1 bad data, a file that cannot be written, or a loss that is not finite; 2 bad "
    "usage; 130 and 143 after SIGINT and SIGTERM, with a checkpoint written where there is a "
    "folder for it.";

// Prints a text of several lines with something before each.
static void print_lines(FILE *out, const char *before, const char *text)
{
    for (size_t size; *text; text += size) {
        size = strcspn(text, "\n") + 1;
        fprintf(out, "%s%.*s", before, (int)size, text);
    }
}

// Prints a text broken between words to lines of at most HELP_WIDTH.
static void print_paragraph(FILE *out, const char *text)
{
    while (*text) {
        size_t size = strlen(text);
        for (size_t i = 0; size > HELP_WIDTH && i <= HELP_WIDTH; i++)
            if (text[i] == ' ' && strcspn(text + i + 1, " ") + i + 1 > HELP_WIDTH)
                size = i;
        fprintf(out, "%.*s\n", (int)size, text);
        text += size;
        text += strspn(text, " ");
    }
}

static void print_options(FILE *out, command which)
{
    const char *group = NULL, *printed = NULL;
    for (const option *one = option_table; one->name; one++) {
        group = one->group ? one->group : group;
        if (!option_is_of(one, which))
            continue;
        if (group != printed)
            fprintf(out, "\n%s\n", group);
        printed = group;
        print_option(out, one);
    }
}

void options_print_help(FILE *out, command which)
{
    bool is_train = which == COMMAND_TRAIN;
    fprintf(out, "caviar-train%s%s: %s\n\nUsage\n", is_train ? "" : " ",
            is_train ? "" : command_words[which], command_summaries[which]);
    print_lines(out, "  ", usages[which]);
    for (int i = COMMAND_PREDICT; is_train && i < COMMAND_COUNT; i++)
        fprintf(out, "  caviar-train %s --help   %s\n", command_words[i], command_summaries[i]);
    print_options(out, which);
    fprintf(out, "\nExamples\n");
    print_lines(out, "  ", examples[which]);
    fprintf(out, "\n");
    if (is_train)
        print_paragraph(out, notes);
    fprintf(out, "Exit status:\n");
    print_paragraph(out, statuses);
}

// The manual page ---------------------------------------------------------------------------------

// Prints text as roff has it: a backslash and a dash are not themselves there.
static void print_roff(FILE *out, const char *text)
{
    for (; *text; text++)
        fprintf(out, *text == '-' ? "\\-" : *text == '\\' ? "\\e" : "%c", *text);
}

static void print_roff_lines(FILE *out, const char *text)
{
    fprintf(out, ".nf\n");
    print_roff(out, text);
    fprintf(out, ".fi\n");
}

static void print_roff_option(FILE *out, const option *one)
{
    char value[TEXT_SIZE], text[TEXT_SIZE];
    describe_value(one, value, sizeof value);
    explain(one, text, sizeof text);
    fprintf(out, ".TP\n.B \\-\\-");
    print_roff(out, one->name);
    print_roff(out, value);
    fprintf(out, "\n");
    print_roff(out, text);
    fprintf(out, "\n");
}

static void print_roff_command(FILE *out, command which)
{
    fprintf(out, ".SS %s\n", command_words[which]);
    print_roff(out, command_summaries[which]);
    fprintf(out, ".\n");
    for (const option *one = option_table; one->name; one++)
        if (option_is_of(one, which))
            print_roff_option(out, one);
}

void options_print_manual(FILE *out)
{
    fprintf(out,
            ".TH CAVIAR\\-TRAIN 1 \"\" \"caviar %s\" \"User Commands\"\n.SH NAME\n"
            "caviar\\-train \\- trains a multi\\-layer perceptron\n.SH SYNOPSIS\n",
            caviar_version());
    for (int i = 0; i < COMMAND_COUNT; i++)
        print_roff_lines(out, usages[i]);
    fprintf(out, ".SH DESCRIPTION\n");
    print_roff(out, notes);
    fprintf(out, "\n.SH COMMANDS\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        print_roff_command(out, (command)i);
    fprintf(out, ".SH EXAMPLES\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        print_roff_lines(out, examples[i]);
    fprintf(out, ".SH EXIT STATUS\n");
    print_roff(out, statuses);
    fprintf(out, "\n.SH SEE ALSO\n.BR caviar (1)\n");
}
