/* SPDX-License-Identifier: MIT
 * engine.c - batches to losses and gradients. */
#include "train/engine.h"
#include "core/arena.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/product.h"
#include "ops/weight_panels.h"
#include "tensor/profile_internal.h"
#include "train/slots.h"

/* ---- types ------------------------------------------------------------------------------ */

enum {
    MAX_MICRO = 8,
    /* Rows that make matrix products efficient while activations stay in the second-level cache. */
    EFFICIENT_ROWS = 192,
    FEW_SLOTS = 8,
    ROUND_PIECE = 65536 /* elements of the parameters in one piece of their rounding to bf16 */
};

/* A plan for one micro-batch size, with its inputs and outputs. */
typedef struct micro_plan {
    kr_plan *plan;
    kr_ends ends;
    kr_per_worker timings; /* of every node, when profiled */
} micro_plan;

struct kr_engine {
    kr_team *team;
    kr_objective objective;
    int64_t y_size; /* elements of a sample's y */
    kr_params params;
    int64_t micro; /* samples of a full micro-batch */
    micro_plan training[MAX_MICRO + 1], inference[MAX_MICRO + 1]; /* by size; 0 unused */
    micro_plan whole[2]; /* batches of max_batch and of last_batch, when trains_whole */
    int64_t max_batch;
    bool is_profiled, uses_bf16, only_predicts;
    /* Weights as forward reads them. Plans that train in bf16 have fewer, in a list of their own.
     */
    kr_weight_panels panels, bf16_panels;
    bool has_panels;      /* of the parameters as they are; only_predicts */
    kr_bf16 *bf16;        /* the parameters rounded, when uses_bf16 */
    bool trains_whole;    /* a training batch is one micro-batch */
    bool trains_together; /* training batches are single samples or trains_whole: all workers
                             compute them together in the first worker's memory */
    int64_t scratch_size;
    int64_t work_size, other_size; /* of the first worker; of each of the others */
    kr_real *work;                 /* of all workers, one after the other */
    kr_per_worker scratch;
    int64_t n_slots; /* at most */
    kr__slots slots; /* slot 0 becomes the gradient */
};

/* What the workers of one batch share. */
typedef struct job {
    kr_engine *engine;
    const kr_samples *samples;
    bool is_together; /* all workers on one plan at a time, else each on a piece of the batch */
    kr_draw_key key;
    int64_t n_slots, first_slot; /* first_slot: of this rank */
    int64_t first_piece;         /* of this rank */
    kr_real *pred;
    double *losses;
} job;

/* ---- making ----------------------------------------------------------------------------- */

/* These choices depend on the model and the largest batch alone. */

/* A slot is written and read once more for each step, so that beyond some, which keep that many
 * workers busy, each must be worth it. */
static int64_t choose_slots(const kr_engine_config *c) {
    if (c->objective.needs_whole_batch) return 1;
    int64_t slots = c->grad_slots < c->max_batch ? c->grad_slots : c->max_batch;
    int64_t worth = c->max_batch * c->objective.rows_per_sample / EFFICIENT_ROWS;
    if (worth < FEW_SLOTS) worth = FEW_SLOTS;
    return slots < worth ? slots : worth;
}

static int64_t choose_micro(const kr_engine_config *c, int64_t n_slots) {
    int64_t micro = EFFICIENT_ROWS / c->objective.rows_per_sample + 1;
    int64_t most = (c->max_batch + n_slots - 1) / n_slots; /* samples of the largest slot */
    if (micro > most) micro = most;
    return micro < 1 ? 1 : micro > MAX_MICRO ? MAX_MICRO : micro;
}

static kr_weight_panels *panels_of(kr_engine *engine, bool is_training) {
    return is_training && engine->uses_bf16 ? &engine->bf16_panels : &engine->panels;
}

static kr_status make_plan(kr_engine *engine, micro_plan *m, int64_t batch, bool with_backward,
                           kr_error *err) {
    KR_TRY(kr__plan_create(&kr_backend_cpu, batch, with_backward, &m->plan, err));
    if (with_backward && engine->trains_whole) kr__plan_share(m->plan);
    kr__plan_use_panels(m->plan, panels_of(engine, with_backward));
    if (with_backward && engine->uses_bf16) kr__plan_use_bf16(m->plan);
    kr_builder b = {m->plan, &engine->params};
    const kr_objective *o = &engine->objective;
    o->build(o->config, &b, batch, with_backward, &m->ends);
    if (!with_backward && m->ends.y.rank > 0) kr__plan_output(m->plan, m->ends.y);
    kr__plan_output(m->plan, m->ends.loss);
    KR_TRY(kr__plan_finish(m->plan, err));
    kr_ends *ends = &m->ends;
    for (int i = 0; i < KR_MAX_INPUTS; i++) {
        if (ends->in[i].rank > 0) ends->in[i] = kr__plan_resolve(m->plan, ends->in[i]);
    }
    if (!with_backward && ends->y.rank > 0) {
        ends->y = kr__plan_resolve(m->plan, ends->y);
        engine->y_size = kr__tensor_size(&ends->y) / batch;
    }
    ends->loss = kr__plan_resolve(m->plan, ends->loss);
    int64_t work = kr__plan_work_size(m->plan), scratch = kr__plan_scratch_size(m->plan);
    if (work > engine->work_size) engine->work_size = work;
    bool is_for_all = !(with_backward && engine->trains_together);
    if (is_for_all && work > engine->other_size) engine->other_size = work;
    if (scratch > engine->scratch_size) engine->scratch_size = scratch;
    if (!engine->is_profiled) return KR_OK;
    size_t nodes = (size_t)kr__plan_node_count(m->plan);
    return kr_per_worker_init(&m->timings, engine->team, nodes * sizeof(kr_timing), err);
}

/* Where the work memory of a worker starts; for the number after the last worker it is the total
 * size. */
static int64_t work_at(const kr_engine *engine, int64_t worker) {
    return worker == 0 ? 0 : engine->work_size + (worker - 1) * engine->other_size;
}

static kr_status allocate(kr_engine *engine, kr_error *err) {
    int n_workers = kr_team_workers(engine->team);
    size_t scratch = ((size_t)engine->scratch_size + 16) * sizeof(kr_real);
    engine->work = kr__calloc((size_t)work_at(engine, n_workers), sizeof(kr_real));
    kr_status status = kr_per_worker_init(&engine->scratch, engine->team, scratch, NULL);
    bool has_gradients =
        engine->only_predicts ||
        kr__slots_init(engine->team, engine->n_slots, engine->params.size, &engine->slots);
    if (engine->uses_bf16) {
        engine->bf16 = kr__calloc((size_t)engine->params.size, sizeof *engine->bf16);
        if (!engine->bf16) return kr_fail(err, KR_MEMORY, "no memory for rounded parameters");
    }
    KR_TRY(kr__weight_panels_allocate(&engine->panels, err));
    KR_TRY(kr__weight_panels_allocate(&engine->bf16_panels, err));
    if (engine->work && status == KR_OK && has_gradients) return KR_OK;
    if (engine->trains_whole) {
        return kr_fail(err, KR_MEMORY,
                       "no memory for the activations of a whole batch, which the loss needs; "
                       "choose a smaller `batch_size`, `d_model` or `seq_len`");
    }
    return kr_fail(err, KR_MEMORY,
                   "no memory for activations and gradients; choose a smaller `d_model` or "
                   "shorter windows");
}

static kr_status make_whole(kr_engine *engine, int64_t last_batch, kr_error *err) {
    KR_TRY(make_plan(engine, &engine->whole[0], engine->max_batch, true, err));
    if (last_batch == 0 || last_batch == engine->max_batch) return KR_OK;
    return make_plan(engine, &engine->whole[1], last_batch, true, err);
}

static kr_status make(kr_engine *engine, int64_t last_batch, kr_error *err) {
    bool trains = !engine->only_predicts;
    if (trains && engine->trains_whole) KR_TRY(make_whole(engine, last_batch, err));
    for (int64_t size = engine->micro; size >= 1; size--) {
        if (trains && !engine->trains_whole) {
            KR_TRY(make_plan(engine, &engine->training[size], size, true, err));
        }
        KR_TRY(make_plan(engine, &engine->inference[size], size, false, err));
    }
    /* Every worker's memory starts on a cache line of its own. */
    engine->work_size = (engine->work_size + 15) / 16 * 16;
    engine->other_size = (engine->other_size + 15) / 16 * 16;
    engine->scratch_size = (engine->scratch_size + 15) / 16 * 16;
    KR_TRY(kr__params_allocate(&engine->params, err));
    return allocate(engine, err);
}

kr_status kr__engine_create(kr_team *team, const kr_engine_config *config, kr_engine **out,
                            kr_error *err) {
    if (config->uses_bf16 && !kr__product_is_fast()) {
        return kr_fail(err, KR_USAGE,
                       "`amp`: this CPU cannot compute products in bf16 (it has neither "
                       "AVX512-BF16 nor AMX); leave `amp` out to compute in float32");
    }
    kr_engine *engine = kr__calloc(1, sizeof *engine);
    if (!engine) return kr_fail(err, KR_MEMORY, "out of memory");
    engine->objective = config->objective;
    engine->team = team;
    engine->is_profiled = config->is_profiled;
    engine->uses_bf16 = config->uses_bf16;
    engine->only_predicts = config->only_predicts;
    engine->max_batch = config->max_batch;
    engine->trains_whole = config->objective.needs_whole_batch;
    engine->trains_together = config->max_batch == 1 || engine->trains_whole;
    engine->n_slots = choose_slots(config);
    engine->micro = choose_micro(config, engine->n_slots);
    kr_status status = make(engine, config->last_batch, err);
    if (status != KR_OK) {
        kr__engine_destroy(engine);
        return status;
    }
    engine->objective.config = NULL; /* it belongs to the caller and is no longer needed */
    *out = engine;
    return KR_OK;
}

static void destroy_plan(micro_plan *m) {
    kr__plan_destroy(m->plan);
    kr_per_worker_deinit(&m->timings);
}

void kr__engine_destroy(kr_engine *engine) {
    if (!engine) return;
    for (int i = 0; i <= MAX_MICRO; i++) {
        destroy_plan(&engine->training[i]);
        destroy_plan(&engine->inference[i]);
    }
    for (int i = 0; i < 2; i++) destroy_plan(&engine->whole[i]);
    kr__params_deinit(&engine->params);
    kr_free(engine->work);
    kr_per_worker_deinit(&engine->scratch);
    kr__slots_deinit(&engine->slots);
    kr__weight_panels_deinit(&engine->panels);
    kr__weight_panels_deinit(&engine->bf16_panels);
    kr_free(engine->bf16);
    kr_free(engine);
}

kr_params *kr__engine_params(kr_engine *engine) {
    engine->has_panels = false; /* the caller may change them */
    return &engine->params;
}
kr_real *kr__engine_gradient(kr_engine *engine) { return engine->slots.values; }
int64_t kr__engine_y_size(const kr_engine *engine) { return engine->y_size; }

int64_t kr__engine_bytes(const kr_engine *engine) {
    int64_t n_workers = kr_team_workers(engine->team);
    int64_t elements = work_at(engine, n_workers) + n_workers * engine->scratch_size +
                       (engine->slots.n + 1) * engine->params.size + engine->panels.size +
                       engine->bf16_panels.size;
    int64_t rounded = engine->bf16 ? engine->params.size : 0;
    return elements * (int64_t)sizeof(kr_real) + rounded * (int64_t)sizeof(kr_bf16);
}

/* ---- one micro-batch -------------------------------------------------------------------- */

static kr_run start_run(const job *j, const micro_plan *m, int worker, kr_real *grad,
                        int64_t first) {
    kr_engine *e = j->engine;
    kr_real *work = e->work + work_at(e, worker);
    return (kr_run){.data = {work, e->params.values},
                    .grad = {work, grad},
                    .scratch = kr_per_worker_at(&e->scratch, worker),
                    .panels = panels_of(e, grad != NULL)->values,
                    .bf16 = e->bf16,
                    .is_training = grad != NULL,
                    .seed = j->key.seed,
                    .step = j->key.step,
                    .first_sample = first,
                    .given = j->key.given,
                    .team = e->team,
                    .timings = e->is_profiled ? kr_per_worker_at(&m->timings, worker) : NULL};
}

static void load_samples(const job *j, const micro_plan *m, const kr_run *run, int64_t first,
                         int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        kr_real *in[KR_MAX_INPUTS] = {NULL};
        for (int k = 0; k < KR_MAX_INPUTS; k++) {
            const kr_tensor *t = &m->ends.in[k];
            if (t->rank > 0) in[k] = kr__data(run, t) + i * (kr__tensor_size(t) / count);
        }
        j->samples->fetch(j->samples->arg, first + i, in);
    }
}

static void run_forward(const job *j, const kr_plan *plan, const kr_run *run) {
    if (j->is_together) {
        kr__plan_forward_together(plan, run, &j->engine->scratch);
    } else {
        kr__plan_forward(plan, run);
    }
}

/* ---- training --------------------------------------------------------------------------- */

/* Sample range of a slot: sizes differ by one at most. */
static int64_t slot_start(int64_t count, int64_t n_slots, int64_t slot) {
    return count / n_slots * slot + (slot < count % n_slots ? slot : count % n_slots);
}

/* Samples of a full micro-batch, of a batch of so many. */
static int64_t training_size(const kr_engine *e, int64_t batch) {
    return e->trains_whole ? batch : e->micro;
}

static const micro_plan *training_plan(const kr_engine *e, int64_t count) {
    const micro_plan *m = e->trains_whole ? &e->whole[count != e->max_batch] : &e->training[count];
    assert(m->plan && kr__plan_batch(m->plan) == count);
    return m;
}

static void make_panels(kr_engine *e, bool is_training) {
    if (!e->has_panels) {
        kr__weight_panels_make(e->team, panels_of(e, is_training), e->params.values);
    }
    e->has_panels = e->only_predicts;
}

static job start_training(kr_engine *engine, const kr_samples *samples, kr_draw_key key) {
    return (job){.engine = engine,
                 .samples = samples,
                 .is_together = samples->count == 1 || engine->trains_whole,
                 .key = key,
                 .n_slots = samples->count < engine->n_slots ? samples->count : engine->n_slots};
}

static double train_micro(const job *j, int worker, kr_real *grad, int64_t first, int64_t count,
                          bool is_first) {
    kr_engine *e = j->engine;
    const micro_plan *m = training_plan(e, count);
    kr_run run = start_run(j, m, worker, grad, first);
    run.is_first = is_first;
    if (is_first) kr__plan_clear_params(m->plan, grad, e->params.size);
    load_samples(j, m, &run, first, count);
    run_forward(j, m->plan, &run);
    double scale = 1.0 / ((double)j->samples->count * (double)e->objective.values_per_loss);
    double sum = 0;
    const kr_real *loss = kr__data(&run, &m->ends.loss);
    for (int64_t i = 0; i < count; i++) sum += (double)loss[i];
    kr_real *grad_loss = kr__grad(&run, &m->ends.loss);
    if (!grad_loss) return sum; /* a model without parameters */
    for (int64_t i = 0; i < count; i++) grad_loss[i] = (kr_real)scale;
    if (j->is_together) {
        kr__plan_backward_together(m->plan, &run, &e->scratch);
    } else {
        kr__plan_backward(m->plan, &run);
    }
    return sum;
}

static void train_slot(void *arg, int64_t slot, int worker) {
    const job *j = arg;
    kr_engine *e = j->engine;
    kr_real *grad = e->slots.values + slot * e->params.size;
    int64_t first = slot_start(j->samples->count, j->n_slots, slot);
    int64_t end = slot_start(j->samples->count, j->n_slots, slot + 1);
    int64_t micro = training_size(e, j->samples->count);
    double sum = 0;
    for (bool is_first = true; first < end; is_first = false) {
        int64_t count = end - first < micro ? end - first : micro;
        sum += train_micro(j, worker, grad, first, count, is_first);
        first += count;
    }
    e->slots.losses[slot] = sum;
}

static void train_own_slot(void *arg, int64_t piece, int worker) {
    train_slot(arg, ((const job *)arg)->first_slot + piece, worker);
}

static void round_piece(void *arg, int64_t piece, int worker) {
    (void)worker;
    kr_engine *e = ((const job *)arg)->engine;
    int64_t start = piece * ROUND_PIECE, n = e->params.size - start;
    if (n > ROUND_PIECE) n = ROUND_PIECE;
    kr__kernels()->to_bf16(1, n, e->params.values + start, n, e->bf16 + start);
}

double kr__engine_train_batch(kr_engine *engine, const kr_samples *samples, kr_draw_key key) {
    assert(samples->count >= 1);
    job j = start_training(engine, samples, key);
    make_panels(engine, true);
    if (engine->bf16) {
        kr_team_for(engine->team, (engine->params.size + ROUND_PIECE - 1) / ROUND_PIECE,
                    round_piece, &j);
    }
    int64_t end = 0;
    kr__slots_own(engine->team, j.n_slots, &j.first_slot, &end);
    if (!j.is_together) {
        kr_team_for(engine->team, end - j.first_slot, train_own_slot, &j);
    } else if (j.first_slot < end) {
        train_slot(&j, 0, 0);
    }
    kr__slots_add(engine->team, &engine->slots, j.n_slots);
    kr__rank_count_votes(engine->team);
    double sum = 0;
    for (int64_t s = 0; s < j.n_slots; s++) sum += engine->slots.losses[s];
    return sum / ((double)samples->count * (double)engine->objective.values_per_loss);
}

/* ---- inference -------------------------------------------------------------------------- */

static void predict_piece(void *arg, int64_t piece, int worker) {
    const job *j = arg;
    kr_engine *e = j->engine;
    int64_t first = (j->first_piece + piece) * e->micro, count = j->samples->count - first;
    int64_t n = e->y_size;
    if (count > e->micro) count = e->micro;
    const micro_plan *m = &e->inference[count];
    kr_run run = start_run(j, m, worker, NULL, first);
    load_samples(j, m, &run, first, count);
    run_forward(j, m->plan, &run);
    if (j->pred) {
        memcpy(j->pred + first * n, kr__data(&run, &m->ends.y),
               (size_t)(count * n) * sizeof(kr_real));
    }
    if (!j->losses) return;
    const kr_real *loss = kr__data(&run, &m->ends.loss);
    for (int64_t i = 0; i < count; i++) {
        j->losses[first + i] = (double)loss[i] / (double)e->objective.values_per_loss;
    }
}

static int64_t count_pieces(const job *j) {
    return (j->samples->count + j->engine->micro - 1) / j->engine->micro;
}

/* The samples of each rank, of so many bytes, go to all others. */
static void gather_samples(const job *j, void *values, size_t n_bytes) {
    const kr_ranks *ranks = kr_team_ranks(j->engine->team);
    int64_t n = j->samples->count, n_pieces = count_pieces(j), before = 0;
    size_t parts[KR_MAX_RANKS];
    for (int r = 0; r < ranks->count; r++) {
        int64_t end = kr__rank_start(n_pieces, ranks->count, r + 1) * j->engine->micro;
        if (end > n) end = n;
        parts[r] = (size_t)(end - before) * n_bytes;
        before = end;
    }
    ranks->gather(ranks->arg, values, parts);
}

static void predict_pieces(job *j) {
    kr_team *team = j->engine->team;
    int64_t n = count_pieces(j), end = n;
    if (kr_team_ranks(team)) kr__slots_own(team, n, &j->first_piece, &end);
    kr_team_for(team, end - j->first_piece, predict_piece, j);
    if (!kr_team_ranks(team)) return;
    if (j->pred) gather_samples(j, j->pred, (size_t)j->engine->y_size * sizeof *j->pred);
    if (j->losses) gather_samples(j, j->losses, sizeof *j->losses);
    kr__rank_count_votes(team);
}

/* Ranks share micro-batches out; a single sample each computes for itself. */
void kr__engine_predict(kr_engine *engine, const kr_samples *samples, kr_real *pred,
                        double *losses) {
    job j = {.engine = engine,
             .samples = samples,
             .is_together = samples->count == 1,
             .pred = pred,
             .losses = losses};
    make_panels(engine, false);
    if (j.is_together) {
        predict_piece(&j, 0, 0);
    } else {
        predict_pieces(&j);
    }
}

/* ---- the profile ------------------------------------------------------------------------ */

static void add_profile(const kr_engine *engine, const micro_plan *m, kr_profile *out) {
    for (int w = 0; m->plan && w < kr_team_workers(engine->team); w++) {
        kr__profile_add(out, m->plan, kr_per_worker_at(&m->timings, w));
    }
}

kr_status kr__engine_profile(const kr_engine *engine, kr_profile **out, kr_error *err) {
    *out = NULL;
    if (!engine->is_profiled) return KR_OK;
    kr_profile *profile = kr__calloc(1, sizeof *profile);
    if (!profile) return kr_fail(err, KR_MEMORY, "out of memory for the profile");
    for (int i = 0; i <= MAX_MICRO; i++) {
        add_profile(engine, &engine->training[i], profile);
        add_profile(engine, &engine->inference[i], profile);
    }
    for (int i = 0; i < 2; i++) add_profile(engine, &engine->whole[i], profile);
    kr__profile_sort(profile);
    *out = profile;
    return KR_OK;
}

/* ---- faults ----------------------------------------------------------------------------- */

static bool explain_forward(const job *j, int64_t first, int64_t count, char *text, size_t size) {
    kr_engine *e = j->engine;
    const micro_plan *m = training_plan(e, count);
    kr_run run = start_run(j, m, 0, e->slots.values, first);
    load_samples(j, m, &run, first, count);
    const kr_node *node = kr__plan_find_nonfinite(m->plan, &run);
    if (!node) return false;
    snprintf(text, size, "op %s in %s", node->op->name, *node->label ? node->label : "the model");
    return true;
}

static void explain_gradient(const kr_engine *e, char *text, size_t size) {
    for (int i = 0; i < e->params.count; i++) {
        const kr_param *p = &e->params.list[i];
        for (int64_t k = 0; k < p->size; k++) {
            if (isfinite(e->slots.values[p->offset + k])) continue;
            snprintf(text, size, "the gradient of %s", p->name);
            return;
        }
    }
    snprintf(text, size, "the sum of the squared gradients");
}

void kr__engine_explain_nonfinite(kr_engine *engine, const kr_samples *samples, kr_draw_key key,
                                  char *text, size_t size) {
    job j = start_training(engine, samples, key);
    int64_t micro = training_size(engine, samples->count);
    explain_gradient(engine, text, size); /* slot 0 still holds the gradient here */
    for (int64_t first = 0; first < samples->count;) {
        int64_t count = samples->count - first < micro ? samples->count - first : micro;
        if (explain_forward(&j, first, count, text, size)) return;
        first += count;
    }
}

double kr__mean_of_batches(const double *losses, int64_t n, int64_t batch) {
    double sum = 0;
    int64_t n_batches = 0;
    for (int64_t i = 0; i < n; i += batch, n_batches++) {
        int64_t count = n - i < batch ? n - i : batch;
        double of_batch = 0;
        for (int64_t k = 0; k < count; k++) of_batch += losses[i + k];
        sum += of_batch / (double)count;
    }
    return sum / (double)n_batches;
}
