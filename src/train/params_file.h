/* SPDX-License-Identifier: MIT
 * params_file.h - a model's parameters out of any file of named tensors. */
#ifndef KR_PARAMS_FILE_H
#define KR_PARAMS_FILE_H

#include <kr/files.h>

#include "nn/layers.h"

typedef struct kr_params_source {
    kr_tensor_file *file;
    /* Tensors of the file that are no parameters; NULL: none. */
    bool (*is_other)(const char *name);
    /* Another name under which older files have parameter `name`, into text; NULL: none. */
    bool (*old_name)(const char *name, char text[KR_NAME_SIZE]);
    const char *name_hint, *shape_hint; /* flags to check, for sentences */
} kr_params_source;

/* All parameters, and nothing but them; what is missing, surplus or misshapen is named. */
kr_status kr__params_load(kr_params *params, const kr_params_source *source, kr_error *err);

#endif
