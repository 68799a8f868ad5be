/* SPDX-License-Identifier: MIT
 * cmd_convert.c - krait convert: a model's file in another format. */
#include <stdio.h>

#include <kr/nextstep.h>

#include "core/text.h"
#include "framework/command.h"
#include "framework/say.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option options[] = {
    QUIET_OPTION("print nothing"),
    UNPACK_OPTION,
};

static settings convert_settings = {.command = "convert",
                                    .own = options,
                                    .n_own = sizeof options / sizeof options[0],
                                    .n_words = 2,
                                    .words_hint = "krait convert FROM TO"};

static kr_status run_request(void *arg, kr_error *err) {
    const command_call *call = arg;
    const char *const *paths = call->given.words;
    kr_conversion done = {.size = sizeof done};
    if (call->given.n_words < 2) {
        return kr_fail(err, KR_USAGE,
                       "name the file to read and the file to write: krait convert "
                       "model_next.pt model_next.safetensors");
    }
    KR_TRY(kr_convert(paths[0], paths[1], &done, err));
    if (call->is_quiet) return KR_OK;
    say(stdout, "Saved %s: %s, %jd tensor%s, %jd value%s\n", paths[1],
        done.is_nextstep ? "a next-step model" : "a model", (intmax_t)done.n_tensors,
        kr__plural(done.n_tensors), (intmax_t)done.n_values, kr__plural(done.n_values));
    if (done.left_optimiser) printf("The optimiser's state was left out.\n");
    return KR_OK;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"a PyTorch checkpoint as .safetensors:", "krait convert model_next.pt model_next.safetensors"},
    {"and back, for torch.load:", "krait convert model_next.safetensors model_again.pt"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"FORMATS",
     "FROM is found by its content: a checkpoint of PyTorch, the newer zip kind, or a safetensors "
     "file. The ending of TO, .pt, .pth or .safetensors, says what is written. Prefixes that "
     "wrappers put before all names (module., _orig_mod.) are taken off. Elements keep type and "
     "bits; an optimiser's state is left out.\n\n"
     "A next-step model becomes the dictionary that the original's programs load, with heads under "
     "their newer names and the settings in args; from .pt to .safetensors numbers and texts are "
     "kept as metadata. Of other models a .pth holds the tensors alone, as "
     "torch.save(model.state_dict()) leaves them.\n\n"
     "A forecaster of krait run or krait fit becomes a .pth with exactly the names that its "
     "original's state_dict has, for load_state_dict with strict=True: TimeStar's table of "
     "positions, which krait computes itself, is added; the scaler (data.*) and the residuals "
     "(intervals.*) of the .safetensors are left out, so predict needs the .safetensors. Columns "
     "whose future is known, and --loss Quantile, make models that no original has."},
    {NULL, NULL},
};

const command command_convert = {
    .name = "convert",
    .summary = "put a model's file into another format",
    .usage = "FROM TO",
    .purpose = "Convert a model's file between PyTorch's .pt and .pth and .safetensors.",
    .settings = &convert_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(command_call),
    .run = run_request,
};
