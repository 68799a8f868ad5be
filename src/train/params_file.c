/* SPDX-License-Identifier: MIT
 * params_file.c - a model's parameters from any file of named tensors. */
#include "train/params_file.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "files/tensor_load.h"

static bool same_shape(const kr_param *p, const kr_array *a) {
    if (p->rank != a->rank) return false;
    for (int i = 0; i < p->rank; i++) {
        if (p->shape[i] != a->shape[i]) return false;
    }
    return true;
}

/* Number of the tensor for this parameter, under either name; -1: none. */
static int64_t find_tensor(const kr_params_source *s, const char *name) {
    char old[KR_NAME_SIZE];
    int64_t i = kr_tensor_file_find(s->file, name);
    if (i < 0 && s->old_name && s->old_name(name, old)) i = kr_tensor_file_find(s->file, old);
    return i;
}

static bool is_parameter(const kr_params *params, const kr_params_source *s, int64_t tensor) {
    if (kr__params_find(params, kr_tensor_file_info(s->file, tensor)->name)) return true;
    for (int i = 0; s->old_name && i < params->count; i++) {
        if (find_tensor(s, params->list[i].name) == tensor) return true;
    }
    return false;
}

static kr_status check_surplus(const kr_params *params, const kr_params_source *s, kr_error *err) {
    for (int64_t i = 0; i < kr_tensor_file_count(s->file); i++) {
        const char *name = kr_tensor_file_info(s->file, i)->name;
        if ((s->is_other && s->is_other(name)) || is_parameter(params, s, i)) continue;
        return kr_fail(err, KR_FORMAT, "%s: holds %s, which this model does not have; check %s",
                       kr_tensor_file_path(s->file), name, s->name_hint);
    }
    return KR_OK;
}

/* A number that no training leaves behind would make every result one. */
static kr_status check_finite(const kr_params *params, const kr_param *p, const char *path,
                              kr_error *err) {
    const kr_real *values = params->values + p->offset;
    for (int64_t i = 0; i < p->size; i++) {
        if (isfinite(values[i])) continue;
        return kr_fail(
            err, KR_NUMERIC,
            "%s: %s: value %" PRId64 " of %" PRId64
            " is %s; the file is damaged, or its training failed: use another checkpoint",
            path, p->name, i + 1, p->size,
            isnan(values[i]) ? "not a number" : "infinite as float32");
    }
    return KR_OK;
}

static kr_status load_parameter(kr_params *params, const kr_param *p, const kr_params_source *s,
                                kr_error *err) {
    const char *path = kr_tensor_file_path(s->file);
    int64_t i = find_tensor(s, p->name);
    if (i < 0)
        return kr_fail(err, KR_FORMAT, "%s: has no %s; check %s", path, p->name, s->name_hint);
    const kr_array *a = kr_tensor_file_info(s->file, i);
    if (!same_shape(p, a)) {
        char is[KR_ARRAY_SHAPE_TEXT], wanted[KR_SHAPE_TEXT];
        kr_tensor t = kr__tensor_make(p->rank, p->shape);
        return kr_fail(err, KR_SHAPE, "%s: %s has shape %s, the settings ask for %s; check %s",
                       path, p->name, kr_array_shape_text(a, is), kr__shape_text(&t, wanted),
                       s->shape_hint);
    }
    KR_TRY(kr__tensor_file_load(s->file, i, params->values + p->offset, err));
    return check_finite(params, p, path, err);
}

kr_status kr__params_load(kr_params *params, const kr_params_source *source, kr_error *err) {
    KR_TRY(check_surplus(params, source, err));
    for (int i = 0; i < params->count; i++) {
        KR_TRY(load_parameter(params, &params->list[i], source, err));
    }
    return KR_OK;
}
