/* SPDX-License-Identifier: MIT
 * cmd_simulate.c - krait simulate: series of every kind, as tables and arrays. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/program.h"
#include "framework/say.h"
#include "simulate/simulate_command.h"
#include "simulate/simulator.h"

/* ---- the request ------------------------------------------------------------------------ */

#define KR_FLAG_OWNER simulate_config
#define KR_FLAG_NAME "simulate"
#define KR_FLAG_LIST "simulate/simulate_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

static const kr_flag_table *simulate_flags(void) { return &table; }

static const option own_options[] = {
    SWITCH_OPTION("series", "list_families", "list the families and their weights, draw nothing"),
    QUIET_OPTION("print nothing"),
    JSON_OPTION("the summary as JSON"),
};

static settings simulate_settings = {.command = "simulate",
                                     .flags = simulate_flags,
                                     .own = own_options,
                                     .n_own = sizeof own_options / sizeof own_options[0],
                                     .short_o = "out"};

/* 0 is the default of the library, and here a wish. */
static double or_none(double value) { return value > 0 ? value : -1; }

static kr_simulate_options options_of(const simulate_config *c) {
    return (kr_simulate_options){.size = sizeof(kr_simulate_options),
                                 .seed = (uint64_t)c->seed,
                                 .families = *c->families ? c->families : NULL,
                                 .seasons = *c->seasons ? c->seasons : NULL,
                                 .noise = c->noise,
                                 .gaps = c->gaps,
                                 .mixed = or_none(c->mixed),
                                 .modified = or_none(c->modified)};
}

/* ---- the list of families ---------------------------------------------------------------- */

static kr_status list_as_json(char **json, kr_error *err) {
    cJSON *list = cJSON_CreateArray();
    bool is_whole = list;
    for (int64_t i = 0; i < kr_simulate_families() && is_whole; i++) {
        cJSON *family = cJSON_CreateObject();
        is_whole = cJSON_AddItemToArray(list, family) &&
                   kr__json_add_text(family, "name", kr_simulate_family_name(i)) &&
                   kr__json_add_number(family, "weight", kr_simulate_family_weight(i)) &&
                   kr__json_add_text(family, "text", kr_simulate_family_text(i)) &&
                   kr__json_add_text(family, "source", kr_simulate_family_source(i));
    }
    *json = is_whole ? json_print(list) : NULL;
    cJSON_Delete(list);
    return *json ? KR_OK : kr_fail(err, KR_MEMORY, "no memory for the list of families");
}

static kr_status list_families(const simulate_request *r, kr_error *err) {
    if (r->call.is_json) {
        char *json = NULL;
        KR_TRY(list_as_json(&json, err));
        json_write(json, stdout);
        kr_free(json);
        return KR_OK;
    }
    say(stdout, "%-14s %6s  %s\n", "family", "weight", "what it is");
    for (int64_t i = 0; i < kr_simulate_families(); i++) {
        say(stdout, "%-14s %6g  %s\n", kr_simulate_family_name(i), kr_simulate_family_weight(i),
            kr_simulate_family_text(i));
    }
    return KR_OK;
}

static kr_status read_request(void *arg, kr_error *err) {
    simulate_request *r = arg;
    const simulate_config *c = &r->config;
    const kr_simulate_options options = options_of(c);
    kr__simulator simulator;
    if (settings_own(&r->call.given, "list_families")) {
        r->call.is_done = true;
        return list_families(r, err);
    }
    KR_TRY(simulate_check_ending(c->out, err));
    if (*c->about && !kr__text_ends(c->about, ".csv")) {
        return kr_fail(err, KR_USAGE, "--about %s: what series are is written as .csv", c->about);
    }
    if (*c->about && strcmp(c->about, c->out) == 0) {
        return kr_fail(err, KR_USAGE, "--about %s: --out is this file, too; name another",
                       c->about);
    }
    if (*c->figure) KR_TRY(draw_check_name(c->figure, err));
    if (strcmp(c->out, "-") == 0) {
        if (r->call.is_json) {
            return kr_fail(err, KR_USAGE, "--out -, --json: both are for standard output");
        }
        r->call.words = stderr;
        r->call.out = r->call.is_quiet ? NULL : stderr;
    }
    KR_TRY(kr__simulator_init(&options, &simulator, err));
    if (simulator.n_choices == 1 && simulator.choices[0].n > 0) {
        r->season = simulator.choices[0].steps[0];
    }
    return KR_OK;
}

/* ---- the run ---------------------------------------------------------------------------- */

static bool add_counts(cJSON *object, const simulated_panel *p) {
    cJSON *counts = cJSON_AddObjectToObject(object, "families");
    for (int64_t k = 0; k < kr_simulate_families() && counts; k++) {
        int64_t n = 0;
        for (int64_t i = 0; i < p->n; i++) n += p->what[i].family == k;
        if (n > 0 && !kr__json_add_int(counts, kr_simulate_family_name(k), n)) return false;
    }
    return counts;
}

static kr_status make_json(simulate_request *r, const simulated_panel *p, kr_error *err) {
    cJSON *object = cJSON_CreateObject();
    if (object && kr__json_add_text(object, "out", r->config.out) &&
        kr__json_add_int(object, "n", p->n) && kr__json_add_int(object, "length", p->length) &&
        kr__json_add_int(object, "first", p->first) &&
        kr__json_add_int(object, "seed", r->config.seed) && add_counts(object, p) &&
        kr__json_add_number(object, "wall_seconds", kr__time_now() - r->call.started) &&
        kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss()) &&
        kr__json_add_text(object, "version", KR_VERSION_STRING) &&
        kr__json_add_text(object, "command", r->call.given.command_line)) {
        r->call.json = json_print(object);
    }
    cJSON_Delete(object);
    return r->call.json ? KR_OK : kr_fail(err, KR_MEMORY, "no memory for the summary");
}

static kr_status draw_panel(const simulate_request *r, simulated_panel *p, kr_error *err) {
    const kr_simulate_options options = options_of(&r->config);
    size_t n_values;
    if (!kr__size_mul((size_t)p->n, (size_t)p->length, &n_values)) n_values = SIZE_MAX;
    p->values = kr__calloc(n_values, sizeof *p->values);
    if (p->values) p->what = kr__calloc((size_t)p->n, sizeof *p->what);
    if (!p->what) {
        return kr_fail(err, KR_MEMORY,
                       "no memory for %" PRId64 " series of %" PRId64
                       " steps; draw fewer at a time, with --first",
                       p->n, p->length);
    }
    return kr_simulate(program_team(), &options, p->first, p->n, p->length, p->values, p->what,
                       err);
}

static kr_status write_all(simulate_request *r, const simulated_panel *p, kr_error *err) {
    FILE *out = r->call.out;
    const simulate_config *c = &r->config;
    KR_TRY(simulate_write(r, p, err));
    if (out && strcmp(c->out, "-") != 0) {
        say(out, "Saved %s  (%" PRId64 " series of %" PRId64 " step%s)\n", c->out, p->n, p->length,
            kr__plural(p->length));
    }
    if (*c->about) {
        KR_TRY(simulate_write_about(r, p, err));
        if (out) say(out, "Saved %s\n", c->about);
    }
    if (*c->figure) {
        const kr_simulate_options options = options_of(c);
        KR_TRY(simulate_draw(r, &options, err));
        if (out && !draw_has_failed()) say(out, "Saved %s\n", c->figure);
    }
    return r->call.is_json ? make_json(r, p, err) : KR_OK;
}

static kr_status run_request(void *arg, kr_error *err) {
    simulate_request *r = arg;
    simulated_panel p = {.n = r->config.n, .length = r->config.length, .first = r->config.first};
    kr_status status = draw_panel(r, &p, err);
    if (status == KR_OK) status = write_all(r, &p, err);
    kr_free(p.values);
    kr_free(p.what);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"ten series of 512 steps with dates, into simulated.csv:", "krait simulate"},
    {"a thousand monthly series of business, and what each is:",
     "krait simulate --n 1000 --length 120 --families business,smoothing,arima --seasons 12 "
     "--out monthly.csv --about monthly_about.csv"},
    {"something to try krait fit on:",
     "krait simulate --n 30 --length 120 --seasons 12 --out panel.csv && krait fit panel.csv "
     "--horizon 12"},
    {"hours with days and weeks, as an array for numpy:",
     "krait simulate --n 100 --length 2048 --seasons 24+168 --out hours.npz"},
    {"examples of every family:",
     "krait simulate --seed 3 --modified 0 --mixed 0 --figure families.png"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"SERIES",
     "A series is drawn by one family, or by two, whose series are added or multiplied, then "
     "changed by modifiers, each with its own chance: time that runs unevenly, finer steps that "
     "are joined, powers and logarithms, shifts of the level, any unit and offset, outliers, "
     "limits, rounding, gaps. docs/simulate.md has the formulas. Series number I is the same for "
     "the same seed, settings and length, whatever else is drawn, on any computer.\n\n"
     "Without --seasons no season is longer than half of the series."},
    {"FILES",
     "--out FILE.csv, long: unique_id (S and the number), ds or step, y, empty where a value is "
     "missing. A series is dated by its season; with one entry of --seasons all have its "
     "frequency. wide: step, a column for each series, no dates. Values that are not whole have "
     "nine "
     "digits. FILE.npy: (n, length), double, NaN where a value is missing. FILE.npz: values, the "
     "same; family, second; seasons (n, 3), 0 where there is none; is_multiplicative, is_integer, "
     "is_nonnegative, has_gaps.\n\n"
     "--about FILE.csv: unique_id, family, second, the one that was mixed in, seasons, frequency, "
     "start, and the "
     "traits as 0 or 1.\n\n"
     "--figure FILE: for each family of --families four series of at most 256 steps, drawn by this "
     "family with the other settings."},
    {NULL, NULL},
};

const command command_simulate = {
    .name = "simulate",
    .summary = "simulate series of every kind: to train on, to test with",
    .usage = "[--flag value]...",
    .purpose =
        "Simulate series as people have them: business, loads, traffic, weather, prices, counts, "
        "sensors, by seasonal ARIMA, exponential smoothing, Gaussian processes, chaotic maps and "
        "more, with trends, seasons, noise, and what measuring does to a series.",
    .settings = &simulate_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(simulate_request),
    .config = offsetof(simulate_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
};
