/* SPDX-License-Identifier: MIT
 * date_parts.c - dates of which parts stand in further columns. */
#include "tables/date_parts.h"

#include <string.h>
#include <strings.h>

#include "core/datetime.h"
#include "tables/csv_fields.h"
#include "tables/date_format.h"

enum { MOST_NAMES = 10 };

static const struct {
    const char *text;
    int low, high;
    const char *const names[MOST_NAMES];
} parts[KR__N_DATE_PARTS] = {
    [KR__PART_CLOCK] = {"time of day", 0, 0, {NULL}},
    [KR__PART_DIGITS] = {"time of day (HHMMSS or HHMM)", 0, 0, {"time", "hhmm", "hhmmss", "hms"}},
    [KR__PART_MONTH] = {"month", 1, 12, {"month", "mon", "mo", "mm", "monat", "mois", "mes"}},
    [KR__PART_DAY] = {"day",
                      1,
                      366,
                      {"day", "dd", "dy", "mday", "doy", "yday", "tag", "jour", "dia"}},
    [KR__PART_HOUR] = {"hour",
                       0,
                       24,
                       {"hour", "hr", "hh", "he", "hour ending", "hour_ending", "stunde", "heure",
                        "hora", "ora"}},
    [KR__PART_MINUTE] = {"minute", 0, 59, {"minute", "min", "mi"}},
    [KR__PART_SECOND] = {"second", 0, 59, {"second", "sec", "ss"}}};

/* Up to three digits, or a whole number as some tables have them: 3.0. */
static bool read_small(const char *text, size_t size, int *value) {
    size_t n = 0;
    for (*value = 0; n < size && n < 3 && text[n] >= '0' && text[n] <= '9'; n++) {
        *value = 10 * *value + (text[n] - '0');
    }
    if (n == 0) return false;
    return n == size || (n + 2 == size && text[n] == '.' && text[n + 1] == '0');
}

static bool read_digits(const char *text, size_t size, int64_t *micros) {
    int v = 0;
    if (size < 1 || size > 6) return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        v = 10 * v + (text[i] - '0');
    }
    bool has_seconds = size > 4;
    int hour = has_seconds ? v / 10000 : v / 100, minute = has_seconds ? v / 100 % 100 : v % 100;
    int second = has_seconds ? v % 100 : 0;
    *micros = hour * KR__HOUR + minute * KR__MINUTE + second * KR__SECOND;
    return hour < 24 && minute < 60 && second < 60;
}

bool kr__date_part_read(kr__date_part part, const char *text, size_t size,
                        kr__date_parts_row *row) {
    int64_t micros = 0;
    int value;
    if (part == KR__PART_CLOCK || part == KR__PART_DIGITS) {
        bool is_read = part == KR__PART_CLOCK ? kr__clock_read(text, size, &micros)
                                              : read_digits(text, size, &micros);
        row->micros += micros;
        return is_read;
    }
    if (!read_small(text, size, &value)) return false;
    if (value < parts[part].low || value > parts[part].high) return false;
    if (part == KR__PART_MONTH) row->month = value;
    if (part == KR__PART_DAY) row->day = value;
    if (part == KR__PART_HOUR) row->micros += value * KR__HOUR;
    if (part == KR__PART_MINUTE) row->micros += value * KR__MINUTE;
    if (part == KR__PART_SECOND) row->micros += value * KR__SECOND;
    return true;
}

bool kr__date_parts_join(const kr__date_parts_row *row, int64_t *micros) {
    kr_datetime date;
    kr__datetime_from_micros(*micros, &date);
    if (row->month > 0) {
        date.month = row->month;
        if (row->day > kr__datetime_days(date.year, date.month)) return false;
        if (row->day > 0) date.day = row->day;
        *micros = kr__datetime_to_micros(&date);
    } else if (row->day > 0) {
        if (row->day == 366 && kr__datetime_days(date.year, 2) == 28) return false;
        *micros += (row->day - 1) * KR__DAY;
    }
    *micros += row->micros;
    return true;
}

/* Without what stands around letters: <TIME>. */
static kr__csv_field find_letters(const char *name) {
    kr__csv_field f = kr__csv_trim_name(name);
    while (f.size > 0 && strchr("<([", f.text[0])) f.text++, f.size--;
    while (f.size > 0 && strchr(">)]", f.text[f.size - 1])) f.size--;
    return f;
}

kr__date_part kr__date_part_of_name(const char *name) {
    kr__csv_field f = find_letters(name);
    for (int part = KR__PART_DIGITS; part < KR__N_DATE_PARTS; part++) {
        for (int i = 0; i < MOST_NAMES && parts[part].names[i]; i++) {
            const char *word = parts[part].names[i];
            bool is_it = strlen(word) == f.size && strncasecmp(word, f.text, f.size) == 0;
            if (is_it) return (kr__date_part)part;
        }
    }
    return KR__PART_NONE;
}

const char *kr__date_part_text(kr__date_part part) { return parts[part].text; }
