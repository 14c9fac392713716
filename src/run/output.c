/**
 * output.c: lines, a bounded file, a ring.
 */
#include "run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void hand_on(cav_lines *lines)
{
    lines->line[lines->size] = '\0';
    lines->handle(lines->context, lines->line);
    lines->size = 0;
}

void cav_lines_take(cav_lines *lines, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        // a return alone ends a line, too: a progress bar writes over itself
        if (data[i] == '\n' || lines->has_return)
            hand_on(lines);
        lines->has_return = data[i] == '\r';
        if (data[i] != '\n' && data[i] != '\r' && lines->size < CAV_OUTPUT_LINE - 1)
            lines->line[lines->size++] = data[i] ? data[i] : ' ';
    }
}

void cav_lines_end(cav_lines *lines)
{
    if (lines->size > 0)
        hand_on(lines);
}

caviar_code cav_output_open(cav_output *output, const char *path, bool append, cav_error *error)
{
    *output = (cav_output){.fd = -1};
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (append ? O_APPEND : O_TRUNC);
    output->fd = open(path, flags, 0644);
    return output->fd < 0 ? cav_fail_errno(error, errno, "cannot write %s", path) : CAVIAR_OK;
}

static void write_file(cav_output *output, const char *data, size_t size)
{
    size_t room = CAV_OUTPUT_FILE - output->written;
    size_t most = output->fd < 0 ? 0 : size < room ? size : room;
    size_t put = 0;
    while (put < most) {
        ssize_t got = write(output->fd, data + put, most - put);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        put += (size_t)got;
    }
    output->written += put;
    output->dropped += size - put;
}

void cav_output_take(cav_output *output, const char *data, size_t size)
{
    write_file(output, data, size);
    if (size > CAV_OUTPUT_TAIL) {
        output->tail_size += size - CAV_OUTPUT_TAIL;
        data += size - CAV_OUTPUT_TAIL;
        size = CAV_OUTPUT_TAIL;
    }
    size_t at = output->tail_size % CAV_OUTPUT_TAIL;
    size_t first = size < CAV_OUTPUT_TAIL - at ? size : CAV_OUTPUT_TAIL - at;
    memcpy(output->tail + at, data, first);
    memcpy(output->tail, data + first, size - first);
    output->tail_size += size;
}

void cav_output_close(cav_output *output)
{
    if (output->fd < 0)
        return;
    if (output->dropped > 0)
        dprintf(output->fd, "\n[%zu more bytes were not kept]\n", output->dropped);
    close(output->fd);
    output->fd = -1;
}

// A control character, also the C1 ones of UTF-8, which some terminals obey.
static bool is_control(const unsigned char *c, size_t length)
{
    bool c0 = length == 1 && (*c < 0x20 || *c == 0x7f) && *c != '\n' && *c != '\t';
    return c0 || (length == 2 && c[0] == 0xc2 && c[1] < 0xa0);
}

static void append_clean(cav_text *text, const char *data, size_t size)
{
    char copy[CAV_OUTPUT_TAIL + 1];
    memcpy(copy, data, size);
    copy[size] = '\0';
    for (size_t i = 0; i < size;) {
        size_t length = cav_utf8_length(copy + i);
        if (length == 0 || is_control((const unsigned char *)copy + i, length))
            cav_text_append(text, "?");
        else
            cav_text_append_size(text, copy + i, length);
        i += length ? length : 1;
    }
}

void cav_output_tail(const cav_output *output, size_t most, cav_text *text)
{
    char straight[CAV_OUTPUT_TAIL];
    size_t kept = output->tail_size < CAV_OUTPUT_TAIL ? output->tail_size : CAV_OUTPUT_TAIL;
    size_t size = kept < most ? kept : most;
    for (size_t i = 0; i < size; i++)
        straight[i] = output->tail[(output->tail_size - size + i) % CAV_OUTPUT_TAIL];
    const char *from = straight;
    if (size < output->tail_size) { // cut: begin with a whole line, if there is one
        const char *newline = memchr(straight, '\n', size);
        if (newline && newline + 1 < straight + size)
            from = newline + 1;
    }
    append_clean(text, from, size - (size_t)(from - straight));
}
