# What a wheel holds beside python/krait: krait/lib/libkrait.so, and the program, which krait/_program.py
# starts. scikit-build-core installs this component, and nothing else (pyproject.toml).
#
# A zip file has no links: one library, under one name.
set_property(TARGET krait_shared PROPERTY VERSION)
set_property(TARGET krait_shared PROPERTY SOVERSION)
install(TARGETS krait_shared LIBRARY DESTINATION krait/lib COMPONENT python)
install(TARGETS krait RUNTIME DESTINATION krait/bin COMPONENT python)
if(KR_LICENCES) # of libraries that are linked in: tools/wheel
    install(DIRECTORY ${KR_LICENCES} DESTINATION krait COMPONENT python)
endif()
