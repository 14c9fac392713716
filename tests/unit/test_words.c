/**
 * test_words.c: command lines as words, held against what sh makes of them.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "config/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct split {
    cav_arena *arena;
    const char *const *words;
    size_t count;
    cav_error error;
    caviar_code code;
} split;

static split split_line(const char *line)
{
    split at = {.arena = cav_arena_new()};
    at.code = cav_words_split(at.arena, line, &at.words, &at.count, &at.error);
    return at;
}

static void expect_words(const char *line, const char *const *words, size_t count)
{
    split at = split_line(line);
    assert_ok(at.code, &at.error);
    if (at.count != count)
        fail_msg("'%s' has %zu words", line, at.count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(at.words[i], words[i]);
    cav_arena_free(at.arena);
}

#define EXPECT_WORDS(line, ...)                                                                    \
    expect_words((line), (const char *const[]){__VA_ARGS__},                                       \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void test_blanks_part_words_and_quotes_keep_them_together(void **state)
{
    (void)state;
    expect_words("", NULL, 0);
    expect_words(" \t\n", NULL, 0);
    EXPECT_WORDS("train --lr {lr}", "train", "--lr", "{lr}");
    EXPECT_WORDS("  train\t--lr\n{lr}  ", "train", "--lr", "{lr}");
    EXPECT_WORDS("a 'b c' \"d e\"", "a", "b c", "d e");
    EXPECT_WORDS("a'b 'c\" d\"e", "ab c de");
    EXPECT_WORDS("'' \"\" x", "", "", "x");
    EXPECT_WORDS("a\\ b \\\\ \\'", "a b", "\\", "'");
    EXPECT_WORDS("\"a\\\"b\\\\c\\d\\$\"", "a\"b\\c\\d$");
    EXPECT_WORDS("'|&;<>()$`*?~#'", "|&;<>()$`*?~#");
    EXPECT_WORDS("a~b a#b =x", "a~b", "a#b", "=x");
}

// As people write them in a block of YAML.
static void test_a_backslash_at_the_end_of_a_line_goes_on(void **state)
{
    (void)state;
    EXPECT_WORDS("train --lr {lr} \\\n   --units {units}", "train", "--lr", "{lr}", "--units",
                 "{units}");
    EXPECT_WORDS("tr\\\nain", "train");
    EXPECT_WORDS("\"a\\\nb\"", "ab");
    EXPECT_WORDS("'a\\\nb'", "a\\\nb");
    EXPECT_WORDS("a\nb", "a", "b"); // a line break alone is a blank
}

static void test_what_needs_a_shell_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"a | b", "a > f",   "a < f",  "a & b",   "a; b",    "(a)",
                                        "a $b",  "a `b`",   "\"$a\"", "\"`a`\"", "a *.csv", "a b?",
                                        "~/a",   "a ~root", "a # b",  "#a"};
    for (size_t i = 0; i < CAV_COUNT_OF(lines); i++) {
        split at = split_line(lines[i]);
        if (at.code != CAVIAR_INVALID)
            fail_msg("'%s' is taken", lines[i]);
        assert_contains(at.error.message, "would need a shell, and none is run; put it between");
        cav_arena_free(at.arena);
    }
    split at = split_line("a && b");
    assert_contains(at.error.message, "command: '&' would need a shell");
    cav_arena_free(at.arena);
}

static void test_what_is_never_closed_is_refused(void **state)
{
    (void)state;
    static const char *const lines[][2] = {{"a 'b", "command: a ' is never closed"},
                                           {"a \"b", "command: a \" is never closed"},
                                           {"a \"b\\\"", "command: a \" is never closed"},
                                           {"a \\", "command: ends with a backslash"}};
    for (size_t i = 0; i < CAV_COUNT_OF(lines); i++) {
        split at = split_line(lines[i][0]);
        assert_int_equal(at.code, CAVIAR_INVALID);
        assert_string_equal(at.error.message, lines[i][1]);
        cav_arena_free(at.arena);
    }
}

// What sh makes of a line: its words, each ended by a NUL. False if sh did not take it.
static bool ask_sh(const char *line, cav_text *ret_words)
{
    char command[1024];
    snprintf(command, sizeof command, "set -f; printf '%%s\\0' %s", line);
    int out[2];
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    char part[512];
    for (ssize_t size; (size = read(out[0], part, sizeof part)) > 0;)
        cav_text_append_size(ret_words, part, (size_t)size);
    close(out[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum { LINE_SIZE = 512 };

static void random_line(cav_random *random, char *ret_line)
{
    static const char *const pieces[] = {
        "a",    "b",   " ",        "  ",   "\t", "'",  "'",     "\"",      "\"",
        "\\",   "\\ ", "x y",      "{lr}", "=",  "--", "'c d'", "\"e f\"", "\\\\",
        "\\\"", "%s",  "\xc3\xa9", "!",    "~",  ".",  "\\\n"};
    ret_line[0] = '\0';
    uint64_t count = 1 + cav_random_below(random, 12);
    for (uint64_t i = 0; i < count; i++) {
        const char *piece = pieces[cav_random_below(random, CAV_COUNT_OF(pieces))];
        size_t size = strlen(ret_line);
        bool escaped = size > 0 && ret_line[size - 1] == '\\';
        if (!escaped || !strchr(piece, '\n')) // a line break that counts would end sh's command
            snprintf(ret_line + size, LINE_SIZE - size, "%s", piece);
    }
}

static void test_random_lines_are_split_as_sh_splits_them(void **state)
{
    (void)state;
    uint64_t seed = 31415;
    print_message("# seed %llu\n", (unsigned long long)seed);
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
    int compared = 0;
    for (int i = 0; i < 500; i++) {
        char line[LINE_SIZE];
        random_line(&random, line);
        split at = split_line(line);
        cav_text theirs = {0}, ours = {0};
        bool taken = ask_sh(line, &theirs);
        for (size_t word = 0; word < at.count; word++)
            cav_text_append_size(&ours, at.words[word], strlen(at.words[word]) + 1);
        if (at.code == CAVIAR_OK && at.count > 0) {
            if (!taken || ours.size != theirs.size || memcmp(ours.data, theirs.data, ours.size))
                fail_msg("line %d: <%s>", i, line);
            compared++;
        }
        if (at.code == CAVIAR_INVALID && taken && !strchr(line, '~') && !strstr(line, "\\\n"))
            assert_contains(at.error.message, "backslash"); // which sh leaves as it is at the end
        cav_text_free(&theirs);
        cav_text_free(&ours);
        cav_arena_free(at.arena);
    }
    assert_true(compared > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks_part_words_and_quotes_keep_them_together),
        cmocka_unit_test(test_a_backslash_at_the_end_of_a_line_goes_on),
        cmocka_unit_test(test_what_needs_a_shell_is_refused),
        cmocka_unit_test(test_what_is_never_closed_is_refused),
        cmocka_unit_test(test_random_lines_are_split_as_sh_splits_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
