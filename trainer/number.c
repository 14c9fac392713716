/**
 * number.c: reading and printing numbers.
 */
#include "trainer/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Up to 15 digits and nothing else, which is what most tables are full of, and exact.
static bool parse_digits(const char *text, double *ret_number)
{
    int64_t number = 0;
    size_t size = 0;
    for (; size < 15 && text[size] >= '0' && text[size] <= '9'; size++)
        number = 10 * number + (text[size] - '0');
    if (size == 0 || text[size] != '\0')
        return false;
    *ret_number = (double)number;
    return true;
}

bool number_parse(const char *text, double *ret_number)
{
    if (parse_digits(text, ret_number))
        return true;
    size_t size = strspn(text, "+-.0123456789eE"); // no blanks, no 0x, no inf, no nan
    if (size == 0 || text[size] != '\0')
        return false;
    char *end;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number))
        return false;
    *ret_number = number;
    return true;
}

void number_print(double number, char ret_text[NUMBER_SIZE])
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(ret_text, NUMBER_SIZE, "%.*g", digits, number);
        if (strtod(ret_text, NULL) == number)
            return;
    }
}
