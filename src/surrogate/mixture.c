/**
 * mixture.c: fitting the kernels, drawing from them, and their density.
 *
 * Memory is laid out by coordinate, so that the density of one configuration is a few loops over
 * all kernels (lanes.h). On a coordinate every kernel belongs to a *class*, and kernels of a class
 * are alike there: class 0 has no value (the coordinate is inactive, or the kernel is the uniform
 * one), 1 … alone are the choices or special values, the further ones lie in the range. In a
 * continuum no two kernels of the range are alike, and their Gaussians are summed directly. Of
 * levels, classes are the levels themselves where there are fewer of them than kernels; then the
 * cost of a level's cell is paid once a class.
 */
#include "surrogate/mixture.h"

#include "surrogate/lanes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 128 };    // in which neighbours are looked for
#define NOTHING (-1e300) // log weight of what fills up the last lanes
#define LOG_SQRT_2PI 0.91893853320467274178

typedef struct mixture_axis {
    const cav_parameter *parameter;
    size_t param, dim;
    size_t alone;       // choices or special values
    bool has_range;     // besides
    double least, most; // coordinates of the outermost values of the range where the search starts
    double begin, end, stretch;      // the ends of that range, 1 / its length
    size_t first_level, level_count; // of that range; 0 levels: a continuum
    double spread;                   // probability that a part is drawn anew

    bool by_level;        // the range's classes are its levels, else its kernels
    int32_t *classes;     // [kernels] of each
    double *mu, *inv, *c; // [classes of the range] middle, 1 / bandwidth, constant of the logarithm
} mixture_axis;

struct cav_mixture {
    mixture_axis *axes; // [axis_count]
    size_t axis_count;
    double least_bandwidth;
    size_t count, padded, capacity; // kernels, the uniform one last; with the lanes filled up
    double *log_weights;            // [padded]
    double *shares;                 // [count] running sums of the weights, the last one 1
    double *sums;                   // [capacity] of one density
    double *masses;                 // [capacity] of one cell
    double *terms;                  // [capacity + most parts + 1] by class
    size_t most_alone;
    double *numbers;   // behind the arrays of the axes
    int32_t *class_of; // likewise
};

static size_t part_count(const mixture_axis *axis)
{
    return axis->alone + axis->has_range;
}

// Probability of a part where nothing is known.
static double part_share(const mixture_axis *axis, size_t part)
{
    if (!axis->has_range)
        return 1 / (double)axis->alone;
    double share = axis->parameter->special_share;
    return part < axis->alone ? share / (double)axis->alone : 1 - share;
}

// The same under a kernel that has its value in the part, or in another one.
static double log_share(const mixture_axis *axis, size_t part, bool is_own)
{
    if (part_count(axis) == 1)
        return 0;
    return log((is_own ? 1 - axis->spread : 0) + axis->spread * part_share(axis, part));
}

static void init_levels(mixture_axis *axis)
{
    const cav_parameter *parameter = axis->parameter;
    size_t first = cav_parameter_index(parameter, cav_parameter_decode(parameter, axis->begin));
    size_t last = cav_parameter_index(parameter, cav_parameter_decode(parameter, axis->end));
    double unused;
    cav_parameter_cell(parameter, cav_parameter_nth(parameter, first), &axis->begin, &unused);
    cav_parameter_cell(parameter, cav_parameter_nth(parameter, last), &unused, &axis->end);
    axis->first_level = first - parameter->special_count;
    axis->level_count = last - first + 1;
}

static void init_range(mixture_axis *axis)
{
    const cav_parameter *parameter = axis->parameter;
    axis->has_range = true;
    axis->begin = axis->least = cav_parameter_start(parameter, parameter->special_share);
    axis->end = axis->most = cav_parameter_start(parameter, 1);
    if (parameter->level_count > 0)
        init_levels(axis);
    axis->stretch = 1 / (axis->end - axis->begin);
}

static void init_axis(const cav_space *space, size_t dim, const cav_mixture_options *options,
                      mixture_axis *axis)
{
    axis->dim = dim;
    axis->param = space->dims[dim];
    axis->parameter = &space->parameters[axis->param];
    axis->spread = options->choice_spread;
    if (axis->parameter->axis == CAV_AXIS_CHOICES) {
        axis->alone = axis->parameter->choice_count;
    } else {
        axis->alone = axis->parameter->special_count;
        init_range(axis);
    }
}

cav_mixture *cav_mixture_new(const cav_space *space, const cav_mixture_options *options)
{
    size_t count = options->dims ? options->dim_count : space->dim_count;
    cav_mixture *mixture = calloc(1, sizeof *mixture);
    mixture_axis *axes = calloc(count + 1, sizeof *axes);
    if (!mixture || !axes) {
        free(mixture);
        free(axes);
        return NULL;
    }
    *mixture = (cav_mixture){
        .axes = axes, .axis_count = count, .least_bandwidth = options->least_bandwidth};
    for (size_t i = 0; i < count; i++) {
        init_axis(space, options->dims ? options->dims[i] : i, options, &axes[i]);
        if (axes[i].alone > mixture->most_alone)
            mixture->most_alone = axes[i].alone;
    }
    return mixture;
}

static void free_kernels(cav_mixture *mixture)
{
    free(mixture->numbers);
    free(mixture->class_of);
    mixture->numbers = NULL;
    mixture->class_of = NULL;
    mixture->capacity = mixture->count = 0;
}

void cav_mixture_free(cav_mixture *mixture)
{
    if (!mixture)
        return;
    free_kernels(mixture);
    free(mixture->axes);
    free(mixture);
}

// Room for so many kernels. What was there before is lost.
static bool reserve(cav_mixture *mixture, size_t count)
{
    if (count <= mixture->capacity)
        return true;
    size_t capacity = mixture->capacity ? mixture->capacity : 4 * CAV_LANES;
    while (capacity < count)
        capacity *= 2;
    size_t axes = mixture->axis_count, rows = 3 * axes + 5;
    if (capacity > SIZE_MAX / 2 / sizeof(double) / rows)
        return false;
    free_kernels(mixture);
    double *numbers = calloc(capacity * rows + mixture->most_alone + 1, sizeof *numbers);
    int32_t *classes = calloc(capacity * axes + 1, sizeof *classes);
    mixture->numbers = numbers;
    mixture->class_of = classes;
    if (!numbers || !classes) {
        free_kernels(mixture);
        return false;
    }
    mixture->capacity = capacity;
    double **const rows_of_mixture[] = {&mixture->log_weights, &mixture->shares, &mixture->sums,
                                        &mixture->masses};
    for (size_t i = 0; i < CAV_COUNT_OF(rows_of_mixture); i++, numbers += capacity)
        *rows_of_mixture[i] = numbers;
    for (size_t i = 0; i < axes; i++, numbers += 3 * capacity) {
        mixture_axis *axis = &mixture->axes[i];
        axis->mu = numbers;
        axis->inv = numbers + capacity;
        axis->c = numbers + 2 * capacity;
        axis->classes = classes + i * capacity;
    }
    mixture->terms = numbers; // the last one, and the longest
    return true;
}

// Where in a range without levels; a trial of the user's own may lie outside.
static inline double place_between(const mixture_axis *axis, double u)
{
    double at = (u - axis->begin) * axis->stretch;
    return at < 0 ? 0 : at > 1 ? 1 : at;
}

static cav_mixture_place locate_in_range(const mixture_axis *axis, double u, double raw)
{
    cav_mixture_place place = {.is_active = true, .part = axis->alone, .low = 0, .high = 1};
    if (axis->level_count == 0) {
        place.at = place_between(axis, u);
        return place;
    }
    const cav_parameter *parameter = axis->parameter;
    size_t index = cav_parameter_index(parameter, raw);
    size_t first = parameter->special_count + axis->first_level;
    size_t last = first + axis->level_count - 1;
    index = index < first ? first : index > last ? last : index;
    cav_parameter_cell(parameter, cav_parameter_nth(parameter, index), &place.low, &place.high);
    place.low = (place.low - axis->begin) * axis->stretch;
    place.high = (place.high - axis->begin) * axis->stretch;
    place.at = (place.low + place.high) / 2;
    place.level = index - first;
    return place;
}

static cav_mixture_place locate(const mixture_axis *axis, double u, double raw)
{
    if (isnan(u))
        return (cav_mixture_place){0};
    if (!axis->has_range)
        return (cav_mixture_place){.is_active = true, .part = (size_t)raw};
    if (u >= axis->parameter->special_share)
        return locate_in_range(axis, u, raw);
    return (cav_mixture_place){.is_active = true,
                               .part = cav_parameter_index(axis->parameter, raw)};
}

void cav_mixture_locate(const cav_mixture *mixture, const double *point, const double *raw,
                        cav_mixture_place *ret_places)
{
    for (size_t i = 0; i < mixture->axis_count; i++) {
        const mixture_axis *axis = &mixture->axes[i];
        ret_places[axis->dim] = locate(axis, point[axis->dim], raw[axis->param]);
    }
}

// What lies in one cell of [0, 1].
typedef struct cell {
    size_t count;
    double least, most;
} cell;

static size_t cell_of(double at)
{
    size_t i = (size_t)(at * CELLS);
    return i < CELLS ? i : CELLS - 1;
}

static void add_to_cell(cell *cells, double at)
{
    cell *in = &cells[cell_of(at)];
    in->least = in->count == 0 || at < in->least ? at : in->least;
    in->most = in->count == 0 || at > in->most ? at : in->most;
    in->count++;
}

// The larger one of the gaps to the next values on either side, of which the ends of the range are
// two. Several kernels at one place share it (unless another is that near that it does not matter).
static double gap_at(const cell *cells, double at)
{
    size_t here = cell_of(at);
    double before = 0, after = 1;
    if (cells[here].least < at) {
        before = cells[here].least;
    } else {
        for (size_t i = here; i > 0 && before == 0; i--)
            before = cells[i - 1].count ? cells[i - 1].most : 0;
    }
    if (cells[here].most > at) {
        after = cells[here].most;
    } else {
        for (size_t i = here + 1; i < CELLS && after == 1; i++)
            after = cells[i].count ? cells[i].least : 1;
    }
    bool alone = cells[here].least == cells[here].most;
    double gap = at - before > after - at ? at - before : after - at;
    return alone ? gap / (double)cells[here].count : gap;
}

// Fills in the Gaussians of the range; those of classes that no kernel is in are not used.
static void set_bandwidths(const cav_mixture *mixture, mixture_axis *axis, const cell *cells,
                           size_t class_count)
{
    size_t padded = (class_count + CAV_LANES - 1) / CAV_LANES * CAV_LANES;
    for (size_t i = 0; i < class_count; i++) {
        if (isnan(axis->mu[i])) {
            axis->mu[i] = axis->inv[i] = 0;
            continue;
        }
        double gap = gap_at(cells, axis->mu[i]), least = mixture->least_bandwidth;
        axis->inv[i] = 1 / (gap < least ? least : gap > 1 ? 1 : gap);
    }
    for (size_t i = class_count; i < padded; i++)
        axis->mu[i] = axis->inv[i] = 0;
    cav_lanes_mass(padded, 0, 1, axis->mu, axis->inv, mixture->masses);
    for (size_t i = 0; i < class_count; i++)
        mixture->masses[i] = (axis->level_count ? 1 : axis->inv[i]) / mixture->masses[i];
    cav_lanes_log(padded, mixture->masses);
    double constant = log_share(axis, axis->alone, true) - (axis->level_count ? 0 : LOG_SQRT_2PI);
    for (size_t i = 0; i < class_count; i++)
        axis->c[i] = constant + mixture->masses[i];
}

// In a continuum a kernel with no value in the range adds the density that it has there all over.
static void set_constants(mixture_axis *axis, size_t padded)
{
    double unknown = log(part_share(axis, axis->alone));
    double other = log_share(axis, axis->alone, false);
    for (size_t k = 0; k < padded; k++) {
        if (axis->classes[k] > (int32_t)axis->alone)
            continue;
        axis->mu[k] = axis->inv[k] = 0;
        axis->c[k] = axis->classes[k] == 0 ? unknown : other;
    }
}

// The class of each kernel, and the middles of those in the range.
static void classify(const cav_mixture *mixture, mixture_axis *axis, const cav_history *history,
                     const size_t *rows, cell *cells)
{
    bool is_plain = axis->alone == 0 && axis->level_count == 0;
    for (size_t k = 0; k + 1 < mixture->count; k++) {
        double u = history->points[rows[k] * history->dim_count + axis->dim];
        if (isnan(u))
            continue;
        size_t part = 0, i = k;
        double at;
        if (is_plain) {
            at = place_between(axis, u);
        } else {
            double raw = history->raw[rows[k] * history->param_count + axis->param];
            cav_mixture_place place = locate(axis, u, raw);
            at = place.at;
            part = place.part;
            i = axis->by_level ? place.level : k;
        }
        axis->classes[k] = (int32_t)(1 + part + (part < axis->alone ? 0 : i));
        if (part < axis->alone)
            continue;
        axis->mu[i] = at;
        add_to_cell(cells, at);
    }
}

static void fit_axis(cav_mixture *mixture, mixture_axis *axis, const cav_history *history,
                     const size_t *rows)
{
    cell cells[CELLS];
    memset(cells, 0, sizeof cells);
    axis->by_level = axis->level_count > 0 && axis->level_count <= mixture->count;
    size_t class_count = !axis->has_range ? 0 : axis->by_level ? axis->level_count : mixture->count;
    for (size_t i = 0; i < class_count; i++)
        axis->mu[i] = NAN;
    memset(axis->classes, 0, mixture->padded * sizeof *axis->classes);
    classify(mixture, axis, history, rows, cells);
    if (!axis->has_range)
        return;
    set_bandwidths(mixture, axis, cells, class_count);
    if (axis->level_count == 0)
        set_constants(axis, mixture->padded);
}

static void set_weights(cav_mixture *mixture, const double *weights, double uniform_weight)
{
    double total = uniform_weight, sum = 0;
    for (size_t k = 0; k + 1 < mixture->count; k++)
        total += weights[k];
    for (size_t k = 0; k < mixture->count; k++) {
        double weight = (k + 1 < mixture->count ? weights[k] : uniform_weight) / total;
        mixture->log_weights[k] = log(weight);
        mixture->shares[k] = sum += weight;
    }
    mixture->shares[mixture->count - 1] = 1;
    for (size_t k = mixture->count; k < mixture->padded; k++)
        mixture->log_weights[k] = NOTHING;
}

caviar_code cav_mixture_fit(cav_mixture *mixture, const cav_history *history, const size_t *rows,
                            const double *weights, size_t count, double uniform_weight,
                            cav_error *error)
{
    size_t padded = (count + CAV_LANES) / CAV_LANES * CAV_LANES; // with the uniform one
    if (!reserve(mixture, padded))
        return cav_fail_memory(error);
    mixture->count = count + 1;
    mixture->padded = padded;
    set_weights(mixture, weights, uniform_weight);
    for (size_t i = 0; i < mixture->axis_count; i++)
        fit_axis(mixture, &mixture->axes[i], history, rows);
    return CAVIAR_OK;
}

static size_t draw_kernel(const cav_mixture *mixture, cav_random *random)
{
    double share = cav_random_unit(random);
    size_t low = 0, high = mixture->count - 1; // the first whose running sum is above the share
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (mixture->shares[middle] > share)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static double draw_normal(double mu, double bandwidth, cav_random *random)
{
    double at;
    do // one in three is within [0, 1], at worst
        at = mu + bandwidth * cav_random_normal(random);
    while (!(at >= 0 && at <= 1));
    return at;
}

static double draw_coordinate(const mixture_axis *axis, size_t kernel, cav_random *random)
{
    size_t of = (size_t)axis->classes[kernel], alone = axis->alone;
    size_t own = of == 0 ? SIZE_MAX : of - 1 < alone ? of - 1 : alone;
    bool anew = own == SIZE_MAX || (part_count(axis) > 1 && cav_random_unit(random) < axis->spread);
    if (!axis->has_range)
        return cav_parameter_nth(axis->parameter,
                                 anew ? (size_t)cav_random_below(random, alone) : own);
    double u = anew ? cav_random_unit(random) : 1;
    if (anew && (u < axis->parameter->special_share || own != alone))
        return cav_parameter_start(axis->parameter, u);
    if (own < alone)
        return cav_parameter_nth(axis->parameter, own);
    size_t i = of - 1 - alone;
    double at = draw_normal(axis->mu[i], 1 / axis->inv[i], random);
    u = axis->begin + at * (axis->end - axis->begin);
    return u < axis->least ? axis->least : u > axis->most ? axis->most : u;
}

void cav_mixture_draw(const cav_mixture *mixture, cav_random *random, double *ret_point)
{
    size_t kernel = draw_kernel(mixture, random);
    for (size_t i = 0; i < mixture->axis_count; i++)
        ret_point[mixture->axes[i].dim] = draw_coordinate(&mixture->axes[i], kernel, random);
}

// Log of what a kernel of each class has at a choice, at a special value or at a level.
static void fill_terms(cav_mixture *mixture, const mixture_axis *axis,
                       const cav_mixture_place *place)
{
    double *terms = mixture->terms, other = log_share(axis, place->part, false);
    bool in_range = place->part == axis->alone;
    double width = in_range ? log(place->high - place->low) : 0;
    terms[0] = log(part_share(axis, place->part)) + width;
    for (size_t part = 0; part < axis->alone; part++)
        terms[1 + part] = other + width;
    if (!in_range)
        terms[1 + place->part] = log_share(axis, place->part, true);
    if (!axis->has_range)
        return;
    size_t count = axis->by_level ? axis->level_count : mixture->count;
    double *range = terms + 1 + axis->alone;
    for (size_t i = 0; i < count && !in_range; i++)
        range[i] = other;
    if (!in_range)
        return;
    size_t padded = (count + CAV_LANES - 1) / CAV_LANES * CAV_LANES;
    cav_lanes_mass(padded, place->low, place->high, axis->mu, axis->inv, mixture->masses);
    cav_lanes_log(padded, mixture->masses);
    for (size_t i = 0; i < count; i++)
        range[i] = axis->c[i] + mixture->masses[i];
}

double cav_mixture_log_density(cav_mixture *mixture, const cav_mixture_place *places)
{
    size_t padded = mixture->padded;
    memcpy(mixture->sums, mixture->log_weights, padded * sizeof *mixture->sums);
    for (size_t i = 0; i < mixture->axis_count; i++) {
        const mixture_axis *axis = &mixture->axes[i];
        const cav_mixture_place *place = &places[axis->dim];
        if (!place->is_active)
            continue;
        if (place->part == axis->alone && axis->level_count == 0) {
            cav_lanes_add_gaussian(padded, place->at, axis->mu, axis->inv, axis->c, mixture->sums);
        } else {
            fill_terms(mixture, axis, place);
            cav_lanes_add_terms(padded, mixture->terms, axis->classes, mixture->sums);
        }
    }
    return cav_lanes_log_sum_exp(padded, mixture->sums);
}

double cav_mixture_bandwidth(const cav_mixture *mixture, size_t kernel, size_t dim)
{
    const mixture_axis *axis = mixture->axes;
    while (axis->dim != dim)
        axis++;
    size_t of = (size_t)axis->classes[kernel];
    return of > axis->alone ? 1 / axis->inv[of - 1 - axis->alone] : 0;
}
