/* SPDX-License-Identifier: MIT
 * kr.h - all of libkrait's public headers. What draws comes with libkrait-plot: kr/plot.h, charts,
 * and kr/figures.h, the pictures of a run. */
#ifndef KR_KR_H
#define KR_KR_H

#include <kr/ablate.h>
#include <kr/arena.h>
#include <kr/array.h>
#include <kr/augment.h>
#include <kr/backtest.h>
#include <kr/base.h>
#include <kr/comparison.h>
#include <kr/cpu.h>
#include <kr/csv.h>
#include <kr/dataset.h>
#include <kr/datetime.h>
#include <kr/epoch_record.h>
#include <kr/fit.h>
#include <kr/flags.h>
#include <kr/forecast.h>
#include <kr/forecast_timing.h>
#include <kr/forecaster.h>
#include <kr/frequency.h>
#include <kr/gaps.h>
#include <kr/intervals.h>
#include <kr/mamba.h>
#include <kr/metrics.h>
#include <kr/nextstep.h>
#include <kr/npy.h>
#include <kr/pcg64.h>
#include <kr/platform.h>
#include <kr/points.h>
#include <kr/predict.h>
#include <kr/profile.h>
#include <kr/pth.h>
#include <kr/random.h>
#include <kr/rows.h>
#include <kr/safetensors.h>
#include <kr/scores.h>
#include <kr/series.h>
#include <kr/settings.h>
#include <kr/status.h>
#include <kr/sweep.h>
#include <kr/team.h>
#include <kr/tensor_file.h>
#include <kr/text.h>
#include <kr/timefeatures.h>
#include <kr/torch_random.h>
#include <kr/umap.h>

#endif
