/* SPDX-License-Identifier: MIT
 * nextstep_write.c - the next-step model's file as the original writes it, with optimiser and
 * settings, or as .safetensors. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/real.h"
#include "core/text.h"
#include "files/safetensors_memory.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_internal.h"

/* ---- order ------------------------------------------------------------------------------ */

/* Our table in the original's order: A_log and D stand in front of a block's projections. */
static int order_of(const char *name) {
    static const char *const parts[] = {
        "norm.weight",    "norm.bias",     "A_log",          "D",
        "in_proj.weight", "conv1d.weight", "conv1d.bias",    "x_proj.weight",
        "dt_proj.weight", "dt_proj.bias",  "out_proj.weight"};
    const char *last = strstr(name, ".mamba.");
    last = last ? last + 7 : strstr(name, ".norm.") ? strstr(name, ".norm.") + 1 : name;
    for (int i = 0; i < (int)(sizeof parts / sizeof parts[0]); i++) {
        if (strcmp(last, parts[i]) == 0) return i;
    }
    return -1;
}

/* order[k]: number of the k-th parameter of the original's state_dict. Within a layer they are
 * sorted, elsewhere they stay. */
static void sort_like_original(const kr_params *params, int *order) {
    for (int i = 0; i < params->count; i++) {
        int k = i, rank = order_of(params->list[i].name);
        const char *name = params->list[i].name;
        size_t n = strcspn(name + 7, ".") + 8; /* "layers.N." */
        bool is_layer = strncmp(name, "layers.", 7) == 0;
        while (is_layer && k > 0) {
            const char *other = params->list[order[k - 1]].name;
            if (strncmp(name, other, n) != 0 || order_of(other) < rank) break;
            order[k] = order[k - 1];
            k--;
        }
        order[k] = i;
    }
}

/* ---- gates ------------------------------------------------------------------------------ */

bool kr__nextstep_is_gate(const char *name) {
    return strstr(name, ".mamba.x_proj.") || strstr(name, ".mamba.dt_proj.");
}

/* ---- PyTorch ---------------------------------------------------------------------------- */

static kr_status view(const kr_param *p, const kr_real *vector, kr_array *out, kr_error *err) {
    return kr_array_view(p->name, kr_real_dtype, p->rank, p->shape, vector + p->offset, out, err);
}

static kr_status put_parameters(kr_pth_writer *w, const kr__nextstep_contents *c, const int *order,
                                kr_error *err) {
    const kr_params *params = c->params;
    kr__pth_put_ordered_dict(w);
    for (int i = 0; i < params->count; i++) {
        kr_array a;
        const kr_param *p = &params->list[order[i]];
        KR_TRY(view(p, c->values, &a, err));
        kr__pth_put_text(w, p->name);
        kr__pth_put_tensor(w, &a);
    }
    kr__pth_put_end(w);
    return KR_OK;
}

static void put_real(kr_pth_writer *w, const char *key, double value) {
    kr__pth_put_text(w, key);
    kr__pth_put_real(w, value);
}

static void put_bools(kr_pth_writer *w, const char *const *keys) {
    for (; *keys; keys++) {
        kr__pth_put_text(w, *keys);
        kr__pth_put_bool(w, false);
    }
}

/* Parameters are numbered: first all others, then the gates. */
static kr_status put_moments(kr_pth_writer *w, const kr__nextstep_contents *c, const int *order,
                             kr_error *err) {
    const kr_params *params = c->params;
    const kr_optimiser *o = c->optimiser;
    int64_t number = 0;
    kr__pth_put_dict(w);
    for (int group = 0; group < 2; group++) {
        for (int i = 0; i < params->count; i++) {
            const kr_param *p = &params->list[order[i]];
            kr_array m, v;
            if (kr__nextstep_is_gate(p->name) != (group == 1)) continue;
            KR_TRY(view(p, o->m, &m, err));
            KR_TRY(view(p, o->v, &v, err));
            kr__pth_put_int(w, number++);
            kr__pth_put_dict(w);
            put_real(w, "step", (double)o->step);
            kr__pth_put_text(w, "exp_avg");
            kr__pth_put_tensor(w, &m);
            kr__pth_put_text(w, "exp_avg_sq");
            kr__pth_put_tensor(w, &v);
            kr__pth_put_end(w);
        }
    }
    kr__pth_put_end(w);
    return KR_OK;
}

static void put_group(kr_pth_writer *w, const kr__nextstep_contents *c, bool is_of_gates,
                      double rate, int64_t *number) {
    static const char *const off[] = {"amsgrad", "maximize", "capturable", "differentiable", NULL};
    const kr_params *params = c->params;
    const kr_optimiser *o = c->optimiser;
    double factor = is_of_gates ? c->model->config.gate_lr_factor : 1;
    kr__pth_put_dict(w);
    put_real(w, "lr", rate * factor);
    kr__pth_put_text(w, "betas");
    kr__pth_put_list(w);
    kr__pth_put_real(w, o->beta1);
    kr__pth_put_real(w, o->beta2);
    kr__pth_put_end(w);
    put_real(w, "eps", o->eps);
    put_real(w, "weight_decay", o->weight_decay);
    put_real(w, "initial_lr", c->model->config.lr * factor);
    put_bools(w, off);
    kr__pth_put_text(w, "foreach");
    kr__pth_put_none(w);
    kr__pth_put_text(w, "fused");
    kr__pth_put_none(w);
    kr__pth_put_text(w, "params");
    kr__pth_put_list(w);
    for (int i = 0; i < params->count; i++) {
        if (kr__nextstep_is_gate(params->list[i].name) == is_of_gates) {
            kr__pth_put_int(w, (*number)++);
        }
    }
    kr__pth_put_end(w);
    kr__pth_put_end(w);
}

/* As torch.optim.AdamW's state_dict(): moments by number, then the two groups. */
static kr_status put_optimiser(kr_pth_writer *w, const kr__nextstep_contents *c, const int *order,
                               kr_error *err) {
    int64_t number = 0;
    kr__pth_put_dict(w);
    kr__pth_put_text(w, "state");
    KR_TRY(put_moments(w, c, order, err));
    kr__pth_put_text(w, "param_groups");
    kr__pth_put_list(w);
    put_group(w, c, false, c->record->rate, &number);
    put_group(w, c, true, c->record->rate, &number);
    kr__pth_put_end(w);
    kr__pth_put_end(w);
    return KR_OK;
}

void kr__nextstep_put_settings(kr_pth_writer *w, const kr_nextstep_config *config) {
    const kr_flag_table *table = kr__nextstep_flags();
    for (int i = 0; i < table->count; i++) {
        const kr_flag *flag = &table->flags[i];
        const void *field = (const char *)config + flag->offset;
        kr__pth_put_text(w, flag->name);
        if (flag->kind == KR_SETTING_TEXT && *(const char *)field) {
            kr__pth_put_text(w, field);
        } else if (flag->kind == KR_SETTING_TEXT) {
            kr__pth_put_none(w);
        } else if (flag->kind == KR_SETTING_INT) {
            kr__pth_put_int(w, *(const int64_t *)field);
        } else if (flag->kind == KR_SETTING_REAL) {
            kr__pth_put_real(w, *(const double *)field);
        } else {
            kr__pth_put_bool(w, *(const bool *)field);
        }
    }
}

static void put_args(kr_pth_writer *w, const kr_nextstep *model) {
    kr__pth_put_text(w, "args");
    kr__pth_put_dict(w);
    kr__nextstep_put_settings(w, &model->config);
    kr__pth_put_text(w, "feature_dim");
    kr__pth_put_int(w, model->shape.n_features);
    kr__pth_put_end(w);
}

static kr_status put_model(kr_pth_writer *w, const kr__nextstep_contents *c, const int *order,
                           kr_error *err) {
    kr__pth_put_dict(w);
    kr__pth_put_text(w, "epoch");
    kr__pth_put_int(w, c->record->epoch);
    kr__pth_put_text(w, "model_state_dict");
    KR_TRY(put_parameters(w, c, order, err));
    if (c->optimiser) {
        kr__pth_put_text(w, "optimizer_state_dict");
        KR_TRY(put_optimiser(w, c, order, err));
    }
    put_real(w, "train_loss", c->record->train_loss);
    put_real(w, "val_loss", c->record->validation_loss);
    put_args(w, c->model);
    kr__pth_put_end(w);
    return KR_OK;
}

static kr_status save_pth(const kr__nextstep_contents *c, const int *order, const char *path,
                          kr_error *err) {
    kr_pth_writer *w = NULL;
    KR_TRY(kr__pth_writer_create(&w, err));
    kr_status status = put_model(w, c, order, err);
    if (status == KR_OK) status = kr__pth_writer_commit(w, path, err);
    kr__pth_writer_destroy(w);
    return status;
}

/* ---- safetensors, and the choice ---------------------------------------------------------- */

/* To a file, or into memory where path is NULL. */
typedef struct target {
    const char *path;
    void **bytes;
    size_t *n_bytes;
} target;

static kr_status write_arrays(const target *to, const kr_array *arrays, int64_t n,
                              const kr_text_pair *pairs, int64_t n_pairs, kr_error *err) {
    if (to->path) return kr_safetensors_write(to->path, arrays, n, pairs, n_pairs, err);
    return kr__safetensors_write_memory(arrays, n, pairs, n_pairs, to->bytes, to->n_bytes, err);
}

static kr_status save_safetensors(const kr__nextstep_contents *c, const int *order,
                                  const target *to, kr_error *err) {
    const kr_params *params = c->params;
    char epoch[32], train[40], validation[40], *config = NULL;
    kr_array *arrays = kr__calloc((size_t)params->count, sizeof *arrays);
    if (!arrays) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    kr_status status = kr__flags_to_json(kr__nextstep_flags(), &c->model->config, &config, err);
    for (int i = 0; i < params->count && status == KR_OK; i++) {
        status = view(&params->list[order[i]], c->values, &arrays[i], err);
    }
    snprintf(epoch, sizeof epoch, "%" PRId64, c->record->epoch);
    snprintf(train, sizeof train, "%.17g", c->record->train_loss);
    snprintf(validation, sizeof validation, "%.17g", c->record->validation_loss);
    const kr_text_pair pairs[] = {{"format", "krait next-step model"},
                                  {"version", "1"},
                                  {"krait", KR_VERSION_STRING},
                                  {"config", config},
                                  {"epoch", epoch},
                                  {"train_loss", train},
                                  {"val_loss", validation}};
    if (status == KR_OK) {
        status =
            write_arrays(to, arrays, params->count, pairs, sizeof pairs / sizeof pairs[0], err);
    }
    kr_free(config);
    kr_free(arrays);
    return status;
}

/* Settings that a file did not tell must not look as if they had been chosen. */
static kr_status check_settings(const kr_nextstep *model, kr_error *err) {
    if (model->has_settings) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED,
                   "the model comes from a file that does not tell how it was trained, so a new "
                   "file could not tell it either; kr_convert() copies the old one");
}

static kr_status write_to(const kr__nextstep_contents *c, const target *to, kr_error *err) {
    KR_TRY(check_settings(c->model, err));
    int *order = kr__calloc((size_t)c->params->count, sizeof *order);
    if (!order) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    sort_like_original(c->params, order);
    bool is_safetensors = !to->path || kr__text_ends(to->path, ".safetensors");
    kr_status status =
        is_safetensors ? save_safetensors(c, order, to, err) : save_pth(c, order, to->path, err);
    kr_free(order);
    return status;
}

kr_status kr__nextstep_write(const kr__nextstep_contents *contents, const char *path,
                             kr_error *err) {
    return write_to(contents, &(target){.path = path}, err);
}

kr_status kr_nextstep_save_memory(const kr_nextstep *model, void **bytes, size_t *n_bytes,
                                  kr_error *err) {
    const kr_params *params = &model->stack->params;
    const kr__nextstep_contents contents = {
        .model = model, .params = params, .values = params->values, .record = &model->best};
    return write_to(&contents, &(target){.bytes = bytes, .n_bytes = n_bytes}, err);
}
