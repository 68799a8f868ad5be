/* SPDX-License-Identifier: MIT
 * convert.h - a model's file in another format. */
#ifndef KR_CONVERT_H
#define KR_CONVERT_H

#include <kr/status.h>

KR_BEGIN_DECLS

typedef struct kr_conversion {
    int64_t n_tensors, n_values;
    bool
        is_next_model; /* a next-step model, which is laid out as its original's programs want it */
    bool left_optimiser; /* the state of a PyTorch optimiser was in the file, and is not carried */
} kr_conversion;

/* Tensors and metadata of `from` (.pt, .pth, .safetensors, found by content) into `to`, whose
 * ending says the format. Wrappers' prefixes are taken off the names.
 *
 *     to .safetensors    tensors; numbers and texts of a checkpoint as metadata ("args.d_model")
 *     to .pt, .pth       of a next-step model the original's dictionary: epoch, model_state_dict,
 *                        train_loss, val_loss, args, with heads under their newer names; of others
 *                        the tensors alone, as torch.save(model.state_dict()) leaves them
 *
 * Elements keep their type and bits. KR_USAGE: another ending, or from and to are one file. */
KR_API kr_status kr_convert(const char *from, const char *to, kr_conversion *done, kr_error *err);

KR_END_DECLS

#endif
