/* SPDX-License-Identifier: MIT
 * families.c - the list of families. */
#include "simulate/families.h"

#include "simulate/simulator.h"

const kr__family kr__families[] = {
#define KR_FAMILY(name, weight, text, source) {#name, text, source, weight, kr__family_##name},
#include "simulate/families.inc"
#undef KR_FAMILY
};
const int64_t kr__n_families = sizeof kr__families / sizeof kr__families[0];
_Static_assert(sizeof kr__families / sizeof kr__families[0] <= KR__SIMULATOR_FAMILIES,
               "KR__SIMULATOR_FAMILIES");
