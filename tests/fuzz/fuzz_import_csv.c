/**
 * fuzz_import_csv.c: any bytes as a table of trials, whose metric is its column "y" or one that is
 * known as such, and by a study file.
 */
#include "ledger.h"

static const char study_file[] = "{metric: y, space: {a: {type: float, low: 0, high: 1},"
                                 " b: {type: categorical, choices: [x, 3, true]},"
                                 " c: {type: int, low: 1, high: 9, when: {b: x}, default: 2}}}";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cav_spec *spec;
    cav_error error = {0};
    cav_import_metric metric = {"y", false};
    cav_import_source source = {.path = "trials.csv"};
    fuzz_ledger(&cav_import_csv, source, bytes, size);
    source.columns = (cav_import_columns){.metrics = &metric, .metric_count = 1};
    fuzz_ledger(&cav_import_csv, source, bytes, size);
    if (cav_spec_parse("", study_file, sizeof study_file - 1, &spec, &error))
        abort();
    source.columns = (cav_import_columns){.spec = spec};
    fuzz_ledger(&cav_import_csv, source, bytes, size);
    cav_spec_free(spec);
    return 0;
}
