/* SPDX-License-Identifier: MIT
 * date_pattern.c - dates by a pattern as of strptime. */
#include "tables/date_scan.h"

typedef struct pattern_state {
    char half; /* a, p; 0: none */
    int day_of_year;
} pattern_state;

static bool take_directive(kr__date_scan *s, char directive, kr__date_parts *p,
                           pattern_state *state) {
    kr_datetime *d = &p->date;
    switch (directive) {
        case 'Y':
            return kr__date_take_number(s, 4, 4, 1, 9999, &d->year);
        case 'y':
            return kr__date_take_number(s, 2, 2, 0, 99, &d->year) &&
                   (d->year += d->year >= 69 ? 1900 : 2000, p->out->has_short_year = true);
        case 'm':
            return kr__date_take_number(s, 1, 2, 1, 12, &d->month);
        case 'd':
            return kr__date_take_number(s, 1, 2, 1, 31, &d->day);
        case 'b':
        case 'B':
            d->month = kr__date_take_month(s);
            return d->month > 0;
        case 'a':
        case 'A':
            return kr__date_take_weekday(s);
        case 'H':
            p->out->has_clock = true;
            return kr__date_take_number(s, 1, 2, 0, 23, &d->hour);
        case 'I':
            p->out->has_clock = true;
            return kr__date_take_number(s, 1, 2, 1, 12, &d->hour);
        case 'p':
            state->half = kr__date_take_half(s);
            return state->half != 0;
        case 'M':
            return kr__date_take_number(s, 1, 2, 0, 59, &d->minute);
        case 'S':
            return kr__date_take_number(s, 1, 2, 0, 59, &d->second);
        case 'f':
            return kr__date_take_fraction(s, p);
        case 'j':
            return kr__date_take_number(s, 1, 3, 1, 366, &state->day_of_year);
        case 'z':
            return kr__date_take_zone(s, p->out) && p->out->has_offset;
        default:
            return directive == '%' && kr__date_take(s, '%');
    }
}

bool kr__date_read_pattern(kr__date_scan *s, const char *pattern, kr__date_parts *p) {
    pattern_state state = {.half = 0};
    p->date.month = p->date.day = 1;
    for (const char *c = pattern; *c; c++) {
        if (*c == '%') {
            if (!take_directive(s, *++c, p, &state)) return false;
        } else if (*c == ' ') {
            const char *first = s->at;
            kr__date_skip_blanks(s);
            if (s->at == first) return false;
        } else if (!kr__date_take(s, *c)) {
            return false;
        }
    }
    if (state.half) p->date.hour = p->date.hour % 12 + (state.half == 'p' ? 12 : 0);
    if (state.day_of_year > 365 && kr__datetime_days(p->date.year, 2) < 29) return false;
    if (state.day_of_year > 0) p->days = state.day_of_year - 1;
    return s->at == s->end;
}

bool kr__date_is_pattern(const char *text) {
    bool has_year = false, has_half = false, has_twelve = false;
    for (const char *c = text; *c; c++) {
        if (*c != '%') continue;
        c++;
        if (!*c || !strchr("YymdbBaAHIpMSfzj%", *c)) return false;
        has_year = has_year || *c == 'Y' || *c == 'y';
        has_half = has_half || *c == 'p';
        has_twelve = has_twelve || *c == 'I';
    }
    return has_year && has_half == has_twelve;
}
