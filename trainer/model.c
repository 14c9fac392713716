/**
 * model.c: what a saved network holds.
 */
#include "trainer/model.h"

#include "trainer/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Writing -----------------------------------------------------------------------------------------

static void pack_words(const words *set, packer *into)
{
    pack_u64(into, set->count);
    for (size_t i = 0; i < set->count; i++)
        pack_text(into, set->texts[i]);
}

static void pack_schema(const schema *columns, packer *into)
{
    pack_u64(into, columns->column_count);
    for (size_t i = 0; i < columns->column_count; i++) {
        const column *one = &columns->columns[i];
        pack_text(into, one->name);
        pack_u64(into, one->kind);
        pack_f64(into, one->mean);
        pack_f64(into, one->deviation);
        pack_words(&one->levels, into);
    }
    pack_u64(into, columns->target);
    pack_words(&columns->classes, into);
}

static void pack_preprocessing(const preprocessing *how, packer *into)
{
    pack_u64(into, how->is_table);
    if (how->is_table) {
        pack_schema(&how->schema, into);
        return;
    }
    pack_u64(into, how->feature_count);
    pack_u64(into, how->class_count);
    pack_f64(into, how->mean);
    pack_f64(into, how->deviation);
}

caviar_code model_write(const char *path, const network *net, const preprocessing *how,
                        train_error *error)
{
    packer shape = {0}, prep = {0};
    architecture_pack(&net->architecture, &shape);
    pack_preprocessing(how, &prep);
    section sections[] = {
        {"network", shape.bytes, shape.size},
        {"params", net->parameters, net->parameter_count * sizeof(real)},
        {"running", net->running, net->running_count * sizeof(real)},
        {"prep", prep.bytes, prep.size},
    };
    caviar_code code =
        shape.failed || prep.failed
            ? train_fail_memory(error)
            : container_write(path, sections, sizeof sections / sizeof sections[0], error);
    free(shape.bytes);
    free(prep.bytes);
    return code;
}

// Reading -----------------------------------------------------------------------------------------

// A text takes nine bytes at least, so that a count cannot ask for more memory than the file's size
// warrants.
enum { LEAST_TEXT_SIZE = 9 };

static void unpack_words(unpacker *from, words *ret_set)
{
    uint64_t count = unpack_u64(from);
    from->failed |= count > from->left / LEAST_TEXT_SIZE;
    for (uint64_t i = 0; i < count && !from->failed; i++) {
        int64_t index = words_add(ret_set, unpack_text(from));
        from->no_memory |= index == WORDS_NONE;
        from->failed |= index != (int64_t)i; // none twice
    }
}

static bool is_sound(const column *one, bool is_quantity)
{
    bool is_scaled = isfinite(one->mean) && isfinite(one->deviation) && one->deviation > 0;
    switch (one->kind) {
    case COLUMN_NUMBER:
        return is_scaled && one->levels.count == 0;
    case COLUMN_TARGET:
        return (is_scaled || !is_quantity) && one->levels.count == 0;
    case COLUMN_CATEGORY:
    case COLUMN_LEFT_OUT:
        return true;
    }
    return false;
}

static void unpack_column(unpacker *from, schema *into)
{
    column *one = &into->columns[into->column_count++];
    one->name = strdup(unpack_text(from));
    one->kind = (column_kind)unpack_u64(from);
    one->mean = unpack_f64(from);
    one->deviation = unpack_f64(from);
    unpack_words(from, &one->levels);
    from->no_memory |= !one->name;
    from->failed |= !one->name || !is_sound(one, into->is_quantity);
    if (one->kind == COLUMN_NUMBER || one->kind == COLUMN_CATEGORY) {
        into->width++;
        into->feature_count += one->kind == COLUMN_NUMBER ? 1 : one->levels.count;
    }
}

static void unpack_schema(unpacker *from, schema *into)
{
    uint64_t count = unpack_u64(from);
    from->failed |= count == 0 || count > from->left / LEAST_TEXT_SIZE;
    if (from->failed)
        return;
    into->columns = calloc((size_t)count, sizeof *into->columns);
    from->failed = from->no_memory = !into->columns;
    for (uint64_t i = 0; i < count && !from->failed; i++)
        unpack_column(from, into);
    into->target = (size_t)unpack_u64(from);
    unpack_words(from, &into->classes);
    from->failed |=
        into->target >= into->column_count || into->columns[into->target].kind != COLUMN_TARGET;
}

static caviar_code unpack_preprocessing(const container *from, const architecture *shape,
                                        preprocessing *into, train_error *error)
{
    const section *part = container_find(from, "prep");
    unpacker bytes = {.rest = part ? part->bytes : NULL, .left = part ? part->size : 0};
    uint64_t is_table = unpack_u64(&bytes);
    into->is_table = is_table == 1;
    if (into->is_table) {
        into->schema.is_quantity = shape->loss == LOSS_SQUARED_ERROR;
        unpack_schema(&bytes, &into->schema);
        into->feature_count = into->schema.feature_count;
        into->class_count = into->schema.is_quantity ? 1 : into->schema.classes.count;
        bytes.failed |= into->schema.is_quantity && into->schema.classes.count > 0;
    } else {
        into->feature_count = (size_t)unpack_u64(&bytes);
        into->class_count = (size_t)unpack_u64(&bytes);
        into->mean = unpack_f64(&bytes);
        into->deviation = unpack_f64(&bytes);
        bytes.failed |=
            !isfinite(into->mean) || !(into->deviation > 0) || shape->loss == LOSS_SQUARED_ERROR;
    }
    if (bytes.no_memory)
        return train_fail_memory(error);
    if (bytes.failed || bytes.left || is_table > 1 || into->feature_count != shape->in ||
        into->class_count != shape->classes)
        return train_fail(error, CAVIAR_CORRUPT, "the description of the data is damaged");
    return CAVIAR_OK;
}

// Checks that the parameters are there before a network is made for them: a damaged file must not
// ask for more memory than it has bytes.
static caviar_code check_size(const container *from, const architecture *shape, train_error *error)
{
    const section *part = container_find(from, "params");
    size_t before = shape->in, left = part ? part->size / sizeof(real) : 0;
    for (size_t i = 0; i <= shape->hidden_count; i++) {
        size_t out = i < shape->hidden_count ? shape->units[i] : shape->classes;
        if (before * out > left) // both are below 2^25
            return train_fail(error, CAVIAR_CORRUPT, "section 'params' is too short");
        left -= before * out;
        before = out;
    }
    return CAVIAR_OK;
}

static caviar_code fill_network(const container *from, network *net, train_error *error)
{
    const real *parameters, *running;
    caviar_code code =
        container_find_reals(from, "params", net->parameter_count, &parameters, error);
    if (!code)
        code = container_find_reals(from, "running", net->running_count, &running, error);
    if (code)
        return code;
    memcpy(net->parameters, parameters, net->parameter_count * sizeof(real));
    if (net->running_count)
        memcpy(net->running, running, net->running_count * sizeof(real));
    return CAVIAR_OK;
}

caviar_code model_load(const container *from, const kernels *table, size_t rows, model *ret_model,
                       train_error *error)
{
    architecture shape = {.in = 0};
    model at = {.net = NULL};
    caviar_code code = architecture_unpack(from, &shape, error);
    if (!code)
        code = check_size(from, &shape, error);
    if (!code)
        code = unpack_preprocessing(from, &shape, &at.how, error);
    if (!code)
        code = network_new(&shape, table, rows, &at.net, error);
    if (!code)
        code = fill_network(from, at.net, error);
    if (code)
        model_clear(&at);
    else
        *ret_model = at;
    return code;
}

caviar_code model_read(const char *path, const kernels *table, size_t rows, model *ret_model,
                       train_error *error)
{
    container from = {.count = 0};
    caviar_code code = container_read(path, &from, error);
    if (code)
        return code;
    code = model_load(&from, table, rows, ret_model, error);
    container_clear(&from);
    return code ? train_error_prefix(error, "%s", path) : CAVIAR_OK;
}

void model_clear(model *at)
{
    network_free(at->net);
    schema_clear(&at->how.schema);
    *at = (model){.net = NULL};
}
