/* SPDX-License-Identifier: MIT
 * kr.h - all of libkrait's public headers. What draws comes with libkrait-plot: kr/plot.h, charts,
 * and kr/figures.h, the pictures of a run. */
#ifndef KR_KR_H
#define KR_KR_H

#include <kr/backtest.h>
#include <kr/base.h>
#include <kr/files.h>
#include <kr/fit.h>
#include <kr/forecaster.h>
#include <kr/mamba.h>
#include <kr/nextstep.h>
#include <kr/points.h>
#include <kr/ranks.h>
#include <kr/rows.h>
#include <kr/scan.h>
#include <kr/scores.h>
#include <kr/series.h>
#include <kr/settings.h>
#include <kr/simulate.h>
#include <kr/team.h>
#include <kr/training.h>
#include <kr/zeroshot.h>

#endif
