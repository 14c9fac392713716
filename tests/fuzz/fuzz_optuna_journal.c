/**
 * fuzz_optuna_journal.c: any bytes as a journal of Optuna's: they are read or refused with a
 * sentence, and what was read makes a space that takes itself back, or is refused.
 */
#include "ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_ledger(&cav_import_optuna_journal, (cav_import_source){.path = "journal.log"}, bytes,
                size);
    return 0;
}
