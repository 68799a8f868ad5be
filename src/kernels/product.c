/* SPDX-License-Identifier: MIT
 * product.c - oneDNN's matmul primitive on bf16 operands, or plain loops in the double precision
 * copy and where oneDNN gets no memory. */
#include "kernels/product.h"

#include <string.h>

#include "core/arena.h"
#include "core/real.h"

static double read_bf16(kr_bf16 x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static void multiply_plainly(const kr_product_shape *s, const kr_bf16 *a, const kr_bf16 *b,
                             const kr_real *bias, kr_real *c) {
    int64_t row_a = s->trans_a ? 1 : s->lda, col_a = s->trans_a ? s->lda : 1;
    int64_t row_b = s->trans_b ? 1 : s->ldb, col_b = s->trans_b ? s->ldb : 1;
    for (int64_t i = 0; i < s->m; i++) {
        for (int64_t j = 0; j < s->n; j++) {
            double sum = s->is_adding ? (double)c[i * s->ldc + j] : 0;
            if (s->with_bias) sum += (double)bias[j];
            for (int64_t p = 0; p < s->k; p++) {
                sum += read_bf16(a[i * row_a + p * col_a]) * read_bf16(b[p * row_b + j * col_b]);
            }
            c[i * s->ldc + j] = (kr_real)sum;
        }
    }
}

#ifdef KR_REAL_DOUBLE

struct kr_product {
    kr_product_shape shape;
};

bool kr__product_is_fast(void) { return true; }

kr_status kr__product_create(const kr_product_shape *shape, kr_product **out, kr_error *err) {
    kr_product *p = kr__calloc(1, sizeof *p);
    if (!p) return kr_fail(err, KR_MEMORY, "out of memory for a product");
    p->shape = *shape;
    *out = p;
    return KR_OK;
}

void kr__product_destroy(kr_product *product) { kr_free(product); }

int64_t kr__product_scratch(const kr_product *product) {
    (void)product;
    return 0;
}

void kr__product_run(const kr_product *product, const kr_bf16 *a, const kr_bf16 *b,
                     const kr_real *bias, kr_real *c, kr_real *scratch) {
    (void)scratch;
    multiply_plainly(&product->shape, a, b, bias, c);
}

#else

#include "kernels/one_thread.h"
#include "kernels/onednn.h"

enum { A, B, BIAS, C, N_OPERANDS };

struct kr_product {
    kr_product_shape shape;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_memory_desc_t operand[N_OPERANDS], scratch;
    dnnl_primitive_t primitive;
};

bool kr__product_is_fast(void) {
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

static dnnl_status_t describe(dnnl_memory_desc_t *d, dnnl_data_type_t type, int64_t rows,
                              int64_t cols, int64_t stride, bool is_transposed) {
    const dnnl_dims_t sizes = {rows, cols};
    const dnnl_dims_t strides = {is_transposed ? 1 : stride, is_transposed ? stride : 1};
    return kr__onednn_describe(d, sizes, strides, type);
}

/* The scratch memory is the caller's: oneDNN's own belongs to the thread that made the primitive.
 */
static dnnl_status_t make_attributes(const kr_product_shape *s, dnnl_primitive_attr_t *out) {
    dnnl_post_ops_t after = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(out);
    if (!status) status = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
    if (status || !s->is_adding) return status;
    status = dnnl_post_ops_create(&after);
    if (!status) status = kr__onednn_add_to_result(after);
    if (!status) status = dnnl_primitive_attr_set_post_ops(*out, after);
    dnnl_post_ops_destroy(after);
    return status;
}

static dnnl_status_t make_primitive(const kr_product_shape *s, kr_product *p) {
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t desc = NULL;
    dnnl_memory_desc_t *d = p->operand;
    dnnl_status_t status = dnnl_engine_create(&p->engine, dnnl_cpu, 0);
    if (!status) status = dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags);
    if (!status) status = describe(&d[A], dnnl_bf16, s->m, s->k, s->lda, s->trans_a);
    if (!status) status = describe(&d[B], dnnl_bf16, s->k, s->n, s->ldb, s->trans_b);
    if (!status) status = describe(&d[BIAS], dnnl_f32, 1, s->n, s->n, false);
    if (!status) status = describe(&d[C], dnnl_f32, s->m, s->n, s->ldc, false);
    if (!status) status = make_attributes(s, &attributes);
    if (!status) {
        kr_onednn_desc bias = s->with_bias ? kr__onednn_desc(&d[BIAS]) : NULL;
        status =
            kr__onednn_plan_matmul(&desc, p->engine, kr__onednn_desc(&d[A]), kr__onednn_desc(&d[B]),
                                   bias, kr__onednn_desc(&d[C]), attributes);
    }
    if (!status) {
        status = kr__onednn_copy_desc(
            &p->scratch, dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0));
    }
    if (!status) status = dnnl_primitive_create(&p->primitive, desc);
    dnnl_primitive_desc_destroy(desc);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

kr_status kr__product_create(const kr_product_shape *shape, kr_product **out, kr_error *err) {
    kr_product *p = kr__calloc(1, sizeof *p);
    if (!p) return kr_fail(err, KR_MEMORY, "out of memory for a product");
    p->shape = *shape;
    int before = kr__one_thread_begin(); /* plan for one */
    dnnl_status_t status = make_primitive(shape, p);
    kr__one_thread_end(before);
    if (status != dnnl_success) {
        kr__product_destroy(p);
        if (status == dnnl_out_of_memory) {
            return kr_fail(err, KR_MEMORY, "out of memory for a product");
        }
        return kr_fail(err, KR_UNSUPPORTED,
                       "oneDNN has no bf16 product of %lld x %lld x %lld (status %d)",
                       (long long)shape->m, (long long)shape->n, (long long)shape->k, (int)status);
    }
    *out = p;
    return KR_OK;
}

void kr__product_destroy(kr_product *product) {
    if (!product) return;
    if (product->primitive) dnnl_primitive_destroy(product->primitive);
    for (int i = 0; i < N_OPERANDS; i++) kr__onednn_destroy_desc(&product->operand[i]);
    kr__onednn_destroy_desc(&product->scratch);
    if (product->stream) dnnl_stream_destroy(product->stream);
    if (product->engine) dnnl_engine_destroy(product->engine);
    kr_free(product);
}

int64_t kr__product_scratch(const kr_product *product) {
    size_t n = dnnl_memory_desc_get_size(kr__onednn_desc(&product->scratch));
    return (int64_t)((n + KR_ALIGN - 1) / KR_ALIGN * (KR_ALIGN / sizeof(kr_real)));
}

/* oneDNN's handles of the operands are small objects of one run, so that threads share none. */
void kr__product_run(const kr_product *p, const kr_bf16 *a, const kr_bf16 *b, const kr_real *bias,
                     kr_real *c, kr_real *scratch) {
    const struct {
        int arg;
        kr_onednn_desc desc;
        void *data;
    } operands[] = {{DNNL_ARG_SRC, kr__onednn_desc(&p->operand[A]), (void *)a},
                    {DNNL_ARG_WEIGHTS, kr__onednn_desc(&p->operand[B]), (void *)b},
                    {DNNL_ARG_DST, kr__onednn_desc(&p->operand[C]), c},
                    {DNNL_ARG_SCRATCHPAD, kr__onednn_desc(&p->scratch), scratch},
                    {DNNL_ARG_BIAS, kr__onednn_desc(&p->operand[BIAS]), (void *)bias}};
    enum { MOST = sizeof operands / sizeof operands[0] };
    dnnl_exec_arg_t args[MOST] = {{.memory = NULL}};
    int n = p->shape.with_bias ? MOST : MOST - 1;
    dnnl_status_t status = dnnl_success;
    for (int i = 0; i < n; i++) {
        args[i].arg = operands[i].arg;
        status |=
            dnnl_memory_create(&args[i].memory, operands[i].desc, p->engine, operands[i].data);
    }
    int before = kr__one_thread_begin();
    if (!status) status = dnnl_primitive_execute(p->primitive, p->stream, n, args);
    kr__one_thread_end(before);
    for (int i = 0; i < n; i++) {
        if (args[i].memory) dnnl_memory_destroy(args[i].memory);
    }
    /* It looks for its memory before it writes to c. */
    if (status != dnnl_success) multiply_plainly(&p->shape, a, b, bias, c);
}

#endif
