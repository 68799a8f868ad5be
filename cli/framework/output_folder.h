/* SPDX-License-Identifier: MIT
 * output_folder.h - a folder of results is one process's at a time, and holds what came of one
 * choice of settings.
 *
 * .krait_COMMAND.json in it, the note, says of which; .krait_COMMAND.FILE.json does where each file
 * is of a choice of its own. Where the folder holds results of other settings, or results without a
 * note, they are not overwritten without --force. */
#ifndef KRAIT_OUTPUT_FOLDER_H
#define KRAIT_OUTPUT_FOLDER_H

#include "framework/command.h"

enum { OUTPUT_HOLDS = 4 /* paths of a claim */ };

#define FORCE_OPTION                                                                               \
    SWITCH_OPTION("output", "force", "replace what was made there with other data or settings")

typedef struct output_claim {
    const command_call *call;
    const char *folder;              /* is made where there is none */
    const char *of;                  /* the one file that the note is of; NULL: the folder's */
    const char *noun;                /* "a fit" */
    const char *holds[OUTPUT_HOLDS]; /* files that results are, folders with any file; or NULL */
    const kr_flag_table *table;
    const void *config;
    const char *const *ignored; /* settings that change nothing worth keeping; NULL ends */
    const char *const
        *may_change;       /* settings that results of before may have had otherwise; or NULL */
    const char *data;      /* where the rows are read from */
    const char *elsewhere; /* the flags that name other places: "--out" */
    bool goes_on;          /* results may be older than notes */
    bool is_compared;      /* the state that it goes on from knows its settings and data */
} output_claim;

/* Lock the folder, look what it holds, leave a note. Where it is somebody else's: a sentence, and
 * nothing is changed. */
kr_status output_folder_take(const output_claim *claim, kr_error *err);
/* The state of a claim that is_compared was not refused: the note is of the claim from now on, and
 * as it was where it cannot be written. */
void output_folder_accept(void);
/* The first of these alone. */
kr_status output_folder_lock(const char *folder, kr_error *err);
/* All that were taken: a note without results goes, an empty folder that was made does, the lock
 * ends. Also at the end of a command. */
void output_folder_leave(void);

#endif
