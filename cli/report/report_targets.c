/* SPDX-License-Identifier: MIT
 * report_targets.c - the tables of `krait fit` about each column of each series: targets.csv,
 * held_out.csv and forecast.csv.
 *
 * They may have a row for every step of thousands of series, so they are read row by row, and only
 * what the page shows is kept. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/platform.h"
#include "core/text.h"
#include "framework/sentence.h"
#include "report/report.h"
#include "tables/csv_fields.h"

enum {
    MOST_BYTES = 256 << 20,
    MOST_FIELDS = 4096,
    SHOWN = 20,       /* best, and as many worst, in the tables */
    MOST_DRAWN = 24,  /* a third each: best, median, worst */
    MOST_STEPS = 4096 /* of a target that is drawn */
};

/* ---- a table, row by row ------------------------------------------------------------------ */

typedef struct row {
    char **fields; /* n */
    int64_t n;
} row;

/* Is shown the head and then each row. false: the table is not as expected. */
typedef bool (*see_row)(void *arg, const row *head, const row *r);

static kr_status take_row(kr__csv_scan *s, kr_arena *arena, row *out) {
    bool is_last = false;
    out->n = 0;
    while (!is_last) {
        kr__csv_field f;
        KR_TRY(kr__csv_take_field(s, &f, &is_last));
        if (out->n == MOST_FIELDS) {
            return kr_fail(s->err, KR_FORMAT, "%s: has more than %d columns", s->name, MOST_FIELDS);
        }
        out->fields[out->n] = kr__csv_copy_name(arena, kr__csv_trim(f));
        if (!out->fields[out->n++]) return kr_fail(s->err, KR_MEMORY, "%s: no memory", s->name);
    }
    s->line++;
    return KR_OK;
}

static kr_status each_row(kr__csv_scan *s, see_row see, void *arg, kr_error *err) {
    char *fields[2][MOST_FIELDS];
    row head = {.fields = fields[0]}, r = {.fields = fields[1]};
    kr_arena names = {NULL};
    kr_status status = take_row(s, &names, &head);
    while (status == KR_OK && s->at < s->end) {
        kr_arena arena = {NULL};
        status = take_row(s, &arena, &r);
        bool is_good = status != KR_OK || (r.n == head.n && see(arg, &head, &r));
        kr__arena_deinit(&arena);
        if (!is_good) {
            status = kr_fail(err, KR_FORMAT, "%s:%jd: is not as krait fit writes it", s->name,
                             (intmax_t)s->line - 1);
        }
    }
    kr__arena_deinit(&names);
    return status;
}

static kr_status read_table(const char *path, see_row see, void *arg, kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    kr__csv_scan scan;
    kr__table_text text = {.text = NULL};
    KR_TRY(kr__file_read(path, MOST_BYTES, &bytes, &n_bytes, err));
    kr_status status = kr__csv_start(path, bytes, n_bytes, MOST_BYTES, &scan, &text, err);
    if (status == KR_OK) status = each_row(&scan, see, arg, err);
    kr__table_text_close(&text);
    kr_free(bytes);
    return status;
}

/* ---- targets.csv -------------------------------------------------------------------------- */

typedef struct target {
    const char *series, *column;
    double mase, skill; /* NaN: not measured */
} target;

typedef struct targets {
    report *report;
    target *list; /* n of room */
    int64_t n, room;
} targets;

static double number_of(const char *text) {
    double value;
    return kr__text_real(text, &value) ? value : (double)NAN;
}

static bool see_target(void *arg, const row *head, const row *r) {
    targets *t = arg;
    bool fits = head->n == 4 && strcmp(head->fields[0], "series") == 0 &&
                strcmp(head->fields[2], "mase") == 0;
    if (!fits) return false;
    if (t->n == t->room) {
        int64_t room = t->room > 0 ? 2 * t->room : 64;
        target *more = report_alloc(t->report, room, sizeof *more);
        if (!more) return true;
        if (t->n > 0) memcpy(more, t->list, (size_t)t->n * sizeof *more);
        t->list = more;
        t->room = room;
    }
    t->list[t->n++] = (target){.series = report_print(t->report, "%s", r->fields[0]),
                               .column = report_print(t->report, "%s", r->fields[1]),
                               .mase = number_of(r->fields[2]),
                               .skill = number_of(r->fields[3])};
    return true;
}

/* The least error first, what was not measured last; equal ones as in the file. */
static int compare_targets(const void *a, const void *b) {
    const target *x = a, *y = b;
    double p = isnan(x->mase) ? (double)INFINITY : x->mase,
           q = isnan(y->mase) ? (double)INFINITY : y->mase;
    if (p != q) return p < q ? -1 : 1;
    int order = strcmp(x->series, y->series);
    return order != 0 ? order : strcmp(x->column, y->column);
}

static int64_t count_measured(const targets *t) {
    int64_t n = 0;
    while (n < t->n && isfinite(t->list[n].mase)) n++;
    return n;
}

static void add_target_table(report *r, const targets *t, const char *title, int64_t first,
                             int64_t n) {
    static const char *const head[] = {"series", "column", "MASE", "below the rule, %"};
    bool has_series = *t->list[0].series != '\0';
    int64_t left = has_series ? 0 : 1, width = 4 - left;
    const char **cells = report_alloc(r, n, (size_t)width * sizeof *cells);
    for (int64_t i = 0; i < n && cells; i++) {
        const target *of = &t->list[first + i];
        const char *const all[4] = {of->series, of->column, report_number(r, of->mase),
                                    report_number(r, round(1000 * of->skill) / 10)};
        memcpy(cells + i * width, all + left, (size_t)width * sizeof *cells);
    }
    report_add_table(r, REPORT_TARGETS,
                     &(report_table){.title = title,
                                     .n_columns = width,
                                     .n_rows = cells ? n : 0,
                                     .head = head + left,
                                     .cells = cells});
}

static void add_target_tables(report *r, const targets *t) {
    int64_t n = count_measured(t);
    if (!t->list || n == 0) return;
    report_add_text(r, REPORT_TARGETS,
                    "The chosen model's errors on the later windows, and how far they are below "
                    "those of the best rule of thumb; a number below 0 is above it.");
    if (n <= 2 * SHOWN) {
        add_target_table(r, t, "All of them", 0, n);
        return;
    }
    add_target_table(r, t, report_print(r, "The %d best of %jd", SHOWN, (intmax_t)n), 0, SHOWN);
    add_target_table(r, t, report_print(r, "The %d worst", SHOWN), n - SHOWN, SHOWN);
}

/* ---- held_out.csv, forecast.csv ----------------------------------------------------------- */

enum { TRUTH, THEN, THEN_LOW, THEN_HIGH, NEXT, NEXT_LOW, NEXT_HIGH, N_LINES };

typedef struct drawn {
    const char *series, *column;
    double *lines[N_LINES]; /* (MOST_STEPS) */
    int64_t n_held, n_next;
} drawn;

typedef struct drawing {
    report *report;
    drawn list[MOST_DRAWN];
    int64_t n;
    bool is_open;      /* the first targets that come are taken */
    const char *level; /* of the widest interval; NULL: none */

} drawing;

static drawn *add_drawn(drawing *d, const char *series, const char *column) {
    drawn *to = &d->list[d->n];
    *to = (drawn){.series = report_print(d->report, "%s", series),
                  .column = report_print(d->report, "%s", column)};
    for (int k = 0; k < N_LINES; k++) {
        to->lines[k] = report_alloc(d->report, MOST_STEPS, sizeof(double));
        if (!to->lines[k]) return NULL;
    }
    d->n++;
    return to;
}

/* All, or a third each of the best, median and worst. */
static void choose_drawn(drawing *d, const targets *t) {
    int64_t n = count_measured(t), third = MOST_DRAWN / 3;
    if (!t->list || n == 0) {
        d->is_open = true;
        return;
    }
    for (int64_t i = 0; i < n && i < MOST_DRAWN; i++) {
        int64_t at = i;
        if (n > MOST_DRAWN && i >= third) at = (n - third) / 2 + i - third;
        if (n > MOST_DRAWN && i >= 2 * third) at = n - MOST_DRAWN + i;
        if (!add_drawn(d, t->list[at].series, t->list[at].column)) return;
    }
}

static drawn *find_drawn(drawing *d, const char *series, const char *column) {
    for (int64_t i = 0; i < d->n; i++) {
        drawn *of = &d->list[i];
        if (strcmp(of->series, series) == 0 && strcmp(of->column, column) == 0) return of;
    }
    return NULL;
}

static bool see_held_out(void *arg, const row *head, const row *r) {
    drawing *d = arg;
    bool fits = head->n >= 6 && head->n % 2 == 0 && strcmp(head->fields[4], "truth") == 0 &&
                strcmp(head->fields[5], "forecast") == 0;
    if (!fits) return false;
    if (head->n > 6 && !d->level && strncmp(head->fields[head->n - 1], "upper_", 6) == 0) {
        d->level = report_print(d->report, "%s", head->fields[head->n - 1] + 6);
    }
    drawn *of = find_drawn(d, r->fields[0], r->fields[1]);
    if (!of && d->is_open && d->n < MOST_DRAWN) of = add_drawn(d, r->fields[0], r->fields[1]);
    if (!of || of->n_held == MOST_STEPS) return true;
    int64_t i = of->n_held++;
    of->lines[TRUTH][i] = number_of(r->fields[4]);
    of->lines[THEN][i] = number_of(r->fields[5]);
    of->lines[THEN_LOW][i] = head->n > 6 ? number_of(r->fields[head->n - 2]) : (double)NAN;
    of->lines[THEN_HIGH][i] = head->n > 6 ? number_of(r->fields[head->n - 1]) : (double)NAN;
    return true;
}

/* "COLUMN_lower_95" of a column, a word and a level? */
static bool is_bound(const char *name, const char *column, const char *word, const char *level) {
    size_t n = strlen(column), k = strlen(word);
    return level && strncmp(name, column, n) == 0 && strncmp(name + n, word, k) == 0 &&
           strcmp(name + n + k, level) == 0;
}

static void take_next(const drawing *d, const row *head, const row *r, int64_t first, drawn *of) {
    if (of->n_next == MOST_STEPS) return;
    int64_t at = of->n_next;
    bool is_there = false;
    of->lines[NEXT_LOW][at] = of->lines[NEXT_HIGH][at] = (double)NAN;
    for (int64_t c = first; c < head->n; c++) {
        double value = number_of(r->fields[c]);
        if (strcmp(head->fields[c], of->column) == 0) {
            of->lines[NEXT][at] = value;
            is_there = true;
        }
        if (is_bound(head->fields[c], of->column, "_lower_", d->level))
            of->lines[NEXT_LOW][at] = value;
        if (is_bound(head->fields[c], of->column, "_upper_", d->level))
            of->lines[NEXT_HIGH][at] = value;
    }
    of->n_next += is_there;
}

/* A panel's rows begin with their series. */
static bool see_forecast(void *arg, const row *head, const row *r) {
    drawing *d = arg;
    bool is_panel = d->n > 0 && *d->list[0].series;
    if (head->n < 2 + is_panel) return false;
    for (int64_t i = 0; i < d->n; i++) {
        drawn *of = &d->list[i];
        if (is_panel && strcmp(of->series, r->fields[0]) != 0) continue;
        take_next(d, head, r, 1 + is_panel, of);
    }
    return true;
}

/* ---- the chart ---------------------------------------------------------------------------- */

static void fill_view(const drawing *d, const drawn *of, report_view *view) {
    report *r = d->report;
    static const int64_t colors[N_LINES] = {6, 0, 5, 5, 1, 4, 4};
    const char *const names[N_LINES] = {"truth",
                                        "held-out forecast",
                                        report_print(r, "its %s %%, lower", d->level),
                                        report_print(r, "its %s %%, upper", d->level),
                                        "forecast",
                                        report_print(r, "its %s %%, lower ", d->level),
                                        report_print(r, "its %s %%, upper ", d->level)};
    view->n_series = 0;
    view->y_label = of->column;
    for (int k = 0; k < N_LINES; k++) {
        bool is_next = k >= NEXT, is_bound = k != TRUTH && k != THEN && k != NEXT;
        int64_t n = is_next ? of->n_next : of->n_held;
        if (n == 0 || (is_bound && !d->level)) continue;
        view->series[view->n_series++] =
            (report_series){.name = names[k],
                            .n = n,
                            .color = colors[k],
                            .x_first = is_next ? 1 : 1 - (double)of->n_held,
                            .y = of->lines[k]};
    }
}

static void add_chart(report *r, drawing *d, int64_t n_measured) {
    const char **names = report_alloc(r, d->n, sizeof *names);
    report_view *views = report_make_views(r, d->n, N_LINES);
    int64_t n = 0;
    for (int64_t i = 0; i < d->n && names && views; i++) {
        const drawn *of = &d->list[i];
        if (of->n_held + of->n_next == 0) continue;
        names[n] = *of->series ? report_print(r, "%s, %s", of->series, of->column) : of->column;
        fill_view(d, of, &views[n++]);
    }
    if (n == 0) return;
    report_add_chart(
        r, REPORT_FORECASTS,
        &(report_chart){
            .kind = REPORT_LINES,
            .title = "Forecast, and the one of the last held-out steps beside what came",
            .note = n_measured > MOST_DRAWN
                        ? report_print(r,
                                       "Of %jd those with the least, the middle and the largest "
                                       "errors, %d each.",
                                       (intmax_t)n_measured, MOST_DRAWN / 3)
                        : NULL,
            .x_label = "steps from the last known value",
            .is_integer = true,
            .choice = {{"show", n, names}},
            .n_views = n,
            .views = views,
            .mark = 0,
            .mark_label = "last known value"});
}

/* ---- all ---------------------------------------------------------------------------------- */

/* A file beside fit.json, if it is there; a warning where it is damaged. */
static void read_beside(report *r, const char *fit_path, const char *name, see_row see, void *arg) {
    char path[REPORT_PATH];
    kr_error err = {.text = ""};
    snprintf(path, sizeof path, "%.*s%s", (int)(strlen(fit_path) - strlen("fit.json")), fit_path,
             name);
    if (!kr__file_exists(path) || r->is_out_of_memory) return;
    kr_status status = read_table(path, see, arg, &err);
    if (status == KR_MEMORY) r->is_out_of_memory = true;
    if (status == KR_OK) {
        report_add_file(r, name);
    } else {
        report_add_warning(r, sentence_name_flags(err.text, sizeof err.text));
    }
}

void report_read_targets(report *r, const char *fit_path) {
    targets t = {.report = r};
    drawing *d = report_alloc(r, 1, sizeof *d);
    read_beside(r, fit_path, "targets.csv", see_target, &t);
    if (!d || r->is_out_of_memory) return;
    if (t.n > 0) qsort(t.list, (size_t)t.n, sizeof *t.list, compare_targets);
    d->report = r;
    choose_drawn(d, &t);
    read_beside(r, fit_path, "held_out.csv", see_held_out, d);
    read_beside(r, fit_path, "forecast.csv", see_forecast, d);
    if (r->is_out_of_memory) return;
    add_chart(r, d, count_measured(&t));
    add_target_tables(r, &t);
}
