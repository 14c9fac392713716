/**
 * chosen.c: by what all trials say together where there is noise, else by the value.
 */
#include "serve/chosen.h"

#include <math.h>

enum { REST = 10 }; // times as long as it took

static int64_t now_ms(void)
{
    return cav_clock_monotonic_ns(&cav_clock_system) / 1000000;
}

static caviar_code find(cav_study *study, cav_chosen *ret_chosen, cav_error *error)
{
    const cav_spec *spec = study->spec;
    cav_chosen at = {.trial = cav_study_best(study), .loss = NAN};
    caviar_code code = CAVIAR_OK;
    if (spec->metric_count == 1)
        code = cav_incumbent_find(spec->space, study->history, 0, spec->seed, &at.incumbent, error);
    if (code)
        return code;
    if (at.incumbent.is_noisy) {
        at.trial = at.incumbent.contenders[0].trial;
        at.loss = at.incumbent.contenders[0].mean;
    } else if (at.trial != SIZE_MAX) {
        at.loss = cav_study_loss(study, at.trial);
    }
    *ret_chosen = at;
    return CAVIAR_OK;
}

caviar_code cav_chosen_find(cav_study *study, cav_chosen *chosen, cav_error *error)
{
    size_t ended = study->history->finished_count;
    int64_t begin_ms = now_ms();
    if (chosen->is_known && (chosen->ended == ended || begin_ms < chosen->again_ms))
        return CAVIAR_OK;
    caviar_code code = find(study, chosen, error);
    chosen->is_known = !code;
    chosen->ended = ended;
    chosen->again_ms = now_ms() + REST * (now_ms() - begin_ms);
    return code;
}

static void write_noise(const cav_study *study, const cav_incumbent *incumbent, cav_json *json)
{
    const cav_contender *first = &incumbent->contenders[0];
    double ends[] = {cav_history_in_direction(study->history, 0, first->low),
                     cav_history_in_direction(study->history, 0, first->high)};
    cav_json_key(json, "noise");
    cav_json_begin_object(json);
    cav_json_add_number(json, "deviation", incumbent->noise);
    cav_json_add_number(json, "low", fmin(ends[0], ends[1]));
    cav_json_add_number(json, "high", fmax(ends[0], ends[1]));
    cav_json_add_number(json, "chance", first->chance);
    cav_json_add_int(json, "luckiest", (int64_t)cav_history_best(study->history, 0));
    cav_json_end_object(json);
}

void cav_chosen_write(const cav_study *study, const cav_chosen *chosen, cav_json *json)
{
    if (chosen->trial == SIZE_MAX) {
        cav_json_null(json);
        return;
    }
    cav_json_begin_object(json);
    cav_json_add_int(json, "trial", (int64_t)chosen->trial);
    cav_json_add_number(json, "value", cav_history_in_direction(study->history, 0, chosen->loss));
    if (chosen->incumbent.is_noisy) {
        write_noise(study, &chosen->incumbent, json);
    } else {
        cav_json_key(json, "noise");
        cav_json_null(json);
    }
    cav_json_end_object(json);
}
