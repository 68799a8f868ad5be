/* SPDX-License-Identifier: MIT
 * report_training.c - what `krait train` and `krait synth` say of themselves: train_metrics.json,
 * config.json. */
#include <cjson/cJSON.h>
#include <math.h>

#include <kr/nextstep.h>

#include "nextstep/nextstep_config.h"
#include "report/report.h"

static void add_head(report *r, const cJSON *object, const cJSON *config) {
    r->title = report_print(r, "Next-step model, %s layers",
                            report_number(r, report_json_real(config, "n_layers")));
    r->subtitle = report_print(r, "d_model %s, d_state %s, windows of %s steps",
                               report_number(r, report_json_real(config, "d_model")),
                               report_number(r, report_json_real(config, "d_state")),
                               report_number(r, report_json_real(config, "seq_len")));
    r->command = report_print(r, "%s", report_json_text(object, "command"));
}

static void add_key_figures(report *r, const cJSON *object) {
    double peak = report_json_real(object, "peak_rss_bytes") / (1 << 20);
    const cJSON *epochs = cJSON_GetObjectItemCaseSensitive(object, "epochs");
    report_add_figure(r, "best validation MSE",
                      report_number(r, report_json_real(object, "best_val_mse")), "");
    report_add_figure(r, "best epoch", report_number(r, report_json_real(object, "best_epoch")),
                      report_print(r, "of %d", cJSON_GetArraySize(epochs)));
    report_add_figure(r, "parameters", report_count(r, report_json_real(object, "parameters")), "");
    report_add_figure(r, "speed", report_count(r, round(report_json_real(object, "tokens_per_s"))),
                      "steps/s");
    report_add_figure(r, "training", report_duration(r, report_json_real(object, "train_seconds")),
                      "");
    report_add_figure(r, "peak memory", report_number(r, round(peak)), "MiB");
}

kr_status report_read_training(report *r, const char *path, kr_error *err) {
    cJSON *object = NULL;
    KR_TRY(report_parse_json(path, &object, err));
    const cJSON *config = cJSON_GetObjectItemCaseSensitive(object, "config");
    if (!cJSON_IsObject(config)) {
        cJSON_Delete(object);
        return kr_fail(err, KR_FORMAT, "%s: is not from krait train: \"config\" is missing", path);
    }
    add_head(r, object, config);
    add_key_figures(r, object);
    report_json_settings(r, config, kr__nextstep_flags());
    report_json_pairs(r, REPORT_SETTINGS, "Run", object, "|command|");
    cJSON_Delete(object);
    return KR_OK;
}

kr_status report_read_series(report *r, const char *path, kr_error *err) {
    cJSON *object = NULL;
    KR_TRY(report_parse_json(path, &object, err));
    if (!(report_json_real(object, "n_circles") > 0)) {
        cJSON_Delete(object);
        return kr_fail(err, KR_FORMAT, "%s: is not from krait synth: \"n_circles\" is missing",
                       path);
    }
    if (!r->title) r->title = "Markov-switching circles";
    report_json_pairs(r, REPORT_SETTINGS, "Series of krait synth", object, NULL);
    cJSON_Delete(object);
    return KR_OK;
}
