/**
 * number.c: reading and printing numbers.
 */
#include "trainer/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool number_parse(const char *text, double *ret_number)
{
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
    if (isnan(number)) { // printf may print a sign
        snprintf(ret_text, NUMBER_SIZE, "nan");
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(ret_text, NUMBER_SIZE, "%.*g", digits, number);
        if (strtod(ret_text, NULL) == number)
            return;
    }
}
