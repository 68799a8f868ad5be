#include <kr/arena.h>
#include "analysis/knn_search.h"
kr_status kr__knn_descent(const kr_points *points, const kr_knn_options *options, kr_knn *knn,
                          kr_error *err) {
    (void)points;
    (void)options;
    (void)knn;
    return kr_fail(err, KR_MEMORY, "out of memory");
}
