/**
 * tuner.c: opening studies and asking them, with the sentence where something fails.
 */
#include "support/test.h"

#include "support/tuner.h"

cav_spec *tuner_spec(const char *definition)
{
    cav_error error;
    cav_spec *spec = NULL;
    assert_ok(cav_spec_parse("", definition, strlen(definition), &spec, &error), &error);
    return spec;
}

cav_study *tuner_open(const char *definition, const char *location, const cav_clock *clock)
{
    cav_error error;
    cav_study *study = NULL;
    cav_study_options options = {
        .location = location, .clock = clock, .spec = definition ? tuner_spec(definition) : NULL};
    assert_ok(cav_study_open(&options, &study, &error), &error);
    return study;
}

caviar_trial *tuner_ask(cav_study *study)
{
    cav_error error;
    caviar_trial *trial = NULL;
    assert_ok(cav_study_ask(study, &trial, &error), &error);
    return trial;
}

void tuner_ask_fails(cav_study *study, caviar_code code, const char *piece)
{
    cav_error error;
    caviar_trial *trial = NULL;
    assert_int_equal(cav_study_ask(study, &trial, &error), code);
    assert_contains(error.message, piece);
    assert_null(trial);
}
