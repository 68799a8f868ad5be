/* SPDX-License-Identifier: MIT
 * m4.h - the files of the M4 competition: one series per line, of any length. */
#ifndef KR_M4_H
#define KR_M4_H

#include "tables/rows_internal.h"

#define KR__M4_PATTERNS "Yearly|Quarterly|Monthly|Weekly|Daily|Hourly"

/* A file as bytes, plain or gzip; name is what sentences call it. */
typedef struct kr__m4_file {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
} kr__m4_file;

/*
 * A header line, whose names are ignored; then one series per line: its name, then its values.
 * Empty or missing cells at the end of a line mean that the series is shorter than others. The
 * series of train are continued by those of the same names in test, in any order; the values of
 * test are the test part. keeps_gaps: other empty cells are NaN; otherwise they are refused. name
 * is that of the rows.
 */
kr_status kr__m4_read_bytes(const char *name, const kr__m4_file *train, const kr__m4_file *test,
                            bool keeps_gaps, kr_rows **out, kr_error *err);

/* One file alone, without a test part. A series without values is refused. */
kr_status kr__m4_read_series(const kr__m4_file *file, bool keeps_gaps, kr_rows **out,
                             kr_error *err);

#endif
