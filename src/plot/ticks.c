/* SPDX-License-Identifier: MIT
 * ticks.c - an axis as numbers: its range, where its ticks are and what they say. */
#include "plot/ticks.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MINUS "\xE2\x88\x92"
#define TIMES "\xC3\x97"

static const double HUGEST = 1e300;

/* ---- range ------------------------------------------------------------------------------ */

kr__limits kr__limits_make(bool is_log) {
    return (kr__limits){.is_log = is_log, .edge_low = NAN, .edge_high = NAN};
}

bool kr__is_gap(double v, bool is_log) {
    return !(fabs(v) <= HUGEST) || (is_log && v < 1 / HUGEST);
}

void kr__limits_add(kr__limits *limits, double v) {
    if (kr__is_gap(v, limits->is_log)) return;
    limits->low = limits->n == 0 ? v : fmin(limits->low, v);
    limits->high = limits->n == 0 ? v : fmax(limits->high, v);
    limits->n++;
}

void kr__limits_edge(kr__limits *limits, double v) {
    kr__limits_add(limits, v);
    if (kr__is_gap(v, limits->is_log)) return;
    limits->edge_low = fmin(limits->edge_low, v);
    limits->edge_high = fmax(limits->edge_high, v);
}

static void widen_linear(kr__limits *limits, double fraction) {
    double low = limits->low, high = limits->high, greatest = fmax(fabs(low), fabs(high));
    if (high - low <= 1e-12 * greatest || greatest == 0) {
        double more = greatest == 0 ? 1 : 0.1 * greatest;
        limits->low = low - more;
        limits->high = high + more;
        return;
    }
    double more = fraction * (high - low);
    if (low != limits->edge_low) limits->low = low - more;
    if (high != limits->edge_high) limits->high = high + more;
}

void kr__limits_finish(kr__limits *limits, double fraction) {
    if (limits->n == 0) {
        limits->low = limits->is_log ? 1 : 0;
        limits->high = limits->is_log ? 10 : 1;
        return;
    }
    if (!limits->is_log) {
        widen_linear(limits, fraction);
        return;
    }
    double decades = log10(limits->high) - log10(limits->low);
    double factor = decades < 1e-9 ? 2 : pow(10, fraction * decades);
    limits->low = fmax(limits->low / factor, 0.1 / HUGEST);
    limits->high = fmin(limits->high * factor, 10 * HUGEST);
}

double kr__scale_map(const kr__scale *scale, double v) {
    double low = scale->low, high = scale->high, fraction;
    if (scale->is_log) {
        fraction = (log10(v) - log10(low)) / (log10(high) - log10(low));
    } else {
        fraction = (v / 2 - low / 2) / (high / 2 - low / 2);
    }
    return scale->from + fraction * (scale->to - scale->from);
}

/* ---- texts ------------------------------------------------------------------------------ */

/* text with every '-' as a minus sign. */
static void copy_number(const char *text, char *out, size_t size) {
    size_t n = 0;
    for (; *text; text++) {
        const char *piece = *text == '-' ? MINUS : (char[2]){*text, '\0'};
        if (n + strlen(piece) >= size) break;
        memcpy(out + n, piece, strlen(piece));
        n += strlen(piece);
    }
    out[n] = '\0';
}

static void write_number(double v, int decimals, char *out, size_t size) {
    char text[KR__TICK_TEXT];
    snprintf(text, sizeof text, "%.*f", decimals, v == 0 ? 0 : v);
    copy_number(text, out, size);
}

/* 10 to the power, the exponent raised. */
static void write_power(int power, char *out, size_t size) {
    static const char *const raised[] = {
        "\xE2\x81\xB0", "\xC2\xB9",     "\xC2\xB2",     "\xC2\xB3",     "\xE2\x81\xB4",
        "\xE2\x81\xB5", "\xE2\x81\xB6", "\xE2\x81\xB7", "\xE2\x81\xB8", "\xE2\x81\xB9"};
    char digits[16];
    int n = snprintf(out, size, "10%s", power < 0 ? "\xE2\x81\xBB" : "");
    snprintf(digits, sizeof digits, "%d", power < 0 ? -power : power);
    for (const char *d = digits; *d && n >= 0 && (size_t)n < size; d++) {
        n += snprintf(out + n, size - (size_t)n, "%s", raised[*d - '0']);
    }
}

/* ---- linear ----------------------------------------------------------------------------- */

/* digit * 10^power, without the rounding error of multiplying by a fraction. */
static double step_value(int digit, int power) {
    return power < 0 ? digit / pow(10, -power) : digit * pow(10, power);
}

static const double SLACK = 1e-9; /* of a step: a range that ends on a tick keeps it */

/* The first and last multiple of step in the range, as multiples. Far from zero the ends are less
 * exact than SLACK. */
static double first_step(double low, double step) {
    return ceil(low / step - fmax(SLACK, 4 * DBL_EPSILON * fabs(low / step)));
}

static double last_step(double high, double step) {
    return floor(high / step + fmax(SLACK, 4 * DBL_EPSILON * fabs(high / step)));
}

static double count_steps(double low, double high, double step) {
    return last_step(high, step) - first_step(low, step) + 1;
}

static void find_step(double low, double high, int max_ticks, bool is_integer, int *digit,
                      int *power) {
    static const int digits[] = {1, 2, 5};
    double length = fmax(high / 2 - low / 2, DBL_MIN);
    *power = (int)floor(log10(length / max_ticks)) - 1;
    if (*power < -320) *power = -320;
    if (is_integer && *power < 0) *power = 0;
    for (int i = 0;; i++) {
        *digit = digits[i % 3];
        if (i > 0 && i % 3 == 0) ++*power;
        if (count_steps(low, high, step_value(*digit, *power)) <= max_ticks) return;
    }
}

/* The power of ten that all numbers share, 0 for plain numbers. */
static int shared_power(double greatest) {
    if (greatest == 0 || (greatest < 1e6 && greatest >= 1e-3)) return 0;
    return (int)floor(log10(greatest) + SLACK);
}

/* Write ticks i * step - offset, scaled, and the factor that puts it right. */
static void write_ticks(kr__ticks *out, double offset, double greatest, int step_power) {
    int shared = shared_power(greatest), decimals = shared - step_power;
    for (int i = 0; i < out->n; i++) {
        double v = (out->at[i] - offset) / pow(10, shared);
        write_number(v, decimals > 0 ? decimals : 0, out->text[i], sizeof out->text[i]);
    }
    out->factor[0] = '\0';
    if (shared != 0) {
        memcpy(out->factor, TIMES, sizeof TIMES);
        write_power(shared, out->factor + strlen(out->factor), KR__TICK_TEXT);
    }
    if (offset == 0) return;
    char text[KR__TICK_TEXT];
    const char *space = shared == 0 ? "" : " ", *sign = offset < 0 ? "-" : "+";
    snprintf(text, sizeof text, "%s%s%.12g", space, sign, fabs(offset));
    size_t n = strlen(out->factor);
    copy_number(text, out->factor + n, sizeof out->factor - n);
}

void kr__ticks_linear(double low, double high, int max_ticks, bool is_integer, kr__ticks *out) {
    enum { LONGEST = 6 }; /* digits of a number before they share an offset */
    int digit, power;
    find_step(low, high, max_ticks, is_integer, &digit, &power);
    double step = step_value(digit, power), first = first_step(low, step);
    out->n = out->n_minor = 0;
    double n = fmin(count_steps(low, high, step), max_ticks);
    for (int i = 0; i < n; i++) {
        double index = first + i;
        out->at[out->n++] = power < 0 ? index * digit / pow(10, -power) : index * step;
    }
    double greatest = out->n ? fmax(fabs(out->at[0]), fabs(out->at[out->n - 1])) : 0, offset = 0;
    if (greatest > 0 && floor(log10(greatest)) - power + 1 > LONGEST) {
        double coarse = step_value(1, power + 3);
        offset = floor(low / coarse) * coarse;
        greatest = fmax(fabs(out->at[0] - offset), fabs(out->at[out->n - 1] - offset));
    }
    write_ticks(out, offset, greatest, power);
}

/* ---- logarithmic ------------------------------------------------------------------------ */

static void add_log_tick(kr__ticks *out, int digit, int power, bool is_plain) {
    assert(out->n < KR__TICKS_MAX);
    char *text = out->text[out->n];
    double v = step_value(digit, power);
    out->at[out->n++] = v;
    if (is_plain) {
        write_number(v, power < 0 ? -power : 0, text, KR__TICK_TEXT);
    } else if (digit == 1) {
        write_power(power, text, KR__TICK_TEXT);
    } else {
        int n = snprintf(text, KR__TICK_TEXT, "%d" TIMES, digit);
        write_power(power, text + n, KR__TICK_TEXT - (size_t)n);
    }
}

static bool is_within(double v, double low, double high) {
    return v >= low * (1 - SLACK) && v <= high * (1 + SLACK);
}

void kr__ticks_log(double low, double high, int max_ticks, kr__ticks *out) {
    static const int digits[] = {1, 2, 5};
    double first = log10(low), last = log10(high);
    if (last - first < 1 || max_ticks < 2) {
        kr__ticks_linear(low, high, max_ticks, false, out);
        return;
    }
    int power = (int)floor(first), end = (int)ceil(last);
    int n_decades = (int)(floor(last + SLACK) - ceil(first - SLACK)) + 1;
    int every = (n_decades + max_ticks - 1) / max_ticks;
    int n_digits = last - first <= 2.5 && 3 * n_decades <= max_ticks + 1 ? 3 : 1;
    bool is_plain = low >= 1e-3 * (1 - SLACK) && high <= 1e4 * (1 + SLACK);
    out->n = out->n_minor = 0;
    out->factor[0] = '\0';
    for (int p = power; p <= end; p++) {
        for (int d = 0; d < n_digits; d++) {
            bool is_kept = is_within(step_value(digits[d], p), low, high);
            if (is_kept && p % every == 0) add_log_tick(out, digits[d], p, is_plain);
        }
        for (int digit = 2; digit <= 9 && every == 1; digit++) {
            double v = step_value(digit, p);
            bool is_major = n_digits == 3 && (digit == 2 || digit == 5);
            bool has_room = out->n_minor < (int)(sizeof out->minor / sizeof out->minor[0]);
            if (!is_major && has_room && is_within(v, low, high)) out->minor[out->n_minor++] = v;
        }
    }
}
