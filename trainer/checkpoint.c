/**
 * checkpoint.c: what a checkpoint holds.
 */
#include "trainer/checkpoint.h"

#include "trainer/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The network, which saved networks have, too -----------------------------------------------------

void architecture_pack(const architecture *shape, packer *into)
{
    pack_u64(into, sizeof(real));
    pack_u64(into, shape->in);
    pack_u64(into, shape->classes);
    pack_u64(into, shape->hidden_count);
    for (size_t i = 0; i < shape->hidden_count; i++)
        pack_u64(into, shape->units[i]);
    pack_text(into, activation_words[shape->activation]);
    pack_u64(into, shape->batch_norm);
    pack_f64(into, shape->norm_epsilon);
    pack_f64(into, shape->norm_new_weight);
    pack_text(into, loss_words[shape->loss]);
}

// The index of a word; one that is not there fails.
static unsigned unpack_word(unpacker *from, const char *const *known)
{
    const char *word = unpack_text(from);
    for (unsigned i = 0; known[i]; i++)
        if (*word && strcmp(known[i], word) == 0)
            return i;
    from->failed = true;
    return 0;
}

static size_t unpack_size(unpacker *from, uint64_t low, uint64_t high)
{
    uint64_t size = unpack_u64(from);
    from->failed |= size < low || size > high;
    return from->failed ? 0 : (size_t)size;
}

static bool is_share(double number)
{
    return number > 0 && number <= 1;
}

caviar_code architecture_unpack(const container *from, architecture *ret_shape, train_error *error)
{
    const section *part = container_find(from, "network");
    unpacker bytes = {.rest = part ? part->bytes : NULL, .left = part ? part->size : 0};
    architecture shape = {.in = 0};
    uint64_t real_size = unpack_u64(&bytes);
    shape.in = unpack_size(&bytes, 1, MOST_FEATURES);
    shape.classes = unpack_size(&bytes, 1, MOST_CLASSES);
    shape.hidden_count = unpack_size(&bytes, 0, MOST_LAYERS);
    for (size_t i = 0; i < shape.hidden_count; i++)
        shape.units[i] = unpack_size(&bytes, 1, MOST_UNITS);
    shape.activation = (activation)unpack_word(&bytes, activation_words);
    shape.batch_norm = unpack_size(&bytes, 0, 1);
    shape.norm_epsilon = unpack_f64(&bytes);
    shape.norm_new_weight = unpack_f64(&bytes);
    if (from->version >= 2)
        shape.loss = (loss_kind)unpack_word(&bytes, loss_words);
    bool single = shape.classes == 1, quantity = shape.loss == LOSS_SQUARED_ERROR;
    if (bytes.failed || bytes.left || single != quantity || real_size != sizeof(real) ||
        !is_share(shape.norm_epsilon) || !is_share(shape.norm_new_weight))
        return train_fail(error, CAVIAR_CORRUPT, "the description of the network is damaged");
    *ret_shape = shape;
    return CAVIAR_OK;
}

caviar_code container_find_reals(const container *from, const char *name, size_t count,
                                 const real **ret_reals, train_error *error)
{
    const section *part = container_find(from, name);
    if (!part || part->size != count * sizeof(real))
        return train_fail(error, CAVIAR_CORRUPT, "section '%s' has not the %zu numbers it should",
                          name, count);
    *ret_reals = part->bytes;
    return CAVIAR_OK;
}

// Writing -----------------------------------------------------------------------------------------

static void pack_progress(const training *at, packer *into)
{
    const progress *now = &at->progress;
    pack_u64(into, data_fingerprint(at->data));
    pack_u64(into, at->options.seed);
    pack_u64(into, at->options.report_every);
    pack_text(into, optimizer_words[at->optimizer->kind]);
    pack_f64(into, at->optimizer->beta1_power);
    pack_f64(into, at->optimizer->beta2_power);
    pack_u64(into, now->epoch);
    pack_u64(into, now->sample);
    pack_u64(into, now->update);
    pack_u64(into, now->step);
    pack_f64(into, now->sum.loss);
    pack_u64(into, now->sum.wrong);
    pack_u64(into, now->sum.count);
}

static void pack_hyper(const hyper *now, const hyper *given, packer *into)
{
    hyper current = *now, first = *given;
    uint64_t count = 0;
    while (hyper_name(count))
        count++;
    pack_u64(into, count);
    for (size_t i = 0; i < count; i++) {
        pack_text(into, hyper_name(i));
        pack_f64(into, *hyper_field(&current, i));
        pack_f64(into, *hyper_field(&first, i));
    }
}

static void pack_gains(const gains *at, packer *into)
{
    pack_u64(into, at->step);
    pack_f64(into, at->score.error);
    pack_f64(into, at->score.loss);
    pack_f64(into, at->least.error);
    pack_f64(into, at->least.loss);
    pack_u64(into, at->last_gain);
}

static const char *const moment_names[] = {"moment1", "moment2"};

static void add_section(section *list, size_t *count, const char *name, const void *bytes,
                        size_t size)
{
    section *one = &list[(*count)++];
    *one = (section){.bytes = bytes, .size = size};
    memcpy(one->name, name, strlen(name));
}

caviar_code checkpoint_write(const char *path, const training *at, const hyper *given,
                             train_error *error)
{
    const network *net = at->net;
    const optimizer *moments = at->optimizer;
    const best *top = at->best;
    packer shape = {0}, now = {0}, values = {0}, account = {0};
    architecture_pack(&net->architecture, &shape);
    pack_progress(at, &now);
    pack_hyper(&at->hyper, given, &values);
    if (top)
        pack_gains(&top->gains, &account);
    size_t parameters = net->parameter_count * sizeof(real);
    size_t running = net->running_count * sizeof(real);
    section sections[MOST_SECTIONS];
    size_t count = 0;
    add_section(sections, &count, "network", shape.bytes, shape.size);
    add_section(sections, &count, "params", net->parameters, parameters);
    add_section(sections, &count, "running", net->running, running);
    add_section(sections, &count, "progress", now.bytes, now.size);
    add_section(sections, &count, "hyper", values.bytes, values.size);
    for (size_t i = 0; i < moments->moment_count; i++)
        add_section(sections, &count, moment_names[i], moments->moments[i], parameters);
    if (top) {
        add_section(sections, &count, "best", account.bytes, account.size);
        add_section(sections, &count, "bestnet", top->parameters, parameters);
        add_section(sections, &count, "bestrun", top->running, running);
    }
    caviar_code code = shape.failed || now.failed || values.failed || account.failed
                           ? train_fail_memory(error)
                           : container_write(path, sections, count, error);
    free(shape.bytes);
    free(now.bytes);
    free(values.bytes);
    free(account.bytes);
    return code;
}

// Reading -----------------------------------------------------------------------------------------

// What a file says, before any of it is believed.
typedef struct snapshot {
    const real *parameters, *running, *moments[2];
    double beta1_power, beta2_power;
    progress progress;
    hyper hyper;
    gains gains; // with patience; where the file has none, a new beginning, without arrays
    const real *best_parameters, *best_running;
} snapshot;

static caviar_code check_architecture(const container *from, const training *at, train_error *error)
{
    architecture shape;
    char was[ARCHITECTURE_TEXT_SIZE], is[ARCHITECTURE_TEXT_SIZE];
    caviar_code code = architecture_unpack(from, &shape, error);
    if (code || architecture_equals(&shape, &at->net->architecture))
        return code;
    architecture_print(&shape, was);
    architecture_print(&at->net->architecture, is);
    return train_fail(error, CAVIAR_INVALID,
                      "it is of another network (%s, this one is %s); use the same options, or "
                      "another --checkpoint folder",
                      was, is);
}

static caviar_code check_numbers(const snapshot *now, const training *at, bool complete,
                                 train_error *error)
{
    size_t samples = data_training(at->data)->count;
    bool powers = now->beta1_power >= 0 && now->beta1_power <= 1 && now->beta2_power >= 0 &&
                  now->beta2_power <= 1;
    // far from where a sum of products could overflow
    bool counters = now->progress.epoch < 1u << 31 && now->progress.step < 1u << 31 &&
                    now->progress.sample < samples;
    if (!complete || !powers || !counters || !isfinite(now->progress.sum.loss))
        return train_fail(error, CAVIAR_CORRUPT, "the account of its progress is damaged");
    return CAVIAR_OK;
}

static caviar_code load_progress(const container *from, const training *at, snapshot *into,
                                 train_error *error)
{
    const section *part = container_find(from, "progress");
    unpacker bytes = {.rest = part ? part->bytes : NULL, .left = part ? part->size : 0};
    progress *now = &into->progress;
    uint64_t fingerprint = unpack_u64(&bytes);
    unpack_u64(&bytes); // the seed, of which the command line has the last word
    uint64_t report_every = unpack_u64(&bytes);
    const char *kind = unpack_text(&bytes);
    into->beta1_power = unpack_f64(&bytes);
    into->beta2_power = unpack_f64(&bytes);
    now->epoch = unpack_u64(&bytes);
    now->sample = unpack_u64(&bytes);
    now->update = unpack_u64(&bytes);
    now->step = unpack_u64(&bytes);
    now->sum.loss = unpack_f64(&bytes);
    now->sum.wrong = unpack_u64(&bytes);
    now->sum.count = unpack_u64(&bytes);
    bool complete = !bytes.failed && bytes.left == 0;
    if (complete && fingerprint != data_fingerprint(at->data))
        return train_fail(error, CAVIAR_INVALID,
                          "it was trained on other data, or with other --samples or --validation");
    if (complete && strcmp(kind, optimizer_words[at->optimizer->kind]) != 0)
        return train_fail(error, CAVIAR_INVALID, "its optimizer is %s, not %s", kind,
                          optimizer_words[at->optimizer->kind]);
    if (complete && report_every != at->options.report_every)
        return train_fail(error, CAVIAR_INVALID, "it counts steps with --report-every %llu",
                          (unsigned long long)report_every);
    return check_numbers(into, at, complete, error);
}

// A value that was changed since it was given stays so, unless another one is given now.
static caviar_code load_hyper(const container *from, const hyper *given, snapshot *into,
                              train_error *error)
{
    const section *part = container_find(from, "hyper");
    unpacker bytes = {.rest = part ? part->bytes : NULL, .left = part ? part->size : 0};
    into->hyper = *given;
    uint64_t count = unpack_u64(&bytes);
    for (uint64_t i = 0; i < count && !bytes.failed; i++) {
        const char *name = unpack_text(&bytes);
        double value = unpack_f64(&bytes), first = unpack_f64(&bytes);
        for (size_t k = 0; hyper_name(k) && !bytes.failed; k++) {
            if (strcmp(name, hyper_name(k)) != 0 || *hyper_field(&into->hyper, k) != first)
                continue;
            if (hyper_change(&into->hyper, name, value, NULL))
                bytes.failed = true;
        }
    }
    if (bytes.failed || bytes.left)
        return train_fail(error, CAVIAR_CORRUPT, "its hyperparameters are damaged");
    return CAVIAR_OK;
}

static caviar_code load_arrays(const container *from, const training *at, snapshot *into,
                               train_error *error)
{
    const network *net = at->net;
    caviar_code code =
        container_find_reals(from, "params", net->parameter_count, &into->parameters, error);
    if (!code)
        code = container_find_reals(from, "running", net->running_count, &into->running, error);
    for (size_t i = 0; i < at->optimizer->moment_count && !code; i++)
        code = container_find_reals(from, moment_names[i], at->optimizer->count, &into->moments[i],
                                    error);
    return code;
}

static gains unpack_gains(unpacker *from)
{
    gains at = {.step = unpack_u64(from)};
    at.score.error = unpack_f64(from);
    at.score.loss = unpack_f64(from);
    at.least.error = unpack_f64(from);
    at.least.loss = unpack_f64(from);
    at.last_gain = unpack_u64(from);
    return at;
}

static caviar_code load_best(const container *from, const training *at, snapshot *into,
                             train_error *error)
{
    const section *part = container_find(from, "best");
    uint64_t step = into->progress.step;
    into->gains = gains_from(step);
    if (!part || !at->best)
        return CAVIAR_OK;
    unpacker bytes = {.rest = part->bytes, .left = part->size};
    into->gains = unpack_gains(&bytes);
    if (bytes.failed || bytes.left || into->gains.step > step || into->gains.last_gain > step)
        return train_fail(error, CAVIAR_CORRUPT, "the account of its best report is damaged");
    const network *net = at->net;
    caviar_code code =
        container_find_reals(from, "bestnet", net->parameter_count, &into->best_parameters, error);
    if (!code)
        code =
            container_find_reals(from, "bestrun", net->running_count, &into->best_running, error);
    return code;
}

static void restore_best(const snapshot *from, training *at)
{
    best *to = at->best;
    if (!to)
        return;
    to->gains = from->gains;
    if (!from->best_parameters)
        return;
    memcpy(to->parameters, from->best_parameters, at->net->parameter_count * sizeof(real));
    if (at->net->running_count)
        memcpy(to->running, from->best_running, at->net->running_count * sizeof(real));
}

static void restore(const snapshot *from, training *at)
{
    network *net = at->net;
    memcpy(net->parameters, from->parameters, net->parameter_count * sizeof(real));
    if (net->running_count)
        memcpy(net->running, from->running, net->running_count * sizeof(real));
    for (size_t i = 0; i < at->optimizer->moment_count; i++)
        memcpy(at->optimizer->moments[i], from->moments[i], at->optimizer->count * sizeof(real));
    at->optimizer->beta1_power = from->beta1_power;
    at->optimizer->beta2_power = from->beta2_power;
    at->progress = from->progress;
    at->hyper = from->hyper;
    restore_best(from, at);
}

caviar_code checkpoint_load(const container *from, training *at, const hyper *given,
                            train_error *error)
{
    snapshot now = {.parameters = NULL};
    caviar_code code = check_architecture(from, at, error);
    if (!code)
        code = load_progress(from, at, &now, error);
    if (!code)
        code = load_hyper(from, given, &now, error);
    if (!code)
        code = load_arrays(from, at, &now, error);
    if (!code)
        code = load_best(from, at, &now, error);
    if (!code)
        restore(&now, at);
    return code;
}

caviar_code checkpoint_read(const char *path, training *at, const hyper *given, train_error *error)
{
    container from = {.count = 0};
    caviar_code code = container_read(path, &from, error);
    if (code)
        return code;
    code = checkpoint_load(&from, at, given, error);
    container_clear(&from);
    return code ? train_error_prefix(error, "%s", path) : CAVIAR_OK;
}
