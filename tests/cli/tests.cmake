# Cases of the command line: each FILE.case is one test. Programs that they use are found in PATH.
foreach(helper check_result json_get)
    add_executable(${helper} cli/${helper}.c)
    target_link_libraries(${helper} PRIVATE krait_static kr_settings)
    add_dependencies(check_programs ${helper})
endforeach()
add_dependencies(check_programs krait)

foreach(case
        bools
        completion
        cpu_level
        help_run
        man_pages
        mistyped_command
        missing_value
        no_command
        overview
        settings_do_not_fit
        unknown_choice
        unknown_flag
        value_no_number
        value_out_of_range
        version)
    add_test(NAME cli_${case} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cli/run_case $<TARGET_FILE:krait>
        ${PROJECT_SOURCE_DIR}/data ${CMAKE_CURRENT_SOURCE_DIR}/cli/cases/${case}.case)
endforeach()
