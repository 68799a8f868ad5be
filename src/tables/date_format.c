/* SPDX-License-Identifier: MIT
 * date_format.c - dates as people write them: a text read by a format, and formats as text.
 *
 * The day is read by date_days.c, the clock and the zone behind it by date_clock.c, counts by
 * date_counts.c, and patterns by date_pattern.c. */
#include "tables/date_format.h"

#include "core/text.h"
#include "tables/date_scan.h"

typedef kr__date_scan scan;
typedef kr__date_parts parts;

/* ---- reading ----------------------------------------------------------------------------- */

static bool exists(const kr_datetime *d) {
    return d->year >= 1 && d->day <= kr__datetime_days(d->year, d->month);
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

/* Between day and clock: "T", " ", ", ", " @ ", "_"; ":" behind the name of a month, as in logs of
 * web servers. */
static bool take_gap(scan *s, const parts *p) {
    if (kr__date_take(s, 'T') || kr__date_take(s, '_')) return true;
    if (p->out->has_month_name && kr__date_take(s, ':')) return true;
    kr__date_take(s, ',');
    const char *first = s->at;
    kr__date_skip_blanks(s);
    if (s->at == first) return false;
    if (kr__date_take(s, '@')) kr__date_skip_blanks(s);
    return true;
}

/* What follows the day, up to the end. */
static bool read_rest(scan *s, parts *p) {
    if (s->at == s->end) return true;
    if (p->out->has_clock) return kr__date_take_zone(s, p->out);
    return take_gap(s, p) && kr__date_take_clock(s, true, p) && kr__date_take_zone(s, p->out);
}

static bool read_parts(const kr__date_format *format, scan s, parts *p) {
    if (format->kind == KR__DATE_PATTERN) return kr__date_read_pattern(&s, format->pattern, p);
    return kr__date_take_day(&s, format->kind, p) && read_rest(&s, p);
}

/* However fine. */
static bool read_any(const kr__date_format *format, scan s, kr__moment *out) {
    kr__moment moment = {.micros = 0};
    parts p = {.out = &moment};
    if (kr__date_is_count(format->kind)) {
        if (!kr__date_read_count(s, format->kind, &moment)) return false;
    } else {
        if (!read_parts(format, s, &p) || !exists(&p.date)) return false;
        moment.micros = kr__datetime_to_micros(&p.date) + p.days * KR__DAY + p.micros;
    }
    if (!kr__datetime_is_in_calendar(moment.micros)) return false;
    *out = moment;
    return true;
}

static bool read_one(const kr__date_format *format, scan s, kr__moment *out) {
    kr__moment moment;
    if (!read_any(format, s, &moment) || moment.is_too_fine) return false;
    *out = moment;
    return true;
}

/* Most dates are none, and this is asked of each in every format. */
static bool may_have_sign(scan s) {
    for (; s.at < s.end; s.at++) {
        if (*s.at == '/') return true;
        if (*s.at == ' ' && s.at + 1 < s.end && strchr("-tTbB\xe2", s.at[1])) return true;
    }
    return false;
}

/* The sign between the two ends of an interval, with blanks around it, or "/" as in ISO 8601. */
static bool find_interval(scan whole, scan *first, scan *second) {
    static const char *const signs[] = {" - ", " \xe2\x80\x93 ", " to ", " bis ", "/"};
    if (!may_have_sign(whole)) return false;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        for (scan at = whole; at.at < whole.end; at.at++) {
            scan rest = at;
            if (*at.at != signs[i][0] || !kr__date_take_word(&rest, signs[i])) continue;
            *first = (scan){whole.at, at.at};
            *second = rest;
            return true;
        }
    }
    return false;
}

/* "01.01.2020 00:00 - 01.01.2020 01:00", "2020-01-01 00:00 - 00:15": the start of an interval that
 * ends later. */
static bool read_interval(const kr__date_format *format, scan whole, kr__moment *out) {
    enum { SHORTEST = 6 };
    scan first, second;
    kr__moment end;
    int64_t clock;
    if (!find_interval(whole, &first, &second) || first.end - first.at < SHORTEST) return false;
    if (!read_one(format, first, out)) return false;
    out->is_interval = true;
    if (read_one(format, second, &end)) {
        return end.micros - end.offset * KR__MINUTE > out->micros - out->offset * KR__MINUTE;
    }
    return out->has_clock && kr__clock_read(second.at, (size_t)(second.end - second.at), &clock);
}

bool kr__date_read(const kr__date_format *format, const char *text, size_t size, kr__moment *out) {
    const scan s = {text, text + size};
    if (format->kind == KR__DATE_YMD && read_quickly(text, size, out)) return true;
    return read_one(format, s, out) || read_interval(format, s, out);
}

bool kr__date_parse(const char *text, size_t size, int64_t *micros) {
    const kr__date_format format = {.kind = KR__DATE_YMD};
    kr__moment moment;
    if (!kr__date_read(&format, text, size, &moment)) return false;
    *micros = moment.micros;
    return true;
}

bool kr__date_is_too_fine(const kr__date_format *format, const char *text, size_t size) {
    kr__moment moment;
    return read_any(format, (scan){text, text + size}, &moment) && moment.is_too_fine;
}

static bool read_clock(scan s, int64_t *micros) {
    kr__moment moment = {.micros = 0};
    parts p = {.out = &moment};
    if (!kr__date_take_clock(&s, false, &p) || s.at < s.end || moment.is_too_fine) return false;
    *micros =
        ((int64_t)p.date.hour * 3600 + p.date.minute * 60 + p.date.second) * KR__SECOND + p.micros;
    return true;
}

/* "00 - 01", as power exchanges write hours: the start. */
static bool read_hour(scan first, scan second, int64_t *micros) {
    int from, to;
    bool are_hours = kr__date_take_number(&first, 1, 2, 0, 23, &from) && first.at == first.end &&
                     kr__date_take_number(&second, 1, 2, 0, 24, &to) && second.at == second.end;
    *micros = are_hours ? from * KR__HOUR : 0;
    return are_hours && (to == from + 1 || (from == 23 && to == 0));
}

bool kr__clock_read(const char *text, size_t size, int64_t *micros) {
    const scan s = {text, text + size};
    scan first, second;
    int64_t end;
    if (read_clock(s, micros)) return true;
    if (!find_interval(s, &first, &second)) return false;
    return read_hour(first, second, micros) ||
           (read_clock(first, micros) && read_clock(second, &end) && end != *micros);
}

bool kr__date_has_unknown_zone(const kr__date_format *format, const char *text, size_t size) {
    kr__moment moment;
    size_t n = size;
    while (n > 0 && ((text[n - 1] | 32) >= 'a' && (text[n - 1] | 32) <= 'z')) n--;
    bool is_word = size - n >= 2 && size - n <= 5 && n > 0 && text[n - 1] == ' ';
    return is_word && read_one(format, (scan){text, text + n - 1}, &moment) && moment.has_clock &&
           !moment.has_offset;
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
                             [KR__DATE_ORDINAL] = {"ordinal", "years and days of the year"},
                             [KR__DATE_EPOCH_S] = {"epoch_s", "seconds since 1970"},
                             [KR__DATE_EPOCH_MS] = {"epoch_ms", "milliseconds since 1970"},
                             [KR__DATE_EPOCH_US] = {"epoch_us", "microseconds since 1970"},
                             [KR__DATE_EPOCH_NS] = {"epoch_ns", "nanoseconds since 1970"},
                             [KR__DATE_EXCEL] = {"excel", "days as Excel counts them"},
                             [KR__DATE_DATENUM] = {"datenum", "days as MATLAB counts them"},
                             [KR__DATE_JULIAN] = {"julian", "Julian days"},
                             [KR__DATE_PATTERN] = {"", "dates by a pattern"}};

const char *kr__date_format_text(const kr__date_format *format) {
    return format->kind == KR__DATE_PATTERN ? format->pattern : kinds[format->kind].word;
}

const char *kr__date_format_describe(const kr__date_format *format) {
    return kinds[format->kind].description;
}

kr_status kr__date_format_parse(const char *text, kr__date_format *out, kr_error *err) {
    kr__date_format f = {.kind = strcmp(text, "iso") == 0 ? KR__DATE_YMD : KR__DATE_NONE};
    for (int k = 1; k < KR__N_DATE_KINDS; k++) {
        if (*kinds[k].word && strcmp(text, kinds[k].word) == 0) f.kind = (kr__date_kind)k;
    }
    if (f.kind == KR__DATE_NONE && strlen(text) < sizeof f.pattern && kr__date_is_pattern(text)) {
        f.kind = KR__DATE_PATTERN;
        strcpy(f.pattern, text);
    }
    if (f.kind == KR__DATE_NONE) {
        return kr_fail(
            err, KR_USAGE,
            "`date_format` %.60s: use dmy, mdy, ymd, yyyymmdd, ym, my, quarter, week, "
            "year, ordinal, epoch_s, epoch_ms, epoch_us, epoch_ns, excel, datenum, julian, "
            "or a pattern such as \"%%d %%b %%Y %%H:%%M\" (%%Y or %%y must be in it, %%I goes with "
            "%%p)",
            text);
    }
    *out = f;
    return KR_OK;
}
