/* SPDX-License-Identifier: MIT
 * date_days.c - the day of a date, a reader for each kind. */
#include "tables/date_scan.h"

typedef kr__date_scan scan;
typedef kr__date_parts parts;

static bool take_month_name(scan *s, parts *p) {
    p->date.month = kr__date_take_month(s);
    p->out->has_month_name = p->date.month > 0;
    return p->date.month > 0;
}

/* "Friday, ", "Fri ". */
static void skip_weekday(scan *s) {
    scan ahead = *s;
    if (!kr__date_take_weekday(&ahead)) return;
    bool has_comma = kr__date_take(&ahead, ','), has_blank = kr__date_peek(&ahead) == ' ';
    if (!has_comma && !has_blank) return;
    kr__date_skip_blanks(&ahead);
    *s = ahead;
}

static bool take_year(scan *s, bool may_be_short, parts *p) {
    const char *first = s->at;
    if (!kr__date_take_number(s, 2, 4, 0, 9999, &p->date.year)) return false;
    if (s->at - first == 4) return p->date.year >= 1;
    if (s->at - first != 2 || !may_be_short) return false;
    p->out->has_short_year = true;
    p->date.year += p->date.year >= 69 ? 1900 : 2000;
    return true;
}

static bool take_month(scan *s, parts *p) {
    return kr__date_has_word(s) ? take_month_name(s, p)
                                : kr__date_take_number(s, 1, 2, 1, 12, &p->date.month);
}

/* 1, 01; 1st, 2nd, 3rd, 4th, 1er before or after a name. */
static bool take_day(scan *s, parts *p) {
    static const char *const endings[] = {"st", "nd", "rd", "th", "er"};
    if (!kr__date_take_number(s, 1, 2, 1, 31, &p->date.day)) return false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (kr__date_take_word(s, endings[i])) return true;
    }
    return true;
}

/* One of - / . or blanks, or a point and blanks; with a comma before them if may_be_comma. 0:
 * none. */
static char take_separator(scan *s, bool may_be_comma) {
    char c = kr__date_peek(s);
    if (c == '-' || c == '/' || c == '.') {
        s->at++;
        if (c == '.') kr__date_skip_blanks(s);
        return c;
    }
    bool has_comma = may_be_comma && kr__date_take(s, ',');
    if (kr__date_peek(s) != ' ') return has_comma ? ' ' : 0;
    kr__date_skip_blanks(s);
    return ' ';
}

/* One of two signs behind a number, as Chinese and Japanese, or Korean, have them. */
static bool take_sign(scan *s, const char *first, const char *second) {
    return kr__date_take_word(s, first) || kr__date_take_word(s, second);
}

#define YEAR_SIGN "\xe5\xb9\xb4", "\xeb\x85\x84"
#define MONTH_SIGN "\xe6\x9c\x88", "\xec\x9b\x94"
#define DAY_SIGN "\xe6\x97\xa5", "\xec\x9d\xbc"

static bool take_signed_month(scan *s, parts *p) {
    kr__date_skip_blanks(s);
    return kr__date_take_number(s, 1, 2, 1, 12, &p->date.month) && take_sign(s, MONTH_SIGN);
}

static bool read_ymd(scan *s, parts *p) {
    if (!take_year(s, false, p)) return false;
    if (take_sign(s, YEAR_SIGN)) {
        if (!take_signed_month(s, p)) return false;
        kr__date_skip_blanks(s);
        return take_day(s, p) && take_sign(s, DAY_SIGN);
    }
    char first = take_separator(s, false);
    return first && first != ' ' && take_month(s, p) && kr__date_take(s, first) && take_day(s, p);
}

/* Wed Jan 1 10:00:00 UTC 2020 */
static bool take_clock_and_year(scan *s, parts *p) {
    scan ahead = *s;
    int hour;
    bool has_clock = kr__date_take_number(&ahead, 1, 2, 0, 23, &hour) && kr__date_take(&ahead, ':');
    if (!has_clock || !kr__date_take_clock(s, true, p)) return false;
    kr__date_skip_blanks(s);
    if (kr__date_take_zone_name(s, p->out)) kr__date_skip_blanks(s);
    return take_year(s, false, p) && s->at == s->end;
}

/* Day and month in either order, then the year. Both signs are the same; blanks and commas only
 * beside names, and de there as well: 1 de enero de 2020. */
static bool read_day_month(scan *s, bool is_day_first, parts *p) {
    skip_weekday(s);
    if (is_day_first ? !take_day(s, p) : !take_month(s, p)) return false;
    char first = take_separator(s, false);
    bool is_glued = !first && is_day_first && kr__date_has_word(s); /* 01Dec2023 */
    if (!first && !is_glued) return false;
    if (first == ' ') kr__date_take_word(s, "de ");
    if (is_day_first ? !take_month(s, p) : !take_day(s, p)) return false;
    bool has_name = p->out->has_month_name;
    bool has_digit = kr__date_is_digit(kr__date_peek(s));
    char second = is_glued && has_digit ? 'x' : take_separator(s, true);
    if (!second || (second != first && !has_name) || (first == ' ' && !has_name)) return false;
    if (second == ' ') kr__date_take_word(s, "de ");
    scan ahead = *s;
    if (!is_day_first && has_name && take_clock_and_year(&ahead, p)) {
        *s = ahead;
        return true;
    }
    return take_year(s, true, p);
}

static bool read_dmy(scan *s, parts *p) { return read_day_month(s, true, p); }
static bool read_mdy(scan *s, parts *p) { return read_day_month(s, false, p); }

/* HHMM, HHMMSS, or the hour alone at the end of the text. */
static bool take_digit_clock(scan *s, parts *p) {
    if (!kr__date_take_number(s, 2, 2, 0, 24, &p->date.hour)) return false;
    p->out->has_clock = true;
    if (s->at == s->end) return true;
    if (p->date.hour > 23 || !kr__date_take_number(s, 2, 2, 0, 59, &p->date.minute)) return false;
    return !kr__date_is_digit(kr__date_peek(s)) ||
           kr__date_take_number(s, 2, 2, 0, 59, &p->date.second);
}

static bool read_basic(scan *s, parts *p) {
    if (!kr__date_take_number(s, 4, 4, 1, 9999, &p->date.year)) return false;
    if (!kr__date_take_number(s, 2, 2, 1, 12, &p->date.month)) return false;
    if (!kr__date_take_number(s, 2, 2, 1, 31, &p->date.day)) return false;
    if (kr__date_is_digit(kr__date_peek(s))) return take_digit_clock(s, p);
    scan ahead = *s;
    bool has_sign = kr__date_take(&ahead, 'T') || kr__date_take(&ahead, ' ');
    if (!has_sign || ahead.end - ahead.at < 4) return true;
    for (int i = 0; i < 3; i++) {
        if (!kr__date_is_digit(ahead.at[i])) return true;
    }
    *s = ahead;
    return take_digit_clock(s, p);
}

/* Before a digit. */
static void take_letter(scan *s, char letter) {
    bool is_it = s->end - s->at > 1 && (s->at[0] | 32) == letter && kr__date_is_digit(s->at[1]);
    if (is_it) s->at++;
}

static bool read_ym(scan *s, parts *p) {
    p->date.day = 1;
    if (!take_year(s, false, p)) return false;
    if (take_sign(s, YEAR_SIGN)) return take_signed_month(s, p) && s->at == s->end;
    char c = kr__date_peek(s);
    if (kr__date_is_digit(c)) {
        return kr__date_take_number(s, 2, 2, 1, 12, &p->date.month) && s->at == s->end;
    }
    if (c == '.') {
        s->at++;
        return kr__date_take_number(s, 2, 2, 1, 12, &p->date.month) && s->at == s->end;
    }
    if (c == '-' || c == '/' || c == ' ') s->at++;
    if ((c | 32) == 'm' || c == '-') take_letter(s, 'm');
    if (c == ' ' && !kr__date_has_word(s)) return false;
    return take_month(s, p) && s->at == s->end;
}

/* With two digits of a year a name and "-" or "'" are needed: Jul-16, Jul '16. */
static bool read_my(scan *s, parts *p) {
    p->date.day = 1;
    if (!take_month(s, p)) return false;
    bool has_name = p->out->has_month_name;
    char sign = take_separator(s, has_name);
    bool has_mark = sign == '-' || (has_name && sign == ' ' && kr__date_take(s, '\''));
    bool is_glued = !sign && has_name;
    if ((!sign && !is_glued) || (sign == ' ' && !has_name)) return false;
    return take_year(s, has_name && has_mark, p) && s->at == s->end;
}

/* Q1; T1 in Spain and France, K1 in Scandinavia. */
static bool take_quarter(scan *s, int *quarter) {
    char letter = (char)(kr__date_peek(s) | 32);
    if (letter != 'q' && letter != 't' && letter != 'k') return false;
    s->at++;
    return kr__date_take_number(s, 1, 1, 1, 4, quarter);
}

/* "1Q15", "1Q 2015", "1. Quartal 2015", "1st quarter 2015". */
static bool read_counted_quarter(scan *s, int *quarter, parts *p) {
    static const char *const marks[] = {".", "st", "nd", "rd", "th", "er", "e"};
    static const char *const words[] = {"quarter", "quartal", "trimestre", "kwartaal", "kvartal"};
    bool is_word = false;
    if (!kr__date_take_number(s, 1, 1, 1, 4, quarter)) return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (kr__date_take_word(s, marks[i])) break;
    }
    kr__date_skip_blanks(s);
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !is_word; i++) {
        is_word = kr__date_take_word(s, words[i]);
    }
    if (!is_word && !kr__date_take_word(s, "Q") && !kr__date_take_word(s, "T")) return false;
    take_separator(s, false);
    return take_year(s, !is_word, p);
}

static bool read_quarter(scan *s, parts *p) {
    int quarter;
    scan ahead = *s;
    p->date.day = 1;
    if (read_counted_quarter(&ahead, &quarter, p)) {
        *s = ahead;
    } else if (take_quarter(s, &quarter)) {
        take_separator(s, false);
        if (!take_year(s, false, p)) return false;
    } else {
        if (!take_year(s, false, p)) return false;
        take_separator(s, false);
        if (!take_quarter(s, &quarter)) return false;
    }
    p->date.month = 3 * quarter - 2;
    return s->at == s->end;
}

/* Week 1 has the fourth of January; those of Stata, 2021w5, have not. */
static bool read_week(scan *s, parts *p) {
    int week, day = 1;
    if (!kr__date_take_number(s, 4, 4, 1, 9998, &p->date.year)) return false;
    bool has_sign = kr__date_take(s, '-');
    bool has_letter = kr__date_take(s, 'W') || (has_sign && kr__date_take(s, 'w'));
    if (!has_letter || !kr__date_take_number(s, 2, 2, 1, 53, &week)) return false;
    bool has_day = s->at < s->end;
    if (has_day && !kr__date_take(s, '-')) return false;
    if (has_day && !kr__date_take_number(s, 1, 1, 1, 7, &day)) return false;
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
    return kr__date_take_number(s, 4, 4, 1, 9999, &p->date.year) && s->at == s->end;
}

/* Year and day of the year. */
static bool read_ordinal(scan *s, parts *p) {
    int day;
    p->date.month = p->date.day = 1;
    if (!kr__date_take_number(s, 4, 4, 1, 9999, &p->date.year)) return false;
    kr__date_take(s, '-');
    if (!kr__date_take_number(s, 3, 3, 1, 366, &day)) return false;
    p->days = day - 1;
    return day < 366 || kr__datetime_days(p->date.year, 2) == 29;
}

bool kr__date_take_day(scan *s, kr__date_kind kind, parts *p) {
    static bool (*const readers[KR__N_DATE_KINDS])(scan *, parts *) = {
        [KR__DATE_YMD] = read_ymd,         [KR__DATE_DMY] = read_dmy,   [KR__DATE_MDY] = read_mdy,
        [KR__DATE_BASIC] = read_basic,     [KR__DATE_YM] = read_ym,     [KR__DATE_MY] = read_my,
        [KR__DATE_QUARTER] = read_quarter, [KR__DATE_WEEK] = read_week, [KR__DATE_YEAR] = read_year,
        [KR__DATE_ORDINAL] = read_ordinal};
    return readers[kind] && readers[kind](s, p);
}
