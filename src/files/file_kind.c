/* SPDX-License-Identifier: MIT
 * file_kind.c - kinds of files that hold tensors, and who takes them. */
#include "files/file_kind.h"

#include <string.h>

typedef struct kind {
    const char *format, *name, *words;
} kind;

static const char next_step[] = "is a next-step model; krait generate, evaluate and gates take it";

static const kind kinds[] = {
    {KR__FORMAT_MAP, "map of points",
     "is a saved map of points; krait umap places further points on it"},
    {KR__FORMAT_NEXTSTEP, "next-step model", next_step},
    {KR__FORMAT_NEXTSTEP_TRAINING, "training of a next-step model",
     "is the state of a training of a next-step model; krait train continues it"},
    {KR__FORMAT_ZEROSHOT, "zero-shot model", "is a zero-shot model; krait forecast takes it"},
    {KR__FORMAT_ZEROSHOT_TRAINING, "training of a zero-shot model",
     "is the state of a training of a zero-shot model; krait pretrain continues it"},
    {KR__FORMAT_FORECASTER, "forecaster",
     "is a forecaster; krait predict, backtest and ablate take it"}};

static const kind *find_kind(const char *format) {
    for (size_t i = 0; format && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(format, kinds[i].format) == 0) return &kinds[i];
    }
    return NULL;
}

const char *kr__file_kind_name(const char *format) {
    const kind *found = find_kind(format);
    return found ? found->name : NULL;
}

const char *kr__file_kind_of_format(const char *format) {
    const kind *found = find_kind(format);
    return found ? found->words : NULL;
}

const char *kr__file_kind_of(const kr_tensor_file *file) {
    const char *words = kr__file_kind_of_format(kr_tensor_file_value(file, "format"));
    bool is_next_step = kr_tensor_file_find(file, "input_proj.weight") >= 0 &&
                        kr_tensor_file_find(file, "layers.0.mamba.A_log") >= 0;
    return words ? words : is_next_step ? next_step : NULL;
}

bool kr__file_is_beside(const char *name) {
    static const char *const prefixes[] = {"data.", "intervals.", "tuned."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) return true;
    }
    return false;
}
