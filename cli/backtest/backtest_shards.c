/* SPDX-License-Identifier: MIT
 * backtest_shards.c - what the model said in a shard, kept in OUT/folds.npz; and the forecasts of
 * all shards as those of one backtest, whose scores, intervals and verdict then come from the same
 * code, and from all series, as if there had never been shards. */
#include <inttypes.h>
#include <string.h>

#include <kr/files.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "core/platform.h"
#include "framework/shard_output.h"
#include "tables/rows_internal.h"

/* The arrays of the file. */
enum { FIRST, ORIGINS, FORECAST, TRUTH, LOWER, UPPER, ARRAYS };
static const char *const names[ARRAYS] = {"first_fold", "origin", "forecast",
                                          "truth",      "lower",  "upper"};

static const char *folds_path(const char *folder, char path[BACKTEST_PATH]) {
    return kr__path_join(folder, "folds.npz", path, BACKTEST_PATH);
}

/* ---- keeping ---------------------------------------------------------------------------- */

kr_status backtest_keep_folds(const backtest *b, kr_error *err) {
    const kr_backtest *run = b->run;
    const int64_t series[] = {run->n_series + 1},
                  values[] = {run->n_folds, run->n_steps, run->n_outputs},
                  bounds[] = {run->n_levels, run->n_folds, run->n_steps, run->n_outputs};
    const struct {
        kr_dtype dtype;
        int rank;
        const int64_t *shape;
        const void *data;
    } all[ARRAYS] = {{KR_DTYPE_I64, 1, series, run->first_fold},
                     {KR_DTYPE_I64, 1, values, run->origins},
                     {KR_DTYPE_F64, 3, values, run->models[0].forecast},
                     {KR_DTYPE_F64, 3, values, run->truth},
                     {KR_DTYPE_F64, 4, bounds, run->lower},
                     {KR_DTYPE_F64, 4, bounds, run->upper}};
    char path[BACKTEST_PATH];
    kr_array arrays[ARRAYS];
    for (int i = 0; i < ARRAYS; i++) {
        KR_TRY(kr_array_view(names[i], all[i].dtype, all[i].rank, all[i].shape, all[i].data,
                             &arrays[i], err));
    }
    return kr_npz_write(folds_path(b->request->config.out, path), arrays, ARRAYS, false, err);
}

/* ---- taking ----------------------------------------------------------------------------- */

typedef struct kept {
    const char *path;
    kr_array arrays[ARRAYS];
    int64_t n_folds;
} kept;

static kr_status refuse(const kept *k, kr_error *err) {
    return kr_fail(err, KR_FORMAT, "%s: is not of this backtest; make the shard again", k->path);
}

/* Arrays of these shapes, and folds in order. */
static kr_status check(const kr_backtest *run, int64_t n_series, const kept *k, kr_error *err) {
    const int64_t values = k->n_folds * run->n_steps * run->n_outputs;
    const int64_t n[ARRAYS] = {
        n_series + 1, k->n_folds, values, values, run->n_levels * values, run->n_levels * values};
    for (int i = 0; i < ARRAYS; i++) {
        kr_dtype wanted = i <= ORIGINS ? KR_DTYPE_I64 : KR_DTYPE_F64;
        if (k->arrays[i].n != n[i] || k->arrays[i].dtype != wanted) return refuse(k, err);
    }
    const int64_t *first = k->arrays[FIRST].data;
    for (int64_t i = 0; i < n_series; i++) {
        if (first[i] < 0 || first[i + 1] < first[i]) return refuse(k, err);
    }
    return first[n_series] == k->n_folds ? KR_OK : refuse(k, err);
}

/* Fold `from` of the file is fold `to` of the backtest. */
static void take_fold(kr_backtest *run, const kept *k, int64_t from, int64_t to) {
    int64_t size = run->n_steps * run->n_outputs, all = kr__backtest_values(run);
    size_t bytes = (size_t)size * sizeof(double);
    memcpy(run->models[0].forecast + to * size, (double *)k->arrays[FORECAST].data + from * size,
           bytes);
    memcpy(run->truth + to * size, (double *)k->arrays[TRUTH].data + from * size, bytes);
    for (int i = 0; i < run->n_levels; i++) {
        int64_t at = (i * k->n_folds + from) * size;
        memcpy(run->lower + i * all + to * size, (double *)k->arrays[LOWER].data + at, bytes);
        memcpy(run->upper + i * all + to * size, (double *)k->arrays[UPPER].data + at, bytes);
    }
}

/* Series i of the file is series `to` of the backtest: all its folds. */
static kr_status take_series(kr_backtest *run, const kept *k, int64_t i, int64_t to,
                             kr_error *err) {
    const int64_t *first = k->arrays[FIRST].data, *origins = k->arrays[ORIGINS].data;
    int64_t from = first[i];
    for (int64_t fold = run->first_fold[to]; fold < run->first_fold[to + 1]; fold++) {
        while (from < first[i + 1] && origins[from] < run->origins[fold]) from++;
        if (from == first[i + 1] || origins[from] != run->origins[fold]) return refuse(k, err);
        take_fold(run, k, from, fold);
    }
    return KR_OK;
}

static kr_status read_all(kept *k, kr_error *err) {
    kr_npz *npz = NULL;
    KR_TRY(kr_npz_open(k->path, &npz, err));
    kr_status status = KR_OK;
    for (int i = 0; i < ARRAYS && status == KR_OK; i++) {
        status = kr_npz_get(npz, names[i], &k->arrays[i], err);
    }
    k->n_folds = k->arrays[ORIGINS].n;
    kr_npz_close(npz);
    return status;
}

/* Series without folds need no file. */
static bool has_folds(const kr_backtest *run, const backtest_part *part) {
    bool has = false;
    for (int64_t i = 0; i < part->n && !has; i++) {
        int64_t place = part->places[i];
        has = place >= run->n_series || kr__backtest_folds_of(run, place) > 0;
    }
    return has;
}

static kr_status take_part(kr_backtest *run, const backtest_part *part, kr_error *err) {
    char path[BACKTEST_PATH];
    kept k = {.path = folds_path(part->folder, path)};
    kr_status status = read_all(&k, err);
    if (status == KR_OK) status = check(run, part->n, &k, err);
    for (int64_t i = 0; i < part->n && status == KR_OK; i++) {
        status = part->places[i] < run->n_series ? take_series(run, &k, i, part->places[i], err)
                                                 : refuse(&k, err);
    }
    for (int i = 0; i < ARRAYS; i++) kr_array_deinit(&k.arrays[i]);
    return status;
}

kr_status backtest_check_rows(const backtest *b, const kr_rows *rows, kr_error *err) {
    const backtest_parts *parts = b->request->parts;
    char text[SHARD_FINGERPRINT];
    if (!parts ||
        strcmp(shard_fingerprint(kr__rows_fingerprint(rows), text), parts->fingerprint) == 0) {
        return KR_OK;
    }
    return kr_fail(err, KR_FORMAT, "%s: has changed since the shards were made; make them again",
                   b->request->data);
}

kr_status backtest_take_folds(backtest *b, kr_error *err) {
    const backtest_parts *parts = b->request->parts;
    int model = 0;
    KR_TRY(kr_backtest_add(b->run, kr_forecaster_info_of(b->model)->model, &model, err));
    for (int64_t k = 0; k < parts->n; k++) {
        if (has_folds(b->run, &parts->all[k])) KR_TRY(take_part(b->run, &parts->all[k], err));
    }
    return kr_backtest_conclude(b->run, err);
}
