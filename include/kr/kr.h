/* SPDX-License-Identifier: MIT
 * kr.h - all of krait's public headers. */
#ifndef KR_KR_H
#define KR_KR_H

#include <kr/arena.h>
#include <kr/array.h>
#include <kr/augment.h>
#include <kr/base.h>
#include <kr/convert.h>
#include <kr/cpu.h>
#include <kr/csv.h>
#include <kr/dataset.h>
#include <kr/dimension.h>
#include <kr/dimension_figures.h>
#include <kr/evaluate.h>
#include <kr/flags.h>
#include <kr/forecast.h>
#include <kr/forecast_figures.h>
#include <kr/gates.h>
#include <kr/gates_figures.h>
#include <kr/generate.h>
#include <kr/inside.h>
#include <kr/knn.h>
#include <kr/log.h>
#include <kr/mamba.h>
#include <kr/map_figures.h>
#include <kr/metrics.h>
#include <kr/next.h>
#include <kr/npy.h>
#include <kr/pca.h>
#include <kr/pcg64.h>
#include <kr/platform.h>
#include <kr/plot.h>
#include <kr/points.h>
#include <kr/profile.h>
#include <kr/progress.h>
#include <kr/pth.h>
#include <kr/random.h>
#include <kr/safetensors.h>
#include <kr/series.h>
#include <kr/silhouette.h>
#include <kr/status.h>
#include <kr/synth.h>
#include <kr/synth_figures.h>
#include <kr/tensor_file.h>
#include <kr/text.h>
#include <kr/threads.h>
#include <kr/timefeatures.h>
#include <kr/torch_random.h>
#include <kr/umap.h>
#include <kr/windows.h>

#endif
