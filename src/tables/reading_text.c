/* SPDX-License-Identifier: MIT
 * reading_text.c - how a table is read, as a text for the next file of the same source. */
#include "tables/reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "tables/number.h"

/* ---- a text for the next file ------------------------------------------------------------- */

/* key=value lines. In values \ becomes \\, a newline \n, a tab \t; tabs separate the words of a
 * category. */
static size_t escaped_size(const char *value) { return 2 * strlen(value) + 1; }

static char *escape(char *to, const char *value) {
    for (; *value; value++) {
        bool is_special = *value == '\\' || *value == '\n' || *value == '\t';
        if (is_special) *to++ = '\\';
        *to++ = *value == '\n' ? 'n' : *value == '\t' ? 't' : *value;
    }
    *to = '\0';
    return to;
}

static size_t measure_text(const kr__reading *r) {
    size_t n = 512;
    for (int64_t i = 0; i < r->n_columns; i++) {
        const kr__column *c = &r->columns[i];
        n += 96 + escaped_size(c->name);
        for (int64_t k = 0; k < c->n_categories; k++) n += 1 + escaped_size(c->categories[k]);
    }
    return n;
}

static char *put_column(char *to, const kr__column *c) {
    to = escape(to + sprintf(to, "%s=", kr__role_words[c->role]), c->name);
    for (int64_t k = 0; k < c->n_categories; k++) {
        *to++ = '\t';
        to = escape(to, c->categories[k]);
    }
    return to + sprintf(to, "\n");
}

/* Of the column before them; whatever the locale. */
static char *put_traits(char *to, const kr__column *c) {
    char number[KR_NUMBER_TEXT];
    if (c->has_stand_in) {
        to += sprintf(to, "stand_in=%s\n", kr__text_number(c->stand_in, number));
    }
    if (!c->unit[0]) return to;
    to = escape(to + sprintf(to, "unit="), c->unit);
    return to + sprintf(to, "\n");
}

char *kr__reading_text(const kr__reading *r, kr_arena *arena) {
    char other[4], zone[KR__ZONE_TEXT];
    char *text = kr__arena_alloc(arena, measure_text(r), 1), *to = text;
    if (!text) return NULL;
    to += sprintf(to, "delimiter=%s\n", kr__sign_name(r->delimiter, false, other));
    to += sprintf(to, "decimal=%s\n", kr__sign_name(r->numbers.decimal, false, other));
    to +=
        sprintf(to, "thousands=%s\n",
                r->numbers.thousands ? kr__sign_name(r->numbers.thousands, false, other) : "none");
    to += sprintf(to, "header=%s\n", r->has_header ? "yes" : "no");
    if (r->date_format.kind != KR__DATE_NONE) {
        to = escape(to + sprintf(to, "date_format="), kr__date_format_text(&r->date_format));
        to += sprintf(to, "\n");
    }
    if (r->has_zone) to += sprintf(to, "timezone=%s\n", kr__zone_text(r->offset, zone));
    for (int64_t i = 0; i < r->n_columns; i++) {
        const kr__column *c = &r->columns[i];
        if (c->role == KR__ROLE_NUMBER && !c->has_stand_in && !c->unit[0]) continue;
        to = put_traits(put_column(to, c), c);
    }
    return text;
}

/* ---- the way back ------------------------------------------------------------------------- */

typedef struct parser {
    kr__reading *out;
    kr_arena *arena;
    kr_error *err;
} parser;

static kr_status fail_parse(const parser *p) {
    return kr_fail(p->err, KR_FORMAT, "what it says of how tables are read is damaged");
}

static kr_status fail_memory(const parser *p) {
    return kr_fail(p->err, KR_MEMORY, "no memory for how tables are read");
}

/* In place. */
static void unescape(char *text) {
    char *to = text;
    for (; *text; text++) {
        if (*text == '\\' && text[1]) {
            text++;
            *to++ = *text == 'n' ? '\n' : *text == 't' ? '\t' : *text;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

static kr_status parse_column(const parser *p, kr__role role, char *value) {
    kr__column *c = &p->out->columns[p->out->n_columns++];
    *c = (kr__column){.name = value, .role = role};
    int64_t n = 0;
    for (const char *t = value; *t; t++) n += *t == '\t';
    c->categories = kr__arena_alloc(p->arena, (size_t)n + 1, sizeof *c->categories);
    if (!c->categories) return fail_memory(p);
    for (char *t; (t = strchr(value, '\t')) != NULL;) {
        *t = '\0';
        if (c->n_categories > 0) unescape(value);
        value = t + 1;
        c->categories[c->n_categories++] = value;
    }
    if (c->n_categories > 0) unescape(value);
    char *name = kr__arena_strdup(p->arena, c->name);
    if (!name) return fail_memory(p);
    unescape(name);
    c->name = name;
    return n == 0 || role == KR__ROLE_CATEGORY ? KR_OK : fail_parse(p);
}

/* Of the column before it. */
static kr_status parse_trait(const parser *p, const char *key, char *value) {
    if (p->out->n_columns == 0) return fail_parse(p);
    kr__column *c = &p->out->columns[p->out->n_columns - 1];
    if (strcmp(key, "unit") == 0) {
        unescape(value);
        if (strlen(value) >= sizeof c->unit) return fail_parse(p);
        strcpy(c->unit, value);
        return KR_OK;
    }
    c->has_stand_in = kr__number_parse(value, strlen(value), &c->stand_in) == KR__NUMBER;
    return c->has_stand_in ? KR_OK : fail_parse(p);
}

static kr_status parse_value(const parser *p, const char *key, char *value) {
    kr__reading *r = p->out;
    const kr__given given = {.delimiter = value};
    if (strcmp(key, "delimiter") == 0) return kr__given_delimiter(&given, &r->delimiter, p->err);
    if (strcmp(key, "decimal") == 0 || strcmp(key, "thousands") == 0) {
        bool is_decimal = key[0] == 'd', has_thousands;
        const kr__given numbers = {.decimal = is_decimal ? value : NULL,
                                   .thousands = is_decimal ? NULL : value};
        return kr__given_numbers(&numbers, &r->numbers, &has_thousands, p->err);
    }
    if (strcmp(key, "header") == 0) {
        r->has_header = strcmp(value, "yes") == 0;
        return r->has_header || strcmp(value, "no") == 0 ? KR_OK : fail_parse(p);
    }
    if (strcmp(key, "date_format") == 0) {
        unescape(value);
        return kr__date_format_parse(value, &r->date_format, p->err);
    }
    if (strcmp(key, "timezone") == 0) {
        r->has_zone = kr__zone_parse(value, &r->offset);
        return r->has_zone ? KR_OK : fail_parse(p);
    }
    if (strcmp(key, "stand_in") == 0 || strcmp(key, "unit") == 0) {
        return parse_trait(p, key, value);
    }
    for (int i = 0; i < KR__N_ROLES; i++) {
        if (strcmp(key, kr__role_words[i]) == 0) return parse_column(p, (kr__role)i, value);
    }
    return fail_parse(p);
}

kr_status kr__reading_parse(const char *text, kr_arena *arena, kr__reading *out, kr_error *err) {
    kr__reading reading;
    parser p = {&reading, arena, err};
    int64_t n_lines = 1;
    kr__reading_init(&reading);
    for (const char *c = text; *c; c++) n_lines += *c == '\n';
    char *copy = kr__arena_strdup(arena, text);
    reading.columns = kr__arena_alloc(arena, (size_t)n_lines, sizeof *reading.columns);
    if (!copy || !reading.columns) return fail_memory(&p);
    for (char *next; *copy; copy = next) {
        char *end = strchr(copy, '\n'), *value = strchr(copy, '=');
        if (!end || !value || value > end) return fail_parse(&p);
        *end = *value = '\0';
        next = end + 1;
        KR_TRY(parse_value(&p, copy, value + 1));
    }
    *out = reading;
    return KR_OK;
}
