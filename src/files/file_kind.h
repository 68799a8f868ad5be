/* SPDX-License-Identifier: MIT
 * file_kind.h - what a file of tensors is, for a sentence to whoever gave it to a command that
 * takes another kind. */
#ifndef KR_FILE_KIND_H
#define KR_FILE_KIND_H

#include <kr/files.h>

/* "is a map of points; krait umap POINTS `map` FILE places further points on it", after the format
 * that the file names; NULL: no kind that is known. */
const char *kr__file_kind_of_format(const char *format);
/* The same, also after the names of its tensors. */
const char *kr__file_kind_of(const kr_tensor_file *file);

#endif
