/* SPDX-License-Identifier: MIT
 * cmd_pretrain.c - krait pretrain: train a zero-shot model on simulated series. */
#include <kr/zeroshot.h>
#include <string.h>

#include "core/arena.h"
#include "core/settings_view.h"
#include "core/text.h"
#include "fit/fit_command.h"
#include "forecast/study_known.h"
#include "framework/json_numbers.h"
#include "framework/launched_ranks.h"
#include "framework/output_folder.h"
#include "framework/program.h"
#include "framework/progress.h"
#include "framework/say.h"
#include "framework/state_file.h"
#include "tables/rows_internal.h"
#include "zeroshot/zeroshot_internal.h"

enum { PATH_SIZE = 1024 };

typedef struct pretrain_request {
    command_call call;
    kr_zeroshot_settings config;
} pretrain_request;

/* ---- the request -------------------------------------------------------------------------- */

static const option own_options[] = {
    FORCE_OPTION,
    QUIET_OPTION("print nothing"),
    JSON_OPTION("losses and sizes"),
    RANKS_READ_OPTION,
};

static settings pretrain_settings = {.command = "pretrain",
                                     .flags = kr__zeroshot_flags,
                                     .own = own_options,
                                     .n_own = sizeof own_options / sizeof own_options[0],
                                     .short_o = "checkpoint"};

static kr_status make_handle(const pretrain_request *request, kr_settings **out, kr_error *err) {
    return kr__settings_from_values(kr__zeroshot_flags(), &request->config, out, err);
}

static kr_status read_request(void *arg, kr_error *err) {
    const kr_zeroshot_settings *unused = NULL;
    kr_settings *handle = NULL;
    KR_TRY(make_handle(arg, &handle, err));
    kr_status status = kr__zeroshot_settings_view(handle, &unused, err);
    kr_settings_destroy(handle);
    return status;
}

/* ---- the run ------------------------------------------------------------------------------ */

typedef struct runner {
    const pretrain_request *request;
    kr__known_series own;
    progress_line progress;
    int64_t bar_epoch;
    kr_epoch_record last;
} runner;

static void show_step(runner *r, const kr_zeroshot_event *e) {
    char text[PROGRESS_LABEL], note[80];
    if (!r->request->call.out) return;
    if (r->bar_epoch != e->epoch) {
        snprintf(text, sizeof text, "epoch %jd/%jd", (intmax_t)e->epoch, (intmax_t)e->epochs);
        progress_start(&r->progress, stderr, text, e->step - 1, e->steps);
        r->bar_epoch = e->epoch;
    }
    snprintf(note, sizeof note, "loss %.4f", e->loss);
    progress_update(&r->progress, e->step, note);
}

static void show_epoch(runner *r, const kr_zeroshot_event *e) {
    FILE *out = r->request->call.out;
    r->last = *e->record;
    progress_clear(&r->progress);
    r->bar_epoch = 0;
    if (!out) return;
    say(out, "%-8jd%-13.4f%-13.4f%-13.6f%.1f\n", (intmax_t)e->record->epoch, e->record->train_loss,
        e->record->validation_loss, e->record->rate, e->record->total_seconds);
    fflush(out);
}

static void see_event(void *arg, const kr_zeroshot_event *event) {
    runner *r = arg;
    output_folder_accept(); /* nothing happens before the state is */
    if (event->kind == KR_ZEROSHOT_STEP) {
        show_step(r, event);
    } else if (event->kind == KR_ZEROSHOT_EPOCH) {
        show_epoch(r, event);
    } else {
        progress_clear(&r->progress);
        say(stderr, "krait pretrain: %s\n", event->text);
    }
}

static void print_series(const runner *r, const kr_zeroshot_settings *c) {
    FILE *out = r->request->call.out;
    say(out, "Training: %jd epochs of %jd steps of %jd simulated series\n", (intmax_t)c->epochs,
        (intmax_t)c->steps, (intmax_t)c->batch_size);
    if (r->own.n == 0) return;
    say(out, "  %g of them instead windows of %jd series of %s", c->share, (intmax_t)r->own.n,
        c->data);
    if (c->held > 0) say(out, ", of each the last %g for validation", c->held);
    say(out, "\n");
}

static void print_model(const runner *r, const kr_zeroshot *model) {
    const kr_zeroshot_settings *c = &model->settings;
    kr_zeroshot_info info = {.size = sizeof info};
    kr_zeroshot_look(model, &info);
    FILE *out = r->request->call.out;
    if (!out) return;
    say(out, "Zero-shot model: %jd parameters%s%s\n", (intmax_t)info.n_parameters,
        *c->load ? ", going on from " : "", c->load);
    say(out, "  d_model=%jd, layers=%jd, d_state=%jd, d_hidden=%jd; %jd values of the past\n",
        (intmax_t)c->d_model, (intmax_t)c->n_layers, (intmax_t)c->d_state, (intmax_t)c->d_hidden,
        (intmax_t)info.longest);
    print_series(r, c);
    say(out, "\n");
    say(out, "%-8s%-13s%-13s%-13s%s\n", "Epoch", "Train loss", "Val loss", "LR", "Seconds");
    fflush(out);
}

static char *make_json(const runner *r, const kr_zeroshot *model) {
    kr_zeroshot_info info = {.size = sizeof info};
    cJSON *root = cJSON_CreateObject();
    kr_zeroshot_look(model, &info);
    bool is_good = root && kr__json_add_text(root, "checkpoint", r->request->config.checkpoint) &&
                   kr__json_add_int(root, "parameters", info.n_parameters) &&
                   kr__json_add_int(root, "series", info.n_series) &&
                   kr__json_add_int(root, "epochs", r->last.epoch) &&
                   kr__json_add_number(root, "train_loss", r->last.train_loss) &&
                   kr__json_add_number(root, "validation_loss", r->last.validation_loss);
    char *text = is_good ? json_print(root) : NULL;
    cJSON_Delete(root);
    return text;
}

static kr_status create(const pretrain_request *request, kr_zeroshot **out, kr_error *err) {
    kr_settings *handle = NULL;
    KR_TRY(make_handle(request, &handle, err));
    kr_status status = kr_zeroshot_create(program_team(), handle, out, err);
    kr_settings_destroy(handle);
    return status;
}

/* The folder of the model, and what it is called there. */
static const char *split(const char *checkpoint, char folder[PATH_SIZE]) {
    const char *slash = strrchr(checkpoint, '/');
    snprintf(folder, PATH_SIZE, "%.*s", slash ? (int)(slash - checkpoint) + 1 : 1,
             slash ? checkpoint : ".");
    return slash ? slash + 1 : checkpoint;
}

/* Before hours of training: is it somebody else's, and can it be written? Of what goes into a
 * device nothing stays that could be. */
static kr_status take_place(const pretrain_request *r, const char *state, kr_error *err) {
    static const char *const ignored[] = {"checkpoint", "resume", "max_seconds", "threads", NULL};
    const char *checkpoint = r->config.checkpoint;
    char folder[PATH_SIZE];
    const char *name = split(checkpoint, folder);
    const output_claim claim = {.call = &r->call,
                                .folder = folder,
                                .of = name,
                                .noun = "a training",
                                .holds = {checkpoint, state},
                                .table = kr__zeroshot_flags(),
                                .config = &r->config,
                                .ignored = ignored,
                                .data = *r->config.data ? r->config.data : "simulated",
                                .elsewhere = "--checkpoint",
                                .is_compared = r->config.resume};
    if (*state) KR_TRY(output_folder_take(&claim, err));
    return kr__file_probe(checkpoint, err);
}

static kr_status train(runner *r, kr_zeroshot *model, const char *state, kr_error *err) {
    const kr_zeroshot_settings *c = &r->request->config;
    print_model(r, model);
    const kr_zeroshot_training training = {.size = sizeof training,
                                           .state = *state ? state : NULL,
                                           .resumes = c->resume,
                                           .event = see_event,
                                           .arg = r,
                                           .own = r->own.list,
                                           .n_own = r->own.n};
    kr_status status = kr_zeroshot_train(model, &training, err);
    progress_clear(&r->progress);
    if (status == KR_INTERRUPTED && *state) {
        kr_error_append(err, "; %s is saved; the same command with `resume` continues", state);
    }
    KR_TRY(status);
    ranks_leave();
    if (!ranks_is_first()) return KR_OK;
    output_folder_accept();
    KR_TRY(kr_zeroshot_save(model, c->checkpoint, err));
    if (r->request->call.out) say(r->request->call.out, "Saved %s\n", c->checkpoint);
    return KR_OK;
}

/* The series of `data`, as krait forecast would take them. */
static kr_status read_table(runner *r, kr_fit_config *config, kr_error *err) {
    kr_rows *rows = NULL;
    kr_fit *fit = NULL;
    kr__flags_init(kr__fit_flags(), config);
    config->horizon = 0; /* the usual one: no rows are held back for it */
    config->season = r->request->config.season;
    bool sends, reads;
    KR_TRY(ranks_choose_reading(&r->request->call, &sends, &reads, err));
    if (reads) KR_TRY(fit_read_rows(config, r->request->config.data, &rows, err));
    kr_status status = sends ? kr__rows_share(program_team(), &rows, err) : KR_OK;
    if (status == KR_OK) status = kr__fit_zeroshot(program_team(), config, rows, NULL, &fit, err);
    if (status == KR_OK) status = kr__known_series_init(fit->result.study, true, &r->own, err);
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
    return status;
}

static kr_status read_own(runner *r, kr_error *err) {
    if (!*r->request->config.data) return KR_OK;
    kr_fit_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    kr_status status = read_table(r, config, err);
    kr_free(config);
    return status;
}

static kr_status run_request(void *arg, kr_error *err) {
    pretrain_request *request = arg;
    runner r = {.request = request};
    kr_zeroshot *model = NULL;
    char state[PATH_SIZE];
    state_file_name(request->config.checkpoint, state, sizeof state);
    if (ranks_is_first()) KR_TRY(take_place(request, state, err));
    kr_status status = read_own(&r, err);
    if (status == KR_OK) status = create(request, &model, err);
    if (status == KR_OK) status = train(&r, model, state, err);
    if (status == KR_OK && request->call.is_json) {
        request->call.json = make_json(&r, model);
        if (!request->call.json) status = kr_fail(err, KR_MEMORY, "out of memory for the output");
    }
    kr_zeroshot_destroy(model);
    kr__known_series_deinit(&r.own);
    return status;
}

/* ---- the row ------------------------------------------------------------------------------ */

static const command_text examples[] = {
    {"a small model in ten minutes:", "krait pretrain --max-seconds 600 -o small.safetensors"},
    {"monthly and quarterly series alone:",
     "krait pretrain --seasons 12=2,4 --families arima,smoothing,business"},
    {"go on from the model of the program, with the series of a table:",
     "krait pretrain --load zero-shot --data sales.csv --epochs 4 --lr 0.0002 -o "
     "sales.safetensors"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"FILES",
     "zero_shot.safetensors: the model, for krait forecast --model.\n\n"
     "zero_shot.resume.safetensors: the state for --resume, saved after each epoch and when the "
     "training is stopped.\n\n"
     ".krait_pretrain.zero_shot.safetensors.json: of which settings both are. A training of others "
     "does not replace them without --force."},
    RANKS_SECTION("pretrain"),
    {"OUTPUT",
     "Losses are means of the pinball loss over nine quantiles, in units of each series' own "
     "seasonal differences; the second is that of simulated series of another seed."},
    {NULL, NULL},
};

const command command_pretrain = {
    .name = "pretrain",
    .summary = "train a model that forecasts series it has never seen, on simulated ones",
    .usage = "[--flag value]...",
    .purpose =
        "Train a zero-shot model: Mamba blocks over the past, and a choice among simple "
        "forecasts, learnt from series that are simulated as the training runs. The same "
        "settings and seed give the same bits for any number of threads.",
    .settings = &pretrain_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(pretrain_request),
    .config = offsetof(pretrain_request, config),
    .computes = COMPUTES,
    .catches_signals = true,
    .trains_on_ranks = true,
    .read = read_request,
    .run = run_request,
};
