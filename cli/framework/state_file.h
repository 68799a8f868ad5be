/* SPDX-License-Identifier: MIT
 * state_file.h - where a training that writes one model keeps the state that it continues from. */
#ifndef KRAIT_STATE_FILE_H
#define KRAIT_STATE_FILE_H

#include <stddef.h>

/* "model.pt" -> "model.resume.safetensors"; "" where the model goes into a device or a pipe, beside
 * which nothing is kept. */
void state_file_name(const char *model, char *path, size_t size);

#endif
