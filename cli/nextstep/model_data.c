/* SPDX-License-Identifier: MIT
 * model_data.c - do model and series fit together, and what is said about them. */
#include "nextstep/model_data.h"
#include "core/text.h"
#include "framework/program.h"
#include "framework/say.h"

void model_print_loaded(FILE *out, const kr_nextstep *model, const char *checkpoint,
                        const char *what) {
    const char *epoch = kr_nextstep_value(model, "epoch");
    const char *loss = kr_nextstep_value(model, "val_loss");
    double value = 0;
    if (!out) return;
    if (epoch && loss && kr__text_real(loss, &value)) {
        say(out, "%s from epoch %s  (val MSE %.4f)\n", what, epoch, value);
    } else {
        say(out, "Loaded %s\n", checkpoint);
    }
}

kr_status model_open_series(const kr_nextstep *model, const char *checkpoint, const char *data_dir,
                            const kr_rows_options *how, kr_series **out, kr_error *err) {
    kr_series *series = NULL;
    int64_t want = kr_nextstep_shape_of(model)->n_features;
    kr_rows_options rows = *how;
    const kr_series_options options = {
        .size = sizeof options, .team = program_team(), .rows = &rows};
    if (!rows.reading) rows.reading = kr_nextstep_reading(model);
    KR_TRY(kr_series_open_as(data_dir, &options, &series, err));
    if (kr_series_n_features(series) == want) {
        kr_status status = kr_nextstep_check_columns(model, series, err);
        if (status == KR_OK) *out = series;
        if (status != KR_OK) kr_series_destroy(series);
        return status;
    }
    kr_fail(err, KR_USAGE,
            "%s: has %lld features, but %s was trained on %lld; use the model's own data",
            kr_series_path(series), (long long)kr_series_n_features(series), checkpoint,
            (long long)want);
    kr_series_destroy(series);
    return KR_USAGE;
}

kr_status model_window(const kr_nextstep *model, const char *checkpoint, const kr_series *series,
                       int64_t given, int64_t *out, kr_error *err) {
    bool is_told = kr_nextstep_value(model, "args.seq_len") || kr_nextstep_value(model, "config");
    int64_t n = given;
    if (n == 0 && is_told) n = kr_settings_int(kr_nextstep_settings(model), "seq_len");
    if (n == 0) {
        return kr_fail(err, KR_USAGE, "%s does not say how long its windows were; give --seq_len",
                       checkpoint);
    }
    if (kr_series_n_steps(series) < n) {
        return kr_fail(err, KR_USAGE, "%s: has %lld steps, fewer than a window of --seq_len %lld",
                       kr_series_path(series), (long long)kr_series_n_steps(series), (long long)n);
    }
    *out = n;
    return KR_OK;
}
