/* SPDX-License-Identifier: MIT
 * sha256.c - SHA-256. */
#include "support/sha256.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t turn(uint32_t x, int n) { return x >> n | x << (32 - n); }

/* The first 32 bits of the fractional part of the k-th root of a prime. */
static uint32_t root_bits(int prime, int k) {
    long double root = k == 2 ? sqrtl((long double)prime) : cbrtl((long double)prime);
    return (uint32_t)((root - floorl(root)) * 0x1p32L);
}

static int next_prime(int n) {
    for (;;) {
        int d = 2;
        for (n++; d * d <= n && n % d; d++) continue;
        if (d * d > n) return n;
    }
}

static void mix_block(uint32_t h[8], const uint8_t *block, const uint32_t k[64]) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++, block += 4) {
        w[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 |
               block[3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] +
               (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
    memcpy(s, h, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t t1 = s[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & s[5]) ^ (~e & s[6])) +
                      k[i] + w[i];
        uint32_t t2 =
            (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) h[i] += s[i];
}

void kr_sha256(const void *bytes, size_t n, char text[65]) {
    uint32_t h[8], k[64];
    int prime = 1;
    for (int i = 0; i < 64; i++) {
        prime = next_prime(prime);
        k[i] = root_bits(prime, 3);
        if (i < 8) h[i] = root_bits(prime, 2);
    }
    const uint8_t *from = bytes;
    size_t left = n;
    for (; left >= 64; left -= 64, from += 64) mix_block(h, from, k);
    uint8_t last[128] = {0};
    memcpy(last, from, left);
    last[left] = 0x80;
    size_t blocks = left < 56 ? 1 : 2;
    for (int i = 0; i < 8; i++)
        last[64 * blocks - 1 - (size_t)i] = (uint8_t)((uint64_t)n * 8 >> 8 * i);
    for (size_t i = 0; i < blocks; i++) mix_block(h, last + 64 * i, k);
    for (int i = 0; i < 8; i++) snprintf(text + 8 * i, 9, "%08x", h[i]);
}
