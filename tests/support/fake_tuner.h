/**
 * fake_tuner.h: the tuner's side of the trial protocol (docs/trial-protocol.md) with answers that
 * are written down beforehand, in a thread of the test.
 */
#ifndef CAV_TESTS_SUPPORT_FAKE_TUNER_H
#define CAV_TESTS_SUPPORT_FAKE_TUNER_H

#include "support/test.h"

#include <pthread.h>

enum { FAKE_TUNER_MOST_LINES = 64 };

typedef struct fake_tuner {
    char setting[128]; // "CAVIAR_SOCKET=PATH" for the environment of the trial
    const char *const
        *answers; // to the messages, in order, ended by NULL; the last is for the rest
    char *lines[FAKE_TUNER_MOST_LINES]; // [line_count] that the trial sent
    size_t line_count;
    int listener;
    pthread_t thread;
} fake_tuner;

/**
 * Listens at a socket in `folder`, and answers one trial. Where an answer is empty, the connection
 * is closed instead.
 */
void fake_tuner_start(fake_tuner *at, const char *folder, const char *const *answers);

/** Waits until the trial has left; its lines can then be read. */
void fake_tuner_join(fake_tuner *at);
void fake_tuner_clear(fake_tuner *at);

#endif
