/* SPDX-License-Identifier: MIT
 * sweep_pool.c - all trials of a sweep, rung by rung, several at a time. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "framework/child.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "sweep/sweep_command.h"

enum { TICK_MS = 100, UNITS = 1000 /* of the bar */ };

/* The trials of a rung and the children that train them. Place i of the arrays of jobs is free or
 * busy. */
typedef struct pool {
    sweep *s;
    int rung;
    int64_t n_trials; /* of the rung, also those that need no work */
    int64_t *queue, n_queue, next;
    child_process **children; /* jobs */
    sweep_job *jobs;          /* jobs */
    kr_status status;         /* of a failure that ends the sweep */
    kr_error *err;
} pool;

/* ---- how far -------------------------------------------------------------------------------- */

/* Epochs that a rung adds to each of its trials. */
static double epochs_of(const sweep *s, int rung) {
    return (double)(s->rungs[rung].epochs - (rung > 0 ? s->rungs[rung - 1].epochs : 0));
}

/* Units of the bar: shares of all epochs. A trial of this rung that has ended counts as a whole. */
static void show_progress(pool *p) {
    const sweep *s = p->s;
    double all = 0, done = 0, all_epochs = (double)s->rungs[s->n_rungs - 1].epochs;
    double before = p->rung > 0 ? (double)s->rungs[p->rung - 1].epochs : 0;
    int64_t n_ended = p->n_trials - (p->n_queue - p->next);
    for (int r = 0; r < s->n_rungs; r++) {
        if (r == p->rung) done += all;
        all += epochs_of(s, r) * (double)(r == p->rung ? p->n_trials : s->rungs[r].n_trials);
    }
    for (int64_t i = 0; i < s->request->jobs; i++) {
        if (!p->children[i]) continue;
        double epochs = child_share(p->children[i]) * all_epochs - before;
        done += fmin(fmax(epochs, 0), epochs_of(s, p->rung));
        n_ended--;
    }
    done += epochs_of(s, p->rung) * (double)n_ended;
    char note[64];
    snprintf(note, sizeof note, "%jd of %jd runs", (intmax_t)n_ended, (intmax_t)p->n_trials);
    progress_update(&p->s->progress, (int64_t)(UNITS * done / all), note);
}

/* ---- one trial --------------------------------------------------------------------------------
 */

static void start_next(pool *p, int64_t place) {
    sweep_job *job = &p->jobs[place];
    *job = (sweep_job){p->s, p->queue[p->next], p->s->rungs[p->rung].epochs};
    p->status = child_start(sweep_trial_train, job, sizeof(sweep_row), &p->children[place], p->err);
    if (p->status == KR_OK) p->next++;
}

/* These are caused by the settings; any other failure would happen to all runs. */
static bool is_of_settings(kr_status status) {
    return status == KR_NUMERIC || status == KR_MEMORY || status == KR_SHAPE;
}

static void keep_row(pool *p, int64_t trial, const sweep_row *got) {
    sweep *s = p->s;
    sweep_row *row = &s->rows[trial];
    double seconds = row->seconds + got->seconds;
    *row = *got;
    row->seconds = seconds;
    row->n_rungs = p->rung + 1;
    bool is_first = p->status == KR_OK; /* a failure that ends the sweep stays the reason */
    kr_status status = sweep_journal_add(s, trial, is_first ? p->err : NULL);
    if (is_first) p->status = status;
    progress_clear(&s->progress);
    if (s->out) sweep_print_row(s, trial, s->out);
}

static void end_trial(pool *p, int64_t place) {
    sweep_row got = {.validation = (double)NAN,
                     .validation_mse = (double)NAN,
                     .validation_mae = (double)NAN,
                     .test_mse = (double)NAN,
                     .test_mae = (double)NAN};
    kr_error why = {.text = ""};
    kr_status status = child_finish(p->children[place], &got, NULL, &why);
    p->children[place] = NULL;
    if (status == KR_INTERRUPTED) return;
    if (status != KR_OK && !is_of_settings(status)) {
        if (p->status == KR_OK) p->status = kr_fail(p->err, status, "%s", why.text);
        return;
    }
    if (status != KR_OK) {
        got.state = SWEEP_FAILED;
        memcpy(got.why, sentence_name_flags(why.text, sizeof why.text), sizeof got.why);
    }
    keep_row(p, p->jobs[place].trial, &got);
}

/* ---- a rung -----------------------------------------------------------------------------------
 */

static bool has_children(const pool *p) {
    for (int64_t i = 0; i < p->s->request->jobs; i++) {
        if (p->children[i]) return true;
    }
    return false;
}

static void fill_places(pool *p) {
    for (int64_t i = 0; i < p->s->request->jobs && p->next < p->n_queue; i++) {
        if (p->children[i] || p->status != KR_OK || program_is_stopping()) continue;
        start_next(p, i);
    }
}

/* After a failure that ends the sweep, the other runs also save and end. */
static kr_status run_pool(pool *p) {
    for (fill_places(p); has_children(p); fill_places(p)) {
        int64_t ended = child_wait(p->children, p->s->request->jobs, TICK_MS);
        if (ended >= 0) end_trial(p, ended);
        if (p->status != KR_OK) program_stop();
        show_progress(p);
    }
    if (p->status != KR_OK) return p->status;
    return program_is_stopping() ? KR_INTERRUPTED : KR_OK;
}

/* The first n of order take part. */
static kr_status run_rung(sweep *s, int rung, const int64_t *order, int64_t n, kr_error *err) {
    size_t jobs = (size_t)s->request->jobs;
    pool p = {.s = s,
              .rung = rung,
              .n_trials = n,
              .queue = kr__calloc((size_t)n, sizeof *p.queue),
              .children = kr__calloc(jobs, sizeof *p.children),
              .jobs = kr__calloc(jobs, sizeof *p.jobs),
              .err = err};
    kr_status status = KR_MEMORY;
    if (p.queue && p.children && p.jobs) {
        for (int64_t i = 0; i < n; i++) {
            sweep_row *row = &s->rows[order[i]];
            if (row->state == SWEEP_OPEN && row->n_rungs <= rung) p.queue[p.n_queue++] = order[i];
        }
        status = run_pool(&p);
    } else {
        kr_fail(err, KR_MEMORY, "out of memory for the runs");
    }
    kr_free(p.queue);
    kr_free(p.children);
    kr_free(p.jobs);
    return status;
}

/* ---- all rungs --------------------------------------------------------------------------------
 */

static void print_rung(const sweep *s, int rung, int64_t n) {
    if (!s->out || s->n_rungs == 1) return;
    intmax_t epochs = (intmax_t)s->rungs[rung].epochs;
    say(s->out, "rung %d of %d: %jd setting%s, %jd epoch%s\n", rung + 1, s->n_rungs, (intmax_t)n,
        kr__plural(n), epochs, kr__plural(epochs));
}

/* Chooses the best of the n trials of the rung before; they come first in order. */
static int64_t choose(const sweep *s, int rung, int64_t *order, int64_t n) {
    int64_t most = s->rungs[rung].n_trials, n_chosen = 0;
    if (rung == 0) return n;
    sweep_rank(s, order, n);
    while (n_chosen < most && s->rows[order[n_chosen]].state != SWEEP_FAILED) n_chosen++;
    return n_chosen;
}

static kr_status explain_stop(const sweep *s, kr_error *err) {
    int64_t n_done = 0;
    for (int64_t i = 0; i < s->trials->n; i++) n_done += s->rows[i].n_rungs > 0;
    return kr_fail(err, KR_INTERRUPTED,
                   "stopped; %lld of %lld settings have results, all is kept in %s; the same "
                   "command continues from there",
                   (long long)n_done, (long long)s->n_mine, s->request->folder);
}

kr_status sweep_train_all(sweep *s, kr_error *err) {
    int64_t *order = kr__calloc((size_t)s->trials->n, sizeof *order);
    if (!order) return kr_fail(err, KR_MEMORY, "out of memory for the order of the runs");
    kr_status status = KR_OK;
    int64_t n = sweep_list(s, order);
    progress_start(&s->progress, s->out ? stderr : NULL, "sweep", 0, UNITS);
    for (int rung = 0; rung < s->n_rungs && status == KR_OK; rung++) {
        n = choose(s, rung, order, n);
        print_rung(s, rung, n);
        status = run_rung(s, rung, order, n, err);
    }
    progress_clear(&s->progress);
    kr_free(order);
    return status == KR_INTERRUPTED ? explain_stop(s, err) : status;
}
