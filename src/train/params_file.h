/* SPDX-License-Identifier: MIT
 * params_file.h - a model's parameters from any file of named tensors. */
#ifndef KR_PARAMS_FILE_H
#define KR_PARAMS_FILE_H

#include <kr/files.h>

#include "nn/layers.h"

typedef struct kr_params_source {
    kr_tensor_file *file;
    /* Is a tensor of the file not a parameter? NULL: all are. */
    bool (*is_other)(const char *name);
    /* Write the name that older files use for parameter `name` into text; NULL: there is none. */
    bool (*old_name)(const char *name, char text[KR_NAME_SIZE]);
    const char *name_hint, *shape_hint; /* flags to check, for sentences */
} kr_params_source;

/* Read all parameters, and nothing else; the sentence names those that are missing, surplus or of
 * another shape. */
kr_status kr__params_load(kr_params *params, const kr_params_source *source, kr_error *err);

#endif
