/**
 * fuzz_idx.c: any bytes as an IDX file, plain or gzipped. What is accepted must be there to read.
 */
#include "trainer/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    stream *from;
    idx at;
    train_error error;
    if (stream_over(bytes, size, &from, &error))
        return 0;
    if (idx_read(from, &at, &error) == CAVIAR_OK) {
        volatile unsigned sum = 0; // or the compiler would drop the reading
        for (size_t i = 0; i < at.count * at.width; i++)
            sum = sum + at.bytes[i];
        (void)sum;
        idx_clear(&at);
    }
    stream_close(from);
    return 0;
}
