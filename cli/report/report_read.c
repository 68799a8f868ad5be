/* SPDX-License-Identifier: MIT
 * report_read.c - the files of a run: which there are, and what reads them. Another kind of file
 * is a function and a row. */
#include <stdio.h>
#include <string.h>

#include "core/platform.h"
#include "report/report.h"

#include "framework/sentence.h"

const report_source report_sources[] = {
    {"fit.json", true, report_read_fit},
    {"metrics.json", true, report_read_forecast},
    {"summary.json", false, report_read_summary},
    {"log.csv", true, report_read_log},
    {"pred.npy", true, report_read_windows},
    {"train_metrics.json", true, report_read_training},
    {"training_log_next.csv", true, report_read_next_log},
    {"evaluation.json", true, report_read_layers},
    {"data/config.json", true, report_read_series},
};
const int report_n_sources = sizeof report_sources / sizeof report_sources[0];

enum { MOST_FOLDERS = 8 };

/* ---- which folder? ---------------------------------------------------------------------- */

static bool is_run(const char *folder) {
    char path[REPORT_PATH];
    for (int i = 0; i < report_n_sources; i++) {
        kr__path_join(folder, report_sources[i].name, path, sizeof path);
        if (report_sources[i].is_run && kr__file_exists(path)) return true;
    }
    return false;
}

static void append(char *text, size_t size, const char *separator, const char *more) {
    size_t n = strlen(text);
    snprintf(text + n, size - n, "%s%s", n > 0 ? separator : "", more);
}

/* Runs one or two folders below into text, separated by commas; returns how many there are. */
static int64_t find_runs(report *r, const char *folder, int depth, char *text, size_t size) {
    char **names = NULL;
    int64_t n = 0, found = 0;
    if (kr__folder_list(folder, &r->arena, &names, &n, NULL) != KR_OK) return 0;
    for (int64_t i = 0; i < n; i++) {
        char path[REPORT_PATH];
        kr__path_join(folder, names[i], path, sizeof path);
        if (!kr__is_folder(path)) continue;
        if (is_run(path)) {
            if (found < MOST_FOLDERS) append(text, size, ", ", path);
            found++;
        } else if (depth > 1) {
            found += find_runs(r, path, depth - 1, text, size);
        }
    }
    return found;
}

static kr_status refuse(report *r, kr_error *err) {
    char runs[KR_ERROR_TEXT_SIZE / 2] = "";
    if (!kr__is_folder(r->folder)) {
        return kr_fail(err, KR_USAGE, "%s: %s; name the folder of a run", r->folder,
                       kr__file_exists(r->folder) ? "is a file" : "there is no such folder");
    }
    int64_t n = find_runs(r, r->folder, 2, runs, sizeof runs);
    if (n == 0) {
        return kr_fail(err, KR_USAGE,
                       "%s: holds no run: fit.json of krait fit, metrics.json of krait run, or "
                       "train_metrics.json or training_log_next.csv of krait train, is expected "
                       "in it",
                       r->folder);
    }
    if (n == 1) {
        return kr_fail(err, KR_USAGE, "%s: holds no run itself; did you mean %s?", r->folder, runs);
    }
    return kr_fail(err, KR_USAGE, "%s: holds no run itself, but %lld below; name one: %s%s",
                   r->folder, (long long)n, runs, n > MOST_FOLDERS ? ", .." : "");
}

/* ---- reading ---------------------------------------------------------------------------- */

kr_status report_read(report *r, kr_error *err) {
    if (!is_run(r->folder)) return refuse(r, err);
    for (int i = 0; i < report_n_sources; i++) {
        char path[REPORT_PATH];
        kr_error reason = {.text = ""};
        kr__path_join(r->folder, report_sources[i].name, path, sizeof path);
        if (!kr__file_exists(path)) continue;
        kr_status status = report_sources[i].read(r, path, &reason);
        if (status == KR_MEMORY || r->is_out_of_memory) break;
        if (status == KR_OK) {
            report_add_file(r, report_sources[i].name);
        } else {
            report_add_warning(r, sentence_name_flags(reason.text, sizeof reason.text));
        }
    }
    if (!r->title) r->title = "Run";
    report_read_pictures(r);
    if (r->is_out_of_memory) {
        return kr_fail(err, KR_MEMORY, "%s: no memory for its report", r->folder);
    }
    if (r->n_files > 0) return KR_OK;
    return kr_fail(err, KR_FORMAT, "%s: nothing in it can be used: %s", r->folder,
                   r->warnings->text);
}
