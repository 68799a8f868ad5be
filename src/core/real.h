/* SPDX-License-Identifier: MIT
 * real.h - the arithmetic type inside the library. */
#ifndef KR_REAL_H
#define KR_REAL_H

/* The arithmetic type. The library is float; the same sources are compiled a second time with
 * KR_REAL_DOUBLE for the gradient tests, whose tolerance is then 1e-7 and not a guess. */
#ifdef KR_REAL_DOUBLE
typedef double kr_real;
#else
typedef float kr_real;
#endif

#endif
