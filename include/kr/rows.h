/* SPDX-License-Identifier: MIT
 * rows.h - rows of numbers with or without dates, of one series or of several: the data that models
 * are trained on and forecast from. They come from a file or from memory.
 *
 *     kr_rows *rows = NULL;
 *     KR_TRY(kr_rows_read("sales.csv", NULL, &rows, err));
 *     int64_t price = kr_rows_find(rows, "price");
 *     double last = kr_rows_values(rows)[(kr_rows_count(rows) - 1) * kr_rows_column_count(rows)
 *                                        + price];
 *
 * Rows never change once they are made: any number of trainings and forecasts, in any number of
 * threads, may share them. */
#ifndef KR_ROWS_H
#define KR_ROWS_H

#include <kr/team.h>

KR_BEGIN_DECLS

typedef struct kr_rows kr_rows;

/* ---- from a file ------------------------------------------------------------------------ */

/* size is sizeof(kr_rows_options); all else 0: the defaults. */
typedef struct kr_rows_options {
    size_t size;
    const char *reader;      /* one of kr_rows_readers(); NULL: the one that knows the path */
    const char *date_column; /* NULL: the one called date, else the first that holds dates */
    const char *id_column;   /* csv: the column that names each row's series; NULL: one series */
    const char *sheet;       /* csv: of a workbook, its name or number; NULL: the first one */
    const char *pattern;     /* m4: which of its files to read: Yearly, .. */
    bool keeps_gaps;         /* as NaN; otherwise a file with gaps is refused */
    /* Names of the columns to read, without regard to blanks around them; other columns are
     * skipped, whatever they hold. NULL: all. leaves_out: these are the columns to skip instead. */
    const char *const *columns;
    int64_t n_columns;
    bool leaves_out;
    kr_team *team; /* its log says what was assumed about the file; NULL: no log */
} kr_rows_options;

/*
 * kr_rows_read() - all rows of a file or a folder.
 *
 *   csv     a table of one series or several: CSV, plain or gzip; a sheet of an .xlsx workbook;
 *           .json, .jsonl, .ndjson, an object a row. Reads every path that no other reader knows. Of two columns with one name, v, the second is called v.1
 *   folder  a folder of CSV files: each is a series with the name of its file; all have the same
 *           columns
 *   m4      a folder of the M4 competition, with a pattern: one series per line, no dates
 *   pems    traffic counts: member data (steps, sensors, features) of an .npz file, of which the
 *           first feature is read; columns "0", "1", .., no dates
 *
 * Errors name file, line and column, and say how to mend it. KR_IO, KR_FORMAT: the file cannot be
 * read, or its content is wrong. KR_USAGE: a reader, column or pattern that does not exist, or an
 * option that the reader does not use. On failure *out is untouched. options may be NULL.
 */
KR_API kr_status kr_rows_read(const char *path, const kr_rows_options *options, kr_rows **out,
                              kr_error *err);
/* The names of the readers, "csv|folder|..". */
KR_API const char *kr_rows_readers(void);

/* ---- from memory ------------------------------------------------------------------------ */

/* size is sizeof(kr_rows_memory). n_rows, n_columns and values are needed; all else may be 0. */
typedef struct kr_rows_memory {
    size_t size;
    const char *name; /* what sentences call the rows; NULL: "the rows" */
    int64_t n_rows, n_columns;
    const double *values;       /* (n_rows, n_columns), finite, or NaN where one is missing */
    const char *const *columns; /* n_columns names; NULL: "0", "1", .. */
    const int64_t *dates;       /* (n_rows) seconds since 1970, clock time; NULL: no dates */
    /* Several series, one after the other; 0 and NULL: a single one. */
    int64_t n_series;
    const char *const *series;  /* n_series names */
    const int64_t *series_rows; /* n_series: rows of each, 1 or more */
    /* True: values and dates are not copied; the caller keeps them, unchanged, as long as the rows
     * live. False: they are copied. Names are always copied. */
    bool is_borrowed;
} kr_rows_memory;

/* All of it is checked first. KR_SHAPE: no rows, no columns, more than memory can hold, or series
 * whose rows do not add up to n_rows. KR_USAGE: a name is NULL. KR_FORMAT: a value is infinite, a
 * name occurs twice, or the dates of a series do not rise or lie outside the years 1 .. 9999. On
 * failure *out is untouched. */
KR_API kr_status kr_rows_from_memory(const kr_rows_memory *memory, kr_rows **out, kr_error *err);

/* NULL is fine. */
KR_API void kr_rows_destroy(kr_rows *rows);

/* ---- contents --------------------------------------------------------------------------- */

/* The file, or the name given to kr_rows_from_memory(). */
KR_API const char *kr_rows_name(const kr_rows *rows);
/* Rows of all series together. */
KR_API int64_t kr_rows_count(const kr_rows *rows);
KR_API int64_t kr_rows_column_count(const kr_rows *rows);
KR_API const char *kr_rows_column(const kr_rows *rows, int64_t column);
/* The column of this name, without regard to blanks around either; -1: none. */
KR_API int64_t kr_rows_find(const kr_rows *rows, const char *name);
/* (rows, columns), NaN where one is missing. */
KR_API const double *kr_rows_values(const kr_rows *rows);
KR_API bool kr_rows_is_missing(const kr_rows *rows, int64_t row, int64_t column);
/* (rows) seconds since 1970, clock time as written; NULL: no dates. */
KR_API const int64_t *kr_rows_dates(const kr_rows *rows);
/* The name of the date column; NULL: no dates. */
KR_API const char *kr_rows_date_name(const kr_rows *rows);

/* 1 or more. */
KR_API int64_t kr_rows_series_count(const kr_rows *rows);
/* NULL: a single series, which has no name. */
KR_API const char *kr_rows_series(const kr_rows *rows, int64_t series);
/* The first row of a series; series kr_rows_series_count() is allowed and gives kr_rows_count(). */
KR_API int64_t kr_rows_series_start(const kr_rows *rows, int64_t series);

/* Columns of the file that were skipped. */
KR_API int64_t kr_rows_unread_count(const kr_rows *rows);
KR_API const char *kr_rows_unread(const kr_rows *rows, int64_t i);

/* ---- dates ----------------------------------------------------------------------------------- */

/* The step from one date to the next. Either seconds or months is above 0. */
typedef struct kr_frequency {
    int64_t seconds;   /* of a step; 604800 is a week */
    int64_t months;    /* of a step: 1 month, 3 a quarter, 12 a year */
    bool is_business;  /* a step is a day; Saturdays and Sundays are left out */
    bool is_month_end; /* months are counted from last day to last day */
} kr_frequency;

/* The step of rising dates: the distance between most neighbours (in months where no number of
 * seconds fits). n >= 2. KR_FORMAT when dates go back or repeat, or when most of them do not follow
 * a regular step; the sentence names the first such row (from 1) and its date. name is what
 * sentences call the data. */
KR_API kr_status kr_frequency_infer(const char *name, int64_t n, const int64_t *timestamps,
                                    kr_frequency *out, kr_error *err);

/* A name that pandas uses, optionally with a whole number in front: s, t or min, h, d, b, w, m, q,
 * y. */
KR_API kr_status kr_frequency_parse(const char *text, kr_frequency *out, kr_error *err);
/* "1h", "15min", "1d", "1b", "1w", "1m", "1me": kr_frequency_parse() reads it back. Except for
 * years it is also a value of the setting freq. Returns text. */
enum { KR_FREQUENCY_TEXT = 32 };
KR_API const char *kr_frequency_text(const kr_frequency *f, char text[KR_FREQUENCY_TEXT]);
KR_API bool kr_frequency_is_same(const kr_frequency *a, const kr_frequency *b);

/* The date n_steps after timestamp; n_steps may be below 0. A day that the month does not have
 * becomes its last day. */
KR_API int64_t kr_frequency_add(const kr_frequency *f, int64_t timestamp, int64_t n_steps);
/* Steps from one date to a later one; -1 when no whole number of steps leads from `from` to
 * `to`. */
KR_API int64_t kr_frequency_count(const kr_frequency *f, int64_t from, int64_t to);

/* The usual season, in steps: a day for hours or minutes, an hour for seconds, a week for days (5
 * for business days), a year for weeks (52), months and quarters; otherwise 1. */
KR_API int64_t kr_frequency_season(const kr_frequency *f);

/* "2016-07-01 00:00:00", clock time; "" outside the years 1 .. 9999. Returns text. */
enum { KR_DATE_TEXT = 24 };
KR_API const char *kr_date_text(int64_t seconds, char text[KR_DATE_TEXT]);

/* ---- gaps ------------------------------------------------------------------------------------ */

/* refuse: a gap is an error. linear: filled on the straight line between its neighbours, at an end
 * with the nearest value. ffill: filled with the value before it (at the start, with the one
 * after). model: filled as with linear, and the model also receives which values were filled. */
#define KR_GAPS_CHOICES "refuse|linear|ffill|model"

typedef struct kr_gaps_report {
    int64_t n_rows;       /* rows that were missing and have been added */
    int64_t n_cells;      /* empty cells in rows that were present */
    int64_t longest;      /* rows of the longest gap of one column */
    int64_t first_row;    /* of the first gap, in the filled table, from 0; -1: none */
    int64_t first_column; /* -1: the whole row was missing */
} kr_gaps_report;

KR_END_DECLS

#endif
