/* SPDX-License-Identifier: MIT
 * zip_writer.h - a zip file put together in memory. The same members give the same bytes: there are
 * no time stamps. */
#ifndef KR_ZIP_WRITER_H
#define KR_ZIP_WRITER_H

#include <kr/base.h>

typedef struct kr__zip_writer kr__zip_writer;

kr_status kr__zip_writer_create(kr__zip_writer **out, kr_error *err);
/* NULL is fine. */
void kr__zip_writer_destroy(kr__zip_writer *writer);

/* A member of n_head bytes, which are copied, and n_data bytes, which must stay until commit. */
kr_status kr__zip_writer_add(kr__zip_writer *writer, const char *name, const void *head,
                             size_t n_head, const void *data, size_t n_data, bool deflate,
                             kr_error *err);
/* Into the file, which is replaced only when complete. Once; destroy the writer afterwards. */
kr_status kr__zip_writer_commit(kr__zip_writer *writer, const char *path, kr_error *err);

#endif
