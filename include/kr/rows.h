/* SPDX-License-Identifier: MIT
 * rows.h - rows of numbers with or without dates, of one series or of several: what models are
 * trained on and asked about. Out of a file or from memory.
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

#include <kr/status.h>

KR_BEGIN_DECLS

typedef struct kr_rows kr_rows;

/* ---- out of a file ---------------------------------------------------------------------- */

/* size is sizeof(kr_rows_options); all else 0: the defaults. */
typedef struct kr_rows_options {
    size_t size;
    const char *reader;      /* one of kr_rows_readers(); NULL: the one that knows the path */
    const char *date_column; /* NULL: the one called date, else the first that holds dates */
    const char *id_column;   /* csv: texts that say which series a row is of; NULL: one series */
    const char *pattern;     /* m4: which of its files: Yearly, .. */
    bool keeps_gaps;         /* as NaN; otherwise a file with gaps is refused */
    /* Names of the columns to read, blanks around them not counted; what stands in others may be
     * anything and is stepped over. NULL: all. leaves_out: they are those to step over instead. */
    const char *const *columns;
    int64_t n_columns;
    bool leaves_out;
} kr_rows_options;

/*
 * kr_rows_read() - all rows of a file or a folder.
 *
 *   csv     a CSV file, plain or gzip (kr/csv.h), whose rows may be of several series; the reader
 *           of every path that no other knows
 *   folder  of CSV files: each is a series, named as its file; all have the same columns
 *   m4      a folder of the M4 competition, for a pattern: a series a line, no dates
 *   pems    traffic counts: member data (steps, sensors, features) of an .npz file, of which the
 *           first feature is read; columns "0", "1", .., no dates
 *
 * Errors name file, line and column, and how to mend it: KR_IO, KR_FORMAT what stands in the file;
 * KR_USAGE a reader, a column or a pattern that is not there, an option that the reader has no use
 * for. On failure *out is untouched. options may be NULL.
 */
KR_API kr_status kr_rows_read(const char *path, const kr_rows_options *options, kr_rows **out,
                              kr_error *err);
/* The names of the readers, "csv|folder|..". */
KR_API const char *kr_rows_readers(void);

/* ---- from memory ------------------------------------------------------------------------ */

/* size is sizeof(kr_rows_memory); all else but n_rows, n_columns and values may be 0. */
typedef struct kr_rows_memory {
    size_t size;
    const char *name; /* stands for the rows in sentences; NULL: "the rows" */
    int64_t n_rows, n_columns;
    const double *values;       /* (n_rows, n_columns), finite, or NaN where one is missing */
    const char *const *columns; /* n_columns names; NULL: "0", "1", .. */
    const int64_t *dates;       /* (n_rows) seconds since 1970, clock time; NULL: no dates */
    /* Several series, whose rows stand one behind another; 0 and NULL: a single one. */
    int64_t n_series;
    const char *const *series;  /* n_series names */
    const int64_t *series_rows; /* n_series: rows of each, 1 or more */
    /* values and dates stay the caller's, and must live and stay as they are as long as the rows
     * do; else they are copied. Names are always copied. */
    bool is_borrowed;
} kr_rows_memory;

/* All of it is checked first. KR_SHAPE: no rows, no columns, more than memory can hold, series
 * whose rows are not n_rows. KR_USAGE: a name is NULL. KR_FORMAT: a value is infinite, a name is
 * there twice, the dates of a series do not rise or are not in the years 1 .. 9999. On failure *out
 * is untouched. */
KR_API kr_status kr_rows_from_memory(const kr_rows_memory *memory, kr_rows **out, kr_error *err);

/* NULL is fine. */
KR_API void kr_rows_destroy(kr_rows *rows);

/* ---- what is there ---------------------------------------------------------------------- */

/* The file, or what kr_rows_from_memory() was told. */
KR_API const char *kr_rows_name(const kr_rows *rows);
/* Of all series. */
KR_API int64_t kr_rows_count(const kr_rows *rows);
KR_API int64_t kr_rows_column_count(const kr_rows *rows);
KR_API const char *kr_rows_column(const kr_rows *rows, int64_t column);
/* The column of this name, blanks around either not counted; -1: none. */
KR_API int64_t kr_rows_find(const kr_rows *rows, const char *name);
/* (rows, columns), NaN where one is missing. */
KR_API const double *kr_rows_values(const kr_rows *rows);
KR_API bool kr_rows_is_missing(const kr_rows *rows, int64_t row, int64_t column);
/* (rows) seconds since 1970, clock time as written; NULL: no dates. */
KR_API const int64_t *kr_rows_dates(const kr_rows *rows);
/* Of the column of dates; NULL: no dates. */
KR_API const char *kr_rows_date_name(const kr_rows *rows);

/* 1 or more. */
KR_API int64_t kr_rows_series_count(const kr_rows *rows);
/* NULL: a single series, which has no name. */
KR_API const char *kr_rows_series(const kr_rows *rows, int64_t series);
/* Its first row; of series kr_rows_series_count(): kr_rows_count(). */
KR_API int64_t kr_rows_series_start(const kr_rows *rows, int64_t series);

/* Columns of the file that were stepped over. */
KR_API int64_t kr_rows_unread_count(const kr_rows *rows);
KR_API const char *kr_rows_unread(const kr_rows *rows, int64_t i);

KR_END_DECLS

#endif
