/* SPDX-License-Identifier: MIT
 * number_format.c - numbers as people write them.
 *
 * What stands around a number is peeled off, the rest is copied without the signs between thousands
 * and with a decimal point, and then read as any other (number.h). */
#include "tables/number_format.h"

#include <string.h>
#include <strings.h>

enum { MOST_DIGITS = 1024 };

typedef struct span {
    const char *at, *end;
} span;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* ---- words ------------------------------------------------------------------------------ */

static bool is_one_of(const char *const *words, size_t n, const char *text, size_t size) {
    for (size_t i = 0; i < n; i++) {
        if (strlen(words[i]) == size && strncasecmp(words[i], text, size) == 0) return true;
    }
    return false;
}

/* A digit, or a minus and a digit, as numbers begin; 1.#QNAN and -1.#IND are none. */
static bool is_plain_start(const char *text, size_t size) {
    size_t first = size > 1 && text[0] == '-';
    return size > 0 && is_digit(text[first]) && !memchr(text, '#', size);
}

bool kr__is_gap_word(const char *text, size_t size) {
    enum { LONGEST = 13 };
    static const char *const words[] = {
        "", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "-", "--", "---", ".", "..", "...",
        "?", "n.a.", "n.a", "<na>", "nat", "missing", "nil", "\\n", "(null)", "#n/a n/a", "#div/0!",
        "#value!", "#ref!", "#num!", "#name?", "#null!", "#na", "-1.#ind", "1.#qnan", "-nan(ind)",
        "\xe2\x80\x93", "\xe2\x80\x94", "***", "****", "*****",
        /* of statistical offices, process historians, home automation, .. */
        "n/e", ":", ": c", ":c", ": u", ": z", "no data", "nodata", "no value", "undefined",
        "not available", "unavailable", "unknown", "bad", "bad input", "i/o timeout", "offline"};
    if (size > LONGEST || is_plain_start(text, size)) return false;
    return is_one_of(words, sizeof words / sizeof words[0], text, size);
}

bool kr__listed_gap(const char **at, const char **word, size_t *size) {
    if (!*at || !**at) return false;
    *at += strspn(*at, " ");
    *word = *at;
    *size = strcspn(*at, ",");
    *at += *size + ((*at)[*size] == ',');
    while (*size > 0 && (*word)[*size - 1] == ' ') --*size;
    return true;
}

bool kr__is_listed_gap(const char *list, const char *text, size_t size) {
    const char *word;
    size_t n;
    while (kr__listed_gap(&list, &word, &n)) {
        if (n == size && n > 0 && strncasecmp(word, text, n) == 0) return true;
    }
    return false;
}

bool kr__is_hex(const char *text, size_t size) {
    const char *p = text, *end = text + size;
    if (p < end && (*p == '-' || *p == '+')) p++;
    if (end - p < 3 || p[0] != '0' || (p[1] | 32) != 'x') return false;
    for (p += 2; p < end; p++) {
        if (!is_digit(*p) && !((*p | 32) >= 'a' && (*p | 32) <= 'f')) return false;
    }
    return true;
}

/* ---- what stands around a number --------------------------------------------------------- */

static bool starts(span s, const char *word) {
    if (s.at == s.end || *s.at != *word) return false;
    size_t n = strlen(word);
    return (size_t)(s.end - s.at) >= n && memcmp(s.at, word, n) == 0;
}

static bool ends(span s, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(s.end - s.at) < n || s.end[-1] != word[n - 1]) return false;
    return memcmp(s.end - n, word, n) == 0;
}

/* Blanks of all widths, broken or not. */
static const char *const blanks[] = {
    " ", "\t", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89", "\xe2\x80\x87"};
enum { N_BLANKS = sizeof blanks / sizeof blanks[0] };

/* The length of the one at the start; 0: none. */
static size_t measure_blank(span s) {
    for (size_t i = 0; i < N_BLANKS; i++) {
        if (starts(s, blanks[i])) return strlen(blanks[i]);
    }
    return 0;
}

static bool take_last_blank(span *s) {
    if (s->at == s->end || is_digit(s->end[-1])) return false;
    for (size_t i = 0; i < N_BLANKS; i++) {
        if (!ends(*s, blanks[i])) continue;
        s->end -= strlen(blanks[i]);
        return true;
    }
    return false;
}

static span trim(span s) {
    for (size_t n; (n = measure_blank(s)) > 0;) s.at += n;
    while (take_last_blank(&s)) continue;
    return s;
}

/* Longer signs before those they begin or end with. */
static const char *const currencies[] = {
    "US$",          "AU$",       "CA$", "NZ$", "HK$", "A$",  "C$",  "R$",  "$",
    "\xe2\x82\xac", /* euro */
    "\xc2\xa3",     /* pound */
    "\xc2\xa5",     /* yen */
    "\xe2\x82\xb9", /* rupee */
    "\xe2\x82\xbd", /* rouble */
    "\xe2\x82\xa9", /* won */
    "\xe2\x82\xba", /* lira */
    "\xe2\x82\xab", /* dong */
    "\xe2\x82\xb4", /* hryvnia */
    "\xe0\xb8\xbf", /* baht */
    "z\xc5\x82",    "K\xc4\x8d", "Fr.", "Rs.", "Rs",  "kr.", "kr",  "Ft",  "CHF",
    "USD",          "EUR",       "GBP", "JPY", "INR", "CAD", "AUD", "NZD", "CNY",
    "RMB",          "SEK",       "NOK", "DKK", "PLN", "CZK", "HUF", "BRL", "MXN",
    "ZAR",          "RUB",       "TRY", "KRW", "SGD", "HKD", "THB", "ILS"};
enum { N_CURRENCIES = sizeof currencies / sizeof currencies[0] };

static bool take_currency(span *s, bool is_behind, kr__number_look *look) {
    if (look->unit[0] || s->at == s->end || (is_behind && is_digit(s->end[-1]))) return false;
    for (size_t i = 0; i < N_CURRENCIES; i++) {
        const char *sign = currencies[i];
        if (is_behind ? !ends(*s, sign) : !starts(*s, sign)) continue;
        if (is_behind) {
            s->end -= strlen(sign);
        } else {
            s->at += strlen(sign);
        }
        strcpy(look->unit, sign);
        return true;
    }
    return false;
}

/* Not K, M, B, k: they may be thousands, millions, billions. */
static const char *const units[] = {"Wh",
                                    "kWh",
                                    "MWh",
                                    "GWh",
                                    "TWh",
                                    "W",
                                    "kW",
                                    "MW",
                                    "GW",
                                    "VA",
                                    "kVA",
                                    "V",
                                    "mV",
                                    "kV",
                                    "A",
                                    "mA",
                                    "Ah",
                                    "Hz",
                                    "kHz",
                                    "MHz",
                                    "GHz",
                                    "J",
                                    "kJ",
                                    "MJ",
                                    "GJ",
                                    "cal",
                                    "kcal",
                                    "\302\260C",
                                    "\xe2\x84\x83",
                                    "C",
                                    "\302\260F",
                                    "F",
                                    "\xc2\xb0",
                                    "Pa",
                                    "hPa",
                                    "kPa",
                                    "MPa",
                                    "bar",
                                    "mbar",
                                    "psi",
                                    "mm",
                                    "cm",
                                    "m",
                                    "km",
                                    "mi",
                                    "ft",
                                    "in",
                                    "m\xc2\xb2",
                                    "m2",
                                    "km\xc2\xb2",
                                    "m\xc2\xb3",
                                    "m3",
                                    "ml",
                                    "mL",
                                    "l",
                                    "L",
                                    "gal",
                                    "m/s",
                                    "km/h",
                                    "mph",
                                    "kn",
                                    "kt",
                                    "mg",
                                    "g",
                                    "kg",
                                    "t",
                                    "lb",
                                    "lbs",
                                    "oz",
                                    "\xc2\xb5g/m\xc2\xb3",
                                    "\xce\xbcg/m\xc2\xb3",
                                    "ug/m3",
                                    "mg/l",
                                    "mg/L",
                                    "mm/h",
                                    "m\xc2\xb3/h",
                                    "m3/h",
                                    "m\xc2\xb3/s",
                                    "m3/s",
                                    "l/s",
                                    "L/s",
                                    "l/min",
                                    "L/min",
                                    "W/m\xc2\xb2",
                                    "W/m2",
                                    "kWh/m2",
                                    "ppm",
                                    "ppb",
                                    "lx",
                                    "lux",
                                    "dB",
                                    "dBm",
                                    "dBA",
                                    "rpm",
                                    "bpm",
                                    "ms",
                                    "s",
                                    "sec",
                                    "min",
                                    "h",
                                    "hrs",
                                    "B/s",
                                    "kB/s",
                                    "MB/s",
                                    "kb/s",
                                    "Mb/s",
                                    "kbps",
                                    "Mbps",
                                    "Gbps",
                                    "bytes",
                                    "kB",
                                    "KB",
                                    "MB",
                                    "GB",
                                    "TB",
                                    "KiB",
                                    "MiB",
                                    "GiB",
                                    "TiB",
                                    "req/s",
                                    "ops/s",
                                    "pcs",
                                    "ST",
                                    "Stk",
                                    "\xe2\x82\xac/MWh",
                                    "EUR/MWh",
                                    "$/MWh",
                                    "ct/kWh",
                                    "% RH",
                                    "%RH"};

static bool take_unit(span *s, kr__number_look *look) {
    if (look->unit[0] || s->at == s->end || is_digit(s->end[-1])) return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!ends(*s, units[i])) continue;
        const span rest = trim((span){s->at, s->end - strlen(units[i])});
        if (rest.at == rest.end || !(is_digit(rest.end[-1]) || rest.end[-1] == '.')) continue;
        *s = rest;
        look->is_measure = true;
        strcpy(look->unit, units[i]);
        return true;
    }
    return false;
}

/* One sign before the number, which may have a currency on either side of it. */
static bool take_sign(span *s, bool *is_negative) {
    if (s->at == s->end) return false;
    if (*s->at == '-' || *s->at == '+') {
        *is_negative = *s->at == '-';
        s->at++;
        return true;
    }
    if (!starts(*s, "\xe2\x88\x92")) return false; /* the minus of typesetters */
    *is_negative = true;
    s->at += 3;
    return true;
}

/* (5), 5-. */
static bool take_accounting(span *s, bool has_sign, bool *is_negative, kr__number_look *look) {
    bool has_parentheses = s->end - s->at > 2 && *s->at == '(' && s->end[-1] == ')';
    bool has_minus = !has_parentheses && s->end - s->at > 1 && s->end[-1] == '-';
    if (!has_parentheses && !has_minus) return true;
    if (has_sign || look->is_accounting) return false;
    if (has_parentheses) s->at++;
    s->end--;
    *is_negative = look->is_accounting = true;
    return true;
}

static bool has_digit(span s) {
    while (s.at < s.end && !is_digit(*s.at)) s.at++;
    return s.at < s.end;
}

/* Digits at both ends, but for a sign: nothing stands around them. */
static bool is_bare(span s) {
    bool has_sign = s.end - s.at > 1 && (*s.at == '-' || *s.at == '+');
    char first = s.at < s.end ? s.at[has_sign] : '\0';
    return (is_digit(first) || first == '.' || first == ',') && is_digit(s.end[-1]);
}

/* Leaves the digits, with their own signs; false: it cannot be a number. */
static bool peel(span *s, bool *is_negative, kr__number_look *look) {
    *look = (kr__number_look){.is_percent = false};
    *is_negative = false;
    bool has_sign = false;
    if (is_bare(*s)) {
        take_sign(s, is_negative);
        return true;
    }
    for (int round = 0; round < 3; round++) {
        *s = trim(*s);
        if (!take_accounting(s, has_sign, is_negative, look)) return false;
        *s = trim(*s);
        if (!has_sign && !look->is_accounting) has_sign = take_sign(s, is_negative);
        *s = trim(*s);
        take_currency(s, false, look);
        if (!take_currency(s, true, look)) take_unit(s, look);
        if (!look->is_percent && s->at < s->end && s->end[-1] == '%') {
            look->is_percent = true;
            s->end--;
        }
    }
    *s = trim(*s);
    return s->at < s->end && !(look->is_percent && look->unit[0]);
}

/* ---- digits and their signs -------------------------------------------------------------- */

/* A number taken apart: groups of digits with a sign after each but the last of them. */
enum { MOST_GROUPS = 40 };
typedef struct digits {
    int n;                   /* groups */
    int length[MOST_GROUPS]; /* of each */
    char sign[MOST_GROUPS];  /* behind it: . , ' blank, or 0 */
    bool has_exponent;
    const char *exponent;
} digits;

/* The sign between two groups at the start: 0 none. *size: its bytes. */
static char read_separator(span s, size_t *size) {
    *size = 1;
    if (s.at == s.end) return 0;
    if (*s.at == '.' || *s.at == ',' || *s.at == '\'') return *s.at;
    *size = 3;
    if (starts(s, "\xe2\x80\x99")) return '\'';
    *size = *s.at == '\t' ? 0 : measure_blank(s);
    return *size ? ' ' : 0;
}

static bool take_apart(span s, digits *d) {
    *d = (digits){.n = 0};
    for (;;) {
        const char *first = s.at;
        while (s.at < s.end && is_digit(*s.at)) s.at++;
        size_t size = 0;
        char sign = read_separator(s, &size);
        if (d->n == MOST_GROUPS || s.at - first > MOST_DIGITS) return false;
        d->length[d->n] = (int)(s.at - first);
        d->sign[d->n++] = sign;
        if (!sign) break;
        s.at += size;
    }
    d->exponent = s.at;
    d->has_exponent = s.at < s.end;
    if (!d->has_exponent) return true;
    if ((*s.at | 32) != 'e') return false;
    s.at++;
    if (s.at < s.end && (*s.at == '-' || *s.at == '+')) s.at++;
    if (s.at == s.end) return false;
    while (s.at < s.end && is_digit(*s.at)) s.at++;
    return s.at == s.end;
}

/* Are groups 0 .. n-1 thousands: 1 to 3 digits, then threes; with commas also 1 or 2, then twos,
 * then three? */
static bool are_thousands(const digits *d, int n, char sign) {
    if (n < 2 || d->length[0] < 1 || d->length[0] > 3 || d->length[n - 1] != 3) return false;
    bool by_three = true, by_two = sign == ',' && d->length[0] <= 2;
    for (int i = 0; i < n - 1; i++) {
        if (d->sign[i] != sign) return false;
        if (i == 0) continue;
        by_three = by_three && d->length[i] == 3;
        by_two = by_two && d->length[i] == 2;
    }
    return by_three || by_two;
}

/* Do the groups follow the format? */
static bool fits(const digits *d, const kr__number_format *f) {
    int n = d->n; /* groups before the decimal sign */
    if (n > 1 && d->sign[n - 2] == f->decimal) n--;
    bool has_fraction = n < d->n;
    int total = d->length[0] + (has_fraction ? d->length[d->n - 1] : 0);
    if (n == 1) return total > 0;
    return f->thousands && are_thousands(d, n, f->thousands);
}

/* Copy the digits with a point for the decimal sign and nothing between thousands. */
static size_t copy_plain(span s, char decimal, bool is_negative, char *copy) {
    size_t n = 0;
    if (is_negative) copy[n++] = '-';
    for (; s.at < s.end; s.at++) {
        char c = *s.at;
        bool is_kept = is_digit(c) || (c | 32) == 'e' || c == '-' || c == '+';
        if (c == decimal) copy[n++] = '.';
        if (is_kept) copy[n++] = c;
    }
    return n;
}

kr__number_kind kr__number_read(const kr__number_format *format, const char *text, size_t size,
                                double *value, kr__number_look *look) {
    char copy[MOST_DIGITS + 32];
    span s = {text, text + size};
    bool is_negative;
    digits d;
    if (kr__is_gap_word(text, size)) {
        *look = (kr__number_look){.is_percent = false};
        return KR__NUMBER_GAP;
    }
    if (!has_digit(s) || !peel(&s, &is_negative, look) || s.end - s.at > MOST_DIGITS ||
        !take_apart(s, &d) || !fits(&d, format)) {
        bool is_word = kr__number_parse(text, size, value) == KR__NUMBER_INFINITE;
        return is_word ? KR__NUMBER_INFINITE : KR__NUMBER_NONE;
    }
    return kr__number_parse(copy, copy_plain(s, format->decimal, is_negative, copy), value);
}

/* ---- votes ------------------------------------------------------------------------------- */

/* A single point or comma. */
static void vote_single(const digits *d, const char *first, int which, kr__number_votes *v) {
    bool is_group = d->length[0] >= 1 && d->length[0] <= 3 && d->length[1] == 3 && *first != '0' &&
                    !d->has_exponent;
    if (is_group) {
        v->either[which]++;
    } else {
        v->decimal[which]++;
    }
}

/* Several groups: which sign ends the thousands, if they are some? */
static bool vote_groups(const digits *d, kr__number_votes *v) {
    char first = d->sign[0], last = d->sign[d->n - 2];
    bool has_fraction = last != first;
    if (has_fraction && last != '.' && last != ',') return false;
    if (!are_thousands(d, has_fraction ? d->n - 1 : d->n, first)) return false;
    if (has_fraction) v->decimal[last == ',']++;
    if (first == '\'') {
        v->apostrophes++;
    } else if (first == ' ') {
        v->blanks++;
    } else {
        v->thousands[first == ',']++;
    }
    return true;
}

bool kr__number_vote(const char *text, size_t size, kr__number_votes *votes) {
    span s = {text, text + size};
    if (!has_digit(s)) return false;
    kr__number_look look;
    bool is_negative;
    digits d;
    if (!peel(&s, &is_negative, &look) || !take_apart(s, &d)) return false;
    bool is_empty = d.length[0] == 0 && (d.n == 1 || (d.n == 2 && d.length[1] == 0));
    if (is_empty) return false;
    if (d.n == 1) {
        if (d.length[0] <= 3) {
            votes->small++;
        } else {
            votes->large++;
        }
        return true;
    }
    if (d.n == 2 && (d.sign[0] == '.' || d.sign[0] == ',')) {
        vote_single(&d, s.at, d.sign[0] == ',', votes);
        return true;
    }
    return vote_groups(&d, votes);
}

/* ---- the decision ------------------------------------------------------------------------ */

static kr__number_votes add_votes(const kr__number_votes *votes, int64_t n) {
    kr__number_votes all = {.small = 0};
    for (int64_t i = 0; i < n; i++) {
        for (int k = 0; k < 2; k++) {
            all.decimal[k] += votes[i].decimal[k];
            all.thousands[k] += votes[i].thousands[k];
            all.either[k] += votes[i].either[k];
        }
        all.apostrophes += votes[i].apostrophes;
        all.blanks += votes[i].blanks;
    }
    return all;
}

/* A column of 1.234 and 987: whoever writes no zeros at the end of decimals would have written some
 * with one or two, so that many numbers without any say thousands; 12345 without a sign says that
 * there is none between thousands. -1: thousands, 1: decimal, 0: neither, which column says. */
static int judge_either(const kr__number_votes *votes, int64_t n, int k, int64_t *column) {
    enum { MANY = 30 };
    int verdict = 0;
    for (int64_t i = 0; i < n; i++) {
        const kr__number_votes *v = &votes[i];
        if (v->either[k] == 0) continue;
        *column = i;
        if (v->large > 0) return 1;
        if (v->either[k] >= MANY && v->small > 0) verdict = -1;
    }
    return verdict;
}

/* The decimal sign: '.', ',', or 0 when either is possible and matters. */
static char choose_decimal(const kr__number_votes *votes, int64_t n, bool is_plain, char *sign,
                           int64_t *column) {
    const kr__number_votes all = add_votes(votes, n);
    if (all.decimal[0] != all.decimal[1]) return all.decimal[0] > all.decimal[1] ? '.' : ',';
    if (all.thousands[0] != all.thousands[1]) {
        return all.thousands[1] > all.thousands[0] ? '.' : ',';
    }
    if (is_plain && all.either[0] > 0) return '.';
    for (int k = 0; k < 2; k++) {
        if (all.either[k] == 0) continue;
        int verdict = judge_either(votes, n, k, column);
        char own = k ? ',' : '.', other = k ? '.' : ',';
        if (verdict != 0) return verdict > 0 ? own : other;
        *sign = own;
        return 0;
    }
    return '.';
}

static char choose_thousands(const kr__number_votes *all, char decimal) {
    int k = decimal == '.' ? 1 : 0;
    int64_t other = all->thousands[k] + all->either[k];
    if (other > 0 && other >= all->apostrophes && other >= all->blanks) return k ? ',' : '.';
    if (all->apostrophes > 0 && all->apostrophes >= all->blanks) return '\'';
    return all->blanks > 0 ? ' ' : 0;
}

kr_status kr__number_settle(const kr__number_votes *votes, int64_t n, bool is_plain,
                            kr__number_format *format, char *sign, int64_t *column) {
    const kr__number_votes all = add_votes(votes, n);
    char decimal = format->decimal;
    if (!decimal && format->thousands == '.') decimal = ',';
    if (!decimal && format->thousands == ',') decimal = '.';
    if (!decimal) decimal = choose_decimal(votes, n, is_plain, sign, column);
    if (!decimal) return KR_USAGE;
    if (!format->thousands) format->thousands = choose_thousands(&all, decimal);
    format->decimal = decimal;
    return KR_OK;
}
