/**
 * literal.h: short ways to write values and parameters in tables of cases.
 */
#ifndef CAV_TESTS_SUPPORT_LITERAL_H
#define CAV_TESTS_SUPPORT_LITERAL_H

#include "caviar.h"

// Initialisers of a caviar_value.
#define TEXT(word)                                                                                 \
    {                                                                                              \
        .kind = CAVIAR_KIND_TEXT, .text = (word)                                                   \
    }
#define WHOLE(number)                                                                              \
    {                                                                                              \
        .kind = CAVIAR_KIND_INT, .integer = (number)                                               \
    }
#define REAL(number)                                                                               \
    {                                                                                              \
        .kind = CAVIAR_KIND_REAL, .real = (number)                                                 \
    }
#define TRUTH(is)                                                                                  \
    {                                                                                              \
        .kind = CAVIAR_KIND_BOOL, .truth = (is)                                                    \
    }

#define INT CAVIAR_TYPE_INT
#define CATEGORICAL CAVIAR_TYPE_CATEGORICAL
#define ORDINAL CAVIAR_TYPE_ORDINAL
#define CONSTANT CAVIAR_TYPE_CONSTANT
#define LOG CAVIAR_SCALE_LOG
#define REVERSE_LOG CAVIAR_SCALE_REVERSE_LOG
#define LOGIT CAVIAR_SCALE_LOGIT

/** An array in the place of a pointer: LIST(double, {0, 1}). */
#define LIST(type, ...) (const type[]) __VA_ARGS__

/** Two members: .choices and how many there are: CHOICES(TEXT("a"), TEXT("b")). */
#define CHOICES(...)                                                                               \
    .choices = LIST(caviar_value, {__VA_ARGS__}),                                                  \
    .choice_count = sizeof(LIST(caviar_value, {__VA_ARGS__})) / sizeof(caviar_value)

/** The same for .specials and .when. */
#define SPECIALS(...)                                                                              \
    .specials = LIST(double, {__VA_ARGS__}),                                                       \
    .special_count = sizeof(LIST(double, {__VA_ARGS__})) / sizeof(double)

#define WHEN(...)                                                                                  \
    .when = LIST(caviar_condition, {__VA_ARGS__}),                                                 \
    .when_count = sizeof(LIST(caviar_condition, {__VA_ARGS__})) / sizeof(caviar_condition)

/** A condition: the parent has one of these values. */
#define HAS(name, ...)                                                                             \
    {                                                                                              \
        .parent = (name), .values = LIST(caviar_value, {__VA_ARGS__}),                             \
        .value_count = sizeof(LIST(caviar_value, {__VA_ARGS__})) / sizeof(caviar_value)            \
    }

/** A condition: the parent lies in a range. */
#define LIES(name, least, most)                                                                    \
    {                                                                                              \
        .parent = (name), .low = (least), .high = (most)                                           \
    }

/** A caviar_parameter that is called p. */
#define P(...)                                                                                     \
    {                                                                                              \
        .name = "p", __VA_ARGS__                                                                   \
    }

#endif
