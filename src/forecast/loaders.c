/* SPDX-License-Identifier: MIT
 * loaders.c - the table of known data sets. Splits as in Informer's and Time-Series-Library's
 * loaders. */
#include "forecast/loaders.h"
#include "core/arena.h"

#include <stdio.h>
#include <string.h>

#include "tables/name_list.h"
#include "tables/rows_internal.h"

/* ---- reading ---------------------------------------------------------------------------- */

bool kr__fills_gaps(const kr_dataset_config *config) {
    return config->gaps && *config->gaps && strcmp(config->gaps, "refuse") != 0;
}

static kr_status require_dates(const kr_rows *rows, kr_error *err) {
    if (rows->dates) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "%s:1: has no column named date; give the column that holds the times that name",
                   rows->name);
}

/* What settings name columns by. */
typedef struct names {
    kr__name_list dropped, needed;
} names;

/* The target of all columns is a default that nobody may have asked for. */
static bool list_names(const kr_dataset_config *c, kr_arena *arena, names *out) {
    bool has_target = c->target && c->features && strcmp(c->features, "M") != 0;
    const char *const lists[] = {c->known_future, c->static_columns, c->blank_columns,
                                 has_target ? c->target : NULL};
    size_t size = 1;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        size += lists[i] ? strlen(lists[i]) + 1 : 0;
    }
    char *text = kr__arena_alloc(arena, size, 1), *to = text;
    for (size_t i = 0; text && i < sizeof lists / sizeof lists[0]; i++) {
        if (lists[i]) to += sprintf(to, "%s,", lists[i]);
    }
    return text && kr__name_list_read(text, arena, &out->needed) &&
           kr__name_list_read(c->drop_columns, arena, &out->dropped);
}

static kr_status read_rows(kr_team *team, const kr_dataset_config *c, const names *named,
                           kr_rows **out, kr_error *err) {
    const kr__loader *loader = kr__loader_find(c->loader);
    kr_rows_options options = c->reading;
    options.size = sizeof options;
    options.reader = loader->reader;
    options.id_column = c->id_column && *c->id_column ? c->id_column : NULL;
    options.pattern = loader->has_patterns ? c->seasonal_patterns : NULL;
    options.keeps_gaps = kr__fills_gaps(c);
    options.columns = named->dropped.names;
    options.n_columns = named->dropped.n;
    options.needed = named->needed.names;
    options.n_needed = named->needed.n;
    options.leaves_out = true;
    options.team = team;
    kr_rows *rows = NULL;
    KR_TRY(kr_rows_read(c->path, &options, &rows, err));
    kr_status status = loader->needs_dates ? require_dates(rows, err) : KR_OK;
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}

kr_status kr__loader_read(kr_team *team, const kr_dataset_config *config, kr_rows **out,
                          kr_error *err) {
    kr_arena arena = {0};
    names named;
    kr_status status = list_names(config, &arena, &named)
                           ? read_rows(team, config, &named, out, err)
                           : kr_fail(err, KR_MEMORY, "out of memory for the names of columns");
    kr__arena_deinit(&arena);
    return status;
}

/* ---- splits ----------------------------------------------------------------------------- */

/* 12, 4 and 4 months of 30 days, whatever follows; validation and test look back into the split
 * before them. */
static void split_ett(int64_t n_rows, int64_t rows_per_hour, int64_t seq_len,
                      int64_t first_row[KR_SPLITS], int64_t end_row[KR_SPLITS]) {
    (void)n_rows;
    int64_t month = 30 * 24 * rows_per_hour;
    first_row[KR_SPLIT_TRAIN] = 0;
    end_row[KR_SPLIT_TRAIN] = 12 * month;
    first_row[KR_SPLIT_VAL] = 12 * month - seq_len;
    end_row[KR_SPLIT_VAL] = 16 * month;
    first_row[KR_SPLIT_TEST] = 16 * month - seq_len;
    end_row[KR_SPLIT_TEST] = 20 * month;
}

/* 70 %, 10 %, 20 %. The products are taken in double and cut, as the originals do. */
static void split_custom(int64_t n_rows, int64_t rows_per_hour, int64_t seq_len,
                         int64_t first_row[KR_SPLITS], int64_t end_row[KR_SPLITS]) {
    (void)rows_per_hour;
    int64_t n_train = (int64_t)((double)n_rows * 0.7), n_test = (int64_t)((double)n_rows * 0.2);
    first_row[KR_SPLIT_TRAIN] = 0;
    end_row[KR_SPLIT_TRAIN] = n_train;
    first_row[KR_SPLIT_VAL] = n_train - seq_len;
    end_row[KR_SPLIT_VAL] = n_rows - n_test;
    first_row[KR_SPLIT_TEST] = n_rows - n_test - seq_len;
    end_row[KR_SPLIT_TEST] = n_rows;
}

/* 60 %, 20 %, 20 %, which share no rows. */
static void split_pems(int64_t n_rows, int64_t rows_per_hour, int64_t seq_len,
                       int64_t first_row[KR_SPLITS], int64_t end_row[KR_SPLITS]) {
    (void)rows_per_hour;
    (void)seq_len;
    first_row[KR_SPLIT_TRAIN] = 0;
    end_row[KR_SPLIT_TRAIN] = first_row[KR_SPLIT_VAL] = (int64_t)(0.6 * (double)n_rows);
    end_row[KR_SPLIT_VAL] = first_row[KR_SPLIT_TEST] = (int64_t)((0.6 + 0.2) * (double)n_rows);
    end_row[KR_SPLIT_TEST] = n_rows;
}

/* ---- the table -------------------------------------------------------------------------- */

static const kr__loader loaders[] = {
    {"ETTh1", "csv", split_ett, 1, .needs_dates = true},
    {"ETTh2", "csv", split_ett, 1, .needs_dates = true},
    {"ETTm1", "csv", split_ett, 4, .needs_dates = true},
    {"ETTm2", "csv", split_ett, 4, .needs_dates = true},
    {"custom", NULL, split_custom, 0, .is_free = true},
    {"PEMS", "pems", split_pems, 0, .is_free = false},
    {"m4", "m4", NULL, 0, .has_patterns = true},
};

const char kr__loader_names[] = "ETTh1|ETTh2|ETTm1|ETTm2|custom|PEMS|m4";

const kr__loader *kr__loader_find(const char *name) {
    for (size_t i = 0; i < sizeof loaders / sizeof loaders[0]; i++) {
        if (strcmp(loaders[i].name, name) == 0) return &loaders[i];
    }
    return NULL;
}
