/* SPDX-License-Identifier: MIT
 * csv_plan.c - how each field of a CSV file is read.
 *
 * The dialect says where the fields are, a sample of them what they are (column_roles.h); only
 * words need all rows to be seen before there is a column for each. */
#include "tables/csv_plan.h"

#include <inttypes.h>
#include <kr/rows.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "tables/column_roles.h"
#include "tables/csv_blocks.h"
#include "tables/csv_names.h"

/* While the plan is made. */
typedef struct planning {
    kr__csv_plan *plan;
    const kr_csv_options *options;
    const char *text; /* its first line */
    bool lacks_name;  /* the header, that of the first column */
    kr__csv_sample sample;
    kr_arena *arena;
    kr_arena scratch;
} planning;

const char *kr__csv_describe_column(const kr__csv_plan *plan, int64_t field,
                                    char text[KR__CSV_COLUMN]) {
    kr__csv_field f = kr__csv_trim_name(plan->reading.columns[field].name);
    if (f.size == 0) {
        snprintf(text, KR__CSV_COLUMN, "column %" PRId64, field + 1);
    } else {
        snprintf(text, KR__CSV_COLUMN, "column \"%.*s\"", (int)(f.size < 48 ? f.size : 48), f.text);
    }
    return text;
}

static kr_status out_of_memory(const kr__csv_scan *scan) {
    return kr_fail(scan->err, KR_MEMORY, "%s: no memory for the table", scan->name);
}

kr_status kr__csv_name(const kr__csv_scan *scan, kr__csv_field f, kr_arena *arena, char **name) {
    if (f.size > KR_CSV_MAX_NAME) {
        return kr_fail(scan->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": has a name of %zu bytes where names have at most %d; is it a "
                       "table, with commas and lines?",
                       scan->name, scan->line, f.size, KR_CSV_MAX_NAME);
    }
    *name = kr__csv_copy_name(arena, f);
    return *name ? KR_OK : out_of_memory(scan);
}

/* ---- fields and names ------------------------------------------------------------------- */

/* Count the fields of the line; the scan stays at its start. */
static kr_status count_fields(planning *p) {
    kr__csv_scan s = p->plan->scan;
    bool is_last = false;
    kr__csv_field f;
    int64_t n = 0;
    for (; !is_last; n++) {
        if (n == KR_CSV_MAX_COLUMNS) {
            return kr_fail(s.err, KR_FORMAT, "%s:%" PRId64 ": has more than %d columns", s.name,
                           s.line, KR_CSV_MAX_COLUMNS);
        }
        KR_TRY(kr__csv_take_field(&s, &f, &is_last));
    }
    p->plan->n_fields = n;
    return KR_OK;
}

static kr_status make_lists(planning *p) {
    kr__csv_plan *plan = p->plan;
    size_t n = (size_t)plan->n_fields + 1;
    plan->reading.n_columns = plan->n_fields;
    plan->reading.columns = kr__arena_alloc(p->arena, n, sizeof *plan->reading.columns);
    plan->is_read = kr__arena_alloc(p->arena, n, sizeof *plan->is_read);
    plan->places = kr__arena_alloc(p->arena, n, sizeof *plan->places);
    plan->n_places = kr__arena_alloc(p->arena, n, sizeof *plan->n_places);
    plan->has_fixed_words = kr__arena_alloc(p->arena, n, sizeof *plan->has_fixed_words);
    plan->unread = kr__arena_alloc(p->arena, n, sizeof *plan->unread);
    bool has_room = plan->reading.columns && plan->is_read && plan->places && plan->n_places &&
                    plan->has_fixed_words && plan->unread;
    for (int64_t c = 0; has_room && c < plan->n_fields; c++) plan->reading.columns[c].name = "";
    return has_room ? KR_OK : out_of_memory(&plan->scan);
}

static kr_status keep_note(planning *p, int64_t line, const char *note) {
    char text[KR_CSV_NOTE + 24];
    if (!*note) return KR_OK;
    snprintf(text, sizeof text, "%" PRId64 ": %s", line, note);
    char *kept = kr__arena_strdup(p->arena, text);
    if (!kept) return out_of_memory(&p->plan->scan);
    p->plan->notes[p->plan->n_notes++] = kept;
    return KR_OK;
}

/* From the line of the header, which is left behind. */
static kr_status read_names(planning *p) {
    kr__csv_plan *plan = p->plan;
    char note[KR_CSV_NOTE];
    char **names = kr__arena_alloc(&p->scratch, (size_t)plan->n_fields, sizeof *names);
    if (!names) return out_of_memory(&plan->scan);
    int64_t line = plan->scan.line;
    plan->header = plan->scan.at;
    for (int64_t i = 0; i < plan->n_fields; i++) {
        kr__csv_field f = {"", 0, false};
        bool is_last, is_lacking = i == 0 && p->lacks_name;
        if (!is_lacking) KR_TRY(kr__csv_take_field(&plan->scan, &f, &is_last));
        KR_TRY(kr__csv_name(&plan->scan, f, p->arena, &names[i]));
    }
    if (p->lacks_name) {
        KR_TRY(keep_note(p, line,
                         "has a name less than the rows have cells, so that the first "
                         "column is taken for the names of rows"));
    }
    plan->header_size = (size_t)(plan->scan.at - plan->header);
    if (!kr__csv_name_apart(names, plan->n_fields, p->arena, note)) {
        return out_of_memory(&plan->scan);
    }
    for (int64_t i = 0; i < plan->n_fields; i++) plan->reading.columns[i].name = names[i];
    return keep_note(p, line, note);
}

/* Without a header: c1, c2, .. until it is known which are the dates. */
static kr_status make_first_names(planning *p) {
    for (int64_t i = 0; i < p->plan->n_fields; i++) {
        char *name = kr__arena_alloc(p->arena, 24, 1);
        if (!name) return out_of_memory(&p->plan->scan);
        snprintf(name, 24, "c%" PRId64, i + 1);
        p->plan->reading.columns[i].name = name;
    }
    return KR_OK;
}

/* Then date, time, and c1, c2, .. for all others. */
static kr_status make_names(planning *p) {
    kr__csv_plan *plan = p->plan;
    int64_t number = 0;
    for (int64_t i = 0; i < plan->n_fields; i++) {
        char *name = kr__arena_alloc(p->arena, 24, 1);
        if (!name) return out_of_memory(&plan->scan);
        if (i == plan->date_field || plan->reading.columns[i].part) {
            strcpy(name, i == plan->date_field ? "date" : "time");
        } else {
            snprintf(name, 24, "c%" PRId64, ++number);
        }
        plan->reading.columns[i].name = name;
    }
    return KR_OK;
}

/* ---- wanted columns --------------------------------------------------------------------- */

/* Is name one of options->columns? The search starts at *next, because columns mostly come in the
 * order in which they were asked for. */
static bool is_listed(const kr_csv_options *o, const char *name, int64_t *next) {
    for (int64_t i = 0; i < o->n_columns; i++) {
        int64_t k = (*next + i) % o->n_columns;
        if (!kr__csv_is_name(name, o->columns[k])) continue;
        *next = k + 1;
        return true;
    }
    return false;
}

/* Behind the first "name=" of a listed column, from *next on; NULL: no more of them. */
static const char *find_word(const kr_csv_options *o, const char *name, int64_t *next) {
    size_t n = strlen(name);
    for (; *next < o->n_columns; ++*next) {
        const char *listed = o->columns[*next];
        if (strncmp(listed, name, n) == 0 && listed[n] == '=') return o->columns[(*next)++] + n + 1;
    }
    return NULL;
}

static bool is_wished(const void *arg, const char *name) {
    const planning *p = arg;
    const kr_csv_options *o = p->options;
    int64_t next = 0;
    return o->columns && !o->leaves_out && is_listed(o, name, &next);
}

static void mark_unwanted(planning *p) {
    const kr_csv_options *o = p->options;
    int64_t next = 0;
    for (int64_t i = 0; o->columns && i < p->plan->n_fields; i++) {
        kr__column *c = &p->plan->reading.columns[i];
        int64_t first = 0;
        bool is_in_list = is_listed(o, c->name, &next);
        bool has_word = !o->leaves_out && find_word(o, c->name, &first) != NULL;
        c->is_unwanted = o->leaves_out ? is_in_list : !is_in_list && !has_word;
    }
}

/* ---- series ----------------------------------------------------------------------------- */

static kr_status refuse_id_column(const planning *p) {
    const kr__csv_plan *plan = p->plan;
    kr_guess guess = {.word = p->options->id_column};
    for (int64_t i = 0; i < plan->n_fields; i++) {
        const char *name = plan->reading.columns[i].name;
        kr__guess_offer(&guess, name, strlen(name));
    }
    return kr_fail(plan->scan.err, KR_USAGE,
                   "%s:%" PRId64
                   ": has no column \"%.60s\" to tell the series apart%s%.*s%s; name "
                   "the column of their names with `id_column`",
                   plan->scan.name, plan->scan.line, p->options->id_column,
                   guess.best ? " (did you mean " : "", (int)guess.n_best,
                   guess.best ? guess.best : "", guess.best ? "?)" : "");
}

/* An empty name: it is found. */
static bool has_id_name(const planning *p) {
    return p->options->id_column && *p->options->id_column;
}

static void find_id(planning *p) {
    kr__csv_plan *plan = p->plan;
    for (int64_t i = 0; has_id_name(p) && plan->id_field < 0 && i < plan->n_fields; i++) {
        kr__column *c = &plan->reading.columns[i];
        bool is_free = c->role == KR__ROLE_NUMBER;
        if (!is_free || !kr__csv_is_name(c->name, p->options->id_column)) continue;
        c->role = KR__ROLE_SERIES;
        plan->id_field = i;
    }
}

static void take_id(kr__csv_plan *plan, int64_t c) {
    plan->reading.columns[c].role = KR__ROLE_SERIES;
    plan->id_field = c;
}

/* Without dates: rows of series that follow one another. */
static kr_status ask_for_blocks(planning *p) {
    kr__csv_plan *plan = p->plan;
    kr__csv_blocks blocks;
    KR_TRY(kr__csv_find_blocks(plan, p->options->needed, p->options->n_needed, &blocks));
    if (blocks.field < 0) return KR_OK;
    if (blocks.is_called_id && p->options->id_column) {
        take_id(plan, blocks.field);
        plan->is_id_by_blocks = true;
        return KR_OK;
    }
    return kr_fail(
        plan->scan.err, KR_USAGE,
        "%s: has no dates, and each word of column \"%.60s\" stands in one run of rows, "
        "as names of series do; name it with `id_column` if they are series, or leave it "
        "out with `drop_columns`",
        plan->scan.name, plan->reading.columns[blocks.field].name);
}

/* Several rows for one date, one for each word of a column. */
static kr_status ask_for_series(planning *p, const kr__roles *roles) {
    kr__csv_plan *plan = p->plan;
    if (!p->options->asks_for_series || has_id_name(p) || plan->has_parts) return KR_OK;
    if (plan->date_field < 0) return p->options->has_blocks ? ask_for_blocks(p) : KR_OK;
    int64_t c = kr__roles_find_series(roles, plan->date_field);
    if (c < 0) return KR_OK;
    if (p->options->id_column) {
        take_id(plan, c);
        return KR_OK;
    }
    return kr_fail(
        plan->scan.err, KR_USAGE,
        "%s: has several rows for a date, and column \"%.60s\" seems to tell their series "
        "apart; name it with `id_column`, or leave it out with `drop_columns`",
        plan->scan.name, plan->reading.columns[c].name);
}

/* ---- words ------------------------------------------------------------------------------ */

/* The words of a column while they are collected. */
typedef struct words {
    kr__csv_field seen[KR__MOST_CATEGORIES + 1];
    int64_t n; /* more than MOST_CATEGORIES: too many to be categories */
} words;

/* A name of a column shows it as it is. */
static bool is_simple_word(kr__csv_field f) {
    if (f.size == 0 || f.size > KR__MOST_WORD || f.text[0] == '\'') return false;
    for (size_t i = 0; i < f.size; i++) {
        unsigned char c = (unsigned char)f.text[i];
        if (c < 0x20 || c == 0x7f || c == '"') return false;
    }
    return true;
}

static void collect(words *w, kr__csv_field f) {
    if (w->n > KR__MOST_CATEGORIES || kr__is_word_gap(f.text, f.size)) return;
    for (int64_t k = 0; k < w->n; k++) {
        if (w->seen[k].size == f.size && memcmp(w->seen[k].text, f.text, f.size) == 0) return;
    }
    w->seen[w->n++] = f;
    if (!is_simple_word(f)) w->n = KR__MOST_CATEGORIES + 1;
}

/* All rows; those that do not have n_fields fields are refused later. */
static void collect_words(const planning *p, words *all, int64_t *n_rows) {
    kr__csv_scan s = p->plan->scan;
    s.err = NULL;
    *n_rows = 0;
    for (kr__csv_skip_blank_lines(&s); s.at < s.end; kr__csv_skip_blank_lines(&s)) {
        bool is_last = false;
        for (int64_t i = 0; !is_last; i++) {
            kr__csv_field f;
            if (kr__csv_take_field(&s, &f, &is_last) != KR_OK) return;
            bool is_word = i < p->plan->n_fields &&
                           p->plan->reading.columns[i].role == KR__ROLE_CATEGORY &&
                           !p->plan->has_fixed_words[i];
            if (is_word) collect(&all[i], kr__csv_trim(f));
        }
        ++*n_rows;
    }
}

static kr_status keep_words(const planning *p, kr__column *c, const words *w) {
    c->n_categories = w->n;
    c->categories = kr__arena_alloc(p->arena, (size_t)w->n + 1, sizeof *c->categories);
    if (!c->categories) return out_of_memory(&p->plan->scan);
    for (int64_t k = 0; k < w->n; k++) {
        KR_TRY(kr__csv_name(&p->plan->scan, w->seen[k], p->arena, &c->categories[k]));
    }
    return KR_OK;
}

/* A few words in many rows are categories, one word is a constant, all else is text. */
static kr_status judge_words(const planning *p) {
    enum { ROWS_PER_WORD = 10 };
    const kr__csv_plan *plan = p->plan;
    const char *given = p->options->given.categories;
    bool is_off = given && strcmp(given, "off") == 0;
    int64_t n_rows = 0;
    words *all = kr__calloc((size_t)plan->n_fields, sizeof *all);
    if (!all) return out_of_memory(&plan->scan);
    collect_words(p, all, &n_rows);
    kr_status status = KR_OK;
    for (int64_t i = 0; i < plan->n_fields && status == KR_OK; i++) {
        kr__column *c = &plan->reading.columns[i];
        if (c->role != KR__ROLE_CATEGORY || plan->has_fixed_words[i] || c->is_unwanted) continue;
        bool are_few = all[i].n <= KR__MOST_CATEGORIES && all[i].n * ROWS_PER_WORD <= n_rows;
        if (all[i].n == 1 && n_rows > 1) {
            c->role = KR__ROLE_CONSTANT;
        } else if (!are_few || is_off) {
            c->role = KR__ROLE_TEXT;
        } else {
            status = keep_words(p, c, &all[i]);
        }
    }
    kr_free(all);
    return status;
}

/* The words that an earlier reading had, or that columns were asked for by. False: neither. */
static kr_status fix_words(planning *p, int64_t i) {
    kr__column *c = &p->plan->reading.columns[i];
    const kr__reading *before = p->plan->before;
    const kr__column *old = before ? kr__reading_find(before, c->name) : NULL;
    const kr_csv_options *o = p->options;
    int64_t next = 0, n = 0;
    const char *word;
    if (old && old->role == KR__ROLE_CATEGORY) {
        c->n_categories = old->n_categories;
        c->categories = old->categories;
        p->plan->has_fixed_words[i] = true;
        return KR_OK;
    }
    if (!o->columns || o->leaves_out) return KR_OK;
    while (find_word(o, c->name, &next)) n++;
    if (n == 0) return KR_OK;
    c->categories = kr__arena_alloc(p->arena, (size_t)n, sizeof *c->categories);
    if (!c->categories) return out_of_memory(&p->plan->scan);
    for (next = 0; (word = find_word(o, c->name, &next)) != NULL;) {
        char *copy = kr__arena_strdup(p->arena, word);
        if (!copy) return out_of_memory(&p->plan->scan);
        c->categories[c->n_categories++] = copy;
    }
    p->plan->has_fixed_words[i] = true;
    return KR_OK;
}

static kr_status settle_words(planning *p) {
    bool has_open = false;
    const char *given = p->options->given.categories;
    if (given && *given) {
        KR_TRY(
            kr__text_check_choice("categories", given, KR_CATEGORIES_CHOICES, p->plan->scan.err));
    }
    for (int64_t i = 0; i < p->plan->n_fields; i++) {
        kr__column *c = &p->plan->reading.columns[i];
        int64_t next = 0;
        bool has_words = p->options->columns && !p->options->leaves_out &&
                         find_word(p->options, c->name, &next) != NULL;
        if (has_words && c->role >= KR__ROLE_INDEX) c->role = KR__ROLE_CATEGORY;
        if (c->role != KR__ROLE_CATEGORY || c->is_unwanted) continue;
        KR_TRY(fix_words(p, i));
        has_open = has_open || !p->plan->has_fixed_words[i];
    }
    return has_open ? judge_words(p) : KR_OK;
}

/* ---- outputs ---------------------------------------------------------------------------- */

/* "weather=snow". */
static char *join_name(kr_arena *arena, const char *name, const char *word) {
    size_t size = strlen(name) + strlen(word) + 2;
    char *joined = kr__arena_alloc(arena, size, 1);
    if (joined) snprintf(joined, size, "%s=%s", name, word);
    return joined;
}

/* A column for each word, but for those that were to be left out. */
static kr_status add_words(planning *p, int64_t i) {
    kr__csv_plan *plan = p->plan;
    kr__column *c = &plan->reading.columns[i];
    plan->places[i] = kr__arena_alloc(p->arena, (size_t)c->n_categories + 1, sizeof(int64_t));
    if (!plan->places[i]) return out_of_memory(&plan->scan);
    for (int64_t k = 0; k < c->n_categories; k++) {
        int64_t next = 0;
        char *name = join_name(p->arena, c->name, c->categories[k]);
        if (!name) return out_of_memory(&plan->scan);
        bool is_out =
            p->options->columns && is_listed(p->options, name, &next) == p->options->leaves_out;
        plan->places[i][k] = is_out ? -1 : plan->n_places[i]++;
        if (!is_out) plan->outputs[plan->n_outputs++] = name;
    }
    return KR_OK;
}

static kr_status make_outputs(planning *p) {
    kr__csv_plan *plan = p->plan;
    size_t n = (size_t)plan->n_fields + 1;
    for (int64_t i = 0; i < plan->n_fields; i++) n += (size_t)plan->reading.columns[i].n_categories;
    plan->outputs = kr__arena_alloc(p->arena, n, sizeof *plan->outputs);
    if (!plan->outputs) return out_of_memory(&plan->scan);
    for (int64_t i = 0; i < plan->n_fields; i++) {
        kr__column *c = &plan->reading.columns[i];
        bool is_date = i == plan->date_field || c->part || i == plan->id_field;
        if (is_date) continue;
        if (c->is_unwanted || c->role >= KR__ROLE_INDEX) {
            plan->unread[plan->n_unread++] = (char *)(uintptr_t)c->name;
        } else if (c->role == KR__ROLE_CATEGORY) {
            KR_TRY(add_words(p, i));
        } else {
            plan->is_read[i] = true;
            plan->outputs[plan->n_outputs++] = (char *)(uintptr_t)c->name;
        }
    }
    return KR_OK;
}

/* weather=snow may be there already. */
static kr_status name_outputs_apart(planning *p, int64_t line) {
    kr__csv_plan *plan = p->plan;
    char note[KR_CSV_NOTE];
    if (!kr__csv_name_apart(plan->outputs, plan->n_outputs, p->arena, note)) {
        return out_of_memory(&plan->scan);
    }
    return keep_note(p, line, note);
}

static kr_status check_outputs(const planning *p, int64_t line) {
    const kr__csv_plan *plan = p->plan;
    const kr_csv_options *o = p->options;
    if (plan->n_outputs > 0 || (o->columns && !o->leaves_out)) return KR_OK;
    char left_out[300] = "";
    kr__reading only = {.columns = plan->reading.columns, .n_columns = plan->n_fields};
    only.delimiter = ',';
    only.has_header = true;
    kr__reading_line(&only, left_out, sizeof left_out);
    return kr_fail(plan->scan.err, KR_FORMAT, "%s:%" PRId64 ": has no column of numbers%s%s%s",
                   plan->scan.name, line, *left_out ? " (" : "", left_out, *left_out ? ")" : "");
}

/* ---- the plan --------------------------------------------------------------------------- */

/* Commas, header, a column called date or else the first with one in its first row: files that are
 * written by ourselves. */
static void plan_plainly(planning *p) {
    kr__csv_plan *plan = p->plan;
    for (int64_t i = 0; i < plan->n_fields && plan->date_field < 0; i++) {
        kr__column *c = &plan->reading.columns[i];
        if (!kr__csv_is_called(c->name, "date")) continue;
        c->role = KR__ROLE_DATE;
        plan->date_field = i;
        plan->reading.date_format.kind = KR__DATE_YMD;
    }
}

/* Numbers of another unit are other numbers. */
static kr_status check_units(const planning *p) {
    const kr__csv_plan *plan = p->plan;
    for (int64_t i = 0; plan->before && i < plan->n_fields; i++) {
        const kr__column *c = &plan->reading.columns[i];
        const kr__column *old = kr__reading_find(plan->before, c->name);
        bool has_two = old && old->unit[0] && c->unit[0] && !c->is_unwanted;
        if (!has_two || strcmp(old->unit, c->unit) == 0) continue;
        return kr_fail(plan->scan.err, KR_FORMAT,
                       "%s: column \"%.60s\" is in %s, and was in %s in the table before; bring it "
                       "to the same unit",
                       plan->scan.name, c->name, c->unit, old->unit);
    }
    return KR_OK;
}

static kr_status find_roles(planning *p) {
    kr__csv_plan *plan = p->plan;
    const kr__roles roles = {.name = plan->scan.name,
                             .text = p->text,
                             .given = &p->options->given,
                             .before = plan->before,
                             .sample = &p->sample,
                             .needed = p->options->needed,
                             .n_needed = p->options->n_needed,
                             .reading = &plan->reading,
                             .wants_dates = p->options->asks_for_series,
                             .is_in_time = p->options->is_in_time || p->options->asks_for_series,
                             .err = plan->scan.err};
    const char *date_column = p->options->date_column;
    if (plan->reading.has_header) {
        find_id(p);
    } else {
        KR_TRY(make_first_names(p));
        if (date_column && strcasecmp(date_column, "date") == 0) date_column = NULL;
    }
    if (plan->reading.has_header) mark_unwanted(p);
    KR_TRY(kr__roles_find_date(&roles, date_column, &plan->date_field));
    if (plan->reading.wide.n_dates > 0) return KR_OK;
    for (int64_t i = 0; i < plan->n_fields; i++) {
        plan->has_parts = plan->has_parts || plan->reading.columns[i].part;
    }
    if (!plan->reading.has_header) {
        KR_TRY(make_names(p));
        find_id(p);
    }
    mark_unwanted(p);
    KR_TRY(kr__roles_find_others(&roles, is_wished, p));
    KR_TRY(check_units(p));
    KR_TRY(ask_for_series(p, &roles));
    return settle_words(p);
}

static kr_status skip_units(planning *p) {
    kr__csv_skip_blank_lines(&p->plan->scan);
    return kr__csv_skip_row(&p->plan->scan);
}

static kr_status find_dialect(planning *p) {
    kr__csv_plan *plan = p->plan;
    kr__csv_field *header = NULL;
    const char *earlier = p->options->given.reading;
    if (earlier && *earlier) {
        kr__reading *old = kr__arena_alloc(p->arena, 1, sizeof *old);
        if (!old) return out_of_memory(&plan->scan);
        KR_TRY(kr__reading_parse(earlier, p->arena, old, plan->scan.err));
        plan->before = old;
    }
    KR_TRY(kr__dialect_find_lines(&plan->scan, &p->options->given, plan->before, &plan->reading));
    KR_TRY(count_fields(p));
    p->lacks_name = kr__csv_lacks_name(&plan->scan, plan->n_fields);
    plan->n_fields += p->lacks_name;
    KR_TRY(kr__csv_sample_take(&plan->scan, plan->n_fields, p->lacks_name,
                               p->options->given.missing, &p->scratch, &p->sample));
    return kr__dialect_find_header(&p->options->given, plan->before, &p->sample, &header,
                                   &plan->reading, plan->scan.err);
}

static kr_status make(planning *p) {
    kr__csv_plan *plan = p->plan;
    if (p->options->is_plain) {
        KR_TRY(count_fields(p));
    } else {
        KR_TRY(find_dialect(p));
    }
    KR_TRY(make_lists(p));
    int64_t line = plan->scan.line;
    if (plan->reading.has_header) {
        KR_TRY(read_names(p));
        plan->scan.line++;
    }
    if (plan->reading.has_units_row) KR_TRY(skip_units(p));
    if (p->options->is_plain) {
        find_id(p);
        plan_plainly(p);
        mark_unwanted(p);
    } else {
        KR_TRY(find_roles(p));
        if (plan->reading.wide.n_dates > 0) return KR_OK;
    }
    if (has_id_name(p) && plan->id_field < 0) {
        plan->scan.line = line;
        return refuse_id_column(p);
    }
    KR_TRY(make_outputs(p));
    KR_TRY(name_outputs_apart(p, line));
    KR_TRY(check_outputs(p, line));
    if (p->options->first_line > 0) plan->scan.line = p->options->first_line;
    return KR_OK;
}

kr_status kr__csv_plan_make(const kr__csv_scan *scan, const kr__table_text *text,
                            const kr_csv_options *options, kr_arena *arena, kr__csv_plan *plan) {
    *plan = (kr__csv_plan){.scan = *scan, .date_field = -1, .id_field = -1};
    kr__reading_init(&plan->reading);
    plan->reading.encoding = text->encoding;
    plan->reading.has_cr_lines = text->has_cr_lines;
    planning p = {.plan = plan, .options = options, .text = text->text, .arena = arena};
    kr_status status = make(&p);
    kr__arena_deinit(&p.scratch);
    return status;
}
