# What `make install` puts where: program, libraries, headers, krait.pc and krait-plot.pc, the CMake
# package with krait::krait and krait::plot. Man pages and completion: cli/CMakeLists.txt.
include(CMakePackageConfigHelpers)
install(TARGETS krait krait_static krait_plot_static)
install(TARGETS krait_shared krait_plot_shared EXPORT krait-config)
install(DIRECTORY include/kr TYPE INCLUDE)
install(EXPORT krait-config NAMESPACE krait:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/krait)

write_basic_package_version_file(${CMAKE_BINARY_DIR}/krait-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/krait-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/krait)

# The .pc files find their own place, so that the installed tree can be moved.
file(RELATIVE_PATH KR_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" KR_PC_PREFIX ${KR_PC_PREFIX})
foreach(package krait krait-plot)
    configure_file(cmake/${package}.pc.in ${package}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
