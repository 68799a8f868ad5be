/* SPDX-License-Identifier: MIT
 * families.h - the functions that families.inc lists. */
#ifndef KR_FAMILIES_H
#define KR_FAMILIES_H

#include "simulate/simulation.h"

#define KR_FAMILY(name, weight, text, source) kr__family_fn kr__family_##name;
#include "simulate/families.inc"
#undef KR_FAMILY

#endif
