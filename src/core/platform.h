/* SPDX-License-Identifier: MIT
 * platform.h - clock, memory in use, folders, and files read or written whole. In platform.c and
 * file_writer.c. */
#ifndef KR_PLATFORM_H
#define KR_PLATFORM_H

#include <kr/base.h>
#include <stdio.h>

#include "core/arena.h"

KR_BEGIN_DECLS

/* Seconds of a clock that never goes back; only differences mean something. */
double kr__time_now(void);
/* Largest resident size of this process so far, bytes. */
int64_t kr__peak_rss(void);

/* mkdir -p. */
kr_status kr__make_folders(const char *path, kr_error *err);
/* The same for the folder that will hold the file `path`. */
kr_status kr__make_folder_of(const char *path, kr_error *err);
/* folder/name into path; name alone when folder is "" or ".". Cut to size. Returns path. */
const char *kr__path_join(const char *folder, const char *name, char *path, size_t size);
bool kr__file_exists(const char *path);
bool kr__is_folder(const char *path);
/* There, and neither a file nor a folder: a device, a pipe, a socket. */
bool kr__is_device(const char *path);
/* The names in a folder, sorted by their bytes, without those that begin with a dot; in arena. */
kr_status kr__folder_list(const char *path, kr_arena *arena, char ***names, int64_t *n,
                          kr_error *err);
/* Lock a folder for this process and its children, until they have ended or it is unlocked. KR_IO
 * when somebody has it; on file systems without locks nobody is kept out. */
kr_status kr__folder_lock(const char *path, int *lock, kr_error *err);
/* lock: below 0: none. */
void kr__folder_unlock(int lock);
/* Do two paths name one file that exists? */
bool kr__is_same_file(const char *a, const char *b);

/* All of a regular file of at most max_bytes, followed by a zero byte; free with kr_free.
 * A folder, a pipe, a file that is too large are errors with a sentence. */
kr_status kr__file_read(const char *path, size_t max_bytes, uint8_t **bytes, size_t *n_bytes,
                        kr_error *err);

/* Open a regular file for reading and tell its size; the same errors. Close with fclose. */
kr_status kr__file_open(const char *path, size_t max_bytes, FILE **stream, size_t *n_bytes,
                        kr_error *err);

/* ---- file_writer.c ------------------------------------------------------------------------ */

/* A file that appears under its name only when it is complete: written beside it, flushed to the
 * disk, renamed. Never leaves half a file behind, and never harms the old one. A link stays and its
 * target is replaced; mode and owner of a file that was there stay, and one that may not be written
 * is refused; a new one gets the mode that the umask leaves. Devices, pipes, sockets and what is
 * open already (/dev/stdout, /dev/fd/N) are written in place.
 *
 * Temporary files are NAME.krait-(16 hexadecimal digits).tmp in the same folder; to open a writer
 * removes those of the same NAME that a dead process left. */
typedef struct kr_file_writer {
    FILE *stream; /* write here, from the start to the end; it has no descriptor and no place */
    struct kr_output *output;
} kr_file_writer;

kr_status kr__file_writer_open(const char *path, kr_file_writer *writer, kr_error *err);
/* Flush, sync, rename; on failure (disk full, ..) the temporary file is removed and the sentence
 * says why. Closes either way. A process that a limit on files (ulimit -f) shall not end ignores
 * SIGXFSZ. */
kr_status kr__file_writer_commit(kr_file_writer *writer, kr_error *err);
/* Give up the file; does nothing after commit. */
void kr__file_writer_abort(kr_file_writer *writer);
/* Bytes written so far. */
size_t kr__file_writer_size(kr_file_writer *writer);
/* All three in one. */
KR_API kr_status kr__file_write(const char *path, const void *bytes, size_t n_bytes, kr_error *err);
/* Remove the temporary files that dead processes left of this file; of a folder, those of all files
 * in it and below. Writing a file does it, too. */
void kr__file_remove_dead(const char *path);
/* Could it be written? Leaves nothing there, and a pipe alone. */
kr_status kr__file_probe(const char *path, kr_error *err);
/* Remove the temporary files of this process; for a handler of signals that then ends it. */
void kr__file_writers_remove(void);
/* Before the first file is written, by a program that forks: a parent then removes what a child
 * left that died without a handler, for SIGKILL has none, and a library may have blocked others. */
void kr__file_writers_share(void);
void kr__file_writers_remove_of(int process);
/* Add to the end of a file, which need not exist, and flush it to the disk: lines of a journal.
 * What could be added only in part is cut off again; an unfinished line, which a killed process
 * left, is ended first. */
kr_status kr__file_append(const char *path, const void *bytes, size_t n_bytes, kr_error *err);

KR_END_DECLS

#endif
