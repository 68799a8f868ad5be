/* SPDX-License-Identifier: MIT
 * forecast_run.c - a fit that looks at no past, and its forecast by the program's own predict. */
#include <inttypes.h>
#include <string.h>

#include <kr/zeroshot.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/forecast_command.h"
#include "forecast/forecaster_internal.h"
#include "framework/drawing.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/shard_output.h"

typedef struct forecasting {
    const forecast_request *request;
    kr_fit_config *config; /* what the flags say, as settings of a fit */
    predict_request *predict;
    predict_input input;
    FILE *words; /* NULL: quiet */
    kr_rows *rows;
    kr_fit *fit;
} forecasting;

/* ---- settings --------------------------------------------------------------------------- */

/* Flags that both have, by their names. */
static kr_status copy_settings(const forecast_request *r, const kr_flag_table *to, void *out,
                               kr_error *err) {
    const kr_flag_table *from = r->call.given.settings->flags();
    char text[KR_FLAG_TEXT];
    for (int i = 0; i < from->count; i++) {
        const kr_flag *flag = &from->flags[i];
        bool is_shared = kr__flags_find(to, flag->name) && strcmp(flag->name, "out") != 0;
        if (!is_shared) continue;
        kr__flag_get(flag, &r->config, text, sizeof text);
        KR_TRY(kr__flags_set(to, out, flag->name, text, err));
    }
    return KR_OK;
}

static kr_status fill_predict(forecasting *f, kr_error *err) {
    const forecast_request *r = f->request;
    const kr_flag_table *flags = command_predict.settings->flags();
    predict_request *p = f->predict;
    kr__flags_init(flags, &p->config);
    KR_TRY(copy_settings(r, flags, &p->config, err));
    memcpy(p->config.out, r->config.out, sizeof p->config.out);
    p->call = r->call;
    p->call.has_figures = false; /* the figure is that of the fit */
    p->data = r->data;
    p->rows = f->rows;
    p->is_stream = r->is_stream;
    p->model = kr_fit_forecaster(f->fit);
    p->model_name = *r->config.model ? r->config.model : "the model of the program";
    p->has_quantiles = r->has_quantiles;
    p->input = f->input.header ? &f->input : NULL;
    return KR_OK;
}

/* ---- words ------------------------------------------------------------------------------ */

static void print_horizon(const forecasting *f) {
    kr_fit_info info = {.size = sizeof info};
    kr_fit_describe(f->fit, &info);
    bool is_usual = f->request->config.horizon == 0, has_season = info.season > 1;
    bool are_two = is_usual && has_season && info.horizon == 2 * info.season;
    bool is_unknown = !has_season && !info.has_frequency;
    say(f->words, "%" PRId64 " step%s ahead", info.horizon, kr__plural(info.horizon));
    if (info.season > KR_ZEROSHOT_SEASON) {
        say(f->words, ", without the season of %" PRId64 " steps: the model knows none above %d",
            info.season, KR_ZEROSHOT_SEASON);
    } else if (has_season) {
        say(f->words, ", %s of %" PRId64, are_two ? "two seasons" : "season", info.season);
    } else {
        say(f->words, ", no season");
    }
    if (is_usual) say(f->words, "; --horizon sets another number");
    if (is_unknown) say(f->words, "%s --season tells a season", is_usual ? "," : ";");
    say(f->words, "\n");
}

static void print_model(const forecasting *f) {
    kr_zeroshot_info info = {.size = sizeof info};
    kr_zeroshot_look(kr_fit_forecaster(f->fit)->zeroshot, &info);
    say(f->words,
        "ZeroShot, %" PRId64 " parameters, learnt from %" PRId64 " simulated series%s%s\n",
        info.n_parameters, info.n_series, *f->request->config.model ? ": " : "",
        f->request->config.model);
}

static void print_all(const forecasting *f) {
    const fit_look_words words = {.path = f->request->data ? f->request->data : "standard input",
                                  .known_future = ""};
    if (!f->words) return;
    fit_print_look(f->words, &words, &f->fit->data.look);
    print_horizon(f);
    print_model(f);
}

/* ---- the run ---------------------------------------------------------------------------- */

static kr_status foresee(const forecasting *f, kr_error *err) {
    const forecast_request *r = f->request;
    kr__fit_held_out held;
    KR_TRY(kr__fit_held_out_init(&held, &f->fit->data, &f->fit->result, err));
    const fit_future future = {.request = f->predict,
                               .held = &held,
                               .figure = r->call.has_figures ? r->config.figure : NULL};
    kr_status status = fit_foresee(&future, err);
    kr__fit_held_out_deinit(&held);
    if (status == KR_OK && future.figure && f->words && !draw_has_failed()) {
        say(f->words, "Saved %s\n", future.figure);
    }
    return status;
}

static kr_status read_rows(forecasting *f, kr_error *err) {
    const char *path = f->request->data;
    if (path) return fit_read_rows(f->config, path, &f->rows, err);
    program_catch_signals();
    return forecast_first_rows(f->config, &f->input, &f->rows, err);
}

static kr_status forecast_rows(forecasting *f, kr_error *err) {
    const forecast_request *r = f->request;
    const char *model = *r->config.model ? r->config.model : NULL;
    KR_TRY(kr__fit_zeroshot(program_team(), f->config, f->rows, model, &f->fit, err));
    KR_TRY(fill_predict(f, err));
    print_all(f);
    return r->is_stream ? predict_run(f->predict, err) : foresee(f, err);
}

static kr_status run(forecasting *f, kr_error *err) {
    const forecast_request *r = f->request;
    const char *out = r->config.out;
    KR_TRY(read_rows(f, err));
    if (!*r->config.shard) return forecast_rows(f, err);
    const shard_part part = {.call = &r->call,
                             .shard = r->config.shard,
                             .table = r->call.given.settings->flags(),
                             .config = &r->config,
                             .data = r->data,
                             .rows = f->rows};
    shard_print(&part);
    if (*out) shard_note_remove(out);
    if (!shard_is_empty(f->rows)) KR_TRY(forecast_rows(f, err));
    if (!*out) return KR_OK;
    return shard_is_empty(f->rows) ? shard_write_empty(&part, out, err)
                                   : shard_note_write(&part, out, err);
}

kr_status forecast_run(const forecast_request *request, kr_error *err) {
    bool uses_stdout =
        request->call.is_json || request->is_stream || strcmp(request->config.out, "-") == 0;
    forecasting f = {.request = request};
    if (!request->call.is_quiet) f.words = uses_stdout ? stderr : stdout;
    f.config = kr__calloc(1, sizeof *f.config);
    f.predict = kr__calloc(1, sizeof *f.predict);
    kr_status status = f.config && f.predict ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory");
    if (status == KR_OK) {
        kr__flags_init(kr__fit_flags(), f.config);
        status = copy_settings(request, kr__fit_flags(), f.config, err);
    }
    if (status == KR_OK) status = run(&f, err);
    kr_fit_destroy(f.fit);
    kr_rows_destroy(f.rows);
    predict_input_deinit(&f.input);
    kr_free(f.config);
    kr_free(f.predict);
    return status;
}
