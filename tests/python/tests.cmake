# The Python package on the library that was just built; skipped where Python lacks numpy or pytest
# (tools/check python brings them). A sanitizer's library does not load into a Python without it.
find_package(Python3 3.10 COMPONENTS Interpreter)
if(Python3_FOUND AND NOT KR_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
    add_test(NAME python COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/python/suite.sh ${Python3_EXECUTABLE}
        $<TARGET_FILE:krait_shared>)
    set_tests_properties(python PROPERTIES SKIP_RETURN_CODE 77)
    add_dependencies(check_programs krait_shared)
endif()
