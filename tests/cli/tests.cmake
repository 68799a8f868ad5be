# Cases of the command line: each FILE.case is one test. Programs that they use are found in PATH.
foreach(helper check_result json_get)
    add_executable(${helper} cli/${helper}.c)
    target_link_libraries(${helper} PRIVATE krait_static kr_settings)
    add_dependencies(check_programs ${helper})
endforeach()
add_dependencies(check_programs krait)

# Parts of the program: a test, the sources that it looks at.
function(kr_cli_test name)
    kr_test(cli/${name}.c)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cli)
    list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/cli/)
    target_sources(${name} PRIVATE ${ARGN})
endfunction()
kr_cli_test(test_child framework/child.c framework/program.c)
kr_cli_test(test_csv_text framework/csv_text.c framework/say.c framework/terminal.c ../src/plot/utf8.c)
kr_cli_test(test_drawing framework/child.c framework/drawing.c framework/program.c framework/say.c ../src/plot/utf8.c)
set_target_properties(test_drawing PROPERTIES ENABLE_EXPORTS ON) # fonts of its own
kr_cli_test(test_evaluate_velocity insides/evaluate_velocity.c)
kr_cli_test(test_json_text framework/json_numbers.c framework/say.c ../src/plot/utf8.c)
kr_cli_test(test_output_folder framework/output_folder.c framework/command_flags.c framework/json_numbers.c framework/options.c framework/say.c
    framework/terminal.c ../src/plot/utf8.c)
kr_cli_test(test_program framework/program.c)
kr_cli_test(test_progress framework/progress.c framework/say.c framework/terminal.c ../src/plot/utf8.c)
kr_cli_test(test_say framework/say.c ../src/plot/utf8.c)
kr_cli_test(test_sentence framework/options.c framework/sentence.c)

set(cases
        amp_refused
        bad_checkpoint
        bad_data_file
        bad_loss
        ablate
        backtest
        backtest_bad_input
        backtest_panel
        backtest_refit
        calendars
        fit
        fit_bad_input
        fit_blocks
        fit_budget
        fit_known_future
        fit_panel
        fit_short
        forecast
        forecast_bad_input
        run_cycle
        run_gaps
        run_known_future
        run_panel
        predict
        predict_bad_input
        pretrain
        pretrain_bad_input
        pretrain_own
        ragged
        reading_flags
        bad_place
        bench
        bench_bad_input
        bench_interrupted
        bools
        completion
        convert
        cpu_level
        dates
        dimension
        dimension_bad_input
        duplicate_names
        evaluate
        evaluate_bad_input
        exports
        exports_refused
        full_output
        gates
        gates_bad_input
        generate
        generate_bad_input
        help_run
        hostile_names
        hostile_tables
        info
        last_rows
        man_pages
        mistyped_command
        missing_value
        no_command
        no_figures
        old_models
        old_states
        out_dir
        outputs
        overview
        packed
        report
        report_bad_input
        report_fit
        run_interrupted
        run_iterations
        run_json
        run_models
        run_old_flags
        run_plain
        run_presets
        run_profile
        run_quantiles
        run_quiet
        run_repetitions
        run_resumed_repetitions
        run_seed_command
        run_terminal
        run_test_only
        run_threads
        same_levels
        settings_do_not_fit
        signals
        simulate
        simulate_bad_input
        simulate_too_much
        shard
        shard_backtest
        shard_bad_input
        shard_fit
        shard_sweep
        sweep
        sweep_bad_input
        sweep_interrupted
        synth
        tables
        taken_folders
        train
        train_bad_input
        train_reading
        train_interrupted
        train_stops
        umap
        umap_columns
        umap_map
        units
        unused_flags
        unknown_choice
        unknown_flag
        value_no_number
        value_out_of_range
        version
        wrong_kinds)
foreach(case IN LISTS cases)
    add_test(NAME cli_${case} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cli/run_case $<TARGET_FILE:krait>
        ${PROJECT_SOURCE_DIR}/data ${CMAKE_CURRENT_SOURCE_DIR}/cli/cases/${case}.case)
endforeach()
file(GLOB case_files RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/cli/cases CONFIGURE_DEPENDS cli/cases/*.case)
foreach(file ${case_files})
    string(REGEX REPLACE "[.]case$" "" case ${file})
    if(NOT case IN_LIST cases)
        message(FATAL_ERROR "tests/cli/cases/${file} is not in the list of tests/cli/tests.cmake")
    endif()
endforeach()

# Every command with an allocation that fails, at a few moments; `tools/check memory` tries many. The
# sanitizers have allocators of their own.
if(NOT KR_SANITIZE)
    add_library(failing_calls MODULE support/failing_calls.c)
    target_link_libraries(failing_calls PRIVATE ${CMAKE_DL_LIBS})
    set_target_properties(failing_calls PROPERTIES C_VISIBILITY_PRESET default)
    add_dependencies(check_programs failing_calls)
    add_test(NAME cli_memory COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cli/memory_moments
        $<TARGET_FILE:krait> $<TARGET_FILE:failing_calls> 1)
    set_tests_properties(cli_memory PROPERTIES LABELS slow)

    # Disturbed in the middle and begun again; `tools/check chaos` does it many times.
    add_executable(file_digest cli/file_digest.c support/sha256.c)
    target_include_directories(file_digest PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(file_digest PRIVATE krait_static kr_settings)
    add_dependencies(check_programs file_digest)
    add_test(NAME cli_chaos COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cli/chaos
        $<TARGET_FILE:krait> $<TARGET_FILE:failing_calls> $<TARGET_FILE:file_digest> 6 1)
    set_tests_properties(cli_chaos PROPERTIES LABELS slow)
endif()

# Sanitizers keep memory of their own: much of it, which a limit on memory forbids (cli_packed), and in
# files, which a small disk forbids; and they have a say when there is none (cli_simulate_too_much).
if(KR_SANITIZE)
    set_tests_properties(cli_outputs cli_packed cli_simulate_too_much PROPERTIES DISABLED ON)
endif()
# That of threads holds a signal back until the call that it came in returns, which a write to a full pipe
# never does.
if(KR_SANITIZE MATCHES thread)
    set_tests_properties(cli_bad_place cli_signals PROPERTIES DISABLED ON)
endif()
