/* SPDX-License-Identifier: MIT
 * run_console.c - a run as plain lines, as the original prints them; and the quiet view. */
#include <math.h>
#include <string.h>

#include "core/flags.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/forecast_config.h"
#include "framework/say.h"
#include "run/run.h"

/* ---- the settings in blocks ------------------------------------------------------------- */

/* One cell of the original's listing: its label, and the flag whose value follows. */
typedef struct cell {
    const char *label, *name;
} cell;

typedef struct block {
    const char *title;
    cell cells[16];
} block;

static const block blocks[] = {
    {"Basic Config",
     {{"Task Name:", "task_name"},
      {"Is Training:", "is_training"},
      {"Model ID:", "model_id"},
      {"Model:", "model"}}},
    {"Data Loader",
     {{"Data:", "data"},
      {"Root Path:", "root_path"},
      {"Data Path:", "data_path"},
      {"Features:", "features"},
      {"Target:", "target"},
      {"Freq:", "freq"},
      {"Checkpoints:", "checkpoints"}}},
    {"Forecasting Task",
     {{"Seq Len:", "seq_len"},
      {"Label Len:", "label_len"},
      {"Pred Len:", "pred_len"},
      {"Seasonal Patterns:", "seasonal_patterns"},
      {"Inverse:", "inverse"}}},
    {"Model Parameters",
     {{"Top k:", "top_k"},
      {"Num Kernels:", "num_kernels"},
      {"Enc In:", "enc_in"},
      {"Dec In:", "dec_in"},
      {"C Out:", "c_out"},
      {"d model:", "d_model"},
      {"n heads:", "n_heads"},
      {"e layers:", "e_layers"},
      {"d layers:", "d_layers"},
      {"d FF:", "d_ff"},
      {"Moving Avg:", "moving_avg"},
      {"Factor:", "factor"},
      {"Distil:", "distil"},
      {"Dropout:", "dropout"},
      {"Embed:", "embed"},
      {"Activation:", "activation"}}},
    {"Run Parameters",
     {{"Num Workers:", "num_workers"},
      {"Itr:", "itr"},
      {"Train Epochs:", "train_epochs"},
      {"Batch Size:", "batch_size"},
      {"Patience:", "patience"},
      {"Learning Rate:", "learning_rate"},
      {"Des:", "des"},
      {"Loss:", "loss"},
      {"Lradj:", "lradj"},
      {"Use Amp:", "amp"}}},
    {"GPU",
     {{"Use GPU:", "use_gpu"},
      {"GPU:", "gpu"},
      {"Use Multi GPU:", "use_multi_gpu"},
      {"Devices:", "devices"}}},
    {"De-stationary Projector Params",
     {{"P Hidden Dims:", "p_hidden_dims"}, {"P Hidden Layers:", "p_hidden_layers"}}},
};

/* What the original prints for flags that have no effect here. is_fixed: it stays as it is,
 * whatever was given, because it is not done here (GPU). */
static const struct {
    const char *name, *value;
    bool is_fixed;
} old_defaults[] = {
    {"seasonal_patterns", "Monthly", false},
    {"top_k", "5", false},
    {"num_kernels", "6", false},
    {"dec_in", "7", false},
    {"c_out", "7", false},
    {"num_workers", "10", false},
    {"use_gpu", "0", true},
    {"gpu", "0", false},
    {"use_multi_gpu", "0", true},
    {"devices", "0,1,2,3", false},
    {"p_hidden_dims", "128, 128", false},
    {"p_hidden_layers", "2", false},
};

static const char *old_value(const run_request *request, const char *name) {
    int count = 0;
    const kr_old_flag *old = kr__forecast_old_flags(&count);
    for (size_t i = 0; i < sizeof old_defaults / sizeof old_defaults[0]; i++) {
        if (strcmp(old_defaults[i].name, name) != 0) continue;
        for (int j = 0; j < count && j < SETTINGS_OLD_MAX && !old_defaults[i].is_fixed; j++) {
            if (strcmp(old[j].name, name) != 0) continue;
            if (*request->call.given.old_values[j]) return request->call.given.old_values[j];
        }
        return old_defaults[i].value;
    }
    return "";
}

static void print_cell(const run_view *view, const cell *c) {
    char text[KR_FORECAST_TEXT];
    const kr_flag *flag = kr__flags_find(kr__forecast_flags(), c->name);
    if (flag) kr__forecast_config_get(&view->request->config, flag, text, sizeof text);
    say(view->out, "%-20s%-20s", c->label, flag ? text : old_value(view->request, c->name));
}

static void print_blocks(const run_view *view) {
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        const block *b = &blocks[i];
        say(view->out, "%s\n", b->title);
        for (int k = 0; k < 16 && b->cells[k].label; k++) {
            if (k % 2 == 0) fprintf(view->out, "  ");
            print_cell(view, &b->cells[k]);
            bool is_last = k == 15 || !b->cells[k + 1].label;
            if (k % 2 == 1 || is_last) fputc('\n', view->out);
        }
        fputc('\n', view->out);
    }
}

/* ---- events ----------------------------------------------------------------------------- */

static void begin_plain(run_view *view) {
    fprintf(view->out, "Using cpu or mps\nArgs in experiment:\n");
    print_blocks(view);
    fprintf(view->out, "Use CPU\n");
    fflush(view->out);
}

/* %f prints a NaN with its sign; Python does not. */
static double plain_nan(double value) { return isnan(value) ? fabs((double)NAN) : value; }

static void print_training(run_view *view, const kr_forecast_event *e) {
    (void)e;
    view->last_time = kr__time_now();
    view->n_iterations = 0;
    say(view->out, ">>>>>>>start training : %s>>>>>>>>>>>>>>>>>>>>>>>>>>\n",
        view->request->now.setting);
}

static void print_step(run_view *view, const kr_forecast_event *e) {
    view->train_seconds = e->seconds;
    view->n_iterations++;
    if (e->step % 100 != 0) return;
    double now = kr__time_now();
    double per_step = (now - view->last_time) / (double)view->n_iterations;
    double left = (double)((e->epochs - e->epoch + 1) * e->steps - (e->step - 1));
    fprintf(view->out, "\titers: %jd, epoch: %jd | loss: %.7f\n", (intmax_t)e->step,
            (intmax_t)e->epoch, plain_nan(e->loss));
    fprintf(view->out, "\tspeed: %.4fs/iter; left time: %.4fs\n", per_step, per_step * left);
    fflush(view->out);
    view->last_time = now;
    view->n_iterations = 0;
}

static void print_epoch(run_view *view, const kr_forecast_event *e) {
    char seconds[KR_NUMBER_TEXT];
    say(view->out, "Epoch: %jd cost time: %s\n", (intmax_t)e->epoch,
        kr__text_number(view->train_seconds, seconds));
    fprintf(view->out,
            "Epoch: %jd, Steps: %jd | Train Loss: %.7f Vali Loss: %.7f Test Loss: %.7f\n",
            (intmax_t)e->epoch, (intmax_t)e->steps, plain_nan(e->train_loss),
            plain_nan(e->validation_loss), plain_nan(e->test_loss));
    view->last_rate = e->rate;
    view->n_iterations = 0; /* as the original, whose clock runs on */
}

/* type2 prints only when it changes the rate. */
static void print_rate(run_view *view, const kr_forecast_event *e) {
    char rate[KR_NUMBER_TEXT];
    bool is_type2 = strcmp(view->request->config.lradj, "type2") == 0;
    if (is_type2 && e->rate == view->last_rate) return;
    say(view->out, "Updating learning rate to %s\n", kr__text_number(e->rate, rate));
}

static void print_windows(run_view *view, const kr_forecast_event *e) {
    say(view->out, "%s %jd\n", e->text, (intmax_t)e->count);
    if (!view->request->config.is_training) fprintf(view->out, "loading model\n");
}

static void print_resumed(run_view *view, const kr_forecast_event *e) {
    say(view->out, "continuing from %s, epoch %jd\n", e->text, (intmax_t)e->epoch);
}

static void print_saved(run_view *view, const kr_forecast_event *e) {
    fprintf(view->out, "Validation loss decreased (%.6f --> %.6f).  Saving model ...\n",
            plain_nan(e->previous_loss), plain_nan(e->loss));
}

static void print_counter(run_view *view, const kr_forecast_event *e) {
    fprintf(view->out, "EarlyStopping counter: %jd", (intmax_t)e->count);
    if (e->patience > 0) fprintf(view->out, " out of %jd", (intmax_t)e->patience);
    fputc('\n', view->out);
}

static void print_stopped(run_view *view, const kr_forecast_event *e) {
    (void)e;
    fprintf(view->out, "Early stopping\n");
}

static void print_nonfinite(run_view *view, const kr_forecast_event *e) {
    (void)view;
    say(stderr, "krait run: warning: %s\n", e->text);
}

static void print_testing(run_view *view, const kr_forecast_event *e) {
    (void)e;
    say(view->out, ">>>>>>>testing : %s<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\n",
        view->request->now.setting);
}

static void print_dtw(run_view *view, const kr_forecast_event *e) {
    if (e->count % 100 != 0) return;
    fprintf(view->out, "calculating dtw iter: %jd\n", (intmax_t)e->count);
}

/* Events without a row print nothing; an interruption is reported by the run's error. */
static void (*const printers[])(run_view *view, const kr_forecast_event *e) = {
    [KR_EVENT_TRAINING] = print_training,     [KR_EVENT_WINDOWS] = print_windows,
    [KR_EVENT_RESUMED] = print_resumed,       [KR_EVENT_STEP] = print_step,
    [KR_EVENT_EPOCH] = print_epoch,           [KR_EVENT_SAVED] = print_saved,
    [KR_EVENT_COUNTER] = print_counter,       [KR_EVENT_RATE] = print_rate,
    [KR_EVENT_STOPPED_EARLY] = print_stopped, [KR_EVENT_NONFINITE] = print_nonfinite,
    [KR_EVENT_TESTING] = print_testing,       [KR_EVENT_DTW] = print_dtw,
};

static void event_plain(run_view *view, const kr_forecast_event *e) {
    if ((size_t)e->kind >= sizeof printers / sizeof printers[0] || !printers[e->kind]) return;
    printers[e->kind](view, e);
    if (e->kind != KR_EVENT_STEP) fflush(view->out);
}

/* ---- the result ------------------------------------------------------------------------- */

const kr_metrics *run_printed_metrics(const run_request *request,
                                      const kr_forecast_result *result) {
    return request->config.inverse ? &result->original : &result->scaled;
}

/* The original's mse and mae are float32 that print with all the digits of their double. */
const char *run_headline(const run_request *request, const kr_forecast_result *result, char *text,
                         size_t size) {
    const kr_metrics *m = run_printed_metrics(request, result);
    char mse[KR_NUMBER_TEXT], mae[KR_NUMBER_TEXT], dtw[KR_NUMBER_TEXT];
    snprintf(text, size, "mse:%s, mae:%s, dtw:%s", kr__text_number((double)(float)m->mse, mse),
             kr__text_number((double)(float)m->mae, mae),
             request->config.use_dtw ? kr__text_number(result->dtw, dtw) : "Not calculated");
    return text;
}

static void print_headline(run_view *view, const kr_forecast_result *result) {
    char text[256];
    say(view->out, "%s\n", run_headline(view->request, result, text, sizeof text));
    fflush(view->out);
}

static void result_plain(run_view *view, const kr_forecast_result *r) {
    for (int i = 0; i < 2; i++) {
        fprintf(view->out, "test shape: (%jd, %jd, %jd) (%jd, %jd, %jd)\n", (intmax_t)r->n_windows,
                (intmax_t)r->pred_len, (intmax_t)r->n_channels, (intmax_t)r->n_windows,
                (intmax_t)r->pred_len, (intmax_t)r->n_channels);
    }
    print_headline(view, r);
}

static void note_plain(run_view *view, const char *line) {
    fflush(view->out);
    say(stderr, "krait run: %s\n", line);
}

static void end_plain(run_view *view, bool is_done) {
    if (!is_done) return;
    fprintf(view->out, "----------------------Done-------------------------------------\n");
    fflush(view->out);
}

const run_view_kind run_view_plain = {begin_plain, event_plain, result_plain, note_plain,
                                      end_plain};

/* ---- quiet ------------------------------------------------------------------------------ */

static void begin_quiet(run_view *view) { (void)view; }

static void event_quiet(run_view *view, const kr_forecast_event *e) {
    (void)view;
    if (e->kind == KR_EVENT_NONFINITE) say(stderr, "krait run: warning: %s\n", e->text);
}

static void result_quiet(run_view *view, const kr_forecast_result *result) {
    if (!view->request->call.is_json && view->request->config.itr == 1)
        print_headline(view, result);
}

static void note_quiet(run_view *view, const char *line) {
    (void)view;
    (void)line;
}

static void end_quiet(run_view *view, bool is_done) {
    (void)view;
    (void)is_done;
}

const run_view_kind run_view_quiet = {begin_quiet, event_quiet, result_quiet, note_quiet,
                                      end_quiet};
