/**
 * fake_tuner.c: a server of one connection.
 */
#include "support/fake_tuner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Reads lines and answers each, until the trial or an empty answer ends it.
static void serve(fake_tuner *at, FILE *from, int fd)
{
    char *line = NULL;
    size_t capacity = 0, given = 0;
    while (at->line_count < FAKE_TUNER_MOST_LINES && getline(&line, &capacity, from) > 0) {
        at->lines[at->line_count++] = strdup(line);
        const char *answer = at->answers[given];
        if (at->answers[given + 1])
            given++;
        if (!*answer || dprintf(fd, "%s\n", answer) < 0)
            break;
    }
    free(line);
}

static void *run(void *opaque)
{
    fake_tuner *at = opaque;
    int fd = accept(at->listener, NULL, NULL);
    FILE *from = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (from) {
        serve(at, from, fd);
        fclose(from);
    }
    return NULL;
}

void fake_tuner_start(fake_tuner *at, const char *folder, const char *const *answers)
{
    *at = (fake_tuner){.answers = answers};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    snprintf(at->setting, sizeof at->setting, "CAVIAR_SOCKET=%s", address.sun_path);
    unlink(address.sun_path);
    at->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(at->listener >= 0);
    assert_int_equal(bind(at->listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(at->listener, 1), 0);
    assert_int_equal(pthread_create(&at->thread, NULL, run, at), 0);
}

void fake_tuner_join(fake_tuner *at)
{
    shutdown(at->listener, SHUT_RDWR); // one that no trial came to would wait for ever
    pthread_join(at->thread, NULL);
    close(at->listener);
}

void fake_tuner_clear(fake_tuner *at)
{
    for (size_t i = 0; i < at->line_count; i++)
        free(at->lines[i]);
    at->line_count = 0;
}
