/* SPDX-License-Identifier: MIT
 * loaders.c - the table of loaders. Splits as in Informer's and Time-Series-Library's loaders. */
#include "data/loaders.h"

#include <string.h>

/* A CSV file whose rows have dates. */
static kr_status read_dated_csv(const char *path, const kr__name_list *dropped, kr_table **out,
                                kr_error *err) {
    const kr_csv_options options = {
        .columns = dropped->names, .n_columns = dropped->n, .leaves_out = true};
    kr_table *table = NULL;
    KR_TRY(kr_csv_read(path, &options, &table, err));
    if (!table->timestamps) {
        kr_table_destroy(table);
        return kr_fail(err, KR_FORMAT,
                       "%s:1: has no column named date; name the column that holds the times so",
                       path);
    }
    *out = table;
    return KR_OK;
}

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

static const kr__loader loaders[] = {
    {"ETTh1", read_dated_csv, split_ett, 1, false},
    {"ETTh2", read_dated_csv, split_ett, 1, false},
    {"ETTm1", read_dated_csv, split_ett, 4, false},
    {"ETTm2", read_dated_csv, split_ett, 4, false},
    {"custom", read_dated_csv, split_custom, 0, true},
    {"PEMS", kr__pems_read, split_pems, 0, false},
};

const char kr__loader_names[] = "ETTh1|ETTh2|ETTm1|ETTm2|custom|PEMS";

const kr__loader *kr__loader_find(const char *name) {
    for (size_t i = 0; i < sizeof loaders / sizeof loaders[0]; i++) {
        if (strcmp(loaders[i].name, name) == 0) return &loaders[i];
    }
    return NULL;
}
