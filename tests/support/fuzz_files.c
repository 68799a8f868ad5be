/* SPDX-License-Identifier: MIT
 * fuzz_files.c - bytes as files, as standard input, and back from standard output. */
#define _GNU_SOURCE
#include "support/fuzz_files.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/platform.h"

enum { PATH = 512, PATHS = 4 };

static char folder[PATH];

static void require_done(bool is_done, const char *what) {
    if (is_done) return;
    perror(what);
    abort();
}

/* ---- the folder -------------------------------------------------------------------------- */

static void clear_folder(const char *path, int depth) {
    kr_arena arena = {0};
    char **names = NULL, child[PATH];
    int64_t n = 0;
    kr__folder_list(path, &arena, &names, &n, NULL);
    for (int64_t i = 0; i < n; i++) {
        kr__path_join(path, names[i], child, sizeof child);
        if (depth > 0 && kr__is_folder(child)) {
            clear_folder(child, depth - 1);
        } else {
            unlink(child);
        }
    }
    kr__arena_deinit(&arena);
}

void fuzz_clear(void) { clear_folder(fuzz_folder(), 1); }

static void remove_folder(void) {
    char command[PATH + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) perror(folder);
}

/* In memory where that can be had. */
const char *fuzz_folder(void) {
    if (*folder) return folder;
    const char *place = getenv("TMPDIR");
    if (!place) place = kr__is_folder("/dev/shm") ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/krait-fuzz-XXXXXX", place);
    require_done(mkdtemp(folder) != NULL, folder);
    atexit(remove_folder);
    return folder;
}

const char *fuzz_path(const char *name) {
    static char paths[PATHS][PATH];
    static int next;
    return kr__path_join(fuzz_folder(), name, paths[next++ % PATHS], PATH);
}

void fuzz_write(const char *name, const void *bytes, size_t n_bytes) {
    const char *path = fuzz_path(name);
    kr__make_folder_of(path, NULL);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require_done(file >= 0 && write(file, bytes, n_bytes) == (ssize_t)n_bytes, path);
    close(file);
}

/* ---- several files ------------------------------------------------------------------------ */

static const char *find_name(const uint8_t *line, size_t n, const char *const *names, int n_names) {
    unsigned long number = 0;
    for (int i = 0; i < n_names; i++) {
        if (strlen(names[i]) == n && memcmp(names[i], line, n) == 0) return names[i];
    }
    for (size_t i = 0; i < n; i++) number = 10 * number + line[i];
    return names[number % (unsigned long)n_names];
}

/* The line end in front of the next mark, or the end. from: a line end. */
static const uint8_t *find_end(const uint8_t *from, const uint8_t *end) {
    const uint8_t *mark = memmem(from, (size_t)(end - from), "\n@@ ", 4);
    return mark ? mark : end;
}

void fuzz_write_files(const uint8_t *bytes, size_t n_bytes, const char *const *names, int n) {
    const uint8_t *end = bytes + n_bytes;
    bool begins = n_bytes >= 3 && memcmp(bytes, "@@ ", 3) == 0;
    for (const uint8_t *at = begins ? bytes + 3 : end; at < end;) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline) break;
        const char *name = find_name(at, (size_t)(newline - at), names, n);
        const uint8_t *stop = find_end(newline, end);
        fuzz_write(name, newline + 1, stop > newline ? (size_t)(stop - newline - 1) : 0);
        at = end - stop >= 4 ? stop + 4 : end;
    }
}

/* ---- standard input and output ------------------------------------------------------------ */

void fuzz_stdin(const void *bytes, size_t n_bytes) {
    static int file = -1;
    if (file < 0) {
        file = memfd_create("stdin", MFD_CLOEXEC);
        require_done(file >= 0 && dup2(file, STDIN_FILENO) == STDIN_FILENO, "stdin");
    }
    bool is_done = ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0 &&
                   write(file, bytes, n_bytes) == (ssize_t)n_bytes && lseek(file, 0, SEEK_SET) == 0;
    require_done(is_done, "stdin");
}

void fuzz_catch_stdout(void) {
    static int file = -1;
    if (file >= 0) return;
    fflush(stdout);
    file = memfd_create("stdout", MFD_CLOEXEC);
    require_done(file >= 0 && dup2(file, STDOUT_FILENO) == STDOUT_FILENO, "stdout");
}

char *fuzz_take_stdout(size_t *n_bytes) {
    fflush(stdout);
    off_t size = lseek(STDOUT_FILENO, 0, SEEK_CUR);
    char *text = size >= 0 ? kr__calloc((size_t)size + 1, 1) : NULL;
    bool is_done = text && pread(STDOUT_FILENO, text, (size_t)size, 0) == size &&
                   ftruncate(STDOUT_FILENO, 0) == 0 && lseek(STDOUT_FILENO, 0, SEEK_SET) == 0;
    require_done(is_done, "stdout");
    *n_bytes = (size_t)size;
    return text;
}
