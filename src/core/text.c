/* SPDX-License-Identifier: MIT
 * text.c - numbers from text and to text, and guesses at what a mistyped word should have been. */
#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/* ---- the locale --------------------------------------------------------------------------- */

static locale_t plain_locale;

static void make_plain_locale(void) { plain_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

/* Of the calling thread alone. Returns what was in place. */
static locale_t use_plain_locale(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain_locale);
    return uselocale(plain_locale);
}

double kr__text_strtod(const char *text, char **end) {
    locale_t before = use_plain_locale();
    double value = strtod(text, end);
    uselocale(before);
    return value;
}

void kr__text_print(char *text, size_t size, const char *format, ...) {
    va_list args;
    locale_t before = use_plain_locale();
    va_start(args, format);
    vsnprintf(text, size, format, args);
    va_end(args);
    uselocale(before);
}

/* ---- from text -------------------------------------------------------------------------- */

bool kr__text_int(const char *text, int64_t *out) {
    size_t sign = *text == '-' || *text == '+';
    size_t digits = strspn(text + sign, "0123456789");
    if (digits == 0 || text[sign + digits] != '\0') return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE) return false;
    *out = value;
    return true;
}

bool kr__text_real(const char *text, double *out) {
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') return false;
    char *end = NULL;
    double value = kr__text_strtod(text, &end);
    if (*end != '\0' || end == text || !isfinite(value)) return false;
    *out = value;
    return true;
}

bool kr__text_bool(const char *text, bool *out) {
    static const char *const words[] = {"0", "1", "false", "true", "False", "True"};
    for (int i = 0; i < 6; i++) {
        if (strcmp(text, words[i]) != 0) continue;
        *out = i % 2 == 1;
        return true;
    }
    return false;
}

/* ---- to text ---------------------------------------------------------------------------- */

/* Numbers from the one up to the other, of at most 15 digits, are printed without printf. */
static const double least_plain = 1e-4, end_of_15_digits = 1e15;

/* The fewest digits that read back as value: "d.ddde[+-]dd" out of printf. */
static void print_shortest(double value, char *text, size_t size) {
    bool needs_more = fabs(value) >= least_plain && fabs(value) < end_of_15_digits;
    for (int precision = needs_more ? 15 : 0; precision < 17; precision++) {
        kr__text_print(text, size, "%.*e", precision, value);
        if (kr__text_strtod(text, NULL) == value) return;
    }
}

/* Digits without a point, then the decimal exponent of the first one. */
static int take_apart(const char *text, char digits[18]) {
    int n = 0;
    const char *c = text + (*text == '-');
    for (; *c != 'e'; c++) {
        if (n < 17 && isdigit((unsigned char)*c)) digits[n++] = *c;
    }
    while (n > 1 && digits[n - 1] == '0') n--;
    digits[n] = '\0';
    return (int)strtol(c + 1, NULL, 10);
}

const char *kr__text_behind(const char *text, char separator) {
    const char *found = strchr(text, separator);
    return found ? found + 1 : NULL;
}

bool kr__text_ends(const char *text, const char *ending) {
    size_t n = strlen(text), m = strlen(ending);
    return n > m && strcmp(text + n - m, ending) == 0;
}

bool kr__text_ends_in(const char *text, const char *endings) {
    size_t n_text = strlen(text);
    while (*endings) {
        size_t n = strcspn(endings, "|");
        if (n < n_text && strncmp(text + n_text - n, endings, n) == 0) return true;
        endings += n + (endings[n] == '|');
    }
    return false;
}

/* Not from a double: that would round twice. */
static float read_float(const char *text) {
    locale_t before = use_plain_locale();
    float value = strtof(text, NULL);
    uselocale(before);
    return value;
}

/* The same for a float. A normal one keeps any six digits: there is no need to try fewer, as
 * take_apart() drops zeros at the end. */
static void print_shortest_float(float value, char *text, size_t size) {
    for (int precision = fabsf(value) < FLT_MIN ? 0 : 5; precision < 9; precision++) {
        kr__text_print(text, size, "%.*e", precision, (double)value);
        if (read_float(text) == value) return;
    }
}

static const char *print_not_finite(double value, char text[KR_NUMBER_TEXT]) {
    snprintf(text, KR_NUMBER_TEXT, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    return text;
}

static const char *lay_out(double value, const char *shortest, char text[KR_NUMBER_TEXT]) {
    char digits[18];
    int exponent = take_apart(shortest, digits), n = (int)strlen(digits);
    const char *sign = signbit(value) ? "-" : "";
    if (exponent < -4 || exponent >= 16) {
        snprintf(text, KR_NUMBER_TEXT, "%s%c%s%se%+03d", sign, digits[0], n > 1 ? "." : "",
                 digits + 1, exponent);
    } else if (exponent < 0) {
        snprintf(text, KR_NUMBER_TEXT, "%s0.%.*s%s", sign, -exponent - 1, "0000", digits);
    } else if (n > exponent + 1) {
        snprintf(text, KR_NUMBER_TEXT, "%s%.*s.%s", sign, exponent + 1, digits,
                 digits + exponent + 1);
    } else {
        snprintf(text, KR_NUMBER_TEXT, "%s%s%.*s.0", sign, digits, exponent + 1 - n,
                 "0000000000000000");
    }
    return text;
}

enum { MOST_DECIMALS = 19 };

/* Of a number that is steps / 10^decimals. */
static void lay_out_steps(bool is_negative, uint64_t steps, int decimals, char *text) {
    char digits[KR_NUMBER_TEXT], *end = digits + sizeof digits, *c = end;
    for (int i = 0; i < decimals; i++, steps /= 10) *--c = (char)('0' + steps % 10);
    if (decimals == 0) *--c = '0';
    *--c = '.';
    do {
        *--c = (char)('0' + steps % 10);
        steps /= 10;
    } while (steps > 0);
    if (is_negative) *text++ = '-';
    memcpy(text, c, (size_t)(end - c));
    text[end - c] = '\0';
}

/* The same without printf, where 15 digits are enough: of so many, only the nearest to value can
 * read back as it, a product finds it, and a quotient of numbers that a double holds exactly is
 * what reading gives. */
static bool print_few_digits(double value, char *text) {
    static const double powers[MOST_DECIMALS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                     1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                     1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
    double size = fabs(value);
    if (size != 0 && !(size >= least_plain)) return false;
    for (int decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
        double steps = size * powers[decimals];
        if (!(steps < end_of_15_digits)) return false;
        uint64_t nearest = (uint64_t)(steps + 0.5);
        if ((double)nearest / powers[decimals] != size) continue;
        lay_out_steps(signbit(value) != 0, nearest, decimals, text);
        return true;
    }
    return false;
}

const char *kr__text_number(double value, char text[KR_NUMBER_TEXT]) {
    char shortest[KR_NUMBER_TEXT];
    if (print_few_digits(value, text)) return text;
    if (!isfinite(value)) return print_not_finite(value, text);
    print_shortest(value, shortest, sizeof shortest);
    return lay_out(value, shortest, text);
}

const char *kr__text_float(float value, char text[KR_NUMBER_TEXT]) {
    char shortest[KR_NUMBER_TEXT];
    if (!isfinite(value)) return print_not_finite((double)value, text);
    print_shortest_float(value, shortest, sizeof shortest);
    return lay_out((double)value, shortest, text);
}

/* ---- guesses ---------------------------------------------------------------------------- */

enum { LONGEST_WORD = 48 };

static int fold(char c) { return c == '-' ? '_' : tolower((unsigned char)c); }

static int least(int a, int b) { return a < b ? a : b; }

/* Insertions, deletions, replacements and swaps of neighbours that make b out of a. */
static int edit_distance(const char *a, int n_a, const char *b, int n_b) {
    int rows[3][LONGEST_WORD + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    for (int j = 0; j <= n_b; j++) last[j] = j;
    for (int i = 1; i <= n_a; i++) {
        row[0] = i;
        for (int j = 1; j <= n_b; j++) {
            int change = fold(a[i - 1]) != fold(b[j - 1]);
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + change);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1])) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        int *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[n_b];
}

static bool is_start(const char *word, size_t n_word, const char *candidate, size_t length) {
    if (n_word < 3 || n_word > length) return false;
    for (size_t i = 0; i < n_word; i++) {
        if (fold(word[i]) != fold(candidate[i])) return false;
    }
    return true;
}

void kr__guess_offer(kr_guess *guess, const char *candidate, size_t length) {
    size_t n_word = strlen(guess->word);
    if (n_word > LONGEST_WORD || length > LONGEST_WORD) return;
    int distance = edit_distance(guess->word, (int)n_word, candidate, (int)length);
    int most = n_word < 3 ? 1 : n_word < 6 ? 2 : 3;
    if (distance > most || distance >= (int)length) {
        if (!is_start(guess->word, n_word, candidate, length)) return;
        distance =
            most + (int)(length - n_word); /* ranks after all words that were only mistyped */
    }
    if (guess->best && distance >= guess->distance) return;
    guess->best = candidate;
    guess->n_best = length;
    guess->distance = distance;
}

void kr__guess_offer_choices(kr_guess *guess, const char *choices) {
    while (*choices) {
        size_t length = strcspn(choices, "|");
        kr__guess_offer(guess, choices, length);
        choices += length + (choices[length] == '|');
    }
}

bool kr__text_is_choice(const char *word, const char *choices) {
    size_t n = strlen(word);
    while (*choices) {
        size_t length = strcspn(choices, "|");
        if (length == n && memcmp(word, choices, n) == 0) return true;
        choices += length + (choices[length] == '|');
    }
    return false;
}

const char *kr__text_choices(const char *choices, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    while (*choices && used < size) {
        size_t length = strcspn(choices, "|");
        bool is_last = choices[length] == '\0';
        const char *before = used == 0 ? "" : is_last ? " or " : ", ";
        used += (size_t)snprintf(text + used, size - used, "%s%.*s", before, (int)length, choices);
        choices += length + !is_last;
    }
    return text;
}

kr_status kr__text_check_choice(const char *flag, const char *word, const char *choices,
                                kr_error *err) {
    char list[256];
    kr_guess guess = {.word = word};
    if (kr__text_is_choice(word, choices)) return KR_OK;
    kr__text_choices(choices, list, sizeof list);
    kr__guess_offer_choices(&guess, choices);
    if (!guess.best) {
        return kr_fail(err, KR_USAGE, "`%s`: unknown value \"%.80s\"; use %s", flag, word, list);
    }
    return kr_fail(err, KR_USAGE, "`%s`: unknown value \"%.80s\"; did you mean %.*s? It can be %s",
                   flag, word, (int)guess.n_best, guess.best, list);
}

/* ---- some of many ----------------------------------------------------------------------- */

void kr__few_add(kr_few *few, const char *name) {
    enum { NAMED = 5 };
    size_t n = strlen(few->names), size = sizeof few->names - n;
    if (few->n++ < NAMED) {
        snprintf(few->names + n, size, "%s%.40s", n > 0 ? ", " : "", name);
    } else if (few->n == NAMED + 1) {
        snprintf(few->names + n, size, ", ..");
    }
}
