# Tests of what is built and installed, and of the lists in the tree: shell scripts.
function(kr_script name)
    add_test(NAME ${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/build/${name}.sh ${ARGN})
endfunction()

kr_script(test_kernel_list ${PROJECT_SOURCE_DIR})
kr_script(test_op_list ${PROJECT_SOURCE_DIR})
kr_script(test_model_list ${PROJECT_SOURCE_DIR})
kr_script(test_format_list ${PROJECT_SOURCE_DIR})
kr_script(test_flag_list ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
add_dependencies(check_programs krait_bench ops_bench)
add_test(NAME test_ops_bench COMMAND ops_bench 0.0001)
add_test(NAME test_krait_bench COMMAND krait_bench --model TimeStarMamba --batch_size 3 --d_model 16
    --d_ff 8 --d_core 8 --e_layers 1 --steps 2 --warmup 1)
find_program(KR_PYTHON3 python3)
if(KR_PYTHON3)
    kr_script(test_bench_compare ${PROJECT_SOURCE_DIR})
endif()
# Sanitizers and coverage bring symbols and runtimes of their own; shared tests show all that there is.
if(NOT KR_SANITIZE AND NOT KR_COVERAGE AND NOT KR_TESTS_SHARED)
    kr_script(test_symbols ${CMAKE_BINARY_DIR})
    kr_script(test_install ${CMAKE_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
    set_tests_properties(test_install PROPERTIES LABELS slow)
endif()
