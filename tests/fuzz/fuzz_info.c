/* SPDX-License-Identifier: MIT
 * fuzz_info.c - any bytes as the file that `krait info` describes; the first byte chooses its
 * ending. All that is printed can be seen, and its JSON is an object. */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/flags.h"
#include "framework/command.h"
#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "support/fuzz_printable.h"
#include "support/pickle_made.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

enum { N_KINDS = 4, ARRAYS = 2 };

/* The array of an .npz lies in a good zip file: checksums would keep a fuzzer from it. */
static const char *write_file(int kind, const uint8_t *bytes, size_t n_bytes) {
    static const char *const names[N_KINDS] = {"info.csv", "info.npy", "info.npz", "info.model"};
    const made_member member = {"X.npy", bytes, n_bytes};
    size_t n_file = 0;
    if (kind != ARRAYS) {
        fuzz_write(names[kind], bytes, n_bytes);
        return fuzz_path(names[kind]);
    }
    uint8_t *file = made_zip(&member, 1, &n_file);
    fuzz_write(names[kind], file, n_file);
    kr_free(file);
    return fuzz_path(names[kind]);
}

static void require_object(const char *json) {
    cJSON *object = cJSON_Parse(json);
    require(cJSON_IsObject(object));
    cJSON_Delete(object);
}

/* With its flags as they are when nothing is typed. */
static command_call *make_request(void) {
    command_call *call = kr__calloc(1, command_info.request_size);
    require(call != NULL);
    call->self = &command_info;
    call->given.n_words = 1;
    kr__flags_init(command_info.settings->flags(), (char *)call + command_info.config);
    return call;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    size_t n_text = 0;
    if (n_bytes < 1) return 0;
    const char *words[1] = {NULL};
    command_call *call = make_request();
    call->given.words = words;
    words[0] = write_file(bytes[0] % N_KINDS, bytes + 1, n_bytes - 1);
    call->is_json = bytes[0] / N_KINDS % 2;
    fuzz_catch_stdout();
    kr_status status = command_info.run(call, &err);
    char *text = fuzz_take_stdout(&n_text);
    require(status == KR_OK || (err.status == status && *err.text));
    require(strlen(text) == n_text);
    require_printable(text, "\n");
    if (status == KR_OK) {
        require_printable(call->json, "\n\t");
        require_object(call->json);
    }
    kr_free(call->json);
    kr_free(call);
    kr_free(text);
    return 0;
}
