/* SPDX-License-Identifier: MIT
 * fuzz_files.h - for readers that want paths, or standard input: bytes as files of a folder that
 * this process has to itself, and what is printed. */
#ifndef KR_FUZZ_FILES_H
#define KR_FUZZ_FILES_H

#include <stddef.h>
#include <stdint.h>

/* The folder; it is removed when the process ends. */
const char *fuzz_folder(void);
/* The path of a file in it; valid until the fourth call after this one. */
const char *fuzz_path(const char *name);
void fuzz_write(const char *name, const void *bytes, size_t n_bytes);
/* Remove all files of the folder and of the folders in it. */
void fuzz_clear(void);

/* bytes as several files, so that one input is a folder:
 *
 *     @@ metrics.json
 *     {"setting": ..
 *     @@ 1
 *
 * A line of @@ begins a file, by its name or, where that is none of names, by a number that is
 * taken modulo n. The bytes of a file end before the line end in front of the next @@, or with the
 * input. */
void fuzz_write_files(const uint8_t *bytes, size_t n_bytes, const char *const *names, int n);

/* From now on standard input is these bytes, and what is printed goes into a file. */
void fuzz_stdin(const void *bytes, size_t n_bytes);
/* Run before the first fuzz_stdin(), or where nobody shall see what is printed. */
void fuzz_catch_stdout(void);
/* What was printed since the last call, with a zero behind it; free with kr_free. */
char *fuzz_take_stdout(size_t *n_bytes);

#endif
