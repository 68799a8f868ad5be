/* SPDX-License-Identifier: MIT
 * fuzz_report.c - any bytes as the folder of a run (support/fuzz_files.h), and the page that `krait
 * report` makes of it. No text of a file becomes a tag or a script of the page, what its own script
 * reads is JSON, and all of it is printable UTF-8. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory_writer.h"
#include "report/report.h"
#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "support/fuzz_printable.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/* ---- charts, as data ---------------------------------------------------------------------- */

static void require_object(const char *json, size_t n) {
    cJSON *object = cJSON_ParseWithLength(json, n);
    require(cJSON_IsObject(object));
    cJSON_Delete(object);
}

static void check_chart(const report_chart *chart) {
    kr__memory_writer writer;
    void *bytes = NULL;
    size_t n = 0;
    if (kr__memory_writer_open(&writer, NULL) != KR_OK) return;
    report_chart_json(chart, writer.stream);
    if (kr__memory_writer_commit(&writer, &bytes, &n, NULL) != KR_OK) return;
    require_object(bytes, n);
    kr_free(bytes);
}

static void check_charts(const report *r) {
    int64_t n = 0;
    for (int i = 0; i < REPORT_SECTIONS; i++) {
        for (const report_block *b = r->blocks[i]; b; b = b->next) {
            if (b->chart) check_chart(b->chart);
            n += b->chart != NULL;
        }
    }
    require(n == r->n_charts);
}

/* ---- the page --------------------------------------------------------------------------- */

/* The page without its style and its script, which are our own. */
static void blank_own(char *page, const char *own) {
    char *at = strstr(page, own);
    require(at != NULL);
    memset(at, ' ', strlen(own));
}

static void require_tags(const char *page) {
    for (const char *at = page; (at = strchr(at, '<')); at++) {
        require(isalpha((unsigned char)at[1]) || at[1] == '/' || at[1] == '!');
    }
}

/* Data for each chart, and one that is run. */
static void require_scripts(const char *page, int64_t n_charts) {
    static const char data[] = "<script type=\"application/json\">", end[] = "</script>";
    int64_t n_data = 0, n_run = 0;
    for (const char *at = page; (at = strstr(at, "<script")); at++) {
        const char *json = at + strlen(data), *stop = strstr(at, end);
        require(stop != NULL);
        if (strncmp(at, data, strlen(data)) != 0) {
            n_run++;
            continue;
        }
        require_object(json, (size_t)(stop - json));
        n_data++;
    }
    require(n_data == n_charts && n_run == 1);
}

static void check_page(const report *r) {
    kr__memory_writer writer;
    kr_error err = {0};
    void *bytes = NULL;
    size_t n = 0;
    if (kr__memory_writer_open(&writer, NULL) != KR_OK) return;
    kr_status status = report_write_page(r, writer.stream, &err);
    require_outcome(status, status == KR_OK, &err);
    fputc('\0', writer.stream);
    if (kr__memory_writer_commit(&writer, &bytes, &n, NULL) != KR_OK) return;
    char *page = bytes;
    require(strlen(page) == n - 1);
    if (status == KR_OK) {
        require_printable(page, "\n");
        blank_own(page, report_css);
        blank_own(page, report_js);
        require_tags(page);
        require_scripts(page, r->n_charts);
    }
    kr_free(bytes);
}

/* ---- the folder --------------------------------------------------------------------------- */

/* Pages with charts take long, for they are drawn; one of eight is made. */
static bool wants_page(const report *r, const uint8_t *bytes, size_t n_bytes) {
    unsigned sum = 0;
    for (size_t i = 0; i < n_bytes; i++) sum = 31 * sum + bytes[i];
    return r->n_charts == 0 || sum % 8 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    static const char *const names[] = {
        "metrics.json",  "summary.json",          "log.csv",          "pred.npy",
        "true.npy",      "evaluation.json",       "data/config.json", "maps.npz",
        "figures/a.png", "train_metrics.json",    "loss.png",         "other/log.csv",
        "notes.txt",     "training_log_next.csv", "fit.json",         "targets.csv",
        "held_out.csv",  "forecast.csv"};
    report r;
    kr_error err = {0};
    fuzz_clear();
    fuzz_write_files(bytes, n_bytes, names, sizeof names / sizeof names[0]);
    report_init(&r, fuzz_folder());
    kr_status status = report_read(&r, &err);
    require_outcome(status, status == KR_OK, &err);
    if (status == KR_OK) check_charts(&r);
    if (status == KR_OK && wants_page(&r, bytes, n_bytes)) check_page(&r);
    report_deinit(&r);
    return 0;
}
