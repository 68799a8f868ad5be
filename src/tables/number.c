/* SPDX-License-Identifier: MIT
 * number.c - decimal text to double.
 *
 * Three ways, fastest first: in doubles, when digits and power of ten are both exact there (so that
 * only the quotient or product is rounded); in 128-bit integers, for up to 19 digits and powers up
 * to 10^19; strtod for the rest. All round correctly. */
#include "tables/number.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

__extension__ typedef unsigned __int128 u128;

enum { MAX_DIGITS = 19, MAX_POWER = 19, MAX_TEXT = 1024 };

/* The parts of [-]digits[.digits][e[-]digits]. */
typedef struct decimal {
    bool is_negative;
    bool is_exact;   /* digits holds every digit */
    uint64_t digits; /* value = digits * 10^power */
    int64_t power;
} decimal;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Read the digits from *at on into d; returns how many there were. */
static size_t take_digits(const char **at, const char *end, decimal *d) {
    const char *p = *at;
    uint64_t digits = d->digits;
    for (; p < end && is_digit(*p); p++) {
        if (digits > (UINT64_MAX - 9) / 10) d->is_exact = false;
        digits = digits * 10 + (uint64_t)(*p - '0');
    }
    size_t n = (size_t)(p - *at);
    d->digits = digits;
    *at = p;
    return n;
}

static bool take_exponent(const char **at, const char *end, int64_t *exponent) {
    const char *p = *at + 1;
    bool is_negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    if (p == end) return false;
    int64_t value = 0;
    for (; p < end && is_digit(*p); p++) {
        if (value < 100000) value = value * 10 + (*p - '0');
    }
    *exponent = is_negative ? -value : value;
    bool any = is_digit(p[-1]);
    *at = p;
    return any;
}

static bool split(const char *text, const char *end, decimal *d) {
    *d = (decimal){.is_exact = true};
    const char *p = text;
    if (p < end && (*p == '-' || *p == '+')) d->is_negative = *p++ == '-';
    size_t n = take_digits(&p, end, d);
    if (p < end && *p == '.') {
        p++;
        size_t n_behind = take_digits(&p, end, d);
        d->power = -(int64_t)n_behind;
        n += n_behind;
    }
    if (n == 0) return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        int64_t exponent;
        if (!take_exponent(&p, end, &exponent)) return false;
        d->power += exponent;
    }
    return p == end;
}

/* digits / 10^k, correctly rounded: the quotient keeps 64 bits or more, and its last bit tells
 * whether anything was left over. */
static double divide(uint64_t digits, uint64_t power_of_ten) {
    int shift = __builtin_clzll(digits);
    u128 numerator = (u128)(digits << shift) << 64;
    u128 quotient = numerator / power_of_ten;
    if (quotient * power_of_ten != numerator) quotient |= 1;
    return ldexp((double)quotient, -64 - shift);
}

/* All exact. */
enum { MOST_EXACT = 22 };
static const double exact[MOST_EXACT + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                             1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                             1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool convert_quickly(const decimal *d, double *value) {
    static const uint64_t whole[MAX_POWER + 1] = {1u,
                                                  10u,
                                                  100u,
                                                  1000u,
                                                  10000u,
                                                  100000u,
                                                  1000000u,
                                                  10000000u,
                                                  100000000u,
                                                  1000000000u,
                                                  10000000000u,
                                                  100000000000u,
                                                  1000000000000u,
                                                  10000000000000u,
                                                  100000000000000u,
                                                  1000000000000000u,
                                                  10000000000000000u,
                                                  100000000000000000u,
                                                  1000000000000000000u,
                                                  10000000000000000000u};
    if (!d->is_exact) return false;
    if (d->digits == 0) {
        *value = 0;
        return true;
    }
    if (d->digits <= (uint64_t)1 << 53 && d->power >= -MOST_EXACT && d->power <= MOST_EXACT) {
        double digits = (double)d->digits;
        *value = d->power < 0 ? digits / exact[-d->power] : digits * exact[d->power];
        return true;
    }
    if (d->power < -MAX_POWER || d->power > MAX_POWER) return false;
    if (d->power < 0) {
        *value = divide(d->digits, whole[-d->power]);
    } else {
        *value = (double)((u128)d->digits * whole[d->power]);
    }
    return true;
}

static bool convert_slowly(const char *text, size_t size, double *value) {
    char copy[MAX_TEXT + 1];
    if (size > MAX_TEXT) return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    *value = fabs(kr__text_strtod(copy, NULL));
    return true;
}

static bool is_word(const char *text, size_t size, const char *lower) {
    if (strlen(lower) != size) return false;
    for (size_t i = 0; i < size; i++) {
        if (tolower((unsigned char)text[i]) != lower[i]) return false;
    }
    return true;
}

static kr__number_kind name_word(const char *text, size_t size) {
    static const char *const gaps[] = {"", "na", "n/a", "#n/a", "nan", "-nan", "null", "none"};
    static const char *const infinities[] = {"inf", "-inf", "+inf", "infinity", "-infinity"};
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        if (is_word(text, size, gaps[i])) return KR__NUMBER_GAP;
    }
    for (size_t i = 0; i < sizeof infinities / sizeof infinities[0]; i++) {
        if (is_word(text, size, infinities[i])) return KR__NUMBER_INFINITE;
    }
    return KR__NUMBER_NONE;
}

kr__number_kind kr__number_parse(const char *text, size_t size, double *value) {
    decimal d;
    double magnitude;
    if (!split(text, text + size, &d)) return name_word(text, size);
    if (!convert_quickly(&d, &magnitude) && !convert_slowly(text, size, &magnitude)) {
        return KR__NUMBER_NONE;
    }
    if (isinf(magnitude)) return KR__NUMBER_INFINITE;
    *value = d.is_negative ? -magnitude : magnitude;
    return KR__NUMBER;
}

const char *kr__number_scan(const char *text, const char *end, char sign, char delimiter,
                            double *value) {
    enum { MOST = 18 };
    const char *p = text;
    bool is_negative = p < end && *p == '-';
    p += is_negative;
    uint64_t digits = 0;
    const char *first = p;
    for (; p < end && is_digit(*p); p++) digits = digits * 10 + (uint64_t)(*p - '0');
    int64_t n = p - first, n_behind = 0;
    if (p < end && *p == sign && sign != delimiter) {
        const char *point = p++;
        for (; p < end && is_digit(*p); p++) digits = digits * 10 + (uint64_t)(*p - '0');
        n_behind = p - point - 1;
    }
    if (p + 1 < end && p[0] == '\r' && p[1] == '\n') p++;
    bool is_ended = p == end || *p == delimiter || *p == '\n';
    bool is_exact = n + n_behind > 0 && n + n_behind <= MOST && digits <= (uint64_t)1 << 53;
    if (!is_ended || !is_exact) return NULL;
    double magnitude = (double)digits / exact[n_behind];
    *value = is_negative ? -magnitude : magnitude;
    return p;
}
