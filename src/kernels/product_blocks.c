/* SPDX-License-Identifier: MIT
 * product_blocks.c - bf16 products by AVX512-BF16 and by AMX, for CPUs that have them.
 *
 * Both take terms in pairs: of a column of B the numbers 2p and 2p + 1 lie side by side. Packing
 * moves such pairs, which are 32 bits wide. */
#include "kernels/product_blocks.h"

#if defined(__x86_64__) && !defined(KR_REAL_DOUBLE)

#include <immintrin.h>
#include <string.h>

#define KR_UNIT(units) __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq" units)))
#define INLINE static inline __attribute__((always_inline))
#define PACKS KR_UNIT("")

/* ---- packing -------------------------------------------------------------------------------- */

static PACKS void transpose_16(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
        t[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
        r[4 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0x88);
        r[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
        r[12 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0xdd);
    }
}

static __mmask32 first_32(int64_t n) { return n <= 0 ? 0 : n >= 32 ? 0xffffffff : (1u << n) - 1; }
static __mmask16 first_16(int64_t n) { return (__mmask16)first_32(n < 16 ? n : 16); }

/* Pairs 2p, 2p + 1 of 16 lines at most; n and k: lines and numbers that there are. */

/* Lines whose numbers follow one another: 16 of them, 32 numbers from p on. */
static PACKS void read_lines(const kr_bf16 *x, int64_t stride, int64_t n, int64_t left,
                             __m512i r[16]) {
    for (int i = 0; i < 16; i++) {
        r[i] = i < n ? _mm512_maskz_loadu_epi16(first_32(left), x + i * stride)
                     : _mm512_setzero_si512();
    }
}

/* Lines that lie side by side: the pair of numbers 0 and 1, `stride` apart, of each. */
static PACKS __m512i read_pair(const kr_bf16 *x, int64_t stride, int64_t n, int64_t left) {
    __mmask16 lines = first_16(n);
    __m512i even = _mm512_setzero_si512(), odd = even;
    if (left > 0) even = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lines, x));
    if (left > 1) odd = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lines, x + stride));
    return _mm512_or_si512(even, _mm512_slli_epi32(odd, 16));
}

PACKS void kr__product_pack_b(kr__product_block *s, bool is_turned, const kr_bf16 *b,
                              int64_t stride) {
    kr_bf16 *to = s->b;
    for (int64_t j = 0; j < s->n; j += KR_PRODUCT_TILE) {
        for (int64_t p = 0; p < s->depth; p += KR_PRODUCT_STEP, to += 16 * KR_PRODUCT_STEP) {
            __m512i r[16];
            if (is_turned) {
                read_lines(b + j * stride + p, stride, s->n - j, s->k - p, r);
                transpose_16(r);
            }
            for (int64_t q = 0; q < 16; q++) {
                if (!is_turned) {
                    int64_t at = p + 2 * q;
                    r[q] = read_pair(b + at * stride + j, stride, s->n - j, s->k - at);
                }
                _mm512_storeu_si512(to + q * 32, r[q]);
            }
        }
    }
}

PACKS void kr__product_pack_a(kr__product_block *s, bool is_turned, const kr_bf16 *a,
                              int64_t stride) {
    for (int64_t i = 0; i < s->m; i += KR_PRODUCT_TILE) {
        kr_bf16 *to = s->a + i * s->depth;
        for (int64_t p = 0; p < s->depth; p += KR_PRODUCT_STEP) {
            __m512i r[16];
            if (is_turned) {
                for (int64_t q = 0; q < 16; q++) {
                    int64_t at = p + 2 * q;
                    r[q] = read_pair(a + at * stride + i, stride, s->m - i, s->k - at);
                }
                transpose_16(r);
            } else {
                read_lines(a + i * stride + p, stride, s->m - i, s->k - p, r);
            }
            for (int64_t q = 0; q < 16; q++) _mm512_storeu_si512(to + q * s->depth + p, r[q]);
        }
    }
}

/* ---- AVX512-BF16 ---------------------------------------------------------------------------- */

enum { BF16_ROWS = 8 };

static KR_UNIT(",avx512bf16") void bf16_rows(const kr__product_block *s, int64_t i, int64_t j) {
    __mmask16 columns = first_16(s->n - j);
    __m512 sum[BF16_ROWS];
    const kr_bf16 *a = s->a + i * s->depth, *b = s->b + j * s->depth;
    int64_t rows = s->m - i < BF16_ROWS ? s->m - i : BF16_ROWS;
    for (int r = 0; r < BF16_ROWS; r++) {
        sum[r] = s->bias ? _mm512_maskz_loadu_ps(columns, s->bias + j) : _mm512_setzero_ps();
        if (!s->is_adding || r >= rows) continue;
        sum[r] = _mm512_add_ps(sum[r], _mm512_maskz_loadu_ps(columns, s->c + (i + r) * s->ldc + j));
    }
    for (int64_t p = 0; p < s->depth; p += 2) {
        __m512bh pairs = (__m512bh)_mm512_loadu_si512(b + p * 16);
        for (int r = 0; r < BF16_ROWS; r++) { /* a has rows enough: 16 at a time */
            int32_t pair;
            memcpy(&pair, a + r * s->depth + p, sizeof pair);
            sum[r] = _mm512_dpbf16_ps(sum[r], (__m512bh)_mm512_set1_epi32(pair), pairs);
        }
    }
    for (int64_t r = 0; r < rows; r++) {
        _mm512_mask_storeu_ps(s->c + (i + r) * s->ldc + j, columns, sum[r]);
    }
}

void kr__product_bf16(const kr__product_block *s) {
    for (int64_t j = 0; j < s->n; j += KR_PRODUCT_TILE) {
        for (int64_t i = 0; i < s->m; i += BF16_ROWS) bf16_rows(s, i, j);
    }
}

/* ---- AMX ------------------------------------------------------------------------------------ */

#define AMX KR_UNIT(",amx-tile,amx-bf16")

/* Tiles 0 to 3: two by two of C; 4 and 5: of A; 6 and 7: of B. Every one has 16 rows of 64 bytes.
 */
typedef struct tile_config {
    uint8_t palette, start_row, unused[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

static AMX void configure(void) {
    tile_config config = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = 64;
        config.rows[i] = KR_PRODUCT_TILE;
    }
    _tile_loadconfig(&config);
}

/* How a tile of C begins, in s->tile. */
static AMX void start_tile(const kr__product_block *s, int64_t i, int64_t j) {
    __mmask16 columns = first_16(s->n - j);
    __m512 bias = s->bias ? _mm512_maskz_loadu_ps(columns, s->bias + j) : _mm512_setzero_ps();
    for (int64_t r = 0; r < KR_PRODUCT_TILE; r++) {
        __m512 x = bias;
        if (s->is_adding && i + r < s->m) {
            x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(columns, s->c + (i + r) * s->ldc + j));
        }
        _mm512_storeu_ps(s->tile + r * KR_PRODUCT_TILE, x);
    }
}

static AMX void end_tile(const kr__product_block *s, int64_t i, int64_t j) {
    __mmask16 columns = first_16(s->n - j);
    for (int64_t r = 0; r < KR_PRODUCT_TILE && i + r < s->m; r++) {
        _mm512_mask_storeu_ps(s->c + (i + r) * s->ldc + j, columns,
                              _mm512_loadu_ps(s->tile + r * KR_PRODUCT_TILE));
    }
}

/* Whole tiles begin and end in C itself. */
#define START(number, i, j)                                                                        \
    do {                                                                                           \
        if (!s->is_adding && !s->bias) {                                                           \
            _tile_zero(number);                                                                    \
        } else if (s->is_adding && !s->bias && is_whole(s, i, j)) {                                \
            _tile_loadd(number, s->c + (i)*s->ldc + (j), (size_t)s->ldc * 4);                      \
        } else {                                                                                   \
            start_tile(s, i, j);                                                                   \
            _tile_loadd(number, s->tile, 64);                                                      \
        }                                                                                          \
    } while (0)
#define END(number, i, j)                                                                          \
    do {                                                                                           \
        if (is_whole(s, i, j)) {                                                                   \
            _tile_stored(number, s->c + (i)*s->ldc + (j), (size_t)s->ldc * 4);                     \
        } else {                                                                                   \
            _tile_stored(number, s->tile, 64);                                                     \
            end_tile(s, i, j);                                                                     \
        }                                                                                          \
    } while (0)

static bool is_whole(const kr__product_block *s, int64_t i, int64_t j) {
    return i + KR_PRODUCT_TILE <= s->m && j + KR_PRODUCT_TILE <= s->n;
}

/* Two by two tiles, or fewer at the edge. */
INLINE AMX void amx_tiles(const kr__product_block *s, int64_t i, int64_t j, bool has_below,
                          bool has_right) {
    const kr_bf16 *a = s->a + i * s->depth, *b = s->b + j * s->depth;
    const kr_bf16 *below = a + 16 * s->depth, *right = b + 16 * s->depth;
    size_t row_a = (size_t)s->depth * sizeof *a;
    START(0, i, j);
    if (has_right) START(1, i, j + 16);
    if (has_below) START(2, i + 16, j);
    if (has_below && has_right) START(3, i + 16, j + 16);
    for (int64_t p = 0; p < s->depth; p += KR_PRODUCT_STEP) {
        _tile_loadd(4, a + p, row_a);
        _tile_loadd(6, b + p * 16, 64);
        if (has_below) _tile_loadd(5, below + p, row_a);
        if (has_right) _tile_loadd(7, right + p * 16, 64);
        _tile_dpbf16ps(0, 4, 6);
        if (has_right) _tile_dpbf16ps(1, 4, 7);
        if (has_below) _tile_dpbf16ps(2, 5, 6);
        if (has_below && has_right) _tile_dpbf16ps(3, 5, 7);
    }
    END(0, i, j);
    if (has_right) END(1, i, j + 16);
    if (has_below) END(2, i + 16, j);
    if (has_below && has_right) END(3, i + 16, j + 16);
}

AMX void kr__product_amx(const kr__product_block *s) {
    configure();
    for (int64_t j = 0; j < s->n; j += 32) {
        bool has_right = j + 16 < s->n;
        for (int64_t i = 0; i < s->m; i += 32) {
            bool has_below = i + 16 < s->m;
            if (has_below && has_right) {
                amx_tiles(s, i, j, true, true);
            } else if (has_below) {
                amx_tiles(s, i, j, true, false);
            } else if (has_right) {
                amx_tiles(s, i, j, false, true);
            } else {
                amx_tiles(s, i, j, false, false);
            }
        }
    }
    _tile_release();
}

#elif !defined(KR_REAL_DOUBLE)

/* Never called: kr__product_unit() asks first. */
void kr__product_pack_a(kr__product_block *s, bool is_turned, const kr_bf16 *a, int64_t stride) {
    (void)s, (void)is_turned, (void)a, (void)stride;
}
void kr__product_pack_b(kr__product_block *s, bool is_turned, const kr_bf16 *b, int64_t stride) {
    (void)s, (void)is_turned, (void)b, (void)stride;
}
void kr__product_bf16(const kr__product_block *s) { (void)s; }
void kr__product_amx(const kr__product_block *s) { (void)s; }

#endif
