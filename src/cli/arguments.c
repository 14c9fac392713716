/**
 * arguments.c: command lines against the tables of flags.
 *
 * Not getopt_long: to that a negative number is a flag, and a flag may be shortened, so that
 * another flag in a later version would break a script.
 */
#include "cli/verb.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const cav_flag store_flags[] = {
    {0, "store", "STORE", "a file, or postgresql://... (default: $CAVIAR_STORE, or caviar.db)"},
    {0, "folder", "DIR", "of the trials' files (default: $CAVIAR_FOLDER, or beside the store)"},
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

// A command line while it is read. Operands are moved to its front.
typedef struct reader {
    cav_arguments *arguments;
    char **words; // [count] up to "--"; the first is the verb
    int count, at;
    cav_error *error;
} reader;

static const cav_flag *find_name(const cav_arguments *arguments, const char *name, size_t size)
{
    for (size_t i = 0; i < arguments->flag_count; i++)
        if (strlen(arguments->flags[i]->name) == size &&
            strncmp(arguments->flags[i]->name, name, size) == 0)
            return arguments->flags[i];
    return NULL;
}

static const cav_flag *find_letter(const cav_arguments *arguments, char letter)
{
    for (size_t i = 0; i < arguments->flag_count; i++)
        if (arguments->flags[i]->letter == letter)
            return arguments->flags[i];
    return NULL;
}

// The flag that a word was meant to be: one that it begins, or that it is a typo of.
static const char *meant_by(const cav_arguments *arguments, const char *word)
{
    const char *names[CAV_MOST_FLAGS];
    size_t size = strlen(word);
    for (size_t i = 0; i < arguments->flag_count; i++) {
        names[i] = arguments->flags[i]->name;
        if (size > 0 && strncmp(names[i], word, size) == 0)
            return names[i];
    }
    return cav_text_nearest(word, names, arguments->flag_count);
}

static caviar_code fail_unknown(const cav_arguments *arguments, const char *word, cav_error *error)
{
    char wanted[64];
    const char *name = word + strspn(word, "-");
    snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(name, "="), name);
    const char *meant = word[1] == '-' ? meant_by(arguments, wanted) : NULL;
    return cav_fail(error, CAVIAR_INVALID, "unknown flag %.80s%s%s%s", word,
                    meant ? "; did you mean --" : "", meant ? meant : "", meant ? "?" : "");
}

static caviar_code note(cav_arguments *arguments, const cav_flag *flag, const char *value,
                        cav_error *error)
{
    if (arguments->given_count == CAV_MOST_REPEATS)
        return cav_fail(error, CAVIAR_INVALID, "too many flags");
    arguments->given[arguments->given_count++] = (struct cav_given){flag, value ? value : ""};
    return CAVIAR_OK;
}

// Notes a flag with the value that stands in its own word, or else with the next word.
static caviar_code note_with_value(reader *at, const cav_flag *flag, const char *value)
{
    if (!value && at->at + 1 == at->count)
        return cav_fail(at->error, CAVIAR_INVALID, "%.80s needs a value", at->words[at->at]);
    return note(at->arguments, flag, value ? value : at->words[++at->at], at->error);
}

// --trials 5, --trials=5, --quiet
static caviar_code read_long(reader *at, const char *word)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const cav_flag *flag = find_name(at->arguments, name, size);
    if (!flag)
        return fail_unknown(at->arguments, word, at->error);
    if (flag->value)
        return note_with_value(at, flag, equals ? equals + 1 : NULL);
    return equals ? cav_fail(at->error, CAVIAR_INVALID, "--%s takes no value", flag->name)
                  : note(at->arguments, flag, NULL, at->error);
}

// -q, -n 5, -n5, -qn5
static caviar_code read_letters(reader *at, const char *word)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const cav_flag *flag = find_letter(at->arguments, *letter);
        if (!flag)
            return fail_unknown(at->arguments, word, at->error);
        if (flag->value)
            return note_with_value(at, flag, letter[1] ? letter + 1 : NULL);
        caviar_code code = note(at->arguments, flag, NULL, at->error);
        if (code)
            return code;
    }
    return CAVIAR_OK;
}

// "-" and negative numbers are none.
static bool is_flag(const char *word)
{
    double number;
    return word[0] == '-' && word[1] && !cav_number_parse(word, strlen(word), &number);
}

static caviar_code read_words(reader *at)
{
    caviar_code code = CAVIAR_OK;
    cav_arguments *arguments = at->arguments;
    arguments->operands = at->words + 1;
    for (at->at = 1; at->at < at->count && !code; at->at++) {
        char *word = at->words[at->at];
        if (!is_flag(word))
            arguments->operands[arguments->operand_count++] = word;
        else
            code = word[1] == '-' ? read_long(at, word) : read_letters(at, word);
    }
    return code;
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
    *ret_arguments = (cav_arguments){.verb = verb};
    cav_arguments_list(verb, ret_arguments);
    reader at = {.arguments = ret_arguments, .words = argv, .error = error};
    at.count = split_command(ret_arguments, argc, argv);
    caviar_code code = read_words(&at);
    if (code || cav_flag_is_on(ret_arguments, "help"))
        return code;
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
