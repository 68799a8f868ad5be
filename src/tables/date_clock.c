/* SPDX-License-Identifier: MIT
 * date_clock.c - the time of day of a date, and the zone behind it. */
#include "tables/date_scan.h"

bool kr__date_take_fraction(kr__date_scan *s, kr__date_parts *p) {
    int64_t unit = KR__SECOND / 10;
    if (!kr__date_is_digit(kr__date_peek(s))) return false;
    for (p->micros = 0; kr__date_is_digit(kr__date_peek(s)); s->at++, unit /= 10) {
        p->micros += unit * (*s->at - '0');
        p->out->is_too_fine = p->out->is_too_fine || (unit == 0 && *s->at != '0');
    }
    return true;
}

char kr__date_take_half(kr__date_scan *s) {
    kr__date_scan ahead = *s;
    kr__date_skip_blanks(&ahead);
    char half = (char)(kr__date_peek(&ahead) | 32);
    if (half != 'a' && half != 'p') return 0;
    ahead.at++;
    if (kr__date_take(&ahead, '.')) kr__date_skip_blanks(&ahead);
    if (!kr__date_take_word(&ahead, "m")) return 0;
    kr__date_take(&ahead, '.');
    *s = ahead;
    return half;
}

/* PM, if it is there, makes 9 to 21. False: 13 PM. */
static bool apply_half(kr__date_scan *s, int *hour) {
    char half = kr__date_take_half(s);
    if (!half) return true;
    if (*hour < 1 || *hour > 12) return false;
    *hour = *hour % 12 + (half == 'p' ? 12 : 0);
    return true;
}

/* The minute and what follows it, behind a sign that is used for the second, too. */
static bool take_minute(kr__date_scan *s, char sign, kr__date_parts *p) {
    if (!kr__date_take_number(s, 2, 2, 0, 59, &p->date.minute)) return false;
    if (!kr__date_take(s, sign)) return true;
    if (!kr__date_take_number(s, 2, 2, 0, 59, &p->date.second)) return false;
    bool has_fraction = kr__date_take(s, '.') || kr__date_take(s, ',');
    return !has_fraction || kr__date_take_fraction(s, p);
}

bool kr__date_take_clock(kr__date_scan *s, bool is_behind, kr__date_parts *p) {
    enum { END = 24 }; /* of a day: 24:00, as ISO 8601 has it */
    int hour;
    if (!kr__date_take_number(s, 1, 2, 0, END, &hour)) return false;
    char sign = kr__date_peek(s);
    if (sign == ':' || (sign == '.' && is_behind)) {
        s->at++;
        if (!take_minute(s, sign, p)) return false;
    } else {
        kr__date_scan ahead = *s; /* 9 PM */
        if (!kr__date_take_half(&ahead)) return false;
    }
    if (hour == END && (p->date.minute || p->date.second || p->micros)) return false;
    if (!apply_half(s, &hour)) return false;
    p->date.hour = hour;
    p->out->has_clock = true;
    return true;
}

/* ---- zones ------------------------------------------------------------------------------ */

/* Only names that mean one offset wherever they are used: CST, IST and BST do not. */
static const struct {
    const char *name;
    int32_t offset;
} zones[] = {{"UTC", 0},     {"GMT", 0},     {"Z", 0},      {"WET", 0},    {"WEST", 60},
             {"CET", 60},    {"CEST", 120},  {"MEZ", 60},   {"MESZ", 120}, {"EET", 120},
             {"EEST", 180},  {"MSK", 180},   {"JST", 540},  {"EST", -300}, {"EDT", -240},
             {"CDT", -300},  {"MST", -420},  {"MDT", -360}, {"PST", -480}, {"PDT", -420},
             {"AKST", -540}, {"AKDT", -480}, {"HST", -600}, {"NZST", 720}, {"NZDT", 780},
             {"AEST", 600},  {"AEDT", 660},  {"ACST", 570}, {"ACDT", 630}, {"AWST", 480}};

bool kr__date_take_zone_name(kr__date_scan *s, kr__moment *out) {
    size_t n = kr__date_measure_word(s);
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        if (strlen(zones[i].name) != n || strncasecmp(s->at, zones[i].name, n) != 0) continue;
        s->at += n;
        out->has_offset = true;
        out->offset = zones[i].offset;
        return true;
    }
    return false;
}

/* +02:00, -0530, +01 */
static bool take_offset(kr__date_scan *s, kr__moment *out) {
    int hours, minutes = 0;
    bool is_west = kr__date_take(s, '-');
    if (!is_west && !kr__date_take(s, '+')) return false;
    if (!kr__date_take_number(s, 2, 2, 0, 23, &hours)) return false;
    kr__date_take(s, ':');
    if (kr__date_is_digit(kr__date_peek(s)) && !kr__date_take_number(s, 2, 2, 0, 59, &minutes)) {
        return false;
    }
    out->has_offset = true;
    out->offset = (hours * 60 + minutes) * (is_west ? -1 : 1);
    return s->at[-1] != ':';
}

/* "(Central European Standard Time)", "[Europe/Berlin]" behind an offset say it again. */
static bool skip_remark(kr__date_scan *s) {
    kr__date_skip_blanks(s);
    if (s->at == s->end) return true;
    bool is_round = *s->at == '(' && s->end[-1] == ')';
    bool is_square = *s->at == '[' && s->end[-1] == ']';
    if (is_round || is_square) s->at = s->end;
    return s->at == s->end;
}

bool kr__date_take_zone(kr__date_scan *s, kr__moment *out) {
    kr__date_skip_blanks(s);
    if (s->at == s->end) return true;
    bool is_wrapped = kr__date_take(s, '(');
    if (kr__date_take_zone_name(s, out)) {
        bool goes_on = kr__date_peek(s) == '+' || kr__date_peek(s) == '-'; /* GMT+0100 */
        if (goes_on && (out->offset != 0 || !take_offset(s, out))) return false;
    } else if (!take_offset(s, out)) {
        return false;
    }
    if (is_wrapped && !kr__date_take(s, ')')) return false;
    return skip_remark(s);
}
