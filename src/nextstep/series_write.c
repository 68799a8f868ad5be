/* SPDX-License-Identifier: MIT
 * series_write.c - a series into npz, npy or csv. */
#include <kr/series.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"

static kr_status write_npz(const char *path, const kr_array *X, const int64_t *states,
                           kr_error *err) {
    kr_array members[2];
    KR_TRY(kr_array_view("X", X->dtype, 2, X->shape, X->data, &members[0], err));
    if (states) {
        KR_TRY(kr_array_view("states", KR_DTYPE_I64, 1, X->shape, states, &members[1], err));
    }
    return kr_npz_write(path, members, states ? 2 : 1, false, err);
}

/* A float needs nine digits to be read back as it was. */
static void print_value(FILE *stream, const kr_array *X, int64_t i) {
    char number[KR_NUMBER_TEXT];
    if (X->dtype == KR_DTYPE_F32) {
        kr__text_print(number, sizeof number, "%.9g", (double)((const float *)X->data)[i]);
        fputs(number, stream);
    } else {
        fputs(kr__text_number(((const double *)X->data)[i], number), stream);
    }
}

static kr_status write_csv(const char *path, const kr_array *X, const int64_t *states,
                           kr_error *err) {
    int64_t n = X->shape[1];
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    for (int64_t c = 0; c < n; c++) fprintf(writer.stream, "%sx%" PRId64, c > 0 ? "," : "", c);
    fputs(states ? ",states\n" : "\n", writer.stream);
    for (int64_t t = 0; t < X->shape[0]; t++) {
        for (int64_t c = 0; c < n; c++) {
            if (c > 0) fputc(',', writer.stream);
            print_value(writer.stream, X, t * n + c);
        }
        if (states) fprintf(writer.stream, ",%" PRId64, states[t]);
        fputc('\n', writer.stream);
    }
    return kr__file_writer_commit(&writer, err);
}

kr_status kr_series_check_ending(const char *path, kr_error *err) {
    static const char *const endings[] = {".npz", ".npy", ".csv"};
    for (int i = 0; i < 3; i++) {
        if (kr__text_ends(path, endings[i])) return KR_OK;
    }
    return kr_fail(err, KR_USAGE, "%s: a series is written to .npz, .npy or .csv", path);
}

kr_status kr_series_write(const char *path, const kr_array *X, const int64_t *states,
                          kr_error *err) {
    if (X->rank != 2 || (X->dtype != KR_DTYPE_F32 && X->dtype != KR_DTYPE_F64)) {
        return kr_fail(err, KR_SHAPE, "%s: a series is (time, features) of float32 or float64",
                       path);
    }
    KR_TRY(kr_series_check_ending(path, err));
    if (kr__text_ends(path, ".npz")) return write_npz(path, X, states, err);
    if (kr__text_ends(path, ".npy")) return kr_npy_write(path, X, err);
    return write_csv(path, X, states, err);
}
