/* SPDX-License-Identifier: MIT
 * cmd_gates.c - krait gates: what steers the Mamba blocks of a model while its series runs. */

#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/json_numbers.h"
#include "framework/palette_option.h"
#include "framework/program.h"
#include "insides/gates_command.h"
#include "nextstep/model_data.h"
#include "nextstep/nextstep_config.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option own_options[] = {
    OUT_DIR_OPTION,
    SWITCH_OPTION("output", "no_figures",
                  "draw nothing; print means over each window and layer instead"),
    PALETTE_OPTION,
    QUIET_OPTION("print nothing"),
    JSON_OPTION("the numbers as JSON"),
    UNPACK_OPTION,
};

static const char *const places[] = {"save_dir", NULL};

static settings gates_settings = {.command = "gates",
                                  .flags = kr__gates_flags,
                                  .own = own_options,
                                  .n_own = sizeof own_options / sizeof own_options[0],
                                  .places = places,
                                  .short_o = "save_dir"};

static kr_status read_request(void *arg, kr_error *err) {
    const gates_request *request = arg;
    const gates_config *c = &request->config;
    if (c->umap && !request->call.has_figures) {
        return kr_fail(err, KR_USAGE, "--umap and --no_figures exclude each other");
    }
    if (c->umap && c->sample >= 0) {
        return kr_fail(
            err, KR_USAGE,
            "--umap looks at the whole series, --sample at one window; give one of them");
    }
    return KR_OK;
}

static bool is_unused(const void *config, const char *name, char why[UNUSED_WHY]) {
    static const char *const of_maps[] = {"umap_points", "umap_neighbors", "stream"};
    const gates_config *c = config;
    for (size_t i = 0; i < sizeof of_maps / sizeof of_maps[0] && !c->umap; i++) {
        if (strcmp(name, of_maps[i]) != 0) continue;
        snprintf(why, UNUSED_WHY, "there are no maps without `umap`");
        return true;
    }
    if (strcmp(name, "n_samples") != 0 || !c->umap) return false;
    snprintf(why, UNUSED_WHY, "`umap` looks at the whole series");
    return true;
}

static void list_unused(const void *arg, unused_flags *unused) {
    const gates_request *request = arg;
    unused_flags_add_given(unused, &request->call.given, is_unused, &request->config);
}

/* ---- the run ---------------------------------------------------------------------------- */

static kr_status print_json(const gates_request *request, cJSON *object, double started,
                            kr_error *err) {
    char *text = NULL;
    if (kr__json_add_number(object, "wall_seconds", kr__time_now() - started) &&
        kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss()) &&
        kr__json_add_text(object, "version", KR_VERSION_STRING) &&
        kr__json_add_text(object, "command", request->call.given.command_line)) {
        text = json_print(object);
    }
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for the summary");
    json_write(text, stdout);
    kr_free(text);
    return KR_OK;
}

static kr_status run_gates(const gates_request *request, const look *l, kr_error *err) {
    bool is_umap = request->config.umap;
    double started = kr__time_now();
    cJSON *object = cJSON_CreateObject(), *list = NULL;
    kr_status status = KR_OK;
    if (!object || !kr__json_add_text(object, "checkpoint", request->config.checkpoint) ||
        !(list = cJSON_AddArrayToObject(object, is_umap ? "maps" : "samples"))) {
        status = kr_fail(err, KR_MEMORY, "no memory for the summary");
    }
    if (status == KR_OK) {
        status = is_umap ? gates_run_maps(request, l, list, err)
                         : gates_run_windows(request, l, list, err);
    }
    if (status == KR_OK && request->call.is_json)
        status = print_json(request, object, started, err);
    cJSON_Delete(object);
    return status;
}

static kr_status check_layer(const gates_request *request, const kr_nextstep *model,
                             kr_error *err) {
    int64_t n = kr_nextstep_shape_of(model)->n_layers, layer = request->config.layer;
    if (layer <= n) return KR_OK;
    return kr_fail(err, KR_USAGE, "--layer %lld: the model has layers 1 to %lld", (long long)layer,
                   (long long)n);
}

#define KR_READING_OWNER gates_config
#define READING_WITHOUT_WORDS
#include "tables/take_reading.inc"

static kr_status open_and_run(const gates_request *request, const kr_nextstep *model,
                              kr_series **series, kr_error *err) {
    const gates_config *c = &request->config;
    look l = {.model = model, .out = request->call.out};
    KR_TRY(check_layer(request, model, err));
    model_print_loaded(l.out, model, c->checkpoint, "Loaded checkpoint");
    const kr_rows_options how = take_reading(c);
    KR_TRY(model_open_series(model, c->checkpoint, c->data_dir, &how, series, err));
    l.series = *series;
    KR_TRY(model_window(model, c->checkpoint, *series, c->seq_len, &l.window, err));
    if (c->umap && c->stream[0] == 'c') l.window = 0;
    if (request->call.has_figures && *c->save_dir) KR_TRY(kr__make_folders(c->save_dir, err));
    return run_gates(request, &l, err);
}

static kr_status run_request(void *arg, kr_error *err) {
    const gates_request *request = arg;
    kr_nextstep *model = NULL;
    kr_series *series = NULL;
    KR_TRY(kr_nextstep_open(program_team(), request->config.checkpoint, &model, err));
    kr_status status = open_and_run(request, model, &series, err);
    kr_series_destroy(series);
    kr_nextstep_destroy(model);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"three windows, all layers in short, the first and the last in full:", "krait gates"},
    {"layer 7 in the first of these windows:", "krait gates --layer 7 --sample 0"},
    {"maps of all gates by layer:", "krait gates --umap"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"FILES",
     "gates_summary_0.png, ..: states, input, mean step size of every layer. gates_layer7_0.png, "
     "..: states, input, step sizes and output gates of the first 64 channels, lengths of B and C, "
     "mean step size of one layer.\n\n"
     "gates_umap_delta.png, gates_umap_zgate.png, gates_umap_B.png, gates_umap_C.png, "
     "gates_umap_xconv.png: with --umap."},
    {"ENVIRONMENT", "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level."},
    {NULL, NULL},
};

const command command_gates = {
    .name = "gates",
    .summary = "draw what steers the blocks of a next-step model",
    .usage = "[--flag value]...",
    .purpose =
        "Draw what a trained next-step model decides at every step of its series: the step size Δ "
        "of each channel (how much of the input enters the state), the output gate SiLU(z), B "
        "(input to state), C (state to output), and the input of the scan. The flags are those of "
        "MambaSynth's visualize_gates.py.",
    .settings = &gates_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(gates_request),
    .config = offsetof(gates_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
    .list_unused = list_unused,
};
