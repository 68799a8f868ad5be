/* SPDX-License-Identifier: MIT
 * platform.c - the POSIX calls of the library: clock, folders, files that are read. */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/memory_writer.h"
#include "core/platform.h"

/* ---- clock, memory ---------------------------------------------------------------------- */

double kr__time_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int64_t kr__peak_rss(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

/* ---- folders and files ------------------------------------------------------------------ */

static kr_status make_folder(const char *path, kr_error *err) {
    if (mkdir(path, 0777) == 0) return KR_OK;
    int reason = errno;
    struct stat info;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) return KR_OK;
        return kr_fail(err, KR_IO, "%s: is a file, but a folder is needed; move it away", path);
    }
    return kr_fail(err, KR_IO, "%s: cannot make this folder: %s", path, strerror(reason));
}

kr_status kr__make_folders(const char *path, kr_error *err) {
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof part) return kr_fail(err, KR_IO, "a folder name of %zu bytes is too long", n);
    for (size_t i = 0; i <= n; i++) {
        part[i] = path[i];
        if (i == 0 || (path[i] != '/' && path[i] != '\0') || path[i - 1] == '/') continue;
        part[i] = '\0';
        KR_TRY(make_folder(part, err));
        part[i] = path[i];
    }
    return KR_OK;
}

kr_status kr__make_folder_of(const char *path, kr_error *err) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) return KR_OK;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return kr__make_folders(folder, err);
}

const char *kr__path_join(const char *folder, const char *name, char *path, size_t size) {
    size_t n = strlen(folder);
    if (n == 0 || strcmp(folder, ".") == 0) {
        snprintf(path, size, "%s", name);
    } else {
        snprintf(path, size, "%s%s%s", folder, folder[n - 1] == '/' ? "" : "/", name);
    }
    return path;
}

bool kr__file_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0;
}

bool kr__is_same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool kr__is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool kr__is_device(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Write the names into `names` as far as there is room; returns how many there are, -1: out of
 * memory. */
static int64_t read_names(DIR *folder, kr_arena *arena, char **names, int64_t room) {
    int64_t n = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') continue;
        if (n < room && !(names[n] = kr__arena_strdup(arena, entry->d_name))) return -1;
        n++;
    }
    return n;
}

kr_status kr__folder_list(const char *path, kr_arena *arena, char ***names, int64_t *n,
                          kr_error *err) {
    DIR *folder = opendir(path);
    if (!folder) return kr_fail(err, KR_IO, "%s: cannot list: %s", path, strerror(errno));
    int64_t room = read_names(folder, arena, NULL, 0);
    char **list = kr__arena_alloc(arena, (size_t)room + 1, sizeof *list);
    rewinddir(folder);
    int64_t found = list ? read_names(folder, arena, list, room) : -1;
    closedir(folder);
    if (found < 0) return kr_fail(err, KR_MEMORY, "%s: no memory to list it", path);
    *n = found < room ? found : room;
    qsort(list, (size_t)*n, sizeof *list, compare_names);
    *names = list;
    return KR_OK;
}

/* A child of a process that was killed has the lock a moment longer. */
static bool take_lock(int folder) {
    enum { TRIES = 20 };
    const struct timespec pause = {0, 20 * 1000 * 1000};
    for (int i = 0; i < TRIES; i++) {
        if (flock(folder, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* The lock is an open descriptor: closing it releases the lock. */
kr_status kr__folder_lock(const char *path, int *lock, kr_error *err) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return kr_fail(err, KR_IO, "%s: cannot open: %s", path, strerror(errno));
    if (take_lock(folder)) {
        *lock = folder;
        return KR_OK;
    }
    close(folder);
    return kr_fail(err, KR_IO, "%s: another program is using this folder; wait until it ends",
                   path);
}

void kr__folder_unlock(int lock) {
    if (lock >= 0) close(lock);
}

kr_status kr__file_open(const char *path, size_t max_bytes, FILE **file, size_t *size,
                        kr_error *err) {
    struct stat info;
    if (stat(path, &info) != 0) {
        if (errno == ENOENT) return kr_fail(err, KR_IO, "%s: no such file; check the path", path);
        return kr_fail(err, KR_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
        return kr_fail(err, KR_IO, "%s: is a folder; name a file in it", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return kr_fail(err, KR_IO, "%s: is not a regular file", path);
    }
    if ((uintmax_t)info.st_size > max_bytes) {
        return kr_fail(err, KR_IO, "%s: has %jd bytes, more than the %zu that are read", path,
                       (intmax_t)info.st_size, max_bytes);
    }
    *file = fopen(path, "rbe");
    if (!*file) return kr_fail(err, KR_IO, "%s: cannot read: %s", path, strerror(errno));
    *size = (size_t)info.st_size;
    return KR_OK;
}

kr_status kr__file_read(const char *path, size_t max_bytes, uint8_t **bytes, size_t *n_bytes,
                        kr_error *err) {
    FILE *file = NULL;
    size_t size = 0;
    KR_TRY(kr__file_open(path, max_bytes, &file, &size, err));
    uint8_t *content = size < SIZE_MAX ? kr__calloc(size + 1, 1) : NULL;
    if (!content) {
        fclose(file);
        return kr_fail(err, KR_MEMORY, "%s: no memory for its %zu bytes", path, size);
    }
    size_t n = fread(content, 1, size, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed || n != size) {
        kr_free(content);
        return kr_fail(err, KR_IO, "%s: could be read only in part", path);
    }
    *bytes = content;
    *n_bytes = size;
    return KR_OK;
}

/* ---- memory as a file -------------------------------------------------------------------- */

kr_status kr__memory_writer_open(kr__memory_writer *writer, kr_error *err) {
    *writer = (kr__memory_writer){0};
    writer->stream = open_memstream(&writer->text, &writer->size);
    return writer->stream ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory");
}

kr_status kr__memory_writer_commit(kr__memory_writer *writer, void **bytes, size_t *n_bytes,
                                   kr_error *err) {
    bool is_written = !ferror(writer->stream);
    is_written = fclose(writer->stream) == 0 && is_written;
    if (is_written) {
        *bytes = writer->text;
        *n_bytes = writer->size;
        kr__alloc_adopt(writer->text);
    } else {
        free(writer->text);
    }
    *writer = (kr__memory_writer){0};
    return is_written ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory");
}
