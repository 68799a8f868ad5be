/* SPDX-License-Identifier: MIT
 * pcg64.c - numpy's default generator and what it draws. */

#include <math.h>

#include "core/pcg64.h"
#include "core/ziggurat.h"

__extension__ typedef unsigned __int128 uint128;

/* ---- seeding ---------------------------------------------------------------------------- */

enum { POOL = 4, WORDS = 8 };

static uint32_t hash(uint32_t value, uint32_t *constant) {
    value ^= *constant;
    *constant *= 0x931e8875u;
    value *= *constant;
    return value ^ value >> 16;
}

static uint32_t mix(uint32_t a, uint32_t b) {
    uint32_t value = 0xca01f9ddu * a - 0x4973f715u * b;
    return value ^ value >> 16;
}

/* SeedSequence(seed).generate_state(4, uint64) */
static void spread_seed(uint64_t seed, uint64_t out[WORDS / 2]) {
    uint32_t pool[POOL] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, constant = 0x43b0d7e5u;
    for (int i = 0; i < POOL; i++) pool[i] = hash(pool[i], &constant);
    for (int from = 0; from < POOL; from++) {
        for (int to = 0; to < POOL; to++) {
            if (from != to) pool[to] = mix(pool[to], hash(pool[from], &constant));
        }
    }
    constant = 0x8b51f9ddu;
    for (int i = 0; i < WORDS; i++) {
        uint32_t value = pool[i % POOL] ^ constant;
        constant *= 0x58f38dedu;
        value *= constant;
        value ^= value >> 16;
        out[i / 2] = i % 2 == 0 ? value : out[i / 2] | (uint64_t)value << 32;
    }
}

/* ---- the generator ---------------------------------------------------------------------- */

static uint128 join(const uint64_t words[2]) { return (uint128)words[0] << 64 | words[1]; }

static void split(uint128 value, uint64_t words[2]) {
    words[0] = (uint64_t)(value >> 64);
    words[1] = (uint64_t)value;
}

static uint128 step(uint128 state, uint128 increment) {
    const uint128 factor = (uint128)2549297995355413924u << 64 | 4865540595714422341u;
    return state * factor + increment;
}

kr_pcg64 kr__pcg64_make(uint64_t seed) {
    kr_pcg64 rng = {.half = 0};
    uint64_t words[WORDS / 2];
    spread_seed(seed, words);
    uint128 increment = join(words + 2) << 1 | 1;
    split(increment, rng.increment);
    split(step(increment + join(words), increment), rng.state);
    return rng;
}

uint64_t kr__pcg64_u64(kr_pcg64 *rng) {
    split(step(join(rng->state), join(rng->increment)), rng->state);
    uint64_t value = rng->state[0] ^ rng->state[1];
    unsigned turn = (unsigned)(rng->state[0] >> 58);
    return value >> turn | value << (-turn & 63);
}

uint32_t kr__pcg64_u32(kr_pcg64 *rng) {
    if (rng->has_half) {
        rng->has_half = false;
        return rng->half;
    }
    uint64_t value = kr__pcg64_u64(rng);
    rng->half = (uint32_t)(value >> 32);
    rng->has_half = true;
    return (uint32_t)value;
}

/* ---- real numbers ----------------------------------------------------------------------- */

double kr__pcg64_random(kr_pcg64 *rng) { return (double)(kr__pcg64_u64(rng) >> 11) * 0x1p-53; }

double kr__pcg64_uniform(kr_pcg64 *rng, double low, double high) {
    return low + (high - low) * kr__pcg64_random(rng);
}

/* Beyond the last layer: by inversion of an exponential. */
static double draw_tail(kr_pcg64 *rng, bool is_negative) {
    const double start = KR__ZIGGURAT_END, inverse = 0.27366123732975827203338247596;
    for (;;) {
        double x = -inverse * log1p(-kr__pcg64_random(rng)), y = -log1p(-kr__pcg64_random(rng));
        if (y + y > x * x) return is_negative ? -(start + x) : start + x;
    }
}

static double standard_normal(kr_pcg64 *rng) {
    for (;;) {
        uint64_t bits = kr__pcg64_u64(rng);
        int i = (int)(bits & 0xff);
        uint64_t mantissa = bits >> 9 & 0xfffffffffffff;
        double x = (double)mantissa * kr__ziggurat[i].width;
        if (bits >> 8 & 1) x = -x;
        if (mantissa < kr__ziggurat[i].inside) return x;
        if (i == 0) return draw_tail(rng, mantissa >> 8 & 1);
        double low = kr__ziggurat[i].height, high = kr__ziggurat[i - 1].height;
        if ((high - low) * kr__pcg64_random(rng) + low < exp(-0.5 * x * x)) return x;
    }
}

double kr__pcg64_normal(kr_pcg64 *rng, double mean, double deviation) {
    return mean + deviation * standard_normal(rng);
}

/* ---- integers --------------------------------------------------------------------------- */

/* 0 .. most, by multiplication; most below 2^32 - 1. */
static uint64_t below_32(kr_pcg64 *rng, uint32_t most) {
    const uint32_t n = most + 1;
    uint64_t product = (uint64_t)kr__pcg64_u32(rng) * n;
    if ((uint32_t)product < n) {
        const uint32_t least = (UINT32_MAX - most) % n;
        while ((uint32_t)product < least) product = (uint64_t)kr__pcg64_u32(rng) * n;
    }
    return product >> 32;
}

static uint64_t below_64(kr_pcg64 *rng, uint64_t most) {
    const uint64_t n = most + 1;
    uint128 product = (uint128)kr__pcg64_u64(rng) * n;
    if ((uint64_t)product < n) {
        const uint64_t least = (UINT64_MAX - most) % n;
        while ((uint64_t)product < least) product = (uint128)kr__pcg64_u64(rng) * n;
    }
    return (uint64_t)(product >> 64);
}

static uint64_t up_to(kr_pcg64 *rng, uint64_t most) {
    if (most == 0) return 0;
    if (most == UINT32_MAX) return kr__pcg64_u32(rng);
    if (most < UINT32_MAX) return below_32(rng, (uint32_t)most);
    return most == UINT64_MAX ? kr__pcg64_u64(rng) : below_64(rng, most);
}

int64_t kr__pcg64_integer(kr_pcg64 *rng, int64_t low, int64_t high) {
    return (int64_t)((uint64_t)low + up_to(rng, (uint64_t)high - (uint64_t)low - 1));
}

int64_t kr__pcg64_choice(kr_pcg64 *rng, const double *p, int64_t n) {
    double total = 0, sum = 0, u = kr__pcg64_random(rng);
    for (int64_t i = 0; i < n; i++) total += p[i];
    for (int64_t i = 0; i < n; i++) {
        sum += p[i];
        if (u < sum / total) return i;
    }
    return n - 1;
}

static void swap(int64_t *a, int64_t *b) {
    int64_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Shuffle places first .. n-1, from the last one down. */
static void shuffle_tail(kr_pcg64 *rng, int64_t *x, int64_t n, int64_t first) {
    for (int64_t i = n - 1; i >= first; i--) swap(&x[i], &x[up_to(rng, (uint64_t)i)]);
}

static bool holds(const int64_t *x, int64_t n, int64_t value) {
    for (int64_t i = 0; i < n; i++) {
        if (x[i] == value) return true;
    }
    return false;
}

/* Floyd's method for few of many; a shuffle of the tail for many. */
void kr__pcg64_choose(kr_pcg64 *rng, int64_t n, int64_t k, int64_t *out) {
    if (n > 10000 && k > n / 50) {
        int64_t first = n - k > 1 ? n - k : 1;
        for (int64_t i = 0; i < n; i++) out[i] = i;
        shuffle_tail(rng, out, n, first);
        for (int64_t i = 0; i < k; i++) out[i] = out[n - k + i];
        return;
    }
    for (int64_t i = 0; i < k; i++) {
        int64_t last = n - k + i, drawn = (int64_t)up_to(rng, (uint64_t)last);
        out[i] = holds(out, i, drawn) ? last : drawn;
    }
    shuffle_tail(rng, out, k, 1);
}

void kr__pcg64_shuffle(kr_pcg64 *rng, int64_t *x, int64_t n) {
    for (int64_t i = n - 1; i >= 1; i--) {
        uint64_t mask = (uint64_t)i, drawn;
        for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
        do {
            drawn = (mask <= UINT32_MAX ? kr__pcg64_u32(rng) : kr__pcg64_u64(rng)) & mask;
        } while (drawn > (uint64_t)i);
        swap(&x[i], &x[drawn]);
    }
}
