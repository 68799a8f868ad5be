/* SPDX-License-Identifier: MIT
 * command_main.c - what all commands do alike, from the words of the command line to the exit code.
 */
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/flags.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/command.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/launched_ranks.h"
#include "framework/output_folder.h"
#include "framework/palette_option.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "framework/unused_flags.h"

/* ---- the request ------------------------------------------------------------------------ */

static void read_common(command_call *call) {
    const settings_given *given = &call->given;
    call->is_quiet = settings_own(given, "quiet") || !ranks_is_first();
    call->is_json = settings_own(given, "json") && ranks_is_first();
    call->has_figures = !settings_own(given, "no_figures") && ranks_is_first();
    call->words = call->is_json ? stderr : stdout;
    call->out = call->is_quiet ? NULL : call->words;
}

/* Bytes: a number, or one with K, M, G or T behind it. */
static bool read_size(const char *text, size_t *size) {
    static const char units[] = "KMGT";
    char digits[24];
    int64_t number = 0;
    size_t n = strspn(text, "0123456789");
    const char *unit = text[n] ? strchr(units, text[n]) : NULL;
    if (n == 0 || n >= sizeof digits || (text[n] && (!unit || text[n + 1]))) return false;
    memcpy(digits, text, n);
    digits[n] = '\0';
    size_t factor = unit ? (size_t)1 << (10 * (unit - units + 1)) : 1;
    return kr__text_int(digits, &number) && number > 0 &&
           kr__size_mul((size_t)number, factor, size) && *size <= PTRDIFF_MAX;
}

static kr_status limit_unpacking(const settings_given *given, kr_error *err) {
    const char *text = settings_own(given, "max_unpacked");
    size_t size = 0;
    if (text && !read_size(text, &size)) {
        return kr_fail(err, KR_USAGE,
                       "--max_unpacked: \"%.40s\" is no size; write 8G, 500M or a number of bytes",
                       text);
    }
    kr_unpack_limit_set(size);
    return KR_OK;
}

static kr_status read_request(const command *self, int argc, char **argv, void *request,
                              kr_error *err) {
    command_call *call = request;
    void *config = (char *)request + self->config;
    if (self->settings->flags) kr__flags_init(self->settings->flags(), config);
    KR_TRY(settings_parse(self->settings, argc, argv, &call->given, err));
    read_common(call);
    KR_TRY(limit_unpacking(&call->given, err));
    const char *palette = settings_own(&call->given, "palette");
    KR_TRY(kr_palette_find(palette ? palette : PALETTE_DEFAULT, &call->palette, err));
    if (self->before_settings) KR_TRY(self->before_settings(request, err));
    if (call->is_done) return KR_OK;
    KR_TRY(settings_apply(&call->given, config, err));
    return self->read ? self->read(request, err) : KR_OK;
}

/* ---- the work --------------------------------------------------------------------------- */

/* A command without a log of its own says what people should know of their data. */
static void hear(void *arg, kr_log_level level, const char *line) {
    command_call *call = arg;
    char text[SENTENCE];
    sentence_of(line, text);
    if (call->self->log) {
        if (call->log_arg) call->self->log(call->log_arg, level, text);
        return;
    }
    char begin[sizeof call->last_heard];
    snprintf(begin, sizeof begin, "%.*s", (int)sizeof begin - 1, text);
    bool is_new = strcmp(begin, call->last_heard) != 0; /* rows may be looked at twice */
    if (level < KR_LOG_NOTE || call->is_quiet || !is_new) return;
    memcpy(call->last_heard, begin, sizeof begin);
    say(stderr, "krait %s: %s: %s\n", call->self->name, level == KR_LOG_NOTE ? "note" : "warning",
        text);
}

static kr_status start(const command *self, void *request, kr_error *err) {
    kr_cpu_level level;
    if (self->computes == COMPUTES_NOT) return KR_OK;
    if (self->computes == COMPUTES_ALONE) return kr__cpu_level_get(&level, err);
    const kr_flag *threads = kr__flags_find(self->settings->flags(), "threads");
    const char *config = (const char *)request + self->config;
    return program_start(*(const int64_t *)(config + threads->offset), hear, request, err);
}

/* Flags of the original's scripts, and what the command knows of its others. */
static void note_unused(const command *self, const void *request) {
    const settings_given *given = &((const command_call *)request)->given;
    int count = 0;
    const kr_old_flag *old = given->settings->old ? given->settings->old(&count) : NULL;
    unused_flags unused = {.n = 0};
    char name[UNUSED_NAME];
    for (int i = 0; i < count && i < SETTINGS_OLD_MAX; i++) {
        if (!given->was_old_used[i]) continue;
        snprintf(name, sizeof name, "--%.70s", old[i].name);
        unused_flags_add(&unused, name, old[i].why);
    }
    static const char *const of_figures[] = {"palette", "figure"};
    for (size_t i = 0; i < sizeof of_figures / sizeof of_figures[0]; i++) {
        if (!settings_own(given, "no_figures") || !settings_has(given, of_figures[i])) continue;
        snprintf(name, sizeof name, "--%s", of_figures[i]);
        unused_flags_add(&unused, name, "`no_figures` draws nothing");
    }
    if (self->list_unused) self->list_unused(request, &unused);
    unused_flags_print(&unused, self->name);
}

static kr_status work(const command *self, void *request, kr_error *err) {
    const command_call *call = request;
    KR_TRY(start(self, request, err));
    KR_TRY(ranks_join(self, program_team(), (const char *)request + self->config, err));
    if (!call->is_quiet) note_unused(self, request);
    if (self->catches_signals) program_catch_signals();
    return self->run(request, err);
}

int command_fail(const command *self, kr_status status, const char *sentence) {
    char text[SENTENCE], prefix[RANKS_PREFIX];
    if (ranks_may_speak(status, prefix)) {
        say(stderr, "krait %s: %s%s\n", self->name, prefix, sentence_of(sentence, text));
    }
    return status == KR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

kr_status command_probe(const char *const *paths, int n, kr_error *err) {
    for (int i = 0; i < n; i++) {
        bool is_file = *paths[i] && strcmp(paths[i], "-") != 0;
        if (is_file) KR_TRY(kr__file_probe(paths[i], err));
    }
    return KR_OK;
}

int command_main(const command *self, int argc, char **argv) {
    command_call *call = kr__calloc(1, self->request_size);
    kr_error err = {.text = ""};
    if (!call) return command_fail(self, KR_MEMORY, "out of memory");
    call->self = self;
    sentence_speak_for(self);
    call->started = kr__time_now();
    kr_status status = ranks_check(self, &err);
    if (status == KR_OK) status = read_request(self, argc, argv, call, &err);
    if (status == KR_OK && !call->is_done) status = work(self, call, &err);
    if (status == KR_OK && call->is_json && call->json) json_write(call->json, stdout);
    output_folder_leave();
    int code = status != KR_OK     ? command_fail(self, status, err.text)
               : draw_has_failed() ? EXIT_FAILED
                                   : EXIT_DONE;
    ranks_end(status, code);
    program_end();
    kr_free(call->json);
    settings_given_deinit(&call->given);
    kr_free(call);
    return code;
}
