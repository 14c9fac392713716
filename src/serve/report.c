/**
 * report.c: the page.
 */
#include "serve/report.h"

caviar_code cav_report_write(cav_study *study, cav_text *page, cav_error *error)
{
    (void)study, (void)page;
    return cav_fail(error, CAVIAR_INTERNAL, "not yet");
}
