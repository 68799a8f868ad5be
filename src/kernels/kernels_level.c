/* SPDX-License-Identifier: MIT
 * kernels_level.c - the table of one level; compiled once per level. */
#include "kernels/kernels.h"

extern const kr_kernels KR_CAT(kr__kernels_, KR_LEVEL);
const kr_kernels KR_CAT(kr__kernels_, KR_LEVEL) = {
#define KR_KERNEL(name, args) .name = KR_K(name),
#include "kernels/kernels.inc"
#undef KR_KERNEL
};
