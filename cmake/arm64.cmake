# Cross-compile for arm64 against a tree of its Debian packages; programs run under qemu. The preset
# "arm64" uses it, tools/arm64_packages makes the tree: build/arm64-packages. With -O2: at -O3 this
# compiler (gcc 12) fails on src/ops/contrastive_loss.c with an internal error.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

set(KR_ARM64_TREE ${CMAKE_CURRENT_LIST_DIR}/../build/arm64-packages)
set(KR_ARM64_LIBS ${KR_ARM64_TREE}/usr/lib/aarch64-linux-gnu)
set(CMAKE_SYSROOT ${KR_ARM64_TREE})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} ${KR_ARM64_LIBS}/pkgconfig:${KR_ARM64_TREE}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${KR_ARM64_TREE})

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${KR_ARM64_TREE})
