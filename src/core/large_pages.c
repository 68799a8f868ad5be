/* SPDX-License-Identifier: MIT
 * large_pages.c - large pages by madvise. */
#define _GNU_SOURCE
#include "core/large_pages.h"

#include <sys/mman.h>

void kr__use_large_pages(void *block, size_t n_bytes) {
#ifdef MADV_HUGEPAGE
    madvise(block, n_bytes, MADV_HUGEPAGE);
#else
    (void)block;
    (void)n_bytes;
#endif
}
