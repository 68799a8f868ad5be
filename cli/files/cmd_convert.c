/* SPDX-License-Identifier: MIT
 * cmd_convert.c - krait convert: a model's file in another format. */
#include <stdio.h>

#include <kr/convert.h>

#include "framework/command.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option options[] = {
    {OPTION_SWITCH, 'q', 0, "output", "quiet", "", "", "", "print nothing"},
};

static const option *convert_options(int *count) {
    *count = sizeof options / sizeof options[0];
    return options;
}

typedef struct request {
    const char *paths[2];
    int n_paths;
    bool is_quiet;
} request;

static kr_status collect(void *arg, const option *o, const char *text, kr_error *err) {
    request *r = arg;
    if (o) {
        r->is_quiet = true;
    } else if (r->n_paths < 2) {
        r->paths[r->n_paths++] = text;
    } else {
        return kr_fail(err, KR_USAGE, "\"%.80s\" is one word too many; krait convert FROM TO",
                       text);
    }
    return KR_OK;
}

static kr_status run(int argc, char **argv, kr_error *err) {
    request r = {.n_paths = 0};
    kr_conversion done;
    int count = 0;
    const option *table = convert_options(&count);
    KR_TRY(options_parse(table, count, argc, argv, collect, &r, err));
    if (r.n_paths < 2) {
        return kr_fail(err, KR_USAGE,
                       "name the file to read and the file to write: krait convert "
                       "model_next.pt model_next.safetensors");
    }
    KR_TRY(kr_convert(r.paths[0], r.paths[1], &done, err));
    if (r.is_quiet) return KR_OK;
    printf("Saved %s: %s, %jd tensors, %jd values\n", r.paths[1],
           done.is_next_model ? "a next-step model" : "a model", (intmax_t)done.n_tensors,
           (intmax_t)done.n_values);
    if (done.left_optimiser) printf("The optimiser's state was left out.\n");
    return KR_OK;
}

static int convert_main(const command *self, int argc, char **argv) {
    kr_error err = {.text = ""};
    kr_status status = run(argc, argv, &err);
    return status == KR_OK ? EXIT_DONE : command_fail(self, status, err.text);
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
     "torch.save(model.state_dict()) leaves them."},
    {NULL, NULL},
};

const command command_convert = {
    .name = "convert",
    .summary = "put a model's file into another format",
    .usage = "FROM TO",
    .purpose = "Convert a model's file between PyTorch's .pt and .pth and .safetensors.",
    .options = convert_options,
    .examples = examples,
    .sections = sections,
    .main = convert_main,
};
