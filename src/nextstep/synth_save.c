/* SPDX-License-Identifier: MIT
 * synth_save.c - data.npz and config.json, as numpy and json.dump write them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <kr/files.h>

#include "core/flags.h"
#include "core/platform.h"
#include "core/text.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/series_internal.h"

enum { PATH = 4096, N_ARRAYS = 7 };

static kr_status save_arrays(const kr_synth *y, const char *path, kr_error *err) {
    const int64_t t = y->n_steps, n = y->n_circles;
    const struct {
        const char *name;
        kr_dtype dtype;
        int rank;
        int64_t shape[2];
        const void *data;
    } list[N_ARRAYS] = {{"X", KR_DTYPE_F64, 2, {t, y->ambient_dim}, y->X},
                        {"states", KR_DTYPE_I64, 1, {t}, y->states},
                        {"thetas", KR_DTYPE_F64, 1, {t}, y->thetas},
                        {"transition_matrix", KR_DTYPE_F64, 2, {n, n}, y->transitions},
                        {"radii", KR_DTYPE_F64, 1, {n}, y->radii},
                        {"entry_angles", KR_DTYPE_F64, 1, {n}, y->entry_angles},
                        {"periods", KR_DTYPE_I64, 1, {n}, y->periods}};
    kr_array arrays[N_ARRAYS];
    for (int i = 0; i < N_ARRAYS; i++) {
        KR_TRY(kr_array_view(list[i].name, list[i].dtype, list[i].rank, list[i].shape, list[i].data,
                             &arrays[i], err));
    }
    return kr_npz_write(path, arrays, N_ARRAYS, false, err);
}

/* A number as the original's defaults have it: 20.0 has a point, 400 has none while it is whole. */
static void print_real(const kr_flag *flag, double value, FILE *stream) {
    char number[KR_NUMBER_TEXT];
    if (!strchr(flag->default_text, '.') && value == floor(value)) {
        fprintf(stream, "%.0f", value);
    } else {
        fputs(kr__text_number(value, number), stream);
    }
}

/* As json.dump(.., indent=2): no newline after the last brace; without a subspace it writes
 * null. */
static kr_status save_config(const kr_synth_config *config, const char *path, kr_error *err) {
    const kr_flag_table *table = kr__synth_flags();
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(path, &writer, err));
    for (int i = 0; i < table->count; i++) {
        const kr_flag *flag = &table->flags[i];
        const void *field = (const char *)config + flag->offset;
        fprintf(writer.stream, "%s\n  \"%s\": ", i == 0 ? "{" : ",", flag->name);
        if (flag->kind == KR_SETTING_REAL) {
            print_real(flag, *(const double *)field, writer.stream);
        } else if (*(const int64_t *)field == 0 && field == (const void *)&config->subspace_dim) {
            fputs("null", writer.stream);
        } else {
            fprintf(writer.stream, "%" PRId64, *(const int64_t *)field);
        }
    }
    fputs("\n}", writer.stream);
    return kr__file_writer_commit(&writer, err);
}

kr_status kr_synth_save(const kr_synth *synth, const char *folder, kr_error *err) {
    char path[PATH];
    KR_TRY(kr__make_folders(folder, err));
    if (snprintf(path, sizeof path, "%s/data.npz", folder) >= PATH - 8) {
        return kr_fail(err, KR_USAGE, "%.60s..: the path is too long", folder);
    }
    KR_TRY(save_arrays(synth, path, err));
    snprintf(path, sizeof path, "%s/config.json", folder);
    return save_config(&synth->config, path, err);
}
