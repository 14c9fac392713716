/**
 * options.c: reading a command line against the table of options.
 */
#include "trainer/option_table.h"

#include "trainer/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Hints -------------------------------------------------------------------------------------------

enum { LONGEST_WORD = 40 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

// How many letters must be put in, taken out or changed to make `b` of `a` (Levenshtein).
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[LONGEST_WORD + 1], size = strlen(b);
    if (size > LONGEST_WORD)
        return SIZE_MAX;
    for (size_t j = 0; j <= size; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= size; j++) {
            size_t above = row[j];
            row[j] = least(row[j] + 1, row[j - 1] + 1, diagonal + (a[i] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[size];
}

static const option *nearest_option(const char *name)
{
    const option *nearest = NULL;
    size_t best = strlen(name) / 3 + 2;
    for (const option *one = option_table; one->name; one++) {
        size_t distance = edit_distance(name, one->name);
        if (distance < best) {
            best = distance;
            nearest = one;
        }
    }
    return nearest;
}

static caviar_code fail_unknown(const char *name, train_error *error)
{
    const option *nearest = nearest_option(name);
    if (nearest)
        return train_fail(error, CAVIAR_INVALID, "there is no option --%s; did you mean --%s?",
                          name, nearest->name);
    return train_fail(error, CAVIAR_INVALID, "there is no option --%s; --help lists them", name);
}

static void join_words(const char *const *list, char *ret_list, size_t size)
{
    size_t used = 0;
    ret_list[0] = '\0';
    for (; *list && used < size; list++)
        if (**list)
            used += (size_t)snprintf(ret_list + used, size - used, "%s%s", used ? ", " : "", *list);
}

static caviar_code fail_value(const option *one, const char *text, train_error *error)
{
    char list[200];
    switch (one->kind) {
    case OPTION_WORD:
        join_words(one->words, list, sizeof list);
        return train_fail(error, CAVIAR_INVALID, "--%s is '%s'; use one of: %s", one->name, text,
                          list);
    case OPTION_SWITCH:
        return train_fail(error, CAVIAR_INVALID, "--%s is '%s'; use on or off", one->name, text);
    case OPTION_UNITS:
        return train_fail(error, CAVIAR_INVALID,
                          "--%s is '%s'; use a whole number in %s, or up to %d of them with commas",
                          one->name, text, one->range, MOST_LAYERS);
    case OPTION_WHOLE:
    case OPTION_REAL:
    case OPTION_TEXT:
    case OPTION_FLAG:
        break;
    }
    return train_fail(error, CAVIAR_INVALID, "--%s is '%s'; use a%s number in %s", one->name, text,
                      one->kind == OPTION_WHOLE ? " whole" : "", one->range);
}

// Values ------------------------------------------------------------------------------------------

// `range` is written as in mathematics: "[0, 1)" has 0 in it, and not 1.
static bool is_in_range(const char *range, double number)
{
    char *end;
    double low = strtod(range + 1, &end);
    double high = strtod(end + 1, &end); // behind the comma
    bool above = range[0] == '[' ? number >= low : number > low;
    bool below = *end == ']' ? number <= high : number < high;
    return above && below;
}

static bool parse_units(const option *one, const char *text, options *into)
{
    char number[NUMBER_SIZE];
    size_t count = 0;
    for (;;) {
        size_t size = strcspn(text, ",");
        double units;
        if (size >= sizeof number || count == MOST_LAYERS)
            return false;
        memcpy(number, text, size);
        number[size] = '\0';
        if (!number_parse(number, &units) || units != floor(units) ||
            !is_in_range(one->range, units))
            return false;
        into->units[count++] = (size_t)units;
        if (text[size] == '\0')
            break;
        text += size + 1;
    }
    into->unit_count = count;
    return true;
}

static bool find_word(const char *const *list, const char *text, unsigned *ret_index)
{
    for (unsigned i = 0; list[i]; i++) {
        if (list[i][0] && strcmp(list[i], text) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static bool parse_number(const option *one, const char *text, char *field)
{
    double number;
    if (!number_parse(text, &number) || !is_in_range(one->range, number))
        return false;
    if (one->kind == OPTION_REAL) {
        memcpy(field, &number, sizeof number);
        return true;
    }
    int64_t whole = (int64_t)number; // ranges end at 2^53
    memcpy(field, &whole, sizeof whole);
    return (double)whole == number;
}

// Puts a value into its field. False if it is no such value.
static bool set_option(const option *one, const char *text, options *into)
{
    char *field = (char *)into + one->offset;
    unsigned index = 0;
    bool on;
    switch (one->kind) {
    case OPTION_FLAG:
        *(bool *)(void *)field = true;
        return true;
    case OPTION_SWITCH:
        on = strcmp(text, "on") == 0;
        *(bool *)(void *)field = on;
        return on || strcmp(text, "off") == 0;
    case OPTION_TEXT:
        memcpy(field, &text, sizeof text);
        return true;
    case OPTION_WORD:
        if (!find_word(one->words, text, &index))
            return false;
        memcpy(field, &index, sizeof index);
        return true;
    case OPTION_UNITS:
        return parse_units(one, text, into);
    case OPTION_WHOLE:
    case OPTION_REAL:
        return parse_number(one, text, field);
    }
    return false;
}

// The command line --------------------------------------------------------------------------------

static const option *find_option(const char *name, size_t size)
{
    for (const option *one = option_table; one->name; one++)
        if (strlen(one->name) == size && strncmp(one->name, name, size) == 0)
            return one;
    return NULL;
}

static caviar_code fail_command(const option *one, command which, train_error *error)
{
    unsigned of = 0;
    while (!option_is_of(one, (command)of))
        of++;
    return train_fail(error, CAVIAR_INVALID, "--%s is an option of %s, not of %s", one->name,
                      command_words[of], command_words[which]);
}

// Reads argv[*index], and the value behind it where there is one, and moves *index on.
static caviar_code read_argument(int argc, char *const *argv, int *index, options *into,
                                 train_error *error)
{
    const char *argument = argv[(*index)++];
    if (strcmp(argument, "-h") == 0)
        argument = "--help";
    if (strncmp(argument, "--", 2) != 0)
        return train_fail(error, CAVIAR_INVALID,
                          "'%s' is not an option; options begin with --, as --data, and a "
                          "command (predict, describe) stands before them",
                          argument);
    const char *name = argument + 2;
    size_t size = strcspn(name, "=");
    const option *one = find_option(name, size);
    if (!one) {
        char word[LONGEST_WORD + 1];
        snprintf(word, sizeof word, "%.*s", (int)(size < sizeof word ? size : sizeof word - 1),
                 name);
        return fail_unknown(word, error);
    }
    if (!option_is_of(one, into->command))
        return fail_command(one, into->command, error);
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    if (one->kind == OPTION_FLAG && value)
        return train_fail(error, CAVIAR_INVALID, "--%s takes no value", one->name);
    if (one->kind != OPTION_FLAG && !value) {
        if (*index == argc)
            return train_fail(error, CAVIAR_INVALID, "--%s needs a value", one->name);
        value = argv[(*index)++];
    }
    if (!set_option(one, value, into))
        return fail_value(one, value, error);
    into->given |= (uint64_t)1 << (one - option_table);
    return CAVIAR_OK;
}

static bool is_given(const options *at, const char *name)
{
    const option *one = find_option(name, strlen(name));
    return at->given >> (one - option_table) & 1;
}

// The defaults that depend on other options.
static void set_defaults(options *at)
{
    bool adaptive = at->optimizer == OPTIMIZER_ADAM || at->optimizer == OPTIMIZER_RMSPROP;
    if (!is_given(at, "decay")) // a fall that is cut short would be worse than none
        at->decay = at->patience ? DECAY_NONE : DECAY_COSINE;
    if (!is_given(at, "lr"))
        at->hyper.lr = adaptive ? 0.001 : 0.1;
    if (!is_given(at, "beta2"))
        at->hyper.beta2 = at->optimizer == OPTIMIZER_RMSPROP ? 0.9 : 0.999;
    if (!is_given(at, "decay-rate"))
        at->hyper.decay_rate = decay_usual_rate(at->decay);
}

static caviar_code check_files(const options *at, train_error *error)
{
    if (at->command == COMMAND_PREDICT && !at->model)
        return train_fail(error, CAVIAR_INVALID, "--model is needed: a file that --save wrote");
    if (at->command == COMMAND_DESCRIBE && at->model && at->data.path)
        return train_fail(error, CAVIAR_INVALID,
                          "--model and --data are two networks; leave one of them out");
    if (!at->data.path && !(at->command == COMMAND_DESCRIBE && at->model))
        return train_fail(error, CAVIAR_INVALID,
                          "--data is needed: a folder with MNIST's files, an IDX file of images, "
                          "or a CSV file");
    return CAVIAR_OK;
}

// What only makes sense together.
static caviar_code check_options(const options *at, train_error *error)
{
    caviar_code code = check_files(at, error);
    if (code)
        return code;
    if (at->unit_count > 1 && is_given(at, "layers") && (size_t)at->layers != at->unit_count)
        return train_fail(error, CAVIAR_INVALID,
                          "--units names %zu layers, but --layers is %lld; leave one of them out",
                          at->unit_count, (long long)at->layers);
    if (at->batch_norm && at->batch == 1)
        return train_fail(error, CAVIAR_INVALID,
                          "a mini-batch of one sample cannot be normalised; use --batch-norm off, "
                          "or --batch 8 or more");
    return CAVIAR_OK;
}

// Takes the command in front of the options, where there is one.
static int read_command(int argc, char *const *argv, options *into)
{
    unsigned which = 0;
    if (argc < 2 || !find_word(command_words, argv[1], &which))
        return 1;
    into->command = (command)which;
    return 2;
}

caviar_code options_read(int argc, char *const *argv, options *ret_options, train_error *error)
{
    options at = {.data.validation = -1};
    for (const option *one = option_table; one->name; one++)
        if (one->initial)
            set_option(one, one->initial, &at);
    for (int i = read_command(argc, argv, &at); i < argc;) {
        caviar_code code = read_argument(argc, argv, &i, &at, error);
        if (code)
            return code;
    }
    set_defaults(&at);
    bool is_asked = at.help || at.version || at.manual;
    caviar_code code = is_asked ? CAVIAR_OK : check_options(&at, error);
    if (!code)
        *ret_options = at;
    return code;
}

architecture options_architecture(const options *at, const preprocessing *how)
{
    architecture shape = {
        .in = how->feature_count,
        .classes = how->class_count,
        .hidden_count = at->unit_count > 1 ? at->unit_count : (size_t)at->layers,
        .activation = at->activation,
        .loss = preprocessing_loss(how),
        .batch_norm = at->batch_norm,
        .norm_epsilon = at->norm_epsilon,
        .norm_new_weight = at->norm_new_weight,
    };
    for (size_t i = 0; i < shape.hidden_count; i++)
        shape.units[i] = at->units[at->unit_count > 1 ? i : 0];
    return shape;
}

// Hyperparameters that change while training ------------------------------------------------------

static const option *hyper_option(size_t index)
{
    for (const option *one = option_table; one->name; one++) {
        bool is_hyper = one->offset >= offsetof(options, hyper) &&
                        one->offset < offsetof(options, hyper) + sizeof(hyper);
        if (is_hyper && index-- == 0)
            return one;
    }
    return NULL;
}

const char *hyper_name(size_t index)
{
    const option *one = hyper_option(index);
    return one ? one->name : NULL;
}

double *hyper_field(hyper *at, size_t index)
{
    return (double *)(void *)((char *)at +
                              (hyper_option(index)->offset - offsetof(options, hyper)));
}

static bool is_same_name(const char *given, const char *name)
{
    for (; *given && *name; given++, name++)
        if (*given != *name && !(*given == '_' && *name == '-'))
            return false;
    return *given == *name;
}

caviar_code hyper_change(hyper *at, const char *name, double value, train_error *error)
{
    for (size_t i = 0; hyper_name(i); i++) {
        if (!is_same_name(name, hyper_name(i)))
            continue;
        if (!is_in_range(hyper_option(i)->range, value))
            return train_fail(error, CAVIAR_INVALID, "%s cannot become %g; its range is %s", name,
                              value, hyper_option(i)->range);
        *hyper_field(at, i) = value;
        return CAVIAR_OK;
    }
    return train_fail(error, CAVIAR_NOT_FOUND, "%s cannot change while the network trains", name);
}
