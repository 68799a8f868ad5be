/* SPDX-License-Identifier: MIT
 * cmd_synth.c - krait synth: make a series of Markov-switching circles. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include <kr/series.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/platform.h"
#include "core/settings_view.h"
#include "framework/command.h"
#include "framework/command_flags.h"
#include "framework/json_numbers.h"
#include "framework/palette_option.h"
#include "framework/say.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/synth_command.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option own_options[] = {
    {OPTION_VALUE, 0, 0, "files", "data_dir", "DIR", "data", "", "folder of data.npz, config.json"},
    {OPTION_VALUE, 'o', 0, "files", "save_dir", "DIR", ".", "", "folder of the figures"},
    {OPTION_VALUE, 0, 0, "files", "out", "FILE", "", "",
     "also write the series to this file: .csv, .npy or .npz"},
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    SWITCH_OPTION("output", "no_umap",
                  "make no map; otherwise the steps, 10,000 of them at most, become one by UMAP"),
    PALETTE_OPTION,
    QUIET_OPTION("print the final line only"),
    JSON_OPTION("the summary as JSON"),
};

static settings synth_settings = {.command = "synth",
                                  .flags = kr__synth_flags,
                                  .own = own_options,
                                  .n_own = sizeof own_options / sizeof own_options[0]};

static kr_status read_request(void *arg, kr_error *err) {
    synth_request *r = arg;
    const settings_given *given = &r->call.given;
    const char *data_dir = settings_own(given, "data_dir");
    const char *save_dir = settings_own(given, "save_dir");
    r->data_dir = data_dir ? data_dir : "data";
    r->save_dir = save_dir ? save_dir : ".";
    r->out = settings_own(given, "out");
    r->has_map = r->call.has_figures && !settings_own(given, "no_umap");
    if (strlen(r->data_dir) > KR_FLAG_TEXT || strlen(r->save_dir) > KR_FLAG_TEXT) {
        return kr_fail(err, KR_USAGE, "--data_dir, --save_dir: the path is too long");
    }
    return r->out ? kr_series_check_ending(r->out, err) : KR_OK;
}

/* ---- the run ---------------------------------------------------------------------------- */

static kr_status write_out(const synth_request *r, const kr_synth *s, kr_error *err) {
    kr_array X;
    const int64_t shape[] = {kr_synth_n_steps(s), kr_synth_ambient_dim(s)};
    if (!r->out) return KR_OK;
    KR_TRY(kr_array_view("X", KR_DTYPE_F64, 2, shape, kr_synth_X(s), &X, err));
    KR_TRY(kr_series_write(r->out, &X, kr_synth_states(s), err));
    if (!r->call.is_quiet) say(r->call.words, "Saved %s\n", r->out);
    return KR_OK;
}

static kr_status print_saved(const synth_request *r, kr_error *err) {
    char path[SYNTH_PATH_SIZE];
    FILE *stream = NULL;
    size_t size = 0;
    kr__path_join(r->data_dir, "data.npz", path, sizeof path);
    KR_TRY(kr__file_open(path, SIZE_MAX, &stream, &size, err));
    fclose(stream);
    size_t n = strlen(r->data_dir);
    if (n > 1 && r->data_dir[n - 1] == '/') n--;
    say(r->call.words, "Saved dataset to %.*s/  (data.npz: %.1f MB, config.json)\n", (int)n,
        r->data_dir, 1e-6 * (double)size);
    return KR_OK;
}

static kr_status print_json(const synth_request *r, const kr_synth *s, kr_error *err) {
    char *config = NULL, *text = NULL, path[SYNTH_PATH_SIZE];
    KR_TRY(kr__flags_to_json(kr__synth_flags(), &r->config, &config, err));
    cJSON *object = cJSON_CreateObject();
    if (object &&
        kr__json_add_text(object, "data",
                          kr__path_join(r->data_dir, "data.npz", path, sizeof path)) &&
        kr__json_add_int(object, "n_steps", kr_synth_n_steps(s)) &&
        kr__json_add_int(object, "n_features", kr_synth_ambient_dim(s)) &&
        kr__json_add_int(object, "n_circles", kr_synth_n_circles(s)) &&
        kr__json_add_number(object, "noise_floor_mse", r->config.noise_std * r->config.noise_std) &&
        kr__json_add_number(object, "wall_seconds", kr__time_now() - r->call.started) &&
        kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss()) &&
        kr__json_add_text(object, "version", KR_VERSION_STRING) &&
        kr__json_add_text(object, "command", r->call.given.command_line) &&
        cJSON_AddItemToObject(object, "config", cJSON_Parse(config))) {
        text = json_print(object);
    }
    kr_free(config);
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for the summary");
    json_write(text, stdout);
    kr_free(text);
    return KR_OK;
}

static kr_status make_and_save(const synth_request *r, const kr_synth *s, kr_error *err) {
    KR_TRY(kr_synth_save(s, r->data_dir, err));
    if (!(r->call.is_quiet && r->call.is_json)) KR_TRY(print_saved(r, err));
    KR_TRY(write_out(r, s, err));
    if (r->call.has_figures) KR_TRY(synth_draw(r, s, err));
    if (!r->call.is_quiet) synth_print_tables(s, r->call.words);
    return r->call.is_json ? print_json(r, s, err) : KR_OK;
}

static kr_status create(const synth_config *config, kr_synth **out, kr_error *err) {
    kr_settings *handle = NULL;
    KR_TRY(kr__settings_from_values(kr__synth_flags(), config, &handle, err));
    kr_status status = kr_synth_create(handle, out, err);
    kr_settings_destroy(handle);
    return status;
}

static kr_status run_request(void *arg, kr_error *err) {
    const synth_request *r = arg;
    kr_synth *synth = NULL;
    KR_TRY(create(&r->config, &synth, err));
    kr_status status = make_and_save(r, synth, err);
    kr_synth_destroy(synth);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"100,000 steps into data/, with figures:", "krait synth"},
    {"a shorter series of five circles as a table:",
     "krait synth --n-steps 20000 --n-circles 5 --out circles.csv"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"FILES",
     "data/data.npz: X (time, features), states, thetas, transition_matrix, radii, entry_angles, "
     "periods, as the original's scripts read them. data/config.json: the settings.\n\n"
     "markov_circles_timeseries.png: the circle of every step, the transition matrix, the periods, "
     "and with a map the time spent on each circle and the map by circle and by time. "
     "umap_subspace_4.png: the map alone, with its dimension (Levina-Bickel); the number is that "
     "of "
     "--subspace_dim, or of all dimensions. sample_window_0.png to _2.png: 3,000 steps from the "
     "start, the middle and the end."},
    {"DIFFERENCES",
     "The original is markov_circles_timeseries.py of MambaSynth. It only has --n_steps, "
     "--subspace_dim and --no_umap; its other numbers are constants, which are the defaults "
     "here. With the default seed the series is the same.\n\n"
     "--subspace_dim: the original has no value for the whole space; here it is 0. --n_steps "
     "below 3,000 fails in the original after the series is saved; here the figures show "
     "fewer steps.\n\n"
     "Maps come from krait's own UMAP and are not those of umap-learn."},
    {NULL, NULL},
};

const command command_synth = {
    .name = "synth",
    .summary = "make a series of Markov-switching circles to train on",
    .usage = "[--flag value]...",
    .purpose =
        "Make MambaSynth's series: a point runs on circles in a space of many dimensions, a Markov "
        "chain chooses the next circle, noise is added to every feature. The same seed gives the "
        "same series as the original program.",
    .settings = &synth_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(synth_request),
    .config = offsetof(synth_request, config),
    .computes = COMPUTES_ALONE,
    .read = read_request,
    .run = run_request,
};
