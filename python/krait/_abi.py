# SPDX-License-Identifier: MIT
"""The interface of libkrait for ctypes; written by tools/python_abi, not by hand."""
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char,
    c_char_p,
    c_double,
    c_float,
    c_int,
    c_int64,
    c_uint32,
    c_uint64,
    c_uint8,
    c_void_p,
)

# kr_dtype
KR_DTYPE_BOOL = 0
KR_DTYPE_I8 = 1
KR_DTYPE_U8 = 2
KR_DTYPE_I16 = 3
KR_DTYPE_U16 = 4
KR_DTYPE_I32 = 5
KR_DTYPE_U32 = 6
KR_DTYPE_I64 = 7
KR_DTYPE_U64 = 8
KR_DTYPE_F16 = 9
KR_DTYPE_BF16 = 10
KR_DTYPE_F32 = 11
KR_DTYPE_F64 = 12
KR_DTYPE_BYTES = 13
KR_DTYPE_TEXT = 14
KR_DTYPE_COUNT = 15

# kr_forecast_event_kind
KR_EVENT_TRAINING = 0
KR_EVENT_WINDOWS = 1
KR_EVENT_MODEL = 2
KR_EVENT_RESUMED = 3
KR_EVENT_STEP = 4
KR_EVENT_EPOCH = 5
KR_EVENT_SAVED = 6
KR_EVENT_COUNTER = 7
KR_EVENT_RATE = 8
KR_EVENT_STOPPED_EARLY = 9
KR_EVENT_INTERRUPTED = 10
KR_EVENT_NONFINITE = 11
KR_EVENT_TESTING = 12
KR_EVENT_PROGRESS = 13
KR_EVENT_DTW = 14

# kr_forecast_model_trait
KR_MODEL_LEARNS = 0
KR_MODEL_HAS_STATE = 1
KR_MODEL_IN_FIT = 2
KR_MODEL_IN_BENCH = 3
KR_MODEL_BESIDE_REFIT = 4

# kr_graph_join
KR_GRAPH_TARGET = 0
KR_GRAPH_AND = 1
KR_GRAPH_OR = 2
KR_GRAPH_WITHOUT = 3

# kr_inside
KR_INSIDE_LAYER = 0
KR_INSIDE_HIDDEN = 1
KR_INSIDE_DELTA = 2
KR_INSIDE_Z_GATE = 3
KR_INSIDE_B = 4
KR_INSIDE_C = 5
KR_INSIDE_X_CONV = 6
KR_INSIDE_OUTPUT = 7
KR_INSIDE_COUNT = 8

# kr_judgement
KR_TOO_LITTLE = 0
KR_BETTER = 1
KR_NO_BETTER = 2
KR_WORSE = 3

# kr_knn_method
KR_KNN_AUTO = 0
KR_KNN_EXACT = 1
KR_KNN_DESCENT = 2

# kr_lb_form
KR_LB_MEAN = 0
KR_LB_MLE = 1
KR_LB_UNBIASED = 2

# kr_log_level
KR_LOG_DEBUG = 0
KR_LOG_INFO = 1
KR_LOG_NOTE = 2
KR_LOG_WARNING = 3

# kr_metric
KR_METRIC_EUCLIDEAN = 0
KR_METRIC_COSINE = 1
KR_METRIC_MANHATTAN = 2
KR_METRIC_CHEBYSHEV = 3
KR_METRIC_MINKOWSKI = 4
KR_METRIC_CORRELATION = 5
KR_METRIC_CANBERRA = 6
KR_METRIC_BRAYCURTIS = 7
KR_METRIC_HELLINGER = 8
KR_METRIC_HAVERSINE = 9
KR_METRIC_HAMMING = 10
KR_METRIC_JACCARD = 11
KR_METRIC_DICE = 12
KR_METRIC_MATCHING = 13
KR_METRIC_KULSINSKI = 14
KR_METRIC_ROGERSTANIMOTO = 15
KR_METRIC_RUSSELLRAO = 16
KR_METRIC_SOKALMICHENER = 17
KR_METRIC_SOKALSNEATH = 18
KR_METRIC_YULE = 19
KR_METRIC_PRECOMPUTED = 20

# kr_nextstep_event_kind
KR_NEXTSTEP_DATA = 0
KR_NEXTSTEP_MODEL = 1
KR_NEXTSTEP_RESUMED = 2
KR_NEXTSTEP_STEP = 3
KR_NEXTSTEP_EPOCH = 4
KR_NEXTSTEP_NONFINITE = 5
KR_NEXTSTEP_PROGRESS = 6

# kr_pass
KR_PASS_FORWARD = 0
KR_PASS_BACKWARD = 1
KR_PASS_INFERENCE = 2

# kr_setting_kind
KR_SETTING_TEXT = 0
KR_SETTING_INT = 1
KR_SETTING_REAL = 2
KR_SETTING_BOOL = 3
KR_SETTING_OFF = 4

# kr_status
KR_OK = 0
KR_USAGE = 1
KR_IO = 2
KR_FORMAT = 3
KR_SHAPE = 4
KR_MEMORY = 5
KR_NUMERIC = 6
KR_INTERRUPTED = 7
KR_UNSUPPORTED = 8
KR_STATUS_COUNT = 9

# kr_stretch
KR_STRETCH_VARIANCES = 0
KR_STRETCH_WEIGHTS = 1
KR_STRETCH_COVARIANCE = 2
KR_STRETCH_INVERSE = 3

# kr_target
KR_TARGET_CLASSES = 0
KR_TARGET_ORDINAL = 1
KR_TARGET_COUNT = 2

# kr_umap_init
KR_UMAP_SPECTRAL = 0
KR_UMAP_PCA = 1
KR_UMAP_RANDOM = 2

# kr_zeroshot_event_kind
KR_ZEROSHOT_STEP = 0
KR_ZEROSHOT_EPOCH = 1
KR_ZEROSHOT_NONFINITE = 2


class kr_array(Structure):
    pass


class kr_backtest(Structure):
    pass


class kr_backtest_info(Structure):
    pass


class kr_backtest_model(Structure):
    pass


class kr_backtest_options(Structure):
    pass


class kr_backtest_verdict(Structure):
    pass


class kr_block(Structure):
    pass


class kr_block_arrays(Structure):
    pass


class kr_causal_conv(Structure):
    pass


class kr_causal_conv_arrays(Structure):
    pass


class kr_conformal(Structure):
    pass


class kr_conversion(Structure):
    pass


class kr_dataset(Structure):
    pass


class kr_epoch_record(Structure):
    pass


class kr_error(Structure):
    pass


class kr_fit(Structure):
    pass


class kr_fit_candidate(Structure):
    pass


class kr_fit_info(Structure):
    pass


class kr_fit_observer(Structure):
    pass


class kr_fit_options(Structure):
    pass


class kr_fit_rule(Structure):
    pass


class kr_fit_verdict(Structure):
    pass


class kr_forecast_event(Structure):
    pass


class kr_forecast_observer(Structure):
    pass


class kr_forecast_result(Structure):
    pass


class kr_forecaster(Structure):
    pass


class kr_forecaster_info(Structure):
    pass


class kr_frequency(Structure):
    pass


class kr_gaps_report(Structure):
    pass


class kr_graph(Structure):
    pass


class kr_history(Structure):
    pass


class kr_history_options(Structure):
    pass


class kr_history_panel(Structure):
    pass


class kr_inside_request(Structure):
    pass


class kr_inside_want(Structure):
    pass


class kr_interval_score(Structure):
    pass


class kr_knn(Structure):
    pass


class kr_knn_lists(Structure):
    pass


class kr_knn_options(Structure):
    pass


class kr_mamba(Structure):
    pass


class kr_mamba_options(Structure):
    pass


class kr_mamba_parameter(Structure):
    pass


class kr_message(Structure):
    pass


class kr_metrics(Structure):
    pass


class kr_naive_scale(Structure):
    pass


class kr_nextstep(Structure):
    pass


class kr_nextstep_chunk(Structure):
    pass


class kr_nextstep_chunk_options(Structure):
    pass


class kr_nextstep_event(Structure):
    pass


class kr_nextstep_observer(Structure):
    pass


class kr_nextstep_report(Structure):
    pass


class kr_nextstep_shape(Structure):
    pass


class kr_nextstep_stream(Structure):
    pass


class kr_nextstep_stream_options(Structure):
    pass


class kr_nextstep_training(Structure):
    pass


class kr_npz(Structure):
    pass


class kr_pca(Structure):
    pass


class kr_per_worker(Structure):
    pass


class kr_points(Structure):
    pass


class kr_predict_options(Structure):
    pass


class kr_prediction(Structure):
    pass


class kr_profile(Structure):
    pass


class kr_profile_row(Structure):
    pass


class kr_quantile_scores(Structure):
    pass


class kr_ranks(Structure):
    pass


class kr_rows(Structure):
    pass


class kr_rows_memory(Structure):
    pass


class kr_rows_options(Structure):
    pass


class kr_safetensors(Structure):
    pass


class kr_scan(Structure):
    pass


class kr_scan_arrays(Structure):
    pass


class kr_scores(Structure):
    pass


class kr_series(Structure):
    pass


class kr_series_options(Structure):
    pass


class kr_setting_info(Structure):
    pass


class kr_settings(Structure):
    pass


class kr_simulate_options(Structure):
    pass


class kr_simulated(Structure):
    pass


class kr_sparse(Structure):
    pass


class kr_steps(Structure):
    pass


class kr_strided(Structure):
    pass


class kr_synth(Structure):
    pass


class kr_team(Structure):
    pass


class kr_tensor_file(Structure):
    pass


class kr_text_pair(Structure):
    pass


class kr_train_options(Structure):
    pass


class kr_umap(Structure):
    pass


class kr_umap_extras(Structure):
    pass


class kr_umap_options(Structure):
    pass


class kr_zeroshot(Structure):
    pass


class kr_zeroshot_event(Structure):
    pass


class kr_zeroshot_info(Structure):
    pass


class kr_zeroshot_series(Structure):
    pass


class kr_zeroshot_stream(Structure):
    pass


class kr_zeroshot_stream_options(Structure):
    pass


class kr_zeroshot_training(Structure):
    pass

kr_array._fields_ = [
    ("name", c_char_p),
    ("dtype", c_int),
    ("rank", c_int),
    ("shape", c_int64 * 8),
    ("n", c_int64),
    ("item_size", c_uint64),
    ("data", c_void_p),
]

kr_backtest_info._fields_ = [
    ("size", c_uint64),
    ("n_series", c_int64),
    ("n_folds", c_int64),
    ("n_steps", c_int64),
    ("n_outputs", c_int64),
    ("every", c_int64),
    ("season", c_int64),
    ("first_fold", POINTER(c_int64)),
    ("origins", POINTER(c_int64)),
    ("truth", POINTER(c_double)),
    ("n_models", c_int),
    ("n_levels", c_int),
    ("levels", POINTER(c_double)),
    ("lower", POINTER(c_double)),
    ("upper", POINTER(c_double)),
    ("intervals", POINTER(kr_interval_score)),
]

kr_scores._fields_ = [
    ("n", c_int64),
    ("mae", c_double),
    ("mse", c_double),
    ("rmse", c_double),
    ("smape", c_double),
    ("mase", c_double),
    ("rmsse", c_double),
]

kr_backtest_model._fields_ = [
    ("size", c_uint64),
    ("name", c_char_p),
    ("forecast", POINTER(c_double)),
    ("all", POINTER(kr_scores)),
    ("by_step", POINTER(kr_scores)),
    ("by_fold", POINTER(kr_scores)),
    ("by_column", POINTER(kr_scores)),
    ("by_series", POINTER(kr_scores)),
    ("mean", kr_scores),
    ("median_mase", c_double),
]

kr_backtest_options._fields_ = [
    ("size", c_uint64),
    ("folds", c_int64),
    ("every", c_int64),
    ("n_steps", c_int64),
    ("season", c_int64),
    ("is_refit", c_bool),
    ("name", c_char_p),
]

kr_backtest_verdict._fields_ = [
    ("size", c_uint64),
    ("sentence", c_char_p),
    ("rule", c_char_p),
    ("judgement", c_int),
    ("n_targets", c_int64),
    ("n_windows", c_int64),
    ("skill", c_double),
    ("skill_low", c_double),
    ("skill_high", c_double),
    ("mase", c_double),
    ("rule_mase", c_double),
]

kr_block._fields_ = [
    ("size", c_uint64),
    ("batch", c_int64),
    ("seq_len", c_int64),
    ("d_model", c_int64),
    ("d_inner", c_int64),
    ("d_state", c_int64),
    ("d_conv", c_int64),
    ("dt_rank", c_int64),
    ("d_out", c_int64),
    ("x_is_constant", c_bool),
]

kr_strided._fields_ = [
    ("values", POINTER(c_float)),
    ("stride", c_int64 * 4),
]

kr_block_arrays._fields_ = [
    ("x", kr_strided),
    ("in_proj", kr_strided),
    ("in_proj_bias", kr_strided),
    ("conv", kr_strided),
    ("conv_bias", kr_strided),
    ("x_proj", kr_strided),
    ("dt_proj", kr_strided),
    ("dt_bias", kr_strided),
    ("A", kr_strided),
    ("D", kr_strided),
    ("out_proj", kr_strided),
    ("out_proj_bias", kr_strided),
    ("y", kr_strided),
]

kr_causal_conv._fields_ = [
    ("size", c_uint64),
    ("batch", c_int64),
    ("d_inner", c_int64),
    ("seq_len", c_int64),
    ("d_conv", c_int64),
    ("with_silu", c_bool),
]

kr_causal_conv_arrays._fields_ = [
    ("x", kr_strided),
    ("weight", kr_strided),
    ("bias", kr_strided),
    ("first", kr_strided),
    ("y", kr_strided),
    ("last", kr_strided),
]

kr_conformal._fields_ = [
    ("n_windows", c_int64),
    ("n_kept", c_int64),
    ("n_places", c_int64),
    ("residuals", POINTER(c_float)),
]

kr_conversion._fields_ = [
    ("size", c_uint64),
    ("n_tensors", c_int64),
    ("n_values", c_int64),
    ("is_nextstep", c_bool),
    ("left_optimiser", c_bool),
]

kr_epoch_record._fields_ = [
    ("epoch", c_int64),
    ("train_loss", c_double),
    ("train_eval_loss", c_double),
    ("validation_loss", c_double),
    ("test_loss", c_double),
    ("rate", c_double),
    ("seconds", c_double),
    ("total_seconds", c_double),
    ("is_best", c_bool),
]

kr_error._fields_ = [
    ("status", c_int),
    ("text", c_char * 768),
    ("hint", c_char * 64),
]

kr_fit_candidate._fields_ = [
    ("size", c_uint64),
    ("index", c_int),
    ("model", c_char_p),
    ("why_not", c_char_p),
    ("is_learned", c_bool),
    ("is_chosen", c_bool),
    ("choosing_mase", c_double),
    ("judging_mase", c_double),
    ("seconds", c_double),
    ("n_steps", c_int64),
    ("training_loss", c_char_p),
    ("rank", c_int),
]

kr_frequency._fields_ = [
    ("micros", c_int64),
    ("months", c_int64),
    ("month_day", c_int),
    ("weekdays", c_uint32),
    ("day_start", c_int64),
    ("day_end", c_int64),
    ("pause_start", c_int64),
    ("pause_end", c_int64),
]

kr_gaps_report._fields_ = [
    ("n_rows", c_int64),
    ("n_cells", c_int64),
    ("longest", c_int64),
    ("first_row", c_int64),
    ("first_column", c_int64),
]

kr_fit_info._fields_ = [
    ("size", c_uint64),
    ("n_rows", c_int64),
    ("n_series", c_int64),
    ("n_columns", c_int64),
    ("n_targets", c_int64),
    ("horizon", c_int64),
    ("has_frequency", c_bool),
    ("frequency", kr_frequency),
    ("gaps", kr_gaps_report),
    ("n_rules", c_int),
    ("season", c_int64),
    ("n_candidates", c_int),
    ("n_choosing", c_int64),
    ("n_judging", c_int64),
]

kr_forecast_observer._fields_ = [
    ("event", CFUNCTYPE(None, c_void_p, POINTER(kr_forecast_event))),
    ("arg", c_void_p),
]

kr_fit_observer._fields_ = [
    ("size", c_uint64),
    ("candidate", CFUNCTYPE(None, c_void_p, POINTER(kr_fit_candidate), c_bool)),
    ("expected", CFUNCTYPE(None, c_void_p, c_double)),
    ("arg", c_void_p),
    ("training", kr_forecast_observer),
]

kr_fit_options._fields_ = [
    ("size", c_uint64),
    ("observer", POINTER(kr_fit_observer)),
    ("folder", c_char_p),
    ("resumes", c_bool),
    ("spent", c_double),
    ("keeps_best", c_bool),
]

kr_fit_rule._fields_ = [
    ("size", c_uint64),
    ("what", c_char_p),
    ("value", c_char_p),
    ("why", c_char_p),
]

kr_fit_verdict._fields_ = [
    ("size", c_uint64),
    ("sentence", c_char_p),
    ("choice", c_char_p),
    ("rule", c_char_p),
    ("judgement", c_int),
    ("n_targets", c_int64),
    ("n_windows", c_int64),
    ("skill", c_double),
    ("skill_low", c_double),
    ("skill_high", c_double),
    ("mase", c_double),
    ("rule_mase", c_double),
    ("choosing_mase", c_double),
    ("judging_mase", c_double),
    ("n_levels", c_int),
    ("levels", c_double * 16),
    ("held", c_double * 16),
]

kr_forecast_event._fields_ = [
    ("kind", c_int),
    ("epoch", c_int64),
    ("epochs", c_int64),
    ("step", c_int64),
    ("steps", c_int64),
    ("count", c_int64),
    ("patience", c_int64),
    ("loss", c_double),
    ("train_loss", c_double),
    ("validation_loss", c_double),
    ("test_loss", c_double),
    ("previous_loss", c_double),
    ("rate", c_double),
    ("seconds", c_double),
    ("text", c_char_p),
]

kr_metrics._fields_ = [
    ("mae", c_double),
    ("mse", c_double),
    ("rmse", c_double),
    ("mape", c_double),
    ("mspe", c_double),
    ("rse", c_double),
    ("corr", c_double),
]

kr_interval_score._fields_ = [
    ("level", c_double),
    ("coverage", c_double),
    ("width", c_double),
    ("winkler", c_double),
]

kr_quantile_scores._fields_ = [
    ("n", c_int),
    ("p", c_double * 32),
    ("pinball", c_double * 32),
    ("crps", c_double),
]

kr_forecast_result._fields_ = [
    ("size", c_uint64),
    ("seed", c_uint64),
    ("n_parameters", c_int64),
    ("epochs", POINTER(kr_epoch_record)),
    ("n_epochs", c_int64),
    ("best_validation_loss", c_double),
    ("step_ms", c_double),
    ("train_seconds", c_double),
    ("test_seconds", c_double),
    ("n_windows", c_int64),
    ("pred_len", c_int64),
    ("n_channels", c_int64),
    ("pred", POINTER(c_float)),
    ("truth", POINTER(c_float)),
    ("is_original", c_bool),
    ("seq_len", c_int64),
    ("season", c_int64),
    ("first_channel", c_int64),
    ("dataset", POINTER(kr_dataset)),
    ("scaled", kr_metrics),
    ("original", kr_metrics),
    ("dtw", c_double),
    ("validation", kr_metrics),
    ("n_intervals", c_int),
    ("intervals", kr_interval_score * 16),
    ("conformal_quantiles", kr_quantile_scores),
    ("quantiles", POINTER(c_float)),
    ("quantile_scores", kr_quantile_scores),
    ("n_quantile_intervals", c_int),
    ("quantile_intervals", kr_interval_score * 16),
    ("channel_names", POINTER(c_char_p)),
    ("profile", POINTER(kr_profile)),
]

kr_forecaster_info._fields_ = [
    ("size", c_uint64),
    ("model", c_char_p),
    ("seq_len", c_int64),
    ("pred_len", c_int64),
    ("n_channels", c_int64),
    ("n_outputs", c_int64),
    ("columns", POINTER(c_char_p)),
    ("n_static", c_int64),
    ("n_future", c_int64),
    ("n_series", c_int64),
    ("series", POINTER(c_char_p)),
    ("has_dates", c_bool),
    ("has_frequency", c_bool),
    ("frequency", kr_frequency),
]

kr_history._fields_ = [
    ("size", c_uint64),
    ("name", c_char_p),
    ("date_name", c_char_p),
    ("series", c_char_p),
    ("mean", POINTER(c_double)),
    ("deviation", POINTER(c_double)),
    ("n_rows", c_int64),
    ("n_channels", c_int64),
    ("values", POINTER(c_double)),
    ("missing", POINTER(c_uint8)),
    ("timestamps", POINTER(c_int64)),
    ("zone", c_char_p),
    ("has_frequency", c_bool),
    ("frequency", kr_frequency),
    ("n_ahead", c_int64),
    ("ahead", POINTER(c_double)),
    ("gaps", kr_gaps_report),
    ("n_ignored", c_int64),
    ("ignored", POINTER(c_char_p)),
]

kr_history_options._fields_ = [
    ("size", c_uint64),
    ("gaps", c_char_p),
    ("rows", POINTER(kr_rows_options)),
    ("series", c_char_p),
    ("id_column", c_char_p),
]

kr_history_panel._fields_ = [
    ("series", POINTER(POINTER(kr_history))),
    ("n", c_int64),
]

kr_inside_request._fields_ = [
    ("size", c_uint64),
    ("n_steps", c_int64),
    ("x", POINTER(c_float)),
    ("window", c_int64),
    ("n_rows", c_int64),
    ("rows", POINTER(c_int64)),
    ("n_wants", c_int64),
    ("wants", POINTER(kr_inside_want)),
    ("progress", CFUNCTYPE(c_bool, c_void_p, c_int64)),
    ("progress_arg", c_void_p),
]

kr_inside_want._fields_ = [
    ("what", c_int),
    ("layer", c_int64),
    ("out", POINTER(c_float)),
]

kr_knn_lists._fields_ = [
    ("size", c_uint64),
    ("n", c_int64),
    ("k", c_int64),
    ("index", POINTER(c_int)),
    ("distance", POINTER(c_double)),
    ("has_own", c_bool),
]

kr_knn_options._fields_ = [
    ("size", c_uint64),
    ("k", c_int64),
    ("method", c_int),
    ("seed", c_uint64),
    ("with_recall", c_bool),
    ("metric", c_int),
    ("power", c_double),
]

kr_mamba_options._fields_ = [
    ("size", c_uint64),
    ("d_model", c_int64),
    ("d_state", c_int64),
    ("d_conv", c_int64),
    ("expand", c_int64),
    ("seed", c_uint64),
    ("only_forward", c_bool),
]

kr_mamba_parameter._fields_ = [
    ("name", c_char_p),
    ("rank", c_int),
    ("shape", c_int64 * 3),
    ("count", c_int64),
    ("values", POINTER(c_float)),
    ("gradient", POINTER(c_float)),
]

kr_message._fields_ = [
    ("rank", c_int),
    ("data", c_void_p),
    ("n_bytes", c_uint64),
]

kr_naive_scale._fields_ = [
    ("absolute", c_double),
    ("root", c_double),
]

kr_nextstep_chunk_options._fields_ = [
    ("size", c_uint64),
    ("n_steps", c_int64),
    ("batch", c_int64),
    ("with_backward", c_bool),
]

kr_nextstep_event._fields_ = [
    ("kind", c_int),
    ("windows", c_int64),
    ("n_train", c_int64),
    ("n_features", c_int64),
    ("n_parameters", c_int64),
    ("n_gates", c_int64),
    ("epoch", c_int64),
    ("epochs", c_int64),
    ("step", c_int64),
    ("steps", c_int64),
    ("loss", c_double),
    ("seconds", c_double),
    ("records", POINTER(kr_epoch_record)),
    ("n_records", c_int64),
    ("is_last", c_bool),
    ("text", c_char_p),
]

kr_nextstep_observer._fields_ = [
    ("size", c_uint64),
    ("event", CFUNCTYPE(None, c_void_p, POINTER(kr_nextstep_event))),
    ("arg", c_void_p),
]

kr_nextstep_report._fields_ = [
    ("size", c_uint64),
    ("n_windows", c_int64),
    ("n_train", c_int64),
    ("best_epoch", c_int64),
    ("best_validation", c_double),
    ("tokens_per_s", c_double),
    ("step_ms", c_double),
    ("train_seconds", c_double),
]

kr_nextstep_shape._fields_ = [
    ("n_features", c_int64),
    ("d_model", c_int64),
    ("n_layers", c_int64),
    ("d_inner", c_int64),
    ("d_state", c_int64),
    ("d_conv", c_int64),
    ("d_ff", c_int64),
    ("max_horizon", c_int64),
    ("n_parameters", c_int64),
    ("n_gates", c_int64),
    ("state_size", c_int64),
]

kr_nextstep_stream_options._fields_ = [
    ("size", c_uint64),
    ("temperature", c_double),
    ("perturb_interval", c_int64),
    ("perturb_duration", c_int64),
    ("perturb_scale", c_double),
    ("perturb_hidden", c_bool),
    ("perturb_layers", c_int64),
    ("seed", c_uint64),
    ("noise", CFUNCTYPE(None, c_void_p, c_int64, POINTER(c_float))),
    ("noise_arg", c_void_p),
]

kr_nextstep_training._fields_ = [
    ("size", c_uint64),
    ("observer", POINTER(kr_nextstep_observer)),
    ("checkpoint", c_char_p),
    ("state", c_char_p),
    ("resumes", c_bool),
]

kr_per_worker._fields_ = [
    ("base", c_void_p),
    ("stride", c_uint64),
]

kr_points._fields_ = [
    ("size", c_uint64),
    ("n", c_int64),
    ("dim", c_int64),
    ("f32", POINTER(c_float)),
    ("f64", POINTER(c_double)),
]

kr_predict_options._fields_ = [
    ("size", c_uint64),
    ("n_steps", c_int64),
    ("n_levels", c_int),
    ("levels", POINTER(c_double)),
]

kr_prediction._fields_ = [
    ("size", c_uint64),
    ("n", c_int64),
    ("n_steps", c_int64),
    ("n_outputs", c_int64),
    ("origin", POINTER(c_int64)),
    ("timestamps", POINTER(c_int64)),
    ("forecast", POINTER(c_double)),
    ("truth", POINTER(c_double)),
    ("n_levels", c_int),
    ("levels", c_double * 16),
    ("lower", POINTER(c_double)),
    ("upper", POINTER(c_double)),
]

kr_profile_row._fields_ = [
    ("op", c_char_p),
    ("pass", c_int),
    ("calls", c_int64),
    ("seconds", c_double),
    ("work", c_double),
    ("unit", c_char_p),
]

kr_profile._fields_ = [
    ("rows", kr_profile_row * 128),
    ("n_rows", c_int),
    ("seconds", c_double),
]

kr_ranks._fields_ = [
    ("size", c_uint64),
    ("rank", c_int),
    ("count", c_int),
    ("arg", c_void_p),
    ("exchange", CFUNCTYPE(None, c_void_p, POINTER(kr_message), c_int, POINTER(kr_message), c_int)),
    ("gather", CFUNCTYPE(None, c_void_p, c_void_p, POINTER(c_uint64))),
]

kr_rows_memory._fields_ = [
    ("size", c_uint64),
    ("name", c_char_p),
    ("n_rows", c_int64),
    ("n_columns", c_int64),
    ("values", POINTER(c_double)),
    ("columns", POINTER(c_char_p)),
    ("dates", POINTER(c_int64)),
    ("n_series", c_int64),
    ("series", POINTER(c_char_p)),
    ("series_rows", POINTER(c_int64)),
    ("is_borrowed", c_bool),
]

kr_rows_options._fields_ = [
    ("size", c_uint64),
    ("reader", c_char_p),
    ("date_column", c_char_p),
    ("id_column", c_char_p),
    ("pattern", c_char_p),
    ("keeps_gaps", c_bool),
    ("columns", POINTER(c_char_p)),
    ("n_columns", c_int64),
    ("leaves_out", c_bool),
    ("needed", POINTER(c_char_p)),
    ("n_needed", c_int64),
    ("team", POINTER(kr_team)),
    ("delimiter", c_char_p),
    ("decimal", c_char_p),
    ("thousands", c_char_p),
    ("date_format", c_char_p),
    ("header", c_char_p),
    ("categories", c_char_p),
    ("sort", c_char_p),
    ("repeats", c_char_p),
    ("timezone", c_char_p),
    ("missing", c_char_p),
    ("sheet", c_char_p),
    ("last", c_int64),
    ("reading", c_char_p),
]

kr_scan._fields_ = [
    ("size", c_uint64),
    ("batch", c_int64),
    ("d_inner", c_int64),
    ("seq_len", c_int64),
    ("d_state", c_int64),
    ("n_groups_B", c_int64),
    ("n_groups_C", c_int64),
    ("delta_softplus", c_bool),
]

kr_scan_arrays._fields_ = [
    ("u", kr_strided),
    ("delta", kr_strided),
    ("A", kr_strided),
    ("B", kr_strided),
    ("C", kr_strided),
    ("D", kr_strided),
    ("z", kr_strided),
    ("delta_bias", kr_strided),
    ("h_first", kr_strided),
    ("y", kr_strided),
    ("h_last", kr_strided),
]

kr_series_options._fields_ = [
    ("size", c_uint64),
    ("states", c_char_p),
    ("is_exact", c_bool),
    ("team", POINTER(kr_team)),
    ("rows", POINTER(kr_rows_options)),
    ("is_points", c_bool),
]

kr_setting_info._fields_ = [
    ("size", c_uint64),
    ("name", c_char_p),
    ("group", c_char_p),
    ("help", c_char_p),
    ("word", c_char_p),
    ("default_text", c_char_p),
    ("choices", c_char_p),
    ("min", c_double),
    ("max", c_double),
    ("kind", c_int),
    ("traits", c_uint32),
]

kr_simulate_options._fields_ = [
    ("size", c_uint64),
    ("seed", c_uint64),
    ("families", c_char_p),
    ("seasons", c_char_p),
    ("noise", c_double),
    ("gaps", c_double),
    ("mixed", c_double),
    ("modified", c_double),
]

kr_simulated._fields_ = [
    ("family", c_int),
    ("second", c_int),
    ("seasons", c_int64 * 3),
    ("n_seasons", c_int),
    ("is_multiplicative", c_bool),
    ("is_integer", c_bool),
    ("is_nonnegative", c_bool),
    ("has_gaps", c_bool),
]

kr_sparse._fields_ = [
    ("size", c_uint64),
    ("n", c_int64),
    ("dim", c_int64),
    ("start", POINTER(c_int64)),
    ("column", POINTER(c_int)),
    ("f32", POINTER(c_float)),
    ("f64", POINTER(c_double)),
]

kr_steps._fields_ = [
    ("count", c_int64),
    ("pieces", CFUNCTYPE(c_int64, c_void_p, c_int64)),
    ("run", CFUNCTYPE(None, c_void_p, c_int64, c_int64, c_int)),
    ("done", CFUNCTYPE(None, c_void_p, c_int64)),
]

kr_text_pair._fields_ = [
    ("key", c_char_p),
    ("value", c_char_p),
]

kr_train_options._fields_ = [
    ("size", c_uint64),
    ("observer", POINTER(kr_forecast_observer)),
    ("checkpoint", c_char_p),
    ("resumes", c_bool),
]

kr_umap_extras._fields_ = [
    ("size", c_uint64),
    ("pca", POINTER(kr_pca)),
    ("notes", POINTER(kr_text_pair)),
    ("n_notes", c_int64),
]

kr_umap_options._fields_ = [
    ("size", c_uint64),
    ("n_neighbors", c_int64),
    ("n_components", c_int64),
    ("min_dist", c_double),
    ("spread", c_double),
    ("n_epochs", c_int64),
    ("learning_rate", c_double),
    ("repulsion", c_double),
    ("negative_samples", c_int64),
    ("local_connectivity", c_double),
    ("set_op_mix", c_double),
    ("target_weight", c_double),
    ("init", c_int),
    ("metric", c_int),
    ("knn_method", c_int),
    ("seed", c_uint64),
    ("progress", CFUNCTYPE(c_bool, c_void_p, c_int64, c_int64)),
    ("progress_arg", c_void_p),
    ("start", POINTER(c_float)),
    ("a", c_double),
    ("b", c_double),
    ("densmap", c_bool),
    ("dens_lambda", c_double),
    ("dens_frac", c_double),
    ("dens_var_shift", c_double),
    ("with_radii", c_bool),
    ("metric_power", c_double),
    ("disconnection", c_double),
    ("kept_epochs", POINTER(c_int64)),
    ("n_kept", c_int64),
    ("kept", POINTER(c_float)),
]

kr_zeroshot_event._fields_ = [
    ("kind", c_int),
    ("epoch", c_int64),
    ("epochs", c_int64),
    ("step", c_int64),
    ("steps", c_int64),
    ("loss", c_double),
    ("rate", c_double),
    ("seconds", c_double),
    ("text", c_char_p),
    ("record", POINTER(kr_epoch_record)),
]

kr_zeroshot_info._fields_ = [
    ("size", c_uint64),
    ("n_parameters", c_int64),
    ("n_series", c_int64),
    ("longest", c_int64),
]

kr_zeroshot_series._fields_ = [
    ("size", c_uint64),
    ("values", POINTER(c_double)),
    ("n", c_int64),
    ("seasons", c_int64 * 2),
]

kr_zeroshot_stream_options._fields_ = [
    ("size", c_uint64),
    ("seasons", c_int64 * 2),
    ("horizon", c_int64),
]

kr_zeroshot_training._fields_ = [
    ("size", c_uint64),
    ("state", c_char_p),
    ("resumes", c_bool),
    ("event", CFUNCTYPE(None, c_void_p, POINTER(kr_zeroshot_event))),
    ("arg", c_void_p),
    ("own", POINTER(kr_zeroshot_series)),
    ("n_own", c_int64),
]

# name: what it returns, what it takes
FUNCTIONS = {
    "kr_array_deinit": (None, [POINTER(kr_array)]),
    "kr_array_shape_text": (c_char_p, [POINTER(kr_array), c_char_p]),
    "kr_array_text": (c_bool, [POINTER(kr_array), c_int64, c_char_p, c_uint64]),
    "kr_array_to_double": (c_int, [POINTER(kr_array), POINTER(c_double), POINTER(kr_error)]),
    "kr_array_to_float": (c_int, [POINTER(kr_array), POINTER(c_float), POINTER(kr_error)]),
    "kr_array_to_int64": (c_int, [POINTER(kr_array), POINTER(c_int64), POINTER(kr_error)]),
    "kr_array_view": (c_int, [c_char_p, c_int, c_int, POINTER(c_int64), c_void_p, POINTER(kr_array), POINTER(kr_error)]),
    "kr_backtest_add": (c_int, [POINTER(kr_backtest), c_char_p, POINTER(c_int), POINTER(kr_error)]),
    "kr_backtest_conclude": (c_int, [POINTER(kr_backtest), POINTER(kr_error)]),
    "kr_backtest_create": (c_int, [POINTER(kr_forecaster), POINTER(POINTER(kr_history)), c_int64, POINTER(kr_backtest_options), POINTER(POINTER(kr_backtest)), POINTER(kr_error)]),
    "kr_backtest_describe": (None, [POINTER(kr_backtest), POINTER(kr_backtest_info)]),
    "kr_backtest_describe_model": (c_bool, [POINTER(kr_backtest), c_int, POINTER(kr_backtest_model)]),
    "kr_backtest_describe_verdict": (c_bool, [POINTER(kr_backtest), POINTER(kr_backtest_verdict)]),
    "kr_backtest_destroy": (None, [POINTER(kr_backtest)]),
    "kr_backtest_forecast": (c_int, [POINTER(kr_backtest), c_int, POINTER(kr_forecaster), POINTER(POINTER(kr_history)), c_int64, c_int64, POINTER(kr_error)]),
    "kr_backtest_refit_settings": (c_int, [POINTER(kr_backtest), c_int64, POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_backtest_run": (c_int, [POINTER(kr_backtest), POINTER(kr_error)]),
    "kr_backtest_set_levels": (c_int, [POINTER(kr_backtest), c_int, POINTER(c_double), POINTER(kr_error)]),
    "kr_block_backward": (c_int, [POINTER(kr_team), POINTER(kr_block), POINTER(kr_block_arrays), POINTER(kr_block_arrays), POINTER(c_float), POINTER(kr_error)]),
    "kr_block_forward": (c_int, [POINTER(kr_team), POINTER(kr_block), POINTER(kr_block_arrays), POINTER(c_float), POINTER(kr_error)]),
    "kr_block_kept_size": (c_int, [POINTER(kr_block), POINTER(kr_block_arrays), POINTER(c_int64), POINTER(kr_error)]),
    "kr_causal_conv_backward": (c_int, [POINTER(kr_team), POINTER(kr_causal_conv), POINTER(kr_causal_conv_arrays), POINTER(kr_causal_conv_arrays), POINTER(kr_error)]),
    "kr_causal_conv_forward": (c_int, [POINTER(kr_team), POINTER(kr_causal_conv), POINTER(kr_causal_conv_arrays), POINTER(kr_error)]),
    "kr_conformal_bounds": (c_int, [POINTER(kr_conformal), c_double, c_int64, POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(kr_error)]),
    "kr_conformal_destroy": (None, [POINTER(kr_conformal)]),
    "kr_conformal_fit": (c_int, [POINTER(kr_team), c_int64, c_int64, POINTER(c_float), POINTER(c_float), POINTER(POINTER(kr_conformal)), POINTER(kr_error)]),
    "kr_conformal_quantile": (None, [POINTER(kr_conformal), c_double, c_int64, POINTER(c_float), POINTER(c_float)]),
    "kr_convert": (c_int, [c_char_p, c_char_p, POINTER(kr_conversion), POINTER(kr_error)]),
    "kr_date_text": (c_char_p, [c_int64, c_char_p]),
    "kr_dtw": (c_int, [POINTER(c_float), c_int64, POINTER(c_float), c_int64, POINTER(c_double), POINTER(c_double), POINTER(kr_error)]),
    "kr_dtw_mean": (c_int, [POINTER(kr_team), POINTER(c_float), POINTER(c_float), c_int64, c_int64, CFUNCTYPE(c_bool, c_void_p, c_int64), c_void_p, POINTER(c_double), POINTER(c_double), POINTER(kr_error)]),
    "kr_dtype_size": (c_uint64, [c_int]),
    "kr_dtype_text": (c_char_p, [c_int]),
    "kr_evaluate_settings_create": (c_int, [POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_fit_create": (c_int, [POINTER(kr_team), POINTER(kr_settings), POINTER(kr_rows), POINTER(POINTER(kr_fit)), POINTER(kr_error)]),
    "kr_fit_decide": (c_int, [POINTER(kr_fit), POINTER(kr_error)]),
    "kr_fit_describe": (None, [POINTER(kr_fit), POINTER(kr_fit_info)]),
    "kr_fit_describe_candidate": (c_bool, [POINTER(kr_fit), c_int, POINTER(kr_fit_candidate)]),
    "kr_fit_describe_rule": (c_bool, [POINTER(kr_fit), c_int, POINTER(kr_fit_rule)]),
    "kr_fit_describe_verdict": (c_bool, [POINTER(kr_fit), POINTER(kr_fit_verdict)]),
    "kr_fit_destroy": (None, [POINTER(kr_fit)]),
    "kr_fit_forecast": (c_int, [POINTER(kr_fit), c_int64, POINTER(POINTER(kr_prediction)), POINTER(kr_error)]),
    "kr_fit_forecaster": (POINTER(kr_forecaster), [POINTER(kr_fit)]),
    "kr_fit_recall": (c_int, [POINTER(kr_forecaster), POINTER(POINTER(kr_fit)), POINTER(kr_error)]),
    "kr_fit_run": (c_int, [POINTER(kr_fit), POINTER(kr_fit_options), POINTER(kr_error)]),
    "kr_fit_settings": (c_int, [POINTER(kr_fit), POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_fit_settings_create": (c_int, [POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_fit_take_forecaster": (POINTER(kr_forecaster), [POINTER(kr_fit)]),
    "kr_fit_write": (c_int, [POINTER(kr_fit), c_char_p, c_char_p, POINTER(kr_error)]),
    "kr_fit_zeroshot": (c_int, [POINTER(kr_team), POINTER(kr_settings), POINTER(kr_rows), c_char_p, POINTER(POINTER(kr_fit)), POINTER(kr_error)]),
    "kr_forecast_model_is": (c_bool, [c_char_p, c_int]),
    "kr_forecast_model_name": (c_char_p, [c_int]),
    "kr_forecast_model_of": (c_char_p, [c_char_p]),
    "kr_forecast_result_destroy": (None, [POINTER(kr_forecast_result)]),
    "kr_forecast_result_history": (None, [POINTER(kr_forecast_result), c_int64, c_int64, c_bool, POINTER(c_double), POINTER(c_int64)]),
    "kr_forecast_result_window": (None, [POINTER(kr_forecast_result), c_int64, c_bool, POINTER(c_double), POINTER(c_double)]),
    "kr_forecast_settings_create": (c_int, [POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_forecaster_check_level": (c_int, [POINTER(kr_forecaster), c_double, POINTER(kr_error)]),
    "kr_forecaster_create": (c_int, [POINTER(kr_team), POINTER(kr_settings), POINTER(POINTER(kr_forecaster)), POINTER(kr_error)]),
    "kr_forecaster_destroy": (None, [POINTER(kr_forecaster)]),
    "kr_forecaster_info_of": (POINTER(kr_forecaster_info), [POINTER(kr_forecaster)]),
    "kr_forecaster_load": (c_int, [POINTER(kr_forecaster), c_char_p, POINTER(kr_error)]),
    "kr_forecaster_open": (c_int, [POINTER(kr_team), c_char_p, POINTER(POINTER(kr_forecaster)), POINTER(kr_error)]),
    "kr_forecaster_open_memory": (c_int, [POINTER(kr_team), c_char_p, c_void_p, c_uint64, POINTER(POINTER(kr_forecaster)), POINTER(kr_error)]),
    "kr_forecaster_predict": (c_int, [POINTER(kr_forecaster), POINTER(kr_history), c_int64, POINTER(c_int64), POINTER(kr_predict_options), POINTER(POINTER(kr_prediction)), POINTER(kr_error)]),
    "kr_forecaster_predict_each": (c_int, [POINTER(kr_forecaster), POINTER(POINTER(kr_history)), c_int64, POINTER(c_int64), POINTER(kr_predict_options), POINTER(POINTER(kr_prediction)), POINTER(kr_error)]),
    "kr_forecaster_prepare": (c_int, [POINTER(kr_forecaster), POINTER(kr_rows), POINTER(kr_error)]),
    "kr_forecaster_save": (c_int, [POINTER(kr_forecaster), c_char_p, POINTER(kr_error)]),
    "kr_forecaster_save_memory": (c_int, [POINTER(kr_forecaster), POINTER(c_void_p), POINTER(c_uint64), POINTER(kr_error)]),
    "kr_forecaster_score": (c_int, [POINTER(kr_forecaster), POINTER(kr_forecast_observer), POINTER(POINTER(kr_forecast_result)), POINTER(kr_error)]),
    "kr_forecaster_settings": (c_int, [POINTER(kr_forecaster), POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_forecaster_train": (c_int, [POINTER(kr_forecaster), POINTER(kr_rows), POINTER(kr_train_options), POINTER(kr_error)]),
    "kr_free": (None, [c_void_p]),
    "kr_frequency_add": (c_int64, [POINTER(kr_frequency), c_int64, c_int64]),
    "kr_frequency_count": (c_int64, [POINTER(kr_frequency), c_int64, c_int64]),
    "kr_frequency_infer": (c_int, [c_char_p, c_int64, POINTER(c_int64), POINTER(kr_frequency), POINTER(kr_error)]),
    "kr_frequency_is_same": (c_bool, [POINTER(kr_frequency), POINTER(kr_frequency)]),
    "kr_frequency_parse": (c_int, [c_char_p, POINTER(kr_frequency), POINTER(kr_error)]),
    "kr_frequency_season": (c_int64, [POINTER(kr_frequency)]),
    "kr_frequency_text": (c_char_p, [POINTER(kr_frequency), c_char_p]),
    "kr_gates_settings_create": (c_int, [POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_generate_settings_create": (c_int, [POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_graph_combine": (c_int, [POINTER(kr_team), POINTER(kr_graph), POINTER(kr_graph), c_int, c_double, POINTER(POINTER(kr_graph)), POINTER(kr_error)]),
    "kr_graph_copy": (c_int, [POINTER(kr_sparse), POINTER(POINTER(kr_graph)), POINTER(kr_error)]),
    "kr_graph_create": (c_int, [POINTER(kr_team), POINTER(kr_knn), POINTER(kr_umap_options), POINTER(POINTER(kr_graph)), POINTER(kr_error)]),
    "kr_graph_create_between": (c_int, [POINTER(kr_team), POINTER(kr_knn), c_int64, POINTER(kr_umap_options), POINTER(POINTER(kr_graph)), POINTER(kr_error)]),
    "kr_graph_destroy": (None, [POINTER(kr_graph)]),
    "kr_graph_supervise": (c_int, [POINTER(kr_team), POINTER(kr_graph), c_int, POINTER(c_double), c_double, POINTER(POINTER(kr_graph)), POINTER(kr_error)]),
    "kr_graph_view": (kr_sparse, [POINTER(kr_graph)]),
    "kr_history_destroy": (None, [POINTER(kr_history)]),
    "kr_history_find": (c_int64, [POINTER(kr_history), c_int64]),
    "kr_history_last_origin": (c_int64, [POINTER(kr_history), POINTER(kr_forecaster)]),
    "kr_history_of_rows": (c_int, [POINTER(kr_forecaster), POINTER(kr_rows), c_int64, POINTER(kr_history_options), POINTER(POINTER(kr_history)), POINTER(kr_error)]),
    "kr_history_panel_destroy": (None, [POINTER(kr_history_panel)]),
    "kr_history_panel_of_rows": (c_int, [POINTER(kr_forecaster), POINTER(kr_rows), POINTER(kr_history_options), POINTER(POINTER(kr_history_panel)), POINTER(kr_error)]),
    "kr_history_push": (c_int, [POINTER(kr_history), POINTER(c_double), c_int64, POINTER(kr_error)]),
    "kr_history_read": (c_int, [POINTER(kr_forecaster), c_char_p, POINTER(kr_history_options), POINTER(POINTER(kr_history)), POINTER(kr_error)]),
    "kr_history_read_panel": (c_int, [POINTER(kr_forecaster), c_char_p, POINTER(kr_history_options), POINTER(POINTER(kr_history_panel)), POINTER(kr_error)]),
    "kr_history_start": (c_int, [POINTER(kr_forecaster), c_char_p, POINTER(kr_history_options), POINTER(POINTER(kr_history)), POINTER(kr_error)]),
    "kr_inside_steps": (c_int64, [c_int64, c_int64]),
    "kr_inside_width": (c_int64, [POINTER(kr_nextstep), c_int]),
    "kr_interval_measure": (kr_interval_score, [c_double, c_int64, POINTER(c_double), POINTER(c_double), POINTER(c_double)]),
    "kr_judgement_text": (c_char_p, [c_int]),
    "kr_knn_copy": (c_int, [POINTER(kr_knn_lists), POINTER(POINTER(kr_knn)), POINTER(kr_error)]),
    "kr_knn_count": (c_int64, [POINTER(kr_knn)]),
    "kr_knn_create": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(kr_knn_options), POINTER(POINTER(kr_knn)), POINTER(kr_error)]),
    "kr_knn_destroy": (None, [POINTER(kr_knn)]),
    "kr_knn_distance": (POINTER(c_double), [POINTER(kr_knn)]),
    "kr_knn_index": (POINTER(c_int), [POINTER(kr_knn)]),
    "kr_knn_is_exact": (c_bool, [POINTER(kr_knn)]),
    "kr_knn_k": (c_int64, [POINTER(kr_knn)]),
    "kr_knn_of_sparse": (c_int, [POINTER(kr_sparse), c_bool, c_int64, POINTER(POINTER(kr_knn)), POINTER(kr_error)]),
    "kr_knn_query": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(kr_points), c_int64, POINTER(POINTER(kr_knn)), POINTER(kr_error)]),
    "kr_knn_query_by": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(kr_points), POINTER(kr_knn_options), POINTER(POINTER(kr_knn)), POINTER(kr_error)]),
    "kr_knn_recall": (c_double, [POINTER(kr_knn)]),
    "kr_knn_sparse": (c_int, [POINTER(kr_team), POINTER(kr_sparse), POINTER(kr_sparse), POINTER(kr_knn_options), POINTER(POINTER(kr_knn)), POINTER(kr_error)]),
    "kr_lb_form_find": (c_int, [c_char_p, POINTER(c_int), POINTER(kr_error)]),
    "kr_levels_parse": (c_int, [c_char_p, POINTER(c_double), POINTER(c_int), POINTER(kr_error)]),
    "kr_levina_bickel": (c_double, [POINTER(kr_knn), c_int64, c_int, POINTER(c_double)]),
    "kr_levina_bickel_by_class": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(c_int64), c_int64, c_int64, POINTER(c_int64), c_int, POINTER(c_int64), POINTER(c_double), POINTER(kr_error)]),
    "kr_mamba_backward": (c_int, [POINTER(kr_mamba), POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(kr_error)]),
    "kr_mamba_create": (c_int, [POINTER(kr_team), POINTER(kr_mamba_options), POINTER(POINTER(kr_mamba)), POINTER(kr_error)]),
    "kr_mamba_destroy": (None, [POINTER(kr_mamba)]),
    "kr_mamba_forward": (c_int, [POINTER(kr_mamba), c_int64, c_int64, POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(kr_error)]),
    "kr_mamba_gradients": (POINTER(c_float), [POINTER(kr_mamba)]),
    "kr_mamba_n_parameters": (c_int64, [POINTER(kr_mamba)]),
    "kr_mamba_parameter_at": (POINTER(kr_mamba_parameter), [POINTER(kr_mamba), c_int64]),
    "kr_mamba_parameter_find": (POINTER(kr_mamba_parameter), [POINTER(kr_mamba), c_char_p]),
    "kr_mamba_size": (c_int64, [POINTER(kr_mamba)]),
    "kr_mamba_state_size": (c_int64, [POINTER(kr_mamba)]),
    "kr_mamba_step": (c_int, [POINTER(kr_mamba), c_int64, POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(kr_error)]),
    "kr_mamba_values": (POINTER(c_float), [POINTER(kr_mamba)]),
    "kr_mamba_zero_gradients": (None, [POINTER(kr_mamba)]),
    "kr_map_recall": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(kr_points), c_int64, POINTER(c_double), POINTER(kr_error)]),
    "kr_metric_find": (c_int, [c_char_p, POINTER(c_int), POINTER(kr_error)]),
    "kr_metrics_by_channel": (None, [c_int64, c_int64, c_int64, POINTER(c_double), POINTER(c_double), POINTER(c_double), POINTER(c_double)]),
    "kr_metrics_by_step": (None, [c_int64, c_int64, c_int64, POINTER(c_double), POINTER(c_double), POINTER(c_double), POINTER(c_double)]),
    "kr_metrics_compute": (None, [c_int64, c_int64, c_int64, POINTER(c_double), POINTER(c_double), POINTER(kr_metrics)]),
    "kr_metrics_corr": (c_int, [c_int64, c_int64, c_int64, POINTER(c_double), POINTER(c_double), POINTER(c_double), POINTER(kr_error)]),
    "kr_naive_scale_of": (kr_naive_scale, [c_int64, c_int64, POINTER(c_double), c_int64]),
    "kr_nextstep_check_columns": (c_int, [POINTER(kr_nextstep), POINTER(kr_series), POINTER(kr_error)]),
    "kr_nextstep_chunk_backward": (c_int, [POINTER(kr_nextstep_chunk), POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(kr_error)]),
    "kr_nextstep_chunk_create": (c_int, [POINTER(kr_nextstep), POINTER(kr_nextstep_chunk_options), POINTER(POINTER(kr_nextstep_chunk)), POINTER(kr_error)]),
    "kr_nextstep_chunk_destroy": (None, [POINTER(kr_nextstep_chunk)]),
    "kr_nextstep_chunk_forward": (None, [POINTER(kr_nextstep_chunk), POINTER(c_float), POINTER(c_float), POINTER(c_float), POINTER(c_float)]),
    "kr_nextstep_create": (c_int, [POINTER(kr_team), POINTER(kr_settings), c_int64, POINTER(POINTER(kr_nextstep)), POINTER(kr_error)]),
    "kr_nextstep_destroy": (None, [POINTER(kr_nextstep)]),
    "kr_nextstep_evaluate": (c_int, [POINTER(kr_nextstep), POINTER(kr_series), POINTER(kr_nextstep_observer), POINTER(kr_nextstep_report), POINTER(kr_error)]),
    "kr_nextstep_find": (c_int64, [POINTER(kr_nextstep), c_char_p, POINTER(c_int64)]),
    "kr_nextstep_load": (c_int, [POINTER(kr_nextstep), c_char_p, POINTER(kr_error)]),
    "kr_nextstep_look": (c_int, [POINTER(kr_nextstep), POINTER(kr_inside_request), POINTER(kr_error)]),
    "kr_nextstep_open": (c_int, [POINTER(kr_team), c_char_p, POINTER(POINTER(kr_nextstep)), POINTER(kr_error)]),
    "kr_nextstep_open_memory": (c_int, [POINTER(kr_team), c_char_p, c_void_p, c_uint64, POINTER(POINTER(kr_nextstep)), POINTER(kr_error)]),
    "kr_nextstep_parameters": (POINTER(c_float), [POINTER(kr_nextstep), POINTER(c_int64)]),
    "kr_nextstep_profile": (POINTER(kr_profile), [POINTER(kr_nextstep)]),
    "kr_nextstep_reading": (c_char_p, [POINTER(kr_nextstep)]),
    "kr_nextstep_records": (POINTER(kr_epoch_record), [POINTER(kr_nextstep), POINTER(c_int64)]),
    "kr_nextstep_save": (c_int, [POINTER(kr_nextstep), c_char_p, POINTER(kr_error)]),
    "kr_nextstep_save_memory": (c_int, [POINTER(kr_nextstep), POINTER(c_void_p), POINTER(c_uint64), POINTER(kr_error)]),
    "kr_nextstep_settings": (POINTER(kr_settings), [POINTER(kr_nextstep)]),
    "kr_nextstep_settings_check": (c_int, [POINTER(kr_settings), POINTER(kr_error)]),
    "kr_nextstep_settings_create": (c_int, [POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_nextstep_shape_of": (POINTER(kr_nextstep_shape), [POINTER(kr_nextstep)]),
    "kr_nextstep_stream_create": (c_int, [POINTER(kr_nextstep), POINTER(kr_nextstep_stream_options), POINTER(POINTER(kr_nextstep_stream)), POINTER(kr_error)]),
    "kr_nextstep_stream_destroy": (None, [POINTER(kr_nextstep_stream)]),
    "kr_nextstep_stream_forecast": (POINTER(c_float), [POINTER(kr_nextstep_stream)]),
    "kr_nextstep_stream_generate": (None, [POINTER(kr_nextstep_stream), POINTER(c_float)]),
    "kr_nextstep_stream_push": (None, [POINTER(kr_nextstep_stream), c_int64, POINTER(c_float)]),
    "kr_nextstep_stream_reset": (None, [POINTER(kr_nextstep_stream)]),
    "kr_nextstep_stream_restore": (None, [POINTER(kr_nextstep_stream), POINTER(c_float), POINTER(c_float)]),
    "kr_nextstep_stream_state": (None, [POINTER(kr_nextstep_stream), POINTER(c_float), POINTER(c_float)]),
    "kr_nextstep_train": (c_int, [POINTER(kr_nextstep), POINTER(kr_series), POINTER(kr_nextstep_training), POINTER(kr_nextstep_report), POINTER(kr_error)]),
    "kr_nextstep_value": (c_char_p, [POINTER(kr_nextstep), c_char_p]),
    "kr_npy_read": (c_int, [c_char_p, POINTER(kr_array), POINTER(kr_error)]),
    "kr_npy_read_memory": (c_int, [c_char_p, c_void_p, c_uint64, POINTER(kr_array), POINTER(kr_error)]),
    "kr_npy_write": (c_int, [c_char_p, POINTER(kr_array), POINTER(kr_error)]),
    "kr_npz_close": (None, [POINTER(kr_npz)]),
    "kr_npz_count": (c_int64, [POINTER(kr_npz)]),
    "kr_npz_get": (c_int, [POINTER(kr_npz), c_char_p, POINTER(kr_array), POINTER(kr_error)]),
    "kr_npz_has": (c_bool, [POINTER(kr_npz), c_char_p]),
    "kr_npz_name": (c_char_p, [POINTER(kr_npz), c_int64]),
    "kr_npz_open": (c_int, [c_char_p, POINTER(POINTER(kr_npz)), POINTER(kr_error)]),
    "kr_npz_open_memory": (c_int, [c_char_p, c_void_p, c_uint64, POINTER(POINTER(kr_npz)), POINTER(kr_error)]),
    "kr_npz_write": (c_int, [c_char_p, POINTER(kr_array), c_int64, c_bool, POINTER(kr_error)]),
    "kr_pass_name": (c_char_p, [c_int]),
    "kr_pca_components": (POINTER(c_double), [POINTER(kr_pca)]),
    "kr_pca_count": (c_int64, [POINTER(kr_pca)]),
    "kr_pca_create": (c_int, [POINTER(kr_team), POINTER(kr_points), c_int64, POINTER(POINTER(kr_pca)), POINTER(kr_error)]),
    "kr_pca_create_stretch": (c_int, [POINTER(kr_team), POINTER(kr_points), c_int, POINTER(c_double), c_double, POINTER(POINTER(kr_pca)), POINTER(kr_error)]),
    "kr_pca_destroy": (None, [POINTER(kr_pca)]),
    "kr_pca_dim": (c_int64, [POINTER(kr_pca)]),
    "kr_pca_mean": (POINTER(c_double), [POINTER(kr_pca)]),
    "kr_pca_project": (c_int, [POINTER(kr_team), POINTER(kr_pca), POINTER(kr_points), POINTER(c_double), POINTER(kr_error)]),
    "kr_pca_project_f32": (c_int, [POINTER(kr_team), POINTER(kr_pca), POINTER(kr_points), POINTER(c_float), POINTER(kr_error)]),
    "kr_pca_ratio": (POINTER(c_double), [POINTER(kr_pca)]),
    "kr_pca_variance": (POINTER(c_double), [POINTER(kr_pca)]),
    "kr_per_worker_deinit": (None, [POINTER(kr_per_worker)]),
    "kr_per_worker_init": (c_int, [POINTER(kr_per_worker), POINTER(kr_team), c_uint64, POINTER(kr_error)]),
    "kr_points_pick": (c_int, [POINTER(kr_points), c_int64, POINTER(c_int64), POINTER(c_void_p), POINTER(kr_error)]),
    "kr_prediction_destroy": (None, [POINTER(kr_prediction)]),
    "kr_profile_line": (c_bool, [POINTER(kr_profile), c_int, c_char_p, c_uint64]),
    "kr_quantile_pinball": (c_double, [c_double, c_int64, POINTER(c_double), POINTER(c_double)]),
    "kr_quantiles_crps": (c_double, [c_int64, POINTER(c_double), POINTER(c_double)]),
    "kr_rows_column": (c_char_p, [POINTER(kr_rows), c_int64]),
    "kr_rows_column_count": (c_int64, [POINTER(kr_rows)]),
    "kr_rows_count": (c_int64, [POINTER(kr_rows)]),
    "kr_rows_date_name": (c_char_p, [POINTER(kr_rows)]),
    "kr_rows_dates": (POINTER(c_int64), [POINTER(kr_rows)]),
    "kr_rows_destroy": (None, [POINTER(kr_rows)]),
    "kr_rows_find": (c_int64, [POINTER(kr_rows), c_char_p]),
    "kr_rows_from_memory": (c_int, [POINTER(kr_rows_memory), POINTER(POINTER(kr_rows)), POINTER(kr_error)]),
    "kr_rows_is_missing": (c_bool, [POINTER(kr_rows), c_int64, c_int64]),
    "kr_rows_name": (c_char_p, [POINTER(kr_rows)]),
    "kr_rows_read": (c_int, [c_char_p, POINTER(kr_rows_options), POINTER(POINTER(kr_rows)), POINTER(kr_error)]),
    "kr_rows_readers": (c_char_p, []),
    "kr_rows_reading": (c_char_p, [POINTER(kr_rows)]),
    "kr_rows_series": (c_char_p, [POINTER(kr_rows), c_int64]),
    "kr_rows_series_count": (c_int64, [POINTER(kr_rows)]),
    "kr_rows_series_start": (c_int64, [POINTER(kr_rows), c_int64]),
    "kr_rows_unread": (c_char_p, [POINTER(kr_rows), c_int64]),
    "kr_rows_unread_count": (c_int64, [POINTER(kr_rows)]),
    "kr_rows_values": (POINTER(c_double), [POINTER(kr_rows)]),
    "kr_rows_zone": (c_char_p, [POINTER(kr_rows)]),
    "kr_safetensors_array": (POINTER(kr_array), [POINTER(kr_safetensors), c_int64]),
    "kr_safetensors_count": (c_int64, [POINTER(kr_safetensors)]),
    "kr_safetensors_destroy": (None, [POINTER(kr_safetensors)]),
    "kr_safetensors_find": (POINTER(kr_array), [POINTER(kr_safetensors), c_char_p]),
    "kr_safetensors_metadata": (kr_text_pair, [POINTER(kr_safetensors), c_int64]),
    "kr_safetensors_n_metadata": (c_int64, [POINTER(kr_safetensors)]),
    "kr_safetensors_read": (c_int, [c_char_p, POINTER(POINTER(kr_safetensors)), POINTER(kr_error)]),
    "kr_safetensors_read_memory": (c_int, [c_char_p, c_void_p, c_uint64, POINTER(POINTER(kr_safetensors)), POINTER(kr_error)]),
    "kr_safetensors_value": (c_char_p, [POINTER(kr_safetensors), c_char_p]),
    "kr_safetensors_write": (c_int, [c_char_p, POINTER(kr_array), c_int64, POINTER(kr_text_pair), c_int64, POINTER(kr_error)]),
    "kr_scan_backward": (c_int, [POINTER(kr_team), POINTER(kr_scan), POINTER(kr_scan_arrays), POINTER(kr_scan_arrays), POINTER(kr_error)]),
    "kr_scan_forward": (c_int, [POINTER(kr_team), POINTER(kr_scan), POINTER(kr_scan_arrays), POINTER(kr_error)]),
    "kr_scores_of": (kr_scores, [c_int64, c_int64, POINTER(c_double), POINTER(c_double), POINTER(kr_naive_scale)]),
    "kr_series_check_ending": (c_int, [c_char_p, POINTER(kr_error)]),
    "kr_series_copy": (c_int, [c_int64, c_int64, POINTER(c_float), POINTER(c_int64), POINTER(POINTER(kr_series)), POINTER(kr_error)]),
    "kr_series_create": (c_int, [c_int64, c_int64, POINTER(c_float), POINTER(c_int64), POINTER(POINTER(kr_series)), POINTER(kr_error)]),
    "kr_series_destroy": (None, [POINTER(kr_series)]),
    "kr_series_exact": (POINTER(c_double), [POINTER(kr_series)]),
    "kr_series_n_features": (c_int64, [POINTER(kr_series)]),
    "kr_series_n_states": (c_int64, [POINTER(kr_series)]),
    "kr_series_n_steps": (c_int64, [POINTER(kr_series)]),
    "kr_series_name": (c_char_p, [POINTER(kr_series), c_int64]),
    "kr_series_open": (c_int, [c_char_p, POINTER(POINTER(kr_series)), POINTER(kr_error)]),
    "kr_series_open_as": (c_int, [c_char_p, POINTER(kr_series_options), POINTER(POINTER(kr_series)), POINTER(kr_error)]),
    "kr_series_path": (c_char_p, [POINTER(kr_series)]),
    "kr_series_periods": (POINTER(c_int64), [POINTER(kr_series), POINTER(c_int64)]),
    "kr_series_states": (POINTER(c_int64), [POINTER(kr_series)]),
    "kr_series_values": (POINTER(c_float), [POINTER(kr_series)]),
    "kr_series_write": (c_int, [c_char_p, POINTER(kr_array), POINTER(c_int64), POINTER(kr_error)]),
    "kr_settings_bool": (c_bool, [POINTER(kr_settings), c_char_p]),
    "kr_settings_copy": (c_int, [POINTER(kr_settings), POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_settings_count": (c_int, [POINTER(kr_settings)]),
    "kr_settings_describe": (None, [POINTER(kr_settings), c_int, POINTER(kr_setting_info)]),
    "kr_settings_destroy": (None, [POINTER(kr_settings)]),
    "kr_settings_from_json": (c_int, [POINTER(kr_settings), c_char_p, c_uint64, POINTER(kr_error)]),
    "kr_settings_get": (c_int, [POINTER(kr_settings), c_char_p, c_char_p, c_uint64, POINTER(kr_error)]),
    "kr_settings_int": (c_int64, [POINTER(kr_settings), c_char_p]),
    "kr_settings_list": (c_char_p, [POINTER(kr_settings)]),
    "kr_settings_real": (c_double, [POINTER(kr_settings), c_char_p]),
    "kr_settings_set": (c_int, [POINTER(kr_settings), c_char_p, c_char_p, POINTER(kr_error)]),
    "kr_settings_set_int": (c_int, [POINTER(kr_settings), c_char_p, c_int64, POINTER(kr_error)]),
    "kr_settings_set_real": (c_int, [POINTER(kr_settings), c_char_p, c_double, POINTER(kr_error)]),
    "kr_settings_text": (c_char_p, [POINTER(kr_settings), c_char_p]),
    "kr_settings_to_json": (c_int, [POINTER(kr_settings), POINTER(c_char_p), POINTER(kr_error)]),
    "kr_silhouette": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(c_int64), POINTER(c_double), POINTER(c_double), POINTER(kr_error)]),
    "kr_simulate": (c_int, [POINTER(kr_team), POINTER(kr_simulate_options), c_int64, c_int64, c_int64, POINTER(c_double), POINTER(kr_simulated), POINTER(kr_error)]),
    "kr_simulate_f32": (c_int, [POINTER(kr_team), POINTER(kr_simulate_options), c_int64, c_int64, c_int64, POINTER(c_float), POINTER(kr_simulated), POINTER(kr_error)]),
    "kr_simulate_families": (c_int64, []),
    "kr_simulate_family_name": (c_char_p, [c_int64]),
    "kr_simulate_family_source": (c_char_p, [c_int64]),
    "kr_simulate_family_text": (c_char_p, [c_int64]),
    "kr_simulate_family_weight": (c_double, [c_int64]),
    "kr_status_name": (c_char_p, [c_int]),
    "kr_status_text": (c_char_p, [c_int]),
    "kr_synth_X": (POINTER(c_double), [POINTER(kr_synth)]),
    "kr_synth_ambient_dim": (c_int64, [POINTER(kr_synth)]),
    "kr_synth_create": (c_int, [POINTER(kr_settings), POINTER(POINTER(kr_synth)), POINTER(kr_error)]),
    "kr_synth_destroy": (None, [POINTER(kr_synth)]),
    "kr_synth_entry_angles": (POINTER(c_double), [POINTER(kr_synth)]),
    "kr_synth_n_circles": (c_int64, [POINTER(kr_synth)]),
    "kr_synth_n_steps": (c_int64, [POINTER(kr_synth)]),
    "kr_synth_periods": (POINTER(c_int64), [POINTER(kr_synth)]),
    "kr_synth_planes": (POINTER(c_double), [POINTER(kr_synth)]),
    "kr_synth_radii": (POINTER(c_double), [POINTER(kr_synth)]),
    "kr_synth_save": (c_int, [POINTER(kr_synth), c_char_p, POINTER(kr_error)]),
    "kr_synth_series": (c_int, [POINTER(kr_synth), POINTER(POINTER(kr_series)), POINTER(kr_error)]),
    "kr_synth_settings_create": (c_int, [POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_synth_states": (POINTER(c_int64), [POINTER(kr_synth)]),
    "kr_synth_thetas": (POINTER(c_double), [POINTER(kr_synth)]),
    "kr_synth_transitions": (POINTER(c_double), [POINTER(kr_synth)]),
    "kr_team_cpus": (c_int, []),
    "kr_team_create": (c_int, [c_int, CFUNCTYPE(None, c_void_p, c_int, c_char_p), c_void_p, POINTER(POINTER(kr_team)), POINTER(kr_error)]),
    "kr_team_destroy": (None, [POINTER(kr_team)]),
    "kr_team_for": (None, [POINTER(kr_team), c_int64, CFUNCTYPE(None, c_void_p, c_int64, c_int), c_void_p]),
    "kr_team_go_on": (None, [POINTER(kr_team)]),
    "kr_team_is_stopping": (c_bool, [POINTER(kr_team)]),
    "kr_team_join": (c_int, [POINTER(kr_team), POINTER(kr_ranks), POINTER(kr_error)]),
    "kr_team_ranks": (POINTER(kr_ranks), [POINTER(kr_team)]),
    "kr_team_steps": (None, [POINTER(kr_team), POINTER(kr_steps), c_void_p]),
    "kr_team_stop": (None, [POINTER(kr_team)]),
    "kr_team_workers": (c_int, [POINTER(kr_team)]),
    "kr_tensor_file_close": (None, [POINTER(kr_tensor_file)]),
    "kr_tensor_file_count": (c_int64, [POINTER(kr_tensor_file)]),
    "kr_tensor_file_find": (c_int64, [POINTER(kr_tensor_file), c_char_p]),
    "kr_tensor_file_format": (c_char_p, [POINTER(kr_tensor_file)]),
    "kr_tensor_file_get": (c_int, [POINTER(kr_tensor_file), c_int64, POINTER(kr_array), POINTER(kr_error)]),
    "kr_tensor_file_info": (POINTER(kr_array), [POINTER(kr_tensor_file), c_int64]),
    "kr_tensor_file_metadata": (kr_text_pair, [POINTER(kr_tensor_file), c_int64]),
    "kr_tensor_file_n_metadata": (c_int64, [POINTER(kr_tensor_file)]),
    "kr_tensor_file_open": (c_int, [c_char_p, POINTER(POINTER(kr_tensor_file)), POINTER(kr_error)]),
    "kr_tensor_file_open_memory": (c_int, [c_char_p, c_void_p, c_uint64, POINTER(POINTER(kr_tensor_file)), POINTER(kr_error)]),
    "kr_tensor_file_path": (c_char_p, [POINTER(kr_tensor_file)]),
    "kr_tensor_file_value": (c_char_p, [POINTER(kr_tensor_file), c_char_p]),
    "kr_trustworthiness": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(kr_points), c_int64, POINTER(c_double), POINTER(kr_error)]),
    "kr_two_nn": (c_int, [POINTER(kr_knn), POINTER(c_double), POINTER(kr_error)]),
    "kr_umap_count": (c_int64, [POINTER(kr_umap)]),
    "kr_umap_curve": (None, [POINTER(kr_umap), POINTER(c_double), POINTER(c_double)]),
    "kr_umap_destroy": (None, [POINTER(kr_umap)]),
    "kr_umap_dim": (c_int64, [POINTER(kr_umap)]),
    "kr_umap_embedding": (POINTER(c_float), [POINTER(kr_umap)]),
    "kr_umap_fit": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(c_int64), POINTER(kr_umap_options), POINTER(POINTER(kr_umap)), POINTER(kr_error)]),
    "kr_umap_fit_graph": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(kr_graph), POINTER(kr_umap_options), POINTER(POINTER(kr_umap)), POINTER(kr_error)]),
    "kr_umap_fit_knn": (c_int, [POINTER(kr_team), POINTER(kr_points), POINTER(kr_knn), POINTER(c_int64), POINTER(kr_umap_options), POINTER(POINTER(kr_umap)), POINTER(kr_error)]),
    "kr_umap_inverse": (c_int, [POINTER(kr_team), POINTER(kr_umap), POINTER(kr_points), POINTER(c_float), c_int64, POINTER(c_double), POINTER(kr_error)]),
    "kr_umap_map_radii": (POINTER(c_double), [POINTER(kr_umap)]),
    "kr_umap_n_components": (c_int64, [POINTER(kr_umap)]),
    "kr_umap_neighbour_recall": (c_double, [POINTER(kr_umap)]),
    "kr_umap_note": (c_char_p, [POINTER(kr_umap), c_char_p]),
    "kr_umap_open": (c_int, [c_char_p, POINTER(POINTER(kr_umap)), POINTER(kr_error)]),
    "kr_umap_open_memory": (c_int, [c_char_p, c_void_p, c_uint64, POINTER(POINTER(kr_umap)), POINTER(kr_error)]),
    "kr_umap_pca": (POINTER(kr_pca), [POINTER(kr_umap)]),
    "kr_umap_radii": (POINTER(c_double), [POINTER(kr_umap)]),
    "kr_umap_save": (c_int, [POINTER(kr_umap), POINTER(kr_points), POINTER(kr_umap_extras), c_char_p, POINTER(kr_error)]),
    "kr_umap_save_memory": (c_int, [POINTER(kr_umap), POINTER(kr_points), POINTER(kr_umap_extras), POINTER(c_void_p), POINTER(c_uint64), POINTER(kr_error)]),
    "kr_umap_start": (c_int, [POINTER(kr_umap), POINTER(kr_knn), POINTER(c_float), POINTER(kr_error)]),
    "kr_umap_transform": (c_int, [POINTER(kr_team), POINTER(kr_umap), POINTER(kr_points), POINTER(kr_points), POINTER(c_float), POINTER(kr_error)]),
    "kr_umap_transform_knn": (c_int, [POINTER(kr_team), POINTER(kr_umap), POINTER(kr_knn), POINTER(c_float), POINTER(kr_error)]),
    "kr_umap_update": (c_int, [POINTER(kr_team), POINTER(kr_umap), POINTER(kr_points), POINTER(kr_points), POINTER(POINTER(kr_umap)), POINTER(kr_error)]),
    "kr_unpack_limit_set": (None, [c_uint64]),
    "kr_version": (c_char_p, []),
    "kr_windows_count": (c_int64, [c_int64, c_int64, c_int64]),
    "kr_windows_split": (c_int, [c_int64, c_double, c_uint64, POINTER(c_int64), POINTER(c_int64), POINTER(kr_error)]),
    "kr_zeroshot_create": (c_int, [POINTER(kr_team), POINTER(kr_settings), POINTER(POINTER(kr_zeroshot)), POINTER(kr_error)]),
    "kr_zeroshot_destroy": (None, [POINTER(kr_zeroshot)]),
    "kr_zeroshot_forecast": (c_int, [POINTER(kr_zeroshot), POINTER(kr_zeroshot_series), c_int64, c_int64, POINTER(c_double), POINTER(kr_error)]),
    "kr_zeroshot_look": (None, [POINTER(kr_zeroshot), POINTER(kr_zeroshot_info)]),
    "kr_zeroshot_open": (c_int, [POINTER(kr_team), c_char_p, POINTER(POINTER(kr_zeroshot)), POINTER(kr_error)]),
    "kr_zeroshot_open_memory": (c_int, [POINTER(kr_team), c_char_p, c_void_p, c_uint64, POINTER(POINTER(kr_zeroshot)), POINTER(kr_error)]),
    "kr_zeroshot_save": (c_int, [POINTER(kr_zeroshot), c_char_p, POINTER(kr_error)]),
    "kr_zeroshot_save_memory": (c_int, [POINTER(kr_zeroshot), POINTER(c_void_p), POINTER(c_uint64), POINTER(kr_error)]),
    "kr_zeroshot_settings_create": (c_int, [POINTER(POINTER(kr_settings)), POINTER(kr_error)]),
    "kr_zeroshot_stream_create": (c_int, [POINTER(kr_zeroshot), POINTER(kr_zeroshot_stream_options), POINTER(POINTER(kr_zeroshot_stream)), POINTER(kr_error)]),
    "kr_zeroshot_stream_destroy": (None, [POINTER(kr_zeroshot_stream)]),
    "kr_zeroshot_stream_forecast": (None, [POINTER(kr_zeroshot_stream), POINTER(c_double)]),
    "kr_zeroshot_stream_push": (c_int, [POINTER(kr_zeroshot_stream), c_int64, POINTER(c_double), POINTER(kr_error)]),
    "kr_zeroshot_stream_reset": (None, [POINTER(kr_zeroshot_stream)]),
    "kr_zeroshot_train": (c_int, [POINTER(kr_zeroshot), POINTER(kr_zeroshot_training), POINTER(kr_error)]),
}

# of a structure, bytes
SIZES = {
    "kr_array": 104,
    "kr_backtest_info": 120,
    "kr_backtest_model": 128,
    "kr_backtest_options": 56,
    "kr_backtest_verdict": 88,
    "kr_block": 80,
    "kr_block_arrays": 520,
    "kr_causal_conv": 48,
    "kr_causal_conv_arrays": 240,
    "kr_conformal": 32,
    "kr_conversion": 32,
    "kr_epoch_record": 72,
    "kr_error": 836,
    "kr_fit_candidate": 88,
    "kr_fit_info": 192,
    "kr_fit_observer": 48,
    "kr_fit_options": 48,
    "kr_fit_rule": 32,
    "kr_fit_verdict": 376,
    "kr_forecast_event": 120,
    "kr_forecast_observer": 16,
    "kr_forecast_result": 2448,
    "kr_forecaster_info": 152,
    "kr_frequency": 56,
    "kr_gaps_report": 40,
    "kr_history": 232,
    "kr_history_options": 40,
    "kr_history_panel": 16,
    "kr_inside_request": 80,
    "kr_inside_want": 24,
    "kr_interval_score": 32,
    "kr_knn_lists": 48,
    "kr_knn_options": 48,
    "kr_mamba_options": 56,
    "kr_mamba_parameter": 64,
    "kr_message": 24,
    "kr_metrics": 56,
    "kr_naive_scale": 16,
    "kr_nextstep_chunk_options": 32,
    "kr_nextstep_event": 128,
    "kr_nextstep_observer": 24,
    "kr_nextstep_report": 64,
    "kr_nextstep_shape": 88,
    "kr_nextstep_stream_options": 80,
    "kr_nextstep_training": 40,
    "kr_per_worker": 16,
    "kr_points": 40,
    "kr_predict_options": 32,
    "kr_prediction": 216,
    "kr_profile": 6160,
    "kr_profile_row": 48,
    "kr_quantile_scores": 528,
    "kr_ranks": 40,
    "kr_rows_memory": 88,
    "kr_rows_options": 200,
    "kr_scan": 64,
    "kr_scan_arrays": 440,
    "kr_scores": 56,
    "kr_series_options": 48,
    "kr_setting_info": 80,
    "kr_simulate_options": 64,
    "kr_simulated": 40,
    "kr_sparse": 56,
    "kr_steps": 32,
    "kr_strided": 40,
    "kr_text_pair": 16,
    "kr_train_options": 32,
    "kr_umap_extras": 32,
    "kr_umap_options": 240,
    "kr_zeroshot_event": 80,
    "kr_zeroshot_info": 32,
    "kr_zeroshot_series": 40,
    "kr_zeroshot_stream_options": 32,
    "kr_zeroshot_training": 56,
}
