/**
 * spec_text.h: study files as texts, for tests.
 */
#ifndef CAV_TESTS_SUPPORT_SPEC_TEXT_H
#define CAV_TESTS_SUPPORT_SPEC_TEXT_H

#include "support/test.h"

#include "config/spec.h"

/** Parses a study file that must be right; the test fails with its message otherwise. */
cav_spec *spec_parse(const char *text);

/** What cav_spec_write makes of it; for free. */
char *spec_text(const cav_spec *spec);

/** Parses, writes as JSON, and checks that this reads and writes again as the same text. */
char *spec_round_trip(const char *text);

/** The message with which a study file named "s.yaml" is refused; "" if it is not. */
const char *spec_complaint(const char *text, cav_error *error);

#endif
