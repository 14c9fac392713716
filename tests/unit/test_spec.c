/**
 * test_spec.c: study files that are right: what each key means, and back to a file.
 */
#include "support/spec_text.h"

#include "base/memory.h"
#include "space/constraint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The study file of the manual.
static const char manual[] =
    "study: mnist\n"
    "command: caviar-train --data {data} --lr {lr} --momentum {momentum} --batch {batch}\n"
    "         --units {units} --layers {layers} --optimizer {optimizer} --epochs {steps}\n"
    "metric: {name: val_error, direction: minimize}     # or metrics: [ … ] for several\n"
    "budget: {trials: 200, time: 30m}                   # whichever comes first\n"
    "parallel: 2\n"
    "seed: 1\n"
    "sampler: zoom\n"
    "scheduler: none\n"
    "steps: {min: 1, max: 20}\n"
    "retry: 1\n"
    "space:\n"
    "  lr:        {type: float, scale: log, low: 1e-4, high: 1, tier: most}\n"
    "  momentum:  {type: float, scale: reverse-log, low: 0.9, high: 0.999, tier: medium}\n"
    "  batch:     {type: int, scale: log, low: 16, high: 512, step: x2, tier: medium}\n"
    "  units:     {type: int, scale: log, low: 32, high: 1024, tier: medium}\n"
    "  layers:    {type: int, low: 1, high: 4, tier: least}\n"
    "  activation: {type: categorical, choices: [relu, tanh, gelu]}\n"
    "  optimizer: {type: categorical, choices: [momentum, adam]}\n"
    "  beta1:     {type: float, scale: reverse-log, low: 0.8, high: 0.99, when: {optimizer: adam}, "
    "tier: fixed, default: 0.9}\n"
    "constraints: [\"units * layers <= 2048\"]\n";

static void test_resources_are_read_and_come_back(void **state)
{
    (void)state;
    static const char text[] =
        "{resources: {cpus: 4, gpus: 1, memory: 8G, time: 1h30m, partition: short, account: lab, "
        "options: [--exclusive, '--comment=a b'], hosts: [a, me@b]}, "
        "space: {x: {type: float, low: 0, high: 1}}}";
    cav_spec *spec = spec_parse(text);
    const cav_resources *resources = &spec->resources;
    assert_int_equal(resources->cpus, 4);
    assert_int_equal(resources->gpus, 1);
    assert_string_equal(resources->memory, "8G");
    assert_int_equal(resources->time_ms, 90 * 60 * 1000);
    assert_string_equal(resources->partition, "short");
    assert_string_equal(resources->account, "lab");
    assert_int_equal(resources->option_count, 2);
    assert_string_equal(resources->options[1], "--comment=a b");
    assert_int_equal(resources->host_count, 2);
    assert_string_equal(resources->hosts[1], "me@b");
    cav_spec_free(spec);
    char *written = spec_round_trip(text);
    assert_contains(written, "\"resources\":{\"cpus\":4,\"gpus\":1,\"memory\":\"8G\","
                             "\"time\":\"5400000ms\"");
    assert_contains(written, "\"hosts\":[\"a\",\"me@b\"]");
    free(written);
    written = spec_round_trip("space: {x: {type: float, low: 0, high: 1}}");
    assert_null(strstr(written, "resources"));
    free(written);
}

static void test_the_study_file_of_the_manual_means_what_it_says(void **state)
{
    (void)state;
    cav_spec *spec = spec_parse(manual);
    assert_string_equal(spec->study, "mnist");
    assert_int_equal(spec->command_count, 17);
    assert_string_equal(spec->command[0], "caviar-train");
    assert_string_equal(spec->command[16], "{steps}");
    assert_int_equal(spec->metric_count, 1);
    assert_string_equal(spec->metrics[0].name, "val_error");
    assert_false(spec->metrics[0].maximize);
    assert_null(spec->metrics[0].pattern);
    assert_int_equal(spec->budget.trials, 200);
    assert_int_equal(spec->budget.time_ms, 30 * 60 * 1000);
    assert_int_equal(spec->budget.steps, 0);
    assert_int_equal(spec->parallel, 2);
    assert_int_equal(spec->seed, 1);
    assert_string_equal(spec->sampler.name, "zoom");
    assert_string_equal(spec->scheduler.name, "none");
    assert_int_equal(spec->step_min, 1);
    assert_int_equal(spec->step_max, 20);
    assert_int_equal(spec->retry, 1);
    assert_int_equal(spec->space->count, 8);
    assert_int_equal(spec->space->constraint_count, 1);
    assert_string_equal(cav_constraint_text(spec->space->constraints[0]), "units * layers <= 2048");
    cav_spec_free(spec);
}

static void test_the_space_of_the_manual_means_what_it_says(void **state)
{
    (void)state;
    cav_spec *spec = spec_parse(manual);
    const cav_parameter *lr = &spec->space->parameters[0], *batch = &spec->space->parameters[2];
    assert_string_equal(lr->name, "lr");
    assert_int_equal(lr->type, CAVIAR_TYPE_FLOAT);
    assert_int_equal(lr->scale, CAVIAR_SCALE_LOG);
    assert_true(lr->low == 1e-4 && lr->high == 1);
    assert_int_equal(lr->tier, CAVIAR_TIER_MOST);
    assert_int_equal(batch->type, CAVIAR_TYPE_INT);
    assert_true(batch->step_factor == 2 && batch->step == 0);
    const cav_parameter *activation = &spec->space->parameters[5];
    assert_int_equal(activation->choice_count, 3);
    assert_string_equal(activation->choices[2].text, "gelu");
    const cav_parameter *beta1 = &spec->space->parameters[7];
    assert_int_equal(beta1->tier, CAVIAR_TIER_FIXED);
    assert_true(beta1->initial == 0.9);
    assert_int_equal(beta1->when_count, 1);
    assert_int_equal(beta1->when[0].parent, 6);
    assert_true(beta1->when[0].values[0] == 1);
    cav_spec_free(spec);
}

static void test_what_is_not_said_has_its_default(void **state)
{
    (void)state;
    cav_spec *spec = spec_parse("space: {lr: {type: float, low: 0, high: 1}}");
    assert_string_equal(spec->study, "study");
    assert_int_equal(spec->command_count, 0);
    assert_int_equal(spec->metric_count, 1);
    assert_string_equal(spec->metrics[0].name, "value");
    assert_false(spec->metrics[0].maximize);
    assert_int_equal(spec->budget.trials, 0);
    assert_int_equal(spec->budget.time_ms, 0);
    assert_int_equal(spec->parallel, 1);
    assert_int_equal(spec->seed, 0);
    assert_string_equal(spec->sampler.name, "auto");
    assert_string_equal(spec->scheduler.name, "auto");
    assert_null(spec->panda.name);
    assert_int_equal(spec->step_max, 0);
    assert_int_equal(spec->retry, 0);
    assert_int_equal(spec->replicates, 1);
    assert_int_equal(spec->timeout_ms, 0);
    assert_int_equal(spec->grace_ms, 10000);
    assert_false(spec->durability_normal);
    assert_int_equal(spec->set_count, 0);
    cav_spec_free(spec);
}

static void test_every_other_form_of_a_key(void **state)
{
    (void)state;
    cav_spec *spec = spec_parse("space: {lr: [1, 2]}\n"
                                "command: [train, '--x y', '{lr}', 16]\n"
                                "metrics:\n"
                                "  - {name: accuracy, direction: maximize, pattern: 'acc: (.*)'}\n"
                                "  - seconds\n"
                                "budget: {steps: 1e6, time: 1h30m}\n"
                                "seed: 18446744073709551615\n"
                                "sampler: {type: zoom, outside: 0.3, rounds: 4}\n"
                                "scheduler: {type: none}\n"
                                "steps: 50\n"
                                "timeout: 90s\n"
                                "grace: 500ms\n"
                                "durability: normal\n"
                                "set: {data: /data/mnist, n: 5, empty: ''}\n");
    assert_int_equal(spec->command_count, 4);
    assert_string_equal(spec->command[1], "--x y");
    assert_string_equal(spec->command[3], "16");
    assert_int_equal(spec->metric_count, 2);
    assert_true(spec->metrics[0].maximize);
    assert_string_equal(spec->metrics[0].pattern, "acc: (.*)");
    assert_string_equal(spec->metrics[1].name, "seconds");
    assert_int_equal(spec->budget.steps, 1000000);
    assert_int_equal(spec->budget.time_ms, 5400000);
    assert_true(spec->seed == UINT64_MAX);
    assert_int_equal(spec->sampler.option_count, 2);
    assert_string_equal(spec->sampler.options[0].key, "outside");
    assert_string_equal(spec->sampler.options[0].text, "0.3");
    assert_string_equal(spec->sampler.options[1].where, "s.yaml:8:37");
    assert_int_equal(spec->scheduler.option_count, 0);
    assert_int_equal(spec->step_min, 1);
    assert_int_equal(spec->step_max, 50);
    assert_int_equal(spec->timeout_ms, 90000);
    assert_int_equal(spec->grace_ms, 500);
    assert_true(spec->durability_normal);
    assert_int_equal(spec->set_count, 3);
    assert_string_equal(spec->set[1].text, "5");
    assert_string_equal(spec->set[2].text, "");
    cav_spec_free(spec);
}

static void test_a_spec_is_written_and_read_as_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {
        manual,
        "space: {lr: {type: float, low: 0, high: 1}}",
        "space: {lr: [1, 2.0, 1e300, x, true, '3', '', \"a\\nb\\\"c\"]}\nseed: "
        "18446744073709551615",
        "space: {c: 3, d: x, e: 16.0, f: true, g: '16'}\nset: {a: '', b: 'x y', c: '16'}",
        "space: {x: {type: float, low: 0.1, high: 0.30000000000000004, step: 0.05}}",
        "space: {x: {type: int, low: 0, high: 10, step: 5, special: [-1, 11], default: -1}}",
        "space: {x: {type: float, scale: log, low: 1e-5, high: 1, limits: [1e-9, 10]}}",
        "space: {x: {type: float, low: 0, high: 1}, y: {type: int, low: 1, high: 3, when: {x: "
        "{low: 0.5}}}, z: {type: constant, value: 7, when: {y: [1, 3], x: {low: 0, high: 0.7}}}}",
        "space: {x: {type: float, low: 0, high: 1}}\nsteps: 9\npanda: auto",
        "space: {x: {type: float, low: 0, high: 1}}\nreplicates: 5",
        "space: {x: {type: float, low: 0, high: 1}}\nfrom: [a, {study: b, trials: 7}]",
        "space: {x: {type: float, low: 0, high: 1}}\nsteps: 9\npanda: {type: auto, window: 5}\n"
        "budget: {trials: 3}",
        "space: {x: [a, b]}\nmetrics: [{name: a, direction: maximize, pattern: 'x\\(y'}, b]\n"
        "command: [\"a b\", \"{{x}}\", '{x}']\ntimeout: 1ms\ngrace: 0\nbudget: {time: 1ms}\n"
        "sampler: {type: zoom, outside: 0.3}\nscheduler: {type: none, odd: 'yes'}\nretry: 3\n"
        "steps: {min: 2, max: 9}\ndurability: normal\nconstraints: \"x <> 'a'\"",
    };
    for (size_t i = 0; i < CAV_COUNT_OF(texts); i++)
        free(spec_round_trip(texts[i]));
}

static void test_what_is_nursed_is_one_trial_unless_a_budget_says_more(void **state)
{
    (void)state;
    static const struct given {
        const char *keys;
        int64_t trials;
        bool is_nursed;
    } given[] = {{"panda: auto", 1, true},
                 {"panda: off", 0, false},
                 {"panda: auto\nbudget: {trials: 3}", 3, true},
                 {"panda: auto\nbudget: {time: 1h}", 0, true}};
    for (size_t i = 0; i < CAV_COUNT_OF(given); i++) {
        char text[200];
        snprintf(text, sizeof text, "space: {x: {type: float, low: 0, high: 1}}\n%s",
                 given[i].keys);
        cav_spec *spec = spec_parse(text);
        assert_int_equal(spec->budget.trials, given[i].trials);
        assert_int_equal(spec->panda.name != NULL, given[i].is_nursed);
        cav_spec_free(spec);
    }
}

static void test_identity_is_the_space_and_the_metrics(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "space: {x: [a, b]}\nmetric: {name: loss, pattern: 'a(.)'}\nseed: 1\nbudget: {trials: 3}",
        "metric: loss\nparallel: 7\nspace: {x: {type: categorical, choices: [a, b]}}",
        "space: {x: [a, c]}\nmetric: loss",
        "space: {x: [a, b]}\nmetric: {name: loss, direction: maximize}",
    };
    cav_text identities[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        cav_spec *spec = spec_parse(texts[i]);
        cav_spec_write_identity(spec, &(cav_json){.text = &identities[i]});
        cav_spec_free(spec);
    }
    assert_string_equal(identities[0].data, identities[1].data);
    assert_string_not_equal(identities[0].data, identities[2].data);
    assert_string_not_equal(identities[0].data, identities[3].data);
    for (size_t i = 0; i < 4; i++)
        cav_text_free(&identities[i]);
}

static cav_spec *from_json(const char *text, const char *const *ignore, cav_error *error)
{
    json_t *json = NULL;
    cav_spec *spec = NULL;
    assert_ok(cav_json_parse(text, strlen(text), &json, error), error);
    cav_spec_from_json(json, ignore, &spec, error);
    json_decref(json);
    return spec;
}

static void test_keys_of_a_conversation_can_be_left_alone(void **state)
{
    (void)state;
    static const char *const ignore[] = {"cmd", "id", NULL};
    cav_error error = {0};
    cav_spec *spec =
        from_json("{\"cmd\":\"init\",\"id\":[1],\"space\":{\"lr\":[1,2]}}", ignore, &error);
    assert_non_null(spec);
    cav_spec_free(spec);
    assert_null(from_json("{\"cmd\":\"init\",\"space\":{\"lr\":[1,2]}}", NULL, &error));
    assert_contains(error.message, "unknown key 'cmd'");
    assert_null(from_json("{\"space\":{\"lr\":[1,2]},\"seeed\":1}", ignore, &error));
    assert_string_equal(error.message, "unknown key 'seeed'; did you mean 'seed'?");
    assert_null(from_json("[1]", ignore, &error));
    assert_string_equal(error.message,
                        "a study file is a map of keys such as space, metric and budget");
}

static void test_deep_json_is_refused(void **state)
{
    (void)state;
    cav_text text = {0};
    cav_text_append(&text, "{\"space\":{\"x\":");
    for (int i = 0; i < 100; i++)
        cav_text_append(&text, "[");
    for (int i = 0; i < 100; i++)
        cav_text_append(&text, "]");
    cav_text_append(&text, "}}");
    cav_error error = {0};
    assert_null(from_json(text.data, NULL, &error));
    assert_string_equal(error.message, "the document is too deep");
    cav_text_free(&text);
}

static void test_freeing_nothing_is_allowed(void **state)
{
    (void)state;
    cav_spec_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resources_are_read_and_come_back),
        cmocka_unit_test(test_the_study_file_of_the_manual_means_what_it_says),
        cmocka_unit_test(test_the_space_of_the_manual_means_what_it_says),
        cmocka_unit_test(test_what_is_not_said_has_its_default),
        cmocka_unit_test(test_every_other_form_of_a_key),
        cmocka_unit_test(test_a_spec_is_written_and_read_as_the_same),
        cmocka_unit_test(test_what_is_nursed_is_one_trial_unless_a_budget_says_more),
        cmocka_unit_test(test_identity_is_the_space_and_the_metrics),
        cmocka_unit_test(test_keys_of_a_conversation_can_be_left_alone),
        cmocka_unit_test(test_deep_json_is_refused),
        cmocka_unit_test(test_freeing_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
