/* SPDX-License-Identifier: MIT
 * sha256.h - SHA-256, to compare large results with a recorded hash. Source: FIPS 180-4. */
#ifndef KR_SHA256_H
#define KR_SHA256_H

#include <stddef.h>

/* 64 hexadecimal digits and a zero. */
void kr_sha256(const void *bytes, size_t n, char text[65]);

#endif
