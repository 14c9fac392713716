/**
 * tuner.h: studies for tests, from a line of text.
 */
#ifndef CAV_TESTS_SUPPORT_TUNER_H
#define CAV_TESTS_SUPPORT_TUNER_H

#include "study/study.h"

/** The spec of a study file's text; fails the test where it is not valid. */
cav_spec *tuner_spec(const char *definition);

/**
 * A study by its definition (NULL: it is in the store already) in a store (NULL: memory), with a
 * clock of the test's own (NULL: the system's). Fails the test where it cannot be opened.
 */
cav_study *tuner_open(const char *definition, const char *location, const cav_clock *clock);

/** The next trial, which must exist. */
caviar_trial *tuner_ask(cav_study *study);

/** Asks, which must fail with this code; the sentence is in study->error. */
void tuner_ask_fails(cav_study *study, caviar_code code, const char *piece);

#endif
