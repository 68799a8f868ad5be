/* SPDX-License-Identifier: MIT
 * nextstep_write.c - the content of the next-step model's file: what the original writes, with
 * optimiser and settings, or krait's own. The format, chosen by the ending, decides how it is
 * written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/real.h"
#include "core/text.h"
#include "files/file_kind.h"
#include "files/safetensors_memory.h"
#include "files/tensor_format.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_internal.h"

/* ---- order ------------------------------------------------------------------------------ */

/* The parameters in the original's order: A_log and D come before a block's projections. */
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

/* ---- the original's dictionary ------------------------------------------------------------ */

static kr_status view(const kr_param *p, const kr_real *vector, kr_array *out, kr_error *err) {
    return kr_array_view(p->name, kr_real_dtype, p->rank, p->shape, vector + p->offset, out, err);
}

static kr_status put_parameters(kr__tree *t, const kr__nextstep_contents *c, const int *order,
                                kr_error *err) {
    const kr_params *params = c->params;
    kr__tree_put_text(t, KR__TREE_MODEL);
    kr__tree_put_ordered_dict(t);
    for (int i = 0; i < params->count; i++) {
        kr_array a;
        const kr_param *p = &params->list[order[i]];
        KR_TRY(view(p, c->values, &a, err));
        kr__tree_put_text(t, p->name);
        kr__tree_put_tensor(t, &a);
    }
    kr__tree_put_end(t);
    return KR_OK;
}

static void put_real(kr__tree *t, const char *key, double value) {
    kr__tree_put_text(t, key);
    kr__tree_put_real(t, value);
}

static void put_bools(kr__tree *t, const char *const *keys) {
    for (; *keys; keys++) {
        kr__tree_put_text(t, *keys);
        kr__tree_put_bool(t, false);
    }
}

/* Parameters are numbered: first all others, then the gates. */
static kr_status put_moments(kr__tree *t, const kr__nextstep_contents *c, const int *order,
                             kr_error *err) {
    const kr_params *params = c->params;
    const kr_optimiser *o = c->optimiser;
    int64_t number = 0;
    kr__tree_put_dict(t);
    for (int group = 0; group < 2; group++) {
        for (int i = 0; i < params->count; i++) {
            const kr_param *p = &params->list[order[i]];
            kr_array m, v;
            if (kr__nextstep_is_gate(p->name) != (group == 1)) continue;
            KR_TRY(view(p, o->m, &m, err));
            KR_TRY(view(p, o->v, &v, err));
            kr__tree_put_int(t, number++);
            kr__tree_put_dict(t);
            put_real(t, "step", (double)o->step);
            kr__tree_put_text(t, "exp_avg");
            kr__tree_put_tensor(t, &m);
            kr__tree_put_text(t, "exp_avg_sq");
            kr__tree_put_tensor(t, &v);
            kr__tree_put_end(t);
        }
    }
    kr__tree_put_end(t);
    return KR_OK;
}

/* The rate is that of the next epoch, as in the original, whose schedule steps before it saves. */
static void put_group(kr__tree *t, const kr__nextstep_contents *c, bool is_of_gates,
                      int64_t *number) {
    static const char *const off[] = {"amsgrad", "maximize", "capturable", "differentiable", NULL};
    const kr_params *params = c->params;
    const kr_optimiser *o = c->optimiser;
    const kr_schedule schedule = kr__nextstep_schedule(&c->model->config, is_of_gates);
    kr__tree_put_dict(t);
    put_real(t, "lr", kr__schedule_rate(&schedule, c->record->epoch + 1));
    kr__tree_put_text(t, "betas");
    kr__tree_put_list(t);
    kr__tree_put_real(t, o->beta1);
    kr__tree_put_real(t, o->beta2);
    kr__tree_put_end(t);
    put_real(t, "eps", o->eps);
    put_real(t, "weight_decay", o->weight_decay);
    put_real(t, "initial_lr", schedule.base);
    put_bools(t, off);
    kr__tree_put_text(t, "foreach");
    kr__tree_put_none(t);
    kr__tree_put_text(t, "fused");
    kr__tree_put_none(t);
    kr__tree_put_text(t, "params");
    kr__tree_put_list(t);
    for (int i = 0; i < params->count; i++) {
        if (kr__nextstep_is_gate(params->list[i].name) == is_of_gates) {
            kr__tree_put_int(t, (*number)++);
        }
    }
    kr__tree_put_end(t);
    kr__tree_put_end(t);
}

/* As torch.optim.AdamW's state_dict(): moments by number, then the two groups. */
static kr_status put_optimiser(kr__tree *t, const kr__nextstep_contents *c, const int *order,
                               kr_error *err) {
    int64_t number = 0;
    kr__tree_put_dict(t);
    kr__tree_put_text(t, "state");
    KR_TRY(put_moments(t, c, order, err));
    kr__tree_put_text(t, "param_groups");
    kr__tree_put_list(t);
    put_group(t, c, false, &number);
    put_group(t, c, true, &number);
    kr__tree_put_end(t);
    kr__tree_put_end(t);
    return KR_OK;
}

void kr__nextstep_put_settings(kr__tree *t, const kr_nextstep_config *config) {
    const kr_flag_table *table = kr__nextstep_flags();
    for (int i = 0; i < table->count; i++) {
        const kr_flag *flag = &table->flags[i];
        const void *field = (const char *)config + flag->offset;
        kr__tree_put_text(t, flag->name);
        if (flag->kind == KR_SETTING_TEXT && *(const char *)field) {
            kr__tree_put_text(t, field);
        } else if (flag->kind == KR_SETTING_TEXT) {
            kr__tree_put_none(t);
        } else if (flag->kind == KR_SETTING_INT) {
            kr__tree_put_int(t, *(const int64_t *)field);
        } else if (flag->kind == KR_SETTING_REAL) {
            kr__tree_put_real(t, *(const double *)field);
        } else {
            kr__tree_put_bool(t, *(const bool *)field);
        }
    }
}

static void put_args(kr__tree *t, const kr_nextstep *model) {
    kr__tree_put_text(t, "args");
    kr__tree_put_dict(t);
    kr__nextstep_put_settings(t, &model->config);
    kr__tree_put_text(t, "feature_dim");
    kr__tree_put_int(t, model->shape.n_features);
    kr__tree_put_end(t);
}

/* What the original's programs expect. */
static kr_status put_for_original(kr__tree *t, const kr__nextstep_contents *c, const int *order,
                                  kr_error *err) {
    kr__tree_put_dict(t);
    kr__tree_put_text(t, "epoch");
    kr__tree_put_int(t, c->record->epoch);
    KR_TRY(put_parameters(t, c, order, err));
    if (c->optimiser) {
        kr__tree_put_text(t, "optimizer_state_dict");
        KR_TRY(put_optimiser(t, c, order, err));
    }
    put_real(t, "train_loss", c->record->train_loss);
    put_real(t, "val_loss", c->record->validation_loss);
    put_args(t, c->model);
    kr__nextstep_put_source(t, c->model->reading, c->model->columns);
    kr__tree_put_end(t);
    return KR_OK;
}

/* ---- krait's own ------------------------------------------------------------------------- */

static kr_status put_own(kr__tree *t, const kr__nextstep_contents *c, const int *order,
                         kr_error *err) {
    char epoch[32], train[40], validation[40], *config = NULL;
    KR_TRY(kr__flags_to_json(kr__nextstep_flags(), &c->model->config, &config, err));
    snprintf(epoch, sizeof epoch, "%" PRId64, c->record->epoch);
    kr__text_print(train, sizeof train, "%.17g", c->record->train_loss);
    kr__text_print(validation, sizeof validation, "%.17g", c->record->validation_loss);
    const kr_text_pair pairs[] = {{"format", KR__FORMAT_NEXTSTEP},
                                  {"version", "1"},
                                  {"krait", KR_VERSION_STRING},
                                  {"config", config},
                                  {"epoch", epoch},
                                  {"train_loss", train},
                                  {"val_loss", validation}};
    kr__tree_put_dict(t);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        kr__tree_put_text(t, pairs[i].key);
        kr__tree_put_text(t, pairs[i].value);
    }
    kr_free(config);
    kr__nextstep_put_source(t, c->model->reading, c->model->columns);
    KR_TRY(put_parameters(t, c, order, err));
    kr__tree_put_end(t);
    return KR_OK;
}

/* ---- the file ---------------------------------------------------------------------------- */

/* Settings that were not in the model's file must not look as if someone had chosen them. */
static kr_status check_settings(const kr_nextstep *model, kr_error *err) {
    if (model->has_settings) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED,
                   "the model comes from a file that does not say how it was trained, so a new "
                   "file could not say it either; kr_convert() copies the old one");
}

static kr_status make_tree(const kr__nextstep_contents *c, bool is_for_original, kr__tree *tree,
                           kr_error *err) {
    KR_TRY(check_settings(c->model, err));
    int *order = kr__calloc((size_t)c->params->count, sizeof *order);
    if (!order) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    sort_like_original(c->params, order);
    kr_status status =
        is_for_original ? put_for_original(tree, c, order, err) : put_own(tree, c, order, err);
    kr_free(order);
    return status;
}

/* Other endings have always meant PyTorch's format. */
kr_status kr__nextstep_write(const kr__nextstep_contents *contents, const char *path,
                             kr_error *err) {
    kr__tree tree = {.n_items = 0};
    const kr__tensor_format *form = kr__tensor_format_of(path);
    if (!form) form = &kr__tensor_format_pth;
    kr_status status = make_tree(contents, form->is_for_originals, &tree, err);
    if (status == KR_OK) status = form->write(&tree, path, err);
    kr__tree_deinit(&tree);
    return status;
}

kr_status kr_nextstep_save_memory(const kr_nextstep *model, void **bytes, size_t *n_bytes,
                                  kr_error *err) {
    const kr_params *params = &model->stack->params;
    const kr__nextstep_contents contents = {
        .model = model, .params = params, .values = params->values, .record = &model->best};
    kr__tree tree = {.n_items = 0};
    kr__flat_tree flat = {.n_arrays = 0};
    kr_status status = make_tree(&contents, false, &tree, err);
    if (status == KR_OK) status = kr__tree_flatten(&tree, "memory", &flat, err);
    if (status == KR_OK) {
        status = kr__safetensors_write_memory(flat.arrays, flat.n_arrays, flat.texts, flat.n_texts,
                                              bytes, n_bytes, err);
    }
    kr__flat_tree_deinit(&flat);
    kr__tree_deinit(&tree);
    return status;
}
