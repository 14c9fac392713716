/**
 * wandb_parameter.c: the distributions of W&B sweeps.
 *
 * Ranges of log_uniform, q_log_uniform and inv_log_uniform are exponents of e; those whose names
 * end in _values are the values. log(1/x) is uniform where log(x) is, so that an inverse log
 * distribution is the log scale, not the reverse-log one: a momentum may want the other, and the
 * note says so. Normal distributions have no ends: 4 standard deviations on either side are
 * searched, with the mean as prior.
 */
#include "exchange/wandb.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_SIGMAS 4

enum family {
    CONSTANT,
    CHOICES,
    RANGE,
    EXPONENTS,
    INVERSE,
    NORMAL,
    LOG_NORMAL,
    BETA,
};

static const struct distribution {
    const char *name;
    enum family family;
    bool is_log, is_quantized, is_int;
} distributions[] = {
    {"constant", CONSTANT, false, false, false},
    {"categorical", CHOICES, false, false, false},
    {"categorical_w_probabilities", CHOICES, false, false, false},
    {"int_uniform", RANGE, false, false, true},
    {"uniform", RANGE, false, false, false},
    {"q_uniform", RANGE, false, true, false},
    {"log_uniform", EXPONENTS, true, false, false},
    {"log_uniform_values", RANGE, true, false, false},
    {"q_log_uniform", EXPONENTS, true, true, false},
    {"q_log_uniform_values", RANGE, true, true, false},
    {"inv_log_uniform", INVERSE, true, false, false},
    {"inv_log_uniform_values", RANGE, true, false, false},
    {"normal", NORMAL, false, false, false},
    {"q_normal", NORMAL, false, true, false},
    {"log_normal", LOG_NORMAL, true, false, false},
    {"q_log_normal", LOG_NORMAL, true, true, false},
    {"beta", BETA, false, false, false},
    {"q_beta", BETA, false, true, false},
};

typedef struct reader {
    cav_wandb *sweep;
    const cav_node *node; // the parameter's map
    const char *their_name;
    const struct distribution *distribution;
    caviar_parameter given;
    bool is_text, is_flag;
} reader;

static caviar_code fail(const reader *at, const char *sentence)
{
    return cav_node_fail(at->sweep->document, at->node, at->sweep->error, "parameter '%.100s': %s",
                         at->their_name, sentence);
}

static caviar_code read_number(const reader *at, const char *key, double missing,
                               double *ret_number)
{
    const cav_node *node = cav_node_get(at->node, key);
    *ret_number = missing;
    if (node)
        return cav_node_number(at->sweep->document, node, key, ret_number, at->sweep->error);
    char sentence[100];
    snprintf(sentence, sizeof sentence, "%s has no %s", at->distribution->name, key);
    return isnan(missing) ? fail(at, sentence) : CAVIAR_OK;
}

// W&B reads YAML 1.1 and hands values over as Python prints them: yes is True, null is None.
static const char *python_word(const cav_node *node)
{
    static const char *const words[][2] = {
        {"true", "True"}, {"yes", "True"},  {"on", "True"}, {"false", "False"}, {"no", "False"},
        {"off", "False"}, {"null", "None"}, {"~", "None"},  {"", "None"},
    };
    for (size_t i = 0; !node->is_quoted && i < CAV_COUNT_OF(words); i++)
        if (strcasecmp(node->text, words[i][0]) == 0)
            return words[i][1];
    return NULL;
}

static caviar_code read_value(reader *at, const cav_node *node, caviar_value *ret_value)
{
    const char *word = node->kind == CAV_NODE_SCALAR ? python_word(node) : NULL;
    at->is_flag &= word && word[0] != 'N';
    if (word) {
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = word};
        return CAVIAR_OK;
    }
    caviar_code code = cav_node_value(at->sweep->document, node, ret_value, at->sweep->error);
    at->is_text &= ret_value->kind == CAVIAR_KIND_TEXT;
    return code;
}

static caviar_code read_choices(reader *at, const char *key)
{
    const cav_node *node = cav_node_get(at->node, key);
    bool is_list = node && node->kind == CAV_NODE_LIST;
    if (!node || is_list != (strcmp(key, "values") == 0) || (is_list && node->count == 0))
        return fail(at, strcmp(key, "values") == 0 ? "values: a list is expected"
                                                   : "value: one value is expected");
    size_t count = is_list ? node->count : 1;
    caviar_value *choices = CAV_ARENA_NEW(at->sweep->arena, caviar_value, count);
    if (!choices)
        return cav_fail_memory(at->sweep->error);
    caviar_code code = CAVIAR_OK;
    at->is_text = at->is_flag = true;
    for (size_t i = 0; i < count && !code; i++)
        code = read_value(at, is_list ? &node->items[i] : node, &choices[i]);
    at->given.type = count > 1 ? CAVIAR_TYPE_CATEGORICAL : CAVIAR_TYPE_CONSTANT;
    at->given.choices = choices;
    at->given.choice_count = count;
    if (!code && cav_node_get(at->node, "probabilities"))
        cav_note(at->sweep->notes, "%s: its probabilities are left out: no choice is preferred",
                 at->given.name);
    return code;
}

static caviar_code read_ends(reader *at)
{
    caviar_parameter *to = &at->given;
    caviar_code code = read_number(at, "min", NAN, &to->low);
    if (!code)
        code = read_number(at, "max", NAN, &to->high);
    double low = to->low, high = to->high;
    if (at->distribution->family == EXPONENTS)
        to->low = exp(low), to->high = exp(high);
    else if (at->distribution->family == INVERSE)
        to->low = exp(-high), to->high = exp(-low);
    if (!code && strncmp(at->distribution->name, "inv_", 4) == 0)
        cav_note(at->sweep->notes,
                 "%s: W&B's %s is the log scale, not a reverse log; for a momentum or a beta, "
                 "scale: reverse-log tries as many values from 0.9 to 0.99 as from 0.99 to 0.999",
                 to->name, at->distribution->name);
    return code;
}

static void set_prior(reader *at, double value)
{
    at->given.prior = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = value};
}

static caviar_code read_normal(reader *at)
{
    double mu, sigma;
    bool is_log = at->distribution->family == LOG_NORMAL;
    caviar_code code = read_number(at, "mu", 0, &mu);
    if (!code)
        code = read_number(at, "sigma", 1, &sigma);
    if (code)
        return code;
    if (!(sigma > 0))
        return fail(at, "sigma: more than 0 is expected");
    double low = mu - MOST_SIGMAS * sigma, high = mu + MOST_SIGMAS * sigma;
    at->given.low = is_log ? exp(low) : low;
    at->given.high = is_log ? exp(high) : high;
    set_prior(at, is_log ? exp(mu) : mu);
    cav_note(at->sweep->notes,
             "%s: a range has ends: %d standard deviations on either side are searched, with the "
             "middle as prior",
             at->given.name, MOST_SIGMAS);
    return CAVIAR_OK;
}

static caviar_code read_beta(reader *at)
{
    double a, b;
    caviar_code code = read_number(at, "a", 1, &a);
    if (!code)
        code = read_number(at, "b", 1, &b);
    if (code)
        return code;
    if (!(a > 0) || !(b > 0))
        return fail(at, "a and b: more than 0 is expected");
    at->given.low = 0;
    at->given.high = 1;
    set_prior(at, a / (a + b));
    cav_note(at->sweep->notes,
             "%s: all of 0 to 1 is searched, with the mean of the beta "
             "distribution as prior",
             at->given.name);
    return CAVIAR_OK;
}

// round(x / q) * q: the multiples of q.
static caviar_code quantize(reader *at)
{
    double q;
    caviar_parameter *to = &at->given;
    caviar_code code = read_number(at, "q", 1, &q);
    if (code)
        return code;
    if (!(q > 0))
        return fail(at, "q: more than 0 is expected");
    to->low = nearbyint(to->low / q) * q;
    to->high = nearbyint(to->high / q) * q;
    if (at->distribution->is_log && to->low <= 0) {
        to->low = q;
        cav_note(at->sweep->notes,
                 "%s: W&B also tries 0, which no log scale has; special: [0] adds "
                 "it",
                 to->name);
    }
    bool is_whole = q == nearbyint(q);
    to->type = is_whole ? CAVIAR_TYPE_INT : CAVIAR_TYPE_FLOAT;
    to->step = is_whole && q == 1 ? 0 : q;
    if (to->prior.kind == CAVIAR_KIND_REAL)
        to->prior.real = fmin(to->high, fmax(to->low, nearbyint(to->prior.real / q) * q));
    return CAVIAR_OK;
}

static caviar_code read_range(reader *at)
{
    const struct distribution *distribution = at->distribution;
    caviar_code code = distribution->family == BETA ? read_beta(at)
                       : distribution->family == NORMAL || distribution->family == LOG_NORMAL
                           ? read_normal(at)
                           : read_ends(at);
    at->given.type = distribution->is_int ? CAVIAR_TYPE_INT : CAVIAR_TYPE_FLOAT;
    at->given.scale = distribution->is_log ? CAVIAR_SCALE_LOG : CAVIAR_SCALE_LINEAR;
    return code || !distribution->is_quantized ? code : quantize(at);
}

static bool is_int(const reader *at, const char *key)
{
    caviar_value value;
    const cav_node *node = cav_node_get(at->node, key);
    return node && !cav_node_value(at->sweep->document, node, &value, NULL) &&
           value.kind == CAVIAR_KIND_INT;
}

// What W&B takes a parameter for that does not say.
static const char *guess(const reader *at)
{
    if (cav_node_get(at->node, "values"))
        return "categorical";
    if (cav_node_get(at->node, "value"))
        return "constant";
    if (cav_node_get(at->node, "mu") || cav_node_get(at->node, "sigma"))
        return "normal";
    return is_int(at, "min") && is_int(at, "max") ? "int_uniform" : "uniform";
}

static caviar_code find_distribution(reader *at)
{
    const char *names[CAV_COUNT_OF(distributions)], *word = guess(at);
    const cav_node *node = cav_node_get(at->node, "distribution");
    if (node && cav_node_text(at->sweep->document, node, "distribution", &word, at->sweep->error))
        return CAVIAR_INVALID;
    for (size_t i = 0; i < CAV_COUNT_OF(distributions); i++) {
        names[i] = distributions[i].name;
        if (strcmp(names[i], word) == 0) {
            at->distribution = &distributions[i];
            return CAVIAR_OK;
        }
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(word, names, CAV_COUNT_OF(names), hint);
    return cav_node_fail(at->sweep->document, node, at->sweep->error,
                         "parameter '%.100s': there is no distribution '%.60s'%s", at->their_name,
                         word, hint);
}

static caviar_code keep_argument(reader *at)
{
    cav_wandb *sweep = at->sweep;
    if (!CAV_GROW(&sweep->arguments, &sweep->argument_capacity, sweep->argument_count + 1))
        return cav_fail_memory(sweep->error);
    sweep->arguments[sweep->argument_count++] = (cav_wandb_argument){
        .their_name = at->their_name,
        .name = at->given.name,
        .is_text = at->is_text,
        .is_flag = at->is_flag,
    };
    return CAVIAR_OK;
}

// A range that is one point, as W&B allows it, is a constant.
static void settle_point(reader *at)
{
    caviar_parameter *to = &at->given;
    caviar_value *value = to->choice_count == 0 && to->low == to->high
                              ? CAV_ARENA_NEW(at->sweep->arena, caviar_value, 1)
                              : NULL;
    if (!value)
        return;
    *value = to->type == CAVIAR_TYPE_INT
                 ? cav_value_of_number(to->low)
                 : (caviar_value){.kind = CAVIAR_KIND_REAL, .real = to->low};
    *to = (caviar_parameter){
        .name = to->name, .type = CAVIAR_TYPE_CONSTANT, .choices = value, .choice_count = 1};
}

static caviar_code read_parameter(reader *at)
{
    cav_wandb *sweep = at->sweep;
    at->given.name = cav_ledger_name(sweep->arena, at->their_name);
    if (!at->given.name)
        return cav_fail_memory(sweep->error);
    if (strcmp(at->given.name, at->their_name) != 0)
        cav_note(sweep->notes, "the parameter '%s' is called %s here", at->their_name,
                 at->given.name);
    caviar_code code = find_distribution(at);
    if (code)
        return code;
    enum family kind = at->distribution->family;
    code = kind == CONSTANT  ? read_choices(at, "value")
           : kind == CHOICES ? read_choices(at, "values")
                             : read_range(at);
    if (code)
        return code;
    settle_point(at);
    if (cav_space_add(sweep->space, &at->given, sweep->error))
        return cav_node_locate(sweep->document, at->node, sweep->error);
    return keep_argument(at);
}

caviar_code cav_wandb_read_parameters(cav_wandb *sweep, const cav_node *section, const char *prefix)
{
    if (section->kind != CAV_NODE_MAP)
        return cav_node_fail(sweep->document, section, sweep->error,
                             "parameters: a map of parameters is expected");
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < section->count && !code; i++) {
        const cav_node *node = &section->items[i];
        char name[512];
        snprintf(name, sizeof name, "%s%s", prefix, section->keys[i].text);
        reader at = {.sweep = sweep, .node = node};
        at.their_name = cav_arena_strdup(sweep->arena, name);
        const cav_node *nested =
            node->kind == CAV_NODE_MAP ? cav_node_get(node, "parameters") : NULL;
        if (!at.their_name)
            code = cav_fail_memory(sweep->error);
        else if (node->kind != CAV_NODE_MAP)
            code = fail(&at, "a map is expected, such as {min: 0, max: 1}");
        else if (nested) {
            snprintf(name, sizeof name, "%s.", at.their_name);
            code = cav_wandb_read_parameters(sweep, nested, name);
        } else
            code = read_parameter(&at);
    }
    return code;
}
