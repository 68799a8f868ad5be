/* SPDX-License-Identifier: MIT
 * cmd_generate.c - krait generate: let a trained model continue a series. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include <kr/figures.h>
#include <kr/series.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/pcg64.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/palette_option.h"
#include "framework/program.h"
#include "framework/progress.h"
#include "framework/say.h"
#include "nextstep/generate_command.h"
#include "nextstep/model_data.h"
#include "nextstep/nextstep_config.h"

enum { PATH_SIZE = KR_FLAG_TEXT + 64 };

/* ---- the request ------------------------------------------------------------------------ */

static const option own_options[] = {
    OUT_DIR_OPTION,
    SWITCH_OPTION(
        "output", "stream",
        "read observations from standard input, one per line, and print the forecast of the next "
        "step as each arrives; with --gen_len, generated steps follow at the end"),
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    PALETTE_OPTION,
    QUIET_OPTION("print nothing but the errors against the truth"),
    JSON_OPTION("the samples and their errors as JSON"),
    UNPACK_OPTION,
};

static const char *const places[] = {"save_dir", NULL};

static settings generate_settings = {.command = "generate",
                                     .flags = kr__generate_flags,
                                     .own = own_options,
                                     .n_own = sizeof own_options / sizeof own_options[0],
                                     .places = places,
                                     .short_o = "out"};

static kr_status read_request(void *arg, kr_error *err) {
    generate_request *request = arg;
    request->is_stream = settings_own(&request->call.given, "stream");
    if (request->is_stream && request->call.is_json) {
        return kr_fail(err, KR_USAGE, "--stream and --json exclude each other");
    }
    return *request->config.out ? kr_series_check_ending(request->config.out, err) : KR_OK;
}

/* As in the original, such a command runs, but without bursts. */
static bool is_unused(const void *config, const char *name, char why[UNUSED_WHY]) {
    const generate_config *c = config;
    bool is_of_bursts = strncmp(name, "perturb_", 8) == 0 && strcmp(name, "perturb_interval") != 0;
    if (!is_of_bursts || c->perturb_interval > 0) return false;
    snprintf(why, UNUSED_WHY, "there are no bursts without `perturb_interval`");
    return true;
}

static void list_unused(const void *arg, unused_flags *unused) {
    const generate_request *request = arg;
    unused_flags_add_given(unused, &request->call.given, is_unused, &request->config);
}

/* ---- samples ---------------------------------------------------------------------------- */

typedef struct samples {
    const generate_request *request;
    const kr_nextstep *model;
    kr_series *series;
    kr_nextstep_stream *stream;
    int64_t count, *windows; /* windows of seed_len + gen_len steps, seed_len apart */
    float *steps;            /* (count, gen_len, n_features): generated */
    double *errors;          /* (count): mean squared error against the true steps */
    double seconds;          /* time of all generated steps */
    FILE *out;
} samples;

static kr_status choose_windows(samples *s, kr_error *err) {
    const generate_config *c = &s->request->config;
    int64_t n =
        kr_windows_count(kr_series_n_steps(s->series), c->seed_len + c->gen_len, c->seed_len);
    if (n == 0) {
        return kr_fail(err, KR_USAGE,
                       "%s: has %lld steps, fewer than --seed_len %lld and --gen_len %lld together",
                       kr_series_path(s->series), (long long)kr_series_n_steps(s->series),
                       (long long)c->seed_len, (long long)c->gen_len);
    }
    if (c->seed_offset >= n) {
        return kr_fail(err, KR_USAGE, "--seed_offset %lld: there are windows 0 to %lld",
                       (long long)c->seed_offset, (long long)n - 1);
    }
    s->count = c->seed_offset >= 0 ? 1 : c->n_samples < n ? c->n_samples : n;
    s->windows = kr__calloc((size_t)n, sizeof *s->windows);
    size_t size = (size_t)c->gen_len * (size_t)kr_series_n_features(s->series);
    s->steps = kr__calloc((size_t)s->count * size, sizeof *s->steps);
    s->errors = kr__calloc((size_t)s->count, sizeof *s->errors);
    if (!s->windows || !s->steps || !s->errors) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld samples of %lld steps",
                       (long long)s->count, (long long)c->gen_len);
    }
    kr_pcg64 rng = kr__pcg64_make((uint64_t)c->seed);
    if (c->seed_offset >= 0) {
        s->windows[0] = c->seed_offset;
    } else {
        kr__pcg64_choose(&rng, n, s->count, s->windows);
    }
    return KR_OK;
}

static void print_sample(const samples *s, int64_t i) {
    const generate_config *c = &s->request->config;
    char number[KR_NUMBER_TEXT], perturb[KR_NUMBER_TEXT + 64] = "";
    if (!s->out) return;
    if (c->perturb_interval > 0) {
        snprintf(perturb, sizeof perturb, ", perturb every %jd @ %s", (intmax_t)c->perturb_interval,
                 kr__text_number(c->perturb_scale, number));
    }
    say(s->out, "\nSample %jd: seeding with %jd steps, generating %jd steps (temperature=%s%s)\n",
        (intmax_t)i, (intmax_t)c->seed_len, (intmax_t)c->gen_len,
        kr__text_number(c->temperature, number), perturb);
    fflush(s->out);
}

static kr_status generate_sample(samples *s, int64_t i, kr_error *err) {
    enum { LOOK = 64 /* steps between two updates of the bar */ };
    const generate_config *c = &s->request->config;
    int64_t f = kr_series_n_features(s->series), start = s->windows[i] * c->seed_len;
    const float *context = kr_series_values(s->series) + start * f,
                *truth = context + c->seed_len * f;
    float *steps = s->steps + i * c->gen_len * f;
    progress_line progress = {0};
    char label[40];
    snprintf(label, sizeof label, "sample %jd", (intmax_t)i);
    progress_start(&progress, s->out ? stderr : NULL, label, 0, c->gen_len);
    kr_nextstep_stream_reset(s->stream);
    kr_nextstep_stream_push(s->stream, c->seed_len, context);
    double sum = 0, started = kr__time_now();
    for (int64_t t = 0; t < c->gen_len; t++) {
        if (t % LOOK == 0) progress_update(&progress, t, NULL);
        kr_nextstep_stream_generate(s->stream, steps + t * f);
        for (int64_t k = 0; k < f; k++) {
            double e = (double)steps[t * f + k] - (double)truth[t * f + k];
            sum += e * e;
        }
    }
    progress_clear(&progress);
    s->seconds += kr__time_now() - started;
    s->errors[i] = sum / (double)(c->gen_len * f);
    if (isfinite(sum)) return KR_OK;
    return kr_fail(err, KR_NUMERIC,
                   "%s: sample %lld is not a number: what the model computes leaves the range of "
                   "float; lower --temperature and --perturb_scale, or train it again",
                   s->request->config.checkpoint, (long long)i);
}

/* ---- files ------------------------------------------------------------------------------ */

static const char *name_figure(const samples *s, const char *kind, int64_t i,
                               char path[PATH_SIZE]) {
    char name[64];
    snprintf(name, sizeof name, "%s_%jd.png", kind, (intmax_t)i);
    return kr__path_join(s->request->config.save_dir, name, path, PATH_SIZE);
}

typedef struct picture {
    const samples *samples;
    int64_t i;
} picture;

static kr_status draw_sample(const void *arg, kr_error *err) {
    const samples *s = ((const picture *)arg)->samples;
    int64_t i = ((const picture *)arg)->i;
    const generate_config *c = &s->request->config;
    int64_t f = kr_series_n_features(s->series), start = s->windows[i] * c->seed_len;
    const int64_t *states = kr_series_states(s->series);
    const float *values = kr_series_values(s->series) + start * f,
                *steps = s->steps + i * c->gen_len * f;
    kr_series_part context = {.size = sizeof context,
                              .n_steps = c->seed_len,
                              .n_features = f,
                              .values = kr_values_f32(values, c->seed_len * f, 1),
                              .states = states ? states + start : NULL,
                              .first_step = start,
                              .palette = s->request->call.palette};
    kr_series_part truth = {.size = sizeof truth,
                            .n_steps = c->gen_len,
                            .n_features = f,
                            .values = kr_values_f32(values + c->seed_len * f, c->gen_len * f, 1),
                            .states = states ? states + start + c->seed_len : NULL,
                            .first_step = start + c->seed_len,
                            .palette = s->request->call.palette};
    char path[PATH_SIZE];
    KR_TRY(kr_figure_generation(name_figure(s, "generation", i, path), &context, c->gen_len, steps,
                                err));
    if (s->out) say(s->out, "Saved %s\n", path);
    if (s->out) fprintf(s->out, "  MSE vs ground truth: %.4f\n", s->errors[i]);
    KR_TRY(kr_figure_generation_and_truth(name_figure(s, "generation_vs_gt", i, path), &truth,
                                          steps, err));
    if (s->out) say(s->out, "  Saved %s\n", path);
    return KR_OK;
}

static kr_status write_steps(const samples *s, kr_error *err) {
    const generate_config *c = &s->request->config;
    const int64_t shape[] = {s->count * c->gen_len, kr_series_n_features(s->series)};
    kr_array X;
    if (!*c->out) return KR_OK;
    KR_TRY(kr_array_view("X", KR_DTYPE_F32, 2, shape, s->steps, &X, err));
    KR_TRY(kr_series_write(c->out, &X, NULL, err));
    if (s->out) say(s->out, "\nSaved %s\n", c->out);
    return KR_OK;
}

static kr_status print_json(const samples *s, kr_error *err) {
    const generate_config *c = &s->request->config;
    cJSON *object = cJSON_CreateObject(), *list = NULL;
    char *text = NULL;
    bool is_made = object && kr__json_add_text(object, "checkpoint", c->checkpoint) &&
                   (list = cJSON_AddArrayToObject(object, "samples"));
    for (int64_t i = 0; i < s->count && is_made; i++) {
        cJSON *item = cJSON_CreateObject();
        is_made = item && cJSON_AddItemToArray(list, item) &&
                  kr__json_add_int(item, "window", s->windows[i]) &&
                  kr__json_add_int(item, "first_step", (s->windows[i] + 1) * c->seed_len) &&
                  kr__json_add_number(item, "mse", s->errors[i]);
    }
    double step_ms = 1e3 * s->seconds / (double)(s->count * c->gen_len);
    is_made =
        is_made && kr__json_add_number(object, "step_ms", step_ms) &&
        kr__json_add_number(object, "wall_seconds", kr__time_now() - s->request->call.started) &&
        kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss()) &&
        kr__json_add_text(object, "version", KR_VERSION_STRING) &&
        kr__json_add_text(object, "command", s->request->call.given.command_line);
    if (is_made) text = json_print(object);
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for the summary");
    json_write(text, stdout);
    kr_free(text);
    return KR_OK;
}

/* ---- the run ---------------------------------------------------------------------------- */

#define KR_READING_OWNER generate_config
#define READING_WITHOUT_WORDS
#include "tables/take_reading.inc"

/* Unless the line of a figure has said it already. */
static void print_error(const samples *s, int64_t i, bool has_figures) {
    if (s->request->call.is_quiet ? s->request->call.is_json : has_figures) return;
    fprintf(s->out ? s->out : stdout, "  MSE vs ground truth: %.4f\n", s->errors[i]);
}

static kr_status run_samples(samples *s, kr_error *err) {
    const generate_config *c = &s->request->config;
    bool has_figures = s->request->call.has_figures;
    model_print_loaded(s->out, s->model, c->checkpoint, "Loaded checkpoint");
    const kr_rows_options how = take_reading(c);
    KR_TRY(model_open_series(s->model, c->checkpoint, c->data_dir, &how, &s->series, err));
    KR_TRY(choose_windows(s, err));
    KR_TRY(generate_open(s->model, c, &s->stream, err));
    if (has_figures && *c->save_dir) KR_TRY(kr__make_folders(c->save_dir, err));
    for (int64_t i = 0; i < s->count; i++) {
        print_sample(s, i);
        KR_TRY(generate_sample(s, i, err));
        if (has_figures) KR_TRY(draw_apart(draw_sample, &(picture){s, i}, err));
        print_error(s, i, has_figures);
    }
    KR_TRY(write_steps(s, err));
    return s->request->call.is_json ? print_json(s, err) : KR_OK;
}

static kr_status run_request(void *arg, kr_error *err) {
    const generate_request *request = arg;
    kr_nextstep *model = NULL;
    KR_TRY(kr_nextstep_open(program_team(), request->config.checkpoint, &model, err));
    kr_status status = KR_OK;
    if (request->is_stream) {
        program_catch_signals();
        status = generate_stream(request, model, err);
    } else {
        samples s = {.request = request, .model = model, .out = request->call.out};
        status = run_samples(&s, err);
        kr_nextstep_stream_destroy(s.stream);
        kr_series_destroy(s.series);
        kr_free(s.windows);
        kr_free(s.steps);
        kr_free(s.errors);
    }
    kr_nextstep_destroy(model);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"three samples of 512 steps after 64 of the series:", "krait generate"},
    {"bursts of noise in the first two layers every 200 steps:",
     "krait generate --gen-len 2048 --perturb-interval 200 --perturb-duration 5 --perturb-hidden "
     "--perturb-layers 2"},
    {"a forecast for each observation as it arrives:",
     "tail -n +1 -f sensor.csv | krait generate --stream --checkpoint sensor.pt"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"STREAM",
     "With --stream each line of standard input is one observation: the model's features as "
     "numbers, with commas or blanks between them. A first line of names is skipped. For each the "
     "forecast of the next step is written as a line of numbers with commas. Time and memory per "
     "step do not grow. When the input ends and --gen_len was given, as many generated steps "
     "follow."},
    {"FILES",
     "generation_0.png, ..: context and generated steps. generation_vs_gt_0.png, ..: generated "
     "steps beside the true ones, and their difference."},
    {"DIFFERENCES",
     "The original is generate.py of MambaSynth. These flags differ:\n\n"
     "--seed also seeds the noise; in the original it only chooses the windows, and the noise "
     "differs from run to run. The windows are those of numpy for the same seed; the noise "
     "comes from krait's own generator.\n\n"
     "--seed_offset is the number of a window, as in the original, whose help calls it a "
     "starting index: the context starts at step seed_offset * seed_len.\n\n"
     "--perturb_hidden without --perturb_interval does nothing, as in the original; a note says "
     "so.\n\n"
     "Each step is computed from the state of the steps before; the original runs the whole "
     "series through the model for each step. A burst in hidden layers is not remembered by "
     "later steps, as in the original.\n\n"
     "Numbers are float32; on a GPU the original uses bf16. --stream, --out, --out_dir, "
     "--threads and --no_figures are krait's own."},
    {"ENVIRONMENT", "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level."},
    {NULL, NULL},
};

const command command_generate = {
    .name = "generate",
    .summary = "continue a series with a trained next-step model",
    .usage = "[--flag value]...",
    .purpose =
        "Feed steps of a series to a trained next-step model, then let it continue by itself: each "
        "forecast is its next input. Noise, or bursts of it, can be added. A step takes constant "
        "time and memory. The flags are those of MambaSynth's generate.py.",
    .settings = &generate_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(generate_request),
    .config = offsetof(generate_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
    .list_unused = list_unused,
};
