/* SPDX-License-Identifier: MIT
 * launched_ranks.c - which launcher started this process, and its MPI. */
#define _GNU_SOURCE
#include "framework/launched_ranks.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kr/mpi.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/rank_sharing.h"
#include "core/text.h"
#include "framework/program.h"

/* ---- the launcher --------------------------------------------------------------------------- */

/* What launchers tell the processes that they start; both or neither. PMI is MPICH's, and Slurm's
 * for both. */
static const struct {
    const char *count, *rank, *library;
} launchers[] = {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "openmpi"},
                 {"PMI_SIZE", "PMI_RANK", "mpich"}};
enum { N_LAUNCHERS = sizeof launchers / sizeof launchers[0] };

static int number_of(const char *name, int otherwise) {
    const char *text = getenv(name);
    int64_t number = 0;
    bool is_one = text && kr__text_int(text, &number) && number >= 0 && number <= KR_MAX_RANKS;
    return is_one ? (int)number : otherwise;
}

/* -1: there was none. */
static int find_launcher(void) {
    for (int i = 0; i < N_LAUNCHERS; i++) {
        bool is_it = number_of(launchers[i].rank, -1) >= 0;
        if (is_it && number_of(launchers[i].count, 1) > 1) return i;
    }
    return -1;
}

int ranks_count(void) {
    int i = find_launcher();
    return i < 0 ? 1 : number_of(launchers[i].count, 1);
}

static int own_rank(void) {
    int i = find_launcher();
    return i < 0 ? 0 : number_of(launchers[i].rank, 0);
}

bool ranks_is_first(void) { return own_rank() == 0; }

/* ---- its library ---------------------------------------------------------------------------- */

enum { PATH_ROOM = 1024 };

/* Beside the program, as in a build; where it was installed to; where the system looks. */
static void *load(const char *name, char *reason, size_t size) {
    static const char *const places[] = {"/", KRAIT_LIBRARIES_FROM_PROGRAM "/", NULL};
    char self[PATH_ROOM], path[2 * PATH_ROOM];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) *slash = '\0';
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s%s.so.%d", places[i] ? self : "",
                 places[i] ? places[i] : "", name, KR_VERSION_MAJOR);
        void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL); /* its own plug-ins look into it */
        if (library) return library;
        if (places[i] && access(path, F_OK) != 0) continue;
        snprintf(reason, size, "%s", dlerror());
    }
    return NULL;
}

static const kr_mpi *mpi; /* of this process; NULL: not begun */
static kr_team *joined;

static kr_status begin(const kr_ranks **out, kr_error *err) {
    const char *kind = launchers[find_launcher()].library;
    char name[64], reason[256] = "";
    snprintf(name, sizeof name, "libkrait-mpi-%s", kind);
    void *library = load(name, reason, sizeof reason);
    const kr_mpi *(*get)(void) = NULL;
    if (library) *(void **)&get = dlsym(library, "kr_mpi_get");
    if (!get) {
        return kr_fail(
            err, KR_IO,
            "started as %d ranks, but %s.so.%d cannot be loaded (%s); install krait-mpi, "
            "or start one process",
            ranks_count(), name, KR_VERSION_MAJOR, reason);
    }
    mpi = get();
    return mpi->begin(out, err);
}

/* ---- joining -------------------------------------------------------------------------------- */

/* All but how each rank computes. */
static kr_status compare_settings(const command *self, kr_team *team, const void *config,
                                  kr_error *err) {
    const kr_flag_table *table = self->settings->flags();
    const kr_flag *threads = kr__flags_find(table, "threads");
    char *copy = kr__calloc(1, table->size), *text = NULL;
    if (!copy) return kr_fail(err, KR_MEMORY, "out of memory");
    memcpy(copy, config, table->size);
    if (threads) memset(copy + threads->offset, 0, sizeof(int64_t));
    kr_status status = kr__flags_to_json(table, copy, &text, err);
    if (status == KR_OK) {
        status = kr__rank_agree(team, "set of settings", text, strlen(text), err);
    }
    kr_free(text);
    kr_free(copy);
    return status;
}

kr_status ranks_check(const command *self, kr_error *err) {
    if (ranks_count() == 1 || self->trains_on_ranks) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "started as %d ranks, but only run, train and pretrain share their work among "
                   "ranks; start one process",
                   ranks_count());
}

kr_status ranks_join(const command *self, kr_team *team, const void *config, kr_error *err) {
    const kr_ranks *ranks = NULL;
    if (ranks_count() == 1) return KR_OK;
    KR_TRY(begin(&ranks, err));
    KR_TRY(kr_team_join(team, ranks, err));
    joined = team;
    return compare_settings(self, team, config, err);
}

kr_status ranks_choose_reading(const command_call *call, bool *sends, bool *reads, kr_error *err) {
    const char *how = settings_own(&call->given, "mpi_read");
    if (how) KR_TRY(kr__text_check_choice("mpi_read", how, "each|once", err));
    *sends = how && strcmp(how, "once") == 0;
    *reads = !*sends || ranks_is_first();
    return KR_OK;
}

void ranks_leave(void) {
    if (joined) kr_team_join(joined, NULL, NULL);
    joined = NULL;
}

/* ---- the end -------------------------------------------------------------------------------- */

void ranks_end(kr_status status, int code) {
    ranks_leave();
    if (!mpi) return;
    bool is_common = status == KR_OK || status == KR_INTERRUPTED; /* all ranks end so */
    if (!is_common) {
        usleep(
            300000); /* launchers drop what they have not passed on when they are told to abort */
        mpi->abort(code);
    }
    mpi->end();
    mpi = NULL;
}

/* Where all fail alike, the launcher's signal comes from the first one. */
bool ranks_may_speak(kr_status status, char prefix[RANKS_PREFIX]) {
    const int most = 40; /* tenths of a second */
    *prefix = '\0';
    if (ranks_is_first()) return true;
    if (status == KR_INTERRUPTED) return false;
    for (int i = 0; i < most && !program_is_stopping(); i++) usleep(100000);
    snprintf(prefix, RANKS_PREFIX, "rank %d: ", own_rank());
    return !program_is_stopping();
}
