# What `make install` puts where: program, libraries, headers, krait.pc, CMake package. Man pages and
# completion: cli/CMakeLists.txt.
install(TARGETS krait krait_static)
install(TARGETS krait_shared EXPORT krait-config)
install(DIRECTORY include/kr TYPE INCLUDE)
install(EXPORT krait-config NAMESPACE krait:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/krait)

# krait.pc finds its own place, so that the installed tree can be moved.
file(RELATIVE_PATH KR_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" KR_PC_PREFIX ${KR_PC_PREFIX})
configure_file(cmake/krait.pc.in krait.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/krait.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
