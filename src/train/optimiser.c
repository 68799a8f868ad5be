/* SPDX-License-Identifier: MIT
 * optimiser.c - Adam and AdamW; pieces of the vector go to workers. */
#include "train/optimiser.h"

#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernels.h"

enum { PIECE = 16384, MAX_PIECES = 4096 };

kr_optimiser_kind kr__optimiser_named(const char *name) {
    return strcmp(name, "adamw") == 0 ? KR_ADAMW : KR_ADAM;
}

kr_status kr__optimiser_check(const char *name, double weight_decay, kr_error *err) {
    if (weight_decay == 0 || kr__optimiser_named(name) == KR_ADAMW) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "`weight_decay` works with AdamW only; add `optimizer` adamw, or "
                   "`weight_decay` 0");
}

kr_status kr__optimiser_init(kr_team *team, kr_optimiser *optimiser, kr_optimiser_kind kind,
                             double weight_decay, double clip, int64_t n, kr_error *err) {
    *optimiser = (kr_optimiser){.team = team,
                                .kind = kind,
                                .beta1 = 0.9,
                                .beta2 = 0.999,
                                .eps = 1e-8,
                                .weight_decay = weight_decay,
                                .clip = clip,
                                .n = n,
                                .m = kr__calloc((size_t)n, sizeof(kr_real)),
                                .v = kr__calloc((size_t)n, sizeof(kr_real))};
    if (optimiser->m && optimiser->v) return KR_OK;
    kr__optimiser_deinit(optimiser);
    return kr_fail(err, KR_MEMORY, "no memory for the optimiser; choose a smaller model");
}

void kr__optimiser_deinit(kr_optimiser *optimiser) {
    kr_free(optimiser->m);
    kr_free(optimiser->v);
    *optimiser = (kr_optimiser){0};
}

void kr__optimiser_reset(kr_optimiser *optimiser) {
    memset(optimiser->m, 0, (size_t)optimiser->n * sizeof *optimiser->m);
    memset(optimiser->v, 0, (size_t)optimiser->n * sizeof *optimiser->v);
    optimiser->step = 0;
}

/* The gradient is cut into at most MAX_PIECES pieces, by its size alone. */
static int64_t piece_size(int64_t n) {
    int64_t size = (n + MAX_PIECES - 1) / MAX_PIECES;
    return size < PIECE ? PIECE : (size + 15) / 16 * 16;
}

typedef struct norm_job {
    const kr_real *gradient;
    int64_t n, size;
    double sums[MAX_PIECES];
} norm_job;

static void sum_piece(void *arg, int64_t piece, int worker) {
    (void)worker;
    norm_job *j = arg;
    int64_t start = piece * j->size, n = j->n - start < j->size ? j->n - start : j->size;
    kr__kernels()->sum_squares(n, j->gradient + start, &j->sums[piece]);
}

double kr__gradient_norm(kr_team *team, const kr_real *gradient, int64_t n) {
    norm_job j = {.gradient = gradient, .n = n, .size = piece_size(n)};
    int64_t pieces = (n + j.size - 1) / j.size;
    double sum = 0;
    kr_team_for(team, pieces, sum_piece, &j);
    for (int64_t i = 0; i < pieces; i++) sum += j.sums[i];
    return sqrt(sum);
}

typedef struct step_job {
    kr_optimiser *o;
    kr_rate_span span;
    double scale;
    int64_t size;
    const kr_real *gradient;
    kr_real *params;
} step_job;

static void step_piece(void *arg, int64_t piece, int worker) {
    (void)worker;
    step_job *j = arg;
    kr_optimiser *o = j->o;
    int64_t done = piece * j->size, left = j->span.count - done, start = j->span.first + done;
    kr__adam settings = {.lr = j->span.rate,
                         .beta1 = o->beta1,
                         .beta2 = o->beta2,
                         .eps = o->eps,
                         .weight_decay = o->weight_decay,
                         .correction1 = 1 - pow(o->beta1, (double)o->step),
                         .correction2 = 1 - pow(o->beta2, (double)o->step),
                         .grad_scale = j->scale,
                         .is_decoupled = o->kind == KR_ADAMW};
    kr__kernels()->adam_step(left < j->size ? left : j->size, &settings, j->gradient + start,
                             o->m + start, o->v + start, j->params + start);
}

void kr__optimiser_step_spans(kr_optimiser *optimiser, const kr_rate_span *spans, int n_spans,
                              double norm, const kr_real *gradient, kr_real *params) {
    step_job j = {.o = optimiser, .scale = 1, .gradient = gradient, .params = params};
    /* As torch's clip_grad_norm_. */
    if (optimiser->clip > 0 && norm > optimiser->clip) j.scale = optimiser->clip / (norm + 1e-6);
    optimiser->step++;
    for (int i = 0; i < n_spans; i++) {
        j.span = spans[i];
        j.size = piece_size(j.span.count);
        kr_team_for(optimiser->team, (j.span.count + j.size - 1) / j.size, step_piece, &j);
    }
}

void kr__optimiser_step(kr_optimiser *optimiser, double rate, double norm, const kr_real *gradient,
                        kr_real *params) {
    const kr_rate_span all = {0, optimiser->n, rate};
    kr__optimiser_step_spans(optimiser, &all, 1, norm, gradient, params);
}
