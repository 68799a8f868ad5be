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

/* Numbers are read from text eight bytes at a time where the first is the lowest. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { IS_LITTLE_ENDIAN = 1 };
#else
enum { IS_LITTLE_ENDIAN = 0 };
#endif

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

/* 5^-k, k from 1, as 128 bits of which the first is set, rounded up: the upper and the lower half.
 */
static const uint64_t fifths[MAX_POWER][2] = {
    {UINT64_C(0xcccccccccccccccc), UINT64_C(0xcccccccccccccccd)},
    {UINT64_C(0xa3d70a3d70a3d70a), UINT64_C(0x3d70a3d70a3d70a4)},
    {UINT64_C(0x83126e978d4fdf3b), UINT64_C(0x645a1cac083126ea)},
    {UINT64_C(0xd1b71758e219652b), UINT64_C(0xd3c36113404ea4a9)},
    {UINT64_C(0xa7c5ac471b478423), UINT64_C(0x0fcf80dc33721d54)},
    {UINT64_C(0x8637bd05af6c69b5), UINT64_C(0xa63f9a49c2c1b110)},
    {UINT64_C(0xd6bf94d5e57a42bc), UINT64_C(0x3d32907604691b4d)},
    {UINT64_C(0xabcc77118461cefc), UINT64_C(0xfdc20d2b36ba7c3e)},
    {UINT64_C(0x89705f4136b4a597), UINT64_C(0x31680a88f8953031)},
    {UINT64_C(0xdbe6fecebdedd5be), UINT64_C(0xb573440e5a884d1c)},
    {UINT64_C(0xafebff0bcb24aafe), UINT64_C(0xf78f69a51539d749)},
    {UINT64_C(0x8cbccc096f5088cb), UINT64_C(0xf93f87b7442e45d4)},
    {UINT64_C(0xe12e13424bb40e13), UINT64_C(0x2865a5f206b06fba)},
    {UINT64_C(0xb424dc35095cd80f), UINT64_C(0x538484c19ef38c95)},
    {UINT64_C(0x901d7cf73ab0acd9), UINT64_C(0x0f9d37014bf60a11)},
    {UINT64_C(0xe69594bec44de15b), UINT64_C(0x4c2ebe687989a9b4)},
    {UINT64_C(0xb877aa3236a4b449), UINT64_C(0x09befeb9fad487c3)},
    {UINT64_C(0x9392ee8e921d5d07), UINT64_C(0x3aff322e62439fd0)},
    {UINT64_C(0xec1e4a7db69561a5), UINT64_C(0x2b31e9e3d06c32e6)}};

/* Times a power of two, within the range of normal numbers. */
static double scale(uint64_t mantissa, int exponent) {
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return (double)mantissa * power;
}

/* digits / 10^k, k from 1, correctly rounded (D. Lemire, Number parsing at a gigabyte per second,
 * 2021): the upper half of a product decides, unless all bits behind it could still carry; the
 * lower half then does. Quotients that lie halfway between two doubles are those of powers up to
 * 5^4 with nothing in the lower half. */
static double divide(uint64_t digits, int64_t k) {
    enum { BEHIND = 9 /* bits behind the 53 and those that round */ };
    const uint64_t *fifth = fifths[k - 1], mask = (1u << BEHIND) - 1;
    int shift = __builtin_clzll(digits);
    u128 product = (u128)(digits << shift) * fifth[0];
    uint64_t upper = (uint64_t)(product >> 64), lower = (uint64_t)product;
    if ((upper & mask) == mask) {
        uint64_t more = (uint64_t)((u128)(digits << shift) * fifth[1] >> 64);
        lower += more;
        upper += lower < more;
    }
    int has_top = (int)(upper >> 63), n_behind = has_top + BEHIND;
    uint64_t mantissa = upper >> n_behind;
    bool is_half = lower <= 1 && k <= 4 && (mantissa & 3) == 1 && mantissa << n_behind == upper;
    if (is_half) mantissa--;
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    /* The table has 5^-k times 2^(127 + bits of 5^k), the product 64 bits less than two factors. */
    int bits = (int)((k * 152170) >> 16) + 1;
    return scale(mantissa, n_behind + 2 - shift - bits - (int)k);
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
        *value = divide(d->digits, -d->power);
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

/* The number that eight digits make, the first in the lowest byte: pairs, fours, then all. */
static inline uint64_t join_eight(uint64_t digits) {
    digits = (digits * 2561 >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    digits = (digits * 6553601 >> 16) & UINT64_C(0x0000ffff0000ffff);
    return digits * UINT64_C(42949672960001) >> 32;
}

/* Append the digits at p, eight at once where so much text is left: how many there are is known
 * without a branch for each. Returns behind them. */
static inline __attribute__((always_inline)) const char *scan_digits(const char *p, const char *end,
                                                                     uint64_t *digits) {
    static const uint64_t tens[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    const uint64_t zeros = UINT64_C(0x3030303030303030), above = UINT64_C(0x7676767676767676),
                   tops = UINT64_C(0x8080808080808080);
    while (IS_LITTLE_ENDIAN && end - p >= 8) {
        uint64_t eight;
        memcpy(&eight, p, 8);
        eight ^= zeros;
        uint64_t others = ((eight + above) | eight) & tops; /* bytes above 9 */
        int n = others ? __builtin_ctzll(others) / 8 : 8;
        if (n == 0) return p;
        *digits = *digits * tens[n] + join_eight(eight << (64 - 8 * n));
        p += n;
        if (n < 8) return p;
    }
    for (; p < end && is_digit(*p); p++) *digits = *digits * 10 + (uint64_t)(*p - '0');
    return p;
}

/* Of more digits than an integer holds the first ones, with and without one more in the last of
 * them: what follows does not matter if both round to the same double. n_behind: the sign. */
static bool convert_long(const char *p, const char *end, char sign, int64_t n_behind,
                         double *value) {
    uint64_t digits = 0;
    int n = 0;
    for (; p < end && n < MAX_DIGITS; p++) {
        if (*p == sign) continue;
        digits = digits * 10 + (uint64_t)(*p - '0');
        n += digits > 0;
    }
    int64_t power = n_behind - (end - p);
    if (power < 1 || power > MAX_POWER || digits == 0) return false;
    *value = divide(digits, power);
    return p == end || *value == divide(digits + 1, power);
}

const char *kr__number_scan(const char *text, const char *end, char sign, char delimiter,
                            double *value) {
    enum { MOST = 18 };
    const char *p = text;
    bool is_negative = p < end && *p == '-';
    p += is_negative;
    uint64_t digits = 0;
    const char *first = p;
    p = scan_digits(p, end, &digits);
    int64_t n = p - first, n_behind = 0;
    if (p < end && *p == sign && sign != delimiter) {
        const char *point = p++;
        p = scan_digits(p, end, &digits);
        n_behind = p - point - 1;
    }
    const char *behind = p;
    if (p + 1 < end && p[0] == '\r' && p[1] == '\n') p++;
    bool is_ended = p == end || *p == delimiter || *p == '\n';
    if (!is_ended || n + n_behind == 0) return NULL;
    double magnitude;
    if (n + n_behind > MOST) {
        if (!convert_long(first, behind, sign, n_behind, &magnitude)) return NULL;
    } else if (digits <= (uint64_t)1 << 53 || n_behind == 0) {
        magnitude = (double)digits / exact[n_behind];
    } else {
        magnitude = divide(digits, n_behind);
    }
    *value = is_negative ? -magnitude : magnitude;
    return p;
}
