# The program under the launcher of each MPI that is there.
foreach(kind openmpi mpich)
    if(TARGET krait_mpi_${kind})
        add_test(NAME mpi_${kind} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mpi/mpi_ranks mpirun.${kind}
            $<TARGET_FILE:krait> ${PROJECT_SOURCE_DIR}/data)
        set_tests_properties(mpi_${kind} PROPERTIES SKIP_RETURN_CODE 77 LABELS slow RUN_SERIAL ON)
    endif()
endforeach()
