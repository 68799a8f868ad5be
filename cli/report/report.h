/* SPDX-License-Identifier: MIT
 * report.h - what the parts of `krait report` share: a page as data.
 *
 *     readers (report_forecast.c, ..)  a file of the run -> blocks of a section
 *     report                           title, key figures, sections of blocks, warnings
 *     report_page.c                    the page of HTML; report.css and report.js are its own
 *
 * All texts and numbers lie in the report's arena. An adding call cannot fail by itself: that
 * memory ran out is kept and told at the end. */
#ifndef KRAIT_REPORT_H
#define KRAIT_REPORT_H

#include <stdio.h>

#include <kr/base.h>

#include "core/arena.h"
#include "core/flags.h"

enum { REPORT_PATH = 4096, REPORT_CHOICES = 2, REPORT_PICTURE_BYTES = 8 << 20 };

/* ---- charts ----------------------------------------------------------------------------- */

typedef enum report_chart_kind { REPORT_LINES, REPORT_BARS, REPORT_POINTS } report_chart_kind;

/* n numbers with a name. Not finite: a gap. */
typedef struct report_series {
    const char *name;
    int64_t n, color; /* color: place in the palette; series of one view may share it */
    const double *x;  /* NULL: x_first, x_first + 1, .. */
    double x_first;
    const double *y;
    const double *id; /* of points: a number to tell them by */
} report_series;

/* What is drawn for one choice of the reader. */
typedef struct report_view {
    const char *y_label;
    bool is_log;
    int64_t n_series;
    report_series *series;
} report_view;

typedef struct report_choice {
    const char *label; /* "channel" */
    int64_t n;         /* 0: no such choice */
    const char *const *names;
} report_choice;

typedef struct report_chart {
    report_chart_kind kind;
    const char *title, *note;      /* note NULL: none */
    const char *x_label;           /* NULL: none */
    const char *id_label;          /* of points: what that number is, "step" */
    bool is_integer;               /* x is counted */
    const char *const *categories; /* of bars: names of x = 0, 1, .. */
    report_choice choice[REPORT_CHOICES];
    int64_t n_views; /* product of the choices; the last one varies fastest */
    report_view *views;
    double mark;            /* a line across at this x .. */
    const char *mark_label; /* .. NULL: none */
} report_chart;

/* ---- blocks of a section ---------------------------------------------------------------- */

typedef struct report_table {
    const char *title; /* NULL: none */
    bool is_folded;    /* shown on demand */
    bool is_pairs;     /* names and values, without a head */
    int64_t n_columns, n_rows;
    const char *const *head;  /* n_columns; NULL with is_pairs */
    const char *const *cells; /* (n_rows, n_columns) */
    const bool *is_strong;    /* rows to be set off; NULL: none */
} report_table;

/* A picture file, taken into the page as it is. */
typedef struct report_picture {
    const char *name, *path, *type; /* type: "image/png" */
    int64_t width, height;          /* 0: not known */
} report_picture;

typedef struct report_block {
    struct report_block *next;
    const char *text; /* a paragraph; one of the four is not NULL */
    const report_chart *chart;
    const report_table *table;
    const report_picture *picture;
} report_block;

/* ---- the report ------------------------------------------------------------------------- */

/* In the order of the page. */
#define REPORT_SECTION_MAP(X)                                                                      \
    X(VERDICT, "verdict", "Verdict")                                                               \
    X(DATA, "data", "Data and choices")                                                            \
    X(TRAINING, "training", "Training")                                                            \
    X(COMPARISON, "comparison", "Comparison")                                                      \
    X(FORECASTS, "forecasts", "Forecasts")                                                         \
    X(INTERVALS, "intervals", "Intervals")                                                         \
    X(ERRORS, "errors", "Errors")                                                                  \
    X(TARGETS, "targets", "Columns and series")                                                    \
    X(LAYERS, "layers", "Inside the model")                                                        \
    X(FIGURES, "figures", "Figures")                                                               \
    X(SETTINGS, "settings", "Settings")

typedef enum report_section {
#define REPORT_SECTION_ENUM(name, id, title) REPORT_##name,
    REPORT_SECTION_MAP(REPORT_SECTION_ENUM)
#undef REPORT_SECTION_ENUM
        REPORT_SECTIONS
} report_section;

/* A key figure: large, with its name and unit. */
typedef struct report_figure {
    struct report_figure *next;
    const char *name, *value, *unit; /* unit "": none */
} report_figure;

typedef struct report_line {
    struct report_line *next;
    const char *text;
} report_line;

typedef struct report {
    const char *folder;
    const char *title, *subtitle, *command; /* NULL: not known */
    report_figure *figures, **figures_end;
    report_block *blocks[REPORT_SECTIONS], **blocks_end[REPORT_SECTIONS];
    report_line *files, **files_end; /* what was read */
    /* What metrics.json tells the readers after it. */
    const char *const *channels, *units;
    int64_t n_channels, seq_len;
    report_line *warnings, **warnings_end;
    int64_t n_charts, n_pictures, n_tables, n_files, n_warnings;
    bool is_out_of_memory;
    kr_arena arena;
} report;

/* ---- report.c: making one --------------------------------------------------------------- */

void report_init(report *r, const char *folder);
void report_deinit(report *r);

/* Zeroed memory of the report; NULL when there is none left. */
void *report_alloc(report *r, int64_t n, size_t size);
/* printf into the report's memory; "" when there is none left. */
const char *report_print(report *r, const char *format, ...) KR_PRINTF(2, 3);
/* A number as a person reads it: four digits, whole ones in full; "-" when not finite. */
const char *report_number(report *r, double value);
/* The same, whole ones from 10,000 on with commas. */
const char *report_count(report *r, double value);
/* "12.3 s", "1:02:03" */
const char *report_duration(report *r, double seconds);

void report_add_figure(report *r, const char *name, const char *value, const char *unit);
void report_add_chart(report *r, report_section section, const report_chart *chart);
void report_add_table(report *r, report_section section, const report_table *table);
void report_add_picture(report *r, report_section section, const report_picture *picture);
void report_add_text(report *r, report_section section, const char *text);
void report_add_warning(report *r, const char *text);
void report_add_file(report *r, const char *name);

/* n views of n_series each, all to be filled. NULL when out of memory. */
report_view *report_make_views(report *r, int64_t n, int64_t n_series);

/* ---- report_read.c: files of a run ------------------------------------------------------ */

/* A kind of file: what it is called in the run's folder, and how it is read. */
typedef struct report_source {
    const char *name;
    bool is_run; /* its folder is a run */
    kr_status (*read)(report *r, const char *path, kr_error *err);
} report_source;

extern const report_source report_sources[];
extern const int report_n_sources;

/* All files that are present; a file that cannot be used becomes a warning. KR_USAGE when the
 * folder holds no run; KR_FORMAT when nothing in it can be used. */
kr_status report_read(report *r, kr_error *err);

/* ---- readers, a file of C for what belongs together --------------------------------------- */

kr_status report_read_fit(report *r, const char *path, kr_error *err); /* fit.json */
/* Beside it, its targets.csv, held_out.csv and forecast.csv, as far as they are there. */
void report_read_targets(report *r, const char *fit_path);
kr_status report_read_forecast(report *r, const char *path, kr_error *err); /* metrics.json */
kr_status report_read_summary(report *r, const char *path, kr_error *err);  /* summary.json */
kr_status report_read_log(report *r, const char *path, kr_error *err);      /* log.csv */
kr_status report_read_windows(report *r, const char *path, kr_error *err);  /* pred.npy, true.npy */
kr_status report_read_training(report *r, const char *path, kr_error *err); /* train_metrics.json */
kr_status report_read_next_log(report *r, const char *path, kr_error *err); /* its log */
kr_status report_read_series(report *r, const char *path, kr_error *err);   /* config.json */
kr_status report_read_layers(report *r, const char *path, kr_error *err);   /* evaluation.json */
/* All pictures of the folder and its figures/. */
void report_read_pictures(report *r);

/* ---- report_json.c: what readers of JSON need --------------------------------------------- */

struct cJSON;
kr_status report_parse_json(const char *path, struct cJSON **out, kr_error *err);
/* A member's text and number; "" and NaN when it is not there or is something else. */
const char *report_json_text(const struct cJSON *object, const char *name);
double report_json_real(const struct cJSON *object, const char *name);
/* The numbers of a list, *n their count; NULL and 0 when it is no list. */
double *report_json_reals(report *r, const struct cJSON *list, int64_t *n);
/* Any value, short. */
const char *report_json_show(report *r, const struct cJSON *item);
/* A table of pairs of all plain members of object but those in "|a|b|"; skip NULL: all. */
void report_json_pairs(report *r, report_section section, const char *title,
                       const struct cJSON *object, const char *skip);
/* The settings; those that are not the default of flags are set off. */
void report_json_settings(report *r, const struct cJSON *config, const kr_flag_table *flags);

/* ---- report_chart.c, report_page.c: out ---------------------------------------------------- */

/* The chart as an element of SVG, its first view; NULL for points, which the script draws. To be
 * freed with kr_free. */
kr_status report_chart_svg(const report_chart *chart, const char *prefix, char **svg,
                           kr_error *err);
/* The chart for the script: JSON that may stand inside an element of HTML. */
void report_chart_json(const report_chart *chart, FILE *stream);

kr_status report_write_page(const report *r, FILE *stream, kr_error *err);

/* ---- report_assets: made at build time of report.css and report.js ------------------------ */

extern const char report_css[], report_js[];
extern const char report_js_digest[]; /* SHA-256, base64: only this script may run */

#endif
