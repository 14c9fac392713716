/**
 * test_update.c: studies that are changed in their middle: what is tried from then on, what is
 * learnt from, what other processes see, what is refused.
 */
#include "support/test.h"

#include "support/scratch.h"
#include "support/tuner.h"

#include "space/place.h"

#include <math.h>
#include <stdio.h>

#define SPACE                                                                                      \
    "space:\n  x: {type: float, low: 0, high: 1}\n  n: {type: int, low: 1, high: 8}\n"             \
    "  act: {type: categorical, choices: [relu, tanh, gelu]}\n"                                    \
    "  beta: {type: float, low: 0.5, high: 0.9, when: {act: tanh}}\n"

#define STUDY "study: s\nmetric: loss\nseed: 3\nsampler: random\n" SPACE

// The definition of a study with one text in place of another.
static cav_spec *edited(const cav_study *study, const char *from, const char *to)
{
    cav_text text = {0}, whole = {0};
    cav_spec *spec;
    cav_error error;
    cav_spec_write(study->spec, &(cav_json){.text = &text});
    const char *at = strstr(cav_text_get(&text), from);
    if (!at)
        fail_msg("no %s in %s", from, cav_text_get(&text));
    cav_text_append_size(&whole, text.data, (size_t)(at - text.data));
    cav_text_append(&whole, to);
    cav_text_append(&whole, at + strlen(from));
    assert_ok(cav_spec_parse("", whole.data, whole.size, &spec, &error), &error);
    cav_text_free(&text);
    cav_text_free(&whole);
    return spec;
}

static void change(cav_study *study, const char *from, const char *to, const char *expected)
{
    cav_error error = {0};
    cav_text what = {0};
    cav_update_options options = {.author = "mara@host", .note = "why not"};
    assert_ok(cav_study_update(study, edited(study, from, to), &options, &what, &error), &error);
    assert_string_equal(cav_text_get(&what), expected);
    cav_text_free(&what);
}

static void refuse(cav_study *study, const char *from, const char *to, caviar_code code,
                   const char *piece)
{
    cav_error error = {0};
    cav_text what = {0};
    assert_int_equal(cav_study_update(study, edited(study, from, to), NULL, &what, &error), code);
    assert_contains(error.message, piece);
    assert_int_equal(what.size, 0);
    assert_int_equal(study->spec->change_count, 0);
}

static double finish(caviar_trial *trial)
{
    double x = caviar_trial_real(trial, "x"), n = (double)caviar_trial_int(trial, "n");
    assert_int_equal(caviar_trial_tell_value(trial, (x - 1.5) * (x - 1.5) + n / 100), CAVIAR_OK);
    caviar_trial_free(trial);
    return x;
}

static void run(cav_study *study, int count)
{
    for (int i = 0; i < count; i++)
        finish(tuner_ask(study));
}

// ---- Where old trials lie -----------------------------------------------------------------------

static cav_space_place place_of(const char *definition, const double *raw, double *ret_point)
{
    double room[4];
    cav_spec *spec = tuner_spec(definition);
    cav_space_place place = cav_space_locate(spec->space, raw, room, ret_point);
    cav_spec_free(spec);
    return place;
}

static void test_a_configuration_is_inside_beside_or_outside(void **state)
{
    (void)state;
    double point[4], in[] = {0.25, 3, 0, NAN};
    assert_int_equal(place_of(STUDY, in, point), CAV_PLACE_INSIDE);
    assert_true(point[0] == 0.25 && isnan(point[3]));
    double out[] = {1.75, 3, 0, NAN};
    assert_int_equal(place_of(STUDY, out, point), CAV_PLACE_OUTSIDE);
    assert_true(point[0] == 1);
    double orphan[] = {0.25, 3, 1, NAN}; // beta is missing
    assert_int_equal(place_of(STUDY, orphan, point), CAV_PLACE_OUTSIDE);
    const char *fixed = "space:\n  x: {type: float, low: 0, high: 1, tier: fixed, default: 0.5}\n"
                        "  n: {type: int, low: 1, high: 8}\n";
    assert_int_equal(place_of(fixed, (double[]){0.25, 1}, point), CAV_PLACE_BESIDE);
    assert_true(point[0] == 0.0625);
    assert_int_equal(place_of(fixed, (double[]){0.5, 1}, point), CAV_PLACE_INSIDE);
    assert_int_equal(place_of(fixed, (double[]){0.25, 9}, point), CAV_PLACE_OUTSIDE);
}

static void test_a_parent_that_is_fixed_leaves_those_outside_that_had_other_children(void **state)
{
    (void)state;
    double point[4];
    const char *fixed = "space:\n  act: {type: categorical, choices: [a, b], tier: fixed, "
                        "default: a}\n  x: {type: float, low: 0, high: 1, when: {act: a}}\n";
    assert_int_equal(place_of(fixed, (double[]){0, 0.5}, point), CAV_PLACE_INSIDE);
    assert_int_equal(place_of(fixed, (double[]){1, NAN}, point), CAV_PLACE_OUTSIDE);
}

// ---- What is tried and learnt from --------------------------------------------------------------

static void test_a_range_that_grew_is_searched_and_all_trials_count(void **state)
{
    (void)state;
    cav_study *study = tuner_open(STUDY, NULL, NULL);
    run(study, 20);
    change(study, "\"high\":1", "\"high\":3", "space.x.high: 1 -> 3");
    assert_int_equal(study->history->count, 20);
    assert_int_equal(study->history->outside_count, 0);
    assert_ptr_equal(cav_study_seen(study), study->history);
    for (int i = 0; i < 20; i++) // their points are those of the new range
        assert_true(fabs(study->history->points[i * 4] - study->history->raw[i * 4] / 3) < 1e-9);
    double most = 0;
    for (int i = 0; i < 30; i++)
        most = fmax(most, finish(tuner_ask(study)));
    assert_true(most > 1 && most <= 3);
    const cav_spec_change *kept = &study->spec->changes[0];
    assert_int_equal(study->spec->change_count, 1);
    assert_int_equal(kept->trials, 20);
    assert_true(kept->time_ms > 0 && kept->moves_space);
    assert_string_equal(kept->author, "mara@host");
    assert_string_equal(kept->note, "why not");
    cav_study_close(study);
}

static size_t best_of(cav_study *study)
{
    cav_error error;
    cav_best best;
    assert_ok(cav_study_best(study, &best, &error), &error);
    return best.trial;
}

static void test_trials_outside_of_a_cut_stay_and_are_not_seen(void **state)
{
    (void)state;
    cav_study *study = tuner_open(STUDY, NULL, NULL);
    run(study, 40);
    size_t best = best_of(study), inside = 0;
    change(study, "\"high\":1", "\"high\":0.5", "space.x.high: 1 -> 0.5");
    const cav_history *all = study->history, *seen = cav_study_seen(study);
    for (size_t i = 0; i < all->count; i++)
        inside += all->raw[i * 4] <= 0.5;
    assert_true(inside > 5 && inside < 35);
    assert_int_equal(all->count, 40);
    assert_int_equal(all->outside_count, 40 - inside);
    assert_int_equal(seen->count, inside);
    for (size_t i = 0; i < seen->count; i++)
        assert_true(seen->raw[i * 4] <= 0.5 && cav_history_has_losses(seen, i));
    assert_int_equal(best_of(study), best); // which lay at the upper end
    assert_true(all->raw[best * 4] > 0.5);
    run(study, 10);
    assert_int_equal(cav_study_seen(study)->count, inside + 10);
    for (size_t i = 40; i < 50; i++)
        assert_true(study->history->raw[i * 4] <= 0.5);
    cav_study_close(study);
}

static void test_trials_with_other_values_of_what_is_fixed_still_count(void **state)
{
    (void)state;
    cav_study *study = tuner_open(STUDY, NULL, NULL);
    run(study, 20);
    change(study, "\"low\":1,\"high\":8", "\"low\":1,\"high\":8,\"default\":2,\"tier\":\"fixed\"",
           "space.n.default: none -> 2\nspace.n.tier: none -> fixed");
    assert_int_equal(study->history->outside_count, 0);
    assert_int_equal(cav_study_seen(study)->count, 20);
    assert_int_equal(study->history->dim_count, 3);
    for (int i = 0; i < 10; i++) {
        caviar_trial *trial = tuner_ask(study);
        assert_int_equal(caviar_trial_int(trial, "n"), 2);
        finish(trial);
    }
    cav_study_close(study);
}

// Of 16 configurations, 8 were tried with n = 1; with n fixed at 2 there are 8 that nobody tried.
static void test_a_finite_space_gives_what_was_not_tried_with_the_value_fixed(void **state)
{
    (void)state;
    cav_study *study = tuner_open("metric: loss\nsampler: grid\nspace:\n  n: {type: int, low: 1, "
                                  "high: 2}\n  x: {type: int, low: 1, high: 8}\n",
                                  NULL, NULL);
    for (int i = 0; i < 8; i++)
        finish(tuner_ask(study));
    size_t tried = 0;
    for (size_t i = 0; i < 8; i++)
        tried += study->history->raw[i * 2] == 2;
    change(study, "\"low\":1,\"high\":2", "\"low\":1,\"high\":2,\"default\":2,\"tier\":\"fixed\"",
           "space.n.default: none -> 2\nspace.n.tier: none -> fixed");
    for (size_t i = tried; i < 8; i++)
        finish(tuner_ask(study));
    tuner_ask_fails(study, CAVIAR_DONE, "been tried");
    cav_study_close(study);
}

static void test_every_sampler_goes_on_in_a_space_that_was_moved(void **state)
{
    (void)state;
    for (size_t s = 0; s < cav_sampler_count; s++) {
        char text[1024];
        bool is_grid = strcmp(cav_samplers[s]->name, "grid") == 0;
        snprintf(text, sizeof text, "metric: loss\nseed: 5\nsampler: %s\n" SPACE,
                 is_grid ? "{type: grid, points: 4}" : cav_samplers[s]->name);
        cav_study *study = tuner_open(text, NULL, NULL);
        run(study, 30);
        change(study, "\"low\":0,\"high\":1}", "\"scale\":\"log\",\"low\":0.25,\"high\":2}",
               "space.x.low: 0 -> 0.25\nspace.x.high: 1 -> 2\nspace.x.scale: none -> log");
        assert_true(study->history->outside_count > 0);
        for (int i = 0; i < 12; i++) {
            double x = finish(tuner_ask(study));
            assert_true(x >= 0.25 && x <= 2);
        }
        cav_study_close(study);
    }
}

// ---- Several handles ----------------------------------------------------------------------------

static void test_another_handle_follows_at_its_next_ask(void **state)
{
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    (void)state;
    cav_study *runs = tuner_open(STUDY, path, NULL), *changes = tuner_open(NULL, path, NULL);
    run(runs, 15);
    caviar_trial *open = tuner_ask(runs);
    change(changes, "\"low\":0,\"high\":1", "\"low\":4,\"high\":5",
           "space.x.low: 0 -> 4\nspace.x.high: 1 -> 5");
    assert_true(finish(tuner_ask(runs)) >= 4);
    assert_true(finish(open) <= 1); // what ran ends with the values that it has
    assert_int_equal(runs->history->outside_count, 16);
    cav_error error;
    assert_ok(cav_study_refresh(runs, &error), &error);
    assert_true(!isnan(runs->history->losses[15]));
    cav_study_close(changes);
    cav_study_close(runs);
    cav_study *later = tuner_open(NULL, path, NULL);
    assert_int_equal(later->spec->change_count, 1);
    assert_int_equal(later->history->outside_count, 16);
    assert_int_equal(cav_study_seen(later)->count, 1);
    cav_study_close(later);
    scratch_remove(&folder);
}

static void test_a_handle_that_only_looks_follows_with_what_it_reads(void **state)
{
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    cav_error error;
    cav_study *looks;
    cav_study_options options = {.location = path, .read_only = true, .keeps_curves = true};
    (void)state;
    cav_study *runs = tuner_open(STUDY, path, NULL);
    run(runs, 5);
    assert_ok(cav_study_open(&options, &looks, &error), &error);
    int64_t beginnings = looks->beginnings;
    change(runs, "\"parallel\":1", "\"parallel\":6", "parallel: 1 -> 6");
    assert_ok(cav_study_refresh(looks, &error), &error);
    assert_int_equal(looks->spec->parallel, 6);
    assert_int_equal(looks->history->count, 5);
    assert_true(looks->beginnings > beginnings);
    cav_study_close(looks);
    cav_study_close(runs);
    scratch_remove(&folder);
}

static void test_whoever_was_slower_is_told_so(void **state)
{
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    cav_error error = {0};
    cav_text what = {0};
    (void)state;
    cav_study *one = tuner_open(STUDY, path, NULL), *other = tuner_open(NULL, path, NULL);
    change(one, "\"parallel\":1", "\"parallel\":6", "parallel: 1 -> 6");
    assert_int_equal(
        cav_study_update(other, edited(other, "\"high\":1", "\"high\":2"), NULL, &what, &error),
        CAVIAR_STATE);
    assert_contains(error.message, "somebody else");
    cav_study_close(other);
    cav_study_close(one);
    scratch_remove(&folder);
}

static void test_a_file_that_says_what_the_store_says_keeps_the_record(void **state)
{
    scratch folder = scratch_new();
    const char *path = scratch_path(&folder, "s.db");
    (void)state;
    cav_study *study = tuner_open(STUDY, path, NULL);
    run(study, 3);
    change(study, "\"high\":8", "\"high\":9", "space.n.high: 8 -> 9");
    cav_study_close(study);
    study = tuner_open("study: s\nmetric: loss\nparallel: 2\n"
                       "space:\n  x: {type: float, low: 0, high: 1}\n"
                       "  n: {type: int, low: 1, high: 9}\n"
                       "  act: {type: categorical, choices: [relu, tanh, gelu]}\n"
                       "  beta: {type: float, low: 0.5, high: 0.9, when: {act: tanh}}\n",
                       path, NULL);
    assert_int_equal(study->spec->change_count, 1);
    assert_string_equal(study->spec->changes[0].what[0], "space.n.high: 8 -> 9");
    cav_study_close(study);
    cav_error error = {0};
    cav_study_options options = {.location = path, .spec = tuner_spec(STUDY)};
    assert_int_equal(cav_study_open(&options, &study, &error), CAVIAR_EXISTS);
    assert_contains(error.message, "'caviar update' has changed parameter 'n'");
    scratch_remove(&folder);
}

// ---- What is refused ----------------------------------------------------------------------------

static void test_what_would_make_values_another_thing_is_refused(void **state)
{
    (void)state;
    cav_study *study = tuner_open("command: run {x}\nsteps: 5\n" STUDY, NULL, NULL);
    run(study, 3);
    refuse(study, "\"run\"", "\"walk\"", CAVIAR_INVALID, "command cannot be changed");
    refuse(study, "\"minimize\"", "\"maximize\"", CAVIAR_INVALID, "metrics cannot be changed");
    refuse(study, "\"seed\":\"3\"", "\"seed\":\"4\"", CAVIAR_INVALID, "seed cannot");
    refuse(study, "\"max\":5", "\"max\":6", CAVIAR_INVALID, "steps cannot");
    refuse(study, "\"n\":{\"type\":\"int\"", "\"n\":{\"type\":\"float\"", CAVIAR_INVALID,
           "space.n.type cannot");
    refuse(study, "\"n\":{", "\"m\":{\"type\":\"int\",\"low\":0,\"high\":1},\"n\":{",
           CAVIAR_INVALID, "space.m cannot");
    refuse(study, ",\"gelu\"", "", CAVIAR_INVALID, "--drop");
    refuse(study, "[\"tanh\"]", "[\"gelu\"]", CAVIAR_INVALID, "space.beta.when cannot");
    refuse(study, "\"high\":1", "\"high\":1.0", CAVIAR_INVALID, "nothing would change");
    refuse(study, "\"sampler\":\"random\"", "\"sampler\":\"grid\"", CAVIAR_INVALID, "grid");
    cav_study_close(study);
}

static void test_a_dry_run_changes_nothing(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_text what = {0};
    cav_update_options dry = {.dry = true};
    cav_study *study = tuner_open(STUDY, NULL, NULL);
    run(study, 3);
    assert_ok(
        cav_study_update(study, edited(study, "\"high\":1", "\"high\":2"), &dry, &what, &error),
        &error);
    assert_string_equal(cav_text_get(&what), "space.x.high: 1 -> 2");
    assert_int_equal(study->spec->change_count, 0);
    assert_true(study->spec->space->parameters[0].high == 1);
    cav_text_free(&what);
    cav_study_close(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_configuration_is_inside_beside_or_outside),
        cmocka_unit_test(test_a_parent_that_is_fixed_leaves_those_outside_that_had_other_children),
        cmocka_unit_test(test_a_range_that_grew_is_searched_and_all_trials_count),
        cmocka_unit_test(test_trials_outside_of_a_cut_stay_and_are_not_seen),
        cmocka_unit_test(test_trials_with_other_values_of_what_is_fixed_still_count),
        cmocka_unit_test(test_a_finite_space_gives_what_was_not_tried_with_the_value_fixed),
        cmocka_unit_test(test_every_sampler_goes_on_in_a_space_that_was_moved),
        cmocka_unit_test(test_another_handle_follows_at_its_next_ask),
        cmocka_unit_test(test_a_handle_that_only_looks_follows_with_what_it_reads),
        cmocka_unit_test(test_whoever_was_slower_is_told_so),
        cmocka_unit_test(test_a_file_that_says_what_the_store_says_keeps_the_record),
        cmocka_unit_test(test_what_would_make_values_another_thing_is_refused),
        cmocka_unit_test(test_a_dry_run_changes_nothing),
    };
    return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
