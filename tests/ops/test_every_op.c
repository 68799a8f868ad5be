/* SPDX-License-Identifier: MIT
 * test_every_op.c - what holds for every op of ops.inc: its gradients; a run that is cut into
 * pieces gives what one that is not gives, with the same bits for one worker and three; rows that
 * are made one by one have the bits of all; backward reads what is kept for it; the work that a
 * profile divides by; want of memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kr/team.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_cases.h"

static const kr_op_sizes small = {.batch = 2, .steps = 6, .series = 3, .width = 4, .ahead = 5};
/* One sample, large enough to be cut into pieces. */
static const kr_op_sizes large = {
    .batch = 1, .steps = 256, .series = 70, .width = 128, .ahead = 300};
/* The same for several samples that all workers walk through together. */
static const kr_op_sizes several = {
    .batch = 4, .steps = 256, .series = 30, .width = 128, .ahead = 100};

/* ---- gradients -------------------------------------------------------------------------- */

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr_op_case_build(*(const int *)arg, plan, in, &small);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    if (sizeof(kr_real) < 8) skip(); /* kinks are too near for the steps of float */
    for (int i = 0; i < kr__op_count(); i++) {
        kr_op_case c = kr_op_case_of(i, &small);
        kr_gradcheck check = {.name = c.name,
                              .batch = small.batch,
                              .n_in = c.n_in,
                              .build = build,
                              .arg = &i,
                              .is_training = true};
        if (c.why || c.in[0].is_partly_constant) continue;
        for (int k = 0; k < c.n_in; k++) {
            check.in[k].rank = c.in[k].rank;
            memcpy(check.in[k].shape, c.in[k].shape, sizeof c.in[k].shape);
            check.in[k].low = c.in[k].low;
            check.in[k].high = c.in[k].high;
            check.in[k].no_grad = c.in[k].is_data;
        }
        kr_gradcheck_run(&check);
    }
}

/* ---- one worker and three ----------------------------------------------------------------- */

/* One op in a plan, with its memory. */
typedef struct bench {
    kr_op_case c;
    kr_plan *plan;
    kr_tensor in[KR_OP_CASE_INPUTS], y;
    kr_real *work;
} bench;

static void open_bench(bench *b, int i, const kr_op_sizes *sizes) {
    kr_error err = {0};
    *b = (bench){.c = kr_op_case_of(i, sizes)};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, sizes->batch, true, &b->plan, &err), KR_OK);
    if (sizes->batch > 1) kr__plan_share(b->plan);
    for (int k = 0; k < b->c.n_in; k++) {
        b->in[k] = kr__plan_input(b->plan, b->c.in[k].rank, b->c.in[k].shape, !b->c.in[k].is_data);
    }
    b->y = kr_op_case_build(i, b->plan, b->in, sizes);
    kr__plan_output(b->plan, b->y);
    if (kr__plan_finish(b->plan, &err) != KR_OK) fail_msg("%s: %s", b->c.name, err.text);
    for (int k = 0; k < b->c.n_in; k++) b->in[k] = kr__plan_resolve(b->plan, b->in[k]);
    b->y = kr__plan_resolve(b->plan, b->y);
    b->work = kr__calloc((size_t)kr__plan_work_size(b->plan) + 1, sizeof *b->work);
    assert_non_null(b->work);
}

static void close_bench(bench *b) {
    kr_free(b->work);
    kr__plan_destroy(b->plan);
}

static void fill(kr_real *x, int64_t n, double low, double high, uint64_t which) {
    kr_rng rng = kr__rng_make(9, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)(low + (high - low) * kr__rng_uniform(&rng));
}

static int64_t count_numbers(const bench *b) {
    int64_t n = kr__tensor_size(&b->y);
    for (int k = 0; k < b->c.n_in; k++) n += kr__tensor_size(&b->in[k]);
    return n;
}

static kr_real *append(kr_real *to, const kr_real *from, int64_t n) {
    memcpy(to, from, (size_t)n * sizeof *to);
    return to + n;
}

/* Output and gradients, one behind the other: by a team of so many workers; 0: in one go, uncut.
 * Free with kr_free. */
static kr_real *run(const bench *b, int workers) {
    kr_team *team = NULL;
    kr_per_worker scratch;
    kr_error err = {0};
    kr_real *numbers = kr__calloc((size_t)count_numbers(b), sizeof *numbers), *end = numbers;
    size_t n_bytes = ((size_t)kr__plan_scratch_size(b->plan) + 1) * sizeof(kr_real);
    assert_int_equal(kr_team_create(workers > 0 ? workers : 1, NULL, NULL, &team, &err), KR_OK);
    assert_int_equal(kr_per_worker_init(&scratch, team, n_bytes, &err), KR_OK);
    const kr_run r = {.data = {b->work, NULL},
                      .grad = {b->work, NULL},
                      .scratch = scratch.base,
                      .is_training = true,
                      .seed = 11,
                      .step = 3,
                      .team = team};
    memset(b->work, 0x7e, (size_t)kr__plan_work_size(b->plan) * sizeof *b->work); /* junk */
    for (int k = 0; k < b->c.n_in; k++) {
        fill(kr__data(&r, &b->in[k]), kr__tensor_size(&b->in[k]), b->c.in[k].low, b->c.in[k].high,
             (uint64_t)k);
    }
    workers > 0 ? kr__plan_forward_together(b->plan, &r, &scratch) : kr__plan_forward(b->plan, &r);
    int64_t n = kr__tensor_size(&b->y);
    end = append(end, kr__data(&r, &b->y), n);
    fill(kr__grad(&r, &b->y), n, -1, 1, KR_OP_CASE_INPUTS);
    workers > 0 ? kr__plan_backward_together(b->plan, &r, &scratch)
                : kr__plan_backward(b->plan, &r);
    for (int k = 0; k < b->c.n_in; k++) {
        const kr_real *grad = kr__grad(&r, &b->in[k]);
        if (grad) end = append(end, grad, kr__tensor_size(&b->in[k]));
    }
    kr_per_worker_deinit(&scratch);
    kr_team_destroy(team);
    return numbers;
}

/* To a part of the largest. */
static bool are_near(const kr_real *a, const kr_real *b, int64_t n) {
    const double tolerance = sizeof(kr_real) == 8 ? 1e-12 : 1e-5;
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)b[i]));
    for (int64_t i = 0; i < n; i++) {
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance * largest)) return false;
    }
    return true;
}

/* What two runs made: each tensor by itself. */
static bool are_alike(const bench *b, const kr_real *one, const kr_real *other) {
    int64_t at = kr__tensor_size(&b->y);
    bool are = are_near(one, other, at);
    for (int k = 0; k < b->c.n_in; k++) {
        if (b->in[k].grad_offset < 0) continue;
        int64_t n = kr__tensor_size(&b->in[k]);
        are = are && are_near(one + at, other + at, n);
        at += n;
    }
    return are;
}

/* The plan alone decides whether a node is cut; sums over its pieces may round otherwise. */
static void check_parts(const kr_op_sizes *sizes) {
    int n_cut = 0;
    for (int i = 0; i < kr__op_count(); i++) {
        bench b;
        if (kr_op_case_of(i, sizes).why) continue;
        open_bench(&b, i, sizes);
        for (int k = 0; k < kr__plan_node_count(b.plan); k++) {
            const kr_node *node = kr__plan_node(b.plan, k);
            n_cut += node->n_pieces > 1;
            /* Of two pieces, either may join. */
            assert_true(sizes->batch == 1 || !node->row->join || node->n_pieces > 2);
        }
        int64_t n = count_numbers(&b);
        kr_real *uncut = run(&b, 0), *one = run(&b, 1), *three = run(&b, 3);
        if (!are_alike(&b, one, uncut)) fail_msg("%s: its pieces give another result", b.c.name);
        if (memcmp(three, one, (size_t)n * sizeof *one) != 0) {
            fail_msg("%s: three workers give other bits than one", b.c.name);
        }
        kr_free(uncut);
        kr_free(one);
        kr_free(three);
        close_bench(&b);
    }
    assert_true(n_cut >= 10); /* else this shows little */
}

static void parts_are_the_whole(void **state) {
    (void)state;
    check_parts(&large);
}

static void parts_of_several_samples_are_the_whole(void **state) {
    (void)state;
    check_parts(&several);
}

/* ---- rows, as a strand takes them --------------------------------------------------------- */

/* Row by row into memory that is junk before; a piece leaves the rows of the others alone. */
static void check_rows(const bench *b, const kr_node *node, const kr_run *whole) {
    int64_t rows = node->in[0].shape[0], n = kr__tensor_size(&b->y), width = n / rows;
    kr_real *y = kr__data(whole, &b->y), *want = kr__calloc((size_t)n, sizeof *want);
    assert_true(rows > 1 && n % rows == 0);
    memcpy(want, y, (size_t)n * sizeof *y);
    for (int64_t i = 0; i < n; i++) y[i] = 77;
    for (int64_t row = 0; row < rows; row++) {
        kr_run piece = *whole;
        piece.piece = row;
        piece.n_pieces = piece.strand_rows = rows;
        node->row->forward(node, &piece);
        if (memcmp(want, y, (size_t)((row + 1) * width) * sizeof *y) != 0) {
            fail_msg("%s: row %d by itself is another", b->c.name, (int)row);
        }
        for (int64_t i = (row + 1) * width; i < n; i++) assert_true(y[i] == 77);
    }
    kr_free(want);
}

static void rows_are_made_apart(void **state) {
    (void)state;
    int n_ops = 0;
    for (int i = 0; i < kr__op_count(); i++) {
        bench b;
        if (kr_op_case_of(i, &small).why) continue;
        open_bench(&b, i, &small);
        const kr_node *node = kr__plan_node(b.plan, kr__plan_node_count(b.plan) - 1);
        kr_real *scratch = kr__calloc((size_t)kr__plan_scratch_size(b.plan) + 1, sizeof *scratch);
        const kr_run r = {.data = {b.work, NULL}, .scratch = scratch, .is_training = true};
        for (int k = 0; k < b.c.n_in; k++) {
            fill(kr__data(&r, &b.in[k]), kr__tensor_size(&b.in[k]), b.c.in[k].low, b.c.in[k].high,
                 (uint64_t)k);
        }
        kr__plan_forward(b.plan, &r);
        if (node->row->keeps_rows) check_rows(&b, node, &r);
        n_ops += node->row->keeps_rows;
        kr_free(scratch);
        close_bench(&b);
    }
    assert_true(n_ops >= 9);
}

/* ---- what backward reads ------------------------------------------------------------------ */

/* More tokens than a tile of attention has. */
static const kr_op_sizes long_ones = {.batch = 2, .steps = 40, .series = 3, .width = 4, .ahead = 5};

/* Gradients, where the value of the last node's input (or output) number `lost` is no more when
 * backward begins; -1: none is. Free with kr_free. */
static kr_real *lose(const bench *b, bool is_output, int lost) {
    const kr_node *node = kr__plan_node(b->plan, kr__plan_node_count(b->plan) - 1);
    kr_real *numbers = kr__calloc((size_t)count_numbers(b), sizeof *numbers), *end = numbers;
    kr_real *scratch = kr__calloc((size_t)kr__plan_scratch_size(b->plan) + 1, sizeof *scratch);
    const kr_run r = {.data = {b->work, NULL},
                      .grad = {b->work, NULL},
                      .scratch = scratch,
                      .is_training = true,
                      .seed = 11};
    memset(b->work, 0, (size_t)kr__plan_work_size(b->plan) * sizeof *b->work);
    for (int k = 0; k < b->c.n_in; k++) {
        fill(kr__data(&r, &b->in[k]), kr__tensor_size(&b->in[k]), b->c.in[k].low, b->c.in[k].high,
             (uint64_t)k);
    }
    kr__plan_forward(b->plan, &r);
    if (lost >= 0) {
        const kr_tensor *t = is_output ? &node->out[lost] : &node->in[lost];
        fill(kr__data(&r, t), kr__tensor_size(t), 2, 3, 0);
    }
    fill(kr__grad(&r, &b->y), kr__tensor_size(&b->y), -1, 1, KR_OP_CASE_INPUTS);
    kr__plan_backward(b->plan, &r);
    for (int k = 0; k < b->c.n_in; k++) {
        const kr_real *grad = kr__grad(&r, &b->in[k]);
        if (grad) end = append(end, grad, kr__tensor_size(&b->in[k]));
    }
    kr_free(scratch);
    return numbers;
}

static void check_kept(const bench *b, const kr_real *whole, bool is_output, int i, bool is_kept) {
    size_t bytes = (size_t)count_numbers(b) * sizeof *whole;
    kr_real *without = lose(b, is_output, i);
    bool is_read = memcmp(without, whole, bytes) != 0;
    if (is_read != is_kept) {
        fail_msg("%s: %s %d is %s", b->c.name, is_output ? "output" : "input", i,
                 is_read ? "read, but not kept" : "kept in vain");
    }
    kr_free(without);
}

/* A value that the op does not keep may be gone; one that it keeps takes memory. Of a target, the
 * spectrum only asks where it is missing. */
static void backward_reads_what_is_kept(void **state) {
    (void)state;
    for (int i = 0; i < kr__op_count(); i++) {
        bench b;
        if (kr_op_case_of(i, &small).why) continue;
        open_bench(&b, i, &long_ones);
        const kr_node *node = kr__plan_node(b.plan, kr__plan_node_count(b.plan) - 1);
        bool is_spectrum = strcmp(b.c.name, "spectrum_loss") == 0;
        kr_real *whole = lose(&b, false, -1);
        for (int k = 0; k < node->n_in; k++) {
            if (is_spectrum && k == 1) continue;
            check_kept(&b, whole, false, k, node->keeps_in >> k & 1);
        }
        for (int k = 0; k < node->n_out; k++) {
            check_kept(&b, whole, true, k, node->keeps_out >> k & 1);
        }
        kr_free(whole);
        close_bench(&b);
    }
}

/* A case is of the op whose name it has, in the end. */
static void cases_use_their_op(void **state) {
    (void)state;
    for (int i = 0; i < kr__op_count(); i++) {
        bench b;
        if (kr_op_case_of(i, &large).why) continue;
        open_bench(&b, i, &large);
        const kr_node *last = kr__plan_node(b.plan, kr__plan_node_count(b.plan) - 1);
        assert_string_equal(last->op->name, b.c.name);
        close_bench(&b);
    }
}

/* What the profile divides by: multiplications and additions of the op itself, or updates of a
 * state, of the small sizes. Forward, a product of m rows and n columns over k has 2 m n k;
 * backward has one more product for each of its two sides that wants a gradient. */
typedef struct work_row {
    const char *name;
    unsigned without; /* bit i: input i wants no gradient */
    const char *unit;
    double forward, backward;
} work_row;

static const work_row work_rows[] = {
    /* 2 samples, 2 heads: scores 6 x 6 over 2, sums of values 6 x 2 over 6; backward makes scores
     * again, and the gradients of values, probabilities, queries and keys. */
    {"attention", 0, "FLOP", 2 * 2 * 2 * (6 * 6 * 2 + 6 * 2 * 6), 2 * 2 * 5 * (2 * 6 * 6 * 2)},
    /* 3 taps for each of 2 x 6 x 4 values; backward: the sums again, two gradients. */
    {"conv1d", 0, "FLOP", 2 * 48 * 3, 3 * 2 * 48 * 3},
    /* 2 x 3 rows, 5 columns, over 4 tokens of 4. */
    {"flatten_head", 0, "FLOP", 2 * 6 * 5 * 16, 2 * 2 * 6 * 5 * 16},
    {"flatten_head", 1 << 0, "FLOP", 2 * 6 * 5 * 16, 2 * 6 * 5 * 16},
    {"flatten_head", 1 << 1, "FLOP", 2 * 6 * 5 * 16, 2 * 6 * 5 * 16},
    /* 2 samples of 3 series and 2 marks, 4 columns, over 6 steps. */
    {"inverted_embed", 0, "FLOP", 2 * 10 * 4 * 6, 2 * 2 * 10 * 4 * 6},
    {"inverted_embed", 1 << 0, "FLOP", 2 * 10 * 4 * 6, 2 * 2 * 10 * 4 * 6},
    {"inverted_embed", 1 << 1, "FLOP", 2 * 10 * 4 * 6, 2 * 2 * 10 * 4 * 6},
    {"inverted_embed", 1 << 0 | 1 << 1, "FLOP", 2 * 10 * 4 * 6, 2 * 10 * 4 * 6},
    {"inverted_embed", 1 << 2, "FLOP", 2 * 10 * 4 * 6, 2 * 10 * 4 * 6},
    /* 2 x 6 rows, 16 columns, over 4. */
    {"linear", 0, "FLOP", 2 * 12 * 16 * 4, 2 * 2 * 12 * 16 * 4},
    {"linear", 1 << 0, "FLOP", 2 * 12 * 16 * 4, 2 * 12 * 16 * 4},
    {"linear", 1 << 1, "FLOP", 2 * 12 * 16 * 4, 2 * 12 * 16 * 4},
    /* 2 x 3 series of 3 patches and the row of the global token, 4 columns, over 2 steps. */
    {"patch_embed", 0, "FLOP", 2 * 24 * 4 * 2, 2 * 2 * 24 * 4 * 2},
    {"patch_embed", 1 << 0, "FLOP", 2 * 24 * 4 * 2, 2 * 24 * 4 * 2},
    {"patch_embed", 1 << 1, "FLOP", 2 * 24 * 4 * 2, 2 * 24 * 4 * 2},
    /* 2 x 6 steps of 4 channels with a state of 4. */
    {"selective_scan", 0, "update", 2 * 6 * 4 * 4, 2 * 6 * 4 * 4},
    /* 2 samples: cosines and sines of 0 .. 3 waves, 4 columns, over 6 steps. */
    {"spectrum_loss", 0, "FLOP", 2 * 2 * 8 * 4 * 6, 2 * 2 * 8 * 4 * 6}};

/* The op's node is not laid out: an offset of 0 says that there is a gradient. */
static bool check_work(int i, const work_row *row) {
    kr_op_case c = kr_op_case_of(i, &small);
    kr_tensor in[KR_OP_CASE_INPUTS];
    kr_plan *plan = NULL;
    assert_int_equal(kr__plan_create(&kr_backend_cpu, small.batch, true, &plan, NULL), KR_OK);
    for (int k = 0; k < c.n_in; k++) {
        bool is_wanted = !c.in[k].is_data && !(row && row->without >> k & 1);
        in[k] = kr__plan_input(plan, c.in[k].rank, c.in[k].shape, is_wanted);
    }
    kr_op_case_build(i, plan, in, &small);
    const kr_node *node = kr__plan_node(plan, kr__plan_node_count(plan) - 1);
    bool has_work = node->op->work != NULL;
    assert_string_equal(node->op->name, c.name);
    if (row) {
        kr_work work = node->op->work(node);
        if (work.forward != row->forward || work.backward != row->backward) {
            fail_msg("%s: %g forward, %g backward", c.name, work.forward, work.backward);
        }
        assert_string_equal(work.unit, row->unit);
    }
    kr__plan_destroy(plan);
    return has_work;
}

static void work_is_counted(void **state) {
    (void)state;
    const size_t n = sizeof work_rows / sizeof work_rows[0];
    size_t n_rows = 0;
    for (int i = 0; i < kr__op_count(); i++) {
        kr_op_case c = kr_op_case_of(i, &small);
        size_t before = n_rows;
        for (size_t k = 0; k < n; k++) {
            if (strcmp(work_rows[k].name, c.name) != 0) continue;
            check_work(i, &work_rows[k]);
            n_rows++;
        }
        if (!c.why && n_rows == before && check_work(i, NULL)) fail_msg("%s has no row", c.name);
    }
    assert_int_equal(n_rows, n);
}

/* ---- want of memory ----------------------------------------------------------------------- */

static kr_status plan_op(int i) {
    kr_op_case c = kr_op_case_of(i, &small);
    kr_tensor in[KR_OP_CASE_INPUTS];
    kr_plan *plan = NULL;
    kr_error err = {.text = ""};
    kr_status status = kr__plan_create(&kr_backend_cpu, small.batch, true, &plan, &err);
    if (status != KR_OK) return status;
    for (int k = 0; k < c.n_in; k++) {
        in[k] = kr__plan_input(plan, c.in[k].rank, c.in[k].shape, !c.in[k].is_data);
    }
    kr__plan_output(plan, kr_op_case_build(i, plan, in, &small));
    status = kr__plan_finish(plan, &err);
    kr__plan_destroy(plan);
    assert_int_equal(status != KR_OK, *err.text != '\0');
    return status;
}

static void every_plan_may_lack_memory(void **state) {
    (void)state;
    for (int i = 0; i < kr__op_count(); i++) {
        kr_op_case c = kr_op_case_of(i, &small);
        if (c.why) continue;
        uint64_t before = kr__alloc_count();
        kr__alloc_fail_at(UINT64_MAX);
        assert_int_equal(plan_op(i), KR_OK);
        const uint64_t n_allocs = kr__alloc_count() - before;
        for (uint64_t n = 1; n <= n_allocs; n++) {
            kr__alloc_fail_at(n);
            kr_status status = plan_op(i);
            kr__alloc_fail_at(0);
            if (status != KR_MEMORY) fail_msg("%s: allocation %d", c.name, (int)n);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients),
                                       cmocka_unit_test(parts_are_the_whole),
                                       cmocka_unit_test(parts_of_several_samples_are_the_whole),
                                       cmocka_unit_test(rows_are_made_apart),
                                       cmocka_unit_test(every_plan_may_lack_memory),
                                       cmocka_unit_test(cases_use_their_op),
                                       cmocka_unit_test(backward_reads_what_is_kept),
                                       cmocka_unit_test(work_is_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
