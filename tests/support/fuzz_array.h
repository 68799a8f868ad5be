/* SPDX-License-Identifier: MIT
 * fuzz_array.h - what must hold for every array that a reader hands out, whatever the bytes. */
#ifndef KR_FUZZ_ARRAY_H
#define KR_FUZZ_ARRAY_H

#include <kr/files.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"

/* What must be true; says where it is not. */
#define require(is_true)                                                                           \
    ((is_true)                                                                                     \
         ? (void)0                                                                                 \
         : (fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #is_true), abort()))

/* Outputs are there exactly when it worked; else there is a sentence. */
static inline void require_outcome(kr_status status, bool has_output, const kr_error *err) {
    require((status == KR_OK) == has_output);
    require(status == KR_OK || (err->status == status && *err->text != '\0'));
}

/* Sizes agree, and every element can be read. */
static inline void require_array(const kr_array *array) {
    int64_t n = 1;
    char text[KR_ARRAY_SHAPE_TEXT], element[64];
    require(array->name != NULL && array->data != NULL);
    require(array->rank >= 0 && array->rank <= KR_ARRAY_MAX_RANK);
    for (int i = 0; i < array->rank; i++) {
        require(array->shape[i] >= 0);
        n = array->n == 0 ? 0 : n * array->shape[i];
    }
    require(n == array->n);
    require(strlen(kr_array_shape_text(array, text)) < sizeof text);
    for (int64_t i = 0; i < n; i++) kr_array_text(array, i, element, sizeof element);
    double *values = kr__calloc((size_t)n, sizeof *values);
    if (!values) return;
    if (kr_array_to_double(array, values, NULL) == KR_OK) {
        kr_array_to_int64(array, (int64_t *)(void *)values, NULL);
        kr_array_to_float(array, (float *)(void *)values, NULL);
    }
    kr_free(values);
}

#endif
