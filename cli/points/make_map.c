/* SPDX-License-Identifier: MIT
 * make_map.c - a UMAP, with a bar where a person waits for it. */
#include "points/make_map.h"
#include "core/platform.h"
#include "framework/program.h"

#include <string.h>

#include "framework/progress.h"

static bool show_epochs(void *arg, int64_t epoch, int64_t n_epochs) {
    progress_line *progress = arg;
    progress->total = n_epochs;
    progress_update(progress, epoch, NULL);
    return true;
}

kr_status map_make(FILE *out, const map_request *request, kr_error *err) {
    kr_umap *umap = NULL;
    progress_line progress = {0};
    const kr_umap_options options = {.size = sizeof options,
                                     .n_neighbors = request->n_neighbors,
                                     .min_dist = 0.3,
                                     .seed = request->seed,
                                     .progress = show_epochs,
                                     .progress_arg = &progress};
    if (out) fflush(out);
    progress_start(&progress, out ? stderr : NULL, "epochs", 0, 1);
    kr_status status = kr_umap_fit(program_team(), &request->points, NULL, &options, &umap, err);
    progress_clear(&progress);
    if (status != KR_OK) return status;
    memcpy(request->map, kr_umap_embedding(umap),
           (size_t)request->points.n * 2 * sizeof *request->map);
    kr_umap_destroy(umap);
    return KR_OK;
}

kr_status map_check_neighbors(int64_t n_neighbors, int64_t n, kr_error *err) {
    if (n_neighbors <= n) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "--umap_neighbors %lld: the map has %lld points; take fewer neighbours or more "
                   "points",
                   (long long)n_neighbors, (long long)n);
}
