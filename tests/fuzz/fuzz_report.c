/* SPDX-License-Identifier: MIT
 * fuzz_report.c - any bytes as the folder of a run (support/fuzz_files.h), and the page that `krait
 * report` makes of it. No text of a file becomes a tag or a script of the page, what its own script
 * reads is JSON, and all of it is printable UTF-8. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory_writer.h"
#include "framework/say.h"
#include "report/report.h"
#include "support/fuzz_array.h"
#include "support/fuzz_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/* ---- the page --------------------------------------------------------------------------- */

/* One character after the other is one that can be seen, or an end of a line. */
static void require_printable(const char *text) {
    char shown[PRINTABLE_MOST + 1];
    for (size_t n = 0; printable_next(text, shown, &n) > 0; text += n) {
        require(*text == '\n' || (strlen(shown) == n && memcmp(text, shown, n) == 0));
    }
}

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
        cJSON *object = cJSON_ParseWithLength(json, (size_t)(stop - json));
        require(cJSON_IsObject(object));
        cJSON_Delete(object);
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
        require_printable(page);
        blank_own(page, report_css);
        blank_own(page, report_js);
        require_tags(page);
        require_scripts(page, r->n_charts);
    }
    kr_free(bytes);
}

/* ---- the folder --------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    static const char *const names[] = {
        "metrics.json",  "summary.json",         "log.csv",          "pred.npy",
        "true.npy",      "evaluation.json",      "data/config.json", "maps.npz",
        "figures/a.png", "train_metrics.json",   "loss.png",         "other/log.csv",
        "notes.txt",     "training_log_next.csv"};
    report r;
    kr_error err = {0};
    fuzz_clear();
    fuzz_write_files(bytes, n_bytes, names, sizeof names / sizeof names[0]);
    report_init(&r, fuzz_folder());
    kr_status status = report_read(&r, &err);
    require_outcome(status, status == KR_OK, &err);
    if (status == KR_OK) check_page(&r);
    report_deinit(&r);
    return 0;
}
