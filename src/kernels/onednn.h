/* SPDX-License-Identifier: MIT
 * onednn.h - the calls of oneDNN that product.c makes and that differ between its versions 2
 * (Debian 12) and 3 (Debian 13): there the description of a matrix is a handle that must be
 * destroyed, here a struct. */
#ifndef KR_ONEDNN_H
#define KR_ONEDNN_H

#include <dnnl.h>

#if DNNL_VERSION_MAJOR >= 3

/* How a description is passed on. */
typedef const_dnnl_memory_desc_t kr_onednn_desc;
static inline kr_onednn_desc kr__onednn_desc(const dnnl_memory_desc_t *d) { return *d; }

static inline dnnl_status_t kr__onednn_describe(dnnl_memory_desc_t *out, const dnnl_dims_t sizes,
                                                const dnnl_dims_t strides, dnnl_data_type_t type) {
    return dnnl_memory_desc_create_with_strides(out, 2, sizes, type, strides);
}

static inline dnnl_status_t kr__onednn_copy_desc(dnnl_memory_desc_t *out, kr_onednn_desc d) {
    return dnnl_memory_desc_clone(out, d);
}

static inline void kr__onednn_destroy_desc(dnnl_memory_desc_t *d) {
    if (*d) dnnl_memory_desc_destroy(*d);
}

/* bias: NULL without. */
static inline dnnl_status_t kr__onednn_plan_matmul(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                                   kr_onednn_desc a, kr_onednn_desc b,
                                                   kr_onednn_desc bias, kr_onednn_desc c,
                                                   const_dnnl_primitive_attr_t attributes) {
    return dnnl_matmul_primitive_desc_create(out, engine, a, b, bias, c, attributes);
}

static inline dnnl_status_t kr__onednn_add_to_result(dnnl_post_ops_t after) {
    return dnnl_post_ops_append_sum(after, 1, 0, dnnl_data_type_undef);
}

#else

typedef const dnnl_memory_desc_t *kr_onednn_desc;
static inline kr_onednn_desc kr__onednn_desc(const dnnl_memory_desc_t *d) { return d; }

static inline dnnl_status_t kr__onednn_describe(dnnl_memory_desc_t *out, const dnnl_dims_t sizes,
                                                const dnnl_dims_t strides, dnnl_data_type_t type) {
    return dnnl_memory_desc_init_by_strides(out, 2, sizes, type, strides);
}

static inline dnnl_status_t kr__onednn_copy_desc(dnnl_memory_desc_t *out, kr_onednn_desc d) {
    *out = *d;
    return dnnl_success;
}

static inline void kr__onednn_destroy_desc(dnnl_memory_desc_t *d) { (void)d; }

static inline dnnl_status_t kr__onednn_plan_matmul(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                                   kr_onednn_desc a, kr_onednn_desc b,
                                                   kr_onednn_desc bias, kr_onednn_desc c,
                                                   const_dnnl_primitive_attr_t attributes) {
    dnnl_matmul_desc_t matmul;
    dnnl_status_t status = dnnl_matmul_desc_init(&matmul, a, b, bias, c);
    if (status) return status;
    return dnnl_primitive_desc_create(out, &matmul, attributes, engine, NULL);
}

static inline dnnl_status_t kr__onednn_add_to_result(dnnl_post_ops_t after) {
    return dnnl_post_ops_append_sum(after, 1);
}

#endif

#endif
