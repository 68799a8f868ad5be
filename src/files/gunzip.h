/* SPDX-License-Identifier: MIT
 * gunzip.h - unpack gzip data in memory, within limits. */
#ifndef KR_GUNZIP_H
#define KR_GUNZIP_H

#include <kr/base.h>

/* Do these bytes begin a gzip file? */
bool kr__is_gzip(const uint8_t *bytes, size_t n_bytes);

/* Unpack all members into *out, a block of *n_out bytes for kr_free. More than max_bytes, or more
 * than unpack_limit.h allows, is refused, before there is memory for it. name stands for the file
 * in errors. */
kr_status kr__gunzip(const char *name, const uint8_t *bytes, size_t n_bytes, size_t max_bytes,
                     uint8_t **out, size_t *n_out, kr_error *err);

#endif
