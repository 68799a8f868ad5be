/* SPDX-License-Identifier: MIT
 * file_kind.h - what a file of tensors is, for a sentence to whoever gave it to a command that
 * takes another kind. */
#ifndef KR_FILE_KIND_H
#define KR_FILE_KIND_H

#include <kr/files.h>

/* What files of krait say of themselves under the key "format". */
#define KR__FORMAT_MAP "krait umap"
#define KR__FORMAT_FORECASTER "krait forecaster"
#define KR__FORMAT_NEXTSTEP "krait next-step model"
#define KR__FORMAT_NEXTSTEP_TRAINING "krait training of a next-step model"
#define KR__FORMAT_ZEROSHOT "krait zero-shot model"
#define KR__FORMAT_ZEROSHOT_TRAINING "krait training of a zero-shot model"

/* "map of points", after the format that the file names; NULL: no kind that is known. */
const char *kr__file_kind_name(const char *format);
/* "is a map of points; krait umap places further points on it", after the format that the file
 * names; NULL: no kind that is known. */
const char *kr__file_kind_of_format(const char *format);
/* The same, also after the names of its tensors. */
const char *kr__file_kind_of(const kr_tensor_file *file);

/* Is this tensor of a forecaster's file none of its parameters, but kept beside them: the scale of
 * the data, errors of intervals, the file of a tuned model? */
bool kr__file_is_beside(const char *name);

#endif
