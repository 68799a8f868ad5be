/* SPDX-License-Identifier: MIT
 * cmd_evaluate.c - krait evaluate: what the layers of a model make of its series. */
#include <inttypes.h>
#include <string.h>

#include "core/platform.h"
#include "framework/palette_option.h"
#include "framework/program.h"
#include "insides/evaluate_command.h"
#include "nextstep/model_data.h"
#include "nextstep/nextstep_config.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option own_options[] = {
    OUT_DIR_OPTION,
    SWITCH_OPTION("output", "no_figures",
                  "draw nothing; maps are made only where --embed_out or --silhouette needs them"),
    PALETTE_OPTION,
    QUIET_OPTION("print the table only"),
    JSON_OPTION("evaluation.json"),
    UNPACK_OPTION,
};

static const char *const places[] = {"save_dir", NULL};

static settings evaluate_settings = {.command = "evaluate",
                                     .flags = kr__evaluate_flags,
                                     .own = own_options,
                                     .n_own = sizeof own_options / sizeof own_options[0],
                                     .places = places,
                                     .short_o = "save_dir"};

static kr_status read_request(void *arg, kr_error *err) {
    const evaluate_config *c = &((const evaluate_request *)arg)->config;
    return *c->embed_out ? evaluate_check_ending(c->embed_out, err) : KR_OK;
}

static bool is_unused(const void *config, const char *name, char why[UNUSED_WHY]) {
    const evaluate_config *c = config;
    bool is_of_dimension = strcmp(name, "lb") == 0 || strcmp(name, "lb_points") == 0;
    if (!is_of_dimension || !c->no_lb) return false;
    snprintf(why, UNUSED_WHY, "`no_lb` leaves the dimension out");
    return true;
}

static void list_unused(const void *arg, unused_flags *unused) {
    const evaluate_request *request = arg;
    unused_flags_add_given(unused, &request->call.given, is_unused, &request->config);
}

/* ---- the run ---------------------------------------------------------------------------- */

static kr_status show_layers(evaluation *e, kr_error *err) {
    bool is_one_by_one = e->request->config.per_layer;
    for (int64_t i = 0; i < e->n_shown; i++) {
        KR_TRY(evaluate_map(e, &e->list[i], err));
        if (e->request->call.has_figures && is_one_by_one) {
            KR_TRY(evaluate_draw_one(e, &e->list[i], err));
        }
    }
    if (!e->request->call.has_figures || is_one_by_one) return KR_OK;
    bool has_velocity = e->request->config.velocity;
    return evaluate_draw_grid(
        e, 0, e->n_shown, "UMAP of intermediate representations", 3,
        has_velocity ? "representation_umap_velocity.png" : "representation_umap.png", err);
}

static kr_status show_hidden(evaluation *e, kr_error *err) {
    int64_t n = e->n - e->n_shown;
    if (e->look.out) {
        fprintf(e->look.out, "\n--- Extracting Mamba hidden states (before residual) ---\n");
        fprintf(e->look.out,
                "Extracted %" PRId64 " Mamba hidden states: (%" PRId64 ", %" PRId64 ")\n", n,
                look_steps(&e->look), e->list[e->n_shown].dim);
    }
    for (int64_t i = e->n_shown; i < e->n; i++) KR_TRY(evaluate_map(e, &e->list[i], err));
    if (!e->request->call.has_figures) return KR_OK;
    bool has_velocity = e->request->config.velocity;
    return evaluate_draw_grid(
        e, e->n_shown, n, "UMAP of Mamba hidden states (before residual)", 4,
        has_velocity ? "representation_umap_hidden_velocity.png" : "representation_umap_hidden.png",
        err);
}

static kr_status report(evaluation *e, evaluate_request *request, kr_error *err) {
    command_call *call = &request->call;
    KR_TRY(evaluate_write_maps(e, err));
    KR_TRY(evaluate_write_json(e, call->started, &call->json, err));
    if (!(call->is_quiet && call->is_json)) evaluate_print_table(e, call->words);
    return KR_OK;
}

static kr_status check(const evaluation *e, kr_error *err) {
    if (kr_series_states(e->look.series) || !e->request->config.silhouette) return KR_OK;
    return kr_fail(err, KR_USAGE, "--silhouette: %s has no states to tell the circles by",
                   kr_series_path(e->look.series));
}

#define KR_READING_OWNER evaluate_config
#define READING_WITHOUT_WORDS
#include "tables/take_reading.inc"

static kr_status run_evaluation(evaluation *e, evaluate_request *request, kr_series **series,
                                kr_error *err) {
    const evaluate_config *c = &request->config;
    const kr_nextstep *model = e->look.model;
    const kr_rows_options how = take_reading(c);
    KR_TRY(model_open_series(model, c->checkpoint, c->data_dir, &how, series, err));
    e->look.series = *series;
    KR_TRY(check(e, err));
    look_print_data(&e->look);
    model_print_loaded(e->look.out, model, c->checkpoint, "Loaded Causal Mamba checkpoint");
    if (c->stream[0] == 'w') {
        KR_TRY(model_window(model, c->checkpoint, *series, c->seq_len, &e->look.window, err));
    }
    KR_TRY(evaluate_list_layers(e, err));
    KR_TRY(kr__make_folders(*c->save_dir ? c->save_dir : ".", err));
    KR_TRY(evaluate_collect(e, err));
    KR_TRY(evaluate_dimension(e, err));
    if (evaluate_wants_maps(e->request)) {
        KR_TRY(show_layers(e, err));
        KR_TRY(show_hidden(e, err));
    }
    return report(e, request, err);
}

static kr_status run_request(void *arg, kr_error *err) {
    evaluate_request *request = arg;
    kr_nextstep *model = NULL;
    kr_series *series = NULL;
    KR_TRY(kr_nextstep_open(program_team(), request->config.checkpoint, &model, err));
    evaluation e = {.request = request, .look = {.model = model, .out = request->call.out}};
    kr_status status = run_evaluation(&e, request, &series, err);
    evaluate_release(&e);
    kr_series_destroy(series);
    kr_nextstep_destroy(model);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"maps and dimension of all layers:", "krait evaluate"},
    {"input, layers 4 and 7, a figure each, and how well the circles keep apart:",
     "krait evaluate --layers input,4,7 --per-layer --silhouette"},
    {"the dimension alone, of one pass over the series:",
     "krait evaluate --no-figures --stream chunks"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"MAPS AND NUMBERS",
     "At --umap_points steps of the series, chosen at random, the input, what each layer hands on "
     "(its residual included) and the forecast become a map by UMAP, coloured by circle; so do the "
     "outputs of the Mamba blocks before the residual, which --layers does not select. The "
     "dimension is that of Levina and Bickel over k = 10, 30 and 100 neighbours. The silhouette is "
     "near 1 when the steps of a circle lie close together and far from others, and near 0 when "
     "circles mix.\n\n"
     "--velocity puts the change to the next step beside the values of each step, so a step has "
     "twice as many numbers. At the last step of a window (with --stream chunks of the series) the "
     "change is 0, because the next window starts from an empty state."},
    {"FILES",
     "representation_umap.png, or umap_input.png, umap_layer_1.png, .., umap_output.png with "
     "--per_layer; representation_umap_hidden.png; with --velocity "
     "representation_umap_velocity.png and representation_umap_hidden_velocity.png; "
     "evaluation.json: all numbers of the table and "
     "the settings.\n\n"
     "--embed_out: steps, states and under each layer's name the places on its map."},
    {"DIFFERENCES",
     "The original is evaluate_representations.py of MambaSynth. These flags differ:\n\n"
     "--checkpoint is model_next.pt by default; in the original it is bert_model.pt, which "
     "none of its programs writes. Files whose names start with _orig_mod. can be read; the "
     "original fails.\n\n"
     "--seed: the original has no such flag. It chooses the steps with seed 42, the default "
     "here, and does not seed its maps, so two runs differ.\n\n"
     "--silhouette must be given, and measures the values as well as their maps. Since commit "
     "fe8ecbe the original always measures the maps.\n\n"
     "--velocity also applies to the outputs of the Mamba blocks, whose map gets a name of "
     "its own. Since the same commit the original does not draw them.\n\n"
     "--umap_neighbors and --pca above the number of steps are errors. --stream chunks, "
     "--seq_len, --lb, --embed_out, --save_dir, --out_dir and --no_figures are krait's own."},
    {"ENVIRONMENT", "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level."},
    {NULL, NULL},
};

const command command_evaluate = {
    .name = "evaluate",
    .summary = "map what the layers of a next-step model make of a series",
    .usage = "[--flag value]...",
    .purpose =
        "Run a series through a trained next-step model and look at what its layers hold: a UMAP "
        "of each, its intrinsic dimension, how well the circles keep apart. The flags are those of "
        "MambaSynth's evaluate_representations.py.",
    .settings = &evaluate_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(evaluate_request),
    .config = offsetof(evaluate_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
    .list_unused = list_unused,
};
