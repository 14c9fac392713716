/**
 * number.c: text to numbers and back in the "C" locale, whatever the program's locale is.
 */
#include "base/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

// A constant once made; the system's own "C" locale costs no memory that could be missing.
static locale_t the_c_locale(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    return c_locale;
}

static size_t print_special(double number, char *ret_text)
{
    const char *word = isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
    return (size_t)snprintf(ret_text, CAV_NUMBER_SIZE, "%s", word);
}

size_t cav_number_print(double number, char ret_text[CAV_NUMBER_SIZE])
{
    if (!isfinite(number))
        return print_special(number, ret_text);
    if (number == 0) // "-0" means nothing to a reader
        number = 0;
    locale_t before = uselocale(the_c_locale());
    int length = 0;
    // below the normal numbers there are fewer than 15 digits to tell
    for (int digits = isnormal(number) || number == 0 ? 15 : 1; digits <= 17; digits++) {
        length = snprintf(ret_text, CAV_NUMBER_SIZE, "%.*g", digits, number);
        if (strtod(ret_text, NULL) == number)
            break;
    }
    uselocale(before);
    return (size_t)length;
}

size_t cav_number_print_short(double number, int digits, char ret_text[CAV_NUMBER_SIZE])
{
    if (!isfinite(number))
        return print_special(number, ret_text);
    locale_t before = uselocale(the_c_locale());
    int length = snprintf(ret_text, CAV_NUMBER_SIZE, "%.*g", digits, number == 0 ? 0 : number);
    if (fabs(number) < 1e15 && number == floor(number)) // 20000, not 2e+04
        length = snprintf(ret_text, CAV_NUMBER_SIZE, "%.0f", number == 0 ? 0 : number);
    uselocale(before);
    return (size_t)length;
}

// True for what may stand in a decimal number: strtod alone would take hexadecimal and blanks.
static bool is_decimal(const char *text, size_t size)
{
    bool digit = false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            digit = true;
        else if (!strchr("+-.eE", text[i]))
            return false;
    }
    return digit;
}

static bool is_special(const char *text)
{
    static const char *const words[] = {"nan", "inf", "infinity"};
    text += *text == '-' || *text == '+';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp_l(text, words[i], the_c_locale()) == 0) // a Turkish I is no capital i
            return true;
    return false;
}

bool cav_number_parse(const char *text, size_t size, double *ret_number)
{
    char copy[400]; // the longest exact decimal of interest; a longer text is no number
    if (size == 0 || size >= sizeof copy || memchr(text, '\0', size))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (!is_decimal(copy, size) && !is_special(copy))
        return false;
    char *end;
    double number = strtod_l(copy, &end, the_c_locale());
    if (end != copy + size)
        return false;
    *ret_number = number;
    return true;
}

bool cav_number_parse_int(const char *text, int64_t *ret_number)
{
    if (text[strspn(text, "+-0123456789")] != '\0')
        return false;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return false;
    *ret_number = number;
    return true;
}

bool cav_number_parse_uint(const char *text, uint64_t *ret_number)
{
    if (text[strspn(text, "0123456789")] != '\0')
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (end == text || *end || errno)
        return false;
    *ret_number = number;
    return true;
}

static const struct unit {
    const char *word;
    double ms;
} units[] = {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

static double unit_ms(const char *word, size_t size)
{
    if (size == 0)
        return 1e3;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].word) == size && strncmp(units[i].word, word, size) == 0)
            return units[i].ms;
    return 0;
}

bool cav_duration_parse(const char *text, int64_t *ret_ms)
{
    double total = 0;
    if (!*text)
        return false;
    const char *start = text;
    while (*text) {
        size_t digits = strspn(text, "0123456789.");
        size_t letters = strspn(text + digits, "abcdefghijklmnopqrstuvwxyz");
        double number, ms = unit_ms(text + digits, letters);
        if (!cav_number_parse(text, digits, &number) || ms == 0)
            return false;
        if (letters == 0 && (text != start || text[digits])) // "1h30" may mean minutes
            return false;
        total += number * ms;
        text += digits + letters;
    }
    if (!(total < 1e15))
        return false;
    *ret_ms = (int64_t)(total + 0.5);
    return true;
}

size_t cav_duration_print(int64_t ms, char ret_text[CAV_NUMBER_SIZE])
{
    ms = ms > 0 ? ms : 0; // a clock that was set back
    int64_t s = ms / 1000 + (ms % 1000 >= 500), m = s / 60, h = m / 60, d = h / 24;
    int length;
    if (ms < 9950)
        length = snprintf(ret_text, CAV_NUMBER_SIZE, "%d.%ds", (int)((ms + 50) / 1000),
                          (int)((ms + 50) / 100 % 10));
    else if (s < 60)
        length = snprintf(ret_text, CAV_NUMBER_SIZE, "%ds", (int)s);
    else if (h < 1)
        length = snprintf(ret_text, CAV_NUMBER_SIZE, "%dm%02ds", (int)m, (int)(s % 60));
    else if (h < 100)
        length = snprintf(ret_text, CAV_NUMBER_SIZE, "%dh%02dm", (int)h, (int)(m % 60));
    else if (d < 10000)
        length = snprintf(ret_text, CAV_NUMBER_SIZE, "%dd%02dh", (int)d, (int)(h % 24));
    else
        length = snprintf(ret_text, CAV_NUMBER_SIZE, "%lldd", (long long)d);
    return (size_t)length;
}
