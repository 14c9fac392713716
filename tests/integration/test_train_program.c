/**
 * test_train_program.c: the real caviar-train, as a person runs it: what it prints, what it leaves,
 * how it ends, and how it goes on after it was stopped or killed.
 */
#include "support/program.h"

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 1000 };

static int set_up(void **state)
{
    char *folder = malloc(64);
    assert_non_null(folder);
    test_folder_make(folder);
    test_images_write(folder, "train", 600, 1);
    test_images_write(folder, "t10k", 100, 2);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    test_folder_remove(*state);
    free(*state);
    return 0;
}

// Runs with --data FOLDER, a small network, and more options.
static const char *line_of(const char *folder, char line[LINE_SIZE], const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static const char *line_of(const char *folder, char line[LINE_SIZE], const char *format, ...)
{
    size_t used =
        (size_t)snprintf(line, LINE_SIZE, "--data %s --units 16 --batch 16 --lr 0.02 ", folder);
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, LINE_SIZE - used, format, args);
    va_end(args);
    return line;
}

// The value of NAME=VALUE in the report of a step.
static double value_at(const char *out, int step, const char *name)
{
    char start[40], key[40];
    snprintf(start, sizeof start, "caviar: step=%d ", step);
    snprintf(key, sizeof key, " %s=", name);
    const char *line = strstr(out, start), *end = line ? strchr(line, '\n') : NULL;
    const char *found = line ? strstr(line, key) : NULL;
    if (!found || !end || found > end)
        fail_msg("no %s at step %d in: %s", name, step, out);
    return strtod(found + strlen(key), NULL);
}

static void test_each_epoch_is_a_line_and_the_test_error_the_last(void **state)
{
    char line[LINE_SIZE];
    outcome end = program_run(line_of(*state, line, "--epochs 8 --test"));
    assert_status(&end, 0);
    for (int step = 1; step <= 8; step++) {
        assert_true(value_at(end.out, step, "val_error") <= 1);
        assert_true(value_at(end.out, step, "val_loss") > 0);
        assert_true(value_at(end.out, step, "train_loss") > 0);
    }
    assert_null(strstr(end.out, "step=9"));
    const char *last = strstr(end.out, "\ntest_error=");
    assert_non_null(last);
    assert_true(strtod(last + strlen("\ntest_error="), NULL) < 0.05);
    assert_true(value_at(end.out, 8, "val_error") < 0.05);
    assert_contains(end.err, "480 samples to train on, 120 to validate");
    outcome_clear(&end);
}

static void test_the_test_set_is_read_only_when_asked_for(void **state)
{
    char line[LINE_SIZE];
    test_file_write(*state, "t10k-images-idx3-ubyte", "x", 1);
    outcome end = program_run(line_of(*state, line, "--epochs 1"));
    assert_status(&end, 0);
    outcome_clear(&end);
    end = program_run(line_of(*state, line, "--epochs 1 --test"));
    assert_status(&end, 1);
    assert_contains(end.err, "t10k-images-idx3-ubyte: the file ends");
    assert_string_equal(end.out, ""); // before anything is trained
    outcome_clear(&end);
}

static void test_a_table_is_learned(void **state)
{
    char line[LINE_SIZE], text[20000] = "length,colour,kind\n", path[100];
    size_t used = strlen(text);
    for (int i = 0; i < 400; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%s,%s\n", i % 20,
                                 i % 3 ? "red" : "blue",
                                 (i % 20 < 10) == (i % 3 == 0) ? "long one" : "short one");
    test_file_write(*state, "t.csv", text, used);
    snprintf(path, sizeof path, "%s/t.csv", (char *)*state);
    snprintf(line, sizeof line, "--data %s --target kind --units 16 --batch 16 --epochs 20", path);
    outcome end = program_run(line);
    assert_status(&end, 0);
    assert_true(value_at(end.out, 20, "val_error") < 0.05);
    outcome_clear(&end);
}

static void test_columns_left_out_and_tiny_mini_batches_are_noted(void **state)
{
    char line[LINE_SIZE], text[4000] = ",name,size,kind\n", path[100];
    size_t used = strlen(text);
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,name %d,%d,%d\n", i, i, i % 7,
                                 i % 2);
    test_file_write(*state, "t.csv", text, used);
    snprintf(path, sizeof path, "%s/t.csv", (char *)*state);
    snprintf(line, sizeof line, "--data %s --target kind --units 4 --batch 2 --epochs 1", path);
    outcome end = program_run(line);
    assert_status(&end, 0);
    assert_contains(end.err, "column '' is left out: it has no name");
    assert_contains(end.err, "column 'name' is left out: nearly every row has another text");
    assert_contains(end.err, "warning: batch normalisation of mini-batches of 2 trains badly");
    outcome_clear(&end);
}

static void test_without_validation_only_training_metrics_are_reported(void **state)
{
    char line[LINE_SIZE];
    outcome end = program_run(line_of(*state, line, "--epochs 2 --validation 0"));
    assert_status(&end, 0);
    assert_true(value_at(end.out, 2, "train_error") <= 1);
    assert_true(value_at(end.out, 2, "train_loss") > 0);
    assert_null(strstr(end.out, "val_"));
    outcome_clear(&end);
}

static void test_the_same_seed_prints_the_same_and_another_does_not(void **state)
{
    char line[LINE_SIZE];
    line_of(*state, line, "--epochs 2 --dropout 0.2");
    outcome a = program_run(line), b = program_run(line);
    outcome c = program_run(line_of(*state, line, "--epochs 2 --dropout 0.2 --seed 2"));
    assert_status(&a, 0);
    assert_status(&c, 0);
    assert_string_equal(a.out, b.out);
    assert_string_not_equal(a.out, c.out);
    outcome_clear(&a);
    outcome_clear(&b);
    outcome_clear(&c);
}

static void test_every_set_of_kernels_runs(void **state)
{
    static const char *const names[] = {"auto", "basic", "plain"};
    char line[LINE_SIZE];
    for (size_t i = 0; i < 3; i++) {
        outcome end = program_run(line_of(*state, line, "--epochs 6 --kernels %s", names[i]));
        assert_status(&end, 0);
        assert_true(value_at(end.out, 6, "val_error") < 0.1);
        outcome_clear(&end);
    }
    outcome end = program_run(line_of(*state, line, "--kernels quantum"));
    assert_status(&end, 1);
    assert_contains(end.err, "cannot run --kernels quantum; use auto");
    outcome_clear(&end);
}

static void test_reports_can_be_parts_of_an_epoch(void **state)
{
    char line[LINE_SIZE];
    outcome end = program_run(line_of(*state, line, "--epochs 2 --report-every 3"));
    assert_status(&end, 0);
    assert_true(value_at(end.out, 6, "val_error") <= 1);
    assert_null(strstr(end.out, "step=7"));
    outcome_clear(&end);
}

static void assert_ends(const char *line, int status, const char *sentence)
{
    outcome end = program_run(line);
    assert_status(&end, status);
    assert_contains(end.err, sentence);
    assert_string_equal(end.out, "");
    assert_ptr_equal(strchr(end.err, '\n'), end.err + strlen(end.err) - 1); // one line
    outcome_clear(&end);
}

static void test_bad_usage_ends_with_2_and_a_sentence(void **state)
{
    (void)state;
    assert_ends("--bach 3", 2, "caviar-train: there is no option --bach; did you mean --batch?\n");
    assert_ends("--lr -1", 2, "caviar-train: --lr is '-1'; use a number in (0, 1000]\n");
    assert_ends("", 2, "--data is needed");
}

static void test_bad_data_end_with_1_and_a_sentence(void **state)
{
    char line[LINE_SIZE];
    assert_ends("--data /nonexistent", 1, "cannot open /nonexistent: No such file");
    test_file_write(*state, "train-images-idx3-ubyte", "\0\0\x08\x03", 4);
    assert_ends(line_of(*state, line, "--epochs 1"), 1,
                "train-images-idx3-ubyte: the file ends within its header");
}

static void test_help_and_version_go_to_standard_output(void **state)
{
    (void)state;
    outcome end = program_run("--help");
    assert_status(&end, 0);
    assert_contains(end.out, "Usage\n  caviar-train --data DIR");
    assert_contains(end.out, "Examples");
    outcome_clear(&end);
    end = program_run("--version");
    assert_status(&end, 0);
    assert_contains(end.out, caviar_version());
    outcome_clear(&end);
}

// The flags that a text names, each with a blank behind it.
static void list_flags(const char *text, char *ret_flags, size_t room)
{
    size_t used = 0;
    ret_flags[0] = '\0';
    while ((text = strstr(text, "--")) != NULL) {
        size_t size = 2 + strspn(text + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
        char flag[64];
        snprintf(flag, sizeof flag, "%.*s ", (int)size, text);
        text += size;
        if (size > 2 && flag[2] != '-' && !strstr(ret_flags, flag))
            used += (size_t)snprintf(ret_flags + used, room - used, "%s", flag);
        assert_true(used < room);
    }
}

// Both ways: the manual names every flag of the help, and no other.
static void test_the_manual_and_the_help_name_the_same_flags(void **state)
{
    (void)state;
    char in_help[4000], in_manual[4000], all[20000];
    size_t size;
    outcome end = program_run("--help"), predict = program_run("predict --help");
    outcome describe = program_run("describe --help");
    snprintf(all, sizeof all, "%s%s%s", end.out, predict.out, describe.out);
    outcome_clear(&predict);
    outcome_clear(&describe);
    char *manual = test_file_read(getenv("CAVIAR_TRAIN_MANUAL"), &size);
    list_flags(all, in_help, sizeof in_help);
    list_flags(manual, in_manual, sizeof in_manual);
    for (int side = 0; side < 2; side++) {
        const char *flags = side ? in_manual : in_help, *others = side ? in_help : in_manual;
        for (size_t length; *flags; flags += length) {
            char flag[64] = "";
            length = strcspn(flags, " ") + 1; // with its blank
            memcpy(flag, flags, length < sizeof flag ? length : sizeof flag - 1);
            if (!strstr(others, flag))
                fail_msg("%sis in the %s only", flag, side ? "manual" : "help");
        }
    }
    free(manual);
    outcome_clear(&end);
}

static void test_a_loss_that_is_not_finite_is_reported_and_ends_with_1(void **state)
{
    char line[LINE_SIZE];
    outcome end =
        program_run(line_of(*state, line,
                            "--epochs 9 --optimizer sgd --batch-norm off --decay none "
                            "--lr 1000 --l2 1")); // each step multiplies the weights by -999
    assert_status(&end, 1);
    assert_contains(end.out, "val_error=nan val_loss=nan train_loss=nan\n");
    assert_contains(end.err, "the loss is not finite in epoch");
    outcome_clear(&end);
}

// With one mini-batch an epoch it is validation that meets the weights first; its share of errors
// would be a number still.
static void test_a_validation_loss_that_is_not_finite_spoils_the_share_of_errors(void **state)
{
    char line[LINE_SIZE];
    outcome end = program_run(line_of(*state, line,
                                      "--epochs 40 --optimizer sgd --batch-norm off --decay none "
                                      "--lr 1000 --l2 1 --batch 4096"));
    assert_status(&end, 1);
    const char *last = strstr(end.out, "val_loss=nan");
    assert_non_null(last);
    assert_contains(end.out, "val_error=nan val_loss=nan train_loss=nan\n");
    assert_null(strstr(last + 1, "val_loss"));
    outcome_clear(&end);
}

static void test_standard_output_that_is_full_is_an_error(void **state)
{
    char line[LINE_SIZE], script[LINE_SIZE + 100];
    snprintf(script, sizeof script, "exec \"$CAVIAR_TRAIN\" %s >/dev/full 2>/dev/null",
             line_of(*state, line, "--epochs 1"));
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    program at = {.pid = pid};
    test_folder_make(at.folder);
    test_file_write(at.folder, "out", "", 0);
    test_file_write(at.folder, "err", "", 0);
    outcome end = program_wait(&at);
    assert_status(&end, 1);
    outcome_clear(&end);
}

static void test_a_network_is_saved(void **state)
{
    char line[LINE_SIZE], path[100];
    size_t size;
    snprintf(path, sizeof path, "%s/net", (char *)*state);
    outcome end = program_run(line_of(*state, line, "--epochs 1 --save %s", path));
    assert_status(&end, 0);
    char *bytes = test_file_read(path, &size);
    assert_memory_equal(bytes, "CAVTRAIN", 8);
    free(bytes);
    outcome_clear(&end);
    end = program_run(line_of(*state, line, "--epochs 1 --save /nonexistent/net"));
    assert_status(&end, 1);
    assert_contains(end.err, "cannot write /nonexistent/net");
    outcome_clear(&end);
}

// Stopping and going on ---------------------------------------------------------------------------

static size_t count_files(const char *folder, const char *piece)
{
    size_t count = 0;
    DIR *open = opendir(folder);
    assert_non_null(open);
    for (struct dirent *entry; (entry = readdir(open));)
        count += strstr(entry->d_name, piece) != NULL;
    closedir(open);
    return count;
}

static void test_a_trial_keeps_no_checkpoints_where_it_is_told_none(void **state)
{
    char line[LINE_SIZE];
    setenv("CAVIAR_DIR", *state, 1);
    outcome end = program_run(line_of(*state, line, "--epochs 2 --checkpoint none"));
    unsetenv("CAVIAR_DIR");
    assert_status(&end, 0);
    assert_int_equal(count_files(*state, ".checkpoint"), 0);
    outcome_clear(&end);
}

static void test_a_run_goes_on_where_its_checkpoints_end(void **state)
{
    char line[LINE_SIZE], folder[100];
    snprintf(folder, sizeof folder, "%s/deep/checkpoints", (char *)*state);
    outcome whole = program_run(line_of(*state, line, "--decay none --epochs 8"));
    outcome first = program_run(line_of(
        *state, line, "--decay none --epochs 5 --checkpoint %s --checkpoint-keep 3", folder));
    assert_status(&first, 0);
    assert_int_equal(count_files(folder, ".checkpoint"), 3);
    outcome second =
        program_run(line_of(*state, line, "--decay none --epochs 8 --checkpoint %s", folder));
    assert_status(&second, 0);
    assert_contains(second.err, "going on from step 5\n");
    assert_null(strstr(second.out, "step=5"));
    assert_string_equal(second.out, strstr(whole.out, "caviar: step=6"));
    outcome_clear(&whole);
    outcome_clear(&first);
    outcome_clear(&second);
}

static void test_a_damaged_checkpoint_is_passed_over(void **state)
{
    char line[LINE_SIZE], folder[100];
    snprintf(folder, sizeof folder, "%s/checkpoints", (char *)*state);
    line_of(*state, line, "--epochs 3 --checkpoint %s", folder);
    outcome first = program_run(line);
    assert_status(&first, 0);
    test_file_write(folder, "step-000003-update-0000000090.checkpoint", "damaged", 7);
    outcome second = program_run(line);
    assert_status(&second, 0);
    assert_contains(second.err, "warning: ");
    assert_contains(second.err, "going on from step 2\n");
    assert_string_equal(second.out, strstr(first.out, "caviar: step=3"));
    outcome_clear(&first);
    outcome_clear(&second);
}

static void test_a_checkpoint_of_another_network_ends_with_1(void **state)
{
    char line[LINE_SIZE], folder[100];
    snprintf(folder, sizeof folder, "%s/checkpoints", (char *)*state);
    outcome end = program_run(line_of(*state, line, "--epochs 1 --checkpoint %s", folder));
    assert_status(&end, 0);
    outcome_clear(&end);
    end = program_run(line_of(*state, line, "--epochs 1 --layers 3 --checkpoint %s", folder));
    assert_status(&end, 1);
    assert_contains(end.err, "it is of another network");
    outcome_clear(&end);
}

// Joins the lines of two outputs: what came before a signal and what came after it.
static void assert_joined(const char *before, const char *after, const char *whole)
{
    size_t size = strlen(before) + strlen(after) + 1;
    char *both = malloc(size);
    assert_non_null(both);
    snprintf(both, size, "%s%s", before, after);
    assert_string_equal(both, whole);
    free(both);
}

static void check_signal(const char *folder, int number, int status)
{
    char line[LINE_SIZE], checkpoints[100];
    snprintf(checkpoints, sizeof checkpoints, "%s/signal-%d", folder, number);
    outcome whole = program_run(line_of(folder, line, "--epochs 1000 --dropout 0.1"));
    line_of(folder, line, "--epochs 1000 --dropout 0.1 --checkpoint-every 200 --checkpoint %s",
            checkpoints);
    program at = program_start(line, NULL);
    assert_true(program_wait_for(&at, "step=3 "));
    kill(at.pid, number);
    outcome first = program_wait(&at);
    assert_status(&first, status);
    assert_contains(first.err, "ended by signal");
    outcome second = program_run(line);
    assert_status(&second, 0);
    assert_joined(first.out, second.out, whole.out);
    outcome_clear(&whole);
    outcome_clear(&first);
    outcome_clear(&second);
}

static void test_a_signal_ends_it_with_a_checkpoint_from_which_it_goes_on(void **state)
{
    check_signal(*state, SIGTERM, 143);
    check_signal(*state, SIGINT, 130);
}

// Killed at a random moment again and again, it gets to the same end.
static void test_a_run_that_is_killed_again_and_again_comes_to_the_same_end(void **state)
{
    char line[LINE_SIZE], folder[100];
    rng random = {.stream = rng_stream_of(4, RNG_TEST, 0, 0)};
    snprintf(folder, sizeof folder, "%s/checkpoints", (char *)*state);
    outcome whole = program_run(line_of(*state, line, "--epochs 60"));
    line_of(*state, line, "--epochs 60 --checkpoint %s", folder);
    outcome end = {.status = 137};
    int kills = 0;
    for (; end.status == 137 && kills < 100; kills++) {
        outcome_clear(&end);
        program at = program_start(line, NULL);
        long wait_ns = (long)(10000000 + rng_below(&random, 40000000));
        if (kills < 10) {
            nanosleep(&(struct timespec){.tv_nsec = wait_ns}, NULL);
            kill(at.pid, SIGKILL);
        }
        end = program_wait(&at);
    }
    assert_status(&end, 0);
    const char *last = strstr(whole.out, "caviar: step=60 ");
    assert_non_null(last);
    assert_true(end.out[0] == '\0' || strstr(end.out, last)); // or it had ended before
    outcome_clear(&whole);
    outcome_clear(&end);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_each_epoch_is_a_line_and_the_test_error_the_last),
        IN_FOLDER(test_the_test_set_is_read_only_when_asked_for),
        IN_FOLDER(test_a_table_is_learned),
        IN_FOLDER(test_columns_left_out_and_tiny_mini_batches_are_noted),
        IN_FOLDER(test_without_validation_only_training_metrics_are_reported),
        IN_FOLDER(test_the_same_seed_prints_the_same_and_another_does_not),
        IN_FOLDER(test_every_set_of_kernels_runs),
        IN_FOLDER(test_reports_can_be_parts_of_an_epoch),
        cmocka_unit_test(test_bad_usage_ends_with_2_and_a_sentence),
        IN_FOLDER(test_bad_data_end_with_1_and_a_sentence),
        cmocka_unit_test(test_help_and_version_go_to_standard_output),
        cmocka_unit_test(test_the_manual_and_the_help_name_the_same_flags),
        IN_FOLDER(test_a_loss_that_is_not_finite_is_reported_and_ends_with_1),
        IN_FOLDER(test_a_validation_loss_that_is_not_finite_spoils_the_share_of_errors),
        IN_FOLDER(test_standard_output_that_is_full_is_an_error),
        IN_FOLDER(test_a_network_is_saved),
        IN_FOLDER(test_a_trial_keeps_no_checkpoints_where_it_is_told_none),
        IN_FOLDER(test_a_run_goes_on_where_its_checkpoints_end),
        IN_FOLDER(test_a_damaged_checkpoint_is_passed_over),
        IN_FOLDER(test_a_checkpoint_of_another_network_ends_with_1),
        IN_FOLDER(test_a_signal_ends_it_with_a_checkpoint_from_which_it_goes_on),
        IN_FOLDER(test_a_run_that_is_killed_again_and_again_comes_to_the_same_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
