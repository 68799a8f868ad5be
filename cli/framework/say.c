/* SPDX-License-Identifier: MIT
 * say.c - words for people, with texts from outside made harmless. */
#include "framework/say.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plot/utf8.h"

/* ---- one character ---------------------------------------------------------------------- */

static bool is_between(uint32_t code, uint32_t first, uint32_t last) {
    return code >= first && code <= last;
}

/* C1 controls, and what changes how its neighbours look without being seen. U+200C and U+200D stay:
 * words and pictures are written with them. */
static bool is_hidden(uint32_t code) {
    return is_between(code, 0x80, 0x9f) || code == 0x61c || code == 0x200b ||
           is_between(code, 0x200e, 0x200f) || is_between(code, 0x2028, 0x202e) ||
           is_between(code, 0x2060, 0x206f) || code == 0xfeff || is_between(code, 0xfff9, 0xfffb) ||
           is_between(code, 0xe0000, 0xe007f);
}

static size_t show_byte(unsigned char byte, char to[PRINTABLE_MOST + 1]) {
    static const char letters[] = "tn..r"; /* from \t on */
    bool has_letter = byte == '\t' || byte == '\n' || byte == '\r';
    return has_letter ? (size_t)snprintf(to, PRINTABLE_MOST + 1, "\\%c", letters[byte - '\t'])
                      : (size_t)snprintf(to, PRINTABLE_MOST + 1, "\\x%02x", (unsigned)byte);
}

size_t printable_next(const char *text, char to[PRINTABLE_MOST + 1], size_t *n_read) {
    uint32_t code = 0;
    unsigned char first = (unsigned char)*text;
    to[0] = '\0';
    *n_read = first != 0;
    if (first == 0) return 0;
    if (first < ' ' || first == 0x7f) return show_byte(first, to);
    size_t n = kr__utf8_decode(text, &code);
    if (n == 0) return show_byte(first, to);
    *n_read = n;
    if (is_hidden(code)) {
        return (size_t)snprintf(to, PRINTABLE_MOST + 1, code > 0xffff ? "\\U%08x" : "\\u%04x",
                                (unsigned)code);
    }
    memcpy(to, text, n);
    to[n] = '\0';
    return n;
}

char *printable(const char *text, char *to, size_t size) {
    char shown[PRINTABLE_MOST + 1];
    size_t used = 0, n_read, n;
    while ((n = printable_next(text, shown, &n_read)) > 0 && used + n < size) {
        memcpy(to + used, shown, n);
        used += n;
        text += n_read;
    }
    to[used] = '\0';
    return to;
}

/* ---- what is said ----------------------------------------------------------------------- */

/* Sent in one piece, if it is not long: lines of several threads and programs do not mix. */
typedef struct speech {
    FILE *stream;
    size_t used;
    char text[2048];
} speech;

static void send_text(speech *s) {
    fwrite(s->text, 1, s->used, s->stream);
    s->used = 0;
}

static void add(speech *s, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (s->used == sizeof s->text) send_text(s);
        s->text[s->used++] = text[i];
    }
}

static void add_blanks(speech *s, int n) {
    for (; n > 0; n--) add(s, " ", 1);
}

/* ---- a format --------------------------------------------------------------------------- */

/* %-12.5jd: flags "-", width 12, precision 5, length 'j', letter 'd'. */
typedef struct conversion {
    char flags[8], length, letter; /* length: l, L for ll, j, z, t, 0 */
    int width, precision;          /* precision -1: none */
} conversion;

/* As much as a precision lets through, without half a character at its end. */
static size_t length_of(const char *text, int precision) {
    size_t n = 0;
    uint32_t code;
    while (text[n] != '\0' && (precision < 0 || n < (size_t)precision)) {
        size_t step = kr__utf8_decode(text + n, &code);
        if (step == 0) step = 1;
        if (precision >= 0 && n + step > (size_t)precision) break;
        n += step;
    }
    return n;
}

static void say_text(speech *s, const conversion *c, const char *text) {
    char shown[PRINTABLE_MOST + 1];
    const char *end = text + length_of(text, c->precision);
    int n = 0;
    size_t n_read;
    for (const char *at = text; at < end; at += n_read) {
        n += (int)printable_next(at, shown, &n_read);
    }
    bool is_left = strchr(c->flags, '-') != NULL;
    if (!is_left) add_blanks(s, c->width - n);
    for (const char *at = text; at < end; at += n_read) {
        size_t n_shown = printable_next(at, shown, &n_read);
        add(s, shown, n_shown);
    }
    if (is_left) add_blanks(s, c->width - n);
}

/* The conversion as snprintf knows it. */
static const char *rebuild(const conversion *c, char spec[64]) {
    char width[16] = "", precision[16] = "";
    if (c->width > 0) snprintf(width, sizeof width, "%d", c->width);
    if (c->precision >= 0) snprintf(precision, sizeof precision, ".%d", c->precision);
    const char *length = strchr("diuxXo", c->letter) ? "j" : "";
    snprintf(spec, 64, "%%%s%s%s%s%c", c->flags, width, precision, length, c->letter);
    return spec;
}

/* Digits, or the next argument in place of a *. */
static int read_number(const char **format, va_list *args) {
    int number = 0;
    if (**format == '*') {
        ++*format;
        return va_arg(*args, int);
    }
    for (; **format >= '0' && **format <= '9'; ++*format) number = 10 * number + (**format - '0');
    return number;
}

static char read_length(const char **format) {
    *format += strspn(*format, "h"); /* such numbers come as int */
    if (!**format || !strchr("ljzt", **format)) return '\0';
    char length = *(*format)++;
    if (length != 'l' || **format != 'l') return length;
    ++*format;
    return 'L';
}

/* Reads the conversion behind the % at format; returns what follows it. */
static const char *read_conversion(const char *format, va_list *args, conversion *c) {
    *c = (conversion){.precision = -1};
    size_t n = strspn(format, "-+ #0");
    assert(n < sizeof c->flags - 1);
    memcpy(c->flags, format, n);
    format += n;
    c->width = read_number(&format, args);
    if (c->width < 0) { /* as C has it: a flag - */
        c->width = -c->width;
        c->flags[n] = '-';
    }
    if (*format == '.') {
        format++;
        c->precision = read_number(&format, args);
    }
    c->length = read_length(&format);
    c->letter = *format;
    return format + 1;
}

static intmax_t take_signed(char length, va_list *args) {
    return length == 'l'                    ? va_arg(*args, long)
           : length == 'L'                  ? va_arg(*args, long long)
           : length == 'j'                  ? va_arg(*args, intmax_t)
           : length == 'z' || length == 't' ? va_arg(*args, ptrdiff_t)
                                            : va_arg(*args, int);
}

static uintmax_t take_unsigned(char length, va_list *args) {
    return length == 'l'                    ? va_arg(*args, unsigned long)
           : length == 'L'                  ? va_arg(*args, unsigned long long)
           : length == 'j'                  ? va_arg(*args, uintmax_t)
           : length == 'z' || length == 't' ? va_arg(*args, size_t)
                                            : va_arg(*args, unsigned);
}

/* Room for %.0f of the largest double. */
enum { NUMBER_SIZE = 512 };

static void say_number(speech *s, const conversion *c, va_list *args) {
    char spec[64], number[NUMBER_SIZE];
    int n = 0;
    rebuild(c, spec);
    if (strchr("di", c->letter)) {
        n = snprintf(number, NUMBER_SIZE, spec, take_signed(c->length, args));
    } else if (strchr("uxXo", c->letter)) {
        n = snprintf(number, NUMBER_SIZE, spec, take_unsigned(c->length, args));
    } else {
        assert(strchr("eEfFgG", c->letter));
        n = snprintf(number, NUMBER_SIZE, spec, va_arg(*args, double));
    }
    assert(n >= 0 && n < NUMBER_SIZE);
    add(s, number, (size_t)n);
}

static void say_conversion(speech *s, const conversion *c, va_list *args) {
    if (c->letter == 's') {
        say_text(s, c, va_arg(*args, const char *));
    } else if (c->letter == 'c') {
        say_text(s, c, (char[]){(char)va_arg(*args, int), '\0'});
    } else if (c->letter == '%') {
        add(s, "%", 1);
    } else {
        say_number(s, c, args);
    }
}

void say(FILE *stream, const char *format, ...) {
    speech s = {.stream = stream};
    conversion c;
    va_list args;
    va_start(args, format);
    while (*format) {
        size_t n = strcspn(format, "%");
        add(&s, format, n);
        format += n;
        if (*format == '%') {
            format = read_conversion(format + 1, &args, &c);
            say_conversion(&s, &c, &args);
        }
    }
    va_end(args);
    send_text(&s);
}
