/**
 * metrics.c: reading NAME=VALUE.
 */
#include "cli/metrics.h"

#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

caviar_code cav_cli_fail_metric(const cav_study *study, const char *name, cav_error *error)
{
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, study->metric_names, study->spec->metric_count, hint);
    return cav_fail(error, CAVIAR_NOT_FOUND, "the study has no metric '%.100s'%s", name, hint);
}

caviar_code cav_cli_find_metric(const cav_study *study, const char *name, size_t *ret_metric,
                                cav_error *error)
{
    for (size_t m = 0; m < study->spec->metric_count; m++) {
        if (!name || strcmp(study->metric_names[m], name) == 0) {
            *ret_metric = m;
            return CAVIAR_OK;
        }
    }
    return cav_cli_fail_metric(study, name, error);
}

static caviar_code read_one(const char *word, cav_cli_metrics *to, cav_error *error)
{
    caviar_metric *item = &to->items[to->count];
    char *name = to->names[to->count];
    const char *equals = strchr(word, '=');
    const char *value = equals ? equals + 1 : word;
    if (!cav_number_parse(value, strlen(value), &item->value))
        return cav_fail(error, CAVIAR_INVALID, "'%.80s': a number is expected, such as loss=0.0213",
                        word);
    item->name = NULL;
    if (equals) {
        snprintf(name, sizeof to->names[0], "%.*s", (int)(equals - word), word);
        if (!cav_text_is_name(name))
            return cav_fail(error, CAVIAR_INVALID, "'%.80s' is no name of a metric", name);
        item->name = name;
    }
    to->count++;
    return CAVIAR_OK;
}

caviar_code cav_cli_metrics_read(const cav_arguments *arguments, size_t first,
                                 cav_cli_metrics *ret_metrics, cav_error *error)
{
    ret_metrics->count = 0;
    caviar_code code = CAVIAR_OK;
    for (size_t i = first; i < arguments->operand_count && !code; i++) {
        if (ret_metrics->count == CAV_CLI_METRICS)
            return cav_fail(error, CAVIAR_INVALID, "more than %d metrics", CAV_CLI_METRICS);
        code = read_one(arguments->operands[i], ret_metrics, error);
    }
    return code;
}
