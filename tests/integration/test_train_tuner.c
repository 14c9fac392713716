/**
 * test_train_tuner.c: the real caviar-train as a trial: it reports to a tuner and obeys it.
 */
#include "support/fake_tuner.h"
#include "support/program.h"

#include <stdio.h>

#define HELLO(from)                                                                                \
    "{\"version\":1,\"trial\":7,\"attempt\":1,\"seed\":123,\"from\":" #from                        \
    ",\"steps\":20,\"config\":{\"lr\":0.02,\"batch\":16,\"l2\":0}}"
#define CONTINUE "{\"verdict\":\"continue\"}"

static int set_up(void **state)
{
    char *folder = malloc(64);
    assert_non_null(folder);
    test_folder_make(folder);
    test_images_write(folder, "train", 600, 1);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    test_folder_remove(*state);
    free(*state);
    return 0;
}

// What a trial did.
typedef struct course {
    outcome end;
    fake_tuner tuner;
} course;

// Runs a trial of so many epochs, with FOLDER/trial as its own folder, and more options.
static course run_trial_with(const char *folder, int epochs, const char *more,
                             const char *const *answers)
{
    course at;
    char line[400], own[100];
    snprintf(own, sizeof own, "CAVIAR_DIR=%s/trial", folder);
    snprintf(line, sizeof line,
             "--data %s --units 16 --batch 16 --lr 0.02 --decay none --epochs %d%s", folder, epochs,
             more);
    fake_tuner_start(&at.tuner, folder, answers);
    program started = program_start(line, (const char *[]){at.tuner.setting, own, NULL});
    at.end = program_wait(&started);
    fake_tuner_join(&at.tuner);
    return at;
}

static course run_trial(const char *folder, int epochs, const char *const *answers)
{
    return run_trial_with(folder, epochs, "", answers);
}

static void course_clear(course *at)
{
    outcome_clear(&at->end);
    fake_tuner_clear(&at->tuner);
}

// Passes if line `index` that the trial sent is the report of a step.
static void assert_report(const course *at, size_t index, int step)
{
    char start[60];
    snprintf(start, sizeof start, "{\"cmd\":\"report\",\"step\":%d,\"metrics\":{", step);
    assert_true(index < at->tuner.line_count);
    assert_contains(at->tuner.lines[index], start);
}

// Passes if two reports give the same numbers; what the trial can is only said once.
static void assert_same_metrics(const char *a, const char *b)
{
    size_t size = strcspn(a, "}");
    assert_int_equal(strcspn(b, "}"), size);
    assert_memory_equal(a, b, size);
}

static void test_reports_go_to_the_tuner_and_not_to_standard_output(void **state)
{
    const char *const answers[] = {HELLO(0), CONTINUE, NULL};
    course at = run_trial(*state, 3, answers);
    assert_status(&at.end, 0);
    assert_string_equal(at.end.out, "");
    assert_int_equal(at.tuner.line_count, 4);
    assert_contains(at.tuner.lines[0], "\"cmd\":\"hello\"");
    for (int step = 1; step <= 3; step++) {
        assert_report(&at, (size_t)step, step);
        assert_contains(at.tuner.lines[step], "\"val_error\":");
        assert_contains(at.tuner.lines[step], "\"val_loss\":");
        assert_contains(at.tuner.lines[step], "\"train_loss\":");
    }
    course_clear(&at);
}

static void test_stop_ends_it_with_status_0(void **state)
{
    const char *const answers[] = {HELLO(0), CONTINUE, "{\"verdict\":\"stop\"}", NULL};
    course at = run_trial(*state, 9, answers);
    assert_status(&at.end, 0);
    assert_int_equal(at.tuner.line_count, 3);
    course_clear(&at);
}

static void test_a_paused_trial_goes_on_as_if_it_had_not_been(void **state)
{
    char other[100];
    const char *const whole_answers[] = {HELLO(0), CONTINUE, NULL};
    const char *const pause[] = {HELLO(0), CONTINUE, "{\"verdict\":\"pause\"}", NULL};
    const char *const go_on[] = {HELLO(2), CONTINUE, NULL};
    course whole = run_trial(*state, 4, whole_answers);
    snprintf(other, sizeof other, "%s/trial", (char *)*state);
    test_folder_remove(other);
    course first = run_trial(*state, 4, pause), second = run_trial(*state, 4, go_on);
    assert_status(&first.end, 0);
    assert_int_equal(first.tuner.line_count, 3);
    assert_status(&second.end, 0);
    assert_int_equal(second.tuner.line_count, 3);
    assert_same_metrics(whole.tuner.lines[3], second.tuner.lines[1]);
    assert_string_equal(whole.tuner.lines[4], second.tuner.lines[2]);
    course_clear(&whole);
    course_clear(&first);
    course_clear(&second);
}

// The tuner has less than the folder: what came behind is of a course that is given up.
static void test_it_goes_on_from_the_step_that_the_tuner_has(void **state)
{
    const char *const answers[] = {HELLO(0), CONTINUE, NULL};
    const char *const again[] = {HELLO(1), CONTINUE, NULL};
    course first = run_trial(*state, 4, answers), second = run_trial(*state, 4, again);
    assert_status(&second.end, 0);
    assert_contains(second.end.err, "going on from step 1\n");
    for (size_t i = 2; i <= 4; i++)
        assert_same_metrics(first.tuner.lines[i], second.tuner.lines[i - 1]);
    course_clear(&first);
    course_clear(&second);
}

// Checkpoints are lost, but the tuner has two steps: they are trained again and not reported.
static void test_steps_that_the_tuner_has_are_not_reported_again(void **state)
{
    const char *const answers[] = {HELLO(2), CONTINUE, NULL};
    course at = run_trial(*state, 4, answers);
    assert_status(&at.end, 0);
    assert_int_equal(at.tuner.line_count, 3);
    assert_report(&at, 1, 3);
    course_clear(&at);
}

static void test_a_nudge_changes_what_follows_and_nothing_before(void **state)
{
    const char *const plain[] = {HELLO(0), CONTINUE, NULL};
    const char *const nudged[] = {
        HELLO(0), CONTINUE, "{\"verdict\":\"continue\",\"changes\":{\"lr\":0.0005,\"batch\":32}}",
        CONTINUE, NULL};
    char own[100];
    snprintf(own, sizeof own, "%s/trial", (char *)*state);
    course a = run_trial(*state, 4, plain);
    test_folder_remove(own);
    course b = run_trial(*state, 4, nudged);
    assert_status(&b.end, 0);
    assert_contains(b.end.err, "caviar-train: lr is now 0.0005\n");
    assert_contains(b.end.err, "warning: batch cannot change while the network trains");
    assert_string_equal(a.tuner.lines[2], b.tuner.lines[2]);
    assert_string_not_equal(a.tuner.lines[3], b.tuner.lines[3]);
    course_clear(&a);
    course_clear(&b);
}

// A nudge after step 1 that is taken back after step 3: step 2 is then as it was without it.
static void test_a_rollback_takes_a_nudge_back(void **state)
{
    const char *const plain[] = {HELLO(0), CONTINUE, NULL};
    const char *const panda[] = {HELLO(0), "{\"verdict\":\"continue\",\"changes\":{\"lr\":0.9}}",
                                 CONTINUE, "{\"verdict\":\"restore\",\"step\":1}",
                                 CONTINUE, NULL};
    char own[100];
    snprintf(own, sizeof own, "%s/trial", (char *)*state);
    course a = run_trial(*state, 4, plain);
    test_folder_remove(own);
    course b = run_trial(*state, 4, panda);
    assert_status(&b.end, 0);
    assert_contains(b.end.err, "back at step 1\n");
    assert_int_equal(b.tuner.line_count, 7); // hello, 1, 2, 3, 2, 3, 4
    assert_string_equal(a.tuner.lines[1], b.tuner.lines[1]);
    assert_string_not_equal(a.tuner.lines[2], b.tuner.lines[2]);
    for (size_t i = 2; i <= 4; i++)
        assert_string_equal(a.tuner.lines[i], b.tuner.lines[i + 2]);
    course_clear(&a);
    course_clear(&b);
}

static void test_a_rollback_to_a_step_without_checkpoint_is_an_error(void **state)
{
    const char *const answers[] = {HELLO(0), CONTINUE, "{\"verdict\":\"restore\",\"step\":9}",
                                   NULL};
    course at = run_trial(*state, 4, answers);
    assert_status(&at.end, 1);
    assert_contains(at.end.err, "the tuner asks for step 9 again, of which");
    course_clear(&at);
}

// Runs a trial that has no folder of its own.
static outcome run_without_folder(const char *folder, const char *const *answers)
{
    char line[400];
    fake_tuner tuner;
    snprintf(line, sizeof line, "--data %s --units 16 --batch 16 --epochs 4", folder);
    fake_tuner_start(&tuner, folder, answers);
    program started = program_start(line, (const char *[]){tuner.setting, NULL});
    outcome end = program_wait(&started);
    fake_tuner_join(&tuner);
    fake_tuner_clear(&tuner);
    return end;
}

static void test_without_a_folder_it_says_what_cannot_be_done(void **state)
{
    const char *const pause[] = {HELLO(0), "{\"verdict\":\"pause\"}", NULL};
    const char *const back[] = {HELLO(0), CONTINUE, "{\"verdict\":\"restore\",\"step\":1}", NULL};
    outcome end = run_without_folder(*state, pause);
    assert_status(&end, 0);
    assert_contains(end.err, "warning: paused without a --checkpoint folder");
    outcome_clear(&end);
    end = run_without_folder(*state, back);
    assert_status(&end, 1);
    assert_contains(end.err, "asks for step 1 again, but no --checkpoint folder was given");
    outcome_clear(&end);
}

static void test_a_nudge_lives_on_in_a_paused_trial(void **state)
{
    const char *const nudge[] = {HELLO(0), "{\"verdict\":\"continue\",\"changes\":{\"lr\":0.1}}",
                                 CONTINUE, NULL};
    const char *const pause[] = {HELLO(0), "{\"verdict\":\"continue\",\"changes\":{\"lr\":0.1}}",
                                 "{\"verdict\":\"pause\"}", NULL};
    const char *const go_on[] = {HELLO(2), CONTINUE, NULL};
    char own[100];
    snprintf(own, sizeof own, "%s/trial", (char *)*state);
    course whole = run_trial(*state, 3, nudge);
    test_folder_remove(own);
    course first = run_trial(*state, 3, pause), second = run_trial(*state, 3, go_on);
    assert_status(&second.end, 0);
    assert_same_metrics(whole.tuner.lines[3], second.tuner.lines[1]);
    course_clear(&whole);
    course_clear(&first);
    course_clear(&second);
}

// It says at its first report what it can, and at each which checkpoints it has.
static void test_it_says_that_it_takes_changes_and_goes_back(void **state)
{
    const char *const answers[] = {HELLO(0), CONTINUE, NULL};
    course at = run_trial(*state, 7, answers);
    assert_contains(at.tuner.lines[1], "\"can\":[\"changes\",\"restore\"],\"checkpoints\":[1]}");
    assert_null(strstr(at.tuner.lines[2], "\"can\""));
    assert_contains(at.tuner.lines[7], "\"checkpoints\":[3,4,5,6,7]}"); // the last five
    course_clear(&at);
    fake_tuner tuner;
    char line[400];
    snprintf(line, sizeof line, "--data %s --units 16 --batch 16 --epochs 2", (char *)*state);
    fake_tuner_start(&tuner, *state, answers);
    program started = program_start(line, (const char *[]){tuner.setting, NULL});
    outcome end = program_wait(&started);
    fake_tuner_join(&tuner);
    assert_contains(tuner.lines[1], "\"can\":[\"changes\"]}");
    outcome_clear(&end);
    fake_tuner_clear(&tuner);
}

#define HELLO_PLAN(from, plan)                                                                     \
    "{\"version\":1,\"trial\":7,\"attempt\":2,\"seed\":123,\"from\":" #from                        \
    ",\"steps\":20,\"config\":{\"lr\":0.02,\"batch\":16,\"l2\":0},\"schedule\":" plan "}"

// The tuner has two steps, with a change at the first; whether a checkpoint of the first is left
// or none, the third is as if nothing had gone wrong.
static void test_the_schedule_is_followed_through_steps_that_are_not_reported(void **state)
{
    static const char nudge[] = "{\"verdict\":\"continue\",\"changes\":{\"lr\":0.1}}";
    const char *const whole_answers[] = {HELLO(0), nudge, CONTINUE, NULL};
    const char *const again[] = {HELLO_PLAN(2, "[{\"step\":1,\"changes\":{\"lr\":0.1}}]"), CONTINUE,
                                 NULL};
    char own[100];
    snprintf(own, sizeof own, "%s/trial", (char *)*state);
    course whole = run_trial(*state, 3, whole_answers);
    assert_contains(whole.end.err, "lr is now 0.1\n");
    for (int left = 1; left >= 0; left--) {
        test_folder_remove(own);
        if (left == 1) {
            course first = run_trial(*state, 1, whole_answers);
            course_clear(&first);
        }
        course second = run_trial(*state, 3, again);
        assert_status(&second.end, 0);
        assert_contains(second.end.err, "lr is now 0.1\n");
        assert_int_equal(second.tuner.line_count, 2);
        assert_same_metrics(whole.tuner.lines[3], second.tuner.lines[1]);
        course_clear(&second);
    }
    course_clear(&whole);
}

static void test_a_stale_trial_ends_with_what_the_tuner_says(void **state)
{
    const char *const answers[] = {
        HELLO(0), "{\"error\":\"trial 7 was handed to another worker\",\"code\":\"stale\"}", NULL};
    course at = run_trial(*state, 4, answers);
    assert_status(&at.end, 1);
    assert_contains(at.end.err, "trial 7 was handed to another worker");
    assert_int_equal(at.tuner.line_count, 2);
    course_clear(&at);
}

static void test_a_tuner_that_vanishes_ends_it(void **state)
{
    const char *const answers[] = {HELLO(0), CONTINUE, "", NULL};
    course at = run_trial(*state, 4, answers);
    assert_status(&at.end, 1);
    assert_contains(at.end.err, "the tuner");
    course_clear(&at);
    const char *const nothing[] = {"", NULL};
    at = run_trial(*state, 4, nothing);
    assert_status(&at.end, 1);
    course_clear(&at);
}

static void test_a_loss_that_is_not_finite_is_reported_to_the_tuner(void **state)
{
    const char *const answers[] = {HELLO(0), "{\"verdict\":\"continue\",\"changes\":{\"lr\":999}}",
                                   "{\"verdict\":\"stop\"}", NULL};
    char line[400];
    fake_tuner tuner;
    snprintf(line, sizeof line,
             "--data %s --units 16 --batch 16 --lr 0.02 --decay none --epochs 50 --batch-norm off "
             "--optimizer sgd --activation leaky-relu",
             (char *)*state);
    fake_tuner_start(&tuner, *state, answers);
    program started = program_start(line, (const char *[]){tuner.setting, NULL});
    outcome end = program_wait(&started);
    fake_tuner_join(&tuner);
    assert_status(&end, 1);
    assert_contains(end.err, "the loss is not finite");
    assert_contains(tuner.lines[tuner.line_count - 1], "\"nan\"");
    outcome_clear(&end);
    fake_tuner_clear(&tuner);
}

static void test_a_socket_that_is_not_there_ends_it_with_1(void **state)
{
    char line[400];
    snprintf(line, sizeof line, "--data %s --units 16 --epochs 1", (char *)*state);
    program started =
        program_start(line, (const char *[]){"CAVIAR_SOCKET=/nonexistent/socket", NULL});
    outcome end = program_wait(&started);
    assert_status(&end, 1);
    assert_contains(end.err, "cannot reach the tuner at /nonexistent/socket");
    outcome_clear(&end);
}

// The images are learned without error after a few epochs; then only the loss gains, until it is
// driven up by a learning rate that is far too large.
static void test_with_patience_the_best_report_is_the_result(void **state)
{
    const char *const answers[] = {
        HELLO(0), CONTINUE, CONTINUE, "{\"verdict\":\"continue\",\"changes\":{\"lr\":20}}",
        CONTINUE, CONTINUE, "{}",     NULL,
    };
    course at = run_trial_with(*state, 100, " --patience 2 --validation 100", answers);
    assert_status(&at.end, 0);
    assert_int_equal(at.tuner.line_count, 7);
    assert_report(&at, 5, 5);
    char *result = strstr(at.tuner.lines[6], "\"val_error\":");
    assert_contains(at.tuner.lines[6], "{\"cmd\":\"tell\",\"metrics\":{");
    assert_non_null(result);
    result[strcspn(result, "}")] = '\0';
    assert_contains(at.tuner.lines[3], result); // as step 3 had it, with the same digits
    course_clear(&at);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_reports_go_to_the_tuner_and_not_to_standard_output),
        IN_FOLDER(test_stop_ends_it_with_status_0),
        IN_FOLDER(test_a_paused_trial_goes_on_as_if_it_had_not_been),
        IN_FOLDER(test_it_goes_on_from_the_step_that_the_tuner_has),
        IN_FOLDER(test_steps_that_the_tuner_has_are_not_reported_again),
        IN_FOLDER(test_a_nudge_changes_what_follows_and_nothing_before),
        IN_FOLDER(test_a_rollback_takes_a_nudge_back),
        IN_FOLDER(test_a_rollback_to_a_step_without_checkpoint_is_an_error),
        IN_FOLDER(test_without_a_folder_it_says_what_cannot_be_done),
        IN_FOLDER(test_a_nudge_lives_on_in_a_paused_trial),
        IN_FOLDER(test_it_says_that_it_takes_changes_and_goes_back),
        IN_FOLDER(test_the_schedule_is_followed_through_steps_that_are_not_reported),
        IN_FOLDER(test_a_stale_trial_ends_with_what_the_tuner_says),
        IN_FOLDER(test_a_tuner_that_vanishes_ends_it),
        IN_FOLDER(test_a_loss_that_is_not_finite_is_reported_to_the_tuner),
        IN_FOLDER(test_a_socket_that_is_not_there_ends_it_with_1),
        IN_FOLDER(test_with_patience_the_best_report_is_the_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
