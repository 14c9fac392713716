/**
 * data.c: opening a data set, splitting and measuring it, and gathering mini-batches.
 */
#include "trainer/data.h"

#include "trainer/folder.h"
#include "trainer/names.h"
#include "trainer/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

struct data {
    preprocessing how;
    pair pairs[2];        // of a folder: training, test
    source tables[2];     // of a table, likewise
    uint32_t *numbers[3]; // of the samples in each list
    sample_list training, validation, test;
    uint32_t fingerprint;
};

// Splitting ---------------------------------------------------------------------------------------

static size_t usual_validation(size_t count)
{
    return count >= 50000 ? 10000 : count / 5;
}

static caviar_code check_sizes(const data_options *options, size_t count, size_t *ret_validation,
                               size_t *ret_training, train_error *error)
{
    size_t validation =
        options->validation < 0 ? usual_validation(count) : (size_t)options->validation;
    if (validation >= count)
        return train_fail(error, CAVIAR_INVALID,
                          "--validation %zu leaves nothing to train on: there are %zu samples",
                          validation, count);
    size_t left = count - validation;
    if ((uint64_t)options->samples > left)
        return train_fail(error, CAVIAR_INVALID,
                          "--samples %lld is more than the %zu that --validation %zu leaves",
                          (long long)options->samples, left, validation);
    *ret_validation = validation;
    *ret_training = options->samples ? (size_t)options->samples : left;
    return CAVIAR_OK;
}

// The numbers from `order` [count] in ascending order, so that passes over memory go forward.
static caviar_code list_part(const uint32_t *order, size_t count, size_t total,
                             uint32_t **ret_numbers, train_error *error)
{
    bool *is_in = calloc(total, sizeof *is_in);
    uint32_t *numbers = malloc((count + 1) * sizeof *numbers);
    if (!is_in || !numbers) {
        free(is_in);
        free(numbers);
        return train_fail_memory(error);
    }
    for (size_t i = 0; i < count; i++)
        is_in[order[i]] = true;
    size_t used = 0;
    for (size_t i = 0; i < total; i++)
        if (is_in[i])
            numbers[used++] = (uint32_t)i;
    free(is_in);
    *ret_numbers = numbers;
    return CAVIAR_OK;
}

// Makes the lists of training and validation; their source may be filled in later.
static caviar_code split(data *at, const data_options *options, const uint16_t *labels,
                         size_t label_count, size_t count, train_error *error)
{
    size_t validation = 0, training = 0;
    uint32_t *order = malloc(count * sizeof *order);
    caviar_code code = order ? check_sizes(options, count, &validation, &training, error)
                             : train_fail_memory(error);
    if (!code)
        code = split_order(labels, count, label_count, order, error);
    if (!code)
        code = list_part(order + validation, training, count, &at->numbers[0], error);
    if (!code)
        code = list_part(order, validation, count, &at->numbers[1], error);
    free(order);
    at->training = (sample_list){.numbers = at->numbers[0], .count = training};
    at->validation = (sample_list){.numbers = at->numbers[1], .count = validation};
    return code;
}

static caviar_code list_test(data *at, const source *from, train_error *error)
{
    at->numbers[2] = malloc(from->count * sizeof *at->numbers[2]);
    if (!at->numbers[2])
        return train_fail_memory(error);
    for (size_t i = 0; i < from->count; i++)
        at->numbers[2][i] = (uint32_t)i;
    at->test = (sample_list){.source = from, .numbers = at->numbers[2], .count = from->count};
    return CAVIAR_OK;
}

// A pair of IDX files -----------------------------------------------------------------------------

static void measure_bytes(data *at)
{
    const source *from = at->training.source;
    uint64_t sum = 0, squares = 0;
    for (size_t i = 0; i < at->training.count; i++)
        kernels_at(0)->add_bytes(from->width, from->bytes + at->training.numbers[i] * from->width,
                                 &sum, &squares);
    double count = (double)at->training.count * (double)from->width;
    double mean = (double)sum / count;
    double variance = (double)squares / count - mean * mean;
    at->how.mean = mean;
    at->how.deviation = variance > 0 ? sqrt(variance) : 1;
}

// Opens the training or the test pair of a folder, or of a file of images.
static caviar_code open_pair(const data_options *options, bool is_folder, bool is_test,
                             pair *ret_pair, train_error *error)
{
    char images[PATH_MAX], labels[PATH_MAX];
    if (is_folder)
        return pair_open(options->path, is_test ? "t10k" : "train", ret_pair, error);
    const char *path = options->path, *of = options->labels;
    caviar_code code = is_test ? name_test_images(path, images, error) : CAVIAR_OK;
    if (!code && is_test)
        path = images;
    if (!code && (is_test || !of)) {
        code = name_labels(path, labels, error);
        of = labels;
    }
    return code ? code : pair_open_files(path, of, ret_pair, error);
}

static caviar_code open_test_pair(data *at, const data_options *options, bool is_folder,
                                  train_error *error)
{
    pair *test = &at->pairs[1];
    caviar_code code = open_pair(options, is_folder, true, test, error);
    if (code)
        return code;
    if (test->source.width != at->how.feature_count)
        return train_fail(error, CAVIAR_INVALID,
                          "%s: a test image has %zu bytes, a training image %zu", options->path,
                          test->source.width, at->how.feature_count);
    if (test->class_count > at->how.class_count)
        return train_fail(error, CAVIAR_INVALID,
                          "%s: the test labels go up to %zu, the training labels to %zu",
                          options->path, test->class_count - 1, at->how.class_count - 1);
    return list_test(at, &test->source, error);
}

static caviar_code open_images(data *at, const data_options *options, bool is_folder,
                               train_error *error)
{
    pair *train = &at->pairs[0];
    if (options->task == TASK_REGRESSION)
        return train_fail(error, CAVIAR_INVALID,
                          "%s: the labels of an IDX file are classes; --task regression needs a "
                          "table",
                          options->path);
    caviar_code code = open_pair(options, is_folder, false, train, error);
    if (code)
        return code;
    if (train->class_count < 2)
        return train_fail(error, CAVIAR_INVALID, "%s: all labels are 0", options->path);
    at->how.feature_count = train->source.width;
    at->how.class_count = train->class_count;
    code = split(at, options, train->source.labels, train->class_count, train->source.count, error);
    if (code)
        return code;
    at->training.source = at->validation.source = &train->source;
    measure_bytes(at);
    return options->with_test ? open_test_pair(at, options, is_folder, error) : CAVIAR_OK;
}

// An IDX file, gzipped or not, is told by its first bytes: no table has a NUL.
static caviar_code look_for_idx(const char *path, bool *ret_is_idx, train_error *error)
{
    stream *from = NULL;
    uint8_t magic[2] = {1, 1};
    size_t got = 0;
    caviar_code code = stream_open(path, &from, error);
    if (code)
        return code;
    code = stream_read(from, magic, sizeof magic, &got, error);
    stream_close(from);
    *ret_is_idx = got == sizeof magic && magic[0] == 0 && magic[1] == 0;
    return code ? train_error_prefix(error, "%s", path) : CAVIAR_OK;
}

// A CSV file --------------------------------------------------------------------------------------

static caviar_code read_test_table(data *at, const data_options *options, train_error *error)
{
    char path[PATH_MAX];
    stream *from = NULL;
    caviar_code code = name_test_table(options->path, path, error);
    if (!code)
        code = stream_open(path, &from, error);
    if (code == CAVIAR_NOT_FOUND)
        return train_fail(error, code, "--test needs the file %s", path);
    if (!code) {
        code = schema_read(&at->how.schema, from, true, &at->tables[1], error);
        if (code)
            train_error_prefix(error, "%s", path);
    }
    stream_close(from);
    return code ? code : list_test(at, &at->tables[1], error);
}

static caviar_code measure_table(data *at, stream *from, size_t count, train_error *error)
{
    bool *is_training = calloc(count, sizeof *is_training);
    if (!is_training)
        return train_fail_memory(error);
    for (size_t i = 0; i < at->training.count; i++)
        is_training[at->training.numbers[i]] = true;
    caviar_code code = schema_measure(&at->how.schema, from, is_training, count, error);
    free(is_training);
    return code;
}

static caviar_code read_table(data *at, const data_options *options, stream *from,
                              train_error *error)
{
    uint16_t *labels = NULL;
    size_t count = 0;
    schema *columns = &at->how.schema;
    caviar_code code =
        schema_learn(from, options->target, options->task, columns, &labels, &count, error);
    at->how.class_count = columns->is_quantity ? 1 : columns->classes.count;
    if (!code)
        code = split(at, options, labels, schema_strata(columns), count, error);
    free(labels);
    if (!code)
        code = measure_table(at, from, count, error);
    if (!code)
        code = schema_read(columns, from, true, &at->tables[0], error);
    if (!code && at->tables[0].count != count)
        code = train_fail(error, CAVIAR_CORRUPT, "the file changed while it was read");
    at->how.feature_count = columns->feature_count;
    at->training.source = at->validation.source = &at->tables[0];
    return code;
}

static caviar_code open_table(data *at, const data_options *options, train_error *error)
{
    stream *from = NULL;
    caviar_code code = stream_open(options->path, &from, error);
    if (code)
        return code;
    at->how.is_table = true;
    code = read_table(at, options, from, error);
    stream_close(from);
    if (code)
        return train_error_prefix(error, "%s", options->path);
    return options->with_test ? read_test_table(at, options, error) : CAVIAR_OK;
}

// Both --------------------------------------------------------------------------------------------

static uint32_t add_bytes(uint32_t sum, const void *bytes, size_t size)
{
    return (uint32_t)crc32_z(sum, bytes, size);
}

static uint32_t take_fingerprint(const data *at)
{
    const source *from = at->training.source;
    uint64_t sizes[] = {from->count, at->how.feature_count, at->how.class_count};
    uint32_t sum = add_bytes(0, sizes, sizeof sizes);
    if (from->labels)
        sum = add_bytes(sum, from->labels, from->count * sizeof *from->labels);
    if (from->targets)
        sum = add_bytes(sum, from->targets, from->count * sizeof *from->targets);
    sum = add_bytes(sum, at->training.numbers, at->training.count * sizeof(uint32_t));
    sum = add_bytes(sum, &at->how.mean, sizeof at->how.mean);
    sum = add_bytes(sum, &at->how.deviation, sizeof at->how.deviation);
    for (size_t i = 0; i < at->how.schema.column_count; i++) {
        const column *one = &at->how.schema.columns[i];
        sum = add_bytes(sum, one->name, strlen(one->name));
        sum = add_bytes(sum, &one->mean, sizeof one->mean);
        sum = add_bytes(sum, &one->deviation, sizeof one->deviation);
        for (size_t k = 0; k < one->levels.count; k++)
            sum = add_bytes(sum, one->levels.texts[k], strlen(one->levels.texts[k]));
    }
    return sum;
}

caviar_code data_open(const data_options *options, data **ret_data, train_error *error)
{
    struct stat about;
    data *at = calloc(1, sizeof *at);
    if (!at)
        return train_fail_memory(error);
    bool is_folder = stat(options->path, &about) == 0 && S_ISDIR(about.st_mode), is_idx = false;
    caviar_code code = is_folder ? CAVIAR_OK : look_for_idx(options->path, &is_idx, error);
    if (!code && (is_folder || is_idx))
        code = open_images(at, options, is_folder, error);
    else if (!code)
        code = open_table(at, options, error);
    if (code) {
        data_close(at);
        return code;
    }
    at->fingerprint = take_fingerprint(at);
    *ret_data = at;
    return CAVIAR_OK;
}

void data_close(data *at)
{
    if (!at)
        return;
    for (size_t i = 0; i < 2; i++) {
        pair_close(&at->pairs[i]);
        source_clear(&at->tables[i]);
    }
    for (size_t i = 0; i < 3; i++)
        free(at->numbers[i]);
    schema_clear(&at->how.schema);
    free(at);
}

const preprocessing *data_preprocessing(const data *at)
{
    return &at->how;
}

loss_kind preprocessing_loss(const preprocessing *how)
{
    return how->schema.is_quantity ? LOSS_SQUARED_ERROR : LOSS_CROSS_ENTROPY;
}

const sample_list *data_training(const data *at)
{
    return &at->training;
}

const sample_list *data_validation(const data *at)
{
    return &at->validation;
}

const sample_list *data_test(const data *at)
{
    return &at->test;
}

uint32_t data_fingerprint(const data *at)
{
    return at->fingerprint;
}

// Samples come in random order: what is needed soon is asked for now.
static void prefetch(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 64)
        __builtin_prefetch(bytes + i);
}

// What is known of a sample; where nothing is, class 0 stands for it.
static void gather_target(const source *from, size_t number, uint16_t *label, real *target)
{
    if (from->targets)
        *target = from->targets[number];
    else
        *label = from->labels ? from->labels[number] : 0;
}

void data_gather(const preprocessing *how, const kernels *table, const source *from,
                 const uint32_t *numbers, size_t count, real *x, uint16_t *labels, real *targets)
{
    enum { AHEAD = 2 }; // samples
    double scale = how->is_table ? 1 : 1 / how->deviation;
    for (size_t i = 0; i < count; i++, x += how->feature_count) {
        size_t at = numbers[i] * from->width;
        gather_target(from, numbers[i], &labels[i], &targets[i]);
        if (how->is_table) {
            schema_encode(&how->schema, from->cells + at, x);
            continue;
        }
        if (i + AHEAD < count)
            prefetch(from->bytes + numbers[i + AHEAD] * from->width, from->width);
        table->normalize_bytes(from->width, from->bytes + at, (real)scale,
                               (real)(-how->mean * scale), x);
    }
}
