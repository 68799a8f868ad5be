/* SPDX-License-Identifier: MIT
 * loaders.c - the table of loaders. Splits as in Informer's and Time-Series-Library's loaders. */
#include "forecast/loaders.h"

#include <kr/platform.h>
#include <kr/text.h>
#include <string.h>

#include "tables/m4.h"

/* ---- reading ---------------------------------------------------------------------------- */

bool kr__fills_gaps(const kr_dataset_config *config) {
    return config->gaps && *config->gaps && strcmp(config->gaps, "refuse") != 0;
}

static kr_status require_dates(const char *path, const kr__panel *panel, kr_error *err) {
    for (int64_t i = 0; i < panel->n; i++) {
        if (panel->tables[i]->timestamps) continue;
        return kr_fail(err, KR_FORMAT,
                       "%s%s%s: has no column named date; name the column that holds the times so",
                       path, panel->names ? "/" : ":1", panel->names ? panel->names[i] : "");
    }
    return KR_OK;
}

/* A CSV file, or a folder of them. Rows of the known data sets have dates. */
static kr_status read_csv(const kr_dataset_config *config, const kr__name_list *dropped,
                          kr__panel *panel, kr_error *err) {
    bool has_ids = config->id_column && *config->id_column;
    const kr_csv_options options = {.id_column = has_ids ? config->id_column : NULL,
                                    .keeps_gaps = kr__fills_gaps(config),
                                    .columns = dropped->names,
                                    .n_columns = dropped->n,
                                    .leaves_out = true};
    bool is_free = kr__loader_find(config->loader)->is_free;
    if (is_free && !has_ids && kr_is_folder(config->path)) {
        KR_TRY(kr__panel_read_folder(config->path, &options, panel, err));
    } else {
        kr_table *table = NULL;
        KR_TRY(kr_csv_read(config->path, &options, &table, err));
        KR_TRY(kr__panel_take(config->path, table, panel, err));
    }
    return is_free ? KR_OK : require_dates(config->path, panel, err);
}

static kr_status read_m4(const kr_dataset_config *config, const kr__name_list *dropped,
                         kr__panel *panel, kr_error *err) {
    (void)dropped;
    KR_TRY(
        kr_text_check_choice("seasonal_patterns", config->seasonal_patterns, KR__M4_PATTERNS, err));
    return kr__m4_read(config->path, config->seasonal_patterns, config->pred_len,
                       kr__fills_gaps(config), panel, err);
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
    {"ETTh1", read_csv, split_ett, 1, false},
    {"ETTh2", read_csv, split_ett, 1, false},
    {"ETTm1", read_csv, split_ett, 4, false},
    {"ETTm2", read_csv, split_ett, 4, false},
    {"custom", read_csv, split_custom, 0, true},
    {"PEMS", kr__pems_read, split_pems, 0, false},
    {"m4", read_m4, NULL, 0, false},
};

const char kr__loader_names[] = "ETTh1|ETTh2|ETTm1|ETTm2|custom|PEMS|m4";

const kr__loader *kr__loader_find(const char *name) {
    for (size_t i = 0; i < sizeof loaders / sizeof loaders[0]; i++) {
        if (strcmp(loaders[i].name, name) == 0) return &loaders[i];
    }
    return NULL;
}
