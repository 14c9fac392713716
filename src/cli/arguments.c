/**
 * arguments.c: command lines against the tables of flags.
 */
#include "cli/verb.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const cav_flag store_flags[] = {
    {0, "store", "FILE", "where studies are kept (default: $CAVIAR_STORE, or caviar.db)"},
    {0, "study", "NAME", "the study (default: $CAVIAR_STUDY, or the only one in the store)"},
};
static const cav_flag json_flag = {0, "json", NULL, "print JSON"};
static const cav_flag help_flag = {'h', "help", NULL, "print this help"};

static void list_one(cav_arguments *arguments, const cav_flag *flag)
{
    for (size_t i = 0; i < arguments->flag_count; i++)
        if (strcmp(arguments->flags[i]->name, flag->name) == 0)
            return; // the verb has one of its own
    arguments->flags[arguments->flag_count++] = flag;
}

void cav_arguments_list(const cav_verb *verb, cav_arguments *arguments)
{
    arguments->flag_count = 0;
    for (size_t i = 0; i < verb->flag_count; i++)
        list_one(arguments, &verb->flags[i]);
    if (verb->has_store)
        for (size_t i = 0; i < CAV_COUNT_OF(store_flags); i++)
            list_one(arguments, &store_flags[i]);
    if (verb->has_json)
        list_one(arguments, &json_flag);
    list_one(arguments, &help_flag);
}

// The tables that getopt_long wants; a flag's index is its return value.
static void make_tables(const cav_arguments *arguments, char *letters, struct option *options)
{
    *letters++ = ':'; // a missing value is told apart from an unknown flag
    for (size_t i = 0; i < arguments->flag_count; i++) {
        const cav_flag *flag = arguments->flags[i];
        options[i] = (struct option){flag->name, flag->value ? required_argument : no_argument,
                                     NULL, 1000 + (int)i};
        if (flag->letter) {
            *letters++ = flag->letter;
            if (flag->value)
                *letters++ = ':';
        }
    }
    *letters = '\0';
    options[arguments->flag_count] = (struct option){0};
}

static const cav_flag *flag_of(const cav_arguments *arguments, int found)
{
    if (found >= 1000)
        return arguments->flags[found - 1000];
    for (size_t i = 0; i < arguments->flag_count; i++)
        if (arguments->flags[i]->letter == found)
            return arguments->flags[i];
    return NULL;
}

static caviar_code fail_unknown(const cav_arguments *arguments, const char *word, cav_error *error)
{
    char wanted[64], hint[CAV_HINT_SIZE] = "";
    const char *names[CAV_MOST_FLAGS];
    snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(word + strspn(word, "-"), "="),
             word + strspn(word, "-"));
    for (size_t i = 0; i < arguments->flag_count; i++)
        names[i] = arguments->flags[i]->name;
    const char *nearest = cav_text_nearest(wanted, names, arguments->flag_count);
    if (nearest)
        snprintf(hint, sizeof hint, "; did you mean --%s?", nearest);
    return cav_fail(error, CAVIAR_INVALID, "unknown flag %.80s%s", word, hint);
}

static caviar_code note(cav_arguments *arguments, const cav_flag *flag, const char *value,
                        cav_error *error)
{
    if (arguments->given_count == CAV_MOST_REPEATS)
        return cav_fail(error, CAVIAR_INVALID, "too many flags");
    arguments->given[arguments->given_count++] = (struct cav_given){flag, value ? value : ""};
    return CAVIAR_OK;
}

// Cuts off what stands behind "--"; returns the number of words before it.
static int split_command(cav_arguments *arguments, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            arguments->has_command = true;
            arguments->command = argv + i + 1;
            arguments->command_count = (size_t)(argc - i - 1);
            return i;
        }
    }
    return argc;
}

static caviar_code check_operands(const cav_arguments *arguments, cav_error *error)
{
    const cav_verb *verb = arguments->verb;
    if (arguments->operand_count > verb->most)
        return cav_fail(error, CAVIAR_INVALID, "'%.80s' is one word too many",
                        arguments->operands[verb->most]);
    if (arguments->operand_count < verb->least)
        return cav_fail(error, CAVIAR_INVALID, "something is missing: caviar %s %s", verb->name,
                        verb->operands);
    return CAVIAR_OK;
}

caviar_code cav_arguments_parse(const cav_verb *verb, int argc, char **argv,
                                cav_arguments *ret_arguments, cav_error *error)
{
    char letters[2 * CAV_MOST_FLAGS + 2];
    struct option options[CAV_MOST_FLAGS + 1];
    *ret_arguments = (cav_arguments){.verb = verb};
    cav_arguments_list(verb, ret_arguments);
    make_tables(ret_arguments, letters, options);
    int count = split_command(ret_arguments, argc, argv), found;
    opterr = 0;
    optind = 0;
    while ((found = getopt_long(count, argv, letters, options, NULL)) != -1) {
        const cav_flag *flag = flag_of(ret_arguments, found);
        const char *word = argv[optind > 1 ? optind - 1 : 1];
        if (found == ':')
            return cav_fail(error, CAVIAR_INVALID, "%.80s needs a value", word);
        if (!flag)
            return fail_unknown(ret_arguments, word, error);
        caviar_code code = note(ret_arguments, flag, optarg, error);
        if (code)
            return code;
    }
    ret_arguments->operands = argv + optind;
    ret_arguments->operand_count = (size_t)(count - optind);
    if (cav_flag_is_on(ret_arguments, "help"))
        return CAVIAR_OK;
    return check_operands(ret_arguments, error);
}

const char *cav_flag_get(const cav_arguments *arguments, const char *name)
{
    for (size_t i = arguments->given_count; i-- > 0;)
        if (strcmp(arguments->given[i].flag->name, name) == 0)
            return arguments->given[i].value;
    return NULL;
}

bool cav_flag_is_on(const cav_arguments *arguments, const char *name)
{
    return cav_flag_get(arguments, name) != NULL;
}

caviar_code cav_flag_int(const cav_arguments *arguments, const char *name, int64_t low,
                         int64_t high, int64_t *ret_number, cav_error *error)
{
    const char *text = cav_flag_get(arguments, name);
    int64_t number;
    if (!text)
        return CAVIAR_OK;
    if (!cav_number_parse_int(text, &number) || number < low || number > high)
        return cav_fail(error, CAVIAR_INVALID,
                        "--%s: a whole number from %lld to %lld is expected, not '%.60s'", name,
                        (long long)low, (long long)high, text);
    *ret_number = number;
    return CAVIAR_OK;
}
