/* SPDX-License-Identifier: MIT
 * scan_step.c - one step of the selective state-space recurrence; formulas in scan_channels.c.
 *
 * For a series that comes step by step. The state is read and written as (d_inner, d_state), so
 * here the states lie across the lanes: turning it into blocks of channels and back would take
 * longer than the step. Sums over d_state run in another order than in a chunk. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"
#include "kernels/vec_math.h"

/* dt and dt * x of all channels. */
static void find_steps(const kr__scan_step *s, kr_real *dt, kr_real *dt_x) {
    for (int64_t d = 0; d < s->d_inner; d += KR_W) {
        int64_t lanes = s->d_inner - d;
        kr_w raw = kr_w_load_lanes(s->dt_raw + d, lanes);
        if (s->dt_bias) raw = kr_w_add(raw, kr_w_load_lanes(s->dt_bias + d, lanes));
        kr_w step = s->dt_is_plain ? raw : kr_w_softplus(raw);
        kr_w_store(dt + d, step);
        kr_w_store(dt_x + d, kr_w_mul(step, kr_w_load_lanes(s->x + d, lanes)));
    }
}

/* The new state of channel d; gives sum of C * h. */
KR_INLINE kr_real advance(const kr__scan_step *s, int64_t d, kr_real dt, kr_real dt_x) {
    const kr_real *A = s->A + d * s->d_state;
    const kr_real *h_in = s->h_in ? s->h_in + d * s->d_state : NULL;
    kr_real *h_out = s->h_out + d * s->d_state;
    kr_w sum = kr_w_set(0), rate = kr_w_set(dt), push = kr_w_set(dt_x);
    for (int64_t n = 0; n < s->d_state; n += KR_W) {
        int64_t lanes = s->d_state - n;
        kr_w h = kr_w_mul(push, kr_w_load_lanes(s->B + n, lanes));
        if (h_in) {
            kr_w decay = kr_w_exp2(kr_w_mul(rate, kr_w_load_lanes(A + n, lanes)));
            h = kr_w_fmadd(decay, kr_w_load_lanes(h_in + n, lanes), h);
        }
        kr_w_store_lanes(h_out + n, h, lanes);
        sum = kr_w_fmadd(kr_w_load_lanes(s->C + n, lanes), h, sum);
    }
    return kr_w_sum(sum);
}

/* y = (D * x + y) * silu(z) */
static void gate(const kr__scan_step *s) {
    for (int64_t d = 0; d < s->d_inner; d += KR_W) {
        int64_t lanes = s->d_inner - d;
        kr_w y = kr_w_load_lanes(s->y + d, lanes);
        if (s->D) {
            y = kr_w_fmadd(kr_w_load_lanes(s->D + d, lanes), kr_w_load_lanes(s->x + d, lanes), y);
        }
        if (s->z) {
            kr_w z = kr_w_load_lanes(s->z + d, lanes);
            y = kr_w_mul(y, kr_w_mul(z, kr_w_sigmoid(z)));
        }
        kr_w_store_lanes(s->y + d, y, lanes);
    }
}

void KR_K(scan_step)(const kr__scan_step *s) {
    kr_real *dt = s->scratch, *dt_x = dt + kr__scan_blocks(s->d_inner) * KR_W;
    find_steps(s, dt, dt_x);
    for (int64_t d = 0; d < s->d_inner; d++) s->y[d] = advance(s, d, dt[d], dt_x[d]);
    gate(s);
}
