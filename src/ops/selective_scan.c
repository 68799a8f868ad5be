/* SPDX-License-Identifier: MIT
 * selective_scan.c - the selective state-space recurrence over whole sequences; formulas in ops.h.
 *
 * A sequence is cut into chunks of KR_SCAN_STEPS steps; a call of a kernel does one chunk. Forward
 * keeps the state at the end of every segment (one chunk, or a few to save memory:
 * choose_borders()). Backward takes the segments from last to first: it recomputes the states
 * between the chunks of a segment, then takes these chunks from last to first.
 *
 *     chunks      | 0 | 1 | 2 | 3 | 4 | 5 | 6 |       3 chunks a segment
 *     saved                   ^           ^           (the start is h_first)
 *     recomputed      ^   ^       ^   ^
 *
 * Saved, for each row:  | states at segment borders | y before the gate, when there is one |
 * Scratch:  | A | first state | states in a segment | grad of the state | grad of A, D, dt_bias |
 *           | the kernels' | all but the last in blocks of 16 channels: scan_args.h
 *
 * A single step that hands its state on and needs no gradient has a kernel of its own.
 *
 * A piece of a cut run takes some blocks of channels. The gradients of B and C are sums over all
 * channels: each piece leaves its own sums, (rows, seq_len, 2 d_state), and join adds them. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"
#include "ops/weight_panels.h"

enum { X, DT_RAW, DT_BIAS, A_LOG, B, C, D, Z, H_FIRST, N_INPUTS };
enum { LANES = 16 };
/* Updates of states that make a piece worth a worker; a step has its states in the worker's cache,
 * and waits for exponentials. */
enum { LEAST_UPDATES = 1 << 17, LEAST_OF_STEP = 1 << 12 };

static const char *const names[N_INPUTS] = {"x", "dt_raw", "dt_bias", "A_log",  "B",
                                            "C", "D",      "z",       "h_first"};

typedef struct settings {
    int at[N_INPUTS]; /* number of the node's input, -1: none */
    bool with_h_last; /* as an output */
    bool is_in_place; /* h_first becomes the state after the last step */
    bool A_is_plain, dt_is_plain;
    /* Set by plan. */
    int64_t rows, seq_len, d_inner, d_state;
    int64_t stride[N_INPUTS]; /* of the rows of x, dt_raw, B, C, z */
    /* Set by needs. */
    int64_t n_chunks, per_segment, n_borders;
    int64_t state_size; /* one state, blocked */
    int64_t saved_row;  /* saved elements of one row */
    bool is_saving;     /* backward will run */
} settings;

/* ---- plan ------------------------------------------------------------------------------- */

static const kr_tensor *input(const kr_node *node, int which) {
    int at = ((const settings *)node->attr)->at[which];
    return at < 0 ? NULL : &node->in[at];
}

static kr_status check(const kr_node *node, settings *s, int which, int rank, const int64_t *shape,
                       kr_error *err) {
    const kr_tensor *t = input(node, which);
    if (!t) return KR_OK;
    kr_tensor want = kr__tensor_make(rank, shape);
    char text[KR_SHAPE_TEXT], text_want[KR_SHAPE_TEXT];
    if (!kr__tensor_same_shape(t, &want)) {
        return kr__node_fail(node, err, "%s is %s, but x, A_log and B call for %s", names[which],
                             kr__shape_text(t, text), kr__shape_text(&want, text_want));
    }
    bool is_series = rank == 3 && which != H_FIRST;
    kr_matrix m = {0};
    if (is_series ? !kr__tensor_as_matrix(t, &m) : !kr__tensor_is_contiguous(t)) {
        return kr__node_fail(node, err, "%s %s must %s; make it so with kr__copy()", names[which],
                             kr__shape_text(t, text),
                             is_series ? "have evenly spaced rows" : "be contiguous");
    }
    s->stride[which] = m.row_stride;
    return KR_OK;
}

static kr_status check_shapes(const kr_node *node, settings *s, kr_error *err) {
    const kr_tensor *x = input(node, X), *A_log = input(node, A_LOG);
    char text[KR_SHAPE_TEXT];
    if (x->rank != 3 || kr__tensor_size(x) == 0) {
        return kr__node_fail(node, err, "x is %s: needs (rows, seq_len, d_inner), none of them 0",
                             kr__shape_text(x, text));
    }
    if (A_log->rank != 2 || kr__tensor_size(A_log) == 0) {
        return kr__node_fail(node, err, "A_log is %s: needs (d_inner, d_state), none of them 0",
                             kr__shape_text(A_log, text));
    }
    s->rows = x->shape[0];
    s->seq_len = x->shape[1];
    s->d_inner = x->shape[2];
    s->d_state = A_log->shape[1];
    const int64_t inner[] = {s->rows, s->seq_len, s->d_inner};
    const int64_t state[] = {s->rows, s->seq_len, s->d_state};
    const int64_t h[] = {s->rows, s->d_inner, s->d_state};
    KR_TRY(check(node, s, X, 3, inner, err));
    KR_TRY(check(node, s, DT_RAW, 3, inner, err));
    KR_TRY(check(node, s, DT_BIAS, 1, inner + 2, err));
    KR_TRY(check(node, s, A_LOG, 2, h + 1, err));
    KR_TRY(check(node, s, B, 3, state, err));
    KR_TRY(check(node, s, C, 3, state, err));
    KR_TRY(check(node, s, D, 1, inner + 2, err));
    KR_TRY(check(node, s, Z, 3, inner, err));
    return check(node, s, H_FIRST, 3, h, err);
}

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* As many borders as fit into the memory of two activations, or into 8 MB if that is more. */
static void choose_borders(settings *s) {
    enum { FREE = 1 << 21 };
    int64_t width = kr__scan_blocks(s->d_inner) * LANES;
    int64_t room = 2 * s->seq_len * width, free_room = FREE / s->rows;
    s->state_size = width * kr__scan_states(s->d_state);
    s->n_chunks = divide_up(s->seq_len, KR_SCAN_STEPS);
    int64_t most = (room > free_room ? room : free_room) / s->state_size;
    s->per_segment = divide_up(s->n_chunks, most + 1);
    s->n_borders = divide_up(s->n_chunks, s->per_segment) - 1;
}

/* A single step that hands its state on, without backward. */
static bool is_step(const settings *s) {
    return s->seq_len == 1 && (s->with_h_last || s->is_in_place) && !s->is_saving;
}

/* What the pieces leave takes no more memory than two activations. */
static void choose_pieces(kr_node *node, const settings *s) {
    int64_t steps = s->rows * s->seq_len, blocks = kr__scan_blocks(s->d_inner);
    int64_t most =
        s->is_saving && s->d_inner / s->d_state < blocks ? s->d_inner / s->d_state : blocks;
    int64_t n = kr__node_pieces(node, steps * s->d_inner * s->d_state,
                                is_step(s) ? LEAST_OF_STEP : LEAST_UPDATES);
    while (n > 1 && n > most) n /= 2;
    node->n_pieces = n;
    if (n > 1) node->n_partial = n * steps * 2 * s->d_state;
}

static kr_status plan(kr_node *node, kr_error *err) {
    settings *s = node->attr;
    KR_TRY(check_shapes(node, s, err));
    kr__node_output(node, 0, 3, input(node, X)->shape);
    if (s->with_h_last) {
        kr__node_output(node, 1, 3, (const int64_t[]){s->rows, s->d_inner, s->d_state});
    }
    return KR_OK;
}

static void needs(kr_node *node) {
    settings *s = node->attr;
    choose_borders(s);
    int64_t blocks = kr__scan_blocks(s->d_inner);
    s->is_saving = false;
    for (int i = 0; i < node->n_in; i++) s->is_saving |= node->in[i].grad_offset >= 0;
    if (s->is_saving) {
        s->saved_row = s->n_borders * s->state_size + (s->at[Z] < 0 ? 0 : s->seq_len * s->d_inner);
        node->n_saved = s->rows * s->saved_row;
    }
    node->n_scratch = (4 + s->per_segment) * s->state_size + 2 * blocks * LANES +
                      kr__scan_scratch_size(s->d_inner, s->d_state, s->is_saving);
    choose_pieces(node, s);
    node->keeps_out = 0;
}

/* ---- blocked and plain ------------------------------------------------------------------ */

/* Where channel d starts in a blocked array of states; its states lie LANES apart. */
static int64_t lane_of(const settings *s, int64_t d) {
    return d / LANES * kr__scan_states(s->d_state) * LANES + d % LANES;
}

/* ---- running ---------------------------------------------------------------------------- */

/* The channels that this run takes, in a strand the rows, and its scratch. */
typedef struct workspace {
    kr_range channels, rows;
    int64_t state_size, state_at; /* of these channels in a blocked state: elements, the first */
    kr_real *A, *first, *states, *grad_h, *grad_A, *grad_D, *grad_bias, *kernel;
} workspace;

static workspace lay_out(const settings *s, const kr_run *run) {
    workspace p = {.channels = kr__range_in_rows(run, s->d_inner, LANES),
                   .rows = kr__rows_of(run, s->rows),
                   .A = run->scratch};
    int64_t width = kr__scan_blocks(p.channels.count) * LANES;
    p.state_size = width * kr__scan_states(s->d_state);
    p.state_at = lane_of(s, p.channels.first);
    p.first = p.A + p.state_size;
    p.states = p.first + p.state_size;
    p.grad_h = p.states + s->per_segment * p.state_size;
    p.grad_A = p.grad_h + p.state_size;
    p.grad_D = p.grad_A + p.state_size;
    p.grad_bias = p.grad_D + width;
    p.kernel = p.grad_bias + width;
    return p;
}

/* The channels of this run out of (d_inner, d_state); surplus lanes and states 0. */
static void block_state(const settings *s, const workspace *p, const kr_real *plain,
                        kr_real *blocked) {
    assert(plain);
    plain += p->channels.first * s->d_state;
    memset(blocked, 0, (size_t)p->state_size * sizeof *blocked);
    for (int64_t d = 0; d < p->channels.count; d++, plain += s->d_state) {
        kr_real *lane = blocked + lane_of(s, d);
        for (int64_t n = 0; n < s->d_state; n++) lane[n * LANES] = plain[n];
    }
}

static void unblock_state(const settings *s, const workspace *p, const kr_real *blocked,
                          kr_real *plain, bool is_adding) {
    plain += p->channels.first * s->d_state;
    for (int64_t d = 0; d < p->channels.count; d++, plain += s->d_state) {
        const kr_real *lane = blocked + lane_of(s, d);
        for (int64_t n = 0; n < s->d_state; n++) {
            plain[n] = (is_adding ? plain[n] : 0) + lane[n * LANES];
        }
    }
}

static const kr_real *data_or_null(const kr_node *node, const kr_run *run, int which) {
    const kr_tensor *t = input(node, which);
    return t ? kr__data(run, t) : NULL;
}
static kr_real *grad_or_null(const kr_node *node, const kr_run *run, int which) {
    const kr_tensor *t = input(node, which);
    return t ? kr__grad(run, t) : NULL;
}

/* Step `at` (counted over all rows) of a series, which may be NULL, from column `first` on. */
static const kr_real *step_of(const settings *s, const kr_real *series, int which, int64_t at,
                              int64_t first) {
    return series ? series + at * s->stride[which] + first : NULL;
}
static kr_real *grad_step_of(const kr_node *node, const kr_run *run, int which, int64_t at,
                             int64_t first) {
    const settings *s = node->attr;
    kr_real *grad = grad_or_null(node, run, which);
    return grad ? grad + at * s->stride[which] + first : NULL;
}

static int64_t steps_of(const settings *s, int64_t chunk) {
    int64_t left = s->seq_len - chunk * KR_SCAN_STEPS;
    return left < KR_SCAN_STEPS ? left : KR_SCAN_STEPS;
}

/* D or dt_bias of the channels of this run. */
static const kr_real *channel_values(const kr_node *node, const kr_run *run, const workspace *p,
                                     int which) {
    const kr_real *values = data_or_null(node, run, which);
    return values ? values + p->channels.first : NULL;
}

/* Chunk `chunk` of row `row`; the states are the caller's. */
static kr__scan_chunk make_chunk(const kr_node *node, const kr_run *run, const workspace *p,
                                 int64_t row, int64_t chunk) {
    const settings *s = node->attr;
    int64_t at = row * s->seq_len + chunk * KR_SCAN_STEPS, d = p->channels.first;
    kr__scan_chunk c = {.n_steps = steps_of(s, chunk),
                        .d_inner = p->channels.count,
                        .d_state = s->d_state,
                        .x_stride = s->stride[X],
                        .dt_stride = s->stride[DT_RAW],
                        .z_stride = s->stride[Z],
                        .B_stride = s->stride[B],
                        .C_stride = s->stride[C],
                        .y_stride = s->d_inner,
                        .dt_is_plain = s->dt_is_plain,
                        .dt_bias = channel_values(node, run, p, DT_BIAS),
                        .D = channel_values(node, run, p, D),
                        .A = p->A,
                        .scratch = p->kernel};
    c.x = step_of(s, kr__data(run, input(node, X)), X, at, d);
    c.dt_raw = step_of(s, kr__data(run, input(node, DT_RAW)), DT_RAW, at, d);
    c.z = step_of(s, data_or_null(node, run, Z), Z, at, d);
    c.B = step_of(s, kr__data(run, input(node, B)), B, at, 0);
    c.C = step_of(s, kr__data(run, input(node, C)), C, at, 0);
    if (s->is_saving && c.z) {
        c.y_ungated = kr__saved(node, run) + row * s->saved_row + s->n_borders * s->state_size +
                      chunk * KR_SCAN_STEPS * s->d_inner + d;
    }
    return c;
}

/* The state before step 0, or NULL for zeros. */
static const kr_real *first_state(const kr_node *node, const kr_run *run, const workspace *p,
                                  int64_t row) {
    const settings *s = node->attr;
    if (s->at[H_FIRST] < 0) return NULL;
    block_state(s, p, kr__data(run, input(node, H_FIRST)) + row * s->d_inner * s->d_state,
                p->first);
    return p->first;
}

/* The state at a border between segments, as forward left it. */
static kr_real *border_state(const kr_node *node, const kr_run *run, const workspace *p,
                             int64_t row, int64_t border) {
    const settings *s = node->attr;
    return kr__saved(node, run) + row * s->saved_row + border * s->state_size + p->state_at;
}

/* Where forward puts the state after chunk `chunk`; NULL: nowhere. */
static kr_real *state_behind(const kr_node *node, const kr_run *run, const workspace *p,
                             int64_t row, int64_t chunk) {
    const settings *s = node->attr;
    if (chunk + 1 == s->n_chunks) return s->with_h_last || s->is_in_place ? p->states : NULL;
    if (!s->is_saving || (chunk + 1) % s->per_segment != 0) return p->states;
    return border_state(node, run, p, row, (chunk + 1) / s->per_segment - 1);
}

/* Where the state of row `row` after its last step goes; NULL: nowhere. */
static kr_real *last_state(const kr_node *node, const kr_run *run, int64_t row) {
    const settings *s = node->attr;
    if (!s->with_h_last && !s->is_in_place) return NULL;
    const kr_tensor *t = s->is_in_place ? input(node, H_FIRST) : &node->out[1];
    return kr__data(run, t) + row * s->d_inner * s->d_state;
}

static kr_status prepare(kr_node *node, kr_error *err) {
    const settings *s = node->attr;
    if (!is_step(s) || s->A_is_plain) return KR_OK;
    return kr__weight_panels_add(node, s->at[A_LOG], KR_PANEL_DECAY, err);
}

/* A_log, or A, becomes A * log2(e); NaN its plain form, as scan_decay() leaves it. */
static void make_decays(const settings *s, int64_t n, kr_real *A) {
    if (!s->A_is_plain) {
        kr__kernels()->scan_decay(n, A);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        kr_real a = A[i] * (kr_real)1.44269504088896341;
        A[i] = a == a ? a : (kr_real)NAN;
    }
}

/* A * log2(e) of the channels of this run, (d_inner, d_state). */
static const kr_real *plain_decays(const kr_node *node, const kr_run *run, const workspace *p) {
    const settings *s = node->attr;
    int64_t first = p->channels.first * s->d_state, n = p->channels.count * s->d_state;
    const kr_real *made = kr__weight_panels_of(node, run);
    if (made) return made + first;
    memcpy(p->first, kr__data(run, input(node, A_LOG)) + first, (size_t)n * sizeof *p->first);
    make_decays(s, n, p->first);
    return p->first;
}

/* The state is read and written where it lies, (d_inner, d_state), not blocked. */
static void forward_step(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    workspace p = lay_out(s, run);
    int64_t d = p.channels.first, state = s->d_inner * s->d_state;
    const kr_real *A = plain_decays(node, run, &p);
    const kr_real *h_first = data_or_null(node, run, H_FIRST);
    for (int64_t row = p.rows.first; row < p.rows.first + p.rows.count; row++) {
        int64_t at = row * state + d * s->d_state;
        kr__scan_step c = {.d_inner = p.channels.count,
                           .d_state = s->d_state,
                           .x = step_of(s, kr__data(run, input(node, X)), X, row, d),
                           .dt_raw = step_of(s, kr__data(run, input(node, DT_RAW)), DT_RAW, row, d),
                           .z = step_of(s, data_or_null(node, run, Z), Z, row, d),
                           .B = step_of(s, kr__data(run, input(node, B)), B, row, 0),
                           .C = step_of(s, kr__data(run, input(node, C)), C, row, 0),
                           .dt_is_plain = s->dt_is_plain,
                           .dt_bias = channel_values(node, run, &p, DT_BIAS),
                           .D = channel_values(node, run, &p, D),
                           .A = A,
                           .h_in = h_first ? h_first + at : NULL,
                           .h_out = last_state(node, run, row) + d * s->d_state,
                           .y = kr__data(run, &node->out[0]) + row * s->d_inner + d,
                           .scratch = p.A};
        kr__kernels()->scan_step(&c);
    }
}

static void forward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    if (is_step(s)) {
        forward_step(node, run);
        return;
    }
    const kr_kernels *kernels = kr__kernels();
    workspace p = lay_out(s, run);
    block_state(s, &p, kr__data(run, input(node, A_LOG)), p.A);
    make_decays(s, p.state_size, p.A);
    for (int64_t row = p.rows.first; row < p.rows.first + p.rows.count; row++) {
        const kr_real *h = first_state(node, run, &p, row);
        for (int64_t i = 0; i < s->n_chunks; i++) {
            kr__scan_chunk c = make_chunk(node, run, &p, row, i);
            c.h_in = h;
            c.h_out = state_behind(node, run, &p, row, i);
            c.y = kr__data(run, &node->out[0]) +
                  (row * s->seq_len + i * KR_SCAN_STEPS) * s->d_inner + p.channels.first;
            kernels->scan_forward(&c);
            h = c.h_out;
        }
        kr_real *h_last = last_state(node, run, row);
        if (h_last) unblock_state(s, &p, h, h_last, false);
    }
}

static bool is_adding(const kr_node *node, int which) {
    int at = ((const settings *)node->attr)->at[which];
    return at >= 0 && !(node->overwrites >> at & 1);
}

/* What a piece leaves: its gradients of B and C side by side, (rows, seq_len, 2 d_state). */
static kr_real *partial_sums(const kr_node *node, const kr_run *run, int64_t piece) {
    const settings *s = node->attr;
    return kr__partial(node, run) + piece * s->rows * s->seq_len * 2 * s->d_state;
}

static void backward_chunk(const kr_node *node, const kr_run *run, const workspace *p, int64_t row,
                           int64_t chunk, const kr_real *h_in, const kr_real *grad_h) {
    const settings *s = node->attr;
    int64_t at = row * s->seq_len + chunk * KR_SCAN_STEPS, d = p->channels.first;
    kr__scan_chunk c = make_chunk(node, run, p, row, chunk);
    c.h_in = h_in;
    kr__scan_gradients grad = {.y = kr__grad(run, &node->out[0]) + at * s->d_inner + d,
                               .x = grad_step_of(node, run, X, at, d),
                               .dt_raw = grad_step_of(node, run, DT_RAW, at, d),
                               .z = grad_step_of(node, run, Z, at, d),
                               .adds_x = is_adding(node, X),
                               .adds_dt = is_adding(node, DT_RAW),
                               .adds_z = is_adding(node, Z),
                               .B = grad_step_of(node, run, B, at, 0),
                               .C = grad_step_of(node, run, C, at, 0),
                               .adds_B = is_adding(node, B),
                               .adds_C = is_adding(node, C),
                               .B_stride = s->stride[B],
                               .C_stride = s->stride[C],
                               .h_out = grad_h,
                               .h_in = chunk > 0 || s->at[H_FIRST] >= 0 ? p->grad_h : NULL,
                               .A = p->grad_A,
                               .D = p->grad_D,
                               .dt_bias = p->grad_bias};
    if (run->n_pieces > 1) {
        grad.B = partial_sums(node, run, run->piece) + at * 2 * s->d_state;
        grad.C = grad.B + s->d_state;
        grad.B_stride = grad.C_stride = 2 * s->d_state;
        grad.adds_B = grad.adds_C = false;
    }
    kr__kernels()->scan_backward(&c, &grad);
}

/* Chunks first .. first + count - 1; h is the state before them. */
static void backward_segment(const kr_node *node, const kr_run *run, const workspace *p,
                             int64_t row, int64_t first, int64_t count, const kr_real *h) {
    const settings *s = node->attr;
    const kr_real *start = h;
    for (int64_t i = 0; i + 1 < count; i++) {
        kr__scan_chunk c = make_chunk(node, run, p, row, first + i);
        c.h_in = h;
        c.h_out = p->states + i * p->state_size;
        kr__kernels()->scan_forward(&c);
        h = c.h_out;
    }
    for (int64_t i = count - 1; i >= 0; i--) {
        bool is_last = first + i + 1 == s->n_chunks;
        backward_chunk(node, run, p, row, first + i,
                       i > 0 ? p->states + (i - 1) * p->state_size : start,
                       is_last && !s->with_h_last ? NULL : p->grad_h);
    }
}

static void backward_row(const kr_node *node, const kr_run *run, const workspace *p, int64_t row) {
    const settings *s = node->attr;
    int64_t size = s->d_inner * s->d_state;
    if (s->with_h_last) block_state(s, p, kr__grad(run, &node->out[1]) + row * size, p->grad_h);
    const kr_real *first = first_state(node, run, p, row);
    for (int64_t i = s->n_borders; i >= 0; i--) {
        const kr_real *h = first;
        if (i > 0) h = border_state(node, run, p, row, i - 1);
        int64_t start = i * s->per_segment, left = s->n_chunks - start;
        backward_segment(node, run, p, row, start, left < s->per_segment ? left : s->per_segment,
                         h);
    }
    kr_real *grad_first = grad_or_null(node, run, H_FIRST);
    if (!grad_first) return;
    unblock_state(s, p, p->grad_h, grad_first + row * size, is_adding(node, H_FIRST));
}

/* grad_A_log = grad_A * A, unless A was given, where p->A is A * log2(e). */
static void finish_parameters(const kr_node *node, const kr_run *run, const workspace *p) {
    const settings *s = node->attr;
    const int which[2] = {D, DT_BIAS};
    const kr_real *const sums[2] = {p->grad_D, p->grad_bias};
    for (int k = 0; k < 2; k++) {
        kr_real *grad = grad_or_null(node, run, which[k]);
        bool adds = is_adding(node, which[k]);
        if (grad) grad += p->channels.first;
        for (int64_t d = 0; grad && d < p->channels.count; d++)
            grad[d] = (adds ? grad[d] : 0) + sums[k][d];
    }
    if (!grad_or_null(node, run, A_LOG)) return;
    for (int64_t i = 0; i < p->state_size && !s->A_is_plain; i++) {
        p->grad_A[i] *= p->A[i] * (kr_real)0.69314718055994531;
    }
    unblock_state(s, p, p->grad_A, grad_or_null(node, run, A_LOG), is_adding(node, A_LOG));
}

static void backward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    workspace p = lay_out(s, run);
    block_state(s, &p, kr__data(run, input(node, A_LOG)), p.A);
    make_decays(s, p.state_size, p.A);
    memset(p.grad_A, 0, (size_t)(p.kernel - p.grad_A) * sizeof *p.grad_A);
    for (int64_t row = 0; row < s->rows; row++) backward_row(node, run, &p, row);
    finish_parameters(node, run, &p);
}

/* The gradient of B or C of this piece's steps; its sums start at column `first` of the partial
 * ones. */
static void join_sums(const kr_node *node, const kr_run *run, int which, int64_t first) {
    const settings *s = node->attr;
    kr_real *grad = grad_or_null(node, run, which);
    bool adds = is_adding(node, which);
    kr_range steps = kr__range_of(run, s->rows * s->seq_len, 1);
    for (int64_t t = steps.first; grad && t < steps.first + steps.count; t++) {
        kr_real *row = grad + t * s->stride[which];
        if (!adds) memset(row, 0, (size_t)s->d_state * sizeof *row);
        for (int64_t piece = 0; piece < node->n_pieces; piece++) {
            const kr_real *sums = partial_sums(node, run, piece) + t * 2 * s->d_state + first;
            kr__kernels()->accumulate(s->d_state, sums, row);
        }
    }
}

static void join(const kr_node *node, const kr_run *run) {
    join_sums(node, run, B, 0);
    join_sums(node, run, C, ((const settings *)node->attr)->d_state);
}

static kr_work work(const kr_node *node) {
    double updates = (double)kr__tensor_size(input(node, X)) * (double)input(node, A_LOG)->shape[1];
    return (kr_work){updates, updates, "update"};
}

const kr_op kr_op_selective_scan = {.name = "selective_scan", .plan = plan, .work = work};

const kr_op_row kr_op_selective_scan_cpu = {.op = &kr_op_selective_scan,
                                            .needs = needs,
                                            .prepare = prepare,
                                            .forward = forward,
                                            .backward = backward,
                                            .join = join,
                                            .can_overwrite = true,
                                            .can_overwrite_columns = true,
                                            .keeps_rows = true};

kr_tensor kr__selective_scan(kr_plan *plan_, const kr_scan_in *in, kr_tensor *h_last) {
    const kr_tensor given[N_INPUTS] = {in->x, in->dt_raw, in->dt_bias, in->A_log,  in->B,
                                       in->C, in->D,      in->z,       in->h_first};
    const bool is_optional[N_INPUTS] = {[DT_BIAS] = true, [D] = true, [Z] = true, [H_FIRST] = true};
    kr_tensor inputs[N_INPUTS], out[2] = {KR_NONE, KR_NONE};
    bool is_in_place = in->h_first.space == KR_SPACE_STATE;
    settings s = {.with_h_last = h_last && !is_in_place,
                  .is_in_place = is_in_place,
                  .A_is_plain = in->A_is_plain,
                  .dt_is_plain = in->dt_is_plain};
    int n = 0;
    for (int i = 0; i < N_INPUTS; i++) {
        bool is_given = given[i].rank > 0 || !is_optional[i];
        s.at[i] = is_given ? n : -1;
        if (is_given) inputs[n++] = given[i];
    }
    kr__plan_apply_n(plan_, &kr_op_selective_scan, n, inputs, &s, sizeof s, s.with_h_last ? 2 : 1,
                     out);
    if (h_last) *h_last = out[1];
    return out[0];
}
