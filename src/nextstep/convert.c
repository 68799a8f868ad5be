/* SPDX-License-Identifier: MIT
 * convert.c - a model's file in another format. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/platform.h"
#include "core/sized_struct.h"
#include "core/text.h"
#include "files/file_kind.h"
#include "files/tensor_format.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_internal.h"
#include "ops/ops.h"

/* What a file holds of a model. */
typedef struct contents {
    kr_tensor_file *file;
    kr_array *arrays; /* n of them, each on its own */
    int64_t n;
    bool is_nextstep;
    bool is_forecaster; /* a checkpoint of `krait run` or `krait fit` */
    kr__nextstep_model_config config;
    kr_array positions; /* n 0: none are added */
    float *table;       /* its elements */
    kr_conversion done;
} contents;

static bool has_prefix(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* State of a training, which is no part of the model. */
static bool is_of_training(const char *name) {
    return has_prefix(name, "optimizer_state_dict.") || has_prefix(name, "training.");
}

/* ---- reading ---------------------------------------------------------------------------- */

/* Heads of older files are called output_proj. */
static kr_status use_new_name(kr_array *a, kr_error *err) {
    static const char old[] = "output_proj.", new[] = "output_heads.1.";
    if (!has_prefix(a->name, old)) return KR_OK;
    size_t size = strlen(a->name) + sizeof new;
    char *name = kr__calloc(size, 1);
    if (!name) return kr_fail(err, KR_MEMORY, "out of memory for the conversion");
    snprintf(name, size, "%s%s", new, a->name + sizeof old - 1);
    kr_free(a->name);
    a->name = name;
    return KR_OK;
}

static kr_status read_contents(contents *c, kr_error *err) {
    kr_error unused;
    int64_t count = kr_tensor_file_count(c->file);
    c->is_nextstep = kr__nextstep_file_config(c->file, &c->config, &unused) == KR_OK;
    c->arrays = kr__calloc((size_t)count + 1, sizeof *c->arrays);
    if (!c->arrays) return kr_fail(err, KR_MEMORY, "out of memory for the conversion");
    for (int64_t i = 0; i < count; i++) {
        if (is_of_training(kr_tensor_file_info(c->file, i)->name)) continue;
        kr_array *a = &c->arrays[c->n];
        KR_TRY(kr_tensor_file_get(c->file, i, a, err));
        c->n++;
        if (c->is_nextstep) KR_TRY(use_new_name(a, err));
    }
    for (int64_t i = 0; i < kr_tensor_file_n_metadata(c->file); i++) {
        const char *key = kr_tensor_file_metadata(c->file, i).key;
        c->done.left_optimiser |= has_prefix(key, "optimizer_state_dict.");
    }
    const char *format = kr_tensor_file_value(c->file, "format");
    c->is_forecaster = format && strcmp(format, KR__FORMAT_FORECASTER) == 0;
    c->done.is_nextstep = c->is_nextstep;
    if (c->n > 0) return KR_OK;
    return kr_fail(err, KR_FORMAT, "%s: holds no tensors of a model", kr_tensor_file_path(c->file));
}

static void close_contents(contents *c) {
    for (int64_t i = 0; i < c->n; i++) kr_array_deinit(&c->arrays[i]);
    kr_free(c->arrays);
    kr_free(c->table);
    kr_tensor_file_close(c->file);
}

/* ---- the originals' table of positions --------------------------------------------------- */

/* TimeStar's original registers the table as a buffer, so its state_dict has it, and loading one
 * without it fails. krait computes the rows that it needs. */
static const char positions_name[] = "en_embedding.position_embedding.pe";
static const char before_positions[] = "en_embedding.value_embedding.weight";

static const kr_array *find_array(const contents *c, const char *name) {
    for (int64_t i = 0; i < c->n; i++) {
        if (strcmp(c->arrays[i].name, name) == 0) return &c->arrays[i];
    }
    return NULL;
}

static kr_status make_positions(contents *c, kr_error *err) {
    enum { N_POSITIONS = 5000 };
    const kr_array *weight = find_array(c, before_positions);
    bool has_patches = weight && weight->rank == 2 && find_array(c, "en_embedding.glb_token");
    if (!has_patches || find_array(c, positions_name) || weight->shape[0] % 2 != 0) return KR_OK;
    const int64_t shape[3] = {1, N_POSITIONS, weight->shape[0]}, n = N_POSITIONS * shape[2];
    kr_real *table = kr__calloc((size_t)n, sizeof *table);
    c->table = kr__calloc((size_t)n, sizeof *c->table);
    if (!table || !c->table) {
        kr_free(table);
        return kr_fail(err, KR_MEMORY, "out of memory for the conversion");
    }
    kr__position_table(N_POSITIONS, shape[2], table);
    for (int64_t i = 0; i < n; i++) c->table[i] = (float)table[i];
    kr_free(table);
    return kr_array_view(positions_name, KR_DTYPE_F32, 3, shape, c->table, &c->positions, err);
}

/* ---- what is written -------------------------------------------------------------------- */

/* What our forecasters keep beside the parameters. */
static bool is_beside(const contents *c, const char *name) {
    return c->is_forecaster && kr__file_is_beside(name);
}

static void put_tensor(kr__tree *t, contents *c, const kr_array *a) {
    kr__tree_put_text(t, a->name);
    kr__tree_put_tensor(t, a);
    c->done.n_tensors++;
    c->done.n_values += a->n;
}

/* For an original exactly the names of its state_dict: PyTorch refuses others, and missing ones. */
static void put_tensors(kr__tree *t, contents *c, bool is_for_original) {
    kr__tree_put_ordered_dict(t);
    for (int64_t i = 0; i < c->n; i++) {
        const kr_array *a = &c->arrays[i];
        if (is_for_original && is_beside(c, a->name)) continue;
        put_tensor(t, c, a);
        if (c->positions.n > 0 && strcmp(a->name, before_positions) == 0) {
            put_tensor(t, c, &c->positions);
        }
    }
    kr__tree_put_end(t);
}

/* Texts and tensors as they are. */
static void put_own(kr__tree *t, contents *c) {
    kr__tree_put_dict(t);
    for (int64_t i = 0; i < kr_tensor_file_n_metadata(c->file); i++) {
        kr_text_pair pair = kr_tensor_file_metadata(c->file, i);
        if (is_of_training(pair.key)) continue;
        kr__tree_put_text(t, pair.key);
        kr__tree_put_text(t, pair.value);
    }
    kr__tree_put_text(t, KR__TREE_MODEL);
    put_tensors(t, c, false);
    kr__tree_put_end(t);
}

/* ---- the original's dictionary ----------------------------------------------------------- */

/* Metadata is text; what reads as a number was one. */
static void put_value(kr__tree *t, const char *text) {
    int64_t integer = 0;
    double real = 0;
    if (strcmp(text, "null") == 0) {
        kr__tree_put_none(t);
    } else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        kr__tree_put_bool(t, *text == 't');
    } else if (kr__text_int(text, &integer)) {
        kr__tree_put_int(t, integer);
    } else if (kr__text_real(text, &real)) {
        kr__tree_put_real(t, real);
    } else {
        kr__tree_put_text(t, text);
    }
}

/* The original builds its model out of these. */
static void put_shape(kr__tree *t, const kr__nextstep_model_config *m, const contents *c,
                      bool is_complete) {
    const struct {
        const char *name;
        int64_t value;
    } list[] = {{"feature_dim", m->n_features},
                {"d_model", m->d_model},
                {"n_layers", m->n_layers},
                {"d_state", m->mamba.d_state},
                {"d_conv", m->mamba.d_conv},
                {"expand", m->mamba.expand},
                {"d_ff", m->d_ff},
                {"max_horizon", m->max_horizon}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        char key[64];
        snprintf(key, sizeof key, "args.%s", list[i].name);
        bool is_written = kr_tensor_file_value(c->file, key) || (is_complete && i > 0);
        if (is_written) continue;
        kr__tree_put_text(t, list[i].name);
        kr__tree_put_int(t, list[i].value);
    }
}

/* args: of a checkpoint its own; of a file of krait's the settings; and what is missing of the
 * shape. */
static kr_status put_args(kr__tree *t, const contents *c, kr_error *err) {
    const char *text = kr_tensor_file_value(c->file, "config");
    kr__tree_put_dict(t);
    if (text) {
        kr_nextstep_config settings;
        KR_TRY(kr__flags_from_json(kr__nextstep_flags(), text, strlen(text), &settings, err));
        kr__nextstep_put_settings(t, &settings);
    }
    for (int64_t i = 0; i < kr_tensor_file_n_metadata(c->file) && !text; i++) {
        kr_text_pair pair = kr_tensor_file_metadata(c->file, i);
        if (!has_prefix(pair.key, "args.")) continue;
        kr__tree_put_text(t, pair.key + 5);
        put_value(t, pair.value);
    }
    put_shape(t, &c->config, c, text != NULL);
    kr__tree_put_end(t);
    return KR_OK;
}

static double loss_of(const contents *c, const char *key) {
    double value = NAN;
    const char *text = kr_tensor_file_value(c->file, key);
    return text && kr__text_real(text, &value) ? value : (double)NAN;
}

static kr_status put_nextstep(kr__tree *t, contents *c, kr_error *err) {
    int64_t epoch = 0;
    const char *text = kr_tensor_file_value(c->file, "epoch");
    if (text) kr__text_int(text, &epoch);
    kr__tree_put_dict(t);
    kr__tree_put_text(t, "epoch");
    kr__tree_put_int(t, epoch);
    kr__tree_put_text(t, KR__TREE_MODEL);
    put_tensors(t, c, true);
    kr__tree_put_text(t, "train_loss");
    kr__tree_put_real(t, loss_of(c, "train_loss"));
    kr__tree_put_text(t, "val_loss");
    kr__tree_put_real(t, loss_of(c, "val_loss"));
    kr__tree_put_text(t, "args");
    KR_TRY(put_args(t, c, err));
    kr__nextstep_put_source(t, kr_tensor_file_value(c->file, KR__NEXTSTEP_READING),
                            kr_tensor_file_value(c->file, KR__NEXTSTEP_COLUMNS));
    kr__tree_put_end(t);
    return KR_OK;
}

/* ---- the file ---------------------------------------------------------------------------- */

static kr_status write_contents(contents *c, const kr__tensor_format *form, const char *path,
                                kr_error *err) {
    kr__tree tree = {.n_items = 0};
    kr_status status = KR_OK;
    if (!form->is_for_originals) {
        put_own(&tree, c);
    } else if (c->is_nextstep) {
        status = put_nextstep(&tree, c, err);
    } else {
        status = make_positions(c, err);
        put_tensors(&tree, c, true);
    }
    if (status == KR_OK && form->is_for_originals && c->done.n_tensors == 0) {
        status = kr_fail(err, KR_FORMAT,
                         "%s: has no parameters, so that there is nothing that the originals could "
                         "read",
                         kr_tensor_file_path(c->file));
    }
    if (status == KR_OK) status = form->write(&tree, path, err);
    kr__tree_deinit(&tree);
    return status;
}

/* As much of it as the caller's version has. */
static void give(const kr_conversion *from, kr_conversion *to) {
    if (!to) return;
    kr_conversion whole = *from;
    whole.size = to->size;
    memcpy(to, &whole, to->size < sizeof whole ? to->size : sizeof whole);
}

kr_status kr_convert(const char *from, const char *to, kr_conversion *done, kr_error *err) {
    kr_conversion taken;
    KR_TRY(kr__sized_take("kr_conversion", done, &taken, sizeof taken, err));
    const kr__tensor_format *form = kr__tensor_format_of(to);
    if (!form) {
        char endings[128];
        return kr_fail(err, KR_USAGE, "%s: the new file ends in %s", to,
                       kr__tensor_format_endings(endings, sizeof endings));
    }
    if (kr__is_same_file(from, to)) {
        return kr_fail(err, KR_USAGE, "%s: is %s; give the new file another name", to, from);
    }
    contents c = {.file = NULL};
    KR_TRY(kr_tensor_file_open(from, &c.file, err));
    kr_status status = read_contents(&c, err);
    if (status == KR_OK) status = write_contents(&c, form, to, err);
    if (status == KR_OK) give(&c.done, done);
    close_contents(&c);
    return status;
}
