/* SPDX-License-Identifier: MIT
 * guarded.h - work memory for a plan whose end is watched: an op that booked less than it uses
 * fails, also where no sanitizer looks. */
#ifndef KR_GUARDED_H
#define KR_GUARDED_H

#include "core/real.h"

#include <stdint.h>

/* n zeros. */
kr_real *kr_guarded_create(int64_t n);
/* Fails the test if something was written behind them. */
void kr_guarded_destroy(kr_real *numbers, int64_t n);

#endif
