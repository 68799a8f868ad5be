/* SPDX-License-Identifier: MIT
 * next_open.c - a trained next-step model out of its file, ready to be run. */
#include "nextstep/next_session.h"
#include "nn/mamba_internal.h"

static kr_status keep_texts(kr_mamba *m, const kr_tensor_file *file, kr_error *err) {
    m->n_texts = kr_tensor_file_n_metadata(file);
    m->texts = kr_arena_alloc(&m->arena, (size_t)m->n_texts + 1, sizeof *m->texts);
    for (int64_t i = 0; m->texts && i < m->n_texts; i++) {
        kr_text_pair pair = kr_tensor_file_metadata(file, i);
        m->texts[i].key = kr_arena_strdup(&m->arena, pair.key);
        m->texts[i].value = kr_arena_strdup(&m->arena, pair.value);
        if (!m->texts[i].key || !m->texts[i].value) m->texts = NULL;
    }
    return m->texts ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the model");
}

kr_status kr__next_open(kr_tensor_file *file, kr_mamba **out, kr_error *err) {
    kr_next_model_config config;
    kr_mamba *m = NULL;
    KR_TRY(kr__next_file_config(file, &config, err));
    KR_TRY(kr__mamba_create(&config, false, &m, err));
    kr_status status = kr__next_file_load(file, &m->params, err);
    if (status == KR_OK) status = keep_texts(m, file, err);
    if (status == KR_OK) {
        *out = m;
    } else {
        kr_mamba_destroy(m);
    }
    return status;
}

kr_status kr_mamba_open(const char *path, kr_mamba **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    kr_status status = kr__next_open(file, out, err);
    kr_tensor_file_close(file);
    return status;
}
