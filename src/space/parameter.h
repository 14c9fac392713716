/**
 * parameter.h: one parameter, its unit coordinate, and its values as text.
 *
 * Inside Caviar a parameter's value is one double, called *raw*: the number itself, or the index
 * of a choice; NaN where the parameter is inactive. caviar_value appears only at the borders.
 */
#ifndef CAV_SPACE_PARAMETER_H
#define CAV_SPACE_PARAMETER_H

#include "base/error.h"
#include "base/text.h"

/** What the unit coordinate of a parameter is like. */
typedef enum cav_axis {
    CAV_AXIS_NONE,       // not varied: a constant, or held at its default
    CAV_AXIS_CONTINUOUS, // any real number
    CAV_AXIS_LEVELS,     // so many values in order
    CAV_AXIS_CHOICES,    // so many values without order
} cav_axis;

/** A condition: the parent's raw value is one of a set, or lies in a range. */
typedef struct cav_condition {
    char *parent_name;
    size_t parent;      // index in the space
    double *values;     // [value_count] raw
    size_t value_count; // 0: the range counts
    double low, high;
} cav_condition;

typedef struct cav_parameter {
    char *name;
    caviar_type type;
    caviar_scale scale;
    caviar_tier tier;
    caviar_live live;             // as given: see cav_parameter_is_live
    double low, high;             // where the search starts
    double limit_low, limit_high; // what the unit interval spans; as low, high where none is given
    double step, step_factor;     // 0: none; an int has a step
    double *specials;             // [special_count] raw, at the lower end of the unit interval
    size_t special_count;
    caviar_value *choices; // [choice_count] texts are owned
    size_t choice_count;
    double initial; // raw; NaN: none
    double prior;   // raw, where the best value is believed to be; NaN: no belief
    caviar_confidence confidence;
    cav_condition *when;
    size_t when_count;

    // derived
    cav_axis axis;
    double first;         // the least level of a stepped range
    size_t level_count;   // levels or choices, without the specials; 0: continuous
    double padded_low;    // where the unit interval of the range begins: half a step below `first`
    double span;          // its length on the scale
    double special_share; // of the unit interval, for all specials together
} cav_parameter;

/** Copies and checks a public description. On failure the parameter is left empty. */
caviar_code cav_parameter_init(cav_parameter *parameter, const caviar_parameter *given,
                               cav_error *error);
void cav_parameter_free(cav_parameter *parameter);

/**
 * Raw value at unit coordinate u (clamped to [0, 1]). The ends give the least and the greatest
 * value exactly: 0 the first special value or else limit_low, 1 limit_high (of a stepped range the
 * outermost steps).
 */
double cav_parameter_decode(const cav_parameter *parameter, double u);

/**
 * Unit coordinate of a raw value: the middle of its cell for a level, a choice or a special value.
 * decode(encode(x)) is x for every x that decode can give, and within 1e-11 of the range (or to 13
 * significant digits, in a very narrow one) for any other x in it.
 */
double cav_parameter_encode(const cav_parameter *parameter, double raw);

/** The level, choice or special value nearest to `raw`; `raw` itself where there is a continuum. */
double cav_parameter_snap(const cav_parameter *parameter, double raw);

/** Its value as long as nothing is known: the default, else where it is believed to be best; NaN
 * where neither was said. */
double cav_parameter_guess(const cav_parameter *parameter);

/**
 * Maps v in [0, 1] onto the part of the unit interval where the search starts: [low, high] and the
 * specials. The same as v unless there are limits beyond low and high.
 */
double cav_parameter_start(const cav_parameter *parameter, double v);

/** A coordinate that has left [0, 1], mirrored at the ends until it is back. */
double cav_unit_mirror(double u);

/** Whether the tuner itself may change it in a running trial: it varies, and its program can. */
bool cav_parameter_is_live(const cav_parameter *parameter);

/**
 * The value so far from `raw` on its scale, `distance` being a share of the unit
 * interval: at least the next one, a continuum in three digits. At the end of the range it is
 * `raw`.
 */
double cav_parameter_shift(const cav_parameter *parameter, double raw, double distance);

/**
 * The cell of the unit interval around u (clamped to [0, 1]) that is all one value: a level's, a
 * choice's or a special value's. In a continuum both ends are u.
 */
void cav_parameter_cell(const cav_parameter *parameter, double u, double *ret_low,
                        double *ret_high);

/** Distinct values, the specials included; 0: a continuum. */
size_t cav_parameter_size(const cav_parameter *parameter);

/** Unit coordinate of value `index` of a finite parameter: its specials first, then its levels. */
double cav_parameter_nth(const cav_parameter *parameter, size_t index);

/** Index of a raw value of a finite parameter: the inverse of cav_parameter_nth. */
size_t cav_parameter_index(const cav_parameter *parameter, double raw);

/** Checks that a raw value is one that this parameter can have. */
caviar_code cav_parameter_check(const cav_parameter *parameter, double raw, cav_error *error);

/** Reads a value as it comes from outside: a JSON value, or text. */
caviar_code cav_parameter_read(const cav_parameter *parameter, const caviar_value *value,
                               double *ret_raw, cav_error *error);

/** The same; with `is_free` a number may lie outside of the range. */
caviar_code cav_parameter_read_value(const cav_parameter *parameter, const caviar_value *value,
                                     bool is_free, double *ret_raw, cav_error *error);

/** The same for a word of a command line; a choice matches as it prints. */
caviar_code cav_parameter_read_text(const cav_parameter *parameter, const char *text,
                                    double *ret_raw, cav_error *error);

/**
 * Reads a change of a value that is `now`: "0.003" sets it, "x0.5" multiplies it and "+0.01" adds
 * to it ("+-0.01" takes away). With `is_free` a number may lie outside of the range. What is
 * multiplied or added is rounded to a step of the range, if it has steps.
 */
caviar_code cav_parameter_read_change(const cav_parameter *parameter, double now, const char *text,
                                      bool is_free, double *ret_raw, cav_error *error);

/** The raw value as a caviar_value; a text belongs to the parameter. */
caviar_value cav_parameter_value(const cav_parameter *parameter, double raw);

/** Appends the value as it stands in a command line: 0.01, 64, relu, true. */
void cav_parameter_print(const cav_parameter *parameter, double raw, cav_text *text);

/** Appends a value of any kind in the same form. */
void cav_value_print(const caviar_value *value, cav_text *text);

/** A number as a value: as an integer where it is whole and small enough to be counted with
 * doubles. */
caviar_value cav_value_of_number(double number);

/** True where two values mean the same: 16 and 16.0 do, "16" and 16 do not. */
bool cav_value_equal(const caviar_value *a, const caviar_value *b);

#endif
