/* SPDX-License-Identifier: MIT
 * ziggurat.c - the layers, once. */
#include "core/ziggurat.h"

const kr__ziggurat_layer kr__ziggurat[KR__ZIGGURAT_LAYERS] = {
#include "core/ziggurat.inc"
};
