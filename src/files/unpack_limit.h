/* SPDX-License-Identifier: MIT
 * unpack_limit.h - how far packed files may grow: a small file must not take all memory. */
#ifndef KR_UNPACK_LIMIT_H
#define KR_UNPACK_LIMIT_H

#include <kr/base.h>

/* Numbers as text and as doubles rarely shrink to a 64th; what does is small, or somebody's trap.
 */
enum { KR_UNPACK_RATIO = 64, KR_UNPACK_ALWAYS = 64 << 20 };

/* Bytes to which n_packed bytes may be unpacked: what kr_unpack_limit_set() said, else
 * KR_UNPACK_ALWAYS or KR_UNPACK_RATIO times n_packed, whichever is more. */
size_t kr__unpack_limit(size_t n_packed);

/* What kr_unpack_limit_set() said; 0: nothing. */
size_t kr__unpack_limit_given(void);

/* KR_FORMAT: what (a file, or "x.npz, array X") unpacks to more than limit bytes. */
kr_status kr__unpack_refuse(const char *what, size_t limit, kr_error *err);

#endif
