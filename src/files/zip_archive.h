/* SPDX-License-Identifier: MIT
 * zip_archive.h - members of a zip file that is not trusted: sizes are those of the central
 * directory, members are stored or deflated, names unique, nothing is encrypted, checksums are
 * compared. */
#ifndef KR_ZIP_ARCHIVE_H
#define KR_ZIP_ARCHIVE_H

#include "files/array_internal.h"

typedef struct kr__zip kr__zip;

/* Did libzip, or zlib for it, fail for want of memory? error: a zip_error_t. */
bool kr__zip_lacked_memory(void *error);

/* name is for sentences. From memory: bytes must stay until kr__zip_close. */
kr_status kr__zip_open(const char *path, kr__zip **out, kr_error *err);
kr_status kr__zip_open_memory(const char *name, const void *bytes, size_t n_bytes, kr__zip **out,
                              kr_error *err);
void kr__zip_close(kr__zip *zip);

const char *kr__zip_path(const kr__zip *zip);
int64_t kr__zip_count(const kr__zip *zip);
/* Full name of member i, as long as zip lives; number of a name or -1. */
const char *kr__zip_name(const kr__zip *zip, int64_t i);
int64_t kr__zip_find(const kr__zip *zip, const char *name);

/* Bytes of member i, after the checks that kr__zip_member_open does. */
kr_status kr__zip_member_size(kr__zip *zip, int64_t i, uint64_t *size, kr_error *err);
uint64_t kr__zip_file_size(const kr__zip *zip);

/* Start reading member i: source->left is its size, which is plausible for the size of the file. */
kr_status kr__zip_member_open(kr__zip *zip, int64_t i, kr__source *source, kr_error *err);
/* Close the member. Pass the status of what was read: after KR_OK all bytes must have been read,
 * and the checksum is compared; else that status is returned and err left alone. */
kr_status kr__zip_member_close(kr__source *source, kr_status status, kr_error *err);

/* All of a member of at most max_bytes, plus a zero byte; free with kr_free. */
kr_status kr__zip_member_read(kr__zip *zip, int64_t i, size_t max_bytes, uint8_t **bytes,
                              size_t *n_bytes, kr_error *err);

#endif
