/* SPDX-License-Identifier: MIT
 * gemm_tiles.c - matrix products.
 *
 * A tile of C stays in registers while k goes by: each step takes a row of B, KR_GEMM_PANEL numbers
 * or a few times as many, and one number of each row of A. Every element of C is one chain of fused
 * multiply-adds in the order of k, which begins at 0, at the bias or at what C holds; where k is
 * cut, C keeps the chain. So tiles and cuts change no bit, and v3 and v4 agree. */
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* Tiles of so many rows and panels fill the registers. With a sanitizer the large ones take minutes
 * to compile. */
#if defined(KR_IS_SANITIZED)
#define TILE_ROWS 2
#elif KR_V == 16
#define TILE_ROWS 14
#elif KR_V == 8 || (defined(__aarch64__) && !defined(KR_REAL_DOUBLE))
#define TILE_ROWS 6
#else
#define TILE_ROWS 2
#endif
enum { ROWS = TILE_ROWS, PANELS = KR_V == 16 ? 2 : 1 };

enum {
    WIDE = KR_V == 16 ? 8 : 4, /* panels of a tile of one row: sums enough to keep the CPU busy */
    DEPTH = 256,               /* steps of k at once: a tile's panels fit the first level cache */
    BLOCK = 8 * ROWS,          /* rows of A that are used again and again, from the second one */
    FAR = 1 << 18,             /* elements that fill the near caches by themselves */
    AHEAD = 8                  /* steps */
};

typedef struct tile_args {
    int64_t depth;
    const kr_real *a;
    int64_t row_a, col_a;
    const kr_real *b[2]; /* of each panel */
    int64_t row_b;
    kr_real *c;
    int64_t ldc, n;      /* columns of C; those of the last panel may be fewer than 16 */
    const kr_real *bias; /* of the first column; NULL: none */
    bool is_adding;
    /* In no near cache: C, which is not read, so that its lines can come while k goes by; B, whose
     * rows are so long that the CPU does not foresee the next panels. */
    bool is_c_far, is_b_far;
} tile_args;

KR_INLINE int64_t columns_of(int64_t n, int panel) { return n - panel * KR_W; }

/* What each sum starts from: numbers `apart` in memory from one row to the next (bias: 0). */
KR_INLINE void start_tile(int rows, int panels, const kr_real *from, int64_t apart, int64_t n,
                          kr_w sum[ROWS][PANELS]) {
    KR_UNROLL for (int i = 0; i < rows; i++) {
        KR_UNROLL for (int w = 0; w < panels; w++) {
            sum[i][w] = n >= panels * KR_W
                            ? kr_w_load(from + i * apart + w * KR_W)
                            : kr_w_load_lanes(from + i * apart + w * KR_W, columns_of(n, w));
        }
    }
}

/* rows, panels and the distances of A are constants where this is used. */
KR_INLINE void multiply_tile(int rows, int panels, int64_t row_a, int64_t col_a,
                             const tile_args *t) {
    kr_w sum[ROWS][PANELS];
    const kr_real *a = t->a, *b = t->b[0], *b1 = panels > 1 ? t->b[1] : b;
    const bool is_whole = t->n >= panels * KR_W;
    if (t->is_adding) {
        if (is_whole) {
            start_tile(rows, panels, t->c, t->ldc, panels * KR_W, sum);
        } else {
            start_tile(rows, panels, t->c, t->ldc, t->n, sum);
        }
    } else if (t->bias) {
        start_tile(rows, panels, t->bias, 0, t->n, sum);
    } else {
        KR_UNROLL for (int i = 0; i < rows; i++) {
            KR_UNROLL for (int w = 0; w < panels; w++) sum[i][w] = kr_w_set(0);
        }
    }
    if (t->is_c_far) {
        KR_UNROLL for (int i = 0; i < rows; i++) {
            KR_UNROLL for (int w = 0; w < panels; w++) {
                __builtin_prefetch(t->c + i * t->ldc + w * KR_W, 1);
            }
        }
    }
    for (int64_t p = 0; p < t->depth; p++) {
        kr_w row[PANELS];
        row[0] = kr_w_load(b);
        if (panels > 1) row[panels - 1] = kr_w_load(b1);
        KR_UNROLL for (int i = 0; i < rows; i++) {
            kr_w x = kr_w_set(a[i * row_a]);
            KR_UNROLL for (int w = 0; w < panels; w++) {
                sum[i][w] = kr_w_fmadd(x, row[w], sum[i][w]);
            }
        }
        if (t->is_b_far) {
            __builtin_prefetch(b + 2 * PANELS * KR_W);
            if (panels > 1) __builtin_prefetch(b1 + 2 * PANELS * KR_W);
        }
        if (row_a == 1) { /* its rows are too far apart for the CPU to foresee */
            __builtin_prefetch(a + AHEAD * col_a);
            __builtin_prefetch(a + AHEAD * col_a + rows);
        }
        a += col_a;
        b += t->row_b;
        b1 += t->row_b;
    }
    if (is_whole) {
        KR_UNROLL for (int i = 0; i < rows; i++) {
            KR_UNROLL for (int w = 0; w < panels; w++) {
                kr_w_store(t->c + i * t->ldc + w * KR_W, sum[i][w]);
            }
        }
        return;
    }
    KR_UNROLL for (int i = 0; i < rows; i++) {
        KR_UNROLL for (int w = 0; w < panels; w++) {
            kr_w_store_lanes(t->c + i * t->ldc + w * KR_W, sum[i][w], columns_of(t->n, w));
        }
    }
}

/* ---- one function for each number of rows -------------------------------------------------- */

#define TILE(name, rows, panels, row_a, col_a)                                                     \
    static void name(const tile_args *t) { multiply_tile(rows, panels, row_a, col_a, t); }
#define TILES(rows)                                                                                \
    TILE(plain_##rows, rows, PANELS, t->row_a, 1)                                                  \
    TILE(turned_##rows, rows, PANELS, 1, t->col_a)                                                 \
    TILE(narrow_plain_##rows, rows, 1, t->row_a, 1)                                                \
    TILE(narrow_turned_##rows, rows, 1, 1, t->col_a)
#define TILE_NAMES(rows)                                                                           \
    {                                                                                              \
        {plain_##rows, turned_##rows}, { narrow_plain_##rows, narrow_turned_##rows }               \
    }

TILES(1)
TILES(2)
#if TILE_ROWS >= 6
TILES(3)
TILES(4)
TILES(5)
TILES(6)
#endif
#if TILE_ROWS >= 14
TILES(7)
TILES(8)
TILES(9)
TILES(10)
TILES(11)
TILES(12)
TILES(13)
TILES(14)
#endif

typedef void tile_function(const tile_args *t);
/* By rows - 1; whether it is a single panel; whether A lies turned. */
static tile_function *const tiles[][2][2] = {
    TILE_NAMES(1),  TILE_NAMES(2),
#if TILE_ROWS >= 6
    TILE_NAMES(3),  TILE_NAMES(4),  TILE_NAMES(5),  TILE_NAMES(6),
#endif
#if TILE_ROWS >= 14
    TILE_NAMES(7),  TILE_NAMES(8),  TILE_NAMES(9),  TILE_NAMES(10),
    TILE_NAMES(11), TILE_NAMES(12), TILE_NAMES(13), TILE_NAMES(14),
#endif
};

/* ---- panels -------------------------------------------------------------------------------- */

static void copy_panel(int64_t depth, int64_t n, const kr_real *b, int64_t row_b, kr_real *panel) {
    for (int64_t p = 0; p < depth; p++) {
        kr_w_store(panel + p * KR_W, kr_w_load_lanes(b + p * row_b, n));
    }
}

KR_INLINE void turn_four(int64_t depth, const kr_real *b, int64_t col_b, kr_real *panel) {
    int64_t p = 0;
    for (; p + 4 <= depth; p += 4) {
        kr_quad q[4];
        for (int j = 0; j < 4; j++) memcpy(&q[j], b + j * col_b + p, sizeof q[j]);
        kr_quads_transpose(q);
        for (int j = 0; j < 4; j++) memcpy(panel + (p + j) * KR_W, &q[j], sizeof q[j]);
    }
    for (; p < depth; p++) {
        for (int j = 0; j < 4; j++) panel[p * KR_W + j] = b[j * col_b + p];
    }
}

/* Of a matrix whose columns are contiguous. */
static void turn_panel(int64_t depth, int64_t n, const kr_real *b, int64_t col_b, kr_real *panel) {
    for (int64_t j = 0; j < KR_W; j += 4) {
        if (j + 4 <= n) {
            turn_four(depth, b + j * col_b, col_b, panel + j);
            continue;
        }
        for (int64_t p = 0; p < depth; p++) {
            for (int64_t i = j; i < j + 4; i++) panel[p * KR_W + i] = i < n ? b[i * col_b + p] : 0;
        }
    }
}

void KR_K(gemm_pack)(int64_t k, int64_t n, const kr_real *b, int64_t col_b, kr_real *panels) {
    for (int64_t j = 0; j < n; j += KR_W)
        turn_panel(k, n - j, b + j * col_b, col_b, panels + j * k);
}

/* ---- products ------------------------------------------------------------------------------ */

/* Where the tiles read their columns j .. of B: from panels of all of B, from B itself, or from
 * panels that are made here, in `own`. */
static void choose_b(const kr__gemm_args *s, int64_t p, int64_t j, kr_real *own, tile_args *t) {
    if (s->panels) {
        for (int w = 0; w < PANELS; w++) t->b[w] = s->panels + (j + w * KR_W) * s->k + p * KR_W;
        t->row_b = KR_W;
        return;
    }
    const kr_real *b = s->b + p * s->row_b + j * s->col_b;
    if (s->col_b == 1 && (t->n >= PANELS * KR_W || t->n == KR_W)) {
        for (int w = 0; w < PANELS; w++) t->b[w] = b + w * KR_W;
        t->row_b = s->row_b;
        return;
    }
    for (int w = 0; w < PANELS && columns_of(t->n, w) > 0; w++) {
        kr_real *panel = own + w * DEPTH * KR_W;
        if (s->col_b == 1) {
            copy_panel(t->depth, columns_of(t->n, w), b + w * KR_W, s->row_b, panel);
        } else {
            turn_panel(t->depth, columns_of(t->n, w), b + w * KR_W * s->col_b, s->col_b, panel);
        }
    }
    for (int w = 0; w < PANELS; w++) t->b[w] = own + w * DEPTH * KR_W;
    t->row_b = KR_W;
}

/* All rows of some columns, in tiles of almost equal height. */
static void multiply_columns(const kr__gemm_args *s, int64_t p, int64_t j, tile_args t) {
    bool is_narrow = t.n <= KR_W, is_turned = s->col_a != 1;
    int64_t n_tiles = (s->m + ROWS - 1) / ROWS, i = 0;
    for (int64_t left = n_tiles; left > 0; left--) {
        int64_t rows = (s->m - i + left - 1) / left;
        t.a = s->a + i * s->row_a + p * s->col_a;
        t.c = s->c + i * s->ldc + j;
        tiles[rows - 1][is_narrow][is_turned](&t);
        i += rows;
    }
}

/* A single row of C, WIDE panels of it. */
static void multiply_row(const kr__gemm_args *s, int64_t p, int64_t j, const tile_args *t) {
    const kr_real *b = s->panels ? s->panels + j * s->k + p * KR_W : s->b + p * s->row_b + j;
    int64_t apart = s->panels ? s->k * KR_W : KR_W, row_b = s->panels ? KR_W : s->row_b;
    const kr_real *start = t->is_adding ? s->c + j : t->bias;
    kr_w sum[WIDE];
    KR_UNROLL for (int w = 0; w < WIDE; w++) {
        sum[w] = start ? kr_w_load(start + w * KR_W) : kr_w_set(0);
    }
    for (int64_t i = 0; i < t->depth; i++, b += row_b) {
        kr_w x = kr_w_set(s->a[(p + i) * s->col_a]);
        KR_UNROLL for (int w = 0; w < WIDE; w++) {
            sum[w] = kr_w_fmadd(x, kr_w_load(b + w * apart), sum[w]);
        }
    }
    KR_UNROLL for (int w = 0; w < WIDE; w++) kr_w_store(s->c + j + w * KR_W, sum[w]);
}

static void multiply_block(const kr__gemm_args *s, bool is_c_far, kr_real *own) {
    const bool is_row = s->m == 1 && (s->panels || s->col_b == 1);
    for (int64_t p = 0; p < s->k; p += DEPTH) {
        tile_args t = {.depth = s->k - p < DEPTH ? s->k - p : DEPTH,
                       .row_a = s->row_a,
                       .col_a = s->col_a,
                       .ldc = s->ldc,
                       .is_adding = s->is_adding || p > 0};
        t.is_c_far = is_c_far && !t.is_adding;
        t.is_b_far = !s->panels && s->col_b == 1 && s->k * s->row_b >= FAR;
        for (int64_t j = 0, step; j < s->n; j += step) {
            t.n = s->n - j;
            t.bias = s->bias && p == 0 ? s->bias + j : NULL;
            step = is_row && t.n >= WIDE * KR_W ? WIDE * KR_W : PANELS * KR_W;
            if (step == WIDE * KR_W) {
                multiply_row(s, p, j, &t);
            } else {
                choose_b(s, p, j, own, &t);
                multiply_columns(s, p, j, t);
            }
        }
    }
}

/* Where B must be turned first, all rows at once, for that takes time. */
void KR_K(gemm)(const kr__gemm_args *s) {
    _Alignas(64) kr_real own[PANELS * DEPTH * KR_W];
    kr__gemm_args block = *s;
    int64_t rows = s->panels || s->col_b == 1 ? BLOCK : s->m;
    for (int64_t i = 0; i < s->m; i += rows) {
        block.m = s->m - i < rows ? s->m - i : rows;
        multiply_block(&block, s->m * s->ldc >= FAR, own);
        block.a += rows * s->row_a;
        block.c += rows * s->ldc;
    }
}
