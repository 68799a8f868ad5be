/* SPDX-License-Identifier: MIT
 * sweep_request.c - the flags of `krait sweep`: those of krait run for all runs, and its own. */
#include <string.h>

#include <kr/team.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/text.h"
#include "forecast/forecast_config.h"
#include "framework/child.h"
#include "framework/shard_output.h"
#include "run/run.h"
#include "sweep/sweep_command.h"

/* ---- the table -------------------------------------------------------------------------- */

static option own_options[] = {
    {OPTION_VALUE, 0, 0, "basic", "preset", "NAME", "", "",
     "tuned settings for known data; flags and swept values override them"},
    {OPTION_VALUE, 0, 0, "sweep", "set", "NAME=VALUES", "", "",
     "a flag of krait run and its values: d_model=64,128, dropout=0..0.3, "
     "learning_rate=1e-4..1e-3:log, ..:log:5 for the number of points; once for each flag"},
    {OPTION_VALUE, 0, 0, "sweep", "method", "NAME", "grid", "grid|random",
     "every combination, or --runs draws by --seed"},
    {OPTION_VALUE, 0, 0, "sweep", "runs", "N", "", "", "number of draws of --method random"},
    {OPTION_VALUE, 0, 0, "sweep", "halving", "K", "", "",
     "train all for a few epochs, then only the best 1/K further, and so on until --train_epochs"},
    {OPTION_VALUE, 0, 0, "sweep", "jobs", "N", "", "",
     "runs at a time; without it, as many as there are CPUs, with --threads 1 each by default"},
    {OPTION_VALUE, 0, 0, "sweep", "shard", "I/N", "", "",
     "train part I of N of the settings, as 2/8; krait merge joins the parts; without it, all"},
    {OPTION_VALUE, 0, 0, "output", "out", "DIR", "./sweep/", "",
     "folder of the sweep: its state, tables, figure and checkpoints"},
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    QUIET_OPTION("print the best settings only"),
    JSON_OPTION("the result as JSON"),
    UNPACK_OPTION,
};
enum { PRESET_ROW = 0 };

static void name_presets(void) { own_options[PRESET_ROW].choices = run_preset_choices(); }

settings sweep_settings = {.command = "sweep",
                           .flags = kr__forecast_flags,
                           .old = kr__forecast_old_flags,
                           .own = own_options,
                           .prepare = name_presets,
                           .n_own = sizeof own_options / sizeof own_options[0]};

/* ---- its own flags ---------------------------------------------------------------------- */

static kr_status read_count(const settings_given *given, const char *name, int64_t least,
                            int64_t most, int64_t *out, kr_error *err) {
    const char *text = settings_own(given, name);
    int64_t value = 0;
    if (!text) return KR_OK;
    if (!kr__text_int(text, &value) || value < least || value > most) {
        return kr_fail(err, KR_USAGE, "--%s: \"%.40s\" is not a number from %lld to %lld", name,
                       text, (long long)least, (long long)most);
    }
    *out = value;
    return KR_OK;
}

static kr_status read_method(sweep_request *r, kr_error *err) {
    const char *method = settings_own(&r->call.given, "method");
    if (method) KR_TRY(kr__text_check_choice("method", method, "grid|random", err));
    r->is_random = method && strcmp(method, "random") == 0;
    KR_TRY(read_count(&r->call.given, "runs", 1, KR_SWEEP_TRIALS, &r->n_runs, err));
    if (r->is_random && r->n_runs == 0) {
        return kr_fail(err, KR_USAGE, "--method random draws settings; say how many with --runs");
    }
    if (!r->is_random && r->n_runs > 0) {
        return kr_fail(err, KR_USAGE,
                       "--runs is the number of draws, and a grid has none; add --method random");
    }
    r->halving = 1;
    return read_count(&r->call.given, "halving", 2, KR_SWEEP_TRIALS, &r->halving, err);
}

/* Is the name in name=values a flag of krait run? */
static kr_status check_name(const char *text, kr_error *err) {
    const kr_flag_table *table = kr__forecast_flags();
    char name[KR_SWEEP_TEXT];
    size_t n = strcspn(text, "=");
    if (n == 0 || !text[n]) return KR_OK; /* refused elsewhere */
    snprintf(name, sizeof name, "%.*s", (int)n, text);
    for (char *c = name; *c; c++) *c = *c == '-' ? '_' : *c;
    kr_guess guess = {.word = name};
    if (kr__flags_find(table, name)) return KR_OK;
    for (int i = 0; i < table->count; i++) {
        kr__guess_offer(&guess, table->flags[i].name, strlen(table->flags[i].name));
    }
    if (!guess.best) {
        return kr_fail(err, KR_USAGE,
                       "--set: krait run has no flag --%s; krait run --help lists all", name);
    }
    return kr_fail(err, KR_USAGE, "--set: krait run has no flag --%s; did you mean --%s?", name,
                   guess.best);
}

static kr_status read_axes(sweep_request *r, kr_error *err) {
    for (int i = 0; i < r->call.given.n; i++) {
        if (strcmp(r->call.given.options[i]->name, "set") != 0) continue;
        if (r->n_axes == KR_SWEEP_AXES) {
            return kr_fail(err, KR_USAGE, "--set: at most %d flags can be swept", KR_SWEEP_AXES);
        }
        kr_sweep_axis *axis = &r->axes[r->n_axes];
        KR_TRY(check_name(r->call.given.texts[i], err));
        KR_TRY(kr__sweep_axis_parse(r->call.given.texts[i], axis, err));
        for (int k = 0; k < r->n_axes; k++) {
            if (r->axes[k].flag != axis->flag) continue;
            return kr_fail(err, KR_USAGE,
                           "--set: --%s is swept twice; put all its values into one --set",
                           axis->flag->name);
        }
        r->n_axes++;
    }
    if (r->n_axes > 0) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "there is nothing to sweep; name a flag and its values, such as --set "
                   "d_model=64,128");
}

static kr_status read_folder(sweep_request *r, kr_error *err) {
    const char *folder = settings_own(&r->call.given, "out");
    strcpy(r->own_folder, "./sweep/");
    if (r->shard.n > 0) shard_rename(settings_own(&r->call.given, "shard"), r->own_folder);
    r->folder = folder ? folder : r->own_folder;
    if (*r->folder && strlen(r->folder) <= SWEEP_FOLDER) return KR_OK;
    return kr_fail(err, KR_USAGE, "--out: a folder's name has 1 to %d characters", SWEEP_FOLDER);
}

/* Halving compares the runs of all parts with one another. */
static kr_status read_shard(sweep_request *r, kr_error *err) {
    KR_TRY(kr__shard_read(settings_own(&r->call.given, "shard"), &r->shard, err));
    if (r->shard.n == 0 || r->halving == 1) return KR_OK;
    return kr_fail(
        err, KR_USAGE,
        "--halving compares all settings with one another, and a shard has only its own; "
        "leave one of --shard and --halving out");
}

/* As many runs as there are CPUs for. */
static kr_status read_jobs(sweep_request *r, kr_error *err) {
    if (r->base.threads == 0) r->base.threads = 1;
    r->jobs = kr_team_cpus() / r->base.threads;
    if (r->jobs < 1) r->jobs = 1;
    return read_count(&r->call.given, "jobs", 1, CHILDREN_MAX, &r->jobs, err);
}

/* ---- what does not go together ---------------------------------------------------------- */

static kr_status check_given(const sweep_request *r, kr_error *err) {
    static const char *const own_places[] = {"checkpoints", "results", "resume", "profile"};
    for (size_t i = 0; i < sizeof own_places / sizeof own_places[0]; i++) {
        if (!settings_has(&r->call.given, own_places[i])) continue;
        return kr_fail(err, KR_USAGE,
                       "--%s does not go with a sweep, which keeps its runs in --out and resumes "
                       "by itself; leave it out",
                       own_places[i]);
    }
    if (!r->base.is_training) {
        return kr_fail(err, KR_USAGE, "--is_training 0: a sweep trains; leave it out");
    }
    if (r->base.itr > 1) {
        return kr_fail(err, KR_USAGE,
                       "--itr %lld: a sweep trains each setting once; sweep the seed too: --set "
                       "seed=1,2,3",
                       (long long)r->base.itr);
    }
    return KR_OK;
}

/* With these different, losses do not measure the same thing. */
static bool is_of_loss(const char *name) {
    static const char *const names[] = {"loss", "spectrum_weight", "quantiles"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return false;
}

static kr_status note_loss(sweep_request *r, const char *name, kr_error *err) {
    if (!is_of_loss(name)) return KR_OK;
    r->sweeps_loss = true;
    if (r->halving == 1) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--set: --%s cannot be swept with --halving, which compares the losses of "
                   "unfinished runs, and these would measure different things; leave one of them "
                   "out",
                   name);
}

/* A preset knows one model at a time. */
static kr_status check_models(const sweep_request *r, kr_error *err) {
    const kr_preset *preset = NULL;
    KR_TRY(run_preset_find(&r->call.given, &preset, err));
    if (!preset || !preset->own[0].model) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--set: --preset %s has settings of its own for %s; sweep each model with a "
                   "command of its own, by --model",
                   preset->name, preset->own[0].model);
}

static kr_status check_axes(sweep_request *r, kr_error *err) {
    for (int i = 0; i < r->n_axes; i++) {
        const char *name = r->axes[i].flag->name;
        if (settings_has(&r->call.given, name)) {
            return kr_fail(err, KR_USAGE, "--%s is both given and swept; leave one of them out",
                           name);
        }
        if (r->halving > 1 && strcmp(name, "train_epochs") == 0) {
            return kr_fail(err, KR_USAGE,
                           "--set: --train_epochs cannot be swept with --halving, which gives the "
                           "better runs more epochs; leave one of them out");
        }
        if (strcmp(name, "model") == 0) KR_TRY(check_models(r, err));
        KR_TRY(note_loss(r, name, err));
    }
    return KR_OK;
}

/* ---- parsing ---------------------------------------------------------------------------- */

kr_status sweep_read_preset(void *arg, kr_error *err) {
    sweep_request *r = arg;
    return run_preset_apply(&r->call.given, &r->base, err);
}

kr_status sweep_read_request(void *arg, kr_error *err) {
    sweep_request *r = arg;
    KR_TRY(read_axes(r, err));
    KR_TRY(read_method(r, err));
    KR_TRY(read_shard(r, err));
    KR_TRY(read_folder(r, err));
    KR_TRY(check_given(r, err));
    KR_TRY(check_axes(r, err));
    return read_jobs(r, err);
}

/* ---- flags without effect ------------------------------------------------------------------- */

static const kr_sweep_axis *find_axis(const sweep_request *r, const char *name) {
    for (int i = 0; i < r->n_axes; i++) {
        if (strcmp(r->axes[i].flag->name, name) == 0) return &r->axes[i];
    }
    return NULL;
}

/* In every run: what others make of it depends on the model, and on whether rows are changed. */
static bool is_unused(const void *arg, const char *name, char why[UNUSED_WHY]) {
    static const char *const deciding[] = {"model", "augmentation_ratio"};
    const sweep_request *r = arg;
    const kr_sweep_axis *a = find_axis(r, deciding[0]), *b = find_axis(r, deciding[1]);
    kr_forecast_config config = r->base;
    for (int i = 0; i < (a ? a->n : 1); i++) {
        if (a) kr__forecast_config_set(&config, deciding[0], a->values[i], NULL);
        for (int j = 0; j < (b ? b->n : 1); j++) {
            if (b) kr__forecast_config_set(&config, deciding[1], b->values[j], NULL);
            if (!kr__forecast_unused(&config, name, why)) return false;
        }
    }
    if (a && a->n > 1) snprintf(why, UNUSED_WHY, "not used in any of these runs");
    return true;
}

void sweep_list_unused(const void *arg, unused_flags *unused) {
    const sweep_request *r = arg;
    char name[UNUSED_NAME], why[UNUSED_WHY];
    unused_flags_add_given(unused, &r->call.given, is_unused, r);
    for (int i = 0; i < r->n_axes; i++) {
        if (!is_unused(r, r->axes[i].flag->name, why)) continue;
        snprintf(name, sizeof name, "--set %.70s", r->axes[i].flag->name);
        unused_flags_add(unused, name, why);
    }
}

/* ---- one of its runs -------------------------------------------------------------------- */

static bool is_of_run(const option *o) {
    for (int i = 0; i < sweep_settings.n_own; i++) {
        if (i != PRESET_ROW && strcmp(own_options[i].name, o->name) == 0) return false;
    }
    return true;
}

char *sweep_run_command(const sweep_request *request, const kr_sweep_trials *trials,
                        int64_t trial) {
    const settings_given *given = &request->call.given;
    size_t most = 2 * (size_t)(given->n + request->n_axes);
    const char **words = kr__calloc(most, sizeof *words);
    char(*names)[KR_SWEEP_TEXT] = kr__calloc(most / 2, sizeof *names);
    int n = 0;
    for (int i = 0; words && names && i < given->n + request->n_axes; i++) {
        int axis = i - given->n;
        if (axis < 0 && !is_of_run(given->options[i])) continue;
        const char *name = axis < 0 ? given->options[i]->name : request->axes[axis].flag->name;
        snprintf(names[i], sizeof names[i], "--%.100s", name);
        words[n++] = names[i];
        words[n++] = axis < 0 ? given->texts[i] : kr__sweep_value(trials, trial, axis);
    }
    char *line = words && names ? settings_command_line("run", n, words) : NULL;
    kr_free(words);
    kr_free(names);
    return line;
}
