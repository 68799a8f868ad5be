/* SPDX-License-Identifier: MIT
 * file_strips.c - a long plain file in strips of whole lines.
 *
 * Every KR__STRIP bytes of the file are looked at by some worker: are they plain, where is their
 * first line feed, how many are there? A strip begins behind that first one. */
#define _POSIX_C_SOURCE 200809L /* pread */

#include "tables/file_strips.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/platform.h"
#include "tables/table_text.h"

static kr_status out_of_memory(const kr__file_strips *s) {
    return kr_fail(s->err, KR_MEMORY, "%s: no memory for its rows", s->path);
}

bool kr__file_strips_read(const kr__file_strips *s, size_t from, size_t end, uint8_t *to) {
    while (from < end) {
        ssize_t n = pread(fileno(s->file), to, end - from, (off_t)from);
        if (n <= 0) return false;
        from += (size_t)n;
        to += n;
    }
    return true;
}

/* ---- looking through -------------------------------------------------------------------- */

typedef struct look {
    kr__file_strips *strips;
    kr_team *team;
    kr_per_worker memory; /* KR__STRIP bytes */
    atomic_bool is_other; /* than plain: nobody needs to go on */
} look;

static bool is_plain(const uint8_t *bytes, size_t n, bool has_names) {
    if (memchr(bytes, 0, n)) return false;
    bool is_ascii = kr__skip_ascii(bytes, bytes + n) == bytes + n;
    return has_names || (is_ascii && !memchr(bytes, '"', n));
}

/* The lines that end in a piece are kept where those in front of the next one will stand. */
static void look_at_piece(void *arg, int64_t piece, int worker) {
    look *l = arg;
    kr__file_strips *s = l->strips;
    uint8_t *bytes = kr_per_worker_at(&l->memory, worker);
    size_t from = (size_t)piece * KR__STRIP, n = s->size - from;
    if (n > KR__STRIP) n = KR__STRIP;
    if (atomic_load(&l->is_other) || kr_team_is_stopping(l->team)) return;
    bool is_read = kr__file_strips_read(s, from, from + n, bytes);
    const uint8_t *newline = is_read ? memchr(bytes, '\n', n) : NULL;
    bool is_last = from + n == s->size;
    if (!is_read || !is_plain(bytes, n, piece == 0) || (!newline && !is_last)) {
        atomic_store(&l->is_other, true);
        return;
    }
    s->lines[piece + 1] = kr__count_newlines((const char *)bytes, (const char *)bytes + n) +
                          (is_last && bytes[n - 1] != '\n');
    if (piece > 0) s->starts[piece] = newline ? from + (size_t)(newline + 1 - bytes) : s->size;
}

/* A strip begins behind the first line feed of its piece. */
static void count_lines(kr__file_strips *s) {
    int64_t n_before = 0;
    for (int64_t i = 0; i < s->n; i++) {
        int64_t n_here = s->lines[i + 1];
        s->lines[i] = n_before + (i > 0 && n_here > 0);
        n_before += n_here;
    }
    s->lines[s->n] = n_before;
    s->starts[s->n] = s->size;
}

static kr_status look_through(look *l) {
    kr__file_strips *s = l->strips;
    int64_t n = (int64_t)((s->size + KR__STRIP - 1) / KR__STRIP);
    s->starts = kr__calloc((size_t)n + 1, sizeof *s->starts);
    s->lines = kr__calloc((size_t)n + 1, sizeof *s->lines);
    if (!s->starts || !s->lines) return out_of_memory(s);
    KR_TRY(kr_per_worker_init(&l->memory, l->team, KR__STRIP, s->err));
    kr_team_for(l->team, n, look_at_piece, l);
    if (kr_team_is_stopping(l->team)) return kr_fail(s->err, KR_INTERRUPTED, "stopped on request");
    if (atomic_load(&l->is_other)) return KR_OK;
    s->n = n;
    count_lines(s);
    return KR_OK;
}

kr_status kr__file_strips_open(const char *path, kr_team *team, kr__file_strips *out,
                               kr_error *err) {
    *out = (kr__file_strips){.path = path, .err = err};
    look l = {.strips = out, .team = team};
    KR_TRY(kr__file_open(path, SIZE_MAX, &out->file, &out->size, err));
    kr_status status = look_through(&l);
    kr_per_worker_deinit(&l.memory);
    return status;
}

void kr__file_strips_close(kr__file_strips *s) {
    if (s->file) fclose(s->file);
    kr_free(s->starts);
    kr_free(s->lines);
    *s = (kr__file_strips){.path = NULL};
}

/* ---- both ends -------------------------------------------------------------------------- */

kr_status kr__file_strips_ends(const kr__file_strips *s, uint8_t **bytes, size_t *n_bytes,
                               kr__cut *cut) {
    int64_t head = KR__FILE_HEAD / KR__STRIP, tail = s->n - 2;
    size_t n_head = s->starts[head], n_tail = s->size - s->starts[tail];
    uint8_t *text = kr__calloc(n_head + n_tail + 1, 1);
    if (!text) return out_of_memory(s);
    bool is_read = kr__file_strips_read(s, 0, n_head, text) &&
                   kr__file_strips_read(s, s->starts[tail], s->size, text + n_head);
    if (!is_read) {
        kr_free(text);
        return kr_fail(s->err, KR_IO, "%s: could be read only in part", s->path);
    }
    int64_t n_lines = s->lines[tail] - s->lines[head];
    *cut = (kr__cut){.line = s->lines[head], .n_lines = n_lines, .n_rows = n_lines};
    *bytes = text;
    *n_bytes = n_head + n_tail;
    return KR_OK;
}
