/* SPDX-License-Identifier: MIT
 * fuzz_umap_data.c - any bytes as the points of `krait umap`: a table, an array, or the array of an
 * .npz file; the first byte chooses which, and what points are coloured and labelled by. What is
 * read are finite numbers, also where only some columns are wanted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/flags.h"
#include "points/umap_command.h"
#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "support/pickle_made.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static const kr_rows_options how = {.size = sizeof how};

static const char *write_points(int kind, const uint8_t *bytes, size_t n_bytes) {
    static const char *const names[] = {"points.csv", "points.npy", "points.npz", "more.npz"};
    static const int64_t states[] = {0, 1, 1};
    if (kind < 2) {
        fuzz_write(names[kind], bytes, n_bytes);
        return fuzz_path(names[kind]);
    }
    const made_member members[] = {{"X.npy", bytes, n_bytes}, {"states.npy", states, 24}};
    size_t n_file = 0;
    uint8_t *file = made_zip(members, kind - 1, &n_file);
    fuzz_write(names[kind], file, n_file);
    kr_free(file);
    return fuzz_path(names[kind]);
}

/* A map takes the file that it was made of, and sees the same points. */
static void read_more(const char *path, const umap_data *d) {
    double *values = NULL;
    int64_t n = 0;
    kr_few unknown = {0};
    kr_error err = {0};
    kr_status status =
        umap_data_read_more(path, &d->columns, NULL, &how, &values, &n, &unknown, &err);
    require_outcome(status, values != NULL, &err);
    require(status == KR_OK && n == d->n);
    for (int64_t i = 0; i < n * d->columns.n; i++) require(values[i] == d->given[i]);
    kr_free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    static const char *const words[] = {"", "states", "1", "c"};
    umap_config config;
    umap_data d = {0};
    kr_error err = {0};
    if (n_bytes < 1) return 0;
    int choice = bytes[0];
    const char *path = write_points(choice % 4, bytes + 1, n_bytes - 1);
    kr__flags_init(umap_flags(), &config);
    strcpy(config.color, words[choice / 4 % 4]);
    strcpy(config.label, words[choice / 16 % 4]);
    kr_status status = umap_data_read(path, &config, &how, &d, &err);
    require_outcome(status, status == KR_OK, &err);
    for (int64_t i = 0; status == KR_OK && i < d.n * d.columns.n; i++)
        require(isfinite(d.given[i]));
    for (int64_t i = 0; status == KR_OK && d.classes && i < d.n; i++) {
        require(d.classes[i] >= -1 && d.classes[i] < d.n_classes);
    }
    if (status == KR_OK) read_more(path, &d);
    umap_data_deinit(&d);
    return 0;
}
