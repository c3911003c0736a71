# vpcd as an earlier version: the same agent, but its programs have struct flow in another order, and what is `created`
# was called `born`. What it leaves in the kernel is what an upgrade meets.
set(previous ${CMAKE_CURRENT_BINARY_DIR}/previous)
set(previous_flow ${previous}/include/vpcd/abi/flow.h)
add_custom_command(OUTPUT ${previous_flow}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${previous}/include/vpcd/abi ${previous}/skeletons
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/previous_flow.py
    ${PROJECT_SOURCE_DIR}/include/vpcd/abi/flow.h ${previous_flow}
  DEPENDS ${PROJECT_SOURCE_DIR}/include/vpcd/abi/flow.h previous_flow.py VERBATIM)

foreach(program interface underlay xdp clock expire)
  set(source ${PROJECT_SOURCE_DIR}/bpf/${program}.bpf.c)
  set(object ${previous}/${program}.bpf.o)
  add_custom_command(OUTPUT ${previous}/skeletons/${program}.skel.h
    COMMAND ${BPF_CLANG} -I${previous}/include ${BPF_FLAGS} -I${PROJECT_SOURCE_DIR}/bpf -Dcreated=born
      -MD -MT ${previous}/skeletons/${program}.skel.h -MF ${object}.d -c ${source} -o ${object}
    COMMAND sh -c "${BPFTOOL} gen skeleton ${object} name ${program}_bpf > ${previous}/skeletons/${program}.skel.h"
    DEPENDS ${source} ${previous_flow} DEPFILE ${object}.d COMMENT "BPF ${program}, earlier" VERBATIM)
  list(APPEND previous_skeletons ${previous}/skeletons/${program}.skel.h)
endforeach()

# The one file that embeds the programs, with the others embedded; the linker finds it before the library's.
add_executable(vpcd_previous ${PROJECT_SOURCE_DIR}/agent/app/main.cpp
  ${PROJECT_SOURCE_DIR}/agent/dataplane/object_file.cpp ${previous_skeletons})
target_include_directories(vpcd_previous BEFORE PRIVATE ${previous}/skeletons)
target_link_libraries(vpcd_previous PRIVATE vpcd_app vpcd_options spdlog::spdlog)
