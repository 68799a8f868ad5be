# Pages of krait report in a headless Chromium; skipped where there is none, unless CI=true.
find_package(Python3 3.10 COMPONENTS Interpreter)
if(Python3_FOUND)
    add_test(NAME browser_report COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_SOURCE_DIR}/browser/test_report.py $<TARGET_FILE:krait>)
    set_tests_properties(browser_report PROPERTIES SKIP_RETURN_CODE 77 LABELS slow)
endif()
