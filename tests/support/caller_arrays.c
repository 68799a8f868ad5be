/* SPDX-License-Identifier: MIT */
#include "support/caller_arrays.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void caller_make(caller_array *a, const int64_t shape[CALLER_AXES], bool turned, double rate) {
    *a = (caller_array){.count = 1};
    int64_t step = turned ? 2 : 1;
    for (int k = 0; k < CALLER_AXES; k++) {
        int axis = turned ? k : CALLER_AXES - 1 - k;
        int64_t n = shape[axis] > 0 ? shape[axis] : 1;
        a->shape[axis] = n;
        a->stride[axis] = step;
        a->count *= n;
        step *= n;
    }
    if (shape[0] == 0) a->count = 0;
    assert_true(step <= CALLER_MOST);
    for (int64_t i = 0; i < CALLER_MOST; i++) {
        a->values[i] = (float)sin(rate * (double)(i + 1));
        a->gradient[i] = (float)cos(1.7 * rate * (double)(i + 1));
    }
}

int64_t caller_place(const caller_array *a, int64_t i) {
    int64_t at = 0;
    for (int axis = CALLER_AXES - 1; axis >= 0; axis--) {
        at += i % a->shape[axis] * a->stride[axis];
        i /= a->shape[axis];
    }
    return at;
}

double caller_at(const caller_array *a, int64_t i, int64_t j, int64_t k, int64_t l) {
    if (a->count == 0) return 0;
    return (double)
        a->values[i * a->stride[0] + j * a->stride[1] + k * a->stride[2] + l * a->stride[3]];
}

kr_strided caller_view(caller_array *a, bool of_gradient) {
    kr_strided v = {.values = a->count == 0 ? NULL : of_gradient ? a->gradient : a->values};
    memcpy(v.stride, a->stride, sizeof v.stride);
    return v;
}

double caller_weigh(const caller_array *out) {
    double sum = 0;
    for (int64_t i = 0; i < out->count; i++) {
        sum +=
            (double)out->values[caller_place(out, i)] * (double)out->gradient[caller_place(out, i)];
    }
    return sum;
}

/* The loss at value + h less that at value - h. */
static double differ(float *value, double h, double (*loss)(void *), void *arg) {
    float kept = *value;
    *value = kept + (float)h;
    double up = loss(arg);
    *value = kept - (float)h;
    double down = loss(arg);
    *value = kept;
    return up - down;
}

void caller_check_gradient(caller_array *a, double (*loss)(void *), void *arg, const char *name) {
    const double h = 4e-3;
    for (int64_t i = 0; i<a->count; i += a->count> 60 ? 7 : 1) {
        float *value = &a->values[caller_place(a, i)];
        double once = differ(value, h, loss, arg), twice = differ(value, 2 * h, loss, arg);
        double want = (8 * once - twice) / (12 * h), got = (double)a->gradient[caller_place(a, i)];
        if (!(fabs(got - want) < 3e-3 * (1 + fabs(want)))) {
            fail_msg("%s %d: %g, by differences %g", name, (int)i, got, want);
        }
    }
}
