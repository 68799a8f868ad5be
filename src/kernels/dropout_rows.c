/* SPDX-License-Identifier: MIT
 * dropout_rows.c - keep or drop, drawn by Philox4x32-10 in all lanes at once.
 *
 * The numbers of one sample form a stream. Its element i belongs to group i / 64, which takes the
 * 8 counters 8 * group .. 8 * group + 7 (word 0 of Philox' counter; words 1 to 3 are the stream's
 * own). Inside a group, with r = i % 64, quarter = r / 16 and lane = r % 16, it takes of counter
 * number lane / 2 the output word 2 * (quarter / 2) + lane % 2, and of this word the low 16 bits
 * when quarter is even, the high ones when it is odd. It is dropped when these 16 bits are below
 * p * 2^16, rounded: so p has steps of 2^-16, for half the cost of 32 bits an element. The order
 * inside a group is the one that needs no shuffles; it is the same at every CPU level. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/philox_lanes.h"

enum { GROUP = 64 };

/* What all groups of a stream share. */
typedef struct stream {
    philox_lanes philox;
    int32_t threshold;
    kr_real kept;
} stream;

KR_INLINE void open_stream(stream *s, const kr__draw *draw) {
    s->philox = philox_open(draw->seed);
    philox_seek(&s->philox, draw->counter[0], draw->counter[1], draw->counter[2]);
    s->threshold = (int32_t)(draw->p * 65536 + 0.5);
    s->kept = (kr_real)(1 / (1 - draw->p));
}

/* The masks of one group: 0, or 1 / (1 - p). */
KR_INLINE void draw_masks(const stream *s, uint64_t group, kr_real mask[GROUP]) {
    const int32_t threshold = s->threshold;
    const kr_real kept = s->kept;
    uint32_t words[PHILOX_WORDS];
    philox_draw(&s->philox, group, words);
    for (int half = 0; half < 2; half++) {
        for (int l = 0; l < KR_W; l++) {
            int32_t a = (int32_t)(words[half * KR_W + l] & 0xffffu);
            int32_t b = (int32_t)(words[half * KR_W + l] >> 16);
            mask[half * 2 * KR_W + l] = a < threshold ? 0 : kept;
            mask[half * 2 * KR_W + KR_W + l] = b < threshold ? 0 : kept;
        }
    }
}

/* mask[k] of elements first + k of the stream, k < n. */
void KR_K(dropout_mask)(const kr__draw *draw, int64_t first, int64_t n, kr_real *mask) {
    stream s;
    open_stream(&s, draw);
    for (int64_t at = 0; at < n;) {
        int64_t skip = (first + at) % GROUP, count = GROUP - skip;
        if (count > n - at) count = n - at;
        const uint64_t group = (uint64_t)((first + at) / GROUP);
        if (count == GROUP) {
            draw_masks(&s, group, mask + at);
        } else {
            kr_real all[GROUP];
            draw_masks(&s, group, all);
            memcpy(mask + at, all + skip, (size_t)count * sizeof *mask);
        }
        at += count;
    }
}

/* Some elements of a group. A function of its own, so that the loop over complete groups, whose
 * count is fixed, stays vectorised. */
static __attribute__((noinline)) void apply_some(int64_t n, const kr_real *mask, const kr_real *x,
                                                 kr_real *y, bool is_adding) {
    for (int64_t k = 0; k < n; k++) y[k] = (is_adding ? y[k] : 0) + x[k] * mask[k];
}

/* y[k] = mask * x[k] for elements first + k of the stream, k < n, or += when is_adding. Serves
 * forward and backward: drawing again is cheaper than keeping the masks. y may be x. */
void KR_K(dropout_apply)(const kr__draw *draw, int64_t first, int64_t n, const kr_real *x,
                         kr_real *y, bool is_adding) {
    stream s;
    open_stream(&s, draw);
    for (int64_t at = 0; at < n;) {
        int64_t skip = (first + at) % GROUP, count = GROUP - skip;
        if (count > n - at) count = n - at;
        kr_real mask[GROUP];
        draw_masks(&s, (uint64_t)((first + at) / GROUP), mask);
        if (count < GROUP) {
            apply_some(count, mask + skip, x + at, y + at, is_adding);
        } else {
            for (int k = 0; k < GROUP; k++) {
                y[at + k] = (is_adding ? y[at + k] : 0) + x[at + k] * mask[k];
            }
        }
        at += count;
    }
}
