/**
 * target.c: learning the column that is to be predicted.
 *
 * A target is taken for a quantity where every value is a number and one has a fraction, or where
 * there are more than 20 different ones and more than a tenth as many as rows.
 */
#include "trainer/target.h"

#include "trainer/number.h"
#include "trainer/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 20 }; // classes that any table may have

void target_clear(target_list *list)
{
    free(list->labels);
    free(list->values);
    *list = (target_list){0};
}

static const char *name_of(const schema *at)
{
    return at->columns[at->target].name;
}

static bool grow(target_list *list)
{
    if (list->count < list->capacity)
        return true;
    size_t capacity = list->capacity ? list->capacity * 2 : 1024;
    uint16_t *labels = realloc(list->labels, capacity * sizeof *labels);
    if (labels)
        list->labels = labels;
    double *values = labels ? realloc(list->values, capacity * sizeof *values) : NULL;
    if (!values)
        return false;
    list->values = values;
    list->capacity = capacity;
    return true;
}

caviar_code target_add(target_list *list, schema *at, const csv_record *row, train_error *error)
{
    const char *text = row->fields[at->target];
    if (table_is_missing(text))
        return train_fail(error, CAVIAR_INVALID, "line %zu: the target '%s' is missing", row->line,
                          name_of(at));
    if (list->count >= INT32_MAX)
        return train_fail(error, CAVIAR_INVALID, "it has more than 2^31 rows");
    int64_t label = list->has_too_many ? 0 : words_add(&at->classes, text);
    if (label < 0 || !grow(list))
        return train_fail_memory(error);
    list->has_too_many |= label >= MOST_CLASSES;
    list->labels[list->count] = (uint16_t)label;
    double number = 0;
    if (!number_parse(text, &number) && !list->word_line)
        list->word_line = row->line;
    list->is_fraction |= number != floor(number);
    list->values[list->count++] = number;
    return CAVIAR_OK;
}

// Classes -----------------------------------------------------------------------------------------

// Puts the classes in order, and the labels with them.
static caviar_code sort_classes(target_list *list, schema *at, train_error *error)
{
    words before = at->classes;
    char **texts = malloc(before.count * sizeof *texts); // as they came
    uint16_t *renamed = malloc(before.count * sizeof *renamed);
    if (texts && renamed) {
        memcpy(texts, before.texts, before.count * sizeof *texts);
        words_sort(&at->classes);
        for (size_t i = 0; i < before.count; i++)
            renamed[i] = (uint16_t)words_find(&at->classes, texts[i]);
        for (size_t i = 0; i < list->count; i++)
            list->labels[i] = renamed[list->labels[i]];
    }
    bool done = texts && renamed;
    free(texts);
    free(renamed);
    return done ? CAVIAR_OK : train_fail_memory(error);
}

static caviar_code finish_classes(target_list *list, schema *at, task wanted, train_error *error)
{
    size_t count = at->classes.count;
    if (list->has_too_many)
        return train_fail(error, CAVIAR_INVALID,
                          "the target '%s' has more than %d different values: it is no class",
                          name_of(at), MOST_CLASSES);
    if (wanted == TASK_AUTO && count > FEW && count > list->count / 2)
        return train_fail(error, CAVIAR_INVALID,
                          "the target '%s' has %zu different texts in %zu rows: it is no class, "
                          "and no number either",
                          name_of(at), count, list->count);
    return sort_classes(list, at, error);
}

// A quantity --------------------------------------------------------------------------------------

typedef struct place {
    double value;
    size_t row;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static caviar_code finish_quantity(target_list *list, schema *at, train_error *error)
{
    if (list->word_line)
        return train_fail(error, CAVIAR_INVALID,
                          "line %zu: the target '%s' is no number; --task classification learns "
                          "classes",
                          list->word_line, name_of(at));
    place *places = malloc(list->count * sizeof *places);
    if (!places)
        return train_fail_memory(error);
    for (size_t i = 0; i < list->count; i++)
        places[i] = (place){list->values[i], i};
    qsort(places, list->count, sizeof *places, compare_places);
    for (size_t i = 0; i < list->count; i++)
        list->labels[places[i].row] = (uint16_t)(i * QUANTITY_STRATA / list->count);
    free(places);
    at->is_quantity = true;
    words_clear(&at->classes);
    return CAVIAR_OK;
}

// Both --------------------------------------------------------------------------------------------

static bool looks_like_quantity(const target_list *list, const schema *at)
{
    size_t different = at->classes.count; // far more than a few where they are too many
    return !list->word_line &&
           (list->is_fraction || (different > FEW && different > list->count / 10));
}

caviar_code target_finish(target_list *list, schema *at, task wanted, train_error *error)
{
    if (list->count == 0)
        return train_fail(error, CAVIAR_CORRUPT, "there is a header and nothing else");
    if (at->classes.count < 2)
        return train_fail(error, CAVIAR_INVALID, "the target '%s' is always '%s'", name_of(at),
                          at->classes.texts[0]);
    bool is_quantity =
        wanted == TASK_AUTO ? looks_like_quantity(list, at) : wanted == TASK_REGRESSION;
    return is_quantity ? finish_quantity(list, at, error) : finish_classes(list, at, wanted, error);
}
