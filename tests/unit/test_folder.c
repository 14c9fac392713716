/**
 * test_folder.c: where trials keep their files.
 */
#include "support/test.h"

#include "support/literal.h"
#include "support/scratch.h"

#include "base/json.h"
#include "base/memory.h"
#include "run/folder.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_folder(const scratch *at, const char *location, const char *expected)
{
    cav_error error = {0};
    char whole[2 * SCRATCH_SIZE];
    char *folder = cav_folder_of_study(location, "mnist", &error);
    if (!folder)
        fail_msg("%s: %s", location, error.message);
    snprintf(whole, sizeof whole, "%s/%s", at->folder, expected);
    assert_string_equal(folder, whole);
    free(folder);
}

static void test_the_folder_stands_beside_the_store_whatever_its_path_is_called(void **state)
{
    (void)state;
    char before[4096], location[4 * SCRATCH_SIZE];
    scratch at = scratch_new();
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(scratch_path(&at, "a.db"), 0755), 0);
    assert_int_equal(symlink("a.db", scratch_path(&at, "link")), 0);
    assert_int_equal(chdir(at.folder), 0);
    expect_folder(&at, "caviar.db", "caviar.trials/mnist");
    expect_folder(&at, "./caviar.db", "caviar.trials/mnist");
    expect_folder(&at, "a.db/../caviar.db", "caviar.trials/mnist");
    expect_folder(&at, "team", "team.trials/mnist");
    expect_folder(&at, "a.db/team", "a.db/team.trials/mnist");
    expect_folder(&at, "link/x.db", "a.db/x.trials/mnist");
    expect_folder(&at, "x.db.db", "x.db.trials/mnist");
    expect_folder(&at, "sqlite:///caviar.db", "caviar.trials/mnist");
    expect_folder(&at, "sqlite:caviar.db", "caviar.trials/mnist");
    expect_folder(&at, "postgresql://me:secret@db/caviar", "caviar.trials/mnist");
    expect_folder(&at, "a.db/", "a.db/mnist"); // a folder that was named itself
    expect_folder(&at, "link/", "a.db/mnist");
    snprintf(location, sizeof location, "sqlite:///%s", scratch_path(&at, "caviar.db"));
    expect_folder(&at, location, "caviar.trials/mnist");
    assert_int_equal(chdir(before), 0);
    scratch_remove(&at);
}

static void test_a_store_at_the_root_has_its_folder_there(void **state)
{
    (void)state;
    char *folder = cav_folder_of_study("/x.db", "mnist", NULL);
    assert_string_equal(folder, "/x.trials/mnist");
    free(folder);
}

static void test_a_store_in_no_folder_is_an_error(void **state)
{
    (void)state;
    cav_error error;
    assert_null(cav_folder_of_study("/no/such/folder/x.db", "mnist", &error));
    assert_contains(error.message, "/no/such/folder");
}

static caviar_trial *trial_of(const char *word)
{
    caviar_trial *trial = cav_trial_new(6, 0);
    assert_non_null(trial);
    assert_true(cav_trial_set(trial, 0, "lr", &(caviar_value)REAL(1.0 / 3)));
    assert_true(cav_trial_set(trial, 1, "whole", &(caviar_value)REAL(3)));
    assert_true(cav_trial_set(trial, 2, "units", &(caviar_value)WHOLE(-9007199254740992)));
    assert_true(cav_trial_set(trial, 3, "act", &(caviar_value)TEXT(word)));
    assert_true(cav_trial_set(trial, 4, "nesterov", &(caviar_value)TRUTH(false)));
    assert_true(cav_trial_set(trial, 5, "beta", &(caviar_value){0}));
    return trial;
}

static json_t *read_params(scratch *at)
{
    cav_error error;
    cav_text text = {0};
    json_t *json = NULL;
    assert_ok(cav_file_read(scratch_path(at, "a/b/7/params.json"), 1 << 16, &text, &error), &error);
    assert_ok(cav_json_parse(text.data, text.size, &json, &error), &error);
    assert_int_equal(text.data[text.size - 1], '\n');
    cav_text_free(&text);
    return json;
}

static void test_params_have_each_value_with_its_type_and_no_inactive_one(void **state)
{
    (void)state;
    static const char *const words[] = {"relu", "", "a \"b\" \\ \n\t $HOME 'c'", "学习率", "\x01"};
    scratch at = scratch_new();
    for (size_t i = 0; i < CAV_COUNT_OF(words); i++) {
        cav_error error;
        caviar_trial *trial = trial_of(words[i]);
        assert_ok(cav_folder_prepare(scratch_path(&at, "a/b/7"), trial, &error), &error);
        json_t *params = read_params(&at);
        assert_int_equal(json_object_size(params), 5);
        assert_true(json_real_value(json_object_get(params, "lr")) == 1.0 / 3);
        assert_true(json_is_real(json_object_get(params, "whole")));
        assert_true(json_integer_value(json_object_get(params, "units")) == -9007199254740992);
        assert_string_equal(json_string_value(json_object_get(params, "act")), words[i]);
        assert_true(json_is_false(json_object_get(params, "nesterov")));
        json_decref(params);
        caviar_trial_free(trial);
    }
    scratch_remove(&at);
}

static void test_a_folder_that_cannot_be_made_is_named(void **state)
{
    (void)state;
    cav_error error;
    scratch at = scratch_new();
    caviar_trial *trial = trial_of("relu");
    FILE *file = fopen(scratch_path(&at, "file"), "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(cav_folder_prepare(scratch_path(&at, "file/7"), trial, &error), CAVIAR_IO);
    assert_contains(error.message, "cannot make the folder");
    assert_contains(error.message, scratch_path(&at, "file"));
    caviar_trial_free(trial);
    scratch_remove(&at);
}

static void test_params_are_no_way_to_write_elsewhere(void **state)
{
    (void)state;
    cav_error error;
    scratch at = scratch_new();
    caviar_trial *trial = trial_of("relu");
    assert_int_equal(symlink("elsewhere", scratch_path(&at, "params.json")), 0);
    assert_int_equal(cav_folder_prepare(at.folder, trial, &error), CAVIAR_IO);
    assert_int_equal(access(scratch_path(&at, "elsewhere"), F_OK), -1);
    caviar_trial_free(trial);
    scratch_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_folder_stands_beside_the_store_whatever_its_path_is_called),
        cmocka_unit_test(test_a_store_at_the_root_has_its_folder_there),
        cmocka_unit_test(test_a_store_in_no_folder_is_an_error),
        cmocka_unit_test(test_params_have_each_value_with_its_type_and_no_inactive_one),
        cmocka_unit_test(test_a_folder_that_cannot_be_made_is_named),
        cmocka_unit_test(test_params_are_no_way_to_write_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
