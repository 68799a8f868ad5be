/* SPDX-License-Identifier: MIT
 * reading.c - how a table is read, as a line for a person and as a text for the next file. */
#include "tables/reading.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

void kr__reading_init(kr__reading *reading) {
    *reading = (kr__reading){
        .delimiter = ',', .has_header = true, .numbers = {'.', 0}, .encoding = KR__UTF8};
}

const kr__column *kr__reading_find(const kr__reading *reading, const char *name) {
    for (int64_t i = 0; i < reading->n_columns; i++) {
        if (strcmp(reading->columns[i].name, name) == 0) return &reading->columns[i];
    }
    return NULL;
}

/* ---- words ------------------------------------------------------------------------------ */

typedef struct sign_word {
    char sign;
    const char *word, *plural;
} sign_word;

static const sign_word signs[] = {
    {',', "comma", "commas"},           {';', "semicolon", "semicolons"}, {'\t', "tab", "tabs"},
    {'|', "pipe", "vertical bars"},     {' ', "blank", "blanks"},         {'.', "point", "points"},
    {'\'', "apostrophe", "apostrophes"}};
enum { N_SIGNS = sizeof signs / sizeof signs[0] };

const char *kr__sign_name(char sign, bool is_plural, char other[4]) {
    for (int i = 0; i < N_SIGNS; i++) {
        if (signs[i].sign == sign) return is_plural ? signs[i].plural : signs[i].word;
    }
    other[0] = '"';
    other[1] = sign;
    other[2] = '"';
    other[3] = '\0';
    return other;
}

char kr__sign_find(const char *word) {
    if (word[0] && !word[1]) return word[0];
    if (strcmp(word, "space") == 0) return ' ';
    for (int i = 0; i < N_SIGNS; i++) {
        if (strcmp(signs[i].word, word) == 0) return signs[i].sign;
    }
    return 0;
}

/* ---- a line for a person ------------------------------------------------------------------ */

typedef struct line {
    char *text;
    size_t size, n;
} line;

static void add(line *l, const char *format, ...) KR_PRINTF(2, 3);
static void add(line *l, const char *format, ...) {
    va_list args;
    if (l->n > 0 && l->n + 2 < l->size) {
        strcpy(l->text + l->n, ", ");
        l->n += 2;
    }
    va_start(args, format);
    int n = vsnprintf(l->text + l->n, l->size - l->n, format, args);
    va_end(args);
    l->n += n < 0 ? 0 : (size_t)n;
    if (l->n >= l->size) l->n = l->size - 1;
}

static void add_text_decisions(line *l, const kr__reading *r) {
    char other[4];
    if (r->encoding != KR__UTF8) add(l, "%s", kr__encoding_name(r->encoding));
    if (r->has_cr_lines) add(l, "lines that end in CR");
    if (r->delimiter != ',') add(l, "%s", kr__sign_name(r->delimiter, true, other));
    if (r->has_sep_line) add(l, "a sep= line");
    if (r->n_comments > 0) {
        add(l, "%" PRId64 " comment line%s at the start", r->n_comments, kr__plural(r->n_comments));
    }
    if (r->n_titles > 0) {
        add(l, "%" PRId64 " line%s above the header left out", r->n_titles,
            kr__plural(r->n_titles));
    }
    if (r->is_header_commented) add(l, "header behind #");
    if (!r->has_header) add(l, "no header (names c1, c2, ..)");
    if (r->has_units_row) add(l, "row of units left out");
    if (r->wide.n_dates == 0) return;
    add(l, r->wide.are_months ? "turned, for a row is a year of months"
                              : "turned, for its columns are dates and its rows series");
    if (r->wide.n_behind > 0) {
        add(l, "%" PRId64 " column%s behind the dates left out", r->wide.n_behind,
            kr__plural(r->wide.n_behind));
    }
    if (r->wide.n_empty_rows > 0) {
        add(l, "%" PRId64 " row%s without values left out", r->wide.n_empty_rows,
            kr__plural(r->wide.n_empty_rows));
    }
}

static void add_number_decisions(line *l, const kr__reading *r) {
    char other[4];
    if (r->numbers.decimal == ',') add(l, "decimal comma");
    if (r->numbers.thousands) {
        add(l, "thousands by %s", kr__sign_name(r->numbers.thousands, true, other));
    }
}

static bool has_day_parts(const kr__reading *r) {
    for (int64_t i = 0; i < r->n_columns; i++) {
        kr__date_part part = r->columns[i].part;
        if (part == KR__PART_MONTH || part == KR__PART_DAY) return true;
    }
    return false;
}

/* All columns that dates are put together from. */
static void add_date_columns(line *l, const kr__reading *r) {
    kr_few few = {.n = 0};
    for (int64_t i = 0; i < r->n_columns; i++) {
        kr__role role = r->columns[i].role;
        bool is_one = role == KR__ROLE_DATE || role == KR__ROLE_PART;
        if (is_one) kr__few_add(&few, r->columns[i].name);
    }
    add(l, "dates from %s", few.names);
}

static void add_date_decisions(line *l, const kr__reading *r) {
    const kr__date_format *f = &r->date_format;
    char zone[KR__ZONE_TEXT];
    if (has_day_parts(r)) {
        add_date_columns(l, r);
    } else if (f->kind == KR__DATE_PATTERN) {
        add(l, "dates as %s", f->pattern);
    } else if (f->kind > KR__DATE_YMD) {
        add(l, "%s%s", kr__date_format_describe(f),
            r->is_by_step ? " (only so are their steps even)" : "");
    }
    if (r->has_intervals) add(l, "intervals by their start");
    if (r->has_short_years) add(l, "years of two digits are 1969 to 2068");
    if (r->has_two_offsets) {
        add(l, "several offsets from UTC: all dates on the clock of %s",
            kr__zone_text(r->offset, zone));
    }
}

static void add_order(line *l, const kr__order *o) {
    if (o->n_last > 0) add(l, "last %" PRId64 " of %" PRId64 " rows", o->n_last, o->n_all);
    if (o->has_autumn)
        add(l, "an hour that comes twice in autumn: all dates on the last row's clock");
    if (o->is_turned) add(l, "newest row first (turned)");
    if (o->n_back > 0) {
        add(l, "%" PRId64 " row%s older than the one before (sorted)", o->n_back,
            kr__plural(o->n_back));
    }
    if (o->n_dropped > 0) {
        add(l, "%" PRId64 " repeated row%s dropped", o->n_dropped, kr__plural(o->n_dropped));
    }
    if (o->n_settled > 0) {
        add(l, "%" PRId64 " row%s of repeated dates settled", o->n_settled,
            kr__plural(o->n_settled));
    }
}

/* "left out: index "x", text "y"": all columns of a role. */
static void add_columns(line *l, const kr__reading *r, kr__role role, const char *what) {
    kr_few few = {.n = 0};
    for (int64_t i = 0; i < r->n_columns; i++) {
        const kr__column *c = &r->columns[i];
        if (c->role == role && !c->is_unwanted) kr__few_add(&few, *c->name ? c->name : "(no name)");
    }
    if (few.n > 0) add(l, "%s %s", what, few.names);
}

/* What columns share: "amounts in kWh", "gaps written as -999"; "" where a column has none. */
typedef const char *(*trait)(const kr__column *c, char text[40]);

static const char *describe_unit(const kr__column *c, char text[40]) {
    text[0] = '\0';
    if (c->unit[0]) snprintf(text, 40, "amounts in %s", c->unit);
    return text;
}

static const char *describe_stand_in(const kr__column *c, char text[40]) {
    text[0] = '\0';
    if (c->n_stand_ins > 0) snprintf(text, 40, "gaps written as %.10g", c->stand_in);
    return text;
}

/* Each trait with the names of all columns that have it, where the first of them stands. */
static void add_traits(line *l, const kr__reading *r, trait describe) {
    char text[40], other[40];
    for (int64_t c = 0; c < r->n_columns; c++) {
        kr_few few = {.n = 0};
        bool is_said = !*describe(&r->columns[c], text) || r->columns[c].is_unwanted;
        for (int64_t i = 0; i < r->n_columns && !is_said; i++) {
            bool has_it = strcmp(describe(&r->columns[i], other), text) == 0;
            if (!has_it || r->columns[i].is_unwanted) continue;
            is_said = i < c;
            kr__few_add(&few, r->columns[i].name);
        }
        if (!is_said) add(l, "%s: %s", text, few.names);
    }
}

static void add_role_decisions(line *l, const kr__reading *r) {
    static const struct {
        kr__role role;
        const char *what;
    } roles[] = {{KR__ROLE_SERIES, "a series for each"},
                 {KR__ROLE_PERCENT, "percent, not divided by 100:"},
                 {KR__ROLE_BOOLEAN, "yes and no as 1 and 0:"},
                 {KR__ROLE_CATEGORY, "a column for each word of"},
                 {KR__ROLE_INDEX, "left out as numbers of rows:"},
                 {KR__ROLE_OTHER_DATE, "left out as further dates:"},
                 {KR__ROLE_TEXT, "left out as text:"},
                 {KR__ROLE_CONSTANT, "left out, the same text in all rows:"},
                 {KR__ROLE_EMPTY, "left out as empty:"}};
    if (!has_day_parts(r)) add_columns(l, r, KR__ROLE_PART, "time of day from");
    add_traits(l, r, describe_unit);
    add_traits(l, r, describe_stand_in);
    for (int64_t i = 0; i < r->n_columns; i++) {
        if (!r->columns[i].is_accounting || r->columns[i].is_unwanted) continue;
        add(l, "negatives by parentheses or a minus behind");
        break;
    }
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        add_columns(l, r, roles[i].role, roles[i].what);
    }
}

const char *kr__reading_line(const kr__reading *reading, char *text, size_t size) {
    line l = {text, size, 0};
    text[0] = '\0';
    add_text_decisions(&l, reading);
    add_number_decisions(&l, reading);
    add_date_decisions(&l, reading);
    add_order(&l, &reading->order);
    add_role_decisions(&l, reading);
    if (reading->n_marks > 0) {
        add(&l, "%" PRId64 " mark%s behind numbers left out (%s)", reading->n_marks,
            kr__plural(reading->n_marks), reading->mark);
    }
    if (reading->n_headers > 0) {
        add(&l, "%" PRId64 " repeated header%s left out", reading->n_headers,
            kr__plural(reading->n_headers));
    }
    if (reading->n_totals > 0) {
        add(&l, "%" PRId64 " line%s at the end left out (%s)", reading->n_totals,
            kr__plural(reading->n_totals), reading->total);
    }
    return text;
}

/* ---- what is new ---------------------------------------------------------------------------- */

const char *const kr__role_words[KR__N_ROLES] = {"number",     "percent", "boolean",  "category",
                                                 "date",       "clock",   "series",   "index",
                                                 "other_date", "text",    "constant", "empty"};

static void add_new_signs(line *l, const kr__reading *old, const kr__reading *now) {
    char a[4], b[4];
    if (now->delimiter != old->delimiter) {
        add(l, "%s, not %s", kr__sign_name(now->delimiter, true, a),
            kr__sign_name(old->delimiter, true, b));
    }
    if (now->numbers.decimal != old->numbers.decimal) {
        add(l, "decimal %s, not %s", kr__sign_name(now->numbers.decimal, false, a),
            kr__sign_name(old->numbers.decimal, false, b));
    }
    char sign = now->numbers.thousands, before = old->numbers.thousands;
    if (sign && before && sign != before) {
        add(l, "thousands by %s, not %s", kr__sign_name(sign, true, a),
            kr__sign_name(before, true, b));
    }
    if (now->has_header != old->has_header) add(l, now->has_header ? "a header" : "no header");
}

static void add_new_dates(line *l, const kr__reading *old, const kr__reading *now) {
    char before[KR__DATE_PATTERN_SIZE + 16];
    bool have_dates = old->date_format.kind && now->date_format.kind;
    snprintf(before, sizeof before, "%s", kr__date_format_text(&old->date_format));
    const char *format = kr__date_format_text(&now->date_format);
    if (have_dates && strcmp(format, before) != 0) add(l, "dates as %s, not %s", format, before);
    if (have_dates && now->has_zone != old->has_zone) {
        add(l, "dates %s an offset from UTC", now->has_zone ? "with" : "without");
    }
}

/* Which way a column is left out does not matter. */
static void add_new_roles(line *l, const kr__reading *old, const kr__reading *now) {
    for (int64_t i = 0; i < old->n_columns; i++) {
        const kr__column *c = &old->columns[i], *other = kr__reading_find(now, c->name);
        bool is_read = other && !other->is_unwanted;
        if (!is_read) continue;
        if (c->unit[0] && !other->unit[0]) add(l, "%s without %s", c->name, c->unit);
        if (c->role == other->role) continue;
        if (c->role >= KR__ROLE_INDEX && other->role >= KR__ROLE_INDEX) continue;
        add(l, "%s is %s, not %s", c->name, kr__role_words[other->role], kr__role_words[c->role]);
    }
}

const char *kr__reading_changes(const kr__reading *old, const kr__reading *now, char *text,
                                size_t size) {
    line l = {text, size, 0};
    text[0] = '\0';
    add_new_signs(&l, old, now);
    add_new_dates(&l, old, now);
    add_new_roles(&l, old, now);
    return text;
}

/* ---- settings ---------------------------------------------------------------------------- */

kr_status kr__given_delimiter(const kr__given *given, char *delimiter, kr_error *err) {
    const char *word = given->delimiter;
    if (!word || !*word) return KR_OK;
    char sign = kr__sign_find(word);
    bool is_possible = sign && sign != '"' && sign != '\n' && sign != '\r' && sign != '.' &&
                       (unsigned char)sign < 0x80 && !(sign >= '0' && sign <= '9');
    if (!is_possible) {
        return kr_fail(err, KR_USAGE,
                       "`delimiter` %.20s: use comma, semicolon, tab, pipe, blank or the character "
                       "itself",
                       word);
    }
    *delimiter = sign;
    return KR_OK;
}

kr_status kr__given_numbers(const kr__given *given, kr__number_format *format, bool *has_thousands,
                            kr_error *err) {
    kr__number_format f = *format;
    *has_thousands = given->thousands && *given->thousands;
    if (given->decimal && *given->decimal) {
        f.decimal = kr__sign_find(given->decimal);
        if (f.decimal != '.' && f.decimal != ',') {
            return kr_fail(err, KR_USAGE, "`decimal` %.20s: use point or comma", given->decimal);
        }
    }
    if (*has_thousands) {
        bool is_none = strcmp(given->thousands, "none") == 0;
        f.thousands = is_none ? 0 : kr__sign_find(given->thousands);
        if (!is_none && (!f.thousands || !strchr(",.' ", f.thousands))) {
            return kr_fail(err, KR_USAGE,
                           "`thousands` %.20s: use none, comma, point, apostrophe or blank",
                           given->thousands);
        }
    }
    if (f.thousands && f.thousands == f.decimal) {
        return kr_fail(err, KR_USAGE,
                       "`decimal` and `thousands` are both %s; one sign cannot be both",
                       f.decimal == '.' ? "point" : "comma");
    }
    *format = f;
    return KR_OK;
}

bool kr__zone_parse(const char *text, int32_t *offset) {
    if (strcmp(text, "Z") == 0 || strcmp(text, "UTC") == 0) {
        *offset = 0;
        return true;
    }
    size_t n = strlen(text);
    bool has_colon = n == 6 && text[3] == ':';
    if ((n != 5 && !has_colon) || (text[0] != '+' && text[0] != '-')) return false;
    for (size_t i = 1; i < n; i++) {
        if (!(has_colon && i == 3) && (text[i] < '0' || text[i] > '9')) return false;
    }
    const char *m = text + (has_colon ? 4 : 3);
    int hours = (text[1] - '0') * 10 + text[2] - '0', minutes = (m[0] - '0') * 10 + m[1] - '0';
    if (hours > 23 || minutes > 59) return false;
    *offset = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return true;
}

const char *kr__zone_text(int32_t offset, char text[KR__ZONE_TEXT]) {
    unsigned minutes = (unsigned)(offset < 0 ? -offset : offset) % 1440;
    snprintf(text, KR__ZONE_TEXT, "%c%02u:%02u", offset < 0 ? '-' : '+', minutes / 60,
             minutes % 60);
    return text;
}
