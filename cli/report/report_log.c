/* SPDX-License-Identifier: MIT
 * report_log.c - losses epoch by epoch: log.csv of `krait run`, training_log_next.csv of
 * `krait train`. */
#include <math.h>
#include <string.h>

#include "core/platform.h"
#include "report/report.h"
#include "tables/csv.h"

enum { MOST_BYTES = 64 << 20, MOST_VIEWS = 3, MOST_COLUMNS = 8, MOST_ROWS_SHOWN = 1000 };

/* A column of a log, and where it is shown. */
typedef struct log_column {
    const char *name, *shown;
    int view, color;
} log_column;

typedef struct log_kind {
    const char *title;                                  /* of a page that nothing else gives one */
    const char *views[MOST_VIEWS], *labels[MOST_VIEWS]; /* what a view shows; its axis */
    log_column columns[MOST_COLUMNS];
    int n_columns;
    bool has_stars;   /* a star, or nothing, in the last column: read as 1, or a gap */
    const char *kept; /* the epoch of this column's least number is kept */
} log_kind;

static const log_kind forecast_log = {
    .title = "Training of a forecaster",
    .views = {"loss", "learning rate", "time"},
    .labels = {"loss", "learning rate", "seconds an epoch"},
    .columns = {{"train_loss", "training", 0, 0},
                {"vali_loss", "validation", 0, 1},
                {"test_loss", "test", 0, 2},
                {"rate", "learning rate", 1, 3},
                {"seconds", "time", 2, 4}},
    .n_columns = 5,
    .kept = "vali_loss",
};

static const log_kind nextstep_log = {
    .title = "Training of a next-step model",
    .views = {"loss", "learning rate"},
    .labels = {"MSE", "learning rate"},
    .columns = {{"train_mse", "training, with dropout", 0, 0},
                {"train_eval_mse", "training, without dropout", 0, 2},
                {"val_mse", "validation", 0, 1},
                {"lr", "learning rate", 1, 3}},
    .n_columns = 4,
    .has_stars = true,
    .kept = "val_mse",
};

/* ---- columns ---------------------------------------------------------------------------- */

/* A copy of a column; NULL when there is none, or nothing is in it. */
static double *copy_column(report *r, const kr_table *table, const char *name) {
    int64_t c = kr__table_find(table, name);
    double *values = c < 0 ? NULL : report_alloc(r, table->n_rows, sizeof *values);
    bool is_empty = true;
    for (int64_t i = 0; values && i < table->n_rows; i++) {
        values[i] = table->values[i * table->n_columns + c];
        is_empty = is_empty && !isfinite(values[i]);
    }
    return is_empty ? NULL : values;
}

/* Would the low end of the curves be crushed on a linear axis? */
static bool wants_log(const report_view *view) {
    double least = INFINITY, greatest = 0;
    for (int64_t s = 0; s < view->n_series; s++) {
        for (int64_t i = 0; i < view->series[s].n; i++) {
            double v = view->series[s].y[i];
            if (!isfinite(v)) continue;
            least = fmin(least, v);
            greatest = fmax(greatest, v);
        }
    }
    return least > 0 && greatest > 10 * least;
}

/* Where the least of n numbers is; -1: nowhere. */
static int64_t find_least(const double *values, int64_t n) {
    int64_t best = -1;
    for (int64_t i = 0; values && i < n; i++) {
        if (isfinite(values[i]) && (best < 0 || values[i] < values[best])) best = i;
    }
    return best;
}

static void mark_kept(report *r, const kr_table *table, const log_kind *kind, const double *epoch,
                      report_chart *chart) {
    int64_t best = find_least(copy_column(r, table, kind->kept), table->n_rows);
    if (best < 0) return;
    chart->mark = epoch ? epoch[best] : (double)best + 1;
    if (!isfinite(chart->mark)) return;
    chart->mark_label = report_print(r, "best: epoch %.0f", chart->mark);
}

/* ---- the chart and the table ------------------------------------------------------------ */

/* Views of the columns that are there; those of no column are left out. */
static void add_log_chart(report *r, const kr_table *table, const log_kind *kind,
                          const double *epoch) {
    report_view *views = report_make_views(r, MOST_VIEWS, MOST_COLUMNS);
    const char **names = report_alloc(r, MOST_VIEWS, sizeof *names);
    if (!views || !names) return;
    report_chart chart = {.kind = REPORT_LINES,
                          .title = "Losses",
                          .x_label = "epoch",
                          .is_integer = true,
                          .views = views};
    for (int v = 0; v < MOST_VIEWS && kind->views[v]; v++) {
        report_view *view = &views[chart.n_views];
        view->n_series = 0;
        view->y_label = kind->labels[v];
        for (int i = 0; i < kind->n_columns; i++) {
            const log_column *c = &kind->columns[i];
            const double *y = c->view == v ? copy_column(r, table, c->name) : NULL;
            if (!y) continue;
            view->series[view->n_series++] = (report_series){.name = c->shown,
                                                             .n = table->n_rows,
                                                             .color = c->color,
                                                             .x = epoch,
                                                             .x_first = 1,
                                                             .y = y};
        }
        view->is_log = v == 0 && wants_log(view);
        if (view->n_series > 0) names[chart.n_views++] = kind->views[v];
    }
    chart.choice[0] = (report_choice){"show", chart.n_views, names};
    mark_kept(r, table, kind, epoch, &chart);
    if (chart.n_views > 0) report_add_chart(r, REPORT_TRAINING, &chart);
}

static void add_log_table(report *r, const kr_table *table) {
    int64_t rows = table->n_rows < MOST_ROWS_SHOWN ? table->n_rows : MOST_ROWS_SHOWN;
    int64_t first = table->n_rows - rows, columns = table->n_columns;
    const char **head = report_alloc(r, columns, sizeof *head);
    const char **cells = report_alloc(r, rows * columns, sizeof *cells);
    for (int64_t c = 0; head && cells && c < columns; c++) {
        head[c] = report_print(r, "%s", table->names[c]);
        for (int64_t i = 0; i < rows; i++) {
            cells[i * columns + c] = report_number(r, table->values[(first + i) * columns + c]);
        }
    }
    report_add_table(
        r, REPORT_TRAINING,
        &(report_table){.title = rows < table->n_rows
                                     ? report_print(r, "The last %d epochs", MOST_ROWS_SHOWN)
                                     : "All epochs",
                        .is_folded = true,
                        .n_columns = columns,
                        .n_rows = head && cells ? rows : 0,
                        .head = head,
                        .cells = cells});
}

/* For a training that nothing else tells about yet. */
static void add_log_figures(report *r, const kr_table *table, const log_kind *kind,
                            const double *epoch) {
    const double *loss = copy_column(r, table, kind->kept);
    int64_t best = find_least(loss, table->n_rows);
    if (!epoch || best < 0) return;
    report_add_figure(r, "best validation loss", report_number(r, loss[best]), "");
    report_add_figure(r, "best epoch", report_number(r, epoch[best]),
                      report_print(r, "of %.0f so far", epoch[table->n_rows - 1]));
}

/* ---- the two logs ----------------------------------------------------------------------- */

static kr_status read_table(const char *path, const log_kind *kind, kr_table **table,
                            kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    KR_TRY(kr__file_read(path, MOST_BYTES, &bytes, &n_bytes, err));
    for (size_t i = 0; i < n_bytes && kind->has_stars; i++) {
        if (bytes[i] == '*') bytes[i] = '1';
    }
    const kr_csv_options options = {.keeps_gaps = true, .is_plain = true};
    kr_status status = kr__csv_read_bytes(path, bytes, n_bytes, &options, table, err);
    kr_free(bytes);
    return status;
}

static kr_status read_log(report *r, const char *path, const log_kind *kind, kr_error *err) {
    kr_table *table = NULL;
    KR_TRY(read_table(path, kind, &table, err));
    kr_status status = KR_OK;
    if (kr__table_find(table, kind->kept) < 0) {
        status = kr_fail(err, KR_FORMAT, "%s: has no column \"%s\"; is it the log of a training?",
                         path, kind->kept);
    } else {
        const double *epoch = copy_column(r, table, "epoch");
        if (!r->title) r->title = kind->title;
        if (!r->figures) add_log_figures(r, table, kind, epoch);
        add_log_chart(r, table, kind, epoch);
        add_log_table(r, table);
    }
    kr__table_destroy(table);
    return status;
}

kr_status report_read_log(report *r, const char *path, kr_error *err) {
    return read_log(r, path, &forecast_log, err);
}

kr_status report_read_next_log(report *r, const char *path, kr_error *err) {
    return read_log(r, path, &nextstep_log, err);
}
