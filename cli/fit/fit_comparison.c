/* SPDX-License-Identifier: MIT
 * fit_comparison.c - the models of a fit beside the best rule of thumb: comparison.png. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <kr/figures.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "fit/fit_command.h"
#include "framework/drawing.h"

/* ---- comparison.png ----------------------------------------------------------------------- */

enum { MOST_MODELS = KR_FIT_MOST_MODELS + 1, NAME = 48, NOTE = 200 };

typedef struct picture {
    const kr__fit_result *result;
    char path[FIT_PATH], chosen[NAME], note[NOTE];
    kr_error_ratio models[MOST_MODELS];
    int n;
    double *steps; /* (MOST_MODELS + 1, horizon); the last are the rule's */
} picture;

/* Of the windows that judge where there are some. */
static double main_loss(const kr__fit_result *r, double loss, double verdict_loss) {
    return r->study->n_verdict > 0 ? verdict_loss : loss;
}

static void add_model(picture *p, const char *name, const kr__study_forecasts *f, double loss,
                      double verdict_loss, bool is_in_it) {
    const kr__fit_result *r = p->result;
    const kr__fit_candidate *rule = r->rule >= 0 ? &r->candidates[r->rule] : NULL;
    int64_t h = r->study->horizon;
    double *steps = p->steps + p->n * h, *of_rule = p->steps + MOST_MODELS * h;
    double unit = rule ? main_loss(r, rule->loss, rule->verdict_loss) : 1;
    bool is_rule = rule && f == &rule->forecasts;
    double earlier = r->study->n_verdict > 0 ? loss / (rule ? rule->loss : 1) : (double)NAN;
    kr_error_ratio m = {.size = sizeof m,
                        .name = name,
                        .ratio = main_loss(r, loss, verdict_loss) / unit,
                        .earlier = earlier,
                        .by_step = is_rule ? NULL : steps,
                        .is_chosen = is_in_it && (r->n_chosen == 1 || f == &r->own),
                        .is_part = is_in_it && r->n_chosen > 1 && f != &r->own};
    kr__fit_measure_steps(r->study, f, steps);
    for (int64_t k = 0; k < h && rule; k++) steps[k] /= of_rule[k];
    int at = p->n++;
    for (; at > 0 && m.ratio < p->models[at - 1].ratio; at--) p->models[at] = p->models[at - 1];
    p->models[at] = m;
}

/* What was chosen of several is a row of its own. */
static void list_models(picture *p) {
    const kr__fit_result *r = p->result;
    if (r->rule >= 0) {
        kr__fit_measure_steps(r->study, &r->candidates[r->rule].forecasts,
                              p->steps + MOST_MODELS * r->study->horizon);
    }
    snprintf(p->chosen, sizeof p->chosen, "median of %d", r->n_chosen);
    if (r->n_chosen > 1) add_model(p, p->chosen, &r->own, r->loss, r->verdict_loss, true);
    for (int i = 0; i < r->n_candidates; i++) {
        const kr__fit_candidate *c = &r->candidates[i];
        if (!c->forecasts.mean) continue;
        add_model(p, c->model, &c->forecasts, c->loss, c->verdict_loss, kr__fit_is_chosen(r, i));
    }
}

static void write_note(picture *p) {
    const kr__study *s = p->result->study;
    if (s->n_verdict > 0) {
        snprintf(p->note, sizeof p->note,
                 "later windows (%" PRId64 ") judge, earlier ones (%" PRId64
                 ", grey) choose; orange: chosen",
                 s->n_verdict, s->n_choosing);
    } else {
        snprintf(p->note, sizeof p->note, "%" PRId64 " window%s, which choose%s; orange: chosen",
                 s->n_choosing, kr__plural(s->n_choosing), s->n_choosing == 1 ? "s" : "");
    }
}

static kr_status draw(const void *arg, kr_error *err) {
    const picture *p = arg;
    const kr__fit_result *r = p->result;
    const kr_error_ratios ratios = {.size = sizeof ratios,
                                    .title = "Errors in the past",
                                    .reference = r->rule >= 0 ? r->candidates[r->rule].model : NULL,
                                    .units = "MASE",
                                    .note = p->note,
                                    .pred_len = r->study->horizon,
                                    .n_models = p->n,
                                    .models = p->models};
    return kr_figure_error_ratios(p->path, &ratios, err);
}

kr_status fit_draw_comparison(const kr__fit_result *result, const char *path, kr_error *err) {
    size_t n = MOST_MODELS + 1;
    picture p = {.result = result};
    p.steps = kr__calloc(n, (size_t)result->study->horizon * sizeof *p.steps);
    if (!p.steps) return kr_fail(err, KR_MEMORY, "out of memory for the figure");
    snprintf(p.path, sizeof p.path, "%s", path);
    list_models(&p);
    write_note(&p);
    kr_status status = draw_apart(draw, &p, err);
    kr_free(p.steps);
    return status;
}
