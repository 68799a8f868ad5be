/* SPDX-License-Identifier: MIT
 * large_pages.h - pages of megabytes for large blocks of memory. */
#ifndef KR_LARGE_PAGES_H
#define KR_LARGE_PAGES_H

#include <stddef.h>

/* Ask the system for large pages for a block that has not been written to yet. It may refuse; then
 * everything works, only slower. */
void kr__use_large_pages(void *block, size_t n_bytes);

#endif
