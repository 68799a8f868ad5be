/* SPDX-License-Identifier: MIT
 * panel.h - one or several series as they are read: a table each. */
#ifndef KR_PANEL_H
#define KR_PANEL_H

#include <kr/csv.h>

/* All zero: empty. All tables have the same columns in the same order. */
typedef struct kr__panel {
    kr_table **tables; /* n; the names in them may be another one's */
    char **names;      /* n; NULL: a single series, which has none */
    int64_t *n_test;   /* n: how many of its last rows are the test part; NULL: the loader splits */
    int64_t n;
    kr_table *header; /* owns names of columns and series; tables[0] when there are no names */
    kr_arena arena;   /* holds the lists */
} kr__panel;

/* Lists for n series, named or not, with test rows or not; the tables are still missing. */
bool kr__panel_init(kr__panel *panel, int64_t n, bool has_names, bool has_test);
void kr__panel_deinit(kr__panel *panel);

/* A table without rows yet that borrows the header's names. NULL: out of memory. */
kr_table *kr__panel_table(const kr_table *header, int64_t n_rows);

/* Takes the table over, also on failure: a single series, or, where rows have ids, a series each,
 * whose dates must rise. name stands for the file in errors. */
kr_status kr__panel_take(const char *name, kr_table *table, kr__panel *panel, kr_error *err);
/* Every .csv and .csv.gz of a folder is a series, named as its file; options as for kr_csv_read().
 * All need the columns of the first one, in any order. */
kr_status kr__panel_read_folder(const char *path, const kr_csv_options *options, kr__panel *panel,
                                kr_error *err);

#endif
