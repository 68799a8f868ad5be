/* SPDX-License-Identifier: MIT
 * test_attention_tiles.c - one head of attention and its gradients at every level against plain
 * loops in double; with strides, with a given mask. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

enum { GAP = 3 };
static const double drop = 0.25;

typedef struct head {
    int64_t tokens, d_head, stride;
    kr_real *x[3], *grad_y, *keep, *start; /* q, k, v; gradients before */
    kr_real *y, *grad[3], *stats, *scratch;
    double *want_y, *want[3], *p; /* p (query, key) */
} head;

static int64_t room(const head *h) { return h->tokens * h->stride; }

/* Element d of token t. */
static double at(const head *h, const kr_real *x, int64_t t, int64_t d) {
    return (double)x[t * h->stride + d];
}

static double kept(const head *h, int64_t i, int64_t j) {
    return h->keep ? (double)h->keep[i * h->tokens + j] / (1 - drop) : 1;
}

static void expect_forward(head *h) {
    for (int64_t i = 0; i < h->tokens; i++) {
        double *p = h->p + i * h->tokens, largest = -1e300, sum = 0;
        for (int64_t j = 0; j < h->tokens; j++) {
            double score = 0;
            for (int64_t d = 0; d < h->d_head; d++)
                score += at(h, h->x[0], i, d) * at(h, h->x[1], j, d);
            p[j] = score / sqrt((double)h->d_head);
            if (p[j] > largest) largest = p[j];
        }
        for (int64_t j = 0; j < h->tokens; j++) sum += p[j] = exp(p[j] - largest);
        for (int64_t j = 0; j < h->tokens; j++) {
            p[j] /= sum;
            for (int64_t d = 0; d < h->d_head; d++) {
                h->want_y[i * h->stride + d] += p[j] * kept(h, i, j) * at(h, h->x[2], j, d);
            }
        }
    }
}

static void expect_backward(head *h) {
    for (int64_t i = 0; i < h->tokens; i++) {
        double inner = 0;
        for (int64_t d = 0; d < h->d_head; d++) {
            inner += at(h, h->grad_y, i, d) * h->want_y[i * h->stride + d];
        }
        for (int64_t j = 0; j < h->tokens; j++) {
            double p = h->p[i * h->tokens + j], grad_p = 0;
            for (int64_t d = 0; d < h->d_head; d++) {
                grad_p += at(h, h->grad_y, i, d) * at(h, h->x[2], j, d);
                h->want[2][j * h->stride + d] += p * kept(h, i, j) * at(h, h->grad_y, i, d);
            }
            double g = p * (grad_p * kept(h, i, j) - inner) / sqrt((double)h->d_head);
            for (int64_t d = 0; d < h->d_head; d++) {
                h->want[0][i * h->stride + d] += g * at(h, h->x[1], j, d);
                h->want[1][j * h->stride + d] += g * at(h, h->x[0], i, d);
            }
        }
    }
}

static double *widen(const kr_real *x, int64_t n) {
    double *wide = kr__calloc((size_t)n, sizeof *wide);
    assert_non_null(wide);
    for (int64_t i = 0; i < n; i++) wide[i] = (double)x[i];
    return wide;
}

/* The gaps between tokens hold `start`, and must still hold it afterwards. */
static head make_head(int64_t tokens, int64_t d_head, bool is_dropping, bool adds) {
    head h = {.tokens = tokens, .d_head = d_head, .stride = d_head + GAP};
    int64_t n = room(&h);
    for (int i = 0; i < 3; i++) h.x[i] = kr_check_random(n, -2, 2, (uint64_t)i);
    h.grad_y = kr_check_random(n, -1, 1, 3);
    h.start = kr_check_random(n, -1, 1, 4);
    if (is_dropping) h.keep = kr_check_random(tokens * tokens, -0.5, 1.5, 5);
    for (int64_t i = 0; is_dropping && i < tokens * tokens; i++) h.keep[i] = h.keep[i] > 0;
    h.y = kr_check_output(n, h.start);
    h.want_y = widen(h.start, n);
    for (int i = 0; i < 3; i++) {
        h.grad[i] = kr_check_output(n, h.start);
        h.want[i] = widen(h.start, n);
    }
    for (int64_t t = 0; t < tokens; t++) {
        for (int64_t d = 0; d < d_head; d++) {
            h.want_y[t * h.stride + d] = 0;
            for (int i = 0; !adds && i < 3; i++) h.want[i][t * h.stride + d] = 0;
        }
    }
    h.p = kr__calloc((size_t)(tokens * tokens), sizeof *h.p);
    h.stats = kr_check_output(2 * kr__attention_lanes(tokens), NULL);
    h.scratch = kr_check_output(kr__attention_scratch(d_head), NULL);
    expect_forward(&h);
    expect_backward(&h);
    return h;
}

static void free_head(head *h) {
    for (int i = 0; i < 3; i++) {
        kr_free(h->x[i]);
        kr_free(h->grad[i]);
        kr_free(h->want[i]);
    }
    void *const all[] = {h->grad_y, h->keep, h->start, h->y, h->want_y, h->p, h->stats, h->scratch};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) kr_free(all[i]);
}

static void check_guard(const kr_real *behind) {
    for (int i = 0; i < KR_CHECK_GUARD; i++) assert_true(behind[i] == kr_check_guard);
}

static void check_head(const kr_kernels *kernels, int64_t tokens, int64_t d_head, bool is_dropping,
                       bool adds) {
    head h = make_head(tokens, d_head, is_dropping, adds);
    const kr__draw draw = {.p = drop};
    const kr__attention_head s = {.tokens = tokens,
                                  .d_head = d_head,
                                  .q = h.x[0],
                                  .k = h.x[1],
                                  .v = h.x[2],
                                  .q_stride = h.stride,
                                  .k_stride = h.stride,
                                  .v_stride = h.stride,
                                  .y = h.y,
                                  .y_stride = h.stride,
                                  .largest = h.stats,
                                  .inverse = h.stats + kr__attention_lanes(tokens),
                                  .draw = is_dropping ? &draw : NULL,
                                  .given = h.keep,
                                  .scratch = h.scratch};
    const kr__attention_gradients grad = {h.grad_y, h.grad[0], h.grad[1], h.grad[2],
                                          adds,     adds,      adds};
    kernels->attention_forward(&s);
    kr_check_close("attention_forward", room(&h), h.y, h.want_y, 2e-6, 2e-6);
    kernels->attention_backward(&s, &grad);
    for (int i = 0; i < 3; i++) {
        kr_check_close("attention_backward", room(&h), h.grad[i], h.want[i], 2e-5, 2e-5);
    }
    check_guard(h.stats + 2 * kr__attention_lanes(tokens));
    check_guard(h.scratch + kr__attention_scratch(d_head));
    free_head(&h);
}

static void check_sizes(const kr_kernels *kernels, int64_t n) {
    int64_t tokens = n < 200 ? n : 200;
    check_head(kernels, tokens, n % 19 + 1, false, true);
    check_head(kernels, tokens, 16, true, false);
    check_head(kernels, 7, n < 200 ? n : 80, n % 2 == 0, false);
}

/* One tile of keys, of queries, and the first size beyond each. */
static void check_borders(const kr_kernels *kernels, int64_t n) {
    if (n > 1) return;
    const int64_t tokens[4] = {KR_TILE_KEYS, KR_TILE_KEYS + 1, KR_TILE_QUERIES,
                               KR_TILE_QUERIES + 1};
    for (int i = 0; i < 4; i++) check_head(kernels, tokens[i], 8, i % 2 == 0, true);
}

static void sizes(void **state) {
    (void)state;
    kr_check_levels(check_sizes);
}

static void borders(void **state) {
    (void)state;
    kr_check_levels(check_borders);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes), cmocka_unit_test(borders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
