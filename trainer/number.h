/**
 * number.h: reading and printing numbers.
 *
 * The program never sets a locale, so that strtod and printf keep to the point.
 */
#ifndef TRAIN_NUMBER_H
#define TRAIN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/** Reads the whole of `text` as a finite decimal number; not hexadecimal, no blanks. */
bool number_parse(const char *text, double *ret_number);

enum { NUMBER_SIZE = 32 };

/** Prints the shortest form that reads back as `number`: "0.1", "1e-05", "nan", "-inf". */
void number_print(double number, char ret_text[NUMBER_SIZE]);

#endif
