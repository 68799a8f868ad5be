/* SPDX-License-Identifier: MIT
 * gates_windows.c - gates while chosen windows of the series run through the model. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <kr/figures.h>
#include <kr/series.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "insides/gates_command.h"

/* The run: layers first .. first + n_layers - 1 of all that the model has. */
typedef struct windows {
    const gates_request *request;
    const look *look;
    int64_t seq_len, first_layer, n_layers;
    int64_t *starts; /* first steps of the chosen windows */
    int64_t count;
    int64_t *rows;                /* (seq_len): all */
    kr_inside_want *wants;        /* four a layer */
    kr_gates *gates;              /* (n_layers) */
    float **delta, **z, **B, **C; /* what they point to, to be filled */
    cJSON *list;
} windows;

/* ---- preparing -------------------------------------------------------------------------- */

/* As the original: windows start half a window apart. */
static kr_status choose_windows(windows *w, kr_error *err) {
    const gates_config *c = &w->request->config;
    int64_t stride = w->seq_len > 1 ? w->seq_len / 2 : 1;
    int64_t n = kr_windows_count(kr_series_n_steps(w->look->series), w->seq_len, stride);
    w->count = c->n_samples < n ? c->n_samples : n;
    if (c->sample >= w->count) {
        return kr_fail(err, KR_USAGE, "--sample %lld: there are samples 0 to %lld; see --n_samples",
                       (long long)c->sample, (long long)w->count - 1);
    }
    w->starts = kr__calloc((size_t)n, sizeof *w->starts);
    if (!w->starts) return kr_fail(err, KR_MEMORY, "out of memory for the windows");
    kr_pcg64 rng = kr__pcg64_make((uint64_t)c->seed);
    kr__pcg64_choose(&rng, n, w->count, w->starts);
    for (int64_t i = 0; i < w->count; i++) w->starts[i] *= stride;
    return KR_OK;
}

static kr_status allocate_layer(windows *w, int64_t i, kr_error *err) {
    const kr_nextstep_shape *s = kr_nextstep_shape_of(w->look->model);
    size_t n = (size_t)w->seq_len, inner = (size_t)s->d_inner, state = (size_t)s->d_state;
    w->delta[i] = kr__calloc(n, inner * sizeof(float));
    w->z[i] = kr__calloc(n, inner * sizeof(float));
    w->B[i] = kr__calloc(n, state * sizeof(float));
    w->C[i] = kr__calloc(n, state * sizeof(float));
    w->gates[i] = (kr_gates){.size = sizeof(kr_gates),
                             .layer = w->first_layer + i + 1,
                             .d_inner = s->d_inner,
                             .d_state = s->d_state,
                             .delta = w->delta[i],
                             .z_gate = w->z[i],
                             .B = w->B[i],
                             .C = w->C[i]};
    bool has_room = w->delta[i] && w->z[i] && w->B[i] && w->C[i];
    return has_room ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the gates of a window");
}

static kr_status allocate(windows *w, kr_error *err) {
    size_t n = (size_t)w->n_layers;
    w->gates = kr__calloc(n, sizeof *w->gates);
    w->delta = kr__calloc(n, sizeof *w->delta);
    w->z = kr__calloc(n, sizeof *w->z);
    w->B = kr__calloc(n, sizeof *w->B);
    w->C = kr__calloc(n, sizeof *w->C);
    w->rows = kr__calloc((size_t)w->seq_len, sizeof *w->rows);
    w->wants = kr__calloc(4 * n, sizeof *w->wants);
    if (!w->gates || !w->delta || !w->z || !w->B || !w->C || !w->rows || !w->wants) {
        return kr_fail(err, KR_MEMORY, "out of memory for the gates of a window");
    }
    for (int64_t i = 0; i < w->seq_len; i++) w->rows[i] = i;
    for (int64_t i = 0; i < w->n_layers; i++) {
        int64_t layer = w->first_layer + i;
        KR_TRY(allocate_layer(w, i, err));
        w->wants[4 * i] = (kr_inside_want){KR_INSIDE_DELTA, layer, w->delta[i]};
        w->wants[4 * i + 1] = (kr_inside_want){KR_INSIDE_Z_GATE, layer, w->z[i]};
        w->wants[4 * i + 2] = (kr_inside_want){KR_INSIDE_B, layer, w->B[i]};
        w->wants[4 * i + 3] = (kr_inside_want){KR_INSIDE_C, layer, w->C[i]};
    }
    return KR_OK;
}

static void release(windows *w) {
    for (int64_t i = 0; i < w->n_layers && w->C; i++) {
        kr_free(w->delta[i]);
        kr_free(w->z[i]);
        kr_free(w->B[i]);
        kr_free(w->C[i]);
    }
    kr_free(w->delta);
    kr_free(w->z);
    kr_free(w->B);
    kr_free(w->C);
    kr_free(w->gates);
    kr_free(w->rows);
    kr_free(w->wants);
    kr_free(w->starts);
}

static kr_status run_window(const windows *w, int64_t start, kr_error *err) {
    const kr_series *s = w->look->series;
    const kr_inside_request request = {.size = sizeof request,
                                       .n_steps = w->seq_len,
                                       .x = kr_series_values(s) + start * kr_series_n_features(s),
                                       .window = w->seq_len,
                                       .n_rows = w->seq_len,
                                       .rows = w->rows,
                                       .n_wants = 4 * w->n_layers,
                                       .wants = w->wants};
    return kr_nextstep_look(w->look->model, &request, err);
}

/* ---- numbers ---------------------------------------------------------------------------- */

typedef struct numbers {
    double delta_mean, delta_max, gate_mean, b_norm, c_norm; /* means over steps and channels */
} numbers;

static double mean(const float *values, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)values[i];
    return sum / (double)n;
}

static double mean_norm(const float *values, int64_t n, int64_t width) {
    double sum = 0;
    for (int64_t t = 0; t < n; t++) {
        double squares = 0;
        for (int64_t i = 0; i < width; i++) {
            squares += (double)values[t * width + i] * (double)values[t * width + i];
        }
        sum += sqrt(squares);
    }
    return sum / (double)n;
}

static numbers measure(const kr_gates *g, int64_t n) {
    numbers m = {.delta_mean = mean(g->delta, n * g->d_inner),
                 .gate_mean = mean(g->z_gate, n * g->d_inner),
                 .b_norm = mean_norm(g->B, n, g->d_state),
                 .c_norm = mean_norm(g->C, n, g->d_state)};
    for (int64_t i = 0; i < n * g->d_inner; i++)
        m.delta_max = fmax(m.delta_max, (double)g->delta[i]);
    return m;
}

static void print_numbers(const windows *w) {
    FILE *out = w->look->out;
    say(out, "  %-6s  %9s  %9s  %9s  %9s  %9s\n", "layer", "mean Δ", "max Δ", "SiLU(z)", "|B|",
        "|C|");
    for (int64_t i = 0; i < w->n_layers; i++) {
        numbers m = measure(&w->gates[i], w->seq_len);
        fprintf(out, "  %-6" PRId64 "  %8.4f  %8.4f  %9.4f  %9.4f  %9.4f\n", w->gates[i].layer,
                m.delta_mean, m.delta_max, m.gate_mean, m.b_norm, m.c_norm);
    }
}

static bool add_layer(cJSON *layers, const windows *w, const kr_gates *gates) {
    numbers m = measure(gates, w->seq_len);
    cJSON *item = cJSON_CreateObject();
    return item && cJSON_AddItemToArray(layers, item) &&
           kr__json_add_int(item, "layer", gates->layer) &&
           kr__json_add_number(item, "delta_mean", m.delta_mean) &&
           kr__json_add_number(item, "delta_max", m.delta_max) &&
           kr__json_add_number(item, "z_gate_mean", m.gate_mean) &&
           kr__json_add_number(item, "B_norm_mean", m.b_norm) &&
           kr__json_add_number(item, "C_norm_mean", m.c_norm);
}

static kr_status add_numbers(const windows *w, int64_t sample, kr_error *err) {
    cJSON *item = cJSON_CreateObject(), *layers = NULL;
    if (!w->list) {
        cJSON_Delete(item);
        return KR_OK;
    }
    bool is_made = item && cJSON_AddItemToArray(w->list, item) &&
                   kr__json_add_int(item, "sample", sample) &&
                   kr__json_add_int(item, "first_step", w->starts[sample]) &&
                   kr__json_add_int(item, "n_steps", w->seq_len) &&
                   (layers = cJSON_AddArrayToObject(item, "layers"));
    for (int64_t i = 0; i < w->n_layers && is_made; i++) {
        is_made = add_layer(layers, w, &w->gates[i]);
    }
    return is_made ? KR_OK : kr_fail(err, KR_MEMORY, "no memory for the summary");
}

/* ---- figures ---------------------------------------------------------------------------- */

static void print_saved(const windows *w, const char *path) {
    if (w->look->out) say(w->look->out, "Saved %s\n", path);
}

static kr_status draw_layer(const windows *w, int64_t sample, const kr_series_part *part,
                            int64_t layer, kr_error *err) {
    char name[64], path[GATES_PATH_SIZE];
    const kr_gates *gates = &w->gates[layer];
    snprintf(name, sizeof name, "gates_layer%" PRId64 "_%" PRId64 ".png", gates->layer, sample);
    KR_TRY(kr_figure_gates(kr__path_join(w->request->config.save_dir, name, path, sizeof path),
                           part, gates, err));
    print_saved(w, path);
    return KR_OK;
}

typedef struct picture {
    const windows *windows;
    int64_t sample;
} picture;

static kr_status draw_sample(const void *arg, kr_error *err) {
    const windows *w = ((const picture *)arg)->windows;
    int64_t sample = ((const picture *)arg)->sample;
    const kr_series *s = w->look->series;
    int64_t start = w->starts[sample], f = kr_series_n_features(s);
    char name[64], path[GATES_PATH_SIZE];
    kr_series_part part = {
        .size = sizeof part,
        .n_steps = w->seq_len,
        .n_features = f,
        .values = kr_values_f32(kr_series_values(s) + start * f, w->seq_len * f, 1),
        .states = kr_series_states(s) ? kr_series_states(s) + start : NULL,
        .first_step = start,
        .palette = w->request->call.palette};
    if (w->request->config.layer > 0) return draw_layer(w, sample, &part, 0, err);
    snprintf(name, sizeof name, "gates_summary_%" PRId64 ".png", sample);
    kr__path_join(w->request->config.save_dir, name, path, sizeof path);
    KR_TRY(kr_figure_gates_summary(path, &part, w->n_layers, w->gates, err));
    print_saved(w, path);
    KR_TRY(draw_layer(w, sample, &part, 0, err));
    return w->n_layers > 1 ? draw_layer(w, sample, &part, w->n_layers - 1, err) : KR_OK;
}

/* ---- the run ---------------------------------------------------------------------------- */

static kr_status run_sample(windows *w, int64_t sample, kr_error *err) {
    if (w->look->out) {
        fprintf(w->look->out, "\nSample %" PRId64 ": extracting gates for %" PRId64 " steps...\n",
                sample, w->seq_len);
    }
    KR_TRY(run_window(w, w->starts[sample], err));
    KR_TRY(add_numbers(w, sample, err));
    if (w->request->call.has_figures) return draw_apart(draw_sample, &(picture){w, sample}, err);
    if (w->look->out) print_numbers(w);
    return KR_OK;
}

static kr_status run_all(windows *w, kr_error *err) {
    int64_t only = w->request->config.sample;
    KR_TRY(choose_windows(w, err));
    KR_TRY(allocate(w, err));
    for (int64_t i = 0; i < w->count; i++) {
        if (only < 0 || only == i) KR_TRY(run_sample(w, i, err));
    }
    return KR_OK;
}

kr_status gates_run_windows(const gates_request *request, const look *l, cJSON *list,
                            kr_error *err) {
    int64_t layer = request->config.layer;
    windows w = {.request = request,
                 .look = l,
                 .seq_len = l->window,
                 .first_layer = layer > 0 ? layer - 1 : 0,
                 .n_layers = layer > 0 ? 1 : kr_nextstep_shape_of(l->model)->n_layers,
                 .list = list};
    kr_status status = run_all(&w, err);
    release(&w);
    return status;
}
