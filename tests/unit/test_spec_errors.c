/**
 * test_spec_errors.c: what is said about a study file that is wrong: the place, the key, what is
 * expected, and the nearest word for a typo.
 *
 * Each message is here in full, to be read as the person reads it who wrote the file.
 */
#include "support/spec_text.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

typedef struct complaint {
    const char *text, *message; // the message without "s.yaml:"
} complaint;

// The key under test is the second line of a file whose first line is a space.
static const complaint keys[] = {
    {"spcae: {x: 1}", "2:1: unknown key 'spcae'; did you mean 'space'?"},
    {"seeed: 1", "2:1: unknown key 'seeed'; did you mean 'seed'?"},
    {"Study: x", "2:1: unknown key 'Study'; did you mean 'study'?"},
    {"method: bayes",
     "2:1: unknown key 'method'; known: study, command, metric, metrics, budget, parallel, seed, "
     "sampler, scheduler, panda, steps, replicates, from, retry, timeout, grace, durability, set, "
     "resources, space, grows, changes, constraints, preset"},
    {"study: my study",
     "2:8: study: 'my study' is no name; use letters, digits, _ . and -, beginning with a letter"},
    {"study: [a]", "2:8: study: a single value is expected, not a list"},
    {"study:", "2:7: study: a single value is expected, not nothing"},
    {"command: ''",
     "2:10: command: a program and its arguments are expected, in one line or as a list"},
    {"command: []",
     "2:10: command: a program and its arguments are expected, in one line or as a list"},
    {"command: {a: b}",
     "2:10: command: a program and its arguments are expected, in one line or as a list"},
    {"command: [train, [x]]", "2:18: command: a single value is expected, not a list"},
    {"command: \"train 'x\"", "2:10: command: a ' is never closed"},
    {"command: 'train \"x'", "2:10: command: a \" is never closed"},
    {"command: 'train \\'", "2:10: command: ends with a backslash"},
    {"command: train | tee log",
     "2:10: command: '|' would need a shell, and none is run; put it between single quotes, or run "
     "a shell: sh -c '...'"},
    {"command: train $HOME",
     "2:10: command: '$' would need a shell, and none is run; put it between single quotes, or run "
     "a shell: sh -c '...'"},
    {"metric: 3",
     "2:9: metric: '3' is no name; use letters, digits, _ . and -, beginning with a letter"},
    {"metric: {direction: minimize}",
     "2:9: metric: a name is needed, as in {name: loss, direction: minimize}"},
    {"metric: {name: loss, direction: min}",
     "2:33: direction: minimize or maximize is expected, not 'min'"},
    {"metric: {name: loss, directoin: minimize}",
     "2:22: metric: unknown key 'directoin'; did you mean 'direction'?"},
    {"metric: {name: loss, pattern: [a]}", "2:31: pattern: a single value is expected, not a list"},
    {"metric: [a, b]", "2:9: metric: one, such as {name: loss, direction: minimize}, is expected; "
                       "metrics: a list of them"},
    {"metrics: loss", "2:10: metric: one, such as {name: loss, direction: minimize}, is expected; "
                      "metrics: a list of them"},
    {"metrics: []", "2:10: metric: one, such as {name: loss, direction: minimize}, is expected; "
                    "metrics: a list of them"},
    {"metrics: [a, a]", "2:14: metric: 'a' stands twice"},
    {"metric: a\nmetrics: [b]", "3:10: metric and metrics: only one of the two is expected"},
    {"budget: 100", "2:9: budget: {trials: 100, time: 30m, steps: 1000} is expected"},
    {"budget: {trials: 0}", "2:18: trials: a whole number of at least 1 is expected, not 0"},
    {"budget: {trials: 1.5}", "2:18: trials: a whole number of at least 1 is expected, not 1.5"},
    {"budget: {trials: many}", "2:18: trials: a number is expected, not 'many'"},
    {"budget: {trials: '5'}", "2:18: trials: a number is expected, not '5' between quotes"},
    {"budget: {time: long}",
     "2:16: time: a duration such as 90s, 30m or 1h30m is expected, not 'long'"},
    {"budget: {time: 0}", "2:16: time: more than nothing is expected, such as 30m"},
    {"budget: {steps: -1}", "2:17: steps: a whole number of at least 1 is expected, not -1"},
    {"budget: {tirals: 3}", "2:10: budget: unknown key 'tirals'; did you mean 'trials'?"},
    {"parallel: 0", "2:11: parallel: a whole number from 1 to 100000 is expected, not 0"},
    {"parallel: two", "2:11: parallel: a number is expected, not 'two'"},
    {"parallel:", "2:10: parallel: a number is expected, not nothing"},
    {"parallel: [2]", "2:11: parallel: a number is expected, not a list"},
    {"seed: -1", "2:7: seed: a whole number from 0 to 2^64 - 1 is expected, not '-1'"},
    {"seed: 18446744073709551616",
     "2:7: seed: a whole number from 0 to 2^64 - 1 is expected, not '18446744073709551616'"},
    {"sampler: [zoom]", "2:10: sampler: a single value is expected, not a list"},
    {"sampler: {outside: 3}", "2:10: sampler: a name or {type: NAME, OPTION: ...} is expected"},
    {"sampler: {type: zoom, outside: [3]}",
     "2:32: outside: a single value is expected, not a list"},
    {"scheduler: {type: [none]}", "2:19: scheduler: a single value is expected, not a list"},
    {"steps: {min: 3}", "2:8: steps: max is needed, and not less than min"},
    {"steps: {min: 3, max: 2}", "2:8: steps: max is needed, and not less than min"},
    {"steps: [1, 2]", "2:8: steps: 20, or {min: 1, max: 20}, is expected"},
    {"steps: {mx: 2}", "2:9: steps: unknown key 'mx'; did you mean 'max'?"},
    {"steps: 0", "2:8: steps: a whole number of at least 1 is expected, not 0"},
    {"resources: 4", "2:12: resources: {cpus: 4, gpus: 1, memory: 8G, time: 2h, partition: NAME} "
                     "is expected"},
    {"resources: {cpus: 0}", "2:19: cpus: a whole number from 1 to 1048576 is expected, not 0"},
    {"resources: {hosts: node1}", "2:20: hosts: a list such as [node1, me@node2] is expected"},
    {"resources: {hosts: [-oProxyCommand=x]}",
     "2:21: hosts: a name such as node1 or me@node2 is expected, not '-oProxyCommand=x'"},
    {"resources: {memory: 8GB}", "2:21: memory: a size such as 500M or 8G is expected, not '8GB'"},
    {"resources: {memory: 0}", "2:21: memory: a size such as 500M or 8G is expected, not '0'"},
    {"resources: {time: 0}", "2:19: time: a duration such as 30m or 2h is expected, not '0'"},
    {"resources: {options: --exclusive}",
     "2:22: options: a list such as [--exclusive, --constraint=fast] is expected"},
    {"resources: {gpu: 1}", "2:13: resources: unknown key 'gpu'; did you mean 'gpus'?"},
    {"from: {trials: 3}", "2:7: from: {study: NAME, trials: 100} needs the study's name"},
    {"from: {study: a, trails: 3}", "2:18: from: unknown key 'trails'; did you mean 'trials'?"},
    {"from: {study: a, trials: 0}",
     "2:26: trials: a whole number of at least 1 is expected, not 0"},
    {"from: my study", "2:7: from: 'my study' is no name of a study; use letters, digits, _ . and "
                       "-, beginning with a letter"},
    {"from: [a, b, a]", "2:14: from: study 'a' stands twice"},
    {"from: [a, b, c, d, e, f, g, h, i]", "2:7: from: 9 studies; it learns from 8 at most"},
    {"changes: 3", "2:10: changes: a list is expected, as 'caviar update' writes it"},
    {"changes: [3]", "2:11: changes: a map is expected"},
    {"changes: [{what: low}]", "2:18: changes: what: a list of texts is expected"},
    {"changes: [{what: [[low]]}]", "2:19: what: a single value is expected, not a list"},
    {"changes: [{who: me}]", "2:12: changes: unknown key 'who'"},
    {"retry: -1", "2:8: retry: a whole number from 0 to 1000 is expected, not -1"},
    {"timeout: 5 apples",
     "2:10: timeout: a duration such as 90s, 30m or 1h30m is expected, not '5 apples'"},
    {"grace: {s: 5}", "2:8: grace: a single value is expected, not a map"},
    {"durability: none", "2:13: durability: full or normal is expected, not 'none'"},
    {"set: 3", "2:6: set: {name: text, ...} is expected"},
    {"set: {a b: 3}",
     "2:7: set: 'a b' is no name; use letters, digits, _ . and -, beginning with a letter"},
    {"set: {a: [3]}", "2:10: set: a single value is expected, not a list"},
    {"constraints: {a: b}", "2:14: constraints: a single value is expected, not a map"},
    {"constraints: [[a]]", "2:15: constraints: a single value is expected, not a list"},
};

// The parameter under test is the second line of a file, below "space:".
static const complaint parameters[] = {
    {"lr: {type: float, low: 1, hgih: 2}",
     "2:29: parameter 'lr': unknown key 'hgih'; did you mean 'high'?"},
    {"lr: {type: float, low: 1, high: 2, distribution: x}",
     "2:38: parameter 'lr': unknown key 'distribution'; known: type, scale, tier, low, high, "
     "limits, step, special, choices, value, default, when, live, prior"},
    {"lr: {type: flaot, low: 1, high: 2}",
     "2:14: parameter 'lr': unknown type 'flaot'; did you mean 'float'?"},
    {"lr: {type: uniform, low: 1, high: 2}",
     "2:14: parameter 'lr': unknown type 'uniform'; known: float, int, categorical, ordinal, "
     "constant"},
    {"lr: {type: float, scale: logg, low: 1, high: 2}",
     "2:28: parameter 'lr': unknown scale 'logg'; did you mean 'log'?"},
    {"lr: {type: float, low: 1, high: 2, tier: msot}",
     "2:44: parameter 'lr': unknown tier 'msot'; did you mean 'most'?"},
    {"lr: {type: float, low: 1, high: 2, prior: 3}",
     "2:3: prior: parameter 'lr': 3 lies outside of 1 to 2"},
    {"lr: {type: float, low: 1, high: 2, prior: {value: 1, confidence: hihg}}",
     "2:68: parameter 'lr': unknown confidence 'hihg'; did you mean 'high'?"},
    {"lr: {type: float, low: 1, high: 2, prior: {value: 1, sure: yes}}",
     "2:56: parameter 'lr': prior: a prior has a value and a confidence; not 'sure'"},
    {"lr: {type: float, low: 1, high: 2, prior: {confidence: high}}",
     "2:45: parameter 'lr': prior: the value is missing"},
    {"lr: {type: [float], low: 1, high: 2}",
     "2:14: parameter 'lr': type: a single value is expected, not a list"},
    {"lr: {type: float, low: abc, high: 2}",
     "2:26: parameter 'lr': low: a number is expected, not 'abc'"},
    {"lr: {type: float, low: \"1\", high: 2}",
     "2:26: parameter 'lr': low: a number is expected, not '1' between quotes"},
    {"lr: {type: float, low: [1], high: 2}",
     "2:26: parameter 'lr': low: a number is expected, not a list"},
    {"lr: {type: float, low: 1, high: }",
     "2:35: parameter 'lr': high: a number is expected, not nothing"},
    {"lr: {type: float, low: 1}", "2:3: parameter 'lr' needs high"},
    {"lr: {type: int, high: 1}", "2:3: parameter 'lr' needs low"},
    {"lr: {low: 1, high: 2}",
     "2:3: parameter 'lr' needs type: float, int, categorical, ordinal or constant"},
    {"lr: {type: categorical}", "2:3: parameter 'lr' needs choices: a list of values"},
    {"lr: {type: constant}", "2:3: parameter 'lr' needs value"},
    {"lr: {type: categorical, choices: relu}",
     "2:36: parameter 'lr': choices: a list is expected, not a single value"},
    {"lr: {type: categorical, choices: [relu, [tanh]]}",
     "2:43: parameter 'lr': choices: a single value is expected, not a list"},
    {"lr: {type: categorical, choices: [relu, ~]}",
     "2:43: parameter 'lr': choices: a single value is expected, not nothing"},
    {"lr: {type: float, low: 1, high: 2, value: 3}",
     "2:3: parameter 'lr': value belongs to type: constant"},
    {"lr: {type: constant, value: [3]}",
     "2:31: parameter 'lr': value: a single value is expected, not a list"},
    {"lr: {type: constant, choices: [1, 2], value: 3}",
     "2:3: parameter 'lr': a constant has a value, and no choices"},
    {"lr:", "2:6: parameter 'lr': a single value is expected, not nothing"},
    {"lr: [1, {a: b}]", "2:11: parameter 'lr': a single value is expected, not a map"},
    {"lr: {type: float, low: 1, high: 2, step: -1}",
     "2:44: parameter 'lr': step: a distance such as 0.1, or a factor such as x2, is expected, not "
     "'-1'"},
    {"lr: {type: float, low: 1, high: 2, step: by 2}",
     "2:44: parameter 'lr': step: a distance such as 0.1, or a factor such as x2, is expected, not "
     "'by 2'"},
    {"lr: {type: float, low: 1, high: 2, limits: 3}",
     "2:46: parameter 'lr': limits: two numbers, [low, high], are expected"},
    {"lr: {type: float, low: 1, high: 2, limits: [1, b]}",
     "2:50: parameter 'lr': limits: a number is expected, not 'b'"},
    {"lr: {type: float, low: 1, high: 2, special: foo}",
     "2:47: parameter 'lr': special: a number is expected, not 'foo'"},
    {"lr: {type: float, low: 1, high: 2, when: b}",
     "2:44: parameter 'lr': when: {parent: value} is expected, not a single value"},
    {"lr: {type: float, low: 1, high: 2, when: {b: {min: 3}}}",
     "2:49: parameter 'lr': when: a condition has values, or low and high; not 'min'"},
    {"lr: {type: float, low: 1, high: 2, when: {b: {low: x}}}",
     "2:54: parameter 'lr': when: a number is expected, not 'x'"},
    {"lr: {type: float, low: 1, high: 2, when: {b: []}}",
     "2:48: parameter 'lr': when: the list of values is empty"},
    {"lr: {type: float, low: 1, high: 2, when: {b: [[]]}}",
     "2:49: parameter 'lr': when: a single value is expected, not a list"},
    {"lr: {type: float, low: 1, high: 2, when: {lr: 1}}",
     "2:3: parameter 'lr': its conditions lead back to itself"},
};

// Whole files, and messages of the space, of which the place and a part are held here.
static const complaint files[] = {
    {"study: mnist", "1:1: there is no space: nothing could be varied"},
    {"[a, b]", "1:1: a study file is a map of keys such as space, metric and budget"},
    {"just text", "1:1: a study file is a map of keys such as space, metric and budget"},
    {"space: [a, b]", "1:8: space: a map of parameters is expected, not a list"},
    {"space:", "1:7: space: a map of parameters is expected, not nothing"},
    {"space: {}", "1:8: space: at least one parameter is needed"},
    {"grows: perhaps", "1:8: grows: true or false is expected, not 'perhaps'"},
    {"space: {a: [1, 2], a: 3}", "1:20: the key 'a' stands here twice (first in line 1)"},
    {"space:\n\ta: 1", "2:1: found character that cannot start any token while scanning for the "
                       "next token; it is a tab, where YAML takes only blanks"},
    {"space:\n  lr: {type: float, low: 2, high: 1}", "2:3: parameter 'lr': low"},
    {"space:\n  lr: {type: float, scale: log, low: 0, high: 2}", "2:3: parameter 'lr': low"},
    {"space:\n  lr: {type: int, low: 0.5, high: 2}", "2:3: parameter 'lr': "},
    {"space:\n  a: [relu]", "2:3: parameter 'a': choices"},
    {"space:\n  1a: [x, y]", "2:3: '1a' is no name for a parameter"},
    {"space:\n  a: {type: float, low: 1, high: 2, when: {b: 3}}",
     "2:3: parameter 'a': when: there is no parameter 'b'"},
    {"space: {lr: [1, 2]}\nconstraints: ['lr <']", "2:15: constraint 'lr <': "},
    {"space: {lr: [1, 2]}\nconstraints: ['lrr < 3']", "2:15: constraint 'lrr < 3'"},
};

static void expect_complaint(const char *text, const char *message, bool whole)
{
    cav_error error;
    char expected[1100];
    snprintf(expected, sizeof expected, "s.yaml:%s", message);
    const char *found = spec_complaint(text, &error);
    if (whole ? strcmp(found, expected) != 0 : strncmp(found, expected, strlen(expected)) != 0)
        fail_msg("\n%s\n  says    %s\n  and not %s", text, found[0] ? found : "nothing", expected);
}

static void test_what_is_said_about_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(keys); i++) {
        char text[600];
        snprintf(text, sizeof text, "space: {lr: [1, 2]}\n%s", keys[i].text);
        expect_complaint(text, keys[i].message, true);
    }
}

static void test_what_is_said_about_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(parameters); i++) {
        char text[600];
        snprintf(text, sizeof text, "space:\n  %s\n  b: [x, y]\n", parameters[i].text);
        expect_complaint(text, parameters[i].message, true);
    }
}

static void test_what_is_said_about_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(files); i++)
        expect_complaint(files[i].text, files[i].message, false);
}

static void test_a_file_without_a_name_has_line_and_column_alone(void **state)
{
    (void)state;
    cav_spec *spec = NULL;
    cav_error error = {0};
    static const char text[] = "space: {lr: [1, 2]}\nseed: x";
    assert_int_equal(cav_spec_parse("", text, strlen(text), &spec, &error), CAVIAR_INVALID);
    assert_string_equal(error.message,
                        "2:7: seed: a whole number from 0 to 2^64 - 1 is expected, not 'x'");
    assert_int_equal(cav_spec_parse("", text, strlen(text), &spec, NULL), CAVIAR_INVALID);
}

static void test_very_long_words_are_cut_in_messages(void **state)
{
    (void)state;
    char text[6000] = "space: {lr: [1, 2]}\nseed: ";
    size_t used = strlen(text);
    memset(text + used, 'x', 5000);
    cav_error error;
    spec_complaint(text, &error);
    assert_true(strlen(error.message) < 200);
    assert_contains(error.message, "s.yaml:2:7: seed: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said_about_keys),
        cmocka_unit_test(test_what_is_said_about_parameters),
        cmocka_unit_test(test_what_is_said_about_files),
        cmocka_unit_test(test_a_file_without_a_name_has_line_and_column_alone),
        cmocka_unit_test(test_very_long_words_are_cut_in_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
