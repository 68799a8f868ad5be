/* SPDX-License-Identifier: MIT
 * csv_blocks.c - does a column name the series of rows that have no dates? */
#include "tables/csv_blocks.h"

#include <string.h>
#include <strings.h>

#include "tables/name_list.h"
#include "tables/name_set.h"

/* ---- names ------------------------------------------------------------------------------ */

static bool ends_with_id(kr__csv_field name) {
    return name.size > 3 && strncasecmp(name.text + name.size - 3, "_id", 3) == 0;
}

/* Names that nothing but an id has, so that even numbers may be some. */
static bool is_id(const char *name) {
    return kr__csv_is_called(name, "id") || kr__csv_is_called(name, "uid") ||
           ends_with_id(kr__csv_trim_name(name));
}

static bool is_usual(const char *name) {
    static const char *const words[] = {"series", "name", "key",     "item",   "sku",    "store",
                                        "shop",   "site", "product", "sensor", "device", "station"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (kr__csv_is_called(name, words[i])) return true;
    }
    return is_id(name);
}

/* ---- runs ------------------------------------------------------------------------------- */

/* The runs of rows with the same word, up to the row that was seen last. */
typedef struct runs {
    kr__name_set words;
    kr_arena arena; /* holds them */
    kr__csv_field word;
    int64_t n_rows, n_last; /* of all runs, of the last one */
} runs;

/* A word that comes again begins no run of its own. */
static kr_status add_word(runs *r, kr__csv_field f, bool *are_blocks) {
    char *word = kr__arena_alloc(&r->arena, f.size + 1, 1);
    if (!word) return KR_MEMORY;
    memcpy(word, f.text, f.size);
    int64_t n_before = r->words.n, number = kr__name_set_add(&r->words, word);
    *are_blocks = number == n_before;
    r->word = f;
    r->n_last = 0;
    return number < 0 ? KR_MEMORY : KR_OK;
}

static kr_status add_row(runs *r, kr__csv_field f, bool *are_blocks) {
    enum { SOME = 100 };
    bool is_same =
        r->n_rows > 0 && f.size == r->word.size && memcmp(f.text, r->word.text, f.size) == 0;
    *are_blocks = f.size > 0 && (r->words.n < SOME || r->n_rows >= 2 * r->words.n);
    if (*are_blocks && !is_same) KR_TRY(add_word(r, f, are_blocks));
    r->n_rows++;
    r->n_last++;
    return KR_OK;
}

static bool take_cell(kr__csv_scan *s, int64_t field, kr__csv_field *cell) {
    bool is_last = false, is_there = false;
    kr__csv_field f;
    for (int64_t i = 0; !is_last; i++) {
        if (kr__csv_take_field(s, &f, &is_last) != KR_OK) return false;
        if (i != field) continue;
        *cell = kr__csv_trim(f);
        is_there = true;
    }
    return is_there;
}

/* How many blocks the column has; 0: it has none. A last row of a word of its own is one of
 * totals. */
static kr_status count_blocks(const kr__csv_plan *plan, int64_t field, runs *r, int64_t *n) {
    kr__csv_scan s = plan->scan;
    bool are_blocks = true;
    s.err = NULL;
    *n = 0;
    for (kr__csv_skip_blank_lines(&s); s.at < s.end; kr__csv_skip_blank_lines(&s)) {
        kr__csv_field cell;
        if (!take_cell(&s, field, &cell)) return KR_OK;
        KR_TRY(add_row(r, cell, &are_blocks));
        if (!are_blocks) return KR_OK;
    }
    bool has_totals = r->n_last == 1;
    int64_t n_runs = r->words.n - has_totals, n_rows = r->n_rows - has_totals;
    if (n_runs >= 2 && n_rows >= 2 * n_runs) *n = n_runs;
    return KR_OK;
}

/* ---- columns ---------------------------------------------------------------------------- */

static bool may_be_id(const kr__column *c, const char *const *needed, int64_t n_needed) {
    bool is_needed = kr__find_name((char *const *)(uintptr_t)needed, n_needed, c->name) >= 0;
    bool is_number = c->role == KR__ROLE_NUMBER && is_id(c->name);
    return !c->is_unwanted && !is_needed && (c->role == KR__ROLE_CATEGORY || is_number);
}

kr_status kr__csv_find_blocks(const kr__csv_plan *plan, const char *const *needed, int64_t n_needed,
                              kr__csv_blocks *out) {
    int64_t most = 0;
    *out = (kr__csv_blocks){.field = -1};
    for (int64_t i = 0; i < plan->n_fields; i++) {
        const kr__column *c = &plan->reading.columns[i];
        int64_t n = 0;
        runs r = {.n_rows = 0};
        if (!may_be_id(c, needed, n_needed)) continue;
        bool is_called_id = plan->reading.has_header && is_usual(c->name);
        kr_status status = count_blocks(plan, i, &r, &n);
        kr__name_set_deinit(&r.words);
        kr__arena_deinit(&r.arena);
        if (status != KR_OK) {
            return kr_fail(plan->scan.err, status, "%s: no memory for the names of its series",
                           plan->scan.name);
        }
        bool is_better = is_called_id ? n > most : n > 0 && out->field < 0;
        if (!is_better) continue;
        *out = (kr__csv_blocks){.field = i, .is_called_id = is_called_id};
        if (is_called_id) most = n;
    }
    return KR_OK;
}
