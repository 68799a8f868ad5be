/* SPDX-License-Identifier: MIT
 * cmd_train.c - krait train: train the causal next-step model on one long series. */
#include <string.h>

#include <kr/team.h>

#include "core/arena.h"
#include "core/settings_view.h"
#include "framework/launched_ranks.h"
#include "framework/output_folder.h"
#include "framework/palette_option.h"
#include "framework/profile_report.h"
#include "framework/program.h"
#include "framework/state_file.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/series_internal.h"
#include "nextstep/train.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option own_options[] = {
    OUT_DIR_OPTION,
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    PALETTE_OPTION,
    FORCE_OPTION,
    QUIET_OPTION("print the final line only"),
    JSON_OPTION("train_metrics.json"),
    UNPACK_OPTION,
    RANKS_READ_OPTION,
};

static const char *const places[] = {"save_dir", "checkpoint", NULL};

static settings train_settings = {.command = "train",
                                  .flags = kr__nextstep_flags,
                                  .old = kr__nextstep_old_flags,
                                  .own = own_options,
                                  .n_own = sizeof own_options / sizeof own_options[0],
                                  .places = places,
                                  .short_o = "save_dir",
                                  .n_words = 1,
                                  .data_setting = "data_dir"};

static kr_status make_handle(const train_request *request, kr_settings **out, kr_error *err) {
    return kr__settings_from_values(kr__nextstep_flags(), &request->config, out, err);
}

static kr_status read_request(void *arg, kr_error *err) {
    kr_settings *handle = NULL;
    KR_TRY(make_handle(arg, &handle, err));
    kr_status status = kr_nextstep_settings_check(handle, err);
    kr_settings_destroy(handle);
    return status;
}

static bool is_unused(const void *config, const char *name, char why[UNUSED_WHY]) {
    const train_config *c = config;
    bool is_of_contrast =
        strcmp(name, "contrastive_temp") == 0 || strcmp(name, "contrastive_negatives") == 0;
    if (!is_of_contrast || c->contrastive_lambda > 0) return false;
    snprintf(why, UNUSED_WHY, "`contrastive_lambda` is 0");
    return true;
}

static void list_unused(const void *arg, unused_flags *unused) {
    const train_request *request = arg;
    unused_flags_add_given(unused, &request->call.given, is_unused, &request->config);
}

/* ---- the run ---------------------------------------------------------------------------- */

typedef struct runner {
    train_request *request;
    train_view view;
    kr_status file_status; /* of the first file that could not be written while training */
    kr_error file_error;
} runner;

static void see_event(void *arg, const kr_nextstep_event *event) {
    runner *r = arg;
    train_view_event(&r->view, event);
    if (event->kind == KR_NEXTSTEP_RESUMED) output_folder_accept();
    if (event->kind != KR_NEXTSTEP_EPOCH || !ranks_is_first()) return;
    kr_error err = {.text = ""};
    kr_status status = train_report_epoch(r->request, event->records, event->n_records, &err);
    if (status == KR_OK || r->file_status != KR_OK) return;
    r->file_status = status;
    r->file_error = err;
    train_view_note(&r->view, "", err.text);
}

static void see_log(void *arg, kr_log_level level, const char *line) {
    runner *r = arg;
    if (level < KR_LOG_NOTE || (level == KR_LOG_NOTE && r->request->call.is_quiet)) return;
    train_view_note(&r->view, level == KR_LOG_NOTE ? "note: " : "warning: ", line);
}

static kr_status create(const train_request *request, int64_t n_features, kr_nextstep **out,
                        kr_error *err) {
    kr_settings *handle = NULL;
    KR_TRY(make_handle(request, &handle, err));
    kr_status status = kr_nextstep_create(program_team(), handle, n_features, out, err);
    kr_settings_destroy(handle);
    return status;
}

#define KR_READING_OWNER train_config
#define READING_WITHOUT_WORDS
#include "tables/take_reading.inc"

/* The model is trained, or with --eval loaded and validated. */
static kr_status train(runner *r, train_result *out, kr_error *err) {
    const train_config *c = &r->request->config;
    const kr_nextstep_observer observer = {.size = sizeof observer, .event = see_event, .arg = r};
    char state[TRAIN_PATH_SIZE];
    out->report.size = sizeof out->report;
    const kr_rows_options how = take_reading(c);
    const kr_series_options options = {
        .size = sizeof options, .team = program_team(), .rows = &how};
    bool sends, reads;
    KR_TRY(ranks_choose_reading(&r->request->call, &sends, &reads, err));
    if (reads) KR_TRY(kr_series_open_as(c->data_dir, &options, &out->series, err));
    if (sends) KR_TRY(kr__series_share(program_team(), &out->series, err));
    int64_t n_features = kr_series_n_features(out->series);
    KR_TRY(create(r->request, n_features, &out->model, err));
    if (*c->load) KR_TRY(kr_nextstep_load(out->model, c->load, err));
    if (*c->eval) {
        KR_TRY(kr_nextstep_load(out->model, c->eval, err));
        return kr_nextstep_evaluate(out->model, out->series, &observer, &out->report, err);
    }
    state_file_name(c->checkpoint, state, sizeof state);
    const kr_nextstep_training training = {.size = sizeof training,
                                           .observer = &observer,
                                           .checkpoint = c->checkpoint,
                                           .state = *state ? state : NULL,
                                           .resumes = c->resume};
    KR_TRY(kr_nextstep_train(out->model, out->series, &training, &out->report, err));
    out->epochs = kr_nextstep_records(out->model, &out->n_epochs);
    return KR_OK;
}

static kr_status report(runner *r, train_result *result, kr_error *err) {
    command_call *call = &r->request->call;
    train_view_result(&r->view, result);
    KR_TRY(train_report_write(r->request, &r->view, result, call->started, &call->json, err));
    profile_print(kr_nextstep_profile(result->model));
    if (r->file_status == KR_OK) return KR_OK;
    *err = r->file_error;
    return r->file_status;
}

/* A mere evaluation writes pictures alone. */
static kr_status take_folder(const train_request *r, kr_error *err) {
    static const char *const ignored[] = {"data_dir", "save_dir", "resume",
                                          "threads",  "profile",  NULL};
    const train_config *c = &r->config;
    char metrics[TRAIN_PATH_SIZE], log[TRAIN_PATH_SIZE], state[TRAIN_PATH_SIZE];
    if (*c->eval) return KR_OK;
    state_file_name(c->checkpoint, state, sizeof state);
    const output_claim claim = {.call = &r->call,
                                .folder = *c->save_dir ? c->save_dir : ".",
                                .noun = "a training",
                                .holds = {c->checkpoint, *state ? state : NULL,
                                          train_path(r, "train_metrics.json", metrics),
                                          train_path(r, "training_log_next.csv", log)},
                                .table = kr__nextstep_flags(),
                                .config = c,
                                .ignored = ignored,
                                .data = c->data_dir,
                                .elsewhere = "--out_dir",
                                .is_compared = c->resume};
    return output_folder_take(&claim, err);
}

static kr_status train_and_report(runner *r, kr_error *err) {
    train_result result = {.n_samples = 0};
    bool is_first = ranks_is_first();
    if (is_first) KR_TRY(take_folder(r->request, err));
    if (is_first) KR_TRY(train_report_probe(r->request, err));
    kr_status status = train(r, &result, err);
    ranks_leave();
    if (status == KR_OK && r->request->call.has_figures)
        status = train_samples(r->request, &result, err);
    if (status == KR_OK && is_first) status = report(r, &result, err);
    kr_nextstep_destroy(result.model);
    kr_series_destroy(result.series);
    kr_free(result.pred);
    return status;
}

static kr_status run_request(void *arg, kr_error *err) {
    train_request *request = arg;
    runner r = {.request = request, .file_status = KR_OK};
    train_view_begin(&r.view, request);
    request->call.log_arg = &r;
    kr_status status = train_and_report(&r, err);
    request->call.log_arg = NULL;
    train_view_end(&r.view);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"the series of krait synth, as the original's README does:",
     "krait train --d-state 32 --seq-len 1024 --stride 256"},
    {"frozen gates, several horizons, safetensors:",
     "krait train --gate-lr-factor 0 --max-horizon 64 --checkpoint frozen.safetensors"},
    {"any table of numbers:", "krait train data/ETTh1.csv --seq-len 336 --stride 24 --epochs 20"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"INPUT",
     "PATH, or --data_dir, is a folder with data.npz as krait synth leaves it, or a file: .npz "
     "with X of (time, features), .npy, or a table (.csv, .tsv, .xlsx, .json, .jsonl), of which "
     "columns "
     "of numbers are used and rows brought into the order of their dates. The "
     "number of features is that of the file, and is kept in the checkpoint."},
    {"OUTPUT",
     "The lines are those of the original program: a row for epochs 1 to 5, every 10th, each new "
     "best, and the last. On a terminal a bar shows the steps. Losses are means over batches; a "
     "skipped step is left out. A training that ends early says why.\n\n"
     "The first SIGINT (Ctrl-C), SIGTERM or SIGHUP finishes the step, saves, and says how to "
     "continue; the "
     "second ends at once. A training that is continued with --resume ends with the same bits as "
     "one that was never interrupted."},
    {"FILES",
     "model_next.pt: the model of the best validation loss, readable by PyTorch and the original's "
     "scripts; --checkpoint with the ending .safetensors writes that format.\n\n"
     "model_next.resume.safetensors: the state for --resume.\n\n"
     "training_log_next.csv: losses and rate of each epoch.\n\n"
     "train_metrics.json: losses, tokens a second, peak memory, settings.\n\n"
     ".krait_train.json: of which series and settings all this is. A training of others does not "
     "replace it without --force, and two programs do not work in one folder.\n\n"
     "training_loss.png, next_prediction_0.png to _2.png: figures."},
    {"MEMORY",
     "The activations of a few windows for each thread are in memory at a time. With "
     "--contrastive_lambda it is those of all windows of a batch, because the negatives may "
     "come from any of them: with the default sizes about 64 KB for each step of a window, "
     "and 4 GB in all. A smaller --batch_size needs less. The threads then share the work of "
     "each layer, in at most eight parts."},
    RANKS_SECTION("train"),
    {"DIFFERENCES",
     "The original is masked_model_gpu_mamba_next.py of MambaSynth. These flags differ:\n\n"
     "--jitter is off by default. MambaSynth has no such flag: its first versions never move "
     "windows, and since commit 9cb3675 it always does, also for validation, if --stride is "
     "above 1. --jitter does the same.\n\n"
     "--seed: initial values, split and order of the windows are those of PyTorch for the "
     "same seed, and the jitter is that of numpy. Dropout, noise, scales, rotations and the "
     "negatives of InfoNCE come from krait's own generators.\n\n"
     "--gate_lr_factor: the lowest rate of the gates is 1 % of their own rate, so 0 freezes "
     "them. In the original it is 1 % of --lr, so that they move again after the warm-up; "
     "--gate_floor upstream does this.\n\n"
     "--freeze_A stands in MambaSynth's README, but none of its programs has it. "
     "--preact_lambda is from its mamba_jepa.py; krait has nothing else of that program.\n\n"
     "Numbers are float32; on a GPU the original uses bf16 unless --no-amp is given. --amp "
     "computes matrix products in bf16 while training. --num_workers, --no_compile and "
     "--no_amp have no effect.\n\n"
     "--data_dir may be any folder or file with a series of any number of features. The "
     "original needs data.npz and config.json, and its programs that read a model assume 20 "
     "features.\n\n"
     "--warmup_epochs may equal --epochs; the original fails then. --aug_rotate_eps without "
     "--aug_rotate is an error; the original ignores it.\n\n"
     "--checkpoint holds no state of the optimiser; that is in the file for --resume. Log and "
     "figures go to --save_dir; in the original to the current folder.\n\n"
     "A step whose loss is not finite ends the training unless --on_nan says otherwise; the "
     "original continues.\n\n"
     "Flags that MambaSynth does not have are krait's own; with their defaults they change "
     "nothing."},
    {"ENVIRONMENT", "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level."},
    {NULL, NULL},
};

const command command_train = {
    .name = "train",
    .summary = "train a causal next-step Mamba model on one long series",
    .usage = "[PATH] [--flag value]...",
    .purpose =
        "Train a causal Mamba model that forecasts the next step of a series, or the steps 1, 2, 4 "
        ".. ahead, on windows of it. The flags are those of MambaSynth's training program, with "
        "the same names and defaults, and some more. The initial values, the split and the order "
        "of the windows are those of PyTorch for the same seed.",
    .settings = &train_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(train_request),
    .config = offsetof(train_request, config),
    .computes = COMPUTES,
    .catches_signals = true,
    .trains_on_ranks = true,
    .read = read_request,
    .run = run_request,
    .list_unused = list_unused,
    .log = see_log,
};
