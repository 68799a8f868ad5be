/* SPDX-License-Identifier: MIT
 * date_counts.c - dates that are counted: seconds and their parts since 1970, and days since the
 * beginnings of several calendars. */
#include <math.h>

#include "tables/date_scan.h"
#include "tables/number.h"

/* [-]digits[.digits] times 10^power, exactly; digits below one must be zeros. */
static bool read_whole(kr__date_scan s, int power, int64_t *value) {
    bool is_negative = kr__date_take(&s, '-'), has_point = false;
    int64_t v = 0, left = power;
    if (!kr__date_is_digit(kr__date_peek(&s))) return false;
    for (; s.at < s.end; s.at++) {
        if ((*s.at == '.' || *s.at == ',') && !has_point) {
            has_point = true;
            continue;
        }
        if (!kr__date_is_digit(*s.at)) return false;
        if (has_point && left-- <= 0) {
            if (*s.at != '0') return false;
            continue;
        }
        if (v > (INT64_MAX - 9) / 10) return false;
        v = v * 10 + (*s.at - '0');
    }
    for (; left > 0; left--) {
        if (v > INT64_MAX / 10) return false;
        v *= 10;
    }
    *value = is_negative ? -v : v;
    return true;
}

static bool read_epoch(kr__date_scan s, kr__date_kind kind, kr__moment *out) {
    static const int power[] = {6, 3, 0, 0};
    int64_t v;
    if (!read_whole(s, power[kind - KR__DATE_EPOCH_S], &v)) return false;
    if (kind == KR__DATE_EPOCH_NS && v % 1000 != 0) return false;
    out->micros = kind == KR__DATE_EPOCH_NS ? v / 1000 : v;
    out->has_clock = true;
    return kr__datetime_is_in_calendar(out->micros);
}

/* Of days with so few digits behind the point as spreadsheets show, to the nearest second; else to
 * the nearest millisecond, which is about what a double holds of them. */
static bool read_days(kr__date_scan s, kr__date_kind kind, kr__moment *out) {
    enum { SHOWN = 6 };
    const char *point = s.end > s.at ? memchr(s.at, '.', (size_t)(s.end - s.at)) : NULL;
    bool has_seconds = !point || s.end - point - 1 <= SHOWN;
    const double day = has_seconds ? 86400 : 86400e3;
    const int64_t unit = has_seconds ? KR__SECOND : 1000;
    double first = kind == KR__DATE_EXCEL     ? 25569
                   : kind == KR__DATE_DATENUM ? 719529
                                              : 2440587.5; /* of 1970 */
    double days;
    if (kr__number_parse(s.at, (size_t)(s.end - s.at), &days) != KR__NUMBER) return false;
    if (!(days >= 1 && days < 6e6)) return false;
    int64_t micros = llround((days - first) * day) * unit;
    if (!kr__datetime_is_in_calendar(micros)) return false;
    out->micros = micros;
    out->has_clock = micros % KR__DAY != 0;
    return true;
}

bool kr__date_is_count(kr__date_kind kind) {
    return kind >= KR__DATE_EPOCH_S && kind <= KR__DATE_JULIAN;
}

bool kr__date_read_count(kr__date_scan s, kr__date_kind kind, kr__moment *out) {
    return kind >= KR__DATE_EXCEL ? read_days(s, kind, out) : read_epoch(s, kind, out);
}
