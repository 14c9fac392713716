/**
 * csv_time.c: moments and durations as programs write them into tables.
 */
#include "exchange/csv_time.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// Seconds with a fraction, from 0 up to below 60; a comma is taken for a point.
static bool read_seconds(const char *text, size_t size, double *ret_seconds)
{
    char copy[32];
    double seconds;
    if (size == 0 || size >= sizeof copy || text[0] < '0' || text[0] > '9')
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    char *comma = strchr(copy, ',');
    if (comma)
        *comma = '.';
    if (!cav_number_parse(copy, size, &seconds) || seconds >= 61)
        return false;
    *ret_seconds = seconds;
    return true;
}

// "", "Z", "+02", "+0200", "+02:00", "UTC": whether it says a zone, and its seconds before UTC.
static bool read_zone(const char *text, bool *ret_has_zone, int *ret_ahead)
{
    int hours = 0, minutes = 0, used = 0;
    *ret_has_zone = true;
    *ret_ahead = 0;
    text += *text == ' ';
    if (!*text) {
        *ret_has_zone = false;
        return true;
    }
    if (strcmp(text, "Z") == 0 || strcmp(text, "UTC") == 0)
        return true;
    if (*text != '+' && *text != '-')
        return false;
    if ((sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) < 2 || text[1 + used]) &&
        (sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &used) < 2 || text[1 + used]) &&
        (sscanf(text + 1, "%2d%n", &hours, &used) < 1 || text[1 + used]))
        return false;
    *ret_ahead = (*text == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static bool is_in_its_ranges(const struct tm *time)
{
    return time->tm_year >= 1970 && time->tm_mon >= 1 && time->tm_mon <= 12 && time->tm_mday >= 1 &&
           time->tm_mday <= 31 && time->tm_hour >= 0 && time->tm_hour <= 23 && time->tm_min >= 0 &&
           time->tm_min <= 59;
}

// The date, and where what follows it begins; 0: it is none.
static int read_date(const char *cell, struct tm *time)
{
    int used = 0;
    char between = ' ';
    if (sscanf(cell, "%4d-%2d-%2d%n", &time->tm_year, &time->tm_mon, &time->tm_mday, &used) < 3 &&
        sscanf(cell, "%2d.%2d.%4d%n", &time->tm_mday, &time->tm_mon, &time->tm_year, &used) < 3)
        return 0;
    if (used > 0)
        between = cell[used];
    return used > 0 && (between == ' ' || between == 'T') ? used + 1 : 0;
}

bool cav_csv_read_moment(const char *cell, int64_t *ret_ms)
{
    struct tm time = {.tm_isdst = -1};
    double seconds = 0;
    int used = 0, ahead;
    bool has_zone;
    int date = read_date(cell, &time);
    if (date == 0 || sscanf(cell + date, "%2d:%2d%n", &time.tm_hour, &time.tm_min, &used) < 2 ||
        !is_in_its_ranges(&time))
        return false;
    const char *at = cell + date + used;
    if (*at == ':') {
        size_t size = strspn(at + 1, "0123456789.,");
        if (!read_seconds(at + 1, size, &seconds))
            return false;
        at += 1 + size;
    }
    if (!read_zone(at, &has_zone, &ahead))
        return false;
    time.tm_year -= 1900;
    time.tm_mon--;
    time_t whole = has_zone ? timegm(&time) - ahead : mktime(&time);
    if (whole <= 0)
        return false;
    *ret_ms = (int64_t)whole * 1000 + llround(seconds * 1000);
    return true;
}

// Of "1 days +02:03:04", what follows the days.
static const char *skip_days(const char *cell, int *ret_days)
{
    int used = 0;
    *ret_days = 0;
    if (sscanf(cell, "%5d day%n", ret_days, &used) < 1 || used == 0) {
        *ret_days = 0;
        return cell;
    }
    const char *at = cell + used + (cell[used] == 's');
    return at + strspn(at, " ,+");
}

bool cav_csv_read_duration(const char *cell, int64_t *ret_ms)
{
    int days, hours, minutes, used = 0;
    double seconds;
    if (cav_number_parse(cell, strlen(cell), &seconds)) {
        if (!(seconds >= 0 && seconds < 1e9))
            return false;
        *ret_ms = llround(seconds * 1000);
        return true;
    }
    if (cav_duration_parse(cell, ret_ms))
        return true;
    const char *at = skip_days(cell, &days);
    if (sscanf(at, "%4d:%2d:%n", &hours, &minutes, &used) < 2 || used == 0 || days < 0 ||
        hours < 0 || minutes < 0 || minutes > 59 ||
        !read_seconds(at + used, strlen(at + used), &seconds))
        return false;
    *ret_ms = (((int64_t)days * 24 + hours) * 60 + minutes) * 60000 + llround(seconds * 1000);
    return true;
}
