/* SPDX-License-Identifier: MIT
 * epoch_record.c - records of epochs as rows of numbers in a file, today's layout and older ones.
 */
#include <kr/training.h>

#include <math.h>
#include <string.h>

#include "train/trainer_internal.h"

/* The numbers of a row, today's order. */
enum { EPOCH, TRAIN, TRAIN_EVAL, VALIDATION, TEST, RATE, SECONDS, TOTAL_SECONDS, IS_BEST };

/* Which number is in each column: in this version, and in `krait run` and `krait train` before they
 * shared one state. */
static const struct {
    int64_t n_columns;
    int column[KR_RECORD_FIELDS];
} layouts[] = {
    {9, {EPOCH, TRAIN, TRAIN_EVAL, VALIDATION, TEST, RATE, SECONDS, TOTAL_SECONDS, IS_BEST}},
    {6, {EPOCH, TRAIN, VALIDATION, TEST, RATE, SECONDS}},
    {7, {EPOCH, TRAIN, TRAIN_EVAL, VALIDATION, RATE, TOTAL_SECONDS, IS_BEST}}};

static int find_layout(int64_t n_columns) {
    for (int i = 0; i < (int)(sizeof layouts / sizeof layouts[0]); i++) {
        if (layouts[i].n_columns == n_columns) return i;
    }
    return -1;
}

void kr__records_pack(const kr_epoch_record *records, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i++) {
        const kr_epoch_record *r = &records[i];
        const double row[KR_RECORD_FIELDS] = {
            (double)r->epoch, r->train_loss, r->train_eval_loss, r->validation_loss, r->test_loss,
            r->rate,          r->seconds,    r->total_seconds,   r->is_best};
        memcpy(out + i * KR_RECORD_FIELDS, row, sizeof row);
    }
}

/* All layouts begin with the epoch, counted from 1. */
static bool has_epochs(const kr_array *array) {
    for (int64_t i = 0; i < array->shape[0]; i++) {
        double epoch;
        memcpy(&epoch, (const char *)array->data + (size_t)(i * array->shape[1]) * sizeof epoch,
               sizeof epoch);
        if (epoch != (double)(i + 1)) return false;
    }
    return true;
}

int64_t kr__records_count(const kr_array *array) {
    bool is_known_layout = array && array->dtype == KR_DTYPE_F64 && array->rank == 2 &&
                           find_layout(array->shape[1]) >= 0;
    return is_known_layout && has_epochs(array) ? array->shape[0] : -1;
}

static double first_finite(double a, double b) { return isnan(a) ? b : a; }

void kr__records_unpack(const kr_array *array, bool is_strict, kr_epoch_record *records) {
    int64_t n_columns = array->shape[1];
    const int *column = layouts[find_layout(n_columns)].column;
    kr_early_stop best = {.is_strict = is_strict};
    for (int64_t i = 0; i < array->shape[0]; i++) {
        double in[KR_RECORD_FIELDS], row[KR_RECORD_FIELDS];
        memcpy(in, (const char *)array->data + (size_t)(i * n_columns) * sizeof *in,
               (size_t)n_columns * sizeof *in);
        for (int k = 0; k < KR_RECORD_FIELDS; k++) row[k] = (double)NAN;
        for (int64_t k = 0; k < n_columns; k++) row[column[k]] = in[k];
        bool is_best = kr__early_stop_update(&best, row[VALIDATION]);
        records[i] =
            (kr_epoch_record){.epoch = (int64_t)row[EPOCH],
                              .train_loss = row[TRAIN],
                              .train_eval_loss = row[TRAIN_EVAL],
                              .validation_loss = row[VALIDATION],
                              .test_loss = row[TEST],
                              .rate = row[RATE],
                              .seconds = first_finite(row[SECONDS], row[TOTAL_SECONDS]),
                              .total_seconds = first_finite(row[TOTAL_SECONDS], row[SECONDS]),
                              .is_best = isnan(row[IS_BEST]) ? is_best : row[IS_BEST] != 0};
    }
}
