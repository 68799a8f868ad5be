/* SPDX-License-Identifier: MIT
 * cmd_sweep.c - krait sweep: train many settings of a run, and say which are best. */
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/forecast_config.h"
#include "framework/drawing.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "framework/shard_output.h"
#include "sweep/sweep_command.h"

/* ---- before ------------------------------------------------------------------------------- */

static kr_status list_trials(sweep *s, kr_error *err) {
    const sweep_request *r = s->request;
    if (r->is_random) {
        KR_TRY(kr__sweep_random(r->axes, r->n_axes, r->n_runs, &r->base, &s->trials, err));
    } else {
        KR_TRY(kr__sweep_grid(r->axes, r->n_axes, &r->base, &s->trials, err));
    }
    for (int64_t i = 0; i < s->trials->n; i++) s->n_mine += sweep_is_mine(s, i);
    s->n_rungs = kr__sweep_halving(s->n_mine, r->halving, r->base.train_epochs, s->rungs);
    s->rows = kr__calloc((size_t)s->trials->n, sizeof *s->rows);
    return s->rows ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the trials");
}

/* With these flags different, neither losses nor errors measure the same thing. */
static void warn_of_losses(const sweep_request *r) {
    static const char *const names[] = {"pred_len", "features", "target", "data_path"};
    for (int a = 0; a < r->n_axes; a++) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (strcmp(r->axes[a].flag->name, names[i]) != 0) continue;
            say(stderr,
                "krait sweep: warning: validation errors of different --%s cannot be compared; "
                "the best is only the smallest number\n",
                names[i]);
        }
    }
}

static void print_plan(const sweep *s) {
    const sweep_request *r = s->request;
    const kr_sweep_trials *t = s->trials;
    char why[SENTENCE];
    if (t->n_impossible > 0) {
        say(stderr, "krait sweep: note: %jd %s; the first: %s\n", (intmax_t)t->n_impossible,
            r->is_random ? "draws gave impossible settings and were repeated"
                         : "settings are impossible and are left out",
            sentence_of(t->why, why));
    }
    if (r->halving > 1 && s->n_rungs == 1) {
        say(stderr,
            "krait sweep: note: --halving %jd: no effect with %jd setting%s and --train_epochs "
            "%jd\n",
            (intmax_t)r->halving, (intmax_t)t->n, kr__plural(t->n), (intmax_t)r->base.train_epochs);
    }
    warn_of_losses(r);
    if (!s->out) return;
    if (r->shard.n > 0) {
        say(s->out, "shard %jd/%jd: %jd of %jd settings\n", (intmax_t)r->shard.i,
            (intmax_t)r->shard.n, (intmax_t)s->n_mine, (intmax_t)t->n);
        if (s->n_mine == 0) return;
    }
    say(s->out, "%jd setting%s, %jd run%s at a time of %jd thread%s each\n", (intmax_t)s->n_mine,
        kr__plural(s->n_mine), (intmax_t)r->jobs, kr__plural(r->jobs), (intmax_t)r->base.threads,
        kr__plural(r->base.threads));
    sweep_print_header(s, s->out);
    for (int64_t i = 0; i < t->n; i++) {
        if (s->rows[i].n_rungs > 0) sweep_print_row(s, i, s->out);
    }
}

/* ---- after -------------------------------------------------------------------------------- */

static const char *place(const sweep *s, const char *name, char *path, size_t size) {
    return kr__path_join(s->request->folder, name, path, size);
}

static kr_status draw(const void *arg, kr_error *err) {
    static const char *const names[] = {"sweep.png", "sweep.pdf"};
    const sweep *s = arg;
    char path[SWEEP_PATH];
    for (int i = 0; i < 2; i++) {
        KR_TRY(sweep_draw(s, place(s, names[i], path, sizeof path), err));
    }
    return KR_OK;
}

static kr_status write_files(const sweep *s, const int64_t *order, char **json, kr_error *err) {
    char path[SWEEP_PATH];
    KR_TRY(sweep_write_csv(s, order, place(s, "sweep.csv", path, sizeof path), err));
    KR_TRY(sweep_to_json(s, order, json, err));
    place(s, "sweep.json", path, sizeof path);
    KR_TRY(kr__file_write(path, *json, strlen(*json), err));
    return s->request->call.has_figures ? draw_apart(draw, s, err) : KR_OK;
}

static kr_status print_best(const sweep *s, int64_t best, FILE *out, kr_error *err) {
    char path[SWEEP_PATH];
    char *line = sweep_run_command(s->request, s->trials, best);
    if (!line) return kr_fail(err, KR_MEMORY, "out of memory for the best settings");
    if (s->out) {
        say(out, "\nsaved %s, sweep.json%s\n", place(s, "sweep.csv", path, sizeof path),
            s->request->call.has_figures && !draw_has_failed() ? ", sweep.png, sweep.pdf" : "");
        say(out, "the best model: %s\nthe best settings:\n",
            sweep_checkpoint(s, best, path, sizeof path));
    }
    say(out, "%s\n", line);
    kr_free(line);
    return KR_OK;
}

static kr_status conclude(const sweep *s, const int64_t *order, char **json, kr_error *err) {
    FILE *out = s->request->call.words;
    int64_t best = order[0];
    if (s->rows[best].state == SWEEP_FAILED) {
        return kr_fail(err, KR_NUMERIC, "all %lld runs failed; trial %lld: %s",
                       (long long)s->n_mine, (long long)best + 1, s->rows[best].why);
    }
    KR_TRY(write_files(s, order, json, err));
    if (s->out) sweep_print_table(s, order, out);
    return print_best(s, best, out, err);
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* Is nothing left to do? */
static bool is_trained(const sweep *s) {
    for (int64_t i = 0; i < s->trials->n; i++) {
        if (sweep_is_mine(s, i) && s->rows[i].state == SWEEP_OPEN) return false;
    }
    return true;
}

/* For krait merge, once all runs of the shard have ended. */
static kr_status note_shard(const sweep *s, kr_error *err) {
    const sweep_request *r = s->request;
    const shard_part part = {.call = &r->call,
                             .shard = settings_own(&r->call.given, "shard"),
                             .table = kr__forecast_flags(),
                             .config = &r->base};
    return r->shard.n > 0 ? shard_note_write(&part, r->folder, err) : KR_OK;
}

static kr_status run_sweep(sweep *s, char **json, kr_error *err) {
    KR_TRY(list_trials(s, err));
    KR_TRY(sweep_journal_open(s, err));
    if (s->request->shard.n > 0) shard_note_remove(s->request->folder);
    print_plan(s);
    program_catch_signals();
    /* Once for all trials. Where it fails each trial says why. */
    if (!is_trained(s) &&
        kr__forecast_read(program_team(), &s->request->base, &s->data, NULL) != KR_OK)
        s->data = NULL;
    kr_status status = sweep_train_all(s, err);
    if (status != KR_OK) {
        sweep_journal_forget(s);
        return status;
    }
    KR_TRY(note_shard(s, err));
    if (s->n_mine == 0) return KR_OK;
    int64_t n = s->trials->n, *order = kr__calloc((size_t)n, sizeof *order);
    if (!order) return kr_fail(err, KR_MEMORY, "out of memory for the table");
    sweep_rank(s, order, sweep_list(s, order));
    status = conclude(s, order, json, err);
    kr_free(order);
    return status;
}

static kr_status run_request(void *arg, kr_error *err) {
    sweep_request *request = arg;
    sweep s = {.request = request, .out = request->call.out};
    kr_status status = run_sweep(&s, &request->call.json, err);
    kr__sweep_trials_destroy(s.trials);
    kr_rows_destroy(s.data);
    kr_free(s.rows);
    return status;
}

/* ---- the row ------------------------------------------------------------------------------ */

static const command_text examples[] = {
    {"every combination of three widths and four rates, all CPUs at work:",
     "krait sweep --set d_model=64,128,256 --set learning_rate=1e-4..1e-3:log --model "
     "TimeStarMamba "
     "--root_path data --d_ff 128 --out sweep_etth1"},
    {"twenty draws; the best third continues after a few epochs:",
     "krait sweep --method random --runs 20 --halving 3 --set dropout=0..0.4 "
     "--set learning_rate=5e-5..5e-3:log --set batch_size=4,8,16,32 --preset etth1-96"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"VALUES",
     "A list: d_model=64,128 or loss=MSE,Huber. A range of numbers: dropout=0..0.3 has four points "
     "with equal steps, learning_rate=1e-4..1e-3:log four with equal ratios, and :log:7 (or :7) "
     "asks for seven. Points of whole numbers are rounded to whole numbers, others to four digits. "
     "With --method random, numbers are drawn from anywhere between the ends.\n\n"
     "Settings that krait run would refuse (a d_model that its heads cannot divide) are left out "
     "of a grid and drawn again by --method random; a note counts them and says why. A run that "
     "fails (a loss that is not finite, too little memory, a look-back longer than the data) is a "
     "row of the table with its error, and the others continue."},
    {"HALVING",
     "With --halving K all settings train for a few epochs, then the best 1/K of them train on, "
     "and so on; the last ones reach --train_epochs. A run continues from its checkpoint, with the "
     "same bits as if it had never stopped."},
    {"SHARDS",
     "With --shard 2/8 the second, tenth, .. setting is trained, in the folder sweep-2-of-8. krait "
     "merge sweep-*-of-8 joins the journals, copies the models, and says which settings are best "
     "of "
     "all; but for seconds and paths that is what one sweep says. --halving compares all settings "
     "with one another and does not go with it."},
    {"GOING ON",
     "The first SIGINT (Ctrl-C), SIGTERM or SIGHUP ends and saves all runs; the same command "
     "continues "
     "them and ends with the same numbers. --jobs, --threads and --root_path may differ. To repeat "
     "a run that failed, remove its line from sweep.jsonl.\n\n"
     "Each run computes the same bits as krait run with these settings, for any --jobs."},
    {"FILES",
     "In the folder of --out: sweep.jsonl, the state, a line of JSON for every run and rung; "
     "sweep.csv and sweep.json, all settings from the best to the worst; sweep.png and sweep.pdf, "
     "validation errors against each swept flag; trials/N/SETTING/checkpoint.safetensors, the "
     "model "
     "of trial N."},
    {NULL, NULL},
};

const command command_sweep = {
    .name = "sweep",
    .summary = "train many settings of a run, and say which are best",
    .usage = "--set NAME=VALUES... [--flag value]...",
    .purpose =
        "Train a forecaster with every combination of the values of some flags, or with random "
        "ones, several runs at a time. The best by validation loss, or by validation MSE where the "
        "loss itself is swept, is printed as a krait run "
        "command to paste; test errors are shown, but decide nothing. All flags of krait run may "
        "be given for all runs.",
    .settings = &sweep_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(sweep_request),
    .config = offsetof(sweep_request, base),
    .computes = COMPUTES_ALONE,
    .before_settings = sweep_read_preset,
    .read = sweep_read_request,
    .run = run_request,
    .list_unused = sweep_list_unused,
};
