/* SPDX-License-Identifier: MIT
 * cmd_report.c - krait report: one page of HTML about a run. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "core/platform.h"
#include "core/text.h"
#include "framework/command.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "report/report.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option options[] = {
    {OPTION_VALUE, 'o', 0, "output", "out", "FILE", "RUN_DIR/report.html", "", "the page"},
    QUIET_OPTION("print errors only"),
    SWITCH_OPTION("output", "json", "print what the page holds as JSON on standard output"),
    UNPACK_OPTION,
};

static settings report_settings = {.command = "report",
                                   .own = options,
                                   .n_own = sizeof options / sizeof options[0],
                                   .n_words = 1,
                                   .words_hint = "name one run"};

/* ---- what is said ----------------------------------------------------------------------- */

static void print_text(const report *r, const char *path, size_t n_bytes) {
    say(stdout, "Saved %s: %jd chart%s, %jd table%s, %jd picture%s, %.2f MB\n", path,
        (intmax_t)r->n_charts, kr__plural(r->n_charts), (intmax_t)r->n_tables,
        kr__plural(r->n_tables), (intmax_t)r->n_pictures, kr__plural(r->n_pictures),
        1e-6 * (double)n_bytes);
}

static bool add_lines(cJSON *object, const char *name, const report_line *line) {
    cJSON *list = cJSON_AddArrayToObject(object, name);
    for (; line && list; line = line->next) {
        if (!cJSON_AddItemToArray(list, cJSON_CreateString(line->text))) return false;
    }
    return list != NULL;
}

static kr_status make_json(const report *r, const char *path, size_t n_bytes, char **json,
                           kr_error *err) {
    cJSON *object = cJSON_CreateObject();
    if (object && kr__json_add_text(object, "path", path) &&
        kr__json_add_text(object, "title", r->title) &&
        kr__json_add_int(object, "bytes", (int64_t)n_bytes) &&
        kr__json_add_int(object, "charts", r->n_charts) &&
        kr__json_add_int(object, "tables", r->n_tables) &&
        kr__json_add_int(object, "pictures", r->n_pictures) &&
        add_lines(object, "files", r->files) && add_lines(object, "warnings", r->warnings)) {
        *json = json_print(object);
    }
    cJSON_Delete(object);
    return *json ? KR_OK : kr_fail(err, KR_MEMORY, "no memory for the summary");
}

/* ---- the run ---------------------------------------------------------------------------- */

typedef struct page {
    const report *report;
    const char *path;
} page;

static kr_status write_page(void *arg, void *result, kr_error *err) {
    const page *p = arg;
    size_t *n_bytes = result;
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(p->path, &writer, err));
    kr_status status = report_write_page(p->report, writer.stream, err);
    if (status != KR_OK) {
        kr__file_writer_abort(&writer);
        return status;
    }
    *n_bytes = kr__file_writer_size(&writer);
    return kr__file_writer_commit(&writer, err);
}

static kr_status make_report(command_call *call, report *r, kr_error *err) {
    const char *out = settings_own(&call->given, "out");
    char path[REPORT_PATH];
    size_t n_bytes = 0;
    KR_TRY(report_read(r, err));
    snprintf(path, sizeof path, "%s", out ? out : "");
    if (!out) kr__path_join(call->given.words[0], "report.html", path, sizeof path);
    KR_TRY(draw_in_child(write_page, &(page){r, path}, &n_bytes, sizeof n_bytes, err));
    for (const report_line *line = r->warnings; line; line = line->next) {
        say(stderr, "krait %s: note: %s\n", call->self->name, line->text);
    }
    if (call->is_json) return make_json(r, path, n_bytes, &call->json, err);
    if (!call->is_quiet) print_text(r, path, n_bytes);
    return KR_OK;
}

static kr_status run_request(void *arg, kr_error *err) {
    command_call *call = arg;
    report r;
    if (call->given.n_words == 0) {
        return kr_fail(err, KR_USAGE, "name the folder of a run: krait report results/..");
    }
    report_init(&r, call->given.words[0]);
    kr_status status = make_report(call, &r, err);
    report_deinit(&r);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"the page of a forecaster's run:",
     "krait report results/long_term_forecast_test_TimeStar_ETTh1_ftM_sl96_.._0"},
    {"the page of a fit: its verdict, models, forecasts and errors:", "krait report fit"},
    {"the page of a training in the current folder, also while it is running:", "krait report ."},
    {"the page under another name:", "krait report out -o next.html"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"THE PAGE",
     "One file without anything from elsewhere: it can be sent by mail, opened without a network "
     "and on a phone, and printed. Charts are drawn from the run's numbers: drag moves, two "
     "fingers or the wheel (with Ctrl, or after a click into the chart) zoom, a double click goes "
     "back, pointing shows the values. With the keyboard: arrows read value by value, + and - "
     "zoom, "
     "Shift and an arrow moves, 0 goes back. Without scripts the charts are still pictures. "
     "Pictures that other commands left as .png in the folder are taken in as they are."},
    {"FILES",
     "Read if present: fit.json, targets.csv, held_out.csv and forecast.csv of krait fit; "
     "metrics.json, summary.json, log.csv, pred.npy and true.npy of "
     "krait run; train_metrics.json and training_log_next.csv of krait train; data/config.json of "
     "krait synth; evaluation.json of krait evaluate, and the file of its --embed_out (.npz) where "
     "it "
     "lies beside it; *.png in RUN_DIR and RUN_DIR/figures. A file that is damaged is named on the "
     "page and on standard error, and the page is made of the others."},
    {NULL, NULL},
};

const command command_report = {
    .name = "report",
    .summary = "make one page of HTML about a run",
    .usage = "RUN_DIR",
    .purpose =
        "Gather what a run of krait has left in a folder into one page: its errors, losses, "
        "forecasts and figures, with values under the pointer, and its settings.",
    .settings = &report_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(command_call),
    .run = run_request,
};
