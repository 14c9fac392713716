/**
 * test_log.c: logfmt lines: levels, quoting, one event a line whatever the values are.
 */
#include "support/test.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"

static void collect(void *sink, const char *line)
{
    cav_text_append(sink, line);
}

typedef struct test_journal {
    cav_manual_clock clock;
    cav_text text;
    cav_log log;
} test_journal;

static void start(test_journal *ret, cav_log_level level)
{
    *ret = (test_journal){.clock = cav_manual_clock_at(1795442627000)}; // 2026-11-23 14:03:47 UTC
    ret->log =
        (cav_log){.level = level, .clock = &ret->clock.clock, .write = collect, .sink = &ret->text};
}

static void test_an_event_is_one_line_of_pairs(void **state)
{
    (void)state;
    test_journal journal;
    start(&journal, CAV_LOG_INFO);
    cav_log_event(&journal.log, CAV_LOG_INFO, "trial-started", "trial", "7", "lr", "0.01", NULL);
    journal.clock.now_ms += 1500;
    cav_log_event(&journal.log, CAV_LOG_ERROR, "lost", NULL);
    assert_string_equal(journal.text.data,
                        "time=2026-11-23T14:03:47Z level=info event=trial-started trial=7 lr=0.01\n"
                        "time=2026-11-23T14:03:48Z level=error event=lost\n");
    cav_text_free(&journal.text);
}

static void test_values_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "v=plain\n"},
        {"", "v=\"\"\n"},
        {"two words", "v=\"two words\"\n"},
        {"a=b", "v=\"a=b\"\n"},
        {"say \"hi\"", "v=\"say \\\"hi\\\"\"\n"},
        {"back\\slash", "v=\"back\\\\slash\"\n"},
        {"line\nbreak", "v=\"line\\x0abreak\"\n"},
        {"\x1b[31mred", "v=\"\\x1b[31mred\"\n"},
        {"del\x7f", "v=\"del\\x7f\"\n"},
        {"gr\xc3\xbcn", "v=gr\xc3\xbcn\n"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        test_journal journal;
        start(&journal, CAV_LOG_DEBUG);
        cav_log_event(&journal.log, CAV_LOG_DEBUG, "e", "v", cases[i][0], NULL);
        assert_contains(journal.text.data, cases[i][1]);
        assert_true(strchr(journal.text.data, '\n') == journal.text.data + journal.text.size - 1);
        cav_text_free(&journal.text);
    }
}

static void test_what_is_less_important_than_the_level_is_dropped(void **state)
{
    (void)state;
    for (int level = CAV_LOG_ERROR; level <= CAV_LOG_DEBUG; level++) {
        test_journal journal;
        start(&journal, (cav_log_level)level);
        for (int event = CAV_LOG_ERROR; event <= CAV_LOG_DEBUG; event++) {
            cav_text_clear(&journal.text);
            cav_log_event(&journal.log, (cav_log_level)event, "e", NULL);
            assert_int_equal(journal.text.size > 0, event <= level);
        }
        cav_text_free(&journal.text);
    }
}

static void test_no_log_swallows_everything(void **state)
{
    (void)state;
    cav_log_event(NULL, CAV_LOG_ERROR, "e", "k", "v", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_is_one_line_of_pairs),
        cmocka_unit_test(test_values_are_quoted_where_they_must_be),
        cmocka_unit_test(test_what_is_less_important_than_the_level_is_dropped),
        cmocka_unit_test(test_no_log_swallows_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
