/**
 * ranges.c: profiles of a smooth model, over resamples of the trials.
 *
 * A profile is the mean that the model predicts along one parameter, the others being those of the
 * best trials. It is formed anew for each of many subsets of the trials, of the size that a
 * bootstrap sample has distinct members; what is found in fewer than nine of ten is not said.
 *
 * An end is cut, and a choice dropped, only if the trials themselves say so, too: none of the k
 * best lies there. Were the best any k trials, that would have the probability (1 - q)^k, q being
 * the share of all trials that are there. Since samplers that learn go where it is good, and leave
 * few trials elsewhere, that errs on the side of saying nothing; where they went somewhere by
 * accident it does not, and the model must agree.
 */
#include "insight/ranges.h"

#include "base/number.h"
#include "base/order.h"
#include "space/scale.h"

#include <math.h>
#include <string.h>

enum {
    RESAMPLES = 24,
    GRID = 24, // values along a profile; a multiple of 8
    BASES = 8, // trials that give the other values
    EDGE = 1,  // values of the grid at an end that are the end
    INNER = 6, // one that is not
};

static const double sure_enough = 0.9;
static const double least_skill = 0.25; // to say where it is better
static const double flat_skill = 0.5;   // to say that it is the same everywhere
static const double flat_share = 0.01;  // of the variation, at most
static const double least_drop = 0.25;  // of the best third's standard deviation: worth a change
static const double least_cut = 0.15;   // of a range
static const double least_grown = 0.05; // of a range, on its scale
static const double kept_margin = 0.2;  // of what could be cut
static const double cut_chance = 0.05;  // over all parameters together

typedef struct looker {
    cav_smooth *smooth;
    cav_random random;
    size_t *places;    // [count]
    double *points;    // [BASES x GRID x dims]
    double *means;     // [BASES x GRID]
    double *profiles;  // [dims x RESAMPLES x GRID]
    double *variances; // [dims x RESAMPLES] along a profile, over bases that are any trials
    bool *is_known;    // [dims] there are trials in which it is active
    bool *is_parent;   // [dims] others depend on it
    double *raw;       // [space->count] scratch
    size_t best_count; // of the ranking, for cuts
    double worth;      // what an outcome must differ by, to be worth a change
    size_t resample_count;
    size_t question_count; // ends and choices that are looked at
} looker;

static const cav_parameter *parameter_of(const looker *at, size_t dim)
{
    return &at->smooth->space->parameters[at->smooth->space->dims[dim]];
}

static double coordinate(const looker *at, size_t place, size_t dim)
{
    return at->smooth->points[place * at->smooth->space->dim_count + dim];
}

// Where the i-th value of a profile stands: in the middle of GRID cells of the range, or, where it
// has levels or choices, at the nearest of these.
static double grid_at(const cav_parameter *parameter, size_t i)
{
    double v = ((double)i + 0.5) / GRID, share = parameter->special_share;
    double u = share + (1 - share) * v;
    return cav_parameter_encode(parameter, cav_parameter_decode(parameter, u));
}

// Fills `places` with BASES trials in which the parameter is active: the best, or, with a step, any
// of all. False where there are too few.
static bool choose_bases(looker *at, size_t dim, size_t step)
{
    size_t found = 0, i = 0;
    while (i < at->smooth->count && found < BASES) {
        bool is_active = !isnan(coordinate(at, i, dim));
        if (is_active)
            at->places[found++] = i;
        i += is_active ? step : 1;
    }
    return found == BASES;
}

// Puts a base with another value of one parameter into a point. What depends on it comes and goes;
// what comes has the middle of its range.
static void place_point(const looker *at, size_t base, size_t dim, double u, double *ret_point)
{
    const cav_space *space = at->smooth->space;
    size_t dims = space->dim_count;
    memcpy(ret_point, at->smooth->points + base * dims, dims * sizeof *ret_point);
    ret_point[dim] = u;
    if (!at->is_parent[dim])
        return;
    for (size_t i = 0; i < dims; i++)
        if (isnan(ret_point[i]))
            ret_point[i] = 0.5;
    cav_space_decode(space, ret_point, at->raw, ret_point);
}

// What the model predicts along a parameter, from each base: means [BASES x GRID].
static void predict_along(looker *at, size_t dim)
{
    const cav_parameter *parameter = parameter_of(at, dim);
    size_t dims = at->smooth->space->dim_count;
    for (size_t b = 0; b < BASES; b++)
        for (size_t i = 0; i < GRID; i++)
            place_point(at, at->places[b], dim, grid_at(parameter, i),
                        at->points + (b * GRID + i) * dims);
    cav_smooth_means(at->smooth, at->points, BASES * GRID, at->means);
}

static double *profile_of(const looker *at, size_t dim, size_t resample)
{
    return at->profiles + (dim * RESAMPLES + resample) * GRID;
}

static void draw_profile(looker *at, size_t dim, size_t resample)
{
    double *profile = profile_of(at, dim, resample);
    predict_along(at, dim);
    for (size_t i = 0; i < GRID; i++) {
        profile[i] = 0;
        for (size_t b = 0; b < BASES; b++)
            profile[i] += at->means[b * GRID + i] / BASES;
    }
}

// The mean over the bases of the variance along the parameter: with what it does beside others.
static void draw_variance(looker *at, size_t dim, size_t resample)
{
    double sum = 0;
    predict_along(at, dim);
    for (size_t b = 0; b < BASES; b++) {
        const double *means = at->means + b * GRID;
        double mean = 0;
        for (size_t i = 0; i < GRID; i++)
            mean += means[i] / GRID;
        for (size_t i = 0; i < GRID; i++)
            sum += (means[i] - mean) * (means[i] - mean) / (GRID * BASES);
    }
    at->variances[dim * RESAMPLES + resample] = sum;
}

// Trials as a bootstrap sample has them, each once.
static size_t resample(looker *at, size_t *ret_places)
{
    size_t count = at->smooth->count, kept = 0;
    for (size_t i = 0; i < count; i++)
        if (cav_random_unit(&at->random) < 1 - exp(-1))
            ret_places[kept++] = i;
    return kept;
}

static void draw_profiles(looker *at, size_t *places)
{
    size_t dims = at->smooth->space->dim_count, step = at->smooth->count / BASES;
    for (size_t tries = 0; tries < RESAMPLES; tries++) {
        size_t count = resample(at, places);
        if (count < CAV_RANKING_LEAST / 2 || !cav_smooth_learn(at->smooth, places, count))
            continue;
        for (size_t dim = 0; dim < dims; dim++) {
            at->is_known[dim] = choose_bases(at, dim, 1);
            if (!at->is_known[dim])
                continue;
            draw_profile(at, dim, at->resample_count);
            if (!choose_bases(at, dim, step > 0 ? step : 1))
                choose_bases(at, dim, 1);
            draw_variance(at, dim, at->resample_count);
        }
        at->resample_count++;
    }
}

// ---- Growing ----------------------------------------------------------------------------------

static size_t from_end(bool is_high, size_t i)
{
    return is_high ? GRID - 1 - i : i;
}

static bool is_best_at_end(const double *profile, bool is_high)
{
    size_t best = 0;
    for (size_t i = 1; i < GRID; i++)
        if (profile[i] < profile[best])
            best = i;
    return from_end(is_high, best) <= EDGE;
}

// Median distance of the best trials from an end, in units of the range.
static double best_distance(const looker *at, size_t dim, bool is_high)
{
    double distances[BASES];
    size_t found = 0;
    for (size_t i = 0; i < at->smooth->count && found < BASES; i++) {
        double u = coordinate(at, i, dim);
        if (!isnan(u))
            distances[found++] = is_high ? 1 - u : u;
    }
    cav_sort(distances, found);
    return found > 0 ? distances[found / 2] : 1;
}

// What a bound is rounded to: two digits of what its scale measures it by.
static double unit_of(const cav_parameter *parameter, double bound)
{
    double size = parameter->limit_high - parameter->limit_low;
    if (parameter->scale == CAVIAR_SCALE_LOG)
        size = bound;
    else if (parameter->scale == CAVIAR_SCALE_REVERSE_LOG)
        size = 1 - bound;
    else if (parameter->scale == CAVIAR_SCALE_LOGIT)
        size = fmin(bound, 1 - bound);
    return size > 0 ? pow(10, floor(log10(size)) - 1) : 1;
}

// A bound that is rounded outwards, and never through 0.
static double tidy_bound(const cav_parameter *parameter, double bound, bool is_high)
{
    char text[CAV_NUMBER_SIZE];
    double unit = unit_of(parameter, bound), from = 0;
    if (parameter->scale == CAVIAR_SCALE_REVERSE_LOG || parameter->scale == CAVIAR_SCALE_LOGIT)
        from = bound > 0.5 ? 1 : 0; // 1 - 2e-5 is no multiple of 1e-6 in doubles
    double units = (bound - from) / unit;
    bound = from + (is_high ? ceil(units - 1e-9) : floor(units + 1e-9)) * unit;
    size_t size = cav_number_print_short(bound, 12, text); // 0.0018, without what rounding left
    cav_number_parse(text, size, &bound);
    if (parameter->type == CAVIAR_TYPE_INT)
        bound = rint(bound);
    if (!is_high && parameter->limit_low >= 0)
        bound = fmax(bound, 0);
    if (is_high && parameter->limit_high <= 0)
        bound = fmin(bound, 0);
    return bound;
}

// How far a range can grow at an end: to `share` of itself further on its own scale.
static double grown_bound(const cav_parameter *parameter, bool is_high, double share)
{
    double low = parameter->limit_low, high = parameter->limit_high;
    double span = cav_scale_distance(parameter->scale, low, high);
    double bound =
        cav_scale_advance(parameter->scale, low, is_high ? (1 + share) * span : -share * span);
    bound = tidy_bound(parameter, bound, is_high);
    const char *complaint =
        cav_scale_complaint(parameter->scale, is_high ? low : bound, is_high ? bound : high);
    bool is_one = is_high && low >= 0 && high <= 1 && parameter->scale == CAVIAR_SCALE_LINEAR;
    if (is_one && bound > 1) // a share, it seems
        bound = high;
    return complaint ? (is_high ? high : low) : bound;
}

static bool look_for_growth(const looker *at, size_t dim, bool is_high, cav_range_advice *ret)
{
    const cav_parameter *parameter = parameter_of(at, dim);
    double held = 0, gained = 0, total = (double)at->resample_count;
    for (size_t r = 0; r < at->resample_count; r++) {
        const double *profile = profile_of(at, dim, r);
        double drop = profile[from_end(is_high, INNER)] - profile[from_end(is_high, 0)];
        held += is_best_at_end(profile, is_high) && drop > 0;
        gained += drop / total;
    }
    double distance = best_distance(at, dim, is_high);
    if (parameter->axis == CAV_AXIS_CHOICES || at->smooth->skill < least_skill ||
        held < sure_enough * total || gained < at->worth || distance > 0.25)
        return false;
    double bound = grown_bound(parameter, is_high, fmin(0.5, fmax(0.1, 4 * distance)));
    *ret = (cav_range_advice){.finding = CAV_RANGE_GROW,
                              .is_high = is_high,
                              .low = is_high ? parameter->limit_low : bound,
                              .high = is_high ? bound : parameter->limit_high,
                              .sure = held / total,
                              .effect = gained};
    double span = cav_scale_distance(parameter->scale, parameter->limit_low, parameter->limit_high);
    return cav_scale_distance(parameter->scale, ret->low, ret->high) >= (1 + least_grown) * span;
}

// ---- Cutting ----------------------------------------------------------------------------------

// The probability that none of the best lies where a share q of all trials does, if they were any
// trials, times the number of such questions.
static double chance_of(const looker *at, double q)
{
    return pow(1 - q, (double)at->best_count) * (double)at->question_count;
}

// Share of the resamples in which all values of the grid that are before `end` units from an end
// are worse than the best by what is worth a change.
static double share_worse(const looker *at, size_t dim, bool is_high, double end)
{
    double held = 0;
    for (size_t r = 0; r < at->resample_count; r++) {
        const double *profile = profile_of(at, dim, r);
        double best = INFINITY;
        bool all = true;
        for (size_t i = 0; i < GRID; i++)
            best = fmin(best, profile[i]);
        for (size_t i = 0; i < GRID && ((double)i + 0.5) / GRID < end; i++)
            all = all && profile[from_end(is_high, i)] > best + at->worth;
        held += all;
    }
    return held / (double)at->resample_count;
}

static bool look_for_cut(const looker *at, size_t dim, bool is_high, cav_range_advice *ret)
{
    const cav_parameter *parameter = parameter_of(at, dim);
    size_t inside = 0, active = 0, best = 0;
    double gap = 1;
    for (size_t i = 0; i < at->smooth->count; i++) {
        double u = coordinate(at, i, dim), distance = is_high ? 1 - u : u;
        active += isnan(u) ? 0 : 1;
        if (i < at->best_count && !isnan(u)) {
            gap = fmin(gap, distance);
            best++;
        }
    }
    for (size_t i = 0; i < at->smooth->count; i++)
        inside += (is_high ? 1 - coordinate(at, i, dim) : coordinate(at, i, dim)) < gap;
    double q = active > 0 ? (double)inside / (double)active : 0, cut = gap * (1 - kept_margin);
    if (parameter->axis == CAV_AXIS_CHOICES || parameter->special_count > 0 ||
        best < at->best_count || cut < least_cut || at->smooth->skill < least_skill ||
        chance_of(at, q) > cut_chance)
        return false;
    double sure = share_worse(at, dim, is_high, cut);
    double bound = cav_parameter_decode(parameter, is_high ? 1 - cut : cut);
    bound = tidy_bound(parameter, bound, is_high);
    *ret = (cav_range_advice){.finding = CAV_RANGE_CUT,
                              .is_high = is_high,
                              .low = is_high ? parameter->limit_low : bound,
                              .high = is_high ? bound : parameter->limit_high,
                              .sure = sure,
                              .tried = q};
    return sure >= sure_enough && ret->low < ret->high &&
           (is_high ? bound < parameter->limit_high : bound > parameter->limit_low);
}

// Share of the resamples in which a choice is worse than the best one by what is worth a change.
static double share_choice_worse(const looker *at, size_t dim, size_t choice)
{
    const cav_parameter *parameter = parameter_of(at, dim);
    double held = 0;
    for (size_t r = 0; r < at->resample_count; r++) {
        const double *profile = profile_of(at, dim, r);
        double best = INFINITY, own = INFINITY;
        for (size_t i = 0; i < GRID; i++) {
            best = fmin(best, profile[i]);
            if ((size_t)cav_parameter_decode(parameter, grid_at(parameter, i)) == choice)
                own = fmin(own, profile[i]);
        }
        held += own > best + at->worth;
    }
    return held / (double)at->resample_count;
}

static bool look_at_choice(const looker *at, size_t dim, size_t choice, cav_range_advice *ret)
{
    const cav_parameter *parameter = parameter_of(at, dim);
    size_t inside = 0, active = 0, best = 0, of_best = 0;
    for (size_t i = 0; i < at->smooth->count; i++) {
        double u = coordinate(at, i, dim);
        bool is_active = !isnan(u);
        bool is_it = is_active && (size_t)cav_parameter_decode(parameter, u) == choice;
        active += is_active;
        inside += is_it;
        best += i < at->best_count && is_active;
        of_best += i < at->best_count && is_it;
    }
    double q = active > 0 ? (double)inside / (double)active : 0;
    if (of_best > 0 || best < at->best_count || at->smooth->skill < least_skill ||
        chance_of(at, q) > cut_chance)
        return false;
    double sure = share_choice_worse(at, dim, choice);
    *ret = (cav_range_advice){
        .finding = CAV_RANGE_DROP, .value = (double)choice, .sure = sure, .tried = q};
    return sure >= sure_enough;
}

// ---- Flat -------------------------------------------------------------------------------------

// Share of the resamples in which no value along a profile differs from another by what is worth a
// change: what makes little of all variation may still part the good trials.
static double share_level(const looker *at, size_t dim)
{
    double held = 0;
    for (size_t r = 0; r < at->resample_count; r++) {
        const double *profile = profile_of(at, dim, r);
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < GRID; i++) {
            low = fmin(low, profile[i]);
            high = fmax(high, profile[i]);
        }
        held += high - low < at->worth;
    }
    return held / (double)at->resample_count;
}

static bool look_for_nothing(const looker *at, size_t dim, cav_range_advice *ret)
{
    double *variances = at->variances + dim * RESAMPLES;
    cav_sort(variances, at->resample_count);
    double most = variances[(size_t)(sure_enough * (double)(at->resample_count - 1))];
    size_t best = 0;
    while (best < at->smooth->count && isnan(coordinate(at, best, dim)))
        best++;
    double sure = share_level(at, dim);
    if (at->smooth->skill < flat_skill || most > flat_share || sure < sure_enough ||
        best == at->smooth->count)
        return false;
    const cav_space *space = at->smooth->space;
    *ret = (cav_range_advice){.finding = CAV_RANGE_FLAT,
                              .value = at->smooth->raw[best * space->count + space->dims[dim]],
                              .sure = sure,
                              .effect = most};
    return true;
}

// Differences count beside those among the good trials: how bad the bad ones are is no measure.
static double find_worth(const cav_smooth *smooth)
{
    size_t count = smooth->count / 3;
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        mean += smooth->outcomes[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (smooth->outcomes[i] - mean) * (smooth->outcomes[i] - mean);
    return least_drop * sqrt(squares / (double)count);
}

static size_t look(const looker *at, size_t dim, cav_range_advice *ret_advice)
{
    const cav_parameter *parameter = parameter_of(at, dim);
    size_t count = 0;
    if (!at->is_known[dim])
        return 0;
    if (look_for_nothing(at, dim, ret_advice))
        return 1;
    for (int end = 0; end < 2; end++) {
        count += (size_t)look_for_growth(at, dim, end == 1, ret_advice + count);
        count += (size_t)look_for_cut(at, dim, end == 1, ret_advice + count);
    }
    bool has_choices = parameter->axis == CAV_AXIS_CHOICES && parameter->choice_count <= GRID;
    for (size_t k = 0; has_choices && k < parameter->choice_count; k++)
        count += (size_t)look_at_choice(at, dim, k, ret_advice + count);
    return count;
}

static size_t questions_of(const cav_parameter *parameter)
{
    return parameter->axis == CAV_AXIS_CHOICES ? parameter->choice_count : 2;
}

size_t cav_ranges_most(const cav_space *space)
{
    size_t count = 0;
    for (size_t dim = 0; dim < space->dim_count; dim++)
        count += 4 + space->parameters[space->dims[dim]].choice_count;
    return count;
}

static bool allocate(looker *at, cav_arena *arena, size_t **ret_places)
{
    size_t dims = at->smooth->space->dim_count;
    at->places = CAV_ARENA_NEW(arena, size_t, BASES + at->smooth->count);
    at->points = CAV_ARENA_NEW(arena, double, BASES *GRID *dims + 1);
    at->means = CAV_ARENA_NEW(arena, double, BASES *GRID);
    at->profiles = CAV_ARENA_NEW(arena, double, RESAMPLES *GRID *dims + 1);
    at->variances = CAV_ARENA_NEW(arena, double, RESAMPLES *dims + 1);
    at->is_known = CAV_ARENA_NEW(arena, bool, dims + 1);
    at->is_parent = CAV_ARENA_NEW(arena, bool, dims + 1);
    at->raw = CAV_ARENA_NEW(arena, double, at->smooth->space->count + 1);
    if (!at->places || !at->points || !at->means || !at->profiles || !at->variances ||
        !at->is_known || !at->is_parent || !at->raw)
        return false;
    for (size_t dim = 0; dim < dims; dim++)
        at->is_parent[dim] = cav_space_is_parent(at->smooth->space, at->smooth->space->dims[dim]);
    *ret_places = at->places + BASES;
    return true;
}

caviar_code cav_ranges_look(cav_smooth *smooth, uint64_t seed, cav_range_advice *ret_advice,
                            size_t *ret_count, cav_error *error)
{
    looker at = {.smooth = smooth, .random = cav_random_stream(seed, 5, CAV_PURPOSE_INSIGHT, 0)};
    cav_arena *arena = cav_arena_new();
    size_t *places, count = 0;
    caviar_code code = CAVIAR_OK;
    if (!arena || !allocate(&at, arena, &places)) {
        code = cav_fail_memory(error);
    } else {
        size_t best = smooth->count / 5;
        at.best_count = best > BASES ? best : BASES;
        at.worth = find_worth(smooth);
        for (size_t dim = 0; dim < smooth->space->dim_count; dim++)
            at.question_count += questions_of(parameter_of(&at, dim));
        draw_profiles(&at, places);
        for (size_t dim = 0; dim < smooth->space->dim_count && at.resample_count > 0; dim++) {
            size_t more = look(&at, dim, ret_advice + count);
            for (size_t i = 0; i < more; i++)
                ret_advice[count + i].parameter = smooth->space->dims[dim];
            count += more;
        }
    }
    cav_arena_free(arena);
    if (!code)
        *ret_count = count;
    return code;
}
