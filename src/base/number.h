/**
 * number.h: numbers and durations as text, independent of the locale, and exact: what is printed
 * reads back as the same number.
 */
#ifndef CAV_BASE_NUMBER_H
#define CAV_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CAV_NUMBER_SIZE = 32 }; // room for any number that is printed here, with its NUL

/** The greatest magnitude up to which every whole number is a double: 2^53. */
#define CAV_INT_LIMIT 9007199254740992.0

/**
 * Prints the shortest decimal form that reads back as `number` (but for 46 powers of two, which get
 * a 17th digit where 16 would do): "0.1", "1e-05", "64", "nan", "inf", "-inf". Returns its length.
 */
size_t cav_number_print(double number, char ret_text[CAV_NUMBER_SIZE]);

/** The same with a few significant digits, for people: "0.0213", "1.3e-05", "64". */
size_t cav_number_print_short(double number, int digits, char ret_text[CAV_NUMBER_SIZE]);

/**
 * Reads the whole of `text` ([size] bytes, no blanks) as a real number, also "nan", "inf" and
 * "infinity" in any case. What is beyond all doubles becomes an infinity or 0. False if it is
 * anything else, such as hexadecimal or empty.
 */
bool cav_number_parse(const char *text, size_t size, double *ret_number);

/** Reads the whole of `text` as a decimal whole number that fits. */
bool cav_number_parse_int(const char *text, int64_t *ret_number);
bool cav_number_parse_uint(const char *text, uint64_t *ret_number);

/** Reads "90s", "30m", "1h30m", "2d", "500ms", or nothing but a number of seconds; ≥ 0. */
bool cav_duration_parse(const char *text, int64_t *ret_ms);

/**
 * Prints a duration for people in at most 8 characters, up to ten thousand days: "0.4s", "12s",
 * "3m20s", "2h05m". A negative one is "0.0s".
 */
size_t cav_duration_print(int64_t ms, char ret_text[CAV_NUMBER_SIZE]);

#endif
