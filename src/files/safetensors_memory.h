/* SPDX-License-Identifier: MIT
 * safetensors_memory.h - a safetensors file as bytes. */
#ifndef KR_SAFETENSORS_MEMORY_H
#define KR_SAFETENSORS_MEMORY_H

#include <kr/files.h>

#include "core/text.h"

/* What kr_safetensors_write() would write, to be freed with kr_free. */
kr_status kr__safetensors_write_memory(const kr_array *arrays, int64_t n,
                                       const kr_text_pair *metadata, int64_t n_metadata,
                                       void **bytes, size_t *n_bytes, kr_error *err);

#endif
