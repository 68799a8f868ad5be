/* SPDX-License-Identifier: MIT
 * merge_command.h - what the parts of `krait merge` share: the shards, checked. */
#ifndef KRAIT_MERGE_COMMAND_H
#define KRAIT_MERGE_COMMAND_H

#include "framework/command.h"
#include "framework/shard_output.h"

/* One shard's output, a file or a folder, and what its note says. */
typedef struct merge_part {
    const char *output;
    cJSON *note;
    int64_t i;
    int64_t n, *places; /* series of it, in rising places */
    const char **names; /* n, of the note */
} merge_part;

typedef struct merge {
    const command_call *call;
    const char *command; /* that made them, "forecast" */
    const char *out;
    merge_part *parts; /* n, in the order of the shards */
    int64_t n;
    bool by_columns;
    int64_t n_all;  /* series of the whole table; 0: none are shared out */
    int64_t *owner; /* (n_all) the part of each */
} merge;

/* merge_notes.c. Every shard is there once, all are of one command, version, table and settings:
 * otherwise KR_FORMAT or KR_USAGE with a sentence. Free with merge_close, also after a failure. */
kr_status merge_open(merge *m, const command_call *call, kr_error *err);
void merge_close(merge *m);
/* A text of the note, "" where there is none. */
const char *merge_text(const merge_part *part, const char *name);

/* cmd_merge.c: the command of the shards once more, as they were called but with the whole as its
 * --out. It says itself what went wrong, and so this then fails without a sentence. */
kr_status merge_run(const merge *m, const command *self, kr_error *err);

/* merge_fit.c, merge_backtest.c, merge_sweep.c */
kr_status merge_fits(const merge *m, kr_error *err);
kr_status merge_backtests(const merge *m, kr_error *err);
kr_status merge_sweeps(const merge *m, kr_error *err);

/* merge_table.c: the tables of all parts, paths[i] being that of parts[i] (NULL: it has none), as
 * the table that one process writes. */
typedef struct merge_table {
    const char *const *paths;
    bool by_columns; /* each series is a block of columns; else of records that begin with its name
                      */
    bool is_behind_comma; /* the name is in the second field, behind an empty one */
} merge_table;
kr_status merge_join(const merge *m, const merge_table *table, const char *out, kr_error *err);

#endif
