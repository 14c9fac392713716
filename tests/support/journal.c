/**
 * journal.c: lines such as "r 12 1 0x1p-3"; hexadecimal keeps a value to the bit.
 */
#include "support/journal.h"

#include "support/test.h"

#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int journal_open(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

int journal_write(int journal, journal_entry entry)
{
    char line[100];
    int size = snprintf(line, sizeof line, "%c %" PRId64 " %" PRId64 " %a\n", entry.what,
                        entry.number, entry.attempt, entry.value);
    return write(journal, line, (size_t)size) == size ? 0 : -1;
}

journal_entry *journal_read(const char *path, size_t *ret_count)
{
    cav_text text = {0};
    cav_error error = {0};
    journal_entry *entries = NULL;
    size_t count = 0, capacity = 0;
    assert_ok(cav_file_read(path, 1 << 26, &text, &error), &error);
    for (const char *line = cav_text_get(&text); *line; line = strchr(line, '\n') + 1) {
        journal_entry entry;
        assert_int_equal(sscanf(line, "%c %" SCNd64 " %" SCNd64 " %la", &entry.what, &entry.number,
                                &entry.attempt, &entry.value),
                         4);
        assert_true(CAV_GROW(&entries, &capacity, count + 1));
        entries[count++] = entry;
        assert_non_null(strchr(line, '\n'));
    }
    cav_text_free(&text);
    *ret_count = count;
    return entries;
}
