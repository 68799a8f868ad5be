/* SPDX-License-Identifier: MIT
 * series_picture.h - the parts that pictures of series are made from: the strip of states, the
 * heatmap of all features. */
#ifndef KR_SERIES_PICTURE_H
#define KR_SERIES_PICTURE_H

#include "plot/pictures.h"

/* KR_SHAPE when there is nothing to draw. */
kr_status kr__picture_check(const char *path, const kr_series_part *part, kr_error *err);
/* Takes the part from the caller's version of the struct, and checks it. */
kr_status kr__picture_take(const char *path, const kr_series_part *given, kr_series_part *part,
                           kr_error *err);

double kr__picture_value(const kr_values *values, int64_t i);

/* Greatest distance from 0, so that one scale serves several pictures. */
double kr__picture_reach(const kr_series_part *part);

/* The strip of states in row 0; no panel when there are none. */
void kr__picture_states(kr_figure *figure, const char *title, const kr_series_part *part,
                        double low, double high);

/* A dotted line where a state ends. */
void kr__picture_borders(kr_panel *panel, const kr_series_part *part);

/* Axes of a heatmap from step low to high. */
kr_axes kr__picture_axes(const char *title, const char *x_label, double low, double high);

/* Colours from -limit to limit. */
kr_color_scale kr__picture_scale(double limit, const char *label);

/* Columns are steps, rows are the first `most` features; of a long series every k-th step. Texts as
 * in axes. */
void kr__picture_channels(kr_figure *figure, int row, const kr_axes *axes,
                          const kr_series_part *part, int64_t most, const kr_color_scale *scale);
/* All features. */
void kr__picture_heatmap(kr_figure *figure, int row, const kr_axes *axes,
                         const kr_series_part *part, const kr_color_scale *scale);

#endif
