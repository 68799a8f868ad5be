/* SPDX-License-Identifier: MIT
 * ziggurat.h - the layers of ziggurat.inc, for whoever draws normal numbers. */
#ifndef KR_ZIGGURAT_H
#define KR_ZIGGURAT_H

#include <stdint.h>

typedef struct kr__ziggurat_layer {
    uint64_t inside;
    double width, height;
} kr__ziggurat_layer;

enum { KR__ZIGGURAT_LAYERS = 256 };
extern const kr__ziggurat_layer kr__ziggurat[KR__ZIGGURAT_LAYERS];
/* Where the tail begins, beyond the last layer. */
#define KR__ZIGGURAT_END 3.6541528853610087963519472518

#endif
