/* SPDX-License-Identifier: MIT
 * shard_output.h - what the outputs of --shard I/N are called, and the notes beside them, from
 * which `krait merge` puts together what one process would have written.
 *
 * The note of a file is FILE.shard.json, that of a folder FOLDER/shard.json. It says of which
 * command, version, data and settings the part is, and which series are in it, with their places in
 * the whole table. */
#ifndef KRAIT_SHARD_OUTPUT_H
#define KRAIT_SHARD_OUTPUT_H

#include <cjson/cJSON.h>

#include <kr/rows.h>

#include "framework/command.h"

#define SHARD_KIND "krait shard 1"
enum { SHARD_PATH = 2 * KR_FLAG_TEXT };

/* Bad --shard before any work. */
kr_status shard_check(const char *shard, kr_error *err);
/* forecast.csv becomes forecast-2-of-8.csv, ./fit/ ./fit-2-of-8; nothing is changed where shard is
 * "". */
void shard_rename(const char *shard, char path[KR_FLAG_TEXT]);

/* A fingerprint as notes have it. Returns text. */
enum { SHARD_FINGERPRINT = 24 };
const char *shard_fingerprint(uint64_t fingerprint, char text[SHARD_FINGERPRINT]);

/* A part that was made. */
typedef struct shard_part {
    const command_call *call;
    const char *shard; /* "2/8" */
    const kr_flag_table *table;
    const void *config;
    const char *data;
    const kr_rows *rows; /* of the shard; NULL: no series are shared out */
} shard_part;

/* Has this part none of the series? */
bool shard_is_empty(const kr_rows *rows);
/* "shard 2/8: 3 of 10 series", or that there are none, to call.out. */
void shard_print(const shard_part *part);
/* Before output is written: the note of an earlier one must not vouch for a new one that was left
 * in the middle. */
void shard_note_remove(const char *output);
/* The note of output, a file or a folder that is there. */
kr_status shard_note_write(const shard_part *part, const char *output, kr_error *err);
/* A file of a part that has no series: empty, with its note. */
kr_status shard_write_empty(const shard_part *part, const char *output, kr_error *err);
/* The note's path. Returns path. */
const char *shard_note_path(const char *output, char path[SHARD_PATH]);

#endif
