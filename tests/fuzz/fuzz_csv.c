/**
 * fuzz_csv.c: any bytes as a CSV file: as records, and as a table whose target is its column "y".
 * What is learned from a table must be able to read and to encode it.
 */
#include "trainer/schema.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// Encodes every row; aborts where a feature or a quantity is not finite, or a label is not a class.
static void encode_all(const schema *columns, const source *from)
{
    real *x = malloc(columns->feature_count * sizeof *x);
    for (size_t row = 0; x && row < from->count; row++) {
        schema_encode(columns, from->cells + row * from->width, x);
        for (size_t i = 0; i < columns->feature_count; i++)
            if (!isfinite((double)x[i]))
                abort();
        if (columns->is_quantity ? !isfinite((double)from->targets[row])
                                 : from->labels[row] >= columns->classes.count)
            abort();
    }
    free(x);
}

static void learn(stream *from, task wanted)
{
    train_error error;
    schema columns;
    source cells;
    uint16_t *labels = NULL;
    size_t count = 0;
    if (schema_learn(from, "y", wanted, &columns, &labels, &count, &error))
        return;
    bool *is_training = calloc(count, sizeof *is_training);
    for (size_t i = 0; is_training && i < count; i++)
        is_training[i] = i % 3 != 2;
    if (is_training && !schema_measure(&columns, from, is_training, count, &error) &&
        !schema_read(&columns, from, true, &cells, &error)) {
        encode_all(&columns, &cells);
        source_clear(&cells);
    }
    free(is_training);
    free(labels);
    schema_clear(&columns);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    stream *from;
    csv *at;
    csv_record record;
    train_error error;
    if (stream_over(bytes, size, &from, &error))
        return 0;
    if (csv_new(from, &at, &error) == CAVIAR_OK) {
        while (csv_next(at, &record, &error) == CAVIAR_OK)
            if (record.count == 0 || record.line == 0)
                abort();
        csv_free(at);
    }
    learn(from, TASK_AUTO);
    learn(from, TASK_REGRESSION);
    stream_close(from);
    return 0;
}
