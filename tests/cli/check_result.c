/* SPDX-License-Identifier: MIT
 * check_result.c - for cases of the command line: do the files of a run agree with each other?
 *
 *     check_result FOLDER    says what it found; 1 when something does not agree */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/platform.h"

static int n_wrong;

static void check(bool is_good, const char *what) {
    if (is_good) return;
    printf("wrong: %s\n", what);
    n_wrong++;
}

static bool is_near(double a, double b) { return fabs(a - b) <= 1e-5 * fabs(b); }

static char *read_text(const char *folder, const char *name) {
    char path[2048];
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr_error err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (kr__file_read(path, 1 << 28, &bytes, &n, &err) != KR_OK) {
        printf("wrong: %s\n", err.text);
        exit(1);
    }
    return (char *)bytes;
}

/* As the originals write it, float32; in original units float64. */
static kr_array read_array(const char *folder, const char *name, bool is_double) {
    char path[2048];
    kr_array array;
    kr_error err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (kr_npy_read(path, &array, &err) != KR_OK) {
        printf("wrong: %s\n", err.text);
        exit(1);
    }
    check(array.dtype == (is_double ? KR_DTYPE_F64 : KR_DTYPE_F32), "dtype");
    return array;
}

static double *widen(const kr_array *array) {
    double *values = kr__calloc((size_t)array->n, sizeof *values);
    if (!values || kr_array_to_double(array, values, NULL) != KR_OK) exit(1);
    return values;
}

static const cJSON *get(const cJSON *item, const char *name) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(item, name);
    if (found) return found;
    printf("wrong: metrics.json has no %s\n", name);
    exit(1);
}

static double number(const cJSON *item, const char *name) { return get(item, name)->valuedouble; }

static double mean_of(const cJSON *array, int n_expected) {
    const cJSON *item = NULL;
    double sum = 0;
    check(cJSON_GetArraySize(array) == n_expected, "length of by_step or by_channel");
    cJSON_ArrayForEach(item, array) sum += item->valuedouble;
    return sum / n_expected;
}

/* The means of the parts are the whole. */
static void check_parts(const cJSON *metrics, const kr_array *pred) {
    static const char *const names[] = {"mse", "mae"};
    for (int i = 0; i < 2; i++) {
        double whole = number(metrics, names[i]);
        const cJSON *by_step = get(get(metrics, "by_step"), names[i]);
        const cJSON *by_channel = get(get(metrics, "by_channel"), names[i]);
        check(is_near(mean_of(by_step, (int)pred->shape[1]), whole), "mean of by_step");
        check(is_near(mean_of(by_channel, (int)pred->shape[2]), whole), "mean of by_channel");
    }
}

/* metrics.json and metrics.npy are about pred.npy and true.npy. */
static void check_metrics(const cJSON *json, const char *folder) {
    bool is_inverse = cJSON_IsTrue(get(get(json, "config"), "inverse"));
    kr_array pred = read_array(folder, "pred.npy", is_inverse);
    kr_array truth = read_array(folder, "true.npy", is_inverse);
    kr_array metrics = read_array(folder, "metrics.npy", false);
    const cJSON *printed = get(json, is_inverse ? "original" : "scaled");
    const char *units = cJSON_GetStringValue(get(json, "units"));
    check(units && strcmp(units, is_inverse ? "original" : "scaled") == 0, "units");
    const float *m = metrics.data;
    double *p = widen(&pred), *t = widen(&truth);
    double squares = 0;
    check(pred.rank == 3 && metrics.n == 5, "shape");
    check(memcmp(pred.shape, truth.shape, 3 * sizeof pred.shape[0]) == 0, "shape of true.npy");
    for (int64_t i = 0; i < pred.n; i++) {
        squares += (p[i] - t[i]) * (p[i] - t[i]);
    }
    check(is_near(squares / (double)pred.n, number(printed, "mse")), "mse of pred.npy");
    check(is_near((double)m[0], number(printed, "mae")), "mae in metrics.npy");
    check(is_near((double)m[1], number(printed, "mse")), "mse in metrics.npy");
    check(is_near((double)m[2], number(printed, "rmse")), "rmse in metrics.npy");
    check_parts(get(json, "scaled"), &pred);
    check_parts(get(json, "original"), &pred);
    check(number(get(json, "windows"), "test") == (double)pred.shape[0], "number of windows");
    printf("pred.npy (%jd, %jd, %jd)\n", (intmax_t)pred.shape[0], (intmax_t)pred.shape[1],
           (intmax_t)pred.shape[2]);
    kr_free(p);
    kr_free(t);
    kr_array_deinit(&pred);
    kr_array_deinit(&truth);
    kr_array_deinit(&metrics);
}

static void check_log(const cJSON *json, const char *folder) {
    char *log = read_text(folder, "log.csv");
    const char *header = "epoch,train_loss,vali_loss,test_loss,rate,seconds\n";
    int n_lines = 0;
    for (const char *c = log; *c; c++) n_lines += *c == '\n';
    check(strncmp(log, header, strlen(header)) == 0, "header of log.csv");
    check(n_lines - 1 == (int)number(json, "epochs"), "rows of log.csv");
    printf("log.csv %d epochs\n", n_lines - 1);
    kr_free(log);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    char *text = read_text(argv[1], "metrics.json");
    cJSON *json = cJSON_ParseWithOpts(text, NULL, true);
    check(json != NULL, "metrics.json is not JSON");
    if (json) {
        check_metrics(json, argv[1]);
        check_log(json, argv[1]);
    }
    cJSON_Delete(json);
    kr_free(text);
    return n_wrong > 0;
}
