/* SPDX-License-Identifier: MIT
 * windows.c - windows of a long series. */
#include "nextstep/windows.h"
#include "core/text.h"

int64_t kr_windows_count(int64_t n_steps, int64_t seq_len, int64_t stride) {
    return n_steps < seq_len ? 0 : (n_steps - seq_len) / stride + 1;
}

kr_status kr_windows_split(int64_t n, double fraction, uint64_t seed, int64_t *order,
                           int64_t *n_train, kr_error *err) {
    int64_t n_val = (int64_t)((double)n * fraction);
    if (n_val < 1) n_val = 1;
    if (n - n_val < 1) {
        return kr_fail(err, KR_USAGE,
                       "%lld window%s cannot be split into training and validation; use a smaller "
                       "`seq_len`, `stride` or `val_fraction`, or a longer series",
                       (long long)n, kr__plural(n));
    }
    kr_torch_rng rng = kr__torch_rng_make(seed);
    kr__torch_randperm(&rng, order, n);
    *n_train = n - n_val;
    return KR_OK;
}

void kr__windows_shuffle(kr_torch_rng *rng, int64_t *order, int64_t n) {
    kr__torch_int64(rng); /* the base of the workers' seeds */
    kr_torch_rng own = kr__torch_rng_make((uint64_t)kr__torch_int64(rng));
    kr__torch_randperm(&own, order, n);
}

void kr__windows_pass_in_order(kr_torch_rng *rng) { kr__torch_int64(rng); }

int64_t kr__windows_jitter(kr_torch_rng *rng, int64_t start, int64_t stride, int64_t n_steps,
                           int64_t seq_len) {
    if (stride > 1) start += kr__numpy_randint(rng, stride);
    int64_t last = n_steps - seq_len;
    return start < last ? start : last;
}
