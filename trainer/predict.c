/**
 * predict.c: asking a saved network about new samples.
 */
#include "trainer/predict.h"

#include "trainer/cost.h"
#include "trainer/draft.h"
#include "trainer/idx.h"
#include "trainer/machine.h"
#include "trainer/model.h"
#include "trainer/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 256 }; // samples in a pass

typedef struct asking {
    const options *wanted;
    model model;
    stream *from; // that an IDX file that is not compressed lies in
    idx images;
    source table;
    source samples; // the one or the other
} asking;

// New samples -------------------------------------------------------------------------------------

static caviar_code read_images(asking *at, train_error *error)
{
    size_t width = at->model.net->architecture.in;
    caviar_code code = idx_read(at->from, &at->images, error);
    if (!code && at->images.width != width)
        code = train_fail(error, CAVIAR_INVALID,
                          "an image has %zu bytes; the network learned from images of %zu",
                          at->images.width, width);
    if (!code && at->images.count > INT32_MAX)
        code = train_fail(error, CAVIAR_INVALID, "more than 2^31 images");
    at->samples =
        (source){.count = at->images.count, .width = at->images.width, .bytes = at->images.bytes};
    return code;
}

static caviar_code read_samples(asking *at, train_error *error)
{
    const preprocessing *how = &at->model.how;
    const char *path = at->wanted->data.path;
    caviar_code code = stream_open(path, &at->from, error);
    if (code)
        return code;
    if (how->is_table) {
        code = schema_read(&how->schema, at->from, false, &at->table, error);
        at->samples = at->table;
    } else {
        code = read_images(at, error);
    }
    return code ? train_error_prefix(error, "%s", path) : CAVIAR_OK;
}

// The answers as CSV ------------------------------------------------------------------------------

static void print_field(FILE *out, const char *before, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n \t")]) {
        fprintf(out, "%s%s", before, text);
        return;
    }
    putc('"', out);
    fputs(before, out);
    for (; *text; text++)
        fprintf(out, *text == '"' ? "\"%c" : "%c", *text);
    putc('"', out);
}

// The name of a class; those of images are their numbers.
static const char *class_name(const preprocessing *how, size_t index, char number[NUMBER_SIZE])
{
    if (how->is_table)
        return how->schema.classes.texts[index];
    number_print((double)index, number);
    return number;
}

static void print_header(const asking *at, FILE *out)
{
    const preprocessing *how = &at->model.how;
    char number[NUMBER_SIZE];
    fputs("prediction", out);
    for (size_t k = 0; at->wanted->probabilities && k < how->class_count; k++) {
        putc(',', out);
        print_field(out, "p_", class_name(how, k, number));
    }
    putc('\n', out);
}

static void print_quantity(const preprocessing *how, real answer, FILE *out)
{
    const column *target = &how->schema.columns[how->schema.target];
    fprintf(out, "%.9g\n", target->mean + target->deviation * (double)answer);
}

static void print_class(const asking *at, const real *p, FILE *out)
{
    const preprocessing *how = &at->model.how;
    char number[NUMBER_SIZE];
    print_field(out, "", class_name(how, cost_choice(p, how->class_count), number));
    for (size_t k = 0; at->wanted->probabilities && k < how->class_count; k++)
        fprintf(out, ",%.6g", (double)p[k]);
    putc('\n', out);
}

static void print_answers(asking *at, FILE *out)
{
    network *net = at->model.net;
    const preprocessing *how = &at->model.how;
    totals sum = {0};
    print_header(at, out);
    for (size_t start = 0; start < at->samples.count; start += ROWS) {
        size_t left = at->samples.count - start, m = left < ROWS ? left : ROWS;
        uint32_t numbers[ROWS];
        for (size_t i = 0; i < m; i++)
            numbers[i] = (uint32_t)(start + i);
        data_gather(how, net->kernels, &at->samples, numbers, m, net->x, net->labels, net->targets);
        network_evaluate(net, m, &sum);
        for (size_t i = 0; i < m; i++) {
            if (how->schema.is_quantity)
                print_quantity(how, net->p[i], out);
            else
                print_class(at, net->p + i * how->class_count, out);
        }
    }
}

static caviar_code write_file(asking *at, const char *path, train_error *error)
{
    draft file;
    caviar_code code = draft_begin(path, &file, error);
    if (code)
        return code;
    int copy = dup(file.fd);
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (!out) {
        code = train_fail_errno(error, errno, "cannot write %s", path);
        if (copy >= 0)
            close(copy);
        draft_drop(&file);
        return code;
    }
    print_answers(at, out);
    bool failed = ferror(out) != 0;
    if (fclose(out) || failed)
        file.failed = errno ? errno : EIO;
    return draft_end(&file, error);
}

static caviar_code write_answers(asking *at, train_error *error)
{
    if (at->wanted->output)
        return write_file(at, at->wanted->output, error);
    print_answers(at, stdout);
    return fflush(stdout) || ferror(stdout)
               ? train_fail(error, CAVIAR_IO, "cannot write to standard output")
               : CAVIAR_OK;
}

caviar_code predict(const options *wanted, train_error *error)
{
    asking at = {.wanted = wanted};
    const kernels *table = NULL;
    caviar_code code = kernels_choose(wanted->kernels, &table, error);
    machine_prepare((int)wanted->threads);
    if (!code)
        code = model_read(wanted->model, table, ROWS, &at.model, error);
    if (!code && wanted->probabilities && at.model.how.schema.is_quantity)
        code = train_fail(error, CAVIAR_INVALID,
                          "--probabilities needs classes; %s predicts a quantity", wanted->model);
    if (!code)
        code = read_samples(&at, error);
    if (!code)
        code = write_answers(&at, error);
    idx_clear(&at.images);
    source_clear(&at.table);
    stream_close(at.from);
    model_clear(&at.model);
    return code;
}
