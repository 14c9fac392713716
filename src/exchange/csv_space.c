/**
 * csv_space.c: the range of a parameter from the cells of its column.
 *
 * A table says neither types nor scales. The scale is the one on which the distinct values lie most
 * evenly between the least and the greatest (the distance of Kolmogorov and Smirnov from a regular
 * grid): values that a tuner drew on a log scale are even there, and crowded at 0 on the linear
 * one.
 */
#include "exchange/csv_space.h"

#include "base/number.h"
#include "base/order.h"
#include "space/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    MOST_CHOICES = 64,       // distinct words; more are no choices
    MOST_MIXED_NUMBERS = 16, // distinct numbers among words
};

static const double least_ratio = 8; // between the ends of a range on a log scale

bool cav_cell_is_missing(const char *cell)
{
    static const char *const words[] = {"", "nan", "na", "n/a", "<na>", "null"};
    for (size_t i = 0; i < CAV_COUNT_OF(words); i++)
        if (strcasecmp(cell, words[i]) == 0)
            return true;
    return false;
}

caviar_value cav_cell_value(const char *cell)
{
    double number;
    if (strcasecmp(cell, "true") == 0 || strcasecmp(cell, "false") == 0)
        return (caviar_value){.kind = CAVIAR_KIND_BOOL, .truth = strcasecmp(cell, "true") == 0};
    if (!cav_number_parse(cell, strlen(cell), &number))
        return (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = cell};
    return cav_value_of_number(number);
}

/** What the cells of a column are. */
typedef struct survey {
    const cav_csv *table;
    size_t column;
    cav_arena *arena;
    double *numbers; // [number_count] in order, each once, when it is done
    size_t number_count;
    caviar_value choices[MOST_CHOICES]; // [choice_count] each once, as they came
    size_t choice_count;
    size_t first_number, first_word; // rows
    size_t words, missing;
    bool has_points; // a number is written with a point or an exponent
    bool is_whole;   // all numbers are
    bool overflows;  // there are more choices than room
    cav_error *error;
} survey;

static size_t find_choice(const caviar_value *choices, size_t count, const caviar_value *value)
{
    size_t i = 0;
    while (i < count && !(choices[i].kind == value->kind && cav_value_equal(&choices[i], value)))
        i++;
    return i;
}

static void count_choice(survey *at, const caviar_value *value)
{
    if (find_choice(at->choices, at->choice_count, value) < at->choice_count)
        return;
    if (at->choice_count < MOST_CHOICES)
        at->choices[at->choice_count++] = *value;
    else
        at->overflows = true;
}

static caviar_code count_number(survey *at, size_t row, const char *cell)
{
    double number;
    cav_number_parse(cell, strlen(cell), &number);
    if (!isfinite(number))
        return cav_csv_fail(at->table, row, at->column, at->error,
                            "%.40s is no value that a parameter can have", cell);
    if (at->number_count == 0)
        at->first_number = row;
    at->numbers[at->number_count++] = number;
    at->has_points |= strpbrk(cell, ".eE") != NULL;
    at->is_whole &= number == nearbyint(number) && fabs(number) < CAV_INT_LIMIT;
    return CAVIAR_OK;
}

static caviar_code count_cell(survey *at, size_t row)
{
    const char *cell = cav_csv_cell(at->table, row, at->column);
    if (cav_cell_is_missing(cell)) {
        at->missing++;
        return CAVIAR_OK;
    }
    caviar_value value = cav_cell_value(cell);
    count_choice(at, &value);
    if (value.kind == CAVIAR_KIND_INT || value.kind == CAVIAR_KIND_REAL)
        return count_number(at, row, cell);
    if (at->words++ == 0)
        at->first_word = row;
    return CAVIAR_OK;
}

// How far the values lie from a regular grid between their ends, as a part of the range.
static double unevenness(const double *sorted, size_t count, caviar_scale scale)
{
    double most = 0, low = sorted[0], whole = cav_scale_distance(scale, low, sorted[count - 1]);
    for (size_t i = 0; i < count; i++) {
        double u = cav_scale_distance(scale, low, sorted[i]) / whole;
        most = fmax(most, fabs(u - (double)i / (double)(count - 1)));
    }
    return most;
}

static caviar_scale guess_scale(const double *sorted, size_t count)
{
    double low = sorted[0], high = sorted[count - 1];
    if (count < 2)
        return CAVIAR_SCALE_LINEAR;
    double linear = unevenness(sorted, count, CAVIAR_SCALE_LINEAR);
    bool may_be_log = low > 0 && high / low >= least_ratio;
    if (may_be_log && unevenness(sorted, count, CAVIAR_SCALE_LOG) <= linear)
        return CAVIAR_SCALE_LOG;
    bool may_be_reverse = low >= 0 && high < 1 && (1 - low) / (1 - high) >= least_ratio;
    if (may_be_reverse && unevenness(sorted, count, CAVIAR_SCALE_REVERSE_LOG) <= linear)
        return CAVIAR_SCALE_REVERSE_LOG;
    return CAVIAR_SCALE_LINEAR;
}

// pandas writes whole numbers with a point where the column has empty cells.
static void make_range(survey *at, cav_distribution *ret)
{
    bool is_int = at->is_whole && (!at->has_points || at->missing > 0);
    *ret = (cav_distribution){.type = is_int ? CAVIAR_TYPE_INT : CAVIAR_TYPE_FLOAT,
                              .scale = guess_scale(at->numbers, at->number_count),
                              .low = at->numbers[0],
                              .high = at->numbers[at->number_count - 1],
                              .step = is_int ? 1 : 0};
    if (is_int && ret->scale == CAVIAR_SCALE_REVERSE_LOG)
        ret->scale = CAVIAR_SCALE_LINEAR;
}

static caviar_code make_choices(const survey *at, cav_distribution *ret)
{
    caviar_value *choices = CAV_ARENA_NEW(at->arena, caviar_value, at->choice_count);
    if (!choices)
        return cav_fail_memory(at->error);
    memcpy(choices, at->choices, at->choice_count * sizeof *choices);
    *ret = (cav_distribution){
        .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = at->choice_count};
    return CAVIAR_OK;
}

// The cell that is not like the others: that of the fewer kind.
static caviar_code fail_mixed(const survey *at)
{
    size_t numbers = at->table->row_count - at->missing - at->words;
    bool is_word = at->words <= numbers;
    size_t row = is_word ? at->first_word : at->first_number;
    return cav_csv_fail(at->table, row, at->column, at->error,
                        "'%.60s' is %s, and %zu other cells of the column are %s",
                        cav_csv_cell(at->table, row, at->column),
                        is_word ? "no number" : "a number", is_word ? numbers : at->words,
                        is_word ? "numbers" : "none");
}

static caviar_code conclude(survey *at, cav_distribution *ret, bool *ret_is_parameter)
{
    *ret_is_parameter = at->choice_count > 0;
    if (at->choice_count == 0)
        return CAVIAR_OK;
    if (at->words == 0) {
        make_range(at, ret);
        return CAVIAR_OK;
    }
    if (at->number_count > MOST_MIXED_NUMBERS)
        return fail_mixed(at);
    *ret_is_parameter = !at->overflows;
    return make_choices(at, ret);
}

caviar_code cav_csv_distribution(const cav_csv *table, size_t column, cav_arena *arena,
                                 cav_distribution *ret_distribution, bool *ret_is_parameter,
                                 cav_error *error)
{
    survey at = {
        .table = table, .column = column, .arena = arena, .is_whole = true, .error = error};
    at.numbers = calloc(table->row_count + 1, sizeof *at.numbers);
    caviar_code code = at.numbers ? CAVIAR_OK : cav_fail_memory(error);
    for (size_t row = 0; row < table->row_count && !code; row++)
        code = count_cell(&at, row);
    if (!code) {
        cav_sort(at.numbers, at.number_count);
        at.number_count = cav_sort_unique(at.numbers, at.number_count);
        code = conclude(&at, ret_distribution, ret_is_parameter);
    }
    free(at.numbers);
    return code;
}

double cav_csv_raw(const cav_distribution *distribution, const char *cell)
{
    caviar_value value = cav_cell_value(cell);
    if (distribution->type == CAVIAR_TYPE_CATEGORICAL)
        return (double)find_choice(distribution->choices, distribution->choice_count, &value);
    return value.kind == CAVIAR_KIND_INT ? (double)value.integer : value.real;
}
