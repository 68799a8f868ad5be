/* SPDX-License-Identifier: MIT
 * state_file.c - where a training that writes one model keeps the state that it continues from. */
#include "framework/state_file.h"

#include <stdio.h>
#include <string.h>

#include "core/platform.h"

void state_file_name(const char *model, char *path, size_t size) {
    const char *slash = strrchr(model, '/'), *dot = strrchr(slash ? slash : model, '.');
    int n = (int)(dot ? dot - model : (long)strlen(model));
    *path = '\0';
    if (!kr__is_device(model)) snprintf(path, size, "%.*s.resume.safetensors", n, model);
}
