/* SPDX-License-Identifier: MIT
 * date_format.c - dates as people write them.
 *
 * A reader for each kind takes the day, a common one the clock behind it. */
#include "tables/date_format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/datetime.h"
#include "core/text.h"
#include "tables/number.h"

typedef struct scan {
    const char *at, *end;
} scan;

/* What has been read so far. */
typedef struct parts {
    kr_datetime date;
    int64_t micros; /* below the second */
    int64_t days;   /* to be added: a day of a year, of a week */
    kr__moment *out;
} parts;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool take(scan *s, char wanted) {
    if (s->at == s->end || *s->at != wanted) return false;
    s->at++;
    return true;
}

static char peek(const scan *s) { return s->at < s->end ? *s->at : '\0'; }

static bool take_number(scan *s, int low_digits, int high_digits, int low, int high, int *value) {
    int n = 0, v = 0;
    while (n < high_digits && s->at < s->end && is_digit(*s->at)) {
        v = 10 * v + (*s->at++ - '0');
        n++;
    }
    *value = v;
    return n >= low_digits && v >= low && v <= high;
}

static bool take_word(scan *s, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || strncasecmp(s->at, word, n) != 0) return false;
    s->at += n;
    return true;
}

static void skip_blanks(scan *s) {
    while (take(s, ' ')) continue;
}

/* ---- names ------------------------------------------------------------------------------ */

static const char *const months[12] = {"january",   "february", "march",    "april",
                                       "may",       "june",     "july",     "august",
                                       "september", "october",  "november", "december"};
static const char *const weekdays[7] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};

static size_t measure_letters(const scan *s) {
    const char *p = s->at;
    while (p < s->end && (*p | 32) >= 'a' && (*p | 32) <= 'z') p++;
    return (size_t)(p - s->at);
}

/* A name, whole or its first three letters or more; a point may follow. -1: none of them. */
static int take_name(scan *s, const char *const *names, int n_names) {
    size_t n = measure_letters(s);
    for (int i = 0; i < n_names; i++) {
        if (n < 3 || n > strlen(names[i]) || strncasecmp(s->at, names[i], n) != 0) continue;
        s->at += n;
        if (n < strlen(names[i])) take(s, '.');
        return i;
    }
    return -1;
}

static bool take_month_name(scan *s, parts *p) {
    int month = take_name(s, months, 12);
    if (month < 0) return false;
    p->date.month = month + 1;
    p->out->has_month_name = true;
    return true;
}

static bool starts_with_letter(const scan *s) { return measure_letters(s) > 0; }

/* "Friday, ", "Fri ". */
static void skip_weekday(scan *s) {
    scan ahead = *s;
    if (take_name(&ahead, weekdays, 7) < 0) return;
    bool has_comma = take(&ahead, ','), has_blank = peek(&ahead) == ' ';
    if (!has_comma && !has_blank) return;
    skip_blanks(&ahead);
    *s = ahead;
}

/* ---- the day ---------------------------------------------------------------------------- */

static bool take_year(scan *s, bool may_be_short, parts *p) {
    const char *first = s->at;
    if (!take_number(s, 2, 4, 0, 9999, &p->date.year)) return false;
    if (s->at - first == 4) return p->date.year >= 1;
    if (s->at - first != 2 || !may_be_short) return false;
    p->out->has_short_year = true;
    p->date.year += p->date.year >= 69 ? 1900 : 2000;
    return true;
}

static bool take_month(scan *s, parts *p) {
    return starts_with_letter(s) ? take_month_name(s, p)
                                 : take_number(s, 1, 2, 1, 12, &p->date.month);
}

/* 1, 01; 1st, 2nd, 3rd, 4th before or after a name. */
static bool take_day(scan *s, parts *p) {
    if (!take_number(s, 1, 2, 1, 31, &p->date.day)) return false;
    if (!starts_with_letter(s)) return true;
    return take_word(s, "st") || take_word(s, "nd") || take_word(s, "rd") || take_word(s, "th") ||
           true;
}

/* One of - / . or blanks, with a comma before them if may_be_comma. 0: none. */
static char take_separator(scan *s, bool may_be_comma) {
    char c = peek(s);
    if (c == '-' || c == '/' || c == '.') {
        s->at++;
        return c;
    }
    bool has_comma = may_be_comma && take(s, ',');
    if (peek(s) != ' ') return has_comma ? ' ' : 0;
    skip_blanks(s);
    return ' ';
}

static bool read_ymd(scan *s, parts *p) {
    if (!take_year(s, false, p)) return false;
    char first = take_separator(s, false);
    return first && first != ' ' && take_month(s, p) && take(s, first) && take_day(s, p);
}

/* Day and month in either order, then the year. Both signs are the same; blanks and commas only
 * beside names. */
static bool read_day_month(scan *s, bool is_day_first, parts *p) {
    skip_weekday(s);
    if (is_day_first ? !take_day(s, p) : !take_month(s, p)) return false;
    char first = take_separator(s, false);
    bool is_glued = !first && is_day_first && starts_with_letter(s); /* 01Dec2023 */
    if (!first && !is_glued) return false;
    if (is_day_first ? !take_month(s, p) : !take_day(s, p)) return false;
    char second = is_glued && is_digit(peek(s)) ? 'x' : take_separator(s, true);
    bool has_name = p->out->has_month_name;
    if (!second || (second != first && !has_name) || (first == ' ' && !has_name)) return false;
    return take_year(s, true, p);
}

static bool read_dmy(scan *s, parts *p) { return read_day_month(s, true, p); }
static bool read_mdy(scan *s, parts *p) { return read_day_month(s, false, p); }

static bool take_digit_clock(scan *s, parts *p) {
    if (!take_number(s, 2, 2, 0, 23, &p->date.hour)) return false;
    if (!take_number(s, 2, 2, 0, 59, &p->date.minute)) return false;
    p->out->has_clock = true;
    return !is_digit(peek(s)) || take_number(s, 2, 2, 0, 59, &p->date.second);
}

static bool read_basic(scan *s, parts *p) {
    if (!take_number(s, 4, 4, 1, 9999, &p->date.year)) return false;
    if (!take_number(s, 2, 2, 1, 12, &p->date.month)) return false;
    if (!take_number(s, 2, 2, 1, 31, &p->date.day)) return false;
    if (is_digit(peek(s))) return take_digit_clock(s, p);
    scan ahead = *s;
    if ((!take(&ahead, 'T') && !take(&ahead, ' ')) || ahead.end - ahead.at < 4) return true;
    if (!is_digit(ahead.at[0]) || !is_digit(ahead.at[1]) || !is_digit(ahead.at[2])) return true;
    *s = ahead;
    return take_digit_clock(s, p);
}

static bool read_ym(scan *s, parts *p) {
    p->date.day = 1;
    if (!take_year(s, false, p)) return false;
    char c = peek(s);
    if (is_digit(c)) return take_number(s, 2, 2, 1, 12, &p->date.month) && s->at == s->end;
    if (c == '-' || c == '/' || c == ' ' ||
        ((c | 32) == 'm' && s->end - s->at > 1 && is_digit(s->at[1]))) {
        s->at++;
    }
    if (c == ' ' && !starts_with_letter(s)) return false;
    return take_month(s, p) && s->at == s->end;
}

/* With two digits of a year a name and "-" or "'" are needed: Jul-16, Jul '16. */
static bool read_my(scan *s, parts *p) {
    p->date.day = 1;
    if (!take_month(s, p)) return false;
    bool has_name = p->out->has_month_name;
    char sign = take_separator(s, has_name);
    if (has_name && sign == ' ') take(s, '\'');
    bool is_glued = !sign && has_name;
    if ((!sign && !is_glued) || (sign == ' ' && !has_name)) return false;
    return take_year(s, has_name, p) && s->at == s->end;
}

static bool read_quarter(scan *s, parts *p) {
    int quarter;
    bool is_first = take(s, 'Q') || take(s, 'q');
    if (is_first) {
        if (!take_number(s, 1, 1, 1, 4, &quarter)) return false;
        take_separator(s, false);
        if (!take_year(s, false, p)) return false;
    } else {
        if (!take_year(s, false, p)) return false;
        take_separator(s, false);
        if ((!take(s, 'Q') && !take(s, 'q')) || !take_number(s, 1, 1, 1, 4, &quarter)) return false;
    }
    p->date.month = 3 * quarter - 2;
    p->date.day = 1;
    return s->at == s->end;
}

/* Week 1 has the fourth of January. */
static bool read_week(scan *s, parts *p) {
    int week, day = 1;
    if (!take_number(s, 4, 4, 1, 9998, &p->date.year)) return false;
    take(s, '-');
    if ((!take(s, 'W') && !take(s, 'w')) || !take_number(s, 2, 2, 1, 53, &week)) return false;
    if (s->at < s->end && (!take(s, '-') || !take_number(s, 1, 1, 1, 7, &day))) return false;
    const kr_datetime fourth = {.year = p->date.year, .month = 1, .day = 4};
    kr_datetime d;
    kr__datetime_from_micros(kr__datetime_to_micros(&fourth), &d);
    p->date.month = 1;
    p->date.day = 4;
    p->days = 7 * (week - 1) - d.weekday + day - 1;
    kr__datetime_from_micros(kr__datetime_to_micros(&fourth) + p->days * KR__DAY, &d);
    return d.iso_week == week && s->at == s->end; /* week 53 of a year that has 52 */
}

static bool read_year(scan *s, parts *p) {
    p->date.month = p->date.day = 1;
    return take_number(s, 4, 4, 1, 9999, &p->date.year) && s->at == s->end;
}

/* ---- the clock --------------------------------------------------------------------------- */

/* Behind a point or comma; what is below a microsecond must be zeros. */
static bool take_fraction(scan *s, int64_t *micros) {
    int64_t unit = KR__SECOND / 10;
    if (!is_digit(peek(s))) return false;
    for (*micros = 0; is_digit(peek(s)); s->at++, unit /= 10) {
        if (unit == 0 && *s->at != '0') return false;
        *micros += unit * (*s->at - '0');
    }
    return true;
}

/* AM, a.m., pm. */
static bool take_half(scan *s, int *hour) {
    scan ahead = *s;
    skip_blanks(&ahead);
    bool is_am = take_word(&ahead, "am") || take_word(&ahead, "a.m.");
    bool is_pm = !is_am && (take_word(&ahead, "pm") || take_word(&ahead, "p.m."));
    if (!is_am && !is_pm) return true;
    if (*hour < 1 || *hour > 12) return false;
    *hour = *hour % 12 + (is_pm ? 12 : 0);
    *s = ahead;
    return true;
}

static bool take_offset(scan *s, kr__moment *out) {
    int hours, minutes = 0;
    skip_blanks(s);
    if (s->at == s->end) return true;
    out->has_offset = true;
    if (take_word(s, "UTC") || take_word(s, "GMT") || take(s, 'Z') || take(s, 'z')) {
        return s->at == s->end;
    }
    bool is_west = take(s, '-');
    if (!is_west && !take(s, '+')) return false;
    if (!take_number(s, 2, 2, 0, 23, &hours)) return false;
    if (s->at < s->end) {
        take(s, ':');
        if (!take_number(s, 2, 2, 0, 59, &minutes)) return false;
    }
    out->offset = (hours * 60 + minutes) * (is_west ? -1 : 1);
    return s->at == s->end;
}

static bool take_clock(scan *s, parts *p) {
    enum { END = 24 }; /* of a day: 24:00, as ISO 8601 has it */
    int hour;
    if (!take_number(s, 1, 2, 0, END, &hour)) return false;
    if (take(s, ':')) {
        if (!take_number(s, 2, 2, 0, 59, &p->date.minute)) return false;
        if (take(s, ':')) {
            if (!take_number(s, 2, 2, 0, 59, &p->date.second)) return false;
            if ((take(s, '.') || take(s, ',')) && !take_fraction(s, &p->micros)) return false;
        }
    } else {
        scan ahead = *s; /* 9 PM */
        int twelve = hour;
        if (!take_half(&ahead, &twelve) || ahead.at == s->at) return false;
    }
    if (hour == END && (p->date.minute || p->date.second || p->micros)) return false;
    if (!take_half(s, &hour)) return false;
    p->date.hour = hour;
    p->out->has_clock = true;
    return true;
}

/* What follows the day, up to the end. */
static bool read_rest(scan *s, parts *p) {
    if (s->at == s->end) return true;
    if (p->out->has_clock) return take_offset(s, p->out);
    take(s, ',');
    if (take(s, 'T') || take(s, ' ')) {
        skip_blanks(s);
        return take_clock(s, p) && take_offset(s, p->out);
    }
    return false;
}

bool kr__clock_read(const char *text, size_t size, int64_t *micros) {
    kr__moment moment = {.micros = 0};
    parts p = {.out = &moment};
    scan s = {text, text + size};
    if (!take_clock(&s, &p) || s.at < s.end) return false;
    *micros =
        ((int64_t)p.date.hour * 3600 + p.date.minute * 60 + p.date.second) * KR__SECOND + p.micros;
    return true;
}

/* ---- counts ------------------------------------------------------------------------------ */

/* [-]digits[.digits] times 10^power, exactly; digits below one must be zeros. */
static bool read_count(scan s, int power, int64_t *value) {
    bool is_negative = take(&s, '-'), has_point = false;
    int64_t v = 0, left = power;
    if (!is_digit(peek(&s))) return false;
    for (; s.at < s.end; s.at++) {
        if ((*s.at == '.' || *s.at == ',') && !has_point) {
            has_point = true;
            continue;
        }
        if (!is_digit(*s.at)) return false;
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

static bool read_epoch(scan s, kr__date_kind kind, kr__moment *out) {
    static const int power[] = {6, 3, 0, 0};
    int64_t v;
    if (!read_count(s, power[kind - KR__DATE_EPOCH_S], &v)) return false;
    if (kind == KR__DATE_EPOCH_NS && v % 1000 != 0) return false;
    out->micros = kind == KR__DATE_EPOCH_NS ? v / 1000 : v;
    out->has_clock = true;
    return kr__datetime_is_in_calendar(out->micros);
}

static bool read_excel(scan s, kr__moment *out) {
    const int64_t millisecond = 1000;
    double days;
    if (kr__number_parse(s.at, (size_t)(s.end - s.at), &days) != KR__NUMBER) return false;
    if (!(days >= 1 && days < 2958466)) return false;
    int64_t v = llround(days * 86400e3) * millisecond - INT64_C(25569) * KR__DAY;
    out->micros = v;
    out->has_clock = days != floor(days);
    return true;
}

/* ---- patterns ----------------------------------------------------------------------------- */

typedef struct pattern_state {
    bool is_pm, is_am;
    int day_of_year;
} pattern_state;

static bool take_directive(scan *s, char directive, parts *p, pattern_state *state) {
    kr_datetime *d = &p->date;
    switch (directive) {
        case 'Y':
            return take_number(s, 4, 4, 1, 9999, &d->year);
        case 'y':
            return take_number(s, 2, 2, 0, 99, &d->year) &&
                   (d->year += d->year >= 69 ? 1900 : 2000, p->out->has_short_year = true);
        case 'm':
            return take_number(s, 1, 2, 1, 12, &d->month);
        case 'd':
            return take_number(s, 1, 2, 1, 31, &d->day);
        case 'b':
        case 'B':
            return take_month_name(s, p);
        case 'a':
        case 'A':
            return take_name(s, weekdays, 7) >= 0;
        case 'H':
            p->out->has_clock = true;
            return take_number(s, 1, 2, 0, 23, &d->hour);
        case 'I':
            p->out->has_clock = true;
            return take_number(s, 1, 2, 1, 12, &d->hour);
        case 'p':
            state->is_am = take_word(s, "am") || take_word(s, "a.m.");
            state->is_pm = !state->is_am && (take_word(s, "pm") || take_word(s, "p.m."));
            return state->is_am || state->is_pm;
        case 'M':
            return take_number(s, 1, 2, 0, 59, &d->minute);
        case 'S':
            return take_number(s, 1, 2, 0, 59, &d->second);
        case 'f':
            return take_fraction(s, &p->micros);
        case 'j':
            return take_number(s, 1, 3, 1, 366, &state->day_of_year);
        case 'z':
            return take_offset(s, p->out) && p->out->has_offset;
        default:
            return directive == '%' && take(s, '%');
    }
}

static bool read_pattern(scan *s, const char *pattern, parts *p) {
    pattern_state state = {.is_pm = false};
    p->date.month = p->date.day = 1;
    for (const char *c = pattern; *c; c++) {
        if (*c == '%') {
            if (!take_directive(s, *++c, p, &state)) return false;
        } else if (*c == ' ') {
            if (peek(s) != ' ') return false;
            skip_blanks(s);
        } else if (!take(s, *c)) {
            return false;
        }
    }
    if (state.is_am || state.is_pm) p->date.hour = p->date.hour % 12 + (state.is_pm ? 12 : 0);
    if (state.day_of_year == 366) {
        bool is_leap =
            (p->date.year % 4 == 0 && p->date.year % 100 != 0) || p->date.year % 400 == 0;
        if (!is_leap) return false;
    }
    if (state.day_of_year > 0) p->days = state.day_of_year - 1;
    return s->at == s->end;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool exists(const kr_datetime *d) {
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (d->year % 4 == 0 && d->year % 100 != 0) || d->year % 400 == 0;
    return d->year >= 1 && d->day <= days[d->month - 1] + (d->month == 2 && is_leap);
}

static bool read_day(scan *s, const kr__date_format *format, parts *p) {
    static bool (*const readers[KR__N_DATE_KINDS])(scan *, parts *) = {
        [KR__DATE_YMD] = read_ymd,         [KR__DATE_DMY] = read_dmy,
        [KR__DATE_MDY] = read_mdy,         [KR__DATE_BASIC] = read_basic,
        [KR__DATE_YM] = read_ym,           [KR__DATE_MY] = read_my,
        [KR__DATE_QUARTER] = read_quarter, [KR__DATE_WEEK] = read_week,
        [KR__DATE_YEAR] = read_year};
    if (format->kind == KR__DATE_PATTERN) return read_pattern(s, format->pattern, p);
    return readers[format->kind] && readers[format->kind](s, p) && read_rest(s, p);
}

/* Two digits; above 99 if they are none. */
static int read_two(const char *p) {
    unsigned ten = (unsigned)(p[0] - '0'), one = (unsigned)(p[1] - '0');
    return ten > 9 || one > 9 ? 100 : (int)(10 * ten + one);
}

/* "2016-07-01" or "2016-07-01 09:30:00", as nearly all files have them. False: it is left to
 * others. */
static bool read_quickly(const char *text, size_t size, kr__moment *out) {
    if ((size != 10 && size != 19) || text[4] != '-' || text[7] != '-') return false;
    int century = read_two(text), years = read_two(text + 2);
    if (century > 99 || years > 99) return false;
    kr_datetime d = {.year = 100 * century + years};
    d.month = read_two(text + 5);
    d.day = read_two(text + 8);
    if (d.month < 1 || d.month > 12 || d.day < 1 || !exists(&d)) return false;
    if (size == 19) {
        if ((text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':')
            return false;
        d.hour = read_two(text + 11);
        d.minute = read_two(text + 14);
        d.second = read_two(text + 17);
        if (d.hour > 23 || d.minute > 59 || d.second > 59) return false;
    }
    *out = (kr__moment){.micros = kr__datetime_to_micros(&d), .has_clock = size == 19};
    return true;
}

bool kr__date_read(const kr__date_format *format, const char *text, size_t size, kr__moment *out) {
    if (format->kind == KR__DATE_YMD && read_quickly(text, size, out)) return true;
    kr__moment moment = {.micros = 0};
    parts p = {.out = &moment};
    scan s = {text, text + size};
    bool is_count = format->kind >= KR__DATE_EPOCH_S && format->kind <= KR__DATE_EPOCH_NS;
    if (is_count || format->kind == KR__DATE_EXCEL) {
        bool is_read = is_count ? read_epoch(s, format->kind, &moment) : read_excel(s, &moment);
        if (is_read) *out = moment;
        return is_read;
    }
    if (!read_day(&s, format, &p) || !exists(&p.date)) return false;
    moment.micros = kr__datetime_to_micros(&p.date) + p.days * KR__DAY + p.micros;
    if (!kr__datetime_is_in_calendar(moment.micros)) return false;
    *out = moment;
    return true;
}

/* ---- formats as text ---------------------------------------------------------------------- */

static const struct {
    const char *word, *description;
} kinds[KR__N_DATE_KINDS] = {[KR__DATE_NONE] = {"", "no dates"},
                             [KR__DATE_YMD] = {"ymd", "year-first dates"},
                             [KR__DATE_DMY] = {"dmy", "day-first dates"},
                             [KR__DATE_MDY] = {"mdy", "month-first dates"},
                             [KR__DATE_BASIC] = {"yyyymmdd", "dates as YYYYMMDD"},
                             [KR__DATE_YM] = {"ym", "months, year first"},
                             [KR__DATE_MY] = {"my", "months, month first"},
                             [KR__DATE_QUARTER] = {"quarter", "quarters"},
                             [KR__DATE_WEEK] = {"week", "weeks"},
                             [KR__DATE_YEAR] = {"year", "years"},
                             [KR__DATE_EPOCH_S] = {"epoch_s", "seconds since 1970"},
                             [KR__DATE_EPOCH_MS] = {"epoch_ms", "milliseconds since 1970"},
                             [KR__DATE_EPOCH_US] = {"epoch_us", "microseconds since 1970"},
                             [KR__DATE_EPOCH_NS] = {"epoch_ns", "nanoseconds since 1970"},
                             [KR__DATE_EXCEL] = {"excel", "days as Excel counts them"},
                             [KR__DATE_PATTERN] = {"", "dates by a pattern"}};

const char *kr__date_format_text(const kr__date_format *format) {
    return format->kind == KR__DATE_PATTERN ? format->pattern : kinds[format->kind].word;
}

const char *kr__date_format_describe(const kr__date_format *format) {
    return kinds[format->kind].description;
}

/* Every directive is known, and together they say which year it is. */
static bool is_pattern(const char *text) {
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

kr_status kr__date_format_parse(const char *text, kr__date_format *out, kr_error *err) {
    kr__date_format f = {.kind = strcmp(text, "iso") == 0 ? KR__DATE_YMD : KR__DATE_NONE};
    for (int k = 1; k < KR__N_DATE_KINDS; k++) {
        if (*kinds[k].word && strcmp(text, kinds[k].word) == 0) f.kind = (kr__date_kind)k;
    }
    if (f.kind == KR__DATE_NONE && strlen(text) < sizeof f.pattern && is_pattern(text)) {
        f.kind = KR__DATE_PATTERN;
        strcpy(f.pattern, text);
    }
    if (f.kind == KR__DATE_NONE) {
        return kr_fail(err, KR_USAGE,
                       "`date_format` %.60s: use dmy, mdy, ymd, yyyymmdd, ym, my, quarter, week, "
                       "year, epoch_s, epoch_ms, epoch_us, epoch_ns, excel, or a pattern such as "
                       "\"%%d %%b %%Y %%H:%%M\" (%%Y or %%y must be in it, %%I goes with %%p)",
                       text);
    }
    *out = f;
    return KR_OK;
}
