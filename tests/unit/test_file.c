/**
 * test_file.c: files are replaced whole or not at all; folders come and go without following
 * symbolic links.
 */
#include "support/test.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// Each test works in a folder of its own, which *state points to.
static int enter(void **state)
{
    char *folder = strdup("/tmp/caviar-file-XXXXXX");
    *state = folder;
    return !folder || !mkdtemp(folder) || chdir(folder);
}

static int leave(void **state)
{
    cav_error error = {0};
    int failed = chdir("/") || cav_folder_remove(*state, &error);
    free(*state);
    return failed;
}

static void assert_content(const char *path, const char *content)
{
    cav_error error = {0};
    cav_text text = {0};
    assert_ok(cav_file_read(path, 1 << 20, &text, &error), &error);
    assert_string_equal(cav_text_get(&text), content);
    cav_text_free(&text);
}

static void write_file(const char *path, const char *content)
{
    cav_error error = {0};
    assert_ok(cav_file_replace(path, content, strlen(content), &error), &error);
}

static size_t count_entries(const char *folder)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(entries);
    return count;
}

static void test_a_file_is_read_as_it_is(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_text text = {0};
    cav_text_append(&text, "before ");
    static char large[100000];
    memset(large, 'x', sizeof large);
    large[500] = '\0';
    assert_ok(cav_file_replace("large", large, sizeof large, &error), &error);
    assert_ok(cav_file_read("large", sizeof large, &text, &error), &error); // is appended
    assert_int_equal(text.size, 7 + sizeof large);
    assert_memory_equal(text.data + 7, large, sizeof large);
    cav_text_free(&text);
    write_file("empty", "");
    assert_content("empty", "");
}

static void test_what_cannot_be_read_is_told(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_text text = {0};
    assert_int_equal(cav_file_read("none", 10, &text, &error), CAVIAR_NOT_FOUND);
    assert_int_equal(error.code, CAVIAR_NOT_FOUND);
    assert_string_equal(error.message, "cannot open none: No such file or directory");
    assert_int_equal(cav_file_read("none", 10, &text, NULL), CAVIAR_NOT_FOUND);
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_int_equal(cav_file_read("folder", 10, &text, &error), CAVIAR_INVALID);
    assert_string_equal(error.message, "folder is a folder, not a file");
    write_file("file", "12345678901");
    assert_int_equal(cav_file_read("file", 10, &text, &error), CAVIAR_INVALID);
    assert_string_equal(error.message, "file is larger than 10 bytes");
    assert_int_equal(cav_file_read("/dev/zero", 1000000, &text, &error), CAVIAR_INVALID);
    assert_contains(error.message, "larger than 1000000 bytes");
    assert_int_equal(cav_file_read("file/under", 10, &text, &error), CAVIAR_IO);
    cav_text_free(&text);
}

static void test_replacing_leaves_the_new_content_and_nothing_else(void **state)
{
    write_file("file", "old and longer");
    write_file("file", "new");
    assert_content("file", "new");
    assert_int_equal(count_entries(*state), 1);
}

static void test_a_failed_write_leaves_the_old_file(void **state)
{
    static char large[100000];
    write_file("file", "old");
    struct rlimit limit, before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){.rlim_cur = 4096, .rlim_max = before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN); // so that the write fails instead
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cav_error error = {0};
    caviar_code code = cav_file_replace("file", large, sizeof large, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(code, CAVIAR_IO);
    assert_string_equal(error.message, "cannot write file: File too large");
    assert_content("file", "old");
    assert_int_equal(count_entries(*state), 1);
}

static void test_a_failed_rename_leaves_no_draft(void **state)
{
    cav_error error = {0};
    assert_int_equal(mkdir("taken", 0755), 0);
    write_file("taken/x", "");
    assert_int_equal(cav_file_replace("taken", "a", 1, &error), CAVIAR_IO);
    assert_contains(error.message, "cannot write taken: ");
    assert_int_equal(count_entries(*state), 1);
    assert_int_equal(cav_file_replace("no/folder", "a", 1, &error), CAVIAR_IO);
    assert_string_equal(error.message, "cannot write no/folder: No such file or directory");
}

static void test_a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    static char path[5000];
    memset(path, 'x', sizeof path - 1);
    cav_error error = {0};
    assert_int_equal(cav_file_replace(path, "a", 1, &error), CAVIAR_IO);
    assert_contains(error.message, "cannot write xxx");
    assert_int_equal(cav_folder_make(path, &error), CAVIAR_INVALID);
    assert_int_equal(cav_folder_make("", &error), CAVIAR_INVALID);
}

static void test_a_link_is_replaced_not_written_through(void **state)
{
    (void)state;
    write_file("target", "untouched");
    assert_int_equal(symlink("target", "link"), 0);
    write_file("link", "new");
    assert_content("link", "new");
    assert_content("target", "untouched");
    struct stat about;
    assert_true(lstat("link", &about) == 0 && S_ISREG(about.st_mode));
    // nor may somebody's link in the place of the draft lead anywhere
    char draft[64];
    snprintf(draft, sizeof draft, "other.%ld.tmp", (long)getpid());
    assert_int_equal(symlink("target", draft), 0);
    cav_error error = {0};
    assert_int_equal(cav_file_replace("other", "evil", 4, &error), CAVIAR_IO);
    assert_content("target", "untouched");
}

static void test_folders_are_made_with_those_above(void **state)
{
    (void)state;
    static const char *const paths[] = {"a", "a/b/c", "a/b/c", "d/e/", "./f//g", "."};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        cav_error error = {0};
        struct stat about;
        assert_ok(cav_folder_make(paths[i], &error), &error);
        assert_true(stat(paths[i], &about) == 0 && S_ISDIR(about.st_mode));
    }
    char absolute[200];
    snprintf(absolute, sizeof absolute, "%s/h/i", (const char *)*state);
    cav_error error = {0};
    assert_ok(cav_folder_make(absolute, &error), &error);
    assert_ok(cav_folder_make("/", &error), &error);
}

static void test_a_file_in_the_way_of_a_folder_is_an_error(void **state)
{
    (void)state;
    cav_error error = {0};
    write_file("file", "");
    assert_int_equal(cav_folder_make("file", &error), CAVIAR_IO);
    assert_string_equal(error.message, "cannot make the folder file: File exists");
    assert_int_equal(cav_folder_make("file/below", &error), CAVIAR_IO);
    assert_contains(error.message, "cannot make the folder file");
    // a link to a folder is as good as a folder
    assert_ok(cav_folder_make("real", &error), &error);
    assert_int_equal(symlink("real", "link"), 0);
    assert_ok(cav_folder_make("link", &error), &error);
    assert_ok(cav_folder_make("link/below", &error), &error);
    assert_int_equal(access("real/below", F_OK), 0);
}

static void test_folders_are_removed_with_what_is_in_them_and_no_more(void **state)
{
    (void)state;
    cav_error error = {0};
    assert_ok(cav_folder_make("keep/below", &error), &error);
    write_file("keep/file", "kept");
    assert_ok(cav_folder_make("go/a/b", &error), &error);
    write_file("go/a/file", "");
    assert_int_equal(symlink("../keep", "go/link"), 0);
    assert_int_equal(symlink("nowhere", "go/dangling"), 0);
    assert_int_equal(mkfifo("go/pipe", 0644), 0);
    assert_ok(cav_folder_remove("go", &error), &error);
    assert_int_equal(access("go", F_OK), -1);
    assert_content("keep/file", "kept");
    assert_int_equal(access("keep/below", F_OK), 0);
    // given a link, only the link goes
    assert_int_equal(symlink("keep", "link"), 0);
    assert_ok(cav_folder_remove("link", &error), &error);
    assert_content("keep/file", "kept");
}

// True if the call succeeds and the folder is gone when it returns.
static void *remove_many(void *ret_gone)
{
    cav_error error = {0};
    bool fine = cav_folder_remove("many", &error) == CAVIAR_OK;
    *(bool *)ret_gone = fine && access("many", F_OK) == -1;
    return NULL;
}

static void test_two_may_remove_the_same_folder(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        cav_error error = {0};
        assert_ok(cav_folder_make("many", &error), &error);
        for (int i = 0; i < 200; i++) {
            char path[32];
            snprintf(path, sizeof path, "many/%d", i);
            assert_int_equal(close(open(path, O_WRONLY | O_CREAT, 0644)), 0);
        }
        pthread_t other;
        bool here = false, there = false;
        assert_int_equal(pthread_create(&other, NULL, remove_many, &there), 0);
        remove_many(&here);
        pthread_join(other, NULL);
        assert_true(here && there);
    }
}

static void test_removing_what_is_not_there_is_no_error(void **state)
{
    (void)state;
    cav_error error = {0};
    assert_ok(cav_folder_remove("none", &error), &error);
    assert_ok(cav_folder_remove("none/below", &error), &error);
}

static void test_a_folder_that_cannot_be_removed_is_told(void **state)
{
    (void)state;
    cav_error error = {0};
    assert_int_equal(cav_folder_remove("/proc/self/task", &error), CAVIAR_IO);
    assert_contains(error.message, "cannot remove /proc/self/task: ");
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_a_file_is_read_as_it_is),
        IN_FOLDER(test_what_cannot_be_read_is_told),
        IN_FOLDER(test_replacing_leaves_the_new_content_and_nothing_else),
        IN_FOLDER(test_a_failed_write_leaves_the_old_file),
        IN_FOLDER(test_a_failed_rename_leaves_no_draft),
        IN_FOLDER(test_a_path_that_is_too_long_is_refused),
        IN_FOLDER(test_a_link_is_replaced_not_written_through),
        IN_FOLDER(test_folders_are_made_with_those_above),
        IN_FOLDER(test_a_file_in_the_way_of_a_folder_is_an_error),
        IN_FOLDER(test_folders_are_removed_with_what_is_in_them_and_no_more),
        IN_FOLDER(test_two_may_remove_the_same_folder),
        IN_FOLDER(test_removing_what_is_not_there_is_no_error),
        IN_FOLDER(test_a_folder_that_cannot_be_removed_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
