/* SPDX-License-Identifier: MIT
 * fit_table.c - the rows of a table, as its settings say. */
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "fit/fit_command.h"
#include "framework/program.h"
#include "tables/name_list.h"
#include "tables/rows_internal.h"

#define KR_READING_OWNER kr_fit_config
#include "tables/take_reading.inc"

/* A target is in every part of the columns. */
static kr_status check_shard(const kr_fit_config *c, const kr_rows *rows, kr_error *err) {
    if (!*c->target || !rows->whole || !rows->whole->by_columns) return KR_OK;
    return kr_fail(
        err, KR_USAGE,
        "`shard`: %s is one series, of which `target` %.60s alone is forecast; leave one "
        "of them out",
        rows->name, c->target);
}

/* Columns that were named are read, also if they count rows; dropped ones are skipped. */
static kr_status read_rows(const kr_fit_config *c, const char *path, kr_arena *arena, kr_rows **out,
                           kr_error *err) {
    kr_rows_options options = take_reading(c);
    options.shard = c->shard;
    char text[3 * KR_FLAG_TEXT + 3];
    kr__name_list needed, dropped;
    snprintf(text, sizeof text, "%s,%s,%s", c->target, c->known_future, c->static_columns);
    if (!kr__name_list_read(text, arena, &needed) ||
        !kr__name_list_read(c->drop_columns, arena, &dropped)) {
        return kr_fail(err, KR_MEMORY, "out of memory for the names of columns");
    }
    bool is_one_kind = kr__is_folder(path) || kr__text_ends(path, ".npz");
    if (!is_one_kind) options.id_column = c->id_column;
    options.keeps_gaps = true;
    options.columns = dropped.names;
    options.n_columns = dropped.n;
    options.leaves_out = true;
    options.needed = needed.names;
    options.n_needed = needed.n;
    options.team = program_team();
    kr_rows *rows = NULL;
    KR_TRY(kr_rows_read(path, &options, &rows, err));
    kr_status status = check_shard(c, rows, err);
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}

kr_status fit_read_rows(const kr_fit_config *config, const char *path, kr_rows **out,
                        kr_error *err) {
    kr_arena arena = {0};
    kr_status status = read_rows(config, path, &arena, out, err);
    kr__arena_deinit(&arena);
    return status;
}
