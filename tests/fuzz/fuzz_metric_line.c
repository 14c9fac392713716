/**
 * fuzz_metric_line.c: any bytes as what a program prints, in one piece and in small ones: the same
 * lines come out, none too long, and what is read from them has names, and steps from 0.
 */
#include "run/metric_line.h"
#include "run/output.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

typedef struct found {
    cav_line_reader *reader; // NULL: only count
    size_t lines, bytes;
} found;

static void read_line(found *at, const char *text)
{
    cav_line line;
    cav_line_read(at->reader, text, &line);
    if (line.step < -1 || line.metric_count > CAV_LINE_METRICS || !line.text)
        abort();
    for (size_t i = 0; i < line.metric_count; i++)
        if (!line.metrics[i].name || !line.metrics[i].name[0])
            abort();
}

static void take(void *context, const char *text)
{
    found *at = context;
    size_t size = strlen(text);
    if (size >= CAV_OUTPUT_LINE)
        abort();
    at->lines++;
    at->bytes += size;
    if (at->reader)
        read_line(at, text);
}

static void split(const char *bytes, size_t size, size_t piece, found *at)
{
    cav_lines *lines = calloc(1, sizeof *lines);
    if (!lines)
        abort();
    lines->handle = take;
    lines->context = at;
    for (size_t i = 0; i < size; i += piece)
        cav_lines_take(lines, bytes + i, size - i < piece ? size - i : piece);
    cav_lines_end(lines);
    free(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char text[] = "{metrics: [loss, {name: acc, pattern: 'acc +([0-9.e+-]+)'}], "
                               "space: {x: {type: float, low: 0, high: 1}}}";
    cav_spec *spec;
    cav_error error;
    found whole = {0}, pieces = {0};
    if (cav_spec_parse("", text, strlen(text), &spec, &error) ||
        cav_line_reader_new(spec, &whole.reader, &error))
        abort();
    split((const char *)bytes, size, size ? size : 1, &whole);
    split((const char *)bytes, size, 7, &pieces);
    if (whole.lines != pieces.lines || whole.bytes != pieces.bytes)
        abort();
    cav_line_reader_free(whole.reader);
    cav_spec_free(spec);
    return 0;
}
